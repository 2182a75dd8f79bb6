//! The models on a device: loaded when they are here, brought here when they are not, listed, removed.

use std::collections::{BTreeMap, BTreeSet};

use model_core::format::manifest::{Manifest, Role};
use serde::{Deserialize, Serialize};

use crate::control::{Control, Wish};
use crate::download::Download;
use crate::error::{Error, Result};
use crate::journal::Journal;
use crate::ledger::{Ledger, key};
use crate::network::Network;
use crate::plan::Settings;
use crate::progress::Progress;
use crate::run::{Run, fetch_manifest};
use crate::storage::{Keeps, Space, Storage};

/// How often what was just downloaded may be wrong as a whole.
const ROUNDS: usize = 4;
/// How often another tab is asked whether it is ready, in milliseconds.
const LOCK_MS: f64 = 500.0;
/// What addresses of imported models begin with.
pub(crate) const IMPORTED: &str = "imported:";

/// A model that somebody wants to use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// Its manifest's address; absolute, since models are kept by it.
    pub address: &'a str,
    /// The files that are of use, of those that the model has.
    pub roles: &'a [Role],
    /// Look for a newer version first, and use what is here only if there is none.
    pub newest: bool,
}

/// A model's files.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// What the model is.
    pub manifest: Manifest,
    /// Its files, each with the SHA-256 that the manifest gives.
    pub files: Vec<(Role, Vec<u8>)>,
    /// Where they came from.
    pub origin: Origin,
}

/// Where a model's files came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// All of them were here. A newer version may exist; see [`Store::newer`].
    Stored,
    /// Some had to be fetched.
    Downloaded,
}

/// What happens while a model is loaded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event {
    /// The first one: how models are kept here. [`Keeps::Memory`] deserves a word to the reader.
    Opened(Keeps),
    /// Another tab is busy with the models; this one waits for it.
    Waiting,
    /// Before anything is downloaded: the bytes to come, and the room as the browser tells it.
    Needs(u64, Option<Space>),
    /// Whether the browser promised to keep the models when the disk fills up.
    Persistent(bool),
    /// The download goes on.
    Progress(Progress),
    /// The download rests until it is told to go on.
    Paused,
}

/// A model that is here, or in part.
#[derive(Clone, Debug, PartialEq)]
pub struct Installed {
    /// Its manifest's address.
    pub address: String,
    /// What it is.
    pub manifest: Manifest,
    /// Bytes of it that are here.
    pub bytes: u64,
    /// Whether all files are here that were wanted of it.
    pub complete: bool,
    /// When it was last used, in milliseconds on the clock of whoever used it.
    pub used_ms: f64,
}

/// The models on a device.
#[derive(Debug)]
pub struct Store<S> {
    pub(crate) storage: S,
    pub(crate) ledger: Ledger,
    models: BTreeMap<String, Model>,
    ledger_journal: Journal,
    models_journal: Journal,
    settings: Settings,
    seed: u64,
}

/// What is written down of a model.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Model {
    /// The version in use.
    manifest: Manifest,
    /// The version that is being downloaded, when there is one in use already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next: Option<Manifest>,
    /// The names of the roles that were wanted.
    roles: Vec<String>,
    used_ms: f64,
}

/// What is written down, as it was read last.
struct Books {
    ledger: (Journal, Ledger),
    models: (Journal, BTreeMap<String, Model>),
}

impl Books {
    /// Books that cannot be read count as empty.
    async fn read(storage: &mut impl Storage) -> Result<Self> {
        let (ledger, models) = (Journal::new("ledger"), Journal::new("models"));
        // All at once, since each answer takes its time.
        let ([a, b], [c, d]) = (ledger.places(), models.places());
        let [a, b, c, d] = storage.get([&a, &b, &c, &d]).await?;
        Ok(Self { ledger: ledger.newest([a, b]), models: models.newest([c, d]) })
    }
}

