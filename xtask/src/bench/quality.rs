//! How good the translations are, and whether they are what another engine makes of the same model.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde::Serialize;

use super::Options;
use super::material::{MODEL, Model, Set};
use super::native::{self, Program};
use super::sacrebleu::{Sacrebleu, Scores, VERSION};
use super::stats::{round, share};
use crate::project::{self, output};

#[derive(Serialize)]
struct Figures {
    model: String,
    sacrebleu: &'static str,
    sets: BTreeMap<&'static str, OfSet>,
}

/// Figures of one development set.
#[derive(Serialize)]
struct OfSet {
    sentences: usize,
    klartext: Scores,
    fxtranslate: Scores,
    /// Klartext's BLEU less fxtranslate's.
    bleu_difference: f64,
    /// The share of sentences that both translate to the same text, 0 to 1.
    equal_share: f64,
    /// Klartext with the shortlist.
    shortlist: Shortlisted,
}

/// What the shortlist does to a set.
#[derive(Serialize)]
struct Shortlisted {
    scores: Scores,
    /// Its BLEU less that without a shortlist.
    bleu_difference: f64,
    /// How long the program takes with it, over how long it takes without.
    time_ratio: f64,
}

/// Translates the development sets with both engines, scores and compares.
pub(super) fn measure(options: &Options) -> Result<()> {
    let model = Model::read()?;
    let tools = Tools {
        klartext: native::klartext()?,
        oracle: native::example("oracle")?,
        sacrebleu: Sacrebleu::find_or_install()?,
    };
    let mut sets = BTreeMap::new();
    for set in Set::all(options)? {
        let figures = of_set(&set, &tools).with_context(|| set.name.to_owned())?;
        println!(
            "{:<13} BLEU {:.2} (fxtranslate {:.2}), chrF {:.2} ({:.2}), {:.1} % of {} outputs equal",
            set.name,
            figures.klartext.bleu,
            figures.fxtranslate.bleu,
            figures.klartext.chrf,
            figures.fxtranslate.chrf,
            100.0 * figures.equal_share,
            figures.sentences,
        );
        let Shortlisted { scores, bleu_difference, time_ratio } = &figures.shortlist;
        println!(
            "{:<13} BLEU {:.2} ({bleu_difference:+.2}), chrF {:.2}, {time_ratio:.2} times the time",
            "  shortlist", scores.bleu, scores.chrf,
        );
        sets.insert(set.name, figures);
    }
    options.keep("quality", &Figures { model: model.name, sacrebleu: VERSION, sets })
}

/// The programs that translate and score.
struct Tools {
    klartext: Program,
    oracle: Program,
    sacrebleu: Sacrebleu,
}

fn of_set(set: &Set, tools: &Tools) -> Result<OfSet> {
    let ours = |more: &[&str]| -> Result<(String, f64)> {
        let mut klartext = tools.klartext.command();
        klartext.args(["translate", "--lines", "--model", MODEL]).args(more).arg(&set.source);
        let begin = Instant::now();
        Ok((output(&mut klartext)?, begin.elapsed().as_secs_f64()))
    };
    let (ours, (chosen, with), without) = {
        let (text, first) = ours(&[])?;
        let shortlisted = ours(&["--shortlist"])?;
        let (_, second) = ours(&[])?;
        (text, shortlisted, first.min(second))
    };
    let theirs = output(tools.oracle.command().arg(MODEL).arg(&set.source))?;

    let sentences = set.sentences()?.len();
    let equal = equal_lines(&ours, &theirs, sentences)?;
    // The texts are kept, to look into the differences.
    let folder = project::cache("bench/quality")?;
    let score = |engine: &str, text: &str| -> Result<Scores> {
        let path = folder.join(format!("{}.{engine}.en", set.name));
        write(&path, text)?;
        tools.sacrebleu.score(&set.reference, &path)
    };
    let (klartext, fxtranslate) = (score("klartext", &ours)?, score("fxtranslate", &theirs)?);
    let scores = score("shortlist", &chosen)?;
    Ok(OfSet {
        shortlist: Shortlisted {
            bleu_difference: round(scores.bleu - klartext.bleu, 2),
            time_ratio: round(with / without, 3),
            scores,
        },
        sentences,
        klartext,
        fxtranslate,
        bleu_difference: round(klartext.bleu - fxtranslate.bleu, 2),
        equal_share: share(equal, sentences)?,
    })
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// How many of the lines are equal. An error if there are not as many as there should be.
fn equal_lines(ours: &str, theirs: &str, expected: usize) -> Result<usize> {
    for (engine, text) in [("klartext", ours), ("fxtranslate", theirs)] {
        let lines = text.lines().count();
        ensure!(lines == expected, "{engine} made {lines} lines of {expected}");
    }
    Ok(ours.lines().zip(theirs.lines()).filter(|(ours, theirs)| ours == theirs).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_compared() {
        assert_eq!(equal_lines("a\nb\nc\n", "a\nx\nc\n", 3).unwrap(), 2);
        let error = equal_lines("a\nb\n", "a\n", 2).unwrap_err().to_string();
        assert!(error.contains("fxtranslate made 1"), "{error}");
    }
}
