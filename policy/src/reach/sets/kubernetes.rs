//! Kubernetes NetworkPolicies as Calico reads them (libcalico-go/lib/backend/k8s/conversion/conversion.go:271-600 at v3.28.5).

use super::members::net;
use super::policies::Direction;
use crate::object::{
    EntityRule, IntOrString, KubernetesNetworkPolicySpec, KubernetesPeer, KubernetesPolicyPort, KubernetesRule, LabelSelector, Rule,
};
use crate::selector::Selector;
use std::collections::BTreeMap;

/// Whether the policy acts in a direction: in the ingress one where it names none.
pub(super) fn acts(spec: &KubernetesNetworkPolicySpec, direction: Direction) -> bool {
    let names = |wanted: &str| spec.policy_types.iter().any(|kind| kind == wanted);
    match direction {
        Direction::Ingress => names("Ingress") || !names("Egress"),
        Direction::Egress => names("Egress"),
    }
}

/// Its rules in a direction, as Calico's: one for each protocol and peer. A rule that cannot be read is left out.
pub(super) fn rules(spec: &KubernetesNetworkPolicySpec, direction: Direction) -> Vec<Rule> {
    let ingress = direction == Direction::Ingress;
    let listed = if ingress { &spec.ingress } else { &spec.egress };
    listed.iter().filter_map(|rule| rules_of(rule, ingress)).flatten().collect()
}

/// The rules of Calico for one rule of Kubernetes'; none where it cannot be read.
pub(crate) fn rules_of(rule: &KubernetesRule, ingress: bool) -> Option<Vec<Rule>> {
    let peers: Vec<EntityRule> = match rule.peers(ingress) {
        [] => vec![EntityRule::default()],
        peers => peers.iter().map(side).collect::<Option<_>>()?,
    };
    let mut made = Vec::new();
    for (protocol, ports) in ports(&rule.ports)? {
        for peer in &peers {
            let mut rule = Rule { action: "Allow".to_owned(), protocol: protocol.clone().map(IntOrString::String), ..Rule::default() };
            if ingress {
                rule.source = peer.clone();
            } else {
                rule.destination = peer.clone();
            }
            rule.destination.ports.clone_from(&ports);
            made.push(rule);
        }
    }
    Some(made)
}

/// The ports by protocol; no ports for all of them, no protocol for all of those.
fn ports(listed: &[KubernetesPolicyPort]) -> Option<BTreeMap<Option<String>, Vec<IntOrString>>> {
    if listed.is_empty() {
        return Some(BTreeMap::from([(None, Vec::new())]));
    }
    let mut by_protocol: BTreeMap<Option<String>, Option<Vec<IntOrString>>> = BTreeMap::new();
    for entry in listed {
        let protocol = entry.protocol.clone().filter(|name| !name.is_empty()).unwrap_or_else(|| "TCP".to_owned());
        let port = match (&entry.port, entry.end_port) {
            (None, _) => None,
            (Some(port), None) => Some(port.clone()),
            (Some(IntOrString::Int(first)), Some(last)) => Some(IntOrString::String(format!("{first}:{last}"))),
            (Some(IntOrString::String(_)), Some(_)) => return None,
        };
        let ports = by_protocol.entry(Some(protocol)).or_insert_with(|| Some(Vec::new()));
        match (port, ports) {
            (Some(port), Some(ports)) => ports.push(port),
            (None, ports) => *ports = None,
            (Some(_), None) => {}
        }
    }
    Some(by_protocol.into_iter().map(|(protocol, ports)| (protocol, ports.unwrap_or_default())).collect())
}

fn side(peer: &KubernetesPeer) -> Option<EntityRule> {
    if let Some(block) = &peer.ip_block {
        let nets = vec![net(&block.cidr)?.to_string()];
        let not_nets = block.except.iter().map(|text| net(text).map(|net| net.to_string())).collect::<Option<_>>()?;
        return Some(EntityRule { nets, not_nets, ..EntityRule::default() });
    }
    let pods = Selector::equal("projectcalico.org/orchestrator", "k8s").ok()?;
    let pods = match &peer.pod_selector {
        Some(labels) => pods.and(&Selector::of_labels(labels).ok()?).ok()?,
        None => pods,
    };
    let namespaces = |labels: &LabelSelector| Selector::of_labels(labels).map(|selector| selector.to_string());
    let namespace_selector = peer.namespace_selector.as_ref().map(namespaces).transpose().ok()?.unwrap_or_default();
    Some(EntityRule { selector: pods.to_string(), namespace_selector, ..EntityRule::default() })
}
