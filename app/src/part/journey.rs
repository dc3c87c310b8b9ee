//! A journey, hop by hop: where, by what, and why.

use super::{ObjectName, Tone, prose};
use leptos::prelude::*;
use policy::object::{Kind, ObjectKey};
use policy::reach::verdict::{Action, Hop, Journey, Overall, PathKind, Stage, Verdict};
use policy::view::same_hop;

/// The hops of a journey, one below the other; those at which the journey `beside` it fares otherwise are marked. What it never got as far
/// as is no difference of its own.
pub(crate) fn hops(journey: &Journey, beside: Option<&Journey>) -> AnyView {
    let differs = |hop: &Hop| {
        let Some(other) = beside else { return false };
        let got_there = other.verdict == Verdict::Allowed || other.hops.last().is_some_and(|last| last.stage >= hop.stage);
        got_there && !other.hops.iter().any(|other| same_hop(hop, other))
    };
    // What the end says is no hop of its own.
    let met = journey.hops.iter().filter(|hop| hop.stage != Stage::Delivery);
    let hops = met.map(|hop| show(hop, differs(hop))).collect_view();
    view! { <ol class="hops">{hops}{end(journey)}</ol> }.into_any()
}

fn show(hop: &Hop, differs: bool) -> AnyView {
    let (tone, shape, word) = action(hop.action);
    let place = place(hop);
    let marked = differs.then(|| {
        view! {
            <span class="badge">
                <span aria-hidden="true">"± "</span>
                "differs"
            </span>
        }
    });
    view! {
        <li class=format!("hop {}", tone.class()) class:differs=differs>
            <span class="hop-shape" aria-hidden="true">{shape}</span>
            <p class="hop-head">
                <b>{stage(hop.stage)}</b>
                <span class="state">{word}</span>
                <code class="hop-node">{hop.node.clone()}</code>
                {marked}
            </p>
            <p class="hop-why">{prose(&hop.why)}</p>
            {place}
        </li>
    }
    .into_any()
}

/// The object that decides, as a link where it has a page, with the rule and the field.
fn place(hop: &Hop) -> Option<AnyView> {
    let key = hop.object.clone()?;
    let direction = if matches!(hop.stage, Stage::PodEgress | Stage::HostEgress | Stage::ForwardOut) { "egress" } else { "ingress" };
    let field = match (hop.rule, hop.field.as_str()) {
        (Some(rule), "") => format!("spec.{direction}[{rule}]"),
        (Some(rule), field) => format!("spec.{direction}[{rule}].{field}"),
        (None, field) => field.to_owned(),
    };
    let rule = hop.rule.map(|rule| view! { <span>"rule " {rule + 1}</span> });
    let field = (!field.is_empty()).then(|| view! { <code class="dim">{field}</code> });
    Some(view! { <p class="hop-place">{object(key)} {rule} {field}</p> }.into_any())
}

/// An object's name, which leads to its page if it has one.
pub(crate) fn object(key: ObjectKey) -> AnyView {
    match key.kind {
        Kind::Service => {
            let href = format!("/services/{}", key.path());
            view! { <a href=href><ObjectName key /></a> }.into_any()
        }
        _ => view! { <ObjectName key /> }.into_any(),
    }
}

/// What became of it.
fn end(journey: &Journey) -> AnyView {
    let (tone, text) = match &journey.verdict {
        Verdict::Allowed => (Tone::Allowed, "It arrives.".to_owned()),
        Verdict::Denied => (Tone::Denied, "It is dropped here.".to_owned()),
        Verdict::Unknown(why) => (Tone::Unknown, format!("It cannot be told: {why}.")),
    };
    let seen =
        journey.source_seen_by_pod.map(|source| view! { <span class="dim">"The pod sees " <code>{source.to_string()}</code> "."</span> });
    view! {
        <li class=format!("hop end {}", tone.class())>
            <span class="hop-shape" aria-hidden="true">{tone.shape()}</span>
            <p class="hop-head">
                <b>{prose(&text)}</b>
                {seen}
            </p>
        </li>
    }
    .into_any()
}

/// What a stage is called.
pub(crate) const fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::PodEgress => "Leaves the pod",
        Stage::HostEgress => "Leaves the node",
        Stage::Untracked => "Untracked policy",
        Stage::Failsafe => "Failsafe ports",
        Stage::PreDnat => "Edge, before translation",
        Stage::Translation => "kube-proxy",
        Stage::ForwardIn => "Forwarded, coming in",
        Stage::ForwardOut => "Forwarded, going out",
        Stage::SourceTranslation => "Source address",
        Stage::BetweenNodes => "Between nodes",
        Stage::Pod => "Pod policy",
        Stage::Host => "Host policy",
        Stage::Delivery => "Delivery",
    }
}

/// What was done: its tone, its shape, its word.
const fn action(action: Action) -> (Tone, &'static str, &'static str) {
    match action {
        Action::Allow => (Tone::Allowed, "✓", "allows"),
        Action::Deny => (Tone::Denied, "✕", "denies"),
        Action::Pass => (Tone::Plain, "→", "passes on"),
        Action::Continue => (Tone::Plain, "·", "goes on"),
        Action::Translate => (Tone::Plain, "⇄", "translates"),
        Action::Unknown => (Tone::Unknown, "?", "unknown"),
    }
}

/// A verdict: its tone and its word.
pub(crate) const fn verdict(verdict: &Verdict) -> (Tone, &'static str) {
    match verdict {
        Verdict::Allowed => (Tone::Allowed, "allowed"),
        Verdict::Denied => (Tone::Denied, "denied"),
        Verdict::Unknown(_) => (Tone::Unknown, "unknown"),
    }
}

/// The verdict of all paths: its tone.
pub(crate) const fn overall(verdict: Overall) -> Tone {
    match verdict {
        Overall::Allowed => Tone::Allowed,
        Overall::Denied => Tone::Denied,
        Overall::Mixed => Tone::Changes,
        Overall::Unknown => Tone::Unknown,
    }
}

/// A state: shape, then word.
pub(crate) fn state(tone: Tone, word: &'static str) -> AnyView {
    view! {
        <span class=format!("state {}", tone.class())>
            <span class="shape" aria-hidden="true">{tone.shape()}</span>
            {word}
        </span>
    }
    .into_any()
}

/// Where the backend is, seen from where the packet comes in.
pub(crate) const fn path_kind(kind: PathKind) -> &'static str {
    match kind {
        PathKind::SameNode => "Same node",
        PathKind::OtherNode => "Other node",
        PathKind::NoBackend => "No backend",
        PathKind::Direct => "Direct",
    }
}
