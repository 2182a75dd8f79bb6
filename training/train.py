#!/usr/bin/env python3
"""Trains a Marian-shaped student (transformer encoder, SSRU decoder) on a packed bitext.

The graph is Marian's, parameter for parameter (names, shapes [in, out], post-norm "dan",
ReLU feed-forward, sinusoidal positions, all embeddings tied), so the result exports as is.
Made for CPUs (bf16 where that is faster); a big GPU has train_gpu.py. One process, resumable.
"""
import argparse, json, math, os, signal, sys, time
import marian, numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from round8 import Round8

ap = argparse.ArgumentParser()
ap.add_argument("--data", required=True, help="prefix: PREFIX.npz with src, src_off, tgt, tgt_off[, ali, ali_off]")
ap.add_argument("--out", required=True)
ap.add_argument("--dim", type=int, default=256)
ap.add_argument("--ffn", type=int, default=1536)
ap.add_argument("--heads", type=int, default=8)
ap.add_argument("--enc", type=int, default=6)
ap.add_argument("--dec", type=int, default=2)
ap.add_argument("--vocab", type=int, default=16000)
ap.add_argument("--tokens", type=int, default=6000, help="target tokens a batch")
ap.add_argument("--lr", type=float, default=1e-3)
ap.add_argument("--warmup", type=int, default=2000)
ap.add_argument("--minutes", type=float, default=60, help="stop and save after so many minutes")
ap.add_argument("--total-minutes", type=float, default=0, help="length of the whole schedule (cosine tail); 0: this run")
ap.add_argument("--steps-done-minutes", type=float, default=0)
ap.add_argument("--dropout", type=float, default=0.0)
ap.add_argument("--smooth", type=float, default=0.1)
ap.add_argument("--guide", type=float, default=0.0, help="weight of the guided-alignment loss")
ap.add_argument("--sample", type=int, default=0, help="columns of the sampled softmax; 0: the full vocabulary")
ap.add_argument("--maxlen", type=int, default=120)
ap.add_argument("--resume", default="")
ap.add_argument("--init", default="", help="a Marian int8 file to start from")
ap.add_argument("--constant", action="store_true", help="no decay after the warm-up (open-ended training; the averaged weights are what is used)")
ap.add_argument("--int8", action="store_true", help="round weights and activations as the exported file will (straight-through gradients): for the end of training")
ap.add_argument("--cooldown", action="store_true", help="the rate falls to nothing over this run, and the average covers its last steps only: the way to end open-ended training")
ap.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
ap.add_argument("--seed", type=int, default=1)
ap.add_argument("--log", type=int, default=100)
ap.add_argument("--save-minutes", type=float, default=10)
ap.add_argument("--valid", default="", help="packed validation bitext")
ap.add_argument("--dtype", default="auto", choices=["auto", "bf16", "f32"], help="of the matrix products; auto: bf16 on CUDA, on a CPU whichever is faster")
ap.add_argument("--muon", type=float, default=0.0, help="learning rate of Muon for the matrices inside the layers; 0: AdamW for all")
ap.add_argument("--embed", default="", help="an .npy [vocab, dim] to start the embeddings from")
a = ap.parse_args()
torch.set_flush_denormal(True)   # a trained model makes denormals, and they halve the speed of CPU products
torch.manual_seed(a.seed); rng = np.random.default_rng(a.seed)
dev = torch.device(a.device)
if dev.type == "cpu": torch.set_num_threads(os.cpu_count())
else: torch.backends.cuda.matmul.allow_tf32 = True

def faster_dtype():
    """bf16 products are twice as fast as f32 on some CPUs (AMX, Zen) and half as fast on others."""
    def seconds(dt):
        x, w = torch.ones(4096, 256, dtype=dt), torch.ones(1024, 256, dtype=dt); F.linear(x, w); t = time.time()
        for _ in range(20): F.linear(x, w)
        return time.time() - t
    return torch.bfloat16 if dev.type == "cuda" or seconds(torch.bfloat16) < seconds(torch.float32) else torch.float32

CD = {"bf16": torch.bfloat16, "f32": torch.float32}.get(a.dtype) or faster_dtype()

def load(path):
    z = np.load(path + ".npz")
    return {k: z[k] for k in z.files}

