//! How far a translation has come: a line that is read out when the phase changes, bars for what takes long, and the
//! button that stops it or goes on.

use klartext_protocol::models::LoadProgress;
use leptos::{html::P, leptos_dom::helpers::request_animation_frame, prelude::*};

use super::{
    arrival::{ArrivalBar, PauseButton, words},
    failure::EngineFailure,
};
use crate::{
    browser::focus,
    engine::{Engine, Model},
    format,
    reading::{Phase, Progress},
};

/// What a status line says.
fn said(engine: Engine, progress: Progress) -> String {
    match progress.phase.get() {
        Phase::Idle => String::new(),
        Phase::Waiting | Phase::Running if is_loading(engine) => engine
            .model()
            .with(|model| if let Model::Loading(it) = model { words(it) } else { String::new() }),
        Phase::Waiting => "Starting the translator".to_owned(),
        Phase::Running => "Translating".to_owned(),
        Phase::Done => summary(engine, progress),
        Phase::Cancelled => "Translation cancelled".to_owned(),
        Phase::Failed(_) => "Translation stopped".to_owned(),
    }
}

/// "Translated 612 words in 1.2 s on this device · CPU · simd128".
fn summary(engine: Engine, progress: Progress) -> String {
    let stats = progress.stats.get();
    let mut text = format!(
        "Translated {} in {} on this device",
        format::count(stats.words.into(), "word"),
        format::duration(stats.total_ms)
    );
    engine.model().with(|model| {
        if let Model::Ready(info) = model {
            text += &format!(" · {} · {}", info.device, info.kernels);
        }
    });
    text
}

fn is_loading(engine: Engine) -> bool {
    engine.model().with(|model| matches!(model, Model::Loading(_)))
}

/// Called before a button goes: if it has the focus, the line that says what came of it takes that over.
fn keep_focus(line: NodeRef<P>) {
    let held = || document().active_element()?.closest(".status button, .failure").ok().flatten();
    if let Some(line) = line.get_untracked()
        && held().is_some()
    {
        request_animation_frame(move || focus(&line, false));
    }
}

/// The state of a translation.
#[component]
pub(crate) fn StatusBar(
    engine: Engine,
    progress: Progress,
    /// Stops it.
    cancel: Callback<()>,
    /// Begins it, or goes on.
    start: Callback<()>,
) -> impl IntoView {
    let busy = move || progress.phase.with(Phase::is_busy);
    let go_on = move || match progress.phase.get() {
        Phase::Idle => Some("Translate"),
        Phase::Cancelled if progress.done.get() > 0 => Some("Resume"),
        Phase::Cancelled => Some("Translate"),
        _ => None,
    };
    let go_on = Memo::new(move |_| go_on());
    let busy = Memo::new(move |_| busy());
    let line = NodeRef::<P>::new();
    let said = Memo::new(move |_| said(engine, progress));
    view! {
        <div class="status" data-phase=move || progress.phase.with(Phase::name)>
            <p class="said" role="status" tabindex="-1" node_ref=line data-testid="status">{move || said.get()}</p>
            {move || busy.get().then(|| view! { <Bar engine progress /> })}
            {move || {
                keep_focus(line);
                busy.get().then(|| view! {
                <Pause engine />
                <button type="button" on:click=move |_| cancel.run(())>"Cancel"</button>
            })}}
            {move || {
                keep_focus(line);
                go_on.get().map(|label| view! {
                <button type="button" class="primary" on:click=move |_| start.run(())>{label}</button>
            })}}
        </div>
        {move || {
            keep_focus(line);
            match progress.phase.get() {
                Phase::Failed(error) => Some(view! { <EngineFailure error again=start /> }),
                _ => None,
            }
        }}
    }
}

/// Whether the model is on its way, and how far it is.
fn arrival(engine: Engine) -> (Memo<bool>, Signal<LoadProgress>) {
    let progress = Signal::derive(move || match engine.model().get() {
        Model::Loading(progress) => progress,
        _ => LoadProgress::default(),
    });
    (Memo::new(move |_| is_loading(engine)), progress)
}

/// The button that lets the model's download rest.
#[component]
fn Pause(engine: Engine) -> impl IntoView {
    let (is_loading, progress) = arrival(engine);
    view! { <Show when=move || is_loading.get()><PauseButton engine progress /></Show> }
}

/// The bar for what is going on now: bytes of the model, then sentences.
#[component]
fn Bar(engine: Engine, progress: Progress) -> impl IntoView {
    let (is_loading, arriving) = arrival(engine);
    move || {
        if is_loading.get() {
            view! { <ArrivalBar progress=arriving /> }.into_any()
        } else {
            let (done, total) = (progress.done, progress.total);
            view! {
                <span class="bar">
                    <progress
                        data-testid="translate-progress"
                        aria-label="Sentences translated"
                        max=move || total.get().max(1).to_string()
                        value=move || (total.get() > 0).then(|| done.get().to_string())
                    ></progress>
                    <span class="figure" data-testid="sentences">
                        {move || match total.get() {
                            0 => String::new(),
                            total => format!("{} of {total} sentences", done.get()),
                        }}
                    </span>
                </span>
            }
            .into_any()
        }
    }
}
