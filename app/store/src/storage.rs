//! What the store asks of a storage.

use sha2::{Digest, Sha256};

use crate::error::Result;

/// How a storage keeps what is put into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeps {
    /// In the origin's private file system.
    Opfs,
    /// In the Cache API.
    Cache,
    /// In memory, until the page is closed.
    Memory,
}

/// What a browser says of this site's room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// Bytes in use.
    pub used: u64,
    /// Bytes that may be in use.
    pub quota: u64,
}

/// Files by their SHA-256 in lower case, and a few small records by name.
///
/// A file is written in any order and read in any order; what was never written reads as anything or is a short read.
/// Nothing written has to survive a crash before [`flush`](Self::flush).
#[allow(async_fn_in_trait)]
pub trait Storage {
    /// How it keeps things.
    fn keeps(&self) -> Keeps;

    /// Writes a part of a file, which is made if it is not there: bytes from `offset` on of the chunk that begins at
    /// `chunk`, after whatever was written of that chunk before `offset`.
    ///
    /// # Errors
    /// `StorageFull` or `Storage`.
    async fn write(&mut self, sha256: &str, chunk: u64, offset: u64, bytes: &[u8]) -> Result<()>;

    /// All that was written of a file survives a crash from here on; where only whole chunks are kept, all that were
    /// [sealed](Self::seal).
    ///
    /// # Errors
    /// `StorageFull` or `Storage`.
    async fn flush(&mut self, sha256: &str) -> Result<()>;

    /// The chunk that begins at `chunk` is complete.
    ///
    /// # Errors
    /// `StorageFull` or `Storage`.
    async fn seal(&mut self, sha256: &str, chunk: u64) -> Result<()> {
        let _ = (sha256, chunk);
        Ok(())
    }

    /// Reads from `offset` on into `to`; how many bytes there were, fewer where the file or the storage's knowledge
    /// of it ends.
    ///
    /// # Errors
    /// `Storage`. A file that is not there has no bytes and is no error.
    async fn read(&mut self, sha256: &str, offset: u64, to: &mut [u8]) -> Result<usize>;

    /// Takes a file out where that saves a copy; none where it does not.
    fn take(&mut self, sha256: &str) -> Option<Vec<u8>> {
        let _ = sha256;
        None
    }

    /// Removes a file, if it is there.
    ///
    /// # Errors
    /// `Storage`.
    async fn remove(&mut self, sha256: &str) -> Result<()>;

    /// The SHA-256 of the files, in any order, also of those that are there in part.
    ///
    /// # Errors
    /// `Storage`.
    async fn files(&mut self) -> Result<Vec<String>>;

    /// Writes a record. A crash may leave it as any bytes.
    ///
    /// # Errors
    /// `StorageFull` or `Storage`.
    async fn put(&mut self, record: &str, bytes: &[u8]) -> Result<()>;

    /// Reads records.
    ///
    /// # Errors
    /// `Storage`.
    async fn get<const N: usize>(&mut self, records: [&str; N]) -> Result<[Option<Vec<u8>>; N]>;

    /// The SHA-256 of some bytes, by the fastest means there are.
    async fn sha256(&mut self, bytes: &[u8]) -> [u8; 32] {
        Sha256::digest(bytes).into()
    }

    /// Takes the lock that only one tab has; false while another has it.
    ///
    /// # Errors
    /// `Storage`.
    async fn try_lock(&mut self) -> Result<bool> {
        Ok(true)
    }

    /// Closes what is open and gives the lock back.
    fn release(&mut self) {}

    /// How much room there is, where that is known.
    async fn space(&mut self) -> Option<Space> {
        None
    }

    /// Asks that what is here be kept when the disk fills up; whether that was granted.
    async fn persist(&mut self) -> bool {
        false
    }
}
