//! Ways to bring a model: from files, or by the address of its manifest.

use klartext_protocol::models::FileRole;
use leptos::{ev, html::Input, prelude::*, task::spawn_local};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, FileList};

use crate::{
    engine::{
        Engine,
        models::{Brought, OwnFile},
    },
    format,
    languages::{Languages, is_tag},
};

/// A file that was chosen, and what it is taken for.
#[derive(Clone)]
struct Chosen {
    file: File,
    role: RwSignal<Option<FileRole>>,
}

/// What files can be.
const ROLES: [(FileRole, &str, &str); 4] = [
    (FileRole::Model, "model", "Model"),
    (FileRole::Vocabulary, "vocabulary", "Vocabulary"),
    (FileRole::TargetVocabulary, "target-vocabulary", "Vocabulary of the target"),
    (FileRole::Shortlist, "shortlist", "Shortlist"),
];

/// The languages in the names that models are published with: "model.deen.intgemm.bin".
fn languages_of(name: &str) -> Option<Languages> {
    let pair =
        name.split('.').find(|part| part.len() == 4 && part.bytes().all(|it| it.is_ascii_lowercase()))?;
    Some(Languages::new(&pair[..2], &pair[2..]))
}

/// A form for a model's files.
#[component]
pub(super) fn FromFiles(engine: Engine) -> impl IntoView {
    let chosen = RwSignal::new_local(Vec::<Chosen>::new());
    let name = RwSignal::new(String::new());
    let languages = RwSignal::new(Languages::default());
    let wrong = RwSignal::new(None::<&'static str>);
    let over = RwSignal::new(false);
    let input = NodeRef::<Input>::new();

    let take = move |files: Option<FileList>| {
        let files: Vec<File> =
            files.map(|list| (0..list.length()).filter_map(|at| list.get(at)).collect()).unwrap_or_default();
        let Some(first) = files.first() else { return };
        let own = |file: &File| FileRole::of_name(&file.name());
        let model = files.iter().find(|file| own(file) == Some(FileRole::Model)).unwrap_or(first).name();
        if let Some(found) = languages_of(&model) {
            name.set(format!("{}{}", found.source, found.target));
            languages.set(found);
        } else {
            name.set(model.split('.').find(|part| *part != "model").unwrap_or("own").to_owned());
        }
        wrong.set(None);
        let chosen_of = |file: File| Chosen { role: RwSignal::new(own(&file)), file };
        chosen.set(files.into_iter().map(chosen_of).collect());
    };
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let languages = languages.get_untracked();
        let files = chosen.get_untracked();
        let has = |wanted| files.iter().any(|it| it.role.get_untracked() == Some(wanted));
        let problem = if !has(FileRole::Model) || !has(FileRole::Vocabulary) {
            Some("A model needs two files at least: the model (model….bin) and its vocabulary (vocab….spm).")
        } else if name.with_untracked(|name| name.trim().is_empty()) {
            Some("The model needs a name.")
        } else if !is_tag(&languages.source) || !is_tag(&languages.target) {
            Some("The languages need tags such as de, en or pt-BR.")
        } else {
            None
        };
        wrong.set(problem);
        if problem.is_none() {
            let name = name.get_untracked().trim().to_owned();
            spawn_local(async move {
                match read(files).await {
                    Some(files) => engine.import_model(&name, languages, files),
                    None => wrong.set(Some("A file cannot be read. Choose the files again.")),
                }
            });
        }
    };
    // Once it is here, the form is for the next one.
    Effect::new(move |_| {
        if matches!(engine.models().brought.get(), Brought::There(_)) {
            chosen.set(Vec::new());
            if let Some(input) = input.get_untracked() {
                input.set_value("");
            }
        }
    });
    let checking = move || engine.models().brought.get() == Brought::Checking;
    view! {
        <form class="files" on:submit=submit>
            <div
                class="drop"
                data-over=move || over.get()
                on:dragover=move |event: ev::DragEvent| {
                    event.prevent_default();
                    over.set(true);
                }
                on:dragleave=move |_| over.set(false)
                on:drop=move |event: ev::DragEvent| {
                    event.prevent_default();
                    over.set(false);
                    take(event.data_transfer().and_then(|data| data.files()));
                }
            >
                <label for="model-files">"Open model files…"</label>
                <p id="model-files-hint">
                    "In the form of Marian and Firefox: model….bin, vocab….spm and perhaps lex….bin, also as .gz or \
                    .zst. Choose them together, or drop them here. They stay on this device."
                </p>
                <input
                    id="model-files"
                    type="file"
                    multiple
                    node_ref=input
                    aria-describedby="model-files-hint"
                    on:change=move |_| take(input.get_untracked().and_then(|input| input.files()))
                />
            </div>
            <Show when=move || chosen.with(|chosen| !chosen.is_empty())>
                <ul class="chosen">
                    {move || chosen.get().into_iter().map(|it| view! { <ChosenFile it /> }).collect_view()}
                </ul>
                <div class="fields">
                    <label>
                        "Name"
                        <input type="text" bind:value=name maxlength="60" required />
                    </label>
                    <label>
                        "From"
                        <input
                            type="text"
                            size="6"
                            prop:value=move || languages.get().source
                            on:input=move |event| languages.update(|it| it.source = event_target_value(&event))
                        />
                    </label>
                    <label>
                        "To"
                        <input
                            type="text"
                            size="6"
                            prop:value=move || languages.get().target
                            on:input=move |event| languages.update(|it| it.target = event_target_value(&event))
                        />
                    </label>
                    <button type="submit" class="primary" disabled=checking>"Check and keep"</button>
                </div>
            </Show>
            <p class="wrong" role="alert">{move || wrong.get()}</p>
            <p class="news" role="status">
                {move || match engine.models().brought.get() {
                    Brought::Nothing => "",
                    Brought::Checking => "Reading and checking the files…",
                    Brought::There(_) => "The model is on this device now.",
                }}
            </p>
        </form>
    }
}

