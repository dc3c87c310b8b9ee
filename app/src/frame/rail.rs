//! The left rail: icons and words; icons alone on narrow screens; a bar at the foot on phones.

use crate::part::{Icon, IconName};
use leptos::prelude::*;
use leptos_router::components::A;

/// The places of the product.
#[component]
pub(super) fn Rail() -> impl IntoView {
    let places = [
        ("/services", IconName::Services, "Services"),
        ("/ask", IconName::Ask, "Ask"),
        ("/changes", IconName::Changes, "Changes"),
        ("/history", IconName::History, "History"),
        ("/checks", IconName::Checks, "Checks"),
        ("/cluster", IconName::Cluster, "Cluster"),
    ];
    let links = places
        .into_iter()
        .map(|(href, name, word)| {
            view! {
                <li>
                    <A href=href>
                        <Icon name />
                        <span>{word}</span>
                    </A>
                </li>
            }
        })
        .collect_view();
    view! {
        <nav class="rail" aria-label="Portcullis">
            <a class="brand" href="/services">
                <Icon name=IconName::Mark />
                <span>"Portcullis"</span>
            </a>
            <ul>{links}</ul>
        </nav>
    }
    .into_any()
}
