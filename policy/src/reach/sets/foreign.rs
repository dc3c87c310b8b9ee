//! Policies of others that widen, cut, pass by or stand in for what Portcullis wrote for a Service.

mod at_pods;
mod words;

use super::budget::TooMuch;
use super::hosts::{Governing, Tunnel};
use super::policies::{Decided, Direction, Split, Stage};
use super::proxy::{Back, Front, number_of};
use super::rules::Effect;
use super::world::{Dest, World};
use crate::access::{Access, Port};
use crate::checks::few;
use crate::cidr::{Cidr, CidrSet, Family};
use crate::finding::{Finding, Severity};
use crate::names;
use crate::object::{AnyObject, DEFAULT_TIER, HostEndpoint, IpPool, Kept, Kind, Node, ObjectKey, Service, ServiceRef};
use crate::reach::written::Written;
use crate::snapshot::PolicyList;
pub(super) use at_pods::let_in_at_pods;
use at_pods::on_pod;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;
use words::{At, Said};

/// What policies of others do to a Service that is guarded with this access: rules before ours that let in or shut out whom it does not,
/// HostEndpoints that take interfaces from the edge policy, and sets of others that our selectors mean. By object and rule, each once.
///
/// # Errors
/// [`TooMuch`] where the policies would make it look at more than the limit of the questions.
pub(super) fn findings(world: &World, service: &ServiceRef, access: &Access) -> Result<Vec<Finding>, TooMuch> {
    let Some(object) = world.snapshot.get::<Service>(service.namespace(), service.name()) else { return Ok(Vec::new()) };
    let alone = access.enforced.at_pods_alone();
    let mut check = Check { world, service, alone, found: BTreeMap::new(), inside: inside(world) };
    for front in world.fronts(object) {
        check.at_hosts(&front, &allowed(access, front_port(object, &front)))?;
        for back in front.behind.iter().flat_map(|behind| &behind.backends) {
            check.at_pod(&front, back, &allowed(access, front_port(object, &front)))?;
        }
    }
    let found = check.found;
    let let_in = if found.is_empty() { BTreeMap::new() } else { let_in(world, service)? };
    let mut findings: Vec<Finding> = found.into_values().map(|found| found.really(&let_in)).collect();
    findings.sort();
    Ok(findings)
}

/// Whoever gets to the Service by a port of an address or a node, or may, on any path.
fn let_in(world: &World, service: &ServiceRef) -> Result<BTreeMap<Port, CidrSet>, TooMuch> {
    let mut all: BTreeMap<Port, CidrSet> = BTreeMap::new();
    for at in world.reach(service)?.addresses {
        let of_port = all.entry(at.port).or_default();
        for group in &at.groups {
            *of_port = of_port.union(&group.clients.allowed).union(&group.clients.unknown_clients());
        }
    }
    Ok(all)
}

struct Check<'w, 'a> {
    world: &'w World<'a>,
    service: &'w ServiceRef,
    /// Whether the pods alone guard it.
    alone: bool,
    /// By check, object and field.
    found: BTreeMap<(&'static str, ObjectKey, String), Found>,
    /// Addresses of the cluster's own: clients there are not outsiders.
    inside: CidrSet,
}

/// A finding as it is so far: whom it is about by which port, and where.
struct Found {
    finding: Finding,
    clients: BTreeMap<Port, CidrSet>,
    at: BTreeSet<String>,
}

impl From<Finding> for Found {
    fn from(finding: Finding) -> Self {
        Self { finding, clients: BTreeMap::new(), at: BTreeSet::new() }
    }
}

impl Found {
    /// A blocker about clients of whom what comes later lets none in is a warning; one that is, shows a client that gets in, and by which port.
    fn really(self, let_in: &BTreeMap<Port, CidrSet>) -> Finding {
        let Self { mut finding, clients, .. } = self;
        if clients.is_empty() || finding.severity != Severity::Blocker {
            return finding;
        }
        let gets_in = |(port, clients): (&Port, &CidrSet)| Some((*port, clients.intersection(let_in.get(port)?).first()?));
        match (clients.iter().find_map(gets_in), &mut finding.packet) {
            (Some((port, client)), Some(packet)) => {
                **packet = Written {
                    client: client.to_string(),
                    port: port.port.to_string(),
                    protocol: port.protocol.name().to_owned(),
                    ..(**packet).clone()
                };
            }
            (Some(_), None) => {}
            (None, _) => {
                finding.severity = Severity::Warning;
                finding.why.push_str(" So far what comes behind it shuts them out all the same.");
            }
        }
        finding
    }
}

/// Where policies stand that are looked at.
struct Seat<'p> {
    /// Whether ours stands there.
    guards: bool,
    /// Where that is.
    at: At,
    /// Those before ours; none where whatever they decide counts.
    before: Option<BTreeSet<&'p ObjectKey>>,
}

