//! The vocabulary against SentencePiece itself, line by line, and against hostile files.
//!
//! The expectations lie in `tests/data/spm/`; its `make.py` makes them and describes their form.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use model_core::error::Error;
use model_core::text::{Piece, Vocabulary};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

const DEEN: &str = "public/models/deen/vocab.deen.spm";
const RULES: &str = "tests/data/spm/toy/rules.spm";

#[test]
fn our_vocabulary_encodes_and_decodes_as_sentencepiece() {
    compare("deen");
}

#[test]
fn every_option_encodes_and_decodes_as_sentencepiece() {
    compare("toy");
}

#[test]
fn development_sets_encode_and_decode_as_sentencepiece() {
    if has_shared("../shared/eval/wmt18.de") {
        compare("deen-shared");
    }
}

#[test]
fn firefox_vocabulary_encodes_and_decodes_as_sentencepiece() {
    if has_shared("../shared/firefox/vocab.deen.spm") && has_shared("../shared/eval/wmt18.de") {
        compare("firefox-shared");
    }
}

/// Compares every line of every text in `NAME.expected`.
fn compare(name: &str) {
    let expected = fs::read_to_string(path(&format!("tests/data/spm/{name}.expected"))).unwrap();
    let (mut vocabulary, mut vocabulary_name) = (None, "");
    let mut rows = expected.lines();
    while let Some(row) = rows.next() {
        if let Some(checked) = row.strip_prefix("vocabulary ") {
            let (name, bytes) = read_checked(checked);
            vocabulary_name = name;
            vocabulary =
                Some(Vocabulary::from_bytes(&bytes).unwrap_or_else(|error| panic!("{name}: {error}")));
            continue;
        }
        let vocabulary = vocabulary.as_ref().expect("a vocabulary before what it is for");
        if let Some(count) = row.strip_prefix("ids ") {
            for ids in id_sequences(vocabulary.len(), count.parse().unwrap()) {
                let (text, spans) = vocabulary.decode_with_spans(&ids);
                let row = rows.next().expect("a row for each sequence");
                assert_eq!(
                    row,
                    decoding_hash(&text, &spans),
                    "{vocabulary_name}: {ids:?} decodes to {text:?}"
                );
            }
            continue;
        }
        let (text_name, bytes) = read_checked(row.strip_prefix("text ").expect("a text"));
        let text = String::from_utf8(bytes).unwrap();
        for (number, line) in (1..).zip(text.split('\n')) {
            let row = rows.next().expect("a row for each line");
            let place = format!("{vocabulary_name}, {text_name}, line {number}: {line:.200?}");
            let (pieces, text, spans) = round_trip(vocabulary, line);
            assert_eq!(&row[..8], encoding_hash(&pieces), "encoding differs: {place}\n{pieces:.20?}");
            assert_eq!(&row[8..], decoding_hash(&text, &spans), "decoding differs: {place}\n{text:.200?}");
        }
    }
}

/// Reads the file that a row `SHA256 PATH` names.
fn read_checked(row: &str) -> (&str, Vec<u8>) {
    let (hash, name) = row.split_once(' ').expect("a hash and a path");
    let bytes = fs::read(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let found: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(found, hash, "{name} has changed: run tests/data/spm/make.py (its first lines say how)");
    (name, bytes)
}

/// Encodes and decodes, and checks what must hold for the spans of any text.
fn round_trip(vocabulary: &Vocabulary, line: &str) -> (Vec<Piece>, String, Vec<std::ops::Range<usize>>) {
    let pieces = vocabulary.encode(line);
    for pair in pieces.windows(2) {
        assert_eq!(pair[0].span.end, pair[1].span.start, "{line:?}");
    }
    for Piece { id, span } in &pieces {
        assert!((*id as usize) < vocabulary.len());
        assert!(line.get(span.clone()).is_some(), "{span:?} of {line:?}");
    }
    let ids: Vec<u32> = pieces.iter().map(|piece| piece.id).collect();
    let (text, spans) = vocabulary.decode_with_spans(&ids);
    assert_eq!(spans.len(), ids.len());
    let mut end = 0;
    for span in &spans {
        assert_eq!(span.start, end, "{line:?}");
        assert!(text.get(span.clone()).is_some(), "{span:?} of {text:?}");
        end = span.end;
    }
    assert_eq!(end, text.len());
    (pieces, text, spans)
}

/// The sequences that `make.py` made by the same rule.
fn id_sequences(pieces: usize, count: usize) -> Vec<Vec<u32>> {
    let pieces = pieces as u32;
    let mut state = 1u32;
    let mut draw = |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % below
    };
    let mut sequence = |_| {
        let len = draw(16);
        let id = |_| if draw(2) == 1 { draw(pieces) } else { draw(pieces.min(300)) };
        (0..len).map(id).collect()
    };
    (0..count).map(&mut sequence).collect()
}

fn encoding_hash(pieces: &[Piece]) -> String {
    let numbers = pieces.iter().flat_map(|piece| [piece.id, piece.span.start as u32, piece.span.end as u32]);
    hash(numbers.flat_map(u32::to_le_bytes))
}

