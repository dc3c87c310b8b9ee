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

/// An answer about one Service in brief.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brief {
    /// By place, in order.
    pub rows: Vec<BriefRow>,
    /// Why it cannot be told what becomes of some clients, each reason once and in order, and of whom.
    pub unknown: Vec<(String, CidrSet)>,
}

/// One address, port and kind of path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BriefRow {
    /// Where.
    pub place: Place,
    /// Those who get there on every such path.
    pub every: CidrSet,
    /// Those who get there on one of them at least.
    pub some: CidrSet,
    /// Those of whom it cannot be told for one of them at least.
    pub unknown: CidrSet,
}

/// An address and port of a Service, and a kind of path to it.
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
    /// The kind of path.
    pub path: PathKind,
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
        rows.sort_by_key(|row| row.place);
        Self { rows, unknown: unknown.into_iter().collect() }
    }
}

fn row(at: &AddressReach, path: PathKind) -> BriefRow {
    let place = Place { kind: at.kind, address: at.address, family: at.family, port: at.port, path };
    let mut groups = at.groups.iter().filter(|group| group.kind == path).map(|group| &group.clients);
    let Some(first) = groups.next() else { return BriefRow::nobody(place) };
    let row = BriefRow { place, every: first.allowed.clone(), some: first.allowed.clone(), unknown: first.unknown_clients() };
    groups.fold(row, |row, clients| BriefRow {
        every: row.every.intersection(&clients.allowed),
        some: row.some.union(&clients.allowed),
        unknown: row.unknown.union(&clients.unknown_clients()),
        ..row
    })
}

impl BriefRow {
    /// A place where nobody gets to.
    pub(crate) fn nobody(place: Place) -> Self {
        Self { place, every: CidrSet::new(), some: CidrSet::new(), unknown: CidrSet::new() }
    }
}
