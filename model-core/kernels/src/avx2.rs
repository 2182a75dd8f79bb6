//! x86-64 with AVX2: pairs of 16-bit products are added to 32 bits in one instruction, eight columns at a
//! time.

use std::arch::x86_64::*;
use std::array;
use std::ops::{Add, Div, Mul, Sub};

use crate::kernel::{Form, Job, Kernel, LANES, Lanes, SHIFT, Tile, sixteen};

/// Only [`run`] makes one.
#[derive(Clone, Copy)]
pub(crate) struct Avx2(());

/// Does `job` with these instructions.
///
/// # Safety
/// The machine must have AVX2.
#[target_feature(enable = "avx2")]
pub(crate) unsafe fn run<J: Job>(job: J) -> J::Output {
    job.run(Avx2(()))
}

/// Sixteen floats, eight in each vector.
#[derive(Clone, Copy)]
pub(crate) struct Floats([__m256; 2]);

/// Eight doubles, four in each vector.
#[derive(Clone, Copy)]
pub(crate) struct Doubles([__m256d; 2]);

macro_rules! lanewise {
    ($type:ident: $($operation:ident $name:ident $instruction:ident),*) => {$(
        impl $operation for $type {
            type Output = $type;

            #[inline(always)]
            fn $name(self, other: $type) -> $type {
                // SAFETY: a value of the type proves that the machine has AVX2.
                unsafe { $type([$instruction(self.0[0], other.0[0]), $instruction(self.0[1], other.0[1])]) }
            }
        }
    )*};
}
lanewise!(Floats: Add add _mm256_add_ps, Sub sub _mm256_sub_ps, Mul mul _mm256_mul_ps, Div div _mm256_div_ps);
lanewise!(Doubles: Add add _mm256_add_pd, Sub sub _mm256_sub_pd, Mul mul _mm256_mul_pd);

impl Lanes for Floats {
    type Wide = Doubles;

    #[inline(always)]
    fn store(self, out: &mut [f32; LANES]) {
        for (out, vector) in out.as_chunks_mut::<8>().0.iter_mut().zip(self.0) {
            // SAFETY: eight floats are a vector; the instruction wants no alignment.
            unsafe { _mm256_storeu_ps(out.as_mut_ptr(), vector) };
        }
    }

    #[inline(always)]
    fn max(self, other: Floats) -> Floats {
        // SAFETY: a value of the type proves that the machine has AVX2.
        unsafe { Floats([_mm256_max_ps(self.0[0], other.0[0]), _mm256_max_ps(self.0[1], other.0[1])]) }
    }

    #[inline(always)]
    fn min(self, other: Floats) -> Floats {
        // SAFETY: a value of the type proves that the machine has AVX2.
        unsafe { Floats([_mm256_min_ps(self.0[0], other.0[0]), _mm256_min_ps(self.0[1], other.0[1])]) }
    }

    #[inline(always)]
    fn abs(self) -> Floats {
        // SAFETY: a value of the type proves that the machine has AVX2.
        unsafe {
            let sign = _mm256_set1_ps(-0.0);
            Floats([_mm256_andnot_ps(sign, self.0[0]), _mm256_andnot_ps(sign, self.0[1])])
        }
    }

    #[inline(always)]
    fn nan_to_zero(self) -> Floats {
        // SAFETY: a value of the type proves that the machine has AVX2.
        unsafe {
            let [a, b] = self.0;
            let numbers = [_mm256_cmp_ps::<_CMP_ORD_Q>(a, a), _mm256_cmp_ps::<_CMP_ORD_Q>(b, b)];
            Floats([_mm256_and_ps(a, numbers[0]), _mm256_and_ps(b, numbers[1])])
        }
    }

    #[inline(always)]
    fn times_power_of_two(self, n: Floats) -> Floats {
        // SAFETY: a value of the type proves that the machine has AVX2.
        unsafe { Floats([times_power_of_two(self.0[0], n.0[0]), times_power_of_two(self.0[1], n.0[1])]) }
    }

    #[inline(always)]
    fn zero_where_below(self, x: Floats, limit: Floats) -> Floats {
        // SAFETY: a value of the type proves that the machine has AVX2.
        unsafe {
            let below = [
                _mm256_cmp_ps::<_CMP_LT_OQ>(x.0[0], limit.0[0]),
                _mm256_cmp_ps::<_CMP_LT_OQ>(x.0[1], limit.0[1]),
            ];
            Floats([_mm256_andnot_ps(below[0], self.0[0]), _mm256_andnot_ps(below[1], self.0[1])])
        }
    }

    #[inline(always)]
    fn widen(self) -> [Doubles; 2] {
        // SAFETY: a value of the type proves that the machine has AVX2.
        unsafe { [widen(self.0[0]), widen(self.0[1])] }
    }

