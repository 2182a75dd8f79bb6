//! Records that survive a crash while they are written.
//!
//! A record has two places. Each version goes to the place that does not hold the last one, with its number and its own
//! digest before it; the newest version whose digest is right counts. A write that a crash tears leaves the other.

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::ledger::hex;
use crate::storage::Storage;

/// A record.
#[derive(Clone, Debug)]
pub(crate) struct Journal {
    name: &'static str,
    /// The number of the last version.
    version: u64,
}

impl Journal {
    /// A record of which nothing is known.
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, version: 0 }
    }

    /// What the storage calls its two places.
    pub(crate) fn places(&self) -> [String; 2] {
        [0, 1].map(|place| self.place(place))
    }

    fn place(&self, place: u64) -> String {
        format!("{}.{place}", self.name)
    }

    /// What stands in the newest of its places, of what was read from them; the default where none is whole.
    pub(crate) fn newest<T: Default + DeserializeOwned>(mut self, places: [Option<Vec<u8>>; 2]) -> (Self, T) {
        let mut newest = T::default();
        for (version, value) in places.iter().flatten().filter_map(|bytes| parse(bytes)) {
            if version > self.version {
                (self.version, newest) = (version, value);
            }
        }
        (self, newest)
    }

    /// Writes the next version.
    pub(crate) async fn save<T: Serialize>(&mut self, value: &T, storage: &mut impl Storage) -> Result<()> {
        let json = serde_json::to_string(value).map_err(|error| Error::Storage(error.to_string()))?;
        let version = self.version + 1;
        let body = format!("{version}\n{json}");
        let record = format!("{}\n{body}", hex(&Sha256::digest(&body)));
        storage.put(&self.place(version % 2), record.as_bytes()).await?;
        self.version = version;
        Ok(())
    }
}

fn parse<T: DeserializeOwned>(record: &[u8]) -> Option<(u64, T)> {
    let (digest, body) = std::str::from_utf8(record).ok()?.split_once('\n')?;
    let (version, json) = body.split_once('\n')?;
    if digest != hex(&Sha256::digest(body)) {
        return None;
    }
    Some((version.parse().ok()?, serde_json::from_str(json).ok()?))
}
