//! The edge policy: at the interfaces of the hosts, before kube-proxy translates the Service's address.
//!
//! Allow and deny stand in one object and mean the same addresses, so that one write switches both and no revert can leave a deny without
//! its allow. Pre-DNAT policy has no default deny (felix/rules/endpoints.go:418 at v3.27.0), so the deny is written out. Services that are
//! guarded alike share the policy ([`crate::scope::EdgeGroup`]); one that is guarded as no other is has one of its own, which names its
//! addresses beside: a packet to any other address is then passed over before a set is looked up. Where else than at its cluster IPs a
//! Service is offered is [`Door`]'s to say.

use super::door::{Door, DoorKind};
use super::{Explained, Generated, Recipe, allow, deny, global, pods_in_words, pods_of, policy};
use crate::access::{InCluster, Protocol};
use crate::names;
use crate::object::{EntityRule, Kind, ObjectKey, Order, PolicySpec, Rule};
use crate::plan::Role;
use crate::scope::{EdgeGroup, Scope};
use crate::snapshot::content;
use serde_json::json;
use std::cell::LazyCell;

/// An edge policy that a Service is to come under.
pub(super) struct Place {
    /// The id of its group.
    pub(super) id: String,
    /// Whether it names the addresses of this one Service, which nobody joins.
    pub(super) own: bool,
    /// Whether an address set means its addresses; else the rules name them alone.
    pub(super) by_set: bool,
}

