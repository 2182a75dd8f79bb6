//! What the engine may compute with: the address bar's wish for this visit, the reader's setting, and what trials have
//! shown on this device.

use std::cell::Cell;

use klartext_protocol::{EngineChoice, EngineOptions, Measured};
use leptos::prelude::window;

use crate::browser::settings;

const CHOICE: &str = "klartext-engine";
const MEASURED: &str = "klartext-speeds";

/// Adapters that are remembered; whoever has more of them gets the oldest measured again.
const ADAPTERS: usize = 8;

thread_local! {
    /// What the address wished for when the page was opened: the choice, and how many workers.
    static WISH: Cell<(Option<EngineChoice>, Option<u32>)> = const { Cell::new((None, None)) };
}

/// Reads the address: `?engine=cpu` and `?engine=gpu` go before the setting until the page is closed or the reader chooses
/// otherwise, `?workers=2` has so many workers compute. To be called before the reader goes elsewhere in the page.
pub(super) fn read_address() {
    let query = window().location().search().unwrap_or_default();
    let value = |name: &str| {
        let mut parts = query.trim_start_matches('?').split('&').filter_map(|part| part.split_once('='));
        parts.find_map(|(key, value)| (key == name).then_some(value))
    };
    WISH.set((value("engine").and_then(named), value("workers").and_then(|count| count.parse().ok())));
}

/// What holds now.
pub(super) fn load() -> EngineOptions {
    let (wish, workers) = WISH.get();
    EngineOptions { choice: wish.unwrap_or_else(choice), measured: measured(), workers }
}

/// The reader's setting.
pub(crate) fn choice() -> EngineChoice {
    settings::get(CHOICE).and_then(|name| named(&name)).unwrap_or_default()
}

/// Keeps the reader's setting.
pub(super) fn set_choice(choice: EngineChoice) {
    settings::set(CHOICE, name(choice));
    let (_, workers) = WISH.get();
    WISH.set((None, workers));
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
