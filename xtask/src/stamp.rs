//! Is `dist/` what the sources would make? A stamp in it says of which sources it is, so that nothing need be built,
//! and cargo not even be asked.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::project;
use crate::wasm::Compiler;

/// Everything that decides what is in `dist/`. What does not exist is left out.
const SOURCES: [&str; 9] = [
    ".cargo/config.toml",
    "Cargo.lock",
    "Cargo.toml",
    "app",
    "index.html",
    "model-core",
    "public",
    "rust-toolchain.toml",
    "xtask",
];

/// The stamp that a build of the sources as they are now will get.
pub(crate) fn of_sources(compiler: &Compiler) -> Result<String> {
    let sources: Vec<PathBuf> = SOURCES.iter().map(|name| project::root().join(name)).collect();
    of(project::root(), &sources, &compiler.version()?)
}

/// True if `dist/` was made of the sources as they are now, by this compiler.
pub(crate) fn is_current(compiler: &Compiler) -> Result<bool> {
    Ok(fs::read_to_string(place()).is_ok_and(|stamp| of_sources(compiler).is_ok_and(|now| now == stamp)))
}

/// Stamps `dist/`.
pub(crate) fn write(stamp: &str) -> Result<()> {
    fs::write(place(), stamp).context("cannot stamp dist/")
}

/// Takes the stamp away: `dist/` is about to change.
pub(crate) fn remove() -> Result<()> {
    match fs::remove_file(place()) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).context("cannot change dist/")
        }
        _ => Ok(()),
    }
}

/// The file with the stamp. Its name begins with a dot, so it is not served.
fn place() -> PathBuf {
    project::dist().join(".stamp")
}

/// Names and contents of all files, and what else counts.
fn of(root: &Path, sources: &[PathBuf], also: &str) -> Result<String> {
    let mut hash = Sha256::new();
    let mut part = |bytes: &[u8]| {
        // With its length before it, no part can pass for the end of one and the beginning of another.
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    part(also.as_bytes());
    for source in sources.iter().filter(|source| source.exists()) {
        for file in project::files_below(source)? {
            part(file.strip_prefix(root).unwrap_or(&file).as_os_str().as_encoded_bytes());
            part(&fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?);
        }
    }
    Ok(project::hex(&hash.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_change_changes_the_stamp() {
        let root = std::env::temp_dir().join(format!("klartext-stamp-{}", std::process::id()));
        let source = root.join("source");
        fs::create_dir_all(source.join("inner")).unwrap();
        fs::write(source.join("a"), "one").unwrap();
        fs::write(source.join("inner/b"), "two").unwrap();
        let sources = [source.clone(), root.join("missing")];
        let stamp = |also: &str| of(&root, &sources, also).unwrap();

        let first = stamp("1.95");
        assert_eq!(first, stamp("1.95"), "nothing has changed");
        assert_ne!(first, stamp("1.96"), "another compiler");
        fs::write(source.join("a"), "One").unwrap();
        let second = stamp("1.95");
        assert_ne!(first, second, "another content");
        fs::rename(source.join("a"), source.join("c")).unwrap();
        let third = stamp("1.95");
        assert_ne!(second, third, "another name");
        fs::remove_file(source.join("inner/b")).unwrap();
        assert_ne!(third, stamp("1.95"), "a file less");
        fs::create_dir_all(source.join("target")).unwrap();
        let fourth = stamp("1.95");
        fs::write(source.join("target/made"), "").unwrap();
        fs::write(source.join(".hidden"), "").unwrap();
        assert_eq!(fourth, stamp("1.95"), "what is not source does not count");
        fs::remove_dir_all(&root).unwrap();
    }
}
