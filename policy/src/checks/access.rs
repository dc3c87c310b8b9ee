//! Checks of what is asked.

use super::Draft;
use crate::access::{Access, InCluster, NOTE_MAX, Port};
use crate::cidr::{Cidr, CidrSet, Family};
use crate::finding::{Finding, Severity};
use crate::object::Kind;
use crate::scope::Scope;

/// Most client ranges of one Service.
const CLIENTS_MAX: usize = 100_000;

pub(super) fn checks(scope: &Scope, access: &Access) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(undefined(scope, access));
    findings.extend(ports(scope, access));
    findings.extend(families(scope, access));
    findings.extend(load_balancers(scope, access));
    let clients = access.addresses();
    findings.extend(pods_covered(scope, &clients));
    findings.extend(everyone_covered(scope, &clients));
    findings.extend(namespaces(scope, access));
    findings.extend(sizes(scope, access));
    if access.in_cluster != InCluster::Unchanged {
        let nodes = if access.enforced.at_pods_alone() {
            "processes on other nodes are shut out as well"
        } else {
            "processes on the nodes still get in, because clients from other nodes carry the nodes' addresses"
        };
        findings.push(Draft::new(Severity::Info, "in-cluster-narrowed", vec![scope.service.service.key()]).says(
            format!("Pods that may not call `{}` are shut out of its pods.", scope.service.service),
            format!("Where no other policy selects the pods they are shut out on every port, also from metrics; {nodes}."),
            "Add the namespace of your monitoring to those that may call the Service, if it scrapes these pods.",
        ));
        findings.extend(inside_by_nodes(scope, access));
        findings.extend(inside_beyond_pods(scope));
    }
    findings
}

/// What stands between the clients and the nodes, and with whose address it sends.
fn load_balancers(scope: &Scope, access: &Access) -> Option<Finding> {
    let service = &scope.service;
    let draft = |severity, id| Draft::new(severity, id, vec![service.service.key()]);
    match (access.load_balancers.is_empty(), service.has_node_ports()) {
        (true, true) if service.kind == "LoadBalancer" => {
            let health = match service.health_check_port {
                0 => "the NodePorts".to_owned(),
                port => format!("the NodePorts (its port for health checks, {port}, stays as open as it is)"),
            };
            Some(draft(Severity::Warning, "load-balancer-sources").says(
                format!("`{}` has a load balancer, and what that sends from is not named.", service.service),
                format!(
                    "One that puts its own address in place of the client's is what the nodes see: it is shut out of {health}, with all its \
                     clients and its checks. One that keeps the clients' addresses, as most that use BGP or ARP do, sends nothing of its own.",
                ),
                "If it sends or checks with addresses of its own, name these ranges as load balancers: they may then use the NodePorts alone.",
            ))
        }
        (false, true) if access.enforced.at_pods_alone() => Some(draft(Severity::Info, "load-balancers-hide-clients").says(
            format!("Whoever comes through the load balancers of `{}` is let in with their address.", service.service),
            "The pods see the load balancer, and cannot tell its clients apart; nor by which address of the Service it comes: it may use all of them, \
             as allowed clients do.",
            "Let the load balancer itself keep to the allowed ranges; many go by `loadBalancerSourceRanges` of the Service.",
        )),
        (false, true) => Some(draft(Severity::Info, "load-balancers-hide-clients").says(
            format!("Whoever comes through the load balancers of `{}` is let in with their address.", service.service),
            "The nodes see the load balancer, and cannot tell its clients apart. Where the pods' own addresses are routed from outside, it reaches \
             the pods by them too, as allowed clients do.",
            "Let the load balancer itself keep to the allowed ranges; many go by `loadBalancerSourceRanges` of the Service.",
        )),
        (false, false) => Some(draft(Severity::Warning, "load-balancers-without-node-port").says(
            format!("Load balancers are named for `{}`, which has no NodePort.", service.service),
            "They may use NodePorts alone, so this lets nobody in.",
            "Name them as clients if they send to the Service's own addresses, or leave them out.",
        )),
        _ => None,
    }
}

