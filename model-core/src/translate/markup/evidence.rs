//! The marked spans of a sentence, and what the alignment says about them.

use std::collections::BTreeMap;
use std::ops::Range;

use super::words::is_word;
use crate::document::{Mark, Run};
use crate::translate::output::Translation;

/// What a span is marked as; each kind is carried over by itself, so that one may lie within another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind<'a> {
    Code,
    Link(&'a str),
    Bold,
    Italic,
    /// An element of the page, and the span of the element around it. Neighbours in one element rival like links.
    Tag(Option<usize>),
}

/// A maximal stretch of the source with one mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Span<'a> {
    pub(super) kind: Kind<'a>,
    /// Bytes of the source, without white space at the ends; never empty.
    pub(super) source: Range<usize>,
}

impl Kind<'_> {
    pub(super) const COUNT: usize = 5;

    /// Its number among the kinds.
    pub(super) fn index(self) -> usize {
        match self {
            Self::Code => 0,
            Self::Link(_) => 1,
            Self::Bold => 2,
            Self::Italic => 3,
            Self::Tag(_) => 4,
        }
    }

    /// The number of the group of spans that rival for words.
    fn group(self) -> usize {
        match self {
            Self::Tag(Some(outer)) => Self::COUNT + outer,
            _ => self.index(),
        }
    }

    /// Whether a span of this kind makes one stretch and shares no word with another of its group.
    pub(super) fn is_whole(self) -> bool {
        matches!(self, Self::Link(_) | Self::Tag(_))
    }
}

impl<'a> Span<'a> {
    /// The spans of runs whose concatenated texts are `text`, without tags, ordered by kind and then by place.
    pub(super) fn all(runs: &'a [Run], text: &str) -> Vec<Self> {
        let kinds: [fn(&Mark) -> Option<Kind<'_>>; 4] = [
            |mark| mark.code.then_some(Kind::Code),
            |mark| mark.link.as_deref().map(Kind::Link),
            |mark| mark.bold.then_some(Kind::Bold),
            |mark| mark.italic.then_some(Kind::Italic),
        ];
        let mut spans: Vec<Self> = Vec::new();
        for (index, kind_of) in kinds.into_iter().enumerate() {
            let mut end = 0;
            let mut open = false;
            for run in runs {
                let start = end;
                end += run.text.len();
                // White space carries no visible mark; only in code it is more than a gap.
                if run.text.is_empty() || index != Kind::Code.index() && run.text.trim().is_empty() {
                    continue;
                }
                let kind = kind_of(&run.mark);
                match (spans.last_mut(), kind) {
                    (Some(last), Some(kind)) if open && last.kind == kind => last.source.end = end,
                    (_, Some(kind)) => spans.push(Self { kind, source: start..end }),
                    (_, None) => {}
                }
                open = kind.is_some();
            }
        }
        for span in &mut spans {
            span.source = trimmed(text, span.source.clone());
        }
        spans.retain(|span| !span.source.is_empty());
        spans
    }

    /// Whether another span lies within this one.
    pub(super) fn contains(&self, other: &Span<'_>) -> bool {
        self.source.start <= other.source.start && other.source.end <= self.source.end
    }
}

/// A span of a text without the white space at its ends.
pub(super) fn trimmed(text: &str, span: Range<usize>) -> Range<usize> {
    let part = &text[span.clone()];
    let start = span.start + part.len() - part.trim_start().len();
    start..start + part.trim().len()
}

/// How much two ranges have in common.
fn overlap(a: &Range<usize>, b: &Range<usize>) -> usize {
    a.end.min(b.end).saturating_sub(a.start.max(b.start))
}

/// How much of each span is in each target word, 0 to 1.
#[derive(Debug)]
pub(super) struct Evidence {
    spans: usize,
    /// `[words, spans]`.
    mass: Vec<f32>,
    /// `[words, spans]`: the mass less that of the strongest rival, which is another span of the group or the
    /// text that none of them marks.
    gain: Vec<f32>,
    /// `[words]`: the mass onto everything that can tell something.
    total: Vec<f32>,
    /// `[words]`: the byte of the source that a word mostly comes from.
    origin: Vec<usize>,
}

