//! x86-64 with AVX2: pairs of 16-bit products are added to 32 bits in one instruction, eight columns at a
//! time.

use std::arch::x86_64::*;
use std::array;
use std::ops::{Add, Div, Mul, Sub};

use crate::kernel::{Job, Kernel, LANES, Lanes, Tile};

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

macro_rules! lanewise {
    ($($operation:ident $name:ident $instruction:ident),*) => {$(
        impl $operation for Floats {
            type Output = Floats;

            #[inline(always)]
            fn $name(self, other: Floats) -> Floats {
                // SAFETY: a value of the type proves that the machine has AVX2.
                unsafe { Floats([$instruction(self.0[0], other.0[0]), $instruction(self.0[1], other.0[1])]) }
            }
        }
    )*};
}
lanewise!(Add add _mm256_add_ps, Sub sub _mm256_sub_ps, Mul mul _mm256_mul_ps, Div div _mm256_div_ps);

impl Lanes for Floats {
    type Quarter = __m128;

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
    fn fold(self) -> __m128 {
        // SAFETY: a value of the type proves that the machine has AVX2.
        unsafe {
            let eight = _mm256_add_ps(self.0[0], self.0[1]);
            _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps::<1>(eight))
        }
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
    fn sums([a, b, c, d]: [__m128; 4]) -> [f32; 4] {
        let mut out = [0.0; 4];
        // SAFETY: a value of the type proves that the machine has AVX2, and `out` has room for four floats.
        unsafe {
            let ab = _mm_add_ps(_mm_unpacklo_ps(a, b), _mm_unpackhi_ps(a, b));
            let cd = _mm_add_ps(_mm_unpacklo_ps(c, d), _mm_unpackhi_ps(c, d));
            _mm_storeu_ps(out.as_mut_ptr(), _mm_add_ps(_mm_movelh_ps(ab, cd), _mm_movehl_ps(cd, ab)));
        }
        out
    }
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
    const OFFSET: i32 = 0;

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
    fn store_activations(self, x: Floats, _: bool, out: &mut [i16; LANES]) {
        // SAFETY: `self` proves that the machine has AVX2, and a vector of sixteen 16-bit integers is the
        // array.
        unsafe {
            let [low, high] = [_mm256_cvtps_epi32(x.0[0]), _mm256_cvtps_epi32(x.0[1])];
            // The halves of the two inputs take turns; the permutation puts them in order.
            let packed = _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_packs_epi32(low, high));
            _mm256_storeu_si256(out.as_mut_ptr().cast(), packed);
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
