//! Files over HTTP, with progress.

use js_sys::{Reflect, Uint8Array};
use klartext_protocol::{EngineError, ErrorCode};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStreamDefaultReader, Response};

use crate::scope;

/// Fetches a file of at most `limit` bytes; `progress` hears of the bytes of each piece that arrives.
pub(crate) async fn fetch(
    url: &str,
    limit: usize,
    mut progress: impl FnMut(usize),
) -> Result<Vec<u8>, EngineError> {
    let network = |error: JsValue| failure(ErrorCode::Network, url, &describe(&error));
    let response = JsFuture::from(scope().fetch_with_str(url)).await.map_err(network)?;
    let response: Response = response.unchecked_into();
    if matches!(response.status(), 404 | 410) {
        return Err(failure(ErrorCode::ModelMissing, url, "the server does not have it"));
    }
    if !response.ok() {
        let problem = format!("the server answered {} {}", response.status(), response.status_text());
        return Err(failure(ErrorCode::Network, url, &problem));
    }
    let Some(body) = response.body() else { return Ok(Vec::new()) };
    let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
    // Exactly sized, since WebAssembly's memory never shrinks again.
    let mut bytes = Vec::with_capacity(limit);
    loop {
        let chunk = JsFuture::from(reader.read()).await.map_err(network)?;
        if Reflect::get(&chunk, &"done".into()).is_ok_and(|done| done.is_truthy()) {
            return Ok(bytes);
        }
        let value: Uint8Array = Reflect::get(&chunk, &"value".into()).map_err(network)?.unchecked_into();
        let (start, len) = (bytes.len(), value.length() as usize);
        if len > limit - start {
            // Nobody reads the rest; whether that can be told to the browser does not matter.
            let _ = reader.cancel();
            return Err(failure(ErrorCode::ModelBroken, url, &format!("it has more than {limit} bytes")));
        }
        bytes.resize(start + len, 0);
        value.copy_to(&mut bytes[start..]);
        progress(len);
    }
}

fn failure(code: ErrorCode, url: &str, problem: &str) -> EngineError {
    EngineError { code, message: format!("{url}: {problem}") }
}

/// A JavaScript error in words.
fn describe(error: &JsValue) -> String {
    error.dyn_ref::<js_sys::Error>().map_or_else(|| format!("{error:?}"), |error| error.message().into())
}
