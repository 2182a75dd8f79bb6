//! A model on its way: how much of it is here, how long it will take, and a button that lets it rest.

use klartext_protocol::models::{Keeps, LoadProgress, LoadState};
use leptos::prelude::*;

use crate::{engine::Engine, format};

/// What is said of it. It changes when something else goes on, not with every byte: it is read out.
pub(crate) fn words(progress: &LoadProgress) -> String {
    match (progress.state, progress.needed) {
        (LoadState::Paused, _) => "The download rests".to_owned(),
        (LoadState::Waiting, _) => "Another tab is busy with the models; this one waits for it".to_owned(),
        (LoadState::Running, None) => "Loading the translation model".to_owned(),
        (LoadState::Running, Some(needed)) => {
            let kept = match progress.keeps {
                Some(Keeps::Memory) => "this browser keeps it until the page is closed",
                _ => "it is kept on this device",
            };
            format!("Downloading the translation model, {}, once: {kept}", format::bytes(needed))
        }
    }
}

/// "34% · 5 s left".
fn details(progress: &LoadProgress) -> String {
    if progress.total == 0 {
        return String::new();
    }
    let share = format!("{}%", progress.done * 100 / progress.total);
    match progress.seconds_left.filter(|_| progress.state == LoadState::Running) {
        Some(seconds) if progress.done < progress.total => {
            format!("{share} · {}", format::time_left(seconds))
        }
        _ => share,
    }
}

/// A bar and figures.
#[component]
pub(crate) fn ArrivalBar(progress: Signal<LoadProgress>) -> impl IntoView {
    let (done, total) = (move || progress.with(|it| it.done), move || progress.with(|it| it.total));
    view! {
        <span class="bar">
            <progress
                data-testid="load-progress"
                aria-label="Model loaded"
                max=move || total().max(1).to_string()
                value=move || (total() > 0).then(|| done().to_string())
            ></progress>
            <span class="figure" data-testid="load-bytes">
                {move || if total() > 0 { format::bytes_of(done(), total()) } else { String::new() }}
            </span>
            <span class="figure" data-testid="load-left">{move || progress.with(details)}</span>
        </span>
    }
}

/// Lets a download rest, or go on. Not there while nothing is downloaded.
#[component]
pub(crate) fn PauseButton(engine: Engine, progress: Signal<LoadProgress>) -> impl IntoView {
    let rests = Memo::new(move |_| progress.with(|it| it.state == LoadState::Paused));
    let downloads = Memo::new(move |_| progress.with(|it| it.needed.is_some()));
    view! {
        <Show when=move || downloads.get()>
            <button type="button" on:click=move |_| engine.pause(!rests.get_untracked())>
                {move || if rests.get() { "Continue" } else { "Pause" }}
            </button>
        </Show>
    }
}

/// A model that is fetched beside the one in use, with all that can be done about it.
#[component]
pub(crate) fn Arrival(engine: Engine, progress: Signal<LoadProgress>) -> impl IntoView {
    let said = Memo::new(move |_| progress.with(words));
    view! {
        <div class="arrival" data-testid="arrival">
            <p class="said" role="status">{move || said.get()}</p>
            <ArrivalBar progress />
            <PauseButton engine progress />
            <button type="button" on:click=move |_| engine.call_off()>"Cancel"</button>
        </div>
    }
}
