//! A model over HTTP: manifest, files, checks, translator.

use js_sys::Uint8Array;
use klartext_protocol::{EngineError, EngineInfo, ErrorCode, Event};
use model_core::format::manifest::{Manifest, Role};
use model_core::ops::Isa;
use model_core::{Device, Error, Files, Translator};
use wasm_bindgen::JsCast;
use web_sys::Url;

use crate::fetch::fetch;
use crate::{now, post, scope};

/// The most bytes of a manifest.
const MANIFEST_LIMIT: usize = 64 << 10;

/// How many bytes have to arrive before the page hears of them again.
const PROGRESS_BYTES: u64 = 64 << 10;

/// A model that is ready.
pub(crate) struct Loaded {
    /// The translator.
    pub(crate) translator: Translator,
    /// The model's file, for helpers. It lies outside WebAssembly's memory, which never shrinks.
    pub(crate) model: Uint8Array,
    /// The language that it reads.
    pub(crate) language: String,
    /// What the page is told about it.
    pub(crate) info: EngineInfo,
}

/// Fetches the model of a manifest, checks it, and makes it ready; tells the page of its progress.
pub(crate) async fn load(manifest: &str) -> Result<Loaded, EngineError> {
    let started = now();
    let manifest_url = resolve(manifest, &scope().location().origin())?;
    let json = fetch(&manifest_url, MANIFEST_LIMIT, |_| ()).await?;
    let manifest = Manifest::from_json(&json).map_err(|error| model_error(&error))?;

    // Choosing words only from a shortlist costs quality, so the reader does without it.
    let wanted: Vec<_> = manifest.entries().filter(|(role, _)| *role != Role::Shortlist).collect();
    let total = wanted.iter().map(|(_, entry)| entry.bytes).sum();
    let (mut done, mut told) = (0, 0);
    post(&Event::Loading { done, total });
    let mut files = Vec::new();
    for (role, entry) in wanted {
        // The hash in the address keeps an old file in the browser's cache from standing in for a new one.
        let file = format!("{}?sha256={}", entry.path, entry.sha256);
        let bytes = fetch(&resolve(&file, &manifest_url)?, entry.bytes as usize, |arrived| {
            done += arrived as u64;
            if done - told >= PROGRESS_BYTES || done == total {
                told = done;
                post(&Event::Loading { done, total });
            }
        })
        .await?;
        manifest.verify(role, &bytes).map_err(|error| model_error(&error))?;
        files.push((role, bytes));
    }
    let file = |wanted| files.iter().find(|(role, _)| *role == wanted).map(|(_, bytes)| bytes.as_slice());
    let files = Files {
        // A manifest without these two is refused when it is read.
        model: file(Role::Model).unwrap_or_default(),
        vocabulary: file(Role::Vocabulary).unwrap_or_default(),
        target_vocabulary: file(Role::TargetVocabulary),
        shortlist: None,
    };
    let translator = Translator::load(files, &Device::flex()).map_err(|error| model_error(&error))?;
    let model = Uint8Array::from(files.model);
    let info = EngineInfo {
        model: manifest.name.clone(),
        version: manifest.version.clone(),
        licence: manifest.licence.clone(),
        bytes: total,
        device: "CPU".to_owned(),
        kernels: Isa::best().name().to_owned(),
        load_ms: now() - started,
    };
    Ok(Loaded { translator, model, language: manifest.source.clone(), info })
}

/// `address` as seen from `base`.
fn resolve(address: &str, base: &str) -> Result<String, EngineError> {
    Url::new_with_base(address, base).map(|url| url.href()).map_err(|error| EngineError {
        code: ErrorCode::ModelMissing,
        message: format!(
            "{address} is no address: {:?}",
            error.dyn_ref::<js_sys::Error>().map(js_sys::Error::message)
        ),
    })
}

/// The engine's error as the page hears of it.
fn model_error(error: &Error) -> EngineError {
    let code = match error {
        Error::Unsupported { .. } => ErrorCode::ModelUnsupported,
        _ => ErrorCode::ModelBroken,
    };
    EngineError { code, message: error.to_string() }
}
