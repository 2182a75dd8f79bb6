//! The page's side of the engine: jobs in, events out, over one worker that is started when it is first needed, or
//! before where that is likely, and started again, when needed, after it died.

pub(crate) mod choice;
mod connection;
pub(crate) mod models;
pub(crate) mod options;

use std::{cell::RefCell, collections::BTreeMap, rc::Rc, time::Duration};

use klartext_document::{Block, Document, Run};
use klartext_protocol::{
    EngineChoice, EngineError, EngineInfo, ErrorCode, Event, GpuState, JobId, Request, Span, Stats,
    models::LoadProgress,
};
use leptos::{leptos_dom::helpers::IntervalHandle, prelude::*};
use wasm_bindgen::JsValue;

use self::connection::{Connection, Heard};
use self::models::Models;
use crate::watch::{PERIOD_MS, Verdict};

/// Where the model is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Model {
    /// Not asked for yet, or lost with its worker.
    Absent,
    /// On its way.
    Loading(LoadProgress),
    /// Ready.
    Ready(EngineInfo),
    /// It could not be loaded.
    Failed(EngineError),
}

/// What a job hears. After [`JobEvent::is_end`] it hears no more.
#[derive(Clone, Debug)]
pub(crate) enum JobEvent {
    Read(Document),
    Outline(Vec<Vec<Span>>),
    Sentence { block: u32, sentence: u32, runs: Vec<Run>, confidence: f32 },
    Done(Stats),
    Cancelled,
    Failed(EngineError),
}

type Handler = Rc<dyn Fn(JobEvent)>;

struct Pending {
    needs_model: bool,
    handler: Handler,
}

#[derive(Default)]
struct Client {
    connection: Option<Connection>,
    watcher: Option<IntervalHandle>,
    jobs: BTreeMap<JobId, Pending>,
    last: u32,
    generation: u32,
    /// Whether the worker was started for nobody yet: what goes wrong with it is not worth a word.
    is_ahead: bool,
}

/// The engine, as pages see it. Kept in a context.
#[derive(Clone, Copy)]
pub(crate) struct Engine {
    client: StoredValue<Rc<RefCell<Client>>, LocalStorage>,
    model: RwSignal<Model>,
    gpu: RwSignal<Option<GpuState>>,
    models: Models,
}

/// A job in the engine. Dropping it cancels it, and nothing more is heard of it.
pub(crate) struct Job {
    id: JobId,
    engine: Engine,
}

impl Job {
    /// The reader looks at this block now.
    pub(crate) fn focus(&self, block: u32) {
        if self.engine.client().borrow().jobs.contains_key(&self.id) {
            self.engine.send(&Request::Focus { job: self.id, block });
        }
    }

    /// Stops it; [`JobEvent::Cancelled`] follows.
    pub(crate) fn cancel(&self) {
        self.engine.cancel(self.id);
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        // The page may be closing, and the engine gone.
        if let Some(client) = self.engine.client.try_get_value()
            && client.borrow_mut().jobs.remove(&self.id).is_some()
        {
            self.engine.send(&Request::Cancel { job: self.id });
        }
    }
}

impl Engine {
    /// An engine whose worker is not started yet.
    pub(crate) fn new() -> Self {
        options::read_address();
        Self {
            client: StoredValue::new_local(Rc::default()),
            model: RwSignal::new(Model::Absent),
            gpu: RwSignal::new(None),
            models: Models::new(),
        }
    }

    /// What is known of models.
    pub(crate) fn models(self) -> Models {
        self.models
    }

    /// Where the model is.
    pub(crate) fn model(self) -> RwSignal<Model> {
        self.model
    }

    /// What the GPU does; `None` before the engine has looked for one.
    pub(crate) fn gpu(self) -> RwSignal<Option<GpuState>> {
        self.gpu
    }

    /// Lets the engine compute with something else from now on. It is started anew, unless it is at work: then the next
    /// start is the first to obey.
    pub(crate) fn set_choice(self, choice: EngineChoice) {
        options::set_choice(choice);
        let is_idle = self.client().borrow().jobs.is_empty();
        let is_ready = matches!(self.model.get_untracked(), Model::Ready(_));
        if self.client().borrow().is_ahead && !is_ready {
            self.disconnect();
            return self.prepare();
        }
        if is_idle && is_ready {
            self.disconnect();
            // A worker that cannot be started says so when it is needed.
            if self.connect().is_ok() {
                self.load(false);
            }
        }
    }

