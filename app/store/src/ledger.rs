//! Which chunks of which files are stored. It is tied to contents, never to names: a new version of a model begins with
//! what it has in common with the old one and can mix with nothing else of it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use model_core::format::manifest::Entry;
use serde::{Deserialize, Serialize};

/// Files without chunk digests are stored and resumed in parts of this size.
const UNCHECKED_CHUNK: u32 = 256 * 1024;

/// Which chunks of which files are stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger(BTreeMap<String, Held>);

/// What is stored of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Held {
    bytes: u64,
    chunk: u32,
    /// A bit for each chunk, least significant first, in hexadecimal.
    #[serde(with = "bits")]
    stored: Vec<u8>,
    /// Chunks of which the first bytes are stored, and how many.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    begun: BTreeMap<u32, u32>,
}

impl Ledger {
    /// Bytes of a file that are stored, begun chunks included.
    #[must_use]
    pub fn bytes(&self, entry: &Entry) -> u64 {
        let Some(held) = self.held(entry) else { return 0 };
        let shape = Shape::of(entry);
        let whole = (0..shape.count()).filter(|&chunk| held.has(chunk)).map(|chunk| shape.len(chunk));
        whole.sum::<u64>() + held.begun.values().map(|&bytes| u64::from(bytes)).sum::<u64>()
    }

    /// Whether all chunks of a file are stored.
    #[must_use]
    pub fn is_complete(&self, entry: &Entry) -> bool {
        self.held(entry).is_some_and(|held| (0..Shape::of(entry).count()).all(|chunk| held.has(chunk)))
    }

    /// Forgets a file.
    pub fn forget(&mut self, sha256: &str) {
        self.0.remove(&sha256.to_ascii_lowercase());
    }

    /// The SHA-256 of the files that it knows.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// What is stored of a file. What was written down for other chunks than the entry's counts if it is all of it.
    pub(crate) fn held(&self, entry: &Entry) -> Option<Cow<'_, Held>> {
        let shape = Shape::of(entry);
        let held = self.0.get(&key(entry)).filter(|held| held.bytes == shape.bytes)?;
        if held.fits(&shape) {
            return Some(Cow::Borrowed(held));
        }
        let before = Shape { bytes: held.bytes, chunk: held.chunk };
        let complete =
            held.chunk > 0 && held.fits(&before) && (0..before.count()).all(|chunk| held.has(chunk));
        complete.then(|| {
            let mut held = Held::new(&shape);
            (0..shape.count()).for_each(|chunk| held.set(chunk, true, 0));
            Cow::Owned(held)
        })
    }

    /// The same, made if it is not there.
    pub(crate) fn held_mut(&mut self, entry: &Entry) -> &mut Held {
        let shape = Shape::of(entry);
        let held = self.held(entry).map_or_else(|| Held::new(&shape), Cow::into_owned);
        let place = self.0.entry(key(entry)).or_insert_with(|| held.clone());
        if !place.fits(&shape) {
            *place = held;
        }
        place
    }
}

impl Held {
    fn new(shape: &Shape) -> Self {
        let stored = vec![0; shape.count().div_ceil(8) as usize];
        Self { bytes: shape.bytes, chunk: shape.chunk, stored, begun: BTreeMap::new() }
    }

    /// Whether this is of a file of that shape and could have been written by us.
    fn fits(&self, shape: &Shape) -> bool {
        self.bytes == shape.bytes
            && self.chunk == shape.chunk
            && self.stored.len() == shape.count().div_ceil(8) as usize
            && self.begun.iter().all(|(&chunk, &bytes)| {
                chunk < shape.count() && u64::from(bytes) < shape.len(chunk) && !self.has(chunk)
            })
    }

    pub(crate) fn has(&self, chunk: u32) -> bool {
        self.stored.get(chunk as usize / 8).is_some_and(|byte| byte >> (chunk % 8) & 1 == 1)
    }

    /// How many bytes of a chunk that is not stored are there.
    pub(crate) fn begun(&self, chunk: u32) -> u32 {
        self.begun.get(&chunk).copied().unwrap_or(0)
    }

    pub(crate) fn set(&mut self, chunk: u32, stored: bool, begun: u32) {
        if let Some(byte) = self.stored.get_mut(chunk as usize / 8) {
            let bit = 1 << (chunk % 8);
            *byte = if stored { *byte | bit } else { *byte & !bit };
        }
        if stored || begun == 0 {
            self.begun.remove(&chunk);
        } else {
            self.begun.insert(chunk, begun);
        }
    }
}

/// How a file is cut into chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) bytes: u64,
    pub(crate) chunk: u32,
}

