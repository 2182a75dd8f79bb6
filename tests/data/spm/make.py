#!/usr/bin/env python3
"""Makes the fixtures that the vocabulary's tests compare with, by the reference implementation.

    python3 -m venv venv && venv/bin/pip install sentencepiece==0.2.3
    venv/bin/python tests/data/spm/make.py

It needs Python 3.11. Run it after the vocabulary in public/models/deen/ or one of the texts has changed. It writes,
beside itself:

nasty.txt            lines that break tokenisers, from a fixed seed
toy/*.spm, toy.txt   small vocabularies with every option of the normaliser, scores full of ties, user-defined and unused
                     pieces, replacement rules of their own; and lines for them
*.expected           for each line of each text what the reference makes of it, as hashes

An .expected file has, for each vocabulary, a line `vocabulary SHA256 PATH`, and below it

- for each text a line `text SHA256 PATH` and 16 hex digits for each line of it: the FNV-1a hash (32 bits) of the
  encoding, (id, start, end) of each piece as little-endian u32, start and end being bytes of the line; then the hash of
  the decoding of these ids, the text and (start, end) of each piece;
- a line `ids COUNT` and 8 hex digits for each of that many sequences, which `id_sequences` makes: the hash of the
  decoding.

Paths start at the repository's root. Files named *-shared.expected need ../shared and are left alone without it.
"""

import contextlib
import hashlib
import io
import random
import struct
import tempfile
from pathlib import Path

import sentencepiece

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
DEV = ["tests/data/technews-dev.de", "tests/data/technews-dev.en"]
NASTY = "tests/data/spm/nasty.txt"
TOY = "tests/data/spm/toy.txt"
SHARED = [f"../shared/eval/{name}" for name in ("flores-dev.de", "flores-dev.en", "wmt18.de")]
OURS = "public/models/deen/vocab.deen.spm"
SEQUENCES = 200
FIREFOX = "../shared/firefox/vocab.deen.spm"


def fnv(data: bytes) -> int:
    value = 0x811C9DC5
    for byte in data:
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value


def byte_offsets(text: str) -> list[int]:
    """The byte offset of each character, and of the end."""
    offsets = [0]
    for char in text:
        offsets.append(offsets[-1] + len(char.encode()))
    return offsets


def line_hashes(processor, line: str) -> str:
    encoded = processor.encode(line, return_type="offset_mapping")
    at = byte_offsets(line)
    spans = [(at[start], at[end]) for start, end in encoded["offsets"]]
    encoding = b"".join(struct.pack("<3I", id, *span) for id, span in zip(encoded["ids"], spans))
    return f"{fnv(encoding):08x}{decoding_hash(processor, encoded['ids'])}"


def decoding_hash(processor, ids: list[int]) -> str:
    decoded = processor.decode(ids, return_type="offset_mapping")
    text, pairs = (decoded["text"], decoded["offsets"]) if ids else ("", [])
    at = byte_offsets(text)
    return f"{fnv(text.encode() + b''.join(struct.pack('<2I', at[start], at[end]) for start, end in pairs)):08x}"


def id_sequences(pieces: int) -> list[list[int]]:
    """Sequences of up to 15 ids; half of the ids are below 300, where the special pieces and the bytes are."""
    state = 1

    def draw(below: int) -> int:
        nonlocal state
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        return (state >> 8) % below

    return [[draw(pieces if draw(2) else min(pieces, 300)) for _ in range(draw(16))] for _ in range(SEQUENCES)]


def sha256(path: str) -> str:
    return hashlib.sha256((ROOT / path).read_bytes()).hexdigest()


