//! Lists that an answer names by their place, each once.

use super::journey::Outcome;
use super::reach::{Clients, Entry, PathGroup, Seen, UnknownClients};
use super::world::World;
use crate::reach::packet::{Backend, Interface};
use crate::reach::verdict::PathKind;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

/// A node, and its address where it is asked at its own.
pub(super) type Place = (usize, Option<IpAddr>);

/// Lists that groups name by their place.
#[derive(Default)]
pub(super) struct Tables {
    clients: BTreeMap<Arc<Clients>, u32>,
    clients_list: Vec<Arc<Clients>>,
    parts: BTreeMap<(Interface, Vec<Place>), u32>,
    backends: BTreeMap<Arc<Vec<Backend>>, u32>,
    pub(super) backends_list: Vec<Arc<Vec<Backend>>>,
    entries: BTreeMap<BTreeSet<u32>, u32>,
    pub(super) entries_list: Vec<Arc<Vec<Entry>>>,
}

/// The groups of one address while they are collected: by kind, source seen, clients and backends the parts of the entries.
#[derive(Default)]
pub(super) struct Groups(BTreeMap<(PathKind, Seen, u32, Option<u32>), BTreeSet<u32>>);

impl Groups {
    pub(super) fn add(&mut self, kind: PathKind, seen: Seen, clients: u32, backends: Option<u32>, part: u32) {
        self.0.entry((kind, seen, clients, backends)).or_default().insert(part);
    }
}

impl Tables {
    pub(super) fn clients(&mut self, outcome: &Outcome) -> u32 {
        let unknown = outcome.unknown.iter().map(|(reason, clients)| UnknownClients { reason: reason.clone(), clients: clients.clone() });
        let clients = Clients { allowed: outcome.allowed.clone(), denied: outcome.denied.clone(), unknown: unknown.collect() };
        if let Some(known) = self.clients.get(&clients) {
            return *known;
        }
        let (clients, place) = (Arc::new(clients), length(&self.clients_list));
        self.clients.insert(clients.clone(), place);
        self.clients_list.push(clients);
        place
    }

    pub(super) fn backends(&mut self, mut backends: Vec<Backend>) -> u32 {
        backends.sort_unstable();
        backends.dedup();
        if let Some(known) = self.backends.get(&backends) {
            return *known;
        }
        let (backends, place) = (Arc::new(backends), length(&self.backends_list));
        self.backends.insert(backends.clone(), place);
        self.backends_list.push(backends);
        place
    }

    /// Nodes that packets come in at by one interface.
    pub(super) fn part(&mut self, interface: &Interface, places: &[Place]) -> u32 {
        let next = u32::try_from(self.parts.len()).unwrap_or(u32::MAX);
        *self.parts.entry((interface.clone(), places.to_vec())).or_insert(next)
    }

    /// The groups of an address, with their lists in their places.
    pub(super) fn groups(&mut self, world: &World, groups: Groups) -> Vec<PathGroup> {
        let mut listed = Vec::new();
        for ((kind, seen, clients, backends), parts) in groups.0 {
            let entries = self.entries(world, parts);
            let clients = self.clients_list.get(clients as usize).cloned().unwrap_or_default();
            listed.push(PathGroup { kind, entries, backends, clients, seen });
        }
        listed
    }

    fn entries(&mut self, world: &World, parts: BTreeSet<u32>) -> u32 {
        if let Some(known) = self.entries.get(&parts) {
            return *known;
        }
        let mut entries = Vec::new();
        for ((interface, places), _) in self.parts.iter().filter(|(_, id)| parts.contains(id)) {
            let entry = |(node, address): &Place| {
                let host = world.hosts.nodes.get(*node)?;
                Some(Entry { node: host.name.clone(), interface: interface.clone(), address: *address })
            };
            entries.extend(places.iter().filter_map(entry));
        }
        entries.sort_unstable();
        entries.dedup();
        let place = length(&self.entries_list);
        self.entries.insert(parts, place);
        self.entries_list.push(Arc::new(entries));
        place
    }
}

fn length<T>(list: &[T]) -> u32 {
    u32::try_from(list.len()).unwrap_or(u32::MAX)
}
