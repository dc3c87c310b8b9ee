//! An answer in brief: for each address, port and kind of path, who gets there on all such paths and who on some.
//!
//! What pages show of a [`Reach`]. Where packets come in and which backends there are is left out, so it is as long with 5,000 nodes as
//! with one. Whether a client is in one of its sets depends on what becomes of that client's packets and of nobody else's: sets of two
//! briefs can be put together client by client (`template`).

use super::sets::{AddressKind, AddressReach, Reach};
use super::verdict::PathKind;
use crate::access::Port;
use crate::cidr::{CidrSet, Family};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// An answer about one Service in brief. `S` is a set of clients, or what stands for one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Brief<S = CidrSet> {
    /// By address, port and kind of path.
    pub rows: Vec<BriefRow<S>>,
    /// Why it cannot be told what becomes of some clients, each reason once, and of whom.
    pub unknown: Vec<(String, S)>,
}

/// One address, port and kind of path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BriefRow<S = CidrSet> {
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// The kind of path.
    pub path: PathKind,
    /// Those who get there on every such path.
    pub every: S,
    /// Those who get there on one of them at least.
    pub some: S,
    /// Those of whom it cannot be told for one of them at least.
    pub unknown: S,
}

/// An address and port of a Service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// What the address is to the Service.
    pub kind: AddressKind,
    /// The address; none for the nodes' own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
    /// Its family.
    pub family: Family,
    /// The port and protocol; the number of a NodePort.
    pub port: Port,
}

impl Brief {
    /// An answer in brief.
    #[must_use]
    pub fn of(reach: &Reach) -> Self {
        let mut rows = Vec::new();
        let mut unknown: BTreeMap<String, CidrSet> = BTreeMap::new();
        for at in &reach.addresses {
            let kinds: BTreeSet<PathKind> = at.groups.iter().map(|group| group.kind).collect();
            rows.extend(kinds.into_iter().map(|path| row(at, path)));
            for of in at.groups.iter().flat_map(|group| &group.clients.unknown) {
                let known = unknown.entry(of.reason.to_string()).or_default();
                *known = known.union(&of.clients);
            }
        }
        rows.sort_by_key(|row| (row.place, row.path));
        Self { rows, unknown: unknown.into_iter().collect() }
    }
}

impl<S> Brief<S> {
    /// The same with other things in place of its sets.
    #[must_use]
    pub fn map<T>(&self, mut to: impl FnMut(&S) -> T) -> Brief<T> {
        let mut row = |row: &BriefRow<S>| BriefRow {
            place: row.place,
            path: row.path,
            every: to(&row.every),
            some: to(&row.some),
            unknown: to(&row.unknown),
        };
        let rows = self.rows.iter().map(&mut row).collect();
        Brief { rows, unknown: self.unknown.iter().map(|(why, clients)| (why.clone(), to(clients))).collect() }
    }
}

fn row(at: &AddressReach, path: PathKind) -> BriefRow {
    let place = Place { kind: at.kind, address: at.address, family: at.family, port: at.port };
    let mut groups = at.groups.iter().filter(|group| group.kind == path).map(|group| &group.clients);
    let Some(first) = groups.next() else {
        return BriefRow { place, path, every: CidrSet::new(), some: CidrSet::new(), unknown: CidrSet::new() };
    };
    let row = BriefRow { place, path, every: first.allowed.clone(), some: first.allowed.clone(), unknown: first.unknown_clients() };
    groups.fold(row, |row, clients| BriefRow {
        every: row.every.intersection(&clients.allowed),
        some: row.some.union(&clients.allowed),
        unknown: row.unknown.union(&clients.unknown_clients()),
        ..row
    })
}
