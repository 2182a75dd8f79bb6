//! `klartext fetch`: one of Firefox's published models, as a folder that this engine and the reader take as it is.
//!
//! Nothing appears under its final name before every file is there, is what the records say, and runs: what has arrived
//! so far waits beside it as `.part`, and the next call goes on from there.

mod error;
mod http;
mod records;
mod service;

use std::fs;
use std::path::{Path, PathBuf};

use klartext_archive::{Limit, unpack};
use model_core::format::config::Config;
use model_core::format::manifest::{Entry, Files, Manifest, Role};
use model_core::{Device, Translator};
use sha2::{Digest, Sha256};

pub(crate) use error::Error;
use http::Client;
pub(crate) use records::{Architecture, Pair};
use records::{Choice, Record};
use service::Service;

use crate::files::write;

/// What the command line asks for.
#[derive(Debug, Default)]
pub(crate) struct Options {
    /// Which of the published sizes; none: the only one.
    pub(crate) architecture: Option<Architecture>,
    /// The folder to make.
    pub(crate) to: Option<PathBuf>,
    /// Another place of the records.
    pub(crate) records: Option<String>,
    /// Another place of the files.
    pub(crate) attachments: Option<String>,
    /// Whether versions such as 3.0a1 will do.
    pub(crate) pre_release: bool,
    /// How often to try again after a failure that may pass.
    pub(crate) retries: Option<u32>,
}

/// How often to try again if the command line does not say.
const RETRIES: u32 = 4;
const MANIFEST: &str = "manifest.json";
/// Not even a vocabulary of a million pieces comes near it.
const MAX_FILE: u64 = 1 << 30;

/// A file of the model, checked, and not yet under its name.
struct Fetched {
    role: Role,
    name: String,
    content: Vec<u8>,
    /// What was downloaded, if it still lies there.
    part: Option<PathBuf>,
}

/// Fetches the model for `pair` into the folder.
pub(crate) fn run(pair: &Pair, folder: &Path, options: &Options) -> Result<(), crate::Error> {
    let client = Client::new(options.retries.unwrap_or(RETRIES));
    let service = Service::new(options.records.as_deref(), options.attachments.as_deref());
    let records = service.records(&client)?;
    let choice = Choice::of(&records, pair, options.architecture, options.pre_release)?;
    let base = service.attachments(&client)?;
    let version = &choice.model.version;
    eprintln!("{pair}, version {version}: {} files", choice.files().count());

    fs::create_dir_all(folder).map_err(|source| crate::Error::file(folder, source))?;
    let mut files = Vec::new();
    for (role, record) in choice.files() {
        let file = fetch(&client, &base, folder, role, record)?;
        if file.name == MANIFEST || files.iter().any(|other: &Fetched| other.name == file.name) {
            return Err(Error::wrong(&file.name, "is the name of another file, too").into());
        }
        files.push(file);
    }
    let manifest = manifest(&files, &choice, pair, folder, &service)?;
    for file in &files {
        write(&folder.join(&file.name), &file.content)?;
    }
    write(&folder.join(MANIFEST), &manifest)?;
    for part in files.iter().filter_map(|file| file.part.as_ref()) {
        // A leftover does no harm; the model is complete.
        let _ = fs::remove_file(part);
    }
    eprintln!("{} is ready: klartext translate --model {}", folder.display(), folder.display());
    Ok(())
}

/// The content of one file: from the folder if it is there, else from the network.
fn fetch(
    client: &Client,
    base: &str,
    folder: &Path,
    role: Role,
    record: &Record,
) -> Result<Fetched, crate::Error> {
    let name = record.file_name()?;
    if let Some(content) = present(&folder.join(&name), record) {
        eprintln!("{name}: is here");
        return Ok(Fetched { role, name, content, part: None });
    }
    let attachment = &record.attachment;
    if attachment.size > MAX_FILE || record.size.is_some_and(|size| size > MAX_FILE) {
        return Err(Error::wrong(&name, format!("is said to have more than {MAX_FILE} bytes")).into());
    }
    // The digest in its name keeps the parts of two versions apart.
    let part = folder.join(format!("{name}.{}.part", &attachment.hash[..12]));
    let url = format!("{}/{}", base.trim_end_matches('/'), attachment.location);
    client.download(&url, &name, &part, attachment.size, &attachment.hash)?;
    let packed = fs::read(&part).map_err(|source| crate::Error::file(&part, source))?;
    let content = content(&name, &packed, record).inspect_err(|_| {
        // It is what the records say, so another try would end here, too, until they change.
        let _ = fs::remove_file(&part);
    })?;
    Ok(Fetched { role, name, content, part: Some(part) })
}

