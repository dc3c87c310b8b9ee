//! What a page says when it cannot show what was asked for.

use super::{Tone, prose};
use crate::backend::Problem;
use leptos::prelude::*;
use std::time::Duration;

/// A boxed message with a shape and a word.
#[component]
pub(crate) fn Notice(tone: Tone, #[prop(into)] title: String, children: Children) -> impl IntoView {
    view! {
        <div class=format!("notice {}", tone.class())>
            <p class="notice-title">
                <span class="shape" aria-hidden="true">{tone.shape()}</span>
                {title}
            </p>
            <div class="notice-body">{children()}</div>
        </div>
    }
    .into_any()
}

/// What was wrong with what was sent last, below the form that sent it. Where the focus was on what is gone or cannot be pressed any more, it
/// goes to the message, and not to the beginning of the page.
pub(crate) fn failure(problem: impl Fn() -> Option<Problem> + Send + Sync + 'static) -> AnyView {
    failed(Signal::derive(problem))
}

fn failed(problem: Signal<Option<Problem>>) -> AnyView {
    let place = NodeRef::<leptos::html::Div>::new();
    Effect::new(move |_| {
        if problem.with(Option::is_some) {
            set_timeout(
                move || {
                    if let Some(place) = place.get_untracked().filter(|_| is_nowhere()) {
                        _ = place.focus();
                    }
                },
                Duration::ZERO,
            );
        }
    });
    view! {
        <div class="failure" tabindex="-1" aria-live="assertive" node_ref=place>
            {move || problem.get().map(|problem| view! { <ProblemView problem /> })}
        </div>
    }
    .into_any()
}

/// Whether nothing has the focus, or something that cannot be pressed.
fn is_nowhere() -> bool {
    document().active_element().is_none_or(|active| active.tag_name() == "BODY" || active.has_attribute("disabled"))
}

/// A problem, in place of a page or beside a form.
#[component]
pub(crate) fn ProblemView(problem: Problem) -> impl IntoView {
    let (tone, title, next) = match &problem {
        Problem::Refused(_) => (Tone::Denied, "Refused", "Nothing was changed. Fix what is named here and send it again."),
        Problem::NotFound(_) => (Tone::Unknown, "Not found", "It may have been deleted since the link was made."),
        Problem::Stale(_) => (Tone::Changes, "The cluster has moved", "Nothing was changed. Load the page again and review what moved."),
        Problem::Anonymous => (Tone::Denied, "Not signed in", "The link is printed where `portcullis` was started, and works once."),
        Problem::Unreachable(_) => {
            (Tone::Unknown, "The cluster does not answer", "Portcullis keeps trying; the page loads by itself once it answers.")
        }
        Problem::Internal(_) => (Tone::Denied, "Portcullis failed", "Load the page again; if it fails again, read the log."),
        Problem::Transport(_) => (Tone::Unknown, "No answer", "Check that `portcullis serve` still runs, then load the page again."),
    };
    view! {
        <div role="alert">
            <Notice tone title>
                <p>{prose(&problem.to_string())}</p>
                <p class="dim">{prose(next)}</p>
            </Notice>
        </div>
    }
    .into_any()
}
