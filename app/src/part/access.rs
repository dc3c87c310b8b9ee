//! An access in words.

use super::CidrChip;
use crate::text::{counted, len};
use leptos::prelude::*;
use policy::access::{Access, ClientRange, GroupUse, InCluster, Port};

/// How many ranges are listed before the rest is folded.
const LISTED: usize = 20;

/// Who may reach a Service; none: it is not guarded.
#[component]
pub(crate) fn AccessSummary(access: Option<Access>) -> impl IntoView {
    let Some(access) = access else {
        return view! { <p>"Not guarded: whoever can send a packet to it."</p> }.into_any();
    };
    let inside = match &access.in_cluster {
        InCluster::Unchanged => "In the cluster: every pod and node keeps what it had.".to_owned(),
        InCluster::Namespaces(names) => format!("In the cluster: the pods of {}.", names.join(", ")),
        InCluster::Nobody => "In the cluster: nobody.".to_owned(),
    };
    let balancers = (!access.load_balancers.is_empty()).then(|| {
        let chips = access.load_balancers.iter().map(|cidr| view! { " " <CidrChip text=cidr.to_string() /> }).collect_view();
        let where_to = if access.enforced.at_pods_alone() { "Load balancers:" } else { "Load balancers, on NodePorts alone:" };
        view! { <p>{where_to} {chips}</p> }
    });
    let nobody = access.clients.is_empty() && access.groups.is_empty();
    let outside = match (nobody, access.clients.is_empty()) {
        (true, _) => view! { <p>"Nobody outside the cluster."</p> }.into_any(),
        (false, true) => ().into_any(),
        (false, false) => ranges(access.clients),
    };
    let groups = (!access.groups.is_empty()).then(|| {
        view! { <ul class="ranges">{access.groups.into_iter().map(group).collect_view()}</ul> }
    });
    let alone = access.enforced.at_pods_alone().then(|| view! { <p class="dim">"Guarded at the pods alone."</p> });
    view! { <div class="access-summary">{outside} {groups} {balancers} <p class="dim">{inside}</p> {alone}</div> }.into_any()
}

/// A client group, with the ranges that it had when this was so.
fn group(of: GroupUse) -> impl IntoView {
    let count = counted(len(&of.ranges), "range", "ranges");
    let held = of.ranges.iter().map(|cidr| view! { <li><CidrChip text=cidr.to_string() /></li> }).collect_view();
    view! {
        <li>
            "Group " <strong>{of.name.to_string()}</strong>
            " "
            <span class="ports">{in_words(&of.ports)}</span>
            " "
            <span class="dim">{of.note}</span>
            <details>
                <summary>{count}</summary>
                <ul>{held}</ul>
            </details>
        </li>
    }
}

fn in_words(ports: &[Port]) -> String {
    if ports.is_empty() { "all ports".to_owned() } else { ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ") }
}

fn ranges(mut clients: Vec<ClientRange>) -> AnyView {
    let rest = clients.split_off(clients.len().min(LISTED));
    let folded = (!rest.is_empty()).then(|| {
        view! {
            <details>
                <summary>{format!("{} more", counted(len(&rest), "range", "ranges"))}</summary>
                <ul>{rest.into_iter().map(range).collect_view()}</ul>
            </details>
        }
    });
    view! {
        <div>
            <ul class="ranges">{clients.into_iter().map(range).collect_view()}</ul>
            {folded}
        </div>
    }
    .into_any()
}

fn range(client: ClientRange) -> impl IntoView {
    let ports = in_words(&client.ports);
    view! {
        <li>
            <CidrChip text=client.cidr.to_string() />
            " "
            <span class="ports">{ports}</span>
            " "
            <span class="dim">{client.note}</span>
        </li>
    }
}
