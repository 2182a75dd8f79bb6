//! The model on WebGPU, in a worker of its own: pieces in, pieces out.
//!
//! It is a helper of the engine's worker and knows neither text nor vocabulary. Whatever goes wrong here, a lost device, a
//! panic, a driver that hangs, costs the engine nothing but this worker.

mod decoder;

use klartext_protocol::helper::{HelperEvent, HelperRequest};
use wasm_bindgen::prelude::*;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

/// Starts the worker: called once, when the module is instantiated.
#[wasm_bindgen(start)]
pub fn start() {
    std::panic::set_hook(Box::new(|panic| {
        console_error_panic_hook::hook(panic);
        // The last word of a worker that will not run again.
        post(&HelperEvent::Failed { reason: panic.to_string() });
    }));
    let decoder = decoder::Decoder::default();
    let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
        match serde_wasm_bindgen::from_value::<HelperRequest>(message.data()) {
            Ok(request) => decoder.handle(request),
            Err(error) => {
                post(&HelperEvent::Failed { reason: format!("a message that is no request: {error}") });
            }
        }
    });
    scope().set_onmessage(Some(listener.as_ref().unchecked_ref()));
    // The listener lives as long as the worker.
    listener.forget();
    post(&HelperEvent::Started);
}

/// The worker's global scope.
fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// Sends an event to the engine.
fn post(event: &HelperEvent) {
    // Events are plain data of our own; a failure to send them is noticed as silence.
    if let Ok(value) = serde_wasm_bindgen::to_value(event) {
        let _ = scope().post_message(&value);
    }
}
