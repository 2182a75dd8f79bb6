//! What this device remembers of models: which one the reader wants, and how fast each has been.

use std::collections::BTreeMap;

use leptos::prelude::window;
use serde::{Deserialize, Serialize};

use crate::{browser::settings, languages::Languages};

const CHOICE: &str = "klartext-model";
const SPEEDS: &str = "klartext-model-speeds";

/// The model of whoever has chosen none.
const USUAL: &str = "/models/deen/manifest.json";

/// Words that a speed is a mean of: with more of them, older ones count for half.
const WORDS: f64 = 4000.0;

/// The model that the reader wants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Choice {
    /// Its manifest's address, absolute.
    pub(crate) address: String,
    /// Its languages, which have to be known before it is loaded.
    pub(crate) languages: Languages,
}

/// The model that the reader wants.
pub(crate) fn chosen() -> Choice {
    // What an older version kept otherwise is no choice.
    settings::get(CHOICE).and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_else(usual)
}

/// The model of whoever has chosen none.
pub(crate) fn usual() -> Choice {
    let origin = window().location().origin().unwrap_or_default();
    Choice { address: format!("{origin}{USUAL}"), languages: Languages::default() }
}

/// Keeps the reader's choice.
pub(super) fn choose(choice: &Choice) {
    // Plain data of our own.
    if let Ok(text) = serde_json::to_string(choice) {
        settings::set(CHOICE, &text);
    }
}

/// How fast a model has been: words, and the milliseconds that they took.
type Speeds = BTreeMap<String, (f64, f64)>;

fn speeds() -> Speeds {
    settings::get(SPEEDS).and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

fn keep(speeds: &Speeds) {
    // Plain data of our own.
    if let Ok(text) = serde_json::to_string(speeds) {
        settings::set(SPEEDS, &text);
    }
}

fn key(address: &str, version: &str) -> String {
    format!("{address} {version}")
}

/// Whether a key is of a model, in whatever version.
fn is_of(key: &str, address: &str) -> bool {
    key.strip_prefix(address).is_some_and(|rest| rest.starts_with(' '))
}

/// Remembers what a job took.
pub(super) fn note_speed(address: &str, version: &str, words: u32, ms: f64) {
    if words == 0 || ms <= 0.0 {
        return;
    }
    let mut speeds = speeds();
    // Of older versions nobody asks any more.
    speeds.retain(|known, _| !is_of(known, address) || *known == key(address, version));
    let (sum, time) = speeds.entry(key(address, version)).or_default();
    if *sum > WORDS {
        (*sum, *time) = (*sum / 2.0, *time / 2.0);
    }
    *sum += f64::from(words);
    *time += ms;
    keep(&speeds);
}

/// Whether a model has translated here before.
pub(super) fn has_translated(address: &str) -> bool {
    speeds().keys().any(|known| is_of(known, address))
}

/// Forgets a model that is no longer here.
pub(super) fn forget(address: &str) {
    let mut speeds = speeds();
    speeds.retain(|known, _| !is_of(known, address));
    keep(&speeds);
}

/// How fast a model has been here, in words a second.
pub(crate) fn speed(address: &str, version: &str) -> Option<f64> {
    speeds().get(&key(address, version)).map(|(words, ms)| words * 1e3 / ms)
}
