//! WebAssembly's relaxed vectors: four 8-bit products are added to 32 bits in one instruction.
//!
//! The instruction has one result only if one operand is within 0 to 127. Activations that are never
//! negative, as behind a ReLU, are; of others, 127 more is the sum of two such numbers. One product is enough
//! in the first case, and two are in the second. The sums begin with what the 127 add too much, or too little
//! where they are wanted.

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
    /// Four first parts, and then the four second parts, of four activations.
    type Activation = [u8; 2];

    const ROWS: usize = 6;
    const COLUMNS: usize = 8;
    const GROUP: usize = 4;
    const DEPTH: usize = 16;
    const HEADER: bool = true;
    const NONNEGATIVE_ROWS: Option<usize> = Some(4);

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
    fn store_activations(self, x: Floats, form: Form, out: &mut [[u8; 2]; LANES]) {
        let round = f32x4_splat(ROUND);
        let [a, b, c, d] = x.0.map(|x| i32x4_sub(f32x4_add(x, round), round));
        let bytes = i8x16_narrow_i16x8(i16x8_narrow_i32x4(a, b), i16x8_narrow_i32x4(c, d));
        let (first, second) = if form.nonnegative {
            (bytes, bytes)
        } else {
            let shifted = i8x16_add(bytes, i8x16_splat(SHIFT as i8));
            let half = u8x16_shr(shifted, 1);
            (half, i8x16_sub(shifted, half))
        };
        let out: *mut v128 = out.as_mut_ptr().cast();
        // SAFETY: sixteen pairs of bytes are two vectors; the instruction wants no alignment.
        unsafe {
            v128_store(out, i32x4_shuffle::<0, 4, 1, 5>(first, second));
            v128_store(out.add(1), i32x4_shuffle::<2, 6, 3, 7>(first, second));
        }
    }

    #[inline(always)]
    unsafe fn tile(self, m: usize, t: &Tile<[u8; 2]>) {
        // SAFETY: the caller's promise.
        unsafe {
            match (t.form.nonnegative, m) {
                (false, 1) => tile::<1, 4, false>(t),
                (false, 2) => tile::<2, 2, false>(t),
                (false, 3) => tile::<3, 1, false>(t),
                (false, 4) => tile::<4, 1, false>(t),
                (false, 5) => tile::<5, 1, false>(t),
                (false, _) => tile::<6, 1, false>(t),
                (true, 1) => tile::<1, 4, true>(t),
                (true, 2) => tile::<2, 2, true>(t),
                (true, 3) => tile::<3, 1, true>(t),
                (true, _) => tile::<4, 1, true>(t),
            }
        }
    }
}

/// `M` rows of eight columns. A product takes several cycles, so where rows are few, each of `GROUPS` groups
/// of inputs has sums of its own; where they are many, more of them would not fit into registers.
///
/// # Safety
/// As for [`Kernel::tile`].
#[inline(never)]
#[target_feature(enable = "relaxed-simd")]
unsafe fn tile<const M: usize, const GROUPS: usize, const NONNEGATIVE: bool>(t: &Tile<[u8; 2]>) {
    // SAFETY: the panel begins with eight integers. A row has at least `depth` activations, a multiple of 16,
    // of which each round reads the next `GROUPS` times four; the panel has eight times as many weights, in
    // the same order.
    unsafe {
        let header: *const v128 = t.panel.cast();
        let mut sums = [[[i32x4_splat(0); 2]; GROUPS]; M];
        if NONNEGATIVE == t.form.shifted {
            let start = [v128_load(header), v128_load(header.add(1))];
            for sums in &mut sums {
                sums[0] = if NONNEGATIVE { [i32x4_neg(start[0]), i32x4_neg(start[1])] } else { start };
            }
        }
        let mut w = header.add(2);
        let mut rows: [*const [u8; 2]; M] = array::from_fn(|row| t.x.add(row * t.x_stride));
        let mut k = 0;
        while k < t.depth {
            for group in 0..GROUPS {
                let (left, right) = (v128_load(w), v128_load(w.add(1)));
                w = w.add(2);
                for (sums, x) in sums.iter_mut().zip(&mut rows) {
                    let [l, r] = &mut sums[group];
                    let four = v128_load32_splat(x.cast());
                    *l = i32x4_relaxed_dot_i8x16_i7x16_add(left, four, *l);
                    *r = i32x4_relaxed_dot_i8x16_i7x16_add(right, four, *r);
                    if !NONNEGATIVE {
                        let four = v128_load32_splat(x.add(2).cast());
                        *l = i32x4_relaxed_dot_i8x16_i7x16_add(left, four, *l);
                        *r = i32x4_relaxed_dot_i8x16_i7x16_add(right, four, *r);
                    }
                    *x = x.add(4);
                }
            }
            k += 4 * GROUPS;
        }
        let sums = sums.map(|groups| {
            let [mut left, mut right] = groups[0];
            for [l, r] in &groups[1..] {
                left = i32x4_add(left, *l);
                right = i32x4_add(right, *r);
            }
            [left, right]
        });
        finish(t, &sums);
    }
}