impl<S: Storage> Store<S> {
    /// Opens the books of a storage. `seed` varies the pauses between attempts, so that clients that a server's outage
    /// had stopped do not come back all at once.
    ///
    /// # Errors
    /// `Storage`. Books that cannot be read count as empty.
    pub async fn open(mut storage: S, settings: Settings, seed: u64) -> Result<Self> {
        let Books { ledger: (ledger_journal, ledger), models: (models_journal, models) } =
            Books::read(&mut storage).await?;
        Ok(Self { storage, ledger, models, ledger_journal, models_journal, settings, seed })
    }

    /// The models that are here, the last used first.
    #[must_use]
    pub fn models(&self) -> Vec<Installed> {
        let mut models: Vec<_> =
            self.models.iter().map(|(address, model)| self.installed(address, model)).collect();
        models.sort_by(|a, b| b.used_ms.total_cmp(&a.used_ms));
        models
    }

    fn installed(&self, address: &str, model: &Model) -> Installed {
        let bytes = model.manifest.entries().map(|(_, entry)| self.ledger.bytes(entry)).sum();
        let (address, manifest, used_ms) = (address.to_owned(), model.manifest.clone(), model.used_ms);
        let complete = model.manifest.entries().all(|(role, entry)| {
            !model.roles.iter().any(|wanted| wanted == role.name()) || self.ledger.is_complete(entry)
        });
        Installed { address, manifest, bytes, complete, used_ms }
    }

    /// A model that is here with all wanted files; none if one is missing or broken. Nothing is asked of a network.
    /// Whoever uses it says so with [`note_use`](Self::note_use) when nobody waits any more.
    ///
    /// # Errors
    /// `Storage`.
    pub async fn stored(&mut self, address: &str, roles: &[Role]) -> Result<Option<Loaded>> {
        let Some(manifest) = self.complete(address, roles) else { return Ok(None) };
        let files = self.read(&manifest, roles).await?;
        Ok(files.map(|files| Loaded { manifest, files, origin: Origin::Stored }))
    }

    /// Loads a model. If it is here it is given out at once, as by [`stored`](Self::stored); what of it is broken or
    /// missing is fetched first.
    ///
    /// # Errors
    /// Any of [`Error`]'s.
    pub async fn load<N: Network>(
        &mut self,
        wanted: Wanted<'_>,
        network: &mut N,
        control: &Control,
        events: &mut dyn FnMut(Event),
    ) -> Result<Loaded> {
        events(Event::Opened(self.storage.keeps()));
        if !wanted.newest
            && let Ok(Some(loaded)) = self.stored(wanted.address, wanted.roles).await
        {
            return Ok(loaded);
        }
        self.lock(network, control, events).await?;
        let loaded = self.load_locked(&wanted, network, control, events).await;
        self.storage.release();
        loaded
    }

    async fn load_locked<N: Network>(
        &mut self,
        wanted: &Wanted<'_>,
        network: &mut N,
        control: &Control,
        events: &mut dyn FnMut(Event),
    ) -> Result<Loaded> {
        // Another tab may have finished it meanwhile.
        if !wanted.newest
            && let Ok(Some(loaded)) = self.stored(wanted.address, wanted.roles).await
        {
            return Ok(loaded);
        }
        let manifest = self.current_manifest(wanted, network, control).await?;
        self.begin(wanted, &manifest, network.now()).await?;
        let mut fetched = false;
        for round in 0..ROUNDS {
            let missing = self.missing(&manifest, wanted.roles);
            if missing > 0 {
                fetched = true;
                self.make_room(missing, events).await?;
                let seed = self.seed.wrapping_add(round as u64);
                let now = network.now();
                let plan =
                    Download::new(&manifest, wanted.roles, &self.ledger, self.settings, seed, round, now);
                let run = Run { address: wanted.address, manifest: &manifest, network, control, events };
                run.download(plan, self).await?;
            }
            if let Some(files) = self.read(&manifest, wanted.roles).await? {
                self.finish(wanted, &manifest, network.now()).await?;
                let origin = if fetched { Origin::Downloaded } else { Origin::Stored };
                return Ok(Loaded { manifest, files, origin });
            }
            self.save_ledger().await?;
        }
        let problem = format!("its files were wrong {ROUNDS} times in a row");
        Err(Error::Broken { item: wanted.address.to_owned(), problem })
    }

