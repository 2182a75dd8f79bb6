//! Ways to damage a file.

use proptest::prelude::*;
use proptest::sample::Index;

/// One damage. Places are relative to the file's length.
#[derive(Clone, Debug)]
pub(crate) enum Mutation {
    Cut(Index),
    Flip(Index, u8),
    Insert(Index, Vec<u8>),
    Remove(Index, usize),
    /// Overwrites 8 bytes, on a multiple of 8 where the header's numbers are.
    Number(Index, u64),
}

impl Mutation {
    pub(crate) fn apply(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        match self {
            Self::Cut(at) => bytes.truncate(at.index(bytes.len())),
            Self::Flip(at, mask) => {
                let at = at.index(bytes.len());
                bytes[at] ^= mask;
            }
            Self::Insert(at, more) => {
                let at = at.index(bytes.len() + 1);
                bytes.splice(at..at, more.iter().copied());
            }
            Self::Remove(at, len) => {
                let at = at.index(bytes.len());
                bytes.drain(at..(at + len).min(bytes.len()));
            }
            Self::Number(at, number) => {
                let at = at.index(bytes.len().div_ceil(8)) * 8;
                let end = (at + 8).min(bytes.len());
                bytes[at..end].copy_from_slice(&number.to_le_bytes()[..end - at]);
            }
        }
    }
}

/// Numbers at which arithmetic goes wrong.
pub(crate) const EXTREMES: [u64; 12] = [
    0,
    1,
    3,
    255,
    1 << 31,
    u32::MAX as u64,
    1 << 40,
    1 << 60,
    1 << 61,
    i64::MAX as u64,
    u64::MAX - 7,
    u64::MAX,
];

/// One to four damages, more of them near the file's start, where its numbers are.
pub(crate) fn mutations() -> impl Strategy<Value = Vec<Mutation>> {
    let index = any::<Index>;
    let number = prop_oneof![proptest::sample::select(EXTREMES.as_slice()), any::<u64>()];
    let one = prop_oneof![
        index().prop_map(Mutation::Cut),
        (index(), 1_u8..).prop_map(|(at, mask)| Mutation::Flip(at, mask)),
        (index(), 0_u32..8).prop_map(|(at, bit)| Mutation::Flip(at, 1 << bit)),
        (index(), proptest::collection::vec(any::<u8>(), 1..64))
            .prop_map(|(at, more)| Mutation::Insert(at, more)),
        (index(), 1_usize..512).prop_map(|(at, len)| Mutation::Remove(at, len)),
        (index(), number).prop_map(|(at, number)| Mutation::Number(at, number)),
    ];
    proptest::collection::vec(one, 1..=4)
}

/// How many cases a property gets, and no files beside the tests.
pub(crate) fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases) }
}
