//! Every path to a Service from outside, in as few groups as behave differently.

use super::budget::{LIMIT, TooMuch};
use super::foreign;
use super::host_policy::Before;
use super::hosts::{Governing, Shape};
use super::journey::Outcome;
use super::kept::Kept;
use super::policies::Stage;
use super::proxy::{Back, Behind, Front, Translates, number_of};
use super::reach::{AddressReach, Reach, Seen};
use super::remote::Sources;
use super::tables::{Groups, Place, Tables};
use super::topology::Reachable;
use super::world::{Dest, Universe, World};
use crate::access::{Access, Port};
use crate::cidr::{CidrSet, Family};
use crate::finding::Finding;
use crate::object::{Kind, Service, ServiceRef};
use crate::reach::packet::{Backend, Interface};
use crate::reach::settings::{FelixSettings, ProxyMode, Settings};
use crate::reach::verdict::{PathKind, Unknown};
use crate::snapshot::Snapshot;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

/// Who reaches a Service from outside the cluster: the exact sets of client addresses, for every address, port and path.
///
/// # Errors
/// [`TooMuch`] where the policies would make it look at more than [`LIMIT`] ranges, rules and paths.
pub fn of_service(snapshot: &Snapshot, settings: &Settings, service: &ServiceRef) -> Result<Reach, TooMuch> {
    of_service_within(snapshot, settings, service, LIMIT)
}

/// The same with a limit of one's own.
///
/// # Errors
/// As for [`of_service`].
pub fn of_service_within(snapshot: &Snapshot, settings: &Settings, service: &ServiceRef, limit: u64) -> Result<Reach, TooMuch> {
    Questions::about(snapshot, settings, limit).of_service(service)
}

/// Several questions about one snapshot: what one finds out serves the next, and the limit is one for all.
pub struct Questions<'a> {
    world: World<'a>,
}

impl<'a> Questions<'a> {
    /// Questions about a snapshot, with a limit for all together.
    #[must_use]
    pub fn about(snapshot: &'a Snapshot, settings: &'a Settings, limit: u64) -> Self {
        Self::keeping(snapshot, settings, limit, Kept::default())
    }

    /// The same, with what earlier questions have found out, about this snapshot or another.
    #[must_use]
    pub fn keeping(snapshot: &'a Snapshot, settings: &'a Settings, limit: u64, kept: Kept) -> Self {
        Self { world: World::new(snapshot, settings, limit, kept) }
    }

    /// What these questions have found out, for others.
    #[must_use]
    pub fn kept(&self) -> Kept {
        self.world.kept.borrow().clone()
    }

    /// Who reaches a Service from outside the cluster; no addresses where there is no such Service.
    ///
    /// # Errors
    /// [`TooMuch`] past the limit.
    pub fn of_service(&self, service: &ServiceRef) -> Result<Reach, TooMuch> {
        self.world.reach(service)
    }

    /// What policies of others do to a Service that is guarded with this access: rules before ours that let in or shut out whom it does
    /// not, HostEndpoints that take interfaces from the edge policy, and sets of others that our selectors mean. By object and rule, each once.
    ///
    /// # Errors
    /// [`TooMuch`] past the limit.
    pub fn findings(&self, service: &ServiceRef, access: &Access) -> Result<Vec<Finding>, TooMuch> {
        foreign::findings(&self.world, service, access)
    }

    /// Whom policies on the pods of a Service let in, whatever comes before: by family and port of what leads to them.
    ///
    /// # Errors
    /// [`TooMuch`] past the limit.
    pub fn let_in_at_pods(&self, service: &ServiceRef) -> Result<BTreeMap<(Family, Port), CidrSet>, TooMuch> {
        foreign::let_in_at_pods(&self.world, service)
    }
}

/// Nodes that behave alike: what HostEndpoints make of them, and their Felix.
pub(super) struct Class<'a> {
    pub(super) shape: Arc<Shape>,
    pub(super) felix: &'a FelixSettings,
    nodes: Vec<usize>,
}

