//! What the engine's worker and a helper say to each other: a worker that decodes for it, on the GPU.
//!
//! Only numbers go to and fro, pieces of a vocabulary that the helper never sees. A helper may fail at any time, or fall
//! silent; what it was given and has not answered is then done elsewhere, and what it answers later is ignored.

use serde::{Deserialize, Serialize};

/// From the engine to a helper, which has to have said [`HelperEvent::Started`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum HelperRequest {
    /// Make a model ready. Answered by [`HelperEvent::Ready`] or [`HelperEvent::Failed`].
    Load {
        /// The model's file.
        #[serde(with = "serde_bytes")]
        model: Vec<u8>,
        /// The piece that ends a sentence.
        eos: u32,
    },
    /// Translate sentences. Answered by a [`HelperEvent::Sentence`] for each and one [`HelperEvent::Done`].
    Decode {
        /// The batch, numbered by the engine.
        batch: u32,
        /// The sentences' pieces, each with its end.
        sentences: Vec<Vec<u32>>,
    },
    /// Nobody wants the batch any more. Answered by [`HelperEvent::Done`] after the steps that are on their way.
    Cancel {
        /// The batch.
        batch: u32,
    },
}

/// From a helper to the engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum HelperEvent {
    /// The helper runs and listens.
    Started,
    /// The model is ready, and every kernel has given the right answers.
    Ready {
        /// What computes.
        helper: HelperInfo,
    },
    /// Decoding goes on. Sent after every read-back, so that silence means something.
    Alive,
    /// A sentence is done.
    Sentence {
        /// The batch.
        batch: u32,
        /// The sentence's place in it.
        index: u32,
        /// What became of it.
        decoded: Decoded,
    },
    /// The batch is over.
    Done {
        /// The batch.
        batch: u32,
        /// What its device holds now, in bytes.
        memory_bytes: u64,
    },
    /// The helper is of no more use.
    Failed {
        /// Why, for the engine panel.
        reason: String,
    },
}

/// What computes in a helper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HelperInfo {
    /// The adapter, as far as the browser tells.
    pub device: String,
    /// Which kernels are live.
    pub kernels: String,
    /// The longest sentence that it takes, in pieces.
    pub longest: u32,
    /// What the device holds, in bytes.
    pub memory_bytes: u64,
}

/// A sentence's translation in numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decoded {
    /// The pieces, without the end.
    pub ids: Vec<u32>,
    /// Their log-probabilities, four bytes each in the machine's order: the two run on one machine.
    #[serde(with = "serde_bytes")]
    log_probs: Vec<u8>,
    /// For each piece the weight of each source piece, as above.
    #[serde(with = "serde_bytes")]
    alignment: Vec<u8>,
    /// Whether the model ended the sentence itself.
    pub complete: bool,
}

impl Decoded {
    /// A translation as it is sent. `alignment: [pieces, source pieces]`.
    #[must_use]
    pub fn new(ids: &[u32], log_probs: &[f32], alignment: &[f32], complete: bool) -> Self {
        Self { ids: ids.to_vec(), log_probs: bytes(log_probs), alignment: bytes(alignment), complete }
    }

    /// The log-probabilities, one for each piece.
    #[must_use]
    pub fn log_probs(&self) -> Vec<f32> {
        floats(&self.log_probs)
    }

    /// The alignment, `[pieces, source pieces]`.
    #[must_use]
    pub fn alignment(&self) -> Vec<f32> {
        floats(&self.alignment)
    }
}

fn bytes(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_ne_bytes()).collect()
}

/// What does not make a whole number is left out.
fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|bytes| f32::from_ne_bytes(*bytes)).collect()
}
