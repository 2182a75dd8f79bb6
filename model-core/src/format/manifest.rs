//! The manifest of a model: what it is, where it came from, and the size and SHA-256 of each of its files.
//!
//! A model is fetched from anywhere, in pieces, and kept for months. Nothing of it is parsed before
//! [`Manifest::verify`] has found it to be the file that the manifest means.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::reader::{malformed, shown, unsupported};
use crate::error::{File, Result};

/// The most bytes of a manifest: chunk digests for 4 GiB of files. One of ours takes less than 5 kB.
pub const MAX_MANIFEST: usize = 1024 * 1024;
/// No file of a model may be larger; WebAssembly could not hold it.
const MAX_FILE: u64 = 2 * 1024 * 1024 * 1024;
const MAX_TEXT: usize = 1024;
const MAX_PATH: usize = 255;
const MAX_MIRRORS: usize = 16;
const MAX_QUALITY: usize = 64;
/// Chunks smaller than this are mostly digests, larger ones mostly lost when a byte of them is wrong.
const CHUNK_BYTES: std::ops::RangeInclusive<u32> = 64 * 1024..=4 * 1024 * 1024;
/// The chunks that [`Entry::of`] makes.
const USUAL_CHUNK: u32 = 256 * 1024;

/// What a model consists of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The model's name, for people.
    pub name: String,
    /// Its version; a model that changes gets another one.
    pub version: String,
    /// The language that it reads, as a BCP 47 tag.
    pub source: String,
    /// The language that it writes, as a BCP 47 tag.
    pub target: String,
    /// Its architecture, for people.
    pub architecture: String,
    /// The terms that the weights are under, for people.
    pub licence: String,
    /// Who made it, and from what.
    pub origin: String,
    /// Its files.
    pub files: Files,
    /// Where else its files lie: addresses of folders, absolute (`https:`) or relative to the manifest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mirrors: Vec<String>,
    /// How well it translates, as its makers measured.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quality: Vec<Quality>,
}

/// A measurement of a model on one set of sentences.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quality {
    /// The set's name, for people.
    pub set: String,
    /// BLEU, 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bleu: Option<f64>,
    /// chrF, 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chrf: Option<f64>,
}

/// The files by their roles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Files {
    /// The weights.
    pub model: Entry,
    /// The vocabulary of the source, and of the target when there is no other.
    pub vocabulary: Entry,
    /// The target's vocabulary where it is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_vocabulary: Option<Entry>,
    /// The lexical shortlist.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shortlist: Option<Entry>,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its path relative to the manifest.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256 in hexadecimal.
    pub sha256: String,
    /// The digests of its parts, so that a download can be checked and mended in parts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chunks: Option<Chunks>,
}

/// The digests of a file's parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chunks {
    /// The size of every part but the last, which may be shorter: a power of two, 64 KiB to 4 MiB.
    pub bytes: u32,
    /// The parts' SHA-256 in hexadecimal, in order.
    pub sha256: Vec<String>,
}

/// What a file is to the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The weights.
    Model,
    /// The vocabulary of the source, or of both.
    Vocabulary,
    /// The target's own vocabulary.
    TargetVocabulary,
    /// The lexical shortlist.
    Shortlist,
}

impl Role {
    /// All roles, in the order in which their files are wanted.
    pub const ALL: [Self; 4] = [Self::Vocabulary, Self::TargetVocabulary, Self::Model, Self::Shortlist];

    /// The role's key in the manifest.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Vocabulary => "vocabulary",
            Self::TargetVocabulary => "target_vocabulary",
            Self::Shortlist => "shortlist",
        }
    }

    /// Which kind of file it is, for errors.
    #[must_use]
    pub fn file(self) -> File {
        match self {
            Self::Model => File::Model,
            Self::Vocabulary | Self::TargetVocabulary => File::Vocabulary,
            Self::Shortlist => File::Shortlist,
        }
    }
}

impl Manifest {
    /// Reads a manifest and checks every field.
    ///
    /// # Errors
    /// `Malformed` when it is not JSON of this form, a field is empty or too long, a path could lead away from the
    /// manifest's own folder, or a size or digest cannot be one; `Unsupported` for a file above 2 GiB.
    pub fn from_json(json: &[u8]) -> Result<Self> {
        if json.len() > MAX_MANIFEST {
            let problem = format!("has {} bytes, may have {MAX_MANIFEST}", json.len());
            return Err(malformed(File::Manifest, "manifest", problem));
        }
        let manifest: Self = serde_json::from_slice(json)
            .map_err(|error| malformed(File::Manifest, "JSON", shown(&error.to_string())))?;
        manifest.check()?;
        Ok(manifest)
    }

