//! Two models side by side: the same paragraph, one after the other on the same engine.

use std::cell::RefCell;

use klartext_document::{Block, BlockKind};
use klartext_protocol::{EngineError, Stats, models::ModelInfo};
use leptos::{html::Textarea, prelude::*};
use leptos_router::components::A;

use crate::{
    browser::arrived,
    engine::{Engine, Job, JobEvent, Model, choice::Choice},
    failure::explain,
    format,
    languages::{self, Languages},
    layout,
    view::Skeleton,
};

/// A paragraph to begin with.
const SAMPLE: &str = "Der neue Prozessor rechnet doppelt so schnell wie sein Vorgänger und braucht dabei weniger Strom. Ob \
    sich der Umstieg lohnt, hängt davon ab, was man damit vorhat: Beim Schreiben merkt man den Unterschied kaum, beim \
    Übersetzen ganzer Bücher dagegen sofort.";

/// One side of the comparison.
#[derive(Clone, Copy)]
struct Side {
    address: RwSignal<String>,
    text: RwSignal<Option<String>>,
    stats: RwSignal<Option<Stats>>,
}

impl Side {
    fn new() -> Self {
        Self { address: RwSignal::new(String::new()), text: RwSignal::new(None), stats: RwSignal::new(None) }
    }
}

/// What the comparison is at.
#[derive(Clone, Debug, PartialEq)]
enum Stage {
    Resting,
    /// The model of this side is made ready.
    Loading(usize),
    /// It translates.
    Translating(usize),
    Failed(EngineError),
}

/// The page with the comparison.
#[component]
pub(crate) fn ComparePage() -> impl IntoView {
    arrived("Compare models");
    let engine = expect_context::<Engine>();
    engine.list_models();
    let list = engine.models().list;
    // What changes while models are used, their order too, must not begin the comparison anew.
    let lasting = |model: &ModelInfo| ModelInfo { used_ms: 0.0, newer: None, ..model.clone() };
    let there = Memo::new(move |_| {
        list.with(|list| {
            let (models, _) = list.as_ref()?;
            let mut models: Vec<_> = models.iter().filter(|it| it.complete).map(lasting).collect();
            models.sort_by(|a, b| a.address.cmp(&b.address));
            Some(models)
        })
    });
    view! {
        <div class="page models">
            <p class="back"><A href="/models">"Back to the models"</A></p>
            <h1 tabindex="-1">"Compare two models"</h1>
            {move || match there.get() {
                None => view! { <Skeleton label="Looking for models" /> }.into_any(),
                Some(models) if models.len() < 2 => view! {
                    <p>"Two models have to be on this device for that. "<A href="/models">"Get another one"</A></p>
                }.into_any(),
                Some(models) => view! { <Comparison models engine /> }.into_any(),
            }}
        </div>
    }
}

