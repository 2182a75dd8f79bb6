//! One model: what it is, how good and how fast, and what can be done with it.

use klartext_protocol::models::{ModelInfo, Quality};
use leptos::prelude::*;

use crate::{
    browser::today,
    engine::{Engine, choice},
    format::{self, Day},
    languages::{self, Languages},
    view::Arrival,
};

/// A model in the list.
#[component]
pub(super) fn ModelCard(model: ModelInfo, engine: Engine) -> impl IntoView {
    let models = engine.models();
    let address = model.address.clone();
    let is_chosen = Memo::new(move |_| models.chosen.with(|chosen| chosen.address == address));
    let address = model.address.clone();
    let progress = Signal::derive(move || models.fetching.get().filter(|it| it.address == address));
    let is_arriving = Memo::new(move |_| progress.with(Option::is_some));
    let arriving = Signal::derive(move || progress.get().unwrap_or_default());
    let title = format!("{} → {}", languages::name(&model.source), languages::name(&model.target));
    let (installed, complete) = (model.installed, model.complete);
    let state = move || match (is_chosen.get(), complete, installed) {
        (true, true, _) => "In use",
        (true, ..) => "Chosen, not here yet",
        (_, true, _) => "On this device",
        (_, _, true) => "Here in part",
        _ => "Offered by this site",
    };
    let label = format!("{title}, {} {}", model.name, model.version);
    view! {
        <li class="card" data-testid="model" data-address=model.address.clone() aria-label=label>
            <div class="head">
                <h2>{title}</h2>
                <p class="state" data-chosen=move || is_chosen.get()>{state}</p>
            </div>
            <p class="name">{format!("{} · version {}", model.name, model.version)}</p>
            <Facts model=model.clone() />
            <Show when=move || is_arriving.get()>
                <Arrival engine progress=arriving />
            </Show>
            <Actions model=model.clone() engine is_chosen is_arriving />
            <details>
                <summary>"Origin and licence"</summary>
                <dl>
                    <div><dt>"Architecture"</dt><dd>{model.architecture}</dd></div>
                    <div><dt>"Made by"</dt><dd>{model.origin}</dd></div>
                    <div><dt>"Licence"</dt><dd>{model.licence}</dd></div>
                    <div><dt>"Address"</dt><dd>{model.address}</dd></div>
                </dl>
            </details>
        </li>
    }
}

#[component]
fn Facts(model: ModelInfo) -> impl IntoView {
    let size = if model.installed && !model.complete {
        format!("{} here", format::bytes_of(model.here, model.bytes))
    } else {
        format::bytes(model.bytes)
    };
    let speed = match choice::speed(&model.address, &model.version) {
        Some(speed) => format!("{speed:.0} words a second"),
        None => "not measured yet".to_owned(),
    };
    let mut facts = vec![("Size", size), ("Speed on this device", speed)];
    if model.installed {
        facts.push(("Last used", last_used(model.used_ms)));
    }
    facts.extend(model.quality.iter().filter_map(quality).map(|text| ("Quality", text)));
    let fact = |(name, value)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> };
    view! { <dl class="facts-of">{facts.into_iter().map(fact).collect_view()}</dl> }
}

/// "BLEU 41.2, chrF 66.0 on technews-dev".
fn quality(quality: &Quality) -> Option<String> {
    let scores = [("BLEU", quality.bleu), ("chrF", quality.chrf)];
    let scores: Vec<_> =
        scores.iter().filter_map(|(name, score)| Some(format!("{name} {:.1}", (*score)?))).collect();
    (!scores.is_empty()).then(|| format!("{} on {}", scores.join(", "), quality.set))
}

fn last_used(ms: f64) -> String {
    if ms <= 0.0 {
        return "never".to_owned();
    }
    let date = js_sys::Date::new(&ms.into());
    let day = Day {
        year: date.get_full_year().into(),
        month: i64::from(date.get_month()) + 1,
        day: date.get_date().into(),
    };
    day.relative(today())
}

#[component]
fn Actions(
    model: ModelInfo,
    engine: Engine,
    /// Whether it is the one that the reader wants.
    is_chosen: Memo<bool>,
    /// Whether it is on its way.
    is_arriving: Memo<bool>,
) -> impl IntoView {
    let ModelInfo { address, source, target, installed, complete, bytes, here, newer, .. } = model;
    let address = StoredValue::new(address);
    let languages = StoredValue::new(Languages::new(&source, &target));
    let newer = StoredValue::new(newer);
    let confirming = RwSignal::new(false);
    let get_it = move || {
        let size = format::bytes(bytes.saturating_sub(here));
        if here > 0 { format!("Download the rest ({size})") } else { format!("Download ({size})") }
    };
    view! {
        <div class="actions">
            <Show when=move || complete && !is_chosen.get()>
                <button
                    type="button"
                    class="primary"
                    on:click=move |_| engine.use_model(&address.get_value(), languages.get_value())
                >
                    "Use"
                </button>
            </Show>
            <Show when=move || !complete && !is_arriving.get()>
                <button type="button" on:click=move |_| engine.download_model(&address.get_value(), false)>
                    {get_it}
                </button>
            </Show>
            {move || newer.get_value().filter(|_| complete && !is_arriving.get()).map(|newer| view! {
                <button type="button" on:click=move |_| engine.update_model(&address.get_value())>
                    {format!("Update to {} ({})", newer.version, format::bytes(newer.bytes))}
                </button>
            })}
            <Show when=move || installed && !confirming.get() && !is_arriving.get()>
                <button type="button" class="bare" on:click=move |_| confirming.set(true)>"Remove"</button>
            </Show>
            <Show when=move || confirming.get()>
                <span class="confirm" role="group" aria-label="Remove this model?">
                    <span role="status">"Remove it from this device?"</span>
                    <button
                        type="button"
                        class="primary"
                        autofocus
                        on:click=move |_| engine.remove_model(&address.get_value())
                    >
                        "Yes, remove"
                    </button>
                    <button type="button" on:click=move |_| confirming.set(false)>"Keep"</button>
                </span>
            </Show>
        </div>
    }
}
