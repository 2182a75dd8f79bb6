//! A queue of sentences, worked off in batches, here and by others.

use std::cmp::Reverse;

use super::Translator;
use super::batch::Batch;
use super::output::Translation;
use super::row::{Decoded, Sentence};
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
pub const BATCH_PIECES: usize = 512;

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

/// Where a sentence is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Waiting,
    /// In the job's own batch.
    Here,
    /// With whoever took it.
    Away,
    Done,
}

/// What puts the waiting sentences in order.
#[derive(Clone, Copy, Debug)]
enum Rank {
    /// From this sentence on, then those before it.
    From(usize),
    /// The longest first.
    Length,
}

/// Sentences on their way through a [`Translator`].
///
/// [`Job::step`] translates them. Helpers, such as other threads or a GPU, can take some meanwhile: [`Job::take`] hands
/// sentences out as numbers, and each comes back by [`Job::finish`], or by [`Job::give_back`] if nothing came of it.
#[derive(Debug)]
pub struct Job {
    /// The sentences, and where they are; empty when they are done.
    sentences: Vec<(Source, Place)>,
    /// The indices of those that wait, the next one last.
    waiting: Vec<usize>,
    rank: Rank,
    /// The sentences that are being translated here.
    batch: Option<Batch>,
    /// How many pieces the next batch may have: it grows from the first batch on.
    room: usize,
    /// The most that it may have.
    cap: usize,
    /// How many sentences are not done.
    remaining: usize,
}

impl Job {
    pub(super) fn new(sources: Vec<Source>, order: Order) -> Self {
        let (rank, room) = match order {
            Order::Reading => (Rank::From(0), FIRST_BATCH_PIECES),
            Order::Length => (Rank::Length, BATCH_PIECES),
        };
        let mut job = Self {
            waiting: (0..sources.len()).collect(),
            remaining: sources.len(),
            sentences: sources.into_iter().map(|source| (source, Place::Waiting)).collect(),
            rank,
            batch: None,
            room,
            cap: BATCH_PIECES,
        };
        job.sort();
        job
    }

    /// Whether every sentence is translated, those with helpers included.
    pub fn is_done(&self) -> bool {
        self.remaining == 0
    }

    /// How many sentences are not translated.
    pub fn remaining(&self) -> usize {
        self.remaining
    }

    /// Whether [`Job::step`] has something to do: not if all that is left is with helpers.
    pub fn has_work(&self) -> bool {
        self.batch.is_some() || !self.waiting.is_empty()
    }

    /// How many source pieces the sentences have that wait.
    pub fn waiting_pieces(&self) -> usize {
        self.waiting.iter().map(|&index| self.len_of(index)).sum()
    }

    /// Whether [`Job::step`] is in the middle of a batch.
    pub fn is_decoding(&self) -> bool {
        self.batch.is_some()
    }

    /// Has batches here take at most so many source pieces from now on, so that something is left for helpers.
    pub fn cap(&mut self, pieces: usize) {
        self.cap = pieces.clamp(FIRST_BATCH_PIECES, BATCH_PIECES);
    }

    /// Goes on with the sentence `first` and those behind it; the sentences before it come last.
    pub fn focus(&mut self, first: usize) {
        self.rank = Rank::From(first);
        self.room = FIRST_BATCH_PIECES;
        self.sort();
    }

    /// Encodes sentences or makes one decoding step; the sentences that it completed, by their index.
    pub fn step(&mut self, translator: &Translator) -> Vec<(usize, Translation)> {
        let room = self.room_now();
        match &mut self.batch {
            Some(batch) if room == 0 => {
                let finished = batch.step(translator.model());
                if batch.is_empty() {
                    self.batch = None;
                }
                let translated = |(index, decoded)| (index, self.complete(index, decoded, translator));
                finished.into_iter().map(translated).collect()
            }
            _ => self.encode(room, translator),
        }
    }

    /// How many source pieces to encode before the next decoding step.
    fn room_now(&self) -> usize {
        match &self.batch {
            None => self.room.min(self.cap),
            // When half of a batch is done others take their place: a step costs about as much for a few as for many.
            Some(batch) if self.is_at_full_speed() && batch.is_open() && !self.waiting.is_empty() => {
                let free = self.cap.saturating_sub(batch.source_pieces());
                if free >= self.cap / 2 { free } else { 0 }
            }
            Some(_) => 0,
        }
    }

    /// Whether the small batches are behind that a reader's first sentences come soon by. Sentences in the order of their
    /// length end together, and need nobody to take their place.
    fn is_at_full_speed(&self) -> bool {
        self.room >= self.cap && matches!(self.rank, Rank::From(_))
    }

