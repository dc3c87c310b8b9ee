//! An access in words.

use super::CidrChip;
use crate::text::{counted, len};
use leptos::prelude::*;
use policy::access::{Access, ClientRange, InCluster};

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
        view! { <p>"Load balancers, on NodePorts alone:" {chips}</p> }
    });
    let outside =
        if access.clients.is_empty() { view! { <p>"Nobody outside the cluster."</p> }.into_any() } else { ranges(access.clients) };
    view! { <div class="access-summary">{outside} {balancers} <p class="dim">{inside}</p></div> }.into_any()
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
    let ports = if client.ports.is_empty() {
        "all ports".to_owned()
    } else {
        client.ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    };
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
