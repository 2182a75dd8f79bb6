//! Draws one block: its German and its English sentences in rows that stand side by side.
//!
//! English comes first in the document, which is what a screen reader and a narrow screen follow; on a wide screen the
//! style sheet puts German on the left.

use std::sync::Arc;

use klartext_document::{Block, BlockKind};
use leptos::prelude::*;

use super::runs::runs;
use crate::{
    languages::Languages,
    layout,
    reading::{Reading, Sentence},
};

/// Sentences whose pieces are less probable than this on the average are marked as uncertain.
const UNCERTAIN: f32 = 0.35;

/// What stands in a block's element: all of its rows.
pub(crate) fn rows(reading: Reading, index: usize, block: &Block) -> AnyView {
    if block.kind == BlockKind::Code {
        return code(index, block);
    }
    let block = Arc::new(block.clone());
    let sentences = reading.sentences(index);
    (move || match sentences.get() {
        None => untouched(reading, index, &block).into_any(),
        Some(sentences) if sentences.is_empty() => untouched(reading, index, &block).into_any(),
        Some(sentences) => {
            let text = block.text();
            let draw = |part: std::ops::Range<usize>| row(reading, index, &block, &text, &sentences, part);
            layout::rows(sentences.len()).map(draw).collect_view().into_any()
        }
    })
    .into_any()
}

fn code(index: usize, block: &Block) -> AnyView {
    let text = block.text();
    // Wide lines are scrolled, so the keyboard must reach it.
    view! {
        <pre class="code" data-block=index translate="no" tabindex="0" role="group" aria-label="Code">
            <code>{text}</code>
        </pre>
    }
    .into_any()
}

/// A block whose sentences are not known yet.
fn untouched(reading: Reading, index: usize, block: &Block) -> impl IntoView + use<> {
    let english = placeholder(block.text()).into_any();
    pair(reading, index, block.kind, 0, || "none", english, runs(&block.runs).into_any())
}

/// A row: some sentences of a block, in both languages.
fn row(
    reading: Reading,
    index: usize,
    block: &Block,
    text: &str,
    sentences: &[Sentence],
    part: std::ops::Range<usize>,
) -> impl IntoView + use<> {
    let first = part.start;
    let here: Vec<Sentence> = sentences[part].to_vec();
    let german: Vec<_> =
        (first..).zip(&here).map(|(at, sentence)| german(at, block, text, sentence)).collect();
    let english: Vec<_> = (first..).zip(&here).map(|(at, sentence)| english(at, text, sentence)).collect();
    let state = move || {
        let done = here.iter().filter(|sentence| sentence.target.with(Option::is_some)).count();
        match done {
            0 => "none",
            some if some < here.len() => "part",
            _ => "done",
        }
    };
    pair(reading, index, block.kind, first, state, english.into_any(), german.into_any())
}

/// Holds a sentence's place. The text is an attribute, drawn by the style sheet: nobody is to find or hear it twice.
fn placeholder(german: String) -> impl IntoView {
    view! { <span class="placeholder" data-text=german aria-hidden="true"></span> }
}

fn german(at: usize, block: &Block, text: &str, sentence: &Sentence) -> impl IntoView + use<> {
    let gap = text[sentence.gap.clone()].to_owned();
    view! { <span class="sentence" data-sentence=at>{runs(&block.slice(sentence.span.clone()))}</span>{gap} }
}

fn english(at: usize, text: &str, sentence: &Sentence) -> impl IntoView + use<> {
    let target = sentence.target.clone();
    let source = text[sentence.span.clone()].to_owned();
    let (pending, sure) = (target.clone(), target.clone());
    let doubt =
        Signal::derive(move || sure.with(|it| it.as_ref().is_some_and(|it| it.confidence < UNCERTAIN)));
    view! {
        <span
            class="sentence"
            data-sentence=at
            data-pending=move || pending.with(Option::is_none)
            data-uncertain=move || doubt.get()
            title=move || doubt.get().then_some("uncertain translation")
        >
            {move || match target.get() {
                Some(target) => runs(&target.runs).into_any(),
                None => placeholder(source.clone()).into_any(),
            }}
        </span>
        " "
    }
}

/// Both cells of a row. Headings hold phrases only, so theirs are spans.
fn pair(
    reading: Reading,
    index: usize,
    kind: BlockKind,
    first: usize,
    state: impl Fn() -> &'static str + Send + 'static,
    english: AnyView,
    german: AnyView,
) -> AnyView {
    let continued = first > 0;
    // A change of the model's languages comes with another article.
    let Languages { source, target } = untrack(|| reading.languages());
    if matches!(kind, BlockKind::Headline | BlockKind::Heading) {
        view! {
            <span class="row" data-state=state data-continued=continued>
                <span class="cell" lang=target data-lang="en" data-block=index>{english}</span>
                <span class="cell" lang=source data-lang="de" data-block=index>{german}</span>
            </span>
        }
        .into_any()
    } else {
        view! {
            <div class="row" data-state=state data-continued=continued>
                <p class="cell" lang=target data-lang="en" data-block=index>{english}</p>
                <p class="cell" lang=source data-lang="de" data-block=index>{german}</p>
            </div>
        }
        .into_any()
    }
}
