//! Small files over HTTP: lists and manifests. Models come by way of the store.

use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStreamDefaultReader, Response};

use crate::scope;

/// Fetches a file of at most `limit` bytes; an error in words if that fails.
pub(crate) async fn fetch(url: &str, limit: usize) -> Result<Vec<u8>, String> {
    let failed = |error: JsValue| format!("{url}: {}", describe(&error));
    let response = JsFuture::from(scope().fetch_with_str(url)).await.map_err(failed)?;
    let response: Response = response.unchecked_into();
    if !response.ok() {
        return Err(format!("{url}: the server answered {}", response.status()));
    }
    let Some(body) = response.body() else { return Ok(Vec::new()) };
    let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
    let mut bytes = Vec::new();
    loop {
        let chunk = JsFuture::from(reader.read()).await.map_err(failed)?;
        if Reflect::get(&chunk, &"done".into()).is_ok_and(|done| done.is_truthy()) {
            return Ok(bytes);
        }
        let value: Uint8Array = Reflect::get(&chunk, &"value".into()).map_err(failed)?.unchecked_into();
        if value.length() as usize > limit - bytes.len() {
            // Nobody reads the rest; whether that can be told to the browser does not matter.
            let _ = reader.cancel();
            return Err(format!("{url}: it has more than {limit} bytes"));
        }
        bytes.extend_from_slice(&value.to_vec());
    }
}

/// A JavaScript error in words.
fn describe(error: &JsValue) -> String {
    error.dyn_ref::<js_sys::Error>().map_or_else(|| format!("{error:?}"), |error| error.message().into())
}
