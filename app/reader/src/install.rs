//! Installing the reader as a program, where the browser offers that.

use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast, JsValue, prelude::*};
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen]
extern "C" {
    /// The browser's offer to install the page. It can be taken once.
    #[derive(Clone)]
    type InstallOffer;
    #[wasm_bindgen(method, catch)]
    fn prompt(this: &InstallOffer) -> Result<js_sys::Promise, JsValue>;
}

/// The browser's offer to install the page, as long as it stands.
#[derive(Clone, Copy)]
pub(crate) struct Install(RwSignal<Option<InstallOffer>, LocalStorage>);

impl Install {
    /// Listens for the offer, which may have come before.
    pub(crate) fn listen() -> Self {
        let early = js_sys::Reflect::get(&window(), &"installOffer".into()).unwrap_or_default();
        let offer = RwSignal::new_local((!early.is_undefined()).then(|| early.unchecked_into()));
        let later = window_event_listener_untyped("beforeinstallprompt", move |event| {
            event.prevent_default();
            offer.set(Some(JsValue::from(event).unchecked_into()));
        });
        let done = window_event_listener_untyped("appinstalled", move |_| offer.set(None));
        on_cleanup(move || {
            later.remove();
            done.remove();
        });
        Self(offer)
    }

    /// Whether it can be taken now.
    pub(crate) fn is_offered(self) -> bool {
        self.0.with(Option::is_some)
    }

    /// Lets the browser ask the person.
    pub(crate) fn ask(self) {
        let Some(offer) = self.0.write().take() else { return };
        spawn_local(async move {
            // Whatever the answer, the browser makes its offer again when it thinks fit.
            if let Ok(answer) = offer.prompt() {
                let _ = JsFuture::from(answer).await;
            }
        });
    }
}
