//! Sentences that are decoded together, each step's results read at once.

use super::row::{Decoded, Row, Sentence};
use crate::nn::{DecoderState, Memory, Model, Shortlisted, Step};

/// A batch in decoding. Its rows are the sentences that are not finished.
#[derive(Debug)]
pub struct Batch {
    pub(super) rows: Vec<Row>,
    pub(super) memory: Memory,
    pub(super) state: DecoderState,
    /// The pieces to choose from, if not from all.
    pub(super) shortlist: Option<Shortlisted>,
    /// The piece that ends a sentence.
    pub(super) eos: u32,
}

impl Batch {
    /// Encodes sentences. `eos`: the id of `</s>` in the target vocabulary.
    ///
    /// # Panics
    /// If a sentence has more than [`MAX_LENGTH`](crate::nn::MAX_LENGTH) pieces, or one that the model does not have.
    pub fn start(model: &Model, eos: u32, sentences: Vec<Sentence>) -> Self {
        let rows = sentences.iter().map(Row::new).collect();
        let (context, spans) =
            model.encoder.forward(sentences.iter().map(|sentence| sentence.ids.iter().copied()));
        let sets = sentences.into_iter().map(|sentence| sentence.candidates).collect::<Option<Vec<_>>>();
        Self {
            rows,
            memory: model.decoder.remember(&context),
            state: model.decoder.start(&spans),
            shortlist: sets.map(|sets| model.decoder.shortlist(&sets)),
            eos,
        }
    }

    /// How many sentences are not finished.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// How many source pieces they have.
    pub fn source_pieces(&self) -> usize {
        self.rows.iter().map(|row| row.source_len).sum()
    }

    /// Whether other sentences can join these.
    pub fn is_open(&self) -> bool {
        self.shortlist.is_none()
    }

    /// Adds sentences at their beginning to these, which are further on. Nothing about a sentence changes by it; a step of
    /// many rows costs less for each.
    ///
    /// # Panics
    /// For the reasons of [`Batch::start`].
    pub fn join(&mut self, model: &Model, sentences: Vec<Sentence>) {
        let other = Self::start(model, self.eos, sentences);
        if self.is_empty() {
            *self = other;
            return;
        }
        self.state.join(&mut self.memory, other.state, other.memory);
        self.rows.extend(other.rows);
    }

    /// Whether all sentences are finished.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// One piece more for every row; the sentences that end with it leave the batch, and are returned by their index.
    pub fn step(&mut self, model: &Model) -> Vec<(usize, Decoded)> {
        if self.is_empty() {
            return Vec::new();
        }
        let step = model.decoder.step(&mut self.state, &self.memory, self.shortlist.as_ref());
        self.state.advance();
        let (ids, log_probs, alignment, width) = numbers(step);

        let (mut finished, mut kept, mut rows) = (Vec::new(), Vec::new(), Vec::new());
        for (number, mut row) in std::mem::take(&mut self.rows).into_iter().enumerate() {
            if row.push(ids[number], log_probs[number], &alignment[number * width..], self.eos) {
                finished.push((row.index, row.decoded));
            } else {
                kept.push(number);
                rows.push(row);
            }
        }
        self.rows = rows;
        if !finished.is_empty() && !kept.is_empty() {
            self.state.keep(&kept);
            if let Some(shortlist) = &mut self.shortlist {
                shortlist.keep(&kept);
            }
        }
        finished
    }
}

/// A step's results as numbers: pieces, log-probabilities, and alignment in rows of the returned width.
fn numbers(step: Step) -> (Vec<u32>, Vec<f32>, Vec<f32>, usize) {
    let width = step.alignment.dims()[1];
    let ids = step.ids.into_data().iter::<i32>().map(i32::cast_unsigned).collect();
    let log_probs = step.log_probs.into_data().iter::<f32>().collect();
    let alignment = step.alignment.into_data().iter::<f32>().collect();
    (ids, log_probs, alignment, width)
}
