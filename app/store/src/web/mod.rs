//! The store in a dedicated Web Worker: OPFS, else the Cache API, else memory; `fetch`; one tab at a time.
//!
//! ```no_run
//! # async fn example() -> klartext_store::Result<()> {
//! use klartext_store::{Control, Wanted, web};
//! use model_core::format::manifest::Role;
//!
//! let wanted = Wanted {
//!     address: "https://example.org/models/deen/manifest.json",
//!     roles: &[Role::Model, Role::Vocabulary, Role::TargetVocabulary],
//!     newest: false,
//! };
//! let loaded = web::load(wanted, &Control::new(), &mut |event| drop(event)).await?;
//! # let _ = loaded; Ok(())
//! # }
//! ```

mod caches;
mod device;
mod fetches;
mod lock;
mod opfs;

use js_sys::{Promise, Reflect};
use model_core::format::manifest::{Manifest, Role};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{DomException, WorkerGlobalScope};

pub use self::device::Device;
pub use self::fetches::Fetches;
use crate::control::Control;
use crate::error::{Error, Result};
use crate::plan::Settings;
use crate::store::{Event, Installed, Loaded, Store, Wanted};

/// Opens the models of this site.
///
/// # Errors
/// `Storage`. Where the browser gives no storage it is memory instead.
pub async fn open() -> Result<Store<Device>> {
    let seed = (js_sys::Math::random() * (1_u64 << 53) as f64) as u64;
    Store::open(Device::open().await, Settings::default(), seed).await
}

/// Loads a model: at once and without network if it is here, else after downloading what is missing of it.
///
/// # Errors
/// Any of [`Error`]'s.
pub async fn load(wanted: Wanted<'_>, control: &Control, events: &mut dyn FnMut(Event)) -> Result<Loaded> {
    let mut network = Fetches::new(control.clone());
    open().await?.load(wanted, &mut network, control, events).await
}

/// A model that is here with all wanted files; none if one is missing or broken. Nothing is asked of a network.
///
/// # Errors
/// `Storage`.
pub async fn stored(address: &str, roles: &[Role]) -> Result<Option<Loaded>> {
    open().await?.stored(address, roles).await
}

/// Notes that a stored model is used.
///
/// # Errors
/// `StorageFull` or `Storage`.
pub async fn note_use(address: &str) -> Result<()> {
    open().await?.note_use(address, now()).await
}

/// Whether the server of a model that is here has another version of it.
///
/// # Errors
/// `Network`, `Missing` or `Manifest`.
pub async fn newer(address: &str) -> Result<Option<Manifest>> {
    let control = Control::new();
    open().await?.newer(address, &mut Fetches::new(control)).await
}

/// The models that are here, the last used first.
///
/// # Errors
/// `Storage`.
pub async fn models() -> Result<Vec<Installed>> {
    Ok(open().await?.models())
}

/// Removes a model, with the files that no other model has.
///
/// # Errors
/// `Storage`, also while another tab is busy with the models.
pub async fn remove(address: &str) -> Result<()> {
    open().await?.remove(address).await
}

/// Keeps files that the reader brought as a model, whose address is `imported:` and the name.
///
/// # Errors
/// As [`Store::import`].
pub async fn import(name: &str, languages: (&str, &str), files: Vec<(Role, Vec<u8>)>) -> Result<Manifest> {
    open().await?.import(name, languages, files, now()).await
}

/// Milliseconds since 1970, on a clock that never goes back while the worker runs.
pub(crate) fn now() -> f64 {
    scope().performance().map_or_else(js_sys::Date::now, |clock| clock.time_origin() + clock.now())
}

fn scope() -> WorkerGlobalScope {
    js_sys::global().unchecked_into()
}

async fn wait(promise: Promise) -> std::result::Result<JsValue, JsValue> {
    JsFuture::from(promise).await
}

/// A field of an object, undefined where it has none.
fn field(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

/// A JavaScript error in words.
fn describe(error: &JsValue) -> String {
    if let Some(error) = error.dyn_ref::<DomException>() {
        return format!("{}: {}", error.name(), error.message());
    }
    error.dyn_ref::<js_sys::Error>().map_or_else(|| format!("{error:?}"), |error| error.message().into())
}

/// A storage's JavaScript error.
fn failure(error: &JsValue) -> Error {
    match field(error, "name").as_string().as_deref() {
        Some("QuotaExceededError") => Error::StorageFull(describe(error)),
        _ => Error::Storage(describe(error)),
    }
}

/// Whether it says that something is not there.
fn is_missing(error: &JsValue) -> bool {
    field(error, "name").as_string().as_deref() == Some("NotFoundError")
}
