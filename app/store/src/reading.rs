//! Reading a model's files: nothing is given out whose SHA-256 is not right.

use model_core::format::manifest::{Entry, Manifest, Role};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::ledger::{Shape, hex, key};
use crate::storage::{Keeps, Storage};
use crate::store::Store;

/// Files are read from the storage in steps of this size: large, since a browser takes milliseconds for each, but bounded,
/// since it has a copy of one.
const READ_BYTES: usize = 16 << 20;

impl<S: Storage> Store<S> {
    /// Reads files and checks them. None if one is wrong; then the ledger no longer has the chunks that are to blame.
    pub(crate) async fn read(
        &mut self,
        manifest: &Manifest,
        roles: &[Role],
    ) -> Result<Option<Vec<(Role, Vec<u8>)>>> {
        let mut files = Vec::new();
        let mut right = true;
        for (role, entry) in manifest.entries().filter(|(role, _)| roles.contains(role)) {
            let bytes = self.read_file(entry).await?;
            let sha256 = self.storage.sha256(&bytes).await;
            if manifest.verify_digest(role, bytes.len(), sha256).is_ok() {
                files.push((role, bytes));
            } else {
                self.mistrust(entry, &bytes).await?;
                right = false;
            }
        }
        Ok(right.then_some(files))
    }

    async fn read_file(&mut self, entry: &Entry) -> Result<Vec<u8>> {
        if let Some(bytes) = self.storage.take(&key(entry)) {
            return Ok(bytes);
        }
        let size = usize::try_from(entry.bytes).unwrap_or(usize::MAX);
        let mut bytes = Vec::new();
        // Exactly sized, since WebAssembly's memory never shrinks again.
        let full = |_| Error::Storage(format!("no memory for {} bytes", entry.bytes));
        bytes.try_reserve_exact(size).map_err(full)?;
        let shape = Shape::of(entry);
        while bytes.len() < size {
            let start = bytes.len();
            bytes.resize(size.min(start + READ_BYTES), 0);
            let wanted = bytes.len() - start;
            let read = self.storage.read(&key(entry), start as u64, &mut bytes[start..]).await.unwrap_or(0);
            if read < wanted {
                if read == 0 && start == 0 {
                    bytes.clear();
                    break;
                }
                // The rest of a chunk is not there; what lies behind that may be.
                let next = shape.after((start + read) as u64) as usize;
                bytes.truncate(next);
                bytes[start + read..].fill(0);
            }
        }
        Ok(bytes)
    }

    /// A file is wrong: the chunks that are to blame are no longer stored.
    async fn mistrust(&mut self, entry: &Entry, bytes: &[u8]) -> Result<()> {
        let (Some(chunks), false) = (&entry.chunks, bytes.is_empty()) else {
            self.ledger.forget(&entry.sha256);
            return Ok(());
        };
        let shape = Shape::of(entry);
        if self.storage.keeps() == Keeps::Memory {
            // It was taken out.
            self.storage.write(&key(entry), 0, 0, bytes).await?;
        }
        let mut blamed = false;
        for (index, expected) in (0..shape.count()).zip(&chunks.sha256) {
            let start = shape.start(index) as usize;
            let chunk = bytes.get(start..start + shape.len(index) as usize);
            if chunk.is_none_or(|chunk| hex(&Sha256::digest(chunk)) != expected.to_ascii_lowercase()) {
                self.ledger.held_mut(entry).set(index, false, 0);
                blamed = true;
            }
        }
        if blamed {
            return Ok(());
        }
        let problem =
            "its chunks have their SHA-256 and the whole has another: the manifest contradicts itself";
        self.ledger.forget(&entry.sha256);
        Err(Error::Broken { item: entry.path.clone(), problem: problem.into() })
    }
}
