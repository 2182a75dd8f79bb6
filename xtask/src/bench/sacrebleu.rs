//! BLEU and chrF as everybody measures them: PyPI's sacrebleu with its defaults.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::stats::round;
use crate::project::{self, on_path, output, run, say};
use crate::setup;

/// Its version; scores of different versions may differ.
pub(super) const VERSION: &str = "2.6.0";

/// How well a text agrees with a reference.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Scores {
    pub(super) bleu: f64,
    pub(super) chrf: f64,
}

/// An installed sacrebleu.
pub(super) struct Sacrebleu {
    python: PathBuf,
}

impl Sacrebleu {
    /// Finds or installs it, in a Python environment of its own.
    pub(super) fn find_or_install() -> Result<Self> {
        let folder = project::cache(&format!("python/sacrebleu-{VERSION}"))?;
        let python = folder.join("bin/python");
        let found = Self { python };
        if found.works() {
            return Ok(found);
        }
        if on_path("python3").is_none() {
            setup::apt_install(&["python3", "python3-venv"])?;
        }
        say(&format!("installing sacrebleu {VERSION} with pip in {}", folder.display()));
        let make = || run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder));
        // Debian's Python comes without the part that makes environments.
        if make().is_err() {
            setup::apt_install(&["python3-venv"])?;
            make()?;
        }
        let mut pip = Command::new(&found.python);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        run(pip.arg(format!("sacrebleu=={VERSION}"))).context("cannot install sacrebleu")?;
        Ok(found)
    }

    fn works(&self) -> bool {
        let version = Command::new(&self.python).args(["-m", "sacrebleu", "--version"]).output();
        version.is_ok_and(|output| output.status.success())
    }

    /// Scores a translation, one sentence a line as in the reference.
    pub(super) fn score(&self, reference: &Path, translation: &Path) -> Result<Scores> {
        let mut command = Command::new(&self.python);
        command.args(["-m", "sacrebleu"]).arg(reference).arg("--input").arg(translation);
        command.args(["--metrics", "bleu", "chrf", "--format", "json", "--width", "4"]);
        read(&output(&mut command)?)
    }
}

/// Reads sacrebleu's report on both metrics.
fn read(report: &str) -> Result<Scores> {
    #[derive(Deserialize)]
    struct Metric {
        name: String,
        score: f64,
    }
    let metrics: Vec<Metric> =
        serde_json::from_str(report).context("sacrebleu's report has an unknown form")?;
    let score = |start: &str| {
        let metric = metrics.iter().find(|metric| metric.name.starts_with(start));
        metric.map(|metric| round(metric.score, 2)).with_context(|| format!("sacrebleu reported no {start}"))
    };
    Ok(Scores { bleu: score("BLEU")?, chrf: score("chrF")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_is_read() {
        let report = r#"[
            {"name": "BLEU", "score": 41.5678, "signature": "nrefs:1", "verbose_score": "70/50"},
            {"name": "chrF2", "score": 66.0, "signature": "nrefs:1"}
        ]"#;
        assert_eq!(read(report).unwrap(), Scores { bleu: 41.57, chrf: 66.0 });
        assert!(read(r#"[{"name": "BLEU", "score": 1.0}]"#).unwrap_err().to_string().contains("chrF"));
        assert!(read("BLEU 41.5").is_err());
    }
}
