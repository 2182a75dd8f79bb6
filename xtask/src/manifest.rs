//! `manifest.json` of each model in `public/models/`: what it is, and the sizes and checksums of its files.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::project::{self, say};

/// A model's manifest. All but the sizes and checksums is written by hand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    /// Short name, also the folder's.
    name: String,
    /// Counts up with every change of the files.
    version: String,
    /// Language of what goes in, as in `lang` attributes.
    source: String,
    /// Language of what comes out.
    target: String,
    /// For people.
    architecture: String,
    /// For people: under which terms the weights are.
    licence: String,
    /// For people: who made the weights, and of what.
    origin: String,
    files: Files,
    /// Where else the files lie.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    mirrors: Vec<String>,
    /// How well it translates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    quality: Vec<Quality>,
}

/// How well a model translates one set of sentences.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Quality {
    set: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    bleu: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chrf: Option<f64>,
}

/// The files of a model, by what they are for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Files {
    /// The weights.
    model: Entry,
    /// The SentencePiece model.
    vocabulary: Entry,
    /// The target's SentencePiece model, where it is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    target_vocabulary: Option<Entry>,
    /// Which target pieces a source piece suggests. Not every model has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    shortlist: Option<Entry>,
}

/// A file, relative to the manifest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    path: String,
    bytes: u64,
    /// Lower-case hexadecimal.
    sha256: String,
    /// For files long enough to gain by them.
    #[serde(skip_serializing_if = "Option::is_none")]
    chunks: Option<Chunks>,
}

/// The checksums of a file's parts: a download is checked, resumed and mended by them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Chunks {
    /// The size of all parts but the last.
    bytes: usize,
    sha256: Vec<String>,
}

/// 256 KiB: a wrong byte costs that much again, and the checksums are a four-thousandth of the file.
const CHUNK_BYTES: usize = 256 * 1024;

impl Entry {
    /// The same with the size and checksum that the file has.
    fn measured(&self, folder: &Path) -> Result<Self> {
        let path = folder.join(&self.path);
        let content = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let chunks = (content.len() >= 2 * CHUNK_BYTES).then(|| Chunks {
            bytes: CHUNK_BYTES,
            sha256: content.chunks(CHUNK_BYTES).map(project::sha256).collect(),
        });
        let (bytes, sha256) = (content.len() as u64, project::sha256(&content));
        Ok(Self { path: self.path.clone(), bytes, sha256, chunks })
    }
}

impl Manifest {
    fn read(path: &Path) -> Result<Self> {
        let text = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        serde_json::from_slice(&text).with_context(|| format!("{} is not a manifest", path.display()))
    }

    /// The same with the sizes and checksums of the files in a folder.
    fn measured(&self, folder: &Path) -> Result<Self> {
        let measured = |entry: &Option<Entry>| entry.as_ref().map(|entry| entry.measured(folder)).transpose();
        let files = Files {
            model: self.files.model.measured(folder)?,
            vocabulary: self.files.vocabulary.measured(folder)?,
            target_vocabulary: measured(&self.files.target_vocabulary)?,
            shortlist: measured(&self.files.shortlist)?,
        };
        Ok(Self { files, ..self.clone() })
    }
}

/// `cargo xtask manifest`: brings sizes and checksums up to date.
pub(crate) fn write() -> Result<()> {
    for path in manifests()? {
        let before = Manifest::read(&path)?;
        let after = before.measured(path.parent().expect("a manifest lies in a folder"))?;
        if before == after {
            say(&format!("{} is true", path.display()));
            continue;
        }
        let text = serde_json::to_string_pretty(&after)? + "\n";
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        say(&format!("{} is written anew; does version {} still fit?", path.display(), after.version));
    }
    Ok(())
}

/// How many manifests there are. An error if one of them is not true of its files.
pub(crate) fn check() -> Result<usize> {
    let manifests = manifests()?;
    for path in &manifests {
        let told = Manifest::read(path)?;
        let folder = path.parent().expect("a manifest lies in a folder");
        if told != told.measured(folder)? {
            bail!(
                "{} is not true of the files beside it; `cargo xtask manifest` brings it up to date",
                path.display()
            );
        }
        if folder.file_name().is_none_or(|name| name != told.name.as_str()) {
            bail!("{} names the model {:?}, unlike its folder", path.display(), told.name);
        }
    }
    Ok(manifests.len())
}

/// The manifest of every folder of models.
fn manifests() -> Result<Vec<PathBuf>> {
    let models = project::root().join("public/models");
    let mut found = Vec::new();
    for entry in fs::read_dir(&models).with_context(|| format!("cannot list {}", models.display()))? {
        let folder = entry?.path();
        if folder.is_dir() {
            found.push(folder.join("manifest.json"));
        }
    }
    if found.is_empty() {
        bail!("there is no model in {}", models.display());
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_checksums_follow_the_files() {
        let folder = std::env::temp_dir().join(format!("klartext-manifest-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("a.bin"), "abc").unwrap();
        let old = Entry { path: "a.bin".into(), bytes: 1, sha256: String::new(), chunks: None };
        let new = old.measured(&folder).unwrap();
        assert_eq!((new.path.as_str(), new.bytes), ("a.bin", 3));
        assert_eq!(new.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!((new.measured(&folder).unwrap(), &new.chunks), (new.clone(), &None));
        let long = vec![7; 2 * CHUNK_BYTES + 1];
        fs::write(folder.join("a.bin"), &long).unwrap();
        let chunks = new.measured(&folder).unwrap().chunks.expect("a long file has chunks");
        assert_eq!((chunks.bytes, chunks.sha256.len()), (CHUNK_BYTES, 3));
        assert_eq!(chunks.sha256[0], chunks.sha256[1]);
        assert_eq!(chunks.sha256[2], project::sha256(&[7]));
        fs::remove_dir_all(&folder).unwrap();
        let error = new.measured(&folder).unwrap_err().to_string();
        assert!(error.contains("a.bin"), "{error}");
    }
}
