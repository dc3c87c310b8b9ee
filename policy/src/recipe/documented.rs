//! The `documented` recipe: what Calico 3.27's page *Apply Calico policy to services exposed externally as cluster IPs* writes for one
//! Service in cluster mode. For comparison only: nothing of it is ever planned.
//!
//! To the letter, its slips mended: the words behind two CIDRs were comments, the rules of the last policy of Step 2 were items of
//! `types`, and the ports of Step 3 are those of the Service's pods. It knows cluster IPs only. What it does to packets is measured
//! (`end2end/tests/page.rs`) and held for both engines of [`crate::reach`] (`tests/reach/documented.rs`).

use super::{address_net, allow, policy};
use crate::access::{Access, Interface, Protocol};
use crate::cidr::Cidr;
use crate::object::{EntityRule, IntOrString, Kind, Node, PolicySpec, Rule};
use crate::scope::{Scope, Tunnels, node_addresses};
use crate::selector::Selector;
use serde_json::{Value, json};
use std::net::IpAddr;

/// How far the page's HostEndpoints are mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PageHosts {
    /// As the page prints them. Without `expectedIPs` its rules that go by the nodes' label mean no address.
    Bare,
    /// With the nodes' own addresses; of tunnels the page knows nothing.
    WithAddresses,
    /// With the profile that lets hosts be, too.
    WithAddressesAndProfile,
}

/// The selector by which the page finds HostEndpoints (Step 5 labels them so).
const NODES: &str = "k8s-role == 'node'";

/// The ports that the page takes for NodePorts.
const NODE_PORTS: &str = "30000:32767";

/// The page's policies for one Service: those of Step 2, then that of Step 3. None of a policy that would have no rule.
#[must_use]
pub fn documented(scope: &Scope, access: &Access) -> Vec<Value> {
    let name = scope.service.service.name();
    [
        global("allow-cluster-ips", before_translation(to_cluster_ips(scope, access))),
        global("allow-to-pods", before_translation(to_pods(&scope.pools))),
        global("allow-traffic-hostendpoints", to_hosts()),
        global(&format!("allow-nodes-{name}"), from_nodes(scope)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The page's HostEndpoint (Step 5) on `interface` of `node`.
#[must_use]
pub fn documented_host_endpoint(node: &Node, interface: &Interface, hosts: PageHosts) -> Value {
    let mut spec = json!({ "node": node.metadata.name, "interfaceName": interface.name() });
    if hosts >= PageHosts::WithAddresses {
        let addresses: Vec<String> = node_addresses(node, Tunnels::default()).iter().map(ToString::to_string).collect();
        spec["expectedIPs"] = addresses.into();
    }
    if hosts >= PageHosts::WithAddressesAndProfile {
        spec["profiles"] = json!([crate::names::DEFAULT_ALLOW]);
    }
    json!({
        "apiVersion": Kind::HostEndpoint.api_version(),
        "kind": Kind::HostEndpoint.name(),
        "metadata": {
            "name": format!("{}-{}", node.metadata.name, interface.name()),
            "labels": { "k8s-role": "node" },
        },
        "spec": spec,
    })
}

/// The policy of this name; none without rules.
fn global(name: &str, spec: PolicySpec) -> Option<Value> {
    (!spec.ingress.is_empty()).then(|| policy(Kind::GlobalNetworkPolicy, json!({ "name": name }), &spec))
}

fn before_translation(ingress: Vec<Rule>) -> PolicySpec {
    PolicySpec { pre_dnat: true, apply_on_forward: true, ..on_hosts(ingress) }
}

fn on_hosts(ingress: Vec<Rule>) -> PolicySpec {
    PolicySpec { selector: NODES.to_owned(), types: vec!["Ingress".to_owned()], ingress, ..PolicySpec::default() }
}

/// Step 2: each client range to each address of its family, on every port.
fn to_cluster_ips(scope: &Scope, access: &Access) -> Vec<Rule> {
    let mut rules = Vec::new();
    for client in access.ranges() {
        let same_family = |address: &&IpAddr| address.is_ipv4() == client.first().is_ipv4();
        let to: Vec<String> = scope.service.cluster_ips.iter().filter(same_family).copied().map(address_net).collect();
        if !to.is_empty() {
            rules.push(Rule { source: nets(vec![client.to_string()]), destination: nets(to), ..allow() });
        }
    }
    rules
}

/// Step 2: everyone to the pods, one rule for each family.
fn to_pods(pools: &[Cidr]) -> Vec<Rule> {
    let of = |v4: bool| -> Vec<String> { pools.iter().filter(|pool| pool.first().is_ipv4() == v4).map(ToString::to_string).collect() };
    [of(true), of(false)].into_iter().filter(|pools| !pools.is_empty()).map(|pools| Rule { destination: nets(pools), ..allow() }).collect()
}

/// Step 2: everyone to the hosts themselves, but for NodePorts.
fn to_hosts() -> PolicySpec {
    let not_ports = vec![IntOrString::String(NODE_PORTS.to_owned())];
    let destination = EntityRule { selector: NODES.to_owned(), not_ports, ..EntityRule::default() };
    let rule = |protocol| Rule { protocol: Some(named(protocol)), destination: destination.clone(), ..allow() };
    on_hosts(vec![rule(Protocol::Tcp), rule(Protocol::Udp)])
}

/// Step 3: only the nodes to the Service's pods.
fn from_nodes(scope: &Scope) -> PolicySpec {
    let service = &scope.service;
    let Ok(selector) = Selector::labels_equal(&service.selector) else { return PolicySpec::default() };
    if service.selector.is_empty() {
        return PolicySpec::default();
    }
    let source = EntityRule { selector: NODES.to_owned(), ..EntityRule::default() };
    let rule = |(protocol, targets): (Protocol, Vec<crate::scope::Target>)| {
        let ports = targets.iter().map(crate::scope::Target::written).collect();
        let destination = EntityRule { ports, ..EntityRule::default() };
        Rule { protocol: Some(named(protocol)), source: source.clone(), destination, ..allow() }
    };
    PolicySpec {
        selector: selector.as_str().to_owned(),
        // The page's label is one of this Service alone; the Service's own selector needs its namespace to be that.
        namespace_selector: format!("projectcalico.org/name == '{}'", service.service.namespace()),
        types: vec!["Ingress".to_owned()],
        ingress: service.targets(&[]).into_iter().map(rule).collect(),
        ..PolicySpec::default()
    }
}

fn nets(nets: Vec<String>) -> EntityRule {
    EntityRule { nets, ..EntityRule::default() }
}

fn named(protocol: Protocol) -> IntOrString {
    IntOrString::String(protocol.name().to_owned())
}