impl Check<'_, '_> {
    fn at_hosts(&mut self, front: &Front, allowed: &CidrSet) -> Result<(), TooMuch> {
        let everyone = self.world.everyone(front.family);
        let hosts = self.world.hosts.clone();
        for shape in &hosts.shapes {
            // One node stands for all of a shape: of a NodePort its own address is asked.
            let node = hosts.nodes.iter().find(|host| hosts.shapes.get(host.shape).is_some_and(|own| Arc::ptr_eq(own, shape)));
            let Some(address) = front.address.or_else(|| node.and_then(|host| host.main(front.family))) else { continue };
            let dest = Dest { address, protocol: number_of(front.port.protocol), port: front.port.port };
            for (interface, at) in shape.entries.iter().filter_map(|(interface, at)| Some((interface, at.as_ref()?))) {
                if !self.alone {
                    self.shadowed(at, node.map_or("", |host| &host.name), &interface.to_string())?;
                }
                let Ok(Some(gate)) = self.world.gate(at)? else { continue };
                let split = self.world.split(&gate.list, Stage::PreDnat, Direction::Ingress, dest, &everyone)?;
                let guards = !self.alone && self.has_ours(&gate.list)?;
                self.decided(&split, front, allowed, &Seat { guards, at: if self.alone { At::PodsAlone } else { At::Edge }, before: None });
            }
        }
        Ok(())
    }

    fn at_pod(&mut self, front: &Front, back: &Back, allowed: &CidrSet) -> Result<(), TooMuch> {
        let Some((list, split)) = on_pod(self.world, front, back)? else { return Ok(()) };
        let ours = list.iter().position(|policy| self.is_ours(&policy.key));
        // What comes behind ours is said by the check of such policies, and decides as before; where the pods alone guard, it opens them.
        let before = ours.filter(|_| !self.alone).map(|ours| list.iter().take(ours).map(|policy| &policy.key).collect());
        self.decided(
            &split,
            front,
            allowed,
            &Seat { guards: ours.is_some(), at: if self.alone { At::PodsAlone } else { At::PodsBehindEdge }, before },
        );
        Ok(())
    }

    fn has_ours(&self, list: &PolicyList) -> Result<bool, TooMuch> {
        Ok(self.world.selected(list, Stage::PreDnat, Direction::Ingress)?.iter().any(|policy| self.is_ours(&policy.key)))
    }

    fn is_ours(&self, key: &ObjectKey) -> bool {
        self.world.snapshot.find(key).is_some_and(|object| names::is_ours(object.meta()))
    }

