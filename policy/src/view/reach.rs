//! Who can reach a Service before and after a change, as pages show it.

use crate::cidr::{AddressCount, Cidr, CidrSet};
use crate::object::ServiceRef;
use crate::reach::brief::{Brief, BriefRow, Place};
use crate::reach::verdict::PathKind;
use serde::{Deserialize, Serialize};

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
    pub fn now(service: &ServiceRef, brief: &Brief) -> Self {
        Self::changed(brief, brief, sentence(service, brief))
    }

    /// Who can reach a Service before and after a change, which `sentence` tells in short.
    #[must_use]
    pub fn changed(before: &Brief, after: &Brief, sentence: String) -> Self {
        // Both are in the order of their places.
        let (mut was, mut is) = (before.rows.iter().peekable(), after.rows.iter().peekable());
        let mut rows: Vec<ReachRow> = Vec::new();
        while let Some(place) = [was.peek(), is.peek()].into_iter().flatten().map(|row| row.place).min() {
            let nobody = BriefRow::nobody(place);
            let then = was.next_if(|row| row.place == place).unwrap_or(&nobody);
            let row = row(place, then, is.next_if(|row| row.place == place).unwrap_or(&nobody));
            match rows.last_mut().filter(|last| last.says_same(&row)) {
                Some(last) => last.kinds.push(place.path),
                None => rows.push(row),
            }
        }
        let unknown = after.unknown.iter().map(|(why, _)| why.clone()).collect();
        Self { sentence, rows, others: Vec::new(), unknown }
    }
}

impl ReachRow {
    /// Whether both say the same of one address and port.
    fn says_same(&self, other: &Self) -> bool {
        let said = |row: &Self| Self { kinds: Vec::new(), ..row.clone() };
        said(self) == said(other)
    }
}

fn row(place: Place, was: &BriefRow, is: &BriefRow) -> ReachRow {
    let more = |one: &BriefRow, other: &BriefRow| one.some.difference(&other.some).union(&one.every.difference(&other.every));
    let after = RangeList::from(&is.every);
    ReachRow {
        address: place.address.map_or_else(|| format!("every node, {}", place.family.name()), |address| address.to_string()),
        port: format!("{} {}", place.port.protocol, place.port.port),
        kinds: vec![place.path],
        before: if was.every == is.every { after.clone() } else { RangeList::from(&was.every) },
        after,
        gained: RangeList::from(&more(is, was)),
        lost: RangeList::from(&more(was, is)),
        partly: RangeList::from(&is.some.difference(&is.every)),
        unknown: RangeList::from(&is.unknown),
    }
}

/// Who can reach a Service, in one sentence.
fn sentence(name: &ServiceRef, brief: &Brief) -> String {
    let some = brief.rows.iter().fold(CidrSet::new(), |all, row| all.union(&row.some));
    let everybody: CidrSet = brief.rows.iter().map(|row| Cidr::all(row.place.family)).collect();
    let tail = if brief.unknown.is_empty() { "" } else { " For some it cannot be told." };
    if brief.rows.is_empty() {
        return format!("`{name}` has no address to which a client outside could send.");
    }
    if some.is_empty() {
        return format!("Nobody outside can reach `{name}`.{tail}");
    }
    let alike = brief.rows.iter().all(|row| row.every == some);
    let who = if some == everybody { "Everybody".to_owned() } else { some.count().addresses() };
    let how = if alike { "on every path" } else { "each on some address, port or path at least" };
    format!("{who} outside can reach `{name}`, {how}.{tail}")
}
