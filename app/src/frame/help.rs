//! The keys, listed.

use super::keys::LIST;
use crate::part::{Icon, IconName};
use leptos::prelude::*;

/// The dialog that `?` opens.
#[component]
pub(super) fn Help() -> impl IntoView {
    let rows = LIST
        .iter()
        .map(|(keys, what)| {
            let keys = keys.split(' ').map(|key| view! { <kbd>{key}</kbd> }).collect_view();
            view! {
                <div>
                    <dt>{keys}</dt>
                    <dd>{*what}</dd>
                </div>
            }
        })
        .collect_view();
    view! {
        <dialog id="help" class="dialog" aria-labelledby="help-title">
            <header>
                <h2 id="help-title">"Keyboard"</h2>
                <button type="button" class="button quiet icon-only" data-closes="help" aria-label="Close">
                    <Icon name=IconName::Close />
                </button>
            </header>
            <dl class="keys">{rows}</dl>
        </dialog>
    }
    .into_any()
}
