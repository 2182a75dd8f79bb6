//! `dist/`: the bundles under names that tell their content, the page that names them, and everything in `public/`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::bundle::Made;
use crate::costs::{Costs, Downloads, Places};
use crate::embed::{self, Addresses};
use crate::project;
use crate::site::Site;

const BOOT: &str = include_str!("../shell/boot.js");
const WORKER: &str = include_str!("../shell/worker.js");
const GPU_WORKER: &str = include_str!("../shell/gpu.js");
const SERVICE_WORKER: &str = include_str!("../shell/sw.js");

/// The parts of the page.
pub(crate) struct Page<'a> {
    /// The front end.
    pub(crate) reader: &'a Made,
    /// The worker's engine.
    pub(crate) engine: &'a Made,
    /// The same with relaxed vectors.
    pub(crate) engine_relaxed: &'a Made,
    /// The engine of the GPU's worker.
    pub(crate) engine_gpu: &'a Made,
}

impl Page<'_> {
    /// Writes everything, the page itself last, and removes what no longer belongs there. A server may go on meanwhile.
    pub(crate) fn write(&self, dist: &Path) -> Result<()> {
        let mut site = Site::new(dist);
        let root = project::root();
        let public = project::files_below(&root.join("public"))?;
        for (name, file) in names_below("public", &public).filter(|(name, _)| !says_costs(name)) {
            site.put(&name, &fs::read(file)?)?;
        }
        for made in [self.reader, self.engine, self.engine_relaxed, self.engine_gpu] {
            site.put_snippets(made)?;
        }
        let reader_js = site.put_hashed("reader", "js", &self.reader.js)?;
        let reader_wasm = site.put_hashed("reader", "wasm", &self.reader.wasm)?;
        let reader = [("reader.js", &*reader_js), ("reader.wasm", &*reader_wasm)];
        // The engine's scripts look beside themselves: on other sites' pages they are somewhere else than the page.
        let mut beside = |name: &str, kind: &str, content: &[u8]| -> Result<String> {
            Ok(site.put_hashed(name, kind, content)?.replace("/assets/", "./"))
        };
        let engine_js = beside("engine", "js", &self.engine.js)?;
        let engine_wasm = beside("engine", "wasm", &self.engine.wasm)?;
        let relaxed_js = beside("engine-relaxed", "js", &self.engine_relaxed.js)?;
        let relaxed_wasm = beside("engine-relaxed", "wasm", &self.engine_relaxed.wasm)?;
        let gpu_js = beside("engine-gpu", "js", &self.engine_gpu.js)?;
        let gpu_wasm = beside("engine-gpu", "wasm", &self.engine_gpu.wasm)?;
        let gpu = [("gpu.js", &*gpu_js), ("gpu.wasm", &*gpu_wasm)];
        let gpu_worker = beside("engine-gpu-worker", "js", fill(GPU_WORKER, &gpu)?.as_bytes())?;
        let engine = [
            ("engine.js", &*engine_js),
            ("engine.wasm", &*engine_wasm),
            ("engine-relaxed.js", &*relaxed_js),
            ("engine-relaxed.wasm", &*relaxed_wasm),
            ("gpu-worker.js", &*gpu_worker),
        ];
        let worker = beside("worker", "js", fill(WORKER, &engine)?.as_bytes())?;
        let embedded = Engine {
            cpu: [&worker, &relaxed_js, &relaxed_wasm].map(|name| in_assets(name)),
            gpu: [&gpu_worker, &gpu_js, &gpu_wasm].map(|name| in_assets(name)),
        };
        let worker = format!("/{}", embedded.cpu[0]);
        let boot = site.put_hashed("boot", "js", fill(BOOT, &reader)?.as_bytes())?;
        let style = site.put_hashed("style", "css", style(&root.join(STYLE))?.as_bytes())?;
        let template = fs::read_to_string(root.join("index.html")).context("cannot read index.html")?;
        // Within the page: browsers would ask for it anew at each change of the address.
        let icon = fs::read_to_string(root.join("public/icons/icon.svg")).context("cannot read the icon")?;
        let icon = data_address(&icon);
        let version = site.offline.version(&[&template, SERVICE_WORKER])?;
        let names = [
            ("boot.js", &*boot),
            ("icon.svg", &*icon),
            ("worker.js", &*worker),
            ("style.css", &*style),
            ("version", &*version),
            reader[0],
            reader[1],
        ];
        put_widget(&mut site, &embedded)?;
        site.put("index.html", fill(&template, &names)?.as_bytes())?;
        let (files, engines) = (site.offline.files()?, site.offline.engines()?);
        let lists = [("version", &*version), ("files", &*files), ("engines", &*engines)];
        site.put("sw.js", fill(SERVICE_WORKER, &lists)?.as_bytes())?;
        site.remove_others("")
    }
}

/// Folders of `dist/` with what concerns other sites' pages: the widget, and pages that show and tell what it does.
const BESIDE: [&str; 3] = ["embed", "demo", "docs"];

/// The files of `dist/` that the widget loads beside its own scripts and the model.
struct Engine {
    /// The worker first.
    cpu: [String; 3],
    gpu: [String; 3],
}

/// The name in `dist/` of a file that stands beside the worker.
fn in_assets(name: &str) -> String {
    name.replacen("./", "assets/", 1)
}

/// The reader's style sheets, from the repository's root.
pub(crate) const STYLE: &str = "app/reader/style";

/// The framework of the demo's second look: where npm has it, and where the pages find it.
const DEMO_FRAMEWORK: (&str, &str) =
    ("app/widget/node_modules/preact/dist/preact.mjs", "demo/vendor/preact.js");

