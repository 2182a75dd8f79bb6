//! A queue of sentences, worked off in batches.

use super::Translator;
use super::batch::Batch;
use super::output::Translation;
use crate::text::Piece;

/// The order in which a job's sentences are translated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// As they stand, for somebody who reads along: the first batches are small, so that the first sentences come soon.
    #[default]
    Reading,
    /// By length, for throughput: the sentences of a batch end together.
    Length,
}

/// The most source pieces of a batch. More would push the activations out of the second-level cache.
const BATCH_PIECES: usize = 768;

/// The source pieces of a reading job's first batch, about a headline; each further one may have four times as many.
const FIRST_BATCH_PIECES: usize = 24;

/// A sentence to translate.
#[derive(Debug, Default)]
pub(super) struct Source {
    /// Its pieces with `</s>`.
    pub(super) pieces: Vec<Piece>,
    /// The only target pieces to choose from, if a shortlist is used; sorted.
    pub(super) candidates: Option<Vec<u32>>,
}

/// Sentences on their way through a [`Translator`].
#[derive(Debug)]
pub struct Job {
    /// The sentences; empty where a batch has taken one.
    sources: Vec<Source>,
    /// Their indices, the next one last.
    waiting: Vec<usize>,
    /// The sentences that are being translated.
    batch: Option<Batch>,
    /// How many pieces the next batch may have.
    room: usize,
}

impl Job {
    pub(super) fn new(sources: Vec<Source>, order: Order) -> Self {
        let mut waiting: Vec<usize> = (0..sources.len()).rev().collect();
        let mut room = FIRST_BATCH_PIECES;
        if order == Order::Length {
            waiting.sort_by_key(|&index| sources[index].pieces.len());
            room = BATCH_PIECES;
        }
        Self { sources, waiting, batch: None, room }
    }

    /// Whether every sentence is translated.
    pub fn is_done(&self) -> bool {
        self.waiting.is_empty() && self.batch.is_none()
    }

    /// How many sentences are not translated.
    pub fn remaining(&self) -> usize {
        self.waiting.len() + self.batch.as_ref().map_or(0, Batch::len)
    }

    /// Goes on with the sentence `first` and those behind it; the sentences before it come last.
    pub fn focus(&mut self, first: usize) {
        // The next one is last: behind `first` in descending order, then those before it in descending order.
        self.waiting.sort_unstable_by_key(|&index| (index >= first, std::cmp::Reverse(index)));
        self.room = FIRST_BATCH_PIECES;
    }

    /// Encodes a batch or makes one decoding step; the sentences that it completed, by their index.
    pub fn step(&mut self, translator: &Translator) -> Vec<(usize, Translation)> {
        if let Some(batch) = &mut self.batch {
            let finished = batch.step(translator);
            if batch.len() == 0 {
                self.batch = None;
            }
            return finished;
        }
        let (mut taken, mut pieces, mut finished) = (Vec::new(), 0, Vec::new());
        while let Some(&index) = self.waiting.last() {
            let len = self.sources[index].pieces.len();
            if !taken.is_empty() && pieces + len > self.room {
                break;
            }
            pieces += len;
            self.waiting.pop();
            let source = std::mem::take(&mut self.sources[index]);
            // Nothing but `</s>`: the model would make something up.
            if len == 1 {
                finished.push((index, Translation::empty(source.pieces)));
            } else {
                taken.push((index, source));
            }
        }
        self.room = (self.room * 4).min(BATCH_PIECES);
        if !taken.is_empty() {
            self.batch = Some(Batch::start(translator, taken));
        }
        finished
    }
}
