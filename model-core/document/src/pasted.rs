//! How a pasted text, or what a crawler made of an article, becomes a [`Document`].
//!
//! Lines are gathered into paragraphs, lists, quotations and code ([`lines`]); then the head of the article is told
//! apart from its body ([`head`]), dates first, as they may be glued to what stands beside them. Nothing is left out:
//! only the marks of lists, quotations, headings, code and inline markup are not part of a block's text.

mod head;
mod lines;

use crate::inline::runs;
use crate::{Block, BlockKind, Document};

/// A block before its inline markup is read.
#[derive(Debug)]
struct Draft {
    kind: BlockKind,
    text: String,
    /// Set apart by its marks, not by its place in the article.
    fixed: bool,
}

impl Draft {
    fn plain(text: String) -> Self {
        Self { kind: BlockKind::Paragraph, text, fixed: false }
    }

    fn fixed(kind: BlockKind, text: String) -> Self {
        Self { kind, text, fixed: true }
    }

    /// Length in characters, counted up to `most`.
    fn length(&self, most: usize) -> usize {
        self.text.chars().take(most).count()
    }
}

/// Reads a pasted article.
///
/// Paragraphs are parted by blank lines or line breaks; lines that were broken because they were full are joined. The
/// headline, date, byline, standfirst and headings are told by their form and place. A text that is no article at all
/// becomes plain paragraphs; an empty one a document without blocks.
pub fn read_pasted(text: &str) -> Document {
    let mut drafts = lines::drafts(text.trim_start_matches('\u{feff}'));
    drafts = head::part_date(drafts);
    head::name(&mut drafts);
    let blocks = drafts
        .into_iter()
        .map(|draft| match draft.kind {
            BlockKind::Code => Block::plain(BlockKind::Code, draft.text),
            kind => Block { kind, runs: runs(&draft.text) },
        })
        .collect();
    Document { blocks }
}

#[cfg(test)]
mod tests;
