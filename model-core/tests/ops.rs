//! Every operation of this machine's kernels against its plain burn composition, on random shapes.
//!
//! Tolerance: 2e-4 absolute where numbers are of the order of 1. The two differ in the order of float sums, in the
//! exponential's last bits, and by the rounding of `x · alpha` where it lies on the edge between two integers.

use std::ops::Range;

use model_core::Device;
use model_core::ops::{self, AffineForm, EmbedForm, NO_PIECE, reference};
use model_core::{nn::MAX_LENGTH, ops::NORM_EPS};

use burn::tensor::{DType, Int, Tensor, TensorData};

const TOLERANCE: f32 = 2e-4;

/// A small generator of repeatable numbers (xorshift).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    /// In −1..1.
    fn float(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }

    fn tensor<const D: usize>(&mut self, shape: [usize; D]) -> Tensor<D> {
        let values: Vec<f32> = (0..shape.iter().product()).map(|_| self.float()).collect();
        Tensor::from_data(TensorData::new(values, shape), &Device::flex())
    }

    /// 8-bit weights, as integers for `pack` and as floats for the reference.
    fn weights(&mut self, n: usize, k: usize) -> (Tensor<2, Int>, Tensor<2>) {
        let values: Vec<i8> = (0..n * k).map(|_| (self.below(255) as i32 - 127) as i8).collect();
        let floats: Vec<f32> = values.iter().map(|&value| f32::from(value)).collect();
        let device = Device::flex();
        (
            Tensor::from_data(TensorData::new(values, [n, k]), (&device, DType::I8)),
            Tensor::from_data(TensorData::new(floats, [n, k]), &device),
        )
    }
}

fn ints<const D: usize>(values: Vec<i32>, shape: [usize; D]) -> Tensor<D, Int> {
    Tensor::from_data(TensorData::new(values, shape), (&Device::flex(), DType::I32))
}

fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

#[track_caller]
fn assert_close<const D: usize>(fast: Tensor<D>, plain: Tensor<D>, what: &str) {
    assert_eq!(fast.dims(), plain.dims(), "{what}: shape");
    for (index, (fast, plain)) in numbers(fast).into_iter().zip(numbers(plain)).enumerate() {
        assert!(
            (fast - plain).abs() <= TOLERANCE * plain.abs().max(1.0),
            "{what}[{index}]: {fast} and {plain}"
        );
    }
}

/// Shapes that a model has, and some that none has.
const AFFINE_SHAPES: [(usize, usize, usize); 8] = [
    (1, 256, 256),
    (7, 256, 768),
    (33, 768, 256),
    (5, 31, 17),
    (2, 1, 1),
    (64, 384, 1152),
    (3, 129, 5),
    (16, 512, 2048),
];

#[test]
fn affine_maps_equal_their_reference() {
    let mut random = Random(1);
    for (rows, inputs, outputs) in AFFINE_SHAPES {
        for (alpha, relu) in [(Some(53.0), false), (Some(127.0), true), (None, false), (None, true)] {
            // Multiples of 1/16: with an alpha of a whole number none of them lies on an edge between two integers.
            let x = (random.tensor([rows, inputs]) * 16.0).round() / 16.0;
            let (packed, plain) = random.weights(outputs, inputs);
            let form = AffineForm { inputs, outputs, alpha, relu };
            let scale = random.tensor([outputs]).abs() / (127.0 * 127.0);
            let bias = random.tensor([outputs]);
            let fast = ops::affine(x.clone(), ops::pack(packed), scale.clone(), bias.clone(), form);
            let plain = reference::affine(x, plain, scale, bias, form);
            // A value that is rounded the other way moves an output by one step of the weights, 127 · scale at most.
            assert_close(fast, plain, &format!("affine {rows}×{inputs}×{outputs} {alpha:?} {relu}"));
        }
    }
}

#[test]
fn projections_equal_their_reference() {
    let mut random = Random(2);
    for (rows, inputs, outputs) in AFFINE_SHAPES {
        let x = (random.tensor([rows, inputs]) * 16.0).round() / 16.0;
        let (packed, plain) = random.weights(outputs, inputs);
        let form = AffineForm { inputs, outputs, alpha: Some(41.0), relu: false };
        let (scale, bias) = (Tensor::ones([outputs], &Device::flex()) / 5000.0, random.tensor([outputs]));
        let (ids, log_probs) = ops::project(x.clone(), ops::pack(packed), scale.clone(), bias.clone(), form);
        let (plain_ids, plain_log_probs) = reference::project(x, plain, scale, bias, form);
        let ids: Vec<i32> = ids.into_data().iter().collect();
        let plain_ids: Vec<i32> = plain_ids.into_data().iter().collect();
        assert_eq!(ids, plain_ids, "{rows}×{inputs}×{outputs}");
        assert_close(log_probs, plain_log_probs, "log-probability");
    }
}

#[test]
fn equal_outputs_go_to_the_first() {
    let device = Device::flex();
    let form = AffineForm { inputs: 4, outputs: 40, alpha: Some(1.0), relu: false };
    let weights = ops::pack(ints(vec![0; 160], [40, 4]).cast(DType::I8));
    let (ids, log_probs) = ops::project(
        Tensor::ones([3, 4], &device),
        weights,
        Tensor::ones([40], &device),
        Tensor::zeros([40], &device),
        form,
    );
    assert_eq!(ids.into_data().iter::<i32>().collect::<Vec<_>>(), [0, 0, 0]);
    for log_prob in numbers(log_probs) {
        assert!((log_prob + 40f32.ln()).abs() < 1e-4, "{log_prob}");
    }
}