impl Recipe<'_> {
    /// Where the Service is to be: where it is, if that is what the access says; else under a shared policy that says it. Else under one of
    /// its own; but where another Service's own says just this, under a new one for both, which the other comes to by a change of its own.
    pub(super) fn edge_place(&self) -> Option<Place> {
        let slug = names::service_slug(self.service());
        let (spec, _) = self.edge_spec(&Place { id: slug.clone(), own: false, by_set: true })?;
        // Of a long list of clients it takes long: asked where there is a policy to compare with.
        let wanted = LazyCell::new(|| content(&slug, &spec, &self.client_nets()).digest);
        let Scope { edge_groups: groups, edge_group: membership, .. } = self.scope;
        let is_current = |group: &&EdgeGroup| membership.as_ref().is_some_and(|current| current.id == group.id);
        let says_it = |group: &&EdgeGroup| group.content == *wanted;
        let current = groups.iter().find(is_current);
        let there = current.filter(says_it).or_else(|| groups.iter().filter(says_it).find(|group| !group.own));
        if let Some(group) = there {
            return Some(Place { id: group.id.clone(), own: group.own, by_set: true });
        }
        let alike = groups.iter().filter(says_it).any(|group| group.used);
        let alone = membership.as_ref().is_some_and(|current| !current.shared);
        // What is guarded besides cluster IPs is named in the policy: nobody can join it.
        let own = self.scope.service.has_other_addresses() || !alike;
        if let Some(group) = current.filter(|group| group.own && alone && own) {
            return Some(Place { id: group.id.clone(), own: true, by_set: true });
        }
        let taken = |id: &str| groups.iter().any(|group| group.used && group.id == id);
        let id = std::iter::once(slug.clone()).chain((2_u32..).map(|number| format!("{slug}-{number}"))).find(|id| !taken(id))?;
        Some(Place { id, own, by_set: true })
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

    /// The edge policy on the HostEndpoints of one node, which `selector` selects among all: it decides before the one for all, and names the
    /// addresses itself, because the set that means them is written after it.
    pub(super) fn canary(&self, node: &str, selector: &str) -> Option<Generated> {
        let Place { id, .. } = self.edge_place()?;
        let (spec, rules) = self.edge_spec(&Place { id, own: true, by_set: false })?;
        let spec = PolicySpec { selector: format!("({}) && ({selector})", spec.selector), ..spec };
        let name = names::canary_policy(self.service());
        let metadata = json!({ "name": name, "annotations": { names::SHAPE_ANNOTATION: names::SHAPE } });
        Some(Generated {
            role: Role::Canary,
            key: ObjectKey::new(Kind::GlobalNetworkPolicy, "", &name),
            object: policy(Kind::GlobalNetworkPolicy, metadata, &spec),
            sentence: format!("Decides as the edge policy will, at the node {node} alone."),
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
        let doors = self.doors(place, &selector);
        let mut rules = Rules::default();
        self.allow_clients(&place.id, &doors, &mut rules);
        self.allow_inside(&selector, &doors, &mut rules);
        for door in &doors {
            for (packets, ports) in door.every_packet() {
                let on = ports.map_or_else(|| "on every port".to_owned(), |ports| format!("on {ports}"));
                rules.add(
                    Rule { ip_version: door.ip_version, ..packets.rule(deny()) },
                    format!("Shuts everyone else out of {}, {on}.", door.at),
                    &[],
                );
            }
        }
        let spec = PolicySpec {
            order: Order::try_from(names::EDGE_ORDER).ok(),
            selector,
            types: vec!["Ingress".to_owned()],
            ingress: rules.ingress,
            pre_dnat: true,
            apply_on_forward: true,
            ..PolicySpec::default()
        };
        Some((spec, rules.explained))
    }

    fn allow_clients(&self, id: &str, doors: &[Door], rules: &mut Rules) {
        for group in &self.groups {
            let source = global(&format!("{} == '{id}' && {} == '{}'", names::EDGE_CLIENTS_LABEL, names::PORTS_LABEL, group.ports_label()));
            let who = if group.load_balancers { "load balancers" } else { "allowed clients" };
            for door in doors.iter().filter(|door| group.may_use(door)) {
                for (packets, ports) in door.packets(&self.scope.service, &group.ports) {
                    let rule = Rule { source: source.clone(), ip_version: door.ip_version, ..packets.rule(allow()) };
                    rules.add(rule, format!("Lets the {who} send to {} on {ports}.", door.at), &group.rows);
                }
            }
            // Only policies of others close it: this keeps it open for whom it is there.
            let health = self.scope.service.health_check_port;
            if let Some(door) = doors.iter().find(|door| group.load_balancers && health != 0 && door.kind == DoorKind::NodePorts) {
                let packets = door.packets_to(Protocol::Tcp, health);
                let rule = Rule { source: source.clone(), ip_version: door.ip_version, ..packets.rule(allow()) };
                rules.add(rule, format!("Lets the load balancers ask the nodes on TCP {health} whether they have a ready pod."), &[]);
            }
        }
    }

    /// Clients inside the cluster, where what they send meets the edge policy. A HostEndpoint for every interface meets what the node's own
    /// pods send too, with the Service's address as destination (fv/pre_dnat_test.go:253 at v3.27.0). And what is sent to a NodePort of another
    /// node comes in there as from outside.
    fn allow_inside(&self, edge: &str, doors: &[Door], rules: &mut Rules) {
        let unchanged = self.access.in_cluster == InCluster::Unchanged;
        let before = if unchanged { " as before" } else { "" };
        for door in doors {
            let of_nodes = door.kind == DoorKind::NodePorts;
            if let Some(source) = pods_of(&self.access.in_cluster).filter(|_| self.wildcard || of_nodes) {
                let who = pods_in_words(&self.access.in_cluster);
                let why = if of_nodes {
                    "what is sent to another node's port comes in there"
                } else {
                    "a HostEndpoint for all interfaces (`*`) meets the traffic of pods too"
                };
                self.admit(door, &source, &format!("Lets {who} call {}{before}: {why}.", door.at), rules);
            }
            if unchanged && of_nodes {
                let sentence = format!("Lets the nodes call {} as before, and pods that go out by their node's address.", door.at);
                self.admit(door, &global(edge), &sentence, rules);
                for nets in self.quiet_nets() {
                    let sentence = format!("Lets nodes without a HostEndpoint call {} as before.", door.at);
                    self.admit(door, &EntityRule { nets, ..EntityRule::default() }, &sentence, rules);
                }
            }
        }
    }

    /// Lets a source send to a door, on all that is guarded there.
    fn admit(&self, door: &Door, source: &EntityRule, sentence: &str, rules: &mut Rules) {
        // A rule has nets of one family: addresses of the other cannot send there.
        let families = |entity: &EntityRule| entity.nets.first().map(|net| net.contains(':'));
        let apart = matches!((families(source), families(&door.to)), (Some(one), Some(other)) if one != other);
        let source_version = families(source).map(|v6| if v6 { 6 } else { 4 });
        let closed = matches!((source_version, door.ip_version), (Some(one), Some(other)) if one != other);
        if apart || closed {
            return;
        }
        for (packets, _) in door.every_packet() {
            let rule = Rule { source: source.clone(), ip_version: door.ip_version, ..packets.rule(allow()) };
            rules.add(rule, sentence.to_owned(), &[]);
        }
    }
}

/// Rules in the making, each with its sentence and the rows that made it.
#[derive(Default)]
struct Rules {
    ingress: Vec<Rule>,
    explained: Vec<Explained>,
}

impl Rules {
    fn add(&mut self, rule: Rule, sentence: String, rows: &[u32]) {
        self.ingress.push(rule);
        self.explained.push(Explained { sentence, rows: rows.to_vec() });
    }
}
