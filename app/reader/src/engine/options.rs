//! What the engine may compute with: the address bar's wish for this visit, the reader's setting, and what trials have
//! shown on this device.

use klartext_protocol::{EngineChoice, EngineOptions, Measured};
use leptos::prelude::window;

use crate::browser::settings;

const CHOICE: &str = "klartext-engine";
const MEASURED: &str = "klartext-speeds";

/// Adapters that are remembered; whoever has more of them gets the oldest measured again.
const ADAPTERS: usize = 8;

/// What holds now. `?engine=cpu` and `?engine=gpu` go before the setting, for as long as the page is open.
pub(super) fn load() -> EngineOptions {
    EngineOptions { choice: wished().unwrap_or_else(choice), measured: measured(), workers: workers() }
}

/// The reader's setting.
pub(crate) fn choice() -> EngineChoice {
    settings::get(CHOICE).and_then(|name| named(&name)).unwrap_or_default()
}

/// Keeps the reader's setting.
pub(super) fn set_choice(choice: EngineChoice) {
    settings::set(CHOICE, name(choice));
}

/// Remembers a trial, in the place of an earlier one on the same adapter.
pub(super) fn remember(trial: Measured) {
    let mut measured = measured();
    measured.retain(|other| other.adapter != trial.adapter);
    measured.push(trial);
    let from = measured.len().saturating_sub(ADAPTERS);
    // Plain data of our own.
    if let Ok(text) = serde_json::to_string(&measured[from..]) {
        settings::set(MEASURED, &text);
    }
}

fn measured() -> Vec<Measured> {
    // What an older version kept otherwise is measured again.
    settings::get(MEASURED).and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

fn wished() -> Option<EngineChoice> {
    let query = window().location().search().ok()?;
    query.trim_start_matches('?').split('&').find_map(|part| named(part.strip_prefix("engine=")?))
}

/// `?workers=2` for this visit: so many, this one included.
fn workers() -> Option<u32> {
    let query = window().location().search().ok()?;
    query.trim_start_matches('?').split('&').find_map(|part| part.strip_prefix("workers=")?.parse().ok())
}

fn named(text: &str) -> Option<EngineChoice> {
    [EngineChoice::Auto, EngineChoice::Cpu, EngineChoice::Gpu]
        .into_iter()
        .find(|&choice| name(choice) == text)
}

/// The name of a choice in addresses and settings.
pub(crate) fn name(choice: EngineChoice) -> &'static str {
    match choice {
        EngineChoice::Auto => "auto",
        EngineChoice::Cpu => "cpu",
        EngineChoice::Gpu => "gpu",
    }
}
