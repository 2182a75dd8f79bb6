//! A model's files on disk.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use model_core::format::manifest::{Manifest, Role};
use model_core::{Device, Files, Translator};

use crate::Error;

/// A model's manifest and the contents of its files.
pub(crate) struct ModelFiles {
    /// The manifest.
    pub(crate) manifest: Manifest,
    files: Vec<(Role, Vec<u8>)>,
}

impl ModelFiles {
    /// Reads the model of a folder and checks it against its manifest.
    pub(crate) fn read(folder: &Path) -> Result<Self, Error> {
        let path = folder.join("manifest.json");
        let model_error = |source| Error::Model { path: folder.display().to_string(), source };
        let manifest = Manifest::from_json(&read(&path)?).map_err(model_error)?;
        let files = manifest
            .entries()
            .map(|(role, entry)| {
                let bytes = read(&folder.join(&entry.path))?;
                manifest.verify(role, &bytes).map_err(model_error)?;
                Ok((role, bytes))
            })
            .collect::<Result<_, Error>>()?;
        Ok(Self { manifest, files })
    }

    /// A file's contents, if the model has it.
    pub(crate) fn file(&self, role: Role) -> Option<&[u8]> {
        self.files.iter().find(|(other, _)| *other == role).map(|(_, bytes)| bytes.as_slice())
    }

    /// Makes the model ready.
    pub(crate) fn translator(&self, folder: &Path) -> Result<Translator, Error> {
        let files = Files {
            // A manifest without these two is refused when it is read.
            model: self.file(Role::Model).unwrap_or_default(),
            vocabulary: self.file(Role::Vocabulary).unwrap_or_default(),
            target_vocabulary: self.file(Role::TargetVocabulary),
            shortlist: self.file(Role::Shortlist),
        };
        Translator::load(files, &Device::flex())
            .map_err(|source| Error::Model { path: folder.display().to_string(), source })
    }
}

/// A file's contents.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|source| Error::File { path: path.display().to_string(), source })
}

/// Writes a file, or leaves the one that was there: nobody meets a half of it.
pub(crate) fn write(path: &Path, content: &[u8]) -> Result<(), Error> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = path.with_file_name(name);
    let result = File::create(&new)
        .and_then(|mut file| file.write_all(content).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&new, path));
    result.map_err(|source| {
        // What could not be written is of no use to anyone.
        let _ = fs::remove_file(&new);
        Error::file(path, source)
    })
}
