//! An article while it is read: which sentences it has, which of them are in English already, and the job that makes
//! them. Sentences have a signal each, so that one that arrives redraws itself and nothing else.

use std::{ops::Range, sync::Arc, time::Duration};

use klartext_document::{Block, Document, Run};
use klartext_protocol::{EngineError, Span, Stats};
use leptos::prelude::*;

use crate::{
    engine::{Engine, Job, JobEvent},
    languages::Languages,
    layout,
};

/// How far a translation has come.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Phase {
    /// Not begun.
    Idle,
    /// Asked for; the engine has not begun.
    Waiting,
    /// Sentences arrive.
    Running,
    /// All there.
    Done,
    /// Stopped by the reader.
    Cancelled,
    /// Stopped by a failure.
    Failed(EngineError),
}

impl Phase {
    /// Whether a job is under way.
    pub(crate) fn is_busy(&self) -> bool {
        matches!(self, Self::Waiting | Self::Running)
    }

    /// A name for style sheets and tests.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
            Self::Failed(_) => "failed",
        }
    }
}

/// What a status line shows of a translation.
#[derive(Clone, Copy)]
pub(crate) struct Progress {
    /// How far it has come.
    pub(crate) phase: RwSignal<Phase>,
    /// Sentences that are done.
    pub(crate) done: RwSignal<usize>,
    /// Sentences in all, 0 while that is unknown.
    pub(crate) total: RwSignal<usize>,
    /// What it took, summed over the jobs that it needed.
    pub(crate) stats: RwSignal<Stats>,
}

impl Progress {
    /// Nothing done yet.
    pub(crate) fn new() -> Self {
        Self {
            phase: RwSignal::new(Phase::Idle),
            done: RwSignal::new(0),
            total: RwSignal::new(0),
            stats: RwSignal::new(Stats::default()),
        }
    }

    /// Adds what one job took.
    pub(crate) fn add(self, stats: &Stats) {
        self.stats.update(|sum| {
            // A job that goes on where another was stopped was not the one with the first sentence.
            let first_ms = if sum.sentences == 0 { stats.first_ms } else { sum.first_ms };
            *sum = Stats {
                words: sum.words + stats.words,
                sentences: sum.sentences + stats.sentences,
                first_ms,
                total_ms: sum.total_ms + stats.total_ms,
                gpu_sentences: sum.gpu_sentences + stats.gpu_sentences,
                memory_bytes: stats.memory_bytes,
            };
        });
    }
}

/// A sentence in English.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) runs: Vec<Run>,
    /// Mean probability of its pieces, 0 to 1.
    pub(crate) confidence: f32,
}

/// A sentence of the article.
#[derive(Clone)]
pub(crate) struct Sentence {
    /// Where it is in its block's text, in bytes.
    pub(crate) span: Range<usize>,
    /// What lies between it and the next, in bytes.
    pub(crate) gap: Range<usize>,
    /// Its translation, once it is there.
    pub(crate) target: ArcRwSignal<Option<Arc<Target>>>,
}

/// A block's sentences; none before the engine has found them.
pub(crate) type Sentences = Option<Arc<[Sentence]>>;

struct Inner {
    document: Arc<Document>,
    /// The blocks of the running job by their indices in the document.
    sent: Vec<u32>,
    /// The spans that the engine found in them, until they are made sentences of.
    found: Vec<Option<Vec<Span>>>,
    /// Counts the jobs.
    round: u32,
    job: Option<Job>,
}

/// So many blocks get their sentences in one go. Each is drawn anew then, and an article may have thousands.
const SETTLED_AT_ONCE: usize = 12;

/// An article while it is read.
#[derive(Clone, Copy)]
pub(crate) struct Reading {
    inner: StoredValue<Inner, LocalStorage>,
    blocks: StoredValue<Vec<RwSignal<Sentences>>>,
    engine: Engine,
    pub(crate) progress: Progress,
}

