#!/usr/bin/env python3
"""Back-translation: adds translated English sentences to a bitext.

back.py CHECKPOINT MONO.npz TRAIN.npz OUT.npz: the checkpoint translates the sentences of MONO (`tgt`, `tgt_off`) into German, greedily, in
large batches; OUT is TRAIN with these pairs behind it, all but those that do not end or are of an odd length. A piece that no text
contains, the first of the byte pieces, stands before each such source, so that the model tells machine's German from people's."""
import math, sys, time
import numpy as np, torch, torch.nn.functional as F

TAG = 2

@torch.no_grad()
def translate(P, cfg, ids, dev, half, batch=2048):
    """Pieces of each translation, without the end; None where it did not end. `ids`: a list of arrays of pieces."""
    dim, heads = cfg["dim"], cfg["heads"]; c = {n[2:]: p.to(dev, half) for n, p in P.items()}; root = math.sqrt(dim)
    inv = torch.exp(torch.arange(dim // 2) * -(math.log(10000.0) / (dim // 2 - 1))); place = torch.arange(260)[:, None] * inv; place = torch.cat([place.sin(), place.cos()], 1).to(dev, half)
    lin = lambda x, w, b=None: F.linear(x, c[w].t(), None if b is None else c[b][0])
    norm = lambda p, x: F.layer_norm(x, (dim,), c[p + "_ln_scale"][0], c[p + "_ln_bias"][0], 1e-6)
    split = lambda x: x.view(*x.shape[:2], heads, -1).transpose(1, 2)
    def attend(p, x, q, k, v, mask):
        o = F.scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(1, 2).reshape(x.shape); return norm(p + "_Wo", lin(o, p + "_Wo", p + "_bo") + x)
    feed = lambda p, x: norm(p + "_ffn", lin(F.relu(lin(x, p + "_W1", p + "_b1")), p + "_W2", p + "_b2") + x)
    out = [None] * len(ids); order = np.argsort([len(x) for x in ids], kind="stable")
    for first in range(0, len(order), batch):
        part = order[first:first + batch]; n = -(-(max(len(ids[i]) for i in part) + 1) // 8) * 8; src = np.zeros((len(part), n), np.int64); real = np.zeros((len(part), n), bool)
        for r, i in enumerate(part): src[r, :len(ids[i])] = ids[i]; real[r, :len(ids[i]) + 1] = True
        src, mask = torch.from_numpy(src).to(dev), torch.where(torch.from_numpy(real).to(dev), 0.0, -1e4)[:, None, None, :].to(half)
        x = c["Wemb"][src] * root + place[:n]; wide = mask.expand(-1, heads, n, -1)
        for l in range(1, cfg["enc"] + 1):
            p = f"encoder_l{l}_self"; x = attend(p, x, *(split(lin(x, f"{p}_W{k}", f"{p}_b{k}")) for k in "qkv"), wide); x = feed(f"encoder_l{l}_ffn", x)
        kv = [[split(lin(x, f"decoder_l{l}_context_W{k}", f"decoder_l{l}_context_b{k}")) for k in "kv"] for l in range(1, cfg["dec"] + 1)]
        state = [torch.zeros(len(part), 1, dim, device=dev) for _ in kv]; y = torch.zeros(len(part), 1, dim, dtype=half, device=dev); live = torch.ones(len(part), dtype=torch.bool, device=dev); steps = []
        for t in range(min(250, 2 * n + 8)):
            y = y + place[t]
            for l in range(1, cfg["dec"] + 1):
                p = f"decoder_l{l}_rnn"; f = torch.sigmoid(lin(y, p + "_Wf", p + "_bf").float()); state[l - 1] = f * state[l - 1] + (1 - f) * lin(y, p + "_W").float()
                y = norm(p + "_ffn", F.relu(state[l - 1]).to(half) + y); p = f"decoder_l{l}_context"
                y = attend(p, y, split(lin(y, p + "_Wq", p + "_bq")), *kv[l - 1], mask.expand(-1, heads, -1, -1)); y = feed(f"decoder_l{l}_ffn", y)
            best = F.linear(y[:, 0], c["Wemb"], c["decoder_ff_logit_out_b"][0]).argmax(-1) * live; steps.append(best); live = live & (best != 0); y = (c["Wemb"][best] * root)[:, None]
            if t % 8 == 7 and not bool(live.any()): break
        z = torch.stack(steps, 1).cpu().numpy()
        for r, i in enumerate(part):
            end = np.nonzero(z[r] == 0)[0]
            if len(end): out[i] = z[r, :end[0]].astype(np.uint16)
    return out

if __name__ == "__main__":
    began = time.time(); dev = torch.device("cuda" if torch.cuda.is_available() else "cpu"); half = torch.bfloat16 if dev.type == "cuda" else torch.float32
    ck = torch.load(sys.argv[1], map_location="cpu"); z = np.load(sys.argv[2]); off, tgt = z["tgt_off"], z["tgt"].astype(np.int64); ids = [tgt[off[i]:off[i + 1]] for i in range(len(off) - 1)]
    out = translate(ck["ema"], ck["cfg"], ids, dev, half); keep = [i for i, x in enumerate(out) if x is not None and 0.5 <= (len(x) + 4) / (len(ids[i]) + 4) <= 2]
    t = np.load(sys.argv[3]); new = {"src": [np.append(TAG, out[i]).astype(np.uint16) for i in keep], "tgt": [ids[i].astype(np.uint16) for i in keep], "ali": [np.zeros(0, np.uint16)] * len(keep)}
    np.savez(sys.argv[4], **{k: np.concatenate([t[k], *v]) for k, v in new.items()}, **{k + "_off": np.concatenate([t[k + "_off"], t[k + "_off"][-1] + np.cumsum([len(x) for x in v], dtype=np.int64)]) for k, v in new.items()})
    print(len(keep), "of", len(ids), "sentences in", f"{time.time() - began:.1f} s", flush=True)
