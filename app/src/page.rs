//! The pages.

use leptos::prelude::*;

/// There is no such page.
#[component]
pub(crate) fn Missing() -> impl IntoView {
    view! { <h1>"There is no such page"</h1> }
}
