//! Sentences that are decoded in lockstep.

use std::ops::Range;

use super::Translator;
use super::job::Source;
use super::output::{Alignment, Translation};
use crate::nn::{DecoderState, MAX_LENGTH, Memory, Shortlisted, Step};
use crate::text::Piece;

/// A batch in decoding. Its rows are the sentences that are not finished.
#[derive(Debug)]
pub(super) struct Batch {
    rows: Vec<Row>,
    /// The rows' source tokens in `memory`.
    spans: Vec<Range<usize>>,
    memory: Memory,
    state: DecoderState,
    /// The pieces to choose from, if not from all.
    shortlist: Option<Shortlisted>,
    /// How many pieces every row has.
    position: usize,
}

/// A sentence in decoding.
#[derive(Debug)]
struct Row {
    index: usize,
    source: Vec<Piece>,
    ids: Vec<u32>,
    log_probs: Vec<f32>,
    alignment: Alignment,
}

impl Row {
    /// The most pieces that the translation may have: the length at which it can only be a loop.
    fn limit(&self) -> usize {
        (2 * self.source.len() + 4).min(MAX_LENGTH)
    }
}

impl Batch {
    /// Encodes sentences, given with their indices in the job.
    pub(super) fn start(translator: &Translator, sources: Vec<(usize, Source)>) -> Self {
        let (rows, candidates): (Vec<Row>, Vec<Option<Vec<u32>>>) = sources
            .into_iter()
            .map(|(index, Source { pieces, candidates })| {
                let alignment = Alignment::new(pieces.len());
                let row = Row { index, source: pieces, ids: Vec::new(), log_probs: Vec::new(), alignment };
                (row, candidates)
            })
            .unzip();
        let (encoder, decoder) = (&translator.model.encoder, &translator.model.decoder);
        let sentences = rows.iter().map(|row| row.source.iter().map(|piece| piece.id));
        let (context, spans) = encoder.forward(sentences);
        let shortlist =
            candidates.into_iter().collect::<Option<Vec<_>>>().map(|sets| decoder.shortlist(&sets));
        Self {
            memory: decoder.remember(&context),
            state: decoder.start(rows.len()),
            rows,
            spans,
            shortlist,
            position: 0,
        }
    }

    /// How many sentences are not finished.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// One piece more for every row; the sentences that end with it leave the batch.
    pub(super) fn step(&mut self, translator: &Translator) -> Vec<(usize, Translation)> {
        let (decoder, shortlist) = (&translator.model.decoder, self.shortlist.as_ref());
        let step = decoder.step(&mut self.state, self.position, &self.memory, &self.spans, shortlist);
        self.position += 1;
        let (ids, log_probs, alignment, width) = numbers(step);

        let vocabulary = translator.target_vocabulary();
        let (mut finished, mut kept, mut rows) = (Vec::new(), Vec::new(), Vec::new());
        for (number, mut row) in std::mem::take(&mut self.rows).into_iter().enumerate() {
            let complete = ids[number] == vocabulary.eos();
            if !complete {
                row.ids.push(ids[number]);
                row.log_probs.push(log_probs[number]);
                row.alignment.push(&alignment[number * width..][..row.source.len()]);
            }
            if complete || row.ids.len() == row.limit() {
                let Row { index, source, ids, log_probs, alignment } = row;
                let translation = Translation::new(source, &ids, &log_probs, alignment, complete, vocabulary);
                finished.push((index, translation));
            } else {
                kept.push(number);
                rows.push(row);
            }
        }
        self.rows = rows;
        if !finished.is_empty() && !kept.is_empty() {
            self.state.keep(&kept);
            self.spans = kept.iter().map(|&number| self.spans[number].clone()).collect();
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
