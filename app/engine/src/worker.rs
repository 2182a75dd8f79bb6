//! The worker's state, and the loop that works its jobs off.

use std::cell::{RefCell, RefMut};
use std::rc::Rc;

use klartext_protocol::helper::HelperEvent;
use klartext_protocol::{EngineError, EngineOptions, ErrorCode, Event, JobId, Request};
use model_core::document::pasted;
use wasm_bindgen_futures::spawn_local;

use crate::active::{Active, Progress};
use crate::gpu::{self, Gpu, Outcome};
use crate::loading::{Loaded, load};
use crate::post;
use crate::turn::Turn;

/// The most bytes of an article. Rendering and translating more would take the page minutes.
const MAX_BYTES: usize = 4 << 20;

/// A handle to the worker's state.
#[derive(Clone)]
pub(crate) struct Worker(Rc<RefCell<State>>);

pub(crate) struct State {
    model: Model,
    /// The GPU's part.
    pub(crate) gpu: Gpu,
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

impl Worker {
    pub(crate) fn new() -> Self {
        Self(Rc::new(RefCell::new(State {
            model: Model::None,
            gpu: Gpu::default(),
            jobs: Vec::new(),
            running: false,
        })))
    }

    /// The state. To be let go before anything is awaited or anybody else is called.
    pub(crate) fn state(&self) -> RefMut<'_, State> {
        self.0.borrow_mut()
    }

    /// Takes a request.
    pub(crate) fn handle(&self, request: Request) {
        match request {
            Request::Load { manifest, options } => self.load(manifest, options),
            Request::Read { job, text } if text.len() > MAX_BYTES => fail(job, too_long(text.len())),
            Request::Read { job, text } => {
                post(&Event::Read { job, document: pasted::read_pasted(&text) });
            }
            Request::Translate { job, blocks, first } => {
                let bytes = blocks.iter().flat_map(|block| &block.runs).map(|run| run.text.len()).sum();
                if bytes > MAX_BYTES {
                    return fail(job, too_long(bytes));
                }
                self.state().jobs.push(Active::new(job, blocks, first));
                self.run();
            }
            Request::Focus { job, block } => self.focus(job, block),
            Request::Cancel { job } => {
                let state = &mut *self.state();
                // A job that is over was answered when it ended.
                if let Some(position) = state.jobs.iter().position(|active| active.id == job) {
                    state.jobs.remove(position);
                    state.gpu.cancel(job);
                    post(&Event::Cancelled { job });
                }
            }
            Request::Ping => post(&Event::Pong),
        }
    }

    fn load(&self, manifest: String, options: EngineOptions) {
        {
            let state = &mut *self.state();
            match &state.model {
                Model::Loading => return,
                Model::Ready(loaded) => return post(&Event::Ready { engine: loaded.info.clone() }),
                Model::None | Model::Failed(_) => state.model = Model::Loading,
            }
            state.gpu = Gpu::new(options);
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
            let is_ready = matches!(model, Model::Ready(_));
            worker.state().model = model;
            worker.run();
            if is_ready {
                gpu::start(&worker).await;
            }
        });
    }

    fn focus(&self, job: JobId, block: u32) {
        if let Some(active) = self.state().jobs.iter_mut().find(|active| active.id == job) {
            active.focus(block);
        }
    }

    /// Takes what the GPU's engine says.
    pub(crate) fn hear_gpu(&self, event: HelperEvent) {
        let Some(loaded) = self.loaded() else { return };
        let outcome = self.state().gpu.hear(event, &loaded);
        self.act(outcome, &loaded);
    }

    /// Looks whether the GPU still answers.
    pub(crate) fn look_at_gpu(&self) {
        let Some(loaded) = self.loaded() else { return };
        let outcome = self.state().gpu.look();
        self.act(outcome, &loaded);
    }

    fn loaded(&self) -> Option<Rc<Loaded>> {
        match &self.state().model {
            Model::Ready(loaded) => Some(Rc::clone(loaded)),
            _ => None,
        }
    }

    /// Does to the jobs what the GPU's news mean for them.
    fn act(&self, outcome: Outcome, loaded: &Loaded) {
        {
            let state = &mut *self.state();
            let jobs = &mut state.jobs;
            let position = |id: JobId| jobs.iter().position(|active| active.id == id);
            match outcome {
                Outcome::None => return,
                Outcome::Idle => {}
                Outcome::Sentence(id, index, decoded) => {
                    // What comes for a job that was cancelled is of no interest.
                    let Some(position) = position(id) else { return };
                    match jobs[position].finish(index, decoded, loaded) {
                        Progress::Over => drop(jobs.remove(position)),
                        _ => return,
                    }
                }
                Outcome::GiveBack(id, sentences) => {
                    if let Some(position) = position(id) {
                        jobs[position].give_back(sentences);
                    }
                }
            }
        }
        self.run();
    }

    /// Starts the loop, if it does not run and there is something to do.
    fn run(&self) {
        let loaded = {
            let state = &mut *self.state();
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
                    while worker.state().step(&loaded) {
                        turn.take().await;
                    }
                }
                Err(error) => {
                    let error = EngineError { code: ErrorCode::Internal, message: format!("{error:?}") };
                    worker.state().jobs.drain(..).for_each(|active| fail(active.id, error.clone()));
                }
            }
            worker.state().running = false;
        });
    }
}

impl State {
    /// Goes on with the first job by a step; whether there is more to do here.
    fn step(&mut self, loaded: &Loaded) -> bool {
        let Some(active) = self.jobs.first_mut() else { return false };
        match active.step(loaded, &mut self.gpu) {
            Progress::More => true,
            Progress::Elsewhere => false,
            Progress::Over => {
                self.jobs.remove(0);
                !self.jobs.is_empty()
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
