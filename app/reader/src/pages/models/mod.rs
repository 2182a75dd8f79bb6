//! The models: those on this device, those that the site offers, and ways to bring another.

mod card;
mod compare;
mod own;

use klartext_protocol::models::{ModelInfo, Offers};
use leptos::prelude::*;
use leptos_router::components::A;

use self::{
    card::ModelCard,
    own::{ByAddress, FromFiles},
};
use crate::{
    browser::arrived,
    engine::{
        Engine,
        models::{Brought, is_forbidden},
    },
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
    let list = engine.models().list;
    view! {
        <div class="page models">
            <h1 tabindex="-1">"Models"</h1>
            <p class="standfirst">
                "A model is the file that translates. It is fetched once, checked, and kept on this device, where it \
                also works without a network."
            </p>
            <News engine />
            {move || match list.get() {
                None => view! { <Skeleton label="Looking for models" /> }.into_any(),
                Some((models, offers)) => view! { <List models offers engine /> }.into_any(),
            }}
            <section class="own" aria-labelledby="own-files">
                <h2 id="own-files">"Your own model"</h2>
                <FromFiles engine />
                <ByAddress engine />
            </section>
        </div>
    }
}

/// A model that is on its way and in no list, what went wrong, and what was brought.
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
    view! {
        <Show when=move || unlisted.with(Option::is_some)>
            <Arrival engine progress />
        </Show>
        <div role="alert">
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
        <p class="news" role="status">
            {move || match models.brought.get() {
                Brought::Nothing => "",
                Brought::Checking => "Reading and checking the files…",
                Brought::There(_) => "The model is on this device now.",
            }}
        </p>
    }
}

#[component]
fn List(models: Vec<ModelInfo>, offers: Offers, engine: Engine) -> impl IntoView {
    let several = models.iter().filter(|model| model.installed).count() > 1;
    let empty = models.is_empty();
    view! {
        <ul class="cards" aria-busy=(offers == Offers::Asked).to_string()>
            {models.into_iter().map(|model| view! { <ModelCard model engine /> }).collect_view()}
        </ul>
        <p class="offers" role="status">
            {match (offers, empty) {
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
        {several.then(|| view! { <p><A href="/models/compare">"Compare two models"</A></p> })}
    }
}
