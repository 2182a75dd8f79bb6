"""Triton kernels of the training on a GPU: the SSRU's scan over rows that hold several sentences, and the cross-entropy in place."""
import torch, triton, triton.language as tl

@triton.jit
def scan_forward(x, f, at, c, steps, width, BLOCK: tl.constexpr):
    row = tl.program_id(0); col = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK); ok = col < width
    p = tl.zeros((BLOCK,), tl.float32)
    for t in range(steps):
        i = (row * steps + t) * width + col
        g = tl.load(f + i, ok, 0.0).to(tl.float32); x1 = tl.load(x + i, ok, 0.0).to(tl.float32)
        p = p * (tl.load(at + row * steps + t) > 0).to(tl.float32)      # a sentence starts from nothing
        p = g * p + (1 - g) * x1; tl.store(c + i, p, ok)

@triton.jit
def scan_backward(grad, x, f, at, c, dx, df, steps, width, BLOCK: tl.constexpr):
    row = tl.program_id(0); col = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK); ok = col < width
    p = tl.zeros((BLOCK,), tl.float32)                                  # what the next step hands back, gated
    for s in range(steps):
        t = steps - 1 - s; i = (row * steps + t) * width + col
        inside = (tl.load(at + row * steps + t) > 0).to(tl.float32)
        g = tl.load(f + i, ok, 0.0).to(tl.float32); d = tl.load(grad + i, ok, 0.0).to(tl.float32) + p
        before = tl.load(c + tl.maximum(i - width, 0), ok, 0.0).to(tl.float32) * inside      # the first place of a row starts a sentence
        tl.store(dx + i, d * (1 - g), ok); tl.store(df + i, d * (before - tl.load(x + i, ok, 0.0).to(tl.float32)), ok)
        p = d * g * inside

class Scan(torch.autograd.Function):
    """c_t = f_t c_{t-1} + (1 - f_t) x_t along dim 1 of x, f: [rows, width, dim]; c is 0 before each place where `at` [rows, width] is 0."""
    @staticmethod
    def forward(ctx, x, f, at):
        x, f = x.contiguous(), f.contiguous(); c = torch.empty_like(x); b, n, w = x.shape
        scan_forward[(b, triton.cdiv(w, 128))](x, f, at, c, n, w, BLOCK=128, num_warps=4)
        ctx.save_for_backward(x, f, at, c); return c
    @staticmethod
    def backward(ctx, grad):
        x, f, at, c = ctx.saved_tensors; dx, df = torch.empty_like(x), torch.empty_like(f); b, n, w = x.shape
        scan_backward[(b, triton.cdiv(w, 128))](grad.contiguous(), x, f, at, c, dx, df, n, w, BLOCK=128, num_warps=4)
        return dx, df, None

@triton.jit
def cross_entropy(logits, y, weight, loss, ce, columns, smooth, BLOCK: tl.constexpr):
    """One row a program: the label-smoothed loss, and the gradient over the logits."""
    row = tl.program_id(0); base = logits + row.to(tl.int64) * columns
    top = tl.full((BLOCK,), -1e30, tl.float32); total = tl.zeros((BLOCK,), tl.float32); plain = tl.zeros((BLOCK,), tl.float32)
    for j in range(0, columns, BLOCK):
        col = j + tl.arange(0, BLOCK); ok = col < columns
        v = tl.load(base + col, ok, -1e30).to(tl.float32); new = tl.maximum(top, v)
        total = total * tl.exp(top - new) + tl.exp(v - new); top = new; plain += tl.where(ok, v, 0.0)
    high = tl.max(top, 0); lse = high + tl.log(tl.sum(total * tl.exp(top - high), 0)); w = tl.load(weight + row); want = tl.load(y + row)
    nll = lse - tl.load(base + want).to(tl.float32)
    tl.store(ce + row, nll * w); tl.store(loss + row, ((1 - smooth) * nll + smooth * (lse - tl.sum(plain, 0) / columns)) * w)
    for j in range(0, columns, BLOCK):
        col = j + tl.arange(0, BLOCK); ok = col < columns
        g = tl.exp(tl.load(base + col, ok, -1e30).to(tl.float32) - lse) - smooth / columns - tl.where(col == want, 1 - smooth, 0.0)
        tl.store(base + col, (g * w).to(logits.dtype.element_ty), ok)

class CrossEntropy(torch.autograd.Function):
    """Sum over rows of weight x label-smoothed cross-entropy of x W' + b at y, and of the plain one.

    x: [n, dim], W: [vocab, dim], b: [vocab], y: [n] int64, weight: [n] float32; the gradient is made in the forward pass."""
    @staticmethod
    def forward(ctx, x, W, b, y, weight, smooth):
        g = torch.addmm(b, x, W.t()); n, v = g.shape
        loss, ce = (torch.empty(n, device=x.device) for _ in range(2))
        cross_entropy[(n,)](g, y, weight, loss, ce, v, smooth, BLOCK=min(2048, triton.next_power_of_2(v)), num_warps=8)
        ctx.save_for_backward(g @ W, g.t() @ x, torch.ones(1, n, dtype=g.dtype, device=x.device) @ g)
        return loss.sum(), ce.sum()
    @staticmethod
    def backward(ctx, grad, _):
        dx, dW, db = ctx.saved_tensors; grad = grad.to(dx.dtype); return dx * grad, dW * grad, db[0] * grad, None, None, None
