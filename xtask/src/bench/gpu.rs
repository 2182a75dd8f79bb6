//! What the GPU does with an article: natively through Vulkan, Metal or Direct3D, and in Chromium through WebGPU. Where a
//! machine has no GPU, drivers that compute on the CPU stand in, and the figures say so by their names.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::browser::site::asset;
use super::material::{MODEL, Set};
use super::native;
use super::{Options, browser};
use crate::bundle::{self, ENGINE_GPU};
use crate::project::{self, output};
use crate::{figures, setup, size};

/// The sample article that the page translates.
const ARTICLE: &str = "/article/kolibri-k1-dresden";

#[derive(Serialize)]
struct Figures {
    encoder_dispatches: u64,
    dispatches_per_step: u64,
    steps_per_readback: u64,
    engine_brotli_bytes: usize,
    dispatches_per_slice: u64,
    /// Natively, after the longest batch.
    gpu_memory_bytes: u64,
    model_bytes: u64,
    /// Milliseconds for an article of some 600 words, by adapter.
    article_ms: BTreeMap<String, f64>,
    /// What the example of model-core found, by adapter: this machine's, and those of others that measured before.
    native: BTreeMap<String, Value>,
    page: Page,
}

/// What the page found out.
#[derive(Serialize, Deserialize)]
struct Page {
    browser: String,
    adapter: String,
    words: u64,
    sentences: u64,
    gpu_sentences: u64,
    /// From the start of the engine's worker until the GPU has passed its tests.
    ready_ms: f64,
    first_sentence_ms: f64,
    article_ms: f64,
    gpu_memory_bytes: u64,
    /// Milliseconds of batches in the GPU's worker.
    by_sentences: Value,
}

/// Measures both.
pub(super) fn measure(options: &Options) -> Result<()> {
    let set = Set::for_speed(options)?;
    setup::vulkan();
    let program = native::example_on_gpu("gpu")?;
    let mut native: Value = serde_json::from_str(&output(program.command().arg(MODEL).arg(&set.source))?)
        .context("the example gpu printed something unknown")?;
    let before = figures::read("gpu").unwrap_or_default();
    let earlier = |name: &str| before[name].as_object().cloned().unwrap_or_default();
    let pieces = project::cache("bench")?.join("pieces.json");
    fs::write(&pieces, serde_json::to_vec(&json!({ "eos": native["eos"], "pieces": native["pieces"] }))?)?;
    if let Some(native) = native.as_object_mut() {
        native.retain(|name, _| name != "eos" && name != "pieces");
    }
    let page = in_page(&pieces)?;
    let number = |value: &Value, name: &str| value[name].as_u64().with_context(|| format!("no {name}"));
    let steps = &native["steps"];
    let adapter = native["adapter"].as_str().unwrap_or("unknown").to_owned();
    let mut article_ms: BTreeMap<String, f64> =
        earlier("article_ms").into_iter().filter_map(|(name, ms)| Some((name, ms.as_f64()?))).collect();
    // In slices, as the page does it, where the device can.
    let fastest = native["article_slice_ms"].as_f64().or(native["article_ms"].as_f64());
    article_ms.extend([
        (adapter.clone(), fastest.context("no article_ms")?),
        (page.adapter.clone(), page.article_ms),
    ]);
    let figures = Figures {
        encoder_dispatches: number(steps, "encoder_dispatches")?,
        dispatches_per_step: number(steps, "dispatches_per_step")?,
        dispatches_per_slice: number(steps, "dispatches_per_slice")?,
        steps_per_readback: number(&native, "steps_per_readback")?,
        engine_brotli_bytes: size::brotli_bytes(&ENGINE_GPU)?,
        gpu_memory_bytes: number(&native, "gpu_memory_bytes")?,
        model_bytes: number(&native, "model_bytes")?,
        article_ms,
        native: earlier("native").into_iter().chain([(adapter, native.clone())]).collect(),
        page,
    };
    println!("{}", serde_json::to_string_pretty(&figures)?);
    options.keep("gpu", &figures)
}

/// Has the reader translate an article on the GPU.
fn in_page(pieces: &Path) -> Result<Page> {
    bundle::ensure()?;
    let dist = project::dist();
    let worker = asset(&dist, "engine-gpu-worker-", ".js")?;
    let model = format!("/{}/model.deen.intgemm.alphas.bin", MODEL.trim_start_matches("public/"));
    let page = format!("{ARTICLE}?engine=gpu");
    let more = [worker.as_ref(), model.as_ref(), pieces.as_os_str()];
    browser::visit(&dist, "tests/race/gpu.mjs", &page, &more)
}