class SSRU(torch.autograd.Function):
    """c_t = f_t*c_{t-1} + (1-f_t)*x_t along dim 1, c_{-1}=0."""
    @staticmethod
    def forward(ctx, x, f):
        c = torch.empty_like(x); p = torch.zeros_like(x[:, 0])
        u = x * (1 - f)
        for t in range(x.shape[1]):
            p = torch.addcmul(u[:, t], f[:, t], p); c[:, t] = p
        ctx.save_for_backward(x, f, c)
        return c
    @staticmethod
    def backward(ctx, g):
        x, f, c = ctx.saved_tensors
        d = torch.empty_like(x); p = torch.zeros_like(x[:, 0])
        for t in range(x.shape[1] - 1, -1, -1):
            p = g[:, t] + p if t == x.shape[1] - 1 else torch.addcmul(g[:, t], f[:, t + 1], p)
            d[:, t] = p
        prev = torch.cat([torch.zeros_like(c[:, :1]), c[:, :-1]], 1)
        return d * (1 - f), d * (prev - x)

class FusedCE(torch.autograd.Function):
    """Sum of label-smoothed cross-entropies of x@W.T+b at y, gradient made in the forward pass, chunk by chunk.

    x: [n, d] bf16, W: [v, d] bf16, b: [v], y: [n] columns of W; `shift` [v] is added to the logits (log of the
    sampling correction), `smooth` spreads its mass evenly over the columns."""
    @staticmethod
    def forward(ctx, x, W, b, y, shift, smooth, chunk):
        dx = torch.empty_like(x); dW = torch.zeros(W.shape, dtype=torch.float32, device=x.device); db = torch.zeros(b.shape, dtype=torch.float32, device=x.device)
        loss = 0.0; ce = 0.0; v = W.shape[0]; bias = b.float() + shift
        for i in range(0, x.shape[0], chunk):
            xc, yc = x[i:i + chunk], y[i:i + chunk]
            lg = F.linear(xc, W).float().add_(bias)
            lse = torch.logsumexp(lg, 1, keepdim=True); at = lg.gather(1, yc[:, None])
            ce = ce + (lse - at).sum(); loss = loss + ((lse - at).sum() * (1 - smooth) + smooth * (lse * 1.0 - lg.mean(1, keepdim=True)).sum())
            g = lg.sub_(lse).exp_().sub_(smooth / v)
            g.scatter_add_(1, yc[:, None], torch.full_like(at, smooth - 1.0))
            gb = g.to(x.dtype); dx[i:i + chunk] = gb @ W; dW += gb.t() @ xc; db += g.sum(0)
        ctx.save_for_backward(dx, dW, db)
        return loss, ce.detach()
    @staticmethod
    def backward(ctx, gl, gce):
        dx, dW, db = ctx.saved_tensors
        return dx * gl, (dW * gl).to(CD), (db * gl).to(CD), None, None, None, None

class Muon(torch.optim.Optimizer):
    """Momentum whose update is orthogonalised by a Newton-Schulz iteration (K. Jordan 2024), for the matrices of the layers."""
    def __init__(s, params, lr, momentum=0.95, weight_decay=0.01): super().__init__(params, dict(lr=lr, momentum=momentum, weight_decay=weight_decay))
    @torch.no_grad()
    def step(s):
        for g in s.param_groups:
            ps = [p for p in g["params"] if p.grad is not None]
            bufs = [s.state[p].setdefault("buf", torch.zeros_like(p)) for p in ps]; grads = [p.grad for p in ps]
            torch._foreach_lerp_(bufs, grads, 1 - g["momentum"]); ups = torch._foreach_lerp(grads, bufs, g["momentum"])
            shapes = {}
            for p, u in zip(ps, ups): shapes.setdefault((min(p.shape), max(p.shape)), []).append((p, u))
            for group in shapes.values():
                x = torch.stack([u.t() if u.shape[0] > u.shape[1] else u for _, u in group])
                x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
                if dev.type == "cuda": x = x.bfloat16()
                for _ in range(5):
                    m = x @ x.mT; x = 3.4445 * x + (-4.7750 * m + 2.0315 * (m @ m)) @ x
                shrink, scale = 1 - g["lr"] * g["weight_decay"], -g["lr"] * 0.2 * max(group[0][0].shape) ** 0.5
                torch._foreach_mul_([p for p, _ in group], shrink)
                torch._foreach_add_([p for p, _ in group], [(y.t() if p.shape[0] > p.shape[1] else y).float() for (p, _), y in zip(group, x)], alpha=scale)

