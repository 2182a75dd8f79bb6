//! What the widget costs a reader of another site, in bytes, as far as the build can know it; and the pages that say so.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha384};

use crate::embed::Widget;
use crate::offline::base64;
use crate::page::STYLE;
use crate::project;
use crate::site::Site;

/// Bytes of each step, as a browser is sent them: with brotli where that makes them fewer. [`Costs::FILE`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Costs {
    /// Before the click: the script that the page names.
    pub(crate) script: u64,
    /// With the click: the scripts that it loads then.
    pub(crate) interface: u64,
    /// The engine on the processor, for a browser with relaxed vectors.
    pub(crate) engine: u64,
    /// The model, which is stored on the device.
    pub(crate) model: u64,
    /// The engine on the GPU, where there is one.
    pub(crate) gpu: u64,
}

/// Files of `dist/` that come after the click.
pub(crate) struct Downloads<'a> {
    pub(crate) engine: &'a [String],
    pub(crate) model: &'a [String],
    pub(crate) gpu: &'a [String],
}

impl Downloads<'_> {
    /// Bytes of engine and model together.
    pub(crate) fn bytes(&self, site: &Site<'_>) -> Result<u64> {
        Ok(sum(site, self.engine)? + sum(site, self.model)?)
    }
}

impl Costs {
    /// The file of `dist/` that tells them.
    pub(crate) const FILE: &'static str = "embed/sizes.json";

    /// What the last build measured.
    pub(crate) fn read(dist: &Path) -> Result<Self> {
        let file = dist.join(Self::FILE);
        let text = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        serde_json::from_slice(&text)
            .with_context(|| format!("{} is not what a build writes", file.display()))
    }

    /// Measures what has been written.
    pub(crate) fn of(site: &Site<'_>, widget: &Widget, downloads: &Downloads<'_>) -> Result<Self> {
        let scripts = |names: BTreeSet<&str>| -> Result<u64> {
            names.into_iter().map(|name| site.transferred(&format!("embed/{name}"))).sum()
        };
        Ok(Self {
            script: scripts(widget.at_once("klartext.js"))?,
            interface: scripts(widget.later("klartext.js"))?,
            engine: sum(site, downloads.engine)?,
            model: sum(site, downloads.model)?,
            gpu: sum(site, downloads.gpu)?,
        })
    }
}

fn sum(site: &Site<'_>, names: &[String]) -> Result<u64> {
    names.iter().map(|name| site.transferred(name)).sum()
}

/// What the pages of `public/demo` and `public/docs` may have put in.
pub(crate) struct Places {
    /// Names as they stand between double braces, and what comes there.
    values: Vec<(String, String)>,
}

impl Places {
    pub(crate) fn new(costs: &Costs, widget: &Widget) -> Result<Self> {
        let Costs { script, interface, engine, model, gpu } = *costs;
        let mut values = Vec::new();
        for (name, bytes) in [
            ("script", script),
            ("interface", interface),
            ("engine", engine),
            ("model", model),
            ("gpu", gpu),
            ("click", interface + engine + model),
        ] {
            values.push((format!("bytes:{name}"), in_words(bytes)));
        }
        let script = widget.scripts.get("klartext.js").context("the widget has no klartext.js")?;
        values.push(("integrity:klartext.js".into(), integrity(&script.content)));
        values.push(("version".into(), env!("CARGO_PKG_VERSION").into()));
        for file in project::files_below(&project::root().join(STYLE))? {
            let name = file.file_stem().unwrap_or_default().to_string_lossy();
            values.push((format!("style:{name}"), fs::read_to_string(&file)?));
        }
        Ok(Self { values })
    }

    /// Puts the values in. A page need not have any, and braces of other kinds are the page's own.
    pub(crate) fn fill(&self, name: &str, content: Vec<u8>) -> Result<Vec<u8>> {
        let Ok(mut text) = String::from_utf8(content.clone()) else { return Ok(content) };
        for (place, value) in &self.values {
            text = text.replace(&format!("{{{{{place}}}}}"), value);
        }
        for unknown in ["{{bytes:", "{{integrity:", "{{style:"] {
            if let Some(at) = text.find(unknown) {
                bail!("{name} has the unknown place {}", text[at..].lines().next().unwrap_or_default());
            }
        }
        Ok(text.into_bytes())
    }
}

/// What `integrity` of a script's tag has to be.
fn integrity(content: &[u8]) -> String {
    format!("sha384-{}", base64(&Sha384::digest(content)))
}

/// A number of bytes as people read it, with decimal units: `4.2 kB`, `630 kB`, `9.2 MB`.
fn in_words(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a few digits are shown")]
    let bytes = bytes as f64;
    // The space is one at which no line ends.
    if bytes < 99_950.0 {
        format!("{:.1}\u{a0}kB", bytes / 1e3)
    } else if bytes < 999_500.0 {
        format!("{:.0}\u{a0}kB", bytes / 1e3)
    } else {
        format!("{:.1}\u{a0}MB", bytes / 1e6)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_readable() {
        for (bytes, words) in [
            (0, "0.0 kB"),
            (4_249, "4.2 kB"),
            (99_949, "99.9 kB"),
            (99_951, "100 kB"),
            (999_499, "999 kB"),
            (999_500, "1.0 MB"),
            (9_172_232, "9.2 MB"),
        ] {
            assert_eq!(in_words(bytes).replace('\u{a0}', " "), words);
        }
    }

    #[test]
    fn pages_get_the_values_and_keep_their_own_braces() {
        let places = Places { values: vec![("bytes:script".into(), "4.2 kB".into())] };
        let fill = |text: &str| places.fill("a.html", text.as_bytes().to_vec());
        assert_eq!(fill("{{bytes:script}} {{ of }} {{bytes:script}}").unwrap(), b"4.2 kB {{ of }} 4.2 kB");
        assert!(
            fill("{{bytes:skript}}")
                .unwrap_err()
                .to_string()
                .contains("a.html has the unknown place {{bytes:skript}}")
        );
        assert_eq!(places.fill("a.png", vec![0xff, 0xfe]).unwrap(), [0xff, 0xfe]);
    }

    #[test]
    fn a_tag_can_be_told_what_the_script_has_to_be() {
        let empty = "sha384-OLBgp1GsljhM2TJ+sbHjaiH9txEUvgdDTAzHv2P24donTt6/529l+9Ua0vFImLlb";
        assert_eq!(integrity(b""), empty);
    }
}
