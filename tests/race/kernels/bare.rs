//! The bound for products of 8-bit numbers: the instruction that an instruction set's kernel multiplies with, on registers,
//! in a loop with as many sums as keep the processor busy.

/// A loop of so many rounds. Its result is only there to be computed.
pub(crate) type Loop = fn(rounds: u32) -> i32;

/// The loop for an instruction set, by its name, and the multiplications and additions of a round; None where there is none.
///
/// # Panics
/// The loop, if this machine does not have the instructions.
pub(crate) fn bare(name: &str) -> Option<(Loop, u32)> {
    match name {
        #[cfg(target_arch = "x86_64")]
        "avx2" => Some((x86::avx2, 2 * 8 * 16)),
        #[cfg(target_arch = "x86_64")]
        "avx512-vnni" => Some((x86::avx512_vnni, 2 * 12 * 64)),
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
        "simd128" => Some((wasm::simd128, 2 * 6 * 8)),
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128", feature = "relaxed-simd"))]
        "relaxed-simd" => Some((|rounds| wasm::relaxed(rounds), 2 * 8 * 16)),
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128", feature = "relaxed-simd"))]
        "relaxed-pairs" => Some((|rounds| wasm::pairs(rounds), 2 * 16 * 16)),
        _ => None,
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;
    use std::hint::black_box;

    pub(super) fn avx2(rounds: u32) -> i32 {
        assert!(is_x86_feature_detected!("avx2"), "this machine has no AVX2");
        // SAFETY: the assertion above.
        unsafe { avx2_loop(rounds) }
    }

    #[target_feature(enable = "avx2")]
    fn avx2_loop(rounds: u32) -> i32 {
        let mut sums = [_mm256_setzero_si256(); 8];
        let a = black_box([1, 2, 3, 4]).map(|x| _mm256_set1_epi16(x));
        let mut b = black_box([7, -8]).map(|x| _mm256_set1_epi16(x));
        for _ in 0..rounds {
            for (i, sum) in sums.iter_mut().enumerate() {
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(a[i / 2], b[i % 2]));
            }
            // Something that no compiler sees through, so that the products stay in the loop.
            b = b.map(|b| _mm256_add_epi32(b, a[0]));
        }
        let total = sums.into_iter().fold(b[0], |total, sum| _mm256_add_epi32(total, sum));
        _mm256_extract_epi32::<0>(total)
    }

    pub(super) fn avx512_vnni(rounds: u32) -> i32 {
        let available = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vnni");
        assert!(available, "this machine has no AVX-512 VNNI");
        // SAFETY: the assertion above.
        unsafe { avx512_loop(rounds) }
    }

    #[target_feature(enable = "avx512f,avx512vnni")]
    fn avx512_loop(rounds: u32) -> i32 {
        let mut sums = [_mm512_setzero_si512(); 12];
        let a = black_box([1, 2, 3, 4]).map(|x| _mm512_set1_epi8(x));
        let b = black_box([7, -8, 9]).map(|x| _mm512_set1_epi8(x));
        for _ in 0..rounds {
            for (i, sum) in sums.iter_mut().enumerate() {
                *sum = _mm512_dpbusd_epi32(*sum, a[i % 4], b[i / 4]);
            }
        }
        _mm512_reduce_add_epi32(sums.into_iter().fold(b[0], |total, sum| _mm512_add_epi32(total, sum)))
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm {
    use std::arch::wasm32::*;
    use std::hint::black_box;

    /// Six sums: with more, V8 keeps some of them in memory, and the loop is half as fast.
    pub(super) fn simd128(rounds: u32) -> i32 {
        let mut sums = [i32x4_splat(0); 6];
        let mut a = black_box([1, 2].map(|x| i16x8_splat(x)));
        let b = black_box([7, -8, 9].map(|x| i16x8_splat(x)));
        for _ in 0..rounds {
            for (i, sum) in sums.iter_mut().enumerate() {
                *sum = i32x4_add(*sum, i32x4_dot_i16x8(a[i % 2], b[i / 2]));
            }
            // Something that no compiler sees through, so that the products stay in the loop.
            a = a.map(|a| i16x8_add(a, b[0]));
        }
        i32x4_extract_lane::<0>(sums.into_iter().fold(a[0], |total, sum| i32x4_add(total, sum)))
    }

    #[cfg(feature = "relaxed-simd")]
    #[target_feature(enable = "relaxed-simd")]
    pub(super) fn relaxed(rounds: u32) -> i32 {
        let mut sums = [i32x4_splat(0); 8];
        let a = black_box([1, -2, 3, -4].map(|x| i8x16_splat(x)));
        let b = black_box([7, 8].map(|x| i8x16_splat(x)));
        for _ in 0..rounds {
            for (i, sum) in sums.iter_mut().enumerate() {
                *sum = i32x4_relaxed_dot_i8x16_i7x16_add(a[i / 2], b[i % 2], *sum);
            }
        }
        i32x4_extract_lane::<0>(sums.into_iter().fold(b[0], |total, sum| i32x4_add(total, sum)))
    }

    /// Four sums, of four sums of two products each, which are added in 16 bits and widened once.
    #[cfg(feature = "relaxed-simd")]
    #[target_feature(enable = "relaxed-simd")]
    pub(super) fn pairs(rounds: u32) -> i32 {
        let (mut sums, ones) = ([i32x4_splat(0); 4], i16x8_splat(1));
        let mut a = black_box([1, -2, 3, -4].map(|x| i8x16_splat(x)));
        let b = black_box([7, 8, 9, 10].map(|x| i8x16_splat(x)));
        for _ in 0..rounds {
            for (sum, a) in sums.iter_mut().zip(a) {
                let [p, q, r, s] = b.map(|b| i16x8_relaxed_dot_i8x16_i7x16(a, b));
                let all = i16x8_add(i16x8_add(p, q), i16x8_add(r, s));
                *sum = i32x4_add(*sum, i32x4_dot_i16x8(all, ones));
            }
            // Something that no compiler sees through, so that the products stay in the loop.
            a = a.map(|a| i8x16_add(a, b[0]));
        }
        i32x4_extract_lane::<0>(sums.into_iter().fold(a[0], |total, sum| i32x4_add(total, sum)))
    }
}
