//! How an article is laid out: which blocks belong together, and how long blocks are cut into rows that stay side by
//! side with their translation.

use std::ops::Range;

use klartext_document::{Block, BlockKind, Document, Run};
use klartext_protocol::Span;

/// Blocks that are drawn as one element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Group {
    /// One block.
    One(usize),
    /// Items of one list.
    List {
        /// Whether the items are numbered.
        ordered: bool,
        /// The first item's number.
        start: usize,
        /// The items' indices.
        items: Range<usize>,
    },
}

impl Group {
    /// The first block in it.
    pub fn first(&self) -> usize {
        match self {
            Self::One(block) => *block,
            Self::List { items, .. } => items.start,
        }
    }
}

/// No list has more items than this: groups are what is drawn at once.
const ITEMS: usize = 40;

/// Cuts an article into what is drawn as one.
pub fn groups(blocks: &[Block]) -> Vec<Group> {
    let mut groups = Vec::new();
    let mut at = 0;
    while let Some(block) = blocks.get(at) {
        let kind = block.kind;
        if !matches!(kind, BlockKind::Bullet | BlockKind::Number) {
            groups.push(Group::One(at));
            at += 1;
            continue;
        }
        let end = at + blocks[at..].iter().take_while(|block| block.kind == kind).count();
        let first = at;
        while at < end {
            let items = at..end.min(at + ITEMS);
            at = items.end;
            groups.push(Group::List {
                ordered: kind == BlockKind::Number,
                start: items.start - first + 1,
                items,
            });
        }
    }
    groups
}

/// A sentence within its block's text, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The sentence.
    pub text: Range<usize>,
    /// What lies between it and the next one.
    pub gap: Range<usize>,
}

/// Checks the spans that the engine found in a block's text. There are as many cuts as spans; a span that cannot be,
/// such as one that ends within a character, is an empty cut.
pub fn cuts(text: &str, spans: &[Span]) -> Vec<Cut> {
    let mut after = 0;
    let mut cuts: Vec<Cut> = Vec::with_capacity(spans.len());
    for span in spans {
        let range = span.start as usize..span.end as usize;
        let range =
            if range.start >= after && text.get(range.clone()).is_some() { range } else { after..after };
        if let Some(last) = cuts.last_mut() {
            last.gap = after..range.start;
        }
        after = range.end;
        cuts.push(Cut { text: range, gap: after..after });
    }
    cuts
}

/// A block with more sentences than this is cut into several rows.
const ROW: usize = 7;

/// Cuts a block's sentences into rows of about the same number, so that a wall of text does not drift away from its
/// translation.
pub fn rows(sentences: usize) -> impl Iterator<Item = Range<usize>> {
    let count = if sentences <= ROW { 1 } else { sentences.div_ceil(ROW - 2) };
    (0..count).map(move |row| row * sentences / count..(row + 1) * sentences / count)
}

/// The sentence after or before another: `lengths[block]` sentences a block. None where there is no other.
pub fn step(lengths: &[usize], from: (usize, usize), forward: bool) -> Option<(usize, usize)> {
    let (block, sentence) = from;
    if forward {
        if sentence + 1 < *lengths.get(block)? {
            return Some((block, sentence + 1));
        }
        let next = (block + 1..lengths.len()).find(|&next| lengths[next] > 0)?;
        Some((next, 0))
    } else {
        if sentence > 0 {
            return Some((block, sentence - 1));
        }
        let previous = (0..block.min(lengths.len())).rev().find(|&previous| lengths[previous] > 0)?;
        Some((previous, lengths[previous] - 1))
    }
}

/// Pasted text as it is, a paragraph a line: what is shown while the engine reads it, and when it cannot.
pub fn plain(text: &str) -> Document {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    Document { blocks: lines.map(|line| Block::plain(BlockKind::Paragraph, line)).collect() }
}

/// The text of runs without their markup.
pub fn text(runs: &[Run]) -> String {
    runs.iter().map(|run| run.text.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(kinds: &[BlockKind]) -> Vec<Block> {
        kinds.iter().map(|&kind| Block::plain(kind, "x")).collect()
    }

    #[test]
    fn items_form_lists() {
        use BlockKind::{Bullet, Number, Paragraph};
        let list = |ordered, items| Group::List { ordered, start: 1, items };
        assert_eq!(
            groups(&blocks(&[Paragraph, Bullet, Bullet, Number, Paragraph])),
            [Group::One(0), list(false, 1..3), list(true, 3..4), Group::One(4)]
        );
        assert!(groups(&[]).is_empty());
    }

    #[test]
    fn long_lists_are_cut_and_go_on_counting() {
        let cut = groups(&blocks(&[BlockKind::Number; 90]));
        let starts: Vec<_> = cut
            .iter()
            .map(|group| match group {
                Group::List { start, items, .. } => (*start, items.len()),
                Group::One(_) => (0, 0),
            })
            .collect();
        assert_eq!(starts, [(1, 40), (41, 40), (81, 10)]);
        assert_eq!(cut[1].first(), 40);
    }

    #[test]
    fn sentences_and_gaps_are_the_text() {
        let text = "Über eins. Zwei.\u{a0} Drei";
        let spans = [Span { start: 0, end: 11 }, Span { start: 12, end: 17 }, Span { start: 20, end: 24 }];
        let cut: String = cuts(text, &spans)
            .into_iter()
            .map(|cut| format!("{}{}", &text[cut.text], &text[cut.gap]))
            .collect();
        assert_eq!(cut, text);
    }

    #[test]
    fn impossible_spans_are_empty() {
        let spans = [(0, 1), (2, 99), (5, 2), (0, 2), (2, 4)].map(|(start, end)| Span { start, end });
        let lengths: Vec<_> = cuts("Äbcd", &spans).into_iter().map(|cut| cut.text.len()).collect();
        assert_eq!(lengths, [0, 0, 0, 2, 2]);
        assert!(cuts("", &[]).is_empty());
    }

    #[test]
    fn rows_hold_all_sentences_in_order() {
        for sentences in 0..200 {
            let all: Vec<_> = rows(sentences).flatten().collect();
            assert_eq!(all, (0..sentences).collect::<Vec<_>>());
            assert!(rows(sentences).all(|row| row.len() <= ROW));
        }
        assert_eq!(rows(7).count(), 1);
        assert_eq!(rows(30).count(), 6);
    }

    #[test]
    fn steps_pass_over_blocks_without_sentences() {
        let lengths = [2, 0, 1];
        assert_eq!(step(&lengths, (0, 0), true), Some((0, 1)));
        assert_eq!(step(&lengths, (0, 1), true), Some((2, 0)));
        assert_eq!(step(&lengths, (2, 0), true), None);
        assert_eq!(step(&lengths, (2, 0), false), Some((0, 1)));
        assert_eq!(step(&lengths, (0, 0), false), None);
        assert_eq!(step(&lengths, (9, 0), true), None);
        assert_eq!(step(&lengths, (9, 0), false), Some((2, 0)));
        assert_eq!(step(&[], (0, 0), false), None);
    }

    #[test]
    fn plain_text_is_paragraphs() {
        let document = plain(" Eins\r\n\r\n\tZwei \n");
        let texts: Vec<_> = document.blocks.iter().map(Block::text).collect();
        assert_eq!(texts, ["Eins", "Zwei"]);
    }
}
