//! The exponential function and its relatives, and sums in the order in which a loop would add, the same on
//! every machine.

use std::f32::consts::LOG2_E;
use std::f64::consts::LN_2;

use crate::kernel::{Kernel, Lanes, ROUND};

/// [`exp`] is 0 below minus this, and its argument is clamped to this above, so that neither the result nor
/// its reciprocal is denormal: those are slow, and WebAssembly cannot switch them off.
const EXP_LIMIT: f32 = 87.0;

/// eʳ for |r| ≤ ln 2 / 2, lowest power first: interpolated at the Chebyshev nodes, relative error 1.1e-12.
const EXP: [f64; 9] = [
    1.0,
    0.999_999_999_979_782_2,
    0.499_999_999_997_979_06,
    0.166_666_668_910_706_97,
    0.041_666_666_890_981_904,
    0.008_333_266_092_970_169,
    0.001_388_882_167_265_359_7,
    0.000_199_158_698_706_071_95,
    0.000_024_876_166_784_942_655,
];

/// eˣ rounded to f32, correctly but for a few arguments in 100 000. 0 for x below -87, e⁸⁷ for x above 87;
/// NaN counts as -87.
///
/// A quantised activation may depend on the last bit of it, and so may all that follows. So it is what the
/// standard libraries' functions are, which err by hardly more than half a step either.
#[inline(always)]
pub(crate) fn exp<K: Kernel>(k: K, x: K::F) -> K::F {
    let limit = k.splat(EXP_LIMIT);
    let least = k.splat(-EXP_LIMIT);
    let clamped = x.max(least).min(limit);
    let n = clamped * k.splat(LOG2_E) + k.splat(ROUND);
    let [x_low, x_high] = clamped.widen();
    let [n_low, n_high] = (n - k.splat(ROUND)).widen();
    let p = K::F::narrow([exp_half(k, x_low, n_low), exp_half(k, x_high, n_high)]);
    p.times_power_of_two(n).zero_where_below(x, least)
}

/// eˣ / 2ⁿ, where n is x / ln 2 rounded.
#[inline(always)]
fn exp_half<K: Kernel>(k: K, x: <K::F as Lanes>::Wide, n: <K::F as Lanes>::Wide) -> <K::F as Lanes>::Wide {
    let r = x - n * k.splat_wide(LN_2);
    let mut p = k.splat_wide(EXP[8]);
    for c in [EXP[7], EXP[6], EXP[5], EXP[4], EXP[3], EXP[2], EXP[1], EXP[0]] {
        p = p * r + k.splat_wide(c);
    }
    p
}

/// 1 / (1 + e⁻ˣ).
#[inline(always)]
pub(crate) fn sigmoid<K: Kernel>(k: K, x: K::F) -> K::F {
    let one = k.splat(1.0);
    one / (one + exp(k, k.splat(0.0) - x))
}

/// The argument of [`quick_exp`] is clamped to ± this: no result is denormal.
const QUICK_LIMIT: f32 = 80.0;

/// ln 2 in two parts, the first so short that its products with small integers are exact.
const LN_2_PARTS: (f32, f32) = (0.693_145_75, 1.428_606_8e-6);

/// (eʳ - 1 - r) / r² for |r| ≤ ln 2 / 2, lowest power first: interpolated at the Chebyshev nodes, relative
/// error 1.1e-8.
const QUICK_EXP: [f32; 5] = [0.5, 0.166_665_76, 0.041_666_556, 0.008_363_203, 0.001_392_621_3];

/// eˣ with a relative error of at most 2e-7; x is clamped to ±80. For results that nothing else depends on.
#[inline(always)]
pub(crate) fn quick_exp<K: Kernel>(k: K, x: K::F) -> K::F {
    let x = x.max(k.splat(-QUICK_LIMIT)).min(k.splat(QUICK_LIMIT));
    let n = x * k.splat(LOG2_E) + k.splat(ROUND);
    let whole = n - k.splat(ROUND);
    let r = (x - whole * k.splat(LN_2_PARTS.0)) - whole * k.splat(LN_2_PARTS.1);
    let mut p = k.splat(QUICK_EXP[4]);
    for c in [QUICK_EXP[3], QUICK_EXP[2], QUICK_EXP[1], QUICK_EXP[0]] {
        p = p * r + k.splat(c);
    }
    let p = k.splat(1.0) + (r + (r * r) * p);
    p.times_power_of_two(n)
}

/// Sums that are made at once. Each is made in one order, so every addition waits for the one before; those
/// of several sums take turns.
pub(crate) const SUMS: usize = 8;

/// The sum of each row, from left to right. All rows are of one length.
#[inline(always)]
pub(crate) fn sums(rows: [&[f32]; SUMS]) -> [f32; SUMS] {
    let len = rows[0].len();
    let rows = rows.map(|row| &row[..len]);
    let mut sums = [0.0; SUMS];
    for i in 0..len {
        for (sum, row) in sums.iter_mut().zip(rows) {
            *sum += row[i];
        }
    }
    sums
}

