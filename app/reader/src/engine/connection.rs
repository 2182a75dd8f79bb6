//! One worker: started as a module, spoken to in the protocol's types, ended when dropped.

use std::{cell::RefCell, rc::Rc};

use klartext_protocol::{EngineError, ErrorCode, Event, Request};
use leptos::prelude::document;
use serde::Serialize;
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use web_sys::{ErrorEvent, MessageEvent, Worker, WorkerOptions, WorkerType};

use crate::watch::Watch;

/// The smallest module with a SIMD instruction in it: `(func (result v128) (i8x16.splat (i32.const 0)))`.
const SIMD_MODULE: [u8; 29] = [
    0, b'a', b's', b'm', 1, 0, 0, 0, // magic, version
    1, 5, 1, 0x60, 0, 1, 0x7b, // types: () -> v128
    3, 2, 1, 0, // functions: one of type 0
    10, 8, 1, 6, 0, 0x41, 0, 0xfd, 15, 11, // code: i32.const 0, i8x16.splat, end
];

/// What comes from a worker.
pub(crate) enum Heard {
    /// It speaks.
    Event(Event),
    /// It is dead, and why.
    Death(String),
}

/// A running worker.
pub(super) struct Connection {
    worker: Worker,
    /// Requests made before the worker listens; none once it does.
    queue: Rc<RefCell<Option<Vec<JsValue>>>>,
    pub(super) watch: Watch,
    _message: Closure<dyn FnMut(MessageEvent)>,
    _error: Closure<dyn FnMut(web_sys::Event)>,
}

impl Connection {
    /// Starts the worker. Its events go to `hear`.
    ///
    /// # Errors
    /// [`ErrorCode::NoSimd`] if this browser cannot run it, [`ErrorCode::Internal`] if the page does not name it.
    pub(super) fn open(hear: impl Fn(Heard) + 'static) -> Result<Self, EngineError> {
        if !has_simd() {
            let message = "WebAssembly.validate refuses SIMD instructions".to_owned();
            return Err(EngineError { code: ErrorCode::NoSimd, message });
        }
        let internal = |message: String| EngineError { code: ErrorCode::Internal, message };
        let script =
            script().ok_or_else(|| internal("the page has no <meta name=\"klartext-worker\">".to_owned()))?;
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options(&script, &options)
            .map_err(|error| internal(format!("the worker cannot be made: {error:?}")))?;

        let queue = Rc::new(RefCell::new(Some(Vec::new())));
        let hear = Rc::new(hear);
        let message = {
            let (worker, queue, hear) = (worker.clone(), queue.clone(), hear.clone());
            Closure::new(move |message: MessageEvent| {
                match serde_wasm_bindgen::from_value::<Event>(message.data()) {
                    Ok(Event::Started) => {
                        for request in queue.take().into_iter().flatten() {
                            post(&worker, &request);
                        }
                        hear(Heard::Event(Event::Started));
                    }
                    Ok(event) => hear(Heard::Event(event)),
                    Err(error) => hear(Heard::Death(format!("its message cannot be read: {error}"))),
                }
            })
        };
        let error = Closure::new(move |event: web_sys::Event| {
            event.prevent_default();
            let message =
                event.dyn_ref::<ErrorEvent>().map(ErrorEvent::message).filter(|text| !text.is_empty());
            hear(Heard::Death(message.unwrap_or_else(|| format!("{} event", event.type_()))));
        });
        worker.set_onmessage(Some(message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(error.as_ref().unchecked_ref()));
        worker.set_onmessageerror(Some(error.as_ref().unchecked_ref()));
        Ok(Self { worker, queue, watch: Watch::default(), _message: message, _error: error })
    }

    /// Whether it has said that it listens.
    pub(super) fn is_started(&self) -> bool {
        self.queue.borrow().is_none()
    }

    /// Sends a request, as soon as the worker listens, with what `complete` does to its message.
    pub(super) fn send(&mut self, request: &Request, complete: impl FnOnce(&JsValue)) {
        let value = match request.serialize(&serde_wasm_bindgen::Serializer::json_compatible()) {
            Ok(value) => value,
            Err(error) => {
                leptos::logging::error!("a request cannot be written: {error}");
                return;
            }
        };
        complete(&value);
        match &mut *self.queue.borrow_mut() {
            Some(queue) => queue.push(value),
            None => post(&self.worker, &value),
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.set_onmessageerror(None);
        self.worker.terminate();
    }
}

fn post(worker: &Worker, request: &JsValue) {
    if let Err(error) = worker.post_message(request) {
        leptos::logging::error!("a request cannot be sent: {error:?}");
    }
}

/// Whether this browser has WebAssembly's SIMD instructions.
fn has_simd() -> bool {
    let module = js_sys::Uint8Array::from(&SIMD_MODULE[..]);
    // Throws where there is no WebAssembly at all, but then this does not run either.
    js_sys::WebAssembly::validate(&module).unwrap_or(false)
}

/// The address of the worker's script: the page's shell knows it, since its name holds a hash.
fn script() -> Option<String> {
    let meta = document().query_selector("meta[name='klartext-worker']").ok()??;
    meta.get_attribute("content").filter(|address| !address.is_empty())
}
