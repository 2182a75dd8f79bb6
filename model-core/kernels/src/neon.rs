//! 64-bit ARM: the vectors that every such processor has, with or without the dot-product extension of the
//! newer ones.
//!
//! Activations are kept as they are, within ±127, and multiplied as signed bytes. With the extension four
//! products are added to 32 bits in one instruction, which does not saturate. Without it two products are
//! added in 16 bits, and then neighbours of such sums to 32; it is exact because 2 · 127 · 128 = 32 512 fits.
//! Where the 127 that make activations positive are wanted in the sums, these begin with what the 127 add.
//!
//! Floats are compared and selected rather than given to the instructions for the greater and the lesser,
//! which would return NaN. None is flushed to zero: 64-bit code begins with that switched off.

use std::arch::aarch64::*;
use std::arch::asm;
use std::array;
use std::ops::{Add, Div, Mul, Sub};

use crate::kernel::{Form, Kernel, LANES, Lanes, SHIFT, Tile, sixteen};

/// `DOT` says whether with the dot-product extension; then a value is the proof that the machine has it. The
/// rest has not to be proved, as the module is compiled only where every processor has it.
#[derive(Clone, Copy)]
pub(crate) struct Neon<const DOT: bool>(());

impl Neon<false> {
    /// Without the extension.
    pub(crate) fn new() -> Neon<false> {
        Neon(())
    }
}

impl Neon<true> {
    /// With the extension.
    ///
    /// # Safety
    /// The machine must have the dot-product extension.
    pub(crate) unsafe fn with_dot() -> Neon<true> {
        Neon(())
    }
}

/// Sixteen floats, four in each vector.
#[derive(Clone, Copy)]
pub(crate) struct Floats([float32x4_t; 4]);

/// Eight doubles, two in each vector.
#[derive(Clone, Copy)]
pub(crate) struct Doubles([float64x2_t; 4]);

macro_rules! lanewise {
    ($type:ident: $($operation:ident $name:ident $instruction:ident),*) => {$(
        impl $operation for $type {
            type Output = $type;

            #[inline(always)]
            fn $name(self, other: $type) -> $type {
                // SAFETY: the module is compiled only for processors with these vectors.
                $type(array::from_fn(|i| unsafe { $instruction(self.0[i], other.0[i]) }))
            }
        }
    )*};
}
lanewise!(Floats: Add add vaddq_f32, Sub sub vsubq_f32, Mul mul vmulq_f32, Div div vdivq_f32);
lanewise!(Doubles: Add add vaddq_f64, Sub sub vsubq_f64, Mul mul vmulq_f64);

/// The bits of `x` where `mask` has ones, and zeros elsewhere.
#[inline]
#[target_feature(enable = "neon")]
fn masked(x: float32x4_t, mask: uint32x4_t) -> float32x4_t {
    vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(x), mask))
}

/// Two vectors of four floats as eight doubles.
#[inline]
#[target_feature(enable = "neon")]
fn wide(a: float32x4_t, b: float32x4_t) -> Doubles {
    let (low_a, low_b) = (vget_low_f32(a), vget_low_f32(b));
    Doubles([vcvt_f64_f32(low_a), vcvt_high_f64_f32(a), vcvt_f64_f32(low_b), vcvt_high_f64_f32(b)])
}

/// Four doubles as one vector of floats.
#[inline]
#[target_feature(enable = "neon")]
fn narrow(low: float64x2_t, high: float64x2_t) -> float32x4_t {
    vcvt_high_f32_f64(vcvt_f32_f64(low), high)
}

/// See [`Kernel::load_transposed`]: four rows of it.
///
/// # Safety
/// As for [`Kernel::load_transposed`].
#[inline]
#[target_feature(enable = "neon")]
unsafe fn load_transposed(rows: &[*const f32; 4], first: usize) -> [float32x4_t; 4] {
    // SAFETY: the caller's promise.
    let [a, b, c, d] = rows.map(|row| unsafe { vld1q_f32(row.add(first)) });
    // Two rows' even columns and their odd ones.
    let ab = [vtrn1q_f32(a, b), vtrn2q_f32(a, b)].map(|x| vreinterpretq_f64_f32(x));
    let cd = [vtrn1q_f32(c, d), vtrn2q_f32(c, d)].map(|x| vreinterpretq_f64_f32(x));
    [
        vreinterpretq_f32_f64(vtrn1q_f64(ab[0], cd[0])),
        vreinterpretq_f32_f64(vtrn1q_f64(ab[1], cd[1])),
        vreinterpretq_f32_f64(vtrn2q_f64(ab[0], cd[0])),
        vreinterpretq_f32_f64(vtrn2q_f64(ab[1], cd[1])),
    ]
}

