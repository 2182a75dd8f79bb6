//! The reader: German articles in, English beside them, in the browser's window.
//!
//! It knows nothing of models. Articles are `klartext_document::Document`s, the engine is a Web Worker that speaks
//! `klartext_protocol`, and what comes from outside becomes text nodes and attributes, never HTML.
//!
//! What needs no browser (how things are counted and dated, which links are kept, how an article is cut into rows) is
//! compiled and tested natively; the rest exists for wasm only.

pub mod catalogue;
pub mod failure;
pub mod format;
pub mod inline;
pub mod languages;
pub mod layout;
pub mod links;
pub mod share;
pub mod watch;

#[cfg(target_arch = "wasm32")]
mod app;
#[cfg(target_arch = "wasm32")]
mod browser;
#[cfg(target_arch = "wasm32")]
mod dom;
#[cfg(target_arch = "wasm32")]
mod engine;
#[cfg(target_arch = "wasm32")]
mod headlines;
#[cfg(target_arch = "wasm32")]
mod inbox;
#[cfg(target_arch = "wasm32")]
mod install;
#[cfg(target_arch = "wasm32")]
mod offline;
#[cfg(target_arch = "wasm32")]
#[expect(unreachable_pub, reason = "leptos makes the components' properties public")]
mod pages;
#[cfg(target_arch = "wasm32")]
mod reading;
#[cfg(target_arch = "wasm32")]
#[expect(unreachable_pub, reason = "leptos makes the components' properties public")]
mod view;

/// Puts the reader into `<div id="app">`, or into `<body>` where there is none.
#[cfg(target_arch = "wasm32")]
#[wasm_bindgen::prelude::wasm_bindgen(start)]
pub fn start() {
    console_error_panic_hook::set_once();
    app::mount();
}
