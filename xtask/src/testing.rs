//! `cargo xtask test`: every check there is, in order, each by itself; one line of counts at the end.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::bundle::{self, ENGINE, ENGINE_GPU, ENGINE_RELAXED, GPU_CHECKS, KERNELS, KERNELS_RELAXED, READER};
use crate::counts::{Counts, Libtest, tap};
use crate::project::{self, run, say};
use crate::wasm::Compiler;
use crate::{manifest, package, serve, setup, size};

/// A check, or many of one kind.
struct Step {
    group: &'static str,
    title: &'static str,
    check: fn() -> Result<Counts>,
}

/// All steps; what is quick and what fails often comes first.
const STEPS: [Step; 10] = [
    Step { group: "format", title: "formatting", check: format },
    Step { group: "manifest", title: "the models' manifests", check: manifests },
    Step { group: "lint", title: "lints, natively", check: lint_native },
    Step { group: "lint", title: "the widget's types", check: types },
    Step { group: "native", title: "unit and parity tests, natively", check: native },
    Step { group: "lint", title: "lints, for the browser", check: lint_wasm },
    Step { group: "build", title: "the browser's bundles", check: build },
    Step { group: "size", title: "size budgets", check: size::check },
    Step { group: "kernels", title: "kernels in WebAssembly", check: kernels },
    Step { group: "browser", title: "reader and widget in browsers", check: browser },
];

/// Runs the steps of the groups that are named, or all. False if anything failed.
pub(crate) fn test(groups: &[String]) -> Result<bool> {
    if let Some(unknown) = groups.iter().find(|group| STEPS.iter().all(|step| step.group != group.as_str())) {
        let known: Vec<&str> = STEPS.iter().map(|step| step.group).collect();
        bail!("there is no group {unknown:?} of tests, only {}", known.join(", "));
    }
    let mut results = Vec::new();
    for step in
        STEPS.iter().filter(|step| groups.is_empty() || groups.iter().any(|group| group == step.group))
    {
        say(&format!("[{}] {}", step.group, step.title));
        let begin = Instant::now();
        let counts = (step.check)().unwrap_or_else(|error| {
            say(&format!("[{}] {error:#}", step.group));
            Counts::FAILED
        });
        let time = begin.elapsed();
        say(&format!("[{}] {counts} in {}", step.group, seconds(time)));
        results.push((step, counts, time));
    }
    let mut sum = Counts::default();
    println!();
    for (step, counts, time) in &results {
        let mark = if counts.failed > 0 { "FAILED" } else { "ok" };
        println!("{mark:<7} {:<32} {:>9}  {counts}", step.title, seconds(*time));
        sum += *counts;
    }
    println!("{sum}");
    Ok(sum.failed == 0)
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

fn format() -> Result<Counts> {
    run(project::cargo().args(["fmt", "--all", "--check"]))?;
    Ok(Counts::PASSED)
}

fn manifests() -> Result<Counts> {
    Ok(Counts { passed: manifest::check()?, ..Counts::default() })
}

/// `cargo SUBCOMMAND` for everything that also runs natively; the kernels' checks as a module do not.
fn native_cargo(subcommand: &str) -> Result<Command> {
    let mut cargo = project::cargo();
    cargo.args([subcommand, "--workspace", "--exclude", KERNELS.package, "--target-dir"]);
    cargo.arg(project::target_folder("native")?);
    Ok(cargo)
}

fn lint_native() -> Result<Counts> {
    run(native_cargo("clippy")?.args(["--all-targets", "--", "-D", "warnings"]))?;
    Ok(Counts::PASSED)
}

/// The declarations that are published with the widget.
fn types() -> Result<Counts> {
    let folder = project::root().join("app/widget");
    setup::npm_packages(&folder)?;
    run(Command::new(folder.join("node_modules/.bin/tsc")).arg("--project").arg(&folder))?;
    Ok(Counts::PASSED)
}

fn lint_wasm() -> Result<Counts> {
    let compiler = Compiler::find_or_install()?;
    let mut counts = Counts::default();
    for bundle in [&READER, &ENGINE, &ENGINE_RELAXED, &KERNELS, &ENGINE_GPU, &GPU_CHECKS] {
        let mut clippy = compiler.clippy(&bundle.rustflags())?;
        bundle.choose(&mut clippy)?.args(["--", "-D", "warnings"]);
        counts += match run(&mut clippy) {
            Ok(()) => Counts::PASSED,
            Err(error) => {
                say(&format!("{}: {error:#}", bundle.package));
                Counts::FAILED
            }
        };
    }
    Ok(counts)
}

fn native() -> Result<Counts> {
    setup::vulkan();
    let mut cargo = native_cargo("test")?;
    cargo.args(["--no-fail-fast", "--", "--show-output"]).stdout(Stdio::piped());
    let mut child = cargo.spawn().context("cannot start cargo")?;
    let output = child.stdout.take().context("cargo has no output")?;
    let mut libtest = Libtest::default();
    for line in BufReader::new(output).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        if libtest.line(&line) {
            println!("{line}");
        }
    }
    Ok(libtest.counts().and_exit(child.wait()?.success()))
}

