//! `dist/`: the bundles under names that tell their content, the page that names them, and everything in `public/`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::bundle::Made;
use crate::offline::Kept;
use crate::project;

const BOOT: &str = include_str!("../shell/boot.js");
const WORKER: &str = include_str!("../shell/worker.js");
const GPU_WORKER: &str = include_str!("../shell/gpu.js");
const SERVICE_WORKER: &str = include_str!("../shell/sw.js");

/// Kinds of files that compression makes smaller. The model's weights are not among them.
const COMPRESSIBLE: [&str; 9] = ["css", "html", "js", "json", "md", "svg", "txt", "wasm", "webmanifest"];

/// Brotli's quality for what is served: 11 takes thirty times as long for a tenth less.
const QUALITY: u32 = 9;

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
        for file in project::files_below(&root.join("public"))? {
            let name = file.strip_prefix(root.join("public"))?;
            site.put(&name.to_string_lossy(), &fs::read(&file)?)?;
        }
        for made in [self.reader, self.engine, self.engine_relaxed, self.engine_gpu] {
            site.put_snippets(made)?;
        }
        let reader_js = site.put_hashed("reader", "js", &self.reader.js)?;
        let reader_wasm = site.put_hashed("reader", "wasm", &self.reader.wasm)?;
        let engine_js = site.put_hashed("engine", "js", &self.engine.js)?;
        let engine_wasm = site.put_hashed("engine", "wasm", &self.engine.wasm)?;
        let reader = [("reader.js", &*reader_js), ("reader.wasm", &*reader_wasm)];
        let relaxed_js = site.put_hashed("engine-relaxed", "js", &self.engine_relaxed.js)?;
        let relaxed_wasm = site.put_hashed("engine-relaxed", "wasm", &self.engine_relaxed.wasm)?;
        let gpu_js = site.put_hashed("engine-gpu", "js", &self.engine_gpu.js)?;
        let gpu_wasm = site.put_hashed("engine-gpu", "wasm", &self.engine_gpu.wasm)?;
        let gpu = [("gpu.js", &*gpu_js), ("gpu.wasm", &*gpu_wasm)];
        let gpu_worker = site.put_hashed("engine-gpu-worker", "js", fill(GPU_WORKER, &gpu)?.as_bytes())?;
        let engine = [
            ("engine.js", &*engine_js),
            ("engine.wasm", &*engine_wasm),
            ("engine-relaxed.js", &*relaxed_js),
            ("engine-relaxed.wasm", &*relaxed_wasm),
            ("gpu-worker.js", &*gpu_worker),
        ];
        let boot = site.put_hashed("boot", "js", fill(BOOT, &reader)?.as_bytes())?;
        let worker = site.put_hashed("worker", "js", fill(WORKER, &engine)?.as_bytes())?;
        let style = site.put_hashed("style", "css", style(&root.join("app/reader/style"))?.as_bytes())?;
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
        site.put("index.html", fill(&template, &names)?.as_bytes())?;
        let (files, engines) = (site.offline.files()?, site.offline.engines()?);
        let lists = [("version", &*version), ("files", &*files), ("engines", &*engines)];
        site.put("sw.js", fill(SERVICE_WORKER, &lists)?.as_bytes())?;
        site.remove_others()
    }
}

/// The files of `dist/`.
struct Site<'a> {
    dist: &'a Path,
    /// What has been written; all else is of former builds.
    kept: BTreeSet<PathBuf>,
    /// What the service worker keeps of it.
    offline: Kept,
}

impl<'a> Site<'a> {
    fn new(dist: &'a Path) -> Self {
        Self { dist, kept: BTreeSet::new(), offline: Kept::default() }
    }

    /// Writes `assets/NAME-HASH.KIND` and returns its address. Such a file never changes, so it may be kept for ever.
    fn put_hashed(&mut self, name: &str, kind: &str, content: &[u8]) -> Result<String> {
        let name = format!("assets/{name}-{}.{kind}", &project::sha256(content)[..12]);
        self.put(&name, content)?;
        Ok(format!("/{name}"))
    }

