//! Chunks as entries of the Cache API, for browsers without a private file system. A chunk is stored when it is complete;
//! before that it is in memory.

use std::collections::BTreeMap;

use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Cache, Request, Response};

use super::{failure, field, scope, wait};
use crate::error::Result;

const NAME: &str = "klartext-models";
/// Where the entries pretend to be, on this site.
const FOLDER: &str = "/.klartext-models/";

/// The cache, and the parts of files that are not complete.
#[derive(Debug)]
pub(super) struct Caches {
    cache: Cache,
    /// By file and place.
    begun: BTreeMap<String, BTreeMap<u64, Vec<u8>>>,
}

impl Caches {
    /// Opens the cache, if the browser has one and lets this worker write to it.
    pub(super) async fn open() -> std::result::Result<Self, JsValue> {
        if field(&scope(), "caches").is_falsy() {
            return Err("no caches".into());
        }
        let cache = wait(scope().caches()?.open(NAME)).await?.unchecked_into();
        Ok(Self { cache, begun: BTreeMap::new() })
    }

    pub(super) fn write(&mut self, file: &str, chunk: u64, offset: u64, bytes: &[u8]) {
        let begun = self.begun.entry(file.to_owned()).or_default().entry(chunk).or_default();
        // A chunk that was wrong is written again from its start.
        begun.truncate((offset - chunk) as usize);
        begun.extend_from_slice(bytes);
    }

    /// A chunk is complete: it becomes an entry.
    pub(super) async fn seal(&mut self, file: &str, chunk: u64) -> Result<()> {
        match self.begun.get_mut(file).and_then(|begun| begun.remove(&chunk)) {
            Some(bytes) => self.put(&format!("{file}/{chunk}"), &bytes).await,
            None => Ok(()),
        }
    }

    pub(super) async fn put(&mut self, path: &str, bytes: &[u8]) -> Result<()> {
        let body = Uint8Array::from(bytes);
        let response = Response::new_with_opt_js_u8_array(Some(&body)).map_err(|error| failure(&error))?;
        let put = self.cache.put_with_str(&format!("{FOLDER}{path}"), &response);
        wait(put).await.map(drop).map_err(|error| failure(&error))
    }

    pub(super) async fn get(&mut self, path: &str) -> Result<Option<Vec<u8>>> {
        let found = wait(self.cache.match_with_str(&format!("{FOLDER}{path}"))).await;
        let Ok(response) = found.map_err(|error| failure(&error))?.dyn_into::<Response>() else {
            return Ok(None);
        };
        let body = response.array_buffer().map_err(|error| failure(&error))?;
        let body = wait(body).await.map_err(|error| failure(&error))?;
        Ok(Some(Uint8Array::new(&body).to_vec()))
    }

    pub(super) async fn read(&mut self, file: &str, offset: u64, to: &mut [u8]) -> Result<usize> {
        let offsets = self.offsets(file).await?;
        let mut done = 0;
        while done < to.len() {
            let at = offset + done as u64;
            let Some(&start) = offsets.iter().rfind(|&&start| start <= at) else { break };
            let chunk = self.get(&format!("{file}/{start}")).await?.unwrap_or_default();
            let rest = chunk.get((at - start) as usize..).unwrap_or_default();
            if rest.is_empty() {
                break;
            }
            let len = rest.len().min(to.len() - done);
            to[done..done + len].copy_from_slice(&rest[..len]);
            done += len;
        }
        Ok(done)
    }

    pub(super) async fn remove(&mut self, file: &str) -> Result<()> {
        self.begun.remove(file);
        for offset in self.offsets(file).await? {
            let delete = self.cache.delete_with_str(&format!("{FOLDER}{file}/{offset}"));
            wait(delete).await.map_err(|error| failure(&error))?;
        }
        Ok(())
    }

    /// Where the chunks of a file begin, in order.
    async fn offsets(&mut self, file: &str) -> Result<Vec<u64>> {
        let paths = self.paths().await?;
        let mut offsets: Vec<u64> = paths
            .iter()
            .filter_map(|path| path.strip_prefix(file)?.strip_prefix('/')?.parse().ok())
            .collect();
        offsets.sort_unstable();
        Ok(offsets)
    }

    /// The paths of all entries.
    pub(super) async fn paths(&mut self) -> Result<Vec<String>> {
        let keys: Array = wait(self.cache.keys()).await.map_err(|error| failure(&error))?.unchecked_into();
        let path = |key: JsValue| {
            let url = key.unchecked_into::<Request>().url();
            url.split_once(FOLDER).map(|(_, path)| path.to_owned())
        };
        Ok(keys.iter().filter_map(path).collect())
    }
}
