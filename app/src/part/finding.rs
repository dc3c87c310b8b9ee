//! Findings.

use super::{ObjectName, Tone, prose};
use crate::access::as_field;
use crate::api::MakePlan;
use crate::text::{ask, counted, len};
use leptos::form::ActionForm;
use leptos::prelude::*;
use policy::access::{Change, HostEndpoints, Intent};
use policy::checks::GUARD_WITHOUT_SERVICE;
use policy::finding::{Finding, Severity};
use policy::object::{Kind, ObjectKey, ServiceRef};
use policy::reach::written::Written;

/// Findings in the order given, each with what, why and what to do. With the digest of a plan, a packet is asked about as planned too.
#[component]
pub(crate) fn Findings(findings: Vec<Finding>, #[prop(optional, into)] plan: String) -> impl IntoView {
    let items = findings.into_iter().map(|finding| view! { <li>{full(finding, &plan)}</li> }).collect_view();
    view! { <ul class="findings">{items}</ul> }
}

fn full(finding: Finding, plan: &str) -> AnyView {
    let tone = Tone::of(finding.severity);
    view! {
        <article class=format!("finding {}", tone.class())>
            <p class="finding-what">
                {severity(finding.severity)} " " {prose(&finding.what)}
            </p>
            <p class="dim">{prose(&finding.why)}</p>
            <p class="finding-do">
                <b>"Do: "</b>
                {prose(&finding.action)}
            </p>
            {places(finding.objects, finding.field)}
            {packet(finding.packet, plan)}
        </article>
    }
    .into_any()
}

/// Findings grouped by severity and what to do about them.
#[component]
pub(crate) fn FindingsByAction(findings: Vec<Finding>, plan: ServerAction<MakePlan>) -> impl IntoView {
    let mut groups: Vec<(Severity, String, Vec<Finding>)> = Vec::new();
    for finding in findings {
        let group = groups.iter_mut().find(|(severity, action, _)| *severity == finding.severity && *action == finding.action);
        match group {
            Some((_, _, members)) => members.push(finding),
            None => groups.push((finding.severity, finding.action.clone(), vec![finding])),
        }
    }
    groups.sort_by_key(|(severity, _, _)| *severity);
    groups.into_iter().map(|(severity, action, members)| group(severity, action, members, plan)).collect_view()
}

fn group(of: Severity, action: String, members: Vec<Finding>, plan: ServerAction<MakePlan>) -> AnyView {
    let tone = Tone::of(of);
    let count = counted(len(&members), "finding", "findings");
    let open = members.len() <= 3;
    let items = members
        .into_iter()
        .map(|finding| {
            view! {
                <li class="group-member" data-row="" tabindex="-1">
                    <p>{prose(&finding.what)}</p>
                    <p class="dim">{prose(&finding.why)}</p>
                    {way_out(&finding, plan)}
                    {places(finding.objects, finding.field)}
                    {packet(finding.packet, "")}
                </li>
            }
        })
        .collect_view();
    view! {
        <section class=format!("finding group {}", tone.class())>
            <h2 class="group-title">{severity(of)} " " {prose(&action)}</h2>
            <details open=open>
                <summary>{count}</summary>
                <ul class="group-members">{items}</ul>
            </details>
        </section>
    }
    .into_any()
}

/// Where a plan does what is to be done, the button that makes it. A Service that is gone has no page to make it on.
fn way_out(finding: &Finding, plan: ServerAction<MakePlan>) -> Option<impl IntoView + use<>> {
    let gone = finding.objects.first().filter(|key| finding.id == GUARD_WITHOUT_SERVICE && key.kind == Kind::Service)?;
    let service = ServiceRef::new(&gone.namespace, &gone.name).ok()?;
    let change = Change { service, intent: Intent::Open, host_endpoints: HostEndpoints::Existing };
    Some(view! {
        <ActionForm action=plan>
            <input type="hidden" name="change" value=as_field(&change) />
            <button class="button">{format!("Review the plan that takes away what guarded {}", change.service)}</button>
        </ActionForm>
    })
}

fn severity(of: Severity) -> impl IntoView {
    let tone = Tone::of(of);
    view! {
        <span class=format!("state {}", tone.class())>
            <span class="shape" aria-hidden="true">{tone.shape()}</span>
            {of.to_string()}
        </span>
    }
    .into_any()
}

fn places(objects: Vec<ObjectKey>, field: String) -> AnyView {
    if objects.is_empty() {
        return ().into_any();
    }
    let shown = objects.len().min(5);
    let more = objects.len() - shown;
    let items = objects.into_iter().take(shown).map(|key| view! { <li>{place(key)}</li> }).collect_view();
    view! {
        <ul class="places">
            {items}
            {(more > 0).then(|| view! { <li class="dim">{format!("and {more} more")}</li> })}
            {(!field.is_empty()).then(|| view! { <li><code>{field}</code></li> })}
        </ul>
    }
    .into_any()
}

/// The packet that shows it, hop by hop.
fn packet(packet: Option<Box<Written>>, plan: &str) -> Option<AnyView> {
    packet.map(|packet| view! { <p class="places"><a href=ask(&packet, plan)>"Ask about this packet"</a></p> }.into_any())
}

/// A Service has a page; other objects are named.
fn place(key: ObjectKey) -> AnyView {
    if key.kind == Kind::Service {
        let href = format!("/services/{}", key.path());
        view! { <a href=href><ObjectName key /></a> }.into_any()
    } else {
        view! { <ObjectName key /> }.into_any()
    }
}
