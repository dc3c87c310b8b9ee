//! The head of a Service's page.

use super::by_hand;
use crate::access::as_field;
use crate::api::{KeepAsItIs, MakePlan, TakeBackRun, UndoDrift};
use crate::part::{AddressChips, GuardedByHand, Notice, PortChips, ServiceStateWord, Tone, failure, prose, unlanded_notice};
use crate::text::{REASON_MAX, counted, thousands};
use crate::view::{Beside, GroupDrift};
use leptos::form::ActionForm;
use leptos::prelude::*;
use policy::access::{Access, Adoption, Change, Enforced, HostEndpoints, Intent};
use policy::finding::Finding;
use policy::object::ServiceRef;
use policy::reach::safety::GROUP_DIFFERS;
use policy::view::{AdvertisedView, ServiceDetail, ServiceRow, ServiceState};

/// What can be done from the head of the page.
#[derive(Clone, Copy)]
pub(super) struct Ways {
    pub(super) plan: ServerAction<MakePlan>,
    pub(super) undo: ServerAction<UndoDrift>,
    pub(super) keep: ServerAction<KeepAsItIs>,
    /// Plans the way back from a run that failed.
    pub(super) take_back: ServerAction<TakeBackRun>,
    /// Why what was changed is kept, as typed: the head is written anew when the cluster changes.
    pub(super) reason: RwSignal<String>,
}

/// Name, state, addresses, ports, backends; and what stands in the way of a change.
pub(super) fn header(detail: ServiceDetail, beside: Beside, ways: Ways) -> AnyView {
    let Ways { plan, .. } = ways;
    let ServiceDetail {
        row,
        ready,
        backends,
        backend_nodes,
        run,
        moved,
        by_hand,
        access,
        host_endpoints,
        advertised,
        revisions,
        not_alone,
        ..
    } = detail;
    let state = match row.state {
        ServiceState::Open if by_hand.is_some() => view! { <GuardedByHand /> }.into_any(),
        state => view! { <ServiceStateWord state /> }.into_any(),
    };
    let by_hand = by_hand.map(|found| by_hand::notice(found, &row, plan));
    let advertised = (!advertised.is_empty()).then(|| {
        let each = advertised.into_iter().map(advertised_by).collect_view();
        view! { <div><dt>"Advertised by"</dt><dd><ul class="plain">{each}</ul></dd></div> }
    });
    let not_alone = access
        .clone()
        .filter(|_| !not_alone.is_empty())
        .map(|access| no_longer_alone(&row, access, host_endpoints.clone(), not_alone, plan));
    let Beside { unlanded, groups, carried, changed, earlier } = beside;
    let moved = moved.zip(access).map(|(finding, access)| {
        let change = Change { service: row.service.clone(), intent: Intent::Guard(access), host_endpoints, adoption: Adoption::default() };
        (finding, change)
    });
    // Where its group was changed in the cluster, one notice says both.
    let (of_groups, moved) = if groups.is_empty() { (None, moved) } else { split(moved) };
    let moved = moved.map(|(finding, change)| {
        let of_group = finding.id == GROUP_DIFFERS;
        let title = if of_group { "Its clients differ from the group" } else { "The cluster has moved under its guard" };
        let what = of_group.then(|| view! { <p>{prose(&finding.what)}</p> });
        view! {
            <Notice tone=Tone::Changes title=title>
                {what}
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
                <p><a href=format!("/runs/{id}")>{format!("Run {id}")}</a> " goes on, waits or was interrupted; another change waits until it has ended."</p>
            </Notice>
        }
    });
    let of_others = !carried.is_empty();
    let is_drifted = row.state == ServiceState::Drifted && !changed.is_empty();
    let drifted = is_drifted.then(|| drifted(&row.service, changed, !revisions.is_empty(), ways));
    let earlier = earlier.map(|finding| of_an_earlier(&row.service, finding, plan));
    let carried = of_others.then(|| drifted_beside(carried));
    let groups = (!groups.is_empty()).then(|| groups_drifted(groups, of_groups, plan));
    // The newest says how it stands.
    let unlanded = unlanded.into_iter().next().filter(|run| run.unresolved).map(|run| unlanded_notice(run, ways.take_back));
    let clients = (!row.clients.is_empty()).then(|| view! { <div><dt>"Allowed"</dt><dd>{row.clients}</dd></div> });
    view! {
        <p class="crumbs">
            <a href="/services">"Services"</a>
            " / "
            <a href=format!("/services?ns={}", row.service.namespace())>{row.service.namespace().to_owned()}</a>
        </p>
        <h1>{row.service.name().to_owned()} " " {state}</h1>
        <dl class="facts wide">
            <div><dt>"Addresses"</dt><dd><AddressChips addresses=row.addresses /></dd></div>
            <div><dt>"Ports"</dt><dd><PortChips ports=row.ports /></dd></div>
            <div><dt>"Backends"</dt><dd>{backends}</dd></div>
            <div><dt>"Type"</dt><dd>{row.kind} <span class="dim">", traffic policy " {row.traffic}</span></dd></div>
            {clients}
            {advertised}
        </dl>
        {run}
        {unlanded}
        {earlier}
        {drifted}
        {carried}
        {groups}
        {not_alone}
        {moved}
        {by_hand}
    }
    .into_any()
}

