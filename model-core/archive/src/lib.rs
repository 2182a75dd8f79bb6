//! Unpacks the compressed forms in which translation models are published: gzip (`.gz`) and Zstandard (`.zst`).
//!
//! Bytes in, bytes out, in memory: a model's files have some tens of megabytes. What a file is, its first bytes say, not
//! its name. None of the uncompressed forms of a model begins like an archive, so [`unpack`] may be called on any file.
//!
//! Archives come from anywhere. A few bytes of an archive can stand for gigabytes, so every call has a [`Limit`], and
//! memory grows with what was really unpacked, never with what a header promises.

mod gzip;
mod zstd;

use std::borrow::Cow;

/// How a file is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// Not at all.
    Plain,
    /// gzip, RFC 1952.
    Gzip,
    /// Zstandard, RFC 8878.
    Zstd,
}

impl Form {
    /// How the file that begins with these bytes is packed; the first four are enough.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        match bytes {
            [0x1f, 0x8b, ..] => Self::Gzip,
            // A frame, or one of the sixteen kinds of frame that are to be skipped.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            _ => Self::Plain,
        }
    }

    /// The form's name, for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }
}

/// How many bytes may come out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    least: usize,
    most: usize,
}

impl Limit {
    /// Just so many.
    #[must_use]
    pub fn exactly(bytes: usize) -> Self {
        Self { least: bytes, most: bytes }
    }

    /// So many or fewer.
    #[must_use]
    pub fn at_most(bytes: usize) -> Self {
        Self { least: 0, most: bytes }
    }

    /// What a file of a model can become, if nothing but its packed size is known: weights shrink by a quarter,
    /// vocabularies and shortlists by half, and nothing that a model needs by more than 16.
    #[must_use]
    pub fn of_packed(bytes: usize) -> Self {
        Self::at_most(bytes.saturating_mul(16).saturating_add(64 * 1024))
    }
}

/// Why a file cannot be unpacked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bytes are not of the form that they begin like; cut files are the usual case.
    #[error("the {} archive is broken: {problem}", .form.name())]
    Broken {
        /// The form.
        form: Form,
        /// What is wrong.
        problem: String,
    },
    /// More comes out than may.
    #[error("more than the {limit} bytes come out that the file may have")]
    TooLarge {
        /// How many may.
        limit: usize,
    },
    /// Less comes out than was asked for.
    #[error("{found} bytes come out, and it should be {expected}")]
    TooSmall {
        /// How many were asked for.
        expected: usize,
        /// How many came out.
        found: usize,
    },
}

/// What is in a file: the file itself where it is not packed.
///
/// # Errors
/// [`Error::Broken`] for an archive that is cut, damaged, needs a dictionary, or has something else behind its end;
/// [`Error::TooLarge`] and [`Error::TooSmall`] where `limit` is not kept, also by a file that is not packed.
pub fn unpack(bytes: &[u8], limit: Limit) -> Result<Cow<'_, [u8]>, Error> {
    let content = match Form::of(bytes) {
        Form::Plain => Cow::Borrowed(bytes),
        Form::Gzip => Cow::Owned(gzip::unpack(bytes, limit.most)?),
        Form::Zstd => Cow::Owned(zstd::unpack(bytes, limit.most)?),
    };
    if content.len() > limit.most {
        return Err(Error::TooLarge { limit: limit.most });
    }
    if content.len() < limit.least {
        return Err(Error::TooSmall { expected: limit.least, found: content.len() });
    }
    Ok(content)
}
