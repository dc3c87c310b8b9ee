//! Who can reach a Service before and after a change, as pages show it.

use crate::access::Port;
use crate::cidr::{AddressCount, Cidr, CidrSet, Family};
use crate::object::ServiceRef;
use crate::reach::sets::{AddressKind, AddressReach, Clients, Reach};
use crate::reach::verdict::PathKind;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Ranges of a set that are kept; the rest is counted.
const KEPT: usize = 200;

/// Who can reach what, before and after a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReachView {
    /// What the change does to reachability, in one sentence.
    pub sentence: String,
    /// The Service in hand.
    pub rows: Vec<ReachRow>,
    /// Every other Service that the change touches.
    pub others: Vec<OtherReach>,
    /// Why something cannot be told, each reason once.
    pub unknown: Vec<String>,
}

/// Another Service that the change touches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OtherReach {
    /// The Service.
    pub service: ServiceRef,
    /// What is done to it, in one sentence.
    pub sentence: String,
    /// Where it differs.
    pub rows: Vec<ReachRow>,
}

/// One address and port, on paths of one or more kinds that come to the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReachRow {
    /// The address, or `every node` for a NodePort.
    pub address: String,
    /// `TCP 443`.
    pub port: String,
    /// The kinds of path.
    pub kinds: Vec<PathKind>,
    /// Clients that get there on every such path, as it is.
    pub before: RangeList,
    /// The same after the change.
    pub after: RangeList,
    /// Clients that the change lets in on more paths than before.
    pub gained: RangeList,
    /// Clients that it lets in on fewer.
    pub lost: RangeList,
    /// Clients that get there on some paths alone, after the change.
    pub partly: RangeList,
    /// Clients of whom it cannot be told, after the change.
    pub unknown: RangeList,
}

/// A set of addresses, the first of its ranges in full.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RangeList {
    /// The first of its fewest ranges, in order.
    pub first: Vec<Cidr>,
    /// How many ranges there are.
    pub ranges: u32,
    /// How many addresses.
    pub count: AddressCount,
}

impl From<&CidrSet> for RangeList {
    fn from(set: &CidrSet) -> Self {
        let mut first = set.cidrs();
        let ranges = u32::try_from(first.len()).unwrap_or(u32::MAX);
        first.truncate(KEPT);
        Self { first, ranges, count: set.count() }
    }
}

/// An address and port of a Service.
type Place = (AddressKind, Option<IpAddr>, Family, Port);

impl ReachRow {
    /// Whether the change makes a difference here.
    #[must_use]
    pub const fn differs(&self) -> bool {
        self.gained.ranges > 0 || self.lost.ranges > 0
    }
}

impl ReachView {
    /// Who can reach a Service as it is.
    #[must_use]
    pub fn now(reach: &Reach) -> Self {
        let sentence = sentence(reach);
        Self::changed(reach, reach, sentence)
    }

    /// Who can reach a Service before and after a change, which `sentence` tells in short.
    #[must_use]
    pub fn changed(before: &Reach, after: &Reach, sentence: String) -> Self {
        let mut both: BTreeMap<Place, [Option<&AddressReach>; 2]> = BTreeMap::new();
        for (side, reach) in [before, after].into_iter().enumerate() {
            for at in &reach.addresses {
                both.entry((at.kind, at.address, at.family, at.port)).or_default()[side] = Some(at);
            }
        }
        let mut rows: Vec<ReachRow> = Vec::new();
        for ((_, address, family, port), sides) in both {
            let address = address.map_or_else(|| format!("every node, {}", family.name()), |address| address.to_string());
            let port = format!("{} {}", port.protocol, port.port);
            let kinds: BTreeSet<PathKind> = sides.iter().flatten().flat_map(|at| &at.groups).map(|group| group.kind).collect();
            for kind in kinds {
                let row = row(address.clone(), port.clone(), kind, sides);
                match rows.last_mut().filter(|last| last.says_same(&row)) {
                    Some(last) => last.kinds.push(kind),
                    None => rows.push(row),
                }
            }
        }
        let groups = after.addresses.iter().flat_map(|at| &at.groups);
        let unknown: BTreeSet<String> = groups.flat_map(|group| &group.clients.unknown).map(|unknown| unknown.reason.to_string()).collect();
        Self { sentence, rows, others: Vec::new(), unknown: unknown.into_iter().collect() }
    }
}

impl ReachRow {
    /// Whether both say the same of one address and port.
    fn says_same(&self, other: &Self) -> bool {
        let said = |row: &Self| Self { kinds: Vec::new(), ..row.clone() };
        said(self) == said(other)
    }
}

/// The clients of one kind of path: those that get there on each of them, on some, and of whom it cannot be told.
struct Met {
    every: CidrSet,
    some: CidrSet,
    unknown: CidrSet,
}

impl Met {
    fn of(at: Option<&AddressReach>, kind: PathKind) -> Self {
        let mut groups = at.into_iter().flat_map(|at| &at.groups).filter(|group| group.kind == kind).map(|group| &group.clients);
        let Some(first) = groups.next() else {
            return Self { every: CidrSet::new(), some: CidrSet::new(), unknown: CidrSet::new() };
        };
        let met = Self { every: first.allowed.clone(), some: first.allowed.clone(), unknown: first.unknown_clients() };
        groups.fold(met, |met, clients| Self {
            every: met.every.intersection(&clients.allowed),
            some: met.some.union(&clients.allowed),
            unknown: met.unknown.union(&clients.unknown_clients()),
        })
    }
}

fn row(address: String, port: String, kind: PathKind, [before, after]: [Option<&AddressReach>; 2]) -> ReachRow {
    let (was, is) = (Met::of(before, kind), Met::of(after, kind));
    let more = |one: &Met, other: &Met| one.some.difference(&other.some).union(&one.every.difference(&other.every));
    ReachRow {
        address,
        port,
        kinds: vec![kind],
        before: RangeList::from(&was.every),
        after: RangeList::from(&is.every),
        gained: RangeList::from(&more(&is, &was)),
        lost: RangeList::from(&more(&was, &is)),
        partly: RangeList::from(&is.some.difference(&is.every)),
        unknown: RangeList::from(&is.unknown),
    }
}

/// Who can reach a Service, in one sentence.
fn sentence(reach: &Reach) -> String {
    let name = &reach.service;
    let groups: Vec<&Clients> = reach.addresses.iter().flat_map(|at| &at.groups).map(|group| group.clients.as_ref()).collect();
    let some = groups.iter().fold(CidrSet::new(), |all, clients| all.union(&clients.allowed));
    let unknown = groups.iter().any(|clients| !clients.unknown.is_empty());
    let families: BTreeSet<Family> = reach.addresses.iter().map(|at| at.family).collect();
    let everybody: CidrSet = families.into_iter().map(Cidr::all).collect();
    let tail = if unknown { " For some it cannot be told." } else { "" };
    if groups.is_empty() {
        return format!("`{name}` has no address to which a client outside could send.");
    }
    if some.is_empty() {
        return format!("Nobody outside can reach `{name}`.{tail}");
    }
    let alike = groups.iter().all(|clients| clients.allowed == some);
    let who = if some == everybody { "Everybody".to_owned() } else { some.count().addresses() };
    let how = if alike { "on every path" } else { "each on some address, port or path at least" };
    format!("{who} outside can reach `{name}`, {how}.{tail}")
}
