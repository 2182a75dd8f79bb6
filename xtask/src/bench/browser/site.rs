//! The folder that the race is served from: a copy of `dist/`, the page, and the other engines.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Serialize;

use crate::bench::material::{MODEL, Set};
use crate::bundle::{self, Bundle};
use crate::wasm::Compiler;
use crate::{project, setup};

/// fxtranslate, built as our engine is.
const ORACLE: Bundle = Bundle {
    name: "oracle",
    workspace: "tests/race/oracle",
    package: "klartext-race-oracle",
    beside: "race-oracle",
    features: "",
    profile: "release",
    target_features: Some("+simd128"),
    level: Some("-O3"),
};

/// Where the other engines' npm packages are installed, from the repository's root.
const PACKAGES: &str = "tests/race";

/// What the page loads of them, and the folder that it finds it in.
const PACKAGED: [(&str, &[&str], &str); 2] = [
    (
        "@browsermt/bergamot-translator/worker",
        &["bergamot-translator-worker.js", "bergamot-translator-worker.wasm", "translator-worker.js"],
        "bergamot",
    ),
    ("fxtranslate/wasm", &["fxtranslate_wasm.js", "fxtranslate_wasm_bg.wasm"], "fxtranslate"),
];

/// How many sentences an engine translates that is several times as slow as the others.
const SLOW_SENTENCES: usize = 64;

/// What the page is told; it reads it from `race.json`.
#[derive(Serialize)]
struct Plan {
    rounds: usize,
    slow_sentences: usize,
    /// One sentence each.
    lines: Vec<String>,
    /// Addresses of Klartext's worker and the model's manifest.
    worker: String,
    manifest: String,
}

/// Builds whatever is missing, and puts the folder together.
pub(super) fn make(set: &Set, rounds: usize) -> Result<PathBuf> {
    bundle::ensure()?;
    let oracle = ORACLE.make(&Compiler::find_or_install()?)?;
    let folder = project::cache("bench/race")?;
    fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    copy(&project::dist(), &folder)?;
    let race = folder.join("race");
    copy(&project::root().join("tests/race/page"), &race)?;
    write(&race.join("fxtranslate/oracle.js"), &oracle.js)?;
    write(&race.join("fxtranslate/oracle.wasm"), &oracle.wasm)?;
    let packages = project::root().join(PACKAGES);
    setup::npm_packages(&packages)?;
    for (from, names, to) in PACKAGED {
        for name in names {
            let file = packages.join("node_modules").join(from).join(name);
            fs::copy(&file, race.join(to).join(name))
                .with_context(|| format!("cannot copy {}", file.display()))?;
        }
    }
    let plan = Plan {
        rounds,
        slow_sentences: SLOW_SENTENCES,
        lines: set.sentences()?,
        worker: asset(&folder, "worker-", ".js")?,
        manifest: format!("/{}/manifest.json", MODEL.trim_start_matches("public/")),
    };
    write(&race.join("race.json"), &serde_json::to_vec(&plan)?)?;
    Ok(folder)
}

/// Copies a folder.
fn copy(from: &Path, to: &Path) -> Result<()> {
    for file in project::files_below(from)? {
        let copy = to.join(file.strip_prefix(from)?);
        fs::create_dir_all(copy.parent().context("a copy lies in a folder")?)?;
        fs::copy(&file, &copy).with_context(|| format!("cannot copy {}", file.display()))?;
    }
    Ok(())
}

fn write(path: &Path, content: &[u8]) -> Result<()> {
    fs::write(path, content).with_context(|| format!("cannot write {}", path.display()))
}

/// The address of a file in a site's `assets`, whose name has its content's hash in the middle.
pub(in crate::bench) fn asset(site: &Path, start: &str, end: &str) -> Result<String> {
    let names = project::files_below(&site.join("assets"))?;
    let mut names = names.iter().filter_map(|file| file.file_name()?.to_str());
    let name = names.find(|name| name.starts_with(start) && name.ends_with(end));
    Ok(format!("/assets/{}", name.with_context(|| format!("{} has no {start}…{end}", site.display()))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worker_is_found_in_a_copy() {
        let base = std::env::temp_dir().join(format!("klartext-race-{}", std::process::id()));
        let (from, to) = (base.join("from"), base.join("to"));
        fs::create_dir_all(from.join("assets")).unwrap();
        for name in ["engine-1.js", "worker-2.js", "worker-2.js.br"] {
            fs::write(from.join("assets").join(name), name).unwrap();
        }
        let worker = |site: &Path| asset(site, "worker-", ".js");
        assert!(worker(&from).is_ok());
        copy(&from, &to).unwrap();
        let found = worker(&to).unwrap();
        fs::remove_file(to.join("assets/worker-2.js")).unwrap();
        let missing = worker(&to).unwrap_err().to_string();
        fs::remove_dir_all(&base).unwrap();
        assert_eq!(found, "/assets/worker-2.js");
        assert!(missing.contains("no worker-"), "{missing}");
    }
}