    /// Writes a file, and beside it a compressed form if that is worth while.
    fn put(&mut self, name: &str, content: &[u8]) -> Result<()> {
        self.offline.note(name, content);
        let path = self.dist.join(name);
        let compressible =
            path.extension().and_then(|kind| kind.to_str()).is_some_and(|k| COMPRESSIBLE.contains(&k));
        let packed = path.with_added_extension("br");
        let unchanged = !self.put_plain(path, content)?;
        if compressible && unchanged && packed.is_file() {
            self.kept.insert(packed);
        } else if compressible {
            let compressed = brotli(content, QUALITY);
            if compressed.len() < content.len() {
                self.put_plain(packed, &compressed)?;
            }
        }
        Ok(())
    }

    /// Writes a file if its content is new, and says whether it was. An unchanged file keeps its date, by which browsers
    /// recognise it.
    fn put_plain(&mut self, path: PathBuf, content: &[u8]) -> Result<bool> {
        let new = !fs::read(&path).is_ok_and(|before| before == content);
        if new {
            fs::create_dir_all(path.parent().expect("a file in dist/ has a folder"))?;
            // Written aside and moved, so that a server never sends half a file.
            let aside = path.with_added_extension("part");
            fs::write(&aside, content).with_context(|| format!("cannot write {}", aside.display()))?;
            fs::rename(&aside, &path).with_context(|| format!("cannot write {}", path.display()))?;
        }
        self.kept.insert(path);
        Ok(new)
    }

    /// JavaScript from crates, which the glue finds beside itself.
    fn put_snippets(&mut self, made: &Made) -> Result<()> {
        let Some(folder) = &made.snippets else { return Ok(()) };
        for file in project::files_below(folder)? {
            let name = Path::new("assets/snippets").join(file.strip_prefix(folder)?);
            self.put(&name.to_string_lossy(), &fs::read(&file)?)?;
        }
        Ok(())
    }

    /// Removes the files of former builds.
    fn remove_others(&self) -> Result<()> {
        for file in project::files_below(self.dist)? {
            if !self.kept.contains(&file) {
                fs::remove_file(&file).with_context(|| format!("cannot remove {}", file.display()))?;
            }
        }
        Ok(())
    }
}

/// Brotli with the largest window that every browser takes.
pub(crate) fn brotli(content: &[u8], quality: u32) -> Vec<u8> {
    let mut compressed = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut compressed, 4096, quality, 22);
    std::io::Write::write_all(&mut writer, content).expect("writing to memory does not fail");
    drop(writer);
    compressed
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

    #[test]
    fn a_second_writing_leaves_equal_files_and_removes_old_ones() {
        let dist = std::env::temp_dir().join(format!("klartext-dist-{}", std::process::id()));
        let date = |name: &str| fs::metadata(dist.join(name)).unwrap().modified().unwrap();
        let text = "long enough to be worth compressing ".repeat(40);

        let mut site = Site::new(&dist);
        site.put("page.html", text.as_bytes()).unwrap();
        site.put("old.css", b"old").unwrap();
        site.put("weights.bin", text.as_bytes()).unwrap();
        site.remove_others().unwrap();
        assert!(dist.join("page.html.br").is_file());
        assert!(dist.join("old.css").is_file());
        assert!(!dist.join("old.css.br").exists(), "three bytes do not become fewer");
        assert!(!dist.join("weights.bin.br").exists());
        let before = (date("page.html"), date("page.html.br"));

        let mut site = Site::new(&dist);
        site.put("page.html", text.as_bytes()).unwrap();
        site.remove_others().unwrap();
        assert_eq!(before, (date("page.html"), date("page.html.br")));
        assert!(!dist.join("old.css").exists());
        fs::remove_dir_all(&dist).unwrap();
    }

    #[test]
    fn brotli_round_trip() {
        let text = b"Klartext ".repeat(500);
        let packed = brotli(&text, QUALITY);
        let mut plain = Vec::new();
        brotli::BrotliDecompress(&mut packed.as_slice(), &mut plain).unwrap();
        assert_eq!(plain, text);
    }
}
