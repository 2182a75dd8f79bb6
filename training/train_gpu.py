#!/usr/bin/env python3
"""Trains the Marian-shaped student of train.py on one big GPU, as fast as that goes: the whole step is one CUDA graph.

Parameters, names and shapes are train.py's, so decode.py and export.py read the checkpoints. Sentences lie side by side in rows of one
width (rows.py); matrix products are bf16, parameters and their averages float32. With --sweep, several rates train for a short time each,
and the best goes on. The last part of the time trains with weights and activations rounded as the exported file will round them."""
import argparse, json, math, os, time
import numpy as np, torch, torch.nn.functional as F
from kernels import CrossEntropy, Scan
from round8 import Round8
from rows import batches, endless

ap = argparse.ArgumentParser()
ap.add_argument("--data", required=True, help="prefix of the packed bitext"); ap.add_argument("--valid", required=True); ap.add_argument("--out", required=True)
ap.add_argument("--dim", type=int, default=384); ap.add_argument("--ffn", type=int, default=1536); ap.add_argument("--heads", type=int, default=8)
ap.add_argument("--enc", type=int, default=6); ap.add_argument("--dec", type=int, default=2); ap.add_argument("--vocab", type=int, default=16000)
ap.add_argument("--rows", type=int, default=256); ap.add_argument("--width", type=int, default=128)
ap.add_argument("--seconds", type=float, required=True, help="from the first step of the main run to its last"); ap.add_argument("--int8-seconds", type=float, default=90)
ap.add_argument("--sweep", default="", help="MUON:ADAM,MUON:ADAM,...; each trains --sweep-seconds"); ap.add_argument("--sweep-seconds", type=float, default=15)
ap.add_argument("--lr", type=float, default=1e-3, help="of AdamW: embeddings and vectors"); ap.add_argument("--muon", type=float, default=0.004, help="of Muon: the layers' matrices")
ap.add_argument("--warmup", type=int, default=500); ap.add_argument("--dropout", type=float, default=0.1); ap.add_argument("--smooth", type=float, default=0.1)
ap.add_argument("--guide", type=float, default=0.1); ap.add_argument("--embed", default=""); ap.add_argument("--eager", action="store_true", help="no CUDA graph")
ap.add_argument("--reverse", action="store_true", help="the other direction, for back-translation"); ap.add_argument("--seed", type=int, default=1); ap.add_argument("--log", type=int, default=500); ap.add_argument("--device", default="cuda")
a = ap.parse_args(); torch.backends.cuda.enable_cudnn_sdp(False)   # the memory-efficient kernel takes the masks of rows
dev = torch.device(a.device); LINKS = a.rows * 64
HALF = torch.bfloat16 if dev.type == "cuda" else torch.float32

class Embed(torch.autograd.Function):
    """Rows of W: [vocab, dim]; its gradient is added up without sorting, which a graph can record."""
    @staticmethod
    def forward(ctx, W, ids): ctx.save_for_backward(ids); ctx.shape = W.shape; return W[ids]
    @staticmethod
    def backward(ctx, g):
        d = torch.zeros(ctx.shape, dtype=torch.float32, device=g.device)
        return d.index_add_(0, ctx.saved_tensors[0].reshape(-1), g.reshape(-1, g.shape[-1]).float()).to(g.dtype), None

def parameters():
    P = {}
    def mat(name, i, o): P[name] = torch.empty(i, o).uniform_(-1, 1) * math.sqrt(6 / (i + o))
    def vec(name, n, v=0.0): P[name] = torch.full((1, n), v)
    def norm(name): vec(name + "_ln_scale", a.dim, 1.0); vec(name + "_ln_bias", a.dim)
    def attention(p):
        for x in "qkvo": mat(f"{p}_W{x}", a.dim, a.dim); vec(f"{p}_b{x}", a.dim)
        norm(p + "_Wo")
    def feed_forward(p): mat(p + "_W1", a.dim, a.ffn); vec(p + "_b1", a.ffn); mat(p + "_W2", a.ffn, a.dim); vec(p + "_b2", a.dim); norm(p + "_ffn")
    P["Wemb"] = torch.from_numpy(np.load(a.embed).astype(np.float32)) if a.embed else torch.randn(a.vocab, a.dim) * a.dim ** -0.5
    for l in range(1, a.enc + 1): attention(f"encoder_l{l}_self"); feed_forward(f"encoder_l{l}_ffn")
    for l in range(1, a.dec + 1):
        p = f"decoder_l{l}"; mat(p + "_rnn_W", a.dim, a.dim); mat(p + "_rnn_Wf", a.dim, a.dim); vec(p + "_rnn_bf", a.dim); norm(p + "_rnn_ffn")
        attention(p + "_context"); feed_forward(p + "_ffn")
    vec("decoder_ff_logit_out_b", a.vocab)
    return {n: p.to(dev).requires_grad_() for n, p in P.items()}

