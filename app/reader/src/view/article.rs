//! An article in both languages.

use std::{sync::Arc, time::Duration};

use klartext_document::{Block, BlockKind, Document};
use leptos::{ev, html::Div, leptos_dom::helpers::request_animation_frame, prelude::*};

use super::{
    cursor::Cursor,
    modes::{Mode, ModeSwitch},
    newer::NewerOffer,
    panel::EnginePanel,
    row::rows,
    status::StatusBar,
};
use crate::{
    browser::{arrived, set_title, throttle},
    engine::Engine,
    layout::{Group, groups},
    reading::{Phase, Reading},
};

/// So many groups are drawn in one go; the next follow frame by frame, so that no article holds the page up.
const DRAWN_AT_ONCE: usize = 12;

/// Articles with more blocks than this let the browser skip the layout of what is off the screen.
const LONG: usize = 200;

/// How often the engine hears where the reader looks.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// An article, and its translation as it comes.
#[component]
pub(crate) fn ArticleView(
    document: Arc<Document>,
    engine: Engine,
    /// The headline where the article has none.
    #[prop(into)]
    title: String,
) -> impl IntoView {
    let headline = document.blocks.iter().position(|block| block.kind == BlockKind::Headline);
    let long = document.blocks.len() > LONG;
    let reading = Reading::new(document.clone(), engine);
    let root = NodeRef::<Div>::new();
    let cursor = Cursor::new(reading, root);
    let mode = RwSignal::new(Mode::stored());
    let models = engine.models();

    arrived(&headline.map_or_else(|| title.clone(), |at| document.blocks[at].text()));
    Effect::new(move |_| {
        if let Some(english) = headline.and_then(|at| reading.english(at)) {
            set_title(&english);
        }
    });

    let start = Callback::new(move |()| reading.start(cursor.first_visible()));
    let cancel = Callback::new(move |()| reading.cancel());
    let is_idle = move || reading.progress.phase.try_get_untracked() == Some(Phase::Idle);
    Effect::new(move |_| {
        // Whoever wants German alone needs no translation, until they do.
        if mode.get() != Mode::German && is_idle() {
            // After the first rows are on the screen: a long article takes its time to be sent.
            set_timeout(
                move || {
                    if is_idle() {
                        start.run(());
                    }
                },
                Duration::ZERO,
            );
        }
    });
    on_cleanup(move || reading.close());

    let look = throttle(LOOK_EVERY, move || {
        if !reading.is_closed() {
            reading.look_at(cursor.first_visible());
        }
    });
    let scrolling = window_event_listener(ev::scroll, move |_| look());
    on_cleanup(move || scrolling.remove());

    view! {
        <article
            class="article"
            data-view=move || mode.get().name()
            data-phase=move || reading.progress.phase.with(Phase::name)
            data-long=long
        >
            <div class="toolbar">
                <ModeSwitch mode models />
                <StatusBar engine progress=reading.progress cancel start />
                <EnginePanel engine progress=reading.progress />
                <NewerOffer engine />
            </div>
            {headline.is_none().then(|| view! { <h1 class="untitled" tabindex="-1">{title}</h1> })}
            <div
                class="text"
                node_ref=root
                tabindex="0"
                role="group"
                aria-label="Article, sentence by sentence"
                aria-describedby="keys"
                on:mousemove=move |event| cursor.hover(&event)
                on:mouseleave=move |_| cursor.leave()
                on:click=move |event| cursor.choose(&event)
                on:keydown=move |event| cursor.key(&event)
            >
                <Blocks reading headline />
            </div>
            <p class="keys" id="keys">
                <kbd>"j"</kbd>" and "<kbd>"k"</kbd>" move from sentence to sentence, "<kbd>"Enter"</kbd>
                " reads one out in both languages, "<kbd>"Esc"</kbd>" takes the mark away."
            </p>
            <p class="visually-hidden" aria-live="polite" data-testid="spoken">
                <span lang=move || models.languages().target>{move || cursor.spoken.get().0}</span>
                " "
                <span lang=move || models.languages().source>{move || cursor.spoken.get().1}</span>
            </p>
        </article>
    }
}

/// All blocks, drawn bit by bit.
#[component]
fn Blocks(
    reading: Reading,
    /// The block that is the page's headline.
    headline: Option<usize>,
) -> impl IntoView {
    let document = reading.document();
    let groups = Arc::new(groups(&document.blocks));
    let total = groups.len();
    let drawn = RwSignal::new(total.min(DRAWN_AT_ONCE));
    Effect::new(move |_| {
        if drawn.get() < total {
            // The page may be left before the frame comes.
            request_animation_frame(move || {
                let _ = drawn.try_update(|drawn| *drawn = total.min(*drawn + DRAWN_AT_ONCE));
            });
        }
    });
    let draw = move |at: usize| match &groups[at] {
        Group::One(index) => single(reading, *index, &document.blocks[*index], headline == Some(*index)),
        Group::List { ordered, start, items } => {
            let item = |index: usize| {
                view! { <li class="block" data-index=index>{rows(reading, index, &document.blocks[index])}</li> }
            };
            let items = items.clone().map(item).collect_view();
            if *ordered {
                view! { <ol class="list" start=*start>{items}</ol> }.into_any()
            } else {
                view! { <ul class="list">{items}</ul> }.into_any()
            }
        }
    };
    view! { <For each=move || 0..drawn.get() key=|at| *at children=draw /> }
}

/// A block that stands alone.
fn single(reading: Reading, index: usize, block: &Block, is_title: bool) -> AnyView {
    let inner = rows(reading, index, block);
    match block.kind {
        BlockKind::Headline if is_title => {
            view! { <h1 class="block" data-kind="headline" data-index=index tabindex="-1">{inner}</h1> }
                .into_any()
        }
        BlockKind::Headline | BlockKind::Heading => {
            view! { <h2 class="block" data-kind="heading" data-index=index>{inner}</h2> }.into_any()
        }
        BlockKind::Quote => {
            view! { <blockquote class="block" data-kind="quote" data-index=index>{inner}</blockquote> }
                .into_any()
        }
        kind => view! { <div class="block" data-kind=name(kind) data-index=index>{inner}</div> }.into_any(),
    }
}

/// A block's kind for the style sheet.
fn name(kind: BlockKind) -> &'static str {
    match kind {
        BlockKind::Standfirst => "standfirst",
        BlockKind::Byline => "byline",
        BlockKind::Date => "date",
        BlockKind::Caption => "caption",
        BlockKind::Code => "code",
        _ => "paragraph",
    }
}