/// The rules of a list that are about a destination: policy and rule, by their places.
type RulesAbout = Vec<(u32, u32)>;

/// Where packets for an address come in.
pub(super) struct Door<'w, 'a> {
    world: &'w World<'a>,
    pub(super) class: &'w Class<'a>,
    interface: &'w Interface,
    /// What governs there; none where that cannot be told.
    pub(super) at: Option<&'w Governing>,
    pub(super) protocol: u8,
    /// What keeps kube-proxy's part from being told.
    blind: Option<Unknown>,
}

impl<'a> World<'a> {
    pub(super) fn reach(&self, service: &ServiceRef) -> Result<Reach, TooMuch> {
        let mut tables = Tables::default();
        let mut addresses = Vec::new();
        if let Some(object) = self.snapshot.get::<Service>(service.namespace(), service.name()) {
            let classes = self.classes();
            for front in self.fronts(object) {
                addresses.push(self.front(&front, &classes, &mut tables)?);
            }
        }
        Ok(Reach { service: service.clone(), entries: tables.entries_list, backends: tables.backends_list, addresses })
    }

    /// Felix on a node.
    pub(super) fn felix(&self, node: &str) -> &'a FelixSettings {
        self.settings.felix(node)
    }

    fn classes(&self) -> Vec<Class<'a>> {
        let mut classes: BTreeMap<(usize, Option<&str>), Vec<usize>> = BTreeMap::new();
        for (at, host) in self.hosts.nodes.iter().enumerate() {
            let own = if self.settings.nodes.is_empty() { None } else { self.settings.nodes.get_key_value(&*host.name) };
            classes.entry((host.shape, own.map(|(name, _)| name.as_str()))).or_default().push(at);
        }
        let class = |((shape, own), nodes): ((usize, Option<&str>), Vec<usize>)| {
            let felix = own.and_then(|name| self.settings.nodes.get(name)).unwrap_or(&self.settings.felix);
            Some(Class { shape: self.hosts.shapes.get(shape)?.clone(), felix, nodes })
        };
        classes.into_iter().filter_map(class).collect()
    }

    fn front(&self, front: &Front, classes: &[Class<'a>], tables: &mut Tables) -> Result<AddressReach, TooMuch> {
        let mut groups = Groups::default();
        let everyone = self.everyone(front.family);
        // What kube-proxy does cannot be told where it works in a way that is not modelled.
        let proxy = (self.settings.proxy.mode.value == ProxyMode::Ipvs).then_some(Unknown::ProxyMode);
        let blind = proxy.or_else(|| self.blind(&[Kind::Service, Kind::EndpointSlice]));
        for class in classes {
            self.spend(class.nodes.len(), || format!("the paths to {}", front.text()))?;
            for (interface, at) in &class.shape.entries {
                let protocol = number_of(front.port.protocol);
                let door = Door { world: self, class, interface, at: at.as_ref(), protocol, blind: blind.clone() };
                for (address, places) in self.asked(front, &door)? {
                    let dest = Dest { address, protocol, port: front.port.port };
                    door.enter(front, dest, &places, &everyone, &mut groups, tables)?;
                }
            }
        }
        let groups = tables.groups(self, groups);
        Ok(AddressReach { kind: front.kind, address: front.address, family: front.family, port: front.port, groups })
    }

    /// The addresses at which nodes of a class are asked, one for all that behave alike: the Service's own or, for a NodePort, the nodes'.
    fn asked(&self, front: &Front, door: &Door) -> Result<Vec<(IpAddr, Vec<Place>)>, TooMuch> {
        let nodes = &door.class.nodes;
        if let Some(address) = front.address {
            return Ok(vec![(address, nodes.iter().map(|node| (*node, None)).collect())]);
        }
        let at = self.universe(front.family, self.hosts.own(front.family));
        let number = (door.protocol, front.port.port);
        let mut lists = Vec::new();
        for endpoint in door.at.into_iter().flat_map(|at| [&at.own, &at.wildcard]).flatten() {
            for stage in [Stage::Untracked, Stage::PreDnat] {
                lists.push((&endpoint.list, stage, self.candidates(&endpoint.list, stage, number, &at)?));
            }
        }
        // By the rules that are about each.
        let mut alike: BTreeMap<Vec<RulesAbout>, (IpAddr, Vec<Place>)> = BTreeMap::new();
        for node in nodes {
            let Some(host) = self.hosts.nodes.get(*node) else { continue };
            let node_ports = &self.settings.proxy.node_ports.value;
            let takes =
                |address: &&IpAddr| Family::of(**address) == front.family && node_ports.taken_at(**address, host.primary(front.family));
            for address in host.addresses.iter().filter(takes) {
                let dest = Dest { address: *address, protocol: door.protocol, port: front.port.port };
                let about = lists.iter().map(|(list, stage, rules)| self.about(list, *stage, rules, dest));
                let key = about.collect::<Result<Vec<_>, _>>()?;
                alike.entry(key).or_insert_with(|| (*address, Vec::new())).1.push((*node, Some(*address)));
            }
        }
        Ok(alike.into_values().collect())
    }
}

