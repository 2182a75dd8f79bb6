//! Code, which stands in the target as it stands in the source.

use super::evidence::Kind;
use super::place::Placer;
use super::words::Match;

/// The mass with which code takes the place of a word; with less it is put between the words.
const REPLACE: f32 = 0.3;

impl Placer<'_> {
    /// Finds code that the model has left alone, or nearly so.
    pub(super) fn copy_code(&mut self, span: usize) {
        let range = self.spans[span].source.clone();
        for how in [Match::Exact, Match::Loose] {
            if let Some((bytes, words)) = self.find(span, range.clone(), how) {
                self.put_code(span, bytes, words);
                return;
            }
        }
    }

    /// Puts code that does not stand in the target where it belongs.
    pub(super) fn replace_by_code(&mut self, span: usize) {
        if self.is_code_placed(span) {
            return;
        }
        let free: Vec<bool> = (0..self.words.len()).map(|word| self.code_of(word).is_none()).collect();
        let likely = self.best_stretch(span, &free).map(|(words, _)| self.without_article(span, words));
        let words = likely.or_else(|| {
            let best = (0..self.words.len()).filter(|&word| free[word]);
            let best =
                best.max_by(|&a, &b| self.evidence.mass(a, span).total_cmp(&self.evidence.mass(b, span)))?;
            (self.evidence.mass(best, span) >= REPLACE).then_some(best..best + 1)
        });
        if let Some(words) = words {
            let bytes = self.with_punctuation(span, &words);
            self.put_code(span, bytes, words);
            return;
        }
        // After the word that comes from the nearest place before it.
        let start = self.spans[span].source.start;
        let before = (0..self.words.len()).filter(|&word| self.evidence.origin(word) < start);
        let at = before.max_by_key(|&word| self.evidence.origin(word)).map_or(0, |word| {
            match self.code_of(word) {
                Some(code) => {
                    self.code.iter().find(|(_, span)| *span == code).map_or(0, |(bytes, _)| bytes.end)
                }
                None => self.words[word].end,
            }
        });
        self.put_code(span, at..at, 0..0);
    }

    fn is_code_placed(&self, span: usize) -> bool {
        self.code.iter().any(|&(_, placed)| placed == span)
    }

    /// The spans that are code, which come before all others.
    pub(super) fn code_spans(&self) -> impl Iterator<Item = usize> + use<'_> {
        (0..self.spans.len()).take_while(|&span| self.spans[span].kind == Kind::Code)
    }

    /// Whether a mark is part of code, with which it is carried over.
    pub(super) fn is_in_code(&self, span: usize) -> bool {
        self.code_spans().any(|code| self.spans[code].contains(&self.spans[span]))
    }
}