impl Shape {
    pub(crate) fn of(entry: &Entry) -> Self {
        let chunk = entry.chunks.as_ref().map_or(UNCHECKED_CHUNK, |chunks| chunks.bytes);
        Self { bytes: entry.bytes, chunk }
    }

    /// A manifest's files have at most 2 GiB, so the number of chunks fits.
    pub(crate) fn count(&self) -> u32 {
        u32::try_from(self.bytes.div_ceil(self.chunk.into())).unwrap_or(u32::MAX)
    }

    pub(crate) fn start(&self, chunk: u32) -> u64 {
        u64::from(chunk) * u64::from(self.chunk)
    }

    /// Where the chunk with this byte ends.
    pub(crate) fn after(&self, byte: u64) -> u64 {
        let chunk = u64::from(self.chunk);
        ((byte / chunk + 1) * chunk).min(self.bytes)
    }

    pub(crate) fn len(&self, chunk: u32) -> u64 {
        self.bytes.saturating_sub(self.start(chunk)).min(self.chunk.into())
    }
}

/// A file's name in the ledger and in the storage.
pub(crate) fn key(entry: &Entry) -> String {
    entry.sha256.to_ascii_lowercase()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from(b"0123456789abcdef"[usize::from(nibble)]);
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(digit).collect()
}

/// Bytes of hexadecimal digits; none if they are not.
pub(crate) fn unhex(digits: &str) -> Option<Vec<u8>> {
    let nibble = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let pairs = digits.as_bytes().chunks(2);
    pairs
        .map(|pair| match pair {
            [high, low] => Some(nibble(*high)? << 4 | nibble(*low)?),
            _ => None,
        })
        .collect()
}

mod bits {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::hex(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let digits = String::deserialize(deserializer)?;
        super::unhex(&digits).ok_or_else(|| serde::de::Error::custom("not hexadecimal"))
    }
}

#[cfg(test)]
mod tests {
    use model_core::format::manifest::Chunks;

    use super::*;

    fn entry(content: &[u8]) -> Entry {
        Entry::of("file", content)
    }

    #[test]
    fn counts_and_survives_being_written() {
        let file = entry(&vec![3; (1 << 20) + 5]);
        let mut ledger = Ledger::default();
        assert_eq!((ledger.bytes(&file), ledger.is_complete(&file)), (0, false));
        ledger.held_mut(&file).set(4, true, 0);
        ledger.held_mut(&file).set(1, false, 100);
        assert_eq!(ledger.bytes(&file), 105);
        let json = serde_json::to_string(&ledger).unwrap();
        assert!(json.len() < 200, "{json}");
        assert_eq!(serde_json::from_str::<Ledger>(&json).unwrap(), ledger);
        for chunk in 0..5 {
            ledger.held_mut(&file).set(chunk, true, 0);
        }
        assert_eq!((ledger.bytes(&file), ledger.is_complete(&file)), (file.bytes, true));
    }

    #[test]
    fn another_shape_or_nonsense_counts_as_nothing() {
        let file = entry(&vec![3; 1 << 20]);
        let mut ledger = Ledger::default();
        ledger.held_mut(&file).set(0, true, 0);
        let mut other = file.clone();
        other.chunks = None;
        other.bytes += 1;
        assert_eq!(ledger.bytes(&other), 0);
        other.bytes = file.bytes;
        assert_eq!(ledger.bytes(&other), 1 << 18, "256 KiB is what files without digests are cut into");
        other.chunks = Some(Chunks { bytes: 1 << 16, sha256: vec![String::new(); 16] });
        assert_eq!(ledger.bytes(&other), 0);
        (0..4).for_each(|chunk| ledger.held_mut(&file).set(chunk, true, 0));
        assert!(ledger.is_complete(&other), "the whole is the whole in any chunks");
        assert!(ledger.held_mut(&other).has(15));
        for wrong in [
            r#""bytes":1048576,"chunk":262144,"stored":"0f0f""#,
            r#""bytes":1048576,"chunk":0,"stored":"0f""#,
            r#""bytes":1048576,"chunk":262144,"stored":"00","begun":{"9":1}"#,
            r#""bytes":1048576,"chunk":262144,"stored":"00","begun":{"1":262144}"#,
        ] {
            let json = format!("{{\"{}\":{{{wrong}}}}}", file.sha256);
            let ledger: Ledger = serde_json::from_str(&json).unwrap();
            assert_eq!((ledger.bytes(&file), ledger.is_complete(&file)), (0, false), "{wrong}");
        }
        assert_eq!(unhex("0g"), None);
        assert_eq!(unhex("abc"), None);
    }
}
