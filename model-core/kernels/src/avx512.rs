//! x86-64 with AVX-512 and VNNI: four 8-bit products are added to 32 bits in one instruction, sixteen columns
//! at a time.
//!
//! The instruction wants unsigned activations, so they are stored with 127 added, and the sums begin with
//! what that adds too much where it is not wanted.

use std::arch::x86_64::*;
use std::array;
use std::ops::{Add, Div, Mul, Sub};

use crate::avx2;
use crate::kernel::{Form, Job, Kernel, LANES, Lanes, SHIFT, Tile, sixteen};

/// Only [`run`] makes one.
#[derive(Clone, Copy)]
pub(crate) struct Avx512(());

/// Does `job` with these instructions.
///
/// # Safety
/// The machine must have AVX-512 F, BW, VL and VNNI.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
pub(crate) unsafe fn run<J: Job>(job: J) -> J::Output {
    job.run(Avx512(()))
}

/// Sixteen floats in one vector.
#[derive(Clone, Copy)]
pub(crate) struct Floats(__m512);

/// Eight doubles in one vector.
#[derive(Clone, Copy)]
pub(crate) struct Doubles(__m512d);

macro_rules! lanewise {
    ($type:ident: $($operation:ident $name:ident $instruction:ident),*) => {$(
        impl $operation for $type {
            type Output = $type;

            #[inline(always)]
            fn $name(self, other: $type) -> $type {
                // SAFETY: a value of the type proves that the machine has AVX-512.
                $type(unsafe { $instruction(self.0, other.0) })
            }
        }
    )*};
}
lanewise!(Floats: Add add _mm512_add_ps, Sub sub _mm512_sub_ps, Mul mul _mm512_mul_ps, Div div _mm512_div_ps);
lanewise!(Doubles: Add add _mm512_add_pd, Sub sub _mm512_sub_pd, Mul mul _mm512_mul_pd);

impl Lanes for Floats {
    type Wide = Doubles;

    #[inline(always)]
    fn store(self, out: &mut [f32; LANES]) {
        // SAFETY: sixteen floats are a vector; the instruction wants no alignment.
        unsafe { _mm512_storeu_ps(out.as_mut_ptr(), self.0) };
    }

