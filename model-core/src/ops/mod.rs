//! The operations that burn lacks, behind one backend-extension trait.
//!
//! A translation model spends its time in 8-bit affine maps, and the rest in small operations that burn would compose of
//! many tensors. Each method here is as much as a device can do at once: a whole sublayer where that is possible, so that
//! a GPU needs few dispatches for a step. A map is one tensor in a form of the backend's own, made by [`pack`]; only that
//! backend's operations read it. [`mod@reference`] has the same operations as plain burn compositions: the truth that the
//! fast forms are tested against.
//!
//! Sentences lie one behind the other in *ragged* tensors: `x: [tokens, dim]` with the sentences' spans beside it. There
//! is no padding, so no mask, no wasted arithmetic, and nothing about a sentence depends on which others are with it.
//!
//! Whole numbers are 32-bit on every device, but for the weights that [`pack`] takes.

mod cpu;
mod form;
#[cfg(feature = "gpu")]
pub mod gpu;
pub mod reference;

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::tensor::{Int, Tensor};

pub use form::{
    AffineForm, CrossAttentionForm, DecoderLayerForm, EmbedForm, FeedForwardForm, ProjectionForm,
    SelfAttentionForm, SketchForm, StepsForm, state,
};
pub use klartext_kernels::{Isa, shifted_bias};

/// `eps` of every layer normalisation.
pub const NORM_EPS: f32 = 1e-6;

/// The piece id that stands for no piece: its embedding is the zero vector, the decoder's first input.
pub const NO_PIECE: i32 = -1;

/// Words of a [`record`]'s row in front of its alignment: the piece, and the bits of its log-probability.
pub const RECORD_HEAD: usize = 2;

/// What the model needs of a backend beyond burn's own operations.
///
/// Shapes are those of the functions of this module with the same names, which wrap the methods for [`Tensor`]s.
#[backend_extension(Cube: cfg(feature = "gpu"), Flex)]
pub trait TranslationOps: Backend {
    /// See [`pack`].
    fn pack(
        weights: IntTensor<Self>,
        scale: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        form: AffineForm,
    ) -> IntTensor<Self>;
    /// See [`pack_sketched`]. A device may do without the sketch.
    #[allow(clippy::too_many_arguments, reason = "a map's tensors and a sketch's")]
    fn pack_sketched(
        weights: IntTensor<Self>,
        scale: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        turn: IntTensor<Self>,
        basis: IntTensor<Self>,
        steps: FloatTensor<Self>,
        slack: FloatTensor<Self>,
        form: ProjectionForm,
    ) -> IntTensor<Self>;
    /// See [`take`].
    fn take(map: IntTensor<Self>, ids: IntTensor<Self>, form: ProjectionForm) -> IntTensor<Self>;
    /// See [`embed`].
    fn embed(
        ids: IntTensor<Self>,
        positions: IntTensor<Self>,
        table: IntTensor<Self>,
        encoding: FloatTensor<Self>,
        form: EmbedForm,
    ) -> FloatTensor<Self>;
    /// See [`affine`].
    fn affine(x: FloatTensor<Self>, map: IntTensor<Self>, form: AffineForm) -> FloatTensor<Self>;
    /// See [`project`].
    fn project(
        x: FloatTensor<Self>,
        map: IntTensor<Self>,
        form: ProjectionForm,
    ) -> (IntTensor<Self>, FloatTensor<Self>);
    /// See [`ssru_norm`].
    fn ssru_norm(
        gates: FloatTensor<Self>,
        x: FloatTensor<Self>,
        cell: FloatTensor<Self>,
        norm: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);
    /// See [`self_attention`].
    fn self_attention(
        qkv: FloatTensor<Self>,
        x: FloatTensor<Self>,
        spans: IntTensor<Self>,
        out: IntTensor<Self>,
        norm: FloatTensor<Self>,
        form: SelfAttentionForm,
    ) -> FloatTensor<Self>;
    /// See [`cross_attention`].
    fn cross_attention(
        x: FloatTensor<Self>,
        kv: FloatTensor<Self>,
        spans: IntTensor<Self>,
        q: IntTensor<Self>,
        out: IntTensor<Self>,
        norm: FloatTensor<Self>,
        form: CrossAttentionForm,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);
    /// See [`feed_forward`].
    fn feed_forward(
        x: FloatTensor<Self>,
        inner: IntTensor<Self>,
        outer: IntTensor<Self>,
        norm: FloatTensor<Self>,
        form: FeedForwardForm,
    ) -> FloatTensor<Self>;
    /// See [`record`].
    fn record(
        history: IntTensor<Self>,
        position: IntTensor<Self>,
        ids: IntTensor<Self>,
        log_probs: FloatTensor<Self>,
        alignment: FloatTensor<Self>,
    ) -> (IntTensor<Self>, IntTensor<Self>);
    /// See [`select_rows`].
    fn select_rows(x: FloatTensor<Self>, rows: IntTensor<Self>) -> FloatTensor<Self>;
    /// See [`select_ids`].
    fn select_ids(ids: IntTensor<Self>, rows: IntTensor<Self>) -> IntTensor<Self>;
    /// See [`place`].
    fn place(whole: FloatTensor<Self>, part: FloatTensor<Self>, column: usize) -> FloatTensor<Self>;
    /// See [`place_ids`].
    fn place_ids(whole: IntTensor<Self>, part: IntTensor<Self>, column: usize) -> IntTensor<Self>;
    /// See [`steps`].
    #[allow(clippy::too_many_arguments, reason = "a tensor for each part of the model and of the state")]
    fn steps(
        maps: IntTensor<Self>,
        norms: FloatTensor<Self>,
        projection: IntTensor<Self>,
        table: IntTensor<Self>,
        encoding: FloatTensor<Self>,
        memory: FloatTensor<Self>,
        state: IntTensor<Self>,
        history: IntTensor<Self>,
        form: StepsForm,
    ) -> (IntTensor<Self>, IntTensor<Self>);
}

