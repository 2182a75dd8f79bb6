//! Files in the origin's private file system. Written through synchronous handles, which only one tab can have of a
//! file; read through snapshots, which any tab can have.

use std::collections::BTreeMap;

use js_sys::{AsyncIterator, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::future_to_promise;
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
        // Some browsers have the file system and not the handles, or refuse both in private windows.
        let handles = field(&field(&js_sys::global(), "FileSystemFileHandle"), "prototype");
        if field(&storage, "getDirectory").is_falsy() || field(&handles, "createSyncAccessHandle").is_falsy()
        {
            return Err("no file system".into());
        }
        let root: FileSystemDirectoryHandle = wait(storage.get_directory()).await?.unchecked_into();
        let options = FileSystemGetDirectoryOptions::new();
        options.set_create(true);
        let folder = wait(root.get_directory_handle_with_options(FOLDER, &options)).await?;
        Ok(Self { folder: folder.unchecked_into(), open: BTreeMap::new() })
    }

    async fn writable(&mut self, name: &str) -> Result<FileSystemSyncAccessHandle> {
        if let Some(open) = self.open.get(name) {
            return Ok(open.clone());
        }
        let handle = handle(&self.folder, name, true).await.map_err(|error| failure(&error))?;
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
            return read_open(open, offset, to).map_err(|error| failure(&error));
        }
        let file = match snapshot(&self.folder, name).await {
            Ok(file) => file,
            Err(error) if is_missing(&error) => return Ok(0),
            Err(error) => return Err(failure(&error)),
        };
        let (start, end) = (offset as f64, (offset + to.len() as u64) as f64);
        let part = file.slice_with_f64_and_f64(start, end).map_err(|error| failure(&error))?;
        let part = Uint8Array::new(&wait(part.array_buffer()).await.map_err(|error| failure(&error))?);
        let len = (part.length() as usize).min(to.len());
        part.subarray(0, len as u32).copy_to(&mut to[..len]);
        Ok(len)
    }

    /// All of some files; none of those that are not there or cannot be read.
    pub(super) async fn all<const N: usize>(&mut self, names: [String; N]) -> [Option<Vec<u8>>; N] {
        // Promises are under way at once, and take as long together as one does.
        let begun = names.map(|name| match self.open.get(&name) {
            Some(open) => Ok(written(open)),
            None => Err(future_to_promise(whole(self.folder.clone(), name))),
        });
        let mut found = [const { None }; N];
        for (found, begun) in found.iter_mut().zip(begun) {
            *found = match begun {
                Ok(bytes) => bytes,
                Err(promise) => wait(promise)
                    .await
                    .ok()
                    .filter(JsValue::is_object)
                    .map(|bytes| Uint8Array::new(&bytes).to_vec()),
            };
        }
        found
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

async fn handle(
    folder: &FileSystemDirectoryHandle,
    name: &str,
    create: bool,
) -> std::result::Result<FileSystemFileHandle, JsValue> {
    let options = FileSystemGetFileOptions::new();
    options.set_create(create);
    Ok(wait(folder.get_file_handle_with_options(name, &options)).await?.unchecked_into())
}

async fn snapshot(folder: &FileSystemDirectoryHandle, name: &str) -> std::result::Result<File, JsValue> {
    Ok(wait(handle(folder, name, false).await?.get_file()).await?.unchecked_into())
}

/// A file's bytes as an `ArrayBuffer`, or null. It is no error, since nobody may be there yet to hear of one.
async fn whole(folder: FileSystemDirectoryHandle, name: String) -> std::result::Result<JsValue, JsValue> {
    let bytes = async { wait(snapshot(&folder, &name).await?.array_buffer()).await };
    Ok(bytes.await.unwrap_or(JsValue::NULL))
}

/// All of a file that is open for writing.
fn written(open: &FileSystemSyncAccessHandle) -> Option<Vec<u8>> {
    let mut bytes = vec![0; open.get_size().ok()? as usize];
    let read = read_open(open, 0, &mut bytes).ok()?;
    bytes.truncate(read);
    Some(bytes)
}

/// Reads from a file that is open for writing; how many bytes there were.
fn read_open(
    open: &FileSystemSyncAccessHandle,
    offset: u64,
    to: &mut [u8],
) -> std::result::Result<usize, JsValue> {
    let options = FileSystemReadWriteOptions::new();
    options.set_at(offset as f64);
    let read = open.read_with_u8_array_and_options(to, &options)?;
    Ok((read as usize).min(to.len()))
}

impl Drop for Opfs {
    fn drop(&mut self) {
        self.close();
    }
}
