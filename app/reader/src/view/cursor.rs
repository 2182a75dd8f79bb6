//! The sentence that the reader points at, marked in both languages: by mouse, by touch, or by keys.
//!
//! The article as a whole is one stop of the Tab key; within it keys move from sentence to sentence. A screen reader
//! hears nothing of that unless it asks, with Enter: it has the text itself.

use klartext_document::Document;
use leptos::{
    ev::{KeyboardEvent, MouseEvent},
    html::Div,
    prelude::*,
};
use wasm_bindgen::JsCast;
use web_sys::{Element, ScrollIntoViewOptions, ScrollLogicalPosition};

use crate::{layout, reading::Reading};

/// A block and a sentence in it.
type Place = (usize, usize);

/// What is above this many pixels is covered by the bar.
const EDGE: f64 = 96.0;

/// Which sentence is marked.
#[derive(Clone, Copy)]
pub(crate) struct Cursor {
    reading: Reading,
    root: NodeRef<Div>,
    hovered: RwSignal<Option<Place>>,
    /// Whether the pointer has rested since a key was pressed: what scrolls under it then is not pointed at.
    rests: StoredValue<bool>,
    chosen: RwSignal<Option<Place>>,
    /// What a screen reader is to say: English and German.
    pub(crate) spoken: RwSignal<(String, String)>,
}

impl Cursor {
    /// A cursor for the article drawn in `root`.
    pub(crate) fn new(reading: Reading, root: NodeRef<Div>) -> Self {
        let cursor = Self {
            reading,
            root,
            hovered: RwSignal::new(None),
            rests: StoredValue::new(false),
            chosen: RwSignal::new(None),
            spoken: RwSignal::new(Default::default()),
        };
        Effect::new(move |_| {
            let marked = cursor.hovered.get().or(cursor.chosen.get());
            // Rows are drawn anew when their sentences become known, so a mark is put where it belongs each time.
            for element in cursor.select("[data-marked]") {
                let _ = element.remove_attribute("data-marked");
            }
            for element in marked.into_iter().flat_map(|place| cursor.elements(place)) {
                let _ = element.set_attribute("data-marked", "");
            }
        });
        cursor
    }

    /// The pointer is over something.
    pub(crate) fn hover(self, event: &MouseEvent) {
        // Browsers say that the pointer moves, by nothing, when something scrolls under it.
        if event.movement_x() != 0 || event.movement_y() != 0 {
            self.rests.set_value(false);
        } else if self.rests.get_value() {
            return;
        }
        let place = place_of(event);
        if self.hovered.get_untracked() != place {
            self.hovered.set(place);
        }
    }

    /// The pointer has left the article.
    pub(crate) fn leave(self) {
        self.hovered.set(None);
    }

    /// Something was clicked or tapped: the mark stays there.
    pub(crate) fn choose(self, event: &MouseEvent) {
        if window().get_selection().ok().flatten().is_some_and(|selection| !selection.is_collapsed()) {
            // The click ended a selection of text.
            return;
        }
        let place = place_of(event);
        self.chosen.update(|chosen| *chosen = if *chosen == place { None } else { place });
    }

    /// A key was pressed while the focus is in the article.
    pub(crate) fn key(self, event: &KeyboardEvent) {
        if event.ctrl_key() || event.meta_key() {
            return;
        }
        match (event.key().as_str(), event.alt_key()) {
            ("j", false) | ("ArrowDown", true) => self.step(true),
            ("k", false) | ("ArrowUp", true) => self.step(false),
            ("Enter", false) if is_root(event) => self.speak(),
            ("Escape", _) => {
                self.hovered.set(None);
                self.chosen.set(None);
                return;
            }
            _ => return,
        }
        event.prevent_default();
    }

    fn step(self, forward: bool) {
        let lengths = self.reading.lengths();
        let next = match self.chosen.get_untracked() {
            Some(place) => layout::step(&lengths, place, forward),
            None => {
                let block = self.first_visible() as usize;
                let here = lengths.get(block).is_some_and(|&length| length > 0).then_some((block, 0));
                here.or_else(|| layout::step(&lengths, (block, 0), true))
            }
        };
        let Some(place) = next else { return };
        self.hovered.set(None);
        self.rests.set_value(true);
        self.chosen.set(Some(place));
        let shown = |element: &Element| element.get_client_rects().length() > 0;
        if let Some(element) = self.elements(place).into_iter().find(shown) {
            let options = ScrollIntoViewOptions::new();
            options.set_block(ScrollLogicalPosition::Nearest);
            element.scroll_into_view_with_scroll_into_view_options(&options);
        }
    }

    fn speak(self) {
        let Some((block, sentence)) = self.chosen.get_untracked() else { return };
        let document = self.reading.document();
        let Some(found) =
            self.reading.sentences(block).get_untracked().and_then(|all| all.get(sentence).cloned())
        else {
            return;
        };
        let german = text_of(&document, block, found.span);
        let english = found.target.with_untracked(|target| {
            target.as_ref().map_or_else(|| "Not translated yet.".to_owned(), |it| layout::text(&it.runs))
        });
        self.spoken.set((english, german));
    }

    /// The first block that can be seen, by its index in the article.
    pub(crate) fn first_visible(self) -> u32 {
        let Some(blocks) =
            self.root.get_untracked().and_then(|root| root.query_selector_all("[data-index]").ok())
        else {
            return 0;
        };
        let block = |at: u32| blocks.item(at).and_then(|node| node.dyn_into::<Element>().ok());
        // Blocks stand below each other in their order, so a few looks find the first one that is not above the edge.
        let (mut low, mut high) = (0, blocks.length().saturating_sub(1));
        while low < high {
            let middle = low + (high - low) / 2;
            if block(middle).is_some_and(|block| block.get_bounding_client_rect().bottom() <= EDGE) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        block(low).and_then(|block| number(&block, "data-index")).unwrap_or(0)
    }

    fn elements(self, (block, sentence): Place) -> Vec<Element> {
        self.select(&format!("[data-block=\"{block}\"] [data-sentence=\"{sentence}\"]"))
    }

    fn select(self, selector: &str) -> Vec<Element> {
        let Some(root) = self.root.get_untracked() else { return Vec::new() };
        let Ok(found) = root.query_selector_all(selector) else { return Vec::new() };
        (0..found.length()).filter_map(|at| found.item(at)?.dyn_into().ok()).collect()
    }
}

fn text_of(document: &Document, block: usize, span: std::ops::Range<usize>) -> String {
    document.blocks.get(block).map(|block| layout::text(&block.slice(span))).unwrap_or_default()
}

/// Whether the focus is on the article itself and not on a link in it.
fn is_root(event: &KeyboardEvent) -> bool {
    event.target() == event.current_target()
}

fn place_of(event: &MouseEvent) -> Option<Place> {
    let element: Element = event.target()?.dyn_into().ok()?;
    let sentence = element.closest("[data-sentence]").ok()??;
    let block = sentence.closest("[data-block]").ok()??;
    Some((number(&block, "data-block")?, number(&sentence, "data-sentence")?))
}

fn number<T: std::str::FromStr>(element: &Element, attribute: &str) -> Option<T> {
    element.get_attribute(attribute)?.parse().ok()
}
