//! The device, the model on it, and the batch that it decodes.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use klartext_protocol::helper::{Decoded, HelperEvent, HelperInfo, HelperRequest};
use model_core::Device;
use model_core::device::{Gpu, self_test};
use model_core::format::config::Config;
use model_core::format::marian::ModelFile;
use model_core::format::sketch::SKETCH_ITEM;
use model_core::nn::Model;
use model_core::ops::gpu;
use model_core::translate::{Lockstep, Sentence, Steps};
use wasm_bindgen_futures::spawn_local;

use crate::post;

/// Decoding steps between two read-backs.
const SLOTS: usize = 8;

/// What the worker holds.
#[derive(Clone, Default)]
pub(crate) struct Decoder {
    ready: Rc<RefCell<Option<Rc<Ready>>>>,
    /// The batch that nobody wants any more.
    cancelled: Rc<Cell<Option<u32>>>,
}

/// A model on a device.
struct Ready {
    gpu: Gpu,
    model: Model,
    eos: u32,
}

impl Decoder {
    /// Takes a request.
    pub(crate) fn handle(&self, request: HelperRequest) {
        match request {
            HelperRequest::Load { model, eos } => {
                let decoder = self.clone();
                spawn_local(async move {
                    match Ready::load(&model, eos).await {
                        Ok(ready) => {
                            post(&HelperEvent::Ready { helper: ready.info() });
                            *decoder.ready.borrow_mut() = Some(Rc::new(ready));
                        }
                        Err(reason) => post(&HelperEvent::Failed { reason }),
                    }
                });
            }
            HelperRequest::Decode { batch, sentences } => {
                let ready = self.ready.borrow().clone();
                let Some(ready) = ready else {
                    return post(&HelperEvent::Failed { reason: "there is no model yet".to_owned() });
                };
                let cancelled = Rc::clone(&self.cancelled);
                spawn_local(async move {
                    match ready.decode(batch, sentences, &cancelled).await {
                        Ok(()) => post(&HelperEvent::Done { batch, memory_bytes: ready.memory_bytes() }),
                        Err(reason) => post(&HelperEvent::Failed { reason }),
                    }
                });
            }
            HelperRequest::Cancel { batch } => self.cancelled.set(Some(batch)),
        }
    }
}

impl Ready {
    async fn load(bytes: &[u8], eos: u32) -> Result<Self, String> {
        let words = |error: model_core::Error| error.to_string();
        // The GPU has no use for a sketch, and without it the CPU's answers are exact.
        let file = ModelFile::parse(bytes).map_err(words)?.without(SKETCH_ITEM);
        let config = Config::from_model(&file).map_err(words)?;
        let gpu = Gpu::find().await.map_err(|error| error.to_string())?;
        gpu.check(&config).map_err(|error| error.to_string())?;
        gpu.suit(&config);
        let mut model = Model::load(&file, &config, &gpu.device).map_err(words)?;
        model.decoder.fuse();
        let known = Model::load(&file, &config, &Device::flex()).map_err(words)?;
        self_test(&known, &model).await.map_err(|error| format!("the self-test failed: {error}"))?;
        Ok(Self { gpu, model, eos })
    }

    fn info(&self) -> HelperInfo {
        let kernels = if self.gpu.packed_dot { "WGSL, packed 8-bit products" } else { "WGSL" };
        HelperInfo {
            device: self.gpu.to_string(),
            kernels: kernels.to_owned(),
            longest: gpu::LONGEST as u32,
            memory_bytes: self.memory_bytes(),
        }
    }

    /// Bytes that the device holds.
    fn memory_bytes(&self) -> u64 {
        self.gpu.memory_bytes()
    }

    /// Decodes a batch of sentences; each is sent as soon as its end is seen.
    async fn decode(
        &self,
        batch: u32,
        sentences: Vec<Vec<u32>>,
        cancelled: &Cell<Option<u32>>,
    ) -> Result<(), String> {
        let sentences = sentences.into_iter().enumerate();
        let sentences = sentences.map(|(index, ids)| Sentence { index, ids, candidates: None }).collect();
        let send = |index: usize, decoded: model_core::translate::Decoded| {
            let decoded =
                Decoded::new(&decoded.ids, &decoded.log_probs, &decoded.alignment, decoded.complete);
            post(&HelperEvent::Sentence { batch, index: index as u32, decoded });
        };
        let is_cancelled = || {
            post(&HelperEvent::Alive);
            cancelled.get() == Some(batch)
        };
        let lockstep = Lockstep::new(&self.model, self.eos, SLOTS, Steps::Slice);
        lockstep.run(sentences, send, is_cancelled).await.map_err(|error| error.to_string())
    }
}
