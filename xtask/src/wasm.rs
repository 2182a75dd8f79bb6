//! The compiler for WebAssembly: rustup's where it can be had, Debian's otherwise.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use anyhow::{Context, Result, bail};

use crate::project::{self, on_path, output, say};
use crate::setup;

/// The browser's target.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// How long rustup may take; behind a wall it waits for minutes before it gives up.
const RUSTUP_PATIENCE: Duration = Duration::from_secs(180);

/// A compiler that can make WebAssembly.
pub(crate) enum Compiler {
    /// The ordinary one, with the standard library of the target in its place.
    Ordinary,
    /// Debian's rustc-web, which compiles the standard library along from the sources in rust-web-src. Building the
    /// standard library is cargo's unstable feature, hence `RUSTC_BOOTSTRAP`.
    Debian {
        /// Debian's package has no linker for the target.
        linker: PathBuf,
    },
}

impl Compiler {
    /// The compiler that is there, or that can be installed.
    pub(crate) fn find_or_install() -> Result<Self> {
        if env::var("KLARTEXT_WASM").is_ok_and(|wish| wish == "debian") {
            return Self::debian();
        }
        let standard_library = sysroot()?.join("lib/rustlib").join(TARGET).join("lib");
        if standard_library.is_dir() {
            return Ok(Self::Ordinary);
        }
        if on_path("rustup").is_some() {
            say(&format!("installing the {TARGET} target with rustup"));
            let mut rustup = Command::new("rustup");
            rustup.current_dir(project::root()).args(["target", "add", TARGET]);
            match run_within(&mut rustup, RUSTUP_PATIENCE) {
                Ok(()) if standard_library.is_dir() => return Ok(Self::Ordinary),
                Ok(()) => say(
                    "rustup installed the target for another toolchain; falling back to Debian's compiler",
                ),
                Err(error) => say(&format!("{error:#}; falling back to Debian's compiler")),
            }
        }
        Self::debian()
    }

    /// Debian's compiler, installed if it is missing.
    fn debian() -> Result<Self> {
        let sources = Path::new("/usr/lib/rustlib/src/rust/library/Cargo.lock");
        if !Path::new(DEBIAN_RUSTC).is_file() || !sources.is_file() {
            setup::apt_install(&["rustc-web", "rust-web-src"])?;
        }
        if !sources.is_file() {
            bail!("Debian's rust-web-src has no sources of the standard library at {}", sources.display());
        }
        let linker = match linker_in(&sysroot()?).or_else(|| on_path("wasm-ld")) {
            Some(linker) => linker,
            None => {
                setup::apt_install(&["lld"])?;
                on_path("wasm-ld").context("lld was installed and brought no wasm-ld")?
            }
        };
        Ok(Self::Debian { linker })
    }

    /// `cargo SUBCOMMAND` for the target, with the flags for rustc.
    pub(crate) fn cargo(&self, subcommand: &str, rustflags: &[String]) -> Command {
        let mut cargo = project::cargo();
        self.prepare(&mut cargo, subcommand, rustflags);
        cargo
    }

    /// `cargo clippy` for the target: clippy must come from the same place as the compiler.
    pub(crate) fn clippy(&self, rustflags: &[String]) -> Result<Command> {
        let mut clippy = match self {
            Self::Ordinary => project::cargo(),
            Self::Debian { .. } => {
                if !Path::new(DEBIAN_CLIPPY).is_file() {
                    setup::apt_install(&["rust-web-clippy"])?;
                }
                let mut clippy = Command::new(DEBIAN_CLIPPY);
                clippy.current_dir(project::root());
                clippy
            }
        };
        self.prepare(&mut clippy, "clippy", rustflags);
        Ok(clippy)
    }

    /// Adds the subcommand and what the compiler needs.
    fn prepare(&self, cargo: &mut Command, subcommand: &str, rustflags: &[String]) {
        cargo.args([subcommand, "--target", TARGET]);
        cargo.env("CARGO_ENCODED_RUSTFLAGS", rustflags.join("\u{1f}"));
        if let Self::Debian { linker } = self {
            cargo.env("RUSTC", DEBIAN_RUSTC).env("RUSTC_BOOTSTRAP", "1");
            cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
            cargo.args(["-Z", "build-std=std,panic_abort"]);
        }
    }

    /// What tells two compilers apart.
    pub(crate) fn version(&self) -> Result<String> {
        let mut rustc = match self {
            Self::Ordinary => ordinary_rustc(),
            Self::Debian { .. } => Command::new(DEBIAN_RUSTC),
        };
        output(rustc.arg("--version"))
    }
}

const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
/// Runs the `clippy-driver` that lies beside it.
const DEBIAN_CLIPPY: &str = "/usr/bin/cargo-clippy";

/// The compiler that cargo uses here.
fn ordinary_rustc() -> Command {
    let mut rustc = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.current_dir(project::root());
    rustc
}

fn sysroot() -> Result<PathBuf> {
    Ok(PathBuf::from(output(ordinary_rustc().args(["--print", "sysroot"]))?.trim()))
}

/// The linker that rustup's toolchains bring along, whatever they are installed for.
fn linker_in(sysroot: &Path) -> Option<PathBuf> {
    let targets = fs::read_dir(sysroot.join("lib/rustlib")).ok()?;
    targets.flatten().map(|target| target.path().join("bin/rust-lld")).find(|linker| linker.is_file())
}

/// Runs a program, and ends it when its time is over.
fn run_within(command: &mut Command, patience: Duration) -> Result<()> {
    let name = project::name(command);
    let mut child = command.spawn().with_context(|| format!("cannot start {name}"))?;
    let begin = Instant::now();
    while begin.elapsed() < patience {
        if let Some(status) = child.try_wait()? {
            if !status.success() {
                bail!("{name} failed ({status})");
            }
            return Ok(());
        }
        thread::sleep(Duration::from_millis(50));
    }
    child.kill()?;
    child.wait()?;
    bail!("{name} has not ended after {} seconds", patience.as_secs())
}

/// The flags for rustc that all bundles have in common. They must not depend on the clone, or else a second one compiles
/// every dependency again.
pub(crate) fn common_flags() -> Vec<String> {
    let mut flags = vec!["--cfg".to_owned(), r#"getrandom_backend="wasm_js""#.to_owned()];
    // The same files from every machine, and no machine's paths in the messages of panics.
    for (variable, folder, name) in [("CARGO_HOME", ".cargo", "cargo"), ("RUSTUP_HOME", ".rustup", "rustup")]
    {
        let place = env::var_os(variable).map(PathBuf::from);
        let place = place.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(folder)));
        flags.extend(place.map(|place| format!("--remap-path-prefix={}={name}", place.display())));
    }
    flags
}
