//! Programs that are not cargo's: found, or installed with Debian's and npm's package managers.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use anyhow::{Context, Result, bail};

use crate::project::{self, on_path, run, say};

/// The version of binaryen. Debian's own is years behind and makes modules that fail at start.
const BINARYEN: &str = "132.0.0";

/// Installs Debian packages, or says what to install.
pub(crate) fn apt_install(packages: &[&str]) -> Result<()> {
    let wanted = packages.join(" ");
    if on_path("apt-get").is_none() {
        bail!("this needs {wanted} (Debian's names); please install it, there is no apt-get to do so");
    }
    say(&format!("installing {wanted} with apt-get"));
    let install = || run(apt_get("install")?.arg("--yes").args(packages));
    // The package lists of a fresh machine or container are missing or old.
    if install().is_err() {
        run(&mut apt_get("update")?)?;
        install().with_context(|| format!("cannot install {wanted}"))?;
    }
    Ok(())
}

/// `apt-get COMMAND`, through sudo for those who are not root.
fn apt_get(command: &str) -> Result<Command> {
    let root = project::output(Command::new("id").arg("-u"))?.trim() == "0";
    let mut apt = if root {
        Command::new("apt-get")
    } else if on_path("sudo").is_some() {
        let mut sudo = Command::new("sudo");
        sudo.arg("apt-get");
        sudo
    } else {
        bail!("apt-get needs root and there is no sudo");
    };
    apt.env("DEBIAN_FRONTEND", "noninteractive").args([command, "--quiet"]);
    Ok(apt)
}

/// Sees to it that node and npm are there.
pub(crate) fn node() -> Result<()> {
    let missing: Vec<&str> = [("node", "nodejs"), ("npm", "npm")]
        .into_iter()
        .filter_map(|(program, package)| on_path(program).is_none().then_some(package))
        .collect();
    if missing.is_empty() { Ok(()) } else { apt_install(&missing) }
}

/// Chromium or Chrome: the one that `KLARTEXT_CHROMIUM` names, one that is there, or Debian's.
pub(crate) fn chromium() -> Result<PathBuf> {
    if let Some(named) = env::var_os("KLARTEXT_CHROMIUM") {
        return Ok(named.into());
    }
    let find = || ["chromium", "chromium-browser", "google-chrome", "chrome"].into_iter().find_map(on_path);
    if let Some(found) = find() {
        return Ok(found);
    }
    apt_install(&["chromium"])?;
    find().context("chromium was installed and is not on the search path")
}

/// Firefox: the one that `KLARTEXT_FIREFOX` names, one that is there, or Debian's. Without one the tests in it are skipped.
pub(crate) fn firefox() -> Option<PathBuf> {
    if let Some(named) = env::var_os("KLARTEXT_FIREFOX") {
        return Some(named.into());
    }
    let find = || ["firefox-esr", "firefox"].into_iter().find_map(on_path);
    find().or_else(|| {
        if let Err(error) = apt_install(&["firefox-esr"]) {
            say(&format!("warning: {error:#}; nothing is tested in Firefox"));
        }
        find()
    })
}

/// A Vulkan driver, Mesa's for the CPU where there is no other: the GPU's kernels are tested on it. Without one they are
/// tested in the browser only.
pub(crate) fn vulkan() {
    let is_there = |folder: &str| fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if cfg!(target_os = "linux")
        && !["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d"].into_iter().any(is_there)
        && let Err(error) = apt_install(&["mesa-vulkan-drivers"])
    {
        say(&format!("warning: {error:#}; the GPU's kernels are not tested natively"));
    }
}

/// binaryen's `wasm-opt`, if npm is there to install it with. Without it the bundles are right and larger.
pub(crate) fn wasm_opt() -> Option<PathBuf> {
    let folder = project::cache(&format!("npm/binaryen-{BINARYEN}")).ok()?;
    let program = folder.join("node_modules/.bin/wasm-opt");
    if program.is_file() && on_path("node").is_some() {
        return Some(program);
    }
    if on_path("npm").is_none() {
        say(
            "warning: npm is missing, so the bundles stay larger than they need be (wasm-opt comes with npm)",
        );
        return None;
    }
    say(&format!("installing binaryen {BINARYEN} with npm"));
    let mut npm = npm("install", &folder);
    // Without a prefix npm looks for a package further up.
    npm.arg("--prefix")
        .arg(&folder)
        .args(["--no-save", "--ignore-scripts"])
        .arg(format!("binaryen@{BINARYEN}"));
    match run(&mut npm) {
        Ok(()) if program.is_file() => Some(program),
        Ok(()) => {
            say("warning: npm's binaryen has no wasm-opt; the bundles stay larger than they need be");
            None
        }
        Err(error) => {
            say(&format!("warning: {error:#}; the bundles stay larger than they need be"));
            None
        }
    }
}

/// Installs what a `package-lock.json` says beside it, unless that has been done.
pub(crate) fn npm_packages(folder: &Path) -> Result<()> {
    let lock = fs::read(folder.join("package-lock.json"))
        .with_context(|| format!("cannot read package-lock.json in {}", folder.display()))?;
    let stamp = folder.join("node_modules/.installed");
    let wanted = project::sha256(&lock);
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    node()?;
    let shown = folder.strip_prefix(project::root()).unwrap_or(folder);
    say(&format!("installing the packages of {} with npm", shown.display()));
    run(npm("ci", folder).arg("--ignore-scripts"))?;
    fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))
}

/// `npm COMMAND` in a folder, quietly.
pub(crate) fn npm(command: &str, folder: &Path) -> Command {
    let mut npm = Command::new("npm");
    npm.current_dir(folder).stdout(Stdio::null()).args([
        command,
        "--no-audit",
        "--no-fund",
        "--no-update-notifier",
        "--loglevel=error",
    ]);
    npm
}
