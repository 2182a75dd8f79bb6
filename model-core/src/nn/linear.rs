//! 8-bit affine maps.

use burn::module::Module;
use burn::tensor::{Device, Int, Tensor};

use crate::ops::{self, AffineForm};

/// An affine map with 8-bit weights.
#[derive(Module, Debug)]
pub struct Linear {
    weights: Tensor<1, Int>,
    scale: Tensor<1>,
    bias: Tensor<1>,
    #[module(skip)]
    form: AffineForm,
}

impl Linear {
    pub(super) fn new(weights: Tensor<1, Int>, scale: Tensor<1>, bias: Tensor<1>, form: AffineForm) -> Self {
        Self { weights, scale, bias, form }
    }

    /// `x: [rows, inputs]` to `[rows, outputs]`.
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        ops::affine(x, self.weights.clone(), self.scale.clone(), self.bias.clone(), self.form)
    }

    /// The same map to some of the outputs only, `ids: [fewer]`.
    pub(super) fn take(&self, ids: Tensor<1, Int>) -> Self {
        let form = AffineForm { outputs: ids.dims()[0], ..self.form };
        Self {
            weights: ops::take(self.weights.clone(), ids.clone(), self.form),
            scale: self.scale.clone().select(0, ids.clone()),
            bias: self.bias.clone().select(0, ids),
            form,
        }
    }

    /// Where the map's numbers are.
    pub(super) fn device(&self) -> Device {
        self.bias.device()
    }

    /// `x: [rows, inputs]` to the best output of each row and its log-probability, both `[rows]`.
    pub fn best(&self, x: Tensor<2>) -> (Tensor<1, Int>, Tensor<1>) {
        ops::project(x, self.weights.clone(), self.scale.clone(), self.bias.clone(), self.form)
    }
}

/// Affine maps of one input, their outputs side by side.
#[derive(Module, Debug)]
pub(super) struct LinearGroup {
    parts: Vec<Linear>,
}

impl LinearGroup {
    pub(super) fn new(parts: Vec<Linear>) -> Self {
        Self { parts }
    }

    /// `x: [rows, inputs]` to `[rows, sum of outputs]`.
    pub(super) fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        match &self.parts[..] {
            [one] => one.forward(x),
            parts => Tensor::cat(parts.iter().map(|part| part.forward(x.clone())).collect(), 1),
        }
    }
}
