"""The SSRU's scan, forwards and backwards, as one kernel each."""
import triton, triton.language as tl

@triton.jit
def scan_forward(x, f, c, steps, width, BLOCK: tl.constexpr):
    row = tl.program_id(0); at = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK); ok = at < width
    p = tl.zeros((BLOCK,), tl.float32)
    for t in range(steps):
        i = (row * steps + t) * width + at
        g = tl.load(f + i, ok, 0.0); p = g * p + (1 - g) * tl.load(x + i, ok, 0.0); tl.store(c + i, p, ok)
@triton.jit
def scan_backward(g, f, d, steps, width, BLOCK: tl.constexpr):
    row = tl.program_id(0); at = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK); ok = at < width
    p = tl.zeros((BLOCK,), tl.float32); after = tl.zeros((BLOCK,), tl.float32)
    for s in range(steps):
        i = (row * steps + steps - 1 - s) * width + at
        p = tl.load(g + i, ok, 0.0) + after * p; after = tl.load(f + i, ok, 0.0); tl.store(d + i, p, ok)
