//! The app: its pages, and what they share.

use leptos::{mount::mount_to, prelude::*};
use leptos_router::{
    components::{Route, Router, Routes},
    path,
};
use wasm_bindgen::JsCast;

use crate::{
    browser::Visit,
    engine::Engine,
    headlines::Headlines,
    install::Install,
    offline::Offline,
    pages::{ArticlePage, ComparePage, FrontPage, MissingPage, ModelsPage, PastePage, Pasted, ReadPage},
    view::Shell,
};

/// Draws the app into its place in the page.
pub(crate) fn mount() {
    let place = document().get_element_by_id("app").or_else(|| document().body().map(Into::into));
    if let Some(place) = place {
        mount_to(place.unchecked_into(), App).forget();
    }
}

#[component]
fn App() -> impl IntoView {
    let engine = Engine::new();
    provide_context(engine);
    engine.prepare_when_seen();
    provide_context(Visit::begin());
    provide_context(Headlines::new(engine));
    provide_context(Pasted::restored());
    provide_context(Install::listen());
    provide_context(Offline::begin());
    view! {
        <Router>
            <Shell>
                <Routes fallback=MissingPage>
                    <Route path=path!("/") view=FrontPage />
                    <Route path=path!("/article/:slug") view=ArticlePage />
                    <Route path=path!("/models") view=ModelsPage />
                    <Route path=path!("/models/compare") view=ComparePage />
                    <Route path=path!("/paste") view=PastePage />
                    <Route path=path!("/paste/read") view=ReadPage />
                </Routes>
            </Shell>
        </Router>
    }
}