    /// Whether the model's server has another version than the one here, for the reader to decide about.
    ///
    /// # Errors
    /// `Network`, `Missing` or `Manifest`.
    pub async fn newer<N: Network>(&self, address: &str, network: &mut N) -> Result<Option<Manifest>> {
        let Some(model) = self.models.get(address).filter(|_| !address.starts_with(IMPORTED)) else {
            return Ok(None);
        };
        let manifest = fetch_manifest(address, network, &Control::new()).await?;
        Ok((manifest != model.manifest).then_some(manifest))
    }

    /// Removes a model, with the files that no other model has.
    ///
    /// # Errors
    /// `Storage`, also while another tab is busy with the models.
    pub async fn remove(&mut self, address: &str) -> Result<()> {
        if !self.storage.try_lock().await? {
            return Err(Error::Storage("another tab is busy with the models".into()));
        }
        let removed = self.remove_locked(address).await;
        self.storage.release();
        removed
    }

    async fn remove_locked(&mut self, address: &str) -> Result<()> {
        self.reopen().await?;
        self.models.remove(address);
        self.save_models().await?;
        self.collect().await
    }

    /// The manifest of a model that is here with all wanted files.
    fn complete(&self, address: &str, roles: &[Role]) -> Option<Manifest> {
        let manifest = &self.models.get(address)?.manifest;
        (self.missing(manifest, roles) == 0).then(|| manifest.clone())
    }

    fn missing(&self, manifest: &Manifest, roles: &[Role]) -> u64 {
        let mut missing = BTreeMap::new();
        for (_, entry) in manifest.entries().filter(|(role, _)| roles.contains(role)) {
            if !self.ledger.is_complete(entry) {
                missing.insert(key(entry), entry.bytes - self.ledger.bytes(entry).min(entry.bytes - 1));
            }
        }
        missing.values().sum()
    }

    /// What the server says that the model is; without the server, what it last said.
    async fn current_manifest<N: Network>(
        &self,
        wanted: &Wanted<'_>,
        network: &mut N,
        control: &Control,
    ) -> Result<Manifest> {
        if wanted.address.starts_with(IMPORTED) {
            return Err(Error::Missing(wanted.address.to_owned()));
        }
        let fetched = fetch_manifest(wanted.address, network, control).await;
        match (fetched, self.models.get(wanted.address)) {
            (Err(Error::Network { .. }), Some(model)) => {
                let complete = self.missing(&model.manifest, wanted.roles) == 0;
                Ok(model.next.as_ref().filter(|_| !complete).unwrap_or(&model.manifest).clone())
            }
            (fetched, _) => fetched,
        }
    }

    async fn make_room(&mut self, missing: u64, events: &mut dyn FnMut(Event)) -> Result<()> {
        let space = self.storage.space().await;
        events(Event::Needs(missing, space));
        if let Some(space) = space {
            let free = space.quota.saturating_sub(space.used);
            if free < missing {
                return Err(Error::OutOfSpace { needed: missing, free });
            }
        }
        events(Event::Persistent(self.storage.persist().await));
        Ok(())
    }

    async fn lock<N: Network>(
        &mut self,
        network: &mut N,
        control: &Control,
        events: &mut dyn FnMut(Event),
    ) -> Result<()> {
        let mut told = false;
        while !self.storage.try_lock().await? {
            if control.wish() == Wish::Cancel {
                return Err(Error::Cancelled);
            }
            if !std::mem::replace(&mut told, true) {
                events(Event::Waiting);
            }
            network.next(Some(network.now() + LOCK_MS)).await;
        }
        let reopened = self.reopen().await;
        if reopened.is_err() {
            self.storage.release();
        }
        reopened
    }

