//! A box for a text of one's own.

use leptos::{ev, html::Textarea, prelude::*};
use leptos_router::hooks::use_navigate;

use crate::{
    browser::{arrived, session},
    engine::Engine,
    format, inbox, languages,
    share::{LIMIT, Refusal},
};

/// The text that was pasted last, kept until the tab is closed.
#[derive(Clone, Copy)]
pub(crate) struct Pasted(pub(crate) RwSignal<String>);

impl Pasted {
    const KEY: &str = "klartext.pasted";

    /// The text of this tab.
    pub(crate) fn restored() -> Self {
        Self(RwSignal::new(session::get(Self::KEY).unwrap_or_default()))
    }

    fn keep(self, text: String) {
        session::set(Self::KEY, &text);
        self.0.set(text);
    }
}

/// What is wrong with a text, if anything.
fn objection(text: &str) -> Option<String> {
    if text.trim().is_empty() {
        Some("There is no text yet. Paste an article into the box.".to_owned())
    } else if text.len() > LIMIT {
        let (is, may) = (format::bytes(text.len() as u64), format::bytes(LIMIT as u64));
        Some(format!("This text has {is}; at most {may} can be read at once. Take a part of it."))
    } else {
        None
    }
}

/// The page with the box.
#[component]
pub(crate) fn PastePage() -> impl IntoView {
    arrived("Paste a text");
    let pasted = expect_context::<Pasted>();
    let models = expect_context::<Engine>().models();
    let source = move || models.languages().source;
    let target = move || languages::name(&models.languages().target);
    let area = NodeRef::<Textarea>::new();
    let navigate = use_navigate();
    let wrong = RwSignal::new(None::<String>);
    let length = RwSignal::new(pasted.0.with_untracked(String::len));
    // Only its length is followed while it is typed: the text may be long.
    let measure = move |_| {
        if let Some(area) = area.get_untracked() {
            length.set(area.text_length() as usize);
            wrong.set(None);
        }
    };
    let keep = move || {
        let text = area.get_untracked().map(|area| area.value()).unwrap_or_default();
        pasted.keep(text);
    };
    let submit = move || {
        keep();
        let objection = pasted.0.with_untracked(|text| objection(text));
        if objection.is_none() {
            navigate("/paste/read", Default::default());
        } else if let Some(area) = area.get_untracked() {
            // Whoever pressed the button goes on in the box.
            let _ = area.focus();
        }
        wrong.set(objection);
    };
    let submit_by_key = {
        let submit = submit.clone();
        move |event: ev::KeyboardEvent| {
            if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
                event.prevent_default();
                submit();
            }
        }
    };
    // What another program hands over is as good as pasted, and meant to be read.
    inbox::listen({
        let submit = submit.clone();
        move |text: Result<String, Refusal>| match (text, area.try_get_untracked().flatten()) {
            (Ok(text), Some(area)) => {
                area.set_value(&text);
                submit();
            }
            (Err(refusal), Some(_)) => wrong.set(Some(refusal.to_string())),
            // The person has left the page meanwhile.
            (_, None) => {}
        }
    });
    view! {
        <div class="page narrow">
            <h1 tabindex="-1">"Paste a text"</h1>
            <p class="standfirst">
                "An article, as it comes from the clipboard. Headline, date and paragraphs are told apart; \
                nothing is sent anywhere."
            </p>
            <form class="paste" on:submit=move |event: ev::SubmitEvent| {
                event.prevent_default();
                submit();
            }>
                <label for="text">{move || format!("{} text", languages::name(&source()))}</label>
                <textarea
                    id="text"
                    lang=source
                    rows="12"
                    spellcheck="false"
                    autocomplete="off"
                    node_ref=area
                    prop:value=pasted.0.get_untracked()
                    aria-describedby="wrong length"
                    aria-invalid=move || wrong.with(Option::is_some).to_string()
                    on:input=measure
                    on:change=move |_| keep()
                    on:keydown=submit_by_key
                ></textarea>
                <p id="wrong" class="wrong" role="alert">{move || wrong.get()}</p>
                <div class="under">
                    <p id="length" class="figure">{move || format::count(length.get() as u64, "character")}</p>
                    <button type="submit" class="primary" aria-keyshortcuts="Control+Enter">
                        {move || format!("Read in {}", target())}
                    </button>
                </div>
            </form>
        </div>
    }
}
