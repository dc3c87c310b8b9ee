//! The edge policy: at the interfaces of the hosts, before kube-proxy translates the Service's address.
//!
//! Allow and deny stand in one object and mean the same addresses, so that one write switches both and no revert can leave a deny without
//! its allow. Pre-DNAT policy has no default deny (felix/rules/endpoints.go:418 at v3.27.0), so the deny is written out. Services that are
//! guarded alike share the policy ([`crate::scope::EdgeGroup`]); one that is guarded as no other is has one of its own, which names its
//! addresses beside: a packet to any other address is then passed over before a set is looked up.

use super::{Explained, Generated, Recipe, address_net, allow, deny, global, pods_in_words, pods_of, policy, ports_in_words};
use crate::access::{InCluster, Port};
use crate::names;
use crate::object::{EntityRule, IntOrString, Kind, ObjectKey, Order, PolicySpec, Rule};
use crate::plan::Role;
use crate::scope::{EdgeGroup, Scope};
use crate::snapshot::content;
use serde_json::json;
use std::net::IpAddr;

/// An edge policy that a Service is to come under.
pub(super) struct Place {
    /// The id of its group.
    pub(super) id: String,
    /// Whether it names the addresses of this one Service, which nobody joins.
    pub(super) own: bool,
}

impl Recipe<'_> {
    /// Where the Service is to be: where it is, if that is what the access says; else under a shared policy that says it. Else under one of
    /// its own; but where another Service's own says just this, under a new one for both, which the other comes to by a change of its own.
    pub(super) fn edge_place(&self) -> Option<Place> {
        let slug = names::service_slug(self.service());
        let (spec, _) = self.edge_spec(&Place { id: slug.clone(), own: false })?;
        let wanted = content(&slug, &spec, &self.client_nets()).digest;
        let Scope { edge_groups: groups, edge_group: membership, .. } = self.scope;
        let is_current = |group: &&EdgeGroup| membership.as_ref().is_some_and(|current| current.id == group.id);
        let says_it = |group: &&EdgeGroup| group.content == wanted;
        let current = groups.iter().find(is_current);
        let there = current.filter(says_it).or_else(|| groups.iter().filter(says_it).find(|group| !group.own));
        if let Some(group) = there {
            return Some(Place { id: group.id.clone(), own: group.own });
        }
        let alike = groups.iter().filter(says_it).any(|group| group.used);
        let alone = membership.as_ref().is_some_and(|current| !current.shared);
        if let Some(group) = current.filter(|group| group.own && alone && !alike) {
            return Some(Place { id: group.id.clone(), own: true });
        }
        let taken = |id: &str| groups.iter().any(|group| group.used && group.id == id);
        let id = std::iter::once(slug.clone()).chain((2_u32..).map(|number| format!("{slug}-{number}"))).find(|id| !taken(id))?;
        Some(Place { id, own: !alike })
    }

    /// The edge policy of a group.
    pub(super) fn edge_policy(&self, place: &Place) -> Option<Generated> {
        let (spec, rules) = self.edge_spec(place)?;
        let name = names::edge_policy(&place.id);
        // It is no Service's own: what its annotations say is the same whoever writes it.
        let metadata = json!({ "name": name, "annotations": { names::SHAPE_ANNOTATION: names::SHAPE } });
        let decides = "Decides at the nodes' interfaces, before kube-proxy puts a pod's address in place of the Service's.";
        let sentence = if place.own {
            decides.to_owned()
        } else if self.is_shared(&place.id) {
            format!("{decides} Other Services that are guarded alike share it; which addresses it means is said by their address sets.")
        } else {
            format!("{decides} It is for all Services that are guarded like this; which addresses it means is said by their address sets.")
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
    fn edge_spec(&self, place: &Place) -> Option<(PolicySpec, Vec<Explained>)> {
        let selector = self.edge.clone()?;
        if self.scope.service.cluster_ips.is_empty() {
            return None;
        }
        let mut ingress = Vec::new();
        let mut rules = Vec::new();
        let destinations = self.destinations(place);
        let mut add = |rule: &dyn Fn(&EntityRule) -> Rule, sentence: &dyn Fn(&str) -> String, rows: &[u32]| {
            for (to, addresses) in &destinations {
                ingress.push(rule(to));
                rules.push(Explained { sentence: sentence(addresses), rows: rows.to_vec() });
            }
        };
        self.allow_clients(&place.id, &mut add);
        if self.wildcard {
            self.allow_pods(&mut add);
        }
        let rule = |to: &EntityRule| Rule { destination: to.clone(), ..deny() };
        add(&rule, &|addresses| format!("Shuts everyone else out of {addresses}, on every port."), &[]);
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

    fn allow_clients(&self, id: &str, add: &mut Add) {
        for group in &self.groups {
            for (protocol, ports) in self.scope.service.service_ports(&group.ports) {
                let source = format!("{} == '{id}' && {} == '{}'", names::EDGE_CLIENTS_LABEL, names::PORTS_LABEL, group.ports_label());
                let rule = |to: &EntityRule| Rule {
                    protocol: Some(IntOrString::String(protocol.name().to_owned())),
                    source: global(&source),
                    destination: EntityRule { ports: ports.iter().map(|port| IntOrString::Int(i64::from(*port))).collect(), ..to.clone() },
                    ..allow()
                };
                let named: Vec<Port> = ports.iter().map(|port| Port { protocol, port: *port }).collect();
                let sentence = |addresses: &str| format!("Lets the allowed clients send to {addresses} on {}.", ports_in_words(&named));
                add(&rule, &sentence, &group.rows);
            }
        }
    }

    /// A HostEndpoint for every interface also meets what the node's own pods send, with the Service's address as destination
    /// (fv/pre_dnat_test.go:253 at v3.27.0).
    fn allow_pods(&self, add: &mut Add) {
        let Some(source) = pods_of(&self.access.in_cluster) else { return };
        let who = pods_in_words(&self.access.in_cluster);
        let before = if self.access.in_cluster == InCluster::Unchanged { " as before" } else { "" };
        let sentence = |addresses: &str| {
            format!("Lets {who} call {addresses}{before}: a HostEndpoint for all interfaces (`*`) meets the traffic of pods too.")
        };
        add(&|to| Rule { source: source.clone(), destination: to.clone(), ..allow() }, &sentence, &[]);
    }

    /// The packets that it means, each with the addresses in words: those to the addresses of the group. Where it is this Service's own they
    /// are named too, by family: a rule has nets of one.
    fn destinations(&self, place: &Place) -> Vec<(EntityRule, String)> {
        let addresses = &self.scope.service.cluster_ips;
        let to = global(&format!("{} == '{}'", names::ADDRESSES_LABEL, place.id));
        if !place.own {
            return vec![(to, in_words(addresses))];
        }
        let (v4, v6): (Vec<IpAddr>, Vec<IpAddr>) = addresses.iter().partition(|address| address.is_ipv4());
        let named = |addresses: Vec<IpAddr>| {
            let nets = addresses.iter().copied().map(address_net).collect();
            (EntityRule { nets, ..to.clone() }, in_words(&addresses))
        };
        [v4, v6].into_iter().filter(|addresses| !addresses.is_empty()).map(named).collect()
    }
}

/// Adds a rule for each destination, with its sentence and the rows that made it.
type Add<'a> = dyn FnMut(&dyn Fn(&EntityRule) -> Rule, &dyn Fn(&str) -> String, &[u32]) + 'a;

/// Addresses, as `10.20.30.40 and fd00::40`.
fn in_words(addresses: &[IpAddr]) -> String {
    addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
}
