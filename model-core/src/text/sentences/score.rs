//! How well [`sentences`](super::sentences) finds the ends that a person marked.

use std::collections::BTreeSet;

use super::sentences;

/// Counts over a set of cases. An end counts by the place where the next sentence begins; the end of a text is not
/// counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Score {
    /// Cases read.
    pub cases: usize,
    /// Ends that a person marked.
    pub marked: usize,
    /// Ends that the rules found.
    pub found: usize,
    /// Ends that both have.
    pub agreed: usize,
    /// The cases that differ, as marked and as found.
    pub wrong: Vec<(String, String)>,
}

impl Score {
    /// Counts the cases of a file: one a line, `|` where a sentence ends and the next begins, `\n` and `\r` for line
    /// breaks; empty lines and lines that begin with `#` are left out.
    pub fn of(cases: &str, language: &str) -> Self {
        let mut score = Self::default();
        for case in cases.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            score.add(&case.replace("\\n", "\n").replace("\\r", "\r"), language);
        }
        score
    }

    fn add(&mut self, case: &str, language: &str) {
        let text = case.replace('|', "");
        let mut marked = BTreeSet::new();
        let mut length = 0;
        for part in case.split('|') {
            if length > 0 {
                marked.insert(length + (part.len() - part.trim_start().len()));
            }
            length += part.len();
        }
        let found: BTreeSet<usize> =
            sentences(&text, language).iter().skip(1).map(|sentence| sentence.start).collect();
        self.cases += 1;
        self.marked += marked.len();
        self.found += found.len();
        self.agreed += marked.intersection(&found).count();
        if marked != found {
            self.wrong.push((with_bars(&text, &marked), with_bars(&text, &found)));
        }
    }

    /// The share of the found ends that are marked, 0 to 1.
    pub fn precision(&self) -> f64 {
        share(self.agreed, self.found)
    }

    /// The share of the marked ends that are found, 0 to 1.
    pub fn recall(&self) -> f64 {
        share(self.agreed, self.marked)
    }
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

fn with_bars(text: &str, starts: &BTreeSet<usize>) -> String {
    let mut marked = String::with_capacity(text.len() + starts.len());
    let mut last = 0;
    for &start in starts {
        marked.push_str(&text[last..start]);
        marked.push('|');
        last = start;
    }
    marked + &text[last..]
}
