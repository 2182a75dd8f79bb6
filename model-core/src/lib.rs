//! Klartext's translation engine.
//!
//! A model's files become a [`Translator`]; sentences become [`Translation`]s with alignment and log-probabilities. The
//! same code runs natively and in the browser, on every device that burn offers and `ops` knows.
//!
//! ```no_run
//! use model_core::{Device, Files, Options, Translator};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (model, vocabulary) = (std::fs::read("model.bin")?, std::fs::read("vocab.spm")?);
//! let files = Files { model: &model, vocabulary: &vocabulary, target_vocabulary: None, shortlist: None };
//! let translator = Translator::load(files, &Device::flex())?;
//! for translation in translator.translate(&["Guten Morgen!"], &Options::default()) {
//!     println!("{}", translation.text);
//! }
//! # Ok(())
//! # }
//! ```

#[cfg(feature = "gpu")]
pub mod device;
pub mod error;
pub mod format;
pub mod nn;
pub mod ops;
pub mod text;
pub mod translate;

pub use burn::tensor::Device;
pub use error::{Error, File, Result};
pub use klartext_document as document;
pub use translate::{Files, Job, Options, Translation, Translator};
