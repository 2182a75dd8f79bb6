//! The forms of operations: everything about them but their numbers.

/// The form of an 8-bit affine map.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AffineForm {
    /// Inputs, `k`.
    pub inputs: usize,
    /// Outputs, `n`.
    pub outputs: usize,
    /// The activation multiplier; without one it is 127 / max|x| of each row, and nothing is shifted (see
    /// [`affine`](super::affine)).
    pub alpha: Option<f32>,
    /// Whether negative outputs become 0.
    pub relu: bool,
}

/// The form of an embedding table: a packed map from `dim` inputs to `pieces` outputs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EmbedForm {
    /// Pieces in the vocabulary.
    pub pieces: usize,
    /// Width of an embedding.
    pub dim: usize,
    /// What a stored 8-bit number is multiplied with: 1 / `quant_mult`.
    pub unit: f32,
}

/// The form of attention within sentences. Its width is that of the map behind it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SelfAttentionForm {
    /// Parts of the width that attend on their own.
    pub heads: usize,
    /// The map of what the heads found, `dim` to `dim`.
    pub out: AffineForm,
}

/// The form of attention to the source. Its width is that of its maps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CrossAttentionForm {
    /// Parts of the width that attend on their own.
    pub heads: usize,
    /// The map to the queries, `dim` to `dim`.
    pub q: AffineForm,
    /// The map of what the heads found, `dim` to `dim`.
    pub out: AffineForm,
    /// The greatest length of a row's span.
    pub longest: usize,
}

/// The form of a feed-forward sublayer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FeedForwardForm {
    /// The map to the hidden activations, its ReLU included.
    pub inner: AffineForm,
    /// The map back.
    pub outer: AffineForm,
}
