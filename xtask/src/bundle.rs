//! From crates to what the browser loads: cargo, wasm-bindgen, wasm-opt, and `dist/` of the results.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use wasm_bindgen_cli_support::Bindgen;

use crate::page::{self, Page};
use crate::project::{self, run, say};
use crate::wasm::{Compiler, TARGET, common_flags};
use crate::{setup, stamp};

/// A crate that becomes one WebAssembly module and its JavaScript glue.
pub(crate) struct Bundle {
    /// Its name in file names and messages.
    pub(crate) name: &'static str,
    /// The folder of its cargo workspace, from the repository's root.
    pub(crate) workspace: &'static str,
    /// Its cargo package.
    pub(crate) package: &'static str,
    /// Its cargo features, separated by commas.
    pub(crate) features: &'static str,
    /// Its cargo profile.
    pub(crate) profile: &'static str,
    /// Instructions beyond rustc's ordinary ones.
    pub(crate) target_features: Option<&'static str>,
    /// The package whose target folder it shares: other flags would have cargo compile everything again.
    pub(crate) beside: &'static str,
    /// wasm-opt's level, if the size is of interest.
    pub(crate) level: Option<&'static str>,
}

/// The page. No SIMD, so that it runs where SIMD is missing and can say so.
pub(crate) const READER: Bundle = Bundle {
    name: "reader",
    workspace: "",
    package: "klartext-reader",
    beside: "reader",
    features: "",
    profile: "web-small",
    target_features: None,
    level: Some("-Oz"),
};

/// The translation engine in its worker.
pub(crate) const ENGINE: Bundle = Bundle {
    name: "engine",
    workspace: "",
    package: "klartext-engine",
    beside: "engine",
    features: "",
    profile: "web",
    target_features: Some("+simd128"),
    // LLVM has done the rest; higher levels make the compressed module larger, and take six times as long.
    level: Some("-O1"),
};

/// The same for browsers that have relaxed vectors.
pub(crate) const ENGINE_RELAXED: Bundle =
    Bundle { name: "engine-relaxed", features: "relaxed-simd", ..ENGINE };

/// The model on the GPU, in a worker of its own. The arithmetic is in its shaders; what is compiled here only sends them on
/// their way, and most of it is burn's and CubeCL's, which want to be small.
pub(crate) const ENGINE_GPU: Bundle = Bundle {
    name: "engine-gpu",
    workspace: "",
    package: "klartext-engine-gpu",
    beside: "engine-gpu",
    features: "",
    profile: "web-small",
    target_features: Some("+simd128"),
    level: Some("-Oz"),
};

/// The checks of the GPU's operations, for tests only.
pub(crate) const GPU_CHECKS: Bundle =
    Bundle { name: "gpu-checks", package: "klartext-gpu-checks", level: None, ..ENGINE_GPU };

/// The kernels' checks and benchmark, for tests and the bench only: plain modules, without glue.
pub(crate) const KERNELS: Bundle =
    Bundle { name: "kernels", package: "klartext-kernels-wasm", level: None, ..ENGINE };

/// The same with relaxed vectors.
pub(crate) const KERNELS_RELAXED: Bundle = Bundle { features: "relaxed-simd", ..KERNELS };

/// What a bundle has become.
pub(crate) struct Made {
    /// The JavaScript glue, a module that exports wasm-bindgen's `init` as its default.
    pub(crate) js: Vec<u8>,
    /// The module as it is served: after wasm-opt, if that is there.
    pub(crate) wasm: Vec<u8>,
    /// The size before wasm-opt, in bytes.
    pub(crate) unoptimised: usize,
    /// JavaScript that crates brought along, which the glue imports as `./snippets/…`.
    pub(crate) snippets: Option<PathBuf>,
}

impl Bundle {
    /// The flags for rustc.
    pub(crate) fn rustflags(&self) -> Vec<String> {
        let mut flags = common_flags();
        flags.extend(self.target_features.map(|features| format!("-Ctarget-feature={features}")));
        flags
    }

    /// The bundle's target folder.
    pub(crate) fn target_folder(&self) -> Result<PathBuf> {
        project::target_folder(&format!("wasm-{}", self.beside))
    }

    /// Compiles, binds and optimises.
    pub(crate) fn make(&self, compiler: &Compiler) -> Result<Made> {
        let begin = Instant::now();
        let compiled = self.compile(compiler)?;
        let folder = self.target_folder()?;
        let bound = folder.join(format!("bindgen-{}", self.name));
        if bound.exists() {
            fs::remove_dir_all(&bound)?;
        }
        let mut bindgen = Bindgen::new();
        bindgen.input_path(&compiled).out_name(self.name).typescript(false).omit_default_module_path(true);
        bindgen.remove_name_section(true).remove_producers_section(true);
        let bind = |bindgen: &mut Bindgen| bindgen.web(true)?.generate(&bound);
        bind(&mut bindgen).with_context(|| format!("wasm-bindgen failed on {}", compiled.display()))?;
        let unoptimised = fs::read(bound.join(format!("{}_bg.wasm", self.name)))?;
        let size = unoptimised.len();
        let js = fs::read(bound.join(format!("{}.js", self.name)))?;
        let wasm = self.optimise(unoptimised, &folder.join(format!("optimised-{}", self.name)))?;
        let snippets = Some(bound.join("snippets")).filter(|folder| folder.is_dir());
        let seconds = begin.elapsed().as_secs_f64();
        say(&format!("{}: {} bytes of WebAssembly in {seconds:.1} s", self.name, wasm.len()));
        Ok(Made { js, wasm, unoptimised: size, snippets })
    }

