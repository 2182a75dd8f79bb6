//! The reader without a network: its service worker, and changing to the next release when the person wants it.

use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    EventTarget, MessageEvent, RegistrationOptions, ServiceWorker, ServiceWorkerContainer,
    ServiceWorkerRegistration, ServiceWorkerState, ServiceWorkerUpdateViaCache,
};

const SCRIPT: &str = "/sw.js";

/// A page that stays open looks for a newer release when it is looked at, but not more often than this.
const BETWEEN_LOOKS: Duration = Duration::from_secs(3600);

/// What the page knows of its service worker. Where there is none, all stays as at the beginning.
#[derive(Clone, Copy)]
pub(crate) struct Offline {
    /// A newer release is on the device.
    pub(crate) newer: RwSignal<bool>,
    /// This visit has put the reader on the device.
    pub(crate) ready: RwSignal<bool>,
    /// Whether the browser knows of a network.
    pub(crate) online: RwSignal<bool>,
    registration: StoredValue<Option<ServiceWorkerRegistration>, LocalStorage>,
    /// The person wants the newer release.
    accepted: StoredValue<bool>,
}

impl Offline {
    /// Registers the service worker, once the page is loaded and nothing waits for the network.
    pub(crate) fn begin() -> Self {
        let offline = Self {
            newer: RwSignal::new(false),
            ready: RwSignal::new(false),
            online: RwSignal::new(window().navigator().on_line()),
            registration: StoredValue::new_local(None),
            accepted: StoredValue::new(false),
        };
        on(&window(), "online", move |_| offline.online.set(true));
        on(&window(), "offline", move |_| offline.online.set(false));
        let register = move || {
            spawn_local(async move {
                // Forbidden, or out of reach: the page works with a network as before.
                let _ = offline.register().await;
            });
        };
        if document().ready_state() == "complete" {
            register();
        } else {
            on(&window(), "load", move |_| register());
        }
        offline
    }

    /// Changes to the newer release, which loads the page anew.
    pub(crate) fn change(self) {
        self.accepted.set_value(true);
        let waiting = self.registration.with_value(|registration| registration.as_ref()?.waiting());
        match waiting {
            Some(worker) => tell(&worker, &[("type", "activate")]),
            // Another tab has changed to it already.
            None => reload(),
        }
    }

    async fn register(self) -> Result<(), JsValue> {
        let Some(container) = container() else { return Ok(()) };
        let options = RegistrationOptions::new();
        options.set_scope("/");
        options.set_update_via_cache(ServiceWorkerUpdateViaCache::None);
        let registration = JsFuture::from(container.register_with_options(SCRIPT, &options)).await?;
        let registration: ServiceWorkerRegistration = registration.dyn_into()?;
        self.registration.set_value(Some(registration.clone()));

        on(&container, "message", move |event| {
            let said = event.dyn_ref::<MessageEvent>().map(MessageEvent::data).unwrap_or_default();
            let said = js_sys::Reflect::get(&said, &"type".into()).unwrap_or_default();
            if said == "newer" {
                self.newer.set(true);
            }
        });
        let changed = container.clone();
        on(&container, "controllerchange", move |_| {
            if self.accepted.get_value() {
                reload();
            } else if let Some(worker) = changed.controller() {
                // The first visit's own worker, or another tab changed to a newer release.
                compare(&worker);
            }
        });
        let found = registration.clone();
        on(&registration, "updatefound", move |_| {
            if let Some(worker) = found.installing() {
                self.follow(&worker, found.active().is_none());
            }
        });
        if let Some(worker) = registration.installing() {
            self.follow(&worker, registration.active().is_none());
        }
        if let Some(worker) = registration.waiting() {
            compare(&worker);
        }
        look_again_and_again(registration);
        Ok(())
    }

    /// Waits until a worker has what it needs. `first`: there was none before it.
    fn follow(self, worker: &ServiceWorker, first: bool) {
        let followed = worker.clone();
        on(worker, "statechange", move |_| match followed.state() {
            ServiceWorkerState::Installed if !first => compare(&followed),
            ServiceWorkerState::Activated if first => self.ready.set(true),
            _ => {}
        });
    }
}

/// Asks a worker whether it is of a newer release than this page: one that the network brought may be new already.
fn compare(worker: &ServiceWorker) {
    let meta = document().query_selector("meta[name='klartext-version']").ok().flatten();
    let version = meta.and_then(|meta| meta.get_attribute("content")).unwrap_or_default();
    tell(worker, &[("type", "compare"), ("version", &version)]);
}

fn tell(worker: &ServiceWorker, message: &[(&str, &str)]) {
    let object = js_sys::Object::new();
    for (name, value) in message {
        // A new object takes whatever it is given, and a worker that is gone needs no message.
        let _ = js_sys::Reflect::set(&object, &(*name).into(), &(*value).into());
    }
    let _ = worker.post_message(&object);
}

/// Has the browser look for a newer release when the page comes into view again.
fn look_again_and_again(registration: ServiceWorkerRegistration) {
    let mut last = js_sys::Date::now();
    on(&document(), "visibilitychange", move |_| {
        let now = js_sys::Date::now();
        if !document().hidden() && now - last >= BETWEEN_LOOKS.as_secs_f64() * 1e3 {
            last = now;
            // Without a network there is nothing to find.
            if let Ok(looked) = registration.update() {
                spawn_local(async move {
                    let _ = JsFuture::from(looked).await;
                });
            }
        }
    });
}

/// The browser's service workers. None where they are not to be had: over plain HTTP, and in some private windows.
fn container() -> Option<ServiceWorkerContainer> {
    let navigator = window().navigator();
    let container = js_sys::Reflect::get(&navigator, &"serviceWorker".into()).ok()?;
    container.is_object().then(|| container.unchecked_into())
}

fn reload() {
    if let Err(error) = window().location().reload() {
        leptos::logging::error!("the page cannot be loaded anew: {error:?}");
    }
}

/// Listens for as long as the page lives.
fn on(target: &EventTarget, name: &str, act: impl FnMut(web_sys::Event) + 'static) {
    let listener = Closure::<dyn FnMut(web_sys::Event)>::new(act).into_js_value();
    if let Err(error) = target.add_event_listener_with_callback(name, listener.unchecked_ref()) {
        leptos::logging::error!("cannot listen to {name}: {error:?}");
    }
}
