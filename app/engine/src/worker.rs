//! The worker's state, and the loop that works its jobs off.

use std::cell::{RefCell, RefMut};
use std::rc::Rc;

use klartext_protocol::helper::HelperEvent;
use klartext_protocol::models::Origin;
use klartext_protocol::{EngineError, EngineOptions, ErrorCode, Event, JobId, Request};
use klartext_store::{Control, Wish};
use model_core::Options;
use model_core::document::pasted;
use wasm_bindgen_futures::spawn_local;

use crate::active::{Active, Progress};
use crate::crew::Crew;
use crate::gpu::{self, Gpu};
use crate::helper::Outcome;
use crate::loading::{Loaded, absolute, fetch, load, newer, note_use, prepare};
use crate::turn::Turn;
use crate::{models, post};

/// The most bytes of an article. Rendering and translating more would take the page minutes.
const MAX_BYTES: usize = 4 << 20;

/// A sentence in the language that most models here read. To others it is a sentence too.
const REHEARSAL: &str = "Guten Morgen, was gibt es heute Neues?";

/// A handle to the worker's state.
#[derive(Clone)]
pub(crate) struct Worker(Rc<RefCell<State>>);

#[derive(Default)]
pub(crate) struct State {
    /// The model that translates.
    ready: Option<Rc<Loaded>>,
    /// Whether what helps it has yet to be looked for.
    is_alone: bool,
    /// The one that takes its place as soon as no job is under way.
    next: Option<Next>,
    /// The one that is on its way.
    arriving: Option<Arriving>,
    /// How many have been on their way.
    arrivals: u32,
    /// Why none could be had, if that was so the last time.
    failed: Option<EngineError>,
    /// The GPU's part.
    pub(crate) gpu: Gpu,
    /// The other cores' part.
    crew: Crew,
    /// Jobs in the order in which they came; the first runs.
    jobs: Vec<Active>,
    /// Whether the loop runs.
    running: bool,
}

/// A model that is going to translate.
struct Next {
    loaded: Loaded,
    /// What may compute with it.
    options: EngineOptions,
    /// Whether it is only prepared.
    is_ahead: bool,
}

/// A model on its way.
struct Arriving {
    number: u32,
    address: String,
    purpose: Purpose,
    control: Control,
}

/// What a model is wanted for.
#[derive(Clone, PartialEq)]
enum Purpose {
    /// To translate, with what the options allow.
    Use(EngineOptions),
    /// The same, if it is here and nobody wants another.
    Prepare(EngineOptions),
    /// To be there later.
    Keep,
}

