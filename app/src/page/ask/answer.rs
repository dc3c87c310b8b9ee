//! The answer: the verdict in one sentence, then the routes that the packet can take.

use crate::part::journey::{hops, object, overall, path_kind, state, verdict};
use crate::part::{CidrChip, Tone, prose};
use crate::text::{counted, thousands};
use leptos::prelude::*;
use policy::object::{Kind, ObjectKey, ServiceRef};
use policy::reach::packet::Interface;
use policy::reach::verdict::{Journey, Overall, Unknown, Verdict, interface_in_words};
use policy::reach::written::Written;
use policy::view::{AskView, Names, Route, SettingRow, Told};
use std::collections::BTreeSet;

/// Routes whose hops are open at once; of more, only the first is.
const OPEN: usize = 3;

/// Before anything is asked.
pub(super) fn nothing() -> AnyView {
    view! {
        <section class="nothing">
            <p class="lead">
                "Follows the first packet of a connection by every way that it can take, hop by hop: failsafe ports and the edge before translation, kube-proxy, \
                 policy on what nodes forward, the source address that is left, and policy at the pod. Each hop says which object and which rule decides."
            </p>
            <dl class="facts">
                <div><dt>"An address outside"</dt><dd><code>"50.60.1.2"</code></dd></div>
                <div><dt>"A pod"</dt><dd><code>"pod:shop/web-0"</code></dd></div>
                <div><dt>"A node"</dt><dd><code>"node:node-a"</code></dd></div>
            </dl>
        </section>
    }
    .into_any()
}

/// An answered question.
pub(super) fn show(view: AskView) -> AnyView {
    let AskView { question, now, planned, routes, settings } = view;
    let both = planned.is_some();
    let banner = match planned {
        None => banner(None, now, &routes, false),
        Some(planned) => {
            let moved = if now == planned { "The plan changes nothing about it." } else { "The plan changes this." };
            view! {
                <div class="two">{banner(Some("Now"), now, &routes, false)} {banner(Some("As planned"), planned, &routes, true)}</div>
                <p class="dim">{moved}</p>
            }
            .into_any()
        }
    };
    let few = routes.len() <= OPEN;
    let routes = routes.into_iter().enumerate().map(|(at, one)| route(one, both, few || at == 0)).collect_view();
    view! {
        <section class="answer" aria-label="Answer">
            {asked(&question)}
            {banner}
            <ol class="routes">{routes}</ol>
            {settings_table(settings)}
        </section>
    }
    .into_any()
}

fn asked(question: &Written) -> AnyView {
    let to = match question.to.parse::<ServiceRef>() {
        Ok(service) => object(ObjectKey::new(Kind::Service, service.namespace(), service.name())),
        Err(_) => view! { <CidrChip text=question.to.clone() /> }.into_any(),
    };
    let what = format!("{} {}", question.protocol, question.port);
    view! {
        <p class="asked">
            <b>{what}</b> " from " <CidrChip text=question.client.clone() /> " to " {to}
        </p>
    }
    .into_any()
}

/// The verdict: shape and word first.
fn banner(heading: Option<&'static str>, told: Told, routes: &[Route], planned: bool) -> AnyView {
    let tone = overall(told.verdict);
    let heading = heading.map(|text| view! { <h2>{text}</h2> });
    let reasons: BTreeSet<String> = routes.iter().filter_map(|route| unknown(route, planned)).map(ToString::to_string).collect();
    let reasons = (!reasons.is_empty()).then(|| {
        let list = reasons.into_iter().map(|why| view! { <li>{prose(&why)}</li> }).collect_view();
        view! { <ul class="reasons">{list}</ul> }
    });
    view! {
        <div class=format!("verdict {}", tone.class())>
            {heading}
            <p class="verdict-line" role="status">
                <span class="shape" aria-hidden="true">{tone.shape()}</span>
                <b>{sentence(told)}</b>
            </p>
            {reasons}
        </div>
    }
    .into_any()
}

fn unknown(route: &Route, planned: bool) -> Option<&Unknown> {
    match &(if planned { &route.planned } else { &route.now }).as_ref()?.verdict {
        Verdict::Unknown(why) => Some(why),
        Verdict::Allowed | Verdict::Denied => None,
    }
}

/// The verdict as a sentence.
pub(super) fn sentence(told: Told) -> String {
    let (allowed, all) = (u64::from(told.allowed), u64::from(told.paths()));
    let every = if all == 1 { "on its only path".to_owned() } else { format!("on every path ({})", thousands(all)) };
    match told.verdict {
        Overall::Allowed => format!("Allowed {every}"),
        Overall::Denied => format!("Denied {every}"),
        Overall::Mixed => format!("Mixed: allowed on {} of {}", thousands(allowed), counted(all, "path", "paths")),
        Overall::Unknown if all == 0 => "Unknown: no path leads there".to_owned(),
        Overall::Unknown => format!("Unknown on {} of {}", thousands(u64::from(told.unknown)), counted(all, "path", "paths")),
    }
}

