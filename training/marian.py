"""Marian's binary model files: items by name, each its type, shape and bytes; and Marian's checksum."""
import struct
import numpy as np

INT8, FLOAT, BYTES = 0x4101, 0x0404, 0x0101
pad = lambda b: b + b"\0" * (-len(b) % 256)

def read(path):
    """{name: (type, shape, bytes)}."""
    b = open(path, "rb").read(); n = struct.unpack_from("<Q", b, 8)[0]; p = 16; names, shapes, items = [], [], {}
    head = [struct.unpack_from("<4Q", b, p + 32 * i) for i in range(n)]; p += 32 * n
    for ln, *_ in head: names.append(b[p:p + ln - 1].decode()); p += ln
    for _, _, rank, _ in head: shapes.append(struct.unpack_from(f"<{rank}i", b, p)); p += 4 * rank
    p += 8 + struct.unpack_from("<Q", b, p)[0]
    for name, shape, (_, kind, _, size) in zip(names, shapes, head): items[name] = (kind, shape, b[p:p + size]); p += size
    return items

def write(path, items):
    """Writes them in the order of their names; the bytes begin at a multiple of 256."""
    names = sorted(items); o = struct.pack("<2Q", 1, len(items))
    for n in names: o += struct.pack("<4Q", len(n) + 1, items[n][0], len(items[n][1]), len(items[n][2]))
    for n in names: o += n.encode() + b"\0"
    for n in names: o += struct.pack(f"<{len(items[n][1])}i", *items[n][1])
    gap = ((len(o) + 8) // 256 + 1) * 256 - len(o) - 8
    open(path, "wb").write(o + struct.pack("<Q", gap) + b"\0" * gap + b"".join(items[n][2] for n in names))

def floats(path):
    """Float arrays of all items that are numbers, 8-bit ones with what a step is worth."""
    out = {}
    for name, (kind, shape, data) in read(path).items():
        count = int(np.prod(shape))
        if kind == INT8:
            q = np.frombuffer(data, np.int8, count).astype(np.float32) / struct.unpack_from("<f", data, count)[0]
            out[name] = q.reshape(shape) if "Wemb" in name else np.ascontiguousarray(q.reshape(shape[::-1]).T)
        elif kind == FLOAT: out[name] = np.frombuffer(data, np.float32, count).reshape(shape).copy()
    return out

def checksum(b):
    """Of whole 8-byte numbers."""
    h, m = 0, (1 << 64) - 1
    for v in map(int, np.frombuffer(b[:len(b) // 8 * 8], "<u8")): h ^= (v + 0x9E3779B9 + (h << 6) + (h >> 2)) & m
    return h
