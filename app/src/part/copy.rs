//! Copying. Anything with `data-copy` is copied by one listener for the whole document (`crate::frame::handlers`).

use super::{Icon, IconName};
use leptos::prelude::*;

/// A button that copies a longer text.
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
        <button type="button" class="button quiet" data-copy=move || text.get()>
            <Icon name=IconName::Copy />
            <span>{label}<span class="unseen">" "{of}</span></span>
        </button>
    }
    .into_any()
}
