//! WebAssembly's 128-bit vectors: pairs of 16-bit products are added to 32 bits in one instruction.

use std::arch::wasm32::*;
use std::array;
use std::ops::{Add, Div, Mul, Sub};

use crate::kernel::{Form, Kernel, LANES, Lanes, ROUND, SHIFT, Tile, sixteen};

/// The crate is compiled for it, so nothing has to be proved.
#[derive(Clone, Copy)]
pub(crate) struct Simd128;

/// Sixteen floats, four in each vector.
#[derive(Clone, Copy)]
pub(crate) struct Floats(pub(crate) [v128; 4]);

/// Eight doubles, two in each vector.
#[derive(Clone, Copy)]
pub(crate) struct Doubles([v128; 4]);

macro_rules! lanewise {
    ($type:ident: $($operation:ident $name:ident $instruction:ident),*) => {$(
        impl $operation for $type {
            type Output = $type;

            #[inline(always)]
            fn $name(self, other: $type) -> $type {
                $type(array::from_fn(|i| $instruction(self.0[i], other.0[i])))
            }
        }
    )*};
}
lanewise!(Floats: Add add f32x4_add, Sub sub f32x4_sub, Mul mul f32x4_mul, Div div f32x4_div);
lanewise!(Doubles: Add add f64x2_add, Sub sub f64x2_sub, Mul mul f64x2_mul);

/// Two vectors of four floats as eight doubles.
#[inline(always)]
fn wide(a: v128, b: v128) -> Doubles {
    let high = |x| f64x2_promote_low_f32x4(i64x2_shuffle::<1, 1>(x, x));
    Doubles([f64x2_promote_low_f32x4(a), high(a), f64x2_promote_low_f32x4(b), high(b)])
}

/// Four doubles as one vector of floats.
#[inline(always)]
fn narrow(low: v128, high: v128) -> v128 {
    i64x2_shuffle::<0, 2>(f32x4_demote_f64x2_zero(low), f32x4_demote_f64x2_zero(high))
}

impl Lanes for Floats {
    type Wide = Doubles;

    #[inline(always)]
    fn store(self, out: &mut [f32; LANES]) {
        for (out, vector) in out.as_chunks_mut::<4>().0.iter_mut().zip(self.0) {
            // SAFETY: four floats are 16 bytes; the instruction wants no alignment.
            unsafe { v128_store(out.as_mut_ptr().cast(), vector) };
        }
    }

    #[inline(always)]
    fn max(self, other: Floats) -> Floats {
        Floats(array::from_fn(|i| f32x4_pmax(other.0[i], self.0[i])))
    }

    #[inline(always)]
    fn min(self, other: Floats) -> Floats {
        Floats(array::from_fn(|i| f32x4_pmin(other.0[i], self.0[i])))
    }

    #[inline(always)]
    fn abs(self) -> Floats {
        Floats(self.0.map(|x| f32x4_abs(x)))
    }

    #[inline(always)]
    fn nan_to_zero(self) -> Floats {
        Floats(self.0.map(|x| v128_and(x, f32x4_eq(x, x))))
    }

    #[inline(always)]
    fn times_power_of_two(self, n: Floats) -> Floats {
        Floats(array::from_fn(|i| i32x4_add(self.0[i], i32x4_shl(n.0[i], 23))))
    }

    #[inline(always)]
    fn zero_where_below(self, x: Floats, limit: Floats) -> Floats {
        Floats(array::from_fn(|i| v128_andnot(self.0[i], f32x4_lt(x.0[i], limit.0[i]))))
    }

    #[inline(always)]
    fn widen(self) -> [Doubles; 2] {
        let [a, b, c, d] = self.0;
        [wide(a, b), wide(c, d)]
    }

    #[inline(always)]
    fn narrow([Doubles([a, b, c, d]), Doubles([e, f, g, h])]: [Doubles; 2]) -> Floats {
        Floats([narrow(a, b), narrow(c, d), narrow(e, f), narrow(g, h)])
    }

