//! Which languages are shown, and the switch for it.

use leptos::prelude::*;

use crate::browser::settings;

/// Which languages are shown.
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

    fn label(self) -> &'static str {
        match self {
            Self::English => "English only",
            Self::Both => "Both",
            Self::German => "German",
        }
    }
}

/// Three buttons of which one is pressed.
#[component]
pub(crate) fn ModeSwitch(mode: RwSignal<Mode>) -> impl IntoView {
    let button = move |this: Mode| {
        let choose = move |_| {
            mode.set(this);
            settings::set(Mode::SETTING, this.name());
        };
        view! {
            <button type="button" aria-pressed=move || (mode.get() == this).to_string() on:click=choose>
                {this.label()}
            </button>
        }
    };
    view! { <div class="modes" role="group" aria-label="Languages">{Mode::ALL.map(button).to_vec()}</div> }
}