    #[inline(always)]
    fn max(self, other: Floats) -> Floats {
        // SAFETY: a value of the type proves that the machine has AVX-512.
        Floats(unsafe { _mm512_max_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn min(self, other: Floats) -> Floats {
        // SAFETY: a value of the type proves that the machine has AVX-512.
        Floats(unsafe { _mm512_min_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn abs(self) -> Floats {
        // SAFETY: a value of the type proves that the machine has AVX-512.
        Floats(unsafe { _mm512_abs_ps(self.0) })
    }

    #[inline(always)]
    fn nan_to_zero(self) -> Floats {
        // SAFETY: a value of the type proves that the machine has AVX-512.
        Floats(unsafe { _mm512_maskz_mov_ps(_mm512_cmp_ps_mask::<_CMP_ORD_Q>(self.0, self.0), self.0) })
    }

    #[inline(always)]
    fn times_power_of_two(self, n: Floats) -> Floats {
        // SAFETY: a value of the type proves that the machine has AVX-512.
        Floats(unsafe {
            let n = _mm512_slli_epi32::<23>(_mm512_castps_si512(n.0));
            _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(self.0), n))
        })
    }

    #[inline(always)]
    fn zero_where_below(self, x: Floats, limit: Floats) -> Floats {
        // SAFETY: a value of the type proves that the machine has AVX-512.
        Floats(unsafe { _mm512_maskz_mov_ps(_mm512_cmp_ps_mask::<_CMP_NLT_UQ>(x.0, limit.0), self.0) })
    }

    #[inline(always)]
    fn not_below(self, limit: Floats) -> u32 {
        // SAFETY: a value of the type proves that the machine has AVX-512.
        u32::from(unsafe { _mm512_cmp_ps_mask::<_CMP_NLT_UQ>(self.0, limit.0) })
    }

    #[inline(always)]
    fn widen(self) -> [Doubles; 2] {
        // SAFETY: a value of the type proves that the machine has AVX-512.
        unsafe {
            let high = _mm512_extractf64x4_pd::<1>(_mm512_castps_pd(self.0));
            let halves = [_mm512_castps512_ps256(self.0), _mm256_castpd_ps(high)];
            [Doubles(_mm512_cvtps_pd(halves[0])), Doubles(_mm512_cvtps_pd(halves[1]))]
        }
    }

    #[inline(always)]
    fn narrow([low, high]: [Doubles; 2]) -> Floats {
        // SAFETY: a value of the type proves that the machine has AVX-512.
        unsafe {
            let low = _mm512_castpd256_pd512(_mm256_castps_pd(_mm512_cvtpd_ps(low.0)));
            let high = _mm256_castps_pd(_mm512_cvtpd_ps(high.0));
            Floats(_mm512_castpd_ps(_mm512_insertf64x4::<1>(low, high)))
        }
    }

    #[inline(always)]
    fn greatest(self) -> f32 {
        // SAFETY: a value of the type proves that the machine has AVX-512.
        unsafe { _mm512_reduce_max_ps(self.0) }
    }
}

/// See [`Kernel::load_transposed`].
///
/// # Safety
/// As for [`Kernel::load_transposed`]; the machine must have AVX-512 F.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn load_transposed(rows: &[*const f32; LANES], first: usize) -> [Floats; 4] {
    // SAFETY: the caller's promise; the instruction wants no alignment.
    let [a, b, c, d] = array::from_fn(|i| unsafe {
        let fours = _mm512_castps128_ps512(_mm_loadu_ps(rows[i].add(first)));
        let fours = _mm512_insertf32x4::<1>(fours, _mm_loadu_ps(rows[i + 4].add(first)));
        let fours = _mm512_insertf32x4::<2>(fours, _mm_loadu_ps(rows[i + 8].add(first)));
        _mm512_insertf32x4::<3>(fours, _mm_loadu_ps(rows[i + 12].add(first)))
    });
    let ab = (_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
    let cd = (_mm512_unpacklo_ps(c, d), _mm512_unpackhi_ps(c, d));
    let [ab, cd] = [ab, cd].map(|(low, high)| [_mm512_castps_pd(low), _mm512_castps_pd(high)]);
    [
        Floats(_mm512_castpd_ps(_mm512_unpacklo_pd(ab[0], cd[0]))),
        Floats(_mm512_castpd_ps(_mm512_unpackhi_pd(ab[0], cd[0]))),
        Floats(_mm512_castpd_ps(_mm512_unpacklo_pd(ab[1], cd[1]))),
        Floats(_mm512_castpd_ps(_mm512_unpackhi_pd(ab[1], cd[1]))),
    ]
}

impl Kernel for Avx512 {
    type F = Floats;
    type Activation = u8;

    const ROWS: usize = 6;
    const COLUMNS: usize = 64;
    const GROUP: usize = 4;
    const DEPTH: usize = 8;
    const HEADER: i32 = -SHIFT;

    #[inline(always)]
    fn splat(self, value: f32) -> Floats {
        // SAFETY: `self` proves that the machine has AVX-512.
        Floats(unsafe { _mm512_set1_ps(value) })
    }

    #[inline(always)]
    fn load(self, from: &[f32; LANES]) -> Floats {
        // SAFETY: `self` proves that the machine has AVX-512, and a vector of sixteen floats is the array.
        Floats(unsafe { _mm512_loadu_ps(from.as_ptr()) })
    }

    #[inline(always)]
    fn splat_wide(self, value: f64) -> Doubles {
        // SAFETY: `self` proves that the machine has AVX-512.
        Doubles(unsafe { _mm512_set1_pd(value) })
    }

    #[inline(always)]
    unsafe fn load_transposed(self, rows: &[*const f32; LANES], first: usize) -> [Floats; 4] {
        // SAFETY: `self` proves that the machine has AVX-512, and the caller's promise.
        unsafe { load_transposed(rows, first) }
    }

    #[inline(always)]
    fn store_activations(self, x: Floats, _: Form, row: &mut [u8], at: usize) {
        let out = sixteen(row, at);
        // SAFETY: `self` proves that the machine has AVX-512, and sixteen bytes are the array.
        unsafe {
            let shifted = _mm512_add_epi32(_mm512_cvtps_epi32(x.0), _mm512_set1_epi32(SHIFT));
            _mm_storeu_si128(out.as_mut_ptr().cast(), _mm512_cvtepi32_epi8(shifted));
        }
    }

    #[inline(always)]
    unsafe fn tile(self, m: usize, t: &Tile<u8>) {
        // SAFETY: the caller's promise, and `self` proves that the machine has AVX-512 with VNNI.
        unsafe {
            match m {
                1 => tile::<1>(t),
                2 => tile::<2>(t),
                3 => tile::<3>(t),
                4 => tile::<4>(t),
                5 => tile::<5>(t),
                _ => tile::<6>(t),
            }
        }
    }

    #[inline(always)]
    unsafe fn dots(self, x: *const i16, w: [*const i8; 4], len: usize) -> [i32; 4] {
        // SAFETY: the caller's promise, and AVX-512 F includes AVX2.
        unsafe { avx2::dots(x, w, len) }
    }
}

/// `M` rows of 64 columns.
///
/// # Safety
/// As for [`Kernel::tile`]; the machine must have AVX-512 F and VNNI.
#[target_feature(enable = "avx512f,avx512vnni")]
unsafe fn tile<const M: usize>(t: &Tile<u8>) {
    // SAFETY: the panel begins with 64 integers. A row has at least `depth` activations, of which each round
    // reads the next eight, four at a time; the panel has 64 times as many weights, in the same order.
    // Scales, biases and outputs are 64.
    unsafe {
        let header: *const __m512i = t.panel.cast();
        let start = if t.form.shifted {
            [_mm512_setzero_si512(); 4]
        } else {
            array::from_fn(|i| _mm512_loadu_si512(header.add(i)))
        };
        let mut sums = [start; M];
        let mut w = header.add(4);
        let rows: [*const u8; M] = array::from_fn(|row| t.x.add(row * t.x_stride));
        let mut k = 0;
        while k < t.depth {
            for group in 0..2 {
                let weights: [__m512i; 4] = array::from_fn(|i| _mm512_loadu_si512(w.add(4 * group + i)));
                for (sums, x) in sums.iter_mut().zip(rows) {
                    let four = _mm512_set1_epi32(x.add(k + 4 * group).cast::<i32>().read_unaligned());
                    for (sum, weights) in sums.iter_mut().zip(weights) {
                        *sum = _mm512_dpbusd_epi32(*sum, four, weights);
                    }
                }
            }
            w = w.add(8);
            k += 8;
        }
        for (row, sums) in sums.into_iter().enumerate() {
            let row_scale = _mm512_set1_ps(*t.row_scale.add(row));
            for (part, sum) in sums.into_iter().enumerate() {
                let scale = _mm512_loadu_ps(t.scale.add(16 * part));
                let bias = _mm512_loadu_ps(t.bias.add(16 * part));
                let y = _mm512_mul_ps(_mm512_mul_ps(_mm512_cvtepi32_ps(sum), row_scale), scale);
                let mut y = _mm512_add_ps(y, bias);
                if t.relu {
                    y = _mm512_max_ps(y, _mm512_setzero_ps());
                }
                _mm512_storeu_ps(t.out.add(row * t.out_stride + 16 * part), y);
            }
        }
    }
}
