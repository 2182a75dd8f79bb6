//! What is said about the reader as a program: that a newer release waits, that it works offline, that it can be
//! installed.

use leptos::prelude::*;

use crate::{install::Install, offline::Offline};

/// The offer of a newer release, at the lower edge of the window.
#[component]
pub(crate) fn UpdateOffer() -> impl IntoView {
    let offline = expect_context::<Offline>();
    let later = RwSignal::new(false);
    // The place is there before the words: only then are they read out.
    view! {
        <div class="offer" role="status" data-testid="update">
            <Show when=move || offline.newer.get() && !later.get()>
                <p>"A new version of Klartext is ready."</p>
                <button type="button" class="primary" on:click=move |_| offline.change()>"Reload"</button>
                <button type="button" on:click=move |_| later.set(true)>"Later"</button>
            </Show>
        </div>
    }
}

/// The network's state, beside the reader's name.
#[component]
pub(crate) fn Connection() -> impl IntoView {
    let offline = expect_context::<Offline>();
    view! {
        <p class="connection" role="status" data-testid="connection">
            {move || (!offline.online.get()).then_some("Offline")}
        </p>
    }
}

/// What the footer says of it.
#[component]
pub(crate) fn AsProgram() -> impl IntoView {
    let offline = expect_context::<Offline>();
    let install = expect_context::<Install>();
    view! {
        <p role="status" data-testid="ready">
            {move || offline.ready.get().then_some("Ready to work offline: Klartext is on this device now.")}
        </p>
        <Show when=move || install.is_offered()>
            <p class="install"><button type="button" on:click=move |_| install.ask()>"Install Klartext"</button></p>
        </Show>
    }
}
