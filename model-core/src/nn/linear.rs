//! 8-bit affine maps.

use burn::module::Module;
use burn::tensor::{Int, Tensor};

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

    /// The packed map, for operations that have it within.
    pub(super) fn packed(&self) -> Tensor<1, Int> {
        self.packed.clone()
    }

    /// The map's form.
    pub(super) fn form(&self) -> AffineForm {
        self.form
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