#[component]
fn ChosenFile(it: Chosen) -> impl IntoView {
    let Chosen { file, role } = it;
    let option = |(this, value, label): (FileRole, &'static str, &'static str)| {
        view! { <option value=value selected=move || role.get() == Some(this)>{label}</option> }
    };
    let choose = move |event| {
        let value = event_target_value(&event);
        role.set(ROLES.into_iter().find(|(_, name, _)| *name == value).map(|(role, ..)| role));
    };
    let name = file.name();
    view! {
        <li>
            <span class="file">{name.clone()}</span>
            <span class="figure">{format::bytes(file.size() as u64)}</span>
            <select aria-label=format!("What {name} is") on:change=choose>
                <option value="" selected=move || role.get().is_none()>"Not used"</option>
                {ROLES.map(option).to_vec()}
            </select>
        </li>
    }
}

/// The files' bytes; none if one of them cannot be read.
async fn read(files: Vec<Chosen>) -> Option<Vec<OwnFile>> {
    let mut own = Vec::new();
    for Chosen { file, role } in files {
        let Some(role) = role.get_untracked() else { continue };
        let buffer = JsFuture::from(file.array_buffer()).await.ok()?;
        own.push(OwnFile { name: file.name(), role, bytes: js_sys::Uint8Array::new(&buffer) });
    }
    Some(own)
}

/// A form for the address of a model's manifest.
#[component]
pub(super) fn ByAddress(engine: Engine) -> impl IntoView {
    let input = NodeRef::<Input>::new();
    let wrong = RwSignal::new(None::<&'static str>);
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let Some(input) = input.get_untracked() else { return };
        let base = window().location().origin().unwrap_or_default();
        let address = web_sys::Url::new_with_base(input.value().trim(), &base).ok();
        let fit = address.filter(|url| matches!(url.protocol().as_str(), "https:" | "http:"));
        match fit {
            Some(url) if !input.value().trim().is_empty() => {
                wrong.set(None);
                engine.download_model(&url.href(), false);
            }
            _ => {
                wrong.set(Some("That is no address. It begins with https:// and ends with manifest.json."));
                let element: &web_sys::HtmlElement = input.unchecked_ref();
                // Whoever pressed the button goes on in the field.
                let _ = element.focus();
            }
        }
    };
    view! {
        <form class="by-address" on:submit=submit novalidate>
            <label for="manifest-address">"Add a model by its manifest’s address"</label>
            <div class="fields">
                <input
                    id="manifest-address"
                    type="url"
                    inputmode="url"
                    autocomplete="off"
                    spellcheck="false"
                    placeholder="https://…/manifest.json"
                    node_ref=input
                    aria-describedby="address-wrong"
                    aria-invalid=move || wrong.with(Option::is_some).to_string()
                />
                <button type="submit">"Download"</button>
            </div>
            <p id="address-wrong" class="wrong" role="alert">{move || wrong.get()}</p>
        </form>
    }
}
