//! The exponential function and its relatives, the same on every machine.

use std::f32::consts::LOG2_E;

use crate::kernel::{Kernel, Lanes, ROUND};

/// The argument of [`exp`] is clamped to ± this, so that no result is denormal: those are slow, and
/// WebAssembly cannot switch them off.
const EXP_LIMIT: f32 = 80.0;

/// ln 2 in two parts, the first so short that its products with small integers are exact.
const LN_2: (f32, f32) = (0.693_145_75, 1.428_606_8e-6);

/// (eʳ - 1 - r) / r² for |r| ≤ ln 2 / 2, lowest power first: interpolated at the Chebyshev nodes, relative
/// error 1.1e-8.
const EXP: [f32; 5] = [0.5, 0.166_665_76, 0.041_666_556, 0.008_363_203, 0.001_392_621_3];

/// eˣ with a relative error of at most 2e-7; x is clamped to ±80.
#[inline(always)]
pub(crate) fn exp<K: Kernel>(k: K, x: K::F) -> K::F {
    let x = x.max(k.splat(-EXP_LIMIT)).min(k.splat(EXP_LIMIT));
    let n = x * k.splat(LOG2_E) + k.splat(ROUND);
    let whole = n - k.splat(ROUND);
    let r = (x - whole * k.splat(LN_2.0)) - whole * k.splat(LN_2.1);
    let mut p = k.splat(EXP[4]);
    for c in [EXP[3], EXP[2], EXP[1], EXP[0]] {
        p = p * r + k.splat(c);
    }
    let p = k.splat(1.0) + (r + (r * r) * p);
    p.times_power_of_two(n)
}

/// 1 / (1 + e⁻ˣ).
#[inline(always)]
pub(crate) fn sigmoid<K: Kernel>(k: K, x: K::F) -> K::F {
    let one = k.splat(1.0);
    one / (one + exp(k, k.splat(0.0) - x))
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
    fn exp_is_close() {
        for i in -800_000..=800_000 {
            let x = i as f32 * 1e-4;
            let truth = f64::from(x).exp();
            let error = (f64::from(one(x, exp)) - truth).abs() / truth;
            assert!(error < 2e-7, "exp({x}): {error}");
        }
    }

    #[test]
    fn exp_is_clamped_and_normal() {
        assert_eq!(one(f32::NEG_INFINITY, exp), one(-80.0, exp));
        assert_eq!(one(f32::INFINITY, exp), one(80.0, exp));
        assert!(one(-80.0, exp).is_normal());
        assert!(one(f32::NAN, exp).is_normal());
        assert_eq!(one(0.0, exp), 1.0);
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
