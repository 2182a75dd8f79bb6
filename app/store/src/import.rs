//! Models from files that the reader brought.

use model_core::format::manifest::{Entry, Files, Manifest, Role};

use crate::error::{Error, Result};
use crate::ledger::{Shape, key};
use crate::storage::{Keeps, Storage};
use crate::store::{IMPORTED, Store, Wanted};

impl<S: Storage> Store<S> {
    /// Keeps files that the reader brought as a model; its address is `imported:` and the name.
    ///
    /// # Errors
    /// `Manifest` when the name or languages cannot be, or the weights or vocabulary are missing; `StorageFull`,
    /// `Storage`, also where there is none that would keep them.
    pub async fn import(
        &mut self,
        name: &str,
        (source, target): (&str, &str),
        files: Vec<(Role, Vec<u8>)>,
        now_ms: f64,
    ) -> Result<Manifest> {
        let manifest = imported(name, source, target, &files)?;
        if self.storage.keeps() == Keeps::Memory {
            return Err(Error::Storage("the browser gives none that would keep the model".into()));
        }
        if !self.storage.try_lock().await? {
            return Err(Error::Storage("another tab is busy with the models".into()));
        }
        let kept = self.import_locked(&manifest, files, now_ms).await;
        self.storage.release();
        kept.map(|()| manifest)
    }

    async fn import_locked(
        &mut self,
        manifest: &Manifest,
        files: Vec<(Role, Vec<u8>)>,
        now_ms: f64,
    ) -> Result<()> {
        self.reopen().await?;
        let roles: Vec<_> = files.iter().map(|(role, _)| *role).collect();
        for (role, content) in files {
            let Some(entry) = manifest.entry(role) else { continue };
            let shape = Shape::of(entry);
            for (index, chunk) in (0..).zip(content.chunks(shape.chunk as usize)) {
                let start = shape.start(index);
                self.storage.write(&key(entry), start, start, chunk).await?;
                self.storage.seal(&key(entry), start).await?;
            }
            self.storage.flush(&key(entry)).await?;
            let held = self.ledger.held_mut(entry);
            (0..shape.count()).for_each(|index| held.set(index, true, 0));
        }
        self.save_ledger().await?;
        let address = format!("{IMPORTED}{}", manifest.name);
        self.finish(&Wanted { address: &address, roles: &roles, newest: false }, manifest, now_ms).await
    }
}

/// The manifest of files that the reader brought.
fn imported(name: &str, source: &str, target: &str, files: &[(Role, Vec<u8>)]) -> Result<Manifest> {
    let entry = |wanted: Role| {
        let content = files.iter().find(|(role, _)| *role == wanted).map(|(_, content)| content);
        content.map(|content| Entry::of(wanted.name(), content))
    };
    let missing = |role: Role| Error::Missing(format!("the {} among the imported files", role.name()));
    let manifest = Manifest {
        name: name.to_owned(),
        version: "imported".into(),
        source: source.to_owned(),
        target: target.to_owned(),
        architecture: "unknown".into(),
        licence: "unknown".into(),
        origin: "imported from files".into(),
        files: Files {
            model: entry(Role::Model).ok_or_else(|| missing(Role::Model))?,
            vocabulary: entry(Role::Vocabulary).ok_or_else(|| missing(Role::Vocabulary))?,
            target_vocabulary: entry(Role::TargetVocabulary),
            shortlist: entry(Role::Shortlist),
        },
        mirrors: Vec::new(),
        quality: Vec::new(),
    };
    let json = serde_json::to_vec(&manifest).map_err(|error| Error::Storage(error.to_string()))?;
    Ok(Manifest::from_json(&json)?)
}
