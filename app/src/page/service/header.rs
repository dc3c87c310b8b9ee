//! The head of a Service's page.

use super::by_hand;
use crate::access::as_field;
use crate::api::MakePlan;
use crate::part::{AddressChips, Notice, PortChips, ServiceStateWord, Tone, prose};
use crate::text::{counted, thousands};
use leptos::form::ActionForm;
use leptos::prelude::*;
use policy::access::{Adoption, Change, Intent};
use policy::view::{ServiceDetail, ServiceState};

/// Name, state, addresses, ports, backends; and what stands in the way of a change.
pub(super) fn header(detail: ServiceDetail, plan: ServerAction<MakePlan>) -> AnyView {
    let ServiceDetail { row, ready, backends, backend_nodes, run, moved, by_hand, access, host_endpoints, advertised, .. } = detail;
    let by_hand = by_hand.map(|found| by_hand::notice(found, &row, plan));
    let advertised = (!advertised.is_empty()).then(|| {
        let each = advertised.into_iter().map(|(address, by)| view! { <li><code>{address}</code> " " {prose(&by)}</li> }).collect_view();
        view! { <div><dt>"Advertised by"</dt><dd><ul class="plain">{each}</ul></dd></div> }
    });
    let moved = moved.zip(access).map(|(finding, access)| {
        let change = Change { service: row.service.clone(), intent: Intent::Guard(access), host_endpoints, adoption: Adoption::default() };
        view! {
            <Notice tone=Tone::Changes title="The cluster has moved under its guard">
                <p>{prose(&finding.why)}</p>
                <ActionForm action=plan>
                    <input type="hidden" name="change" value=as_field(&change) />
                    <button class="button">"Review the plan that makes up for it"</button>
                </ActionForm>
            </Notice>
        }
    });
    let backends = if backends == 0 {
        "no backends".to_owned()
    } else {
        format!(
            "{} of {} ready, on {}",
            thousands(u64::from(ready)),
            counted(u64::from(backends), "backend", "backends"),
            counted(u64::from(backend_nodes), "node", "nodes")
        )
    };
    let run = run.map(|id| {
        view! {
            <Notice tone=Tone::Changes title="A change is under way">
                <p><a href=format!("/runs/{id}")>{format!("Run {id}")}</a> " goes on or was interrupted; another change waits until it has ended."</p>
            </Notice>
        }
    });
    let drifted = (row.state == ServiceState::Drifted).then(|| {
        view! {
            <Notice tone=Tone::Denied title="Drifted">
                <p>"The live objects differ from what was applied last. Review the plan of the access below to put them right, or change the access first."</p>
            </Notice>
        }
    });
    let clients = (!row.clients.is_empty()).then(|| view! { <div><dt>"Allowed"</dt><dd>{row.clients}</dd></div> });
    view! {
        <p class="crumbs">
            <a href="/services">"Services"</a>
            " / "
            <a href=format!("/services?ns={}", row.service.namespace())>{row.service.namespace().to_owned()}</a>
        </p>
        <h1>{row.service.name().to_owned()} " " <ServiceStateWord state=row.state /></h1>
        <dl class="facts wide">
            <div><dt>"Addresses"</dt><dd><AddressChips addresses=row.addresses /></dd></div>
            <div><dt>"Ports"</dt><dd><PortChips ports=row.ports /></dd></div>
            <div><dt>"Backends"</dt><dd>{backends}</dd></div>
            <div><dt>"Type"</dt><dd>{row.kind} <span class="dim">", traffic policy " {row.traffic}</span></dd></div>
            {advertised}
            {clients}
        </dl>
        {run}
        {drifted}
        {moved}
        {by_hand}
    }
    .into_any()
}