/// kube-proxy puts a node's address in place of a pod's that sends to any address but a cluster IP.
fn inside_by_nodes(scope: &Scope, access: &Access) -> Option<Finding> {
    let nodes_let_in = access.parts().next().is_some() && !access.enforced.at_pods_alone();
    scope.service.has_other_addresses().then(|| {
        let then = if nodes_let_in {
            "Nodes are let in at the pods for the sake of clients outside: such a pod gets in, chosen or not, and one that is chosen may \
             be shut out at another node's NodePort."
        } else {
            "Nodes are not let in at the pods: such a pod is shut out, chosen or not."
        };
        Draft::new(Severity::Warning, "in-cluster-by-nodes", vec![scope.service.service.key()]).says(
            format!(
                "Pods that call `{}` at a NodePort or another address than its cluster IP may come as their node.",
                scope.service.service
            ),
            format!("On the way to a pod on another node kube-proxy puts the node's address in place of theirs. {then}"),
            "Let clients inside the cluster use the cluster IP; where this matters, take the other addresses off the Service.",
        )
    })
}

/// Which pods may call is decided at the pods, and nowhere else.
fn inside_beyond_pods(scope: &Scope) -> Option<Finding> {
    let service = &scope.service;
    let why = if service.selector.is_empty() {
        "it has no selector"
    } else if scope.on_host_network() {
        "pods of it use their node's network"
    } else {
        return None;
    };
    Some(Draft::new(Severity::Blocker, "in-cluster-beyond-pods", vec![service.service.key()]).says(
        format!("Which clients inside the cluster may call `{}` cannot be chosen: {why}.", service.service),
        "That is decided by the pod policy, which does not hold at these endpoints: whoever is not chosen would get in all the same.",
        "Choose `unchanged`.",
    ))
}

/// Client groups that the cluster does not have.
fn undefined(scope: &Scope, access: &Access) -> Vec<Finding> {
    let mut names = access.group_names();
    names.retain(|name| scope.groups.iter().all(|group| group.name != **name));
    let known: Vec<String> = scope.groups.iter().map(|group| format!("`{}`", group.name)).collect();
    let known = match known.len() {
        0 => "The cluster has no group yet".to_owned(),
        1 => format!("The cluster has the group {}", known.concat()),
        _ => format!("The cluster has the groups {}", super::few(&known)),
    };
    let finding = |name: &crate::access::GroupName| {
        Draft::new(Severity::Blocker, "group-undefined", vec![scope.service.service.key()]).says(
            format!("`{}` lets in the group `{name}`, and there is no such group.", scope.service.service),
            "Nobody knows which ranges are meant.",
            format!("Create the group first, or leave it out. {known}."),
        )
    };
    names.into_iter().map(finding).collect()
}

fn ports(scope: &Scope, access: &Access) -> Vec<Finding> {
    let wrong = |ports: &[Port]| -> Vec<Port> {
        ports.iter().copied().filter(|port| scope.service.ports.iter().all(|facts| facts.port != *port)).collect()
    };
    let finding = |port: Port, who: &str| {
        Draft::new(Severity::Blocker, "port-not-of-service", vec![scope.service.service.key()]).says(
            format!("{who} is allowed on {port}, which is no port of `{}`.", scope.service.service),
            "The rule would never match.",
            "Choose one of the Service's ports.",
        )
    };
    let findings =
        |ports: &[Port], who: &dyn Fn() -> String| -> Vec<Finding> { wrong(ports).into_iter().map(|port| finding(port, &who())).collect() };
    let rows = access.clients.iter().flat_map(|row| findings(&row.ports, &|| row.cidr.to_string()));
    let groups = access.groups.iter().flat_map(|of| findings(&of.ports, &|| format!("The group `{}`", of.name)));
    rows.chain(groups).collect()
}

fn families(scope: &Scope, access: &Access) -> Vec<Finding> {
    let has = |v4: bool| scope.service.cluster_ips.iter().any(|address| address.is_ipv4() == v4);
    if scope.service.cluster_ips.is_empty() {
        return Vec::new();
    }
    let of = |v4: bool| access.ranges().filter(move |cidr| cidr.first().is_ipv4() == v4);
    let finding = |v4: bool| {
        let ranges: Vec<String> = if has(v4) { Vec::new() } else { of(v4).map(|cidr| cidr.to_string()).collect() };
        let family = if v4 { "IPv4" } else { "IPv6" };
        (!ranges.is_empty()).then(|| {
            Draft::new(Severity::Warning, "family-without-address", vec![scope.service.service.key()]).says(
                format!("`{}` has no {family} address, but {} may reach it.", scope.service.service, super::few(&ranges)),
                "These clients have nothing to send to.",
                "Leave the ranges out, or make the Service dual stack.",
            )
        })
    };
    let unserved = |v4: bool| {
        let addresses: Vec<String> =
            scope.service.cluster_ips.iter().filter(|address| address.is_ipv4() == v4).map(ToString::to_string).collect();
        let family = if v4 { "IPv4" } else { "IPv6" };
        (!addresses.is_empty() && of(v4).next().is_none() && of(!v4).next().is_some()).then(|| {
            Draft::new(Severity::Info, "family-without-clients", vec![scope.service.service.key()]).says(
                format!(
                    "Nobody outside may reach {} of `{}`: no allowed client has an {family} address.",
                    super::few(&addresses),
                    scope.service.service
                ),
                "A client that has both families tries either, and is shut out where it tries this one first.",
                format!("Add the {family} ranges of the same clients, if they have some."),
            )
        })
    };
    [true, false].into_iter().flat_map(|v4| [finding(v4), unserved(v4)]).flatten().collect()
}

