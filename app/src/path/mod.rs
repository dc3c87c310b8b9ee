//! The picture of who gets to a Service, and on which way: drawn by the server, with nothing measured in the browser.

mod draw;
mod layout;
mod lines;
mod panel;
mod table;
mod words;

use crate::part::{Notice, Tone};
use draw::PathPicture;
use leptos::prelude::*;
use policy::view::PathView;

/// Which answer the picture shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// As it is.
    Now,
    /// As planned.
    Planned,
}

impl Side {
    /// From the URL's `side`; whatever it says.
    pub(crate) fn from_query(text: &str, planned: bool) -> Self {
        if planned && text != "before" { Self::Planned } else { Self::Now }
    }
}

/// The picture with its switches. `base`: the page's address with the part of its query that stays, up to its last `?` or `&`.
pub(crate) fn section(view: PathView, side: Side, base: &str, line: Memo<Option<usize>>) -> AnyView {
    let here = format!("{base}port={}&", view.port.port);
    let ports = (view.ports.len() > 1).then(|| {
        let links = view.ports.iter().map(|port| {
            let current = (*port == view.port).then_some("true");
            view! { <a href=format!("{base}port={}", port.port) aria-current=current data-noscroll="">{words::port_in_words(*port)}</a> }
        });
        view! { <nav class="switch" aria-label="Port">{links.collect_view()}</nav> }
    });
    let sides = view.planned.then(|| {
        let link = |of: Side, word: &'static str, text: &'static str| {
            let current = (of == side).then_some("true");
            view! { <a href=format!("{here}side={text}") aria-current=current data-noscroll="">{word}</a> }
        };
        view! { <nav class="switch" aria-label="Before or after">{link(Side::Now, "Before", "before")} {link(Side::Planned, "After", "after")}</nav> }
    });
    let picture = if view.flows.is_empty() {
        view! {
            <Notice tone=Tone::Plain title="No path leads there from outside">
                <p>"The Service has no address at this port to which a client outside the cluster could send, or the cluster has no node."</p>
            </Notice>
        }
        .into_any()
    } else {
        let base = if view.planned { format!("{here}side={}&", if side == Side::Now { "before" } else { "after" }) } else { here.clone() };
        view! { <PathPicture view side base line /> }.into_any()
    };
    view! {
        <div class="acts">{ports} {sides}</div>
        {picture}
    }
    .into_any()
}

#[cfg(test)]
mod tests;
