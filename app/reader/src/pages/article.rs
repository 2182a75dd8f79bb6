//! One of the sample articles.

use std::sync::Arc;

use klartext_document::Document;
use leptos::prelude::*;
use leptos_router::{components::A, hooks::use_params_map};

use crate::{
    browser::{arrived, fetch_text},
    catalogue::{self, Entry},
    dom::read_article,
    engine::Engine,
    failure::PageError,
    links,
    view::{ArticleView, Failure, Skeleton},
};

/// Fetches an article's file and makes a document of it.
async fn load(slug: String) -> Result<Arc<Document>, PageError> {
    if !links::is_slug(&slug) {
        return Err(PageError::Missing);
    }
    let path = format!("/articles/{slug}.html");
    let html = fetch_text(&path).await?;
    let base = window().location().origin().unwrap_or_default() + &path;
    // A server that answers every address with the app's shell has no such article either.
    read_article(&html, &base).map(Arc::new).ok_or(PageError::Missing)
}

/// The article that the address names.
#[component]
pub(crate) fn ArticlePage() -> impl IntoView {
    let params = use_params_map();
    let slug = Memo::new(move |_| params.with(|params| params.get("slug").unwrap_or_default()));
    // Everything is made anew for another article, and the job of the last one ends with its view.
    move || view! { <OneArticle slug=slug.get() /> }
}

#[component]
fn OneArticle(slug: String) -> impl IntoView {
    let engine = expect_context::<Engine>();
    let name = slug.clone();
    let document = LocalResource::new(move || load(name.clone()));
    let again = Callback::new(move |()| document.refetch());
    view! {
        <div class="page wide">
            <p class="back"><A href="/">"Back to headlines"</A></p>
            {move || match document.get() {
                None => view! { <Skeleton label="Loading the article" /> }.into_any(),
                Some(Ok(document)) => view! { <ArticleView document engine title="Article" /> }.into_any(),
                Some(Err(error)) => view! { <Unshown error again /> }.into_any(),
            }}
            <Related slug />
        </div>
    }
}

/// The article could not be shown.
#[component]
fn Unshown(error: PageError, again: Callback<()>) -> impl IntoView {
    arrived(error.explain().title);
    view! {
        <h1 class="visually-hidden" tabindex="-1">"Article"</h1>
        <Failure what=error.explain() detail=error.to_string() code="page" again />
    }
}

/// Other articles. Where the list does not come, there are none, and the article can be read all the same.
#[component]
fn Related(slug: String) -> impl IntoView {
    let entries = LocalResource::new(move || {
        let slug = slug.clone();
        async move {
            let entries = fetch_text("/articles/index.json").await.and_then(|json| catalogue::parse(&json));
            catalogue::related(&entries.unwrap_or_default(), &slug)
        }
    });
    let item = |entry: Entry| {
        view! {
            <li>
                <A href=format!("/article/{}", entry.slug)><span lang="de">{entry.title}</span></A>
                <p lang="de">{entry.standfirst}</p>
            </li>
        }
    };
    move || {
        entries.get().filter(|entries| !entries.is_empty()).map(|entries| {
            view! {
                <aside class="related" aria-labelledby="related">
                    <h2 id="related">"More to read"</h2>
                    <ul>{entries.into_iter().map(item).collect_view()}</ul>
                </aside>
            }
        })
    }
}