    /// Reads the books again, which another tab may have written.
    pub(crate) async fn reopen(&mut self) -> Result<()> {
        let books = Books::read(&mut self.storage).await?;
        (self.ledger_journal, self.ledger) = books.ledger;
        (self.models_journal, self.models) = books.models;
        Ok(())
    }

    /// Notes when a model was used, unless another tab is busy with the models: that is not worth waiting for.
    ///
    /// # Errors
    /// `StorageFull` or `Storage`.
    pub async fn note_use(&mut self, address: &str, now_ms: f64) -> Result<()> {
        if !self.storage.try_lock().await? {
            return Ok(());
        }
        let noted = self.note_use_locked(address, now_ms).await;
        self.storage.release();
        noted
    }

    async fn note_use_locked(&mut self, address: &str, now_ms: f64) -> Result<()> {
        self.reopen().await?;
        if let Some(model) = self.models.get_mut(address) {
            model.used_ms = now_ms;
            self.save_models().await?;
        }
        Ok(())
    }

    /// Writes down what is going to be downloaded. A version that is complete stays in use until the new one is.
    async fn begin(&mut self, wanted: &Wanted<'_>, manifest: &Manifest, now_ms: f64) -> Result<()> {
        let usable = self.complete(wanted.address, wanted.roles).is_some();
        match self.models.get_mut(wanted.address) {
            Some(model) if usable && model.manifest != *manifest => model.next = Some(manifest.clone()),
            _ => self.put(wanted, manifest, now_ms),
        }
        self.save_models().await
    }

    pub(crate) async fn finish(
        &mut self,
        wanted: &Wanted<'_>,
        manifest: &Manifest,
        now_ms: f64,
    ) -> Result<()> {
        if self.storage.keeps() == Keeps::Memory {
            // The files were taken out.
            manifest.entries().for_each(|(_, entry)| self.ledger.forget(&entry.sha256));
        }
        self.put(wanted, manifest, now_ms);
        self.save_models().await?;
        self.collect().await
    }

    fn put(&mut self, wanted: &Wanted<'_>, manifest: &Manifest, used_ms: f64) {
        let roles = wanted.roles.iter().map(|role| role.name().to_owned()).collect();
        let model = Model { manifest: manifest.clone(), next: None, roles, used_ms };
        self.models.insert(wanted.address.to_owned(), model);
    }

    /// Removes the files that no model has.
    async fn collect(&mut self) -> Result<()> {
        let manifests = self.models.values().flat_map(|model| [Some(&model.manifest), model.next.as_ref()]);
        let used: BTreeSet<_> =
            manifests.flatten().flat_map(Manifest::entries).map(|(_, entry)| key(entry)).collect();
        let known: Vec<_> = self.ledger.files().map(str::to_owned).collect();
        for file in known.iter().filter(|file| !used.contains(*file)) {
            self.ledger.forget(file);
        }
        // The ledger first: a crash between the two leaves bytes that nobody vouches for, not the reverse.
        self.save_ledger().await?;
        for file in self.storage.files().await? {
            if !used.contains(&file) {
                self.storage.remove(&file).await?;
            }
        }
        Ok(())
    }

    pub(crate) async fn save_ledger(&mut self) -> Result<()> {
        self.ledger_journal.save(&self.ledger, &mut self.storage).await
    }

    async fn save_models(&mut self) -> Result<()> {
        self.models_journal.save(&self.models, &mut self.storage).await
    }

    /// The storage, for whoever wants to look after it.
    pub fn storage_mut(&mut self) -> &mut S {
        &mut self.storage
    }
}
