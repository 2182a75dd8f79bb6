//! A world for the store: a disk that crashes, servers that fail, and a clock that nobody waits for.

#[path = "disk.rs"]
pub(crate) mod disk;
#[path = "servers.rs"]
pub(crate) mod servers;

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use model_core::format::manifest::{Chunks, Entry, Files, Manifest, Role};

/// The roles that a reader loads.
pub(crate) const ROLES: [Role; 3] = [Role::Vocabulary, Role::Model, Role::Shortlist];
/// Where the models' manifest is.
pub(crate) const ADDRESS: &str = "https://home.example/deen/manifest.json";

/// Random numbers: SplitMix64.
#[derive(Clone, Debug)]
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 up to `limit`.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn bytes(&mut self, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        for eight in bytes.chunks_mut(8) {
            eight.copy_from_slice(&self.next().to_le_bytes()[..eight.len()]);
        }
        bytes
    }
}

/// Runs a future whose every wait is a crash: none if it waited.
pub(crate) fn until_crash<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// Runs a future that never has to wait.
pub(crate) fn now<T>(future: impl Future<Output = T>) -> T {
    until_crash(future).expect("nothing to wait for")
}

/// A model with files of these sizes: its manifest, and the files by their paths.
pub(crate) fn model(
    dice: &mut Dice,
    sizes: [usize; 3],
    chunk: u32,
    mirrors: &[&str],
) -> (Manifest, Vec<(String, Vec<u8>)>) {
    let mut files = Vec::new();
    let mut entry = |path: &str, len: usize| {
        let content = dice.bytes(len);
        let mut entry = Entry::of(path, &content);
        if entry.chunks.as_ref().is_some_and(|chunks| chunks.bytes != chunk) {
            let sha256 = content.chunks(chunk as usize).map(|part| Entry::of("part", part).sha256).collect();
            entry.chunks = Some(Chunks { bytes: chunk, sha256 });
        }
        files.push((path.to_owned(), content));
        entry
    };
    let manifest = Manifest {
        name: "deen".into(),
        version: "1".into(),
        source: "de".into(),
        target: "en".into(),
        architecture: "random numbers".into(),
        licence: "none".into(),
        origin: "made for a test".into(),
        files: Files {
            vocabulary: entry("vocab.spm", sizes[0]),
            model: entry("model.bin", sizes[1]),
            target_vocabulary: None,
            shortlist: Some(entry("sub/lex.bin", sizes[2])),
        },
        mirrors: mirrors.iter().map(|&mirror| mirror.to_owned()).collect(),
        quality: Vec::new(),
    };
    (manifest, files)
}
