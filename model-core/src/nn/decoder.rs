//! The decoder: one target piece for each row and step.

mod slices;

use std::ops::Range;

use burn::module::Module;
use burn::tensor::{DType, Device, Int, Tensor, TensorData};

use super::attention::CrossAttention;
use super::embedding::{Embedding, ints, list};
use super::feed_forward::FeedForward;
use super::linear::LinearGroup;
use super::loader::Loader;
use super::norm::Norm;
use super::projection::Projection;
use super::shortlist::Shortlisted;
use crate::error::Result;
use crate::format::config::Output;
use crate::ops::{self, NO_PIECE, RECORD_HEAD};
pub use slices::{Slices, SlicesState};

/// A decoder of SSRU layers with cross-attention, and the projection to the vocabulary.
#[derive(Module, Debug)]
pub struct Decoder {
    embedding: Embedding,
    layers: Vec<DecoderLayer>,
    projection: Projection,
    /// Whether the embeddings are the projection's weights.
    tied: bool,
    dim: usize,
    slices: Option<Slices>,
}

#[derive(Module, Debug)]
struct DecoderLayer {
    /// `W` and `W_f` of the SSRU, side by side.
    gates: LinearGroup,
    norm: Norm,
    attention: CrossAttention,
    feed_forward: FeedForward,
}

/// What the decoder keeps of the source: for each layer the keys and values of all tokens, `[tokens, 2·dim]`.
#[derive(Debug)]
pub struct Memory {
    layers: Vec<Tensor<2>>,
}

/// What the decoder carries from step to step. All of it is on the device, so that a step sends nothing there.
#[derive(Debug)]
pub struct DecoderState {
    /// For each layer the rows' cells, `[rows, dim]`.
    cells: Vec<Tensor<2>>,
    /// The rows' last pieces, `[rows]`.
    last: Tensor<1, Int>,
    /// How many pieces the rows have: `[1]` if all have as many, else `[rows]`.
    position: Tensor<1, Int>,
    /// The same numbers here, one for each row.
    steps: Vec<usize>,
    /// The rows' source tokens in the memory, `[rows, 2]`.
    span_numbers: Tensor<2, Int>,
    /// The same here.
    spans: Vec<Range<usize>>,
}

/// What one step brings.
#[derive(Debug)]
pub struct Step {
    /// The rows' new pieces, `[rows]`.
    pub ids: Tensor<1, Int>,
    /// Their log-probabilities, `[rows]`.
    pub log_probs: Tensor<1>,
    /// How much of each source token is in the piece: attention of the last layer's head 0, `[rows, longest]`.
    pub alignment: Tensor<2>,
}

impl Decoder {
    pub(super) fn load(loader: &Loader<'_>, embedding: Embedding, projection: Projection) -> Result<Self> {
        let layers = (1..=loader.config.dec_depth)
            .map(|layer| {
                let rnn = format!("decoder_l{layer}_rnn");
                let gates = [(format!("{rnn}_W"), None), (format!("{rnn}_Wf"), Some(format!("{rnn}_bf")))];
                Ok(DecoderLayer {
                    gates: loader.linear_group(&gates)?,
                    norm: loader.norm(&format!("{rnn}_ffn"))?,
                    attention: CrossAttention::load(loader, &format!("decoder_l{layer}_context"))?,
                    feed_forward: FeedForward::load(loader, &format!("decoder_l{layer}_ffn"))?,
                })
            })
            .collect::<Result<_>>()?;
        let (tied, dim) = (loader.config.embeddings.output == Output::Target, loader.config.dim_emb);
        Ok(Self { embedding, layers, projection, tied, dim, slices: None })
    }

    /// The keys and values of the encoder's output `context: [tokens, dim]`, for all steps.
    pub fn remember(&self, context: &Tensor<2>) -> Memory {
        Memory {
            layers: self.layers.iter().map(|layer| layer.attention.keys_values(context.clone())).collect(),
        }
    }

    /// The state of sentences of which nothing is translated yet. `spans`: their source tokens in the memory, one row
    /// for each.
    pub fn start(&self, spans: &[Range<usize>]) -> DecoderState {
        let (rows, device) = (spans.len(), self.embedding.device());
        let cell =
            || Tensor::from_data(TensorData::new(vec![0.0f32; rows * self.dim], [rows, self.dim]), &device);
        DecoderState {
            cells: self.layers.iter().map(|_| cell()).collect(),
            last: ints(vec![NO_PIECE; rows], [rows], &device),
            position: list([0], &device),
            steps: vec![0; rows],
            span_numbers: span_numbers(spans, &device),
            spans: spans.to_vec(),
        }
    }

    /// Gets ready to make several steps as one operation, if the model is of a kind for which that is possible: the decoder
    /// has then [`Decoder::slices`].
    pub fn fuse(&mut self) {
        self.slices = Slices::new(self);
    }

    /// How to make several steps as one operation, after [`Decoder::fuse`].
    pub fn slices(&self) -> Option<&Slices> {
        self.slices.as_ref()
    }

    /// How many target pieces there are.
    pub fn pieces(&self) -> usize {
        self.projection.form().map.outputs
    }

    /// Whether the file had a sketch of the projection to them.
    pub fn is_sketched(&self) -> bool {
        self.projection.form().sketch.is_some()
    }

