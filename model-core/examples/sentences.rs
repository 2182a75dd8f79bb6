//! How often the sentence splitter agrees with a person; prints one JSON object.
//!
//! `sentences CASES`, a file in two parts: the cases that the rules were written against, and those that were only
//! counted. `cargo xtask bench sentences` calls it.

use std::error::Error;
use std::fs;

use model_core::text::sentences::Score;
use serde_json::{Value, json};

/// The line that the second part of the cases begins with.
const SECOND_PART: &str = "# part: held out";

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("which cases?")?;
    let cases = fs::read_to_string(path)?;
    let (seen, held_out) = cases.split_once(SECOND_PART).ok_or("the cases have no second part")?;
    println!("{}", json!({ "seen": count(seen), "held_out": count(held_out), "all": count(&cases) }));
    Ok(())
}

fn count(cases: &str) -> Value {
    let score = Score::of(cases, "de");
    json!({
        "cases": score.cases,
        "marked": score.marked,
        "found": score.found,
        "agreed": score.agreed,
        "precision": score.precision(),
        "recall": score.recall(),
    })
}
