//! What can go wrong with the models on a device.

/// The store's error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No server has it.
    #[error("{0}: no server has it")]
    Missing(String),
    /// The servers answer with other bytes than the manifest says, or the manifest contradicts itself.
    #[error("{item}: {problem}")]
    Broken {
        /// The file, and which chunk of it.
        item: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The manifest cannot be read.
    #[error(transparent)]
    Manifest(#[from] model_core::Error),
    /// The servers cannot be reached. What has arrived is kept: asking again goes on from there.
    #[error("{address}: {problem}")]
    Network {
        /// What was asked for.
        address: String,
        /// What happened the last time.
        problem: String,
    },
    /// The browser does not give this site enough room. Known before anything is downloaded.
    #[error("the model needs {needed} bytes and the browser has room for {free}")]
    OutOfSpace {
        /// Bytes still to be stored.
        needed: u64,
        /// Bytes that the browser would give.
        free: u64,
    },
    /// The storage filled up on the way. What has arrived is kept: asking again, after space was made on the disk or
    /// another model was removed, goes on from there.
    #[error("the browser's storage is full: {0}")]
    StorageFull(String),
    /// The storage fails in another way.
    #[error("the browser's storage fails: {0}")]
    Storage(String),
    /// The reader called it off. What has arrived is kept.
    #[error("the download was called off")]
    Cancelled,
}

/// Shorthand for results of this crate.
pub type Result<T> = std::result::Result<T, Error>;
