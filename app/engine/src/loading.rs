//! A model from the store, made ready; and what the page hears meanwhile.

use js_sys::Uint8Array;
use klartext_protocol::models::{Keeps, LoadProgress, LoadState, NewerModel, Origin};
use klartext_protocol::{EngineError, EngineInfo, ErrorCode, Event};
use klartext_store::{self as store, Control, Wanted, web};
use model_core::format::manifest::{Manifest, Role};
use model_core::ops::Isa;
use model_core::{Device, Error, Files, Translator};
use wasm_bindgen::JsCast;
use web_sys::Url;

use crate::{now, post, scope};

/// The files that are of use. Choosing words only from a shortlist costs quality, so the reader does without it.
pub(crate) const ROLES: [Role; 3] = [Role::Model, Role::Vocabulary, Role::TargetVocabulary];

/// A model that is ready.
pub(crate) struct Loaded {
    /// The translator.
    pub(crate) translator: Translator,
    /// The model's file, for helpers. It lies outside WebAssembly's memory, which never shrinks.
    pub(crate) model: Uint8Array,
    /// What the page is told about it.
    pub(crate) info: EngineInfo,
    /// What it was made of.
    pub(crate) manifest: Manifest,
}

/// Makes a model ready; tells the page of its progress. `address` is absolute.
pub(crate) async fn load(address: &str, newest: bool, control: &Control) -> Result<Loaded, EngineError> {
    let started = now();
    make(address, fetch(address, newest, control).await?, started)
}

/// Makes a model ready if it is here; `address` is absolute.
pub(crate) async fn prepare(address: &str) -> Option<Loaded> {
    let started = now();
    // Of what is wrong with it the page hears when it wants it.
    make(address, web::stored(address, &ROLES).await.ok()??, started).ok()
}

/// Makes a model of its files; `started`: when somebody began to get them.
fn make(address: &str, stored: store::Loaded, started: f64) -> Result<Loaded, EngineError> {
    let file =
        |wanted| stored.files.iter().find(|(role, _)| *role == wanted).map(|(_, bytes)| bytes.as_slice());
    let files = Files {
        // A manifest without these two is refused when it is read.
        model: file(Role::Model).unwrap_or_default(),
        vocabulary: file(Role::Vocabulary).unwrap_or_default(),
        target_vocabulary: file(Role::TargetVocabulary),
        shortlist: None,
    };
    let translator = Translator::load(files, &Device::flex()).map_err(|error| model_error(&error))?;
    let model = Uint8Array::from(files.model);
    let manifest = stored.manifest;
    let info = EngineInfo {
        address: address.to_owned(),
        model: manifest.name.clone(),
        version: manifest.version.clone(),
        source: manifest.source.clone(),
        target: manifest.target.clone(),
        licence: manifest.licence.clone(),
        bytes: useful_bytes(&manifest),
        origin: match stored.origin {
            store::Origin::Stored => Origin::Stored,
            store::Origin::Downloaded => Origin::Downloaded,
        },
        device: "CPU".to_owned(),
        kernels: Isa::best().name().to_owned(),
        load_ms: now() - started,
    };
    Ok(Loaded { translator, model, info, manifest })
}

/// Fetches what is missing of a model; tells the page of its progress. `address` is absolute.
pub(crate) async fn fetch(
    address: &str,
    newest: bool,
    control: &Control,
) -> Result<store::Loaded, EngineError> {
    let mut progress = LoadProgress { address: address.to_owned(), ..LoadProgress::default() };
    let mut tell = |event| {
        note(&mut progress, event);
        // Of one that was called off the page has heard the end.
        if control.wish() != store::Wish::Cancel {
            post(&Event::Loading(progress.clone()));
        }
    };
    let wanted = Wanted { address, roles: &ROLES, newest };
    web::load(wanted, control, &mut tell).await.map_err(|error| store_error(&error))
}

/// Notes that a stored model is used. Where that cannot be written down it seems older than it is, and nothing else.
pub(crate) async fn note_use(address: &str) {
    let _ = web::note_use(address).await;
}

