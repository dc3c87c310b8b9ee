//! Who can reach a Service before and after a change, as pages show it.

use crate::cidr::{AddressCount, Cidr, CidrSet};
use crate::object::ServiceRef;
use crate::reach::brief::{Brief, BriefRow, Place};
use crate::reach::live::OpenConnections;
use crate::reach::verdict::PathKind;
use serde::{Deserialize, Serialize};

/// Ranges of a set that are kept; the rest is counted.
const KEPT: usize = 200;

/// Who can reach what, before and after a change.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReachView {
    /// What the change does to reachability, in one sentence.
    pub sentence: String,
    /// The Service in hand; none where a plan changes several.
    pub rows: Vec<ReachRow>,
    /// Every other Service that the change touches.
    pub others: Vec<OtherReach>,
    /// Why something cannot be told, each reason once.
    pub unknown: Vec<String>,
    /// What becomes of open connections, where a plan shuts somebody out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_connections: Option<OpenConnections>,
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
        let (first, ranges) = set.first_cidrs(KEPT);
        Self { first, ranges: u32::try_from(ranges).unwrap_or(u32::MAX), count: set.count() }
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
        let nobody = CidrSet::new();
        let mut known = Vec::new();
        while let Some(place) = [was.peek(), is.peek()].into_iter().flatten().map(|row| row.place).min() {
            let [then, now] = [&mut was, &mut is].map(|rows| Sets::of(rows.next_if(|row| row.place == place), &nobody));
            let row = row(place, then, now, &mut known);
            match rows.last_mut().filter(|last| last.says_same(&row)) {
                Some(last) => last.kinds.push(place.path),
                None => rows.push(row),
            }
        }
        let unknown = after.unknown.iter().map(|(why, _)| why.clone()).collect();
        Self { sentence, rows, others: Vec::new(), unknown, open_connections: None }
    }
}

impl ReachView {
    /// What the page would have made of a plan that gives exactly what is asked: `asked` and `page` are who reaches the Service by each.
    #[must_use]
    pub fn by_the_page(asked: &Brief, page: &Brief) -> Self {
        let mut view = Self::changed(asked, page, String::new());
        let (mut cut, mut let_in) = (CidrSet::new(), CidrSet::new());
        let nobody = CidrSet::new();
        for row in &asked.rows {
            let by_page = Sets::of(page.rows.iter().find(|other| other.place == row.place), &nobody);
            cut = cut.union(&row.every.difference(by_page.every));
            let_in = let_in.union(&by_page.some.difference(&row.some));
        }
        let nobody_else = "nobody who is not allowed";
        view.sentence = match (cut.is_empty(), let_in.is_empty()) {
            (true, true) => "Here the page would have come to the same.".to_owned(),
            (false, true) => {
                format!("Followed by hand, the page would have cut off {} of the allowed, and let in {nobody_else}.", cut.counted())
            }
            (true, false) => format!("Followed by hand, the page would have let in {} that are not allowed.", let_in.counted()),
            (false, false) => format!(
                "Followed by hand, the page would have cut off {} of the allowed on some path, and let in {} that are not allowed.",
                cut.counted(),
                let_in.counted()
            ),
        };
        view
    }
}

impl ReachRow {
    /// Whether both say the same of one address and port.
    fn says_same(&self, other: &Self) -> bool {
        fn said(row: &ReachRow) -> (&str, &str, [&RangeList; 6]) {
            let ReachRow { address, port, kinds: _, before, after, gained, lost, partly, unknown } = row;
            (address, port, [before, after, gained, lost, partly, unknown])
        }
        said(self) == said(other)
    }
}

/// Who gets to a place.
#[derive(Clone, Copy, PartialEq)]
struct Sets<'a> {
    every: &'a CidrSet,
    some: &'a CidrSet,
    unknown: &'a CidrSet,
}

impl<'a> Sets<'a> {
    fn of(row: Option<&'a BriefRow>, nobody: &'a CidrSet) -> Self {
        match row {
            Some(BriefRow { place: _, every, some, unknown }) => Self { every, some, unknown },
            None => Self { every: nobody, some: nobody, unknown: nobody },
        }
    }
}

/// What is said of a place. Most places of a Service have the same clients: their lists are made once and kept in `known`.
fn row<'a>(place: Place, was: Sets<'a>, is: Sets<'a>, known: &mut Vec<(Sets<'a>, Sets<'a>, [RangeList; 6])>) -> ReachRow {
    let [before, after, gained, lost, partly, unknown] = match known.iter().find(|(then, now, _)| (*then, *now) == (was, is)) {
        Some((_, _, lists)) => lists.clone(),
        None => {
            let lists = lists(was, is);
            known.push((was, is, lists.clone()));
            lists
        }
    };
    ReachRow {
        address: place.address.map_or_else(|| format!("every node, {}", place.family.name()), |address| address.to_string()),
        port: format!("{} {}", place.port.protocol, place.port.port),
        kinds: vec![place.path],
        before,
        after,
        gained,
        lost,
        partly,
        unknown,
    }
}

/// Before, after, gained, lost, partly and unknown.
fn lists(was: Sets, is: Sets) -> [RangeList; 6] {
    let more = |one: Sets, other: Sets| one.some.difference(other.some).union(&one.every.difference(other.every));
    let (gained, lost, partly) = (more(is, was), more(was, is), is.some.difference(is.every));
    [was.every, is.every, &gained, &lost, &partly, is.unknown].map(RangeList::from)
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
    let who = if some == everybody { "Everybody".to_owned() } else { some.counted() };
    let how = if alike { "on every path" } else { "each on some address, port or path at least" };
    format!("{who} outside can reach `{name}`, {how}.{tail}")
}