def positions(n, d, device):
    half = d // 2
    inv = torch.exp(torch.arange(half, device=device) * -(math.log(10000.0) / (half - 1)))
    v = torch.arange(n, device=device)[:, None] * inv[None]
    return torch.cat([v.sin(), v.cos()], 1)

class Student(nn.Module):
    def __init__(s, dim, ffn, heads, enc, dec, vocab):
        super().__init__()
        s.dim, s.heads, s.enc, s.dec, s.peak = dim, heads, enc, dec, {}
        s.p = nn.ParameterDict()
        def mat(name, i, o):
            w = torch.empty(i, o); nn.init.xavier_uniform_(w); s.p[name] = nn.Parameter(w)
        def vec(name, n, v=0.0): s.p[name] = nn.Parameter(torch.full((1, n), v))
        def ln(name): vec(name + "_ln_scale", dim, 1.0); vec(name + "_ln_bias", dim)
        e = torch.empty(vocab, dim); nn.init.normal_(e, std=dim ** -0.5); s.p["Wemb"] = nn.Parameter(e)
        def att(pre):
            for x in "qkvo": mat(f"{pre}_W{x}", dim, dim); vec(f"{pre}_b{x}", dim)
            ln(f"{pre}_Wo")
        def ff(pre):
            mat(pre + "_W1", dim, ffn); vec(pre + "_b1", ffn); mat(pre + "_W2", ffn, dim); vec(pre + "_b2", dim); ln(pre + "_ffn")
        for l in range(1, enc + 1): att(f"encoder_l{l}_self"); ff(f"encoder_l{l}_ffn")
        for l in range(1, dec + 1):
            mat(f"decoder_l{l}_rnn_W", dim, dim); mat(f"decoder_l{l}_rnn_Wf", dim, dim); vec(f"decoder_l{l}_rnn_bf", dim); ln(f"decoder_l{l}_rnn_ffn")
            att(f"decoder_l{l}_context"); ff(f"decoder_l{l}_ffn")
        vec("decoder_ff_logit_out_b", vocab)
    def drop(s, x): return F.dropout(x, a.dropout, s.training) if a.dropout else x
    def post(s, pre, y, x):
        return F.layer_norm((s.drop(y) + x).float(), (s.dim,), s.p[pre + "_ln_scale"][0], s.p[pre + "_ln_bias"][0], 1e-6).to(x.dtype)
    def cast(s): s.c = {n: (Round8.apply(p, p.detach().abs().amax().float() * 0.95) if a.int8 and min(p.shape) > 1 else p).to(CD) for n, p in s.p.items() if "_ln_" not in n}
    def act(s, name, x):
        """An activation as the engine will see it: rounded within a running estimate of its largest value."""
        if not a.int8: return x
        peak = x.detach().abs().amax().float(); s.peak[name] = s.peak.get(name, peak) + 0.02 * (peak - s.peak.get(name, peak)) if s.training else s.peak.get(name, peak)
        return Round8.apply(x, s.peak[name] if name in s.peak else peak)
    def lin(s, x, w, b=None): return F.linear(s.act(w, x), s.c[w].t(), None if b is None else s.c[b][0])
    def split(s, x): return x.view(x.shape[0], x.shape[1], s.heads, -1).transpose(1, 2)
    def att(s, pre, q, kv, mask, probs=False):
        residual = q
        if q is kv:
            q = kv = s.act(pre + "_Wq", q); w = torch.cat([s.c[f"{pre}_W{c}"] for c in "qkv"], 1); b = torch.cat([s.c[f"{pre}_b{c}"] for c in "qkv"], 1)[0]
            Q, K, V = (s.split(t) for t in F.linear(q, w.t(), b).chunk(3, -1))
        else:
            Q = s.split(s.lin(q, f"{pre}_Wq", f"{pre}_bq"))
            w = torch.cat([s.c[f"{pre}_W{c}"] for c in "kv"], 1); b = torch.cat([s.c[f"{pre}_b{c}"] for c in "kv"], 1)[0]
            K, V = (s.split(t) for t in F.linear(s.act(pre + "_Wk", kv), w.t(), b).chunk(2, -1))
        head = None
        if dev.type == "cuda" and not probs: o = F.scaled_dot_product_attention(Q, K, V, attn_mask=mask)
        else:
            w = torch.matmul(Q * (Q.shape[-1] ** -0.5), K.transpose(2, 3)) + mask
            if probs: head = w[:, 0].float()
            o = torch.matmul(torch.softmax(w, -1), V)
        o = o.transpose(1, 2).reshape(q.shape)
        return s.post(f"{pre}_Wo", s.lin(o, f"{pre}_Wo", f"{pre}_bo"), residual), head
    def ff(s, pre, x):
        h = F.relu(s.lin(x, pre + "_W1", pre + "_b1"))
        return s.post(pre + "_ffn", s.lin(h, pre + "_W2", pre + "_b2"), x)
    def embed(s, ids): return F.embedding(ids, s.c["Wemb"] if a.int8 else s.p["Wemb"]).float() * math.sqrt(s.dim)
    def encode(s, src, mask):
        s.cast()
        x = s.drop(s.embed(src) + positions(src.shape[1], s.dim, src.device)).to(CD)
        for l in range(1, s.enc + 1):
            x, _ = s.att(f"encoder_l{l}_self", x, x, mask); x = s.ff(f"encoder_l{l}_ffn", x)
        return x
    def decode(s, tgt_in, ctx, mask, probs=False):
        y = F.pad(s.embed(tgt_in), (0, 0, 1, 0))   # the first step reads a zero vector
        x = s.drop(y + positions(y.shape[1], s.dim, y.device)).to(CD)
        for l in range(1, s.dec + 1):
            pre = f"decoder_l{l}_rnn"
            f = torch.sigmoid(s.lin(x, pre + "_Wf", pre + "_bf").float()); u = s.lin(x, pre + "_W").float()
            c = SSRU.apply(u, f)
            x = s.post(pre + "_ffn", F.relu(c).to(x.dtype), x)
            x, head = s.att(f"decoder_l{l}_context", x, ctx, mask, probs and l == s.dec)
            x = s.ff(f"decoder_l{l}_ffn", x)
        return x, head
    def logits(s, x): return F.linear(x, s.c["Wemb"], s.c["decoder_ff_logit_out_b"][0])

