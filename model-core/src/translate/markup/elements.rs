//! The page's inline elements, as the tags of a sentence's runs tell of them.

use std::collections::BTreeSet;
use std::ops::Range;

use super::evidence::{Kind, Span, trimmed};
use crate::document::Run;

/// An element in the source.
#[derive(Debug)]
struct Element {
    tag: u32,
    outer: Option<usize>,
    source: Range<usize>,
}

/// Adds a span for each part of the source that has an element around it, the outer before the inner, and returns
/// for each the tags of its elements. Elements around the same text share one span, so that nothing can part them.
///
/// Runs are read as they are rebuilt: neighbours are in the same elements as far as their tags begin alike.
pub(super) fn add_elements(runs: &[Run], text: &str, spans: &mut Vec<Span<'_>>) -> Vec<Vec<u32>> {
    let first = spans.len();
    let mut tags: Vec<Vec<u32>> = Vec::new();
    let elements = elements(runs);
    let mut span_of: Vec<Option<usize>> = Vec::with_capacity(elements.len());
    for element in elements {
        let source = trimmed(text, element.source);
        let outer = element.outer.and_then(|outer| span_of[outer]);
        span_of.push(match outer {
            _ if source.is_empty() => None,
            Some(outer) if spans[outer].source == source => {
                tags[outer - first].push(element.tag);
                Some(outer)
            }
            _ => {
                spans.push(Span { kind: Kind::Tag(outer), source });
                tags.push(vec![element.tag]);
                Some(spans.len() - 1)
            }
        });
    }
    tags
}

/// The elements of runs, each from the beginning of its first run to the end of its last, in the order in which
/// they begin.
fn elements(runs: &[Run]) -> Vec<Element> {
    let mut elements: Vec<Element> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let (mut start, mut end) = (0, 0);
    for run in runs {
        let next = start + run.text.len();
        // White space carries no visible mark; only in code it is more than a gap.
        if !run.text.is_empty() && (run.mark.code || !run.text.trim().is_empty()) {
            let tags = union(&[], &run.mark.tags);
            let same = open.iter().zip(&tags).take_while(|&(&open, &tag)| elements[open].tag == tag).count();
            for closed in open.drain(same..) {
                elements[closed].source.end = end;
            }
            for &tag in &tags[same..] {
                elements.push(Element { tag, outer: open.last().copied(), source: start..start });
                open.push(elements.len() - 1);
            }
            end = next;
        }
        start = next;
    }
    for closed in open {
        elements[closed].source.end = end;
    }
    elements
}

/// The tags that a part of the source has from its beginning to its end, the outermost first.
pub(super) fn shared<'a>(runs: &'a [Run], part: &Range<usize>) -> &'a [u32] {
    let mut end = 0;
    let tags = runs.iter().filter_map(|run| {
        let start = end;
        end += run.text.len();
        (start.max(part.start) < end.min(part.end)).then_some(run.mark.tags.as_slice())
    });
    tags.reduce(common).unwrap_or_default()
}

/// The tags with which both begin.
pub(super) fn common<'a>(a: &'a [u32], b: &[u32]) -> &'a [u32] {
    &a[..a.iter().zip(b).take_while(|(a, b)| a == b).count()]
}

/// The tags of `inner` within those of `outer`, none twice.
pub(super) fn union(outer: &[u32], inner: &[u32]) -> Vec<u32> {
    let mut seen = BTreeSet::new();
    outer.iter().chain(inner).copied().filter(|&tag| seen.insert(tag)).collect()
}
