//! Differences of objects: unified or side by side, unchanged parts folded.

mod fold;

use super::{ObjectName, Tone, yaml_line};
use crate::text::{counted, len};
use fold::{Part, Row, pairs, parts};
use leptos::prelude::*;
use policy::diff::{DiffLine, ObjectDiff, Side};
use policy::object::ObjectKey;
use policy::plan::Role;

/// More objects than these are a line each, which opens.
const MANY: usize = 16;

/// How differences are laid out; the URL's `diff`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DiffView {
    /// One column.
    Unified,
    /// Before and after beside each other.
    Split,
}

impl DiffView {
    /// From the URL's `diff`; whatever it says.
    pub(crate) fn from_query(text: Option<&str>) -> Self {
        if text == Some("split") { Self::Split } else { Self::Unified }
    }
}

/// The objects of a plan, a revision or a comparison, each with its difference; above them the choice of the layout. `query` is what
/// the page's URL needs beside `diff`: empty, or `a=b&` with its `&`.
#[component]
pub(crate) fn ObjectDiffs(
    objects: Vec<(ObjectKey, Role, &'static str, ObjectDiff)>,
    view: DiffView,
    #[prop(into)] query: String,
) -> impl IntoView {
    if objects.is_empty() {
        return view! { <p class="dim">"No object differs."</p> }.into_any();
    }
    let current = |this| (this == view).then_some("true");
    let many = objects.len() > MANY;
    let diffs = objects.into_iter().map(|(key, role, verb, diff)| object(key, role, verb, diff, view, many)).collect_view();
    view! {
        <nav class="switch" aria-label="Layout of the differences">
            <a href=format!("?{query}diff=unified") aria-current=current(DiffView::Unified) data-noscroll="">
                "Unified"
            </a>
            <a href=format!("?{query}diff=split") aria-current=current(DiffView::Split) data-noscroll="">
                "Side by side"
            </a>
        </nav>
        {diffs}
    }
    .into_any()
}

/// How pages call the parts of the recipe.
pub(crate) const fn role_name(role: Role) -> &'static str {
    match role {
        Role::ClientSet => "Client set",
        Role::HostEndpoint => "HostEndpoint",
        Role::PodPolicy => "Pod policy",
        Role::ClientGroup => "Client group",
        Role::ForwardEnd => "End of forward policies",
        Role::ForwardPolicy => "Forward policy",
        Role::AddressSet => "Address set",
        Role::Canary => "Edge policy at one node",
        Role::NodeSet => "Node set",
        Role::EdgePolicy => "Edge policy",
        Role::ClosedPolicy => "Closed by default",
        Role::Controllers => "Calico's controllers",
        Role::HandMade => "Made by hand",
    }
}

/// An object with its part in the recipe, said once where the part is called as the kind is.
#[component]
pub(crate) fn PartName(role: Role, key: ObjectKey) -> impl IntoView {
    let part = (role_name(role) != key.kind.title()).then(|| view! { <span>{role_name(role)}</span> " " });
    view! {
        {part}
        <ObjectName key />
    }
}

fn object(key: ObjectKey, role: Role, verb: &'static str, diff: ObjectDiff, view: DiffView, folded: bool) -> AnyView {
    let count = |side| u64::try_from(diff.lines.iter().filter(|line| line.side == side).count()).unwrap_or(u64::MAX);
    let (added, removed) = (count(Side::Added), count(Side::Removed));
    let tone = match verb {
        "Create" => Tone::Allowed,
        "Delete" => Tone::Denied,
        _ => Tone::Changes,
    };
    let server_set = (diff.server_set > 0).then(
        || view! { <span class="dim">{counted(u64::from(diff.server_set), "server-set field", "server-set fields")} " left out"</span> },
    );
    let label = format!("{verb} {key}, differences");
    let body = match view {
        DiffView::Unified => unified(&diff.lines),
        DiffView::Split => split(&diff.lines),
    };
    let head = view! {
        <span class=format!("state {}", tone.class())>{verb}</span>
        <PartName role key />
        <span class="diff-count">
            <span class="added-count">{format!("+{added}")}</span>
            " "
            <span class="removed-count">{format!("−{removed}")}</span>
        </span>
        {server_set}
    };
    let body = view! { <div class="diff" role="region" tabindex="0" aria-label=label>{body}</div> };
    if folded {
        view! { <details class="object-diff"><summary>{head}</summary>{body}</details> }.into_any()
    } else {
        view! { <article class="object-diff"><header>{head}</header>{body}</article> }.into_any()
    }
}

fn unified(lines: &[DiffLine]) -> AnyView {
    let show = |lines: &[DiffLine]| lines.iter().map(|line| diff_line(Some(line))).collect_view();
    parts(lines)
        .into_iter()
        .map(|part| match part {
            Part::Shown(lines) => view! { <div class="lines">{show(lines)}</div> }.into_any(),
            Part::Folded(lines) => view! {
                <details class="fold">
                    <summary>{unchanged(lines)}</summary>
                    <div class="lines">{show(lines)}</div>
                </details>
            }
            .into_any(),
        })
        .collect_view()
        .into_any()
}

fn split(lines: &[DiffLine]) -> AnyView {
    let show = |lines: &[DiffLine]| {
        pairs(lines)
            .into_iter()
            .map(|Row { before, after }| view! { <div class="pair">{diff_line(before)} {diff_line(after)}</div> })
            .collect_view()
    };
    let body = parts(lines)
        .into_iter()
        .map(|part| match part {
            Part::Shown(lines) => view! { <div class="lines">{show(lines)}</div> }.into_any(),
            Part::Folded(lines) => view! {
                <details class="fold">
                    <summary>{unchanged(lines)}</summary>
                    <div class="lines">{show(lines)}</div>
                </details>
            }
            .into_any(),
        })
        .collect_view();
    view! {
        <div class="pair heads">
            <span>"Before"</span>
            <span>"After"</span>
        </div>
        {body}
    }
    .into_any()
}

fn unchanged(lines: &[DiffLine]) -> String {
    counted(len(lines), "unchanged line", "unchanged lines")
}

/// A line with the sign of its side; nothing: the other side has no such line.
fn diff_line(line: Option<&DiffLine>) -> AnyView {
    let Some(line) = line else { return view! { <div class="line gap"></div> }.into_any() };
    let content = yaml_line(&line.text);
    match line.side {
        Side::Same => view! { <div class="line"><span class="sign">"\u{a0}"</span>{content}</div> }.into_any(),
        Side::Removed => view! { <del class="line"><span class="sign">"−"</span>{content}</del> }.into_any(),
        Side::Added => view! { <ins class="line"><span class="sign">"+"</span>{content}</ins> }.into_any(),
    }
}
