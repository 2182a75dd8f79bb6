//! The operations that burn lacks, behind one backend-extension trait.
//!
//! A translation model spends its time in 8-bit affine maps, and the rest in small operations that burn would compose of
//! many tensors. Each is one method here. Every backend stores packed weights in a form of its own, made by
//! [`pack`]; only that backend's operations read it. [`reference`] has the same operations as plain burn compositions:
//! the truth that the fast forms are tested against.
//!
//! Sentences lie one behind the other in *ragged* tensors: `x: [tokens, dim]` with the sentences' spans beside it. There
//! is no padding, so no mask, no wasted arithmetic, and nothing about a sentence depends on which others are with it.

mod cpu;
pub mod reference;

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::tensor::{Int, Tensor};

pub use klartext_kernels::{Isa, shifted_bias};

/// The form of an 8-bit affine map, apart from its numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AffineForm {
    /// Inputs, `k`.
    pub inputs: usize,
    /// Outputs, `n`.
    pub outputs: usize,
    /// The activation multiplier; without one it is 127 / max|x| of each row, and nothing is shifted (see
    /// [`affine`]).
    pub alpha: Option<f32>,
    /// Whether negative outputs become 0.
    pub relu: bool,
}

/// The form of an embedding table, apart from its numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EmbedForm {
    /// Pieces in the vocabulary.
    pub pieces: usize,
    /// Width of an embedding.
    pub dim: usize,
    /// What a stored 8-bit number is multiplied with: 1 / `quant_mult`.
    pub unit: f32,
}

/// `eps` of every layer normalisation.
pub const NORM_EPS: f32 = 1e-6;

/// The piece id that stands for no piece: its embedding is the zero vector, the decoder's first input.
pub const NO_PIECE: i32 = -1;

/// What the model needs of a backend beyond burn's own operations.
///
/// Shapes are those of the functions of this module with the same names, which wrap the methods for [`Tensor`]s.
#[backend_extension(Flex)]
pub trait TranslationOps: Backend {
    /// See [`pack`].
    fn pack(weights: IntTensor<Self>) -> IntTensor<Self>;
    /// See [`take`].
    fn take(weights: IntTensor<Self>, ids: IntTensor<Self>, form: AffineForm) -> IntTensor<Self>;
    /// See [`embed`].
    fn embed(
        ids: IntTensor<Self>,
        positions: IntTensor<Self>,
        table: IntTensor<Self>,
        encoding: FloatTensor<Self>,
        form: EmbedForm,
    ) -> FloatTensor<Self>;
    /// See [`affine`].
    fn affine(
        x: FloatTensor<Self>,
        weights: IntTensor<Self>,
        scale: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        form: AffineForm,
    ) -> FloatTensor<Self>;
    /// See [`project`].
    fn project(
        x: FloatTensor<Self>,
        weights: IntTensor<Self>,
        scale: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        form: AffineForm,
    ) -> (IntTensor<Self>, FloatTensor<Self>);
    /// See [`add_norm`].
    fn add_norm(
        x: FloatTensor<Self>,
        residual: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        bias: FloatTensor<Self>,
    ) -> FloatTensor<Self>;
    /// See [`ssru_norm`].
    fn ssru_norm(
        gates: FloatTensor<Self>,
        x: FloatTensor<Self>,
        cell: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        bias: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);
    /// See [`self_attention`].
    fn self_attention(qkv: FloatTensor<Self>, spans: IntTensor<Self>, heads: usize) -> FloatTensor<Self>;
    /// See [`cross_attention`].
    fn cross_attention(
        q: FloatTensor<Self>,
        kv: FloatTensor<Self>,
        spans: IntTensor<Self>,
        heads: usize,
        longest: usize,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);
}

/// Brings 8-bit weights into the form that the backend computes with.
///
/// `weights: [outputs, inputs]`, 8-bit integers in −127..=127. The result's length and order are the backend's own.
pub fn pack(weights: Tensor<2, Int>) -> Tensor<1, Int> {
    Tensor::from_dispatch(<Dispatch as TranslationOps>::pack(weights.into_dispatch()))
}

/// The packed weights of some outputs of a map.
///
/// `weights`: packed in the form `form`, `ids: [fewer]`, each below the number of outputs. Packed for `fewer` outputs.
pub fn take(weights: Tensor<1, Int>, ids: Tensor<1, Int>, form: AffineForm) -> Tensor<1, Int> {
    Tensor::from_dispatch(<Dispatch as TranslationOps>::take(
        weights.into_dispatch(),
        ids.into_dispatch(),
        form,
    ))
}

/// Embeddings with their positions.
///
/// `ids: [tokens]` ([`NO_PIECE`] gives the zero vector), `positions: [tokens]`, `table`: packed, `encoding: [max, dim]`.
/// Result `[tokens, dim]`: √dim · E[id] + encoding[position].
pub fn embed(
    ids: Tensor<1, Int>,
    positions: Tensor<1, Int>,
    table: Tensor<1, Int>,
    encoding: Tensor<2>,
    form: EmbedForm,
) -> Tensor<2> {
    Tensor::from_dispatch(<Dispatch as TranslationOps>::embed(
        ids.into_dispatch(),
        positions.into_dispatch(),
        table.into_dispatch(),
        encoding.into_dispatch(),
        form,
    ))
}

