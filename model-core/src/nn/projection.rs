//! The map to the vocabulary, of which only each row's best piece is wanted.

use burn::module::Module;
use burn::tensor::{Device, Int, Tensor};

use super::linear::Linear;
use crate::ops::{self, AffineForm, ProjectionForm};

/// The map to the vocabulary.
#[derive(Module, Debug)]
pub struct Projection {
    /// As [`ops::pack`] or [`ops::pack_sketched`] makes it.
    packed: Tensor<1, Int>,
    #[module(skip)]
    form: ProjectionForm,
}

impl Projection {
    /// `packed`: in the form `form`.
    pub(super) fn new(packed: Tensor<1, Int>, form: ProjectionForm) -> Self {
        Self { packed, form }
    }

    /// `x: [rows, inputs]` to the best output of each row and its log-probability, both `[rows]`.
    pub fn best(&self, x: Tensor<2>) -> (Tensor<1, Int>, Tensor<1>) {
        ops::project(x, self.packed(), self.form)
    }

    /// The map to some of the outputs only, `ids: [fewer]`.
    pub(super) fn take(&self, ids: Tensor<1, Int>) -> Linear {
        let form = AffineForm { outputs: ids.dims()[0], ..self.form.map };
        Linear::new(ops::take(self.packed(), ids, self.form), form)
    }

    /// The packed map, for operations that have it within.
    pub(super) fn packed(&self) -> Tensor<1, Int> {
        self.packed.clone()
    }

    /// The map's form.
    pub(super) fn form(&self) -> ProjectionForm {
        self.form
    }

    /// Where the map is.
    pub(super) fn device(&self) -> Device {
        self.packed.device()
    }
}
