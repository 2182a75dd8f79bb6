//! Where the page's elements come to lie: each is one stretch, within that of the element around it.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

use super::evidence::{Kind, trimmed};
use super::layers::{Layers, Stretch};
use super::place::Placer;
use super::words::{Match, is_word, occurrences};

/// What a word is worth that nothing is known of.
const ANY: f32 = 0.02;
/// How much of its worth the first or last word of a neighbour has.
const GIVEN: f32 = 0.5;
/// How much of its worth a word has that a neighbour cannot give, so that both have it.
const SHARED: f32 = 0.25;
/// What the distance takes from a word at the other end of the sentence.
const FAR: f32 = 1e-3;

impl Placer<'_> {
    /// Places the tags, which are the last spans; `numbers` are theirs.
    ///
    /// They are placed from the outside to the inside. All that is known of an inner element has been counted for the
    /// outer one as well, so the inner one stays within, and a single word can be enough for both.
    pub(super) fn place_tags(&mut self, numbers: &[Vec<u32>]) -> Layers {
        let tags = self.spans.len() - numbers.len()..self.spans.len();
        for code in self.code_spans().collect::<Vec<_>>() {
            for word in self.placed[code].clone().into_iter().flatten() {
                self.evidence.settle(self.spans, tags.start, word, code);
            }
        }
        // What lies in code is carried over with it.
        let loose: Vec<usize> = tags.clone().filter(|&span| !self.is_in_code(span)).collect();
        let needs_place = self.need_place(&loose);
        // An element comes after the one around it, and so do the groups of those within them.
        let mut groups: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
        for &span in loose.iter().filter(|&&span| self.core(span).is_some()) {
            groups.entry(self.around(span)).or_default().push(span);
        }
        for (around, mut group) in groups {
            group.sort_by_key(|&span| Reverse(self.spans[span].source.len()));
            self.place_group(around, &group, &needs_place);
        }
        let stretches = tags.clone().filter_map(|span| self.stretch(span)).collect();
        let numbers = |span: usize| numbers[span - tags.start].as_slice();
        let mut layers = Layers::new(self.target.len(), &self.words, stretches, numbers);
        for span in loose.into_iter().filter(|&span| self.core(span).is_none()) {
            if let Some(bytes) = self.punctuation_of(span, &layers) {
                layers.put(Some(span), bytes, numbers(span));
            }
        }
        layers
    }

    /// The element around an element.
    fn around(&self, span: usize) -> Option<usize> {
        match self.spans[span].kind {
            Kind::Tag(around) => around,
            _ => None,
        }
    }

    /// For each span, whether it is lost without a place: it has words and no code, which has all that is around it
    /// wherever it stands, or something within it does.
    fn need_place(&self, tags: &[usize]) -> Vec<bool> {
        let mut needs = vec![false; self.spans.len()];
        for &span in tags.iter().rev() {
            let has_code = || self.code_spans().any(|code| self.spans[span].contains(&self.spans[code]));
            if needs[span] || self.core(span).is_some() && !has_code() {
                needs[span] = true;
                self.around(span).into_iter().for_each(|around| needs[around] = true);
            }
        }
        needs
    }

    /// Places elements that are next to each other in one, the longest first.
    fn place_group(&mut self, around: Option<usize>, group: &[usize], needs_place: &[bool]) {
        let (part, room) = match around {
            Some(around) => (self.spans[around].source.clone(), self.placed[around].first().cloned()),
            None => (trimmed(self.source, 0..self.source.len()), Some(0..self.words.len())),
        };
        let Some(room) = room.filter(|room| !room.is_empty()) else { return };
        // What lies outside is as good as taken.
        let bytes = self.words[room.start].start..self.words[room.end - 1].end;
        let taken = &mut self.taken[Kind::Tag(around).index()];
        for (taken, inside) in [(&mut taken.source, &part), (&mut taken.target, &bytes)] {
            taken.fill(true);
            taken[inside.clone()].fill(false);
        }
        self.tag_of.fill(None);
        for &span in group {
            let words = if self.has_all_words(span, &part) {
                Some(room.clone())
            } else {
                self.core(span).and_then(|core| self.find(span, core, Match::Folded)).map(|(_, words)| words)
            };
            words.into_iter().for_each(|words| self.mark(span, words));
        }
        for &span in group {
            if !self.is_placed(span) {
                let free = |word| room.contains(&word) && self.is_free(span, word);
                self.vote_among(span, (0..self.words.len()).map(free).collect());
            }
        }
        for &span in group {
            if !self.is_placed(span) && needs_place[span] {
                self.insist_within(span, room.clone());
            }
        }
    }

    /// Whether all the words and all the code of a part of the source, which a span lies in, lie in the span.
    fn has_all_words(&self, span: usize, part: &Range<usize>) -> bool {
        let own = &self.spans[span].source;
        let outside = [part.start..own.start, own.end..part.end];
        let meets = |code: usize, range: &Range<usize>| {
            self.spans[code].source.start < range.end && range.start < self.spans[code].source.end
        };
        outside.iter().all(|range| {
            !self.source[range.clone()].contains(is_word) && !self.code_spans().any(|code| meets(code, range))
        })
    }

    /// Gives an element that no word has voted for the word that most likely is of it. One that a neighbour has is
    /// taken from it if it is at an end and not all it has; else both have it.
    fn insist_within(&mut self, span: usize, room: Range<usize>) {
        let source = self.spans[span].source.start as f32 / self.source.len() as f32;
        let rated = room.map(|word| {
            let rate = match self.tag_of[word] {
                _ if self.is_foreign(span, word) => 0.0,
                None => 1.0,
                Some(owner) if self.can_give(owner, word) => GIVEN,
                Some(_) => SHARED,
            };
            let distance = (word as f32 / self.words.len() as f32 - source).abs();
            (rate * (self.evidence.mass(word, span) + ANY) - FAR * distance, word)
        });
        let best = rated.max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
        let Some((_, word)) = best else { return };
        let mut words = word..word + 1;
        if let Some(code) = self.code_of(word).filter(|_| self.is_foreign(span, word)) {
            words = self.placed[code][0].clone();
        } else if let Some(owner) = self.tag_of[word].filter(|&owner| self.can_give(owner, word)) {
            let own = &mut self.placed[owner][0];
            *own = if own.start == word { word + 1..own.end } else { own.start..word };
        }
        self.mark(span, words);
    }

    /// Whether an element that has a word can do without it.
    fn can_give(&self, owner: usize, word: usize) -> bool {
        let words = &self.placed[owner][0];
        words.len() > 1 && (words.start == word || words.end == word + 1) && self.code_of(word).is_none()
    }

    /// Words of an element, with the code at their ends as a whole.
    pub(super) fn with_whole_code(&self, span: usize, mut words: Range<usize>) -> Range<usize> {
        for word in [words.start, words.end - 1] {
            if let Some(code) = self.code_of(word).filter(|_| !self.is_foreign(span, word)) {
                let whole = &self.placed[code][0];
                words = words.start.min(whole.start)..words.end.max(whole.end);
            }
        }
        words
    }

    /// The stretch of an element that has been placed, with the punctuation and the code at its ends.
    fn stretch(&self, span: usize) -> Option<Stretch> {
        let words = self.placed[span].first()?.clone();
        let mut bytes = self.with_punctuation(span, &words);
        for (code, _) in &self.code {
            if code.start < bytes.end && bytes.start < code.end {
                bytes = bytes.start.min(code.start)..bytes.end.max(code.end);
            }
        }
        if self.spans[span].source == trimmed(self.source, 0..self.source.len()) {
            bytes = 0..self.target.len();
        }
        Some(Stretch { span, words, bytes })
    }

    /// Where the punctuation stands that is all of an element: where nothing is closer around it than what is in the
    /// source.
    fn punctuation_of(&self, span: usize, layers: &Layers) -> Option<Range<usize>> {
        let part = self.spans[span].source.clone();
        let sources = occurrences(self.source, &self.source_words, &self.source[part.clone()], Match::Folded);
        let targets = occurrences(self.target, &self.words, &self.source[part.clone()], Match::Folded);
        let rank = sources.iter().position(|range| *range == part).filter(|_| sources.len() == targets.len());
        let is_right = |bytes: &&Range<usize>| layers.innermost((*bytes).clone()) == Some(self.around(span));
        let mut likely = rank.map(|rank| &targets[rank]).into_iter().chain(&targets);
        likely
            .find(is_right)
            .filter(|bytes| self.code_at[(*bytes).clone()].iter().all(Option::is_none))
            .cloned()
    }
}
