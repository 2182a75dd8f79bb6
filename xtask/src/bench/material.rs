//! What is measured with: development sets and the model.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::Value;

use super::Options;
use crate::project::{self, say};

/// The model's folder, from the repository's root.
pub(super) const MODEL: &str = "public/models/deen";

/// The development sets and their folders, from the repository's root. Only the first may lie in the repository.
const SETS: [(&str, &str); 3] =
    [("technews-dev", "tests/data"), ("flores-dev", "../shared/eval"), ("wmt18", "../shared/eval")];

/// The sets that speed is measured on: the first that is there.
const FOR_SPEED: [&str; 2] = ["flores-dev", "technews-dev"];

/// A development set: sentences, one a line, and what people made of them.
pub(super) struct Set {
    pub(super) name: &'static str,
    /// The German file.
    pub(super) source: PathBuf,
    /// The English file.
    pub(super) reference: PathBuf,
}

impl Set {
    /// All that are there; those that are not are named to the user.
    pub(super) fn all(options: &Options) -> Result<Vec<Self>> {
        let mut found = Vec::new();
        for (name, folder) in SETS {
            let folder = project::root().join(folder);
            let set = Self {
                name,
                source: folder.join(format!("{name}.de")),
                reference: folder.join(format!("{name}.en")),
            };
            if !set.source.is_file() || !set.reference.is_file() {
                println!("skipped: {name} needs ../shared/eval");
                continue;
            }
            found.push(match options.lines {
                Some(lines) => set.shortened(lines)?,
                None => set,
            });
        }
        Ok(found)
    }

    /// The one to measure speed on.
    pub(super) fn for_speed(options: &Options) -> Result<Self> {
        let mut sets = Self::all(options)?;
        let position = FOR_SPEED.iter().find_map(|name| sets.iter().position(|set| set.name == *name));
        Ok(sets.swap_remove(position.context("the repository lacks tests/data/technews-dev.de")?))
    }

    /// The German sentences.
    pub(super) fn sentences(&self) -> Result<Vec<String>> {
        let text = fs::read_to_string(&self.source)
            .with_context(|| format!("cannot read {}", self.source.display()))?;
        Ok(text.lines().map(str::to_owned).collect())
    }

    /// The same with its first lines only.
    fn shortened(mut self, lines: usize) -> Result<Self> {
        let folder = project::cache("bench/short")?;
        for path in [&mut self.source, &mut self.reference] {
            let text =
                fs::read_to_string(&*path).with_context(|| format!("cannot read {}", path.display()))?;
            let short: String = text.split_inclusive('\n').take(lines).collect();
            *path = folder.join(path.file_name().context("a set's file has a name")?);
            fs::write(&*path, short).with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok(self)
    }
}

/// The model that figures are about.
pub(super) struct Model {
    /// Name and version.
    pub(super) name: String,
    /// Bytes of the file with the weights.
    pub(super) bytes: u64,
}

impl Model {
    /// Reads it off the manifest.
    pub(super) fn read() -> Result<Self> {
        let folder = project::root().join(MODEL);
        let path = folder.join("manifest.json");
        let json = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let manifest: Value =
            serde_json::from_slice(&json).with_context(|| format!("{} is broken", path.display()))?;
        let text = |value: &Value, what: &str| -> Result<String> {
            let text = value.as_str().with_context(|| format!("{} names no {what}", path.display()))?;
            Ok(text.to_owned())
        };
        let weights = folder.join(text(&manifest["files"]["model"]["path"], "file of the model")?);
        let bytes =
            fs::metadata(&weights).with_context(|| format!("cannot read {}", weights.display()))?.len();
        let (name, version) = (text(&manifest["name"], "name")?, text(&manifest["version"], "version")?);
        say(&format!("the model is {name} {version}, {bytes} bytes of weights"));
        Ok(Self { name: format!("{name} {version}"), bytes })
    }
}
