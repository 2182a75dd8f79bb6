//! The lexical shortlist.

use std::collections::BTreeSet;

use model_core::error::{Error, File};
use model_core::format::shortlist::Shortlist;
use proptest::prelude::*;

use crate::counting::counted;
use crate::lists;
use crate::mutation::{EXTREMES, cases, mutations};
use crate::{allowance, assert_names, item};

const FIRST: u64 = 3;

fn small() -> Vec<Vec<u32>> {
    vec![vec![], vec![0, 5, 9], vec![17], vec![5, 30, 31], vec![]]
}

/// Reads damaged bytes: no panic, bounded memory, an error that names its item, and candidates that are pieces.
fn survives(bytes: &[u8]) -> model_core::error::Result<()> {
    let mut total = 0;
    let result = counted(&mut total, || Shortlist::from_bytes(bytes));
    assert!(total <= allowance(bytes.len()), "{total} bytes for a file of {}", bytes.len());
    match result {
        Ok(list) => {
            check_candidates(&list, &[0, 1, 2, 3, 4, 5, u32::MAX], true, 40);
            Ok(())
        }
        Err(error) => {
            item(&error, File::Shortlist);
            Err(error)
        }
    }
}

fn check_candidates(list: &Shortlist, sources: &[u32], shared: bool, target_vocab: usize) -> Vec<u32> {
    let candidates = list.candidates(sources, shared, target_vocab);
    assert!(candidates.is_sorted_by(|a, b| a < b), "sorted, each once");
    assert!(candidates.iter().all(|&id| (id as usize) < target_vocab));
    assert!(candidates.len().is_multiple_of(8) || candidates.len() == target_vocab);
    candidates
}

#[test]
fn gives_the_frequent_pieces_the_lists_and_the_sources() {
    let list = Shortlist::from_bytes(&lists::write(FIRST, 2, &small())).unwrap();
    assert_eq!(list.source_vocab(), 5);
    assert_eq!(list.candidates(&[1, 3], false, 40), [0, 1, 2, 3, 5, 9, 30, 31]);
    assert_eq!(list.candidates(&[2], true, 40), [0, 1, 2, 3, 4, 5, 6, 17]);
    let filled = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 30, 31];
    assert_eq!(list.candidates(&[1, 3, 4], true, 40), filled);
    assert_eq!(list.candidates(&[], false, 40), [0, 1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(list.candidates(&[1, 3], false, 12), [0, 1, 2, 3, 4, 5, 6, 9], "30 and 31 are no pieces");
    assert_eq!(list.candidates(&[], false, 5), [0, 1, 2, 3, 4], "no more pieces to fill up with");
    assert!(list.candidates(&[1], true, 0).is_empty());
}

#[test]
fn must_fit_the_vocabularies() {
    let list = Shortlist::from_bytes(&lists::write(FIRST, 2, &small())).unwrap();
    assert_eq!(list.check(5, 32), Ok(()));
    for (source, target, says) in [(6, 32, "6"), (4, 32, "4"), (5, 31, "31")] {
        let error = list.check(source, target).unwrap_err();
        assert!(matches!(&error, Error::Mismatch(problem) if problem.contains(says)), "{error}");
    }
}

#[test]
fn refuses_by_name_what_is_wrong() {
    let file = lists::write(FIRST, 2, &small());
    let patched = |at: usize, number: u64| {
        let mut bytes = file.clone();
        bytes[at..at + 8].copy_from_slice(&number.to_le_bytes());
        bytes
    };
    // With the checksum made right again, so that the other checks are seen.
    let sealed = |at: usize, number: u64| lists::seal(&patched(at, number)[16..]);
    assert_names(survives(&patched(0, 1)), File::Shortlist, "magic number");
    assert_names(survives(&patched(8, 1)), File::Shortlist, "checksum");
    assert_names(survives(&patched(16, 4)), File::Shortlist, "checksum");
    for number in [u64::MAX, 1 << 61, 1 << 40] {
        assert_names(survives(&sealed(32, number)), File::Shortlist, "offsets");
        assert_names(survives(&sealed(40, number)), File::Shortlist, "targets");
        assert_names(survives(&sealed(48 + 8, number)), File::Shortlist, "offset 1");
    }
    assert_names(survives(&sealed(48 + 16, 8)), File::Shortlist, "offset 2");
    assert_names(survives(&sealed(48 + 24, 2)), File::Shortlist, "offset 3");
    assert_names(survives(&sealed(48 + 40, 6)), File::Shortlist, "offset 5");
    assert_names(survives(&lists::seal(&[0; 32])), File::Shortlist, "number of offsets");
    let mut short = small();
    short[4] = vec![1];
    let mut last = lists::write(FIRST, 2, &short)[16..].to_vec();
    last[32 + 40..32 + 48].copy_from_slice(&7_u64.to_le_bytes());
    assert_names(survives(&lists::seal(&last)), File::Shortlist, "last offset");
    let mut longer = file.clone();
    longer.push(0);
    assert_names(survives(&longer), File::Shortlist, "end of the file");
}

#[test]
fn every_cut_and_every_flip_is_an_error() {
    // An even number of targets: the checksum covers all of them.
    let mut lists = small();
    lists[0] = vec![7];
    let file = lists::write(FIRST, 2, &lists);
    for at in 0..file.len() {
        assert!(survives(&file[..at]).is_err(), "cut at {at}");
        for bit in 0..8 {
            let mut bytes = file.clone();
            bytes[at] ^= 1 << bit;
            assert!(survives(&bytes).is_err(), "bit {bit} of byte {at}");
        }
    }
}

proptest! {
    #![proptest_config(cases(1024))]

    #[test]
    fn candidates_are_the_union(
        lists in proptest::collection::vec(proptest::collection::btree_set(0_u32..90, 0..9), 1..20),
        sources in proptest::collection::vec(0_u32..25, 0..12),
        first in prop_oneof![0_u64..100, proptest::sample::select(EXTREMES.as_slice())],
        shared: bool, target_vocab in 0_usize..100,
    ) {
        let flat: Vec<Vec<u32>> = lists.iter().map(|list| list.iter().copied().collect()).collect();
        let list = Shortlist::from_bytes(&crate::lists::write(first, 9, &flat)).unwrap();
        let candidates = check_candidates(&list, &sources, shared, target_vocab);
        let first = usize::try_from(first).unwrap().min(target_vocab) as u32;
        let mut wanted: BTreeSet<u32> = (0..first).collect();
        for &source in &sources {
            wanted.extend(flat.get(source as usize).into_iter().flatten());
            wanted.extend(shared.then_some(source));
        }
        wanted.retain(|&id| (id as usize) < target_vocab);
        let fill = (first..target_vocab as u32).filter(|id| !wanted.contains(id));
        let missing = wanted.len().next_multiple_of(8) - wanted.len();
        let expected: BTreeSet<u32> = wanted.iter().copied().chain(fill.take(missing)).collect();
        prop_assert_eq!(candidates, Vec::from_iter(expected));
    }

    #[test]
    fn damaged_files_do_no_harm(damages in mutations(), seal: bool) {
        let mut bytes = lists::write(FIRST, 2, &small());
        for damage in damages {
            damage.apply(&mut bytes);
        }
        if seal && bytes.len() > 16 {
            bytes = lists::seal(&bytes[16..]);
        }
        let _ = survives(&bytes);
    }

    #[test]
    fn random_bytes_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..1024)) {
        prop_assert!(survives(&bytes).is_err());
        let _ = survives(&lists::seal(&bytes));
    }
}
