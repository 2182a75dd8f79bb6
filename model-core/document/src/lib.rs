//! An article as the rest of Klartext sees it: blocks of inline runs, and no tree.
//!
//! A leaf crate without a web or a tensor dependency, so that the reader, the worker protocol and the engine can speak
//! of the same thing. Markup is data here, never a string of HTML: what comes from outside cannot smuggle any in.

pub mod bylines;
pub mod dates;
mod inline;
pub mod pasted;

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// An article: its blocks in reading order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Blocks in reading order.
    pub blocks: Vec<Block>,
}

/// One block of an article.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// What the block is.
    pub kind: BlockKind,
    /// Its text, cut where the markup changes. Concatenated they are the block's text.
    pub runs: Vec<Run>,
}

/// What a block is, which decides how it looks and whether it is translated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BlockKind {
    /// The article's headline.
    Headline,
    /// The summary under the headline.
    Standfirst,
    /// Who wrote it.
    Byline,
    /// When it was published, as a relative or absolute date.
    Date,
    /// A heading within the article.
    Heading,
    /// Running text.
    Paragraph,
    /// An item of a bulleted list.
    Bullet,
    /// An item of a numbered list.
    Number,
    /// A quotation set apart.
    Quote,
    /// A block of code, which is never translated.
    Code,
    /// The text under a picture.
    Caption,
}

/// A stretch of text with one markup.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The text, with its spaces.
    pub text: String,
    /// How it is set.
    #[serde(default)]
    pub mark: Mark,
}

/// Inline markup; all of it can hold at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Mark {
    /// Strong importance.
    #[serde(default)]
    pub bold: bool,
    /// Emphasis.
    #[serde(default)]
    pub italic: bool,
    /// A piece of code, which is never translated.
    #[serde(default)]
    pub code: bool,
    /// The address of a link: `http`, `https`, `mailto` or relative, checked by whoever made the run.
    #[serde(default)]
    pub link: Option<String>,
    /// Numbers that the page has given to the inline elements around the text, the outermost first, none twice.
    ///
    /// Neighbouring runs are in the same element as far as their numbers begin alike.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<u32>,
}

impl Block {
    /// A block of plain text.
    pub fn plain(kind: BlockKind, text: impl Into<String>) -> Self {
        Self { kind, runs: vec![Run { text: text.into(), mark: Mark::default() }] }
    }

    /// The block's text without its markup.
    pub fn text(&self) -> String {
        self.runs.iter().map(|run| run.text.as_str()).collect()
    }

    /// The runs of a part of the block's text; see [`slice`]. `span` is in bytes of [`Block::text`].
    ///
    /// # Panics
    /// If an end of `span` lies within a character.
    pub fn slice(&self, span: Range<usize>) -> Vec<Run> {
        slice(&self.runs, span)
    }
}

/// The runs of a part of the text that runs make, cut at its ends.
///
/// `span` is in bytes of the runs' concatenated texts; what lies outside the text is ignored.
///
/// # Panics
/// If an end of `span` lies within a character.
pub fn slice(runs: &[Run], span: Range<usize>) -> Vec<Run> {
    let mut start = 0;
    let mut part = Vec::new();
    for run in runs {
        let end = start + run.text.len();
        let (from, to) = (span.start.max(start), span.end.min(end));
        if from < to {
            part.push(Run { text: run.text[from - start..to - start].to_owned(), mark: run.mark.clone() });
        }
        start = end;
    }
    part
}

impl BlockKind {
    /// Whether the model is to translate blocks of this kind.
    pub fn is_translated(self) -> bool {
        !matches!(self, Self::Code)
    }
}
