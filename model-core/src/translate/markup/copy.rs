//! What stands in the target as in the source: names, products, numbers, code.

use std::ops::Range;

use super::evidence::{Kind, trimmed};
use super::place::Placer;
use super::words::{Match, occurrences};

/// The mass with which an exact copy of a common word is believed.
const COPY: f32 = 0.1;

impl Placer<'_> {
    /// Finds what stands in source and target alike, or covers all.
    pub(super) fn copy(&mut self, span: usize) {
        let source = self.spans[span].source.clone();
        if source == trimmed(self.source, 0..self.source.len()) {
            self.mark(span, 0..self.words.len());
            return;
        }
        match self.core(span) {
            Some(core) => {
                if let Some((_, words)) = self.find(span, core, Match::Folded) {
                    self.mark(span, words);
                }
            }
            None => match self.find(span, source, Match::Folded) {
                Some((bytes, words)) if words.is_empty() => {
                    self.take(span, bytes.clone());
                    self.punctuation[span] = Some(bytes);
                }
                Some((_, words)) => self.mark(span, words),
                None => {}
            },
        }
    }

    /// Where a part of a span stands in the target, in bytes and in words.
    pub(super) fn find(
        &self,
        span: usize,
        part: Range<usize>,
        how: Match,
    ) -> Option<(Range<usize>, Range<usize>)> {
        let needle = &self.source[part.clone()];
        let (sources, mut targets) = self.occurrences(span, needle, how);
        let mass = |range: &Range<usize>| {
            let words = self.words_in(range);
            let len = words.len().max(1) as f32;
            words.map(|word| self.evidence.mass(word, span)).sum::<f32>() / len
        };
        let chosen = match sources.iter().position(|range| *range == part) {
            Some(rank) if sources.len() == targets.len() => targets.swap_remove(rank),
            _ => targets.into_iter().rev().max_by(|a, b| mass(a).total_cmp(&mass(b)))?,
        };
        let words = self.words_in(&chosen);
        let known = words.clone().any(|word| self.evidence.total(word) > 0.0);
        let certain = self.spans[span].kind == Kind::Code || is_telling(needle);
        (certain || !known || mass(&chosen) >= COPY).then_some((chosen, words))
    }

    /// Where a text stands in the source and in the target, without what belongs to other spans.
    fn occurrences(&self, span: usize, needle: &str, how: Match) -> (Vec<Range<usize>>, Vec<Range<usize>>) {
        let mut sources = occurrences(self.source, &self.source_words, needle, how);
        let mut targets = occurrences(self.target, &self.words, needle, how);
        let taken = &self.taken[self.spans[span].kind.index()];
        let free = |bytes: Range<usize>| {
            let others = |code: usize| !self.spans[span].contains(&self.spans[code]);
            !taken.target[bytes.clone()].contains(&true)
                && !self.code_at[bytes].iter().flatten().copied().any(others)
        };
        sources.retain(|range| !taken.source[range.clone()].contains(&true));
        targets.retain(|range| free(range.clone()));
        (sources, targets)
    }

    /// The words that begin in a range of the target's bytes.
    fn words_in(&self, bytes: &Range<usize>) -> Range<usize> {
        let at = |byte| self.words.partition_point(|word| word.start < byte);
        at(bytes.start)..at(bytes.end)
    }
}

/// Whether a text is so much its own that it cannot be another word of the other language: German `also` is
/// not English `also`, but `SAP`, `iPhone`, `3,5` and `Tim Cook` are themselves.
fn is_telling(text: &str) -> bool {
    text.chars().any(char::is_numeric)
        || text.contains(char::is_whitespace)
        || text.chars().skip(1).any(char::is_uppercase)
}