def batches(d, shuffle=True):
    sl = np.diff(d["src_off"]); tl = np.diff(d["tgt_off"])
    ok = np.nonzero((sl <= a.maxlen) & (tl <= a.maxlen) & (sl > 0) & (tl > 0))[0]
    if shuffle: rng.shuffle(ok)
    chunk = 200_000
    for c in range(0, len(ok), chunk):
        ids = ok[c:c + chunk]
        key = np.maximum(sl[ids], tl[ids]) * 1000 + sl[ids]
        ids = ids[np.argsort(key, kind="stable")]
        out, i = [], 0
        while i < len(ids):
            j, m = i, 0
            while j < len(ids):
                m2 = max(m, sl[ids[j]] + 1, tl[ids[j]] + 1)
                if m2 * (j - i + 1) > a.tokens and j > i: break
                m = m2; j += 1
            out.append(ids[i:j]); i = j
        if shuffle: rng.shuffle(out)
        yield from out

def collate(d, ids):
    so, to = d["src_off"], d["tgt_off"]
    S = max(so[i + 1] - so[i] for i in ids) + 1; T = max(to[i + 1] - to[i] for i in ids) + 1
    src = np.zeros((len(ids), S), np.int64); tgt = np.zeros((len(ids), T), np.int64)
    sm = np.zeros((len(ids), S), bool); tm = np.zeros((len(ids), T), bool)
    ali = [] if a.guide and "ali" in d else None
    for r, i in enumerate(ids):
        x = d["src"][so[i]:so[i + 1]]; src[r, :len(x)] = x; sm[r, :len(x) + 1] = True     # 0 is </s>
        y = d["tgt"][to[i]:to[i + 1]]; tgt[r, :len(y)] = y; tm[r, :len(y) + 1] = True
        if ali is not None:
            v = np.unique(d["ali"][d["ali_off"][i]:d["ali_off"][i + 1]]).astype(np.int64)
            if len(v):
                v = np.stack([np.append(v & 255, len(y)), np.append(v >> 8, len(x))]); n = np.bincount(v[0], minlength=T)
                ali.append((np.stack([np.full(v.shape[1], r), *v]), (1 / n[v[0]]).astype(np.float32)))
    at = np.nonzero(tm.reshape(-1))[0].astype(np.int32); y = tgt.reshape(-1)[at]
    if ali is not None: ali = (np.concatenate([k for k, _ in ali], 1), np.concatenate([w for _, w in ali])) if ali else (np.zeros((3, 0), np.int64), np.zeros(0, np.float32))
    return src.astype(np.int16), tgt.astype(np.int16), sm, int(sm.sum()), at, y, *(ali or (None, None))

