//! Writes SentencePiece vocabularies of any size.

use std::collections::BTreeMap;

const NORMAL: u64 = 1;
const UNKNOWN: u64 = 2;
const CONTROL: u64 = 3;
const BYTE: u64 = 6;

/// A unigram vocabulary of `size` pieces as Firefox's are: `</s>`, `<unk>`, the bytes, and then parts of the words of
/// `text`, the more frequent and longer ones first. No normalisation but that of spaces.
pub(crate) fn vocabulary(size: usize, text: &str) -> Vec<u8> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for word in text.split_whitespace() {
        let word: Vec<char> = std::iter::once('\u{2581}').chain(word.chars()).collect();
        for start in 0..word.len() {
            for end in start + 1..=word.len().min(start + 12) {
                *counts.entry(word[start..end].iter().collect()).or_default() += end - start;
            }
        }
    }
    let mut parts: Vec<(String, usize)> = counts.into_iter().collect();
    // Single characters first: nothing of the text is unknown.
    parts.sort_by_key(|(part, count)| (part.chars().count() > 1, std::cmp::Reverse(*count)));

    let mut pieces = vec![("</s>".to_owned(), 0.0, CONTROL), ("<unk>".to_owned(), 0.0, UNKNOWN)];
    pieces.extend((0..256).map(|byte| (format!("<0x{byte:02X}>"), 0.0, BYTE)));
    let room = size - pieces.len();
    assert!(parts.len() >= room, "the text has {} parts, too few for {size} pieces", parts.len());
    // No two scores are the same, so no two ways to cut a word are, either.
    let scored = parts.into_iter().take(room).enumerate();
    pieces.extend(scored.map(|(rank, (part, _))| (part, -8.0 - rank as f32 / 4096.0, NORMAL)));

    let mut file = Vec::new();
    for (text, score, kind) in pieces {
        let mut piece = Vec::new();
        bytes(&mut piece, 1, text.as_bytes());
        varint(&mut piece, 2 << 3 | 5);
        piece.extend(score.to_le_bytes());
        number(&mut piece, 3, kind);
        bytes(&mut file, 1, &piece);
    }
    let mut trainer = Vec::new();
    number(&mut trainer, 3, 1);
    number(&mut trainer, 35, 1);
    bytes(&mut file, 2, &trainer);
    let mut normaliser = Vec::new();
    for field in [3, 4, 5] {
        number(&mut normaliser, field, 1);
    }
    bytes(&mut file, 3, &normaliser);
    file
}

fn bytes(out: &mut Vec<u8>, field: u64, content: &[u8]) {
    varint(out, field << 3 | 2);
    varint(out, content.len() as u64);
    out.extend(content);
}

fn number(out: &mut Vec<u8>, field: u64, value: u64) {
    varint(out, field << 3);
    varint(out, value);
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value > 0x7f {
        out.push(value as u8 & 0x7f | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