impl<'a> Door<'_, 'a> {
    fn enter(
        &self,
        front: &Front,
        dest: Dest,
        places: &[Place],
        everyone: &Universe,
        groups: &mut Groups,
        tables: &mut Tables,
    ) -> Result<(), TooMuch> {
        let before = if let Some(reason) = self.class.felix.not_modelled() {
            Before { outcome: Outcome::unknown(reason, (*everyone.addresses).clone()), ..Before::default() }
        } else if let Some(at) = self.at {
            self.world.before(at, self.class.felix, dest, everyone)?
        } else {
            Before { outcome: Outcome::unknown(Unknown::BetweenNodes, (*everyone.addresses).clone()), ..Before::default() }
        };
        // Nodes that may send to the same backends, by their places in `behind`: with a `Local` policy nodes differ, and by zone.
        let mut alike: BTreeMap<Vec<Reachable>, Vec<Place>> = BTreeMap::new();
        let apart = front.behind.iter().any(Behind::tells_nodes_apart);
        for place in places {
            let Some(node) = self.world.hosts.nodes.get(place.0) else { continue };
            let choice: Vec<Reachable> = front.behind.iter().map(|behind| behind.reachable(node)).collect();
            if !apart {
                alike.insert(choice, places.to_vec());
                break;
            }
            alike.entry(choice).or_default().push(*place);
        }
        for (choice, places) in alike {
            if choice.iter().all(Reachable::is_empty) {
                let alive = before.marked.union(&before.unmarked);
                let end = match &self.blind {
                    Some(reason) => Outcome::unknown(reason.clone(), alive),
                    None => Outcome::denied(alive),
                };
                let clients = tables.clients(&before.outcome.clone().and(&end));
                groups.add(PathKind::NoBackend, Seen::Client, clients, None, tables.part(self.interface, &places));
                continue;
            }
            for (behind, chosen) in front.behind.iter().zip(&choice) {
                let backs = |places: &[usize]| places.iter().filter_map(|at| behind.backends.get(*at)).collect::<Vec<&Back>>();
                let translated = self.translated(behind, &before);
                self.behind(behind, &translated, &places, &backs(&chosen.sure), groups, tables)?;
                if !chosen.doubtful.is_empty() {
                    self.behind(behind, &translated.untold(behind.doubt()), &places, &backs(&chosen.doubtful), groups, tables)?;
                }
            }
        }
        Ok(())
    }

    /// Whom kube-proxy lets through to the backends.
    fn translated(&self, behind: &Behind, before: &Before) -> Before {
        if let Some(reason) = &self.blind {
            return before.untold(reason.clone());
        }
        let Some(from) = &behind.from else { return before.clone() };
        let dropped = before.marked.union(&before.unmarked).difference(from);
        Before {
            marked: before.marked.intersection(from),
            unmarked: before.unmarked.intersection(from),
            outcome: before.outcome.clone().and(&Outcome::denied(dropped)),
        }
    }

    fn behind(
        &self,
        behind: &Behind,
        before: &Before,
        places: &[Place],
        backs: &[&Back],
        groups: &mut Groups,
        tables: &mut Tables,
    ) -> Result<(), TooMuch> {
        self.world.spend(places.len() + backs.len(), || "the paths to the backends".to_owned())?;
        // On the node of a backend itself.
        let mut same: BTreeMap<(u32, Seen), (Vec<Place>, Vec<Backend>)> = BTreeMap::new();
        // To a backend on another node.
        let mut other: BTreeMap<(u32, Seen, u32), Vec<Backend>> = BTreeMap::new();
        for back in backs {
            let node = back.backend.node.as_deref().and_then(|name| self.world.hosts.named(name));
            let on_host = matches!(back.at, super::proxy::Place::Host(_));
            let dest = Dest { address: back.backend.address, protocol: self.protocol, port: back.backend.port };
            let here: Vec<Place> = places.iter().filter(|place| Some(place.0) == node).copied().collect();
            if !here.is_empty() {
                let outcome = self.world.arrive(self.governing(), &self.class.shape, self.class.felix, before, back, dest)?;
                // What is delivered to the host itself keeps its source.
                let seen = if on_host { Seen::Client } else { seen(behind.translates, false) };
                let group = same.entry((tables.clients(&outcome), seen)).or_default();
                group.0.extend(here);
                group.1.push(back.backend.clone());
            }
            if !places.iter().any(|place| Some(place.0) != node) {
                continue;
            }
            // kube-proxy marks what a backend sends to itself (`-s` in its KUBE-SEP chains), and Felix translates what leaves the pools.
            let itself = CidrSet::between(dest.address, dest.address);
            let unmasked = self.unmasked(behind.translates, dest.family()).difference(&itself);
            let sources = Sources { kept: unmasked.difference(&self.world.leaving_pools(dest, self.class.felix)), unmasked };
            for (outcome, tunnel, from) in self.world.carry(self, before, back, node, dest, &sources, places)? {
                // Of what fares alike where it comes in, there may be the backend's own node alone.
                if from.iter().all(|place| Some(place.0) == node) {
                    continue;
                }
                let key = (tables.clients(&outcome), seen(behind.translates, tunnel), tables.part(self.interface, &from));
                other.entry(key).or_default().push(back.backend.clone());
            }
        }
        for ((clients, seen), (mut places, backends)) in same {
            places.sort_unstable();
            places.dedup();
            let (part, backends) = (tables.part(self.interface, &places), tables.backends(backends));
            groups.add(PathKind::SameNode, seen, clients, Some(backends), part);
        }
        for ((clients, seen, part), backends) in other {
            groups.add(PathKind::OtherNode, seen, clients, Some(tables.backends(backends)), part);
        }
        Ok(())
    }

    /// What governs where packets come in; nothing, which then nobody gets past, where that cannot be told.
    pub(super) fn governing(&self) -> &Governing {
        self.at.unwrap_or(&Governing::NONE)
    }

    /// The clients whose source kube-proxy leaves as it is.
    fn unmasked(&self, translates: Translates, family: Family) -> CidrSet {
        match translates {
            Translates::All => CidrSet::new(),
            Translates::Nobody => crate::cidr::Cidr::all(family).into(),
            Translates::Outsiders => self.world.settings.proxy.cluster_cidrs.value.iter().copied().collect::<CidrSet>().family(family),
        }
    }
}

fn seen(translates: Translates, tunnel: bool) -> Seen {
    match (translates, tunnel) {
        (Translates::Nobody, _) => Seen::Client,
        (Translates::All, false) => Seen::EntryNode,
        (Translates::All, true) => Seen::EntryTunnel,
        (Translates::Outsiders, false) => Seen::EntryNodeForOutsiders,
        (Translates::Outsiders, true) => Seen::EntryTunnelForOutsiders,
    }
}
