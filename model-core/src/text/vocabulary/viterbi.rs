//! The most probable segmentation of a normalised text into pieces.
//!
//! Positions are bytes; each keeps the best way to get there. Which of two ways with nearly the same score wins depends
//! on rounding, and ids must equal SentencePiece's, so scores are added up as it does: in single precision, from the
//! start of the text, and of equal ones the first, which has the longer last piece, stays.
//!
//! A position that no piece bridges lies on every way. There the pieces up to it are handed out and forgotten, which is
//! at nearly every word, so that memory follows the longest word and not the text.

use std::ops::Range;

use super::double_array::DoubleArray;
use crate::format::sentencepiece::{Entry, Kind};

/// What an unknown character costs beyond the least probable piece.
const UNKNOWN_PENALTY: f32 = 10.0;

/// The unigram model: which pieces there are and what they score.
pub(super) struct Unigram {
    trie: DoubleArray,
    /// By id.
    scores: Vec<f32>,
    unk: u32,
    unk_score: f32,
}

/// The best way to a position.
#[derive(Clone, Copy)]
struct Best {
    score: f32,
    /// The last piece on it.
    id: u32,
    /// That piece's length in bytes; 0 where no way is known yet.
    len: u32,
}

const NONE: Best = Best { score: 0.0, id: 0, len: 0 };

impl Unigram {
    /// `trie` maps the texts of the pieces to use to their ids, which are indices of `pieces`.
    pub(super) fn new(trie: DoubleArray, pieces: &[Entry<'_>], unk: u32) -> Self {
        let normal = pieces.iter().filter(|piece| piece.kind == Kind::Normal).map(|piece| piece.score);
        let least = normal.fold(f32::MAX, f32::min);
        let score = |piece: &Entry<'_>| match piece.kind {
            // Above any log-probability, so that no other pieces for the same text win, and the longer the better.
            Kind::UserDefined => (piece.text.len() - 1) as f32 * 0.1,
            _ => piece.score,
        };
        Self { trie, scores: pieces.iter().map(score).collect(), unk, unk_score: least - UNKNOWN_PENALTY }
    }

    /// Calls `emit` with each piece and the bytes of `text` that it covers, in order and without gaps. Characters
    /// outside the vocabulary come one by one as the unknown piece.
    pub(super) fn segment(&self, text: &str, mut emit: impl FnMut(u32, Range<usize>)) {
        let bytes = text.as_bytes();
        // `best[i]` belongs to position `cut + i`; the furthest known way ends at `cut + best.len() - 1`.
        let mut cut = 0;
        let mut best = vec![Best { len: 1, ..NONE }];
        let mut way = Vec::new();
        let mut start = 0;
        while start < bytes.len() {
            let here = start - cut;
            if here > 0 && here + 1 == best.len() {
                hand_out(&best, cut, &mut way, &mut emit);
                best[0].score = best[here].score;
                best.truncate(1);
                cut = start;
            }
            start += self.extend(&bytes[start..], start - cut, &mut best);
        }
        if start > cut {
            hand_out(&best, cut, &mut way, &mut emit);
        }
    }

    /// Adds the ways that go on from `best[here]` over a piece at the beginning of `rest`. Returns the length of the
    /// character there.
    #[inline]
    fn extend(&self, rest: &[u8], here: usize, best: &mut Vec<Best>) -> usize {
        let char_len = char_len(rest[0]);
        let so_far = best[here].score;
        let mut has_char = false;
        self.trie.prefixes(rest, |len, id| {
            let target = reach(best, here + len);
            let score = self.scores[id as usize] + so_far;
            if target.len == 0 || score > target.score {
                *target = Best { score, id, len: len as u32 };
            }
            has_char |= len == char_len;
        });
        if !has_char {
            let target = reach(best, here + char_len);
            let score = self.unk_score + so_far;
            if target.len == 0 || score > target.score {
                *target = Best { score, id: self.unk, len: char_len as u32 };
            }
        }
        char_len
    }
}

#[inline]
fn reach(best: &mut Vec<Best>, position: usize) -> &mut Best {
    if position >= best.len() {
        best.resize(position + 1, NONE);
    }
    &mut best[position]
}

/// Follows the best way back from the last position to `cut` and emits its pieces from there on.
fn hand_out(best: &[Best], cut: usize, way: &mut Vec<Best>, emit: &mut impl FnMut(u32, Range<usize>)) {
    let mut at = best.len() - 1;
    while at > 0 {
        way.push(best[at]);
        at -= best[at].len as usize;
    }
    let mut start = cut;
    while let Some(step) = way.pop() {
        let end = start + step.len as usize;
        emit(step.id, start..end);
        start = end;
    }
}

/// The length of the UTF-8 character that starts with `byte`.
#[inline]
fn char_len(byte: u8) -> usize {
    match byte {
        0..0x80 => 1,
        0x80..0xE0 => 2,
        0xE0..0xF0 => 3,
        0xF0.. => 4,
    }
}
