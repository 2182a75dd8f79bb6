//! The models that there are: listed, removed, brought from files.

use std::borrow::Cow;

use klartext_archive::{Limit, unpack};
use klartext_protocol::models::{FileRole, Import, ImportFile, ModelInfo, Offers, Quality};
use klartext_protocol::{EngineError, ErrorCode, Event};
use klartext_store::{Installed, web};
use model_core::format::manifest::{MAX_MANIFEST, Manifest, Role};
use model_core::{Device, Files, Translator};

use crate::fetch::fetch;
use crate::loading::{absolute, model_error, newer_than, resolve, store_error, useful_bytes};
use crate::post;

/// The most bytes of a site's list, and the most models that are taken from it.
const MAX_INDEX: usize = 64 << 10;
const MAX_OFFERS: usize = 64;

/// Tells the page of the models that are here, and then of those that the site's list names besides.
pub(crate) async fn list(index: &str) {
    // Where the books cannot be read there are none: what is missing is fetched when it is wanted.
    let installed = web::models().await.unwrap_or_default();
    let mut models: Vec<_> = installed.iter().map(here).collect();
    post(&Event::Models { models: models.clone(), offers: Offers::Asked });
    let mut offers = Offers::Known;
    match offered(index).await {
        Ok(addresses) => {
            for address in addresses {
                match manifest(&address).await {
                    Ok(manifest) => match models.iter().position(|model| model.address == address) {
                        Some(position) => {
                            let known = installed.iter().find(|model| model.address == address);
                            models[position].newer =
                                known.and_then(|model| newer_than(&model.manifest, &address, &manifest));
                        }
                        None => models.push(info(&address, &manifest)),
                    },
                    Err(_) => offers = Offers::Unreachable,
                }
            }
        }
        Err(_) => offers = Offers::Unreachable,
    }
    post(&Event::Models { models, offers });
}

/// The addresses in the site's list: a JSON array of addresses relative to itself.
async fn offered(index: &str) -> Result<Vec<String>, String> {
    let words = |error: EngineError| error.message;
    let index = absolute(index).map_err(words)?;
    let json = fetch(&index, MAX_INDEX).await?;
    let list: Vec<String> = serde_json::from_slice(&json).map_err(|error| error.to_string())?;
    list.iter().take(MAX_OFFERS).map(|address| resolve(address, &index).map_err(words)).collect()
}

async fn manifest(address: &str) -> Result<Manifest, String> {
    Manifest::from_json(&fetch(address, MAX_MANIFEST).await?).map_err(|error| error.to_string())
}

fn here(model: &Installed) -> ModelInfo {
    let info = info(&model.address, &model.manifest);
    let here = if model.complete { info.bytes } else { model.bytes.min(info.bytes) };
    ModelInfo { here, installed: true, complete: model.complete, used_ms: model.used_ms, ..info }
}

fn info(address: &str, manifest: &Manifest) -> ModelInfo {
    let quality = |quality: &model_core::format::manifest::Quality| Quality {
        set: quality.set.clone(),
        bleu: quality.bleu,
        chrf: quality.chrf,
    };
    ModelInfo {
        address: address.to_owned(),
        name: manifest.name.clone(),
        version: manifest.version.clone(),
        source: manifest.source.clone(),
        target: manifest.target.clone(),
        architecture: manifest.architecture.clone(),
        licence: manifest.licence.clone(),
        origin: manifest.origin.clone(),
        bytes: useful_bytes(manifest),
        here: 0,
        installed: false,
        complete: false,
        used_ms: 0.0,
        quality: manifest.quality.iter().map(quality).collect(),
        newer: None,
    }
}

/// Removes a model from the device.
pub(crate) async fn remove(address: &str) {
    let error = web::remove(address).await.err().map(|error| store_error(&error));
    post(&Event::ModelsChanged { address: None, error });
}

/// Keeps a model from files, if they are one.
pub(crate) async fn import(import: Import) {
    let (address, error) = match keep(import).await {
        Ok(address) => (Some(address), None),
        Err(error) => (None, Some(error)),
    };
    post(&Event::ModelsChanged { address, error });
}

async fn keep(import: Import) -> Result<String, EngineError> {
    let mut files = Vec::new();
    for file in import.files {
        files.push((role(file.role), unpacked(file)?));
    }
    let file = |wanted| files.iter().find(|(role, _)| *role == wanted).map(|(_, bytes)| bytes.as_slice());
    let missing = |what: &str| EngineError {
        code: ErrorCode::ModelMissing,
        message: format!("there is no {what} among the files"),
    };
    let parts = Files {
        model: file(Role::Model).ok_or_else(|| missing("model (model….bin)"))?,
        vocabulary: file(Role::Vocabulary).ok_or_else(|| missing("vocabulary (vocab….spm)"))?,
        target_vocabulary: file(Role::TargetVocabulary),
        shortlist: file(Role::Shortlist),
    };
    // What cannot be used is not kept.
    Translator::load(parts, &Device::flex()).map_err(|error| model_error(&error))?;
    let manifest = web::import(&import.name, (&import.source, &import.target), files)
        .await
        .map_err(|error| store_error(&error))?;
    Ok(format!("imported:{}", manifest.name))
}

fn unpacked(file: ImportFile) -> Result<Vec<u8>, EngineError> {
    let ImportFile { name, bytes, .. } = file;
    let plain = match unpack(&bytes, Limit::of_packed(bytes.len())) {
        Ok(Cow::Owned(unpacked)) => Some(unpacked),
        Ok(Cow::Borrowed(_)) => None,
        Err(error) => {
            return Err(EngineError { code: ErrorCode::ModelBroken, message: format!("{name}: {error}") });
        }
    };
    Ok(plain.unwrap_or(bytes))
}

fn role(role: FileRole) -> Role {
    match role {
        FileRole::Model => Role::Model,
        FileRole::Vocabulary => Role::Vocabulary,
        FileRole::TargetVocabulary => Role::TargetVocabulary,
        FileRole::Shortlist => Role::Shortlist,
    }
}
