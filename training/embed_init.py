#!/usr/bin/env python3
"""Bilingual starting embeddings: truncated SVD of positive PMI, over windows in each language and word-alignment links.

embed_init.py TRAIN.npz OUT.npy DIM: [vocab, DIM] float32, rows of about unit length."""
import sys
import numpy as np, scipy.sparse as sp, torch
path, out, dim = sys.argv[1], sys.argv[2], int(sys.argv[3]); V = 16000
z = np.load(path); rng = np.random.default_rng(1)
counts = lambda i, j, w: sp.coo_matrix((w, (i, j)), shape=(V, V)).tocsr()
windows = sp.csr_matrix((V, V))
for side in ("src", "tgt"):
    x = z[side].astype(np.int32); off = z[side + "_off"]; sentence = np.repeat(np.arange(len(off) - 1), np.diff(off))
    for d, w in ((1, 1.0), (2, 0.5), (3, 0.33)):
        m = sentence[:-d] == sentence[d:]; windows = windows + counts(x[:-d][m], x[d:][m], np.full(m.sum(), w))
row = np.repeat(np.arange(len(z["ali_off"]) - 1), np.diff(z["ali_off"]))
links = counts(z["src"][z["src_off"][row] + (z["ali"] >> 8)].astype(np.int32), z["tgt"][z["tgt_off"][row] + (z["ali"] & 255)].astype(np.int32), np.ones(len(row)))
def ppmi(c):
    c = (c + c.T).tocoo(); total = np.asarray(c.tocsr().sum(1)).ravel() + 1e-9; q = total ** 0.75; q /= q.sum()
    v = np.log(c.data / total[c.row] / q[c.col]); keep = v > 0
    return sp.coo_matrix((v[keep], (c.row[keep], c.col[keep])), shape=c.shape).tocsr()
p = ppmi(windows) + 1.5 * ppmi(links)
dense = torch.from_numpy(((p + p.T) / 2).toarray().astype(np.float32)).to("cuda" if torch.cuda.is_available() else "cpu")
u, s, _ = (x.cpu().numpy()[..., :dim] for x in torch.svd_lowrank(dense, q=dim + 128, niter=6))   # seconds on a GPU, a minute on a CPU
e = u * np.sqrt(s); e -= e.mean(0); length = np.linalg.norm(e, axis=1, keepdims=True); rare = length[:, 0] < 1e-6
noise = rng.normal(size=e.shape) / np.sqrt(dim); noise[~rare] *= 0.35
e = 0.94 * (e / np.maximum(length, 1e-6)) @ np.linalg.qr(rng.normal(size=(dim, dim)))[0] + noise
np.save(out, e.astype(np.float32))
