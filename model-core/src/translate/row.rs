//! Sentences as numbers: what decoding begins with, goes through, and ends with. There is no text here, so that a thread
//! or a device that has only a model can do the work.

use crate::nn::MAX_LENGTH;

/// A sentence to decode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// What it is called: its index in its job.
    pub index: usize,
    /// Its source pieces with `</s>`, at most [`MAX_LENGTH`], each in the model's source vocabulary.
    pub ids: Vec<u32>,
    /// The only target pieces to choose from, if a shortlist is used; sorted.
    pub candidates: Option<Vec<u32>>,
}

/// A decoded sentence.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decoded {
    /// The target pieces, without `</s>`.
    pub ids: Vec<u32>,
    /// The natural logarithms of their probabilities; estimates if the model has a sketch.
    pub log_probs: Vec<f32>,
    /// How much of each source piece is in each target piece, `[target, source]`.
    pub alignment: Vec<f32>,
    /// Whether the model ended the sentence itself, rather than the length limit.
    pub complete: bool,
}

impl Decoded {
    /// Whether this can be a translation of a sentence of `source_len` pieces to a vocabulary of `target_vocab`.
    pub(super) fn fits(&self, source_len: usize, target_vocab: usize) -> bool {
        self.log_probs.len() == self.ids.len()
            && self.alignment.len() == self.ids.len() * source_len
            && self.ids.iter().all(|&id| (id as usize) < target_vocab)
            && self.log_probs.iter().chain(&self.alignment).all(|number| number.is_finite())
    }
}

/// A sentence in decoding.
#[derive(Debug)]
pub(super) struct Row {
    /// Its index in its job.
    pub(super) index: usize,
    /// How many source pieces it has.
    pub(super) source_len: usize,
    /// What there is of its translation.
    pub(super) decoded: Decoded,
}

impl Row {
    /// A sentence of which nothing is translated yet.
    pub(super) fn new(sentence: &Sentence) -> Self {
        Self { index: sentence.index, source_len: sentence.ids.len(), decoded: Decoded::default() }
    }

    /// How many more pieces the translation may have, up to the length at which it can only be a loop.
    pub(super) fn left(&self) -> usize {
        (2 * self.source_len + 4).min(MAX_LENGTH) - self.decoded.ids.len()
    }

    /// Adds a piece; whether the sentence ends with it. `alignment`: at least one weight for each source piece.
    pub(super) fn push(&mut self, id: u32, log_prob: f32, alignment: &[f32], eos: u32) -> bool {
        self.decoded.complete = id == eos;
        if !self.decoded.complete {
            self.decoded.ids.push(id);
            self.decoded.log_probs.push(log_prob);
            self.decoded.alignment.extend_from_slice(&alignment[..self.source_len]);
        }
        self.decoded.complete || self.left() == 0
    }
}
