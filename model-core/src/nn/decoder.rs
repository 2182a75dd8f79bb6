//! The decoder: one target piece for each row and step.

use std::ops::Range;

use burn::module::Module;
use burn::tensor::{Int, Tensor};

use super::attention::CrossAttention;
use super::embedding::{Embedding, ints};
use super::feed_forward::FeedForward;
use super::linear::{Linear, LinearGroup};
use super::loader::Loader;
use super::norm::Norm;
use super::shortlist::Shortlisted;
use crate::error::Result;
use crate::ops::{self, NO_PIECE};

/// A decoder of SSRU layers with cross-attention, and the projection to the vocabulary.
#[derive(Module, Debug)]
pub struct Decoder {
    embedding: Embedding,
    layers: Vec<DecoderLayer>,
    projection: Linear,
    dim: usize,
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

/// What the decoder carries from step to step: the rows' cells, for each layer `[rows, dim]`, and their last pieces.
#[derive(Debug)]
pub struct DecoderState {
    cells: Vec<Tensor<2>>,
    last: Tensor<1, Int>,
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
    pub(super) fn load(loader: &Loader<'_>, embedding: Embedding) -> Result<Self> {
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
        let projection = loader.projection(&embedding)?;
        Ok(Self { embedding, layers, projection, dim: loader.config.dim_emb })
    }

    /// The keys and values of the encoder's output `context: [tokens, dim]`, for all steps.
    pub fn remember(&self, context: &Tensor<2>) -> Memory {
        Memory {
            layers: self.layers.iter().map(|layer| layer.attention.keys_values(context.clone())).collect(),
        }
    }

    /// The state of `rows` sentences of which nothing is translated yet.
    pub fn start(&self, rows: usize) -> DecoderState {
        let device = self.embedding.table().device();
        DecoderState {
            cells: self.layers.iter().map(|_| Tensor::zeros([rows, self.dim], &device)).collect(),
            last: ints(vec![NO_PIECE; rows], &device),
        }
    }

    /// The projection for rows that may choose only from `sets`, one sorted set of pieces for each row.
    pub fn shortlist(&self, sets: &[Vec<u32>]) -> Shortlisted {
        Shortlisted::new(&self.projection, sets)
    }

    /// One piece more for every row.
    ///
    /// `position`: how many pieces the rows have; `spans`: each row's source tokens in `memory`; `shortlist`: what the
    /// rows may choose from, if not from all.
    pub fn step(
        &self,
        state: &mut DecoderState,
        position: usize,
        memory: &Memory,
        spans: &[Range<usize>],
        shortlist: Option<&Shortlisted>,
    ) -> Step {
        let (rows, device) = (spans.len(), state.last.device());
        let longest = spans.iter().map(Range::len).max().unwrap_or(0);
        let span_numbers = spans.iter().flat_map(|span| [span.start as i32, span.len() as i32]).collect();
        let spans: Tensor<2, Int> = ints(span_numbers, &device).reshape([rows, 2]);
        let mut x = self.embedding.forward(state.last.clone(), ints(vec![position as i32; rows], &device));
        let mut alignment = None;
        for ((layer, cell), kv) in self.layers.iter().zip(&mut state.cells).zip(&memory.layers) {
            let gates = layer.gates.forward(x.clone());
            // The cell is moved out, so that the operation may write the new one in its place.
            let old = std::mem::replace(cell, Tensor::empty([0, 0], &device));
            let (norm_scale, norm_bias) = (layer.norm.scale.clone(), layer.norm.bias.clone());
            let (out, new) = ops::ssru_norm(gates, x, old, norm_scale, norm_bias);
            *cell = new;
            let (out, weights) = layer.attention.forward(out, kv.clone(), spans.clone(), longest);
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
    /// Keeps only the rows with these indices.
    pub fn keep(&mut self, rows: &[usize]) {
        let rows = ints(rows.iter().map(|&row| row as i32).collect(), &self.last.device());
        for cell in &mut self.cells {
            *cell = cell.clone().select(0, rows.clone());
        }
        self.last = self.last.clone().select(0, rows);
    }
}