def on_device(batch):
    return [torch.from_numpy(v).to(dev) if isinstance(v, np.ndarray) else v for v in batch]

def loss_of(model, src, tgt, sm, words, at, y, ali, weight, smooth):
    src, tgt, y = src.long(), tgt.long(), y.long()
    mask = torch.where(sm, 0.0, -1e4)[:, None, None, :].to(CD)
    ctx = model.encode(src, mask)
    x, head = model.decode(tgt[:, :-1], ctx, mask.expand(-1, 1, tgt.shape[1], -1), ali is not None)
    x = x.reshape(-1, x.shape[-1]).index_select(0, at)
    W, b = model.c["Wemb"], model.c["decoder_ff_logit_out_b"][0]; n = y.shape[0]; v = W.shape[0]
    shift = torch.zeros(v, device=dev)
    if a.sample and model.training:                                 # the batch's own tokens and a uniform sample of the rest
        own = torch.zeros(v, dtype=torch.bool, device=dev); own[y] = True; own[:300] = True
        rest = (~own).nonzero()[:, 0]; k = min(len(rest), max(256, a.sample - int(own.sum())))
        pick = rest[torch.randperm(len(rest), device=dev)[:k]]
        cols = torch.cat([own.nonzero()[:, 0], pick]); shift = torch.zeros(len(cols), device=dev); shift[-k:] = math.log(len(rest) / k)
        where = torch.zeros(v, dtype=torch.long, device=dev); where[cols] = torch.arange(len(cols), device=dev)
        W, b, y = W[cols], b[cols], where[y]
    total, ce = FusedCE.apply(model.act("Wemb", x), W, b, y, shift, smooth, 1024 if dev.type == "cpu" else 16384)
    if ali is not None:
        lp = F.log_softmax(head, -1); total = total - a.guide * (weight * lp[ali[0], ali[1], ali[2]]).sum()
    return total, ce, n

@torch.no_grad()
def grow(model, weights):
    """Copies the weights of a model of the same width into one with as many or more layers and feed-forward units.

    Layer i starts as layer i * old // new; new feed-forward units read at random and write zero, so that they change nothing at first."""
    old = {side: max(int(n.split("_")[1][1:]) for n in weights if n.startswith(side)) for side in ("encoder_l", "decoder_l")}
    new = {"encoder_l": model.enc, "decoder_l": model.dec}
    for name, p in model.p.items():
        side = name[:9]; source = name
        if side in old and name[9:10].isdigit():
            i, tail = name[9:].split("_", 1); source = f"{side}{(int(i) - 1) * old[side] // new[side] + 1}_{tail}"
        w = torch.from_numpy(np.ascontiguousarray(weights[source]))
        if w.shape == p.shape: p.copy_(w)
        elif name.endswith(("_W1", "_b1")): p[:, :w.shape[1]] = w
        elif name.endswith("_W2"): p.zero_(); p[:w.shape[0]] = w
        else: raise SystemExit(f"{name}: {tuple(w.shape)} does not fit {tuple(p.shape)}")

data = load(a.data); valid = load(a.valid) if a.valid else None
cfg = dict(dim=a.dim, ffn=a.ffn, heads=a.heads, enc=a.enc, dec=a.dec, vocab=a.vocab)
model = Student(**cfg).to(dev)
decay = [p for n, p in model.named_parameters() if p.dim() == 2 and min(p.shape) > 1]
rest = [p for n, p in model.named_parameters() if not (p.dim() == 2 and min(p.shape) > 1)]
inner = [p for n, p in model.named_parameters() if a.muon and p.dim() == 2 and min(p.shape) > 1 and "Wemb" not in n]
decay = [p for p in decay if not any(p is q for q in inner)]
opt = torch.optim.AdamW([{"params": decay, "weight_decay": 0.01}, {"params": rest, "weight_decay": 0.0}], lr=a.lr, betas=(0.9, 0.98), eps=1e-8, fused=True)
muon = Muon(inner, a.muon) if inner else None
if a.embed:
    with torch.no_grad(): model.p["Wemb"].copy_(torch.from_numpy(np.load(a.embed)))
