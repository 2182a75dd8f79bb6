//! The few things asked of the browser itself: files, settings, the title, the focus.

use std::time::Duration;

use leptos::{leptos_dom::helpers::request_animation_frame, prelude::*};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::{failure::PageError, format::Day};

/// Fetches a text file of this site.
pub(crate) async fn fetch_text(path: &str) -> Result<String, PageError> {
    let unreachable = |_: JsValue| {
        if window().navigator().on_line() { PageError::Unreachable } else { PageError::Offline }
    };
    let response = JsFuture::from(window().fetch_with_str(path)).await.map_err(unreachable)?;
    let response: web_sys::Response = response.dyn_into().map_err(unreachable)?;
    match response.status() {
        200..300 => {}
        404 | 410 => return Err(PageError::Missing),
        status => return Err(PageError::Status(status)),
    }
    let text = JsFuture::from(response.text().map_err(unreachable)?).await.map_err(unreachable)?;
    text.as_string().ok_or(PageError::Unreachable)
}

/// Today, where the reader is.
pub(crate) fn today() -> Day {
    let now = js_sys::Date::new_0();
    Day {
        year: now.get_full_year().into(),
        month: i64::from(now.get_month()) + 1,
        day: now.get_date().into(),
    }
}

/// What is kept from visit to visit. Browsers may forbid it, which costs convenience and nothing else.
pub(crate) mod settings {
    use super::window;

    /// A setting, if it is there and may be read.
    pub(crate) fn get(name: &str) -> Option<String> {
        window().local_storage().ok()??.get_item(name).ok()?
    }

    /// Keeps a setting, if that may be done.
    pub(crate) fn set(name: &str, value: &str) {
        if let Ok(Some(storage)) = window().local_storage() {
            // Full or forbidden: the setting then holds until the page is closed.
            let _ = storage.set_item(name, value);
        }
    }
}

/// What is kept until the tab is closed.
pub(crate) mod session {
    use super::window;

    /// What was kept under a name.
    pub(crate) fn get(name: &str) -> Option<String> {
        window().session_storage().ok()??.get_item(name).ok()?
    }

    /// Keeps a text under a name, if there is room.
    pub(crate) fn set(name: &str, value: &str) {
        if let Ok(Some(storage)) = window().session_storage() {
            // Too long or forbidden: the text still is in the page's own memory.
            let _ = storage.set_item(name, value);
        }
    }
}

/// Names the page in the title bar.
pub(crate) fn set_title(title: &str) {
    let title = if title.is_empty() { "Klartext".to_owned() } else { format!("{title} – Klartext") };
    document().set_title(&title);
}

/// The path that the app was opened at, until the reader goes elsewhere: there the browser has put the focus where it
/// belongs.
#[derive(Clone, Copy)]
pub(crate) struct Visit(StoredValue<Option<String>>);

impl Visit {
    /// At the start of the app.
    pub(crate) fn begin() -> Self {
        Self(StoredValue::new(Some(path())))
    }

    /// Whether the reader has not gone anywhere yet.
    fn is_first(self) -> bool {
        let here = path();
        self.0.try_update_value(|first| first.take_if(|first| *first != here)).is_some()
            && self.0.with_value(Option::is_some)
    }
}

fn path() -> String {
    window().location().pathname().unwrap_or_default()
}

/// A page's content is there: names it, and after a navigation moves the focus to its headline, so that a screen reader
/// reads it and the Tab key goes on from there.
pub(crate) fn arrived(title: &str) {
    set_title(title);
    focus_headline(use_context::<Visit>(), headline(), FRAMES);
}

/// So many frames the page may take to get into its place.
const FRAMES: u32 = 60;

fn headline() -> Option<web_sys::Element> {
    document().query_selector("main h1").ok()?
}

/// Moves the focus to the headline, once that is no longer the last page's: the router puts a page into its place, and
/// changes the address, some frames after it was made.
fn focus_headline(visit: Option<Visit>, last: Option<web_sys::Element>, frames: u32) {
    request_animation_frame(move || match headline() {
        here if here == last && frames > 0 => focus_headline(visit, last, frames - 1),
        Some(here) if !visit.is_some_and(Visit::is_first) => focus(&here, false),
        _ => {}
    });
}

/// Moves the focus to an element.
pub(crate) fn focus(element: &web_sys::Element, scroll: bool) {
    if let Some(element) = element.dyn_ref::<web_sys::HtmlElement>() {
        let options = web_sys::FocusOptions::new();
        options.set_prevent_scroll(!scroll);
        // An element that has gone meanwhile needs no focus.
        let _ = element.focus_with_options(&options);
    }
}

/// Calls `act` at most once in `period`, the last time after the last call.
pub(crate) fn throttle(period: Duration, act: impl Fn() + 'static) -> impl Fn() {
    let act = std::rc::Rc::new(act);
    let waiting = std::rc::Rc::new(std::cell::Cell::new(false));
    move || {
        if !waiting.replace(true) {
            let (act, waiting) = (act.clone(), waiting.clone());
            set_timeout(
                move || {
                    waiting.set(false);
                    act();
                },
                period,
            );
        }
    }
}
