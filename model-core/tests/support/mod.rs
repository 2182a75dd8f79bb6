//! What several test files need: the model of the repository, and test sets.
#![allow(dead_code, reason = "each test file uses a part of it")]

#[cfg(feature = "gpu")]
pub(crate) mod device;
pub(crate) mod marian;

use std::fs;
use std::path::{Path, PathBuf};

use model_core::format::manifest::{Manifest, Role};
use model_core::{Device, Files, Translator};

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate is in the repository").to_owned()
}

/// The files of the model in `public/models/deen`.
pub(crate) struct Model {
    pub(crate) model: Vec<u8>,
    pub(crate) vocabulary: Vec<u8>,
    pub(crate) shortlist: Option<Vec<u8>>,
}

impl Model {
    pub(crate) fn read() -> Self {
        let folder = root().join("public/models/deen");
        let manifest =
            Manifest::from_json(&fs::read(folder.join("manifest.json")).expect("there is a manifest"))
                .expect("the manifest is well-formed");
        let file = |role| {
            let entry = manifest.entry(role)?;
            Some(fs::read(folder.join(&entry.path)).expect("the manifest's files are there"))
        };
        Self {
            model: file(Role::Model).expect("every manifest has it"),
            vocabulary: file(Role::Vocabulary).expect("every manifest has it"),
            shortlist: file(Role::Shortlist),
        }
    }

    pub(crate) fn translator(&self) -> Translator {
        let files = Files {
            model: &self.model,
            vocabulary: &self.vocabulary,
            target_vocabulary: None,
            shortlist: self.shortlist.as_deref(),
        };
        Translator::load(files, &Device::flex()).expect("the model loads")
    }
}

/// The German side of our own tech-news development set.
pub(crate) fn technews() -> Vec<String> {
    lines(&root().join("tests/data/technews-dev.de")).expect("the set is in the repository")
}

/// A file's lines from the folder beside the repository, if that is there; says so if not.
pub(crate) fn shared_lines(file: &str) -> Option<Vec<String>> {
    let lines = lines(&root().join("../shared").join(file));
    if lines.is_none() {
        println!("skipped: needs ../shared/{file}");
    }
    lines
}

fn lines(path: &Path) -> Option<Vec<String>> {
    Some(fs::read_to_string(path).ok()?.lines().map(str::to_owned).collect())
}