impl Reading {
    /// An article that nothing is translated of.
    pub(crate) fn new(document: Arc<Document>, engine: Engine) -> Self {
        let blocks = document.blocks.iter().map(|_| RwSignal::new(None)).collect();
        Self {
            inner: StoredValue::new_local(Inner {
                document,
                sent: Vec::new(),
                found: Vec::new(),
                round: 0,
                job: None,
            }),
            blocks: StoredValue::new(blocks),
            engine,
            progress: Progress::new(),
        }
    }

    /// What the model reads and writes.
    pub(crate) fn languages(self) -> Languages {
        self.engine.models().languages()
    }

    /// The article.
    pub(crate) fn document(self) -> Arc<Document> {
        self.inner.with_value(|inner| inner.document.clone())
    }

    /// The sentences of a block of the article.
    pub(crate) fn sentences(self, block: usize) -> RwSignal<Sentences> {
        self.blocks.with_value(|blocks| blocks[block])
    }

    /// A block's text in English, if all of it is there.
    pub(crate) fn english(self, block: usize) -> Option<String> {
        let sentences = self.sentences(block).get()?;
        let texts: Option<Vec<_>> =
            sentences.iter().map(|it| it.target.get().map(|target| layout::text(&target.runs))).collect();
        texts.map(|texts| texts.join(" "))
    }

    /// How many sentences each block has, as far as is known.
    pub(crate) fn lengths(self) -> Vec<usize> {
        self.blocks.with_value(|blocks| {
            blocks.iter().map(|it| it.with_untracked(|it| it.as_ref().map_or(0, |it| it.len()))).collect()
        })
    }

    /// Begins, or goes on with what is missing; `visible` is the first block on the screen.
    pub(crate) fn start(self, visible: u32) {
        let missing: Vec<(u32, Block)> = self.inner.with_value(|inner| {
            let numbered = (0..).zip(inner.document.blocks.iter().cloned());
            numbered.filter(|(index, _)| !self.is_complete(*index as usize)).collect()
        });
        let (sent, blocks): (Vec<u32>, Vec<Block>) = missing.into_iter().unzip();
        let first = position(&sent, visible);
        self.inner.update_value(|inner| {
            inner.job = None;
            inner.sent = sent;
            inner.found = Vec::new();
            inner.round += 1;
        });
        self.progress.phase.set(Phase::Waiting);
        let job = self.engine.translate(blocks, first, move |event| self.hear(event));
        self.inner.update_value(|inner| inner.job = Some(job));
    }

    /// Stops. What is translated stays.
    pub(crate) fn cancel(self) {
        let job = self.inner.try_update_value(|inner| inner.job.take()).flatten();
        if let Some(job) = job {
            job.cancel();
            self.inner.update_value(|inner| inner.job = Some(job));
        }
    }

    /// The article is left: its job ends.
    pub(crate) fn close(self) {
        // Taken out first, since dropping it calls back into the engine.
        drop(self.inner.try_update_value(|inner| inner.job.take()));
    }

    /// Whether the article's page is gone.
    pub(crate) fn is_closed(self) -> bool {
        self.inner.is_disposed()
    }

    /// The reader looks at this block now.
    pub(crate) fn look_at(self, block: u32) {
        if self.progress.phase.with_untracked(Phase::is_busy) {
            self.inner.with_value(|inner| {
                if let Some(job) = &inner.job {
                    job.focus(position(&inner.sent, block));
                }
            });
        }
    }

    fn is_complete(self, block: usize) -> bool {
        self.sentences(block).with_untracked(|sentences| {
            sentences.as_ref().is_some_and(|it| it.iter().all(|it| it.target.with_untracked(Option::is_some)))
        })
    }

    fn hear(self, event: JobEvent) {
        match event {
            JobEvent::Outline(outline) => {
                self.outline(outline);
                self.progress.phase.set(Phase::Running);
            }
            JobEvent::Sentence { block, sentence, runs, confidence } => {
                self.sentence(block as usize, sentence as usize, Target { runs, confidence });
            }
            JobEvent::Done(stats) => {
                self.progress.add(&stats);
                self.progress.phase.set(Phase::Done);
            }
            JobEvent::Cancelled => self.progress.phase.set(Phase::Cancelled),
            JobEvent::Failed(error) => self.progress.phase.set(Phase::Failed(error)),
            JobEvent::Read(_) => {}
        }
    }