    #[inline(always)]
    fn narrow([a, b]: [Doubles; 2]) -> Floats {
        // SAFETY: a value of the type proves that the machine has AVX2.
        unsafe { Floats([narrow(a), narrow(b)]) }
    }

    #[inline(always)]
    fn greatest(self) -> f32 {
        // SAFETY: a value of the type proves that the machine has AVX2.
        unsafe {
            let eight = _mm256_max_ps(self.0[0], self.0[1]);
            let four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps::<1>(eight));
            let two = _mm_max_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_max_ps(two, _mm_movehdup_ps(two)))
        }
    }

    #[inline(always)]
    fn not_below(self, limit: Floats) -> u32 {
        // SAFETY: a value of the type proves that the machine has AVX2.
        let [low, high] = array::from_fn(|i| unsafe {
            _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_NLT_UQ>(self.0[i], limit.0[i])).cast_unsigned()
        });
        low | high << 8
    }
}

/// See [`Lanes::widen`].
#[inline]
#[target_feature(enable = "avx2")]
fn widen(x: __m256) -> Doubles {
    let high = _mm256_extractf128_ps::<1>(x);
    Doubles([_mm256_cvtps_pd(_mm256_castps256_ps128(x)), _mm256_cvtps_pd(high)])
}

/// See [`Lanes::narrow`].
#[inline]
#[target_feature(enable = "avx2")]
fn narrow(x: Doubles) -> __m256 {
    _mm256_set_m128(_mm256_cvtpd_ps(x.0[1]), _mm256_cvtpd_ps(x.0[0]))
}

/// See [`Kernel::load_transposed`]: eight rows of it.
///
/// # Safety
/// As for [`Kernel::load_transposed`]; the machine must have AVX2.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn load_transposed(rows: &[*const f32; 8], first: usize) -> [__m256; 4] {
    // SAFETY: the caller's promise; the instruction wants no alignment.
    let [a, b, c, d] = array::from_fn(|i| unsafe {
        let low = _mm_loadu_ps(rows[i].add(first));
        _mm256_set_m128(_mm_loadu_ps(rows[i + 4].add(first)), low)
    });
    let ab = (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
    let cd = (_mm256_unpacklo_ps(c, d), _mm256_unpackhi_ps(c, d));
    let [ab, cd] = [ab, cd].map(|(low, high)| [_mm256_castps_pd(low), _mm256_castps_pd(high)]);
    [
        _mm256_castpd_ps(_mm256_unpacklo_pd(ab[0], cd[0])),
        _mm256_castpd_ps(_mm256_unpackhi_pd(ab[0], cd[0])),
        _mm256_castpd_ps(_mm256_unpacklo_pd(ab[1], cd[1])),
        _mm256_castpd_ps(_mm256_unpackhi_pd(ab[1], cd[1])),
    ]
}

/// See [`Lanes::times_power_of_two`].
#[inline]
#[target_feature(enable = "avx2")]
fn times_power_of_two(x: __m256, n: __m256) -> __m256 {
    let n = _mm256_slli_epi32::<23>(_mm256_castps_si256(n));
    _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(x), n))
}

impl Kernel for Avx2 {
    type F = Floats;
    type Activation = i16;

    const ROWS: usize = 4;
    const COLUMNS: usize = 16;
    const GROUP: usize = 2;
    const DEPTH: usize = 8;
    const HEADER: i32 = 0;

    #[inline(always)]
    fn splat(self, value: f32) -> Floats {
        // SAFETY: `self` proves that the machine has AVX2.
        Floats([unsafe { _mm256_set1_ps(value) }; 2])
    }

    #[inline(always)]
    fn load(self, from: &[f32; LANES]) -> Floats {
        // SAFETY: `self` proves that the machine has AVX2, and two vectors of eight floats are the array.
        unsafe { Floats([_mm256_loadu_ps(from.as_ptr()), _mm256_loadu_ps(from.as_ptr().add(8))]) }
    }

    #[inline(always)]
    fn splat_wide(self, value: f64) -> Doubles {
        // SAFETY: `self` proves that the machine has AVX2.
        Doubles([unsafe { _mm256_set1_pd(value) }; 2])
    }

    #[inline(always)]
    unsafe fn load_transposed(self, rows: &[*const f32; LANES], first: usize) -> [Floats; 4] {
        let [a, b, c, d, e, f, g, h, rest @ ..] = *rows;
        // SAFETY: `self` proves that the machine has AVX2, and the caller's promise.
        unsafe {
            let low = load_transposed(&[a, b, c, d, e, f, g, h], first);
            let high = load_transposed(&rest, first);
            array::from_fn(|column| Floats([low[column], high[column]]))
        }
    }

