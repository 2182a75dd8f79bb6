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
    /// Reads a record; the default where there is none that is whole.
    pub(crate) async fn open<T: Default + DeserializeOwned>(
        name: &'static str,
        storage: &mut impl Storage,
    ) -> Result<(Self, T)> {
        let (mut journal, mut newest) = (Self { name, version: 0 }, T::default());
        for place in 0..2 {
            let Some(bytes) = storage.get(&format!("{name}.{place}")).await? else { continue };
            let Some((version, value)) = parse(&bytes) else { continue };
            if version > journal.version {
                (journal.version, newest) = (version, value);
            }
        }
        Ok((journal, newest))
    }

    /// Writes the next version.
    pub(crate) async fn save<T: Serialize>(&mut self, value: &T, storage: &mut impl Storage) -> Result<()> {
        let json = serde_json::to_string(value).map_err(|error| Error::Storage(error.to_string()))?;
        let version = self.version + 1;
        let body = format!("{version}\n{json}");
        let record = format!("{}\n{body}", hex(&Sha256::digest(&body)));
        storage.put(&format!("{}.{}", self.name, version % 2), record.as_bytes()).await?;
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
