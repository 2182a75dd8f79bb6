//! One model: what it is, how good and how fast, and what can be done with it.

use klartext_protocol::models::{ModelInfo, Quality};
use leptos::{
    html::{Div, P},
    leptos_dom::helpers::request_animation_frame,
    prelude::*,
};

use crate::{
    browser::{focus, today},
    engine::{Engine, choice},
    format::{self, Day},
    languages::{self, Languages},
    view::Arrival,
};

/// A model in the list.
#[component]
pub(super) fn ModelCard(model: Signal<ModelInfo>, engine: Engine) -> impl IntoView {
    let models = engine.models();
    let address = model.with_untracked(|model| model.address.clone());
    let wanted = address.clone();
    let is_chosen = Memo::new(move |_| models.chosen.with(|chosen| chosen.address == wanted));
    let wanted = address.clone();
    let progress = Memo::new(move |_| models.fetching.get().filter(|it| it.address == wanted));
    let is_arriving = Memo::new(move |_| progress.with(Option::is_some));
    let arriving = Signal::derive(move || progress.get().unwrap_or_default());
    let title = move || {
        model.with(|model| format!("{} → {}", languages::name(&model.source), languages::name(&model.target)))
    };
    let state = move || match (is_chosen.get(), model.with(|it| it.complete), model.with(|it| it.installed)) {
        (true, true, _) => "In use",
        (true, ..) => "Chosen, not here yet",
        (_, true, _) => "On this device",
        (_, _, true) => "Here in part",
        _ => "Offered by this site",
    };
    let line = NodeRef::<P>::new();
    view! {
        <li class="card" data-testid="model" data-address=address>
            <div class="head">
                <h2>{title}</h2>
                <p class="state" role="status" tabindex="-1" node_ref=line data-chosen=move || is_chosen.get() && model.with(|it| it.complete)>{state}</p>
            </div>
            <p class="name">{move || model.with(|it| format!("{} · version {}", it.name, it.version))}</p>
            {move || view! { <Facts model=model.get() /> }}
            <Show when=move || is_arriving.get()>
                <Arrival engine progress=arriving />
            </Show>
            <Actions model engine is_chosen is_arriving line />
            <details>
                <summary>"Origin and licence"</summary>
                <dl>
                    <div><dt>"Architecture"</dt><dd>{move || model.get().architecture}</dd></div>
                    <div><dt>"Made by"</dt><dd>{move || model.get().origin}</dd></div>
                    <div><dt>"Licence"</dt><dd>{move || model.get().licence}</dd></div>
                    <div><dt>"Address"</dt><dd>{move || model.get().address}</dd></div>
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

/// What can be done with a model now.
#[derive(Clone, PartialEq)]
struct Possible {
    using: bool,
    /// What the button to fetch it says.
    fetching: Option<String>,
    /// What the button for a newer version says.
    updating: Option<String>,
    removing: bool,
    /// Whether the reader has said once that it shall go.
    confirming: bool,
}

impl Possible {
    fn of(model: &ModelInfo, is_chosen: bool, is_arriving: bool, confirming: bool) -> Self {
        let rests = !is_arriving;
        let fetch = || {
            let size = format::bytes(model.bytes.saturating_sub(model.here));
            if model.here > 0 { format!("Download the rest ({size})") } else { format!("Download ({size})") }
        };
        let newer = model.newer.as_ref().filter(|_| model.complete && rests);
        Self {
            using: model.complete && !is_chosen,
            fetching: (!model.complete && rests).then(fetch),
            updating: newer
                .map(|newer| format!("Update to {} ({})", newer.version, format::bytes(newer.bytes))),
            removing: model.installed && rests && !confirming,
            confirming,
        }
    }
}

#[component]
fn Actions(
    model: Signal<ModelInfo>,
    engine: Engine,
    /// Whether it is the one that the reader wants.
    is_chosen: Memo<bool>,
    /// Whether it is on its way.
    is_arriving: Memo<bool>,
    /// What takes the focus over when a button goes.
    line: NodeRef<P>,
) -> impl IntoView {
    let place = NodeRef::<Div>::new();
    let confirming = RwSignal::new(false);
    let possible = Memo::new(move |_| {
        model.with(|model| Possible::of(model, is_chosen.get(), is_arriving.get(), confirming.get()))
    });
    let address = move || model.with_untracked(|model| model.address.clone());
    let use_it = move |_| {
        let languages = model.with_untracked(|model| Languages::new(&model.source, &model.target));
        engine.use_model(&address(), languages);
    };
    let remove = move |_| {
        confirming.set(false);
        engine.remove_model(&address());
    };
    let draw = move || {
        let possible = possible.get();
        keep_focus(place, line);
        view! {
            {possible.using.then(|| view! {
                <button type="button" class="primary" on:click=use_it>"Use"</button>
            })}
            {possible.fetching.map(|label| view! {
                <button type="button" on:click=move |_| engine.download_model(&address(), false)>{label}</button>
            })}
            {possible.updating.map(|label| view! {
                <button type="button" on:click=move |_| engine.update_model(&address())>{label}</button>
            })}
            {possible.removing.then(|| view! {
                <button type="button" class="bare" on:click=move |_| confirming.set(true)>"Remove"</button>
            })}
            {possible.confirming.then(|| view! {
                <span class="confirm" role="group" aria-label="Remove this model from this device?">
                    <span>"Remove it from this device?"</span>
                    <button type="button" class="primary" on:click=remove>"Yes, remove"</button>
                    <button type="button" on:click=move |_| confirming.set(false)>"Keep"</button>
                </span>
            })}
        }
    };
    view! { <div class="actions" node_ref=place>{draw}</div> }
}

/// Called before buttons go: if one of them has the focus, the question takes it over, or the line that says how things are.
fn keep_focus(place: NodeRef<Div>, line: NodeRef<P>) {
    let Some(place) = place.get_untracked() else { return };
    if !document().active_element().is_some_and(|active| place.contains(Some(&active))) {
        return;
    }
    request_animation_frame(move || {
        let question = place.query_selector(".confirm button").ok().flatten();
        match (question, line.get_untracked()) {
            (Some(question), _) => focus(&question, false),
            (None, Some(line)) => focus(&line, false),
            _ => {}
        }
    });
}
