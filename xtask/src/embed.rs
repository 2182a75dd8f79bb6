//! The widget: `app/widget/src`, bundled by esbuild into the scripts that another site's pages load.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::project::{self, run};
use crate::setup;

/// The scripts that a page may name. What else there is they load themselves.
const ENTRIES: [&str; 3] = ["klartext.js", "translator.js", "polyfill.js"];

/// Where the scripts find what is not theirs, as seen from their own folder.
pub(crate) struct Addresses<'a> {
    /// The engine's worker.
    pub(crate) worker: &'a str,
    /// The model's manifest.
    pub(crate) model: &'a str,
    /// Bytes of the engine and the model together, as they are transferred.
    pub(crate) bytes: u64,
}

/// The bundled scripts by their names, all in one folder.
pub(crate) struct Widget {
    pub(crate) scripts: BTreeMap<String, Script>,
}

/// A bundled script.
#[derive(Default)]
pub(crate) struct Script {
    pub(crate) content: Vec<u8>,
    /// Scripts that are loaded with it.
    with: Vec<String>,
    /// Scripts that it loads when it needs them.
    later: Vec<String>,
}

/// Bundles the widget. The tools are installed if need be.
pub(crate) fn bundle(addresses: &Addresses<'_>) -> Result<Widget> {
    let folder = project::root().join("app/widget");
    setup::npm_packages(&folder)?;
    let out = project::cache("widget")?.join("bundled");
    if out.exists() {
        fs::remove_dir_all(&out).with_context(|| format!("cannot empty {}", out.display()))?;
    }
    let define = |name: &str, value: &Value| format!("--define:{name}={value}");
    let mut esbuild = Command::new(folder.join("node_modules/.bin/esbuild"));
    esbuild
        .current_dir(folder.join("src"))
        .args(ENTRIES)
        .args(["--bundle", "--splitting", "--format=esm", "--target=es2022", "--minify", "--charset=utf8"])
        .args(["--legal-comments=eof", "--chunk-names=[name]-[hash]", "--log-level=warning"])
        .arg(define("KLARTEXT_WORKER", &addresses.worker.into()))
        .arg(define("KLARTEXT_MODEL", &addresses.model.into()))
        .arg(define("KLARTEXT_BYTES", &addresses.bytes.into()))
        .arg(format!("--outdir={}", out.display()))
        .arg(format!("--metafile={}", out.join("graph.json").display()));
    run(&mut esbuild)?;
    let graph: Value = serde_json::from_slice(&fs::read(out.join("graph.json"))?)?;
    let mut scripts = scripts(&graph)?;
    for (name, script) in &mut scripts {
        script.content = fs::read(out.join(name)).with_context(|| format!("esbuild made no {name}"))?;
    }
    let widget = Widget { scripts };
    if widget.at_once(ENTRIES[0]).len() > 1 {
        // A page should ask for one script before anybody clicks, and its `integrity` covers that one alone.
        bail!("{} shares code with the scripts of the click, which made it a script of its own", ENTRIES[0]);
    }
    Ok(widget)
}

/// The scripts of esbuild's metafile and what they import, without their contents.
fn scripts(graph: &Value) -> Result<BTreeMap<String, Script>> {
    let outputs = graph["outputs"].as_object().context("esbuild's metafile has no outputs")?;
    let name = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
    let mut scripts = BTreeMap::new();
    for (path, output) in outputs {
        let mut script = Script::default();
        for import in output["imports"].as_array().into_iter().flatten() {
            let imported =
                import["path"].as_str().context("an import without a path in esbuild's metafile")?;
            if import["external"] == true {
                bail!("the widget imports {imported}, which is not there");
            }
            let list = if import["kind"] == "dynamic-import" { &mut script.later } else { &mut script.with };
            list.push(name(imported));
        }
        scripts.insert(name(path), script);
    }
    Ok(scripts)
}

impl Widget {
    /// Names of the scripts that are loaded at once for the script `entry`, itself among them.
    pub(crate) fn at_once(&self, entry: &str) -> BTreeSet<&str> {
        self.closure(entry, |script| script.with.iter().collect())
    }

    /// Names of the scripts that may be loaded later for the script `entry`.
    pub(crate) fn later(&self, entry: &str) -> BTreeSet<&str> {
        let all = self.closure(entry, |script| script.with.iter().chain(&script.later).collect());
        &all - &self.at_once(entry)
    }

    /// Names of all scripts to which `next` leads from one.
    fn closure(&self, from: &str, next: impl Fn(&Script) -> Vec<&String>) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        let mut waiting = vec![from];
        while let Some(name) = waiting.pop() {
            if let Some((name, script)) = self.scripts.get_key_value(name)
                && found.insert(name.as_str())
            {
                waiting.extend(next(script).into_iter().map(String::as_str));
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn widget(graph: &str) -> Result<Widget> {
        Ok(Widget { scripts: scripts(&serde_json::from_str(graph).unwrap())? })
    }

    #[test]
    fn what_a_script_loads_is_read_from_the_metafile() {
        let widget = widget(
            r#"{"outputs":{
                "../out/klartext.js":{"imports":[{"path":"../out/a-1.js","kind":"import-statement"},
                                                 {"path":"../out/b-1.js","kind":"dynamic-import"}]},
                "../out/a-1.js":{"imports":[]},
                "../out/b-1.js":{"imports":[{"path":"../out/a-1.js","kind":"import-statement"},
                                            {"path":"../out/c-1.js","kind":"import-statement"},
                                            {"path":"../out/b-1.js","kind":"dynamic-import"}]},
                "../out/c-1.js":{"imports":[]},
                "../out/other.js":{"imports":[]}}}"#,
        )
        .unwrap();
        assert_eq!(Vec::from_iter(widget.at_once("klartext.js")), ["a-1.js", "klartext.js"]);
        assert_eq!(Vec::from_iter(widget.later("klartext.js")), ["b-1.js", "c-1.js"]);
        assert!(widget.later("other.js").is_empty());
    }

    #[test]
    fn an_import_that_stays_open_is_an_error() {
        let graph = r#"{"outputs":{"a.js":{"imports":[{"path":"left-pad","kind":"import-statement","external":true}]}}}"#;
        assert!(widget(graph).err().unwrap().to_string().contains("left-pad"));
    }
}
