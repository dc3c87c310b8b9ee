//! Checks of the Service's addresses: who leads clients to them, and with whose address they come.

use super::service::key;
use super::{Draft, few};
use crate::finding::{Finding, Severity};
use crate::object::{Kind, ObjectKey};
use crate::scope::Scope;
use std::net::IpAddr;

pub(super) fn checks(scope: &Scope) -> Vec<Finding> {
    let mut findings = Vec::new();
    if scope.knows(Kind::BgpConfiguration) {
        findings.extend(advertised(scope));
        findings.extend(by_no_node(scope));
    }
    findings.extend(health_check_port(scope));
    findings.extend(internal_local(scope));
    findings
}

/// What an edge policy does not make up for, and what it needs.
pub(super) fn at_the_edge(scope: &Scope) -> Vec<Finding> {
    let mut findings = Vec::new();
    if scope.knows(Kind::BgpConfiguration) {
        findings.extend(outer_not_advertised(scope));
    }
    findings.extend(balancer_by_name(scope));
    findings.extend(external_local(scope));
    findings.extend(cluster_ip_fixed(scope));
    findings
}

fn advertised(scope: &Scope) -> Vec<Finding> {
    let finding = |(address, by): &(IpAddr, Option<String>)| {
        by.is_none().then(|| {
            Draft::new(Severity::Warning, "not-advertised", key(scope)).says(
                format!("{address} of `{}` is in no range that BGPConfiguration advertises.", scope.service.service),
                "Clients outside have no route to it, unless a router has one of its own; the allowed ones will not get in by this policy alone.",
                "Add the range to `serviceClusterIPs` of BGPConfiguration `default`.",
            )
        })
    };
    scope.advertised.iter().filter_map(finding).collect()
}

/// External IPs and addresses of the load balancer that something else than Calico leads clients to, if anything does.
fn outer_not_advertised(scope: &Scope) -> Option<Finding> {
    let not: Vec<String> = scope.outer.iter().filter(|(_, by)| by.is_none()).map(|(address, _)| address.to_string()).collect();
    (!not.is_empty()).then(|| {
        let (is, fields) = (if not.len() == 1 { "is" } else { "are" }, "`serviceExternalIPs` or `serviceLoadBalancerIPs`");
        Draft::new(Severity::Info, "outer-not-advertised", key(scope)).says(
            format!("{} of `{}` {is} in no range that BGPConfiguration advertises for external IPs or load balancers.", few(&not), scope.service.service),
            "Something else has to lead clients there, as a load balancer or a router of its own; at the nodes the edge policy guards them all the same.",
            format!("Nothing, if something else does. Else add the range to {fields} of BGPConfiguration `default`."),
        )
    })
}

/// Ranges that hold an address of the Service, on nodes that advertise none of them.
fn by_no_node(scope: &Scope) -> Option<Finding> {
    let nodes = &scope.edge.nodes;
    let held: Vec<String> =
        scope.advertised.iter().chain(&scope.outer).filter(|(_, by)| by.is_some()).map(|(address, _)| address.to_string()).collect();
    (!held.is_empty() && !nodes.is_empty() && nodes.iter().all(|group| !group.receives)).then(|| {
        let excluded: Vec<String> = nodes.iter().flat_map(|group| group.names.iter().cloned()).collect();
        let mut objects = key(scope);
        objects.extend(excluded.iter().map(|name| ObjectKey::new(Kind::Node, "", name)));
        Draft::new(Severity::Warning, "advertised-by-no-node", objects).says(
            format!("No node advertises {} of `{}`, although BGPConfiguration has the range.", few(&held), scope.service.service),
            format!("{} have the label `node.kubernetes.io/exclude-from-external-load-balancers`, and there is no other node: allowed clients have no route.", few(&excluded)),
            "Take the label off the nodes by which clients are to enter.",
        )
    })
}

/// A load balancer of which no object says the addresses.
fn balancer_by_name(scope: &Scope) -> Option<Finding> {
    let service = &scope.service;
    let names: Vec<String> =
        service.load_balancer.iter().filter(|text| text.parse::<IpAddr>().is_err()).map(|name| format!("`{name}`")).collect();
    (!names.is_empty()).then(|| {
        let way = if service.has_node_ports() {
            "What it sends to NodePorts is guarded there, by whose address it has put on its packets. One that sends to the pods' own addresses passes \
             the edge by: the pod policy alone is left."
        } else {
            "The Service has no NodePort, so it sends to the pods' own addresses and passes the edge by: the pod policy alone is left, and sees its address."
        };
        Draft::new(Severity::Warning, "load-balancer-by-name", key(scope)).says(
            format!("The load balancer of `{}` is known by name alone: {}.", service.service, few(&names)),
            way,
            "Limit its clients at the load balancer too, as by `loadBalancerSourceRanges`, and name what it sends from as load balancers.",
        )
    })
}

/// What tells load balancers whether a node has a ready pod, on every node and for everybody.
fn health_check_port(scope: &Scope) -> Option<Finding> {
    let service = &scope.service;
    (service.health_check_port != 0).then(|| {
        Draft::new(Severity::Info, "health-check-port-open", key(scope)).says(
            format!("Every node answers on TCP {} whether it has a ready pod of `{}`.", service.health_check_port, service.service),
            "kube-proxy itself answers there, to whoever asks; no packet gets to the Service by it, and no policy of Portcullis closes it.",
            "Nothing, unless nobody but the load balancer is to know: close the port by a policy on the nodes' own traffic.",
        )
    })
}

fn external_local(scope: &Scope) -> Option<Finding> {
    let service = &scope.service;
    (service.external_local && !service.internal_local).then(|| {
        Draft::new(Severity::Info, "external-local", key(scope)).says(
            format!("`{}` has `externalTrafficPolicy: Local`, which does not hold for its cluster IP.", service.service),
            "kube-proxy spreads connections to a cluster IP over all nodes and puts the node's address in place of the client's, \
             whatever this field says; it only decides which nodes advertise a single address. The generated policies allow for both paths.",
            "Nothing for this plan. With `internalTrafficPolicy: Local` policies at the pods see the client's own address on every path; the \
             pods themselves see the node's all the same.",
        )
    })
}

fn internal_local(scope: &Scope) -> Option<Finding> {
    let service = &scope.service;
    service.internal_local.then(|| {
        Draft::new(Severity::Warning, "internal-local", key(scope)).says(
            format!("`{}` has `internalTrafficPolicy: Local`: a node without a ready pod of it drops its clients.", service.service),
            "Every node advertises a range of cluster IPs, also those without a pod; allowed clients that are routed there are lost.",
            "Run a pod on every node that advertises the range, or use `internalTrafficPolicy: Cluster`.",
        )
    })
}

fn cluster_ip_fixed(scope: &Scope) -> Option<Finding> {
    let (severity, what) = match scope.service.cluster_ip_declared {
        Some(true) => return None,
        Some(false) => (Severity::Warning, "is not named in the manifest that was applied"),
        None => (Severity::Info, "may not be named in its manifest: none is kept in the cluster"),
    };
    let addresses: Vec<String> = scope.service.cluster_ips.iter().map(ToString::to_string).collect();
    Some(Draft::new(severity, "cluster-ip-not-fixed", key(scope)).says(
        format!("The cluster IP {} of `{}` {what}.", few(&addresses), scope.service.service),
        "If the Service is deleted and created again it gets another address, and the edge policy would guard the old one.",
        "Write `clusterIP` into the Service's manifest.",
    ))
}
