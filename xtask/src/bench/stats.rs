//! Many measurements of one thing as a few numbers.

use anyhow::{Result, ensure};
use serde::Serialize;

/// Least, middle and greatest.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Spread {
    pub(super) min: f64,
    pub(super) median: f64,
    pub(super) max: f64,
}

impl Spread {
    /// Of at least one finite value, rounded to so many decimals.
    fn of(values: &[f64], decimals: i32) -> Result<Self> {
        ensure!(!values.is_empty(), "nothing was measured");
        ensure!(values.iter().all(|value| value.is_finite()), "a measurement is no number: {values:?}");
        let mut values = values.to_vec();
        values.sort_by(f64::total_cmp);
        let (middle, last) = (values.len() / 2, values.len() - 1);
        let median =
            if last % 2 == 0 { values[middle] } else { f64::midpoint(values[middle - 1], values[middle]) };
        Ok(Self {
            min: round(values[0], decimals),
            median: round(median, decimals),
            max: round(values[last], decimals),
        })
    }
}

/// The middle of at least one finite value, rounded to so many decimals.
pub(super) fn median(values: &[f64], decimals: i32) -> Result<f64> {
    Spread::of(values, decimals).map(|spread| spread.median)
}

/// Words a second of rounds that took so many seconds each.
pub(super) fn words_a_second(words: usize, seconds: &[f64]) -> Result<Spread> {
    let rates: Vec<f64> = seconds.iter().map(|seconds| words as f64 / seconds).collect();
    Spread::of(&rates, 1)
}

/// How many times as fast as the other one was: the middle of the rounds, in each of which both took their turn.
pub(super) fn speed_ratio(seconds: &[f64], others: &[f64]) -> Result<f64> {
    ensure!(seconds.len() == others.len(), "the engines had different numbers of rounds");
    let ratios: Vec<f64> = seconds.iter().zip(others).map(|(seconds, other)| other / seconds).collect();
    median(&ratios, 3)
}

/// The part of a whole that is not empty, 0 to 1.
pub(super) fn share(part: usize, whole: usize) -> Result<f64> {
    ensure!(whole > 0, "there is nothing to have a share of");
    Ok(round(part as f64 / whole as f64, 4))
}

/// Rounds to so many decimals.
pub(super) fn round(value: f64, decimals: i32) -> f64 {
    let scale = 10f64.powi(decimals);
    (value * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_rounded_and_finite() {
        let spread = Spread::of(&[3.04, 1.0, 2.06], 1).unwrap();
        assert_eq!(spread, Spread { min: 1.0, median: 2.1, max: 3.0 });
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0], 1).unwrap(), 2.5);
        assert_eq!(median(&[7.0], 0).unwrap(), 7.0);
        for wrong in [&[] as &[f64], &[1.0, f64::NAN], &[f64::INFINITY]] {
            assert!(Spread::of(wrong, 1).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn speeds_come_from_rounds() {
        assert_eq!(words_a_second(100, &[2.0, 4.0]).unwrap(), Spread { min: 25.0, median: 37.5, max: 50.0 });
        assert!(words_a_second(100, &[0.0]).is_err());
        // Twice as fast in two of three rounds.
        assert_eq!(speed_ratio(&[1.0, 1.0, 3.0], &[2.0, 2.0, 1.0]).unwrap(), 2.0);
        assert!(speed_ratio(&[1.0], &[1.0, 2.0]).is_err());
    }

    #[test]
    fn shares_are_of_something() {
        assert_eq!(share(2, 3).unwrap(), 0.6667);
        assert!(share(0, 0).is_err());
    }
}
