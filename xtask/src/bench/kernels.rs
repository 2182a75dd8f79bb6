//! Where the time goes by the kind of layer, and how near the products of 8-bit numbers come to what their instruction can
//! do: natively, for every instruction set of this machine, and in Chromium.
//!
//! Nothing in the engine is instrumented. Model-core's example `kernels` counts the pieces of a text, makes the list of the
//! kernels' calls that its encoder and decoder need, at the model's shapes and the text's mean batches, and times each call
//! by itself, the least of many repetitions; a page has the kernels in WebAssembly do the same.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::material::{MODEL, Model, Set};
use super::stats::{median, round};
use super::{Options, browser, native};
use crate::bundle::KERNELS_RELAXED;
use crate::project::{self, output};
use crate::wasm::Compiler;

/// The page, from the repository's root.
const PAGE: &str = "tests/race/kernels";

#[derive(Serialize)]
struct Figures {
    model: String,
    browser: String,
    text: &'static str,
    words: usize,
    source_pieces_per_word: f64,
    target_pieces_per_word: f64,
    /// The whole engine natively on one thread, to compare the sums with: its kernels, and the median of the rounds.
    native_engine: String,
    native_engine_ns_per_word: f64,
    /// By where it runs and by its kernels.
    engines: BTreeMap<String, Engine>,
}

/// Figures of an instruction set.
#[derive(Serialize)]
struct Engine {
    /// Billions of operations a second of the bare loop of products; a multiplication and an addition are two.
    bound_gops: Option<f64>,
    /// Of all layers.
    ns_per_word: f64,
    layers: Vec<Layer>,
    products: Vec<Product>,
}

/// What layers of a kind take.
#[derive(Debug, PartialEq, Serialize)]
struct Layer {
    part: String,
    layer: String,
    ns_per_word: f64,
    /// Of all layers, 0 to 1.
    share: f64,
}

/// A product of `rows` rows of `k` numbers with `n` columns, quantising and scaling included.
#[derive(Debug, PartialEq, Serialize)]
struct Product {
    layer: String,
    rows: usize,
    k: usize,
    n: usize,
    gops: f64,
    /// Of the bare loop, 0 to 1.
    share_of_bound: Option<f64>,
}

/// What the example `kernels` prints.
#[derive(Deserialize)]
struct Native {
    words: usize,
    source_pieces: f64,
    target_pieces: f64,
    kernels: String,
    engine_seconds: Vec<f64>,
    calls: Vec<Call>,
    engines: Vec<Timed>,
}

/// A kernel's call.
#[derive(Deserialize, Serialize)]
struct Call {
    part: String,
    layer: String,
    /// Its number in `tests/race/kernels/work.rs`.
    kernel: usize,
    rows: usize,
    k: usize,
    n: usize,
    /// Multiplications and additions of 8-bit numbers.
    operations: u64,
    of_relu: bool,
    /// Calls for a word; none if it only stands among the products.
    per_word: Option<f64>,
}

/// The times of an instruction set.
#[derive(Deserialize)]
struct Timed {
    kernels: String,
    /// Of a call, for each.
    ns: Vec<f64>,
    bound_gops: Option<f64>,
}

/// What the page found out.
#[derive(Deserialize)]
struct Page {
    browser: String,
    engines: Vec<Timed>,
}

/// Measures both.
pub(super) fn measure(options: &Options) -> Result<()> {
    let model = Model::read()?;
    let set = Set::for_speed(options)?;
    let mut example = native::example("kernels")?.command();
    example.arg(MODEL).arg(&set.source).arg(options.rounds.to_string());
    let native: Native = serde_json::from_str(&output(&mut example)?)
        .context("the example kernels printed something unknown")?;
    let site = site(&native.calls, options.rounds)?;
    let page: Page = browser::visit(&site, "tests/race/run.mjs", "/index.html", &[])?;

    let mut engines = BTreeMap::new();
    for (place, timed) in [("native", &native.engines), ("browser", &page.engines)] {
        for timed in timed {
            let engine = Engine::new(&native.calls, timed)?;
            engines.insert(format!("{place} {}", timed.kernels), engine);
        }
    }
    let per_word = |pieces: f64| round(pieces / native.words as f64, 3);
    let figures = Figures {
        model: model.name,
        browser: page.browser,
        text: set.name,
        words: native.words,
        source_pieces_per_word: per_word(native.source_pieces),
        target_pieces_per_word: per_word(native.target_pieces),
        native_engine: native.kernels,
        native_engine_ns_per_word: round(1e9 * median(&native.engine_seconds, 9)? / native.words as f64, 1),
        engines,
    };
    print(&figures);
    options.keep("kernels", &figures)
}

