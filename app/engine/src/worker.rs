//! The worker's state, and the loop that works its jobs off.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::ArrayBuffer;
use js_sys::WebAssembly::Memory;
use klartext_protocol::{EngineError, ErrorCode, Event, JobId, Request, Stats};
use model_core::document::pasted;
use model_core::{Job, Options};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;

use crate::article::Article;
use crate::loading::{Loaded, load};
use crate::turn::Turn;
use crate::{now, post};

/// The most bytes of an article. Rendering and translating more would take the page minutes.
const MAX_BYTES: usize = 4 << 20;

/// A handle to the worker's state.
#[derive(Clone)]
pub(crate) struct Worker(Rc<RefCell<State>>);

struct State {
    model: Model,
    /// Jobs in the order in which they came; the first runs.
    jobs: Vec<Active>,
    /// Whether the loop runs.
    running: bool,
}

enum Model {
    /// Nothing was asked for.
    None,
    /// It is being fetched.
    Loading,
    /// It is ready.
    Ready(Rc<Loaded>),
    /// It could not be had.
    Failed(EngineError),
}

/// A translation job.
struct Active {
    id: JobId,
    stage: Stage,
    /// When it was asked for.
    asked: f64,
    /// When the model began with it.
    begun: f64,
    stats: Stats,
}

enum Stage {
    /// Nothing is done yet: the blocks, and where to begin.
    Waiting(Vec<model_core::document::Block>, u32),
    /// Its sentences are in the queue.
    Running(Article, Box<Job>),
}

impl Worker {
    pub(crate) fn new() -> Self {
        Self(Rc::new(RefCell::new(State { model: Model::None, jobs: Vec::new(), running: false })))
    }

    /// Takes a request.
    pub(crate) fn handle(&self, request: Request) {
        match request {
            Request::Load { manifest } => self.load(manifest),
            Request::Read { job, text } if text.len() > MAX_BYTES => fail(job, too_long(text.len())),
            Request::Read { job, text } => {
                post(&Event::Read { job, document: pasted::read_pasted(&text) });
            }
            Request::Translate { job, blocks, first } => {
                let bytes = blocks.iter().flat_map(|block| &block.runs).map(|run| run.text.len()).sum();
                if bytes > MAX_BYTES {
                    return fail(job, too_long(bytes));
                }
                let stage = Stage::Waiting(blocks, first);
                self.0.borrow_mut().jobs.push(Active {
                    id: job,
                    stage,
                    asked: now(),
                    begun: 0.0,
                    stats: Stats::default(),
                });
                self.run();
            }
            Request::Focus { job, block } => self.focus(job, block),
            Request::Cancel { job } => {
                let jobs = &mut self.0.borrow_mut().jobs;
                // A job that is over was answered when it ended.
                if let Some(position) = jobs.iter().position(|active| active.id == job) {
                    jobs.remove(position);
                    post(&Event::Cancelled { job });
                }
            }
            Request::Ping => post(&Event::Pong),
        }
    }

    fn load(&self, manifest: String) {
        {
            let state = &mut self.0.borrow_mut();
            match &state.model {
                Model::Loading => return,
                Model::Ready(loaded) => return post(&Event::Ready { engine: loaded.info.clone() }),
                Model::None | Model::Failed(_) => state.model = Model::Loading,
            }
        }
        let worker = self.clone();
        spawn_local(async move {
            let model = match load(&manifest).await {
                Ok(loaded) => {
                    post(&Event::Ready { engine: loaded.info.clone() });
                    Model::Ready(Rc::new(loaded))
                }
                Err(error) => {
                    post(&Event::Failed { job: None, error: error.clone() });
                    Model::Failed(error)
                }
            };
            worker.0.borrow_mut().model = model;
            worker.run();
        });
    }

    fn focus(&self, job: JobId, block: u32) {
        let state = &mut self.0.borrow_mut();
        match state.jobs.iter_mut().find(|active| active.id == job).map(|active| &mut active.stage) {
            Some(Stage::Waiting(_, first)) => *first = block,
            Some(Stage::Running(article, queue)) => queue.focus(article.first_of(block)),
            None => {}
        }
    }