def expect(name: str, vocabularies: list[str], texts: list[str]) -> None:
    missing = [path for path in [*vocabularies, *texts] if not (ROOT / path).exists()]
    if missing:
        print(f"{name}: left alone, needs {', '.join(missing)}")
        return
    rows = []
    for vocabulary in vocabularies:
        processor = sentencepiece.SentencePieceProcessor(model_proto=(ROOT / vocabulary).read_bytes())
        rows.append(f"vocabulary {sha256(vocabulary)} {vocabulary}")
        for text in texts:
            rows.append(f"text {sha256(text)} {text}")
            lines = (ROOT / text).read_bytes().decode().split("\n")
            rows += [line_hashes(processor, line) for line in lines]
        rows.append(f"ids {SEQUENCES}")
        rows += [decoding_hash(processor, ids) for ids in id_sequences(len(processor))]
    (HERE / f"{name}.expected").write_text("\n".join(rows) + "\n")
    print(f"{name}: {len(rows)} rows")


# Lines that break tokenisers.

WORDS = """Die Regierung hat gestern 1.234,56 Euro für Straßenbahnen, „Grüße" und Übermut ausgegeben - sagt der c't-Test
OpenAI GPT-5 iPhone WLAN/5G e-mail@beispiel.de https://www.heise.de/news?x=1&y=2#top C++ .NET Node.js 3,5-mm-Klinke
Donaudampfschifffahrtsgesellschaftskapitän naïve café façade coöperate Ångström ŁÓDŹ İstanbul ıI ŉ Ǆ ẞ ſ""".split()
SCRIPTS = """你好世界 東京タワー 日本語 한국어 ﾊﾝｶｸ ｶﾞｷﾞ ＦＵＬＬ ｗｉｄｔｈ１２３ مرحبا بالعالم السَّلَامُ שָׁלוֹם Привет Ελληνικά हिन्दी கன்னடம் ไทยภาษา
ქართული አማርኛ 𝔉𝔯𝔞𝔨𝔱𝔲𝔯 𝒳𝟙𝟚 🄰🄱 Ⓐⓑ ① ⑳ Ⅷ ⅷ ½ ⅓ ² ³ ₄ ª º ㎏ ㏒ ㍿ ㌔ ﷺ ﷽ ﬀ ﬁ ﬂ ﬃ ﬄ ﬅ ﬆ ĳ ŀ ǆ … ‥ ‼ ⁇ ™ ℡ № ℃ Å Ω K""".split()
EMOJI = "👍🏽 👨‍👩‍👧‍👦 🏳️‍🌈 🇩🇪 🇬🇧🇫🇷 ❤️‍🔥 ☺️ ☺︎ 1️⃣ #️⃣ 🧑🏿‍💻 🫠 🏴󠁧󠁢󠁥󠁮󠁧󠁿 🇩 ‍ 👩‍ 🏽".split(" ")
SPACES = (
    "\u00a0|\u202f|\u2009|\u3000|\u2003|\u2028|\u2029|\u0085|\t|\v|\f|\r|  |   |\u1680|\u205f| \u00a0 |\u00a0\u00a0|"
    "\u2581|\u2581\u2581| \u2581|\u2581 "
).split("|")
INVISIBLE = (
    "\u00ad|\u200b|\u200c|\u200d|\u200e|\u200f|\u2060|\ufeff|\u202a|\u202e|\u202c|\u2066|\u2069|\ufe0f|\ufe0e|\u034f|"
    "\u061c|\u180e|\u115f|\u3164|\ufffc|\ufffd|\U000e0001"
).split("|")
CONTROL = [chr(code) for code in [*range(0, 10), *range(11, 32), *range(127, 160)]]
COMBINING = (
    "a\u0308|u\u0308|O\u0308|e\u0301|e\u0323\u0301|e\u0301\u0323|\u0308| \u0308|"
    "a\u0300\u0300\u0300\u0300\u0300\u0300\u0300\u0300\u0300\u0300\u0300\u0300\u0300\u0300\u0300\u0300\u0300\u0300\u0300\u0300|"
    "\u1100\u1161\u11a8|\u0e33|\u0915\u093c|q\u0307\u0323|\u212b|s\u0323\u0307|\u0344|\u0f71\u0f72"
).split("|")
LITERAL = (
    "<unk>|</s>|<s>|<pad>|<0x41>|<0xFF>|\u2047| \u2047 |&amp;|&#x2581;|<b>|[MASK]|\\n|%s|{{x}}|<unk><unk>|\u2581</s>|"
    "@@|##ing"
).split("|")
EDGES = "\u007f|\u0080|\u07ff|\u0800|\ud7ff|\ue000|\uffff|\U00010000|\U0010ffff|\ufdd0|\U0001fffe".split("|")
POOLS = [WORDS, SCRIPTS, EMOJI, SPACES, INVISIBLE, CONTROL, COMBINING, LITERAL, EDGES]


