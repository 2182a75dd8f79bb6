//! A download's run: the plan's requests go to the network, the answers to the plan, the accepted bytes to the storage.
//!
//! The order of writing makes a crash harmless: bytes first, then a flush, and only then the ledger that vouches for
//! them.

use std::collections::BTreeSet;

use model_core::format::manifest::{MAX_MANIFEST, Manifest};

use crate::control::{Control, Wish};
use crate::download::Download;
use crate::error::{Error, Result};
use crate::network::{Incoming, Network, Target};
use crate::plan::{Fetch, FetchId, Piece, Verdict};
use crate::storage::Storage;
use crate::store::{Event, Store};

/// How many bytes may arrive before the ledger is written again. So many at most are fetched twice after a crash.
const SAVE_BYTES: u64 = 128 * 1024;
/// How often the page hears of progress, in milliseconds.
const PROGRESS_MS: f64 = 100.0;
/// How long a manifest's server may say nothing, in milliseconds.
const MANIFEST_MS: f64 = 15_000.0;
/// How often a manifest is asked for, and the pause before the second time, in milliseconds.
const MANIFEST_TRIES: i32 = 4;
const MANIFEST_PAUSE_MS: f64 = 500.0;

/// What a download needs besides its plan.
pub(crate) struct Run<'a, N> {
    pub(crate) address: &'a str,
    pub(crate) manifest: &'a Manifest,
    pub(crate) network: &'a mut N,
    pub(crate) control: &'a Control,
    pub(crate) events: &'a mut dyn FnMut(Event),
}

impl<N: Network> Run<'_, N> {
    /// Runs a download to its end. Whatever the end, all that has arrived is in the ledger.
    pub(crate) async fn download<S: Storage>(
        mut self,
        mut download: Download,
        store: &mut Store<S>,
    ) -> Result<()> {
        for (sha256, offset, len) in download.begun() {
            let mut bytes = vec![0; len];
            let read = store.storage.read(&sha256, offset, &mut bytes).await.unwrap_or(0);
            download.restore(&sha256, offset, &bytes[..read]);
        }
        let mut unsaved = Unsaved::default();
        let result = self.turn(&mut download, &mut unsaved, store).await;
        for id in download.halt() {
            self.network.abort(id);
        }
        let saved = unsaved.save(&download, store).await;
        (self.events)(Event::Progress(download.progress(self.network.now())));
        result.and(saved)
    }

    async fn turn<S: Storage>(
        &mut self,
        download: &mut Download,
        unsaved: &mut Unsaved,
        store: &mut Store<S>,
    ) -> Result<()> {
        let mut told_ms = f64::NEG_INFINITY;
        while !download.is_done()? {
            match self.control.wish() {
                Wish::Run => {}
                Wish::Cancel => return Err(Error::Cancelled),
                Wish::Pause => {
                    for id in download.halt() {
                        self.network.abort(id);
                    }
                    unsaved.save(download, store).await?;
                    (self.events)(Event::Paused);
                    while self.control.wish() == Wish::Pause {
                        self.network.next(None).await;
                    }
                    continue;
                }
            }
            let now = self.network.now();
            for id in download.expired(now) {
                self.network.abort(id);
            }
            while let Some(fetch) = download.next(now) {
                self.start(&fetch);
            }
            if now - told_ms >= PROGRESS_MS {
                told_ms = now;
                (self.events)(Event::Progress(download.progress(now)));
            }
            // The time left is told anew each second even when nothing arrives.
            let until = download.wait_until(now).map_or(now + 1000.0, |until| until.min(now + 1000.0));
            let Some((id, incoming)) = self.network.next(Some(until)).await else { continue };
            let now = self.network.now();
            let verdict = match incoming {
                Incoming::Head(head) => download.head(id, &head, now),
                Incoming::Data(bytes) => {
                    let (pieces, verdict) = download.data(id, &bytes, now);
                    for piece in pieces {
                        unsaved.write(&piece, &bytes, store).await?;
                    }
                    verdict
                }
                Incoming::End => {
                    download.ended(id, None, now);
                    Verdict::Keep
                }
                Incoming::Failed(problem) => {
                    download.ended(id, Some(&problem), now);
                    Verdict::Keep
                }
            };
            if verdict == Verdict::Drop {
                self.network.abort(id);
            }
            if unsaved.bytes >= SAVE_BYTES {
                unsaved.save(download, store).await?;
            }
        }
        Ok(())
    }

    fn start(&mut self, fetch: &Fetch) {
        let mirror = fetch.mirror.and_then(|index| self.manifest.mirrors.get(index));
        let target =
            Target { manifest: self.address, mirror: mirror.map(String::as_str), path: Some(&fetch.path) };
        self.network.start(fetch.id, target, Some(fetch.range.clone()));
    }
}

