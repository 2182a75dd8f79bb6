//! The feed-forward sublayer.

use burn::module::Module;
use burn::tensor::Tensor;

use super::linear::Linear;
use super::loader::Loader;
use super::norm::Norm;
use crate::error::Result;
use crate::ops::{self, FeedForwardForm};

/// `LN(x + W₂ relu(W₁ x + b₁) + b₂)`.
#[derive(Module, Debug)]
pub(super) struct FeedForward {
    pub(super) inner: Linear,
    pub(super) outer: Linear,
    pub(super) norm: Norm,
}

impl FeedForward {
    pub(super) fn load(loader: &Loader<'_>, prefix: &str) -> Result<Self> {
        let (dim, inner) = (loader.config.dim_emb, loader.config.dim_ffn);
        Ok(Self {
            inner: loader.linear_relu(&format!("{prefix}_W1"), &format!("{prefix}_b1"), dim, inner)?,
            outer: loader.linear(&format!("{prefix}_W2"), &format!("{prefix}_b2"), inner, dim)?,
            norm: loader.norm(&format!("{prefix}_ffn"))?,
        })
    }

    /// `x: [rows, dim]` to `[rows, dim]`.
    pub(super) fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let form = FeedForwardForm { inner: self.inner.form(), outer: self.outer.form() };
        ops::feed_forward(x, self.inner.packed(), self.outer.packed(), self.norm.numbers(), form)
    }
}