    /// A HostEndpoint of an interface that has pre-DNAT policy, none of it ours, takes the interface from a `*` that has ours
    /// (endpoint_mgr.go:1061 at v3.28.5).
    fn shadowed(&mut self, at: &Governing, node: &str, interface: &str) -> Result<(), TooMuch> {
        let (Some(own), Some(wildcard)) = (&at.own, &at.wildcard) else { return Ok(()) };
        let staged = self.world.staged(own).is_ok_and(|staged| staged.before);
        let takes = staged || !self.world.selected(&own.list, Stage::PreDnat, Direction::Ingress)?.is_empty();
        if !takes || self.has_ours(&own.list)? || !self.has_ours(&wildcard.list)? {
            return Ok(());
        }
        let endpoints = self.world.snapshot.iter::<Kept<HostEndpoint>>();
        let mut named = endpoints.filter(|endpoint| endpoint.spec.node == node && endpoint.spec.interface_name != "*");
        let Some(endpoint) = named.next() else { return Ok(()) };
        let key = ObjectKey::new(Kind::HostEndpoint, "", &endpoint.metadata.name);
        let finding = Finding {
            severity: Severity::Blocker,
            id: "host-endpoint-shadows".to_owned(),
            what: format!("{key} takes the interface `{interface}` from the HostEndpoint of `*` on which the edge policy of `{}` stands.", self.service),
            objects: vec![key.clone()],
            field: "spec.interfaceName".to_owned(),
            why: "A HostEndpoint with any pre-DNAT policy, also one that is only staged, stands in for `*` at its interface: whoever comes in there does not meet the edge policy.".to_owned(),
            action: "Give that HostEndpoint the labels that the edge policy selects, or take its pre-DNAT policies away.".to_owned(),
            packet: None,
        };
        self.found.entry(("host-endpoint-shadows", key, String::new())).or_insert_with(|| finding.into());
        Ok(())
    }

    /// What rules decide: those of others about whom the access says otherwise, and ours where they mean more than it.
    fn decided(&mut self, split: &Split, front: &Front, allowed: &CidrSet, seat: &Seat) {
        for decided in &split.decided {
            let ours = self.is_ours(&decided.policy);
            let outsiders = decided.senders.difference(allowed).difference(&self.inside);
            let cut = decided.senders.intersection(allowed);
            let widens = seat.guards && seat.before.as_ref().is_none_or(|before| before.contains(&decided.policy));
            match (&decided.effect, ours) {
                (Effect::Allow, false) if widens => self.add("foreign-allow-widens", seat, decided, front, &outsiders),
                (Effect::Pass, false) if widens && self.in_our_tier(&decided.policy) => {
                    self.add("foreign-pass-bypasses", seat, decided, front, &outsiders);
                }
                (Effect::Deny, false) => self.add("foreign-deny-cuts", seat, decided, front, &cut),
                (Effect::Allow, true) => self.foreign_sets(&outsiders),
                _ => {}
            }
        }
    }

    /// Pass leaves out what is behind it in its own tier: with what is in another the next tier begins, ours among them.
    fn in_our_tier(&self, key: &ObjectKey) -> bool {
        let ours = |tier: &str| tier.is_empty() || tier == DEFAULT_TIER;
        match self.world.snapshot.find(key) {
            Some(AnyObject::GlobalNetworkPolicy(policy)) => ours(&policy.spec.tier),
            Some(AnyObject::NetworkPolicy(policy)) => ours(&policy.spec.tier),
            _ => true,
        }
    }

    fn add(&mut self, id: &'static str, seat: &Seat, decided: &Decided, front: &Front, clients: &CidrSet) {
        let Some(client) = clients.first() else { return };
        let field = format!("spec.ingress[{}]", decided.rule);
        let key = (id, decided.policy.clone(), field.clone());
        let (mut all, mut at) = self.found.get(&key).map_or_else(Default::default, |found| (found.clients.clone(), found.at.clone()));
        let of_port = all.entry(front.port).or_default();
        *of_port = of_port.union(clients);
        at.insert(front.text());
        let count = all.values().fold(CidrSet::new(), |all, clients| all.union(clients)).counted();
        // Where the edge stands before, whom it shuts out does not come to the pods by an address of the Service.
        let severity = if id == "foreign-deny-cuts" || seat.at == At::PodsBehindEdge { Severity::Warning } else { Severity::Blocker };
        let (policy, service) = (&decided.policy, self.service);
        let said = Said { policy, field: &field, service, count, at: few(&Vec::from_iter(at.clone())) };
        let (what, why, action) = said.words(id, seat.at);
        let objects = vec![policy.clone()];
        let packet = Some(Box::new(Written {
            client: client.to_string(),
            to: service.to_string(),
            port: front.port.port.to_string(),
            protocol: front.port.protocol.name().to_owned(),
            ..Written::default()
        }));
        let finding = Finding { severity, id: id.to_owned(), what, objects, field, why: why.to_owned(), action, packet };
        self.found.insert(key, Found { finding, clients: all, at });
    }

