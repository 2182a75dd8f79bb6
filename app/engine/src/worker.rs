//! The worker's state, and the loop that works its jobs off.

use std::cell::{RefCell, RefMut};
use std::rc::Rc;

use klartext_protocol::helper::HelperEvent;
use klartext_protocol::{EngineError, ErrorCode, Event, JobId, Request};
use klartext_store::Wish;
use model_core::document::pasted;
use wasm_bindgen_futures::spawn_local;

use crate::active::{Active, Progress};
use crate::arrivals::{Arriving, Next, Purpose};
use crate::crew::Crew;
use crate::gpu::Gpu;
use crate::helper::Outcome;
use crate::loading::Loaded;
use crate::turn::Turn;
use crate::{models, post};

/// The most bytes of an article. Rendering and translating more would take the page minutes.
const MAX_BYTES: usize = 4 << 20;

/// A handle to the worker's state.
#[derive(Clone)]
pub(crate) struct Worker(Rc<RefCell<State>>);

#[derive(Default)]
pub(crate) struct State {
    /// The model that translates.
    pub(crate) ready: Option<Rc<Loaded>>,
    /// Whether what helps it has yet to be looked for.
    pub(crate) is_alone: bool,
    /// The one that takes its place as soon as no job is under way.
    pub(crate) next: Option<Next>,
    /// The one that is on its way.
    pub(crate) arriving: Option<Arriving>,
    /// How many have been on their way.
    pub(crate) arrivals: u32,
    /// Why none could be had, if that was so the last time.
    pub(crate) failed: Option<EngineError>,
    /// The GPU's part.
    pub(crate) gpu: Gpu,
    /// The other cores' part.
    pub(crate) crew: Crew,
    /// Jobs in the order in which they came; the first runs.
    pub(crate) jobs: Vec<Active>,
    /// Whether the loop runs.
    running: bool,
}

impl Worker {
    pub(crate) fn new() -> Self {
        Self(Rc::default())
    }

    /// The state. To be let go before anything is awaited or anybody else is called.
    pub(crate) fn state(&self) -> RefMut<'_, State> {
        self.0.borrow_mut()
    }

    /// Takes a request.
    pub(crate) fn handle(&self, request: Request) {
        match request {
            Request::Load { manifest, options, newest } => {
                self.want(&manifest, newest, Purpose::Use(options));
            }
            Request::Prepare { manifest, options } => self.want(&manifest, false, Purpose::Prepare(options)),
            Request::Download { manifest, newest } => self.want(&manifest, newest, Purpose::Keep),
            Request::PauseLoad => self.wish(Wish::Pause),
            Request::ResumeLoad => self.wish(Wish::Run),
            Request::CancelLoad => self.call_off(),
            Request::Models { index } => spawn_local(async move { models::list(&index).await }),
            Request::RemoveModel { address } => spawn_local(async move { models::remove(&address).await }),
            Request::Import { import } => spawn_local(models::import(import)),
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
            Request::Cancel { job } => self.cancel(job),
            Request::Ping => post(&Event::Pong),
        }
    }

    fn cancel(&self, job: JobId) {
        {
            let state = &mut *self.state();
            // A job that is over was answered when it ended.
            let Some(position) = state.jobs.iter().position(|active| active.id == job) else { return };
            state.jobs.remove(position);
            state.gpu.cancel(job);
            state.crew.cancel(job);
            post(&Event::Cancelled { job });
        }
        self.run();
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
        self.act(outcome, true, &loaded);
    }

    /// Takes what another core's helper says.
    pub(crate) fn hear_crew(&self, number: usize, event: HelperEvent) {
        let Some(loaded) = self.loaded() else { return };
        let outcome = self.state().crew.hear(number, event, &loaded);
        self.act(outcome, false, &loaded);
    }

    /// Looks whether the GPU still answers.
    pub(crate) fn look_at_gpu(&self) {
        let Some(loaded) = self.loaded() else { return };
        let outcome = self.state().gpu.look();
        self.act(outcome, true, &loaded);
    }

    /// Looks whether the other cores' helpers still answer.
    pub(crate) fn look_at_crew(&self) {
        let Some(loaded) = self.loaded() else { return };
        let outcome = self.state().crew.look();
        self.act(outcome, false, &loaded);
    }

    pub(crate) fn loaded(&self) -> Option<Rc<Loaded>> {
        self.state().ready.clone()
    }

    /// Does to the jobs what a helper's news mean for them.
    fn act(&self, outcome: Outcome, by_gpu: bool, loaded: &Loaded) {
        {
            let state = &mut *self.state();
            let jobs = &mut state.jobs;
            let position = |id: JobId| jobs.iter().position(|active| active.id == id);
            match outcome {
                Outcome::None => return,
                Outcome::GoOn => {}
                Outcome::Sentence(id, index, decoded) => {
                    // What comes for a job that was cancelled is of no interest.
                    let Some(position) = position(id) else { return };
                    match jobs[position].finish(index, decoded, by_gpu, loaded) {
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
    pub(crate) fn run(&self) {
        self.change();
        {
            let state = &mut *self.state();
            if state.ready.is_none() {
                if let Some(error) = &state.failed {
                    state.jobs.drain(..).for_each(|active| fail(active.id, error.clone()));
                }
                return;
            }
            if state.jobs.is_empty() || std::mem::replace(&mut state.running, true) {
                return;
            }
        }
        let worker = self.clone();
        spawn_local(async move {
            match Turn::new() {
                Ok(turn) => {
                    while worker.step() {
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

    /// Goes on with the first job by a step; whether there is more to do here.
    fn step(&self) -> bool {
        self.change();
        let Some(loaded) = self.loaded() else { return false };
        let (has_more, has_first) = {
            let state = &mut *self.state();
            if !state.gpu.has_the_rest()
                && let Some(queue) = state.jobs.first().and_then(Active::under_way)
            {
                state.crew.recruit(self, queue);
            }
            let has_more = state.step(&loaded);
            (has_more, state.jobs.first().is_none_or(|active| active.under_way().is_some()))
        };
        if has_first {
            self.help();
        }
        has_more
    }
}

impl State {
    /// Goes on with the first job by a step; whether there is more to do here.
    fn step(&mut self, loaded: &Loaded) -> bool {
        let Some(active) = self.jobs.first_mut() else { return false };
        match active.step(loaded, &mut self.gpu, &mut self.crew) {
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