#[component]
fn Comparison(models: Vec<ModelInfo>, engine: Engine) -> impl IntoView {
    let sides = [Side::new(), Side::new()];
    for (side, model) in sides.iter().zip(&models) {
        side.address.set(model.address.clone());
    }
    let area = NodeRef::<Textarea>::new();
    let stage = RwSignal::new(Stage::Resting);
    let job = StoredValue::new_local(None::<Job>);
    let before = StoredValue::new(engine.models().chosen.get_untracked());
    let known = StoredValue::new(models.clone());
    let text = StoredValue::new(String::new());
    let languages = move |address: &str| {
        known.with_value(|known| {
            let model = known.iter().find(|model| model.address == address);
            model.map(|model| Languages::new(&model.source, &model.target)).unwrap_or_default()
        })
    };
    let restore = move || engine.try_model(before.get_value());
    // Begins with one side; with none left, the model that was in use comes back.
    let go_on = move |at: usize| match sides.get(at) {
        Some(side) => {
            let address = side.address.get_untracked();
            stage.set(Stage::Loading(at));
            let languages = languages(&address);
            engine.try_model(Choice { address, languages });
        }
        None => {
            stage.set(Stage::Resting);
            restore();
        }
    };
    let translate = move |at: usize| {
        let Some(side) = sides.get(at).copied() else { return };
        stage.set(Stage::Translating(at));
        let block = Block::plain(BlockKind::Paragraph, text.get_value());
        let parts = RefCell::new(Vec::<String>::new());
        let begun = engine.translate(vec![block], 0, move |event| match event {
            JobEvent::Sentence { sentence, runs, .. } => {
                let mut parts = parts.borrow_mut();
                let sentence = sentence as usize;
                if parts.len() <= sentence {
                    parts.resize(sentence + 1, String::new());
                }
                parts[sentence] = layout::text(&runs);
                side.text.set(Some(parts.join(" ")));
            }
            JobEvent::Done(stats) => {
                side.stats.set(Some(stats));
                go_on(at + 1);
            }
            JobEvent::Cancelled => stage.set(Stage::Resting),
            JobEvent::Failed(error) => stage.set(Stage::Failed(error)),
            JobEvent::Outline(_) | JobEvent::Read(_) => {}
        });
        job.set_value(Some(begun));
    };
    Effect::new(move |_| {
        let Stage::Loading(at) = stage.get() else { return };
        let wanted = sides.get(at).map(|side| side.address.get_untracked()).unwrap_or_default();
        match engine.model().get() {
            Model::Ready(info) if info.address == wanted => translate(at),
            Model::Failed(error) => stage.set(Stage::Failed(error)),
            _ => {
                if let Some((_, error)) = engine.models().trouble.get() {
                    stage.set(Stage::Failed(error));
                    restore();
                }
            }
        }
    });
    on_cleanup(move || {
        job.set_value(None);
        if engine.models().chosen.get_untracked() != before.get_value() {
            restore();
        }
    });
    let start = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let typed = area.get_untracked().map(|area| area.value()).unwrap_or_default();
        if typed.trim().is_empty() {
            return;
        }
        text.set_value(typed);
        for side in sides {
            side.text.set(None);
            side.stats.set(None);
        }
        go_on(0);
    };
    let busy = move || matches!(stage.get(), Stage::Loading(_) | Stage::Translating(_));
    view! {
        <form class="compare" on:submit=start>
            <label for="sample">"A paragraph"</label>
            <textarea id="sample" rows="5" node_ref=area prop:value=SAMPLE spellcheck="false"></textarea>
            <div class="fields">
                {sides.into_iter().zip(["First model", "Second model"]).map(|(side, label)| {
                    view! { <Choose side label models=models.clone() /> }
                }).collect_view()}
                <button type="submit" class="primary" disabled=busy>"Compare"</button>
            </div>
            <p class="news" role="status">
                {move || match stage.get() {
                    Stage::Resting => String::new(),
                    Stage::Loading(at) => format!("Making model {} ready", at + 1),
                    Stage::Translating(at) => format!("Model {} translates", at + 1),
                    Stage::Failed(error) => explain(error.code).title.to_owned(),
                }}
            </p>
        </form>
        <div class="sides">
            {sides.into_iter().map(|side| view! { <Result side known /> }).collect_view()}
        </div>
    }
}

#[component]
fn Choose(side: Side, label: &'static str, models: Vec<ModelInfo>) -> impl IntoView {
    let option = move |model: ModelInfo| {
        let address = model.address.clone();
        view! {
            <option value=model.address selected=move || side.address.get() == address>
                {format!("{} {}", model.name, model.version)}
            </option>
        }
    };
    view! {
        <label>
            {label}
            <select on:change=move |event| side.address.set(event_target_value(&event))>
                {models.into_iter().map(option).collect_view()}
            </select>
        </label>
    }
}

/// What one model made of the paragraph.
#[component]
fn Result(side: Side, known: StoredValue<Vec<ModelInfo>>) -> impl IntoView {
    let model = move || {
        let address = side.address.get();
        known.with_value(|known| known.iter().find(|model| model.address == address).cloned())
    };
    let figures = move || {
        side.stats.get().map(|stats| {
            let speed = f64::from(stats.words) / (stats.total_ms / 1e3).max(1e-3);
            format!("{} · {speed:.0} words a second", format::duration(stats.total_ms))
        })
    };
    view! {
        <section class="side" data-testid="side">
            <h2>{move || model().map(|model| format!("{} {}", model.name, model.version))}</h2>
            <p class="figure">
                {move || model().map(|model| format!("{} · {}", languages::name(&model.target), format::bytes(model.bytes)))}
            </p>
            <p class="result" lang=move || model().map(|model| model.target)>{move || side.text.get()}</p>
            <p class="figure" data-testid="side-figures">{figures}</p>
        </section>
    }
}
