//! WebAssembly's relaxed vectors: two or four 8-bit products are added in one instruction.
//!
//! The instructions have one result only if one operand is within 0 to 127: then no sum of two products leaves 16
//! bits, in which some processors make it. Activations that are never negative, as behind a ReLU, are such operands.
//! Others are cut to -64 to 63, and 64 is added; what was cut off, which is nothing nearly everywhere, is listed
//! beside the row, and a second pass over the lists alone adds it. So the sums are exact, whatever the activations
//! are, and one product does for almost all. The sums begin with the correction for the 64, and for
//! the 127 where those are wanted.
//!
//! Where the processor adds four products in one instruction of its own, so does the tile. Where it does not, browsers
//! make that of five, and the tile is better off with the sums of two products: it adds four of them in 16 bits, which
//! are those of a round of sixteen inputs, and widens them once. Whether such a sum can leave 16 bits depends on the
//! weights alone, since the activations are bounded: the positive weights of a sum may add up to at most
//! 32 767 / 127, and so may the magnitudes of the negative ones. That is known when they are packed. The few rounds of which
//! it is not true are taken last, and every sum of two is widened there.

mod cut;

use std::arch::wasm32::*;
use std::array;
use std::hint::black_box;

use crate::kernel::{Form, Job, Kernel, LANES, ROUND, SHIFT, Tile};
use crate::packed::order_len;
use crate::simd128::{Doubles, Floats, Simd128, finish};
use cut::{Row, listed};

/// The module would not have been loaded without it, so nothing has to be proved.
#[derive(Clone, Copy)]
pub(crate) struct Relaxed {
    /// Whether two products are added in one instruction, rather than four.
    pairs: bool,
}

/// Does `job` with these instructions.
#[target_feature(enable = "relaxed-simd")]
pub(crate) fn run<J: Job>(job: J, pairs: bool) -> J::Output {
    job.run(Relaxed { pairs })
}

/// Whether sums of two products are cut off at 16 bits, as they are where the machine makes the sum of four from two such.
#[target_feature(enable = "relaxed-simd")]
pub(crate) fn adds_pairs() -> bool {
    let (weights, activations) = black_box((i8x16_splat(127), i8x16_splat(-1)));
    let sums = i32x4_relaxed_dot_i8x16_i7x16_add(weights, activations, i32x4_splat(0));
    i32x4_extract_lane::<0>(sums) == 2 * i32::from(i16::MAX)
}

impl Kernel for Relaxed {
    type F = Floats;
    /// Room for what a row has of it; see [`Row`].
    type Activation = [u8; 6];

    const ROWS: usize = 16;
    const COLUMNS: usize = COLUMNS;
    const GROUP: usize = GROUP;
    const DEPTH: usize = DEPTH;
    const HEADER: i32 = 1;
    const ORDERS: bool = true;
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

    /// Whether the sums of a round's products, two of eight products for each column, stay within 16 bits.
    #[inline(always)]
    fn fits(round: &[i8]) -> bool {
        let (zero, most) = (i8x16_splat(0), i16x8_splat(i16::MAX / SHIFT as i16));
        (0..VECTORS).all(|vector| {
            let (mut above, mut below) = (zero, zero);
            for group in round.as_chunks::<{ GROUP * COLUMNS }>().0 {
                let weights = &group[vector * LANES..][..LANES];
                // SAFETY: sixteen bytes are a vector; the instruction wants no alignment.
                let weights = unsafe { v128_load(weights.as_ptr().cast()) };
                above = i16x8_add(above, i16x8_extadd_pairwise_i8x16(i8x16_max(weights, zero)));
                below = i16x8_sub(below, i16x8_extadd_pairwise_i8x16(i8x16_min(weights, zero)));
            }
            !v128_any_true(i16x8_gt(i16x8_max(above, below), most))
        })
    }

    #[inline(always)]
    unsafe fn tile(self, m: usize, t: &Tile<[u8; 6]>) {
        // SAFETY: the caller's promise.
        unsafe { if self.pairs { pairs(m, t) } else { fours(m, t) } }
    }

    #[inline(always)]
    unsafe fn dots(self, x: *const i16, w: [*const i8; 4], len: usize) -> [i32; 4] {
        // SAFETY: the caller's promise.
        unsafe { Simd128.dots(x, w, len) }
    }
}

/// Columns of a panel.
const COLUMNS: usize = 8;

/// The vectors that a panel's columns fill.
const VECTORS: usize = COLUMNS / 4;

/// Inputs whose products are added in one instruction.
const GROUP: usize = 4;

/// Groups whose sums of two are widened together, and their inputs.
const GROUPS: usize = 4;
const DEPTH: usize = GROUPS * GROUP;

/// What is added to activations.
const CENTRE: i8 = 64;

