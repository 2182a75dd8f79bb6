//! The front page: headlines, in German or in English.

use klartext_document::BlockKind;
use leptos::prelude::*;
use leptos_router::components::A;

use crate::{
    browser::{arrived, fetch_text, today},
    catalogue::{self, Entry},
    engine::Engine,
    failure::PageError,
    format,
    headlines::Headlines,
    languages,
    view::{Failure, Skeleton, StatusBar},
};

async fn load() -> Result<Vec<Entry>, PageError> {
    catalogue::parse(&fetch_text("/articles/index.json").await?)
}

/// The headlines.
#[component]
pub(crate) fn FrontPage() -> impl IntoView {
    arrived("");
    let entries = LocalResource::new(load);
    let again = Callback::new(move |()| entries.refetch());
    view! {
        <div class="page wide">
            <h1 class="visually-hidden" tabindex="-1">"Headlines"</h1>
            {move || match entries.get() {
                None => view! { <Skeleton label="Loading the headlines" /> }.into_any(),
                Some(Ok(entries)) => view! { <Stories entries /> }.into_any(),
                Some(Err(error)) => {
                    let mut what = error.explain();
                    if error == PageError::Missing {
                        what.title = "There are no headlines here";
                        what.text = "The server has no list of articles. You can still paste a text and read it.";
                    }
                    view! { <Failure what detail=error.to_string() code="page" again /> }.into_any()
                }
            }}
            <aside class="invitation" aria-labelledby="own">
                <h2 id="own">"Your own text"</h2>
                <p>"A German article from somewhere else? Paste it and read it in English. It stays on this device."</p>
                <p><A href="/paste" attr:class="button">"Paste a text"</A></p>
            </aside>
        </div>
    }
}

#[component]
fn Stories(entries: Vec<Entry>) -> impl IntoView {
    let headlines = expect_context::<Headlines>();
    let engine = expect_context::<Engine>();
    let texts: Vec<_> = entries
        .iter()
        .flat_map(|entry| {
            [
                (BlockKind::Heading, &entry.topic),
                (BlockKind::Headline, &entry.title),
                (BlockKind::Standfirst, &entry.standfirst),
            ]
        })
        .filter(|(_, text)| !text.is_empty())
        .map(|(kind, text)| (kind, text.clone()))
        .collect();
    let texts = StoredValue::new(texts);
    let start = Callback::new(move |()| headlines.translate(texts.get_value()));
    let cancel = Callback::new(move |()| headlines.cancel());
    Effect::new(move |_| {
        if headlines.wanted() {
            start.run(());
        }
    });
    view! {
        <div class="toolbar">
            <button
                type="button"
                class="switch"
                role="switch"
                aria-checked=move || headlines.wanted().to_string()
                on:click=move |_| headlines.want(!headlines.wanted())
            >
                {move || format!("In {}", languages::name(&engine.models().languages().target))}
            </button>
            <Show when=move || headlines.wanted()>
                <StatusBar engine progress=headlines.progress cancel start />
            </Show>
        </div>
        <ol class="stories">{entries.into_iter().map(|entry| view! { <Story entry /> }).collect_view()}</ol>
    }
}

#[component]
fn Story(entry: Entry) -> impl IntoView {
    let day = format::Day::parse(&entry.date);
    let said = day.map(|day| day.relative(today()));
    let Entry { slug, title, standfirst, author, date, topic, words, .. } = entry;
    view! {
        <li class="story">
            {(!topic.is_empty()).then(|| view! { <p class="topic"><Text german=topic /></p> })}
            <h2><A href=format!("/article/{slug}")><Text german=title /></A></h2>
            <p class="standfirst"><Text german=standfirst /></p>
            <p class="facts">
                <span class="author">{author}</span>
                {said.map(|said| view! { <time datetime=date title=day.map(format::Day::long)>{said}</time> })}
                {(words > 0).then(|| view! { <span>{format::reading_time(words)}</span> })}
            </p>
        </li>
    }
}

/// A text in the model's language where it is wanted and there, else in German.
#[component]
fn Text(german: String) -> impl IntoView {
    let headlines = expect_context::<Headlines>();
    let models = expect_context::<Engine>().models();
    move || match headlines.english(&german) {
        Some(english) => view! { <span lang=models.languages().target data-lang="en">{english}</span> },
        None => view! { <span lang="de".to_owned() data-lang="de">{german.clone()}</span> },
    }
}
