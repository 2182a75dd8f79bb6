//! Models on the reader's device: what is installed, what of it is here, and how the rest gets here.
//!
//! The crate has three layers. [`Download`] decides what to ask of which server and what to believe of the answers; it
//! does no input or output and knows the time only by being told. [`Store`] runs it against a [`Storage`] and a
//! [`Network`], keeps the books, and gives a model's files out only when their SHA-256 is right. `web` has the two
//! traits for a Web Worker: OPFS or the Cache API below, `fetch` above. The tests have them for a simulated network
//! whose every fault is drawn from a seed.
//!
//! What is trusted when: a chunk counts as stored when its digest was right, or, in a file without chunk digests, when
//! its bytes have arrived. A file is given out when its whole SHA-256 is right, each time it is loaded. What turns out
//! to be wrong is fetched again, and nothing else is.

mod control;
mod download;
mod error;
mod fetches;
mod file;
mod import;
mod journal;
mod ledger;
mod memory;
mod network;
mod plan;
mod progress;
mod reading;
mod rng;
mod run;
mod storage;
mod store;
#[cfg(target_arch = "wasm32")]
pub mod web;

pub use control::{Control, Wish};
pub use download::Download;
pub use error::{Error, Result};
pub use ledger::Ledger;
pub use memory::Memory;
pub use network::{Head, Incoming, Network, Target};
pub use plan::{Fetch, FetchId, Piece, Settings, Verdict};
pub use progress::Progress;
pub use storage::{Keeps, Space, Storage};
pub use store::{Event, Installed, Loaded, Origin, Store, Wanted};
