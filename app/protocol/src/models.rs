//! What is said about models: how far a download is, which ones there are, what is brought from files.

use serde::{Deserialize, Serialize};

/// How far a model is on its way.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LoadProgress {
    /// Its manifest's address.
    pub address: String,
    /// Bytes that are here.
    pub done: u64,
    /// Bytes of the model, 0 while that is unknown.
    pub total: u64,
    /// Bytes a second over the last few seconds.
    pub bytes_per_s: f64,
    /// Time left in seconds, where that can be told.
    pub seconds_left: Option<f64>,
    /// What goes on.
    pub state: LoadState,
    /// Bytes still to be fetched when the download began; none if nothing has to be.
    pub needed: Option<u64>,
    /// Bytes that the browser would store at that time, where it says so.
    pub free: Option<u64>,
    /// Where it is kept.
    pub keeps: Option<Keeps>,
}

/// What goes on while a model is on its way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoadState {
    /// It is read or fetched.
    #[default]
    Running,
    /// The reader wanted it to rest.
    Paused,
    /// Another tab is busy with the models.
    Waiting,
}

/// Where models are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keeps {
    /// In the site's private file system.
    Files,
    /// In the browser's cache for sites.
    Cache,
    /// Nowhere: it is gone with the page.
    Memory,
}

/// Where a model's files came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// They were on the device.
    Stored,
    /// Some had to be fetched.
    Downloaded,
}

/// A model that is here, in part or whole, or that the site offers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelInfo {
    /// Its manifest's address, or `imported:` and the name of one from files.
    pub address: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The language that it reads, as a BCP 47 tag.
    pub source: String,
    /// The language that it writes.
    pub target: String,
    /// Its architecture, for people.
    pub architecture: String,
    /// The terms that it is under, for people.
    pub licence: String,
    /// Who made it, for people.
    pub origin: String,
    /// Bytes of the files that are of use.
    pub bytes: u64,
    /// Bytes of it that are here.
    pub here: u64,
    /// Whether it is known to this device, be it in part.
    pub installed: bool,
    /// Whether all that is of use is here.
    pub complete: bool,
    /// When it was last used, in milliseconds since 1970; 0 if never.
    pub used_ms: f64,
    /// How well it translates.
    pub quality: Vec<Quality>,
    /// The version that its server has, if that is another.
    pub newer: Option<NewerModel>,
}

/// How well a model translates one set of sentences.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// The set.
    pub set: String,
    /// BLEU, 0 to 100.
    pub bleu: Option<f64>,
    /// chrF, 0 to 100.
    pub chrf: Option<f64>,
}

/// Another version of a model that is here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewerModel {
    /// Its manifest's address.
    pub address: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Bytes to fetch for it.
    pub bytes: u64,
}

/// What is known of the models that the site offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Offers {
    /// Its list is on the way.
    Asked,
    /// They are in the list.
    Known,
    /// Its list, or a part of it, did not come.
    Unreachable,
}

/// A model from the reader's own files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Import {
    /// What to call it.
    pub name: String,
    /// The language that it reads, as a BCP 47 tag.
    pub source: String,
    /// The language that it writes.
    pub target: String,
    /// Its files.
    pub files: Vec<ImportFile>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImportFile {
    /// Its name on the reader's disk.
    pub name: String,
    /// What it is to the model.
    pub role: FileRole,
    /// Its content, perhaps compressed.
    #[serde(with = "serde_bytes")]
    pub bytes: Vec<u8>,
}

/// What a file is to a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileRole {
    /// The weights.
    Model,
    /// The vocabulary of the source, or of both languages.
    Vocabulary,
    /// The target's own vocabulary.
    TargetVocabulary,
    /// The lexical shortlist.
    Shortlist,
}

impl FileRole {
    /// What a file is by its name, as models are published: `model….bin`, `vocab….spm`, `srcvocab….spm` and
    /// `trgvocab….spm`, `lex….bin`, each perhaps with `.gz` or `.zst` behind it.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let plain = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(&name);
        let is = |start: &str, end: &str| plain.starts_with(start) && plain.ends_with(end);
        if is("lex", ".bin") {
            Some(Self::Shortlist)
        } else if is("trgvocab", ".spm") {
            Some(Self::TargetVocabulary)
        } else if is("vocab", ".spm") || is("srcvocab", ".spm") {
            Some(Self::Vocabulary)
        } else if is("model", ".bin") {
            Some(Self::Model)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_known_by_the_names_that_models_are_published_with() {
        let cases = [
            ("model.deen.intgemm.alphas.bin", Some(FileRole::Model)),
            ("model.deen.intgemm.alphas.bin.zst", Some(FileRole::Model)),
            ("vocab.deen.spm.gz", Some(FileRole::Vocabulary)),
            ("srcvocab.enja.spm", Some(FileRole::Vocabulary)),
            ("TRGVOCAB.enja.spm", Some(FileRole::TargetVocabulary)),
            ("lex.50.50.deen.s2t.bin", Some(FileRole::Shortlist)),
            ("model.npz", None),
            ("vocab.yml", None),
            ("readme.txt", None),
            ("", None),
        ];
        for (name, role) in cases {
            assert_eq!(FileRole::of_name(name), role, "{name}");
        }
    }
}
