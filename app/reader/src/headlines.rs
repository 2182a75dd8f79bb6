//! The front page's headlines in English. What was translated once stays while the app is open.

use std::{cell::RefCell, collections::BTreeMap};

use klartext_document::{Block, BlockKind};
use leptos::prelude::*;

use crate::{
    browser::settings,
    engine::{Engine, Job, JobEvent},
    layout,
    reading::{Phase, Progress},
};

const SETTING: &str = "klartext.headlines";

/// The texts of the front page, German to English.
#[derive(Clone, Copy)]
pub(crate) struct Headlines {
    engine: Engine,
    /// Whether the reader wants them in English.
    wanted: RwSignal<bool>,
    english: RwSignal<BTreeMap<String, String>>,
    job: StoredValue<Option<Job>, LocalStorage>,
    pub(crate) progress: Progress,
}

impl Headlines {
    /// Nothing translated yet; wanted as the reader chose last.
    pub(crate) fn new(engine: Engine) -> Self {
        Self {
            engine,
            wanted: RwSignal::new(settings::get(SETTING).as_deref() == Some("en")),
            english: RwSignal::new(BTreeMap::new()),
            job: StoredValue::new_local(None),
            progress: Progress::new(),
        }
    }

    /// Whether the reader wants English.
    pub(crate) fn wanted(self) -> bool {
        self.wanted.get()
    }

    /// The reader wants English, or not.
    pub(crate) fn want(self, english: bool) {
        self.wanted.set(english);
        settings::set(SETTING, if english { "en" } else { "de" });
    }

    /// A text in English, if it is wanted and there.
    pub(crate) fn english(self, german: &str) -> Option<String> {
        if self.wanted.get() { self.english.with(|texts| texts.get(german).cloned()) } else { None }
    }

    /// Translates those texts that are not there yet.
    pub(crate) fn translate(self, texts: Vec<(BlockKind, String)>) {
        let missing: Vec<_> = self
            .english
            .with_untracked(|done| texts.into_iter().filter(|(_, text)| !done.contains_key(text)).collect());
        if missing.is_empty() || self.progress.phase.with_untracked(Phase::is_busy) {
            return;
        }
        let blocks = missing.iter().map(|(kind, text)| Block::plain(*kind, text.as_str())).collect();
        let german: Vec<_> = missing.into_iter().map(|(_, text)| text).collect();
        // Owned by the job and not by whatever asked for it: a button that is gone once it was pressed.
        let parts = RefCell::default();
        self.progress.phase.set(Phase::Waiting);
        let job = self.engine.translate(blocks, 0, move |event| self.hear(event, &german, &parts));
        self.job.set_value(Some(job));
    }

    /// Stops; what is there stays.
    pub(crate) fn cancel(self) {
        self.job.with_value(|job| {
            if let Some(job) = job {
                job.cancel();
            }
        });
    }

    fn hear(self, event: JobEvent, german: &[String], parts: &RefCell<Vec<Vec<Option<String>>>>) {
        let Progress { phase, done, total, .. } = self.progress;
        match event {
            JobEvent::Outline(outline) => {
                total.set(outline.iter().map(Vec::len).sum());
                done.set(0);
                *parts.borrow_mut() = outline.iter().map(|spans| vec![None; spans.len()]).collect();
                phase.set(Phase::Running);
            }
            JobEvent::Sentence { block, sentence, runs, .. } => {
                let block = block as usize;
                let whole = parts.borrow_mut().get_mut(block).and_then(|part| {
                    *part.get_mut(sentence as usize)? = Some(layout::text(&runs));
                    part.iter().cloned().collect::<Option<Vec<_>>>().map(|texts| texts.join(" "))
                });
                done.update(|done| *done += 1);
                if let (Some(whole), Some(german)) = (whole, german.get(block)) {
                    self.english.update(|texts| {
                        texts.insert(german.clone(), whole);
                    });
                }
            }
            JobEvent::Done(stats) => {
                self.progress.add(&stats);
                phase.set(Phase::Done);
            }
            JobEvent::Cancelled => phase.set(Phase::Cancelled),
            JobEvent::Failed(error) => phase.set(Phase::Failed(error)),
            JobEvent::Read(_) => {}
        }
    }
}
