//! Checks of the interfaces that Calico reports of nodes (3.31 and later): which of them no HostEndpoint stands on.

use super::edge::{Ground, node};
use super::{Draft, few};
use crate::access::{HostEndpoints, counted};
use crate::finding::{Finding, Severity};
use crate::object::ObjectKey;
use crate::scope::{NodeGroup, Owner};
use std::collections::{BTreeMap, BTreeSet};

/// Why it matters that nobody says which interfaces there are.
const UNSEEN: &str = "Nothing says which interfaces these nodes have: on one where clients enter by another interface, the edge policy does \
                      not act. calico-node reports them from Calico 3.31 on.";

/// On which interfaces of the nodes that are entered nothing will stand.
pub(super) fn checks(ground: &Ground, choice: &HostEndpoints) -> Vec<Finding> {
    let created = match choice {
        HostEndpoints::Named { interface } => Some(interface.name()),
        HostEndpoints::Existing | HostEndpoints::Automatic => None,
    };
    let mut findings = Vec::from_iter(bare(ground, created));
    if let Some(interface) = created {
        findings.extend(absent(ground, interface));
        findings.extend(not_seen(ground, interface));
    }
    if *choice == HostEndpoints::Existing {
        findings.extend(others_not_seen(ground));
    }
    findings
}

/// Nodes where clients enter: those that receive, and with a NodePort all of them.
fn entered<'a>(ground: &Ground<'a>) -> impl Iterator<Item = &'a NodeGroup> + use<'a> {
    let node_ports = ground.node_ports;
    ground.edge.nodes.iter().filter(move |group| group.receives || node_ports)
}

fn nodes(names: &BTreeSet<&String>) -> Vec<ObjectKey> {
    names.iter().map(|name| node(name)).collect()
}

/// Interfaces with an address on which no HostEndpoint stands, on nodes that have one, or get one on `created`.
fn bare(ground: &Ground, created: Option<&str>) -> Option<Finding> {
    let mut on: BTreeMap<&str, BTreeSet<&String>> = BTreeMap::new();
    for group in entered(ground).filter(|group| created.is_some() || !group.endpoints.is_empty()) {
        let bare = group.interfaces.iter().flatten().filter(|interface| interface.bare && Some(interface.name.as_str()) != created);
        for interface in bare {
            on.entry(&interface.name).or_default().extend(&group.names);
        }
    }
    let listed: Vec<String> = on
        .iter()
        .map(|(interface, names)| {
            let names: Vec<String> = names.iter().map(ToString::to_string).collect();
            format!("`{interface}` of {}", few(&names))
        })
        .collect();
    let all: BTreeSet<&String> = on.into_values().flatten().collect();
    (!listed.is_empty()).then(|| {
        Draft::new(Severity::Warning, "interface-without-host-endpoint", nodes(&all)).says(
            format!("No HostEndpoint stands on {}.", few(&listed)),
            "Calico reports these interfaces. A client that is routed in by one of them meets no edge policy on that node, as if nothing were \
             guarded there; only the pod policy is left.",
            "Give them HostEndpoints too (one with `interfaceName: \"*\"` stands for every interface), unless no client is routed there.",
        )
    })
}

/// Nodes that report their interfaces, and not the one on which HostEndpoints are to be created.
fn absent(ground: &Ground, interface: &str) -> Option<Finding> {
    let lacks = |group: &&NodeGroup| group.interfaces.as_ref().is_some_and(|all| all.iter().all(|one| one.name != interface));
    let all: BTreeSet<&String> = entered(ground).filter(lacks).flat_map(|group| &group.names).collect();
    let listed: Vec<String> = all.iter().map(ToString::to_string).collect();
    (!all.is_empty()).then(|| {
        Draft::new(Severity::Warning, "interface-absent", nodes(&all)).says(
            format!("Calico reports no interface `{interface}` of {}.", few(&listed)),
            "Unless it has come since calico-node started there, the HostEndpoint is on nothing, and clients that enter by that node meet no \
             edge policy.",
            "Choose the interface by which clients enter, or existing HostEndpoints: automatic ones stand for every interface.",
        )
    })
}

/// HostEndpoints that are created on an interface of which nobody says that it is there.
fn not_seen(ground: &Ground, interface: &str) -> Option<Finding> {
    let has = |group: &&NodeGroup, ours: bool| {
        group
            .endpoints
            .iter()
            .any(|e| (e.owner == Owner::Ours) == ours && (e.interface == interface || !ours && ["*", ""].contains(&e.interface.as_str())))
    };
    let groups = &ground.edge.nodes;
    if groups.iter().any(|group| has(&group, false)) {
        return None;
    }
    let created =
        groups.iter().filter(|group| !has(group, true) && group.interfaces.is_none()).map(|group| group.names.len()).sum::<usize>();
    (created > 0).then(|| {
        Draft::new(Severity::Info, "interface-not-seen", Vec::new()).says(
            format!("HostEndpoints are created on `{interface}` of {}.", counted(created, "node")),
            UNSEEN,
            format!("See on a node of each kind that `ip route` shows `{interface}` as the way to the clients."),
        )
    })
}

/// HostEndpoints of others that stand on interfaces by name, on nodes of which nobody says what interfaces there are.
fn others_not_seen(ground: &Ground) -> Option<Finding> {
    let by_name = |group: &&NodeGroup| {
        group.interfaces.is_none()
            && !group.endpoints.is_empty()
            && group.endpoints.iter().all(|endpoint| endpoint.owner != Owner::Ours && !["*", ""].contains(&endpoint.interface.as_str()))
    };
    let groups: Vec<&NodeGroup> = entered(ground).filter(by_name).collect();
    let interfaces: BTreeSet<String> =
        groups.iter().flat_map(|group| &group.endpoints).map(|endpoint| format!("`{}`", endpoint.interface)).collect();
    let count = groups.iter().map(|group| group.names.len()).sum::<usize>();
    (count > 0).then(|| {
        let on = few(&Vec::from_iter(interfaces));
        Draft::new(Severity::Info, "interface-not-seen", Vec::new()).says(
            format!("The HostEndpoints of {} stand on {on} alone.", counted(count, "node")),
            UNSEEN,
            format!(
                "See on a node of each kind that `ip route` shows {on} as the way to the clients; one with `*` stands for every interface."
            ),
        )
    })
}
