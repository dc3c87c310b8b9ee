//! The top bar: which cluster, how well it is heard, search, who is signed in.

use super::palette;
use crate::backend::Problem;
use crate::live::{Live, Stream};
use crate::part::{Icon, IconName, Tone, When};
use leptos::prelude::*;
use leptos_router::components::Form;
use leptos_router::hooks::use_location;
use policy::view::{Caller, ClusterView, Connection};

/// The top bar.
#[component]
pub(super) fn TopBar(caller: Caller, cluster: Resource<Result<ClusterView, Problem>>) -> impl IntoView {
    let path = use_location().pathname;
    let live = expect_context::<Live>();
    // The list of Services has its own field, which `/` goes to.
    let search = move || (path.get() != "/services").then(search);
    let stream = move || {
        (live.stream.get() == Stream::Broken).then(|| {
            view! {
                <span class="state denied broken" role="status">
                    <span class="shape" aria-hidden="true">"✕"</span>
                    "Portcullis does not answer"
                </span>
            }
        })
    };
    view! {
        <header class="topbar">
            <div class="cluster-now">
                <Transition>
                    {move || Suspend::new(async move {
                        let view = cluster.await;
                        if let Ok(view) = &view {
                            live.shown(view.version);
                        }
                        view.map_or_else(|problem| unreadable(&problem), heard)
                    })}
                </Transition>
                {stream}
            </div>
            {search}
            <span class="caller" title="Who is signed in">{caller.name}</span>
            <button type="button" class="button quiet icon-only" data-opens=palette::ID aria-label="Command palette" title="Go to a page or a Service (Ctrl-K)">
                <Icon name=IconName::Search />
            </button>
            <button type="button" class="button quiet icon-only" data-opens="help" aria-label="Keyboard help" title="Keyboard help (?)">
                <Icon name=IconName::Help />
            </button>
        </header>
    }
    .into_any()
}

fn search() -> impl IntoView {
    view! {
        <Form method="GET" action="/services">
            <label class="search">
                <Icon name=IconName::Search />
                <span class="unseen">"Search Services"</span>
                <input type="search" name="q" placeholder="Search Services" data-key="/" autocomplete="off" />
                <kbd aria-hidden="true">"/"</kbd>
            </label>
        </Form>
    }
    .into_any()
}

fn unreadable(problem: &Problem) -> AnyView {
    view! {
        <span class="state unknown" title=problem.to_string()>
            <span class="shape" aria-hidden="true">"?"</span>
            "cluster unknown"
        </span>
    }
    .into_any()
}

fn heard(view: ClusterView) -> AnyView {
    let (tone, word, more, since) = match view.connection {
        Connection::Connected => (Tone::Allowed, "connected", String::new(), None),
        Connection::Connecting { waiting_for } => (Tone::Changes, "connecting", format!("Waiting for: {}", waiting_for.join(", ")), None),
        Connection::Disconnected { since, why } => (Tone::Denied, "disconnected", why, Some(since)),
        Connection::MissingApi { kinds } => (Tone::Denied, "API missing", format!("Not served: {}", kinds.join(", ")), None),
        Connection::Forbidden { kinds, .. } => (Tone::Unknown, "partly forbidden", format!("May not be read: {}", kinds.join(", ")), None),
    };
    view! {
        <a class="cluster-name" href="/cluster" title=view.server>
            {view.name}
        </a>
        {view.sandbox.then(|| view! { <strong class="badge">"SANDBOX"</strong> })}
        <span class=format!("state {}", tone.class()) title=more>
            <span class="shape" aria-hidden="true">{tone.shape()}</span>
            {word}
            {since.map(|at| view! { " " <When at /> })}
        </span>
    }
    .into_any()
}