def positions():
    inv = torch.exp(torch.arange(a.dim // 2) * -(math.log(10000.0) / (a.dim // 2 - 1))); v = torch.arange(a.width)[:, None] * inv
    return torch.cat([v.sin(), v.cos()], 1).to(dev)

class Student:
    """The graph of train.py's Student over rows; `peak` holds the largest activation of each product's input, once `int8` is on."""
    def __init__(s): s.P = parameters(); s.place = positions(); s.int8 = False; s.train = True; s.peak = {}
    def cast(s): s.c = {n: (Round8.apply(p, p.detach().abs().amax() * 0.95) if s.int8 and min(p.shape) > 1 else p).to(HALF) for n, p in s.P.items()}
    def act(s, name, x):
        if not s.int8: return x
        top = x.detach().abs().amax().float()
        if name not in s.peak: s.peak[name] = top.clone()
        elif s.train: s.peak[name].lerp_(top, 0.02)
        return Round8.apply(x, s.peak[name])
    def drop(s, x): return F.dropout(x, a.dropout) if s.train and a.dropout else x
    def lin(s, x, w, b=None): return F.linear(s.act(w, x), s.c[w].t(), None if b is None else s.c[b][0])
    def norm(s, p, y, x): return F.layer_norm(s.drop(y) + x, (a.dim,), s.c[p + "_ln_scale"][0], s.c[p + "_ln_bias"][0], 1e-6)
    def heads(s, x): return x.view(*x.shape[:2], a.heads, -1).transpose(1, 2)
    def joined(s, p, x, which): return F.linear(s.act(f"{p}_W{which[0]}", x), torch.cat([s.c[f"{p}_W{k}"] for k in which], 1).t(), torch.cat([s.c[f"{p}_b{k}"] for k in which], 1)[0]).chunk(len(which), -1)
    def attend(s, p, x, Q, K, V, mask):
        o = F.scaled_dot_product_attention(Q, K, V, attn_mask=mask).transpose(1, 2).reshape(x.shape)
        return s.norm(p + "_Wo", s.lin(o, p + "_Wo", p + "_bo"), x)
    def feed_forward(s, p, x): return s.norm(p + "_ffn", s.lin(F.relu(s.lin(x, p + "_W1", p + "_b1")), p + "_W2", p + "_b2"), x)
    def loss(s, S, T, SA, TA, SS, TS, links, share, smooth):
        """Smoothed loss with guided alignment, and plain cross-entropy, both summed; and the number of target pieces."""
        s.cast(); root = math.sqrt(a.dim); place = s.place.to(HALF); tgt = T.long()
        mask = lambda q, k: (q[:, None, :, None] != k[:, None, None, :]).to(HALF).mul_(-1e4)
        x = s.drop(Embed.apply(s.c["Wemb"], S.long()) * root + place[SA.long()]); m = mask(SS, SS).expand(-1, a.heads, -1, -1)
        for l in range(1, a.enc + 1):
            p = f"encoder_l{l}_self"; x = s.attend(p, x, *map(s.heads, s.joined(p, x, "qkv")), m); x = s.feed_forward(f"encoder_l{l}_ffn", x)
        inside = (TA > 0)[..., None].to(HALF); before = F.pad(tgt, (1, 0))[:, :-1]
        y = s.drop(Embed.apply(s.c["Wemb"], before) * (root * inside) + place[TA.long()]); m = mask(TS, SS); wide = m.expand(-1, a.heads, -1, -1)
        for l in range(1, a.dec + 1):
            p = f"decoder_l{l}_rnn"; gate = torch.sigmoid(s.lin(y, p + "_Wf", p + "_bf").float())
            y = s.norm(p + "_ffn", F.relu(Scan.apply(s.lin(y, p + "_W").float(), gate, TA)).to(HALF), y)
            p = f"decoder_l{l}_context"; Q = s.heads(s.lin(y, p + "_Wq", p + "_bq")); K, V = map(s.heads, s.joined(p, x, "kv"))
            if l == a.dec and s.train and a.guide: head = torch.matmul(Q[:, 0] * Q.shape[-1] ** -0.5, K[:, 0].mT) + m[:, 0]
            y = s.attend(p, y, Q, K, V, wide); y = s.feed_forward(f"decoder_l{l}_ffn", y)
        real = (TS > 0).reshape(-1).float()
        total, ce = CrossEntropy.apply(s.act("Wemb", y.reshape(-1, a.dim)), s.c["Wemb"], s.c["decoder_ff_logit_out_b"][0], tgt.reshape(-1), real, smooth)
        if s.train and a.guide:
            r, t, k = links.long(); total = total - a.guide * (share * F.log_softmax(head.float(), -1).reshape(-1).index_select(0, (r * a.width + t) * a.width + k)).sum()
        return total, ce, real.sum()

class Muon:
    """Momentum whose update is orthogonalised by a Newton-Schulz iteration (K. Jordan 2024); the update's entries are about 0.2 x rate."""
    def __init__(s, params, rate):
        s.rate = rate; s.groups = {}
        for p in params: s.groups.setdefault((min(p.shape), max(p.shape)), []).append(p)
        s.state = {p: torch.zeros_like(p) for p in params}
    @torch.no_grad()
    def step(s):
        for (_, long), ps in s.groups.items():
            grads, bufs = [p.grad for p in ps], [s.state[p] for p in ps]
            torch._foreach_lerp_(bufs, grads, 0.05); ups = torch._foreach_lerp(grads, bufs, 0.95)
            x = torch.stack([u.t() if u.shape[0] > u.shape[1] else u for u in ups]); x = (x / (x.norm(dim=(1, 2), keepdim=True) + 1e-12)).to(HALF)
            for _ in range(5): m = x @ x.mT; x = 3.4445 * x + (-4.7750 * m + 2.0315 * (m @ m)) @ x
            x = x.float() * (s.rate * (-0.2 * long ** 0.5)); torch._foreach_mul_(ps, 1 - s.rate * 0.01)
            torch._foreach_add_(ps, [u.t() if p.shape[0] > p.shape[1] else u for p, u in zip(ps, x)])

class Trainer:
    """Model, optimisers, average, and the step as a CUDA graph."""
    def __init__(s, lr, muon):
        torch.manual_seed(a.seed); s.model = Student(); P = s.model.P; s.lr, s.muon_lr = lr, muon
        s.rate, s.muon_rate, s.keep = torch.tensor(lr, device=dev), torch.tensor(muon, device=dev), torch.tensor(0.0, device=dev)
        matrix = lambda n, p: min(p.shape) > 1 and n != "Wemb"
        s.muon = Muon([p for n, p in P.items() if matrix(n, p)], s.muon_rate)
        s.adam = torch.optim.AdamW([{"params": [P["Wemb"]], "weight_decay": 0.01}, {"params": [p for n, p in P.items() if not matrix(n, p) and n != "Wemb"], "weight_decay": 0.0}],
                                   lr=s.rate, betas=(0.9, 0.98), eps=1e-8, fused=dev.type == "cuda", capturable=dev.type == "cuda")
        s.ema = {n: p.detach().clone() for n, p in P.items()}; s.acc = torch.zeros(2, device=dev); s.batch = None; s.graph = None; s.done = 0
    def load(s, batch):
        new = [torch.from_numpy(np.ascontiguousarray(v)) for v in batch]
        if s.batch is None: s.batch = [v.to(dev) for v in new]
        else:
            for old, v in zip(s.batch, new): old.copy_(v.pin_memory() if dev.type == "cuda" else v, non_blocking=True)
    def step(s):
        P = list(s.model.P.values())
        total, ce, n = s.model.loss(*s.batch, a.smooth); (total / n).backward()
        torch.nn.utils.clip_grad_norm_(P, 1.0, foreach=True); s.adam.step(); s.muon.step()
        for p in P: p.grad = None
        s.model.c = None                                                # it would keep this step's graph alive
        with torch.no_grad():
            average = list(s.ema.values()); change = torch._foreach_sub(P, average); torch._foreach_mul_(change, 1 - s.keep); torch._foreach_add_(average, change)
            s.acc += torch.stack([ce, n])
    def record(s):
        """Runs a few steps as they are, then records one."""
        s.graph = None
        if a.eager or dev.type != "cuda": return
        side = torch.cuda.Stream(); side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(3): s.step()
        torch.cuda.current_stream().wait_stream(side); s.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(s.graph): s.step()
    def run(s, stream, seconds, int8_seconds=0.0, quiet=False):
        """Trains for so long: warm-up, then the cosine's fall to a fiftieth."""
        s.load(next(stream)); s.rate.fill_(s.lr / a.warmup); s.muon_rate.fill_(s.muon_lr / a.warmup); s.record(); t0 = last = time.time(); s.acc.zero_(); first = s.done
        while (spent := time.time() - t0) < seconds:
            if int8_seconds and not s.model.int8 and spent > seconds - int8_seconds: s.model.int8 = True; s.record(); print("rounding from here on", flush=True)
            f = min(1.0, (s.done + 1) / a.warmup) * max(0.02, 0.5 * (1 + math.cos(math.pi * spent / seconds)))
            s.rate.fill_(s.lr * f); s.muon_rate.fill_(s.muon_lr * f); s.keep.fill_(min(0.9995, (s.done + 1) / (s.done + 10)) if s.done > 20 else 0.0)
            s.load(next(stream)); s.graph.replay() if s.graph else s.step(); s.done += 1
            if s.done % 20 == 0 and dev.type == "cuda": torch.cuda.current_stream().synchronize()   # the clock must not run ahead of the work
            if s.done % a.log == 0:
                ce, n = s.acc.tolist(); s.acc.zero_(); now = time.time()
                if not math.isfinite(ce): raise SystemExit(f"step {s.done}: the loss is not a number")
                if not quiet: print(f"step {s.done} s {now - t0:.0f} lr {s.lr * f:.2e} ce {ce / n:.4f} tgt pieces/s {n / (now - last):.0f}" + (f" valid {s.validate():.4f}" if s.done % (4 * a.log) == 0 else ""), flush=True)
                if not quiet and s.done % (4 * a.log) == 0: s.save(a.out)
                last = time.time()
        return (s.done - first) / (time.time() - t0)
    @torch.no_grad()
    def validate(s):
        m = s.model; keep = {n: p.detach().clone() for n, p in m.P.items()}; total = count = 0.0; m.train = False
        for n, p in m.P.items(): p.copy_(s.ema[n])
        for b in valid_batches:
            _, ce, n = m.loss(*[torch.from_numpy(v).to(dev) for v in b], 0.0); total += ce.item(); count += n.item()
        for n, p in m.P.items(): p.copy_(keep[n])
        m.train = True; return total / count
    def save(s, path):
        cfg = dict(dim=a.dim, ffn=a.ffn, heads=a.heads, enc=a.enc, dec=a.dec, vocab=a.vocab)
        state = {"cfg": cfg, "ema": {"p." + n: p.cpu() for n, p in s.ema.items()}, "peak": {k: float(v) for k, v in s.model.peak.items()} if s.model.int8 else {}}
        torch.save(state, path + ".tmp"); os.replace(path + ".tmp", path)

def read(path):
    z = np.load(path + ".npz"); d = {k: z[k] for k in z.files}
    return d if not a.reverse else {**{o + e: d[n + e] for n, o in (("src", "tgt"), ("tgt", "src")) for e in ("", "_off")}, "ali": d["ali"] >> 8 | (d["ali"] & 255) << 8, "ali_off": d["ali_off"]}

if __name__ == "__main__":
    began = time.time(); data, valid = read(a.data), read(a.valid); valid_batches = list(batches(valid, a.rows, a.width, LINKS, 0, False))
    stream = endless(data, a.rows, a.width, LINKS, a.seed); print(len(data["src_off"]) - 1, "pairs", f"{time.time() - began:.1f} s to read", flush=True)
    best = (math.inf, a.lr, a.muon)
    for trial in filter(None, a.sweep.split(",")):
        muon, lr = map(float, trial.split(":")); t = Trainer(lr, muon)
        try: rate = t.run(stream, a.sweep_seconds, quiet=True); ce = t.validate()
        except SystemExit as e: print(trial, e, flush=True); continue
        print(f"sweep muon {muon} adam {lr}: valid {ce:.4f} after {t.done} steps, {rate:.1f} a second, {time.time() - began:.0f} s", flush=True); best = min(best, (ce, lr, muon)); del t
    t = Trainer(best[1], best[2]); print("parameters", sum(p.numel() for p in t.model.P.values()), "rates", best, flush=True)
    t.run(stream, a.seconds, a.int8_seconds); print(f"valid {t.validate():.4f} (final), steps {t.done}, {time.time() - began:.0f} s in all", flush=True); t.save(a.out)
