//! What translated this, for those who want to know.

use klartext_protocol::{EngineChoice, GpuState, models::Origin};
use leptos::prelude::*;
use leptos_router::components::A;

use crate::{
    engine::{Engine, Model, options},
    format, languages,
    reading::Progress,
};

/// The model, what runs it, and what it took; nothing before a model is there.
#[component]
pub(crate) fn EnginePanel(engine: Engine, progress: Progress) -> impl IntoView {
    // What was known stays while the engine is started anew.
    let ready = Memo::new(move |known: Option<&Option<_>>| match engine.model().get() {
        Model::Ready(info) => Some(info),
        _ => known.cloned().flatten(),
    });
    let stats = progress.stats;
    move || {
        ready.get().map(|info| {
            let came = match info.origin {
                Origin::Stored => "from this device",
                Origin::Downloaded => "downloaded now",
            };
            let facts = [
                ("Model", format!("{} {}", info.model, info.version)),
                ("Languages", format!("{} → {}", languages::name(&info.source), languages::name(&info.target))),
                ("Size", format!("{}, {came}", format::bytes(info.bytes))),
                ("Runs on", format!("{} · {}", info.device, info.kernels)),
                ("Loaded in", format::duration(info.load_ms)),
            ];
            let fact = |(name, value): (&'static str, String)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> };
            view! {
                <details class="engine" data-testid="engine">
                    <summary>"About this translation"</summary>
                    <dl>
                        {facts.map(fact).to_vec()}
                        {move || engine.gpu().get().map(|gpu| fact(("GPU", gpu_words(&gpu))))}
                        {move || {
                            let stats = stats.get();
                            (stats.sentences > 0).then(|| {
                                let speed = f64::from(stats.words) / (stats.total_ms / 1e3).max(1e-3);
                                [
                                    ("First sentence after", format::duration(stats.first_ms)),
                                    ("Speed", format!("{speed:.0} words a second")),
                                    ("Memory", format::bytes(stats.memory_bytes)),
                                    (
                                        "Sentences by the GPU",
                                        format!("{} of {}", stats.gpu_sentences, stats.sentences),
                                    ),
                                ]
                                .map(fact)
                                .to_vec()
                            })
                        }}
                    </dl>
                    <Choice engine/>
                    <p>"Licence of the model: " {info.licence}</p>
                    <p><A href="/models">"Models…"</A></p>
                    <p>
                        "The text stayed on this device. Machine translation makes mistakes; dotted lines mark \
                        sentences that the model was unsure of."
                    </p>
                </details>
            }
        })
    }
}

/// What the GPU does, in words.
fn gpu_words(gpu: &GpuState) -> String {
    match gpu {
        GpuState::Off { reason } => format!("not used: {reason}"),
        GpuState::Starting => "being started and tested".to_owned(),
        GpuState::On { helper } => {
            format!("{} · {} · {}", helper.device, helper.kernels, format::bytes(helper.memory_bytes))
        }
    }
}

/// The choice between CPU and GPU.
#[component]
fn Choice(engine: Engine) -> impl IntoView {
    let choices = [
        (EngineChoice::Auto, "Whichever is faster"),
        (EngineChoice::Cpu, "CPU only"),
        (EngineChoice::Gpu, "GPU wherever it works"),
    ];
    let radio = |(choice, label): (EngineChoice, &'static str)| {
        view! {
            <label>
                <input
                    type="radio"
                    name="engine-choice"
                    value=options::name(choice)
                    checked=options::choice() == choice
                    on:change=move |_| engine.set_choice(choice)
                />
                {label}
            </label>
        }
    };
    view! {
        <fieldset class="engine-choice">
            <legend>"Compute with"</legend>
            {choices.map(radio).to_vec()}
        </fieldset>
    }
}
