//! Which languages are shown, and the switch for it.

use leptos::prelude::*;

use crate::{
    browser::settings,
    engine::models::Models,
    languages::{self, Languages},
};

/// Which languages are shown: English stands for what the model writes, German for what it reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    English,
    Both,
    German,
}

impl Mode {
    const ALL: [Self; 3] = [Self::English, Self::Both, Self::German];
    const SETTING: &str = "klartext.view";

    /// The mode that the reader chose last.
    pub(crate) fn stored() -> Self {
        let name = settings::get(Self::SETTING);
        Self::ALL.into_iter().find(|mode| name.as_deref() == Some(mode.name())).unwrap_or(Self::Both)
    }

    /// A name for style sheets and storage.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Both => "both",
            Self::German => "de",
        }
    }

    fn label(self, languages: &Languages) -> String {
        match self {
            Self::English => format!("{} only", languages::name(&languages.target)),
            Self::Both => "Both".to_owned(),
            Self::German => languages::name(&languages.source),
        }
    }
}

/// Three buttons of which one is pressed.
#[component]
pub(crate) fn ModeSwitch(mode: RwSignal<Mode>, models: Models) -> impl IntoView {
    let button = move |this: Mode| {
        let choose = move |_| {
            mode.set(this);
            settings::set(Mode::SETTING, this.name());
        };
        view! {
            <button type="button" aria-pressed=move || (mode.get() == this).to_string() on:click=choose>
                {move || this.label(&models.languages())}
            </button>
        }
    };
    view! { <div class="modes" role="group" aria-label="Languages">{Mode::ALL.map(button).to_vec()}</div> }
}