    /// Encodes the next sentences, up to `room` source pieces; those for which the model is not needed are complete.
    fn encode(&mut self, room: usize, translator: &Translator) -> Vec<(usize, Translation)> {
        let drawn = self.draw(room, Place::Here, |_| true);
        self.room = (self.room * 4).min(BATCH_PIECES);
        // Nothing but `</s>`: the model would make something up.
        let (empty, some): (Vec<usize>, Vec<usize>) =
            drawn.into_iter().partition(|&index| self.len_of(index) == 1);
        if !some.is_empty() {
            let sentences = some.into_iter().map(|index| self.numbers(index)).collect();
            match &mut self.batch {
                Some(batch) => batch.join(translator.model(), sentences),
                None => {
                    let eos = translator.target_vocabulary().eos();
                    self.batch = Some(Batch::start(translator.model(), eos, sentences));
                }
            }
        }
        let nothing = || Decoded { complete: true, ..Decoded::default() };
        empty.into_iter().map(|index| (index, self.complete(index, nothing(), translator))).collect()
    }

    /// Hands out the next sentences, up to `room` pieces, and at least one if there is any. Those of more than `max_len`
    /// pieces stay where they are, and so do empty ones, which need no model.
    pub fn take(&mut self, room: usize, max_len: usize) -> Vec<Sentence> {
        let drawn = self.draw(room, Place::Away, |len| len > 1 && len <= max_len);
        drawn.into_iter().map(|index| self.numbers(index)).collect()
    }

    /// Lets sentences that were handed out wait again, in their places; others are left alone.
    pub fn give_back(&mut self, indices: impl IntoIterator<Item = usize>) {
        for index in indices {
            if self.place(index) == Some(Place::Away) {
                self.sentences[index].1 = Place::Waiting;
                self.waiting.push(index);
            }
        }
        self.sort();
    }

    /// Takes what became of a sentence that was handed out.
    ///
    /// `None` if there is no such sentence out there: it was given back, or somebody else was faster. What cannot be a
    /// translation of it counts as given back, too.
    pub fn finish(&mut self, index: usize, decoded: Decoded, translator: &Translator) -> Option<Translation> {
        if self.place(index) != Some(Place::Away) {
            return None;
        }
        if !decoded.fits(self.len_of(index), translator.target_vocabulary().len()) {
            self.give_back([index]);
            return None;
        }
        Some(self.complete(index, decoded, translator))
    }

    fn place(&self, index: usize) -> Option<Place> {
        self.sentences.get(index).map(|(_, place)| *place)
    }

    /// How many pieces a sentence has.
    fn len_of(&self, index: usize) -> usize {
        self.sentences[index].0.pieces.len()
    }

    /// A sentence as the model wants it.
    fn numbers(&self, index: usize) -> Sentence {
        let Source { pieces, candidates } = &self.sentences[index].0;
        Sentence { index, ids: pieces.iter().map(|piece| piece.id).collect(), candidates: candidates.clone() }
    }

    /// A sentence's translation; it is done.
    fn complete(&mut self, index: usize, decoded: Decoded, translator: &Translator) -> Translation {
        let (source, place) = &mut self.sentences[index];
        *place = Place::Done;
        self.remaining -= 1;
        Translation::new(std::mem::take(source).pieces, decoded, translator.target_vocabulary())
    }

    /// Takes the next sentences of a length that `fits` out of the queue, to `place`: up to `room` pieces, and at least
    /// one if there is any.
    fn draw(&mut self, room: usize, place: Place, fits: impl Fn(usize) -> bool) -> Vec<usize> {
        let (mut drawn, mut pieces) = (Vec::new(), 0);
        for &index in self.waiting.iter().rev() {
            let len = self.len_of(index);
            if !fits(len) {
                continue;
            }
            if !drawn.is_empty() && pieces + len > room {
                break;
            }
            pieces += len;
            drawn.push(index);
        }
        for &index in &drawn {
            self.sentences[index].1 = place;
        }
        self.waiting.retain(|&index| self.sentences[index].1 == Place::Waiting);
        drawn
    }

    /// Puts the waiting sentences in order, the next one last.
    fn sort(&mut self) {
        let (rank, sentences) = (self.rank, &self.sentences);
        self.waiting.sort_unstable_by_key(|&index| {
            let first = match rank {
                Rank::From(first) => usize::from(index >= first),
                Rank::Length => sentences[index].0.pieces.len(),
            };
            (first, Reverse(index))
        });
    }
}
