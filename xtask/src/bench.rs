//! `cargo xtask bench`: measures, prints, and writes `docs/figures/NAME.json`, one for each part.

mod browser;
mod gpu;
mod kernels;
mod material;
mod native;
mod offline;
mod picture;
mod quality;
mod sacrebleu;
mod sentences;
mod speed;
mod stats;
mod widget;

use anyhow::{Context, Result, bail};
use serde::Serialize;

use crate::project::say;
use crate::{figures, size};

/// How often each engine translates the text. Figures that documents quote come from no fewer.
const ROUNDS: usize = 5;

/// What was asked for.
#[derive(Clone, Debug, PartialEq)]
struct Options {
    rounds: usize,
    /// Only so many lines of each text; None: all of them.
    lines: Option<usize>,
}

/// A part of the bench.
struct Part {
    name: &'static str,
    title: &'static str,
    measure: fn(&Options) -> Result<()>,
}

/// All parts; what takes longest comes last.
const PARTS: [Part; 9] = [
    Part { name: "size", title: "sizes of the bundles", measure: |_| size::size() },
    Part { name: "sentences", title: "where German sentences end", measure: sentences::measure },
    Part { name: "quality", title: "BLEU and chrF", measure: quality::measure },
    Part { name: "speed", title: "words a second, natively, on one thread", measure: speed::measure },
    Part {
        name: "kernels",
        title: "where the time goes, natively and in Chromium",
        measure: kernels::measure,
    },
    Part {
        name: "offline",
        title: "a second visit without a network; bad servers",
        measure: offline::measure,
    },
    Part { name: "widget", title: "what the widget costs a page that has it", measure: widget::measure },
    Part { name: "gpu", title: "the GPU, natively and in Chromium", measure: gpu::measure },
    Part {
        name: "browser",
        title: "words a second in Chromium, beside other engines",
        measure: browser::measure,
    },
];

/// Measures the parts that are named, or all. A part that fails does not keep the others from being measured; false if
/// one did.
pub(crate) fn bench(arguments: &[String]) -> Result<bool> {
    let (parts, options) = parse(arguments)?;
    let mut failed = Vec::new();
    for part in parts {
        say(&format!("[{}] {}", part.name, part.title));
        if let Err(error) = (part.measure)(&options) {
            say(&format!("[{}] {error:#}", part.name));
            failed.push(part.name);
        }
    }
    if !failed.is_empty() {
        say(&format!("not measured: {}", failed.join(", ")));
    }
    Ok(failed.is_empty())
}

/// Reads the command's arguments.
fn parse(arguments: &[String]) -> Result<(Vec<&'static Part>, Options)> {
    let mut options = Options { rounds: ROUNDS, lines: None };
    let mut named = Vec::new();
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let mut number = || -> Result<usize> {
            let value = arguments.next().with_context(|| format!("{argument} needs a number"))?;
            match value.parse() {
                Ok(number) if number > 0 => Ok(number),
                _ => bail!("{value:?} is no number of {} from 1", &argument[2..]),
            }
        };
        match argument.as_str() {
            "--rounds" => options.rounds = number()?,
            "--lines" => options.lines = Some(number()?),
            name => match PARTS.iter().find(|part| part.name == name) {
                Some(part) => named.push(part),
                None => {
                    let known = PARTS.map(|part| part.name).join(", ");
                    bail!("there is no part {name:?} of the bench, only {known}");
                }
            },
        }
    }
    Ok((if named.is_empty() { PARTS.iter().collect() } else { named }, options))
}

impl Options {
    /// Whether enough is measured for documents to quote it.
    fn counts(&self) -> bool {
        self.lines.is_none() && self.rounds >= ROUNDS
    }

    /// Writes a part's figures, unless they are of a short trial.
    fn keep<T: Serialize>(&self, part: &str, content: &T) -> Result<()> {
        if !self.counts() {
            say(&format!("a short trial; docs/figures/{part}.json stays as it is"));
            return Ok(());
        }
        let path = figures::write(part, &format!("cargo xtask bench {part}"), content)?;
        say(&format!("written to {}", path.display()));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> Result<(Vec<&'static str>, Options)> {
        let arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
        let (parts, options) = parse(&arguments)?;
        Ok((parts.iter().map(|part| part.name).collect(), options))
    }

    #[test]
    fn arguments_are_read() {
        let (parts, options) = read(&[]).unwrap();
        assert_eq!(parts.len(), PARTS.len());
        assert_eq!(options, Options { rounds: ROUNDS, lines: None });
        let (parts, options) = read(&["speed", "--rounds", "2", "quality", "--lines", "10"]).unwrap();
        assert_eq!(parts, ["speed", "quality"]);
        assert_eq!(options, Options { rounds: 2, lines: Some(10) });
        for wrong in
            [&["--rounds"] as &[&str], &["--rounds", "0"], &["--lines", "x"], &["--x", "1"], &["fast"]]
        {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }
}
