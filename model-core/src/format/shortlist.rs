//! The lexical shortlist in Marian's binary form: for each source piece the target pieces that it may become.
//!
//! ```text
//! u64 magic · u64 checksum · u64 first · u64 best · u64 n_offsets · u64 n_list
//! n_offsets × u64 offset into the list · n_list × u32 target piece
//! ```
//!
//! With a shortlist the output projection computes the pieces of [`Shortlist::candidates`] alone, instead of the whole
//! vocabulary.

use super::reader::{Reader, checksum, malformed, u32_le, u64_le};
use crate::error::{Error, File, Result};

const MAGIC: u64 = 0xF11A_48D5_0134_17F5;

/// The integer kernels want output columns in blocks of this many.
const BLOCK: usize = 8;

/// A parsed shortlist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortlist {
    /// The most frequent pieces, 0..first, are always candidates.
    first: u64,
    /// The list of piece `s` is `targets[offsets[s]..offsets[s + 1]]`; never falling, the last is the list's length.
    offsets: Vec<u32>,
    targets: Vec<u32>,
    /// The largest of `targets`.
    largest: Option<u32>,
}

impl Shortlist {
    /// Reads a shortlist and verifies its checksum.
    ///
    /// # Errors
    /// `Malformed` when magic number, lengths, checksum or offsets are wrong.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(File::Shortlist, bytes);
        let magic = reader.u64("magic number")?;
        if magic != MAGIC {
            return Err(wrong("magic number", format!("is {magic:#018x}, needs {MAGIC:#018x}")));
        }
        let expected = reader.u64("checksum")?;
        let body = reader.rest();
        let first = reader.u64("first")?;
        let _best = reader.u64("best")?;
        let offset_count = reader.u64("number of offsets")?;
        let target_count = reader.u64("number of targets")?;
        let offsets = reader.take(offset_count.saturating_mul(8), "offsets")?;
        let targets = reader.take(target_count.saturating_mul(4), "targets")?;
        let trailing = reader.rest().len();
        if trailing > 0 {
            return Err(wrong("end of the file", format!("{trailing} bytes follow the targets")));
        }
        let found = checksum(body);
        if found != expected {
            return Err(wrong(
                "checksum",
                format!("the file says {expected:#018x}, its bytes make {found:#018x}"),
            ));
        }
        let offsets = read_offsets(offsets, target_count)?;
        let targets: Vec<u32> = (0..targets.len() / 4).map(|index| u32_le(targets, index)).collect();
        let largest = targets.iter().copied().max();
        Ok(Self { first, offsets, targets, largest })
    }

    /// How many source pieces it has lists for.
    #[must_use]
    pub fn source_vocab(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Checks it against the model's vocabularies.
    ///
    /// # Errors
    /// `Mismatch` when it was made for another number of source pieces, or names a target piece that is none.
    pub fn check(&self, source_vocab: usize, target_vocab: usize) -> Result<()> {
        if self.source_vocab() != source_vocab {
            let own = self.source_vocab();
            let problem = format!("the shortlist is for {own} source pieces, the model has {source_vocab}");
            return Err(Error::Mismatch(problem));
        }
        match self.largest {
            Some(largest) if largest as usize >= target_vocab => Err(Error::Mismatch(format!(
                "the shortlist names target piece {largest}, the model has {target_vocab}"
            ))),
            _ => Ok(()),
        }
    }

    /// The target pieces that a batch with these source pieces may become: sorted, each once, all below
    /// `target_vocab`. With a shared vocabulary the source pieces themselves are among them, for names and numbers.
    ///
    /// The count is a multiple of 8, filled up with the next most frequent pieces; it is `target_vocab` itself when
    /// there are no more. Source pieces that the shortlist does not know bring nothing.
    #[must_use]
    pub fn candidates(&self, source_ids: &[u32], shared_vocabulary: bool, target_vocab: usize) -> Vec<u32> {
        let first = usize::try_from(self.first).unwrap_or(usize::MAX).min(target_vocab);
        let mut chosen = Chosen { wanted: vec![false; target_vocab], count: 0 };
        chosen.extend(0..first);
        for &source in source_ids {
            let source = source as usize;
            if shared_vocabulary {
                chosen.extend([source]);
            }
            if source < self.source_vocab() {
                let list = self.offsets[source] as usize..self.offsets[source + 1] as usize;
                chosen.extend(self.targets[list].iter().map(|&target| target as usize));
            }
        }
        for next in first..target_vocab {
            if chosen.count.is_multiple_of(BLOCK) {
                break;
            }
            chosen.extend([next]);
        }
        let mut candidates = Vec::with_capacity(chosen.count);
        candidates
            .extend((0..).zip(&chosen.wanted).filter(|(_, wanted)| **wanted).map(|(id, _): (u32, _)| id));
        candidates
    }
}

/// A set of target pieces.
struct Chosen {
    wanted: Vec<bool>,
    count: usize,
}

impl Extend<usize> for Chosen {
    fn extend<I: IntoIterator<Item = usize>>(&mut self, ids: I) {
        for id in ids {
            if let Some(wanted) = self.wanted.get_mut(id) {
                self.count += usize::from(!*wanted);
                *wanted = true;
            }
        }
    }
}

fn read_offsets(bytes: &[u8], target_count: u64) -> Result<Vec<u32>> {
    let count = bytes.len() / 8;
    if count == 0 {
        return Err(wrong("number of offsets", "is 0, needs one more than the source vocabulary".into()));
    }
    let mut offsets = Vec::with_capacity(count);
    let mut previous = 0;
    for index in 0..count {
        let offset = u64_le(bytes, index);
        if !(previous..=target_count).contains(&offset) {
            let problem = format!("is {offset}, needs to be from {previous} to {target_count}");
            return Err(wrong(&format!("offset {index}"), problem));
        }
        let Ok(narrow) = u32::try_from(offset) else {
            return Err(wrong(&format!("offset {index}"), format!("is {offset}, more than 32 bits hold")));
        };
        offsets.push(narrow);
        previous = offset;
    }
    if previous != target_count {
        return Err(wrong("last offset", format!("is {previous}, needs to be {target_count}")));
    }
    Ok(offsets)
}

fn wrong(item: &str, problem: String) -> Error {
    malformed(File::Shortlist, item, problem)
}
