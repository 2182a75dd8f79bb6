//! The attention sublayers: of the encoder to itself, and of the decoder to the encoder.

use burn::module::Module;
use burn::tensor::{Int, Tensor};

use super::linear::{Linear, LinearGroup};
use super::loader::Loader;
use super::norm::Norm;
use crate::error::Result;
use crate::ops::{self, CrossAttentionForm, SelfAttentionForm};

/// Names of the affine maps `{prefix}_W{x}` and `{prefix}_b{x}`.
fn names(prefix: &str, letters: &str) -> Vec<(String, Option<String>)> {
    letters.chars().map(|x| (format!("{prefix}_W{x}"), Some(format!("{prefix}_b{x}")))).collect()
}

/// `LN(x + W_o attention(x))` within each sentence.
#[derive(Module, Debug)]
pub(super) struct SelfAttention {
    qkv: LinearGroup,
    out: Linear,
    norm: Norm,
    heads: usize,
}

impl SelfAttention {
    pub(super) fn load(loader: &Loader<'_>, prefix: &str) -> Result<Self> {
        let dim = loader.config.dim_emb;
        Ok(Self {
            qkv: loader.linear_group(&names(prefix, "qkv"))?,
            out: loader.linear(&format!("{prefix}_Wo"), &format!("{prefix}_bo"), dim, dim)?,
            norm: loader.norm(&format!("{prefix}_Wo"))?,
            heads: loader.config.heads,
        })
    }

    /// `x: [tokens, dim]`, `spans: [tokens, 2]` with each token's sentence; result `[tokens, dim]`.
    pub(super) fn forward(&self, x: Tensor<2>, spans: Tensor<2, Int>) -> Tensor<2> {
        let form = SelfAttentionForm { heads: self.heads, out: self.out.form() };
        let qkv = self.qkv.forward(x.clone());
        ops::self_attention(qkv, x, spans, self.out.packed(), self.norm.numbers(), form)
    }
}

/// `LN(x + W_o attention(x, source))` to each row's source sentence.
#[derive(Module, Debug)]
pub(super) struct CrossAttention {
    pub(super) q: Linear,
    kv: LinearGroup,
    pub(super) out: Linear,
    pub(super) norm: Norm,
    pub(super) heads: usize,
}

impl CrossAttention {
    pub(super) fn load(loader: &Loader<'_>, prefix: &str) -> Result<Self> {
        let dim = loader.config.dim_emb;
        Ok(Self {
            q: loader.linear(&format!("{prefix}_Wq"), &format!("{prefix}_bq"), dim, dim)?,
            kv: loader.linear_group(&names(prefix, "kv"))?,
            out: loader.linear(&format!("{prefix}_Wo"), &format!("{prefix}_bo"), dim, dim)?,
            norm: loader.norm(&format!("{prefix}_Wo"))?,
            heads: loader.config.heads,
        })
    }

    /// Keys and values of the encoder's output: `context: [tokens, dim]` to `[tokens, 2·dim]`.
    pub(super) fn keys_values(&self, context: Tensor<2>) -> Tensor<2> {
        self.kv.forward(context)
    }

    /// `x: [rows, dim]`, `kv: [tokens, 2·dim]`, `spans: [rows, 2]`, `longest` of their lengths. Results: `[rows, dim]`,
    /// and the attention of head 0 `[rows, longest]`.
    pub(super) fn forward(
        &self,
        x: Tensor<2>,
        kv: Tensor<2>,
        spans: Tensor<2, Int>,
        longest: usize,
    ) -> (Tensor<2>, Tensor<2>) {
        let form = CrossAttentionForm { heads: self.heads, q: self.q.form(), out: self.out.form(), longest };
        ops::cross_attention(x, kv, spans, self.q.packed(), self.out.packed(), self.norm.numbers(), form)
    }
}
