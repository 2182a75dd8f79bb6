//! From pieces back to text.

use std::ops::Range;

use super::Vocabulary;
use super::normalizer::SPACE;
use crate::format::sentencepiece::Kind;

/// A text that grows by pieces.
pub(super) struct Decoder<'a> {
    vocabulary: &'a Vocabulary,
    text: String,
    spans: Vec<Range<usize>>,
    /// Bytes from byte pieces that no other piece has followed yet; their spans are still to come.
    bytes: Vec<u8>,
    /// Whether a `▁` at the next piece's start is the one that stands before every text.
    at_start: bool,
}

impl<'a> Decoder<'a> {
    pub(super) fn new(vocabulary: &'a Vocabulary, len: usize) -> Self {
        Self {
            vocabulary,
            text: String::with_capacity(len * 4),
            spans: Vec::with_capacity(len),
            bytes: Vec::new(),
            at_start: vocabulary.dummy_prefix || vocabulary.trimmed,
        }
    }

    pub(super) fn push(&mut self, id: u32) {
        let Some(&kind) = self.vocabulary.kinds.get(id as usize) else {
            return self.push_other(Kind::Unknown, "");
        };
        match kind {
            Kind::Byte(byte) => self.bytes.push(byte),
            _ => self.push_other(kind, self.vocabulary.text(id)),
        }
    }

    fn push_other(&mut self, kind: Kind, piece: &str) {
        self.flush_bytes();
        self.at_start &= self.text.is_empty();
        let start = self.text.len();
        match kind {
            Kind::Control => {}
            Kind::Unknown => self.text.push_str(&self.vocabulary.unk_surface),
            _ => {
                let stripped = piece.strip_prefix(SPACE).filter(|_| self.at_start);
                if stripped.is_some() && !self.vocabulary.trimmed {
                    self.at_start = false;
                }
                for (index, part) in stripped.unwrap_or(piece).split(SPACE).enumerate() {
                    if index > 0 {
                        self.text.push(' ');
                    }
                    self.text.push_str(part);
                }
            }
        }
        self.spans.push(start..self.text.len());
    }

    /// Reads the collected bytes as UTF-8. The last byte of a character gets its span, the others an empty one before
    /// it; a byte that belongs to no character becomes U+FFFD.
    fn flush_bytes(&mut self) {
        let mut rest = self.bytes.as_slice();
        while !rest.is_empty() {
            let (valid, invalid) = match std::str::from_utf8(rest) {
                Ok(valid) => (valid, 0),
                Err(error) => (std::str::from_utf8(&rest[..error.valid_up_to()]).unwrap_or_default(), 1),
            };
            let replaced = std::iter::repeat_n((char::REPLACEMENT_CHARACTER, 1), invalid);
            for (char, len) in valid.chars().map(|char| (char, char.len_utf8())).chain(replaced) {
                let start = self.text.len();
                self.spans.extend(std::iter::repeat_n(start..start, len - 1));
                self.text.push(char);
                self.spans.push(start..self.text.len());
            }
            rest = &rest[valid.len() + invalid..];
        }
        self.bytes.clear();
    }

    pub(super) fn finish(mut self) -> (String, Vec<Range<usize>>) {
        self.flush_bytes();
        (self.text, self.spans)
    }
}
