//! Checks of Services that share an address or pods.

use super::Draft;
use crate::access::{Access, InCluster, Port, Protocol};
use crate::finding::{Finding, Severity};
use crate::scope::{Scope, Sharing, Target};
use std::collections::BTreeSet;

/// Services at one of its cluster IPs, which an edge policy closes on every port.
pub(super) fn at_the_edge(scope: &Scope) -> Vec<Finding> {
    scope.address_sharing.iter().map(|(other, address)| address_shared(scope, other, address)).collect()
}

pub(super) fn checks(scope: &Scope, access: &Access) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    findings.extend(scope.port_sharing.iter().map(|(other, address, port)| port_shared(scope, other, address, *port)));
    for sharing in &scope.sharing {
        findings.push(pods_shared(scope, sharing));
        findings.extend(in_cluster(scope, sharing, access));
    }
    findings
}

fn address_shared(scope: &Scope, other: &crate::object::ServiceRef, address: &std::net::IpAddr) -> Finding {
    let service = &scope.service.service;
    Draft::new(Severity::Blocker, "address-shared", vec![service.key(), other.key()]).says(
        format!("`{other}` uses {address} of `{service}` too."),
        "The edge policy closes every port of the address: clients of the other Service would be shut out.",
        "Give the other Service an address of its own.",
    )
}

fn port_shared(scope: &Scope, other: &crate::object::ServiceRef, address: &std::net::IpAddr, port: Port) -> Finding {
    let service = &scope.service.service;
    Draft::new(Severity::Blocker, "port-shared", vec![service.key(), other.key()]).says(
        format!("`{other}` is offered at {address} on {port} too."),
        "Before translation the two cannot be told apart: clients of the other Service would be shut out, and kube-proxy leads to one of them only.",
        "Give one of them another port, or an address of its own.",
    )
}

fn pods_shared(scope: &Scope, sharing: &Sharing) -> Finding {
    let service = &scope.service.service;
    let other = &sharing.facts.service;
    let objects = vec![service.key(), other.key()];
    if sharing.access.is_some() {
        return Draft::new(Severity::Info, "pods-shared", objects).says(
            format!("`{other}` leads to pods of `{service}`, and is guarded."),
            "Its clients are let in at the pods by a pod policy of its own; both are planned together.",
            "Nothing.",
        );
    }
    if sharing.exposed {
        return Draft::new(Severity::Warning, "pods-shared", objects).says(
            format!("`{other}` leads to pods of `{service}`, is exposed, and is not guarded."),
            "Whoever reaches the other Service reaches these pods: its ports stay open at the pods, as before.",
            format!("Guard `{other}` as well."),
        );
    }
    Draft::new(Severity::Info, "pods-shared", objects).says(
        format!("`{other}` leads to pods of `{service}`."),
        "It has no address that clients outside are routed to; its clients inside the cluster keep what they have.",
        "Nothing.",
    )
}

/// What each Service wants of clients inside the cluster is kept at the same pods.
fn in_cluster(scope: &Scope, sharing: &Sharing, access: &Access) -> Option<Finding> {
    let theirs = sharing.access.as_ref().map_or(&InCluster::Unchanged, |access| &access.in_cluster);
    let ports = |facts: &crate::scope::ServiceFacts| -> BTreeSet<(Protocol, Target)> {
        facts.targets(&[]).into_iter().flat_map(|(protocol, targets)| targets.into_iter().map(move |target| (protocol, target))).collect()
    };
    let same_ports = !ports(&scope.service).is_disjoint(&ports(&sharing.facts));
    // A guarded Service's pod policy speaks for all ports of the pods, an unguarded one's clients only need its own.
    let conflict = access.in_cluster != *theirs && (sharing.access.is_some() || same_ports);
    conflict.then(|| {
        let (service, other) = (&scope.service.service, &sharing.facts.service);
        Draft::new(Severity::Blocker, "in-cluster-conflict", vec![service.key(), other.key()]).says(
            format!("`{service}` and `{other}` share pods, but not which clients inside the cluster may call them."),
            "At the pods the two cannot be told apart: one of them would get the other's clients, or lose its own.",
            format!("Choose the same for both; for `{other}` it is {}.", words(theirs)),
        )
    })
}

fn words(in_cluster: &InCluster) -> String {
    match in_cluster {
        InCluster::Unchanged => "`unchanged`".to_owned(),
        InCluster::Namespaces(names) => format!("the namespaces {}", names.join(", ")),
        InCluster::Nobody => "`nobody`".to_owned(),
    }
}
