//! An article on its way: which sentence of which block is which, and what becomes of each.

use std::ops::Range;

use klartext_protocol::{EngineInfo, Span};
use model_core::document::{Block, BlockKind, Run, bylines, dates};
use model_core::{Translation, Translator};

/// A sentence of an article.
pub(crate) struct Sentence {
    /// The block's index.
    pub(crate) block: u32,
    /// The index within the block.
    pub(crate) index: u32,
    /// The German runs.
    pub(crate) source: Vec<Run>,
}

/// An article's blocks, cut into sentences.
pub(crate) struct Article {
    /// For each block the spans of its sentences.
    pub(crate) outline: Vec<Vec<Span>>,
    /// The sentences that the model translates, in reading order.
    pub(crate) sentences: Vec<Sentence>,
    /// The sentences that need no model, with their English runs: code stays as it is, dates and bylines follow rules.
    pub(crate) ready: Vec<(Sentence, Vec<Run>)>,
}

impl Article {
    /// Cuts blocks into sentences of the language that the model reads.
    pub(crate) fn new(blocks: &[Block], model: &EngineInfo, translator: &Translator) -> Self {
        let mut article = Self { outline: Vec::new(), sentences: Vec::new(), ready: Vec::new() };
        for (number, block) in (0..).zip(blocks) {
            let text = block.text();
            let by_rule = by_rule(block, &text, model);
            let spans = match by_rule {
                Some(_) => trimmed(&text).into_iter().collect(),
                None => translator.sentences(&text, &model.source),
            };
            for (index, span) in (0..).zip(&spans) {
                let sentence = Sentence { block: number, index, source: block.slice(span.clone()) };
                match &by_rule {
                    Some(runs) => article.ready.push((sentence, runs.clone())),
                    None => article.sentences.push(sentence),
                }
            }
            article.outline.push(spans.into_iter().map(span).collect());
        }
        article
    }

    /// The first sentence of the model's that is not before a block.
    pub(crate) fn first_of(&self, block: u32) -> usize {
        self.sentences.partition_point(|sentence| sentence.block < block)
    }
}

impl Sentence {
    /// The German text.
    pub(crate) fn text(&self) -> String {
        self.source.iter().map(|run| run.text.as_str()).collect()
    }

    /// The English runs of its translation.
    pub(crate) fn carry(&self, translation: &Translation, translator: &Translator) -> Vec<Run> {
        translator.carry(&self.source, translation)
    }
}

/// A block's translation, where no model is wanted for it. There are rules from German to English.
fn by_rule(block: &Block, text: &str, model: &EngineInfo) -> Option<Vec<Run>> {
    let is =
        |tag: &str, language: &str| tag.split('-').next().is_some_and(|it| it.eq_ignore_ascii_case(language));
    let has_rules = is(&model.source, "de") && is(&model.target, "en");
    let english = match block.kind {
        BlockKind::Date if has_rules => dates::english_date(text)?,
        BlockKind::Byline if has_rules => bylines::english_byline(text)?,
        kind if !kind.is_translated() => return Some(block.slice(trimmed(text)?)),
        _ => return None,
    };
    Some(vec![Run {
        text: english,
        mark: block.runs.first().map(|run| run.mark.clone()).unwrap_or_default(),
    }])
}

/// The span of a text without the white space around it; none if that is all it is.
fn trimmed(text: &str) -> Option<Range<usize>> {
    let start = text.len() - text.trim_start().len();
    let len = text.trim().len();
    (len > 0).then(|| start..start + len)
}

fn span(range: Range<usize>) -> Span {
    // A block of more than 4 GiB does not fit into the worker's memory.
    Span { start: range.start as u32, end: range.end as u32 }
}