/// What the store tells becomes what the page is told.
fn note(progress: &mut LoadProgress, event: store::Event) {
    match event {
        store::Event::Opened(keeps) => {
            progress.keeps = Some(match keeps {
                store::Keeps::Opfs => Keeps::Files,
                store::Keeps::Cache => Keeps::Cache,
                store::Keeps::Memory => Keeps::Memory,
            });
        }
        store::Event::Waiting => progress.state = LoadState::Waiting,
        store::Event::Needs(needed, space) => {
            progress.state = LoadState::Running;
            progress.needed = Some(needed);
            progress.free = space.map(|space| space.quota.saturating_sub(space.used));
        }
        store::Event::Persistent(_) => {}
        store::Event::Progress(store::Progress { done, total, bytes_per_s, seconds_left }) => {
            progress.state = LoadState::Running;
            (progress.done, progress.total) = (done, total);
            (progress.bytes_per_s, progress.seconds_left) = (bytes_per_s, seconds_left);
        }
        store::Event::Paused => {
            progress.state = LoadState::Paused;
            (progress.bytes_per_s, progress.seconds_left) = (0.0, None);
        }
    }
}

/// The other version that the model's server has, if it has one.
pub(crate) async fn newer(address: &str, current: &Manifest) -> Option<NewerModel> {
    // Whoever cannot be asked has nothing to offer.
    web::newer(address).await.ok().flatten().and_then(|manifest| newer_than(current, address, &manifest))
}

/// What `offered` is to whoever has `current`; nothing if no file of it would have to be fetched.
pub(crate) fn newer_than(current: &Manifest, address: &str, offered: &Manifest) -> Option<NewerModel> {
    let has = |sha256: &str| current.entries().any(|(_, entry)| entry.sha256.eq_ignore_ascii_case(sha256));
    let bytes = useful(offered).filter(|entry| !has(&entry.sha256)).map(|entry| entry.bytes).sum();
    (bytes > 0).then(|| NewerModel {
        address: address.to_owned(),
        name: offered.name.clone(),
        version: offered.version.clone(),
        bytes,
    })
}

/// Bytes of the files that are of use.
pub(crate) fn useful_bytes(manifest: &Manifest) -> u64 {
    useful(manifest).map(|entry| entry.bytes).sum()
}

fn useful(manifest: &Manifest) -> impl Iterator<Item = &model_core::format::manifest::Entry> {
    manifest.entries().filter(|(role, _)| ROLES.contains(role)).map(|(_, entry)| entry)
}

/// `address` as seen from this site.
pub(crate) fn absolute(address: &str) -> Result<String, EngineError> {
    if address.starts_with("imported:") {
        return Ok(address.to_owned());
    }
    // A frame without an origin of its own has nothing that an address could be relative to.
    match Url::new(address) {
        Ok(url) => Ok(url.href()),
        Err(_) => resolve(address, &scope().location().origin()),
    }
}

/// `address` as seen from `base`.
pub(crate) fn resolve(address: &str, base: &str) -> Result<String, EngineError> {
    Url::new_with_base(address, base).map(|url| url.href()).map_err(|error| EngineError {
        code: ErrorCode::ModelMissing,
        message: format!(
            "{address} is no address: {:?}",
            error.dyn_ref::<js_sys::Error>().map(js_sys::Error::message)
        ),
    })
}

/// The store's error as the page hears of it.
pub(crate) fn store_error(error: &store::Error) -> EngineError {
    let code = match error {
        store::Error::Missing(_) => ErrorCode::ModelMissing,
        store::Error::Broken { .. } => ErrorCode::ModelBroken,
        store::Error::Manifest(error) => return model_error(error),
        store::Error::Network { .. } => ErrorCode::Network,
        store::Error::OutOfSpace { .. } => ErrorCode::OutOfSpace,
        store::Error::StorageFull(_) => ErrorCode::StorageFull,
        store::Error::Storage(_) => ErrorCode::Storage,
        _ => ErrorCode::Internal,
    };
    EngineError { code, message: error.to_string() }
}

/// The engine's error as the page hears of it.
pub(crate) fn model_error(error: &Error) -> EngineError {
    let code = match error {
        Error::Unsupported { .. } => ErrorCode::ModelUnsupported,
        _ => ErrorCode::ModelBroken,
    };
    EngineError { code, message: error.to_string() }
}
