//! Words a second in a browser: a page in Chromium has Klartext's worker and those of other engines translate the same
//! sentences in turns. The page lies in `tests/race`, and never in `dist/`.

pub(super) mod site;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Options;
use super::material::{Model, Set};
use super::picture::{Bar, Picture};
use super::stats::{Spread, median, round, share, speed_ratio, words_a_second};
use crate::project::{self, output, say};
use crate::{serve, setup};

/// Where the browser tests' npm packages are installed, from the repository's root.
const PACKAGES: &str = "tests/browser/harness";

/// Who takes part.
struct Entrant {
    /// In the figures.
    name: &'static str,
    /// For people.
    title: &'static str,
    /// What its worker has to say of its kernels.
    kernels: &'static [&'static str],
    /// Whether it is ours: then its text is that of the first of ours.
    ours: bool,
}

/// The kernels of the module with relaxed vectors; the processor decides which.
const RELAXED: &[&str] = &["relaxed-simd", "relaxed-pairs"];

/// Everybody, the fastest first, as it is to be expected.
const ENTRANTS: [Entrant; 6] = [
    Entrant { name: "klartext_all_workers", title: "Klartext, all cores", kernels: RELAXED, ours: true },
    Entrant { name: "klartext_relaxed", title: "Klartext, relaxed SIMD", kernels: RELAXED, ours: true },
    Entrant { name: "klartext_simd128", title: "Klartext, SIMD", kernels: &["simd128"], ours: true },
    Entrant {
        name: "fxtranslate_simd128",
        title: "fxtranslate 0.5, SIMD",
        kernels: &["wasm-simd128"],
        ours: false,
    },
    Entrant { name: "bergamot", title: "Bergamot 0.4.9 of npm", kernels: &["the module's own"], ours: false },
    Entrant { name: "fxtranslate_npm", title: "fxtranslate 0.4.2 of npm", kernels: &["scalar"], ours: false },
];

/// Whose speeds are divided by whose.
const RATIOS: [(&str, &str); 6] = [
    ("klartext_relaxed", "fxtranslate_simd128"),
    ("klartext_relaxed", "bergamot"),
    ("klartext_relaxed", "fxtranslate_npm"),
    ("klartext_simd128", "fxtranslate_simd128"),
    ("klartext_simd128", "bergamot"),
    ("klartext_all_workers", "klartext_relaxed"),
];

#[derive(Serialize)]
struct Figures {
    model: String,
    model_bytes: u64,
    browser: String,
    text: &'static str,
    sentences: usize,
    words: usize,
    rounds: usize,
    /// Words a second: `NAME_wps` of each.
    #[serde(flatten)]
    speeds: BTreeMap<String, Spread>,
    /// How many times as fast as another one was: the median of the rounds, in each of which both took their turn.
    ratios: BTreeMap<String, f64>,
    engines: BTreeMap<&'static str, Engine>,
    /// The share of the first sentences that Bergamot translates as Klartext does when its products of 8-bit numbers are
    /// exact. Its own add pairs of them in 16 bits, with saturation.
    bergamot_exact_equal_share: f64,
}

/// What there is to say about an engine besides its speed.
#[derive(Serialize)]
struct Engine {
    kernels: String,
    /// How much of the text it translated: slow ones get its first sentences.
    sentences: usize,
    words: usize,
    /// From the start of the worker until it can translate, the files being fetched from this machine.
    ready_ms: f64,
    /// From the order to translate the text to the first sentence, or to the end of another engine's first batch: the
    /// median of the rounds.
    first_sentence_ms: f64,
    /// WebAssembly memory of the worker at the end; helpers of ours have as much each.
    memory_bytes: u64,
    /// The share of sentences that it translates as Klartext does, 0 to 1.
    equal_share: f64,
}

/// What the page found out.
#[derive(Deserialize)]
struct Report {
    browser: String,
    sentences: usize,
    words: usize,
    contestants: BTreeMap<String, Contestant>,
    bergamot_exact: Equal,
}

/// What the page found out about an engine.
#[derive(Deserialize)]
struct Contestant {
    kernels: String,
    sentences: usize,
    words: usize,
    /// Sentences translated as Klartext does.
    equal: usize,
    /// A few of the others.
    differences: Vec<Difference>,
    ready_ms: f64,
    /// One of each for every round.
    seconds: Vec<f64>,
    first_ms: Vec<f64>,
    memory_bytes: u64,
}

/// How many sentences of how many are translated as Klartext does.
#[derive(Deserialize)]
struct Equal {
    sentences: usize,
    equal: usize,
}

/// A sentence and two translations.
#[derive(Deserialize)]
struct Difference {
    source: String,
    klartext: String,
    other: String,
}

/// Runs the race.
pub(super) fn measure(options: &Options) -> Result<()> {
    let model = Model::read()?;
    let set = Set::for_speed(options)?;
    let folder = site::make(&set, options.rounds)?;
    let report: Report = visit(&folder, "tests/race/run.mjs", "/race/index.html", &[])?;
    let figures = figures(model, set.name, options.rounds, &report)?;
    print(&figures, &report)?;
    options.keep("browser", &figures)?;
    if options.counts() {
        let path = picture(&figures)?.write("race")?;
        say(&format!("drawn to {}", path.display()));
    }
    Ok(())
}

