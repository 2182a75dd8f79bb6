//! Words a second on one thread, beside another engine in the same run.

use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::Options;
use super::material::{MODEL, Model, Set};
use super::native::{self, Program};
use super::stats::{Spread, round, speed_ratio, words_a_second};
use crate::project::output;

#[derive(Serialize)]
struct Figures {
    model: String,
    model_bytes: u64,
    text: &'static str,
    sentences: usize,
    words: usize,
    rounds: usize,
    /// The instruction set that Klartext's kernels used.
    kernels: String,
    klartext_wps: Spread,
    fxtranslate_wps: Spread,
    /// How many times as fast as fxtranslate Klartext was: the median of the rounds.
    ratio: f64,
    /// The share of sentences that both translate to the same text, 0 to 1.
    equal_share: f64,
    /// The most memory of a process that translates the text with Klartext, and with fxtranslate.
    klartext_memory_bytes: u64,
    fxtranslate_memory_bytes: u64,
}

/// What model-core's example `speed` prints.
#[derive(Deserialize)]
struct Report {
    sentences: usize,
    words: usize,
    kernels: String,
    /// The time of each round, for the engines that ran.
    klartext_seconds: Vec<f64>,
    fxtranslate_seconds: Vec<f64>,
    /// Null unless both ran.
    equal_share: Option<f64>,
    /// Null where the system does not say.
    peak_memory_bytes: Option<u64>,
}

/// Has both engines translate a development set in turns, then each by itself for its memory.
pub(super) fn measure(options: &Options) -> Result<()> {
    let model = Model::read()?;
    let set = Set::for_speed(options)?;
    let program = native::example_at_full_speed("speed")?;
    let run = |rounds, engine| report(&program, &set.source, rounds, engine);
    let report = run(options.rounds, None)?;
    let memory = |engine| -> Result<u64> {
        run(1, Some(engine))?.peak_memory_bytes.context("this system does not tell peak memory")
    };
    let figures = Figures {
        model: model.name,
        model_bytes: model.bytes,
        text: set.name,
        sentences: report.sentences,
        words: report.words,
        rounds: options.rounds,
        klartext_wps: words_a_second(report.words, &report.klartext_seconds)?,
        fxtranslate_wps: words_a_second(report.words, &report.fxtranslate_seconds)?,
        ratio: speed_ratio(&report.klartext_seconds, &report.fxtranslate_seconds)?,
        equal_share: round(report.equal_share.context("the engines were not compared")?, 4),
        kernels: report.kernels,
        klartext_memory_bytes: memory("klartext")?,
        fxtranslate_memory_bytes: memory("fxtranslate")?,
    };
    println!("{}, {} words, {} rounds, one thread", figures.text, figures.words, figures.rounds);
    for (name, speed, memory) in [
        ("klartext", figures.klartext_wps, figures.klartext_memory_bytes),
        ("fxtranslate", figures.fxtranslate_wps, figures.fxtranslate_memory_bytes),
    ] {
        println!(
            "{name:<12} {:>8.1} words a second ({:.1} to {:.1}), {:.1} MB at most",
            speed.median,
            speed.min,
            speed.max,
            memory as f64 / 1e6
        );
    }
    println!("ratio {:.3}, {:.1} % of outputs equal", figures.ratio, 100.0 * figures.equal_share);
    options.keep("speed", &figures)
}

/// Runs the example, with both engines or with one.
fn report(program: &Program, text: &Path, rounds: usize, engine: Option<&str>) -> Result<Report> {
    let mut speed = program.command();
    speed.arg(MODEL).arg(text).arg(rounds.to_string()).args(engine);
    serde_json::from_str(&output(&mut speed)?).context("the example speed printed something unknown")
}
