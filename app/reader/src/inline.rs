//! Builds a block's runs from pieces of marked-up text, with the white space collapsed as a browser would.

use klartext_document::{Mark, Run};

/// Collects the inline runs of one block.
#[derive(Debug, Default)]
pub struct RunBuilder {
    runs: Vec<Run>,
}

impl RunBuilder {
    /// Adds text. Runs of ASCII white space, also across calls, become one space, and none begins a block; spaces that
    /// do not break are kept.
    pub fn push(&mut self, text: &str, mark: &Mark) {
        for c in text.chars() {
            if !c.is_ascii_whitespace() {
                self.append(c, mark);
            } else if self.last().is_some_and(|last| last != ' ') {
                self.append(' ', mark);
            }
        }
    }

    /// Adds text as it is, for code.
    pub fn push_verbatim(&mut self, text: &str, mark: &Mark) {
        for c in text.chars() {
            self.append(c, mark);
        }
    }

    /// The runs, without the white space at the end; the builder is empty afterwards.
    pub fn finish(&mut self) -> Vec<Run> {
        while let Some(run) = self.runs.last_mut() {
            run.text.truncate(run.text.trim_end_matches(|c: char| c.is_ascii_whitespace()).len());
            if !run.text.is_empty() {
                break;
            }
            self.runs.pop();
        }
        std::mem::take(&mut self.runs)
    }

    /// Whether there is nothing in it yet.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    fn last(&self) -> Option<char> {
        self.runs.last()?.text.chars().next_back()
    }

    fn append(&mut self, c: char, mark: &Mark) {
        match self.runs.last_mut() {
            Some(run) if run.mark == *mark => run.text.push(c),
            _ => self.runs.push(Run { text: c.to_string(), mark: mark.clone() }),
        }
    }
}

/// Cuts runs into stretches that lead to the same address, so that a link is one link whatever its markup.
pub fn by_link(runs: &[Run]) -> impl Iterator<Item = (Option<&str>, &[Run])> {
    runs.chunk_by(|a, b| a.mark.link == b.mark.link).map(|part| (part[0].mark.link.as_deref(), part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bold() -> Mark {
        Mark { bold: true, ..Mark::default() }
    }

    fn texts(runs: &[Run]) -> Vec<&str> {
        runs.iter().map(|run| run.text.as_str()).collect()
    }

    #[test]
    fn white_space_collapses_across_markup() {
        let mut builder = RunBuilder::default();
        builder.push("\n  Ein ", &Mark::default());
        builder.push(" fetter\n", &bold());
        builder.push("  Text ", &Mark::default());
        builder.push(" \n ", &bold());
        assert_eq!(texts(&builder.finish()), ["Ein ", "fetter ", "Text"]);
        assert!(builder.is_empty());
    }

    #[test]
    fn unbreakable_spaces_stay() {
        let mut builder = RunBuilder::default();
        builder.push("16\u{a0}MByte\u{202f}x", &Mark::default());
        assert_eq!(texts(&builder.finish()), ["16\u{a0}MByte\u{202f}x"]);
    }

    #[test]
    fn code_keeps_its_lines() {
        let mut builder = RunBuilder::default();
        builder.push_verbatim("  a\n    b\n", &Mark::default());
        assert_eq!(texts(&builder.finish()), ["  a\n    b"]);
    }

    #[test]
    fn nothing_is_no_run() {
        let mut builder = RunBuilder::default();
        builder.push(" \n\t ", &bold());
        assert!(builder.finish().is_empty());
    }

    #[test]
    fn a_link_with_markup_in_it_is_one_link() {
        let link = |bold| Mark { bold, link: Some("/x".into()), ..Mark::default() };
        let runs = [
            Run { text: "a ".into(), mark: Mark::default() },
            Run { text: "b ".into(), mark: link(false) },
            Run { text: "c".into(), mark: link(true) },
            Run { text: ".".into(), mark: Mark::default() },
        ];
        let cut: Vec<_> = by_link(&runs).map(|(link, part)| (link, part.len())).collect();
        assert_eq!(cut, [(None, 1), (Some("/x"), 2), (None, 1)]);
        assert_eq!(by_link(&[]).count(), 0);
    }
}
