//! The edge policy: at the interfaces of the hosts, before kube-proxy translates the Service's address.
//!
//! Allow and deny stand in one object, so that one write switches both and no revert can leave a deny without its allow. Pre-DNAT policy
//! has no default deny (felix/rules/endpoints.go:418 at v3.27.0), so the deny is written out.

use super::{Explained, Generated, Recipe, allow, deny, global, pods_in_words, pods_of, policy, ports_in_words};
use crate::access::{self, InCluster, Port};
use crate::cidr::Family;
use crate::names;
use crate::object::{EntityRule, IntOrString, Kind, ObjectKey, Order, PolicySpec, Rule};
use crate::plan::Role;
use serde_json::{Map, json};
use std::net::IpAddr;

impl Recipe<'_> {
    /// The edge policy; none where there is no address to guard or no HostEndpoint to select.
    pub(super) fn edge_policy(&self) -> Option<Generated> {
        let selector = self.edge.clone()?;
        if self.scope.service.cluster_ips.is_empty() {
            return None;
        }
        let mut ingress = Vec::new();
        let mut rules = Vec::new();
        let mut add = |rule: Rule, sentence: String, rows: Vec<u32>| {
            ingress.push(rule);
            rules.push(Explained { sentence, rows });
        };
        for address in &self.scope.service.cluster_ips {
            self.allow_clients(*address, &mut add);
        }
        if self.wildcard {
            self.allow_pods(&mut add);
        }
        for address in &self.scope.service.cluster_ips {
            let rule = Rule { destination: to(*address), ..deny() };
            add(rule, format!("Shuts everyone else out of {address}, on every port."), Vec::new());
        }
        let spec = PolicySpec {
            order: Order::try_from(names::EDGE_ORDER).ok(),
            selector,
            types: vec!["Ingress".to_owned()],
            ingress,
            pre_dnat: true,
            apply_on_forward: true,
            ..PolicySpec::default()
        };
        let kept = access::Kept { in_cluster: self.access.normalised().in_cluster, host_endpoints: self.host_endpoints.clone() };
        let name = names::edge_policy(self.service());
        let metadata = self.metadata(&name, "", Map::new(), vec![(names::ACCESS_ANNOTATION, json!(kept).to_string())]);
        Some(Generated {
            role: Role::EdgePolicy,
            key: ObjectKey::new(Kind::GlobalNetworkPolicy, "", &name),
            object: policy(Kind::GlobalNetworkPolicy, metadata, &spec),
            sentence: "Decides at the nodes' interfaces, before kube-proxy puts a pod's address in place of the Service's.".to_owned(),
            rules,
            rows: Vec::new(),
        })
    }

    fn allow_clients(&self, address: IpAddr, add: &mut impl FnMut(Rule, String, Vec<u32>)) {
        let family = if address.is_ipv4() { Family::V4 } else { Family::V6 };
        for group in self.groups.iter().filter(|group| group.has(family)) {
            for (protocol, ports) in self.scope.service.service_ports(&group.ports) {
                let rule = Rule {
                    protocol: Some(IntOrString::String(protocol.name().to_owned())),
                    source: global(&group.selector()),
                    destination: EntityRule { ports: ports.iter().map(|port| IntOrString::Int(i64::from(*port))).collect(), ..to(address) },
                    ..allow()
                };
                let named: Vec<Port> = ports.into_iter().map(|port| Port { protocol, port }).collect();
                let sentence = format!("Lets the allowed clients send to {address} on {}.", ports_in_words(&named));
                add(rule, sentence, group.rows.clone());
            }
        }
    }

    /// A HostEndpoint for every interface also meets what the node's own pods send, with the Service's address as destination
    /// (fv/pre_dnat_test.go:253 at v3.27.0).
    fn allow_pods(&self, add: &mut impl FnMut(Rule, String, Vec<u32>)) {
        let Some(source) = pods_of(&self.access.in_cluster) else { return };
        for address in &self.scope.service.cluster_ips {
            let who = pods_in_words(&self.access.in_cluster);
            let rule = Rule { source: source.clone(), destination: to(*address), ..allow() };
            let before = if self.access.in_cluster == InCluster::Unchanged { " as before" } else { "" };
            let sentence =
                format!("Lets {who} call {address}{before}: a HostEndpoint for all interfaces (`*`) meets the traffic of pods too.");
            add(rule, sentence, Vec::new());
        }
    }
}

/// Packets to one address.
fn to(address: IpAddr) -> EntityRule {
    let bits = if address.is_ipv4() { 32 } else { 128 };
    EntityRule { nets: vec![format!("{address}/{bits}")], ..EntityRule::default() }
}
