//! The page for addresses that lead nowhere.

use leptos::prelude::*;
use leptos_router::components::A;

use crate::browser::arrived;

/// "There is no such page".
#[component]
pub(crate) fn MissingPage() -> impl IntoView {
    arrived("Page not found");
    view! {
        <div class="page narrow">
            <h1 tabindex="-1">"There is no such page"</h1>
            <p>"The address may be mistyped, or the page has moved."</p>
            <p><A href="/">"Back to headlines"</A></p>
        </div>
    }
}
