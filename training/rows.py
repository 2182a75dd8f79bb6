"""Packs sentence pairs into rows of one fixed size, so that every batch has the same shape and one CUDA graph serves all of training.

A row holds several pairs side by side: `src`, `tgt` [rows, width] are pieces (0 ends a sentence), `src_at`, `tgt_at` the place within the
sentence, `src_seg`, `tgt_seg` the number of the pair within its row (0: nothing there)."""
import queue, threading
import numpy as np
from numba import njit

@njit(cache=True, nogil=True)
def place(order, sl, tl, width, open_rows):
    """Row and both offsets of each pair of `order`: into the open row with the least room left that takes it, else into a new one."""
    n = len(order); row = np.empty(n, np.int32); so = np.empty(n, np.int16); to = np.empty(n, np.int16)
    number = np.empty(open_rows, np.int32); sf = np.empty(open_rows, np.int32); tf = np.empty(open_rows, np.int32); rows = 0; used = 0
    for k in range(n):
        s, t = sl[order[k]], tl[order[k]]; best = -1; room = 1 << 30
        for r in range(used):
            left = width - max(sf[r] + s, tf[r] + t)
            if left >= 0 and left < room: best = r; room = left
        if best < 0:
            if used < open_rows: best = used; used += 1
            else:
                best = 0
                for r in range(1, used):
                    if max(sf[r], tf[r]) > max(sf[best], tf[best]): best = r
            number[best] = rows; sf[best] = 0; tf[best] = 0; rows += 1
        row[k] = number[best]; so[k] = sf[best]; to[k] = tf[best]; sf[best] += s; tf[best] += t
    return row, so, to, rows

@njit(cache=True, nogil=True)
def fill(part, row, so, to, src, src_off, tgt, tgt_off, ali, ali_off, S, T, SA, TA, SS, TS, links, share):
    """Writes the pairs `part` into the arrays of a batch; `links` [3, k] and `share` [k] take (row, target, source) of each alignment and its
    share of its target's mass. Returns the number of links."""
    S[:] = 0; T[:] = 0; SA[:] = 0; TA[:] = 0; SS[:] = 0; TS[:] = 0; links[:] = 0; share[:] = 0; k = 0; seen = np.zeros(S.shape[0], np.uint8); count = np.zeros(256, np.int32)
    for p in range(len(part)):
        i = part[p]; r = row[p]; seen[r] += 1; a = so[p]; b = to[p]
        n = src_off[i + 1] - src_off[i]; m = tgt_off[i + 1] - tgt_off[i]
        for j in range(n + 1):
            SA[r, a + j] = j; SS[r, a + j] = seen[r]
            if j < n: S[r, a + j] = src[src_off[i] + j]
        for j in range(m + 1):
            TA[r, b + j] = j; TS[r, b + j] = seen[r]
            if j < m: T[r, b + j] = tgt[tgt_off[i] + j]
        lo, hi = ali_off[i], ali_off[i + 1]
        if hi > lo and k + hi - lo + 1 <= share.shape[0]:
            count[:] = 0
            for j in range(lo, hi): count[ali[j] & 255] += 1
            for j in range(lo, hi):
                links[0, k] = r; links[1, k] = b + (ali[j] & 255); links[2, k] = a + (ali[j] >> 8); share[k] = 1.0 / count[ali[j] & 255]; k += 1
            links[0, k] = r; links[1, k] = b + m; links[2, k] = a + n; share[k] = 1.0; k += 1
    return k

def batches(d, rows, width, links, seed, shuffle=True):
    """One pass over the bitext `d`: tuples (S, T, SA, TA, SS, TS, links, share) of arrays; the last, partly filled batch is left out when shuffled."""
    rng = np.random.default_rng(seed); sl = np.diff(d["src_off"]) + 1; tl = np.diff(d["tgt_off"]) + 1
    order = np.nonzero((sl <= width) & (tl <= width) & (sl > 1) & (tl > 1))[0]
    if shuffle: rng.shuffle(order)
    row, so, to, total = place(order, sl, tl, width, 64)
    number = rng.permutation(total).astype(np.int32) if shuffle else np.arange(total, dtype=np.int32)
    row = number[row]; by = np.argsort(row, kind="stable"); order, row, so, to = order[by], row[by], so[by], to[by]
    starts = np.searchsorted(row, np.arange(0, total + rows, rows))
    for b in range(total // rows if shuffle else -(-total // rows)):
        part = slice(starts[b], starts[b + 1])
        S, T = (np.empty((rows, width), np.int16) for _ in range(2)); marks = [np.empty((rows, width), np.uint8) for _ in range(4)]
        at, share = np.empty((3, links), np.int32), np.empty(links, np.float32)
        fill(order[part], row[part] - b * rows, so[part], to[part], d["src"], d["src_off"], d["tgt"], d["tgt_off"], d["ali"], d["ali_off"], S, T, *marks, at, share)
        yield (S, T, *marks, at, share)

def endless(d, rows, width, links, seed, ahead=64):
    """Batches for ever, made by a thread of its own."""
    q = queue.Queue(ahead)
    def work():
        nonlocal seed
        try:
            while True:
                for b in batches(d, rows, width, links, seed): q.put(b)
                seed += 1
        except Exception as e: q.put(e)
    threading.Thread(target=work, daemon=True).start()
    while True:
        b = q.get()
        if isinstance(b, Exception): raise b
        yield b