    #[inline(always)]
    fn store_activations(self, x: Floats, form: Form, row: &mut [i16], at: usize) {
        let out = sixteen(row, at);
        // SAFETY: `self` proves that the machine has AVX2, and a vector of sixteen 16-bit integers is the
        // array.
        unsafe {
            let [low, high] = [_mm256_cvtps_epi32(x.0[0]), _mm256_cvtps_epi32(x.0[1])];
            // The halves of the two inputs take turns; the permutation puts them in order.
            let packed = _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_packs_epi32(low, high));
            let shift = _mm256_set1_epi16(if form.shifted { SHIFT as i16 } else { 0 });
            _mm256_storeu_si256(out.as_mut_ptr().cast(), _mm256_add_epi16(packed, shift));
        }
    }

    #[inline(always)]
    unsafe fn tile(self, m: usize, t: &Tile<i16>) {
        // SAFETY: the caller's promise, and `self` proves that the machine has AVX2.
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
        // SAFETY: the caller's promise, and `self` proves that the machine has AVX2.
        unsafe { dots(x, w, len) }
    }
}

/// See [`Kernel::dots`].
///
/// # Safety
/// As for [`Kernel::dots`]; the machine must have AVX2.
#[inline]
#[target_feature(enable = "avx2")]
pub(crate) unsafe fn dots(x: *const i16, w: [*const i8; 4], len: usize) -> [i32; 4] {
    let mut sums = [_mm256_setzero_si256(); 4];
    for i in (0..len).step_by(LANES) {
        // SAFETY: the caller's promise; the instructions want no alignment.
        unsafe {
            let x = _mm256_loadu_si256(x.add(i).cast());
            for (sum, w) in sums.iter_mut().zip(w) {
                let w = _mm256_cvtepi8_epi16(_mm_loadu_si128(w.add(i).cast()));
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(w, x));
            }
        }
    }
    let pairs = _mm256_hadd_epi32(_mm256_hadd_epi32(sums[0], sums[1]), _mm256_hadd_epi32(sums[2], sums[3]));
    let four = _mm_add_epi32(_mm256_castsi256_si128(pairs), _mm256_extracti128_si256::<1>(pairs));
    let mut out = [0; 4];
    // SAFETY: four integers are a vector; the instruction wants no alignment.
    unsafe { _mm_storeu_si128(out.as_mut_ptr().cast(), four) };
    out
}

/// `M` rows of sixteen columns.
///
/// # Safety
/// As for [`Kernel::tile`]; the machine must have AVX2.
#[target_feature(enable = "avx2")]
unsafe fn tile<const M: usize>(t: &Tile<i16>) {
    let mut sums = [[_mm256_setzero_si256(); 2]; M];
    let mut w = t.panel;
    // SAFETY: a row has at least `depth` activations, of which each round reads the next eight, two at a
    // time; the panel has sixteen times as many weights, in the same order. Scales, biases and outputs are
    // sixteen.
    unsafe {
        let rows: [*const i16; M] = array::from_fn(|row| t.x.add(row * t.x_stride));
        let mut k = 0;
        while k < t.depth {
            for group in 0..4 {
                let left = _mm256_cvtepi8_epi16(_mm_loadu_si128(w.add(32 * group).cast()));
                let right = _mm256_cvtepi8_epi16(_mm_loadu_si128(w.add(32 * group + 16).cast()));
                for (sums, x) in sums.iter_mut().zip(rows) {
                    let pair = _mm256_set1_epi32(x.add(k + 2 * group).cast::<i32>().read_unaligned());
                    sums[0] = _mm256_add_epi32(sums[0], _mm256_madd_epi16(left, pair));
                    sums[1] = _mm256_add_epi32(sums[1], _mm256_madd_epi16(right, pair));
                }
            }
            w = w.add(128);
            k += 8;
        }
        for (row, sums) in sums.into_iter().enumerate() {
            let row_scale = _mm256_set1_ps(*t.row_scale.add(row));
            for (half, sum) in sums.into_iter().enumerate() {
                let scale = _mm256_loadu_ps(t.scale.add(8 * half));
                let bias = _mm256_loadu_ps(t.bias.add(8 * half));
                let y = _mm256_mul_ps(_mm256_mul_ps(_mm256_cvtepi32_ps(sum), row_scale), scale);
                let mut y = _mm256_add_ps(y, bias);
                if t.relu {
                    y = _mm256_max_ps(y, _mm256_setzero_ps());
                }
                _mm256_storeu_ps(t.out.add(row * t.out_stride + 8 * half), y);
            }
        }
    }
}