    /// Makes an article of pasted text.
    pub(crate) fn read(self, text: String, handler: impl Fn(JobEvent) + 'static) -> Job {
        self.begin(false, handler, |job| Request::Read { job, text })
    }

    /// Translates blocks, beginning at `first`; loads the model if need be.
    pub(crate) fn translate(
        self,
        blocks: Vec<Block>,
        first: u32,
        handler: impl Fn(JobEvent) + 'static,
    ) -> Job {
        self.begin(true, handler, |job| Request::Translate { job, blocks, first })
    }

    fn client(self) -> Rc<RefCell<Client>> {
        self.client.get_value()
    }

    fn begin(
        self,
        needs_model: bool,
        handler: impl Fn(JobEvent) + 'static,
        request: impl FnOnce(JobId) -> Request,
    ) -> Job {
        let handler: Handler = Rc::new(handler);
        let client = self.client();
        let id = {
            let mut client = client.borrow_mut();
            client.is_ahead = false;
            client.last += 1;
            JobId(client.last)
        };
        let job = Job { id, engine: self };
        if let Err(error) = self.connect() {
            handler(JobEvent::Failed(error));
            return job;
        }
        {
            let mut client = client.borrow_mut();
            if client.jobs.is_empty()
                && let Some(connection) = &mut client.connection
            {
                connection.watch.rested();
            }
            client.jobs.insert(id, Pending { needs_model, handler });
        }
        self.keep_watch();
        if needs_model && matches!(self.model.get_untracked(), Model::Absent | Model::Failed(_)) {
            self.load(false);
        }
        self.send(&request(id));
        job
    }

    fn send(self, request: &Request) {
        if let Some(connection) = &mut self.client().borrow_mut().connection {
            connection.send(request, |_| ());
        }
    }

    /// Sends a request after something was done to the message that it becomes.
    fn send_with(self, request: &Request, complete: impl FnOnce(&JsValue)) {
        if let Some(connection) = &mut self.client().borrow_mut().connection {
            connection.send(request, complete);
        }
    }

    fn cancel(self, job: JobId) {
        let alone = self.client().borrow().jobs.keys().all(|&other| other == job);
        if alone && matches!(self.model.get_untracked(), Model::Loading(_)) {
            // Nobody waits for the model any more: ending the worker ends the download too.
            self.disconnect();
            self.end(job, JobEvent::Cancelled);
        } else {
            self.send(&Request::Cancel { job });
        }
    }

    /// Starts a worker where none is running.
    fn connect(self) -> Result<(), EngineError> {
        let client = self.client();
        let mut client = client.borrow_mut();
        if client.connection.is_none() {
            client.generation += 1;
            let generation = client.generation;
            client.connection = Some(Connection::open(move |heard| {
                // What an ended worker still had to say is of no interest.
                let current =
                    self.client.try_get_value().is_some_and(|it| it.borrow().generation == generation);
                if current {
                    self.hear(heard);
                }
            })?);
        }
        Ok(())
    }

    /// Ends the worker, if there is one.
    fn disconnect(self) {
        let client = self.client();
        let mut client = client.borrow_mut();
        client.generation += 1;
        client.connection = None;
        client.is_ahead = false;
        if let Some(watcher) = client.watcher.take() {
            watcher.clear();
        }
        self.model.set(Model::Absent);
        self.gpu.set(None);
        self.models.fetching.set(None);
    }

    fn hear(self, heard: Heard) {
        match heard {
            Heard::Event(event) => {
                if let Some(connection) = &mut self.client().borrow_mut().connection {
                    connection.watch.heard();
                }
                self.react(event);
            }
            Heard::Death(message) => self.bury(message),
        }
    }

