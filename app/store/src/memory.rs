//! A storage in memory: for private windows that give no other, and for tests.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::storage::{Keeps, Storage};

/// Files and records in memory.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    files: BTreeMap<String, Vec<u8>>,
    records: BTreeMap<String, Vec<u8>>,
}

impl Memory {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A file's bytes.
    pub fn file_mut(&mut self, sha256: &str) -> Option<&mut Vec<u8>> {
        self.files.get_mut(sha256)
    }

    /// A record's bytes.
    pub fn record_mut(&mut self, name: &str) -> Option<&mut Vec<u8>> {
        self.records.get_mut(name)
    }
}

impl Storage for Memory {
    fn keeps(&self) -> Keeps {
        Keeps::Memory
    }

    async fn write(&mut self, sha256: &str, _: u64, offset: u64, bytes: &[u8]) -> Result<()> {
        let start = usize::try_from(offset).map_err(|_| Error::StorageFull("beyond all memory".into()))?;
        let file = self.files.entry(sha256.to_owned()).or_default();
        let end = start + bytes.len();
        if file.len() < end {
            file.try_reserve_exact(end - file.len())
                .map_err(|error| Error::StorageFull(error.to_string()))?;
            file.resize(end, 0);
        }
        file[start..end].copy_from_slice(bytes);
        Ok(())
    }

    async fn flush(&mut self, _: &str) -> Result<()> {
        Ok(())
    }

    async fn read(&mut self, sha256: &str, offset: u64, to: &mut [u8]) -> Result<usize> {
        let file = self.files.get(sha256).map_or(&[][..], Vec::as_slice);
        let rest = usize::try_from(offset).ok().and_then(|start| file.get(start..)).unwrap_or_default();
        let len = rest.len().min(to.len());
        to[..len].copy_from_slice(&rest[..len]);
        Ok(len)
    }

    fn take(&mut self, sha256: &str) -> Option<Vec<u8>> {
        self.files.remove(sha256)
    }

    async fn remove(&mut self, sha256: &str) -> Result<()> {
        self.files.remove(sha256);
        Ok(())
    }

    async fn files(&mut self) -> Result<Vec<String>> {
        Ok(self.files.keys().cloned().collect())
    }

    async fn put(&mut self, record: &str, bytes: &[u8]) -> Result<()> {
        self.records.insert(record.to_owned(), bytes.to_vec());
        Ok(())
    }

    async fn get<const N: usize>(&mut self, records: [&str; N]) -> Result<[Option<Vec<u8>>; N]> {
        Ok(records.map(|record| self.records.get(record).cloned()))
    }
}
