//! `docs/figures/NAME.json`: the figures that documents quote, each with the command that makes it, machine and day.

use std::fs;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use serde::Serialize;
use serde_json::Value;

use crate::project;

/// A file of figures. The fields are written in the order of their declaration, so give `figures` a struct.
#[derive(Serialize)]
struct Figures<'a, T> {
    command: &'a str,
    machine: String,
    date: String,
    figures: &'a T,
}

/// Writes the figures that `command` made to `docs/figures/NAME.json`, and returns the path.
pub(crate) fn write<T: Serialize>(name: &str, command: &str, figures: &T) -> Result<PathBuf> {
    let path = project::root().join("docs/figures").join(format!("{name}.json"));
    let content = Figures { command, machine: machine(), date: today(), figures };
    let mut text = serde_json::to_string_pretty(&content)?;
    text.push('\n');
    fs::create_dir_all(path.parent().expect("the path has a folder"))?;
    fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}

/// The figures of `docs/figures/NAME.json` as they were written last, if they were.
pub(crate) fn read(name: &str) -> Option<Value> {
    let path = project::root().join("docs/figures").join(format!("{name}.json"));
    let mut content: Value = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    Some(content["figures"].take())
}

/// The processor's name and how many of its cores we may use.
pub(crate) fn machine() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':').map(|(_, model)| model.trim()))
        .unwrap_or(std::env::consts::ARCH);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{model}, {cores} {}", if cores == 1 { "core" } else { "cores" })
}

/// Today in UTC, as 2026-01-31.
fn today() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    date(seconds / 86_400)
}

/// The date that many days after 1970-01-01 in the Gregorian calendar.
fn date(days: u64) -> String {
    let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let (mut year, mut rest) = (1970, days);
    while rest >= 365 + u64::from(leap(year)) {
        rest -= 365 + u64::from(leap(year));
        year += 1;
    }
    let mut month = 1;
    for length in [31, 28 + u64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if rest < length {
            break;
        }
        rest -= length;
        month += 1;
    }
    format!("{year}-{month:02}-{:02}", rest + 1)
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn days_become_dates() {
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(59), "1970-03-01");
        assert_eq!(date(11_016), "2000-02-29");
        assert_eq!(date(11_322), "2000-12-31");
        assert_eq!(date(19_723), "2024-01-01");
        assert_eq!(date(19_782), "2024-02-29");
        assert_eq!(date(20_513), "2026-03-01");
    }
}
