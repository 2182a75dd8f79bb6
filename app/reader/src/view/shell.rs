//! What is around every page: the way past it, the masthead, the landmarks.

use leptos::prelude::*;
use leptos_router::components::A;

use super::update::{AsProgram, Connection, UpdateOffer};
use crate::browser::focus;

/// What stands there while a page's content is on its way.
#[component]
pub(crate) fn Skeleton(
    /// What is waited for.
    label: &'static str,
) -> impl IntoView {
    view! { <div class="skeleton" role="status"><span class="visually-hidden">{label}</span></div> }
}

/// The frame of all pages.
#[component]
pub(crate) fn Shell(children: Children) -> impl IntoView {
    let main = NodeRef::<leptos::html::Main>::new();
    let skip = move |event: leptos::ev::MouseEvent| {
        // The router would take the link for a navigation.
        event.prevent_default();
        if let Some(main) = main.get_untracked() {
            focus(&main, true);
        }
    };
    view! {
        <a class="skip" href="#main" on:click=skip>"Skip to the content"</a>
        <header class="masthead">
            <div class="inner">
                <A href="/" exact=true attr:class="name">"Klartext"</A>
                <Connection />
                <p class="motto">"German tech news, read in English, on your own device"</p>
                <nav aria-label="Pages">
                    <A href="/" exact=true>"Headlines"</A>
                    <A href="/paste">"Paste a text"</A>
                </nav>
            </div>
        </header>
        <main id="main" tabindex="-1" node_ref=main>{children()}</main>
        <footer class="colophon">
            <p>"Translated where you read it: no text leaves this device. "<A href="/models">"Models"</A></p>
            <AsProgram />
        </footer>
        <UpdateOffer />
    }
}
