//! A look at the GPU before anything is loaded for it.

use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::scope;

/// An adapter that the GPU's engine can be tried on.
pub(crate) struct Adapter {
    /// What tells it from others. Browsers tell little: the vendor and the architecture.
    pub(crate) key: String,
    /// Whether it is a program rather than a GPU.
    pub(crate) is_software: bool,
}

/// What the kernels need at least, as WebGPU names it.
const LIMITS: [(&str, f64); 3] = [
    ("maxComputeInvocationsPerWorkgroup", 256.0),
    ("maxComputeWorkgroupStorageSize", 16384.0),
    ("maxStorageBuffersPerShaderStage", 8.0),
];

/// How long the browser may take to find one, in milliseconds.
const PATIENCE_MS: i32 = 10_000;

/// Asks the browser for an adapter; the reason if it has none that will do.
pub(crate) async fn look() -> Result<Adapter, String> {
    let gpu = get(&scope().navigator(), "gpu");
    if gpu.is_falsy() {
        return Err("this browser has no WebGPU".to_owned());
    }
    let options = Object::new();
    // Setting a property of a new object does not fail.
    let _ = Reflect::set(&options, &"powerPreference".into(), &"high-performance".into());
    let adapter = match call(&gpu, "requestAdapter", &options) {
        Ok(promise) => JsFuture::from(Promise::race(&Array::of2(&promise, &silence()))).await,
        Err(error) => Err(error),
    };
    let adapter = adapter.map_err(|error| format!("asking for a graphics adapter failed: {error:?}"))?;
    if adapter.is_falsy() {
        return Err("WebGPU offers no graphics adapter here".to_owned());
    }
    let measures_time = call(&get(&adapter, "features"), "has", &"timestamp-query".into());
    if !measures_time.is_ok_and(|has| has.is_truthy()) {
        return Err("the graphics adapter cannot measure time (timestamp-query)".to_owned());
    }
    let limits = get(&adapter, "limits");
    for (name, needed) in LIMITS {
        let has = get(&limits, name).as_f64().unwrap_or(0.0);
        if has < needed {
            return Err(format!("the graphics adapter's {name} is {has}, and {needed} is needed"));
        }
    }
    let info = get(&adapter, "info");
    let parts = ["vendor", "architecture", "device"].map(|name| get(&info, name));
    let key = Array::from_iter(parts.into_iter().filter(JsValue::is_truthy)).join(" ");
    let is_fallback = |value: &JsValue| get(value, "isFallbackAdapter").is_truthy();
    let key: String = key.into();
    let is_software = is_fallback(&info) || is_fallback(&adapter) || key.contains("swiftshader");
    Ok(Adapter { key, is_software })
}

/// A promise that is broken when nobody waits for an answer any more.
fn silence() -> Promise {
    Promise::new(&mut |_, reject| {
        // Where there are no timers one waits for ever.
        let _ = scope().set_timeout_with_callback_and_timeout_and_arguments_1(
            &reject,
            PATIENCE_MS,
            &"the browser does not answer".into(),
        );
    })
}

/// A property, or undefined.
fn get(value: &JsValue, name: &str) -> JsValue {
    Reflect::get(value, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

/// Calls a method with an argument.
fn call(value: &JsValue, name: &str, argument: &JsValue) -> Result<JsValue, JsValue> {
    get(value, name).dyn_into::<Function>()?.call1(value, argument)
}