fn decoding_hash(text: &str, spans: &[std::ops::Range<usize>]) -> String {
    let numbers = spans.iter().flat_map(|span| [span.start as u32, span.end as u32]);
    hash(text.bytes().chain(numbers.flat_map(u32::to_le_bytes)))
}

/// FNV-1a.
fn hash(bytes: impl Iterator<Item = u8>) -> String {
    let hash = bytes.fold(0x811C_9DC5u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    format!("{hash:08x}")
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

fn has_shared(name: &str) -> bool {
    let there = path(name).exists();
    if !there {
        eprintln!("skipped: the comparison needs {name}");
    }
    there
}

fn deen() -> &'static Vocabulary {
    static LOADED: OnceLock<Vocabulary> = OnceLock::new();
    LOADED.get_or_init(|| Vocabulary::from_bytes(&fs::read(path(DEEN)).unwrap()).unwrap())
}

#[test]
fn spans_point_into_the_original() {
    let text = "  Die ﬁnale\u{a0}Fassung… ";
    let pieces = deen().encode(text);
    let (first, last) = (pieces.first().unwrap(), pieces.last().unwrap());
    assert_eq!(&text[first.span.start..last.span.end], text.trim());
    let ids: Vec<u32> = pieces.iter().map(|piece| piece.id).collect();
    assert_eq!(deen().decode(&ids), "Die finale Fassung...");
}

#[test]
fn special_pieces() {
    let vocabulary = deen();
    assert_eq!(vocabulary.text(vocabulary.eos()), "</s>");
    assert_eq!(vocabulary.text(vocabulary.unk()), "<unk>");
    assert_eq!(vocabulary.text(vocabulary.len() as u32), "");
    assert_eq!(vocabulary.decode(&[vocabulary.eos()]), "");
    assert_eq!(vocabulary.decode(&[vocabulary.unk(), u32::MAX]), " \u{2047}  \u{2047} ");
    assert!(vocabulary.encode("</s> <unk>").iter().all(|piece| piece.id > 1));
}

#[test]
fn a_vocabulary_is_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Vocabulary>();
}

#[test]
fn cut_files_are_errors() {
    let bytes = fs::read(path(RULES)).unwrap();
    for len in 0..bytes.len() {
        if let Ok(vocabulary) = Vocabulary::from_bytes(&bytes[..len]) {
            round_trip(&vocabulary, "abc ä ß x y <b>");
        }
    }
    let ours = fs::read(path(DEEN)).unwrap();
    for len in (0..ours.len()).step_by(ours.len() / 50) {
        assert!(Vocabulary::from_bytes(&ours[..len]).is_err(), "cut at {len}");
    }
}

#[test]
fn flipped_bytes_never_panic() {
    let mut bytes = fs::read(path(RULES)).unwrap();
    for at in 0..bytes.len() {
        let good = bytes[at];
        for flip in [0x01, 0x80, 0xFF] {
            bytes[at] = good ^ flip;
            if let Ok(vocabulary) = Vocabulary::from_bytes(&bytes) {
                round_trip(&vocabulary, "abc ä ß x yy <b> Über die Straße a\u{308}b😀");
            }
        }
        bytes[at] = good;
    }
}

/// A length-delimited field of a protobuf message; `bytes` below 128.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    let mut len = bytes.len();
    while len > 0x7F {
        out.push(len as u8 | 0x80);
        len >>= 7;
    }
    out.push(len as u8);
    out.extend(bytes);
    out
}

fn piece(text: &[u8], score: f32, kind: u8) -> Vec<u8> {
    let score = score.to_le_bytes();
    field(1, &[field(1, text), vec![2 << 3 | 5], score.to_vec(), vec![3 << 3, kind]].concat())
}

/// `</s>`, `<unk>`, `a`, and what else is given.
fn file(more: &[Vec<u8>]) -> Vec<u8> {
    [piece(b"</s>", 0.0, 3), piece(b"<unk>", 0.0, 2), piece(b"a", -1.0, 1), more.concat()].concat()
}

/// A normaliser with a charsmap of these units and strings.
fn charsmap(units: &[u32], strings: &[u8]) -> Vec<u8> {
    let units: Vec<u8> = units.iter().copied().flat_map(u32::to_le_bytes).collect();
    let size = u32::try_from(units.len()).unwrap().to_le_bytes();
    field(3, &field(2, &[&size, units.as_slice(), strings].concat()))
}

