//! 8-bit affine maps.

use burn::module::Module;
use burn::tensor::{Device, Int, Tensor};

use crate::ops::{self, AffineForm};

/// An affine map with 8-bit weights.
#[derive(Module, Debug)]
pub struct Linear {
    /// As [`ops::pack`] makes it.
    packed: Tensor<1, Int>,
    #[module(skip)]
    form: AffineForm,
}

impl Linear {
    /// `packed`: in the form `form`.
    pub(super) fn new(packed: Tensor<1, Int>, form: AffineForm) -> Self {
        Self { packed, form }
    }

    /// `x: [rows, inputs]` to `[rows, outputs]`.
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        ops::affine(x, self.packed(), self.form)
    }

    /// `x: [rows, inputs]` to the best output of each row and its log-probability, both `[rows]`.
    pub fn best(&self, x: Tensor<2>) -> (Tensor<1, Int>, Tensor<1>) {
        ops::project(x, self.packed(), self.form)
    }

    /// The same map to some of the outputs only, `ids: [fewer]`.
    pub(super) fn take(&self, ids: Tensor<1, Int>) -> Self {
        let form = AffineForm { outputs: ids.dims()[0], ..self.form };
        Self { packed: ops::take(self.packed(), ids, self.form), form }
    }

    /// The packed map, for operations that have it within.
    pub(super) fn packed(&self) -> Tensor<1, Int> {
        self.packed.clone()
    }

    /// The map's form.
    pub(super) fn form(&self) -> AffineForm {
        self.form
    }

    /// Where the map is.
    pub(super) fn device(&self) -> Device {
        self.packed.device()
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

    /// The map, if there is only one.
    pub(super) fn one(&self) -> Option<&Linear> {
        match &self.parts[..] {
            [one] => Some(one),
            _ => None,
        }
    }

    /// `x: [rows, inputs]` to `[rows, sum of outputs]`.
    pub(super) fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        match &self.parts[..] {
            [one] => one.forward(x),
            parts => Tensor::cat(parts.iter().map(|part| part.forward(x.clone())).collect(), 1),
        }
    }
}
