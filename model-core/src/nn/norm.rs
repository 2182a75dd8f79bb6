//! The normalisation behind every sublayer.

use burn::module::Module;
use burn::tensor::Tensor;

use crate::ops;

/// `LN(x + residual)` with a learnt scale and bias.
#[derive(Module, Debug)]
pub(super) struct Norm {
    /// `[dim]`.
    pub(super) scale: Tensor<1>,
    /// `[dim]`.
    pub(super) bias: Tensor<1>,
}

impl Norm {
    pub(super) fn new(scale: Tensor<1>, bias: Tensor<1>) -> Self {
        Self { scale, bias }
    }

    /// `x: [rows, dim]`, `residual: [rows, dim]`; result `[rows, dim]`.
    pub(super) fn forward(&self, x: Tensor<2>, residual: Tensor<2>) -> Tensor<2> {
        ops::add_norm(x, residual, self.scale.clone(), self.bias.clone())
    }
}