impl Evidence {
    /// Sums the alignment up. `words` are the target's, `source_words` those of `text`, the source.
    pub(super) fn new(
        text: &str,
        source_words: &[Range<usize>],
        spans: &[Span<'_>],
        translation: &Translation,
        words: &[Range<usize>],
    ) -> Self {
        let (count, len) = (spans.len(), words.len());
        let mut this = Self {
            spans: count,
            mass: vec![0.0; len * count],
            gain: vec![0.0; len * count],
            total: vec![0.0; len],
            // Where nothing is known, the order of the words is that of the source.
            origin: (0..len).map(|word| text.len() * word / len).collect(),
        };
        this.add_alignment(text, spans, translation, words);
        this.add_copies(text, source_words, spans, &translation.text, words);
        this.weigh_rivals(spans);
        this
    }

    /// How much of a span is in a word.
    pub(super) fn mass(&self, word: usize, span: usize) -> f32 {
        self.mass[word * self.spans + span]
    }

    /// By how much a span's mass in a word exceeds that of its strongest rival; negative if the rival is
    /// stronger.
    pub(super) fn gain(&self, word: usize, span: usize) -> f32 {
        self.gain[word * self.spans + span]
    }

    /// How much of a word comes from something that can be told.
    pub(super) fn total(&self, word: usize) -> f32 {
        self.total[word]
    }

    /// The byte of the source that a word mostly comes from.
    pub(super) fn origin(&self, word: usize) -> usize {
        self.origin[word]
    }

    /// Leaves no doubt for the tags, which begin at `first`, that a word comes from a span of code.
    pub(super) fn settle(&mut self, spans: &[Span<'_>], first: usize, word: usize, code: usize) {
        for (index, span) in spans.iter().enumerate().skip(first) {
            let is_around = span.contains(&spans[code]);
            self.mass[word * self.spans + index] = f32::from(is_around);
            self.gain[word * self.spans + index] = if is_around { 1.0 } else { -1.0 };
        }
    }

    fn add_alignment(
        &mut self,
        text: &str,
        spans: &[Span<'_>],
        translation: &Translation,
        words: &[Range<usize>],
    ) {
        let sources: Vec<_> =
            translation.source.iter().map(|piece| shares(text, &piece.span, spans)).collect();
        let mut strongest = vec![0.0_f32; words.len()];
        for (target, piece) in translation.pieces.iter().enumerate() {
            let row = translation.alignment.row(target);
            let first = words.partition_point(|word| word.end <= piece.span.start);
            for (at, word) in words.iter().enumerate().skip(first) {
                if word.start >= piece.span.end {
                    break;
                }
                // A word's pieces vote by their length.
                let vote = overlap(word, &piece.span) as f32 / word.len() as f32;
                for (&weight, source) in row.iter().zip(&sources) {
                    let Some((source, shares)) = source else { continue };
                    // Also sorts out what is not a number.
                    let weight = if weight > 0.0 { weight.min(1.0) * vote } else { continue };
                    self.total[at] += weight;
                    for &(span, share) in shares {
                        self.mass[at * self.spans + span] += weight * share;
                    }
                    if weight > strongest[at] {
                        strongest[at] = weight;
                        self.origin[at] = *source;
                    }
                }
            }
        }
    }

    /// Names and numbers that stand once in the source and once, the same, in the target belong together,
    /// whatever else attention may say: it counts as half.
    fn add_copies(
        &mut self,
        text: &str,
        source_words: &[Range<usize>],
        spans: &[Span<'_>],
        target: &str,
        words: &[Range<usize>],
    ) {
        let sources = unique(text, source_words);
        for (copy, word) in unique(target, words) {
            if !copy.chars().any(|c| c.is_uppercase() || c.is_numeric()) {
                continue;
            }
            let Some(source) = sources.get(copy).map(|&index| &source_words[index]) else { continue };
            self.total[word] = self.total[word].midpoint(1.0);
            self.origin[word] = source.start;
            for (index, span) in spans.iter().enumerate() {
                let mass = &mut self.mass[word * self.spans + index];
                *mass = mass.midpoint(overlap(source, &span.source) as f32 / source.len() as f32);
            }
        }
    }

    fn weigh_rivals(&mut self, spans: &[Span<'_>]) {
        // For each group: the mass of all its spans, and the two greatest.
        let count = spans.iter().map(|span| span.kind.group() + 1).max().unwrap_or_default();
        let mut groups = vec![(0.0_f32, 0.0_f32, 0.0_f32); count];
        for (word, &total) in self.total.iter().enumerate() {
            let row = word * self.spans..(word + 1) * self.spans;
            groups.fill((0.0, 0.0, 0.0));
            for (&mass, span) in self.mass[row.clone()].iter().zip(spans) {
                let (sum, first, second) = &mut groups[span.kind.group()];
                *sum += mass;
                *second = second.max(mass.min(*first));
                *first = first.max(mass);
            }
            for ((gain, &mass), span) in self.gain[row.clone()].iter_mut().zip(&self.mass[row]).zip(spans) {
                let (sum, first, second) = groups[span.kind.group()];
                let rival = if mass < first { first } else { second };
                *gain = mass - rival.max(total - sum);
            }
        }
    }
}

/// The words that stand in a text only once, with their indices.
fn unique<'t>(text: &'t str, words: &[Range<usize>]) -> BTreeMap<&'t str, usize> {
    let mut found: BTreeMap<&str, Option<usize>> = BTreeMap::new();
    for (index, word) in words.iter().enumerate() {
        found.entry(&text[word.clone()]).and_modify(|only| *only = None).or_insert(Some(index));
    }
    found.into_iter().filter_map(|(word, only)| Some((word, only?))).collect()
}

/// Where a source piece begins, and how much of it lies in which spans. Nothing for a piece that tells
/// nothing: the end of the sentence and punctuation attract attention that has no other place to go, unless
/// they are part of code.
fn shares(text: &str, piece: &Range<usize>, spans: &[Span<'_>]) -> Option<(usize, Vec<(usize, f32)>)> {
    text.get(piece.clone())?;
    let piece = trimmed(text, piece.clone());
    let in_code = |span: &Span<'_>| span.kind == Kind::Code && overlap(&span.source, &piece) > 0;
    if !text[piece.clone()].chars().any(is_word) && !spans.iter().any(in_code) {
        return None;
    }
    let share = |span: &Span<'_>| overlap(&span.source, &piece) as f32 / piece.len() as f32;
    let shares = spans.iter().map(share).enumerate().filter(|&(_, share)| share > 0.0).collect();
    Some((piece.start, shares))
}
