//! Files in the origin's private file system. Written through synchronous handles, which only one tab can have of a
//! file; read through snapshots, which any tab can have.

use std::collections::BTreeMap;

use js_sys::{AsyncIterator, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    File, FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemGetDirectoryOptions,
    FileSystemGetFileOptions, FileSystemReadWriteOptions, FileSystemSyncAccessHandle,
};

use super::{failure, field, is_missing, scope, wait};
use crate::error::{Error, Result};

const FOLDER: &str = "klartext-models";

/// The folder, and the files of it that are open for writing.
#[derive(Debug)]
pub(super) struct Opfs {
    folder: FileSystemDirectoryHandle,
    open: BTreeMap<String, FileSystemSyncAccessHandle>,
}

impl Opfs {
    /// Opens the folder, if the browser has such a file system and lets this worker write to it.
    pub(super) async fn open() -> std::result::Result<Self, JsValue> {
        let storage = scope().navigator().storage();
        if field(&storage, "getDirectory").is_falsy() {
            return Err("no file system".into());
        }
        let root: FileSystemDirectoryHandle = wait(storage.get_directory()).await?.unchecked_into();
        let options = FileSystemGetDirectoryOptions::new();
        options.set_create(true);
        let folder = wait(root.get_directory_handle_with_options(FOLDER, &options)).await?;
        let opfs = Self { folder: folder.unchecked_into(), open: BTreeMap::new() };
        opfs.probe().await.map(|()| opfs)
    }

    /// Some browsers have the file system and not the handles, or refuse both in private windows.
    async fn probe(&self) -> std::result::Result<(), JsValue> {
        let probe: FileSystemFileHandle = self.handle("probe", true).await?;
        if field(&probe, "createSyncAccessHandle").is_falsy() {
            return Err("no synchronous handles".into());
        }
        Ok(())
    }

    async fn handle(&self, name: &str, create: bool) -> std::result::Result<FileSystemFileHandle, JsValue> {
        let options = FileSystemGetFileOptions::new();
        options.set_create(create);
        let handle = wait(self.folder.get_file_handle_with_options(name, &options)).await?;
        Ok(handle.unchecked_into())
    }

    async fn writable(&mut self, name: &str) -> Result<FileSystemSyncAccessHandle> {
        if let Some(open) = self.open.get(name) {
            return Ok(open.clone());
        }
        let handle = self.handle(name, true).await.map_err(|error| failure(&error))?;
        let open = wait(handle.create_sync_access_handle()).await.map_err(|error| failure(&error))?;
        let open: FileSystemSyncAccessHandle = open.unchecked_into();
        self.open.insert(name.to_owned(), open.clone());
        Ok(open)
    }

    pub(super) async fn write(&mut self, name: &str, offset: u64, bytes: &[u8]) -> Result<()> {
        let open = self.writable(name).await?;
        let options = FileSystemReadWriteOptions::new();
        options.set_at(offset as f64);
        let written =
            open.write_with_u8_array_and_options(bytes, &options).map_err(|error| failure(&error))?;
        if (written as usize) < bytes.len() {
            return Err(Error::StorageFull(format!("{written} of {} bytes were written", bytes.len())));
        }
        Ok(())
    }

    /// Writes a file anew, and flushes it.
    pub(super) async fn replace(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let open = self.writable(name).await?;
        open.truncate_with_f64(0.0).map_err(|error| failure(&error))?;
        self.write(name, 0, bytes).await?;
        self.flush(name)
    }

    pub(super) fn flush(&mut self, name: &str) -> Result<()> {
        self.open.get(name).map_or(Ok(()), |open| open.flush().map_err(|error| failure(&error)))
    }

    pub(super) async fn read(&mut self, name: &str, offset: u64, to: &mut [u8]) -> Result<usize> {
        if let Some(open) = self.open.get(name) {
            let options = FileSystemReadWriteOptions::new();
            options.set_at(offset as f64);
            let read = open.read_with_u8_array_and_options(to, &options).map_err(|error| failure(&error))?;
            return Ok((read as usize).min(to.len()));
        }
        let Some(file) = self.snapshot(name).await? else { return Ok(0) };
        let (start, end) = (offset as f64, (offset + to.len() as u64) as f64);
        let part = file.slice_with_f64_and_f64(start, end).map_err(|error| failure(&error))?;
        let part = Uint8Array::new(&wait(part.array_buffer()).await.map_err(|error| failure(&error))?);
        let len = (part.length() as usize).min(to.len());
        part.subarray(0, len as u32).copy_to(&mut to[..len]);
        Ok(len)
    }

    /// All of a file.
    pub(super) async fn all(&mut self, name: &str) -> Result<Option<Vec<u8>>> {
        let size = match self.open.get(name) {
            Some(open) => open.get_size().map_err(|error| failure(&error))?,
            None => match self.snapshot(name).await? {
                Some(file) => file.size(),
                None => return Ok(None),
            },
        };
        let mut bytes = vec![0; size as usize];
        let read = self.read(name, 0, &mut bytes).await?;
        bytes.truncate(read);
        Ok(Some(bytes))
    }

    async fn snapshot(&self, name: &str) -> Result<Option<File>> {
        let handle = match self.handle(name, false).await {
            Ok(handle) => handle,
            Err(error) if is_missing(&error) => return Ok(None),
            Err(error) => return Err(failure(&error)),
        };
        let file = wait(handle.get_file()).await.map_err(|error| failure(&error))?;
        Ok(Some(file.unchecked_into()))
    }

    pub(super) async fn remove(&mut self, name: &str) -> Result<()> {
        if let Some(open) = self.open.remove(name) {
            open.close();
        }
        match wait(self.folder.remove_entry(name)).await {
            Err(error) if !is_missing(&error) => Err(failure(&error)),
            _ => Ok(()),
        }
    }

    pub(super) async fn names(&mut self) -> Result<Vec<String>> {
        let names: AsyncIterator = self.folder.keys();
        let mut found = Vec::new();
        loop {
            let step = names.next().map_err(|error| failure(&error))?;
            let step = wait(step).await.map_err(|error| failure(&error))?;
            if field(&step, "done").is_truthy() {
                return Ok(found);
            }
            found.extend(field(&step, "value").as_string());
        }
    }

    /// Closes all files.
    pub(super) fn close(&mut self) {
        std::mem::take(&mut self.open).values().for_each(FileSystemSyncAccessHandle::close);
    }
}

impl Drop for Opfs {
    fn drop(&mut self) {
        self.close();
    }
}
