//! How well the sentence splitter agrees with a person.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::stats::round;
use super::{Options, native};
use crate::project::output;

/// The cases, from the repository's root.
const CASES: &str = "tests/data/sentences.txt";

/// What model-core's example `sentences` prints, and what is kept of it.
#[derive(Deserialize, Serialize)]
struct Figures {
    /// The cases that the rules were written against.
    seen: Score,
    /// The cases that were only counted.
    held_out: Score,
    all: Score,
}

/// Figures of a part of the cases.
#[derive(Deserialize, Serialize)]
struct Score {
    cases: usize,
    /// Ends that a person marked, that the rules found, and that both have.
    marked: usize,
    found: usize,
    agreed: usize,
    /// 0 to 1.
    precision: f64,
    recall: f64,
}

/// Counts the ends that are found in the test cases.
pub(super) fn measure(options: &Options) -> Result<()> {
    let report = output(native::example("sentences")?.command().arg(CASES))?;
    let mut figures: Figures =
        serde_json::from_str(&report).context("the example sentences printed something unknown")?;
    for (name, score) in
        [("seen", &mut figures.seen), ("held out", &mut figures.held_out), ("all", &mut figures.all)]
    {
        score.precision = round(score.precision, 4);
        score.recall = round(score.recall, 4);
        println!(
            "{name:<9} {} cases, {} ends; precision {:.4}, recall {:.4}",
            score.cases, score.marked, score.precision, score.recall
        );
    }
    options.keep("sentences", &figures)
}
