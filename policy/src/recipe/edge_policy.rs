//! The edge policy: at the interfaces of the hosts, before kube-proxy translates the Service's address.
//!
//! Allow and deny stand in one object and mean the same addresses, so that one write switches both and no revert can leave a deny without
//! its allow. Pre-DNAT policy has no default deny (felix/rules/endpoints.go:418 at v3.27.0), so the deny is written out. Services that are
//! guarded alike share the policy ([`crate::scope::EdgeGroup`]).

use super::{Explained, Generated, Recipe, allow, deny, global, pods_in_words, pods_of, policy, ports_in_words};
use crate::access::{InCluster, Port};
use crate::names;
use crate::object::{EntityRule, IntOrString, Kind, ObjectKey, Order, PolicySpec, Rule};
use crate::plan::Role;
use crate::scope::Scope;
use crate::snapshot::content;
use serde_json::json;

impl Recipe<'_> {
    /// The id of the group that the Service is to be in: where it is, if that is what the access says; else another that is; else its own.
    pub(super) fn edge_group(&self) -> Option<String> {
        let own = names::service_slug(self.service());
        let (spec, _) = self.edge_spec(&own)?;
        let wanted = content(&own, &spec, &self.client_nets());
        let Scope { edge_groups: groups, edge_group: current, .. } = self.scope;
        let is_current = |id: &str| current.as_ref().is_some_and(|current| current.id == id);
        let mut alike: Vec<_> = groups.iter().filter(|group| group.content == wanted).collect();
        alike.sort_by_key(|group| !is_current(&group.id));
        if let Some(group) = alike.first() {
            return Some(group.id.clone());
        }
        if let Some(alone) = current.as_ref().filter(|current| !current.shared) {
            return Some(alone.id.clone());
        }
        let taken = |id: &str| groups.iter().any(|group| group.used && group.id == id);
        std::iter::once(own.clone()).chain((2_u32..).map(|number| format!("{own}-{number}"))).find(|id| !taken(id))
    }

    /// The edge policy of the group `id`.
    pub(super) fn edge_policy(&self, id: &str) -> Option<Generated> {
        let (spec, rules) = self.edge_spec(id)?;
        let name = names::edge_policy(id);
        // It is no Service's own: what its annotations say is the same whoever writes it.
        let metadata = json!({ "name": name, "annotations": { names::SHAPE_ANNOTATION: names::SHAPE } });
        let decides = "Decides at the nodes' interfaces, before kube-proxy puts a pod's address in place of the Service's.";
        let sentence = if self.is_shared(id) {
            format!("{decides} Other Services that are guarded alike share it; which addresses it means is said by their address sets.")
        } else {
            decides.to_owned()
        };
        Some(Generated {
            role: Role::EdgePolicy,
            key: ObjectKey::new(Kind::GlobalNetworkPolicy, "", &name),
            object: policy(Kind::GlobalNetworkPolicy, metadata, &spec),
            sentence,
            rules,
            rows: Vec::new(),
        })
    }

    /// Whether other Services are in the group `id`, or stay in it.
    fn is_shared(&self, id: &str) -> bool {
        match &self.scope.edge_group {
            Some(current) if current.id == id => current.shared,
            _ => self.scope.edge_groups.iter().any(|group| group.used && group.id == id),
        }
    }

    /// Its spec; none where there is no address to guard or no HostEndpoint to select.
    fn edge_spec(&self, id: &str) -> Option<(PolicySpec, Vec<Explained>)> {
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
        self.allow_clients(id, &mut add);
        if self.wildcard {
            self.allow_pods(id, &mut add);
        }
        let rule = Rule { destination: to(id), ..deny() };
        add(rule, format!("Shuts everyone else out of {}, on every port.", self.addresses_in_words()), Vec::new());
        let spec = PolicySpec {
            order: Order::try_from(names::EDGE_ORDER).ok(),
            selector,
            types: vec!["Ingress".to_owned()],
            ingress,
            pre_dnat: true,
            apply_on_forward: true,
            ..PolicySpec::default()
        };
        Some((spec, rules))
    }

    fn allow_clients(&self, id: &str, add: &mut impl FnMut(Rule, String, Vec<u32>)) {
        for group in &self.groups {
            for (protocol, ports) in self.scope.service.service_ports(&group.ports) {
                let source = format!("{} == '{id}' && {} == '{}'", names::EDGE_CLIENTS_LABEL, names::PORTS_LABEL, group.ports_label());
                let rule = Rule {
                    protocol: Some(IntOrString::String(protocol.name().to_owned())),
                    source: global(&source),
                    destination: EntityRule { ports: ports.iter().map(|port| IntOrString::Int(i64::from(*port))).collect(), ..to(id) },
                    ..allow()
                };
                let named: Vec<Port> = ports.into_iter().map(|port| Port { protocol, port }).collect();
                let sentence = format!("Lets the allowed clients send to {} on {}.", self.addresses_in_words(), ports_in_words(&named));
                add(rule, sentence, group.rows.clone());
            }
        }
    }

    /// A HostEndpoint for every interface also meets what the node's own pods send, with the Service's address as destination
    /// (fv/pre_dnat_test.go:253 at v3.27.0).
    fn allow_pods(&self, id: &str, add: &mut impl FnMut(Rule, String, Vec<u32>)) {
        let Some(source) = pods_of(&self.access.in_cluster) else { return };
        let who = pods_in_words(&self.access.in_cluster);
        let before = if self.access.in_cluster == InCluster::Unchanged { " as before" } else { "" };
        let addresses = self.addresses_in_words();
        let sentence =
            format!("Lets {who} call {addresses}{before}: a HostEndpoint for all interfaces (`*`) meets the traffic of pods too.");
        add(Rule { source, destination: to(id), ..allow() }, sentence, Vec::new());
    }

    /// The Service's addresses, as `10.20.30.40 and fd00::40`.
    fn addresses_in_words(&self) -> String {
        self.scope.service.cluster_ips.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
    }
}

/// Packets to the addresses of the group.
fn to(id: &str) -> EntityRule {
    global(&format!("{} == '{id}'", names::ADDRESSES_LABEL))
}
