//! The operations as plain burn compositions: slow, short, and the truth that the fast forms are tested against.
//!
//! Shapes are those of the functions of the same names in [`super`], with two differences: maps are not packed, and spans
//! are given as numbers.

use std::ops::Range;

use burn::tensor::activation::{relu, sigmoid, softmax};
use burn::tensor::{Int, Tensor};

use super::{AffineForm, CrossAttentionForm, EmbedForm, FeedForwardForm, NORM_EPS, SelfAttentionForm};

/// An affine map that is not packed.
#[derive(Clone, Debug)]
pub struct Map {
    /// `[outputs, inputs]`, whole numbers in −127..=127.
    pub weights: Tensor<2>,
    /// `[outputs]`.
    pub scale: Tensor<1>,
    /// `[outputs]`.
    pub bias: Tensor<1>,
}

/// Rounds to the nearest integer within ±127, ties to even; with an alpha 127 is added.
fn quantize(x: Tensor<2>, alpha: Option<f32>) -> (Tensor<2>, Tensor<2>) {
    let (multiplier, shift) = match alpha {
        Some(alpha) => (x.clone().max_dim(1).zeros_like() + alpha, 127.0),
        // A row of zeros has no scale of its own; any will do.
        None => (x.clone().abs().max_dim(1).clamp_min(f32::MIN_POSITIVE).recip() * 127.0, 0.0),
    };
    ((x * multiplier.clone()).round().clamp(-127.0, 127.0) + shift, multiplier)
}

/// See [`super::affine`].
pub fn affine(x: Tensor<2>, map: Map, form: AffineForm) -> Tensor<2> {
    let Map { weights, scale, bias } = map;
    let (q, multiplier) = quantize(x, form.alpha);
    let mut y = q.matmul(weights.transpose()) * scale.unsqueeze();
    if form.alpha.is_none() {
        y = y / multiplier;
    }
    let y = y + bias.unsqueeze();
    if form.relu { relu(y) } else { y }
}

/// See [`super::project`].
pub fn project(x: Tensor<2>, map: Map, form: AffineForm) -> (Tensor<1, Int>, Tensor<1>) {
    best(affine(x, map, form))
}

/// The best of each row's logits, `[rows, outputs]`, and its log-probability, both `[rows]`.
pub fn best(logits: Tensor<2>) -> (Tensor<1, Int>, Tensor<1>) {
    let best = logits.clone().argmax(1);
    let top = logits.clone().max_dim(1);
    let log_probs = (logits - top).exp().sum_dim(1).log().neg();
    (best.squeeze_dim(1), log_probs.squeeze_dim(1))
}

/// See [`super::embed`]; `table: [pieces, dim]`, `positions: [tokens]`.
pub fn embed(
    ids: Tensor<1, Int>,
    positions: Tensor<1, Int>,
    table: Tensor<2>,
    encoding: Tensor<2>,
    form: EmbedForm,
) -> Tensor<2> {
    let present: Tensor<2> = ids.clone().greater_equal_elem(0).float().unsqueeze_dim(1);
    let rows = table.select(0, ids.clamp_min(0)) * form.unit;
    rows * present * (form.dim as f32).sqrt() + encoding.select(0, positions)
}

/// `LN(x)` for `x: [rows, dim]` and `norm: [2, dim]`.
fn normal(x: Tensor<2>, norm: Tensor<2>) -> Tensor<2> {
    let (scale, bias) = (norm.clone().narrow(0, 0, 1), norm.narrow(0, 1, 1));
    let centred = x.clone() - x.mean_dim(1);
    let variance = centred.clone().powi_scalar(2).mean_dim(1);
    centred / (variance + NORM_EPS).sqrt() * scale + bias
}

/// See [`super::ssru_norm`].
pub fn ssru_norm(gates: Tensor<2>, x: Tensor<2>, cell: Tensor<2>, norm: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
    let dim = x.dims()[1];
    let candidate = gates.clone().narrow(1, 0, dim);
    let forget = sigmoid(gates.narrow(1, dim, dim));
    let cell = forget.clone() * cell + (forget.neg() + 1.0) * candidate;
    (normal(relu(cell.clone()) + x, norm), cell)
}

/// Attention of queries to keys of one sentence: `q: [rows, dim]`, `k: [len, dim]`, `v: [len, dim]`. Results:
/// `[rows, dim]` and the weights of head 0 `[rows, len]`.
fn attention(q: Tensor<2>, k: Tensor<2>, v: Tensor<2>, heads: usize) -> (Tensor<2>, Tensor<2>) {
    let head_dim = q.dims()[1] / heads;
    let mut outputs = Vec::with_capacity(heads);
    let mut first = None;
    for head in 0..heads {
        let part = |x: &Tensor<2>| x.clone().narrow(1, head * head_dim, head_dim);
        let scores = part(&q).matmul(part(&k).transpose()) / (head_dim as f32).sqrt();
        let weights = softmax(scores, 1);
        outputs.push(weights.clone().matmul(part(&v)));
        first.get_or_insert(weights);
    }
    (Tensor::cat(outputs, 1), first.expect("a model has at least one head, as its configuration is checked"))
}

/// See [`super::self_attention`]; `sentences` are the spans of the sentences, one behind the other.
pub fn self_attention(
    qkv: Tensor<2>,
    x: Tensor<2>,
    sentences: &[Range<usize>],
    out: Map,
    norm: Tensor<2>,
    form: SelfAttentionForm,
) -> Tensor<2> {
    let [_, dim] = x.dims();
    let outputs = sentences
        .iter()
        .map(|span| {
            let part = |n: usize| qkv.clone().slice([span.clone(), n * dim..(n + 1) * dim]);
            attention(part(0), part(1), part(2), form.heads).0
        })
        .collect();
    normal(x + affine(Tensor::cat(outputs, 0), out, form.out), norm)
}

/// See [`super::cross_attention`]; `spans` has each row's span of `kv`.
pub fn cross_attention(
    x: Tensor<2>,
    kv: Tensor<2>,
    spans: &[Range<usize>],
    q: Map,
    out: Map,
    norm: Tensor<2>,
    form: CrossAttentionForm,
) -> (Tensor<2>, Tensor<2>) {
    let [_, dim] = x.dims();
    let q = affine(x.clone(), q, form.q);
    let (outputs, weights) = spans
        .iter()
        .enumerate()
        .map(|(row, span)| {
            let part = |n: usize| kv.clone().slice([span.clone(), n * dim..(n + 1) * dim]);
            let (out, weights) = attention(q.clone().narrow(0, row, 1), part(0), part(1), form.heads);
            let rest = Tensor::zeros([1, form.longest - span.len()], &weights.device());
            (out, Tensor::cat(vec![weights, rest], 1))
        })
        .unzip();
    let out = normal(x + affine(Tensor::cat(outputs, 0), out, form.out), norm);
    (out, Tensor::cat(weights, 0))
}

/// See [`super::feed_forward`].
pub fn feed_forward(
    x: Tensor<2>,
    inner: Map,
    outer: Map,
    norm: Tensor<2>,
    form: FeedForwardForm,
) -> Tensor<2> {
    let hidden = affine(x.clone(), inner, form.inner);
    normal(x + affine(hidden, outer, form.outer), norm)
}