    /// Sets and HostEndpoints of others that hold addresses which a rule of ours lets in and the access does not.
    fn foreign_sets(&mut self, outsiders: &CidrSet) {
        if outsiders.is_empty() {
            return;
        }
        let snapshot = self.world.snapshot;
        let own_labels = [names::CLIENTS_LABEL, names::EDGE_LABEL, names::EDGE_CLIENTS_LABEL, names::NODES_LABEL];
        let carriers: BTreeSet<&ObjectKey> = own_labels.into_iter().flat_map(|label| snapshot.carriers(label)).collect();
        for key in carriers.into_iter().filter(|key| matches!(key.kind, Kind::NetworkSet | Kind::GlobalNetworkSet)) {
            let Some(object) = snapshot.find(key) else { continue };
            let nets = match &object {
                AnyObject::NetworkSet(set) => &set.spec.nets,
                AnyObject::GlobalNetworkSet(set) if !names::is_ours(&set.metadata) => &set.spec.nets,
                _ => continue,
            };
            let widens =
                |text: &String| super::members::net(text).is_some_and(|net| !CidrSet::from(net).intersection(outsiders).is_empty());
            let Some(at) = nets.iter().position(widens) else { continue };
            let finding = Finding {
                severity: Severity::Blocker,
                id: "foreign-set-widens".to_owned(),
                what: format!(
                    "{key} carries a label that the policy of `{}` goes by, and adds addresses that its access does not have.",
                    self.service
                ),
                objects: vec![key.clone()],
                field: format!("spec.nets[{at}]"),
                why: "A rule with a selector means every set with the label, whoever wrote it.".to_owned(),
                action: format!("Take the label off {key}."),
                packet: None,
            };
            self.found.entry(("foreign-set-widens", key.clone(), String::new())).or_insert_with(|| finding.into());
        }
    }
}

/// The port of the Service that an address serves: for a NodePort the one that it belongs to.
fn front_port(service: &Service, front: &Front) -> Port {
    let of = |port: &&crate::object::ServicePort| {
        front.address.is_none() && port.node_port == front.port.port && super::proxy::protocol(&port.protocol) == Some(front.port.protocol)
    };
    service.spec.ports.iter().find(of).map_or(front.port, |port| Port { port: port.port, ..front.port })
}

fn allowed(access: &Access, port: Port) -> CidrSet {
    let parts = access.parts().filter(|(ports, _)| ports.is_empty() || ports.contains(&port));
    parts.flat_map(|(_, ranges)| ranges.iter().copied()).collect()
}

/// The ranges of the pods, and the nodes' addresses.
fn inside(world: &World) -> CidrSet {
    let pools = world.snapshot.iter::<IpPool>().filter_map(|pool| pool.spec.cidr.parse::<Cidr>().ok());
    let mut all: CidrSet = pools.collect();
    for family in [Family::V4, Family::V6] {
        for tunnel in [None, Some(Tunnel::Ipip), Some(Tunnel::Vxlan), Some(Tunnel::Wireguard)] {
            all = all.union(&world.hosts.sources(tunnel, family));
        }
    }
    let others =
        world.snapshot.iter::<Node>().flat_map(|node| &node.status.addresses).filter_map(|address| address.address.parse::<IpAddr>().ok());
    all.union(&others.filter_map(|address| Cidr::try_from(address).ok()).collect())
}

#[cfg(test)]
mod tests;