    /// The file in this role, where the model has one.
    #[must_use]
    pub fn entry(&self, role: Role) -> Option<&Entry> {
        match role {
            Role::Model => Some(&self.files.model),
            Role::Vocabulary => Some(&self.files.vocabulary),
            Role::TargetVocabulary => self.files.target_vocabulary.as_ref(),
            Role::Shortlist => self.files.shortlist.as_ref(),
        }
    }

    /// The files that the model has.
    pub fn entries(&self) -> impl Iterator<Item = (Role, &Entry)> {
        Role::ALL.into_iter().filter_map(|role| Some((role, self.entry(role)?)))
    }

    /// The size of the whole model in bytes.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        self.entries().map(|(_, entry)| entry.bytes).sum()
    }

    /// Checks that `bytes` are the file in this role.
    ///
    /// # Errors
    /// `Malformed`, with what was expected and what was found, when size or digest differ; also when the manifest has
    /// no file in this role.
    pub fn verify(&self, role: Role, bytes: &[u8]) -> Result<()> {
        self.verify_digest(role, bytes.len(), Sha256::digest(bytes).into())
    }

    /// As [`verify`](Self::verify), for `len` bytes whose SHA-256 was computed elsewhere.
    ///
    /// # Errors
    /// As there.
    pub fn verify_digest(&self, role: Role, len: usize, sha256: [u8; 32]) -> Result<()> {
        let Some(entry) = self.entry(role) else {
            return Err(malformed(File::Manifest, format!("files.{}", role.name()), "is missing"));
        };
        let (expected, found) = (entry.bytes, len as u64);
        if found != expected {
            let problem = format!("expected {expected} bytes, found {found}");
            return Err(malformed(role.file(), &entry.path, problem));
        }
        let (expected, found) = (entry.sha256.to_ascii_lowercase(), hex(&sha256));
        if found != expected {
            let problem = format!("expected SHA-256 {expected}, found {found}");
            return Err(malformed(role.file(), &entry.path, problem));
        }
        Ok(())
    }

    fn check(&self) -> Result<()> {
        let texts = [
            ("name", &self.name),
            ("version", &self.version),
            ("architecture", &self.architecture),
            ("licence", &self.licence),
            ("origin", &self.origin),
        ];
        for (key, text) in texts {
            if !is_text(text) {
                return Err(malformed(File::Manifest, key, text_wanted()));
            }
        }
        for (key, tag) in [("source", &self.source), ("target", &self.target)] {
            if !is_language_tag(tag) {
                let problem = format!("is \"{}\", needs a language tag such as de or pt-BR", shown(tag));
                return Err(malformed(File::Manifest, key, problem));
            }
        }
        self.check_mirrors()?;
        self.check_quality()?;
        self.entries().try_for_each(|(role, entry)| entry.check(role))
    }

    fn check_mirrors(&self) -> Result<()> {
        if self.mirrors.len() > MAX_MIRRORS {
            let problem = format!("has {} addresses, may have {MAX_MIRRORS}", self.mirrors.len());
            return Err(malformed(File::Manifest, "mirrors", problem));
        }
        for (index, mirror) in self.mirrors.iter().enumerate() {
            if let Err(problem) = check_mirror(mirror) {
                let problem = format!("\"{}\" {problem}", shown(mirror));
                return Err(malformed(File::Manifest, format!("mirrors[{index}]"), problem));
            }
        }
        Ok(())
    }

    fn check_quality(&self) -> Result<()> {
        if self.quality.len() > MAX_QUALITY {
            let problem = format!("has {} measurements, may have {MAX_QUALITY}", self.quality.len());
            return Err(malformed(File::Manifest, "quality", problem));
        }
        for (index, Quality { set, bleu, chrf }) in self.quality.iter().enumerate() {
            if !is_text(set) {
                return Err(malformed(File::Manifest, format!("quality[{index}].set"), text_wanted()));
            }
            for (key, score) in [("bleu", bleu), ("chrf", chrf)] {
                if let Some(score) = score.filter(|score| !(0.0..=100.0).contains(score)) {
                    let problem = format!("is {score}, needs 0 to 100");
                    return Err(malformed(File::Manifest, format!("quality[{index}].{key}"), problem));
                }
            }
        }
        Ok(())
    }
}

