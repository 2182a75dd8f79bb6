//! A helper: another worker that decodes sentences for this one.

use js_sys::{Reflect, Uint8Array};
use klartext_protocol::JobId;
use klartext_protocol::helper::{self, HelperEvent, HelperRequest};
use model_core::translate::{Decoded, Sentence};
use wasm_bindgen::prelude::*;
use web_sys::{ErrorEvent, Event, MessageEvent, Worker as WebWorker, WorkerOptions, WorkerType};

use crate::now;

/// A worker that helps. It ends when this is dropped, in the middle of whatever it does.
pub(crate) struct Helper {
    worker: WebWorker,
    /// What it is doing.
    pub(crate) stage: Stage,
    /// When it last said something.
    heard: f64,
    /// The number of its last batch.
    last: u32,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(Event)>,
}

/// What a helper is doing.
pub(crate) enum Stage {
    /// It starts, or makes the model ready.
    Starting,
    /// It waits for sentences.
    Idle,
    /// It decodes.
    Busy(Batch),
}

/// Sentences that a helper has.
pub(crate) struct Batch {
    /// Its number.
    number: u32,
    /// Whose they are.
    pub(crate) job: JobId,
    /// Their indices in the job, in the batch's order.
    pub(crate) sentences: Vec<usize>,
    /// How many source pieces they have.
    pub(crate) pieces: usize,
    /// When they were sent.
    pub(crate) sent: f64,
    /// Whether nobody wants them any more.
    pub(crate) is_cancelled: bool,
}

/// What a helper's event means for the jobs.
pub(crate) enum Outcome {
    /// Nothing.
    None,
    /// A job may go on that has waited, or be given to it.
    GoOn,
    /// A sentence of a job is done: the job's index of it, and what became of it.
    Sentence(JobId, usize, Decoded),
    /// These sentences of a job are nobody's any more.
    GiveBack(JobId, Vec<usize>),
}

impl Helper {
    /// Starts a worker from a script, by a name that tells it what it is for. `hear` gets all that it says, and once `Failed` if it dies.
    pub(crate) fn start(
        script: &str,
        name: &str,
        hear: impl Fn(HelperEvent) + Clone + 'static,
    ) -> Result<Self, JsValue> {
        let options = WorkerOptions::new();
        options.set_name(name);
        options.set_type(WorkerType::Module);
        let worker = WebWorker::new_with_options(script, &options)?;
        let listen = hear.clone();
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
            listen(serde_wasm_bindgen::from_value(message.data()).unwrap_or_else(|error| {
                HelperEvent::Failed { reason: format!("a message that is no event: {error}") }
            }));
        });
        let on_error = Closure::<dyn FnMut(Event)>::new(move |error: Event| {
            // Reported here, it need not be reported again by the page.
            error.prevent_default();
            // An exception has words; a script that does not come is an event and no more.
            let reason = match error.dyn_ref::<ErrorEvent>() {
                Some(error) => error.message(),
                None => "its script cannot be loaded".to_owned(),
            };
            hear(HelperEvent::Failed { reason });
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        Ok(Self {
            worker,
            stage: Stage::Starting,
            heard: now(),
            last: 0,
            _on_message: on_message,
            _on_error: on_error,
        })
    }

    /// Gives it the model's file.
    pub(crate) fn load(&self, model: &Uint8Array, eos: u32) {
        // The bytes stay outside this worker's own memory, which would never shrink again.
        let request = HelperRequest::Load { model: Vec::new(), eos };
        if let Ok(message) = serde_wasm_bindgen::to_value(&request)
            && Reflect::set(&message, &"model".into(), model).is_ok()
        {
            // What it does not hear of it does not answer, which is noticed.
            let _ = self.worker.post_message(&message);
        }
    }

    /// Gives it sentences of a job.
    pub(crate) fn decode(&mut self, job: JobId, sentences: Vec<Sentence>) {
        self.last += 1;
        let (indices, sentences): (Vec<usize>, Vec<Vec<u32>>) =
            sentences.into_iter().map(|sentence| (sentence.index, sentence.ids)).unzip();
        self.heard = now();
        self.stage = Stage::Busy(Batch {
            number: self.last,
            job,
            sentences: indices,
            pieces: sentences.iter().map(Vec::len).sum(),
            sent: now(),
            is_cancelled: false,
        });
        self.send(&HelperRequest::Decode { batch: self.last, sentences });
    }

    /// Tells it that a job's sentences are not wanted any more.
    pub(crate) fn cancel(&mut self, job: JobId) {
        if let Stage::Busy(batch) = &mut self.stage
            && batch.job == job
        {
            batch.is_cancelled = true;
            let batch = batch.number;
            self.send(&HelperRequest::Cancel { batch });
        }
    }

    /// Takes note that it said something.
    pub(crate) fn alive(&mut self) {
        self.heard = now();
    }

    /// How long it has been silent, in milliseconds, although it owes something.
    pub(crate) fn silent_ms(&self) -> f64 {
        if matches!(self.stage, Stage::Idle) { 0.0 } else { now() - self.heard }
    }

    /// What a sentence that it has done means.
    pub(crate) fn sentence(&self, number: u32, index: u32, decoded: helper::Decoded) -> Outcome {
        match &self.stage {
            Stage::Busy(batch) if batch.number == number => match batch.sentences.get(index as usize) {
                Some(&sentence) => Outcome::Sentence(batch.job, sentence, numbers(decoded)),
                None => Outcome::None,
            },
            _ => Outcome::None,
        }
    }

    /// The batch that it has done, if this is its number; it waits for another.
    pub(crate) fn end(&mut self, number: u32) -> Option<Batch> {
        match std::mem::replace(&mut self.stage, Stage::Idle) {
            Stage::Busy(batch) if batch.number == number => Some(batch),
            other => {
                self.stage = other;
                None
            }
        }
    }

    fn send(&self, request: &HelperRequest) {
        if let Ok(message) = serde_wasm_bindgen::to_value(request) {
            // As above.
            let _ = self.worker.post_message(&message);
        }
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        // An error that is on its way, as after a panic, would become this worker's own if nobody took it.
        let ignore = Closure::<dyn FnMut(Event)>::new(|error: Event| error.prevent_default()).into_js_value();
        self.worker.set_onerror(Some(ignore.unchecked_ref()));
        self.worker.terminate();
    }
}

/// From how it is sent.
fn numbers(decoded: helper::Decoded) -> Decoded {
    let (log_probs, alignment) = (decoded.log_probs(), decoded.alignment());
    Decoded { ids: decoded.ids, log_probs, alignment, complete: decoded.complete }
}
