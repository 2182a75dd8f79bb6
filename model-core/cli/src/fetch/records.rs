//! The records of Mozilla's Remote Settings that say which models there are, and the choice among them.
//!
//! A record is one file. There are two collections: `translations-models-v2`, whose attachments are packed with zstd,
//! and the older `translations-models`, whose attachments are the files themselves and whose languages are called
//! `fromLang` and `toLang`. The files of one model have languages, version and architecture in common.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use model_core::format::manifest::Role;
use serde::Deserialize;
use serde_json::Value;

use super::error::Error;

/// From which language into which, as the records write them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pair {
    /// The language that the model reads.
    pub(crate) source: String,
    /// The language that it writes.
    pub(crate) target: String,
}

impl Pair {
    /// Reads `deen`, `de-en` or, for languages such as `zh-Hans`, `zh-Hans:en`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (source, target) = match text.split_once(':') {
            Some(pair) => pair,
            None if text.matches('-').count() == 1 => text.split_once('-')?,
            None if text.len() == 4 => text.split_at_checked(2)?,
            None => return None,
        };
        let is_tag = |tag: &str| {
            tag.len() >= 2 && tag.len() <= 35 && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        (is_tag(source) && is_tag(target))
            .then(|| Self { source: source.to_owned(), target: target.to_owned() })
    }

    fn is_of(&self, record: &Record) -> bool {
        self.source.eq_ignore_ascii_case(&record.source) && self.target.eq_ignore_ascii_case(&record.target)
    }
}

impl fmt::Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.source, self.target)
    }
}

/// The sizes in which models are published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Architecture {
    /// 256 wide.
    Tiny,
    /// 384 wide.
    BaseMemory,
    /// 512 wide.
    Base,
}

impl Architecture {
    /// All of them, from small to large.
    const ALL: [Self; 3] = [Self::Tiny, Self::BaseMemory, Self::Base];

    /// The architecture of this name.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|architecture| architecture.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Tiny => "tiny",
            Self::BaseMemory => "base-memory",
            Self::Base => "base",
        }
    }

    /// How wide its embeddings are.
    fn width(self) -> usize {
        match self {
            Self::Tiny => 256,
            Self::BaseMemory => 384,
            Self::Base => 512,
        }
    }
}

/// One file of a model.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Record {
    name: String,
    #[serde(alias = "sourceLanguage", alias = "fromLang")]
    source: String,
    #[serde(alias = "targetLanguage", alias = "toLang")]
    target: String,
    #[serde(rename = "fileType")]
    kind: String,
    /// Such as 3.0; 3.0a1 is a pre-release.
    pub(super) version: String,
    /// The older records do not have it.
    #[serde(default, alias = "variant")]
    pub(super) architecture: Option<String>,
    /// Which browsers get it; empty for all.
    #[serde(default)]
    filter_expression: Option<String>,
    /// Size of the file, unpacked.
    #[serde(default, rename = "decompressedSize", deserialize_with = "optional_number")]
    pub(super) size: Option<u64>,
    /// SHA-256 of the file, unpacked.
    #[serde(default, rename = "decompressedHash")]
    pub(super) hash: Option<String>,
    #[serde(default)]
    last_modified: u64,
    pub(super) attachment: Attachment,
}

/// What is downloaded for a record.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Attachment {
    /// Its SHA-256.
    pub(super) hash: String,
    /// Its size.
    #[serde(deserialize_with = "number")]
    pub(super) size: u64,
    /// Where it lies, below the address of all attachments.
    pub(super) location: String,
}

/// A number, or the text of one; both are met.
fn number<'de, D: serde::Deserializer<'de>>(value: D) -> Result<u64, D::Error> {
    optional_number(value)?.ok_or_else(|| serde::de::Error::custom("is not a size"))
}

fn optional_number<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<u64>, D::Error> {
    match Value::deserialize(value)? {
        Value::Null => Ok(None),
        Value::Number(number) => Ok(number.as_u64()),
        Value::String(text) => Ok(text.parse().ok()),
        _ => Err(serde::de::Error::custom("is not a size")),
    }
}

impl Record {
    /// All records of an answer, `{"data": […]}`, or of a mirror's bare list. Other things are among them, which have
    /// another form, and are passed over.
    pub(super) fn all(json: &[u8]) -> Result<Vec<Self>, String> {
        let answer: Value = serde_json::from_slice(json).map_err(|error| format!("is not JSON: {error}"))?;
        let list = match answer {
            Value::Object(mut fields) => fields.remove("data"),
            list => Some(list),
        };
        let Some(Value::Array(list)) = list else { return Err("has no list of records".to_owned()) };
        let records: Vec<Self> = list
            .into_iter()
            .filter_map(|record| serde_json::from_value(record).ok())
            .filter(Self::is_sound)
            .collect();
        if records.is_empty() { Err("has no records of models".to_owned()) } else { Ok(records) }
    }

    fn is_sound(&self) -> bool {
        let is_digest = |hash: &str| {
            hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        };
        is_digest(&self.attachment.hash) && self.hash.as_deref().is_none_or(is_digest)
    }

    /// The digest of the file as it will lie in the folder. Without one there should be nothing to unpack.
    pub(super) fn content_hash(&self) -> &str {
        self.hash.as_ref().unwrap_or(&self.attachment.hash)
    }

    /// The name of the file in the folder.
    pub(super) fn file_name(&self) -> Result<String, Error> {
        let name = ["zst", "gz"]
            .iter()
            .find_map(|packed| self.name.strip_suffix(packed)?.strip_suffix('.'))
            .unwrap_or(&self.name);
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if name.is_empty() || name.len() > 120 || name.starts_with('.') || !name.bytes().all(plain) {
            let shown: String = self.name.chars().take(80).flat_map(char::escape_debug).collect();
            return Err(Error::wrong(&format!("\"{shown}\""), "is no name for a file of a model"));
        }
        Ok(name.to_owned())
    }

