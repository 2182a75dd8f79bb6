//! A cursor over a file's bytes that cannot leave them, and the short ways to make this folder's errors.

use crate::error::{Error, File, Result};

/// How many characters of a foreign string an error message repeats.
const SHOWN: usize = 80;

/// Reads little-endian numbers and runs of bytes from the front of a file.
#[derive(Clone, Debug)]
pub(super) struct Reader<'a> {
    file: File,
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Starts at the file's first byte.
    pub(super) fn new(file: File, bytes: &'a [u8]) -> Self {
        Self { file, rest: bytes }
    }

    /// The bytes that are left.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next `len` bytes. `item` names what they are, for the error: the file may end before them, and `len` may
    /// be any number that a hostile file contains.
    pub(super) fn take(&mut self, len: u64, item: &str) -> Result<&'a [u8]> {
        let split = usize::try_from(len).ok().and_then(|len| self.rest.split_at_checked(len));
        let Some((taken, rest)) = split else {
            let left = self.rest.len();
            return Err(malformed(self.file, item, format!("needs {len} bytes, the file has {left} left")));
        };
        self.rest = rest;
        Ok(taken)
    }

    /// The next 8 bytes as a number.
    pub(super) fn u64(&mut self, item: &str) -> Result<u64> {
        self.take(8, item).map(|bytes| u64_le(bytes, 0))
    }
}

/// The `index`th 8-byte number of `bytes`, which the caller has measured.
pub(super) fn u64_le(bytes: &[u8], index: usize) -> u64 {
    u64::from_le_bytes(array(bytes, index))
}

/// The `index`th 4-byte number of `bytes`, which the caller has measured.
pub(super) fn u32_le(bytes: &[u8], index: usize) -> u32 {
    u32::from_le_bytes(array(bytes, index))
}

/// The `index`th float32 of `bytes`, which the caller has measured.
pub(super) fn f32_le(bytes: &[u8], index: usize) -> f32 {
    f32::from_le_bytes(array(bytes, index))
}

fn array<const N: usize>(bytes: &[u8], index: usize) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(&bytes[index * N..][..N]);
    array
}

/// Marian's checksum of bytes, in whole 8-byte numbers: what is left of them at the end has no part in it.
pub(super) fn checksum(bytes: &[u8]) -> u64 {
    bytes.chunks_exact(8).fold(0_u64, |sum, chunk| {
        let mixed = u64_le(chunk, 0).wrapping_add(0x9e37_79b9).wrapping_add(sum << 6).wrapping_add(sum >> 2);
        sum ^ mixed
    })
}

/// An [`Error::Malformed`].
pub(super) fn malformed(file: File, item: impl Into<String>, problem: impl Into<String>) -> Error {
    Error::Malformed { file, item: item.into(), problem: problem.into() }
}

/// An [`Error::Unsupported`].
pub(super) fn unsupported(file: File, item: impl Into<String>, problem: impl Into<String>) -> Error {
    Error::Unsupported { file, item: item.into(), problem: problem.into() }
}

/// A string from a file as a message may show it: control characters escaped, long ones cut.
pub(super) fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}