fn route(route: Route, both: bool, open: bool) -> AnyView {
    let Route { kind, paths, nodes, interfaces, addresses, backends, now, planned } = route;
    let word = |journey: &Option<Journey>| match journey.as_ref().map(|journey| verdict(&journey.verdict)) {
        Some((tone, word)) => state(tone, word),
        None => state(Tone::Plain, "no such path"),
    };
    let verdicts = if both {
        view! { {word(&now)} <span class="arrow"><span aria-hidden="true">"→"</span><span class="unseen">"as planned:"</span></span> {word(&planned)} }.into_any()
    } else {
        word(&now)
    };
    let followed = nodes.count > 0;
    let through = [("In", nodes), ("By", in_words(interfaces)), ("To", addresses), ("Backend", backends)];
    let through = through
        .into_iter()
        .filter(|(_, names)| names.count > 0)
        .map(|(word, names)| view! { <div><dt>{word}</dt><dd>{listed(names)}</dd></div> })
        .collect_view();
    let columns = if both {
        let side = |heading: &'static str, journey: &Option<Journey>, other: &Option<Journey>| {
            let body = match journey {
                Some(journey) => hops(journey, other.as_ref()),
                None => view! { <p class="dim">"There is no such path."</p> }.into_any(),
            };
            view! { <div><h3>{heading}</h3>{body}</div> }.into_any()
        };
        view! { <div class="two">{side("Now", &now, &planned)} {side("As planned", &planned, &now)}</div> }.into_any()
    } else {
        now.as_ref().map(|journey| hops(journey, None)).into_any()
    };
    view! {
        <li>
            <details class="card route" open=open>
                <summary data-row="">
                    {verdicts}
                    {followed.then(|| view! { <b>{path_kind(kind)}</b> })}
                    <span class="dim">{counted(u64::from(paths), "path", "paths")}</span>
                </summary>
                {followed.then(|| view! { <dl class="through">{through}</dl> })}
                {columns}
            </details>
        </li>
    }
    .into_any()
}

/// Interfaces as people call them.
fn in_words(interfaces: Names) -> Names {
    Names { first: interfaces.first.into_iter().map(|name| interface_in_words(&Interface::from(name))).collect(), ..interfaces }
}

/// `node-a, node-b and 198 more`.
pub(crate) fn listed(names: Names) -> AnyView {
    const SHOWN: usize = 2;
    let Names { mut first, count } = names;
    let more = if first.len() == SHOWN + 1 && count == 3 { Vec::new() } else { first.split_off(first.len().min(SHOWN)) };
    let code = |names: Vec<String>| {
        names.into_iter().enumerate().map(|(at, name)| view! { {(at > 0).then_some(", ")} <code>{name}</code> }).collect_view()
    };
    let hidden = u64::from(count).saturating_sub(u64::try_from(first.len()).unwrap_or(u64::MAX));
    let rest = (hidden > 0).then(|| {
        let unnamed = hidden.saturating_sub(u64::try_from(more.len()).unwrap_or(u64::MAX));
        let unnamed = (unnamed > 0).then(|| format!(", and {} that are not listed", thousands(unnamed)));
        view! {
            <details class="more">
                <summary>{format!("and {} more", thousands(hidden))}</summary>
                <span>{code(more)} {unnamed}</span>
            </details>
        }
    });
    view! { <span class="listed">{code(first)} " " {rest}</span> }.into_any()
}

fn settings_table(settings: Vec<SettingRow>) -> AnyView {
    let assumed = settings.iter().filter(|row| row.assumed).count();
    let note = (assumed > 0).then(|| {
        let text = counted(u64::try_from(assumed).unwrap_or(u64::MAX), "is assumed", "are assumed");
        view! { " " <span class="state unknown"><span class="shape" aria-hidden="true">"?"</span>{text}</span> }
    });
    let rows = settings
        .into_iter()
        .map(|SettingRow { name, value, source, assumed }| {
            let class = if assumed { "state unknown" } else { "dim" };
            let shape = assumed.then(|| view! { <span class="shape" aria-hidden="true">"?"</span> });
            view! {
                <tr>
                    <th scope="row">{name}</th>
                    <td data-label="Value">{value}</td>
                    <td data-label="Read in"><span class=class>{shape} {source}</span></td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <details class="card" open=assumed != 0>
            <summary>"What decided besides policies" {note}</summary>
            <table class="rows facts-rows settings">
                <thead>
                    <tr>
                        <th scope="col">"Setting"</th>
                        <th scope="col">"Value"</th>
                        <th scope="col">"Read in"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </details>
    }
    .into_any()
}
