//! The quiet offer of a better model.

use leptos::prelude::*;

use super::arrival::Arrival;
use crate::{engine::Engine, format};

/// Says that there is another version of the model in use, and fetches it if the reader wants.
#[component]
pub(crate) fn NewerOffer(engine: Engine) -> impl IntoView {
    let models = engine.models();
    let updating = RwSignal::new(false);
    let fetching = Memo::new(move |_| models.fetching.with(Option::is_some));
    let progress = Signal::derive(move || models.fetching.get().unwrap_or_default());
    let update = move |_| {
        if let Some(newer) = models.newer.get_untracked() {
            updating.set(true);
            engine.update_model(&newer.address);
        }
    };
    view! {
        <Show when=move || updating.get() && fetching.get()>
            <Arrival engine progress />
        </Show>
        {move || {
            models.newer.get().map(|newer| {
                view! {
                    <p class="newer" data-testid="newer">
                        <span>{format!("A better model is there: {} {}.", newer.name, newer.version)}</span>
                        <button type="button" on:click=update>
                            {format!("Update ({})", format::bytes(newer.bytes))}
                        </button>
                        <button type="button" class="bare" on:click=move |_| models.newer.set(None)>"Later"</button>
                    </p>
                }
            })
        }}
    }
}