/// Where a panel's weights begin.
#[inline(always)]
fn header_len(depth: usize) -> usize {
    COLUMNS * size_of::<i32>() + order_len(depth / DEPTH)
}

/// What widens sums of two products. It is loaded, because browsers would make a constant anew in every round.
#[inline(always)]
fn ones() -> v128 {
    // SAFETY: eight 16-bit integers are a vector; the instruction wants no alignment.
    unsafe { v128_load(black_box(&[1i16; 8]).as_ptr().cast()) }
}

/// The sums of two products, by vector, of a group whose weights begin at `w`; `four`: the row's four activations, in each lane.
///
/// # Safety
/// There must be [`VECTORS`] vectors at `w`; the instruction wants no alignment.
#[inline(always)]
unsafe fn pair_sums(w: *const v128, four: v128) -> [v128; VECTORS] {
    // SAFETY: the caller's promise.
    array::from_fn(|vector| unsafe { i16x8_relaxed_dot_i8x16_i7x16(v128_load(w.add(vector)), four) })
}

/// Adds sums of 16 bits, two neighbours for each column.
#[inline(always)]
fn widen(sums: [v128; VECTORS], more: [v128; VECTORS], ones: v128) -> [v128; VECTORS] {
    array::from_fn(|vector| i32x4_add(sums[vector], i32x4_dot_i16x8(more[vector], ones)))
}

/// In which order a panel's rounds are taken: pointers to their first inputs.
struct Order {
    rounds: *const u16,
    /// Behind the last one that fits.
    fitting: *const u16,
    end: *const u16,
}

impl Order {
    /// # Safety
    /// As for [`Kernel::tile`].
    #[inline(always)]
    unsafe fn of(t: &Tile<[u8; 6]>) -> Self {
        // SAFETY: the panel's header has the order behind its sums, and so many rounds in it.
        unsafe {
            let order: *const u16 = t.panel.add(COLUMNS * size_of::<i32>()).cast();
            let rounds = order.add(1);
            let fitting = rounds.add(usize::from(order.read_unaligned()));
            Self { rounds, fitting, end: rounds.add(t.depth / DEPTH) }
        }
    }
}

/// Sixteen inputs of a panel.
struct Round {
    /// The first of them.
    input: usize,
    weights: *const v128,
}

impl Round {
    /// # Safety
    /// As for [`Kernel::tile`]; `first` points to one of the first inputs in the panel's order.
    #[inline(always)]
    unsafe fn at(t: &Tile<[u8; 6]>, first: *const u16) -> Self {
        // SAFETY: it is one of the panel's inputs.
        unsafe {
            let input = usize::from(first.read_unaligned());
            Self { input, weights: t.panel.add(header_len(t.depth) + input * COLUMNS).cast() }
        }
    }

    /// The [`pair_sums`] of one group of a row.
    ///
    /// # Safety
    /// `x` has to be a row of the tile's.
    #[inline(always)]
    unsafe fn pair_sums(&self, x: *const u8, group: usize) -> [v128; VECTORS] {
        // SAFETY: the row has the round's inputs, and the panel their weights.
        unsafe {
            let four = v128_load32_splat(x.add(self.input).add(GROUP * group).cast());
            pair_sums(self.weights.add(group * VECTORS), four)
        }
    }

    /// All of a row added up, if the round fits; see [`Kernel::fits`].
    ///
    /// # Safety
    /// As for [`Round::pair_sums`].
    #[inline(always)]
    unsafe fn sums(&self, x: *const u8) -> [v128; VECTORS] {
        // SAFETY: the caller's promise.
        let [a, b, c, d] = array::from_fn(|group| unsafe { self.pair_sums(x, group) });
        // In this order compilers find enough registers.
        array::from_fn(|vector| i16x8_add(i16x8_add(a[vector], b[vector]), i16x8_add(c[vector], d[vector])))
    }
}

/// `m` rows of eight columns, by sums of two products.
///
/// # Safety
/// As for [`Kernel::tile`].
#[inline(never)]
#[target_feature(enable = "relaxed-simd")]
unsafe fn pairs(m: usize, t: &Tile<[u8; 6]>) {
    // SAFETY: the caller's promise.
    unsafe {
        let (ones, missing) = (ones(), missing(t));
        for row in (0..m - m % 2).step_by(2) {
            pairs_of::<2>(&t.from(row), ones, missing);
        }
        if m % 2 == 1 {
            pairs_of::<1>(&t.from(m - 1), ones, missing);
        }
    }
}