def nasty_lines() -> list[str]:
    rng = random.Random(2581)
    everywhere = [code for code in range(1, 0x110000) if code != 10 and not 0xD800 <= code < 0xE000]
    lines = [
        "",
        " ",
        "   ",
        "\u00a0",
        "\u2581",
        "\u2581\u2581\u2581",
        "\t \u3000 ",
        "\u200b",
        " \u200b ",
        "\u00ad\u00ad",
        "\u200b  \u200b",
        "\0",
        "a\0b",
        "\r",
        "a\r",
        "\ufeff",
        "a",
        " a",
        "a ",
        "  a  ",
        "\u2581a\u2581b\u2581",
        "<unk>",
        "</s>",
        "\u0308",
    ]
    lines += [item for pool in POOLS for item in pool]
    lines += [
        "a" * 10000,
        "Ab1" * 3334,
        "\u00e4\u0308" * 1500,
        "😀" * 700,
        " " * 3000,
        "a " * 1500,
        "\u2581" * 900,
        "9" * 3000,
    ]
    lines += [
        "".join(rng.choice("etaoinsrhldcu") for _ in range(10000)),
        "".join(rng.choice(WORDS) for _ in range(900)),
    ]
    while len(lines) < 2000:
        kind = rng.random()
        if kind < 0.35:  # words with a few strange things between, and often inside of them
            parts = []
            for _ in range(rng.randint(1, 12)):
                parts.append(rng.choice(WORDS) if rng.random() < 0.7 else rng.choice(rng.choice(POOLS)))
                parts.append(rng.choice([" ", " ", " ", "", rng.choice(rng.choice(POOLS))]))
            line = "".join(parts)
        elif kind < 0.65:  # only strange things
            line = "".join(rng.choice(rng.choice(POOLS)) for _ in range(rng.randint(1, 14)))
        elif kind < 0.8:  # any code points at all
            line = "".join(chr(rng.choice(everywhere)) for _ in range(rng.randint(1, 16)))
        elif kind < 0.9:  # the planes that have characters, near each other
            start = rng.choice(
                [
                    0,
                    0x80,
                    0x300,
                    0x600,
                    0x900,
                    0x1100,
                    0x1E00,
                    0x2000,
                    0x2100,
                    0x2460,
                    0x3000,
                    0x3300,
                    0xF900,
                    0xFB00,
                    0xFE20,
                    0xFF00,
                    0x1D400,
                    0x1F100,
                    0x1F200,
                    0x1F600,
                    0x2F800,
                ]
            )
            line = "".join(chr(start + rng.randint(0, 255)) for _ in range(rng.randint(1, 20)))
        else:  # letters and spaces in disorder
            line = "".join(rng.choice("aäbeinrsßt  .,0159AEX") for _ in range(rng.randint(1, 60)))
        lines.append(line.replace("\n", " "))
    return lines


# Toy vocabularies, written field by field.


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def field(number: int, value) -> bytes:
    if isinstance(value, float):
        return varint(number << 3 | 5) + struct.pack("<f", value)
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


NORMAL, UNKNOWN, CONTROL_PIECE, USER_DEFINED, UNUSED, BYTE = range(1, 7)
TOY_ALPHABET = ["a", "b", "c", "\u00e4", "\u2581", "\U0001f600"]


