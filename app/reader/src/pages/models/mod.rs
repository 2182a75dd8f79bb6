//! The models: those on this device, those that the site offers, and ways to bring another.

mod card;
mod compare;
mod own;

use klartext_protocol::models::{ModelInfo, Offers};
use leptos::{html::Div, leptos_dom::helpers::request_animation_frame, prelude::*};
use leptos_router::components::A;

use self::{
    card::ModelCard,
    own::{ByAddress, FromFiles},
};
use crate::{
    browser::arrived,
    engine::{Engine, models::is_forbidden},
    failure::explain,
    view::{Arrival, Skeleton},
};

pub(crate) use self::compare::ComparePage;

/// The page with all models.
#[component]
pub(crate) fn ModelsPage() -> impl IntoView {
    arrived("Models");
    let engine = expect_context::<Engine>();
    engine.list_models();
    let there = Memo::new(move |_| engine.models().list.with(Option::is_some));
    view! {
        <div class="page models">
            <h1 tabindex="-1">"Models"</h1>
            <p class="standfirst">
                "A model is the file that translates. It is fetched once, checked, and kept on this device, where it \
                also works without a network."
            </p>
            <News engine />
            <Show
                when=move || there.get()
                fallback=|| view! { <Skeleton label="Looking for models" /> }
            >
                <List engine />
            </Show>
            <section class="own" aria-labelledby="own-files">
                <h2 id="own-files">"Your own model"</h2>
                <FromFiles engine />
                <ByAddress engine />
            </section>
        </div>
    }
}

/// A model that is on its way and in no list, and what went wrong.
#[component]
fn News(engine: Engine) -> impl IntoView {
    let models = engine.models();
    let unlisted = Memo::new(move |_| {
        let address = models.fetching.with(|it| it.as_ref().map(|it| it.address.clone()));
        let listed = |address: &String| {
            models.list.with(|list| list.iter().flat_map(|it| &it.0).any(|model| model.address == *address))
        };
        address.filter(|address| !listed(address))
    });
    let progress = Signal::derive(move || models.fetching.get().unwrap_or_default());
    let place = NodeRef::<Div>::new();
    Effect::new(move |_| {
        // What was done may have been done further down.
        if models.trouble.with(Option::is_some)
            && let Some(place) = place.get_untracked()
        {
            request_animation_frame(move || place.scroll_into_view());
        }
    });
    view! {
        <Show when=move || unlisted.with(Option::is_some)>
            <Arrival engine progress />
        </Show>
        <div role="alert" node_ref=place>
            {move || models.trouble.get().map(|(address, error)| {
                let said = explain(error.code);
                let forbidden = address.is_some_and(|address| is_forbidden(&address, &error));
                view! {
                    <section class="failure" data-testid="model-trouble">
                        <h2>{said.title}</h2>
                        <p>{said.text}</p>
                        {forbidden.then(|| view! {
                            <p>
                                "The address is on another server. This site allows its pages to ask nobody but the \
                                site itself (the rule connect-src 'self' in its Content-Security-Policy); whoever runs \
                                it can allow others. The model’s files can also be downloaded and opened here."
                            </p>
                        })}
                        <details>
                            <summary>"Technical details"</summary>
                            <p class="detail">{error.message}</p>
                        </details>
                    </section>
                }
            })}
        </div>
    }
}

#[component]
fn List(engine: Engine) -> impl IntoView {
    let list = engine.models().list;
    let models =
        Memo::new(move |_| list.with(|list| list.iter().flat_map(|it| it.0.clone()).collect::<Vec<_>>()));
    let offers = Memo::new(move |_| list.with(|list| list.as_ref().map_or(Offers::Asked, |it| it.1)));
    let addresses =
        move || models.with(|models| models.iter().map(|it| it.address.clone()).collect::<Vec<_>>());
    let several =
        Memo::new(move |_| models.with(|models| models.iter().filter(|it| it.complete).count() > 1));
    let card = move |address: String| {
        // A card that is about to go shows what was known last.
        let find = move || models.with(|models| models.iter().find(|it| it.address == address).cloned());
        let first = untrack(&find)?;
        let model = Memo::new(move |last: Option<&ModelInfo>| {
            find().or_else(|| last.cloned()).unwrap_or_else(|| first.clone())
        });
        Some(view! { <ModelCard model=model.into() engine /> })
    };
    view! {
        <ul class="cards" aria-busy=move || (offers.get() == Offers::Asked).to_string()>
            <For each=addresses key=Clone::clone children=card />
        </ul>
        <p class="offers" role="status">
            {move || match (offers.get(), models.with(Vec::is_empty)) {
                (Offers::Asked, true) => "Asking this site which models it has…",
                (Offers::Known, true) => "This site offers no models, and none is on this device.",
                (Offers::Unreachable, true) => {
                    "No model is on this device, and this site’s list cannot be reached. Go online, then open this \
                    page again."
                }
                (Offers::Unreachable, false) => "Which other models this site offers cannot be told now.",
                _ => "",
            }}
        </p>
        <Show when=move || several.get()>
            <p><A href="/models/compare">"Compare two models"</A></p>
        </Show>
    }
}
