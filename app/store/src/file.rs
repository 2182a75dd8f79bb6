//! A file under way, chunk by chunk: what has arrived of it, and whether that is right.

use std::collections::BTreeMap;

use model_core::format::manifest::Entry;
use sha2::{Digest, Sha256};

use crate::ledger::{Ledger, Shape, unhex};
use crate::plan::FetchId;

/// A file that is downloaded.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) entry: Entry,
    pub(crate) shape: Shape,
    pub(crate) chunks: Vec<Chunk>,
}

/// A part of it.
#[derive(Clone, Debug)]
pub(crate) struct Chunk {
    pub(crate) state: State,
    /// How many of its bytes are stored.
    pub(crate) arrived: u32,
    /// Digest of these, in files with chunk digests.
    pub(crate) hasher: Option<Box<Sha256>>,
    /// How often each server has answered with wrong bytes, as far as any has.
    pub(crate) wrong: BTreeMap<usize, u8>,
}

/// How it is with a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It has to be asked for.
    Wanted,
    /// A request is to bring it.
    Taken(FetchId),
    /// It is stored.
    Stored,
}

/// What a file makes of the next bytes of a stream.
pub(crate) struct Taken {
    /// How many bytes that was.
    pub(crate) len: usize,
    /// The chunk that they belong to.
    pub(crate) chunk: u32,
    /// Whether they are to be written.
    pub(crate) used: bool,
    /// Whether the chunk is complete with them, and not wrong.
    pub(crate) sealed: bool,
    /// Whether it is complete and wrong.
    pub(crate) wrong: bool,
}

impl Chunk {
    /// The digest of a chunk that was begun before and that nobody restored could not be told: it begins anew.
    pub(crate) fn forget_unless_restored(&mut self, entry: &Entry) {
        if self.hasher.is_none() && entry.chunks.is_some() {
            self.arrived = 0;
        }
    }
}

impl File {
    pub(crate) fn new(entry: &Entry, ledger: &Ledger) -> Self {
        let (shape, held) = (Shape::of(entry), ledger.held(entry));
        let chunk = |index| {
            let stored = held.as_ref().is_some_and(|held| held.has(index));
            let state = if stored { State::Stored } else { State::Wanted };
            Chunk {
                state,
                arrived: held.as_ref().map_or(0, |held| held.begun(index)),
                hasher: None,
                wrong: BTreeMap::new(),
            }
        };
        Self { entry: entry.clone(), shape, chunks: (0..shape.count()).map(chunk).collect() }
    }

    /// How many bytes of a chunk are stored.
    pub(crate) fn here(&self, index: u32, chunk: &Chunk) -> u64 {
        if chunk.state == State::Stored { self.shape.len(index) } else { chunk.arrived.into() }
    }

    /// Takes the bytes at `cursor` as far as its chunk goes. They count if the chunk is this request's and they are the
    /// next that it lacks.
    pub(crate) fn take(&mut self, id: FetchId, cursor: u64, bytes: &[u8]) -> Taken {
        // The cursor is inside the file, whose chunks were counted in 32 bits.
        let index = (cursor / u64::from(self.shape.chunk)) as u32;
        let (start, len) = (self.shape.start(index), self.shape.len(index));
        let within = cursor - start;
        let chunk = &mut self.chunks[index as usize];
        let most = |limit: u64| bytes.len().min(usize::try_from(limit).unwrap_or(usize::MAX));
        if chunk.state != State::Taken(id) || within != u64::from(chunk.arrived) {
            // What we have of a chunk is passed over up to where it goes on.
            let mine = chunk.state == State::Taken(id) && within < u64::from(chunk.arrived);
            let limit = if mine { u64::from(chunk.arrived) - within } else { len - within };
            return Taken { len: most(limit), chunk: index, used: false, sealed: false, wrong: false };
        }
        let taken = most(len - within);
        chunk.arrived += taken as u32;
        let digests = self.entry.chunks.as_ref().map(|chunks| &chunks.sha256);
        if digests.is_some() {
            chunk.hasher.get_or_insert_default().update(&bytes[..taken]);
        }
        let (mut sealed, mut wrong) = (false, false);
        if u64::from(chunk.arrived) == len {
            let found = chunk.hasher.take().map(|hasher| hasher.finalize().to_vec());
            let expected = digests.and_then(|digests| unhex(digests.get(index as usize)?));
            chunk.arrived = 0;
            if found == expected {
                chunk.state = State::Stored;
                sealed = true;
            } else {
                chunk.state = State::Wanted;
                wrong = true;
            }
        }
        Taken { len: taken, chunk: index, used: true, sealed, wrong }
    }
}
