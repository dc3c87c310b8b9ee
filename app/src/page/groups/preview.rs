//! What the draft of a group becomes, as one types: its addresses, and whom each Service that uses it lets in then.

use crate::access::{Form, Said, left_out};
use crate::part::{CidrChip, PortChips, Tone, prose};
use crate::text::{counted, len};
use leptos::prelude::*;
use policy::cidr::CidrSet;
use policy::view::{GroupPreview, GroupRow, UsePreview};

/// Ranges that are named; the rest is counted.
const NAMED: usize = 12;

/// The preview. Computed where it is shown: by the server in the first render, by wasm from then on.
#[component]
pub(super) fn LivePreview(row: Memo<GroupRow>, form: Form, problems: Memo<u64>) -> impl IntoView {
    let preview = Memo::new(move |_| form.said.with(|said: &Said| row.with(|row| row.preview(&said.ranges()))));
    view! {
        <section class="preview" aria-label="Live preview">
            <header class="preview-head">
                <h2>"What it becomes"</h2>
                <p class="sentence" role="status">{move || preview.with(|preview| prose(&preview.summary))}</p>
            </header>
            {left_out(problems)}
            {move || preview.with(addresses)}
            {move || preview.with(services)}
        </section>
    }
    .into_any()
}

/// Addresses that come and go.
fn addresses(preview: &GroupPreview) -> AnyView {
    let GroupPreview { added, removed, .. } = preview;
    if added.is_empty() && removed.is_empty() {
        return view! { <article class="card"><h3>"Addresses"</h3><p class="dim">"The same as in the cluster."</p></article> }.into_any();
    }
    view! {
        <article class="card">
            <h3>"Addresses"</h3>
            {part(added, Tone::Allowed, "added")}
            {part(removed, Tone::Denied, "removed")}
        </article>
    }
    .into_any()
}

fn part(set: &CidrSet, tone: Tone, word: &str) -> Option<AnyView> {
    let ranges = set.cidrs();
    let rest = len(ranges.get(NAMED..).unwrap_or_default());
    let more = (rest > 0).then(|| view! { <li class="dim">{format!("and {}", counted(rest, "more range", "more ranges"))}</li> });
    (!ranges.is_empty()).then(|| {
        let chips = ranges.iter().take(NAMED).map(|cidr| view! { <li><CidrChip text=cidr.to_string() /></li> }).collect_view();
        view! {
            <p>{state(tone, set, word)}</p>
            <ul class="chips">{chips} {more}</ul>
        }
        .into_any()
    })
}

/// `65,536 addresses added`.
fn state(tone: Tone, set: &CidrSet, word: &str) -> AnyView {
    let text = format!("{} {word}", set.counted());
    view! {
        <span class=format!("state {}", tone.class())>
            <span class="shape" aria-hidden="true">{tone.shape()}</span>
            {text}
        </span>
    }
    .into_any()
}

/// What becomes of each Service that uses it.
fn services(preview: &GroupPreview) -> AnyView {
    let uses = &preview.uses;
    let items = uses.iter().map(one).collect_view();
    let body = if uses.is_empty() {
        view! { <p class="dim">"No Service uses the group: nobody gets in or is shut out by it."</p> }.into_any()
    } else {
        view! {
            <ul class="uses">{items}</ul>
            <p class="dim">"Counted from what each Service lets in, its other ranges included. The plan follows the packets on every path."</p>
        }
        .into_any()
    };
    view! { <article class="card"><h3>"Services that use it"</h3>{body}</article> }.into_any()
}

fn one(of: &UsePreview) -> AnyView {
    let UsePreview { service, ports, more, fewer } = of;
    let words = |set: &CidrSet, tone, word| (!set.is_empty()).then(|| state(tone, set, word));
    let same = (more.is_empty() && fewer.is_empty()).then(|| view! { <span class="dim">"no change"</span> });
    let on = if ports.is_empty() {
        view! { <span class="ports">"all ports"</span> }.into_any()
    } else {
        view! { <PortChips ports=ports.clone() /> }.into_any()
    };
    view! {
        <li>
            <a href=format!("/services/{service}")><code>{service.to_string()}</code></a>
            {on}
            {words(more, Tone::Allowed, "newly allowed")}
            {words(fewer, Tone::Denied, "newly denied")}
            {same}
        </li>
    }
    .into_any()
}
