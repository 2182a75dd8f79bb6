//! Draws inline runs: text nodes in the elements that their markup asks for.

use klartext_document::Run;
use leptos::prelude::*;

use crate::{inline::by_link, links};

/// Runs, with their markup. A link whose address is not one that a text may lead to is text.
pub(crate) fn runs(runs: &[Run]) -> Vec<AnyView> {
    by_link(runs)
        .map(|(link, part)| {
            let inner: Vec<_> = part.iter().map(marked).collect();
            match link.filter(|link| links::is_safe(link)) {
                Some(link) => {
                    let rel = links::is_external(link).then_some("noopener noreferrer");
                    view! { <a href=link.to_owned() rel=rel>{inner}</a> }.into_any()
                }
                None => inner.into_any(),
            }
        })
        .collect()
}

fn marked(run: &Run) -> AnyView {
    let mut view = run.text.clone().into_any();
    if run.mark.code {
        view = view! { <code translate="no">{view}</code> }.into_any();
    }
    if run.mark.italic {
        view = view! { <em>{view}</em> }.into_any();
    }
    if run.mark.bold {
        view = view! { <strong>{view}</strong> }.into_any();
    }
    view
}