/// The sum of the squares of each row, from left to right. All rows are of one length.
#[inline(always)]
pub(crate) fn sums_of_squares(rows: [&[f32]; SUMS]) -> [f32; SUMS] {
    let len = rows[0].len();
    let rows = rows.map(|row| &row[..len]);
    let mut sums = [0.0; SUMS];
    for i in 0..len {
        for (sum, row) in sums.iter_mut().zip(rows) {
            *sum += row[i] * row[i];
        }
    }
    sums
}

/// The natural logarithm of a normal x ≥ 1, rounded to f32. The standard library's differs between platforms
/// in the last bit.
pub(crate) fn ln(x: f32) -> f32 {
    let bits = x.to_bits();
    let exponent = f64::from((bits >> 23) as i32 - 127);
    let mantissa = f64::from(f32::from_bits((bits & 0x7f_ffff) | 0x3f80_0000));
    // ln m = 2 artanh((m - 1) / (m + 1)), and the argument is at most 1/3.
    let t = (mantissa - 1.0) / (mantissa + 1.0);
    let mut series = 0.0;
    for power in (0..10).rev() {
        series = series * (t * t) + 1.0 / f64::from(2 * power + 1);
    }
    (exponent * std::f64::consts::LN_2 + 2.0 * t * series) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::LANES;
    use crate::scalar::Scalar;

    fn one(x: f32, function: impl Fn(Scalar, <Scalar as Kernel>::F) -> <Scalar as Kernel>::F) -> f32 {
        let mut out = [0.0; LANES];
        function(Scalar, Scalar.splat(x)).store(&mut out);
        out[0]
    }

    #[test]
    fn exp_is_rounded_from_the_truth() {
        let (mut equal, mut all) = (0, 0);
        let mut compare = |x: f32| {
            let (y, truth) = (one(x, exp), f64::from(x).exp() as f32);
            assert!(y.to_bits().abs_diff(truth.to_bits()) <= 1, "exp({x}): {y:e} instead of {truth:e}");
            equal += u32::from(y == truth);
            all += 1;
        };
        for i in -870_000..=870_000 {
            compare(i as f32 * 1e-4);
        }
        // Small arguments, of which those above are few.
        let mut x = 1e-8f32;
        while x < 87.0 {
            compare(x);
            compare(-x);
            x *= 1.000_1;
        }
        assert!(all - equal <= all / 1000, "{equal} of {all} are equal");
    }

    #[test]
    fn exp_is_clamped_and_normal() {
        assert_eq!(one(f32::NEG_INFINITY, exp), 0.0);
        assert_eq!(one(-87.1, exp), 0.0);
        assert!(one(-87.0, exp).is_normal());
        assert_eq!(one(f32::INFINITY, exp), one(87.0, exp));
        assert!((1.0 / one(f32::INFINITY, exp)).is_normal());
        assert_eq!(one(f32::NAN, exp), one(-87.0, exp));
        assert_eq!(one(0.0, exp), 1.0);
    }

    #[test]
    fn quick_exp_is_close() {
        for i in -800_000..=800_000 {
            let x = i as f32 * 1e-4;
            let truth = f64::from(x).exp();
            let error = (f64::from(one(x, quick_exp)) - truth).abs() / truth;
            assert!(error < 2e-7, "exp({x}): {error}");
        }
        assert_eq!(one(f32::NEG_INFINITY, quick_exp), one(-80.0, quick_exp));
        assert_eq!(one(f32::INFINITY, quick_exp), one(80.0, quick_exp));
        assert!(one(-80.0, quick_exp).is_normal());
        assert!(one(f32::NAN, quick_exp).is_normal());
        assert_eq!(one(0.0, quick_exp), 1.0);
    }

    #[test]
    fn sums_go_from_left_to_right() {
        let row: Vec<f32> = (0..100).map(|i| 1.0 / (i as f32 + 0.3)).collect();
        let rows: [&[f32]; SUMS] = std::array::from_fn(|i| &row[i..][..90]);
        let (sums, squares) = (sums(rows), sums_of_squares(rows));
        for (i, row) in rows.into_iter().enumerate() {
            assert_eq!(sums[i], row.iter().fold(0.0, |sum, x| sum + x));
            assert_eq!(squares[i], row.iter().fold(0.0, |sum, x| sum + x * x));
        }
    }

    #[test]
    fn sigmoid_is_close() {
        for i in -80_000..=80_000 {
            let x = i as f32 * 1e-3;
            let truth = 1.0 / (1.0 + (-f64::from(x)).exp());
            assert!((f64::from(one(x, sigmoid)) - truth).abs() < 1.5e-7, "sigmoid({x})");
        }
    }

    #[test]
    fn ln_is_rounded_from_the_truth() {
        let mut x = 1.0f32;
        while x < 1e6 {
            let truth = f64::from(x).ln();
            assert!((f64::from(ln(x)) - truth).abs() <= 6.1e-8 * truth, "ln({x})");
            x *= 1.000_37;
        }
    }
}