/// Brings an affine map into the form that the backend computes with.
///
/// `weights: [outputs, inputs]`, 8-bit integers in −127..=127; `scale: [outputs]`, `bias: [outputs]`, see [`affine`].
/// The result is `[len]` of 32-bit words; their number and meaning are the backend's own.
pub fn pack(weights: Tensor<2, Int>, scale: Tensor<1>, bias: Tensor<1>, form: AffineForm) -> Tensor<1, Int> {
    Tensor::from_dispatch(<Dispatch as TranslationOps>::pack(
        weights.into_dispatch(),
        scale.into_dispatch(),
        bias.into_dispatch(),
        form,
    ))
}

/// What the best output of a map can be found with, without computing all.
#[derive(Clone, Debug)]
pub struct SketchWeights {
    /// What turns the inputs, `[inputs, inputs]`, 8-bit integers.
    pub turn: Tensor<2, Int>,
    /// What turns the outputs' weights, `[kept, inputs]`, 8-bit integers.
    pub basis: Tensor<2, Int>,
    /// What a step of each of their rows is worth, `[inputs + kept]`.
    pub steps: Tensor<1>,
    /// How far each output may be from its estimate, for a row with a reach of 1, `[outputs]`.
    pub slack: Tensor<1>,
}

/// As [`pack`], for the map to the vocabulary alone, with a sketch of the form `form.sketch`; without that the sketch is left
/// out.
pub fn pack_sketched(
    weights: Tensor<2, Int>,
    scale: Tensor<1>,
    bias: Tensor<1>,
    sketch: SketchWeights,
    form: ProjectionForm,
) -> Tensor<1, Int> {
    let SketchWeights { turn, basis, steps, slack } = sketch;
    Tensor::from_dispatch(<Dispatch as TranslationOps>::pack_sketched(
        weights.into_dispatch(),
        scale.into_dispatch(),
        bias.into_dispatch(),
        turn.into_dispatch(),
        basis.into_dispatch(),
        steps.into_dispatch(),
        slack.into_dispatch(),
        form,
    ))
}

/// The packed map to some outputs of a map.
///
/// `map`: packed in the form `form`, `ids: [fewer]`, each below the number of outputs. Packed for `fewer` outputs, without a
/// sketch.
pub fn take(map: Tensor<1, Int>, ids: Tensor<1, Int>, form: ProjectionForm) -> Tensor<1, Int> {
    Tensor::from_dispatch(<Dispatch as TranslationOps>::take(map.into_dispatch(), ids.into_dispatch(), form))
}

/// Embeddings with their positions.
///
/// `ids: [tokens]` ([`NO_PIECE`] gives the zero vector), `positions: [tokens]`, or `[1]` for all; `table`: the packed map
/// whose weights are the embeddings, `encoding: [max, dim]`. Result `[tokens, dim]`: `√dim · E[id] + encoding[position]`.
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
/// `x: [rows, inputs]`, `map`: packed; result `[rows, outputs]`. `q` rounds `x · alpha` to the nearest integer, ties to
/// even, within ±127; the map's `scale` undoes both multipliers; its `bias` has what the 127 add subtracted, as
/// [`shifted_bias`] does. The product is exact, and rounded before it is scaled.
///
/// With no alpha nothing is added to `q(x)`, `scale` undoes the weights' multiplier only, and `bias` is the map's own.
pub fn affine(x: Tensor<2>, map: Tensor<1, Int>, form: AffineForm) -> Tensor<2> {
    Tensor::from_dispatch(<Dispatch as TranslationOps>::affine(x.into_dispatch(), map.into_dispatch(), form))
}

