//! Plain Rust: the truth that the other instruction sets are tested against.

use std::ops::{Add, Div, Mul, Sub};
use std::{array, slice};

use crate::kernel::{Form, Kernel, LANES, Lanes, ROUND, SHIFT, Tile, sixteen};

/// Needs nothing of the machine.
#[derive(Clone, Copy)]
pub(crate) struct Scalar;

/// Sixteen floats, one by one.
#[derive(Clone, Copy)]
pub(crate) struct Floats([f32; LANES]);

/// Eight doubles.
#[derive(Clone, Copy)]
pub(crate) struct Doubles([f64; LANES / 2]);

macro_rules! lanewise {
    ($type:ident: $($operation:ident $name:ident $operator:tt),*) => {$(
        impl $operation for $type {
            type Output = $type;

            #[inline(always)]
            fn $name(self, other: $type) -> $type {
                $type(array::from_fn(|i| self.0[i] $operator other.0[i]))
            }
        }
    )*};
}
lanewise!(Floats: Add add +, Sub sub -, Mul mul *, Div div /);
lanewise!(Doubles: Add add +, Sub sub -, Mul mul *);

impl Lanes for Floats {
    type Wide = Doubles;

    #[inline(always)]
    fn store(self, out: &mut [f32; LANES]) {
        *out = self.0;
    }

    #[inline(always)]
    fn max(self, other: Floats) -> Floats {
        Floats(array::from_fn(|i| if self.0[i] > other.0[i] { self.0[i] } else { other.0[i] }))
    }

    #[inline(always)]
    fn min(self, other: Floats) -> Floats {
        Floats(array::from_fn(|i| if self.0[i] < other.0[i] { self.0[i] } else { other.0[i] }))
    }

    #[inline(always)]
    fn abs(self) -> Floats {
        Floats(self.0.map(f32::abs))
    }

    #[inline(always)]
    fn nan_to_zero(self) -> Floats {
        Floats(self.0.map(|x| if x.is_nan() { 0.0 } else { x }))
    }

    #[inline(always)]
    fn times_power_of_two(self, n: Floats) -> Floats {
        Floats(array::from_fn(|i| f32::from_bits(self.0[i].to_bits().wrapping_add(n.0[i].to_bits() << 23))))
    }

    #[inline(always)]
    fn zero_where_below(self, x: Floats, limit: Floats) -> Floats {
        Floats(array::from_fn(|i| if x.0[i] < limit.0[i] { 0.0 } else { self.0[i] }))
    }

    #[inline(always)]
    fn widen(self) -> [Doubles; 2] {
        [0, LANES / 2].map(|first| Doubles(array::from_fn(|i| f64::from(self.0[first + i]))))
    }

    #[inline(always)]
    fn narrow(halves: [Doubles; 2]) -> Floats {
        Floats(array::from_fn(|i| halves[i / (LANES / 2)].0[i % (LANES / 2)] as f32))
    }

    #[inline(always)]
    fn greatest(self) -> f32 {
        self.0.into_iter().fold(f32::NEG_INFINITY, |best, lane| if lane > best { lane } else { best })
    }

    #[inline(always)]
    fn not_below(self, limit: Floats) -> u32 {
        let lanes = self.0.into_iter().zip(limit.0).enumerate();
        lanes.map(|(lane, (x, limit))| if x < limit { 0 } else { 1 << lane }).sum()
    }
}

impl Kernel for Scalar {
    type F = Floats;
    type Activation = i16;

    const ROWS: usize = 1;
    const COLUMNS: usize = 1;
    const GROUP: usize = 1;
    const DEPTH: usize = 1;
    const HEADER: i32 = 0;

    #[inline(always)]
    fn splat(self, value: f32) -> Floats {
        Floats([value; LANES])
    }

    #[inline(always)]
    fn load(self, from: &[f32; LANES]) -> Floats {
        Floats(*from)
    }

    #[inline(always)]
    fn splat_wide(self, value: f64) -> Doubles {
        Doubles([value; LANES / 2])
    }

    #[inline(always)]
    unsafe fn load_transposed(self, rows: &[*const f32; LANES], first: usize) -> [Floats; 4] {
        // SAFETY: the caller's promise.
        array::from_fn(|c| Floats(rows.map(|row| unsafe { *row.add(first + c) })))
    }

    #[inline(always)]
    fn store_activations(self, x: Floats, form: Form, row: &mut [i16], at: usize) {
        let out = sixteen(row, at);
        let shift = if form.shifted { SHIFT as i16 } else { 0 };
        *out = x.0.map(|x| (x + ROUND).to_bits() as i16 + shift);
    }

    #[inline(always)]
    unsafe fn tile(self, _: usize, tile: &Tile<i16>) {
        // SAFETY: the tile is one row and one column, and its pointers are valid for them.
        unsafe {
            let x = slice::from_raw_parts(tile.x, tile.depth);
            let weights = slice::from_raw_parts(tile.panel, tile.depth);
            let sum: i32 = x.iter().zip(weights).map(|(&x, &w)| i32::from(x) * i32::from(w)).sum();
            let y = (sum as f32 * *tile.row_scale) * *tile.scale + *tile.bias;
            *tile.out = if !tile.relu || y > 0.0 { y } else { 0.0 };
        }
    }

    #[inline(always)]
    unsafe fn dots(self, x: *const i16, w: [*const i8; 4], len: usize) -> [i32; 4] {
        // SAFETY: the caller's promise.
        let slices = unsafe { (slice::from_raw_parts(x, len), w.map(|w| slice::from_raw_parts(w, len))) };
        slices.1.map(|w| slices.0.iter().zip(w).map(|(&x, &w)| i32::from(x) * i32::from(w)).sum())
    }
}
