//! Which model translates: the one that is wanted, how it gets here, and what helps it then.

use std::rc::Rc;

use klartext_protocol::models::Origin;
use klartext_protocol::{EngineError, EngineOptions, Event};
use klartext_store::{Control, Wish};
use model_core::Options;
use wasm_bindgen_futures::spawn_local;

use crate::active::Active;
use crate::crew::Crew;
use crate::gpu::{self, Gpu};
use crate::loading::{Loaded, absolute, fetch, load, newer, note_use, prepare};
use crate::post;
use crate::turn::Turn;
use crate::worker::{State, Worker};

/// A sentence in the language that most models here read. To others it is a sentence too.
const REHEARSAL: &str = "Guten Morgen, was gibt es heute Neues?";

/// A model that is going to translate.
pub(crate) struct Next {
    loaded: Loaded,
    /// What may compute with it.
    options: EngineOptions,
    /// Whether it is only prepared.
    is_ahead: bool,
}

/// A model on its way.
pub(crate) struct Arriving {
    number: u32,
    address: String,
    purpose: Purpose,
    control: Control,
}

/// What a model is wanted for.
#[derive(Clone, PartialEq)]
pub(crate) enum Purpose {
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
    /// Somebody wants a model.
    pub(crate) fn want(&self, manifest: &str, newest: bool, purpose: Purpose) {
        let is_ahead = matches!(purpose, Purpose::Prepare(_));
        let address = match absolute(manifest) {
            Ok(address) => address,
            Err(_) if is_ahead => return,
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
            if is_ahead && (state.arriving.is_some() || state.next.is_some()) {
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
        match number {
            Some(number) => self.bring(number, address, newest, purpose, control),
            None if is_ahead => {}
            None => {
                let (worker, turn) = (self.clone(), Turn::new());
                spawn_local(async move {
                    // Whoever wants a model mostly has a job for it. Then this waits for the first sentence.
                    if let Ok(turn) = turn {
                        turn.take().await;
                    }
                    if worker.is_idle() {
                        worker.help();
                    }
                });
            }
        }
    }

    /// Whether nobody waits for a translation.
    fn is_idle(&self) -> bool {
        self.state().jobs.is_empty()
    }

    /// Gets a model as `purpose` wants it.
    fn bring(&self, number: u32, address: String, newest: bool, purpose: Purpose, control: Control) {
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
            match loaded {
                Some(loaded) => {
                    let is_ahead = matches!(arriving.purpose, Purpose::Prepare(_));
                    state.next = Some(Next { loaded, options, is_ahead });
                    None
                }
                None => Some(arriving),
            }
        };
        match missing {
            // Meanwhile somebody does want it.
            Some(Arriving { address, purpose: purpose @ Purpose::Use(_), control, .. }) => {
                self.want(&address, false, purpose);
                self.wish(control.wish());
            }
            Some(_) => {}
            None => self.run(),
        }
    }

    pub(crate) fn wish(&self, wish: Wish) {
        if let Some(arriving) = &self.state().arriving {
            arriving.control.set(wish);
        }
    }

    /// Nobody wants the model that is on its way any more, nor what waits for it.
    pub(crate) fn call_off(&self) {
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
    pub(crate) fn change(&self) {
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

    /// Translates a sentence for nobody, until somebody comes: a browser makes fast code only of what has run.
    fn rehearse(&self) {
        let (Some(loaded), Ok(turn)) = (self.loaded(), Turn::new()) else { return };
        let worker = self.clone();
        spawn_local(async move {
            let mut job = loaded.translator.job([REHEARSAL], &Options::default());
            turn.take().await;
            while worker.is_idle() && !job.is_done() {
                job.step(&loaded.translator);
                turn.take().await;
            }
        });
    }

    /// The model is used, and a first sentence is there if somebody waited for one: looks for a GPU that helps, and for a
    /// newer version. Once, and for a model that is only prepared not yet.
    pub(crate) fn help(&self) {
        let loaded = {
            let state = &mut *self.state();
            state.ready.clone().filter(|_| std::mem::take(&mut state.is_alone))
        };
        let Some(loaded) = loaded else { return };
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
}