/// The pods see others' addresses than those of the clients: a guard at the nodes makes up for it.
fn no_longer_alone(
    row: &ServiceRow,
    access: Access,
    host_endpoints: HostEndpoints,
    findings: Vec<Finding>,
    plan: ServerAction<MakePlan>,
) -> AnyView {
    let access = Access { enforced: Enforced::NodesAndPods, ..access };
    let change = Change { service: row.service.clone(), intent: Intent::Guard(access), host_endpoints, adoption: Adoption::default() };
    let said = findings.into_iter().map(|finding| view! { <p>{prose(&finding.what)} " " {prose(&finding.why)}</p> }).collect_view();
    view! {
        <Notice tone=Tone::Denied title="Its pods cannot guard it alone">
            {said}
            <ActionForm action=plan>
                <input type="hidden" name="change" value=as_field(&change) />
                <button class="button">"Review the plan that guards it at the nodes too"</button>
            </ActionForm>
        </Notice>
    }
    .into_any()
}

/// Somebody changed a client set of another Service that this one's edge policy lets in as well.
fn drifted_beside(others: Vec<ServiceRef>) -> AnyView {
    let links =
        others.into_iter().map(|of| view! { <li><a href=format!("/services/{of}")><code>{of.to_string()}</code></a></li> }).collect_view();
    view! {
        <Notice tone=Tone::Denied title="Drifted beside it">
            <p>"It shares an edge policy, and that policy lets in what somebody wrote elsewhere into the client sets of:"</p>
            <ul class="plain">{links}</ul>
            <p class="dim">"Its own objects are as they were applied. What is undone there is undone here too."</p>
        </Notice>
    }
    .into_any()
}

/// What has moved, and the change that makes up for it.
type Moved = Option<(Finding, Change)>;

/// What is about its client groups, and what is not.
fn split(moved: Moved) -> (Moved, Moved) {
    if moved.as_ref().is_some_and(|(finding, _)| finding.id == GROUP_DIFFERS) { (moved, None) } else { (None, moved) }
}

/// Somebody changed client groups of its access in the cluster; what that comes to, and the change that gives it what they hold now.
fn groups_drifted(drifts: Vec<GroupDrift>, moved: Moved, plan: ServerAction<MakePlan>) -> AnyView {
    let names: Vec<String> = drifts.iter().map(|drift| drift.name.to_string()).collect();
    let title = match names.as_slice() {
        [name] => format!("Its client group {name} was changed in the cluster"),
        names => format!("Its client groups {} were changed in the cluster", names.join(", ")),
    };
    let said = drifts.into_iter().map(|drift| {
        let name = drift.name.to_string();
        view! {
            <p>
                {prose(&drift.what)} " "
                <a href=format!("/groups?group={name}")>{format!("See to the group {name}")}</a>
            </p>
        }
    });
    let moved = moved.map(|(finding, change)| {
        view! {
            <p>{prose(&finding.why)}</p>
            <ActionForm action=plan>
                <input type="hidden" name="change" value=as_field(&change) />
                <button class="button">"Review the plan that gives it the group as it is now"</button>
            </ActionForm>
        }
    });
    view! { <Notice tone=Tone::Changes title=title>{said.collect_view()} {moved}</Notice> }.into_any()
}

/// The Service was deleted, and created again under its name: what guarded the first goes on deciding, and nobody said who may reach this one.
fn of_an_earlier(service: &ServiceRef, finding: Finding, plan: ServerAction<MakePlan>) -> AnyView {
    let change =
        Change { service: service.clone(), intent: Intent::Open, host_endpoints: HostEndpoints::Existing, adoption: Adoption::default() };
    view! {
        <Notice tone=Tone::Denied title="Its guard was written for an earlier Service of this name">
            <p>{prose(&finding.what)} " " {prose(&finding.why)}</p>
            <p>"Say below who may reach this one: the plan takes the old objects away. Or take them away, and leave it open."</p>
            <ActionForm action=plan>
                <input type="hidden" name="change" value=as_field(&change) />
                <button class="button">"Review the plan that takes them away"</button>
            </ActionForm>
        </Notice>
    }
    .into_any()
}

/// What others made of the objects: undone by a plan, or kept as a revision.
fn drifted(service: &ServiceRef, changed: Vec<String>, applied: bool, ways: Ways) -> AnyView {
    let changed = changed.into_iter().map(|line| view! { <li>{prose(&line)}</li> }).collect_view();
    let name = service.to_string();
    let of = name.clone();
    let undo = applied.then(|| {
        view! {
            <ActionForm action=ways.undo>
                <input type="hidden" name="service" value=of />
                <button class="button">"Review the plan that undoes it"</button>
            </ActionForm>
        }
    });
    let failed = move || ways.undo.value().get().and_then(Result::err).or_else(|| ways.keep.value().get().and_then(Result::err));
    view! {
        <Notice tone=Tone::Denied title="Drifted">
            <p>"The live objects differ from what was applied last: somebody changed them elsewhere."</p>
            <ul class="plain">{changed}</ul>
            {undo}
            <ActionForm action=ways.keep>
                <input type="hidden" name="service" value=name />
                <label class="field grow">
                    <span>"Or keep them as they are, as a revision: why? " <span class="dim">"– nothing is written to the cluster"</span></span>
                    <input
                        name="reason"
                        required
                        maxlength=REASON_MAX.to_string()
                        autocomplete="off"
                        prop:value=ways.reason
                        on:input=move |event| ways.reason.set(event_target_value(&event))
                    />
                </label>
                <button class="button">"Keep what was changed"</button>
            </ActionForm>
            {failure(failed)}
        </Notice>
    }
    .into_any()
}

/// Who advertises an address, and to whom.
fn advertised_by(AdvertisedView { address, by, to }: AdvertisedView) -> impl IntoView {
    let to = (!to.is_empty()).then(|| view! { <br /><span class="dim">{prose(&to.join(" "))}</span> });
    view! { <li><code>{address}</code> " " {prose(&by)} {to}</li> }
}
