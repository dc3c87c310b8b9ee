//! Rules of Kubernetes NetworkPolicies as Calico converts them (`libcalico-go/lib/backend/k8s/conversion/conversion.go:437` at v3.28.5).

use super::rule::Ruling;
use super::world::masked;
use crate::object::{
    EntityRule, IntOrString, KubernetesNetworkPolicy, KubernetesPeer, KubernetesPolicyPort, KubernetesRule, LabelSelector, Rule,
};
use crate::selector::Selector;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// How the object names what became `source` or `destination` and their ports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Names {
    /// `from[1]`; empty for a rule that names nobody.
    peer: String,
    ip_block: bool,
}

impl Names {
    /// The field of the object for one of the converted rule.
    pub(super) fn in_object(&self, field: &str) -> String {
        if field.ends_with("ports") || field == "protocol" {
            return "ports".to_owned();
        }
        if field.contains("nets") || self.ip_block {
            return format!("{}.ipBlock", self.peer);
        }
        if field.is_empty() { String::new() } else { self.peer.clone() }
    }
}

/// The rules in one direction: one for each protocol and peer, under the index of the rule that they come from.
pub(super) fn rules(policy: &KubernetesNetworkPolicy, ingress: bool) -> Vec<Ruling<'_>> {
    let rules = if ingress { &policy.spec.ingress } else { &policy.spec.egress };
    (0..).zip(rules).flat_map(|(index, rule)| convert(index, rule, ingress).unwrap_or_default()).collect()
}

/// None for a rule that cannot be converted, which Calico drops.
fn convert(index: u32, rule: &KubernetesRule, ingress: bool) -> Option<Vec<Ruling<'static>>> {
    let by_protocol = ports(&rule.ports)?;
    let peers: Vec<Option<(usize, &KubernetesPeer)>> = match rule.peers(ingress) {
        [] => vec![None],
        peers => peers.iter().enumerate().map(Some).collect(),
    };
    let mut converted = Vec::new();
    for (protocol, ports) in by_protocol {
        for peer in &peers {
            let end = peer.map_or_else(|| Some(EntityRule::default()), |(_, peer)| entity(peer))?;
            let side = if ingress { "from" } else { "to" };
            let names = Names {
                peer: peer.map(|(at, _)| format!("{side}[{at}]")).unwrap_or_default(),
                ip_block: peer.is_some_and(|(_, peer)| peer.ip_block.is_some()),
            };
            let protocol = (!protocol.is_empty()).then(|| IntOrString::String(protocol.clone()));
            let mut one = Rule { action: "Allow".to_owned(), protocol, ..Rule::default() };
            if ingress {
                one.source = end;
            } else {
                one.destination = end;
            }
            one.destination.ports.clone_from(&ports);
            converted.push(Ruling { index, rule: Cow::Owned(one), names: Some(names), turned: false });
        }
    }
    Some(converted)
}

/// Ports by protocol; no ports of a protocol are all of it, and an empty protocol is every one.
fn ports(ports: &[KubernetesPolicyPort]) -> Option<BTreeMap<String, Vec<IntOrString>>> {
    let mut found: BTreeMap<String, Vec<IntOrString>> = BTreeMap::new();
    if ports.is_empty() {
        found.insert(String::new(), Vec::new());
    }
    for port in ports {
        let protocol = port.protocol.clone().unwrap_or_else(|| "TCP".to_owned());
        let Some(number) = &port.port else {
            found.insert(protocol, Vec::new());
            continue;
        };
        let text = match port.end_port {
            Some(end) => format!("{number}:{end}"),
            None => number.to_string(),
        };
        let written = IntOrString::String(text);
        super::ports::port(&written)?;
        match found.get_mut(&protocol) {
            // All of its ports are there already.
            Some(list) if list.is_empty() => {}
            Some(list) => list.push(written),
            None => {
                found.insert(protocol, vec![written]);
            }
        }
    }
    Some(found)
}

/// A peer: a net without those that are left out, or pods. A net that does not parse is no condition; exceptions after one that does not
/// are none either (`k8sPeerToCalicoFields`).
fn entity(peer: &KubernetesPeer) -> Option<EntityRule> {
    if let Some(block) = &peer.ip_block {
        let Some(net) = masked(&block.cidr) else { return Some(EntityRule::default()) };
        let except = block.except.iter().map_while(|text| masked(text).map(|net| net.to_string())).collect();
        return Some(EntityRule { nets: vec![net.to_string()], not_nets: except, ..EntityRule::default() });
    }
    let selector = |labels: &LabelSelector| Selector::of_labels(labels).ok();
    let pods = match &peer.pod_selector {
        None => String::new(),
        Some(labels) => format!(" && {}", selector(labels)?),
    };
    let pods = if pods == " && all()" { String::new() } else { pods };
    let namespaces = match &peer.namespace_selector {
        None => String::new(),
        Some(labels) => selector(labels)?.to_string(),
    };
    Some(EntityRule {
        selector: format!("projectcalico.org/orchestrator == 'k8s'{pods}"),
        namespace_selector: namespaces,
        ..EntityRule::default()
    })
}