/// `M` rows of [`pairs`].
///
/// # Safety
/// As for [`pairs`].
#[inline(always)]
unsafe fn pairs_of<const M: usize>(t: &Tile<[u8; 6]>, ones: v128, missing: [v128; VECTORS]) {
    // SAFETY: the panel begins with its header, which has the order of the rounds. A row has at least `depth` activations, a
    // multiple of a round; the panel has eight times as many weights, in the order of the inputs.
    unsafe {
        let mut sums = [missing; M];
        let rows: [*const u8; M] = array::from_fn(|row| t.x.add(row * t.x_stride).cast());
        let Order { rounds, fitting, end } = Order::of(t);
        let mut next = rounds;
        while next != fitting {
            let round = Round::at(t, next);
            for (sums, x) in sums.iter_mut().zip(rows) {
                *sums = widen(*sums, round.sums(x), ones);
            }
            next = next.add(1);
        }
        while next != end {
            let round = Round::at(t, next);
            for (sums, x) in sums.iter_mut().zip(rows) {
                for group in 0..GROUPS {
                    *sums = widen(*sums, round.pair_sums(x, group), ones);
                }
            }
            next = next.add(1);
        }
        complete(t, Some(ones), sums);
    }
}

/// `m` rows of eight columns, by sums of four products.
///
/// # Safety
/// As for [`Kernel::tile`].
#[inline(never)]
#[target_feature(enable = "relaxed-simd")]
unsafe fn fours(m: usize, t: &Tile<[u8; 6]>) {
    // SAFETY: the caller's promise.
    unsafe {
        let (missing, whole) = (missing(t), m - m % 4);
        for row in (0..whole).step_by(4) {
            fours_of::<4, 1>(&t.from(row), missing);
        }
        match m % 4 {
            0 => {}
            1 => fours_of::<1, 4>(&t.from(whole), missing),
            2 => fours_of::<2, 2>(&t.from(whole), missing),
            _ => fours_of::<3, 1>(&t.from(whole), missing),
        }
    }
}

/// `M` rows of [`fours`]. A product takes several cycles, so where rows are few, the groups have `SUMS` sums that take
/// turns; where they are many, more of them would not fit into registers.
///
/// # Safety
/// As for [`fours`].
#[inline(always)]
unsafe fn fours_of<const M: usize, const SUMS: usize>(t: &Tile<[u8; 6]>, missing: [v128; VECTORS]) {
    // SAFETY: as in `pairs_of`.
    unsafe {
        let mut sums = [[[i32x4_splat(0); VECTORS]; SUMS]; M];
        sums.iter_mut().for_each(|sums| sums[0] = missing);
        let mut w: *const v128 = t.panel.add(header_len(t.depth)).cast();
        let rows: [*const u8; M] = array::from_fn(|row| t.x.add(row * t.x_stride).cast());
        // With more than one group at a time, compilers find too few registers for many rows.
        let groups = if SUMS == 1 { black_box(GROUPS) } else { GROUPS };
        for input in (0..t.depth).step_by(DEPTH) {
            for group in 0..groups {
                let weights: [v128; VECTORS] = array::from_fn(|vector| v128_load(w.add(vector)));
                w = w.add(VECTORS);
                for (sums, x) in sums.iter_mut().zip(rows) {
                    let four = v128_load32_splat(x.add(input + GROUP * group).cast());
                    for (sum, weights) in sums[group % SUMS].iter_mut().zip(weights) {
                        *sum = i32x4_relaxed_dot_i8x16_i7x16_add(weights, four, *sum);
                    }
                }
            }
        }
        let sums = sums.map(|groups| {
            array::from_fn(|vector| {
                groups[1..].iter().fold(groups[0][vector], |sum, group| i32x4_add(sum, group[vector]))
            })
        });
        complete(t, None, sums);
    }
}

/// What the sums of a panel begin with: that the activations were stored with something added, and are wanted with something
/// else added.
///
/// # Safety
/// As for [`Kernel::tile`].
#[inline(always)]
unsafe fn missing(t: &Tile<[u8; 6]>) -> [v128; VECTORS] {
    let added = if t.form.nonnegative { 0 } else { i32::from(CENTRE) };
    let missing = i32x4_splat(if t.form.shifted { SHIFT } else { 0 } - added);
    // SAFETY: the panel begins with the sums of its columns' weights.
    array::from_fn(|vector| unsafe { i32x4_mul(v128_load(t.panel.cast::<v128>().add(vector)), missing) })
}

/// From the sums of the cut activations to results, for `M` rows; `ones` where products are
/// added by two.
///
/// # Safety
/// As for [`Kernel::tile`].
#[inline(always)]
unsafe fn complete<const M: usize>(t: &Tile<[u8; 6]>, ones: Option<v128>, mut sums: [[v128; VECTORS]; M]) {
    // SAFETY: the caller's promise.
    unsafe {
        if !t.form.nonnegative {
            for (row, sums) in sums.iter_mut().enumerate() {
                listed(t, ones, t.x.add(row * t.x_stride).cast(), sums);
            }
        }
        finish(t, &sums);
    }
}