/// The best output of an affine map for each row, and the logarithm of its probability under softmax.
///
/// Parameters as for [`affine`]; results `[rows]` and `[rows]`. Of equal outputs the first wins. A sketch changes nothing
/// about the outputs; the probabilities are then estimates, since most outputs are not computed.
pub fn project(x: Tensor<2>, map: Tensor<1, Int>, form: ProjectionForm) -> (Tensor<1, Int>, Tensor<1>) {
    let (ids, log_probs) =
        <Dispatch as TranslationOps>::project(x.into_dispatch(), map.into_dispatch(), form);
    (Tensor::from_dispatch(ids), Tensor::from_dispatch(log_probs))
}

/// One step of the simpler simple recurrent unit, with its normalisation.
///
/// `gates: [rows, 2·dim]` holds `W x` and `W_f x + b_f`; `x: [rows, dim]`, `cell: [rows, dim]`, `norm: [2, dim]` with
/// the scale and the bias. With `f = σ(W_f x + b_f)` the new cell is `f ⊙ cell + (1 − f) ⊙ W x`. Results:
/// `LN(x + relu(cell))` as `[rows, dim]`, and the new cell `[rows, dim]`, in the old one's place if nobody else holds it.
/// `LN(y)` is `scale · (y − mean) / √(variance + eps) + bias`, its sums from left to right.
pub fn ssru_norm(gates: Tensor<2>, x: Tensor<2>, cell: Tensor<2>, norm: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
    let (out, cell) = <Dispatch as TranslationOps>::ssru_norm(
        gates.into_dispatch(),
        x.into_dispatch(),
        cell.into_dispatch(),
        norm.into_dispatch(),
    );
    (Tensor::from_dispatch(out), Tensor::from_dispatch(cell))
}

/// Attention of every token to the tokens of its own sentence: `LN(x + W_o attention)`.
///
/// `qkv: [tokens, 3·dim]`, `x: [tokens, dim]`, `spans: [tokens, 2]` with the start and the length of each token's
/// sentence; `out`: packed `W_o` with its bias, `norm: [2, dim]`; result `[tokens, dim]`.
pub fn self_attention(
    qkv: Tensor<2>,
    x: Tensor<2>,
    spans: Tensor<2, Int>,
    out: Tensor<1, Int>,
    norm: Tensor<2>,
    form: SelfAttentionForm,
) -> Tensor<2> {
    Tensor::from_dispatch(<Dispatch as TranslationOps>::self_attention(
        qkv.into_dispatch(),
        x.into_dispatch(),
        spans.into_dispatch(),
        out.into_dispatch(),
        norm.into_dispatch(),
        form,
    ))
}

/// Attention of each row to the source tokens of its sentence: `LN(x + W_o attention(W_q x, kv))`.
///
/// `x: [rows, dim]`, `kv: [tokens, 2·dim]`, `spans: [rows, 2]` with the start and the length of each row's source
/// sentence; `q`, `out`: packed; `norm: [2, dim]`. Results: `[rows, dim]`, and the weights of head 0
/// `[rows, form.longest]`, zero beyond a row's length.
pub fn cross_attention(
    x: Tensor<2>,
    kv: Tensor<2>,
    spans: Tensor<2, Int>,
    q: Tensor<1, Int>,
    out: Tensor<1, Int>,
    norm: Tensor<2>,
    form: CrossAttentionForm,
) -> (Tensor<2>, Tensor<2>) {
    let (out, weights) = <Dispatch as TranslationOps>::cross_attention(
        x.into_dispatch(),
        kv.into_dispatch(),
        spans.into_dispatch(),
        q.into_dispatch(),
        out.into_dispatch(),
        norm.into_dispatch(),
        form,
    );
    (Tensor::from_dispatch(out), Tensor::from_dispatch(weights))
}

/// The feed-forward sublayer: `LN(x + W₂ relu(W₁ x + b₁) + b₂)`.
///
/// `x: [rows, dim]`, `inner`, `outer`: packed; `norm: [2, dim]`; result `[rows, dim]`.
pub fn feed_forward(
    x: Tensor<2>,
    inner: Tensor<1, Int>,
    outer: Tensor<1, Int>,
    norm: Tensor<2>,
    form: FeedForwardForm,
) -> Tensor<2> {
    Tensor::from_dispatch(<Dispatch as TranslationOps>::feed_forward(
        x.into_dispatch(),
        inner.into_dispatch(),
        outer.into_dispatch(),
        norm.into_dispatch(),
        form,
    ))
}

