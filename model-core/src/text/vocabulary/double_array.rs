//! A trie in a double array: one load for each byte of a look-up, four bytes for each node.
//!
//! The layout is that of Darts, in which SentencePiece files carry their replacement rules, so one type serves the
//! rules of the file and the pieces that are put into an array at load time. A node with position `p` and offset `o`
//! has the base `p ^ o`; its child for byte `b` lies at `base ^ b` and carries `b` as its label; a key's value lies at
//! `base ^ 0`. Bits of a unit: 0–7 the label, 8 set if the node has a value, 9 set if the offset counts in 256s,
//! 10–30 the offset, 31 set in value units, which hold the value in the bits below.

use crate::error::Result;
use crate::format::sentencepiece::{malformed, unsupported};

/// Positions that share all bits but the lowest eight, and with that all the children of a base.
const BLOCK: usize = 256;
const VALUE: u32 = 1 << 31;
const HAS_VALUE: u32 = 1 << 8;
/// Offsets must fit 21 bits.
const MOST_UNITS: usize = 1 << 21;

/// A map from byte strings to numbers below 2³¹ that finds all keys that a text starts with.
pub(super) struct DoubleArray {
    /// Invariant: a multiple of 256 units, and the base of every node lies within.
    units: Vec<u32>,
}

impl DoubleArray {
    /// Takes an array from a file: little-endian units.
    ///
    /// # Errors
    /// Malformed if a node points outside of the array, or a value is not one that `valid` accepts.
    pub(super) fn from_file(bytes: &[u8], item: &str, valid: impl Fn(usize) -> bool) -> Result<Self> {
        if bytes.is_empty() || !bytes.len().is_multiple_of(4 * BLOCK) {
            return Err(malformed(item, format!("a double array of {} bytes", bytes.len())));
        }
        let units: Vec<u32> = bytes
            .chunks_exact(4)
            .map(|unit| u32::from_le_bytes([unit[0], unit[1], unit[2], unit[3]]))
            .collect();
        for (position, &unit) in units.iter().enumerate() {
            if unit & VALUE != 0 {
                continue;
            }
            let base = position ^ offset(unit);
            let Some(&target) = units.get(base) else {
                return Err(malformed(item, format!("node {position} points to {base} of {}", units.len())));
            };
            if unit & HAS_VALUE != 0 && !valid((target & !VALUE) as usize) {
                return Err(malformed(item, format!("node {position} has the value {}", target & !VALUE)));
            }
        }
        // The root is a node whatever its bits say.
        if offset(units[0]) >= units.len() {
            return Err(malformed(item, "the root points outside"));
        }
        Ok(Self { units })
    }

    /// Puts keys into an array. They must be sorted, unique, not empty, free of NUL, and their values below 2³¹.
    ///
    /// # Errors
    /// Unsupported if the array would pass two million nodes.
    pub(super) fn build(keys: &[(&[u8], u32)]) -> Result<Self> {
        let mut builder = Builder::default();
        let mut labels = Vec::with_capacity(BLOCK);
        // Ranges of keys that share their first `depth` bytes, and the position of the node that stands for these.
        let mut open = vec![(0..keys.len(), 0, builder.root())];
        while let Some((range, depth, position)) = open.pop() {
            labels.clear();
            let mut groups = open.len();
            let mut start = range.start;
            while start < range.end {
                let label = keys[start].0.get(depth).copied().unwrap_or(0);
                let same = |key: &(&[u8], u32)| key.0.get(depth).copied().unwrap_or(0) == label;
                let end = start + keys[start..range.end].iter().take_while(|key| same(key)).count();
                labels.push(label);
                if label != 0 {
                    open.push((start..end, depth + 1, 0));
                }
                start = end;
            }
            let base = builder.place(position, &labels)?;
            for &label in &labels {
                if label == 0 {
                    builder.units[base] = VALUE | keys[range.start].1;
                } else {
                    open[groups].2 = base ^ usize::from(label);
                    groups += 1;
                }
            }
        }
        Ok(Self { units: builder.units })
    }

    /// Calls `found(len, value)` for every key that `text` starts with, the shortest first.
    #[inline]
    pub(super) fn prefixes(&self, text: &[u8], mut found: impl FnMut(usize, u32)) {
        let mut base = offset(self.units[0]);
        for (index, &byte) in text.iter().enumerate() {
            let position = base ^ usize::from(byte);
            let unit = self.units[position];
            // A value unit never equals a byte here: its highest bit is part of the comparison.
            if unit & (VALUE | 0xFF) != u32::from(byte) {
                return;
            }
            base = position ^ offset(unit);
            if unit & HAS_VALUE != 0 {
                found(index + 1, self.units[base] & !VALUE);
            }
        }
    }

