//! The files of `dist/`: written only when they are new, compressed forms beside them, what is of former builds removed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::bundle::Made;
use crate::offline::Kept;
use crate::project;

/// Kinds of files that compression makes smaller. The model's weights are not among them.
const COMPRESSIBLE: [&str; 9] = ["css", "html", "js", "json", "md", "svg", "txt", "wasm", "webmanifest"];

/// Brotli's quality for what is served: 11 takes thirty times as long for a tenth less.
const QUALITY: u32 = 9;

/// Length of the hash in a file's name.
const HASH: usize = 12;

/// The files of `dist/`.
pub(crate) struct Site<'a> {
    dist: &'a Path,
    /// What has been written; all else is of former builds.
    kept: BTreeSet<PathBuf>,
    /// What the service worker keeps of it.
    pub(crate) offline: Kept,
}

impl<'a> Site<'a> {
    pub(crate) fn new(dist: &'a Path) -> Self {
        Self { dist, kept: BTreeSet::new(), offline: Kept::default() }
    }

    /// Writes `assets/NAME-HASH.KIND` and returns its address. Such a file never changes, so it may be kept for ever.
    pub(crate) fn put_hashed(&mut self, name: &str, kind: &str, content: &[u8]) -> Result<String> {
        let name = format!("assets/{name}-{}.{kind}", &project::sha256(content)[..HASH]);
        self.put(&name, content)?;
        Ok(format!("/{name}"))
    }

    /// Writes a file, and beside it a compressed form if that is worth while.
    pub(crate) fn put(&mut self, name: &str, content: &[u8]) -> Result<()> {
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

    /// Bytes that a browser is sent for a file that has been written.
    pub(crate) fn transferred(&self, name: &str) -> Result<u64> {
        let plain = self.dist.join(name);
        let packed = plain.with_added_extension("br");
        let sent = if packed.is_file() { packed } else { plain };
        Ok(fs::metadata(&sent).with_context(|| format!("there is no {}", sent.display()))?.len())
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
    pub(crate) fn put_snippets(&mut self, made: &Made) -> Result<()> {
        let Some(folder) = &made.snippets else { return Ok(()) };
        for file in project::files_below(folder)? {
            let name = Path::new("assets/snippets").join(file.strip_prefix(folder)?);
            self.put(&name.to_string_lossy(), &fs::read(&file)?)?;
        }
        Ok(())
    }

    /// The name of the file `assets/NAME-HASH.KIND` of the last build.
    pub(crate) fn asset(&self, name: &str, kind: &str) -> Result<String> {
        let hash = |file: &str| {
            let hash = file.strip_prefix(name)?.strip_prefix('-')?.strip_suffix(kind)?.strip_suffix('.')?;
            (hash.len() == HASH).then_some(())
        };
        let files = project::files_below(&self.dist.join("assets"))?;
        let mut names = files.iter().filter_map(|file| file.file_name()?.to_str());
        let found = names.find(|file| hash(file).is_some());
        let found = found.with_context(|| format!("dist/assets has no {name}.{kind}; build it first"))?;
        Ok(format!("assets/{found}"))
    }

    /// Removes the files of former builds below a folder, or all of them if it is "".
    pub(crate) fn remove_others(&self, below: &str) -> Result<()> {
        for file in project::files_below(&self.dist.join(below))? {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_writing_leaves_equal_files_and_removes_old_ones() {
        let dist = std::env::temp_dir().join(format!("klartext-dist-{}", std::process::id()));
        let date = |name: &str| fs::metadata(dist.join(name)).unwrap().modified().unwrap();
        let text = "long enough to be worth compressing ".repeat(40);

        let mut site = Site::new(&dist);
        site.put("page.html", text.as_bytes()).unwrap();
        site.put("old.css", b"old").unwrap();
        site.put("weights.bin", text.as_bytes()).unwrap();
        site.remove_others("").unwrap();
        assert!(dist.join("page.html.br").is_file());
        assert!(dist.join("old.css").is_file());
        assert!(!dist.join("old.css.br").exists(), "three bytes do not become fewer");
        assert!(!dist.join("weights.bin.br").exists());
        assert!(site.transferred("page.html").unwrap() < 200);
        assert_eq!(site.transferred("weights.bin").unwrap(), text.len() as u64);
        let before = (date("page.html"), date("page.html.br"));

        let mut site = Site::new(&dist);
        site.put("page.html", text.as_bytes()).unwrap();
        site.remove_others("").unwrap();
        assert_eq!(before, (date("page.html"), date("page.html.br")));
        assert!(!dist.join("old.css").exists());

        assert!(site.asset("a", "js").is_err());
        let address = site.put_hashed("a", "js", b"a").unwrap();
        site.put_hashed("a-b", "js", b"a").unwrap();
        assert_eq!(format!("/{}", site.asset("a", "js").unwrap()), address);
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
