//! Decoding in slices: several steps of all rows as one operation, for devices where each costs something to ask for.

use std::ops::Range;

use burn::module::Module;
use burn::tensor::{DType, Int, Tensor};

use super::Decoder;
use crate::nn::attention::CrossAttention;
use crate::nn::embedding::{Embedding, ints, list};
use crate::nn::linear::Linear;
use crate::nn::norm::Norm;
use crate::nn::projection::Projection;
use crate::ops::{self, DecoderLayerForm, NO_PIECE, RECORD_HEAD, StepsForm, StepsWeights, state};

/// A decoder's weights as [`ops::steps`] takes them.
#[derive(Module, Debug)]
pub struct Slices {
    /// The packed maps of all layers, one behind the other.
    maps: Tensor<1, Int>,
    /// The normalisations of all layers, `[1, layers·3·2·dim]`.
    norms: Tensor<2>,
    embedding: Embedding,
    projection: Projection,
    /// For the keys and the values.
    attention: Vec<CrossAttention>,
    #[module(skip)]
    form: StepsForm,
}

/// Sentences in decoding. All of it is on the device.
#[derive(Debug)]
pub struct SlicesState {
    /// The keys and values of each layer, `[tokens, layers·2·dim]`.
    memory: Tensor<2>,
    /// What [`ops::steps`] goes on from, `[rows, 6 + layers·dim]`.
    rows: Tensor<2, Int>,
    /// How many pieces the rows have.
    position: usize,
    /// The greatest number of source tokens of a row.
    longest: usize,
}

impl Slices {
    /// `None` if the decoder's maps do not quantise their inputs by fixed alphas, and both gates by the same one, or if the
    /// heads are not a multiple of 4 wide.
    pub(super) fn new(decoder: &Decoder) -> Option<Self> {
        let first = decoder.layers.first()?;
        let heads = first.attention.heads;
        if !(decoder.dim / heads).is_multiple_of(4) || decoder.projection.form().map.alpha.is_none() {
            return None;
        }
        let (mut maps, mut norms, mut forms) = (Vec::new(), Vec::new(), Vec::new());
        for layer in &decoder.layers {
            let (attention, feed_forward) = (&layer.attention, &layer.feed_forward);
            let of_layer =
                [layer.gates.one()?, &attention.q, &attention.out, &feed_forward.inner, &feed_forward.outer];
            let [gates, q, out, inner, outer] = of_layer.map(Linear::form);
            let form = DecoderLayerForm { gates, q, out, inner, outer };
            if form.maps().iter().any(|map| map.alpha.is_none()) {
                return None;
            }
            forms.push(form);
            maps.extend(of_layer.map(Linear::packed));
            norms.extend([&layer.norm, &attention.norm, &feed_forward.norm].map(Norm::numbers));
        }
        let device = decoder.embedding.device();
        let words: Vec<usize> = maps.iter().map(|map| map.dims()[0]).collect();
        let form = StepsForm {
            layers: forms,
            words: *words.first_chunk()?,
            heads,
            projection: decoder.projection.form(),
            table: decoder.embedding.form,
            tied: decoder.tied,
        };
        let all = words.iter().sum();
        let mut joined = Tensor::<2, Int>::empty([1, all], (&device, DType::I32));
        let mut end = 0;
        for (map, words) in maps.into_iter().zip(words) {
            joined = ops::place_ids(joined, map.reshape([1, words]), end);
            end += words;
        }
        let width = 2 * decoder.dim;
        let mut joined_norms = Tensor::empty([1, norms.len() * width], &device);
        for (number, norm) in norms.into_iter().enumerate() {
            joined_norms = ops::place(joined_norms, norm.reshape([1, width]), number * width);
        }
        Some(Self {
            maps: joined.reshape([all]),
            norms: joined_norms,
            embedding: decoder.embedding.clone(),
            projection: decoder.projection.clone(),
            attention: decoder.layers.iter().map(|layer| layer.attention.clone()).collect(),
            form,
        })
    }

    /// The state of sentences of which nothing is translated yet. `context: [tokens, dim]` is the encoder's output; `spans`:
    /// their source tokens in it, one row for each; `eos`: the piece behind which a row does not go on.
    pub fn start(&self, context: &Tensor<2>, spans: &[Range<usize>], eos: u32) -> SlicesState {
        let ([tokens, dim], device) = (context.dims(), context.device());
        let layers = self.attention.len();
        let mut memory = Tensor::empty([tokens, layers * 2 * dim], &device);
        for (number, layer) in self.attention.iter().enumerate() {
            memory = ops::place(memory, layer.keys_values(context.clone()), number * 2 * dim);
        }
        let longest = spans.iter().map(Range::len).max().unwrap_or(0);
        let words = state::CELLS + layers * dim;
        let mut rows = vec![0; spans.len() * words];
        for (row, span) in rows.chunks_exact_mut(words).zip(spans) {
            row[state::START] = span.start as i32;
            row[state::LENGTH] = span.len() as i32;
            row[state::LONGEST] = longest as i32;
            row[state::EOS] = eos.cast_signed();
            row[state::LAST] = NO_PIECE;
        }
        SlicesState { memory, rows: ints(rows, [spans.len(), words], &device), position: 0, longest }
    }

    /// Makes some steps; what they find is on the device, `[steps, rows, 2 + longest]`, each in slot `position % steps`. A
    /// row's slots behind its end say nothing.
    pub fn steps(&self, state: &mut SlicesState, steps: usize) -> Tensor<3, Int> {
        let [rows, _] = state.rows.dims();
        let history =
            Tensor::empty([steps, rows, RECORD_HEAD + state.longest], (&state.rows.device(), DType::I32));
        let weights = StepsWeights {
            maps: self.maps.clone(),
            norms: self.norms.clone(),
            projection: self.projection.packed(),
            table: self.embedding.table.clone(),
            encoding: self.embedding.encoding.clone(),
        };
        let nothing = Tensor::empty([0, 0], (&state.rows.device(), DType::I32));
        let rows = std::mem::replace(&mut state.rows, nothing);
        let (rows, history) = ops::steps(weights, state.memory.clone(), rows, history, self.form.clone());
        state.rows = rows;
        state.position += steps;
        history
    }
}

impl SlicesState {
    /// How many pieces the rows have, those behind their ends included.
    pub fn position(&self) -> usize {
        self.position
    }

    /// The greatest number of source tokens of a row, of those at the start: the width of an alignment.
    pub fn longest(&self) -> usize {
        self.longest
    }

    /// Keeps only the rows with these indices.
    pub fn keep(&mut self, rows: &[usize]) {
        let list = list(rows.iter().copied(), &self.rows.device());
        self.rows = ops::select_ids(self.rows.clone(), list);
    }
}