/// Serves a folder, and sees to what scripts need that visit it; where it is, and the browser.
pub(super) fn stage(site: &Path) -> Result<(SocketAddr, PathBuf)> {
    setup::node()?;
    setup::npm_packages(&project::root().join(PACKAGES))?;
    Ok((serve::serve_in_background(site)?, setup::chromium()?))
}

/// Serves a folder, has a script open a page of it in Chromium, and returns what the script prints. The script is given the
/// folder of its packages, the page's address, the browser, and `more`.
pub(super) fn visit<T: DeserializeOwned>(
    site: &Path,
    script: &str,
    page: &str,
    more: &[&OsStr],
) -> Result<T> {
    let (address, chromium) = stage(site)?;
    let page = format!("http://{address}{page}");
    say(&format!("{script} visits {page}"));
    let mut node = Command::new("node");
    node.current_dir(project::root()).args([script, PACKAGES, &page]).arg(chromium).args(more);
    serde_json::from_str(&output(&mut node)?).with_context(|| format!("{script} reported something unknown"))
}

impl Report {
    fn contestant(&self, name: &str) -> Result<&Contestant> {
        self.contestants.get(name).with_context(|| format!("{name} did not take part"))
    }

    /// How many times as fast as `other` the one named was.
    fn ratio(&self, name: &str, other: &str) -> Result<f64> {
        speed_ratio(&self.contestant(name)?.pace(), &self.contestant(other)?.pace())
    }
}

impl Contestant {
    /// Seconds for a word, of each round.
    fn pace(&self) -> Vec<f64> {
        self.seconds.iter().map(|seconds| seconds / self.words as f64).collect()
    }
}

fn figures(model: Model, text: &'static str, rounds: usize, report: &Report) -> Result<Figures> {
    let (mut speeds, mut engines) = (BTreeMap::new(), BTreeMap::new());
    for Entrant { name, kernels, ours, .. } in ENTRANTS {
        let it = report.contestant(name)?;
        let known = kernels.contains(&it.kernels.as_str());
        ensure!(known, "{name} ran with {} kernels and not {}", it.kernels, kernels.join(" or "));
        ensure!(!ours || it.equal == it.sentences, "{name} makes another text than Klartext's other engines");
        speeds.insert(format!("{name}_wps"), words_a_second(it.words, &it.seconds)?);
        let engine = Engine {
            kernels: it.kernels.clone(),
            sentences: it.sentences,
            words: it.words,
            ready_ms: round(it.ready_ms, 1),
            first_sentence_ms: median(&it.first_ms, 1)?,
            memory_bytes: it.memory_bytes,
            equal_share: share(it.equal, it.sentences)?,
        };
        engines.insert(name, engine);
    }
    let ratio = |(name, other): (&str, &str)| Ok((format!("{name}_to_{other}"), report.ratio(name, other)?));
    Ok(Figures {
        model: model.name,
        model_bytes: model.bytes,
        browser: report.browser.clone(),
        text,
        sentences: report.sentences,
        words: report.words,
        rounds,
        speeds,
        ratios: RATIOS.into_iter().map(ratio).collect::<Result<_>>()?,
        engines,
        bergamot_exact_equal_share: share(report.bergamot_exact.equal, report.bergamot_exact.sentences)?,
    })
}

/// Tells the figures, and a few sentences that others translate differently.
fn print(figures: &Figures, report: &Report) -> Result<()> {
    println!("{}, {} words, {} rounds, {}", figures.text, figures.words, figures.rounds, figures.browser);
    for Entrant { name, .. } in ENTRANTS {
        let (speed, engine) = (&figures.speeds[&format!("{name}_wps")], &figures.engines[name]);
        println!(
            "{name:<20} {:>8.1} words a second ({:.1} to {:.1}), the first after {:.0} ms, {:.1} MB, {:.1} % of {} equal",
            speed.median,
            speed.min,
            speed.max,
            engine.first_sentence_ms,
            engine.memory_bytes as f64 / 1e6,
            100.0 * engine.equal_share,
            engine.sentences,
        );
    }
    for (name, ratio) in &figures.ratios {
        println!("{name:<40} {ratio:.3}");
    }
    let exact = 100.0 * figures.bergamot_exact_equal_share;
    println!("bergamot with exact products: {exact:.1} % of {} equal", report.bergamot_exact.sentences);
    for Entrant { name, .. } in ENTRANTS {
        for Difference { source, klartext, other } in &report.contestant(name)?.differences {
            println!("\n{source}\n  klartext: {klartext}\n  {name}: {other}");
        }
    }
    Ok(())
}

/// The speeds as bars.
fn picture(figures: &Figures) -> Result<Picture> {
    let bar = |Entrant { name, title, ours, .. }: Entrant| -> Result<Bar> {
        let spread = *figures.speeds.get(&format!("{name}_wps")).context("every entrant has a speed")?;
        Ok(Bar { label: title, spread, ours })
    };
    Ok(Picture {
        title: "Words a second in a browser",
        caption: format!(
            "The same German text and model in {}; median, least and greatest of {} rounds",
            figures.browser, figures.rounds
        ),
        bars: ENTRANTS.into_iter().map(bar).collect::<Result<_>>()?,
    })
}
