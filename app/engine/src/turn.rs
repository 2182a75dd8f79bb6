//! A turn of the event loop.

use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::{MessageChannel, MessagePort};

/// Lets the worker's waiting messages in.
///
/// A message to oneself comes back at once; a timer would be held back for 4 ms.
pub(crate) struct Turn {
    here: MessagePort,
    there: MessagePort,
}

impl Turn {
    pub(crate) fn new() -> Result<Self, JsValue> {
        let channel = MessageChannel::new()?;
        Ok(Self { here: channel.port1(), there: channel.port2() })
    }

    /// Waits for the messages that are in the queue.
    pub(crate) async fn take(&self) {
        let back = Promise::new(&mut |resolve, _| self.here.set_onmessage(Some(&resolve)));
        if self.there.post_message(&JsValue::NULL).is_ok() {
            // The promise is never rejected.
            let _ = JsFuture::from(back).await;
        }
    }
}
