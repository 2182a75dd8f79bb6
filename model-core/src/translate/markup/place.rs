//! Where the marked spans of a sentence come to lie in its translation.

use std::cmp::Reverse;
use std::ops::Range;

use super::evidence::{Evidence, Kind, Span, trimmed};
use super::layers::Layers;
use super::words::{is_word, shared_punctuation, words};
use crate::translate::output::Translation;

/// The least gain with which a word counts as part of a span.
const VOTE: f32 = 0.1;
/// The most words that are marked because they lie between parts of a span.
const GAP: usize = 2;
/// What such words cost, as a part of the gain of their own place over the span's.
const GAP_COST: f32 = 0.35;
/// Where a mark may be in parts: the least score of another stretch, and how much of the best's it has to be.
const PART: (f32, f32) = (0.5, 0.25);

/// Where everything lies; ranges are bytes of the target.
#[derive(Debug, Default)]
pub(super) struct Placement {
    /// For each span, the stretches it marks. None for code and tags.
    pub(super) stretches: Vec<Vec<Range<usize>>>,
    /// Code and the part of the target that it replaces, in order; the part is empty where code is added.
    pub(super) code: Vec<(Range<usize>, usize)>,
    /// Where which tags hold.
    pub(super) tags: Layers,
}

/// Places spans. The last ones are tags, and `numbers` are theirs.
pub(super) fn place(
    source: &str,
    spans: &[Span<'_>],
    numbers: &[Vec<u32>],
    translation: &Translation,
) -> Placement {
    let (source_words, words) = (words(source), words(&translation.text));
    let evidence = Evidence::new(source, &source_words, spans, translation, &words);
    let mut by_length: Vec<usize> = (0..spans.len() - numbers.len()).collect();
    by_length.sort_by_key(|&span| Reverse(spans[span].source.len()));
    let (code, marks): (Vec<_>, Vec<_>) =
        by_length.into_iter().partition(|&span| spans[span].kind == Kind::Code);
    let mut placer = Placer {
        source,
        target: &translation.text,
        source_words,
        spans,
        evidence,
        code_at: vec![None; translation.text.len()],
        linked: linked(spans),
        link_of: vec![None; words.len()],
        tag_of: vec![None; words.len()],
        words,
        placed: vec![Vec::new(); spans.len()],
        punctuation: vec![None; spans.len()],
        taken: std::array::from_fn(|_| Taken {
            source: vec![false; source.len()],
            target: vec![false; translation.text.len()],
        }),
        code: Vec::new(),
    };
    // Code comes first, since it changes the words. What is certain comes before what is likely, and the
    // outer span before the inner, which has to stay within it.
    code.iter().for_each(|&span| placer.copy_code(span));
    code.iter().for_each(|&span| placer.replace_by_code(span));
    let marks: Vec<usize> = marks.into_iter().filter(|&span| !placer.is_in_code(span)).collect();
    marks.iter().for_each(|&span| placer.copy(span));
    marks.iter().for_each(|&span| placer.vote(span));
    marks.iter().for_each(|&span| placer.insist(span));
    placer.finish(numbers)
}

/// Spans being placed.
pub(super) struct Placer<'a> {
    pub(super) source: &'a str,
    pub(super) target: &'a str,
    pub(super) source_words: Vec<Range<usize>>,
    pub(super) words: Vec<Range<usize>>,
    pub(super) spans: &'a [Span<'a>],
    pub(super) evidence: Evidence,
    /// For each byte of the target, the code that stands in its place.
    pub(super) code_at: Vec<Option<usize>>,
    /// For each span, whether it lies in a link.
    linked: Vec<bool>,
    /// For each word, the link it belongs to.
    link_of: Vec<Option<usize>>,
    /// For each word, the tag it belongs to, of those that are being placed.
    pub(super) tag_of: Vec<Option<usize>>,
    /// For each span, the words that it marks.
    pub(super) placed: Vec<Vec<Range<usize>>>,
    /// For each span, the punctuation that it marks, where it has no words.
    pub(super) punctuation: Vec<Option<Range<usize>>>,
    /// For each kind, what has been placed.
    pub(super) taken: [Taken; Kind::COUNT],
    pub(super) code: Vec<(Range<usize>, usize)>,
}