step, spent = 0, a.steps_done_minutes
ema = {n: p.detach().clone() for n, p in model.named_parameters()}
if a.resume:
    ck = torch.load(a.resume, map_location=dev)
    model.load_state_dict(ck["model"]); model.peak = ck.get("peak", {}); ema = {k: v.to(dev) for k, v in ck["ema"].items()}
    if muon and ck.get("muon"): muon.load_state_dict(ck["muon"])
    if "opt" in ck: opt.load_state_dict(ck["opt"]); step = ck["step"]; spent = ck["spent"]
elif a.init:
    grow(model, marian.floats(a.init))
    ema = {n: p.detach().clone() for n, p in model.named_parameters()}
print(json.dumps(cfg), sum(p.numel() for p in model.parameters()), "parameters", len(data["src_off"]) - 1, "pairs on", dev, flush=True)
total_min = a.total_minutes or (spent + a.minutes)

def lr_at(step, spent_now):
    w = min(1.0, (step + 1) / a.warmup)
    if a.cooldown: return a.lr * w * max(0.01, 1 - (spent_now - spent) / a.minutes)
    frac = min(1.0, spent_now / total_min)
    tail = 1.0 if a.constant else 0.5 * (1 + math.cos(math.pi * frac))
    return a.lr * w * max(tail, 0.02)

def save(path, with_opt=True):
    d = {"cfg": cfg, "model": model.state_dict(), "ema": ema, "step": step, "spent": spent_now, "peak": {k: float(v) for k, v in model.peak.items()}}
    if with_opt: d["opt"] = opt.state_dict(); d["muon"] = muon.state_dict() if muon else None
    torch.save(d, path + ".tmp"); os.replace(path + ".tmp", path)

@torch.no_grad()
def validate():
    model.eval(); keep = {n: p.detach().clone() for n, p in model.named_parameters()}
    for n, p in model.named_parameters(): p.copy_(ema[n])
    s = c = 0
    for ids in batches(valid, False):
        _, ce, n = loss_of(model, *on_device(collate(valid, ids))[:6], None, None, 0.0); s += ce.item(); c += n
    for n, p in model.named_parameters(): p.copy_(keep[n])
    model.train(); return s / c

t0 = time.time(); last_save = t0; acc = [0.0, 0, 0]; tl = t0; epoch = 0; done = False; spent_now = spent
model.train(); stop = []
signal.signal(signal.SIGTERM, lambda *_: stop.append(1))
while not done:
    for batch in (collate(data, ids) for ids in batches(data)):
        spent_now = spent + (time.time() - t0) / 60
        if stop or (time.time() - t0) / 60 > a.minutes: done = True; break
        lr = lr_at(step, spent_now)
        for g in opt.param_groups: g["lr"] = lr
        if muon: muon.param_groups[0]["lr"] = a.muon * lr / a.lr
        batch = on_device(batch)
        total, ce, n = loss_of(model, *batch, a.smooth)
        (total / n).backward()
        gn = nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        opt.step(); muon and muon.step()
        model.zero_grad(set_to_none=True); step += 1
        k = 0.99 if a.cooldown else min(0.9998, (step + 1) / (step + 10))
        with torch.no_grad():
            if step % 5 == 0: torch._foreach_lerp_([ema[n_] for n_, _ in model.named_parameters()], [p.data for _, p in model.named_parameters()], 1 - k ** 5)
        acc[0] += ce.detach(); acc[1] += n; acc[2] += batch[3]
        if step % a.log == 0:
            if not math.isfinite(float(acc[0])): raise SystemExit(f"step {step}: the loss is not a number; the last checkpoint is from before")
            dt = time.time() - tl
            print(f"ep {epoch} step {step} min {spent_now:.1f} lr {lr:.2e} ce {float(acc[0]) / acc[1]:.4f} gn {float(gn):.2f} tgt tok/s {acc[1] / dt:.0f} src tok/s {acc[2] / dt:.0f}", flush=True)
            acc = [0.0, 0, 0]; tl = time.time()
        if time.time() - last_save > a.save_minutes * 60:
            save(a.out); last_save = time.time()
            if valid is not None: print(f"valid ce {validate():.4f}", flush=True)
    epoch += 1
spent_now = spent + (time.time() - t0) / 60
save(a.out)
if valid is not None: print(f"valid ce {validate():.4f} (final)", flush=True)
