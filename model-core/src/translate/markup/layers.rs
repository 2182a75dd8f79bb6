//! Which tags hold where, as elements that lie in one another.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::ops::Range;

use super::elements::union;

/// A stretch of the target that an element is around.
#[derive(Clone, Debug)]
pub(super) struct Stretch {
    pub(super) span: usize,
    /// Never empty. Of two stretches' words, all or none of one's are the other's.
    pub(super) words: Range<usize>,
    /// The words with what belongs to them.
    pub(super) bytes: Range<usize>,
}

/// The tags of each byte of the target.
#[derive(Debug, Default)]
pub(super) struct Layers {
    /// For each byte, the number of its layer. Empty if nothing has a tag.
    at: Vec<usize>,
    /// The first is the text without tags.
    layers: Vec<Layer>,
}

/// What bytes have in common that are in the same elements.
#[derive(Clone, Debug, Default)]
struct Layer {
    /// The innermost element.
    span: Option<usize>,
    tags: Vec<u32>,
}

impl Layers {
    /// Layers of stretches over `len` bytes. `words` are the bytes of the target's words, `tags` those of a span.
    ///
    /// A stretch that has another's words is around it; of two with the same words, that of the earlier span is.
    pub(super) fn new<'a>(
        len: usize,
        words: &[Range<usize>],
        mut stretches: Vec<Stretch>,
        tags: impl Fn(usize) -> &'a [u32],
    ) -> Self {
        stretches.sort_by_key(|stretch| (stretch.words.start, Reverse(stretch.words.end), stretch.span));
        nest(&mut stretches, words);
        let mut this = Self { at: vec![0; len], layers: vec![Layer::default()] };
        let (mut path, mut seen) = (Vec::new(), BTreeSet::new());
        // The ends of the stretches that are open, and how long the path was before.
        let mut open: Vec<(usize, usize)> = Vec::new();
        for Stretch { span, bytes, .. } in stretches {
            while let Some((_, before)) = open.pop_if(|(end, _)| *end <= bytes.start) {
                path.drain(before..).for_each(|tag| {
                    seen.remove(&tag);
                });
            }
            open.push((bytes.end, path.len()));
            path.extend(tags(span).iter().filter(|&&tag| seen.insert(tag)));
            this.at[bytes].fill(this.layers.len());
            this.layers.push(Layer { span: Some(span), tags: path.clone() });
        }
        this
    }

    /// The tags of a byte, the outermost first.
    pub(super) fn tags(&self, byte: usize) -> &[u32] {
        self.at.get(byte).map_or(&[], |&layer| &self.layers[layer].tags)
    }

    /// The innermost element around bytes, if the same one is around all of them.
    pub(super) fn innermost(&self, bytes: Range<usize>) -> Option<Option<usize>> {
        let at = &self.at[bytes];
        let first = *at.first()?;
        at.iter().all(|&layer| layer == first).then_some(self.layers[first].span)
    }

    /// Puts a layer around bytes that have one in common. `span` is the element that it is, or `None` if it only adds
    /// tags. What already has a tag does not get it again.
    pub(super) fn put(&mut self, span: Option<usize>, bytes: Range<usize>, tags: &[u32]) {
        let Some(&below) = self.at.get(bytes.start).filter(|_| !bytes.is_empty()) else { return };
        let below = &self.layers[below];
        let layer = Layer { span: span.or(below.span), tags: union(&below.tags, tags) };
        self.at[bytes].fill(self.layers.len());
        self.layers.push(layer);
    }
}

/// Cuts the bytes of sorted stretches so that they lie in one another as their words do: what two neighbours end and
/// begin with belongs to the first, and nothing of an inner one is outside of the outer one.
fn nest(stretches: &mut [Stretch], words: &[Range<usize>]) {
    let mut open: Vec<usize> = Vec::new();
    let mut done = 0;
    for next in 0..stretches.len() {
        let own = stretches[next].words.clone();
        while let Some(closed) = open.pop_if(|outer| stretches[*outer].words.end <= own.start) {
            let end = &mut stretches[closed].bytes.end;
            *end = words[own.start].start.min(*end);
            done = done.max(*end);
        }
        let outer = open.last().map_or(0..usize::MAX, |&outer| stretches[outer].bytes.clone());
        let bytes = &mut stretches[next].bytes;
        *bytes = bytes.start.max(outer.start).max(done)..bytes.end.min(outer.end);
        open.push(next);
    }
}
