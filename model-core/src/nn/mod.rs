//! The model as burn modules: a transformer encoder and a decoder of SSRU layers with cross-attention.
//!
//! Written once for every device; what a device does in its own way is in [`crate::ops`]. The forward pass is Marian's
//! with `transformer-decoder-autoreg: rnn` and `dec-cell: ssru`: embeddings scaled by √dim plus sinusoidal positions,
//! every sublayer followed by `LN(x + F(x))`, no normalisation at the end, greedy projection to the target embedding.

mod attention;
mod decoder;
mod embedding;
mod encoder;
mod feed_forward;
mod linear;
mod loader;
mod norm;
mod projection;
mod shortlist;

use burn::module::Module;
use burn::tensor::Device;

use crate::error::Result;
use crate::format::config::Config;
use crate::format::marian::ModelFile;

pub use decoder::{Decoder, DecoderState, Memory, Slices, SlicesState, Step};
pub use encoder::Encoder;
pub use linear::Linear;
use loader::Loader;
pub use projection::Projection;
pub use shortlist::Shortlisted;

/// The greatest number of pieces in a source or a target sentence, `</s>` included: how far the positions reach.
pub const MAX_LENGTH: usize = 512;

/// A translation model, ready to run on its device.
#[derive(Module, Debug)]
pub struct Model {
    /// Source pieces to their representations.
    pub encoder: Encoder,
    /// Representations to target pieces, one at a time.
    pub decoder: Decoder,
}

impl Model {
    /// Brings a model file's weights to the device.
    ///
    /// # Errors
    /// Names the tensor that is missing, of another shape than the configuration says, or not finite.
    pub fn load(file: &ModelFile<'_>, config: &Config, device: &Device) -> Result<Self> {
        let loader = Loader::new(file, config, device);
        let (target, projection) = loader.target()?;
        let source = if config.embeddings.shared() {
            target.clone()
        } else {
            loader.embedding(config.embeddings.source, config.source_vocab)?
        };
        let decoder = Decoder::load(&loader, target, projection)?;
        Ok(Self { encoder: Encoder::load(&loader, source)?, decoder })
    }
}
