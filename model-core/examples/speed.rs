//! Times beside another engine, on one thread, the two taking turns; prints one JSON object.
//!
//! `speed MODEL_DIR TEXT [ROUNDS] [klartext|fxtranslate]`: with an engine's name only that one runs, for the peak memory
//! of its process. `cargo xtask bench speed` calls it.

mod support;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use model_core::translate::Order;
use model_core::{Device, Files, Options, Translator};
use serde_json::json;
use support::Oracle;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("which model?")?);
    let text = fs::read_to_string(arguments.next().ok_or("which text?")?)?;
    let rounds: usize = arguments.next().map_or(Ok(5), |rounds| rounds.parse())?;
    let only = arguments.next();
    let wanted = |name: &str| only.as_deref().is_none_or(|only| only == name);

    let lines: Vec<&str> = text.lines().collect();
    let ours = if wanted("klartext") { Some(klartext(&folder)?) } else { None };
    let theirs = if wanted("fxtranslate") { Some(Oracle::load(&folder)?) } else { None };
    let mut klartext = Timed::new(ours.as_ref().map(|translator| {
        || {
            let options = Options { order: Order::Length, ..Options::default() };
            translator.translate(&lines, &options).into_iter().map(|done| done.text).collect()
        }
    }));
    let mut fxtranslate = Timed::new(theirs.as_ref().map(|oracle| || oracle.translate(&lines)));
    for round in 0..rounds {
        // Nobody is always the first.
        if round % 2 == 0 {
            klartext.run();
            fxtranslate.run();
        } else {
            fxtranslate.run();
            klartext.run();
        }
    }
    let pairs = klartext.outputs.iter().zip(&fxtranslate.outputs);
    let equal_share = (only.is_none() && !lines.is_empty())
        .then(|| pairs.filter(|(ours, theirs)| ours == theirs).count() as f64 / lines.len() as f64);
    let result = json!({
        "words": text.split_whitespace().count(),
        "sentences": lines.len(),
        "kernels": model_core::ops::Isa::best().name(),
        "klartext_seconds": klartext.seconds,
        "fxtranslate_seconds": fxtranslate.seconds,
        "equal_share": equal_share,
        "peak_memory_bytes": peak_memory(),
    });
    println!("{result}");
    Ok(())
}

/// An engine at work, if it takes part.
struct Timed<F> {
    translate: Option<F>,
    /// How long each round took.
    seconds: Vec<f64>,
    /// What the last one made.
    outputs: Vec<String>,
}

impl<F: Fn() -> Vec<String>> Timed<F> {
    fn new(translate: Option<F>) -> Self {
        Self { translate, seconds: Vec::new(), outputs: Vec::new() }
    }

    fn run(&mut self) {
        if let Some(translate) = &self.translate {
            let started = Instant::now();
            self.outputs = translate();
            self.seconds.push(started.elapsed().as_secs_f64());
        }
    }
}

fn klartext(folder: &Path) -> Result<Translator, Box<dyn Error>> {
    let [model, vocabulary] = support::files(folder)?;
    let files = Files { model: &model, vocabulary: &vocabulary, target_vocabulary: None, shortlist: None };
    Ok(Translator::load(files, &Device::flex())?)
}

/// The most memory that this process has had, in bytes; none where the system does not say.
fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    kilobytes.trim().trim_end_matches("kB").trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}
