//! The storage that a browser gives: the best of what it has.

use std::collections::BTreeSet;

use js_sys::Uint8Array;
use sha2::{Digest, Sha256};
use wasm_bindgen::JsCast;
use web_sys::StorageEstimate;

use super::caches::Caches;
use super::lock::Lock;
use super::opfs::Opfs;
use super::{field, scope, wait};
use crate::error::Result;
use crate::memory::Memory;
use crate::storage::{Keeps, Space, Storage};

/// A browser's storage for models.
#[derive(Debug)]
pub struct Device {
    kind: Kind,
    lock: Lock,
}

#[derive(Debug)]
enum Kind {
    Opfs(Opfs),
    Cache(Caches),
    Memory(Memory),
}

impl Device {
    /// Opens the best storage that works.
    pub async fn open() -> Self {
        let kind = if let Ok(opfs) = Opfs::open().await {
            Kind::Opfs(opfs)
        } else if let Ok(caches) = Caches::open().await {
            Kind::Cache(caches)
        } else {
            Kind::Memory(Memory::new())
        };
        Self { kind, lock: Lock::default() }
    }
}

/// The browser's own SHA-256, many times as fast as WebAssembly's and on another thread; only secure pages have it.
async fn subtle(bytes: &[u8]) -> Option<[u8; 32]> {
    let subtle = scope().crypto().ok()?.subtle();
    if subtle.is_falsy() {
        return None;
    }
    let digest = wait(subtle.digest_with_str_and_u8_array("SHA-256", bytes).ok()?).await.ok()?;
    Uint8Array::new(&digest).to_vec().try_into().ok()
}

/// A file's name, which is no record's.
fn file_name(sha256: &str) -> String {
    format!("{sha256}.bin")
}

fn record_name(record: &str) -> String {
    format!("{record}.json")
}

impl Storage for Device {
    fn keeps(&self) -> Keeps {
        match self.kind {
            Kind::Opfs(_) => Keeps::Opfs,
            Kind::Cache(_) => Keeps::Cache,
            Kind::Memory(_) => Keeps::Memory,
        }
    }

    async fn write(&mut self, sha256: &str, chunk: u64, offset: u64, bytes: &[u8]) -> Result<()> {
        match &mut self.kind {
            Kind::Opfs(opfs) => opfs.write(&file_name(sha256), offset, bytes).await,
            Kind::Cache(caches) => {
                caches.write(&file_name(sha256), chunk, offset, bytes);
                Ok(())
            }
            Kind::Memory(memory) => memory.write(sha256, chunk, offset, bytes).await,
        }
    }

    async fn flush(&mut self, sha256: &str) -> Result<()> {
        match &mut self.kind {
            Kind::Opfs(opfs) => opfs.flush(&file_name(sha256)),
            Kind::Cache(_) | Kind::Memory(_) => Ok(()),
        }
    }

    async fn seal(&mut self, sha256: &str, chunk: u64) -> Result<()> {
        match &mut self.kind {
            Kind::Cache(caches) => caches.seal(&file_name(sha256), chunk).await,
            Kind::Opfs(_) | Kind::Memory(_) => Ok(()),
        }
    }

    async fn read(&mut self, sha256: &str, offset: u64, to: &mut [u8]) -> Result<usize> {
        match &mut self.kind {
            Kind::Opfs(opfs) => opfs.read(&file_name(sha256), offset, to).await,
            Kind::Cache(caches) => caches.read(&file_name(sha256), offset, to).await,
            Kind::Memory(memory) => memory.read(sha256, offset, to).await,
        }
    }

    fn take(&mut self, sha256: &str) -> Option<Vec<u8>> {
        match &mut self.kind {
            Kind::Memory(memory) => memory.take(sha256),
            Kind::Opfs(_) | Kind::Cache(_) => None,
        }
    }

    async fn remove(&mut self, sha256: &str) -> Result<()> {
        match &mut self.kind {
            Kind::Opfs(opfs) => opfs.remove(&file_name(sha256)).await,
            Kind::Cache(caches) => caches.remove(&file_name(sha256)).await,
            Kind::Memory(memory) => memory.remove(sha256).await,
        }
    }

    async fn files(&mut self) -> Result<Vec<String>> {
        let names = match &mut self.kind {
            Kind::Opfs(opfs) => opfs.names().await?,
            Kind::Cache(caches) => caches.paths().await?,
            Kind::Memory(memory) => return memory.files().await,
        };
        let file = |name: &String| Some(name.split('/').next()?.strip_suffix(".bin")?.to_owned());
        Ok(names.iter().filter_map(file).collect::<BTreeSet<_>>().into_iter().collect())
    }

    async fn put(&mut self, record: &str, bytes: &[u8]) -> Result<()> {
        match &mut self.kind {
            Kind::Opfs(opfs) => opfs.replace(&record_name(record), bytes).await,
            Kind::Cache(caches) => caches.put(&record_name(record), bytes).await,
            Kind::Memory(memory) => memory.put(record, bytes).await,
        }
    }

    async fn get<const N: usize>(&mut self, records: [&str; N]) -> Result<[Option<Vec<u8>>; N]> {
        let mut found = [const { None }; N];
        match &mut self.kind {
            Kind::Opfs(opfs) => found = opfs.all(records.map(record_name)).await,
            Kind::Cache(caches) => {
                for (found, record) in found.iter_mut().zip(records) {
                    *found = caches.get(&record_name(record)).await.unwrap_or_default();
                }
            }
            Kind::Memory(memory) => found = memory.get(records).await?,
        }
        // While another tab writes them, records may be unreadable; whoever then takes the lock reads them again.
        Ok(found)
    }

    async fn sha256(&mut self, bytes: &[u8]) -> [u8; 32] {
        match subtle(bytes).await {
            Some(digest) => digest,
            None => Sha256::digest(bytes).into(),
        }
    }

    async fn try_lock(&mut self) -> Result<bool> {
        match self.kind {
            Kind::Opfs(_) | Kind::Cache(_) => self.lock.take().await,
            Kind::Memory(_) => Ok(true),
        }
    }

    fn release(&mut self) {
        if let Kind::Opfs(opfs) = &mut self.kind {
            opfs.close();
        }
        self.lock.release();
    }

    async fn space(&mut self) -> Option<Space> {
        if matches!(self.kind, Kind::Memory(_)) {
            return None;
        }
        let storage = scope().navigator().storage();
        if field(&storage, "estimate").is_falsy() {
            return None;
        }
        let estimate: StorageEstimate = wait(storage.estimate().ok()?).await.ok()?.unchecked_into();
        Some(Space { used: estimate.get_usage()? as u64, quota: estimate.get_quota()? as u64 })
    }

    async fn persist(&mut self) -> bool {
        let storage = scope().navigator().storage();
        if matches!(self.kind, Kind::Memory(_)) || field(&storage, "persist").is_falsy() {
            return false;
        }
        let Ok(promise) = storage.persist() else { return false };
        wait(promise).await.is_ok_and(|granted| granted.is_truthy())
    }
}
