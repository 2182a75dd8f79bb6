//! Klartext's engine in a Web Worker.
//!
//! The worker listens for [`Request`]s and answers with [`Event`]s. It has one thread, so everything long is cut into
//! steps of a few milliseconds with a turn of the event loop between them: that is when a cancellation gets in.
//!
//! It exists in browsers only; natively this crate is empty.
#![cfg(target_arch = "wasm32")]

mod active;
mod adapter;
mod arrivals;
mod article;
mod assist;
mod clock;
mod crew;
mod fetch;
mod gpu;
mod helper;
mod loading;
mod models;
mod turn;
mod worker;

use js_sys::ArrayBuffer;
use js_sys::WebAssembly::Memory;
use klartext_protocol::{Event, Request};
use wasm_bindgen::prelude::*;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

/// Starts the worker: called once, when the module is instantiated.
#[wasm_bindgen(start)]
pub fn start() {
    std::panic::set_hook(Box::new(|panic| {
        console_error_panic_hook::hook(panic);
        // A panic in a promise would only be logged; reported, it reaches the page as the worker's `error` event.
        report_error(&js_sys::Error::new(&panic.to_string()));
    }));
    if scope().name() == assist::NAME {
        return assist::start();
    }
    let worker = worker::Worker::new();
    let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
        match serde_wasm_bindgen::from_value::<Request>(message.data()) {
            Ok(request) => worker.handle(request),
            Err(error) => console_warn(&format!("a message that is no request: {error}")),
        }
    });
    scope().set_onmessage(Some(listener.as_ref().unchecked_ref()));
    // The listener lives as long as the worker.
    listener.forget();
    post(&Event::Started);
}

/// The worker's global scope.
fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// Sends an event to the page.
fn post(event: &Event) {
    // Events are plain data of our own; neither their conversion nor posting them can fail.
    let sent = serde_wasm_bindgen::to_value(event)
        .map_err(JsValue::from)
        .and_then(|value| scope().post_message(&value));
    if let Err(error) = sent {
        console_warn(&format!("an event could not be sent: {error:?}"));
    }
}

/// How much WebAssembly memory the worker has taken.
fn memory_bytes() -> u64 {
    let memory: Memory = wasm_bindgen::memory().unchecked_into();
    let buffer: ArrayBuffer = memory.buffer().unchecked_into();
    u64::from(buffer.byte_length())
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = reportError)]
    fn report_error(error: &js_sys::Error);
    #[wasm_bindgen(js_namespace = console, js_name = warn)]
    fn console_warn(message: &str);
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn now() -> f64;
}
