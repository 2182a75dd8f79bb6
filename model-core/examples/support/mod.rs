//! What the examples share: the model's files, and the engine that ours is compared with.

use std::error::Error;
use std::fs;
use std::path::Path;

use fxtranslate::engine::Engine;
use model_core::format::manifest::{Manifest, Role};

/// Sentences that fxtranslate takes at once. More or fewer made it slower.
const BATCH: usize = 32;

/// The model and the vocabulary that a folder's manifest names.
pub(crate) fn files(folder: &Path) -> Result<[Vec<u8>; 2], Box<dyn Error>> {
    let manifest = Manifest::from_json(&fs::read(folder.join("manifest.json"))?)?;
    let read = |role| -> Result<Vec<u8>, Box<dyn Error>> {
        Ok(fs::read(folder.join(&manifest.entry(role).ok_or("the manifest lacks a file")?.path))?)
    };
    Ok([read(Role::Model)?, read(Role::Vocabulary)?])
}

/// The engine that ours is compared with.
pub(crate) struct Oracle(Engine);

impl Oracle {
    /// Loads it with the same files.
    pub(crate) fn load(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let [model, vocabulary] = files(folder)?;
        Ok(Self(Engine::from_bytes(&model, &vocabulary, &vocabulary)?))
    }

    /// The same on all cores; each sentence is translated as before.
    #[allow(dead_code, reason = "a race is run on one core")]
    pub(crate) fn on_all_cores(self) -> Self {
        Self(self.0.with_threads(0))
    }

    /// Translates sentences, those of about the same length together, so that none waits for a straggler.
    pub(crate) fn translate(&self, sentences: &[&str]) -> Vec<String> {
        let mut order: Vec<usize> = (0..sentences.len()).collect();
        order.sort_by_key(|&index| sentences[index].len());
        let mut translations = vec![String::new(); sentences.len()];
        for batch in order.chunks(BATCH) {
            let texts: Vec<&str> = batch.iter().map(|&index| sentences[index]).collect();
            for (&index, translation) in batch.iter().zip(self.0.translate_batch(&texts)) {
                translations[index] = translation;
            }
        }
        translations
    }
}
