//! Programs of the workspace, compiled as they are measured.

use std::env::consts::{ARCH, EXE_SUFFIX};
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::project::{self, on_path, run};
use crate::setup;

/// A compiled program.
pub(super) struct Program(PathBuf);

impl Program {
    /// The program, to be run in the repository's root on one thread.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(&self.0);
        // burn's CPU backend would spread large operations over all cores.
        command.current_dir(project::root()).env("RAYON_NUM_THREADS", "1");
        command
    }
}

/// The command line, `klartext`.
pub(super) fn klartext() -> Result<Program> {
    run(release_build()?.args(["--package", "klartext"]))?;
    program(&format!("klartext{EXE_SUFFIX}"))
}

/// An example of model-core, which may use what the engine itself does not depend on: the engine it is compared with, in
/// the exact arithmetic that the tests use.
pub(super) fn example(name: &str) -> Result<Program> {
    run(release_build()?.args(["--package", "model-core", "--example", name]))?;
    program(&format!("examples/{name}{EXE_SUFFIX}"))
}

/// An example of the model store.
pub(super) fn store_example(name: &str) -> Result<Program> {
    run(release_build()?.args(["--package", "klartext-store", "--example", name]))?;
    program(&format!("examples/{name}{EXE_SUFFIX}"))
}

/// An example of model-core that computes on the GPU.
pub(super) fn example_on_gpu(name: &str) -> Result<Program> {
    run(release_build()?.args(["--package", "model-core", "--features", "gpu", "--example", name]))?;
    program(&format!("examples/{name}{EXE_SUFFIX}"))
}

/// The same with that engine as it comes: its fastest kernels, which are not exact on x86-64.
pub(super) fn example_at_full_speed(name: &str) -> Result<Program> {
    let mut cargo = release_build()?;
    if matches!(ARCH, "x86_64" | "aarch64") {
        // Part of fxtranslate is written in C++; without that it would be a slow opponent. This makes it an error.
        if std::env::var_os("CXX").is_none() && on_path("c++").is_none() {
            setup::apt_install(&["g++"])?;
        }
        cargo.env("FXTRANSLATE_REQUIRE_SIMD", "1");
    }
    run(cargo.args(["--package", "model-core", "--features", "fxtranslate/default", "--example", name]))?;
    program(&format!("examples/{name}{EXE_SUFFIX}"))
}

fn release_build() -> Result<Command> {
    let mut cargo = project::cargo();
    cargo.args(["build", "--release", "--target-dir"]).arg(project::target_folder("native")?);
    Ok(cargo)
}

fn program(name: &str) -> Result<Program> {
    Ok(Program(project::target_folder("native")?.join("release").join(name)))
}
