//! WebAssembly's relaxed vectors: four 8-bit products are added to 32 bits in one instruction.
//!
//! The instruction has one result only if one operand is within 0 to 127: then no sum of two products leaves 16
//! bits, in which some processors make it. Activations that are never negative, as behind a ReLU, are such operands.
//! Others are cut to -64 to 63, and 64 is added; what was cut off, which is nothing nearly everywhere, is listed
//! beside the row, and a second pass over the lists alone adds it. So the sums are exact, whatever the activations
//! are, and one product does for almost all. The sums end with what the 64 added too much, or too little where 127
//! are wanted.

use std::arch::wasm32::*;
use std::array;

use crate::kernel::{Form, Job, Kernel, LANES, ROUND, SHIFT, Tile};
use crate::simd128::{Doubles, Floats, Simd128, finish};

/// The module would not have been loaded without it, so nothing has to be proved.
#[derive(Clone, Copy)]
pub(crate) struct Relaxed;

/// Does `job` with these instructions.
#[target_feature(enable = "relaxed-simd")]
pub(crate) fn run<J: Job>(job: J) -> J::Output {
    job.run(Relaxed)
}

impl Kernel for Relaxed {
    type F = Floats;
    /// Room for what a row has of it; see [`Row`].
    type Activation = [u8; 6];

    const ROWS: usize = 4;
    const COLUMNS: usize = COLUMNS;
    const GROUP: usize = GROUP;
    const DEPTH: usize = 16;
    const HEADER: i32 = 1;
    const KNOWS_SIGN: bool = true;
    const ACTIVATION_BYTES: usize = 1;

    #[inline(always)]
    fn splat(self, value: f32) -> Floats {
        Simd128.splat(value)
    }

    #[inline(always)]
    fn load(self, from: &[f32; LANES]) -> Floats {
        Simd128.load(from)
    }

    #[inline(always)]
    fn splat_wide(self, value: f64) -> Doubles {
        Simd128.splat_wide(value)
    }

    #[inline(always)]
    unsafe fn load_transposed(self, rows: &[*const f32; LANES], first: usize) -> [Floats; 4] {
        // SAFETY: the caller's promise.
        unsafe { Simd128.load_transposed(rows, first) }
    }

    #[inline(always)]
    fn store_activations(self, x: Floats, form: Form, row: &mut [[u8; 6]], at: usize) {
        let round = f32x4_splat(ROUND);
        let [a, b, c, d] = x.0.map(|x| i32x4_sub(f32x4_add(x, round), round));
        let all = i8x16_narrow_i16x8(i16x8_narrow_i32x4(a, b), i16x8_narrow_i32x4(c, d));
        let mut row = Row::new(row);
        if form.nonnegative {
            row.put(at, all);
            return;
        }
        let cut = i8x16_max(i8x16_min(all, i8x16_splat(CENTRE - 1)), i8x16_splat(-CENTRE));
        row.put(at, i8x16_add(cut, i8x16_splat(CENTRE)));
        if at == 0 {
            row.clear();
        }
        let rest = i8x16_sub(all, cut);
        if v128_any_true(rest) {
            row.list(at, rest);
        }
    }

    #[inline(always)]
    unsafe fn tile(self, m: usize, t: &Tile<[u8; 6]>) {
        // SAFETY: the caller's promise.
        unsafe {
            match m {
                1 => tile::<1, 4>(t),
                2 => tile::<2, 2>(t),
                3 => tile::<3, 1>(t),
                _ => tile::<4, 1>(t),
            }
        }
    }

    #[inline(always)]
    unsafe fn dots(self, x: *const i16, w: [*const i8; 4], len: usize) -> [i32; 4] {
        // SAFETY: the caller's promise.
        unsafe { Simd128.dots(x, w, len) }
    }
}

/// Columns of a panel.
const COLUMNS: usize = 8;

/// Inputs whose products are added in one instruction.
const GROUP: usize = 4;

/// What is added to activations.
const CENTRE: i8 = 64;

/// Bytes of an entry of a row's lists: where the group's weights begin in a panel, and four bytes of activations.
const ENTRY: usize = 8;

/// A row of activations: a byte for each, then how many entries the two lists have, then the list of what was cut off
/// above, and, from the end backwards, the list of the magnitudes of what was cut off below. With six bytes for each
/// activation, and at least sixteen of them, the lists never meet.
struct Row<'a> {
    bytes: &'a mut [u8],
    stride: usize,
}

impl<'a> Row<'a> {
    #[inline(always)]
    fn new(row: &'a mut [[u8; 6]]) -> Self {
        let stride = row.len();
        Self { bytes: row.as_flattened_mut(), stride }
    }

    /// Stores sixteen activations from the `at`th on.
    #[inline(always)]
    fn put(&mut self, at: usize, activations: v128) {
        let out = &mut self.bytes[at..at + LANES];
        // SAFETY: sixteen bytes are a vector; the instruction wants no alignment.
        unsafe { v128_store(out.as_mut_ptr().cast(), activations) };
    }

    #[inline(always)]
    fn clear(&mut self) {
        self.bytes[self.stride..][..ENTRY].fill(0);
    }

