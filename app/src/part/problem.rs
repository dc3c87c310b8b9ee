//! What a page says when it cannot show what was asked for.

use super::{Tone, prose};
use crate::backend::Problem;
use leptos::prelude::*;

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
