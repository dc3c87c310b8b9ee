//! Beside the picture: the hops of the selected line, or what its signs mean.

use super::Side;
use super::lines::Line;
use super::words::{decider, paths, whose};
use crate::part::Tone;
use crate::part::journey::{hops, path_kind, state, verdict};
use crate::text::in_query;
use leptos::prelude::*;
use policy::view::PathView;

/// What is known of the selected line.
pub(super) fn panel(view: &PathView, side: Side, lines: &[Line], selected: Option<usize>) -> AnyView {
    let Some(line) = selected.and_then(|at| lines.get(at)) else { return legend(view) };
    let (journey, other) = line.journeys(view, side);
    let Some(journey) = journey else { return legend(view) };
    let (tone, word) = verdict(&line.verdict);
    let client = view.clients.get(line.client as usize);
    let whose = client.map(whose).unwrap_or_default();
    let example = client.map(|group| group.example.to_string()).unwrap_or_default();
    let kind = line.backend.and_then(|at| view.backends.get(at as usize)).map(|group| path_kind(group.kind));
    let kind = kind.map(|kind| view! { <span class="dim">{kind}</span> });
    let beside = other.filter(|_| line.changed);
    let changed = line.changed.then(|| {
        let text = match (side, other.map(|journey| verdict(&journey.verdict).1)) {
            (Side::Planned, Some(was)) => format!("Before the plan: {was}."),
            (Side::Now, Some(will)) => format!("After the plan: {will}."),
            (Side::Planned, None) => "There is no such path before the plan.".to_owned(),
            (Side::Now, None) => "There is no such path after the plan.".to_owned(),
        };
        view! {
            <p class="state changes">
                <span class="shape" aria-hidden="true">"±"</span>
                {text}
            </p>
        }
    });
    let port = view.port.port.to_string();
    let (protocol, number) = port.split_once('/').unwrap_or(("TCP", &port));
    let ask = format!("/ask?client={}&to={}&port={number}&protocol={protocol}", in_query(&example), in_query(&view.service.to_string()));
    view! {
        <section class="panel card" aria-label="The selected line" aria-live="polite">
            <p class="panel-head">{state(tone, word)} {kind} <span class="dim">{paths(line.paths)}</span></p>
            <p><b>{whose}</b></p>
            {changed}
            <p class="dim">
                "For example "
                <code>{example}</code>
                " at "
                <code>{journey.path.node.clone()}</code>
                ". "
                <a href=ask>"Ask about it"</a>
            </p>
            {hops(journey, beside)}
        </section>
    }
    .into_any()
}

/// What the signs mean, and who is stopped by what, in short.
fn legend(view: &PathView) -> AnyView {
    let line = |class: &'static str, tone: Tone, text: &'static str| {
        view! {
            <li class=tone.class()>
                <svg class="sign" viewBox="0 0 48 16" width="48" height="16" aria-hidden="true">
                    <g class=format!("way {} {class}", tone.class())>
                        <path class="curve" d="M0 8H40" />
                        <circle class="mark" cx="40" cy="8" r="7" />
                        <text class="mark-shape" x="40" y="12">{tone.shape()}</text>
                    </g>
                </svg>
                {text}
            </li>
        }
    };
    let changes = view.planned.then(|| {
        view! {
            <li class="changes">
                <span class="sign shape" aria-hidden="true">"±"</span>
                "the plan changes it"
            </li>
        }
    });
    view! {
        <section class="panel card legend-card" aria-label="How to read it">
            <p>"Each line is what becomes of packets. It ends where a rule decides."</p>
            <ul class="legend">
                {line("", Tone::Allowed, "allowed")}
                {line("", Tone::Denied, "denied, and where")}
                {line("", Tone::Unknown, "cannot be told")}
                <li>
                    <svg class="sign" viewBox="0 0 48 16" width="48" height="16" aria-hidden="true">
                        <g class="way allowed">
                            <path class="curve" d="M0 8H48" />
                            <circle class="crossing" cx="24" cy="8" r="4" />
                        </g>
                    </svg>
                    "crosses to another node"
                </li>
                {changes}
            </ul>
            <p class="dim">"Choose a line for its hops and the rules that decide: by a click, or with Tab or the arrow keys and Enter."</p>
        </section>
    }
    .into_any()
}

/// What decides about a line, in short.
pub(super) fn decided_by(view: &PathView, line: &Line, side: Side) -> String {
    line.journeys(view, side).0.map(decider).unwrap_or_default()
}