/// Writes these folders alone into a `dist/` that is there: quick, since nothing is compiled.
pub(crate) fn write_widget(dist: &Path) -> Result<()> {
    let mut site = Site::new(dist);
    let names = |names: [(&str, &str); 3]| -> Result<[String; 3]> {
        let [a, b, c] = names.map(|(name, kind)| site.asset(name, kind));
        Ok([a?, b?, c?])
    };
    let engine = Engine {
        cpu: names([("worker", "js"), ("engine-relaxed", "js"), ("engine-relaxed", "wasm")])?,
        gpu: names([("engine-gpu-worker", "js"), ("engine-gpu", "js"), ("engine-gpu", "wasm")])?,
    };
    put_widget(&mut site, &engine)?;
    BESIDE.iter().try_for_each(|folder| site.remove_others(folder))
}

/// Bundles the widget for the engine that has been written, and writes it and the pages that say what it costs.
fn put_widget(site: &mut Site<'_>, engine: &Engine) -> Result<()> {
    let model = project::files_below(&project::root().join("public/models/deen"))?;
    let model: Vec<String> = names_below("public", &model).map(|(name, _)| name).collect();
    let downloads = Downloads { engine: &engine.cpu, model: &model, gpu: &engine.gpu };
    let widget = embed::bundle(&Addresses {
        worker: &format!("../{}", engine.cpu[0]),
        model: "../models/deen/manifest.json",
        bytes: downloads.bytes(site)?,
    })?;
    for (name, script) in &widget.scripts {
        site.put(&format!("embed/{name}"), &script.content)?;
    }
    let costs = Costs::of(site, &widget, &downloads)?;
    site.put(Costs::FILE, serde_json::to_string_pretty(&costs)?.as_bytes())?;
    let places = Places::new(&costs, &widget)?;
    let public = project::files_below(&project::root().join("public"))?;
    for (name, file) in names_below("public", &public).filter(|(name, _)| says_costs(name)) {
        site.put(&name, &places.fill(&name, fs::read(file)?)?)?;
    }
    let framework = project::root().join(DEMO_FRAMEWORK.0);
    site.put(DEMO_FRAMEWORK.1, &fs::read(framework).context("the demo's framework is not installed")?)
}

/// Whether a file of `public/` may say what the widget costs.
fn says_costs(name: &str) -> bool {
    BESIDE.iter().any(|folder| name.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')))
}

/// Files with their names as seen from a folder of the repository.
fn names_below<'a>(folder: &str, files: &'a [PathBuf]) -> impl Iterator<Item = (String, &'a PathBuf)> {
    let folder = project::root().join(folder);
    files.iter().map(move |file| {
        let name = file.strip_prefix(&folder).unwrap_or(file);
        (name.to_string_lossy().into_owned(), file)
    })
}

/// All style sheets of a folder in the order of their names.
fn style(folder: &Path) -> Result<String> {
    let mut style = String::new();
    for file in
        project::files_below(folder)?.iter().filter(|file| file.extension().is_some_and(|kind| kind == "css"))
    {
        style.push_str(&fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?);
        style.push('\n');
    }
    Ok(style)
}

/// A drawing as an address that holds all of it, for an attribute in double quotes.
fn data_address(svg: &str) -> String {
    let mut address = "data:image/svg+xml,".to_owned();
    for char in svg.trim().chars().filter(|char| *char != '\n') {
        match char {
            '"' => address.push('\''),
            '<' | '>' | '#' | '%' | '&' | '{' | '}' => address.push_str(&format!("%{:02X}", u32::from(char))),
            other => address.push(other),
        }
    }
    address
}

/// Puts addresses in the places of `{{names}}`. Every name must occur, and no other.
fn fill(template: &str, addresses: &[(&str, &str)]) -> Result<String> {
    let mut text = template.to_owned();
    for (name, address) in addresses {
        let place = format!("{{{{{name}}}}}");
        if !text.contains(&place) {
            bail!("a page or script that should name {place} does not");
        }
        text = text.replace(&place, address);
    }
    if let Some((_, rest)) = text.split_once("{{") {
        bail!("a page or script has the unknown place {{{{{}", rest.lines().next().unwrap_or_default());
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_filled_exactly() {
        let addresses = [("a.js", "/assets/a-1.js")];
        assert_eq!(fill("<a {{a.js}}> {{a.js}}", &addresses).unwrap(), "<a /assets/a-1.js> /assets/a-1.js");
        assert!(fill("nothing", &addresses).unwrap_err().to_string().contains("{{a.js}}"));
        assert!(fill("{{a.js}} {{b.js}}", &addresses).unwrap_err().to_string().contains("{{b.js}}"));
    }

    #[test]
    fn a_drawing_fits_into_an_attribute() {
        let address = data_address("<svg a=\"b\">\n<path fill=\"#fff\"/></svg>\n");
        assert_eq!(address, "data:image/svg+xml,%3Csvg a='b'%3E%3Cpath fill='%23fff'/%3E%3C/svg%3E");
    }

    #[test]
    fn the_scripts_have_their_places() {
        fill(BOOT, &[("reader.js", "/r.js"), ("reader.wasm", "/r.wasm")]).unwrap();
        let engine = [
            ("engine.js", "/e.js"),
            ("engine.wasm", "/e.wasm"),
            ("engine-relaxed.js", "/r.js"),
            ("engine-relaxed.wasm", "/r.wasm"),
            ("gpu-worker.js", "/w.js"),
        ];
        fill(WORKER, &engine).unwrap();
        fill(GPU_WORKER, &[("gpu.js", "/g.js"), ("gpu.wasm", "/g.wasm")]).unwrap();
        fill(SERVICE_WORKER, &[("version", "1"), ("files", "{}"), ("engines", "{}")]).unwrap();
    }
}
