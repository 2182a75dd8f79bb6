//! What a download's plan speaks of: its limits, the requests that it sends, the pieces that it accepts.

use std::ops::Range;

/// The limits of a download.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Requests at a time.
    pub parallel: usize,
    /// Bytes that one request asks for, at least a chunk.
    pub span: u64,
    /// How long nothing may arrive before a request is given up, in milliseconds.
    pub stall_ms: f64,
    /// The pause after a failure, doubled after each further one, in milliseconds.
    pub backoff_ms: f64,
    /// The longest such pause.
    pub backoff_most_ms: f64,
    /// The longest pause that a server may ask for.
    pub retry_after_most_ms: f64,
    /// Failures in a row for each server, without a byte of use between them, after which the network counts as down.
    pub failures: u32,
    /// How often each server may answer with wrong bytes for the same chunk.
    pub wrong: u8,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            parallel: 4,
            span: 1 << 20,
            stall_ms: 15_000.0,
            backoff_ms: 500.0,
            backoff_most_ms: 20_000.0,
            retry_after_most_ms: 60_000.0,
            failures: 6,
            wrong: 3,
        }
    }
}

/// A request's number. Never used twice in a download.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FetchId(pub u64);

/// A request to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetch {
    /// Its number.
    pub id: FetchId,
    /// Which of the manifest's mirrors; none for the manifest's own folder.
    pub mirror: Option<usize>,
    /// Path and query, relative to that folder.
    pub path: String,
    /// The bytes to ask for.
    pub range: Range<u64>,
}

/// Accepted bytes, to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The file's SHA-256.
    pub sha256: String,
    /// The chunk that they belong to: its place in the file.
    pub chunk: Range<u64>,
    /// Where in the file they belong.
    pub offset: u64,
    /// Which of the bytes that were handed in.
    pub bytes: Range<usize>,
    /// Whether the chunk is complete with them, and right as far as can be told.
    pub sealed: bool,
}

/// What to do with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Go on reading.
    Keep,
    /// Break it off.
    Drop,
}