    fn is_stable(&self) -> bool {
        self.version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    }

    /// What orders versions: their numbers; and 3.0 comes after 3.0a1.
    fn order(&self) -> (Vec<u64>, bool, &str) {
        let number = |part: &str| {
            let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
            part[..digits].parse().unwrap_or(0)
        };
        (self.version.split('.').map(number).collect(), self.is_stable(), &self.version)
    }
}

/// The records of one model.
#[derive(Debug)]
pub(super) struct Choice<'r> {
    /// The weights.
    pub(super) model: &'r Record,
    vocabulary: &'r Record,
    target_vocabulary: Option<&'r Record>,
    shortlist: Option<&'r Record>,
    architecture: Option<Architecture>,
}

impl<'r> Choice<'r> {
    /// The newest model of a pair, of the size that was asked for.
    pub(super) fn of(
        records: &'r [Record],
        pair: &Pair,
        architecture: Option<Architecture>,
        pre_release: bool,
    ) -> Result<Self, Error> {
        let of_pair: Vec<&Record> = records.iter().filter(|record| pair.is_of(record)).collect();
        if of_pair.is_empty() {
            return Err(Error::NoPair { pair: pair.clone(), others: others(records, pair) });
        }
        let released: Vec<&Record> =
            of_pair.iter().copied().filter(|record| pre_release || record.is_stable()).collect();
        if released.is_empty() {
            let newest = of_pair.iter().max_by(|a, b| a.order().cmp(&b.order()));
            let version = newest.map(|record| record.version.clone()).unwrap_or_default();
            return Err(Error::OnlyPreReleases { pair: pair.clone(), version });
        }
        let mut groups: BTreeMap<(Option<&str>, &str), Vec<&Record>> = BTreeMap::new();
        for record in released {
            groups.entry((record.architecture.as_deref(), &record.version)).or_default().push(record);
        }
        let mut whole: Vec<Self> =
            groups.values().filter_map(|group| Self::of_group(group, architecture)).collect();
        if whole.is_empty() {
            return Err(Error::Incomplete { pair: pair.clone() });
        }
        let names: BTreeSet<&str> =
            whole.iter().filter_map(|choice| choice.model.architecture.as_deref()).collect();
        let available = names.iter().copied().collect::<Vec<_>>().join(", ");
        if let Some(wanted) = architecture {
            // The older records do not name it; the weights will.
            whole.retain(|choice| {
                choice.model.architecture.as_deref().is_none_or(|name| name == wanted.name())
            });
        } else if names.len() > 1 {
            return Err(Error::ManyArchitectures { pair: pair.clone(), available });
        }
        whole.into_iter().max_by(|a, b| a.order().cmp(&b.order())).ok_or_else(|| Error::NoArchitecture {
            pair: pair.clone(),
            wanted: architecture.map_or("other", Architecture::name).to_owned(),
            available,
        })
    }

    /// The model that records of one version and architecture make, if none is missing.
    fn of_group(group: &[&'r Record], architecture: Option<Architecture>) -> Option<Self> {
        // Of two records for one file, the one for everybody, and then the newer one.
        let file = |kind: &str| {
            let of_kind = group.iter().copied().filter(|record| record.kind == kind);
            of_kind.max_by_key(|record| {
                (record.filter_expression.as_deref().unwrap_or_default().is_empty(), record.last_modified)
            })
        };
        let (vocabulary, target_vocabulary) = match (file("srcvocab"), file("trgvocab")) {
            (Some(source), Some(target)) => (source, Some(target)),
            _ => (file("vocab")?, None),
        };
        let model = file("model")?;
        Some(Self { model, vocabulary, target_vocabulary, shortlist: file("lex"), architecture })
    }

    fn order(&self) -> (Vec<u64>, bool, &str, bool) {
        let (numbers, stable, text) = self.model.order();
        (numbers, stable, text, self.model.architecture.is_some())
    }

    /// The files with what they are for; the large one last but one, as it decides least about what else is wrong.
    pub(super) fn files(&self) -> impl Iterator<Item = (Role, &'r Record)> {
        [
            (Role::Vocabulary, Some(self.vocabulary)),
            (Role::TargetVocabulary, self.target_vocabulary),
            (Role::Shortlist, self.shortlist),
            (Role::Model, Some(self.model)),
        ]
        .into_iter()
        .filter_map(|(role, record)| Some((role, record?)))
    }

    /// Checks that a model whose record does not name its architecture has the one that was asked for.
    pub(super) fn check_width(&self, width: usize) -> Result<(), Error> {
        match self.architecture {
            Some(wanted) if self.model.architecture.is_none() && wanted.width() != width => {
                let problem =
                    format!("is {width} wide, and {} models are {} wide", wanted.name(), wanted.width());
                Err(Error::wrong(&self.model.name, problem))
            }
            _ => Ok(()),
        }
    }
}

/// What there is for somebody who asked for a pair that there is not.
fn others(records: &[Record], pair: &Pair) -> String {
    let list = |languages: BTreeSet<&str>| languages.into_iter().collect::<Vec<_>>().join(", ");
    let sources: BTreeSet<&str> = records.iter().map(|record| record.source.as_str()).collect();
    let from = |record: &&Record| pair.source.eq_ignore_ascii_case(&record.source);
    let targets: BTreeSet<&str> = records.iter().filter(from).map(|record| record.target.as_str()).collect();
    if targets.is_empty() {
        format!("There are models from {}.", list(sources))
    } else {
        format!("From {} there are models to {}.", pair.source, list(targets))
    }
}

#[cfg(test)]
mod tests;