    /// Starts the loop, if it does not run and there is something to do.
    fn run(&self) {
        let loaded = {
            let state = &mut self.0.borrow_mut();
            match &state.model {
                Model::Ready(_) if state.running || state.jobs.is_empty() => return,
                Model::Ready(loaded) => {
                    let loaded = Rc::clone(loaded);
                    state.running = true;
                    loaded
                }
                Model::Failed(error) => {
                    let error = error.clone();
                    return state.jobs.drain(..).for_each(|active| fail(active.id, error.clone()));
                }
                Model::None | Model::Loading => return,
            }
        };
        let worker = self.clone();
        spawn_local(async move {
            match Turn::new() {
                Ok(turn) => {
                    while worker.0.borrow_mut().step(&loaded) {
                        turn.take().await;
                    }
                }
                Err(error) => {
                    let error = EngineError { code: ErrorCode::Internal, message: format!("{error:?}") };
                    worker.0.borrow_mut().jobs.drain(..).for_each(|active| fail(active.id, error.clone()));
                }
            }
            worker.0.borrow_mut().running = false;
        });
    }
}

impl State {
    /// Goes on with the first job by a step; whether there is more to do.
    fn step(&mut self, loaded: &Loaded) -> bool {
        let Some(active) = self.jobs.first_mut() else { return false };
        if active.step(loaded) {
            self.jobs.remove(0);
        }
        !self.jobs.is_empty()
    }
}

impl Active {
    /// A step of the job; whether it is over.
    fn step(&mut self, loaded: &Loaded) -> bool {
        let job = self.id;
        match &mut self.stage {
            Stage::Waiting(blocks, first) => {
                self.begun = now();
                let article = Article::new(blocks, &loaded.language, &loaded.translator);
                post(&Event::Outline { job, blocks: article.outline.clone() });
                for (sentence, runs) in &article.ready {
                    self.stats.sentences += 1;
                    post(&Event::Sentence {
                        job,
                        block: sentence.block,
                        sentence: sentence.index,
                        runs: runs.clone(),
                        confidence: 1.0,
                    });
                }
                let texts: Vec<String> =
                    article.sentences.iter().map(crate::article::Sentence::text).collect();
                let mut queue = loaded.translator.job(texts.iter().map(String::as_str), &Options::default());
                queue.focus(article.first_of(*first));
                self.stage = Stage::Running(article, Box::new(queue));
                false
            }
            Stage::Running(article, queue) => {
                for (index, translation) in queue.step(&loaded.translator) {
                    let sentence = &article.sentences[index];
                    post(&Event::Sentence {
                        job,
                        block: sentence.block,
                        sentence: sentence.index,
                        runs: sentence.carry(&translation),
                        confidence: translation.confidence(),
                    });
                    if self.stats.first_ms == 0.0 {
                        self.stats.first_ms = now() - self.asked;
                    }
                    self.stats.sentences += 1;
                    self.stats.words += sentence.text().split_whitespace().count() as u32;
                }
                if !queue.is_done() {
                    return false;
                }
                self.stats.total_ms = now() - self.begun;
                self.stats.memory_bytes = memory_bytes();
                post(&Event::Done { job, stats: self.stats });
                true
            }
        }
    }
}

fn fail(job: JobId, error: EngineError) {
    post(&Event::Failed { job: Some(job), error });
}

fn too_long(bytes: usize) -> EngineError {
    EngineError {
        code: ErrorCode::TooLong,
        message: format!("the text has {bytes} bytes; at most {MAX_BYTES} can be translated at once"),
    }
}

/// How much WebAssembly memory the worker has taken.
fn memory_bytes() -> u64 {
    let memory: Memory = wasm_bindgen::memory().unchecked_into();
    let buffer: ArrayBuffer = memory.buffer().unchecked_into();
    u64::from(buffer.byte_length())
}
