//! The page's side of the models: which one is wanted, which ones there are, and the one that is on its way.

use std::cell::Cell;

use js_sys::{Array, Reflect, Uint8Array};
use klartext_protocol::{
    EngineError, ErrorCode, Request,
    models::{FileRole, Import, ImportFile, LoadProgress, ModelInfo, NewerModel, Offers},
};
use leptos::prelude::*;

use super::{Engine, Model, choice, options};
use crate::languages::Languages;

/// The site's list of models.
const INDEX: &str = "/models/index.json";

/// What is known of models, each a signal.
#[derive(Clone, Copy)]
pub(crate) struct Models {
    /// The model that the reader wants.
    pub(crate) chosen: RwSignal<choice::Choice>,
    /// The models that there are, once they were asked for.
    pub(crate) list: RwSignal<Option<(Vec<ModelInfo>, Offers)>>,
    /// The model that is on its way beside the one that is ready, or to be kept.
    pub(crate) fetching: RwSignal<Option<LoadProgress>>,
    /// What went wrong with a model other than the one in use: the address, where there is one, and the reason.
    pub(crate) trouble: RwSignal<Option<(Option<String>, EngineError)>>,
    /// Another version of the model that is ready.
    pub(crate) newer: RwSignal<Option<NewerModel>>,
    /// The model that was brought last, and whether one is being brought.
    pub(crate) brought: RwSignal<Brought>,
}

/// How far the bringing of a model from files is.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Brought {
    /// Nobody brought one.
    #[default]
    Nothing,
    /// It is read and checked.
    Checking,
    /// It is here, at this address.
    There(String),
}

impl Models {
    pub(super) fn new() -> Self {
        Self {
            chosen: RwSignal::new(choice::chosen()),
            list: RwSignal::new(None),
            fetching: RwSignal::new(None),
            trouble: RwSignal::new(None),
            newer: RwSignal::new(None),
            brought: RwSignal::new(Brought::Nothing),
        }
    }

    /// The languages of the model that the reader wants.
    pub(crate) fn languages(self) -> Languages {
        self.chosen.with(|chosen| chosen.languages.clone())
    }
}

/// A file that the reader brought: its name, what it is, and its bytes outside this module's memory.
pub(crate) struct OwnFile {
    pub(crate) name: String,
    pub(crate) role: FileRole,
    pub(crate) bytes: Uint8Array,
}

impl Engine {
    /// Asks for the models that there are.
    pub(crate) fn list_models(self) {
        self.models().trouble.set(None);
        self.ask(&Request::Models { index: INDEX.to_owned() });
    }

    /// From now on this model translates. The one before it does until this one is ready.
    pub(crate) fn use_model(self, address: &str, languages: Languages) {
        let choice = choice::Choice { address: address.to_owned(), languages };
        choice::choose(&choice);
        self.try_model(choice);
    }

    /// As [`use_model`](Self::use_model), until the page is closed.
    pub(crate) fn try_model(self, choice: choice::Choice) {
        self.models().chosen.set(choice);
        self.load(false);
    }

    /// Looks for a newer version of a model, and takes it: into use, if this is the one that is used.
    pub(crate) fn update_model(self, address: &str) {
        self.models().newer.set(None);
        if self.models().chosen.with_untracked(|chosen| chosen.address == address) {
            self.load(true);
        } else {
            self.download_model(address, true);
        }
    }

    /// Fetches a model for later.
    pub(crate) fn download_model(self, address: &str, newest: bool) {
        self.models().trouble.set(None);
        let arriving = LoadProgress { address: address.to_owned(), ..LoadProgress::default() };
        self.models().fetching.set(Some(arriving));
        self.ask(&Request::Download { manifest: address.to_owned(), newest });
    }

    /// Lets what is on its way rest, or go on.
    pub(crate) fn pause(self, rests: bool) {
        self.send(if rests { &Request::PauseLoad } else { &Request::ResumeLoad });
    }

    /// Ends what is on its way.
    pub(crate) fn call_off(self) {
        self.send(&Request::CancelLoad);
    }

    /// Removes a model. If it was the chosen one, the usual one is chosen instead.
    pub(crate) fn remove_model(self, address: &str) {
        self.models().trouble.set(None);
        if self.models().chosen.with_untracked(|chosen| chosen.address == address) {
            choice::choose(&choice::usual());
            self.models().chosen.set(choice::usual());
        }
        choice::forget(address);
        self.ask(&Request::RemoveModel { address: address.to_owned() });
    }

