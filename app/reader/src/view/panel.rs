//! What translated this, for those who want to know.

use leptos::prelude::*;

use crate::{
    engine::{Engine, Model},
    format,
    reading::Progress,
};

/// The model, what runs it, and what it took; nothing before a model is there.
#[component]
pub(crate) fn EnginePanel(engine: Engine, progress: Progress) -> impl IntoView {
    let ready = Memo::new(move |_| match engine.model().get() {
        Model::Ready(info) => Some(info),
        _ => None,
    });
    let stats = progress.stats;
    move || {
        ready.get().map(|info| {
            let facts = [
                ("Model", format!("{} {}", info.model, info.version)),
                ("Size", format::bytes(info.bytes)),
                ("Runs on", format!("{} · {}", info.device, info.kernels)),
                ("Loaded in", format::duration(info.load_ms)),
            ];
            let fact = |(name, value): (&'static str, String)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> };
            view! {
                <details class="engine" data-testid="engine">
                    <summary>"About this translation"</summary>
                    <dl>
                        {facts.map(fact).to_vec()}
                        {move || {
                            let stats = stats.get();
                            (stats.sentences > 0).then(|| {
                                let speed = f64::from(stats.words) / (stats.total_ms / 1e3).max(1e-3);
                                [
                                    ("First sentence after", format::duration(stats.first_ms)),
                                    ("Speed", format!("{speed:.0} words a second")),
                                    ("Memory", format::bytes(stats.memory_bytes)),
                                ]
                                .map(fact)
                                .to_vec()
                            })
                        }}
                    </dl>
                    <p>"Licence of the model: " {info.licence}</p>
                    <p>
                        "The text stayed on this device. Machine translation makes mistakes; dotted lines mark \
                        sentences that the model was unsure of."
                    </p>
                </details>
            }
        })
    }
}