/// Bytes that belong to spans which have been placed.
pub(super) struct Taken {
    pub(super) source: Vec<bool>,
    pub(super) target: Vec<bool>,
}

impl Placer<'_> {
    /// A span from its first to its last word, without the punctuation at the ends.
    pub(super) fn core(&self, span: usize) -> Option<Range<usize>> {
        let range = &self.spans[span].source;
        let text = &self.source[range.clone()];
        let start = text.find(is_word)?;
        let end = text.trim_end_matches(|c| !is_word(c)).len();
        Some(range.start + start..range.start + end)
    }

    /// Lets the words vote for a span.
    fn vote(&mut self, span: usize) {
        if self.is_placed(span) {
            return;
        }
        let outer = self.outer(span);
        if let Some(outer) = outer
            && self.spans[outer].source == self.spans[span].source
        {
            for words in self.placed[outer].clone() {
                self.mark(span, words);
            }
            return;
        }
        let free = (0..self.words.len())
            .map(|word| self.is_free(span, word) && self.is_within(outer, word))
            .collect();
        self.vote_among(span, free);
    }

    /// Lets the free words vote.
    pub(super) fn vote_among(&mut self, span: usize, mut free: Vec<bool>) {
        let mut least = VOTE;
        while let Some((words, score)) = self.best_stretch(span, &free).filter(|(_, score)| *score >= least) {
            free[words.clone()].fill(false);
            let words = self.without_article(span, words);
            let words = self.with_article(span, words, &free);
            self.mark(span, words);
            // A link in parts would be several links.
            if self.spans[span].kind.is_whole() {
                break;
            }
            least = PART.0.max(least).max(score * PART.1);
        }
    }

    pub(super) fn is_placed(&self, span: usize) -> bool {
        !self.placed[span].is_empty() || self.punctuation[span].is_some()
    }

    /// The smallest other span with words that this one lies in.
    fn outer(&self, span: usize) -> Option<usize> {
        let around = |&other: &usize| {
            other != span
                && self.spans[other].kind != Kind::Code
                && !self.placed[other].is_empty()
                && self.spans[other].contains(&self.spans[span])
        };
        (0..self.spans.len()).filter(around).min_by_key(|&other| self.spans[other].source.len())
    }

    /// Whether a word belongs to no other link or tag, whichever the span is, and to no code outside of it.
    pub(super) fn is_free(&self, span: usize, word: usize) -> bool {
        let is_owned = match self.spans[span].kind {
            Kind::Link(_) => self.link_of[word].is_some(),
            Kind::Tag(_) => self.tag_of[word].is_some(),
            _ => false,
        };
        !is_owned && !self.is_foreign(span, word)
    }

    /// Whether code that lies outside of a span stands in the place of a word.
    pub(super) fn is_foreign(&self, span: usize, word: usize) -> bool {
        self.code_of(word).is_some_and(|code| !self.spans[span].contains(&self.spans[code]))
    }

    fn is_within(&self, outer: Option<usize>, word: usize) -> bool {
        outer.is_none_or(|outer| self.placed[outer].iter().any(|words| words.contains(&word)))
    }

    /// The stretch of free words in which the gains, less the cost of the gaps, have the greatest sum.
    pub(super) fn best_stretch(&self, span: usize, free: &[bool]) -> Option<(Range<usize>, f32)> {
        let mut best: Option<(Range<usize>, f32)> = None;
        let mut open: Option<(Range<usize>, f32)> = None;
        let mut cost = 0.0;
        for (word, &free) in free.iter().enumerate() {
            let gain = self.evidence.gain(word, span);
            if !free {
                open = None;
            } else if gain < VOTE {
                cost += (-gain).max(0.0) * GAP_COST;
            } else {
                let joined = open.take().filter(|(words, score)| word - words.end <= GAP && *score > cost);
                let (words, score) = joined.map_or((word..word, 0.0), |(words, score)| (words, score - cost));
                let stretch = (words.start..word + 1, score + gain);
                if best.as_ref().is_none_or(|best| stretch.1 > best.1) {
                    best = Some(stretch.clone());
                }
                open = Some(stretch);
                cost = 0.0;
            }
        }
        best
    }

    /// Attention has no firm place for articles. One at the beginning of a stretch is marked if the span has
    /// one in the source: in `Im [Bericht]`, `the` is not the report's.
    pub(super) fn without_article(&self, span: usize, words: Range<usize>) -> Range<usize> {
        let drop = words.len() > 1 && self.is_article(words.start) && !self.begins_with_article(span);
        words.start + usize::from(drop)..words.end
    }

    /// The reverse of [`Placer::without_article`]: takes in an article that has been left outside.
    fn with_article(&self, span: usize, words: Range<usize>, free: &[bool]) -> Range<usize> {
        let Some(before) = words.start.checked_sub(1) else { return words };
        let adjacent = self.target[self.words[before].end..self.words[words.start].start].trim().is_empty();
        let take = adjacent && free[before] && self.is_article(before) && self.begins_with_article(span);
        words.start - usize::from(take)..words.end
    }

    fn is_article(&self, word: usize) -> bool {
        ["the", "a", "an"]
            .iter()
            .any(|article| self.target[self.words[word].clone()].eq_ignore_ascii_case(article))
    }

    fn begins_with_article(&self, span: usize) -> bool {
        let articles =
            ["der", "die", "das", "den", "dem", "des", "ein", "eine", "einen", "einem", "einer", "eines"];
        let text = &self.source[self.spans[span].source.clone()];
        let first = text.trim_start_matches(|c| !is_word(c)).split_whitespace().next().unwrap_or_default();
        articles.iter().any(|article| first.eq_ignore_ascii_case(article))
    }

    /// Gives a span that no word has voted for its most likely word.
    fn insist(&mut self, span: usize) {
        let link = matches!(self.spans[span].kind, Kind::Link(_));
        if self.is_placed(span) || !link && self.core(span).is_none() {
            return;
        }
        let outer = self.outer(span);
        let source = self.spans[span].source.start as f32 / self.source.len() as f32;
        let rated = (0..self.words.len()).filter_map(|word| {
            let rank = self.cost(span, outer, word)?;
            // The place decides where attention does not.
            let place = word as f32 / self.words.len() as f32;
            Some((Reverse(rank), self.evidence.mass(word, span) - 1e-3 * (place - source).abs(), word))
        });
        let best = rated.max_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(b.2.cmp(&a.2)));
        let Some((_, _, word)) = best else { return };
        if let (true, Some(robbed)) = (link, self.link_of[word]) {
            for words in &mut self.placed[robbed] {
                if words.start == word {
                    words.start += 1;
                } else if words.end == word + 1 {
                    words.end = word;
                }
            }
        }
        let words = match self.code_of(word) {
            Some(code) if !self.spans[span].contains(&self.spans[code]) => self.placed[code][0].clone(),
            _ => word..word + 1,
        };
        self.mark(span, words);
    }

    /// What it would break to give a word to a span: 0 is nothing. `None` if it may not be given.
    fn cost(&self, span: usize, outer: Option<usize>, word: usize) -> Option<u32> {
        let mut cost = u32::from(!self.is_within(outer, word));
        if let Some(code) = self.code_of(word)
            && !self.spans[span].contains(&self.spans[code])
        {
            // Code carries its own marks; it can take a link only if it has none.
            let link = matches!(self.spans[span].kind, Kind::Link(_));
            if link && (self.linked[code] || self.link_of[word].is_some()) {
                return None;
            }
            cost += 4;
        }
        if let (Kind::Link(_), Some(other)) = (self.spans[span].kind, self.link_of[word]) {
            let spare =
                |words: &Range<usize>| words.len() > 1 && (words.start == word || words.end == word + 1);
            if !self.placed[other].iter().any(spare) {
                return None;
            }
            cost += 2;
        }
        Some(cost)
    }

    pub(super) fn mark(&mut self, span: usize, words: Range<usize>) {
        if words.is_empty() {
            return;
        }
        let words = match self.spans[span].kind {
            Kind::Tag(_) => self.with_whole_code(span, words),
            _ => words,
        };
        match self.spans[span].kind {
            Kind::Link(_) => self.link_of[words.clone()].fill(Some(span)),
            Kind::Tag(_) => self.tag_of[words.clone()].fill(Some(span)),
            _ => {}
        }
        self.take(span, self.words[words.start].start..self.words[words.end - 1].end);
        self.placed[span].push(words);
    }

    pub(super) fn take(&mut self, span: usize, target: Range<usize>) {
        let Span { kind, source } = &self.spans[span];
        let taken = &mut self.taken[kind.index()];
        taken.source[source.clone()].fill(true);
        taken.target[target].fill(true);
    }

    /// Puts code in the place of a part of the target.
    pub(super) fn put_code(&mut self, span: usize, bytes: Range<usize>, words: Range<usize>) {
        self.take(span, bytes.clone());
        self.code_at[bytes.clone()].fill(Some(span));
        self.placed[span] = vec![words];
        self.code.push((bytes, span));
    }

    /// The code that stands in the place of a word.
    pub(super) fn code_of(&self, word: usize) -> Option<usize> {
        self.code_at[self.words[word].start]
    }

    /// The bytes of a span's words, with the punctuation at the ends that the span has in the source.
    pub(super) fn with_punctuation(&self, span: usize, words: &Range<usize>) -> Range<usize> {
        let Span { kind, source } = &self.spans[span];
        let spaced = *kind == Kind::Code;
        let (mut start, mut end) = (self.words[words.start].start, self.words[words.end - 1].end);
        let marked = &self.source[source.clone()];
        let core = self.core(span).unwrap_or(source.clone());
        let leading = marked[..core.start - source.start].chars().rev();
        let trailing = marked[core.end - source.start..].chars();
        // Code that has been placed keeps what it replaces.
        let floor =
            self.code.iter().map(|(bytes, _)| bytes.end).filter(|&end| end <= start).max().unwrap_or(0);
        let ceiling = self.code.iter().map(|(bytes, _)| bytes.start).filter(|&start| start >= end).min();
        let after = &self.target[end..ceiling.unwrap_or(self.target.len())];
        let at_end = self.source[source.end..].trim().is_empty() && words.end == self.words.len();
        if at_end && core.end < source.end && ceiling.is_none() {
            end += after.trim_end().len();
        } else {
            end += shared_punctuation(after.chars(), trailing, spaced);
        }
        let before = &self.target[floor..start];
        start -= shared_punctuation(before.chars().rev(), leading, spaced);
        start..end
    }

    fn finish(mut self, numbers: &[Vec<u32>]) -> Placement {
        let tags = if numbers.is_empty() { Layers::default() } else { self.place_tags(numbers) };
        let all = trimmed(self.source, 0..self.source.len());
        let stretches = |(span, Span { kind, source }): (usize, &Span<'_>)| {
            if matches!(kind, Kind::Code | Kind::Tag(_)) {
                return Vec::new();
            }
            let words = self.placed[span].iter().filter(|words| !words.is_empty());
            let words = words.map(|words| self.with_punctuation(span, words));
            let whole = (*source == all).then_some(0..self.target.len());
            words.chain(self.punctuation[span].clone()).chain(whole).collect()
        };
        let stretches = self.spans.iter().enumerate().map(stretches).collect();
        self.code.sort_by_key(|(bytes, span)| (bytes.start, bytes.end, self.spans[*span].source.start));
        Placement { stretches, code: self.code, tags }
    }
}

/// For each span, whether it lies in a link.
fn linked(spans: &[Span<'_>]) -> Vec<bool> {
    let links: Vec<_> = spans.iter().filter(|span| matches!(span.kind, Kind::Link(_))).collect();
    spans.iter().map(|span| links.iter().any(|link| link.contains(span))).collect()
}