/// The kernels' checks run in node: they need no page, and no other engine would compute otherwise. Those of relaxed vectors
/// are for the browser, which has them.
fn kernels() -> Result<Counts> {
    setup::node()?;
    let module = KERNELS.compile(&Compiler::find_or_install()?)?;
    let script = project::root().join("tests/kernels-wasm/check.mjs");
    run(Command::new("node").arg(script).arg(module))?;
    Ok(Counts::PASSED)
}

fn build() -> Result<Counts> {
    bundle::build()?;
    Ok(Counts { passed: 4, ..Counts::default() })
}

fn browser() -> Result<Counts> {
    setup::node()?;
    let folder = project::root().join("tests/browser");
    setup::npm_packages(&folder.join("harness"))?;
    setup::npm_packages(&folder.join("package"))?;
    let chromium = setup::chromium()?;
    let firefox = setup::firefox();
    let package = package::package()?;
    let compiler = Compiler::find_or_install()?;
    let (gpu_checks, kernels) = (gpu_checks(&compiler)?, KERNELS_RELAXED.compile(&compiler)?);
    let address = serve::serve_in_background(&project::dist())?;
    let mut files = test_files(&folder)?;
    files.extend(test_files(&folder.join("harness"))?);
    let report = project::cache("browser")?.join("report.tap");
    let mut node = Command::new("node");
    node.current_dir(&folder).args(["--test", "--test-reporter=spec", "--test-reporter-destination=stdout"]);
    node.arg("--test-reporter=tap")
        .arg(format!("--test-reporter-destination={}", report.display()))
        .args(files);
    node.env("KLARTEXT_URL", format!("http://{address}")).env("KLARTEXT_CHROMIUM", chromium);
    node.envs(firefox.map(|program| ("KLARTEXT_FIREFOX", program)));
    node.env("KLARTEXT_PACKAGE", package).env("KLARTEXT_GPU_CHECKS", gpu_checks);
    node.env("KLARTEXT_KERNELS", kernels);
    let status = node.status().context("cannot start node")?;
    let report = fs::read_to_string(&report).context("node wrote no report")?;
    Ok(tap(&report).and_exit(status.success()))
}

/// Builds the checks of the GPU's operations; the folder with their script and module.
fn gpu_checks(compiler: &Compiler) -> Result<PathBuf> {
    let made = GPU_CHECKS.make(compiler)?;
    let folder = project::cache("gpu-checks")?;
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("checks.js"), made.js)?;
    fs::write(folder.join("checks.wasm"), made.wasm)?;
    Ok(folder)
}

/// The files `*.test.mjs` of a folder.
fn test_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    files.retain(|file| file.to_string_lossy().ends_with(".test.mjs"));
    files.sort();
    Ok(files)
}
