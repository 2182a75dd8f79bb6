//! What a translation is.

use std::ops::Range;

use super::row::Decoded;
use crate::text::{Piece, Vocabulary};

/// A sentence's translation.
#[derive(Clone, Debug, PartialEq)]
pub struct Translation {
    /// The text.
    pub text: String,
    /// Its pieces, without `</s>`.
    pub pieces: Vec<TargetPiece>,
    /// The source's pieces, with `</s>` at the end.
    pub source: Vec<Piece>,
    /// Which source pieces each target piece comes from.
    pub alignment: Alignment,
    /// Whether the model ended the sentence itself, rather than the length limit.
    pub complete: bool,
}

/// A piece of a translation.
#[derive(Clone, Debug, PartialEq)]
pub struct TargetPiece {
    /// Its id in the target vocabulary.
    pub id: u32,
    /// The bytes of [`Translation::text`] that it makes.
    pub span: Range<usize>,
    /// The natural logarithm of its probability; an estimate if the model has a sketch.
    pub log_prob: f32,
}

/// Soft alignment: how much of each source piece is in each target piece.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Alignment {
    source_len: usize,
    weights: Vec<f32>,
}

impl Alignment {
    /// An alignment to `source_len` pieces, with no target pieces yet.
    pub fn new(source_len: usize) -> Self {
        Self { source_len, weights: Vec::new() }
    }

    /// Adds a target piece's weights.
    ///
    /// # Panics
    /// If there is not one for each source piece.
    pub fn push(&mut self, weights: &[f32]) {
        assert_eq!(weights.len(), self.source_len, "one weight for each source piece");
        self.weights.extend_from_slice(weights);
    }

    /// The weights of a target piece, one for each source piece with `</s>`; their sum is 1.
    ///
    /// # Panics
    /// If there is no such target piece.
    pub fn row(&self, target: usize) -> &[f32] {
        &self.weights[target * self.source_len..(target + 1) * self.source_len]
    }
}

impl Translation {
    /// The text of a decoded sentence; `decoded` fits the source and the vocabulary.
    pub(super) fn new(source: Vec<Piece>, decoded: Decoded, vocabulary: &Vocabulary) -> Self {
        let Decoded { ids, log_probs, alignment, complete } = decoded;
        let (text, spans) = vocabulary.decode_with_spans(&ids);
        let pieces = ids
            .into_iter()
            .zip(spans)
            .zip(log_probs)
            .map(|((id, span), log_prob)| TargetPiece { id, span, log_prob })
            .collect();
        let alignment = Alignment { source_len: source.len(), weights: alignment };
        Self { text, pieces, source, alignment, complete }
    }

    /// The geometric mean of the pieces' probabilities, 0 to 1; 1 for an empty translation. An estimate if these are.
    pub fn confidence(&self) -> f32 {
        if self.pieces.is_empty() {
            return 1.0;
        }
        let sum: f32 = self.pieces.iter().map(|piece| piece.log_prob).sum();
        (sum / self.pieces.len() as f32).exp()
    }
}
