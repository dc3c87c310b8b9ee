//! Why a question has no answer, where the closed list of reasons does not say it.

use crate::object::{Node, Service};
use crate::reach::packet::{Client, Destination, Question};
use crate::reach::verdict::{Answer, Unknown, Verdict};
use crate::scope::ServiceFacts;
use crate::snapshot::Snapshot;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// Why there is no answer, as a sentence without its full stop: no path leads there, or none that the cluster knows. None where there is one.
#[must_use]
pub fn no_answer(snapshot: &Snapshot, question: &Question, answer: &Answer) -> Option<String> {
    if answer.paths.is_empty() {
        return Some(format!("no path leads there: {}", no_path(snapshot, question)));
    }
    let unheard = answer.paths.iter().all(|journey| journey.verdict == Verdict::Unknown(Unknown::NoSuchAddress));
    let Destination::Address { address } = &question.to else { return None };
    unheard.then(|| external_ip(snapshot, *address)).flatten()
}

/// The external IP of a Node is mostly known to what stands in front of it, and to no interface of the node.
fn external_ip(snapshot: &Snapshot, address: IpAddr) -> Option<String> {
    let is = |kind: &str, node: &Node| -> Option<IpAddr> {
        let mut found = node.status.addresses.iter().filter(|a| a.kind == kind).filter_map(|a| a.address.parse::<IpAddr>().ok());
        found.find(|other| if kind == "ExternalIP" { *other == address } else { other.is_ipv4() == address.is_ipv4() })
    };
    let node = snapshot.iter::<Node>().find(|node| is("ExternalIP", node).is_some())?;
    let own = is("InternalIP", node).map(|own| format!("; ask for {own}")).unwrap_or_default();
    Some(format!(
        "{address} is the external IP of the Node `{}`: as a rule the network in front puts the node's own address in its place before a packet \
         gets there, and whether it does is not known{own}",
        node.metadata.name
    ))
}

fn no_path(snapshot: &Snapshot, question: &Question) -> String {
    let (to, addresses) = match &question.to {
        Destination::Address { address } => (address.to_string(), BTreeSet::from([*address])),
        Destination::Service { service } => {
            let to = format!("`{service}`");
            let found = snapshot.get::<Service>(service.namespace(), service.name()).and_then(|service| ServiceFacts::of(service));
            let Some(facts) = found else { return format!("{to} is no Service of the cluster") };
            if facts.kind == "ExternalName" {
                return format!("{to} is an ExternalName: it stands for a name elsewhere, and no node takes packets in for it");
            }
            (to, facts.cluster_ips.iter().copied().chain(facts.outer_addresses()).collect())
        }
    };
    if addresses.is_empty() {
        return format!("{to} is headless: clients send to its pods' own addresses, so ask for the address of a pod");
    }
    let families: BTreeSet<bool> = addresses.iter().map(IpAddr::is_ipv4).collect();
    let family = |v4: bool| if v4 { "IPv4" } else { "IPv6" };
    let only = families.first().filter(|_| families.len() == 1).map(|v4| family(*v4));
    match (&question.client, only) {
        (Client::Outside { address }, Some(only)) if !families.contains(&address.is_ipv4()) => {
            format!("{address} is an {} address, and {to} has only {only}", family(address.is_ipv4()))
        }
        (client @ (Client::Pod { .. } | Client::Node { .. }), Some(only)) => {
            format!("`{client}` has no {only} address, and {to} has no other")
        }
        _ => format!("no node of the cluster takes packets to {to} in"),
    }
}
