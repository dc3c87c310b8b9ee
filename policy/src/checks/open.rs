//! A Service that clients outside reach, and that nothing of Portcullis guards.

use super::{Draft, few};
use crate::access::Port;
use crate::finding::{Finding, Severity};
use crate::recipe::ports_in_words;
use crate::scope::Scope;
use std::net::IpAddr;

/// Every way in to a Service that is open, in one finding: worth knowing, and no fault by itself.
pub(super) fn open(scope: &Scope) -> Option<Finding> {
    let service = &scope.service;
    // A name for something elsewhere: kube-proxy leaves it out, whatever addresses it lists.
    if service.kind == "ExternalName" {
        return None;
    }
    let advertised = advertised(scope);
    let other = other_ways(scope);
    let why = if advertised.is_none() && other.is_empty() {
        return None;
    } else if other.is_empty() {
        "Everyone outside who is routed to the cluster reaches it, unless a policy of others says otherwise."
    } else {
        "Everyone outside who can send to the nodes reaches it, unless a policy of others or a load balancer says otherwise."
    };
    let ways: Vec<String> = advertised.map(|by| format!("BGPConfiguration advertises {by}")).into_iter().chain(other).collect();
    Some(Draft::new(Severity::Info, "service-open", vec![service.service.key()]).says(
        format!("`{}` is exposed: {}.", service.service, ways.join("; ")),
        why,
        "Guard it, if not everyone is meant to.",
    ))
}

fn is_closed(scope: &Scope, address: IpAddr) -> bool {
    scope.closed.iter().any(|range| range.contains(address))
}

/// The first advertised range that holds an address of it and is not closed.
fn advertised(scope: &Scope) -> Option<&String> {
    let addresses = scope.advertised.iter().chain(&scope.outer);
    addresses.filter(|(address, _)| !is_closed(scope, *address)).filter_map(|(_, by)| by.as_ref()).next()
}

/// Ways in that need no route of Calico's: nodes take what is sent to them, whoever leads it there.
fn other_ways(scope: &Scope) -> Vec<String> {
    let service = &scope.service;
    let is = |texts: &[String], address: IpAddr| texts.iter().any(|text| text.parse() == Ok(address));
    let led = |texts: &[String]| -> Vec<String> {
        let own = scope.outer.iter().filter(|(address, by)| by.is_none() && is(texts, *address) && !is_closed(scope, *address));
        own.map(|(address, _)| address.to_string()).collect()
    };
    let mut balanced = led(&service.load_balancer);
    balanced.extend(service.load_balancer.iter().filter(|text| text.parse::<IpAddr>().is_err()).map(|name| format!("`{name}`")));
    let node_ports: Vec<Port> =
        service.ports.iter().filter(|facts| facts.node_port != 0).map(|facts| Port { port: facts.node_port, ..facts.port }).collect();
    let external = led(&service.external_ips);
    let mut ways = Vec::new();
    if !external.is_empty() {
        ways.push(format!("nodes serve it at the external IP{} {}", if external.len() == 1 { "" } else { "s" }, few(&external)));
    }
    if !balanced.is_empty() {
        ways.push(format!("a load balancer leads to it at {}", few(&balanced)));
    }
    if !node_ports.is_empty() {
        ways.push(format!("every node serves it at its own address on {}", ports_in_words(&node_ports)));
    }
    ways
}