impl Lanes for Floats {
    type Wide = Doubles;

    #[inline(always)]
    fn store(self, out: &mut [f32; LANES]) {
        for (out, vector) in out.as_chunks_mut::<4>().0.iter_mut().zip(self.0) {
            // SAFETY: four floats are a vector.
            unsafe { vst1q_f32(out.as_mut_ptr(), vector) };
        }
    }

    #[inline(always)]
    fn max(self, other: Floats) -> Floats {
        // SAFETY: the module is compiled only for processors with these vectors.
        Floats(array::from_fn(|i| unsafe {
            vbslq_f32(vcgtq_f32(self.0[i], other.0[i]), self.0[i], other.0[i])
        }))
    }

    #[inline(always)]
    fn min(self, other: Floats) -> Floats {
        // SAFETY: the module is compiled only for processors with these vectors.
        Floats(array::from_fn(|i| unsafe {
            vbslq_f32(vcltq_f32(self.0[i], other.0[i]), self.0[i], other.0[i])
        }))
    }

    #[inline(always)]
    fn abs(self) -> Floats {
        // SAFETY: the module is compiled only for processors with these vectors.
        Floats(self.0.map(|x| unsafe { vabsq_f32(x) }))
    }

    #[inline(always)]
    fn nan_to_zero(self) -> Floats {
        // SAFETY: the module is compiled only for processors with these vectors.
        Floats(self.0.map(|x| unsafe { masked(x, vceqq_f32(x, x)) }))
    }

    #[inline(always)]
    fn times_power_of_two(self, n: Floats) -> Floats {
        // SAFETY: the module is compiled only for processors with these vectors.
        Floats(array::from_fn(|i| unsafe {
            let n = vshlq_n_u32::<23>(vreinterpretq_u32_f32(n.0[i]));
            vreinterpretq_f32_u32(vaddq_u32(vreinterpretq_u32_f32(self.0[i]), n))
        }))
    }

    #[inline(always)]
    fn zero_where_below(self, x: Floats, limit: Floats) -> Floats {
        // SAFETY: the module is compiled only for processors with these vectors.
        Floats(array::from_fn(|i| unsafe { masked(self.0[i], vmvnq_u32(vcltq_f32(x.0[i], limit.0[i]))) }))
    }

    #[inline(always)]
    fn widen(self) -> [Doubles; 2] {
        let [a, b, c, d] = self.0;
        // SAFETY: the module is compiled only for processors with these vectors.
        unsafe { [wide(a, b), wide(c, d)] }
    }

    #[inline(always)]
    fn narrow([Doubles([a, b, c, d]), Doubles([e, f, g, h])]: [Doubles; 2]) -> Floats {
        // SAFETY: the module is compiled only for processors with these vectors.
        Floats(unsafe { [narrow(a, b), narrow(c, d), narrow(e, f), narrow(g, h)] })
    }

    #[inline(always)]
    fn greatest(self) -> f32 {
        let [a, b, c, d] = self.0;
        // SAFETY: the module is compiled only for processors with these vectors.
        unsafe { vmaxvq_f32(vmaxq_f32(vmaxq_f32(a, c), vmaxq_f32(b, d))) }
    }

    #[inline(always)]
    fn not_below(self, limit: Floats) -> u32 {
        let bits = [1, 2, 4, 8];
        // SAFETY: the module is compiled only for processors with these vectors; four numbers are one.
        let fours: [u32; 4] = array::from_fn(|i| unsafe {
            let not_below = vmvnq_u32(vcltq_f32(self.0[i], limit.0[i]));
            vaddvq_u32(vandq_u32(not_below, vld1q_u32(bits.as_ptr()))) << (4 * i)
        });
        fours.into_iter().sum()
    }
}

impl<const DOT: bool> Kernel for Neon<DOT> {
    type F = Floats;
    type Activation = i8;

    // More rows do not fit into 32 registers: with the extension sums and weights, without it products too.
    const ROWS: usize = if DOT { 4 } else { 3 };
    const COLUMNS: usize = 16;
    const GROUP: usize = if DOT { 4 } else { 2 };
    const DEPTH: usize = if DOT { 16 } else { 4 };
    const HEADER: i32 = -SHIFT;

    #[inline(always)]
    fn splat(self, value: f32) -> Floats {
        // SAFETY: the module is compiled only for processors with these vectors.
        Floats([unsafe { vdupq_n_f32(value) }; 4])
    }

