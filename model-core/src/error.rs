//! What can go wrong in the engine.

/// The engine's error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file's bytes are not of the form that they claim.
    #[error("{file}: {item}: {problem}")]
    Malformed {
        /// Which of the files.
        file: File,
        /// Which part of it: a tensor's name, a field, a piece's number.
        item: String,
        /// What is wrong with it, with the numbers that disagree.
        problem: String,
    },
    /// A file is well-formed and asks for something that this engine does not do.
    #[error("{file}: {item} is not supported: {problem}")]
    Unsupported {
        /// Which of the files.
        file: File,
        /// Which part of it.
        item: String,
        /// What it asks for.
        problem: String,
    },
    /// The files are each well-formed and do not belong together.
    #[error("the model's files do not belong together: {0}")]
    Mismatch(String),
}

/// The files that a model is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum File {
    /// The weights, Marian's binary form.
    Model,
    /// The vocabulary, a SentencePiece model.
    Vocabulary,
    /// The lexical shortlist.
    Shortlist,
    /// The manifest.
    Manifest,
}

impl std::fmt::Display for File {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Model => "model",
            Self::Vocabulary => "vocabulary",
            Self::Shortlist => "shortlist",
            Self::Manifest => "manifest",
        })
    }
}

/// Shorthand for results of this crate.
pub type Result<T> = std::result::Result<T, Error>;
