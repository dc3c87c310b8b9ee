//! What becomes other for one Service.

use super::clients::{Change, changes};
use super::moves::moves;
use super::sentence;
use crate::access::Port;
use crate::cidr::{Cidr, CidrSet, Family};
use crate::object::ServiceRef;
use crate::reach::packet::Backend;
use crate::reach::sets::{AddressKind, AddressReach, Clients, Entry, PathGroup, Reach, UnknownClients};
use crate::reach::verdict::PathKind;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// What becomes other for one Service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceDiff {
    /// The Service.
    pub service: ServiceRef,
    /// The whole of it, in one sentence.
    pub summary: String,
    /// By kind, address and port; none that stays as it was.
    pub addresses: Vec<AddressDiff>,
}

/// What becomes other at one address and port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AddressDiff {
    /// What the address is to the Service.
    pub kind: AddressKind,
    /// The address; none for the nodes' own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
    /// Its family.
    pub family: Family,
    /// The port and protocol.
    pub port: Port,
    /// By kind of path, then by what changes.
    pub paths: Vec<PathDiff>,
}

/// Paths of a kind on which the same changes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PathDiff {
    /// How they run.
    pub kind: PathKind,
    /// For whom, by what was and what is.
    pub changes: Vec<Change>,
    /// At how many places they begin.
    pub entries: u32,
    /// The first of those.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<Entry>,
    /// One of the backends where they end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backend: Option<Backend>,
}

/// Places that are in the same lists on both sides.
struct Cells<'a, T> {
    /// By the lists of each side: what is in them.
    found: BTreeMap<(Vec<u32>, Vec<u32>), Vec<&'a T>>,
}

/// The differences between two answers about one Service.
#[must_use]
pub fn between(before: &Reach, after: &Reach) -> ServiceDiff {
    let mut diff = ServiceDiff { service: after.service.clone(), summary: String::new(), addresses: Vec::new() };
    let same = before.entries == after.entries && before.backends == after.backends;
    if !same || before.addresses != after.addresses {
        let entries = Cells::of(&before.entries, &after.entries);
        let backends = Cells::of(&before.backends, &after.backends);
        let key = |at: &AddressReach| (at.kind, at.address, at.family, at.port);
        let mut both: BTreeMap<_, [Option<&AddressReach>; 2]> = BTreeMap::new();
        for (side, reach) in [before, after].into_iter().enumerate() {
            for at in &reach.addresses {
                both.entry(key(at)).or_default()[side] = Some(at);
            }
        }
        for ((kind, address, family, port), sides) in both {
            if same && sides[0].map(|at| &at.groups) == sides[1].map(|at| &at.groups) {
                continue;
            }
            let paths = paths(sides, family, &entries, &backends);
            if !paths.is_empty() {
                diff.addresses.push(AddressDiff { kind, address, family, port, paths });
            }
        }
    }
    diff.summary = sentence::of_service(&diff.service, &moves(&diff));
    diff
}

impl<'a, T: Ord> Cells<'a, T> {
    fn of(before: &'a [std::sync::Arc<Vec<T>>], after: &'a [std::sync::Arc<Vec<T>>]) -> Self {
        let mut lists: BTreeMap<&T, (Vec<u32>, Vec<u32>)> = BTreeMap::new();
        for (at, list) in (0..).zip(before) {
            list.iter().for_each(|item| lists.entry(item).or_default().0.push(at));
        }
        for (at, list) in (0..).zip(after) {
            list.iter().for_each(|item| lists.entry(item).or_default().1.push(at));
        }
        let mut found: BTreeMap<(Vec<u32>, Vec<u32>), Vec<&T>> = BTreeMap::new();
        for (item, lists) in lists {
            found.entry(lists).or_default().push(item);
        }
        Self { found }
    }
}

fn paths(sides: [Option<&AddressReach>; 2], family: Family, entries: &Cells<Entry>, backends: &Cells<Backend>) -> Vec<PathDiff> {
    let kinds: BTreeSet<PathKind> = sides.iter().flatten().flat_map(|at| &at.groups).map(|group| group.kind).collect();
    let mut found: BTreeMap<(PathKind, Vec<Change>), PathDiff> = BTreeMap::new();
    for kind in kinds {
        for ((was_in, is_in), places) in &entries.found {
            let enter = [was_in, is_in];
            // Besides the backends, there being none.
            let nowhere = (Vec::new(), Vec::new());
            let endings = backends.found.iter().map(|(lists, items)| (lists, items.first())).chain([(&nowhere, None)]);
            for ((ended, ends), ending) in endings {
                let end = [ended, ends];
                // What each side says of these paths; none where it does not have them.
                let said: [Option<Clients>; 2] = [0, 1].map(|side| {
                    let ends_there = |group: &&PathGroup| match (group.backends, ending) {
                        (Some(at), Some(_)) => end[side].contains(&at),
                        (None, None) => true,
                        _ => false,
                    };
                    let groups = sides[side].into_iter().flat_map(|at| &at.groups);
                    let mut fit = groups.filter(|group| group.kind == kind && enter[side].contains(&group.entries)).filter(ends_there);
                    fit.next().map(|group| (*group.clients).clone())
                });
                if said.iter().all(Option::is_none) {
                    continue;
                }
                let [was, is] = [0, 1].map(|side| said[side].clone().unwrap_or_else(|| instead(sides[side], kind, enter[side], family)));
                let changes = changes(&was, &is);
                if changes.is_empty() {
                    continue;
                }
                let count = u32::try_from(places.len()).unwrap_or(u32::MAX);
                let diff = found.entry((kind, changes.clone())).or_insert_with(|| PathDiff {
                    kind,
                    changes,
                    entries: 0,
                    entry: places.first().map(|entry| (*entry).clone()),
                    backend: ending.map(|backend| (*backend).clone()),
                });
                diff.entries = diff.entries.max(count);
            }
        }
    }
    found.into_values().collect()
}

/// What to compare with where a side does not have a path: what its paths of the kind from the same place say together, else those from
/// there of any kind; where it has none from there, as packets come in by another interface once there is a HostEndpoint, those of the kind
/// from anywhere, else all of the address. A Service that is not there lets nobody in. So a rollout changes nothing for anybody.
fn instead(side: Option<&AddressReach>, kind: PathKind, enter: &[u32], family: Family) -> Clients {
    let groups = || side.into_iter().flat_map(|at| &at.groups);
    let from_there = |group: &&PathGroup| enter.contains(&group.entries);
    let of_kind = |group: &&PathGroup| group.kind == kind;
    let chosen = [
        groups().filter(of_kind).filter(from_there).collect::<Vec<_>>(),
        groups().filter(from_there).collect(),
        groups().filter(of_kind).collect(),
        groups().collect(),
    ];
    let chosen = chosen.into_iter().find(|groups| !groups.is_empty()).unwrap_or_default();
    let allowed = chosen.iter().fold(CidrSet::new(), |all, group| all.union(&group.clients.allowed));
    let mut unknown: Vec<UnknownClients> = Vec::new();
    for (clients, reason) in chosen.iter().flat_map(|group| &group.clients.unknown).map(|unknown| (&unknown.clients, &unknown.reason)) {
        let clients = clients.difference(&allowed);
        if !clients.is_empty() {
            unknown.push(UnknownClients { reason: reason.clone(), clients });
        }
    }
    let told = unknown.iter().fold(allowed.clone(), |all, unknown| all.union(&unknown.clients));
    Clients { denied: CidrSet::from(Cidr::all(family)).difference(&told), allowed, unknown }
}