    /// Lists what was cut off of sixteen activations, from the `at`th on.
    #[cold]
    fn list(&mut self, at: usize, rest: v128) {
        let zero = i8x16_splat(0);
        for (list, rest) in [i8x16_max(rest, zero), i8x16_max(i8x16_neg(rest), zero)].into_iter().enumerate()
        {
            let mut bytes = [0; LANES];
            // SAFETY: as above.
            unsafe { v128_store(bytes.as_mut_ptr().cast(), rest) };
            for (group, &four) in bytes.as_chunks::<GROUP>().0.iter().enumerate() {
                if four != [0; GROUP] {
                    self.push(list, (at + GROUP * group) * COLUMNS, four);
                }
            }
        }
    }

    fn push(&mut self, list: usize, weights: usize, four: [u8; GROUP]) {
        let count = &mut self.bytes[self.stride + 4 * list..][..4];
        let before = u32::from_ne_bytes([count[0], count[1], count[2], count[3]]);
        count.copy_from_slice(&(before + 1).to_ne_bytes());
        let place = match list {
            0 => self.stride + ENTRY * (1 + before as usize),
            _ => self.bytes.len() - ENTRY * (1 + before as usize),
        };
        self.bytes[place..][..4].copy_from_slice(&(weights as u32).to_ne_bytes());
        self.bytes[place + 4..][..4].copy_from_slice(&four);
    }
}

/// `M` rows of eight columns. A product takes several cycles, so where rows are few, each of `GROUPS` groups
/// of inputs has sums of its own; where they are many, more of them would not fit into registers.
///
/// # Safety
/// As for [`Kernel::tile`].
#[inline(never)]
#[target_feature(enable = "relaxed-simd")]
unsafe fn tile<const M: usize, const GROUPS: usize>(t: &Tile<[u8; 6]>) {
    // SAFETY: the panel begins with eight integers. A row has at least `depth` activations, a multiple of 16,
    // of which each round reads the next `GROUPS` times four; the panel has eight times as many weights, in
    // the same order.
    unsafe {
        let header: *const v128 = t.panel.cast();
        let mut sums = [[[i32x4_splat(0); 2]; GROUPS]; M];
        let mut w = header.add(2);
        let rows: [*const u8; M] = array::from_fn(|row| t.x.add(row * t.x_stride).cast());
        let mut k = 0;
        while k < t.depth {
            for group in 0..GROUPS {
                let (left, right) = (v128_load(w), v128_load(w.add(1)));
                w = w.add(2);
                for (sums, x) in sums.iter_mut().zip(rows) {
                    let [l, r] = &mut sums[group];
                    let four = v128_load32_splat(x.add(k + GROUP * group).cast());
                    *l = i32x4_relaxed_dot_i8x16_i7x16_add(left, four, *l);
                    *r = i32x4_relaxed_dot_i8x16_i7x16_add(right, four, *r);
                }
            }
            k += GROUP * GROUPS;
        }
        let mut sums = sums.map(|groups| {
            let [mut left, mut right] = groups[0];
            for [l, r] in &groups[1..] {
                left = i32x4_add(left, *l);
                right = i32x4_add(right, *r);
            }
            [left, right]
        });
        let added = if t.form.nonnegative { 0 } else { i32::from(CENTRE) };
        let missing = i32x4_splat(if t.form.shifted { SHIFT } else { 0 } - added);
        let missing = [v128_load(header), v128_load(header.add(1))].map(|sum| i32x4_mul(sum, missing));
        for (sums, row) in sums.iter_mut().zip(rows) {
            if !t.form.nonnegative {
                *sums = listed(t, row, *sums);
            }
            *sums = [i32x4_add(sums[0], missing[0]), i32x4_add(sums[1], missing[1])];
        }
        finish(t, &sums);
    }
}

/// Adds to the sums of a row what was cut off of its activations.
///
/// # Safety
/// As for [`Kernel::tile`]; `row` is a row of the tile's.
#[inline(always)]
unsafe fn listed(t: &Tile<[u8; 6]>, row: *const u8, [mut left, mut right]: [v128; 2]) -> [v128; 2] {
    // SAFETY: the row was filled by [`Row`], so its counts are those of its lists, and the entries name groups of its
    // own inputs, of which the panel has the weights.
    unsafe {
        let counts: *const u32 = row.add(t.x_stride).cast();
        let (above, below) = (counts.read_unaligned() as usize, counts.add(1).read_unaligned() as usize);
        if above + below == 0 {
            return [left, right];
        }
        let weights = t.panel.add(COLUMNS * size_of::<i32>());
        let (mut less_left, mut less_right) = (i32x4_splat(0), i32x4_splat(0));
        let mut entry = row.add(t.x_stride + ENTRY);
        for _ in 0..above {
            let w: *const v128 = weights.add(entry.cast::<u32>().read_unaligned() as usize).cast();
            let four = v128_load32_splat(entry.add(4).cast());
            left = i32x4_relaxed_dot_i8x16_i7x16_add(v128_load(w), four, left);
            right = i32x4_relaxed_dot_i8x16_i7x16_add(v128_load(w.add(1)), four, right);
            entry = entry.add(ENTRY);
        }
        let mut entry = row.add(t.x_stride * size_of::<[u8; 6]>());
        for _ in 0..below {
            entry = entry.sub(ENTRY);
            let w: *const v128 = weights.add(entry.cast::<u32>().read_unaligned() as usize).cast();
            let four = v128_load32_splat(entry.add(4).cast());
            less_left = i32x4_relaxed_dot_i8x16_i7x16_add(v128_load(w), four, less_left);
            less_right = i32x4_relaxed_dot_i8x16_i7x16_add(v128_load(w.add(1)), four, less_right);
        }
        [i32x4_sub(left, less_left), i32x4_sub(right, less_right)]
    }
}