impl Purpose {
    /// Whether what is done for this one does for `other` too.
    fn serves(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Prepare(these), Self::Use(those)) => these == those,
            _ => self == other,
        }
    }
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

    /// Somebody wants a model.
    fn want(&self, manifest: &str, newest: bool, purpose: Purpose) {
        let address = match absolute(manifest) {
            Ok(address) => address,
            Err(error) => return post(&Event::Failed { job: None, error }),
        };
        let control = Control::new();
        let number = {
            let state = &mut *self.state();
            let serves = |other: &&mut Arriving| other.address == address && other.purpose.serves(&purpose);
            if let Some(arriving) = state.arriving.as_mut().filter(serves)
                && !newest
            {
                arriving.purpose = purpose;
                return;
            }
            if let Some(other) = state.arriving.take() {
                other.control.set(Wish::Cancel);
            }
            if let Some(ready) = state.ready.as_ref().filter(|ready| ready.info.address == address)
                && !newest
                && purpose != Purpose::Keep
            {
                state.next = None;
                post(&Event::Ready { engine: ready.info.clone() });
                None
            } else {
                state.failed = None;
                state.arrivals += 1;
                let (address, purpose, control) = (address.clone(), purpose.clone(), control.clone());
                state.arriving = Some(Arriving { number: state.arrivals, address, purpose, control });
                Some(state.arrivals)
            }
        };
        let Some(number) = number else {
            if matches!(purpose, Purpose::Use(_)) {
                self.help();
            }
            return;
        };
        let worker = self.clone();
        spawn_local(async move {
            match purpose {
                Purpose::Use(options) => {
                    let loaded = load(&address, newest, &control).await;
                    worker.arrived(number, loaded, |state, loaded| {
                        state.next = Some(Next { loaded, options, is_ahead: false });
                    });
                }
                Purpose::Prepare(options) => {
                    let loaded = prepare(&address).await;
                    worker.prepared(number, loaded, options);
                }
                Purpose::Keep => {
                    let stored = fetch(&address, newest, &control).await;
                    worker.arrived(number, stored, |_, _| post(&Event::Stored { address }));
                }
            }
        });
    }

    /// A model is here, or could not be had; unless nobody wants it any more.
    fn arrived<T>(&self, number: u32, what: Result<T, EngineError>, take: impl FnOnce(&mut State, T)) {
        {
            let state = &mut *self.state();
            if state.arriving.take_if(|arriving| arriving.number == number).is_none() {
                return;
            }
            match what {
                Ok(it) => take(state, it),
                Err(error) => {
                    post(&Event::Failed { job: None, error: error.clone() });
                    state.failed = Some(error);
                }
            }
        }
        self.run();
    }

    /// A model that somebody might want is here, or none is.
    fn prepared(&self, number: u32, loaded: Option<Loaded>, options: EngineOptions) {
        let missing = {
            let state = &mut *self.state();
            let Some(arriving) = state.arriving.take_if(|arriving| arriving.number == number) else { return };
            let is_ahead = matches!(arriving.purpose, Purpose::Prepare(_));
            state.next = loaded.map(|loaded| Next { loaded, options, is_ahead });
            state.next.is_none().then_some(arriving)
        };
        match missing {
            // Meanwhile somebody does want it.
            Some(Arriving { address, purpose: purpose @ Purpose::Use(_), .. }) => {
                self.want(&address, false, purpose);
            }
            Some(_) => {}
            None => self.run(),
        }
    }

    fn wish(&self, wish: Wish) {
        if let Some(arriving) = &self.state().arriving {
            arriving.control.set(wish);
        }
    }

    /// Nobody wants the model that is on its way any more, nor what waits for it.
    fn call_off(&self) {
        let state = &mut *self.state();
        state.next = None;
        if let Some(arriving) = state.arriving.take() {
            arriving.control.set(Wish::Cancel);
        }
        post(&Event::LoadCancelled);
        if state.ready.is_none() {
            state.jobs.drain(..).for_each(|active| post(&Event::Cancelled { job: active.id }));
        }
    }

    /// Lets the model take over that waits for that, if nothing is under way.
    fn change(&self) {
        let (info, is_idle, is_ahead) = {
            let state = &mut *self.state();
            if state.jobs.first().is_some_and(Active::has_begun) {
                return;
            }
            let Some(Next { loaded, options, is_ahead }) = state.next.take() else { return };
            let info = loaded.info.clone();
            state.ready = Some(Rc::new(loaded));
            state.is_alone = true;
            // The helpers have the old one; they end with this.
            state.crew = Crew::new(options.workers);
            state.gpu = Gpu::new(options);
            (info, state.jobs.is_empty(), is_ahead)
        };
        post(&Event::Ready { engine: info });
        match (is_idle, is_ahead) {
            (true, true) => self.rehearse(),
            (true, false) => self.help(),
            (false, _) => {}
        }
    }

    /// Translates a sentence for nobody: a browser makes fast code only of what has run.
    fn rehearse(&self) {
        if let Some(loaded) = self.loaded() {
            loaded.translator.translate(&[REHEARSAL], &Options::default());
        }
    }

    /// The model is used, and a first sentence is there if somebody waited for one: looks for a GPU that helps, and for a
    /// newer version. Once, and for a model that is only prepared not yet.
    fn help(&self) {
        let loaded = {
            let state = &mut *self.state();
            let Some(loaded) = state.ready.clone().filter(|_| std::mem::take(&mut state.is_alone)) else {
                return;
            };
            loaded
        };
        let worker = self.clone();
        spawn_local(async move {
            gpu::start(&worker).await;
            // A job may have waited for what was found.
            worker.run();
            let Loaded { info, manifest, .. } = &*loaded;
            if info.origin == Origin::Stored {
                note_use(&info.address).await;
                if let Some(newer) = newer(&info.address, manifest).await {
                    post(&Event::NewerModel { newer });
                }
            }
        });
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

    fn loaded(&self) -> Option<Rc<Loaded>> {
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
    fn run(&self) {
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
