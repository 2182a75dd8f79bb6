//! Plain Rust: the truth that the other instruction sets are tested against.

use std::array;
use std::ops::{Add, Div, Mul, Sub};

use crate::kernel::{Kernel, LANES, Lanes, ROUND, Tile};

/// Needs nothing of the machine.
#[derive(Clone, Copy)]
pub(crate) struct Scalar;

/// Sixteen floats, one by one.
#[derive(Clone, Copy)]
pub(crate) struct Floats([f32; LANES]);

macro_rules! lanewise {
    ($($operation:ident $name:ident $operator:tt),*) => {$(
        impl $operation for Floats {
            type Output = Floats;

            #[inline(always)]
            fn $name(self, other: Floats) -> Floats {
                Floats(array::from_fn(|i| self.0[i] $operator other.0[i]))
            }
        }
    )*};
}
lanewise!(Add add +, Sub sub -, Mul mul *, Div div /);

impl Lanes for Floats {
    type Quarter = [f32; 4];

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
    fn fold(self) -> [f32; 4] {
        let l = self.0;
        array::from_fn(|i| (l[i] + l[i + 8]) + (l[i + 4] + l[i + 12]))
    }

    #[inline(always)]
    fn greatest(self) -> f32 {
        self.0.into_iter().fold(f32::NEG_INFINITY, |best, lane| if lane > best { lane } else { best })
    }

    #[inline(always)]
    fn sums(quarters: [[f32; 4]; 4]) -> [f32; 4] {
        quarters.map(|q| (q[0] + q[2]) + (q[1] + q[3]))
    }
}

impl Kernel for Scalar {
    type F = Floats;
    type Activation = i8;

    const ROWS: usize = 1;
    const COLUMNS: usize = 1;
    const GROUP: usize = 1;
    const DEPTH: usize = 1;
    const OFFSET: i32 = 0;

    #[inline(always)]
    fn splat(self, value: f32) -> Floats {
        Floats([value; LANES])
    }

    #[inline(always)]
    fn load(self, from: &[f32; LANES]) -> Floats {
        Floats(*from)
    }

    #[inline(always)]
    fn store_activations(self, x: Floats, _: bool, out: &mut [i8; LANES]) {
        *out = x.0.map(|x| (x + ROUND).to_bits() as i8);
    }

    #[inline(always)]
    unsafe fn tile(self, _: usize, tile: &Tile<i8>) {
        // SAFETY: the tile is one row and one column, and its pointers are valid for them.
        unsafe {
            let x = std::slice::from_raw_parts(tile.x, tile.depth);
            let weights = std::slice::from_raw_parts(tile.panel, tile.depth);
            let sum: i32 = x.iter().zip(weights).map(|(&x, &w)| i32::from(x) * i32::from(w)).sum();
            let y = (sum as f32 * *tile.row_scale) * *tile.scale + *tile.bias;
            *tile.out = if !tile.relu || y > 0.0 { y } else { 0.0 };
        }
    }
}
