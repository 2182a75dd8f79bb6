//! What the browser downloads, in bytes, and the budgets for it.

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Serialize;

use crate::bundle::{self, Bundle, ENGINE, ENGINE_GPU, ENGINE_RELAXED, READER};
use crate::costs::Costs;
use crate::counts::Counts;
use crate::project::{self, say};
use crate::site::brotli;
use crate::wasm::Compiler;
use crate::{figures, setup};

/// A bundle, the files of `dist/assets` that are downloaded with it, and the most that they may take after brotli.
const BUDGETS: [(&Bundle, &[&str], usize); 4] = [
    (&READER, &["boot", "reader", "style"], 400_000),
    (&ENGINE, &["engine", "worker"], 600_000),
    (&ENGINE_RELAXED, &["engine-relaxed", "worker"], 600_000),
    (&ENGINE_GPU, &["engine-gpu", "engine-gpu-worker"], 1_500_000),
];

/// The most that a page with the widget may load before anybody clicks, in bytes after gzip.
const BEFORE_CLICK: usize = 5_000;

/// Sizes in bytes.
#[derive(Serialize)]
struct Figures {
    /// False if wasm-opt was not to be had.
    wasm_opt: bool,
    reader: Sizes,
    engine: Sizes,
    engine_relaxed: Sizes,
    engine_gpu: Sizes,
    embed: EmbedSizes,
}

/// Sizes of what a page of another site loads, in bytes.
#[derive(Serialize)]
struct EmbedSizes {
    /// The widget's script with all that it imports at once.
    before_click_gzip_bytes: usize,
    budget_gzip: usize,
    /// What the click brings, as a browser is sent it: with brotli where that makes it less.
    after_click: Costs,
}

/// Sizes of one bundle in bytes.
#[derive(Serialize)]
struct Sizes {
    /// The WebAssembly module as wasm-bindgen leaves it.
    wasm_raw: usize,
    /// The same after wasm-opt.
    wasm: usize,
    /// All that is downloaded for the bundle, uncompressed.
    total: usize,
    total_gzip: usize,
    total_brotli: usize,
    budget_brotli: usize,
}

/// The files of a bundle together.
#[derive(Default)]
struct Download {
    plain: usize,
    gzip: usize,
    brotli: usize,
}

/// `cargo xtask size`: measures, prints and writes `docs/figures/size.json`.
pub(crate) fn size() -> Result<()> {
    bundle::ensure()?;
    let compiler = Compiler::find_or_install()?;
    let [reader, engine, engine_relaxed, engine_gpu] = BUDGETS.map(|(bundle, files, budget)| -> Result<Sizes> {
        let made = bundle.make(&compiler)?;
        let download = download(&project::dist(), files)?;
        println!(
            "{:<14} WebAssembly {:>9} → {:>9} with wasm-opt; all files {:>9}, gzip {:>8}, brotli {:>8} of {budget}",
            bundle.name, made.unoptimised, made.wasm.len(), download.plain, download.gzip, download.brotli
        );
        Ok(Sizes {
            wasm_raw: made.unoptimised,
            wasm: made.wasm.len(),
            total: download.plain,
            total_gzip: download.gzip,
            total_brotli: download.brotli,
            budget_brotli: budget,
        })
    });
    let content = Figures {
        wasm_opt: setup::wasm_opt().is_some(),
        reader: reader?,
        engine: engine?,
        engine_relaxed: engine_relaxed?,
        engine_gpu: engine_gpu?,
        embed: EmbedSizes {
            before_click_gzip_bytes: before_click(&project::dist())?,
            budget_gzip: BEFORE_CLICK,
            after_click: Costs::read(&project::dist())?,
        },
    };
    println!(
        "{:<14} gzip {:>8} of {BEFORE_CLICK} before the click",
        "embed", content.embed.before_click_gzip_bytes
    );
    let path = figures::write("size", "cargo xtask size", &content)?;
    say(&format!("written to {}", path.display()));
    Ok(())
}

/// Does every bundle keep to its budget? One check for each.
pub(crate) fn check() -> Result<Counts> {
    bundle::ensure()?;
    let mut counts = Counts::default();
    for (bundle, files, budget) in BUDGETS {
        let size = download(&project::dist(), files)?.brotli;
        let within = size <= budget;
        println!(
            "{}: {size} bytes after brotli, {budget} allowed{}",
            bundle.name,
            if within { "" } else { ": TOO LARGE" }
        );
        counts += if within { Counts::PASSED } else { Counts::FAILED };
    }
    let size = before_click(&project::dist())?;
    let within = size <= BEFORE_CLICK;
    println!(
        "embed: {size} bytes after gzip before the click, {BEFORE_CLICK} allowed{}",
        if within { "" } else { ": TOO LARGE" }
    );
    counts += if within { Counts::PASSED } else { Counts::FAILED };
    Ok(counts)
}

/// What the widget's script takes before the click, in bytes after gzip.
fn before_click(dist: &Path) -> Result<usize> {
    let script = dist.join("embed/klartext.js");
    Ok(gzip(&fs::read(&script).with_context(|| format!("cannot read {}", script.display()))?)?.len())
}

/// What is downloaded for a bundle that has a budget, in bytes after brotli.
pub(crate) fn brotli_bytes(bundle: &Bundle) -> Result<usize> {
    let budget = BUDGETS.iter().find(|(with_budget, ..)| with_budget.name == bundle.name);
    let (_, files, _) = budget.with_context(|| format!("the {} has no budget", bundle.name))?;
    Ok(download(&project::dist(), files)?.brotli)
}

/// Sizes of the files `assets/NAME-HASH.*`.
fn download(dist: &Path, names: &[&str]) -> Result<Download> {
    let mut sum = Download::default();
    for name in names {
        let of_name = |file: &Path| {
            let file = file.file_name().unwrap_or_default().to_string_lossy();
            let hash = file.strip_prefix(name).and_then(|rest| rest.strip_prefix('-'));
            hash.is_some_and(|hash| !hash.contains('-')) && !file.ends_with(".br")
        };
        let files = project::files_below(&dist.join("assets"))?;
        let mut files = files.iter().filter(|file| of_name(file)).peekable();
        if files.peek().is_none() {
            bail!("dist/assets has no {name}");
        }
        for file in files {
            let content = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
            sum.plain += content.len();
            sum.gzip += gzip(&content)?.len();
            sum.brotli += brotli(&content, 11).len();
        }
    }
    Ok(sum)
}

fn gzip(content: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(content)?;
    Ok(encoder.finish()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_files_of_the_names_are_summed() {
        let dist = std::env::temp_dir().join(format!("klartext-size-{}", std::process::id()));
        fs::create_dir_all(dist.join("assets")).unwrap();
        for (name, bytes) in [
            ("a-1.js", 10),
            ("a-1.wasm", 100),
            ("a-1.wasm.br", 7),
            ("b-1.js", 1000),
            ("ab-1.js", 5000),
            ("a-b-1.js", 9000),
        ] {
            fs::write(dist.join("assets").join(name), vec![b'x'; bytes]).unwrap();
        }
        assert_eq!(download(&dist, &["a"]).unwrap().plain, 110);
        let both = download(&dist, &["a", "b"]).unwrap();
        assert_eq!(both.plain, 1110);
        assert!(both.brotli < both.plain && both.gzip < both.plain);
        let missing = download(&dist, &["c"]).err().unwrap().to_string();
        fs::remove_dir_all(&dist).unwrap();
        assert!(missing.contains(" c"), "{missing}");
    }
}
