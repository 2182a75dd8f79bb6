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

/// The form of the map to the vocabulary, of which only the best output is wanted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ProjectionForm {
    /// The map.
    pub map: AffineForm,
    /// That of the sketch, if the map was packed with one. A device may do without.
    pub sketch: Option<SketchForm>,
}

impl From<AffineForm> for ProjectionForm {
    fn from(map: AffineForm) -> Self {
        Self { map, sketch: None }
    }
}

/// The form of a sketch; `kernels/src/sketch.rs` says what the numbers mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SketchForm {
    /// Turned inputs that make the estimates.
    pub kept: usize,
    /// How much of them is in a row's reach.
    pub near: f32,
    /// How much of what rounding takes from them is.
    pub rounding: f32,
    /// How much greater the outputs' exponentials are than those of their estimates.
    pub spread: f32,
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
    /// Whether the map was packed with a sketch. A device may do without.
    pub sketched: bool,
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

/// The maps of a decoder's layer, without those of the source.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DecoderLayerForm {
    /// The map to the gates of the recurrent unit, `dim` to `2·dim`.
    pub gates: AffineForm,
    /// The map to the queries of the attention.
    pub q: AffineForm,
    /// The map of what its heads found.
    pub out: AffineForm,
    /// The map to the hidden activations, its ReLU included.
    pub inner: AffineForm,
    /// The map back.
    pub outer: AffineForm,
}

impl DecoderLayerForm {
    /// The forms in the order in which the maps lie one behind the other.
    pub fn maps(&self) -> [AffineForm; 5] {
        [self.gates, self.q, self.out, self.inner, self.outer]
    }
}

/// The form of several decoding steps.
#[derive(Clone, Debug, PartialEq)]
pub struct StepsForm {
    /// The layers, which differ in their alphas only.
    pub layers: Vec<DecoderLayerForm>,
    /// Words of the packed maps of a layer, in the order of [`DecoderLayerForm::maps`].
    pub words: [usize; 5],
    /// Parts of the width that attend on their own.
    pub heads: usize,
    /// The map to the vocabulary.
    pub projection: ProjectionForm,
    /// The embeddings.
    pub table: EmbedForm,
    /// Whether the embeddings are the projection's weights.
    pub tied: bool,
}

/// The words of a row of the state that [`steps`](super::steps) goes on from.
pub mod state {
    /// Where the row's source tokens begin in the memory.
    pub const START: usize = 0;
    /// How many they are.
    pub const LENGTH: usize = 1;
    /// The width of an alignment in the history.
    pub const LONGEST: usize = 2;
    /// The piece behind which the row does not go on.
    pub const EOS: usize = 3;
    /// The row's last piece.
    pub const LAST: usize = 4;
    /// How many pieces it has.
    pub const POSITION: usize = 5;
    /// From here on the bits of each layer's cells.
    pub const CELLS: usize = 6;
}
