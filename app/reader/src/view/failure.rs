//! A failure as a person sees it: what happened, what to do, and a button where trying again can help.

use klartext_protocol::EngineError;
use leptos::prelude::*;

use crate::failure::{Explanation, explain};

/// A failure with its explanation.
#[component]
pub(crate) fn Failure(
    what: Explanation,
    /// For a developer: a code and what exactly it was.
    #[prop(into)]
    detail: String,
    #[prop(into)] code: String,
    again: Callback<()>,
) -> impl IntoView {
    view! {
        <section class="failure" role="alert" data-testid="failure" data-code=code>
            <h2>{what.title}</h2>
            <p>{what.text}</p>
            {what.again.then(|| view! {
                <button type="button" class="primary" on:click=move |_| again.run(())>"Try again"</button>
            })}
            <details>
                <summary>"Technical details"</summary>
                <p class="detail">{detail}</p>
            </details>
        </section>
    }
}

/// A failure of the engine.
#[component]
pub(crate) fn EngineFailure(error: EngineError, again: Callback<()>) -> impl IntoView {
    let code = serde_json::to_string(&error.code).unwrap_or_default().trim_matches('"').to_owned();
    view! { <Failure what=explain(error.code) detail=format!("{code}: {}", error.message) code again /> }
}
