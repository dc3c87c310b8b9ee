//! Cluster: what was detected, what must stay true in it, and how well each kind is heard.

mod baseline;
mod sentences;

use crate::frame::ClusterNow;
use crate::part::{Notice, Tone, When, loaded};
use crate::text::{counted, thousands};
use baseline::Baseline;
use leptos::prelude::*;
use leptos_meta::Title;
use policy::view::{ClusterView, Connection, KindView};
use sentences::Sentences;

/// The page.
#[component]
pub(crate) fn ClusterPage() -> impl IntoView {
    let ClusterNow(cluster) = expect_context();
    view! {
        <Title text="Cluster" />
        <h1>"Cluster"</h1>
        {loaded(cluster, detected)}
        <Baseline />
        <Sentences />
        {loaded(cluster, watched)}
    }
    .into_any()
}

fn detected(view: ClusterView) -> AnyView {
    let or_unknown = |text: String| if text.is_empty() { "not known".to_owned() } else { text };
    let facts = [
        ("Name".to_owned(), if view.sandbox { format!("{} (the built-in sandbox)", view.name) } else { view.name }),
        ("API server".to_owned(), view.server),
        ("Kubernetes".to_owned(), or_unknown(view.kubernetes)),
        ("Calico".to_owned(), or_unknown(view.calico)),
    ];
    let facts =
        facts.into_iter().chain(view.facts).map(|(name, value)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> }).collect_view();
    view! {
        {connection(view.connection)}
        <section>
            <h2>"What was detected"</h2>
            <dl class="facts">{facts}</dl>
        </section>
    }
    .into_any()
}

fn watched(view: ClusterView) -> AnyView {
    let kinds = view.kinds.into_iter().map(kind).collect_view();
    view! {
        <section>
            <h2>"What is watched"</h2>
            <div class="scroll" role="region" tabindex="0" aria-label="What is watched">
                <table class="rows watched">
                    <thead>
                        <tr><th scope="col">"Kind"</th><th scope="col" class="number">"Objects"</th><th scope="col">"State"</th></tr>
                    </thead>
                    <tbody>{kinds}</tbody>
                </table>
            </div>
        </section>
    }
    .into_any()
}

fn kind(kind: KindView) -> impl IntoView {
    let (tone, word) = match (kind.objects, kind.problem.is_empty()) {
        (Some(_), true) => (Tone::Allowed, "watched"),
        (Some(_), false) => (Tone::Changes, "may be old"),
        (None, _) => (Tone::Unknown, "unknown"),
    };
    view! {
        <tr data-row="" tabindex="-1">
            <th scope="row">{kind.kind}</th>
            <td class="number">{kind.objects.map_or_else(|| "–".to_owned(), |count| thousands(u64::from(count)))}</td>
            <td>
                <span class=format!("state {}", tone.class())>
                    <span class="shape" aria-hidden="true">{tone.shape()}</span>
                    {word}
                </span>
                " "
                <span class="dim">{kind.problem}</span>
            </td>
        </tr>
    }
    .into_any()
}

fn connection(connection: Connection) -> AnyView {
    match connection {
        Connection::Connected => ().into_any(),
        Connection::Connecting { waiting_for } => {
            let count = counted(crate::text::len(&waiting_for), "kind", "kinds");
            view! {
                <Notice tone=Tone::Changes title="Connecting">
                    <p>{format!("The first list of {count} has not come yet: {}.", waiting_for.join(", "))}</p>
                </Notice>
            }
            .into_any()
        }
        Connection::Disconnected { since, why } => view! {
            <Notice tone=Tone::Denied title="Disconnected">
                <p>"The cluster does not answer since " <When at=since /> ". What pages show may be old; plans cannot be applied."</p>
                <p class="dim">{why}</p>
            </Notice>
        }
        .into_any(),
        Connection::MissingApi { kinds } => view! {
            <Notice tone=Tone::Denied title="An API is missing">
                <p>
                    {format!("The cluster does not serve {}. Install Calico's API server, so that `projectcalico.org/v3` is served: ", kinds.join(", "))}
                    "Portcullis never reads or writes " <code>"crd.projectcalico.org/v1"</code> "."
                </p>
            </Notice>
        }
        .into_any(),
        Connection::Forbidden { kinds, why } => view! {
            <Notice tone=Tone::Unknown title="Not all may be read">
                <p>
                    {format!("The credentials may not read {}. {why} Grant them `get`, `list` and `watch` on these kinds; ", kinds.join(", "))}
                    "until then, what depends on them is unknown."
                </p>
            </Notice>
        }
        .into_any(),
    }
}