    #[inline(always)]
    fn load(self, from: &[f32; LANES]) -> Floats {
        // SAFETY: four vectors of four floats are the array.
        Floats(array::from_fn(|i| unsafe { vld1q_f32(from.as_ptr().add(4 * i)) }))
    }

    #[inline(always)]
    fn splat_wide(self, value: f64) -> Doubles {
        // SAFETY: the module is compiled only for processors with these vectors.
        Doubles([unsafe { vdupq_n_f64(value) }; 4])
    }

    #[inline(always)]
    unsafe fn load_transposed(self, rows: &[*const f32; LANES], first: usize) -> [Floats; 4] {
        // SAFETY: the caller's promise, and the module is compiled only for processors with these vectors.
        unsafe {
            let rows = rows.as_chunks::<4>().0;
            let parts: [[float32x4_t; 4]; 4] = array::from_fn(|part| load_transposed(&rows[part], first));
            array::from_fn(|column| Floats(parts.map(|part| part[column])))
        }
    }

    #[inline(always)]
    fn store_activations(self, x: Floats, _: Form, row: &mut [i8], at: usize) {
        let out = sixteen(row, at);
        // SAFETY: the module is compiled only for processors with these vectors; sixteen bytes are one.
        unsafe {
            let [a, b, c, d] = x.0.map(|x| vcvtnq_s32_f32(x));
            let low = vmovn_high_s32(vmovn_s32(a), b);
            let high = vmovn_high_s32(vmovn_s32(c), d);
            vst1q_s8(out.as_mut_ptr(), vmovn_high_s16(vmovn_s16(low), high));
        }
    }

    #[inline(always)]
    unsafe fn tile(self, m: usize, t: &Tile<i8>) {
        // SAFETY: the caller's promise, and `self` proves that the machine has what `DOT` says.
        unsafe {
            match (DOT, m) {
                (true, 1) => dot::<1, 4>(t),
                (true, 2) => dot::<2, 2>(t),
                (true, 3) => dot::<3, 1>(t),
                (true, _) => dot::<4, 1>(t),
                (false, 1) => pairs::<1>(t),
                (false, 2) => pairs::<2>(t),
                (false, _) => pairs::<3>(t),
            }
        }
    }

    #[inline(always)]
    unsafe fn dots(self, x: *const i16, w: [*const i8; 4], len: usize) -> [i32; 4] {
        // SAFETY: the caller's promise, and the module is compiled only for processors with these vectors.
        unsafe {
            let mut sums = [vdupq_n_s32(0); 4];
            for i in (0..len).step_by(8) {
                let x = vld1q_s16(x.add(i));
                for (sum, w) in sums.iter_mut().zip(w) {
                    let w = vmovl_s8(vld1_s8(w.add(i)));
                    *sum = vmlal_high_s16(vmlal_s16(*sum, vget_low_s16(x), vget_low_s16(w)), x, w);
                }
            }
            sums.map(|sum| vaddvq_s32(sum))
        }
    }
}

/// The sums of one row and sixteen columns.
type Sums = [int32x4_t; 4];

/// `M` rows of sixteen columns with the dot-product extension. A product takes several cycles, so where rows
/// are few, there are `SETS` sums of each output.
///
/// # Safety
/// As for [`Kernel::tile`]; the machine must have the extension.
#[target_feature(enable = "dotprod")]
unsafe fn dot<const M: usize, const SETS: usize>(t: &Tile<i8>) {
    // SAFETY: the panel begins with sixteen integers. A row has at least `depth` activations, of which each
    // round reads the next sixteen; the panel has sixteen times as many weights, in the same order.
    unsafe {
        let mut sums = [[[vdupq_n_s32(0); 4]; SETS]; M];
        for sums in &mut sums {
            sums[0] = start(t);
        }
        let mut w = t.panel.add(64);
        let mut k = 0;
        while k < t.depth {
            let x: [int8x16_t; M] = array::from_fn(|row| vld1q_s8(t.x.add(row * t.x_stride + k)));
            dot_group::<M, SETS, 0>(&mut sums, x, w);
            dot_group::<M, SETS, 1>(&mut sums, x, w.add(64));
            dot_group::<M, SETS, 2>(&mut sums, x, w.add(128));
            dot_group::<M, SETS, 3>(&mut sums, x, w.add(192));
            w = w.add(256);
            k += 16;
        }
        let mut totals = [[vdupq_n_s32(0); 4]; M];
        for (totals, sets) in totals.iter_mut().zip(sums) {
            for set in sets {
                for (total, sum) in totals.iter_mut().zip(set) {
                    *total = vaddq_s32(*total, sum);
                }
            }
        }
        finish(t, &totals);
    }
}

