//! The left rail: icons and words; icons alone on narrow screens; a bar at the foot on phones.

use crate::part::{Icon, IconName};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// The places of the product.
#[component]
pub(super) fn Rail() -> impl IntoView {
    let path = use_location().pathname;
    let places = [
        ("/services", IconName::Services, "Services"),
        ("/groups", IconName::Groups, "Groups"),
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
                    <a href=href aria-current=move || path.with(|path| current(href, path))>
                        <Icon name />
                        <span>{word}</span>
                    </a>
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

/// Whether a place is where the page is: `page` of its own, `true` of what is reached from it.
fn current(place: &str, path: &str) -> Option<&'static str> {
    let home = match path.split('/').nth(1)? {
        "services" | "import" => "/services",
        "groups" => "/groups",
        "runs" | "changes" => "/changes",
        "revisions" | "compare" | "history" => "/history",
        "ask" => "/ask",
        "checks" => "/checks",
        "cluster" => "/cluster",
        _ => return None,
    };
    (home == place).then_some(if path == place { "page" } else { "true" })
}