#[test]
fn outputs_can_be_taken_from_a_packed_map() {
    let mut random = Random(3);
    let form = AffineForm { inputs: 48, outputs: 100, alpha: Some(60.0), relu: false };
    let (weights, _) = random.weights(form.outputs, form.inputs);
    let (x, scale) = (random.tensor([5, form.inputs]), random.tensor([form.outputs]));
    let bias = random.tensor([form.outputs]);
    let packed = ops::pack(weights);
    let ids = ints(vec![0, 3, 4, 50, 99], [5]);
    let whole =
        ops::affine(x.clone(), packed.clone(), scale.clone(), bias.clone(), form).select(1, ids.clone());
    let fewer = AffineForm { outputs: 5, ..form };
    let taken = ops::take(packed, ids.clone(), form);
    let part = ops::affine(x, taken, scale.select(0, ids.clone()), bias.select(0, ids), fewer);
    assert_eq!(numbers(whole), numbers(part));
}

#[test]
fn embeddings_equal_their_reference() {
    let mut random = Random(4);
    for (pieces, dim) in [(300, 256), (17, 6), (1, 34)] {
        let (packed, plain) = random.weights(pieces, dim);
        let form = EmbedForm { pieces, dim, unit: 1.0 / 299.9 };
        let mut ids: Vec<i32> = (0..20).map(|_| random.below(pieces) as i32).collect();
        ids[3] = NO_PIECE;
        let positions: Vec<i32> = (0..20).map(|_| random.below(MAX_LENGTH) as i32).collect();
        let encoding = random.tensor([MAX_LENGTH, dim]);
        let (ids, positions) = (ints(ids, [20]), ints(positions, [20]));
        let fast = ops::embed(ids.clone(), positions.clone(), ops::pack(packed), encoding.clone(), form);
        assert_close(fast, reference::embed(ids, positions, plain, encoding, form), "embedding");
    }
}

#[test]
fn normalisation_and_ssru_equal_their_references() {
    let mut random = Random(5);
    for (rows, dim) in [(1, 256), (9, 384), (32, 512), (3, 7), (2, 1)] {
        let (x, residual) = (random.tensor([rows, dim]) * 3.0, random.tensor([rows, dim]));
        let (scale, bias) = (random.tensor([dim]), random.tensor([dim]));
        let fast = ops::add_norm(x.clone(), residual.clone(), scale.clone(), bias.clone());
        assert_close(
            fast,
            reference::add_norm(x.clone(), residual.clone(), scale.clone(), bias.clone()),
            "norm",
        );

        let (gates, cell) = (random.tensor([rows, 2 * dim]) * 9.0, random.tensor([rows, dim]));
        let before = numbers(cell.clone());
        let (out, new) = ops::ssru_norm(gates.clone(), x.clone(), cell.clone(), scale.clone(), bias.clone());
        assert_eq!(before, numbers(cell.clone()), "a cell that somebody else holds must not change");
        let (plain_out, plain_new) = reference::ssru_norm(gates, x, cell, scale, bias);
        assert_close(new, plain_new, "cell");
        assert_close(out, plain_out, "ssru");
    }
    assert_eq!(NORM_EPS, 1e-6, "the model was trained with it");
}

#[test]
fn attention_equals_its_reference() {
    let mut random = Random(6);
    for (heads, head_dim) in [(8, 32), (8, 48), (1, 5), (4, 1)] {
        let dim = heads * head_dim;
        let lengths = [1, 30, 2, 17, 64, 5];
        let mut sentences: Vec<Range<usize>> = Vec::new();
        for len in lengths {
            let start = sentences.last().map_or(0, |span| span.end);
            sentences.push(start..start + len);
        }
        let tokens = sentences.last().expect("there are sentences").end;
        let qkv = random.tensor([tokens, 3 * dim]) * 2.0;
        let spans: Vec<i32> =
            sentences.iter().flat_map(|s| s.clone().flat_map(|_| [s.start as i32, s.len() as i32])).collect();
        let fast = ops::self_attention(qkv.clone(), ints(spans, [tokens, 2]), heads);
        assert_close(fast, reference::self_attention(qkv, &sentences, heads), "self-attention");

        let kv = random.tensor([tokens, 2 * dim]);
        // Rows in any order, and a sentence twice.
        let rows: Vec<Range<usize>> = [4, 0, 3, 3, 1].map(|index| sentences[index].clone()).to_vec();
        let q = random.tensor([rows.len(), dim]) * 2.0;
        let spans: Vec<i32> = rows.iter().flat_map(|s| [s.start as i32, s.len() as i32]).collect();
        let spans = ints(spans, [rows.len(), 2]);
        let (fast, weights) = ops::cross_attention(q.clone(), kv.clone(), spans, heads, 64);
        let (plain, plain_weights) = reference::cross_attention(q, kv, &rows, heads, 64);
        assert_close(fast, plain, "cross-attention");
        assert_close(weights, plain_weights, "alignment");
    }
}
