//! The npm package: the widget with the engine and the model beside it, and what tools want to know of it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::costs::Costs;
use crate::embed::{self, Addresses};
use crate::project::{self, output, say};
use crate::{bundle, setup};

/// The scripts of the engine and its modules, by the beginnings of their names in `dist/assets`.
const ENGINE: [&str; 3] = ["engine", "worker", "snippets"];

/// Files beside the package's own, from the repository's root.
const ALSO: [&str; 3] = ["LICENSE-APACHE", "LICENSE-MIT", "app/widget/custom-elements.json"];

/// `cargo xtask package`: builds what has changed, packs, and returns where the tarball lies.
pub(crate) fn package() -> Result<PathBuf> {
    bundle::ensure()?;
    setup::node()?;
    let folder = project::cache("package")?;
    let unpacked = folder.join("unpacked");
    if unpacked.exists() {
        fs::remove_dir_all(&unpacked).with_context(|| format!("cannot empty {}", unpacked.display()))?;
    }
    fill(&unpacked)?;
    let mut npm = setup::npm("pack", &unpacked);
    npm.args(["--json", "--ignore-scripts", "--pack-destination"]).arg(&folder);
    npm.stdout(std::process::Stdio::piped());
    let packed: Value =
        serde_json::from_str(&output(&mut npm)?).context("npm does not say what it packed")?;
    let name = file_name(&packed).context("npm does not name the file that it packed")?;
    let tarball = folder.join(name);
    say(&format!("packed {}, {} bytes", tarball.display(), fs::metadata(&tarball)?.len()));
    Ok(tarball)
}

/// The tarball's name in what `npm pack --json` says: a list of packages, or an object of them by their names.
fn file_name(packed: &Value) -> Option<&str> {
    let first = match packed {
        Value::Array(list) => list.first(),
        Value::Object(object) => object.values().next(),
        _ => None,
    };
    first?["filename"].as_str()
}

/// Lays the package's files out.
fn fill(package: &Path) -> Result<()> {
    let dist = project::dist();
    let root = project::root();
    let own = root.join("app/widget/package");
    for file in project::files_below(&own)? {
        copy(&file, &package.join(file.strip_prefix(&own)?))?;
    }
    for file in ALSO {
        let file = root.join(file);
        copy(&file, &package.join(file.file_name().unwrap_or_default()))?;
    }
    let types = root.join("app/widget/types");
    for file in project::files_below(&types)? {
        copy(&file, &package.join("dist").join(file.strip_prefix(&types)?))?;
    }
    let mut worker = None;
    for file in project::files_below(&dist)? {
        let name = file.strip_prefix(&dist)?;
        if !is_packed(name) {
            continue;
        }
        copy(&file, &package.join("dist").join(name))?;
        let name = name.to_string_lossy();
        if name.starts_with("assets/worker-") {
            worker = Some(format!("./{name}"));
        }
    }
    let Costs { engine, model, .. } = Costs::read(&dist)?;
    let worker = worker.context("dist/assets has no worker")?;
    let manifest = "./models/deen/manifest.json";
    let widget = embed::bundle(&Addresses { worker: &worker, model: manifest, bytes: engine + model })?;
    for (name, script) in &widget.scripts {
        fs::write(package.join("dist").join(name), &script.content)
            .with_context(|| format!("cannot write {name} into {}", package.display()))?;
    }
    set_version(&package.join("package.json"))
}

/// Whether a file of `dist/` belongs to the package.
fn is_packed(name: &Path) -> bool {
    let is_plain = name.extension().is_none_or(|kind| kind != "br");
    let is_engine = name
        .strip_prefix("assets")
        .is_ok_and(|name| ENGINE.iter().any(|start| name.to_string_lossy().starts_with(start)));
    is_plain && (is_engine || name.starts_with("models/deen"))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to.parent().expect("a file of the package lies in a folder"))?;
    fs::copy(from, to).with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
    Ok(())
}

/// The package has the workspace's version.
fn set_version(file: &Path) -> Result<()> {
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let place = "{{version}}";
    if !text.contains(place) {
        bail!("{} has no place {place}", file.display());
    }
    fs::write(file, text.replace(place, env!("CARGO_PKG_VERSION")))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engine_and_the_model_are_packed_and_the_reader_is_not() {
        for name in ["assets/worker-0123.js", "assets/engine-gpu-0123.wasm", "models/deen/vocab.deen.spm"] {
            assert!(is_packed(Path::new(name)), "{name}");
        }
        for name in [
            "assets/worker-0123.js.br",
            "assets/reader-0123.js",
            "models/index.json",
            "embed/klartext.js",
            "engine.js",
        ] {
            assert!(!is_packed(Path::new(name)), "{name}");
        }
    }

    #[test]
    fn old_and_new_npm_name_the_tarball() {
        for said in [r#"[{"filename":"a.tgz"}]"#, r#"{"a":{"filename":"a.tgz"}}"#] {
            assert_eq!(file_name(&serde_json::from_str(said).unwrap()), Some("a.tgz"));
        }
    }
}
