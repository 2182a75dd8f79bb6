//! What can go wrong between a published model and this machine, and what to do about it.

use super::records::Pair;

/// Why a model could not be fetched. Each message ends with what to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// An address is of no use.
    #[error("{url} is not an address that can be asked: {problem}")]
    Address {
        /// The address.
        url: String,
        /// Why.
        problem: String,
    },
    /// The server cannot be reached, or stopped in the middle, more often than was to be borne.
    #[error(
        "{url}: {problem}\nWhat has arrived is kept. When the connection is better, run the same command again."
    )]
    Connection {
        /// The address.
        url: String,
        /// What happened last.
        problem: String,
    },
    /// The server refuses.
    #[error("{url}: the server answers {status}. {advice}")]
    Status {
        /// The address.
        url: String,
        /// HTTP's code.
        status: u16,
        /// What to do.
        advice: &'static str,
    },
    /// The list of models is not one.
    #[error("{url}: {problem}\nIs this the address of a collection's records? --records takes another.")]
    Records {
        /// The address.
        url: String,
        /// What is wrong.
        problem: String,
    },
    /// The records do not say where the files are.
    #[error("{url} does not say where the files are. --attachments takes the address of their folder.")]
    NoBase {
        /// The service's root.
        url: String,
    },
    /// Nobody published such a model.
    #[error("there is no model for {pair}. {others}")]
    NoPair {
        /// What was asked for.
        pair: Pair,
        /// What there is instead.
        others: String,
    },
    /// There is a model, and not of this size.
    #[error("{pair} has no {wanted} model. There is {available}; --arch takes one of these.")]
    NoArchitecture {
        /// What was asked for.
        pair: Pair,
        /// The architecture.
        wanted: String,
        /// Those that there are.
        available: String,
    },
    /// There are several.
    #[error("{pair} has models of several sizes: {available}. Choose one with --arch.")]
    ManyArchitectures {
        /// What was asked for.
        pair: Pair,
        /// Those that there are.
        available: String,
    },
    /// Every version is one for trying out.
    #[error("{pair} has only pre-releases, the last is {version}. --pre-release takes it.")]
    OnlyPreReleases {
        /// What was asked for.
        pair: Pair,
        /// The newest.
        version: String,
    },
    /// A model without a vocabulary, or the other way around.
    #[error("the records for {pair} have no version with both a model and its vocabulary. Try again later.")]
    Incomplete {
        /// What was asked for.
        pair: Pair,
    },
    /// A file is not what the records say.
    #[error("{name} {problem}\nIt was thrown away. If another try ends like this, the source is damaged.")]
    Wrong {
        /// The file.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl Error {
    pub(super) fn wrong(name: &str, problem: impl Into<String>) -> Self {
        Self::Wrong { name: name.to_owned(), problem: problem.into() }
    }
}