    /// Keeps a model from files.
    pub(crate) fn import_model(self, name: &str, languages: Languages, files: Vec<OwnFile>) {
        self.models().trouble.set(None);
        self.models().brought.set(Brought::Checking);
        let bytes: Array = files.iter().map(|file| &file.bytes).collect();
        let file = |file: OwnFile| ImportFile { name: file.name, role: file.role, bytes: Vec::new() };
        let Languages { source, target } = languages;
        let files = files.into_iter().map(file).collect();
        self.client().borrow_mut().is_ahead = false;
        let request = Request::Import { import: Import { name: name.to_owned(), source, target, files } };
        if let Err(error) = self.connect() {
            return self.model_trouble(None, error);
        }
        // The bytes go past this module's memory, which never shrinks.
        self.send_with(&request, |message| {
            let files =
                Reflect::get(message, &"import".into()).and_then(|it| Reflect::get(&it, &"files".into()));
            let files: Array = files.unwrap_or_default().into();
            for (file, bytes) in files.iter().zip(bytes.iter()) {
                // What is an object takes a property.
                let _ = Reflect::set(&file, &"bytes".into(), &bytes);
            }
        });
    }

    /// Something went wrong with a model that is not in use.
    pub(super) fn model_trouble(self, address: Option<String>, error: EngineError) {
        let models = self.models();
        models.fetching.set(None);
        if models.brought.get_untracked() == Brought::Checking {
            models.brought.set(Brought::Nothing);
        }
        models.trouble.set(Some((address, error)));
    }

    /// A model was removed or brought, or could not be.
    pub(super) fn models_changed(self, address: Option<String>, error: Option<EngineError>) {
        match error {
            Some(error) => self.model_trouble(None, error),
            None => {
                if let Some(address) = address {
                    self.models().brought.set(Brought::There(address));
                }
                self.ask(&Request::Models { index: INDEX.to_owned() });
            }
        }
    }

    /// A model is on its way, or rests.
    pub(super) fn arriving(self, progress: LoadProgress) {
        let aside = self.models().fetching.with_untracked(Option::is_some)
            || matches!(self.model.get_untracked(), Model::Ready(_));
        if aside {
            self.models().fetching.set(Some(progress));
        } else {
            self.model.set(Model::Loading(progress));
        }
    }

    /// Has the chosen model loaded.
    pub(super) fn load(self, newest: bool) {
        let models = self.models();
        models.trouble.set(None);
        let address = models.chosen.with_untracked(|chosen| chosen.address.clone());
        let arriving = LoadProgress { address: address.clone(), ..LoadProgress::default() };
        match self.model.get_untracked() {
            Model::Ready(info) if info.address == address && !newest => models.fetching.set(None),
            Model::Ready(_) => models.fetching.set(Some(arriving)),
            _ => {
                models.fetching.set(None);
                self.model.set(Model::Loading(arriving));
            }
        }
        self.ask(&Request::Load { manifest: address, options: options::load(), newest });
    }

    /// As [`prepare`](Self::prepare), as soon as the page is seen: a browser may open many at once that nobody looks at yet.
    pub(crate) fn prepare_when_seen(self) {
        if !document().hidden() {
            return self.prepare();
        }
        let seen = Cell::new(false);
        // It stays as long as the app.
        window_event_listener_untyped("visibilitychange", move |_| {
            if !seen.replace(true) && self.client().borrow().connection.is_none() {
                self.prepare();
            }
        });
    }

    /// Has the chosen model made ready before anybody wants a translation, if it has translated on this device before: it
    /// probably is here still. What goes wrong is of interest when somebody wants one.
    pub(super) fn prepare(self) {
        let address = self.models().chosen.with_untracked(|chosen| chosen.address.clone());
        if choice::has_translated(&address) && self.connect().is_ok() {
            self.client().borrow_mut().is_ahead = true;
            self.send(&Request::Prepare { manifest: address, options: options::load() });
        }
    }

    /// Sends a request that is no job; starts a worker for it where there is none.
    fn ask(self, request: &Request) {
        self.client().borrow_mut().is_ahead = false;
        match self.connect() {
            Ok(()) => self.send(request),
            Err(error) => {
                if let Model::Loading(_) = self.model.get_untracked() {
                    self.model.set(Model::Failed(error.clone()));
                }
                self.model_trouble(None, error);
            }
        }
    }
}

/// Whether an error can come of this site's policy, which lets a page ask nobody but the site itself.
pub(crate) fn is_forbidden(address: &str, error: &EngineError) -> bool {
    let origin = window().location().origin().unwrap_or_default();
    let is_foreign = address.starts_with("http") && !address.starts_with(&format!("{origin}/"));
    is_foreign && error.code == ErrorCode::Network
}
