//! Rows of activations that are cut to seven bits, and what was cut off of them.

use std::arch::wasm32::*;
use std::array;

use super::{COLUMNS, GROUP, VECTORS, header_len, pair_sums, widen};
use crate::kernel::{LANES, Tile};

/// Bytes of an entry of a row's lists: the group's first input, and four bytes of activations.
const ENTRY: usize = 8;

/// A row of activations: a byte for each, then how many entries the two lists have, then the list of what was cut off
/// above, and, from the end backwards, the list of the magnitudes of what was cut off below. With six bytes for each
/// activation, and at least sixteen of them, the lists never meet.
pub(super) struct Row<'a> {
    bytes: &'a mut [u8],
    stride: usize,
}

impl<'a> Row<'a> {
    #[inline(always)]
    pub(super) fn new(row: &'a mut [[u8; 6]]) -> Self {
        let stride = row.len();
        Self { bytes: row.as_flattened_mut(), stride }
    }

    /// Stores sixteen activations from the `at`th on.
    #[inline(always)]
    pub(super) fn put(&mut self, at: usize, activations: v128) {
        let out = &mut self.bytes[at..at + LANES];
        // SAFETY: sixteen bytes are a vector; the instruction wants no alignment.
        unsafe { v128_store(out.as_mut_ptr().cast(), activations) };
    }

    #[inline(always)]
    pub(super) fn clear(&mut self) {
        self.bytes[self.stride..][..ENTRY].fill(0);
    }

    /// Lists what was cut off of sixteen activations, from the `at`th on.
    #[cold]
    pub(super) fn list(&mut self, at: usize, rest: v128) {
        let zero = i8x16_splat(0);
        for (list, rest) in [i8x16_max(rest, zero), i8x16_max(i8x16_neg(rest), zero)].into_iter().enumerate()
        {
            let mut bytes = [0; LANES];
            // SAFETY: as above.
            unsafe { v128_store(bytes.as_mut_ptr().cast(), rest) };
            for (group, &four) in bytes.as_chunks::<GROUP>().0.iter().enumerate() {
                if four != [0; GROUP] {
                    self.push(list, at + GROUP * group, four);
                }
            }
        }
    }

    fn push(&mut self, list: usize, input: usize, four: [u8; GROUP]) {
        let count = &mut self.bytes[self.stride + 4 * list..][..4];
        let before = u32::from_ne_bytes([count[0], count[1], count[2], count[3]]);
        count.copy_from_slice(&(before + 1).to_ne_bytes());
        let place = match list {
            0 => self.stride + ENTRY * (1 + before as usize),
            _ => self.bytes.len() - ENTRY * (1 + before as usize),
        };
        self.bytes[place..][..4].copy_from_slice(&(input as u32).to_ne_bytes());
        self.bytes[place + 4..][..4].copy_from_slice(&four);
    }
}

/// Adds to the sums of a row what was cut off of its activations.
///
/// # Safety
/// As for [`Kernel::tile`](crate::kernel::Kernel::tile); `row` is a row of the tile's.
#[inline(always)]
pub(super) unsafe fn listed(
    t: &Tile<[u8; 6]>,
    ones: Option<v128>,
    row: *const u8,
    sums: &mut [v128; VECTORS],
) {
    // SAFETY: the row was filled by [`Row`], so its counts are those of its lists, and the entries name groups of its
    // own inputs, of which the panel has the weights.
    unsafe {
        let counts: *const u32 = row.add(t.x_stride).cast();
        let (above, below) = (counts.read_unaligned() as usize, counts.add(1).read_unaligned() as usize);
        if above + below == 0 {
            return;
        }
        let first = row.add(t.x_stride + ENTRY);
        let last = row.add(t.x_stride * size_of::<[u8; 6]>() - ENTRY);
        let more = list_sums(t, ones, above, first, ENTRY as isize);
        let less = list_sums(t, ones, below, last, -(ENTRY as isize));
        *sums = array::from_fn(|vector| i32x4_add(sums[vector], i32x4_sub(more[vector], less[vector])));
    }
}

/// The sums of the products with the entries of a list. They are out of the tile's way, so that it has the registers.
///
/// # Safety
/// As for [`Kernel::tile`](crate::kernel::Kernel::tile); there must be `len` entries from `first` on, `step` bytes from one to
/// the next, and they must name groups of the panel's inputs.
#[inline(never)]
#[target_feature(enable = "relaxed-simd")]
unsafe fn list_sums(
    t: &Tile<[u8; 6]>,
    ones: Option<v128>,
    len: usize,
    first: *const u8,
    step: isize,
) -> [v128; VECTORS] {
    let mut sums = [i32x4_splat(0); VECTORS];
    // SAFETY: the caller's promise.
    unsafe {
        let weights = t.panel.add(header_len(t.depth));
        let group = |entry: *const u8| -> (*const v128, v128) {
            let input = entry.cast::<u32>().read_unaligned() as usize;
            (weights.add(input * COLUMNS).cast(), v128_load32_splat(entry.add(4).cast()))
        };
        let Some(ones) = ones else {
            for entry in 0..len {
                let (w, four) = group(first.offset(step * entry as isize));
                for (vector, sum) in sums.iter_mut().enumerate() {
                    *sum = i32x4_relaxed_dot_i8x16_i7x16_add(v128_load(w.add(vector)), four, *sum);
                }
            }
            return sums;
        };
        let products = |entry: usize| -> [v128; VECTORS] {
            let (w, four) = group(first.offset(step * entry as isize));
            pair_sums(w, four)
        };
        // What was cut off is at most 64 and weights are -128 to 127, so four products, of two entries, are -32 768 to 32 512.
        for entry in (1..len).step_by(2) {
            let (one, other) = (products(entry - 1), products(entry));
            sums = widen(sums, array::from_fn(|vector| i16x8_add(one[vector], other[vector])), ones);
        }
        if len % 2 == 1 {
            sums = widen(sums, products(len - 1), ones);
        }
    }
    sums
}
