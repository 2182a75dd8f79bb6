//! The text that was pasted, as an article.

use std::sync::Arc;

use klartext_document::Document;
use klartext_protocol::EngineError;
use leptos::prelude::*;
use leptos_router::components::A;

use super::Pasted;
use crate::{
    browser::arrived,
    engine::{Engine, Job, JobEvent},
    layout,
    view::{ArticleView, EngineFailure, Skeleton},
};

/// How far the reading of a text has come.
#[derive(Clone)]
enum State {
    Reading,
    Read(Arc<Document>),
    Failed(EngineError),
}

/// The pasted text in both languages.
#[component]
pub(crate) fn ReadPage() -> impl IntoView {
    let pasted = expect_context::<Pasted>();
    let empty = pasted.0.with_untracked(|text| text.trim().is_empty());
    view! {
        <div class="page wide">
            <p class="back"><A href="/paste">"Back to the text"</A></p>
            {if empty {
                view! { <Nothing /> }.into_any()
            } else {
                view! { <Text text=pasted.0.get_untracked() /> }.into_any()
            }}
        </div>
    }
}

/// Somebody came here without a text.
#[component]
fn Nothing() -> impl IntoView {
    arrived("No text");
    view! {
        <h1 tabindex="-1">"There is no text"</h1>
        <p>"It is kept until the tab is closed, and this one has none. "<A href="/paste">"Paste a text"</A></p>
    }
}

#[component]
fn Text(text: String) -> impl IntoView {
    let engine = expect_context::<Engine>();
    let state = RwSignal::new(State::Reading);
    let job = StoredValue::new_local(None::<Job>);
    let text = StoredValue::new(text);
    let start = Callback::new(move |()| {
        state.set(State::Reading);
        let new = engine.read(text.get_value(), move |event| match event {
            JobEvent::Read(document) => state.set(State::Read(Arc::new(document))),
            JobEvent::Failed(error) => state.set(State::Failed(error)),
            _ => {}
        });
        job.set_value(Some(new));
    });
    Effect::new(move |_| start.run(()));
    on_cleanup(move || job.set_value(None));
    arrived("Pasted text");
    move || match state.get() {
        State::Reading => view! { <Skeleton label="Reading the text" /> }.into_any(),
        State::Read(document) => view! { <ArticleView document engine title="Pasted text" /> }.into_any(),
        State::Failed(error) => view! {
            <h1 tabindex="-1">"Pasted text"</h1>
            <EngineFailure error again=start />
            <div class="plain" lang=move || engine.models().languages().source>
                {text.with_value(|text| layout::plain(text))
                    .blocks
                    .iter()
                    .map(|block| view! { <p>{block.text()}</p> })
                    .collect_view()}
            </div>
        }
        .into_any(),
    }
}