/// The folder that the page is served from.
fn site(calls: &[Call], rounds: usize) -> Result<PathBuf> {
    let module = KERNELS_RELAXED.compile(&Compiler::find_or_install()?)?;
    let folder = project::cache("bench/kernels")?;
    let page = project::root().join(PAGE);
    for (from, name) in [
        (page.join("index.html"), "index.html"),
        (page.join("kernels.js"), "kernels.js"),
        (module, "kernels.wasm"),
    ] {
        fs::copy(&from, folder.join(name)).with_context(|| format!("cannot copy {}", from.display()))?;
    }
    let plan = folder.join("plan.json");
    fs::write(&plan, serde_json::to_vec(&json!({ "rounds": rounds, "calls": calls }))?)
        .with_context(|| format!("cannot write {}", plan.display()))?;
    Ok(folder)
}

impl Engine {
    fn new(calls: &[Call], timed: &Timed) -> Result<Self> {
        ensure!(calls.len() == timed.ns.len(), "{} timed {} of the calls", timed.kernels, timed.ns.len());
        ensure!(timed.ns.iter().all(|ns| *ns > 0.0), "{} took no time: {:?}", timed.kernels, timed.ns);
        let calls = || calls.iter().zip(&timed.ns);
        let total: f64 = calls().filter_map(|(call, ns)| Some(call.per_word? * ns)).sum();
        let mut layers: Vec<Layer> = Vec::new();
        for (call, ns) in calls() {
            let Some(per_word) = call.per_word else { continue };
            let ns = per_word * ns;
            // What a layer is made of stands together.
            match layers.last_mut().filter(|last| last.part == call.part && last.layer == call.layer) {
                Some(last) => last.ns_per_word += ns,
                None => layers.push(Layer {
                    part: call.part.clone(),
                    layer: call.layer.clone(),
                    ns_per_word: ns,
                    share: 0.0,
                }),
            }
        }
        for layer in &mut layers {
            layer.share = round(layer.ns_per_word / total, 4);
            layer.ns_per_word = round(layer.ns_per_word, 1);
        }
        let products = calls().filter(|(call, _)| call.operations > 0).map(|(call, ns)| {
            let gops = call.operations as f64 / ns;
            let share = timed.bound_gops.map(|bound| gops / bound);
            Product {
                layer: format!("{}: {}", call.part, call.layer),
                rows: call.rows,
                k: call.k,
                n: call.n,
                gops: round(gops, 1),
                share_of_bound: share.map(|share| round(share, 3)),
            }
        });
        Ok(Self {
            bound_gops: timed.bound_gops.map(|bound| round(bound, 1)),
            ns_per_word: round(total, 1),
            layers,
            products: products.collect(),
        })
    }
}

/// Both tables, an engine after the other.
fn print(figures: &Figures) {
    println!(
        "{}, {} words; the native engine as a whole ({}): {:.0} ns a word",
        figures.text, figures.words, figures.native_engine, figures.native_engine_ns_per_word
    );
    for (name, engine) in &figures.engines {
        println!("\n{name:<42} {:>9.0} ns a word", engine.ns_per_word);
        for Layer { part, layer, ns_per_word, share } in &engine.layers {
            println!("  {:<40} {ns_per_word:>9.0} {:>6.1} %", format!("{part}: {layer}"), 100.0 * share);
        }
        let bound = engine.bound_gops.map_or_else(|| "unknown".to_owned(), |bound| format!("{bound:.1}"));
        println!("  the bare loop makes {bound} GOP/s");
        for Product { layer, rows, k, n, gops, share_of_bound } in &engine.products {
            let percent = |share: &Option<f64>| share.map_or(0.0, |share| 100.0 * share);
            println!(
                "  {layer:<40} {:>18} {gops:>7.1} GOP/s {:>6.1} %",
                format!("{rows} x {k} x {n}"),
                percent(share_of_bound),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(layer: &str, operations: u64, of_relu: bool, per_word: Option<f64>) -> Call {
        let part = "encoder".to_owned();
        Call { part, layer: layer.to_owned(), kernel: 1, rows: 2, k: 3, n: 4, operations, of_relu, per_word }
    }

    #[test]
    fn calls_become_layers_and_products() {
        let calls = [
            call("feed-forward", 400, false, Some(2.0)),
            call("feed-forward", 400, true, Some(1.0)),
            call("normalisation", 0, false, Some(0.5)),
            call("feed-forward", 100, false, None),
        ];
        let timed = Timed {
            kernels: "relaxed-simd".into(),
            ns: vec![40.0, 20.0, 200.0, 10.0],
            bound_gops: Some(40.0),
        };
        let engine = Engine::new(&calls, &timed).unwrap();
        assert_eq!(engine.ns_per_word, 200.0);
        let layers: Vec<_> =
            engine.layers.iter().map(|layer| (&*layer.layer, layer.ns_per_word, layer.share)).collect();
        assert_eq!(layers, [("feed-forward", 100.0, 0.5), ("normalisation", 100.0, 0.5)]);
        let products: Vec<_> =
            engine.products.iter().map(|product| (product.gops, product.share_of_bound)).collect();
        assert_eq!(products, [(10.0, Some(0.25)), (20.0, Some(0.5)), (10.0, Some(0.25))]);
        let too_few = Timed { ns: vec![1.0], ..timed };
        assert!(Engine::new(&calls, &too_few).is_err());
    }
}