def toy_vocabulary(number: int) -> bytes:
    rng = random.Random(number)
    byte_fallback, dummy_prefix = number & 1, number >> 1 & 1
    trimmed, escaped = number >> 2 & 1, number >> 3 & 1
    pieces = {"</s>": (0.0, CONTROL_PIECE), "<unk>": (0.0, UNKNOWN)}
    if byte_fallback:
        pieces |= {f"<0x{byte:02X}>": (0.0, BYTE) for byte in range(256)}
    # Sums of tenths in single precision: many ways have scores that differ by rounding alone, or not at all.
    step = rng.choice([0.1, 0.3, 0.5, 1.7])
    for _ in range(60):
        text = "".join(rng.choice(TOY_ALPHABET) for _ in range(rng.choice([1, 1, 2, 2, 2, 3, 3, 4])))
        kind = rng.choices([NORMAL, USER_DEFINED, UNUSED], [20, 2, 2])[0] if len(text) > 1 else NORMAL
        pieces.setdefault(text, (-step * rng.randint(3, 9) * max(1, len(text) - 1), kind))
    if number % 3 == 0:  # user-defined pieces that the normaliser would change
        pieces |= {text: (0.0, USER_DEFINED) for text in ("b c", " ", "\u2581\u2581", "aaa")}
    out = b"".join(
        field(1, field(1, text) + field(2, score) + field(3, kind)) for text, (score, kind) in pieces.items()
    )
    out += field(2, field(3, 1) + field(35, byte_fallback) + (field(44, "?") if number % 5 == 0 else b""))
    return out + field(3, field(3, dummy_prefix) + field(4, trimmed) + field(5, escaped))


RULES = [
    ("ä", "ae"),
    ("ß", "ss"),
    ("ab", "b a"),
    ("abc", " c "),
    ("c", ""),
    ("\u00a0", " "),
    ("x", " "),
    ("y", "  z"),
    ("a\u0308", "ä"),
]


def trained_toy() -> bytes:
    """With replacement rules of its own, which only the trainer can compile."""
    codes = lambda text: " ".join(f"{ord(char):04X}" for char in text)
    model = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):  # the model keeps the paths it was given
        Path("rules.tsv").write_text("".join(f"{codes(old)}\t{codes(new)}\n" for old, new in RULES))
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter((ROOT / DEV[0]).read_text("utf-8").splitlines()),
            model_writer=model,
            normalization_rule_tsv="rules.tsv",
            user_defined_symbols=["abc", "ää", "<b>"],
            vocab_size=300,
            eos_id=0,
            unk_id=1,
            bos_id=-1,
            character_coverage=0.99,
            num_threads=1,
            minloglevel=2,
        )
    return model.getvalue()


def toy_lines() -> list[str]:
    rng = random.Random(7)
    letters = [
        *TOY_ALPHABET,
        "a",
        "b",
        "c",
        " ",
        " ",
        "x",
        "y",
        "ß",
        "a\u0308",
        "\u00a0",
        "  ",
        "b c",
        "aaa",
        "<b>",
        "\u4f60",
    ]
    lines = ["", " ", "  ", "\u2581", "a", " a ", "?", "\u2047", "abc" * 300, "aab" * 500, "a" * 2000]
    lines += ["".join(rng.choice(letters) for _ in range(rng.randint(1, 40))) for _ in range(140)]
    return lines


def main() -> None:
    (ROOT / NASTY).write_bytes("\n".join(nasty_lines()).encode())
    (ROOT / TOY).write_bytes("\n".join(toy_lines()).encode())
    toys = {f"tests/data/spm/toy/{number:02}.spm": toy_vocabulary(number) for number in range(16)}
    toys["tests/data/spm/toy/rules.spm"] = trained_toy()
    (HERE / "toy").mkdir(exist_ok=True)
    for path, vocabulary in toys.items():
        (ROOT / path).write_bytes(vocabulary)
    expect("toy", [*toys], [TOY])
    expect("deen", [OURS], [*DEV, NASTY])
    expect("deen-shared", [OURS], SHARED)
    expect("firefox-shared", [FIREFOX], [*DEV, NASTY, *SHARED])


if __name__ == "__main__":
    main()