    /// The engine has found the sentences of the blocks that were sent.
    fn outline(self, outline: Vec<Vec<Span>>) {
        let round = self.inner.try_update_value(|inner| {
            let translated = |&index: &u32| inner.document.blocks[index as usize].kind.is_translated();
            let pairs = inner.sent.iter().zip(outline);
            inner.found = pairs.map(|(index, spans)| translated(index).then_some(spans)).collect();
            inner.round
        });
        let kept: usize = self.lengths().iter().sum();
        let (replaced, found) = self.inner.with_value(|inner| {
            let pairs = inner
                .sent
                .iter()
                .zip(&inner.found)
                .filter_map(|(index, found)| Some((*index, found.as_ref()?)));
            pairs.fold((0, 0), |(replaced, found), (index, spans)| {
                let old = self
                    .sentences(index as usize)
                    .with_untracked(|old| old.as_ref().map_or(0, |it| it.len()));
                (replaced + old, found + spans.len())
            })
        });
        self.progress.total.set(kept - replaced + found);
        if let Some(round) = round {
            self.settle_from(0, round);
        }
    }

    /// Makes sentences of what was found, a few blocks at a time, from the block at `at` of those sent on.
    fn settle_from(self, at: usize, round: u32) {
        let count =
            self.inner.try_with_value(|inner| if inner.round == round { inner.found.len() } else { 0 });
        let Some(count) = count.filter(|&count| at < count) else { return };
        let end = count.min(at + SETTLED_AT_ONCE);
        for at in at..end {
            self.settle(at);
        }
        set_timeout(move || self.settle_from(end, round), Duration::ZERO);
    }

    /// Makes sentences of what was found in one of the blocks that were sent, if that is not done yet.
    fn settle(self, at: usize) {
        let found = self.inner.try_update_value(|inner| {
            let spans = inner.found.get_mut(at)?.take()?;
            let index = *inner.sent.get(at)? as usize;
            Some((index, layout::cuts(&inner.document.blocks[index].text(), &spans)))
        });
        let Some((index, cuts)) = found.flatten() else { return };
        let signal = self.sentences(index);
        let done = |it: &Sentence| it.target.with_untracked(Option::is_some);
        // Going on after a stop finds the same sentences: those that are done stay.
        let (same, lost) = signal.with_untracked(|old| {
            let old = old.as_deref().unwrap_or_default();
            let same = !old.is_empty() && old.iter().map(|it| &it.span).eq(cuts.iter().map(|cut| &cut.text));
            (same, old.iter().filter(|it| done(it)).count())
        });
        if !same {
            let new =
                |cut: layout::Cut| Sentence { span: cut.text, gap: cut.gap, target: ArcRwSignal::new(None) };
            signal.set(Some(cuts.into_iter().map(new).collect()));
            self.progress.done.update(|done| *done -= lost);
        }
    }

    fn sentence(self, block: usize, sentence: usize, target: Target) {
        self.settle(block);
        let index = self.inner.with_value(|inner| inner.sent.get(block).copied());
        let Some(sentences) = index.and_then(|index| self.sentences(index as usize).get_untracked()) else {
            return;
        };
        if let Some(sentence) = sentences.get(sentence) {
            let was_there = sentence.target.with_untracked(Option::is_some);
            sentence.target.set(Some(Arc::new(target)));
            if !was_there {
                self.progress.done.update(|done| *done += 1);
            }
        }
    }
}

/// Where in `sent` the first block is that is not before `block`; the first one where there is none.
fn position(sent: &[u32], block: u32) -> u32 {
    let at = sent.partition_point(|&sent| sent < block);
    if at < sent.len() { u32::try_from(at).unwrap_or(0) } else { 0 }
}
