//! There is no such page.

use crate::part::{Notice, Tone};
use leptos::prelude::*;
use leptos_meta::Title;

/// Instead of a page that does not exist.
#[component]
pub(crate) fn Missing() -> impl IntoView {
    #[cfg(feature = "ssr")]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(http::StatusCode::NOT_FOUND);
    }
    view! {
        <Title text="No such page" />
        <h1>"No such page"</h1>
        <Notice tone=Tone::Unknown title="Portcullis has no page at this address">
            <p>"Check the address, or start from " <a href="/services">"the list of Services"</a> "."</p>
        </Notice>
    }
    .into_any()
}
