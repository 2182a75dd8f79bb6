//! Carries the inline markup of a sentence over to its translation.
//!
//! Each kind of mark (link, bold, italic, code) is carried by itself. A marked span goes to its exact copy in
//! the target if there is one; else the target's words vote with their alignment, and the best contiguous
//! stretch wins; else the word with the most attention onto the span takes it. So no link gets lost, and none
//! is scattered over the sentence.
//!
//! Tags are the page's elements, which lie in one another: each is a stretch of its own, found in the same way
//! within the stretch of the element around it.

mod code;
mod copy;
mod elements;
mod evidence;
mod layers;
mod place;
mod tags;
#[cfg(test)]
mod tests;
mod words;

use std::ops::Range;

use self::elements::{add_elements, common, shared, union};
use self::evidence::{Kind, Span, trimmed};
use self::place::{Placement, place};
use super::output::Translation;
use crate::document::{Mark, Run};

/// The runs of a translation, given those of the sentence that was translated.
///
/// The texts of `source`, concatenated, are the sentence that `translation.source` are pieces of. The texts
/// of the result, concatenated, are `translation.text`, but for code: it stands there as it stands in the
/// source, in the place of what the model has made of it, or, with a space, between the words if the model
/// has left it out. Neighbours of the result differ in their marks, and none is empty.
///
/// Every marked span with a word turns up in the result while there are words to mark; two links never share
/// one. White space has the marks that both its neighbours have, and punctuation at the ends of a span has
/// the mark if it had it in the source.
///
/// The tags of a run are in the order of the source, an outer one before those within it, and none is without
/// those around it. Every tag with a word makes one stretch, so that elements rebuilt of what neighbours'
/// tags have in common at their beginnings are those of the source. There are two exceptions. Code keeps the tags
/// around it even where the model has put it outside of their stretches. And where two elements with words have
/// but one word of the target, both are around that.
pub fn carry(source: &[Run], translation: &Translation) -> Vec<Run> {
    let text: String = source.iter().map(|run| run.text.as_str()).collect();
    let mut spans = Span::all(source, &text);
    let numbers = add_elements(source, &text, &mut spans);
    let mut runs = Runs::default();
    if spans.is_empty() {
        runs.push(&translation.text, &Mark::default());
    } else if spans[0].kind == Kind::Code && spans[0].source == trimmed(&text, 0..text.len()) {
        runs.push_part(source, &spans[0].source, Look::default());
    } else {
        let mut placement = place(&text, &spans, &numbers, translation);
        for (bytes, span) in &placement.code {
            placement.tags.put(None, bytes.clone(), shared(source, &spans[*span].source));
        }
        runs.push_translation(source, &text, &spans, &translation.text, &placement);
    }
    runs.0
}

/// What a byte of the target is set as, without code.
#[derive(Clone, Copy, Debug, Default)]
struct Look<'a> {
    link: Option<&'a str>,
    bold: bool,
    italic: bool,
    tags: &'a [u32],
}

impl<'a> Look<'a> {
    fn of(mark: &'a Mark) -> Self {
        Self { link: mark.link.as_deref(), bold: mark.bold, italic: mark.italic, tags: &mark.tags }
    }

    fn mark(self) -> Mark {
        Mark {
            bold: self.bold,
            italic: self.italic,
            code: false,
            link: self.link.map(str::to_owned),
            tags: self.tags.to_vec(),
        }
    }

    /// What both have.
    fn common(self, other: Self) -> Self {
        Self {
            link: self.link.filter(|_| self.link == other.link),
            bold: self.bold && other.bold,
            italic: self.italic && other.italic,
            tags: common(self.tags, other.tags),
        }
    }

    /// What either has; where both have a link or tags, this one's.
    fn with(self, other: Self) -> Self {
        Self {
            link: self.link.or(other.link),
            bold: self.bold || other.bold,
            italic: self.italic || other.italic,
            tags: if self.tags.is_empty() { other.tags } else { self.tags },
        }
    }
}

impl PartialEq for Look<'_> {
    fn eq(&self, other: &Self) -> bool {
        // The bytes of an element, of which many are compared, have the very same tags.
        let same_tags = std::ptr::eq(self.tags, other.tags) || self.tags == other.tags;
        same_tags && (self.link, self.bold, self.italic) == (other.link, other.bold, other.italic)
    }
}

/// Runs in the making.
#[derive(Debug, Default)]
pub(super) struct Runs(pub(super) Vec<Run>);

impl Runs {
    pub(super) fn push(&mut self, text: &str, mark: &Mark) {
        match self.0.last_mut() {
            _ if text.is_empty() => {}
            Some(last) if last.mark == *mark => last.text.push_str(text),
            _ => self.0.push(Run { text: text.to_owned(), mark: mark.clone() }),
        }
    }