    #[inline(always)]
    fn greatest(self) -> f32 {
        let [a, b, c, d] = self.0;
        let four = f32x4_pmax(f32x4_pmax(a, c), f32x4_pmax(b, d));
        let two = f32x4_pmax(four, i32x4_shuffle::<2, 3, 0, 1>(four, four));
        f32x4_extract_lane::<0>(f32x4_pmax(two, i32x4_shuffle::<1, 0, 3, 2>(two, two)))
    }

    #[inline(always)]
    fn not_below(self, limit: Floats) -> u32 {
        let below = array::from_fn(|i| f32x4_lt(self.0[i], limit.0[i]));
        let [a, b, c, d] = below;
        // Nearly always all are.
        if i8x16_bitmask(v128_and(v128_and(a, b), v128_and(c, d))) == u16::MAX {
            return 0;
        }
        let [a, b, c, d] = below.map(|four| u32::from(i32x4_bitmask(four)));
        u32::from(!((a | b << 4 | c << 8 | d << 12) as u16))
    }
}

impl Kernel for Simd128 {
    type F = Floats;
    type Activation = i16;

    const ROWS: usize = 4;
    const COLUMNS: usize = 8;
    const GROUP: usize = 2;
    const DEPTH: usize = 8;
    const HEADER: i32 = 0;

    #[inline(always)]
    fn splat(self, value: f32) -> Floats {
        Floats([f32x4_splat(value); 4])
    }

    #[inline(always)]
    fn load(self, from: &[f32; LANES]) -> Floats {
        // SAFETY: four vectors of four floats are the array; the instruction wants no alignment.
        Floats(array::from_fn(|i| unsafe { v128_load(from.as_ptr().add(4 * i).cast()) }))
    }

    #[inline(always)]
    fn splat_wide(self, value: f64) -> Doubles {
        Doubles([f64x2_splat(value); 4])
    }

    #[inline(always)]
    unsafe fn load_transposed(self, rows: &[*const f32; LANES], first: usize) -> [Floats; 4] {
        let mut columns = [[f32x4_splat(0.0); 4]; 4];
        for (part, rows) in rows.as_chunks::<4>().0.iter().enumerate() {
            // SAFETY: the caller's promise; the instruction wants no alignment.
            let [a, b, c, d] = rows.map(|row| unsafe { v128_load(row.add(first).cast()) });
            let ab = (i32x4_shuffle::<0, 4, 1, 5>(a, b), i32x4_shuffle::<2, 6, 3, 7>(a, b));
            let cd = (i32x4_shuffle::<0, 4, 1, 5>(c, d), i32x4_shuffle::<2, 6, 3, 7>(c, d));
            columns[0][part] = i64x2_shuffle::<0, 2>(ab.0, cd.0);
            columns[1][part] = i64x2_shuffle::<1, 3>(ab.0, cd.0);
            columns[2][part] = i64x2_shuffle::<0, 2>(ab.1, cd.1);
            columns[3][part] = i64x2_shuffle::<1, 3>(ab.1, cd.1);
        }
        columns.map(Floats)
    }

    #[inline(always)]
    fn store_activations(self, x: Floats, form: Form, row: &mut [i16], at: usize) {
        let out = sixteen(row, at);
        let shift = i16x8_splat(if form.shifted { SHIFT as i16 } else { 0 });
        let round = f32x4_splat(ROUND);
        let [a, b, c, d] = x.0.map(|x| i32x4_sub(f32x4_add(x, round), round));
        let out: *mut v128 = out.as_mut_ptr().cast();
        // SAFETY: sixteen 16-bit integers are two vectors; the instruction wants no alignment.
        unsafe {
            v128_store(out, i16x8_add(i16x8_narrow_i32x4(a, b), shift));
            v128_store(out.add(1), i16x8_add(i16x8_narrow_i32x4(c, d), shift));
        }
    }

    #[inline(always)]
    unsafe fn tile(self, m: usize, t: &Tile<i16>) {
        // SAFETY: the caller's promise.
        unsafe {
            match m {
                1 => tile::<1>(t),
                2 => tile::<2>(t),
                3 => tile::<3>(t),
                _ => tile::<4>(t),
            }
        }
    }