/// The content of the file at `path`, if it is the one that the record means.
fn present(path: &Path, record: &Record) -> Option<Vec<u8>> {
    let content = fs::read(path).ok()?;
    (sha256(&content) == record.content_hash()).then_some(content)
}

/// Unpacks what was downloaded and compares it with the record.
fn content(name: &str, packed: &[u8], record: &Record) -> Result<Vec<u8>, Error> {
    let limit = match record.size {
        Some(size) => Limit::exactly(usize::try_from(size).unwrap_or(usize::MAX)),
        None => Limit::of_packed(packed.len()),
    };
    let content = unpack(packed, limit)
        .map_err(|source| Error::wrong(name, format!("cannot be unpacked: {source}")))?;
    match &record.hash {
        Some(hash) if *hash != sha256(&content) => {
            let problem = format!("has, unpacked, SHA-256 {}, and not {hash}", sha256(&content));
            Err(Error::wrong(name, problem))
        }
        _ => Ok(content.into_owned()),
    }
}

/// Sees whether the files make a model that runs, and describes it.
fn manifest(
    fetched: &[Fetched],
    choice: &Choice<'_>,
    pair: &Pair,
    folder: &Path,
    service: &Service,
) -> Result<Vec<u8>, crate::Error> {
    let unusable = |source| crate::Error::Model { path: folder.display().to_string(), source };
    let of = |role| fetched.iter().find(|file| file.role == role);
    let bytes = |role| of(role).map(|file| file.content.as_slice());
    let files = model_core::Files {
        // A choice without these two is none.
        model: bytes(Role::Model).unwrap_or_default(),
        vocabulary: bytes(Role::Vocabulary).unwrap_or_default(),
        target_vocabulary: bytes(Role::TargetVocabulary),
        shortlist: bytes(Role::Shortlist),
    };
    let config = Translator::load(files, &Device::flex()).map_err(unusable)?.config().clone();
    choice.check_width(config.dim_emb)?;

    let entry = |role| of(role).map(|file| Entry::of(&file.name, &file.content));
    let required = |role| entry(role).ok_or_else(|| Error::Incomplete { pair: pair.clone() });
    let manifest = Manifest {
        name: folder_name(folder).unwrap_or_else(|| format!("firefox-{}{}", pair.source, pair.target)),
        version: choice.model.version.clone(),
        source: pair.source.clone(),
        target: pair.target.clone(),
        architecture: described(&config, choice.model.architecture.as_deref()),
        licence: "MPL-2.0".to_owned(),
        origin: format!("Mozilla's model for Firefox Translations, from {}", service.origin()),
        files: Files {
            model: required(Role::Model)?,
            vocabulary: required(Role::Vocabulary)?,
            target_vocabulary: entry(Role::TargetVocabulary),
            shortlist: entry(Role::Shortlist),
        },
        mirrors: Vec::new(),
        quality: Vec::new(),
    };
    let json = serde_json::to_string_pretty(&manifest).map_err(|error| crate::Error::Output(error.into()))?;
    // What is written must be readable.
    Manifest::from_json(json.as_bytes()).map_err(unusable)?;
    Ok((json + "\n").into_bytes())
}

/// The model's name is its folder's.
fn folder_name(folder: &Path) -> Option<String> {
    let name = fs::canonicalize(folder).ok()?.file_name()?.to_str()?.to_owned();
    (!name.chars().any(char::is_control)).then_some(name)
}

/// The architecture, for people.
fn described(config: &Config, name: Option<&str>) -> String {
    let Config { dim_emb, dim_ffn, enc_depth, dec_depth, source_vocab, target_vocab, .. } = config;
    let name = name.map(|name| format!("{name}, ")).unwrap_or_default();
    let pieces = if config.embeddings.shared() {
        format!("{source_vocab} shared pieces")
    } else {
        format!("{source_vocab} and {target_vocab} pieces")
    };
    format!(
        "Marian: {name}transformer encoder of {enc_depth} layers, SSRU decoder of {dec_depth}, {dim_emb} wide, \
         feed-forward {dim_ffn}, {pieces}"
    )
}

/// The digest as the records write it.
fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
