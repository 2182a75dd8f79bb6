//! Where things lie, and how other programs are run.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
        // Cargo says where xtask lies now; where it was compiled may be another place.
        let xtask = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        Path::new(&xtask).parent().expect("xtask lies in the repository").to_path_buf()
    });
    &ROOT
}

/// What `build` makes and `serve` serves.
pub(crate) fn dist() -> PathBuf {
    root().join("dist")
}

/// A folder for compiled and installed things outside the clone; it outlives the clone and may serve several.
pub(crate) fn cache(name: &str) -> Result<PathBuf> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = set("KLARTEXT_TARGET")
        .or_else(|| set("XDG_CACHE_HOME").map(|cache| cache.join("klartext-target")))
        .or_else(|| set("HOME").map(|home| home.join(".cache/klartext-target")))
        .context("neither KLARTEXT_TARGET nor XDG_CACHE_HOME nor HOME says where to put compiled files")?;
    // Programs that get this path run in other folders.
    let folder = std::path::absolute(base.join(name))?;
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

/// A folder for cargo's output, as [`cache`].
///
/// Cargo takes a workspace member for fresh by its path within the workspace and by time stamps, so the members of
/// another clone that were compiled here before could pass for this clone's. They are removed when the clone changes.
pub(crate) fn target_folder(name: &str) -> Result<PathBuf> {
    let folder = cache(name)?;
    let owner = folder.join("clone");
    let here = root().to_string_lossy();
    let before = fs::read_to_string(&owner).unwrap_or_default();
    if before != here {
        if !before.is_empty() {
            remove_members(&folder)?;
        }
        fs::write(&owner, here.as_bytes())?;
    }
    Ok(folder)
}

/// Removes what was compiled from workspace members, whatever the profile and target, and leaves the dependencies.
fn remove_members(folder: &Path) -> Result<()> {
    let profiles = ["dev", "release", "web", "web-small"];
    for profile in profiles {
        for target in [None, Some("wasm32-unknown-unknown")] {
            let mut clean = cargo();
            clean.args(["clean", "--quiet", "--workspace", "--profile", profile, "--target-dir"]).arg(folder);
            if let Some(target) = target {
                clean.args(["--target", target]);
            }
            run(&mut clean)?;
        }
    }
    Ok(())
}

/// The cargo that started us, run in the repository's root.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// Tells the user what is happening.
pub(crate) fn say(what: &str) {
    eprintln!("xtask: {what}");
}

/// Runs a program to its end. An error if it cannot be started or says that it failed.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {}", name(command)))?;
    if !status.success() {
        bail!("{} failed ({status})", name(command));
    }
    Ok(())
}

/// Runs a program and returns what it prints. Its complaints go to the user.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stderr(std::process::Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start {}", name(command)))?;
    if !output.status.success() {
        bail!("{} failed ({})", name(command), output.status);
    }
    String::from_utf8(output.stdout)
        .with_context(|| format!("{} printed something that is not text", name(command)))
}

/// The program and its first argument, for messages.
pub(crate) fn name(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let program = program.file_name().unwrap_or(command.get_program()).to_string_lossy();
    let mut words = vec![program];
    words.extend(command.get_args().next().map(|first| first.to_string_lossy()));
    words.join(" ")
}

/// A program's place on the search path.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// SHA-256 in lower-case hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Every file below a folder, or the file itself, in the order of their names. Hidden files and what cargo, npm and
/// we ourselves make are left out.
pub(crate) fn files_below(path: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut waiting = vec![path.to_path_buf()];
    while let Some(path) = waiting.pop() {
        if !path.is_dir() {
            found.push(path);
            continue;
        }
        let entries = fs::read_dir(&path).with_context(|| format!("cannot list {}", path.display()))?;
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if !name.starts_with('.') && !matches!(name.as_ref(), "target" | "node_modules" | "dist") {
                waiting.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}