/// What was written since the ledger was.
#[derive(Default)]
struct Unsaved {
    files: BTreeSet<String>,
    bytes: u64,
}

impl Unsaved {
    async fn write<S: Storage>(&mut self, piece: &Piece, bytes: &[u8], store: &mut Store<S>) -> Result<()> {
        let bytes = &bytes[piece.bytes.clone()];
        store.storage.write(&piece.sha256, piece.chunk.start, piece.offset, bytes).await?;
        if piece.sealed {
            store.storage.seal(&piece.sha256, piece.chunk.start).await?;
        }
        self.files.insert(piece.sha256.clone());
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    async fn save<S: Storage>(&mut self, download: &Download, store: &mut Store<S>) -> Result<()> {
        for file in &self.files {
            store.storage.flush(file).await?;
        }
        *self = Self::default();
        download.note(&mut store.ledger);
        store.save_ledger().await
    }
}

/// Fetches a manifest; its bytes and what they say.
pub(crate) async fn fetch_manifest<N: Network>(
    address: &str,
    network: &mut N,
    control: &Control,
) -> Result<Manifest> {
    let mut problem = String::new();
    for attempt in 0..MANIFEST_TRIES {
        if attempt > 0 {
            let until = network.now() + MANIFEST_PAUSE_MS * 4_f64.powi(attempt - 1);
            while network.now() < until && control.wish() != Wish::Cancel {
                network.next(Some(until)).await;
            }
        }
        // Numbers from the top, so that an answer that is still on its way is taken for no file's.
        let id = FetchId(u64::MAX - attempt.cast_unsigned() as u64);
        network.start(id, Target { manifest: address, mirror: None, path: None }, None);
        let answer = collect(address, id, network, control).await;
        network.abort(id);
        match answer? {
            Ok(json) => match Manifest::from_json(&json) {
                Ok(manifest) => return Ok(manifest),
                // A body that was cut without anybody noticing is no JSON either.
                Err(error) if attempt + 1 == MANIFEST_TRIES => return Err(error.into()),
                Err(error) => problem = error.to_string(),
            },
            Err(failure) => problem = failure,
        }
    }
    Err(Error::Network { address: address.to_owned(), problem })
}

/// The body of an answer, or what went wrong this time.
async fn collect<N: Network>(
    address: &str,
    id: FetchId,
    network: &mut N,
    control: &Control,
) -> Result<std::result::Result<Vec<u8>, String>> {
    let (mut body, mut deadline) = (Vec::new(), network.now() + MANIFEST_MS);
    loop {
        if control.wish() == Wish::Cancel {
            return Err(Error::Cancelled);
        }
        let incoming = match network.next(Some(deadline)).await {
            Some((whose, incoming)) if whose == id => incoming,
            _ if network.now() >= deadline => return Ok(Err("the server stopped answering".into())),
            _ => continue,
        };
        deadline = network.now() + MANIFEST_MS;
        match incoming {
            Incoming::Head(head) if head.status == 200 => {}
            Incoming::Head(head) if matches!(head.status, 400..=407 | 410 | 451) => {
                return Err(Error::Missing(address.to_owned()));
            }
            Incoming::Head(head) => return Ok(Err(format!("the server answered {}", head.status))),
            Incoming::Data(bytes) if body.len() + bytes.len() > MAX_MANIFEST => {
                return Ok(Err(format!("has more than {MAX_MANIFEST} bytes")));
            }
            Incoming::Data(bytes) => body.extend_from_slice(&bytes),
            Incoming::End => return Ok(Ok(body)),
            Incoming::Failed(problem) => return Ok(Err(problem)),
        }
    }
}