    /// Adds a part of the source as it is, with further marks.
    fn push_part(&mut self, source: &[Run], part: &Range<usize>, look: Look<'_>) {
        let mut end = 0;
        for run in source {
            let start = end;
            end += run.text.len();
            let (from, to) = (part.start.max(start), part.end.min(end));
            if from < to {
                let tags = union(look.tags, &run.mark.tags);
                let mark = Look { tags: &tags, ..Look::of(&run.mark).with(look) }.mark();
                self.push(&run.text[from - start..to - start], &Mark { code: run.mark.code, ..mark });
            }
        }
    }

    fn push_translation(
        &mut self,
        source: &[Run],
        text: &str,
        spans: &[Span<'_>],
        target: &str,
        placement: &Placement,
    ) {
        let looks = looks(spans, target, placement);
        let mut done = 0;
        for (bytes, span) in &placement.code {
            self.push_target(target, done..bytes.start, &looks);
            let mut look = looks[bytes.clone()].iter().fold(Look::default(), |all, look| all.with(*look));
            if let (true, Some([before, after])) = (bytes.is_empty(), around(&looks, bytes.start)) {
                // An element that has been put around both sides would be in two parts.
                look.tags = common(before.tags, after.tags);
            }
            let (part, own) = (&spans[*span].source, code_look(spans, *span));
            let tags = union(look.tags, shared(source, part));
            let own = Look { tags: &tags, ..own };
            // Code that the model has left out stands between spaces, and so does what stands between some in the source
            // and has taken the place of a word's end, such as a genitive's.
            let space = |next: Look<'_>| own.common(next).mark();
            let parted = [text[..part.start].ends_with(' '), text[part.end..].starts_with(' ')];
            let [first, last] = [text[part.clone()].chars().next(), text[part.clone()].chars().next_back()];
            if let Some(before) = self.0.last() {
                let touches = parted[0] && are_word(before.text.chars().next_back(), first);
                if bytes.is_empty() || touches {
                    let mark = space(Look::of(&before.mark));
                    self.push(" ", &mark);
                }
            }
            self.push_part(source, part, look);
            if let Some(after) = looks.get(bytes.end) {
                let touches = parted[1] && are_word(last, target[bytes.end..].chars().next());
                if (bytes.start, bytes.end) == (0, 0) || touches {
                    self.push(" ", &space(*after));
                }
            }
            done = bytes.end;
        }
        self.push_target(target, done..target.len(), &looks);
    }

    /// Adds a part of the target with its looks.
    fn push_target(&mut self, target: &str, part: Range<usize>, looks: &[Look<'_>]) {
        let mut start = part.start;
        while start < part.end {
            let len = looks[start..part.end].iter().take_while(|look| **look == looks[start]).count();
            self.push(&target[start..start + len], &looks[start].mark());
            start += len;
        }
    }
}

/// Whether two letters side by side would be in one word.
fn are_word(before: Option<char>, after: Option<char>) -> bool {
    [before, after].iter().all(|letter| letter.is_some_and(char::is_alphanumeric))
}

/// The looks on both sides of a place within the target.
fn around<'l, 'a>(looks: &'l [Look<'a>], at: usize) -> Option<[&'l Look<'a>; 2]> {
    Some([looks.get(at.checked_sub(1)?)?, looks.get(at)?])
}

/// The marks of the links, bold and italic spans around code.
fn code_look<'a>(spans: &[Span<'a>], code: usize) -> Look<'a> {
    let mut look = Look::default();
    for span in spans.iter().filter(|span| span.contains(&spans[code])) {
        look = look.with(look_of(span.kind));
    }
    look
}

fn look_of(kind: Kind<'_>) -> Look<'_> {
    match kind {
        Kind::Code | Kind::Tag(_) => Look::default(),
        Kind::Link(link) => Look { link: Some(link), ..Look::default() },
        Kind::Bold => Look { bold: true, ..Look::default() },
        Kind::Italic => Look { italic: true, ..Look::default() },
    }
}

/// The look of each byte of the target.
fn looks<'a>(spans: &[Span<'a>], target: &str, placement: &'a Placement) -> Vec<Look<'a>> {
    let tags = |byte| Look { tags: placement.tags.tags(byte), ..Look::default() };
    let mut looks: Vec<_> = (0..target.len()).map(tags).collect();
    // Of two links that meet in their punctuation, the shorter may consist of it.
    let mut by_length: Vec<_> = spans.iter().zip(&placement.stretches).collect();
    by_length.sort_by_key(|(_, stretches)| stretches.iter().map(Range::len).sum::<usize>());
    for (span, stretches) in by_length {
        for look in stretches.iter().cloned().flatten() {
            looks[look] = looks[look].with(look_of(span.kind));
        }
    }
    for (bytes, span) in &placement.code {
        let own = code_look(spans, *span);
        looks[bytes.clone()].iter_mut().for_each(|look| *look = own.with(*look));
    }
    let mut space = 0;
    while let Some(start) = target[space..].find(char::is_whitespace).map(|at| space + at) {
        let rest = &target[start..];
        let end = target.len() - rest.trim_start().len();
        if start > 0 && end < target.len() {
            let common = looks[start - 1].common(looks[end]);
            looks[start..end].fill(common);
        }
        space = end;
    }
    looks
}