    #[inline(always)]
    unsafe fn dots(self, x: *const i16, w: [*const i8; 4], len: usize) -> [i32; 4] {
        let mut sums = [i32x4_splat(0); 4];
        for i in (0..len).step_by(8) {
            // SAFETY: the caller's promise.
            unsafe {
                let x = v128_load(x.add(i).cast());
                for (sum, w) in sums.iter_mut().zip(w) {
                    *sum = i32x4_add(*sum, i32x4_dot_i16x8(i16x8_load_extend_i8x8(w.add(i)), x));
                }
            }
        }
        sums.map(|four| {
            let two = i32x4_add(four, i32x4_shuffle::<2, 3, 0, 1>(four, four));
            i32x4_extract_lane::<0>(i32x4_add(two, i32x4_shuffle::<1, 0, 3, 2>(two, two)))
        })
    }
}

/// `M` rows of eight columns.
///
/// # Safety
/// As for [`Kernel::tile`].
#[inline(never)]
unsafe fn tile<const M: usize>(t: &Tile<i16>) {
    let mut sums = [[i32x4_splat(0); 2]; M];
    let mut w = t.panel;
    // SAFETY: a row has at least `depth` activations, of which each round reads the next eight, two at a
    // time; the panel has eight times as many weights, in the same order. Scales, biases and outputs are
    // eight.
    unsafe {
        let rows: [*const i16; M] = array::from_fn(|row| t.x.add(row * t.x_stride));
        // More pairs a round would want more registers than there are, once the compilers have reordered
        // them.
        let groups = if M == 1 { 4 } else { 1 };
        let mut k = 0;
        while k < t.depth {
            for group in 0..groups {
                let left = i16x8_load_extend_i8x8(w.add(16 * group));
                let right = i16x8_load_extend_i8x8(w.add(16 * group + 8));
                for (sums, x) in sums.iter_mut().zip(rows) {
                    let pair = v128_load32_splat(x.add(k + 2 * group).cast());
                    sums[0] = i32x4_add(sums[0], i32x4_dot_i16x8(left, pair));
                    sums[1] = i32x4_add(sums[1], i32x4_dot_i16x8(right, pair));
                }
            }
            w = w.add(16 * groups);
            k += 2 * groups;
        }
        finish(t, &sums);
    }
}

/// From sums to results.
///
/// # Safety
/// As for [`Kernel::tile`].
#[inline(always)]
pub(crate) unsafe fn finish<A, const M: usize, const VECTORS: usize>(
    t: &Tile<A>,
    sums: &[[v128; VECTORS]; M],
) {
    // SAFETY: the caller's promise.
    unsafe {
        if t.relu {
            finish_as::<A, M, VECTORS, true>(t, sums);
        } else {
            finish_as::<A, M, VECTORS, false>(t, sums);
        }
    }
}

/// As [`finish`]; `RELU` is what the tile says, so that it is asked once.
///
/// # Safety
/// As for [`Kernel::tile`].
#[inline(always)]
unsafe fn finish_as<A, const M: usize, const VECTORS: usize, const RELU: bool>(
    t: &Tile<A>,
    sums: &[[v128; VECTORS]; M],
) {
    // SAFETY: scales, biases and each row of the output are as many as the tile's columns.
    unsafe {
        let scale: [v128; VECTORS] = array::from_fn(|vector| v128_load(t.scale.add(4 * vector).cast()));
        let bias: [v128; VECTORS] = array::from_fn(|vector| v128_load(t.bias.add(4 * vector).cast()));
        for (row, sums) in sums.iter().enumerate() {
            let row_scale = v128_load32_splat(t.row_scale.add(row).cast());
            let out: *mut v128 = t.out.add(row * t.out_stride).cast();
            for vector in 0..VECTORS {
                let y = f32x4_mul(f32x4_mul(f32x4_convert_i32x4(sums[vector]), row_scale), scale[vector]);
                let mut y = f32x4_add(y, bias[vector]);
                if RELU {
                    y = f32x4_pmax(f32x4_splat(0.0), y);
                }
                v128_store(out.add(vector), y);
            }
        }
    }
}