/// The 8-bit affine map `y = scale · ((q(x) + 127) · Wᵀ) + bias`, Marian's `int8shiftAlphaAll`.
///
/// `x: [rows, inputs]`, `weights`: packed, `scale: [outputs]`, `bias: [outputs]`; result `[rows, outputs]`. `q` rounds
/// `x · alpha` to the nearest integer, ties to even, within ±127; `scale` undoes both multipliers; `bias` has what the
/// 127 add subtracted, as [`shifted_bias`] does. The product is exact, and rounded before it is scaled.
///
/// With no alpha nothing is added to `q(x)`, `scale` undoes the weights' multiplier only, and `bias` is the map's own.
pub fn affine(
    x: Tensor<2>,
    weights: Tensor<1, Int>,
    scale: Tensor<1>,
    bias: Tensor<1>,
    form: AffineForm,
) -> Tensor<2> {
    Tensor::from_dispatch(<Dispatch as TranslationOps>::affine(
        x.into_dispatch(),
        weights.into_dispatch(),
        scale.into_dispatch(),
        bias.into_dispatch(),
        form,
    ))
}

/// The best output of an affine map for each row, and the logarithm of its probability under softmax.
///
/// Parameters as for [`affine`]; results `[rows]` and `[rows]`. Of equal outputs the first wins.
pub fn project(
    x: Tensor<2>,
    weights: Tensor<1, Int>,
    scale: Tensor<1>,
    bias: Tensor<1>,
    form: AffineForm,
) -> (Tensor<1, Int>, Tensor<1>) {
    let (ids, log_probs) = <Dispatch as TranslationOps>::project(
        x.into_dispatch(),
        weights.into_dispatch(),
        scale.into_dispatch(),
        bias.into_dispatch(),
        form,
    );
    (Tensor::from_dispatch(ids), Tensor::from_dispatch(log_probs))
}

/// Layer normalisation of a sum: `scale · LN(x + residual) + bias`, its sums from left to right.
///
/// `x: [rows, dim]`, `residual: [rows, dim]`, `scale: [dim]`, `bias: [dim]`; result `[rows, dim]`.
pub fn add_norm(x: Tensor<2>, residual: Tensor<2>, scale: Tensor<1>, bias: Tensor<1>) -> Tensor<2> {
    Tensor::from_dispatch(<Dispatch as TranslationOps>::add_norm(
        x.into_dispatch(),
        residual.into_dispatch(),
        scale.into_dispatch(),
        bias.into_dispatch(),
    ))
}

/// One step of the simpler simple recurrent unit, with its normalisation.
///
/// `gates: [rows, 2·dim]` holds `W x` and `W_f x + b_f`; `x: [rows, dim]`, `cell: [rows, dim]`, `scale: [dim]`,
/// `bias: [dim]`. With `f = σ(W_f x + b_f)` the new cell is `f ⊙ cell + (1 − f) ⊙ W x`. Results: `LN(x + relu(cell))` as
/// `[rows, dim]`, and the new cell `[rows, dim]`.
pub fn ssru_norm(
    gates: Tensor<2>,
    x: Tensor<2>,
    cell: Tensor<2>,
    scale: Tensor<1>,
    bias: Tensor<1>,
) -> (Tensor<2>, Tensor<2>) {
    let (out, cell) = <Dispatch as TranslationOps>::ssru_norm(
        gates.into_dispatch(),
        x.into_dispatch(),
        cell.into_dispatch(),
        scale.into_dispatch(),
        bias.into_dispatch(),
    );
    (Tensor::from_dispatch(out), Tensor::from_dispatch(cell))
}

/// Attention of every token to the tokens of its own sentence.
///
/// `qkv: [tokens, 3·dim]`, `spans: [tokens, 2]` with the start and the length of each token's sentence; result
/// `[tokens, dim]`.
pub fn self_attention(qkv: Tensor<2>, spans: Tensor<2, Int>, heads: usize) -> Tensor<2> {
    Tensor::from_dispatch(<Dispatch as TranslationOps>::self_attention(
        qkv.into_dispatch(),
        spans.into_dispatch(),
        heads,
    ))
}

/// Attention of each row to the source tokens of its sentence.
///
/// `q: [rows, dim]`, `kv: [tokens, 2·dim]`, `spans: [rows, 2]` with the start and the length of each row's source
/// sentence, `longest`: the greatest of the lengths. Results: `[rows, dim]`, and the weights of head 0
/// `[rows, longest]`, zero beyond a row's length.
pub fn cross_attention(
    q: Tensor<2>,
    kv: Tensor<2>,
    spans: Tensor<2, Int>,
    heads: usize,
    longest: usize,
) -> (Tensor<2>, Tensor<2>) {
    let (out, weights) = <Dispatch as TranslationOps>::cross_attention(
        q.into_dispatch(),
        kv.into_dispatch(),
        spans.into_dispatch(),
        heads,
        longest,
    );
    (Tensor::from_dispatch(out), Tensor::from_dispatch(weights))
}