    /// Has cargo take the package as it is built for the bundle, so that macros and build scripts are compiled once for
    /// all uses.
    pub(crate) fn choose<'a>(&self, cargo: &'a mut Command) -> Result<&'a mut Command> {
        Ok(cargo
            .current_dir(project::root().join(self.workspace))
            .args(["--package", self.package, "--features", self.features])
            .args(["--profile", self.profile, "--target-dir"])
            .arg(self.target_folder()?))
    }

    /// Runs cargo, and returns where the module lies.
    pub(crate) fn compile(&self, compiler: &Compiler) -> Result<PathBuf> {
        let mut cargo = compiler.cargo("build", &self.rustflags());
        self.choose(&mut cargo)?.arg("--message-format=json-render-diagnostics").stdout(Stdio::piped());
        say(&format!("compiling {}", self.package));
        let output = cargo.stderr(Stdio::inherit()).output().context("cannot start cargo")?;
        if !output.status.success() {
            bail!("{} does not compile for {TARGET}", self.package);
        }
        module_in(&String::from_utf8_lossy(&output.stdout), self.package)
            .with_context(|| format!("cargo built no WebAssembly module of {}", self.package))
    }

    /// Runs wasm-opt, or takes what it made of the same module before.
    fn optimise(&self, module: Vec<u8>, folder: &Path) -> Result<Vec<u8>> {
        let Some((wasm_opt, level)) = setup::wasm_opt().zip(self.level) else {
            return Ok(module);
        };
        let kept = folder.join(format!("{}{level}.wasm", project::sha256(&module)));
        if let Ok(optimised) = fs::read(&kept) {
            return Ok(optimised);
        }
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::create_dir_all(folder)?;
        say(&format!("optimising the {} with wasm-opt {level}", self.name));
        let (input, output) = (folder.join("input.wasm"), folder.join("output.wasm"));
        fs::write(&input, &module)?;
        let mut command = Command::new(wasm_opt);
        command.arg(&input).arg(level).args(WASM_FEATURES).arg("--output").arg(&output);
        command.args(self.target_features.map(|_| "--enable-simd"));
        command.args(self.features.contains("relaxed-simd").then_some("--enable-relaxed-simd"));
        if let Err(error) = run(&mut command) {
            say(&format!("warning: {error:#}; the {} stays larger than it need be", self.name));
            return Ok(module);
        }
        let optimised = fs::read(&output)?;
        fs::remove_file(&input)?;
        fs::rename(&output, &kept)?;
        Ok(optimised)
    }
}

/// What rustc's modules use without further ado; wasm-opt may use no more.
const WASM_FEATURES: [&str; 8] = [
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-call-indirect-overlong",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// Finds a package's WebAssembly file in cargo's JSON messages.
fn module_in(messages: &str, package: &str) -> Option<PathBuf> {
    let crate_name = package.replace('-', "_");
    messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()).find_map(|message| {
        let name = message["target"]["name"].as_str()?.replace('-', "_");
        let files = message["filenames"].as_array()?;
        let module = files.iter().filter_map(Value::as_str).find(|file| file.ends_with(".wasm"))?;
        (message["reason"] == "compiler-artifact" && name == crate_name).then(|| module.into())
    })
}

/// Builds `dist/`, unless it is what the sources would make.
pub(crate) fn ensure() -> Result<()> {
    let compiler = Compiler::find_or_install()?;
    if stamp::is_current(&compiler)? {
        return Ok(());
    }
    build_with(&compiler)
}

/// Builds `dist/`.
pub(crate) fn build() -> Result<()> {
    build_with(&Compiler::find_or_install()?)
}

fn build_with(compiler: &Compiler) -> Result<()> {
    // The state before the build: what is changed meanwhile is for the next one.
    let stamp = stamp::of_sources(compiler)?;
    stamp::remove()?;
    let reader = READER.make(compiler)?;
    let engine = ENGINE.make(compiler)?;
    let relaxed = ENGINE_RELAXED.make(compiler)?;
    let engine_gpu = ENGINE_GPU.make(compiler)?;
    Page { reader: &reader, engine: &engine, engine_relaxed: &relaxed, engine_gpu: &engine_gpu }
        .write(&project::dist())?;
    stamp::write(&stamp)?;
    say(&format!("dist/ is ready (compiled files are kept in {})", project::cache("")?.display()));
    Ok(())
}

/// Bundles the widget anew into a `dist/` that is there.
pub(crate) fn embed() -> Result<()> {
    stamp::remove()?;
    page::write_widget(&project::dist())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_module_is_found_among_cargos_messages() {
        let messages = r#"
{"reason":"compiler-artifact","target":{"name":"other"},"filenames":["/t/other.wasm"]}
not json
{"reason":"compiler-artifact","target":{"name":"klartext_engine"},"filenames":["/t/libklartext_engine.rlib"]}
{"reason":"compiler-artifact","target":{"name":"klartext-engine"},"filenames":["/t/a.rlib","/t/klartext_engine.wasm"]}
{"reason":"build-finished","success":true}"#;
        assert_eq!(module_in(messages, "klartext-engine"), Some("/t/klartext_engine.wasm".into()));
        assert_eq!(module_in(messages, "klartext-reader"), None);
    }

    #[test]
    fn only_the_engines_need_simd() {
        assert!(ENGINE.rustflags().iter().any(|flag| flag.contains("simd128")));
        assert!(ENGINE_GPU.rustflags().iter().any(|flag| flag.contains("simd128")));
        assert!(!READER.rustflags().iter().any(|flag| flag.contains("simd128")));
    }
}
