#!/usr/bin/env python3
"""sketch.py MODEL.bin STATES.npy [KEPT]: puts a sketch of the projection to the vocabulary into a Marian binary, as the item `special:sketch`.

With it the engine finds the best piece without computing all (model-core/kernels/src/sketch.rs says how); other engines pass over the item.
STATES.npy: what the projection got, of `decode.py --states`, best on text that is not for tests. KEPT: inputs of an estimate, by default
7/16 of the model's, a multiple of 16. The result does not depend on the states, only how many pieces are left to compute."""
import struct, sys
import marian, numpy as np, torch

NAME, YML, f32 = "special:sketch", "special:model.yml", np.float32

path = sys.argv[1]; items = marian.read(path); items.pop(NAME, None)
if "decoder_ff_logit_out_W" in items: sys.exit("the projection has weights of its own; this script knows those that are the embeddings")
table = "Wemb" if "Wemb" in items else "decoder_Wemb"; kind, (V, dim), data = items[table]
if kind != marian.INT8: sys.exit(f"{table} is not int8")
Wi = np.frombuffer(data, np.int8, V * dim).reshape(V, dim).clip(-127).astype(np.int64); unit = 1.0 / struct.unpack_from("<f", data, V * dim)[0]
W = Wi * unit; b = np.frombuffer(items["decoder_ff_logit_out_b"][2], "<f4", V).astype(np.float64)
kept = int(sys.argv[3]) if len(sys.argv) > 3 else max(dim * 7 // 16 // 16 * 16, 16)
if not 0 < kept <= dim: sys.exit(f"{kept} of {dim} inputs cannot be kept")
H = np.load(sys.argv[2]).astype(np.float64); H = H[np.random.default_rng(0).permutation(len(H))[:16000]]; half = len(H) // 2; learn, test = H[:half], H[half:][:2000]

def turned():
    """The basis in which the first inputs matter most: states and weights get the same variances, and then those directions are moved until
    as few bounds as possible reach the best piece."""
    torch.manual_seed(0); S, T = (torch.tensor(x.T @ x / len(x)) for x in (learn, W)); eye = torch.eye(dim, dtype=torch.float64)
    Ls, Lt = torch.linalg.cholesky(S + 1e-6 * S.diag().mean() * eye), torch.linalg.cholesky(T + 1e-6 * T.diag().mean() * eye)
    U, s, _ = torch.linalg.svd(Lt.T @ Ls); A = ((U.T @ Lt.T) / s.sqrt()[:, None]).float().requires_grad_()
    h, w, bias = (torch.tensor(x).float() for x in (learn, W, b)); top = torch.cat([(x @ w.T + bias).max(1)[0] for x in h.split(1000)])
    steps = 6000; opt = torch.optim.Adam([A], 5e-3); when = torch.optim.lr_scheduler.LambdaLR(opt, lambda i: 1 - i / steps)
    for _ in range(steps):
        i = torch.randint(half, (192,)); q, p = h[i] @ A.T, w @ torch.linalg.inv(A)
        bound = q[:, :kept] @ p[:, :kept].T + bias + q[:, kept:].norm(dim=1)[:, None] * p[:, kept:].norm(dim=1)
        opt.zero_grad(); torch.sigmoid(bound - top[i, None]).sum(1).mean().backward(); opt.step(); when.step()
    return A.detach().double().numpy()

def rounded(M):
    """Rows in 8 bits, and what a step of each is worth."""
    s = (np.abs(M).max(1) / 127).astype(f32); return np.rint(M / s[:, None]).astype(np.int64), s

A = turned(); A[:kept] /= np.sqrt(((learn @ A[:kept].T) ** 2).mean(0))[:, None]      # of equal size, so that one scale suits them all
A[:kept] = np.linalg.qr(np.random.default_rng(0).standard_normal((kept, kept)))[0] @ A[:kept]      # no input has much greater weights than the others
turn, turn_scale = rounded(A); G = turn * turn_scale[:, None].astype(np.float64); back = np.linalg.inv(G).T
basis, basis_scale = rounded(back[:kept])
v = (Wi @ basis.T).astype(f32) * basis_scale; top = np.abs(v).max(1); alpha = np.divide(f32(63), top, out=np.zeros_like(top), where=top > 0); step = np.divide(f32(1), alpha, out=np.zeros_like(top), where=top > 0)  # as the engine does it
v8 = np.clip(np.rint(v * alpha[:, None]), -63, 63) * step[:, None].astype(np.float64) * unit
left = (W - v8 @ G[:kept]) @ back.T
z = test @ G.T; zk = z[:, :kept]; grain = np.abs(zk).max(1, keepdims=True) / 63; z8 = np.rint(zk / grain) * grain
def bounds(near, rounding):
    slack = np.sqrt(((left[:, :kept] / near) ** 2).sum(1) + (left[:, kept:] ** 2).sum(1) + ((v8 / rounding) ** 2).sum(1))
    return slack, np.sqrt((near ** 2 * zk ** 2).sum(1) + (z[:, kept:] ** 2).sum(1) + rounding ** 2 * ((zk - z8) ** 2).sum(1))
near, rounding = min(((n, r) for n in 2.0 ** np.arange(-9, 1) for r in 2.0 ** np.arange(-4, 8)), key=lambda x: np.prod([y.mean() for y in bounds(*x)]))
slack, reach = bounds(near, rounding); grain = f32(slack.max() * (1 + 1e-6) / 255); slack = np.ceil(slack / grain).astype(np.uint8)
logits = test @ W.T + b; estimates = z8 @ v8.T + b; bound = estimates + reach[:, None] * slack * float(grain); top = logits.max(1, keepdims=True)
assert (bound >= logits).all(), "a bound does not hold"
out = bound < top; spread = (np.exp(logits - top) * out).sum() / (np.exp(estimates - top) * out).sum(); count = (~out).sum(1)
head = struct.pack("<4I4fQ", 2, V, dim, kept, near, rounding, spread, grain, marian.checksum(Wi.astype(np.int8).tobytes()))
item = head + turn_scale.astype("<f4").tobytes() + basis_scale.astype("<f4").tobytes() + turn.astype(np.int8).tobytes() + basis.astype(np.int8).tobytes() + slack.tobytes()
kind, shape, yml = items[YML]; items[YML] = (kind, shape, marian.pad(yml)); items[NAME] = (marian.BYTES, (len(item),), marian.pad(item)); marian.write(path, items)
print(f"{path}: {kept} of {dim} inputs kept, {len(item)} bytes; pieces left of {V}: mean {count.mean():.0f}, median {np.median(count):.0f}, 90 % {np.percentile(count, 90):.0f}, 99 % {np.percentile(count, 99):.0f}; near {near}, rounding {rounding}, spread {spread:.3f}")
