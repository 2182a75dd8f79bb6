#!/usr/bin/env python3
"""Makes the archives that the tests of klartext-archive unpack, by the reference implementations.

    python3 -m venv venv && venv/bin/pip install zstandard==0.25.0
    venv/bin/python tests/data/archive/make.py

All hold the same bytes, which `content` makes here and in model-core/archive/tests/archive.rs.
"""

import gzip
import struct
from pathlib import Path

import zstandard

HERE = Path(__file__).resolve().parent


def content() -> bytes:
    """Words, noise, a run of zeros, and words again: 3 blocks of literals, matches and runs."""
    state = 1

    def draw(below: int) -> int:
        nonlocal state
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        return (state >> 8) % below

    def words(count: int) -> bytes:
        return b" ".join(b"%d" % (draw(40) ** 3) for _ in range(count))

    noise = bytes(draw(256) for _ in range(3000))
    return words(6000) + noise + bytes(300_000) + words(6000)


def stream(data: bytes, level: int) -> bytes:
    """A frame whose header does not say how long its content is."""
    compressor = zstandard.ZstdCompressor(level=level).compressobj()
    return compressor.compress(data) + compressor.flush()


def main() -> None:
    data = content()
    half = len(data) // 2
    skipped = struct.pack("<II", 0x184D2A53, 5) + b"hello"
    archives = {
        "fast.zst": zstandard.ZstdCompressor(level=1, write_checksum=True).compress(data),
        "small.zst": zstandard.ZstdCompressor(level=19, write_checksum=True).compress(data),
        "frames.zst": skipped + stream(data[:half], 9) + skipped + stream(data[half:], 5),
        "one.gz": gzip.compress(data, 9, mtime=0),
        "two.gz": gzip.compress(data[:half], 1, mtime=0) + gzip.compress(data[half:], 6, mtime=0),
    }
    for name, archive in archives.items():
        (HERE / name).write_bytes(archive)
        print(name, len(archive), "of", len(data))


if __name__ == "__main__":
    main()