    fn react(self, event: Event) {
        match event {
            Event::Started | Event::Pong => {}
            Event::Loading(progress) => self.arriving(progress),
            Event::Ready { engine } => {
                self.models.fetching.set(None);
                self.models.newer.set(None);
                self.model.set(Model::Ready(engine));
                if self.models.list.with_untracked(Option::is_some) {
                    // It may be another version of a model that somebody looks at.
                    self.list_models();
                }
            }
            Event::Stored { .. } => {
                self.models.fetching.set(None);
                self.list_models();
            }
            Event::LoadCancelled => {
                self.models.fetching.set(None);
                if matches!(self.model.get_untracked(), Model::Loading(_)) {
                    self.model.set(Model::Absent);
                }
            }
            Event::NewerModel { newer } => self.models.newer.set(Some(newer)),
            Event::Models { models, offers } => self.models.list.set(Some((models, offers))),
            Event::ModelsChanged { address, error } => self.models_changed(address, error),
            Event::Gpu { gpu } => self.gpu.set(Some(gpu)),
            Event::Measured { measured } => options::remember(measured),
            Event::Read { job, document } => self.end(job, JobEvent::Read(document)),
            Event::Outline { job, blocks } => self.tell(job, JobEvent::Outline(blocks)),
            Event::Sentence { job, block, sentence, runs, confidence } => {
                self.tell(job, JobEvent::Sentence { block, sentence, runs, confidence });
            }
            Event::Done { job, stats } => {
                if let Model::Ready(info) = self.model.get_untracked() {
                    choice::note_speed(&info.address, &info.version, stats.words, stats.total_ms);
                }
                self.end(job, JobEvent::Done(stats));
            }
            Event::Cancelled { job } => self.end(job, JobEvent::Cancelled),
            Event::Failed { job: Some(job), error } => self.end(job, JobEvent::Failed(error)),
            Event::Failed { job: None, .. } if self.client().borrow().is_ahead => self.disconnect(),
            Event::Failed { job: None, error } => {
                let started = self.client().borrow().connection.as_ref().is_some_and(Connection::is_started);
                if !started {
                    // It could not even load its own code, and never will.
                    self.disconnect();
                }
                let aside = self.models.fetching.get_untracked();
                if started && let Some(arriving) = aside {
                    // What is in use, or will be, is another.
                    return self.model_trouble(Some(arriving.address), error);
                }
                self.model_trouble(None, error.clone());
                self.model.set(Model::Failed(error.clone()));
                self.fail_all(&error, |pending| pending.needs_model || !started);
            }
        }
    }

    /// The worker is dead: everything it owed has failed. The next job starts another.
    fn bury(self, message: String) {
        let is_ahead = self.client().borrow().is_ahead;
        self.disconnect();
        leptos::logging::error!("the worker died: {message}");
        if is_ahead {
            return;
        }
        let error = EngineError { code: ErrorCode::WorkerDied, message };
        self.model_trouble(None, error.clone());
        self.fail_all(&error, |_| true);
    }

    fn fail_all(self, error: &EngineError, which: impl Fn(&Pending) -> bool) {
        let failed: Vec<_> = {
            let client = self.client();
            let mut client = client.borrow_mut();
            client
                .jobs
                .extract_if(.., |_, pending| which(pending))
                .map(|(_, pending)| pending.handler)
                .collect()
        };
        for handler in failed {
            handler(JobEvent::Failed(error.clone()));
        }
    }

    /// Passes an event on. No borrow is held meanwhile: a handler may well begin the next job.
    fn tell(self, job: JobId, event: JobEvent) {
        let handler = self.client().borrow().jobs.get(&job).map(|pending| pending.handler.clone());
        if let Some(handler) = handler {
            handler(event);
        }
    }

    fn end(self, job: JobId, event: JobEvent) {
        let pending = self.client().borrow_mut().jobs.remove(&job);
        if let Some(pending) = pending {
            (pending.handler)(event);
        }
    }

    /// Looks at the worker from time to time while it owes something.
    fn keep_watch(self) {
        let client = self.client();
        let mut client = client.borrow_mut();
        if client.watcher.is_none() {
            let period = Duration::from_millis(PERIOD_MS.into());
            client.watcher = set_interval_with_handle(move || self.look(), period).ok();
        }
    }

    fn look(self) {
        let verdict = {
            let client = self.client();
            let mut client = client.borrow_mut();
            if client.jobs.is_empty() {
                if let Some(watcher) = client.watcher.take() {
                    watcher.clear();
                }
                return;
            }
            let Some(connection) = &mut client.connection else { return };
            connection.watch.look()
        };
        match verdict {
            Verdict::Wait => {}
            Verdict::Ping => self.send(&Request::Ping),
            Verdict::Dead => self.bury("it did not answer".to_owned()),
        }
    }
}
