//! The normalisation behind every sublayer.

use burn::module::Module;
use burn::tensor::Tensor;

/// The learnt scale and bias of a layer normalisation; what applies them is part of each sublayer's operation.
#[derive(Module, Debug)]
pub(super) struct Norm {
    /// `[2, dim]`: the scale, then the bias.
    numbers: Tensor<2>,
}

impl Norm {
    /// `numbers: [2, dim]`.
    pub(super) fn new(numbers: Tensor<2>) -> Self {
        Self { numbers }
    }

    /// `[2, dim]`: the scale, then the bias.
    pub(super) fn numbers(&self) -> Tensor<2> {
        self.numbers.clone()
    }
}