impl Entry {
    /// The entry of a file with this content; with chunks if it is long enough to gain by them.
    #[must_use]
    pub fn of(path: impl Into<String>, content: &[u8]) -> Self {
        let digest = |part: &[u8]| hex(&Sha256::digest(part));
        let chunks = (content.len() >= 2 * USUAL_CHUNK as usize).then(|| Chunks {
            bytes: USUAL_CHUNK,
            sha256: content.chunks(USUAL_CHUNK as usize).map(digest).collect(),
        });
        Self { path: path.into(), bytes: content.len() as u64, sha256: digest(content), chunks }
    }

    fn check(&self, role: Role) -> Result<()> {
        let item = |field: &str| format!("files.{}.{field}", role.name());
        if let Err(problem) = check_path(&self.path) {
            let problem = format!("\"{}\" {problem}", shown(&self.path));
            return Err(malformed(File::Manifest, item("path"), problem));
        }
        if self.bytes == 0 {
            return Err(malformed(File::Manifest, item("bytes"), "is 0"));
        }
        if self.bytes > MAX_FILE {
            return Err(unsupported(
                File::Manifest,
                item("bytes"),
                format!("{}, at most {MAX_FILE}", self.bytes),
            ));
        }
        check_digest(&self.sha256).map_err(|problem| malformed(File::Manifest, item("sha256"), problem))?;
        self.chunks.as_ref().map_or(Ok(()), |chunks| chunks.check(self.bytes, role))
    }
}

impl Chunks {
    fn check(&self, file_bytes: u64, role: Role) -> Result<()> {
        let item = |field: &str| format!("files.{}.chunks.{field}", role.name());
        if !self.bytes.is_power_of_two() || !CHUNK_BYTES.contains(&self.bytes) {
            let (least, most) = (CHUNK_BYTES.start(), CHUNK_BYTES.end());
            let problem = format!("is {}, needs a power of two from {least} to {most}", self.bytes);
            return Err(malformed(File::Manifest, item("bytes"), problem));
        }
        let (expected, found) = (file_bytes.div_ceil(self.bytes.into()), self.sha256.len() as u64);
        if found != expected {
            let problem = format!("has {found} digests, {file_bytes} bytes have {expected} chunks");
            return Err(malformed(File::Manifest, item("sha256"), problem));
        }
        for (index, digest) in self.sha256.iter().enumerate() {
            check_digest(digest)
                .map_err(|problem| malformed(File::Manifest, item(&format!("sha256[{index}]")), problem))?;
        }
        Ok(())
    }
}

fn check_digest(digest: &str) -> std::result::Result<(), String> {
    if digest.len() != 64 || !digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(format!("is \"{}\", needs 64 hexadecimal digits", shown(digest)));
    }
    Ok(())
}

fn is_text(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= MAX_TEXT && !text.chars().any(char::is_control)
}

fn text_wanted() -> String {
    format!("needs 1 to {MAX_TEXT} bytes of text without control characters")
}

/// A mirror is a folder at another https address or elsewhere at the manifest's own. What an address may carry besides
/// (a login, a query, a fragment) has no use here, and a backslash is a slash to a browser.
fn check_mirror(mirror: &str) -> std::result::Result<(), &'static str> {
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"?#@\\\"<>".contains(&byte);
    if mirror.is_empty() || mirror.len() > MAX_TEXT {
        return Err("is empty or too long");
    }
    if !mirror.bytes().all(plain) {
        return Err("has characters that no folder's address needs");
    }
    match mirror.strip_prefix("https://") {
        Some(rest) if rest.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '[') => Ok(()),
        Some(_) => Err("names no host"),
        None if mirror.starts_with("//") || mirror.contains(':') => {
            Err("is neither an https address nor relative to the manifest")
        }
        None => Ok(()),
    }
}

/// A path is joined to the manifest's address and also names a file on disk, so it is of the plainest form only: a
/// percent sign could hide `..` from this check and show it to a browser, a colon could begin another scheme.
fn check_path(path: &str) -> std::result::Result<(), &'static str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte);
    if path.is_empty() || path.len() > MAX_PATH {
        return Err("is empty or too long");
    }
    if !path.bytes().all(plain) {
        return Err("has characters other than letters, digits, '.', '_', '-' and '/'");
    }
    if path.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Err("is not a plain path below the manifest");
    }
    Ok(())
}

fn is_language_tag(tag: &str) -> bool {
    let subtag =
        |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
    tag.len() <= 35 && tag.split('-').all(subtag)
}

fn hex(digest: &[u8]) -> String {
    let digit = |nibble: u8| char::from(b"0123456789abcdef"[usize::from(nibble)]);
    digest.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(digit).collect()
}