#[test]
fn errors_say_what_is_wrong() {
    let root_outside = [&[300 << 10][..], &[0; 255]].concat();
    let far_value = [&[1 << 10, 0][..], &[1 << 8; 254]].concat();
    let cases: &[(&[Vec<u8>], &str)] = &[
        (&[], "none"),
        (&[piece(b"b", f32::NAN, 1)], "piece 3: its score is NaN"),
        (&[piece(b"b", f32::NEG_INFINITY, 1)], "piece 3: its score is -inf"),
        (&[piece(b"", 0.0, 1)], "piece 3: its text is empty"),
        (&[piece(b"a", 0.0, 1)], "piece 3: same text as piece 2"),
        (&[piece(b"\xFF", 0.0, 1)], "piece 3: piece is not UTF-8"),
        (&[piece(b"b\0", 0.0, 1)], "piece 3: its text contains NUL"),
        (&[piece(&[b'b'; 513], 0.0, 1)], "piece 3 is not supported: 513 bytes"),
        (&[piece(b"b", 0.0, 7)], "piece 3: type 7"),
        (&[piece(b"b", 0.0, 2)], "two unknown pieces, 1 and 3"),
        (&[piece(b"<0x4>", 0.0, 6)], "is not a byte"),
        (&[piece(b"<0x41>", 0.0, 6)], "piece 3: a byte piece without byte_fallback"),
        (&[field(2, &[35 << 3 & 0x7F | 0x80, 35 >> 4, 1])], "byte_fallback without a piece for byte 0x00"),
        (&[field(2, &[3 << 3, 2])], "model_type is not supported: BPE"),
        (&[field(2, &[24 << 3 & 0x7F | 0x80, 24 >> 4, 1])], "treat_whitespace_as_suffix is not supported"),
        (&[field(5, &field(2, b"x"))], "denormalizer_spec is not supported"),
        (&[vec![4 << 3 | 3]], "wire type 3"),
        (&[vec![0, 0]], "field number 0"),
        (&[vec![4 << 3 | 2, 9, 0]], "9 bytes promised and 1 left"),
        (&[vec![4 << 3 | 2, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]], "bytes promised"),
        (&[vec![4 << 3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 2]], "a number of more than 64 bits"),
        (&[field(3, &field(2, b"xyz"))], "precompiled_charsmap: cut short after 3 bytes"),
        (&[charsmap(&[0; 255], b"\0")], "a double array of 1020 bytes"),
        (&[charsmap(&[0; 256], b"b")], "its last string does not end"),
        (&[charsmap(&[0; 256], b"\xFF\0")], "its strings are not UTF-8"),
        (&[charsmap(&[0; 256], &[b'b'; 600])], "its last string does not end"),
        (&[charsmap(&[0; 256], &[&[b'b'; 600][..], b"\0"].concat())], "a string of 600 bytes"),
        (&[charsmap(&root_outside, b"\0")], "node 0 points to 300 of 256"),
        (&[charsmap(&far_value, b"\0")], "has the value 256"),
    ];
    for (more, message) in cases {
        match Vocabulary::from_bytes(&file(more)) {
            Ok(vocabulary) => assert_eq!((*message, vocabulary.len()), ("none", 3)),
            Err(error) => assert!(error.to_string().contains(message), "{error} instead of {message}"),
        }
    }
    let nothing = Vocabulary::from_bytes(&[]).unwrap_err();
    assert!(matches!(nothing, Error::Malformed { .. }), "{nothing}");
    assert!(nothing.to_string().starts_with("vocabulary: "), "{nothing}");
}

#[test]
fn a_double_array_that_runs_in_circles_ends() {
    // The root is its own child for 'a', so every run of 'a' is a rule, and the replacement is long.
    let (a, has_value, value) = (u32::from(b'a'), 1 << 8, 1 << 31);
    let mut units = [0; 256];
    units[0] = a << 10 | has_value | a;
    units[a as usize] = value;
    let bytes = file(&[charsmap(&units, &[&[b'a'; 500][..], b"\0"].concat())]);
    round_trip(&Vocabulary::from_bytes(&bytes).unwrap(), &"a".repeat(100_000));
}

#[test]
fn long_texts() {
    let vocabulary = deen();
    for text in
        ["a".repeat(1 << 20), "\u{ad}".repeat(1 << 19), " ".repeat(1 << 20), "Straße 😀 ".repeat(1 << 16)]
    {
        round_trip(vocabulary, &text);
    }
}

proptest! {
    #[test]
    fn any_text(text in any::<String>()) {
        round_trip(deen(), &text);
    }

    #[test]
    fn any_ids(ids in prop::collection::vec(prop_oneof![0..300u32, any::<u32>()], 0..40)) {
        let (text, spans) = deen().decode_with_spans(&ids);
        prop_assert_eq!(spans.len(), ids.len());
        prop_assert_eq!(spans.last().map_or(0, |span| span.end), text.len());
    }

    #[test]
    fn any_bytes_as_a_file(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Vocabulary::from_bytes(&bytes);
    }

    #[test]
    fn changed_files(
        ours in any::<bool>(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3u8), 1..4),
        text in "[abcäßxy <>▁😀e\u{308}]{0,60}",
    ) {
        let mut bytes = fs::read(path(if ours { DEEN } else { RULES })).unwrap();
        for (at, byte, edit) in edits {
            let at = at.index(bytes.len());
            match edit {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => { bytes.remove(at); }
            }
        }
        if let Ok(vocabulary) = Vocabulary::from_bytes(&bytes) {
            round_trip(&vocabulary, &text);
        }
    }
}
