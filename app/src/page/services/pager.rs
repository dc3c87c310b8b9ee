//! Walking through the windows of the list by links.

use super::STATES;
use crate::text::{in_query, thousands};
use leptos::prelude::*;
use policy::view::ServiceQuery;

/// Links to the windows before and after; nothing where one window holds all.
#[component]
pub(super) fn Pager(from: u32, shown: u32, matching: u32, rows: u32, query: ServiceQuery) -> impl IntoView {
    if from == 0 && shown >= matching {
        return ().into_any();
    }
    let to = from.saturating_add(shown);
    let range = format!("{}–{} of {}", thousands(u64::from(from) + 1), thousands(u64::from(to)), thousands(u64::from(matching)));
    let before = (from > 0).then(|| url(&query, from.saturating_sub(rows)));
    let after = (to < matching).then(|| url(&query, to));
    let link = |href: Option<String>, word: &'static str, rel: &'static str| match href {
        Some(href) => view! { <a class="button" href=href rel=rel>{word}</a> }.into_any(),
        None => view! { <span class="button" aria-disabled="true">{word}</span> }.into_any(),
    };
    view! {
        <nav class="pager" aria-label="Windows of the list">
            {link(before, "Previous", "prev")}
            <span>{range}</span>
            {link(after, "Next", "next")}
        </nav>
    }
    .into_any()
}

/// The list's URL for a query, beginning at a row.
pub(super) fn url(query: &ServiceQuery, from: u32) -> String {
    let mut parts = Vec::new();
    let mut add = |name: &str, value: &str| {
        if !value.is_empty() {
            parts.push(format!("{name}={}", in_query(value)));
        }
    };
    add("q", &query.text);
    add("ns", &query.namespace);
    add("state", STATES.iter().find(|(_, state)| Some(*state) == query.state).map_or("", |(word, _)| word));
    add("exposed", if query.exposed { "true" } else { "" });
    add("from", &if from == 0 { String::new() } else { from.to_string() });
    if parts.is_empty() { "/services".to_owned() } else { format!("/services?{}", parts.join("&")) }
}