/// Writes down what a decoding step found, for loops that read back only every few steps.
///
/// `history: [slots, rows, 2 + longest]`, `position: [1]`, `ids: [rows]`, `log_probs: [rows]`,
/// `alignment: [rows, longest]`. In slot `position % slots` each row gets its id, the bits of its log-probability and the
/// bits of its weights. Results: the history, in place if nobody else holds it, and the position + 1.
pub fn record(
    history: Tensor<3, Int>,
    position: Tensor<1, Int>,
    ids: Tensor<1, Int>,
    log_probs: Tensor<1>,
    alignment: Tensor<2>,
) -> (Tensor<3, Int>, Tensor<1, Int>) {
    let (history, position) = <Dispatch as TranslationOps>::record(
        history.into_dispatch(),
        position.into_dispatch(),
        ids.into_dispatch(),
        log_probs.into_dispatch(),
        alignment.into_dispatch(),
    );
    (Tensor::from_dispatch(history), Tensor::from_dispatch(position))
}

/// Some rows of a matrix: `x: [rows, dim]`, `rows: [fewer]` with their numbers; result `[fewer, dim]`.
pub fn select_rows(x: Tensor<2>, rows: Tensor<1, Int>) -> Tensor<2> {
    Tensor::from_dispatch(<Dispatch as TranslationOps>::select_rows(x.into_dispatch(), rows.into_dispatch()))
}

/// Some rows of whole numbers: `ids: [rows, ..]`, `rows: [fewer]`; result `[fewer, ..]`.
pub fn select_ids<const D: usize>(ids: Tensor<D, Int>, rows: Tensor<1, Int>) -> Tensor<D, Int> {
    Tensor::from_dispatch(<Dispatch as TranslationOps>::select_ids(ids.into_dispatch(), rows.into_dispatch()))
}

/// Writes `part: [rows, fewer]` into `whole: [rows, columns]` from a column on; in place if nobody else holds it.
pub fn place(whole: Tensor<2>, part: Tensor<2>, column: usize) -> Tensor<2> {
    let (whole, part) = (whole.into_dispatch(), part.into_dispatch());
    Tensor::from_dispatch(<Dispatch as TranslationOps>::place(whole, part, column))
}

/// As [`place`], of whole numbers.
pub fn place_ids(whole: Tensor<2, Int>, part: Tensor<2, Int>, column: usize) -> Tensor<2, Int> {
    let (whole, part) = (whole.into_dispatch(), part.into_dispatch());
    Tensor::from_dispatch(<Dispatch as TranslationOps>::place_ids(whole, part, column))
}

/// The weights that [`steps`] needs.
#[derive(Clone, Debug)]
pub struct StepsWeights {
    /// The packed maps of all layers one behind the other, `[words]`; see [`DecoderLayerForm::maps`].
    pub maps: Tensor<1, Int>,
    /// For each layer the normalisations behind the recurrent unit, the attention and the feed-forward sublayer,
    /// `[1, layers·3·2·dim]`.
    pub norms: Tensor<2>,
    /// The packed map to the vocabulary.
    pub projection: Tensor<1, Int>,
    /// The packed map whose weights are the embeddings.
    pub table: Tensor<1, Int>,
    /// The encoding of positions, `[max, dim]`.
    pub encoding: Tensor<2>,
}

/// Several decoding steps.
///
/// `memory: [tokens, layers·2·dim]` with the keys and the values of each layer; `state: [rows, 6 + layers·dim]`, see
/// [`mod@state`]; `history: [slots, rows, 2 + longest]`. There are as many steps as slots; each does what [`embed`],
/// [`affine`] and the sublayers' operations do one after the other, and what it finds is written down as by [`record`]. A
/// row whose last piece is its `EOS` has ended: from there on its slots say nothing, and nothing else about it is sure but
/// that piece. Results: the state and the history, both in place if nobody else holds them.
pub fn steps(
    weights: StepsWeights,
    memory: Tensor<2>,
    state: Tensor<2, Int>,
    history: Tensor<3, Int>,
    form: StepsForm,
) -> (Tensor<2, Int>, Tensor<3, Int>) {
    let StepsWeights { maps, norms, projection, table, encoding } = weights;
    let (state, history) = <Dispatch as TranslationOps>::steps(
        maps.into_dispatch(),
        norms.into_dispatch(),
        projection.into_dispatch(),
        table.into_dispatch(),
        encoding.into_dispatch(),
        memory.into_dispatch(),
        state.into_dispatch(),
        history.into_dispatch(),
        form,
    );
    (Tensor::from_dispatch(state), Tensor::from_dispatch(history))
}
