//! What works without a network: the files that the service worker keeps on the device, and the name of a release.

use std::collections::BTreeMap;

use anyhow::Result;
use sha2::{Digest, Sha256};

use crate::project;

/// The page's shell, by its address. All other files are known by their names.
const SHELL: (&str, &str) = ("index.html", "/");

/// Addresses of files, each with what `integrity` has to be when it is fetched.
#[derive(Default)]
pub(crate) struct Kept {
    files: BTreeMap<String, String>,
    engines: BTreeMap<String, String>,
}

impl Kept {
    /// Notes a file of `dist/`, if it is one to keep. Models are kept by the engine, and pictures for a shop by nobody.
    pub(crate) fn note(&mut self, name: &str, content: &[u8]) {
        let address = if name == SHELL.0 { SHELL.1.to_owned() } else { format!("/{name}") };
        let integrity = || format!("sha256-{}", base64(&Sha256::digest(content)));
        // There are several engines, and a device needs one.
        if name.starts_with("assets/engine") {
            self.engines.insert(address, integrity());
        } else if ["index.html", "manifest.webmanifest"].contains(&name)
            || ["articles/", "assets/", "icons/"].iter().any(|folder| name.starts_with(folder))
        {
            self.files.insert(address, integrity());
        }
    }

    /// A name for the release that consists of these files and of what `also` has.
    pub(crate) fn version(&self, also: &[&str]) -> Result<String> {
        let mut all = format!("{}\n{}", self.files()?, self.engines()?);
        for text in also {
            all.push('\n');
            all.push_str(text);
        }
        Ok(project::sha256(all.as_bytes())[..12].to_owned())
    }

    /// What every page needs, as a JavaScript object.
    pub(crate) fn files(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(&self.files)?)
    }

    /// The engines, as a JavaScript object.
    pub(crate) fn engines(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(&self.engines)?)
    }
}

/// Base64 with the ordinary alphabet, padded.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |group: &[u8]| {
        let bits = (0..3).fold(0, |bits, at| bits << 8 | u32::from(group.get(at).copied().unwrap_or(0)));
        let digit = |at: usize| match at {
            at if at > group.len() => '=',
            at => char::from(DIGITS[(bits >> (18 - 6 * at) & 63) as usize]),
        };
        [digit(0), digit(1), digit(2), digit(3)]
    };
    bytes.chunks(3).flat_map(group).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_the_usual_one() {
        for (plain, coded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("?>~", "Pz5+")]
        {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
        assert_eq!(base64(&[255; 3]), "////");
    }

    #[test]
    fn pages_are_kept_and_models_are_not() {
        let mut kept = Kept::default();
        for name in [
            "index.html",
            "assets/reader-0123456789ab.js",
            "assets/engine-0123456789ab.wasm",
            "assets/engine-gpu-0123456789ab.wasm",
            "articles/index.json",
            "models/deen/manifest.json",
            "models/deen/model.bin",
            "screenshots/wide.png",
            "embed/klartext.js",
            "demo/index.html",
            "docs/publishers.html",
        ] {
            kept.note(name, b"content");
        }
        let files: Vec<&str> = kept.files.keys().map(String::as_str).collect();
        assert_eq!(files, ["/", "/articles/index.json", "/assets/reader-0123456789ab.js"]);
        assert_eq!(kept.engines.len(), 2);
        assert!(kept.files["/"].starts_with("sha256-7XACtDnprIRfIjV9giusFERzD722AW0+yUMil7nsn3M"));
    }

    #[test]
    fn every_change_is_another_release() {
        let version = |name: &str, content: &[u8], also: &str| {
            let mut kept = Kept::default();
            kept.note(name, content);
            kept.version(&[also]).unwrap()
        };
        let first = version("articles/a.html", b"a", "shell");
        assert_eq!(first, version("articles/a.html", b"a", "shell"));
        assert_ne!(first, version("articles/b.html", b"a", "shell"));
        assert_ne!(first, version("articles/a.html", b"b", "shell"));
        assert_ne!(first, version("articles/a.html", b"a", "Shell"));
    }
}