    /// The longest key that `text` starts with and that `fits` by its length: that length and the value.
    #[inline]
    pub(super) fn longest(&self, text: &[u8], fits: impl Fn(usize) -> bool) -> Option<(usize, u32)> {
        let mut longest = None;
        self.prefixes(text, |len, value| {
            if fits(len) {
                longest = Some((len, value));
            }
        });
        longest
    }
}

#[inline]
fn offset(unit: u32) -> usize {
    ((unit >> 10 & 0x1F_FFFF) << ((unit & 1 << 9) >> 6)) as usize
}

/// An array in the making. Free positions form a ring in a linked list, so that a place for one child is found at once.
#[derive(Default)]
struct Builder {
    units: Vec<u32>,
    /// For a free position, the free ones before and after it; `TAKEN` for the others.
    links: Vec<[u32; 2]>,
    /// Bases in use: two nodes with one base would find each other's children.
    bases: Vec<bool>,
    /// A free position, if any.
    free: Option<usize>,
}

const TAKEN: [u32; 2] = [u32::MAX; 2];
/// How many of the last blocks are searched for a place: bounds the time for each node, costs little space.
const OPEN_BLOCKS: usize = 4;

impl Builder {
    fn root(&mut self) -> usize {
        self.add_block();
        self.take(0);
        self.units[0] = 0;
        0
    }

    /// Finds a base for a node's children, takes their positions, and returns the base.
    fn place(&mut self, position: usize, labels: &[u8]) -> Result<usize> {
        let Some(&first) = labels.first() else { return Ok(0) };
        let base = match self.find(labels) {
            Some(base) => base,
            None if self.units.len() + BLOCK > MOST_UNITS => {
                return Err(unsupported("pieces", format!("more than {MOST_UNITS} nodes in their trie")));
            }
            None => self.add_block() ^ usize::from(first),
        };
        self.bases[base] = true;
        self.units[position] |= ((position ^ base) as u32) << 10;
        for &label in labels {
            self.take(base ^ usize::from(label));
            if label == 0 {
                self.units[position] |= HAS_VALUE;
            } else {
                self.units[base ^ usize::from(label)] = u32::from(label);
            }
        }
        Ok(base)
    }

    fn find(&self, labels: &[u8]) -> Option<usize> {
        let (&first, others) = labels.split_first()?;
        let start = self.free?;
        let mut position = start;
        loop {
            let base = position ^ usize::from(first);
            let is_free = |&label: &u8| self.links[base ^ usize::from(label)] != TAKEN;
            if !self.bases[base] && others.iter().all(is_free) {
                return Some(base);
            }
            position = self.links[position][1] as usize;
            if position == start {
                return None;
            }
        }
    }

    /// Adds a block of free positions to the end of the ring, drops the oldest from it, and returns the first of the
    /// new ones.
    fn add_block(&mut self) -> usize {
        let start = self.units.len();
        if let Some(old) = start.checked_sub(OPEN_BLOCKS * BLOCK) {
            (old..old + BLOCK).for_each(|position| self.take(position));
        }
        let end = start + BLOCK;
        // Free units look like values, so that no byte matches them.
        self.units.resize(end, VALUE);
        self.bases.resize(end, false);
        self.links
            .extend((start..end).map(|position| [position.wrapping_sub(1) as u32, position as u32 + 1]));
        let (head, tail) = match self.free {
            Some(head) => (head, self.links[head][0] as usize),
            None => (start, end - 1),
        };
        self.links[tail][1] = start as u32;
        self.links[start][0] = tail as u32;
        self.links[end - 1][1] = head as u32;
        self.links[head][0] = (end - 1) as u32;
        self.free = Some(head);
        start
    }

    fn take(&mut self, position: usize) {
        let [before, after] = std::mem::replace(&mut self.links[position], TAKEN);
        if before == u32::MAX {
            return;
        }
        if after as usize == position {
            self.free = None;
            return;
        }
        self.links[before as usize][1] = after;
        self.links[after as usize][0] = before;
        if self.free == Some(position) {
            self.free = Some(after as usize);
        }
    }
}