fn pods_covered(scope: &Scope, clients: &CidrSet) -> Option<Finding> {
    let pools: CidrSet = scope.pools.iter().copied().collect();
    let covered = clients.intersection(&pools);
    (!covered.is_empty()).then(|| {
        Draft::new(Severity::Warning, "clients-cover-pods", vec![scope.service.service.key()]).says(
            format!("The allowed client ranges cover {} of the cluster's pods.", covered.counted()),
            "Pods with these addresses are let in as if they were outside, whatever is chosen for clients inside the cluster.",
            "Narrow the range, unless the pods are meant.",
        )
    })
}

fn everyone_covered(scope: &Scope, clients: &CidrSet) -> Option<Finding> {
    let whole = [Family::V4, Family::V6].into_iter().any(|family| clients.covers(Cidr::all(family)));
    whole.then(|| {
        Draft::new(Severity::Warning, "clients-everyone", vec![scope.service.service.key()]).says(
            format!("Every address of a family may reach `{}`.", scope.service.service),
            "The policies then shut nobody of that family out.",
            "Name the ranges that are meant.",
        )
    })
}

fn namespaces(scope: &Scope, access: &Access) -> Vec<Finding> {
    let InCluster::Namespaces(names) = &access.in_cluster else { return Vec::new() };
    let mut findings = Vec::new();
    if names.is_empty() {
        findings.push(Draft::new(Severity::Blocker, "no-namespace-chosen", vec![scope.service.service.key()]).says(
            "Clients of chosen namespaces may call the Service, but none is chosen.",
            "It would be the same as nobody, and likely not what was meant.",
            "Choose a namespace, or `nobody`.",
        ));
    }
    for name in names.iter().filter(|name| !crate::object::is_dns_label(name)) {
        findings.push(Draft::new(Severity::Blocker, "namespace-name", vec![scope.service.service.key()]).says(
            format!("`{name}` cannot be the name of a namespace."),
            "A namespace is named by at most 63 lower-case letters, digits and dashes.",
            "Mend the name.",
        ));
    }
    if scope.knows(Kind::Namespace) {
        for name in names.iter().filter(|name| crate::object::is_dns_label(name) && !scope.namespaces.contains(name)) {
            findings.push(Draft::new(Severity::Warning, "namespace-absent", vec![scope.service.service.key()]).says(
                format!("There is no namespace `{name}`."),
                "Whoever creates it will be let in.",
                "Leave it out, or create it first.",
            ));
        }
    }
    findings
}

fn sizes(scope: &Scope, access: &Access) -> Vec<Finding> {
    let mut findings = Vec::new();
    let count = access.ranges().count();
    if count > CLIENTS_MAX {
        findings.push(Draft::new(Severity::Blocker, "too-many-clients", vec![scope.service.service.key()]).says(
            format!(
                "{} are more than the {CLIENTS_MAX} that Portcullis writes for one Service.",
                crate::access::counted(count, "client range")
            ),
            "The sets would take longer to program than an operator can wait for.",
            "Put ranges together.",
        ));
    }
    let unfit = |note: &str| note.chars().count() > NOTE_MAX as usize || note.chars().any(char::is_control);
    let rows = access.clients.iter().filter(|row| unfit(&row.note)).map(|row| row.cidr.to_string());
    let groups = access.groups.iter().filter(|of| unfit(&of.note)).map(|of| format!("the group `{}`", of.name));
    for whose in rows.chain(groups) {
        findings.push(Draft::new(Severity::Blocker, "note-unfit", vec![scope.service.service.key()]).says(
            format!("The note of {whose} is longer than {NOTE_MAX} characters, or has control characters."),
            "Notes are kept in the objects, where room is short.",
            "Shorten the note.",
        ));
    }
    findings
}