/// Four activations of each row, those in the `LANE`th quarter of `x`, times the weights for them.
///
/// # Safety
/// There must be 64 weights at `w`, and the machine must have the extension.
#[inline]
#[target_feature(enable = "dotprod")]
unsafe fn dot_group<const M: usize, const SETS: usize, const LANE: usize>(
    sums: &mut [[Sums; SETS]; M],
    x: [int8x16_t; M],
    w: *const i8,
) {
    // SAFETY: the caller's promise.
    let weights: [int8x16_t; 4] = array::from_fn(|i| unsafe { vld1q_s8(w.add(16 * i)) });
    for (sets, x) in sums.iter_mut().zip(x) {
        for (sum, weights) in sets[LANE % SETS].iter_mut().zip(weights) {
            // The standard library's function for the instruction is not stable.
            // SAFETY: this one is compiled for the extension; the instruction changes nothing but `sum`.
            unsafe {
                asm!(
                    "sdot {sum:v}.4s, {weights:v}.16b, {x:v}.4b[{lane}]",
                    sum = inout(vreg) *sum,
                    weights = in(vreg) weights,
                    x = in(vreg) x,
                    lane = const LANE,
                    options(pure, nomem, nostack, preserves_flags),
                );
            }
        }
    }
}

/// `M` rows of sixteen columns without the extension.
///
/// # Safety
/// As for [`Kernel::tile`].
#[target_feature(enable = "neon")]
unsafe fn pairs<const M: usize>(t: &Tile<i8>) {
    // SAFETY: the panel begins with sixteen integers. A row has at least `depth` activations, of which each
    // round reads the next four, two at a time; the panel has sixteen times as many weights, in the same
    // order.
    unsafe {
        let mut sums = [start(t); M];
        let mut w = t.panel.add(64);
        let rows: [*const i8; M] = array::from_fn(|row| t.x.add(row * t.x_stride));
        let mut k = 0;
        while k < t.depth {
            let [first, second]: [[int8x8_t; 4]; 2] =
                array::from_fn(|i| array::from_fn(|part| vld1_s8(w.add(32 * i + 8 * part))));
            for (sums, x) in sums.iter_mut().zip(rows) {
                let (x, y) = (pair(x.add(k)), pair(x.add(k + 2)));
                for ((sum, first), second) in sums.iter_mut().zip(first).zip(second) {
                    *sum = vpadalq_s16(*sum, vmlal_s8(vmull_s8(first, x), second, y));
                }
            }
            w = w.add(64);
            k += 4;
        }
        finish(t, &sums);
    }
}

/// Two activations, again and again.
///
/// # Safety
/// There must be two at `x`.
#[inline]
#[target_feature(enable = "neon")]
unsafe fn pair(x: *const i8) -> int8x8_t {
    // SAFETY: the caller's promise.
    vreinterpret_s8_s16(vdup_n_s16(unsafe { x.cast::<i16>().read_unaligned() }))
}

/// What the sums begin with: the header's opposite if they are to be those of shifted activations.
///
/// # Safety
/// As for [`Kernel::tile`].
#[inline]
#[target_feature(enable = "neon")]
unsafe fn start(t: &Tile<i8>) -> Sums {
    if t.form.shifted {
        // SAFETY: the panel begins with sixteen integers.
        array::from_fn(|i| unsafe { vnegq_s32(vreinterpretq_s32_s8(vld1q_s8(t.panel.add(16 * i)))) })
    } else {
        [vdupq_n_s32(0); 4]
    }
}

/// From sums to results.
///
/// # Safety
/// As for [`Kernel::tile`].
#[inline]
#[target_feature(enable = "neon")]
unsafe fn finish<const M: usize>(t: &Tile<i8>, sums: &[Sums; M]) {
    // SAFETY: scales, biases and each row of the output are sixteen.
    unsafe {
        for (row, sums) in sums.iter().enumerate() {
            let row_scale = vdupq_n_f32(*t.row_scale.add(row));
            for (part, sum) in sums.iter().enumerate() {
                let scale = vld1q_f32(t.scale.add(4 * part));
                let bias = vld1q_f32(t.bias.add(4 * part));
                let y = vmulq_f32(vmulq_f32(vcvtq_f32_s32(*sum), row_scale), scale);
                let mut y = vaddq_f32(y, bias);
                if t.relu {
                    y = masked(y, vcgtzq_f32(y));
                }
                vst1q_f32(t.out.add(row * t.out_stride + 4 * part), y);
            }
        }
    }
}
