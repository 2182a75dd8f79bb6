//! The languages of a model, and what they are called.

use serde::{Deserialize, Serialize};

/// What a model reads and what it writes, as BCP 47 tags.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Languages {
    /// What it reads.
    pub source: String,
    /// What it writes.
    pub target: String,
}

impl Default for Languages {
    fn default() -> Self {
        Self { source: "de".to_owned(), target: "en".to_owned() }
    }
}

impl Languages {
    /// Of tags.
    pub fn new(source: &str, target: &str) -> Self {
        Self { source: source.to_owned(), target: target.to_owned() }
    }
}

/// Whether a text can be a language's tag: `de`, `pt-BR`.
pub fn is_tag(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let first = parts.next().unwrap_or_default();
    (2..=8).contains(&first.len())
        && first.bytes().all(|byte| byte.is_ascii_alphabetic())
        && parts.all(|part| {
            (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}

/// What a language is called in English: "German". The tag itself where nobody knows.
#[cfg(target_arch = "wasm32")]
pub fn name(tag: &str) -> String {
    use wasm_bindgen::prelude::*;

    #[wasm_bindgen]
    extern "C" {
        type DisplayNames;
        #[wasm_bindgen(constructor, js_namespace = Intl, catch)]
        fn new(locale: &str, options: &JsValue) -> Result<DisplayNames, JsValue>;
        #[wasm_bindgen(method, catch)]
        fn of(this: &DisplayNames, tag: &str) -> Result<JsValue, JsValue>;
    }

    // The two of the usual model, without asking.
    match tag {
        "de" => return "German".to_owned(),
        "en" => return "English".to_owned(),
        _ => {}
    }
    let options = js_sys::Object::new();
    // A new object takes whatever it is given.
    let _ = js_sys::Reflect::set(&options, &"type".into(), &"language".into());
    DisplayNames::new("en", &options)
        .and_then(|names| names.of(tag))
        .ok()
        .and_then(|name| name.as_string())
        .unwrap_or_else(|| tag.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_told_from_other_words() {
        for tag in ["de", "en", "pt-BR", "zh-Hant", "gsw"] {
            assert!(is_tag(tag), "{tag}");
        }
        for wrong in ["", "d", "d3", "German language", "de_AT", "-de", "de-"] {
            assert!(!is_tag(wrong), "{wrong}");
        }
    }
}
