//! The encoder: source pieces to their representations.

use std::ops::Range;

use burn::module::Module;
use burn::tensor::{Int, Tensor};

use super::attention::SelfAttention;
use super::embedding::{Embedding, ints};
use super::feed_forward::FeedForward;
use super::loader::Loader;
use crate::error::Result;

/// A transformer encoder.
#[derive(Module, Debug)]
pub struct Encoder {
    embedding: Embedding,
    layers: Vec<EncoderLayer>,
}

#[derive(Module, Debug)]
struct EncoderLayer {
    attention: SelfAttention,
    feed_forward: FeedForward,
}

impl Encoder {
    pub(super) fn load(loader: &Loader<'_>, embedding: Embedding) -> Result<Self> {
        let layers = (1..=loader.config.enc_depth)
            .map(|layer| {
                Ok(EncoderLayer {
                    attention: SelfAttention::load(loader, &format!("encoder_l{layer}_self"))?,
                    feed_forward: FeedForward::load(loader, &format!("encoder_l{layer}_ffn"))?,
                })
            })
            .collect::<Result<_>>()?;
        Ok(Self { embedding, layers })
    }

    /// Encodes sentences, each with its `</s>` and at most [`super::MAX_LENGTH`] pieces.
    ///
    /// Results: the representations one sentence behind the other, `[tokens, dim]`, and each sentence's span of them.
    pub fn forward<I: IntoIterator<Item = u32>>(
        &self,
        sentences: impl IntoIterator<Item = I>,
    ) -> (Tensor<2>, Vec<Range<usize>>) {
        let (mut ids, mut positions, mut token_spans, mut spans) = (vec![], vec![], vec![], vec![]);
        for sentence in sentences {
            let start = ids.len();
            ids.extend(sentence.into_iter().map(u32::cast_signed));
            let len = ids.len() - start;
            positions.extend((0..len).map(|position| position as i32));
            token_spans.extend((0..len).flat_map(|_| [start as i32, len as i32]));
            spans.push(start..ids.len());
        }
        let tokens = ids.len();
        let device = self.embedding.device();
        let token_spans: Tensor<2, Int> = ints(token_spans, [tokens, 2], &device);
        let mut x = self.embedding.forward(ints(ids, [tokens], &device), ints(positions, [tokens], &device));
        for layer in &self.layers {
            x = layer.feed_forward.forward(layer.attention.forward(x, token_spans.clone()));
        }
        (x, spans)
    }
}
