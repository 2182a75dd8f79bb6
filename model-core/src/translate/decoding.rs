//! What is on the device of sentences that are decoded in slices, in either form of their steps.

use burn::tensor::{Int, Tensor};

use super::batch::Batch;
use super::lockstep::Steps;
use super::row::Sentence;
use crate::nn::{Model, Slices, SlicesState};

/// Sentences in decoding.
pub(super) enum Decoding<'m> {
    /// Step by step.
    One(&'m Model, Box<Batch>),
    /// Several steps at once.
    Slice(&'m Slices, Box<SlicesState>),
}

impl<'m> Decoding<'m> {
    /// Encodes sentences; see [`Batch::start`].
    pub(super) fn start(model: &'m Model, eos: u32, steps: Steps, sentences: Vec<Sentence>) -> Self {
        let free = sentences.iter().any(|sentence| sentence.candidates.is_none());
        match model.decoder.slices() {
            Some(slices) if steps == Steps::Slice && free => {
                let ids = sentences.iter().map(|sentence| sentence.ids.iter().copied());
                let (context, spans) = model.encoder.forward(ids);
                Self::Slice(slices, Box::new(slices.start(&context, &spans, eos)))
            }
            _ => Self::One(model, Box::new(Batch::start(model, eos, sentences))),
        }
    }

    /// How many steps were made.
    pub(super) fn position(&self) -> usize {
        match self {
            Self::One(_, batch) => batch.state.position(),
            Self::Slice(_, state) => state.position(),
        }
    }

    /// The width of an alignment.
    pub(super) fn longest(&self) -> usize {
        match self {
            Self::One(_, batch) => batch.state.longest(),
            Self::Slice(_, state) => state.longest(),
        }
    }

    /// Makes some steps. What they find, `[steps, rows, 2 + longest]`, is in slot `position % steps`.
    pub(super) fn steps(&mut self, steps: usize) -> Tensor<3, Int> {
        match self {
            Self::One(model, batch) => {
                let mut history = batch.state.history(steps);
                for _ in 0..steps {
                    let step = model.decoder.step(&mut batch.state, &batch.memory, batch.shortlist.as_ref());
                    history = batch.state.record(history, step);
                }
                history
            }
            Self::Slice(slices, state) => slices.steps(state, steps),
        }
    }

    /// Keeps only the rows with these indices.
    pub(super) fn keep(&mut self, rows: &[usize]) {
        match self {
            Self::One(_, batch) => {
                batch.state.keep(rows);
                if let Some(shortlist) = &mut batch.shortlist {
                    shortlist.keep(rows);
                }
            }
            Self::Slice(_, state) => state.keep(rows),
        }
    }
}
