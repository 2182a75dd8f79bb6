//! Words a second in a browser: a page in Chromium has Klartext's worker and another engine's translate the same
//! sentences in turns. The page lies in `tests/race`, and never in `dist/`.

pub(super) mod site;

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Options;
use super::material::{Model, Set};
use super::stats::{Spread, median, round, share, speed_ratio, words_a_second};
use crate::project::{self, output, say};
use crate::{serve, setup};

/// Where the browser tests' npm packages are installed, from the repository's root.
const PACKAGES: &str = "tests/browser/harness";

#[derive(Serialize)]
struct Figures {
    model: String,
    model_bytes: u64,
    browser: String,
    text: &'static str,
    sentences: usize,
    words: usize,
    rounds: usize,
    klartext_simd128_wps: Spread,
    /// With relaxed vectors, which the reader takes where the browser has them.
    klartext_relaxed_wps: Spread,
    /// With these, and a worker on each core.
    klartext_all_workers_wps: Spread,
    fxtranslate_simd128_wps: Spread,
    /// How many times as fast as fxtranslate Klartext was: the median of the rounds.
    ratio: f64,
    /// The same with relaxed vectors.
    relaxed_ratio: f64,
    /// How many times as fast as one worker all were: the median of the rounds.
    all_workers_ratio: f64,
    /// The share of sentences that both translate to the same text, 0 to 1.
    equal_share: f64,
    /// From the order to translate the whole text to the first sentence of Klartext's, and the first batch of
    /// fxtranslate's: medians of the rounds.
    first_sentence_ms: f64,
    fxtranslate_first_batch_ms: f64,
    /// From the start of the worker until it can translate, the files being fetched from this machine.
    klartext_ready_ms: f64,
    fxtranslate_ready_ms: f64,
    /// WebAssembly memory of the workers at the end.
    klartext_memory_bytes: u64,
    fxtranslate_memory_bytes: u64,
}

/// What the page found out.
#[derive(Deserialize)]
struct Report {
    browser: String,
    sentences: usize,
    words: usize,
    equal: usize,
    klartext: Contestant,
    klartext_relaxed: Contestant,
    klartext_all: Contestant,
    fxtranslate: Contestant,
}

/// What the page found out about an engine.
#[derive(Deserialize)]
struct Contestant {
    /// The kernels that it says it uses.
    kernels: String,
    ready_ms: f64,
    /// One of each for every round.
    seconds: Vec<f64>,
    first_ms: Vec<f64>,
    memory_bytes: u64,
}

/// Runs the race.
pub(super) fn measure(options: &Options) -> Result<()> {
    let model = Model::read()?;
    let set = Set::for_speed(options)?;
    let folder = site::make(&set, options.rounds)?;
    let report: Report = visit(&folder, "tests/race/run.mjs", "/race/index.html", &[])?;
    let figures = figures(model, set.name, options.rounds, &report)?;
    println!("{}, {} words, {} rounds, {}", figures.text, figures.words, figures.rounds, figures.browser);
    for (name, speed, first, memory) in [
        ("klartext", figures.klartext_simd128_wps, figures.first_sentence_ms, figures.klartext_memory_bytes),
        (
            "relaxed",
            figures.klartext_relaxed_wps,
            median(&report.klartext_relaxed.first_ms, 1)?,
            report.klartext_relaxed.memory_bytes,
        ),
        (
            "all workers",
            figures.klartext_all_workers_wps,
            median(&report.klartext_all.first_ms, 1)?,
            report.klartext_all.memory_bytes,
        ),
        (
            "fxtranslate",
            figures.fxtranslate_simd128_wps,
            figures.fxtranslate_first_batch_ms,
            figures.fxtranslate_memory_bytes,
        ),
    ] {
        println!(
            "{name:<12} {:>8.1} words a second ({:.1} to {:.1}), the first after {first:.0} ms, {:.1} MB",
            speed.median,
            speed.min,
            speed.max,
            memory as f64 / 1e6
        );
    }
    println!(
        "ratio {:.3}, relaxed {:.3}, all workers {:.3} times one, {:.1} % of outputs equal",
        figures.ratio,
        figures.relaxed_ratio,
        figures.all_workers_ratio,
        100.0 * figures.equal_share
    );
    options.keep("browser", &figures)
}

/// Serves a folder, has a script open a page of it in Chromium, and returns what the script prints. The script is given the
/// folder of its packages, the page's address, the browser, and `more`.
pub(super) fn visit<T: DeserializeOwned>(
    site: &Path,
    script: &str,
    page: &str,
    more: &[&OsStr],
) -> Result<T> {
    setup::node()?;
    setup::npm_packages(&project::root().join(PACKAGES))?;
    let chromium = setup::chromium()?;
    let page = format!("http://{}{page}", serve::serve_in_background(site)?);
    say(&format!("{script} visits {page}"));
    let mut node = Command::new("node");
    node.current_dir(project::root()).args([script, PACKAGES, &page]).arg(chromium).args(more);
    serde_json::from_str(&output(&mut node)?).with_context(|| format!("{script} reported something unknown"))
}

fn figures(model: Model, text: &'static str, rounds: usize, report: &Report) -> Result<Figures> {
    let Report { browser, sentences, words, equal, klartext, klartext_relaxed, klartext_all, fxtranslate } =
        report;
    for engine in [klartext, fxtranslate] {
        ensure!(
            engine.kernels.ends_with("simd128"),
            "an engine ran with {} kernels and not simd128",
            engine.kernels
        );
    }
    ensure!(
        klartext_relaxed.kernels == "relaxed-simd",
        "this browser has no relaxed vectors: the engine ran with {} kernels",
        klartext_relaxed.kernels
    );
    Ok(Figures {
        model: model.name,
        model_bytes: model.bytes,
        browser: browser.clone(),
        text,
        sentences: *sentences,
        words: *words,
        rounds,
        klartext_simd128_wps: words_a_second(*words, &klartext.seconds)?,
        klartext_relaxed_wps: words_a_second(*words, &klartext_relaxed.seconds)?,
        klartext_all_workers_wps: words_a_second(*words, &klartext_all.seconds)?,
        fxtranslate_simd128_wps: words_a_second(*words, &fxtranslate.seconds)?,
        ratio: speed_ratio(&klartext.seconds, &fxtranslate.seconds)?,
        relaxed_ratio: speed_ratio(&klartext_relaxed.seconds, &fxtranslate.seconds)?,
        all_workers_ratio: speed_ratio(&klartext_all.seconds, &klartext_relaxed.seconds)?,
        equal_share: share(*equal, *sentences)?,
        first_sentence_ms: median(&klartext.first_ms, 1)?,
        fxtranslate_first_batch_ms: median(&fxtranslate.first_ms, 1)?,
        klartext_ready_ms: round(klartext.ready_ms, 1),
        fxtranslate_ready_ms: round(fxtranslate.ready_ms, 1),
        klartext_memory_bytes: klartext.memory_bytes,
        fxtranslate_memory_bytes: fxtranslate.memory_bytes,
    })
}