    /// The projection for rows that may choose only from `sets`, one sorted set of pieces for each row.
    pub fn shortlist(&self, sets: &[Vec<u32>]) -> Shortlisted {
        Shortlisted::new(&self.projection, sets)
    }

    /// One piece more for every row, at the state's position; [`DecoderState::advance`] or [`DecoderState::record`] goes
    /// on to the next one. `shortlist`: what the rows may choose from, if not from all.
    pub fn step(&self, state: &mut DecoderState, memory: &Memory, shortlist: Option<&Shortlisted>) -> Step {
        let longest = state.longest();
        let mut x = self.embedding.forward(state.last.clone(), state.position.clone());
        let mut alignment = None;
        // The cells are moved out, so that the operation may write the new ones in their place.
        let cells = std::mem::take(&mut state.cells);
        for ((layer, cell), kv) in self.layers.iter().zip(cells).zip(&memory.layers) {
            let gates = layer.gates.forward(x.clone());
            let (out, cell) = ops::ssru_norm(gates, x, cell, layer.norm.numbers());
            state.cells.push(cell);
            let (out, weights) =
                layer.attention.forward(out, kv.clone(), state.span_numbers.clone(), longest);
            alignment = Some(weights);
            x = layer.feed_forward.forward(out);
        }
        let (ids, log_probs) = match shortlist {
            Some(shortlist) => shortlist.best(x),
            None => self.projection.best(x),
        };
        state.last = ids.clone();
        let alignment =
            alignment.expect("a model has at least one decoder layer, as its configuration is checked");
        Step { ids, log_probs, alignment }
    }
}

impl DecoderState {
    /// How many pieces the row has that has most: every row, unless others have joined them.
    pub fn position(&self) -> usize {
        self.steps.iter().copied().max().unwrap_or(0)
    }

    /// The greatest number of source tokens of a row: the width of a step's alignment.
    pub fn longest(&self) -> usize {
        self.spans.iter().map(Range::len).max().unwrap_or(0)
    }

    /// Goes on to the next position, for loops that read every step's results.
    pub fn advance(&mut self) {
        self.steps.iter_mut().for_each(|steps| *steps += 1);
        self.position = position(&self.steps, &self.position.device());
    }

    /// Room for the results of `slots` steps of these rows, `[slots, rows, 2 + longest]`.
    pub fn history(&self, slots: usize) -> Tensor<3, Int> {
        let shape = [slots, self.spans.len(), RECORD_HEAD + self.longest()];
        Tensor::empty(shape, (&self.position.device(), DType::I32))
    }

    /// Writes a step's results down in slot `position % slots` of a [`DecoderState::history`], and goes on to the next
    /// position without a word from the host; see [`ops::record`]. All rows have to be at the same position.
    pub fn record(&mut self, history: Tensor<3, Int>, step: Step) -> Tensor<3, Int> {
        let Step { ids, log_probs, alignment } = step;
        let (history, position) = ops::record(history, self.position.clone(), ids, log_probs, alignment);
        self.steps.iter_mut().for_each(|steps| *steps += 1);
        self.position = position;
        history
    }

    /// Keeps only the rows with these indices.
    pub fn keep(&mut self, rows: &[usize]) {
        let device = self.last.device();
        self.spans = rows.iter().map(|&row| self.spans[row].clone()).collect();
        self.span_numbers = span_numbers(&self.spans, &device);
        self.steps = rows.iter().map(|&row| self.steps[row]).collect();
        if self.position.dims()[0] > 1 {
            self.position = position(&self.steps, &device);
        }
        let rows = list(rows.iter().copied(), &device);
        for cell in &mut self.cells {
            *cell = ops::select_rows(cell.clone(), rows.clone());
        }
        self.last = ops::select_ids(self.last.clone(), rows);
    }

    /// Adds the rows of `other` behind these, and their source tokens, `others`, to the `memory`, of which only what these
    /// rows need is kept.
    pub fn join(&mut self, memory: &mut Memory, other: Self, others: Memory) {
        let device = self.last.device();
        let tokens = list(self.spans.iter().cloned().flatten(), &device);
        for (kv, others) in memory.layers.iter_mut().zip(others.layers) {
            *kv = Tensor::cat(vec![ops::select_rows(kv.clone(), tokens.clone()), others], 0);
        }
        let mut end = 0;
        for span in &mut self.spans {
            *span = end..end + span.len();
            end = span.end;
        }
        self.spans.extend(other.spans.into_iter().map(|span| end + span.start..end + span.end));
        self.span_numbers = span_numbers(&self.spans, &device);
        for (cell, others) in self.cells.iter_mut().zip(other.cells) {
            *cell = Tensor::cat(vec![cell.clone(), others], 0);
        }
        self.last = Tensor::cat(vec![self.last.clone(), other.last], 0);
        self.steps.extend(other.steps);
        self.position = position(&self.steps, &device);
    }
}

/// What [`DecoderState::position`] is for rows that have so many pieces.
fn position(steps: &[usize], device: &Device) -> Tensor<1, Int> {
    match steps {
        [first, rest @ ..] if rest.iter().all(|steps| steps == first) => list([*first], device),
        _ => list(steps.iter().copied(), device),
    }
}

/// Starts and lengths, `[rows, 2]`.
fn span_numbers(spans: &[Range<usize>], device: &Device) -> Tensor<2, Int> {
    let numbers = spans.iter().flat_map(|span| [span.start as i32, span.len() as i32]).collect();
    ints(numbers, [spans.len(), 2], device)
}
