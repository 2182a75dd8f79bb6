//! This worker as another one's helper: it decodes sentences on the CPU, pieces in, pieces out.
//!
//! The engine starts more of itself for long texts, one for each core that is free.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use klartext_protocol::helper::{Decoded, HelperEvent, HelperInfo, HelperRequest};
use model_core::Device;
use model_core::format::config::Config;
use model_core::format::marian::ModelFile;
use model_core::nn::{MAX_LENGTH, Model};
use model_core::ops::Isa;
use model_core::translate::{Batch, Sentence};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::MessageEvent;

use crate::memory_bytes;
use crate::scope;
use crate::turn::Turn;

/// The name that the engine gives its helpers.
pub(crate) const NAME: &str = "helper";

#[derive(Clone, Default)]
struct Assistant {
    ready: Rc<RefCell<Option<Rc<Ready>>>>,
    /// The batch that nobody wants any more.
    cancelled: Rc<Cell<Option<u32>>>,
}

/// A model.
struct Ready {
    model: Model,
    eos: u32,
}

/// Listens to the engine.
pub(crate) fn start() {
    let assistant = Assistant::default();
    let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
        match serde_wasm_bindgen::from_value(message.data()) {
            Ok(request) => assistant.handle(request),
            Err(error) => fail(format!("a message that is no request: {error}")),
        }
    });
    scope().set_onmessage(Some(listener.as_ref().unchecked_ref()));
    // The listener lives as long as the worker.
    listener.forget();
    post(&HelperEvent::Started);
}

impl Assistant {
    fn handle(&self, request: HelperRequest) {
        match request {
            HelperRequest::Load { model, eos } => match Ready::load(&model, eos) {
                Ok(ready) => {
                    *self.ready.borrow_mut() = Some(Rc::new(ready));
                    post(&HelperEvent::Ready {
                        helper: HelperInfo {
                            device: "CPU".to_owned(),
                            kernels: Isa::best().name().to_owned(),
                            longest: MAX_LENGTH as u32,
                            memory_bytes: memory_bytes(),
                        },
                    });
                }
                Err(error) => fail(error.to_string()),
            },
            HelperRequest::Decode { batch, sentences } => {
                let Some(ready) = self.ready.borrow().clone() else {
                    return fail("there is no model yet".to_owned());
                };
                let cancelled = Rc::clone(&self.cancelled);
                spawn_local(async move {
                    match ready.decode(batch, sentences, &cancelled).await {
                        Ok(()) => post(&HelperEvent::Done { batch, memory_bytes: memory_bytes() }),
                        Err(error) => fail(format!("{error:?}")),
                    }
                });
            }
            HelperRequest::Cancel { batch } => self.cancelled.set(Some(batch)),
        }
    }
}

impl Ready {
    fn load(bytes: &[u8], eos: u32) -> model_core::Result<Self> {
        let file = ModelFile::parse(bytes)?;
        let config = Config::from_model(&file)?;
        Ok(Self { model: Model::load(&file, &config, &Device::flex())?, eos })
    }

    /// Decodes a batch step by step, with a turn of the event loop after each, in which a cancellation gets in.
    async fn decode(
        &self,
        batch: u32,
        sentences: Vec<Vec<u32>>,
        cancelled: &Cell<Option<u32>>,
    ) -> Result<(), JsValue> {
        let turn = Turn::new()?;
        let sentences = sentences.into_iter().enumerate();
        let sentences = sentences.map(|(index, ids)| Sentence { index, ids, candidates: None }).collect();
        let mut rows = Batch::start(&self.model, self.eos, sentences);
        while !rows.is_empty() {
            turn.take().await;
            if cancelled.get() == Some(batch) {
                break;
            }
            for (index, decoded) in rows.step(&self.model) {
                let decoded =
                    Decoded::new(&decoded.ids, &decoded.log_probs, &decoded.alignment, decoded.complete);
                post(&HelperEvent::Sentence { batch, index: index as u32, decoded });
            }
        }
        Ok(())
    }
}

fn fail(reason: String) {
    post(&HelperEvent::Failed { reason });
}

/// Sends an event to the engine.
fn post(event: &HelperEvent) {
    // Events are plain data of our own; what does not arrive is noticed as silence.
    if let Ok(value) = serde_wasm_bindgen::to_value(event) {
        let _ = scope().post_message(&value);
    }
}
