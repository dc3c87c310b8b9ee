//! Copying a longer text. What is short enough to stand in an attribute has `data-copy` and is copied by one listener for the whole document
//! (`crate::frame::handlers`).

use super::{Icon, IconName};
use crate::frame::copy;
use leptos::prelude::*;

/// A button that copies a longer text, which is put together when it is asked for.
#[component]
pub(crate) fn CopyButton(
    /// What is copied.
    #[prop(into)]
    text: Signal<String>,
    /// What it says: `Copy YAML`.
    label: &'static str,
    /// What it copies, for screen readers: `of edge policy`.
    #[prop(into)]
    of: String,
) -> impl IntoView {
    view! {
        <button type="button" class="button quiet" on:click=move |_| copy(&text.get_untracked())>
            <Icon name=IconName::Copy />
            <span>{label}<span class="unseen">" "{of}</span></span>
        </button>
    }
    .into_any()
}
