//! Moments: the exact one in the first render and on hover, the relative one once the page is alive.

use crate::live::Live;
use crate::text::{ago, iso};
use leptos::prelude::*;
use policy::view::Moment;

/// When something was.
#[component]
pub(crate) fn When(at: Moment) -> impl IntoView {
    let now = use_context::<Live>().map(|live| live.now);
    let Moment { unix_ms, text } = at;
    let exact = text.clone();
    let shown = move || match now.and_then(|now| now.get()) {
        Some(now) => ago(now - unix_ms),
        None => text.clone(),
    };
    view! {
        <time class="when" datetime=iso(&exact) title=exact>
            {shown}
        </time>
    }
}
