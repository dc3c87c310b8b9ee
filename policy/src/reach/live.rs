//! Connections that are open when a change shuts their clients out: they stay, and this is how they are cut.
//!
//! Felix accepts packets of established connections before it asks any policy (`felix/rules/static.go:995` at v3.27.0), so a deny is for new
//! ones alone. What a node remembers of a connection is found by what the client sent to: deleted at the node where it comes in, its next
//! packet is a new one, and meets the policies. `conntrack` takes a net for `--orig-src` (conntrack(8): CIDR notation implies `--mask-src`), and
//! means IPv4 unless it is told `-f ipv6`. Packets hold both: `end2end/tests/hardened/live.rs`.

#[cfg(test)]
mod tests;

use super::diff::{AddressDiff, Diff, Side, State};
use super::sets::{AddressReach, Kept, LIMIT, Questions, Reach, TooMuch};
use crate::access::Port;
use crate::cidr::{Cidr, CidrSet};
use crate::object::IpPool;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

/// Commands that are listed at most; where the ranges of clients make more, they are left out of them.
const MOST: usize = 500;
/// Nodes that are named at most; the rest is counted.
const NAMED: usize = 50;

/// What becomes of the connections that are open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenConnections {
    /// That they stay, and what the commands do, as sentences.
    pub sentences: Vec<String>,
    /// The commands that cut them, by the nodes that they are for.
    pub cuts: Vec<Cut>,
}

/// Commands for some nodes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cut {
    /// The first of the nodes, by name.
    pub nodes: Vec<String>,
    /// How many more there are.
    pub more_nodes: u32,
    /// Each of these is run on each of the nodes.
    pub commands: Vec<String>,
}

/// What clients send to, as a node remembers it.
type Place = (IpAddr, Port);

/// Who is cut off there, and where their packets come in.
#[derive(Default)]
struct Shut {
    clients: CidrSet,
    nodes: BTreeSet<Arc<str>>,
}

impl OpenConnections {
    /// Where it cannot be told whether a change shuts somebody out.
    #[must_use]
    pub fn untold(why: &str) -> Self {
        Self {
            sentences: vec![STAY.to_owned(), format!("Whether this change has denied somebody cannot be told now: {why}")],
            cuts: Vec::new(),
        }
    }
}

impl Cut {
    /// The nodes in words: "`a`, `b` and 3 more".
    #[must_use]
    pub fn nodes_in_words(&self) -> String {
        let names: Vec<String> = self.nodes.iter().map(|name| format!("`{name}`")).collect();
        match self.more_nodes {
            0 => names.join(", "),
            more => format!("{} and {more} more", names.join(", ")),
        }
    }
}

const STAY: &str =
    "Connections that are open stay: nodes let their packets through before they ask any policy, so that only new ones are denied.";

/// What becomes of open connections of clients that a change shuts out; none where it shuts nobody out. `before` is the side before it.
///
/// # Errors
/// [`TooMuch`] where it would have to look at more than [`LIMIT`] ranges, rules and paths.
pub fn of_diff(before: Side, diff: &Diff, kept: &mut Kept) -> Result<Option<OpenConnections>, TooMuch> {
    let narrowed = diff.services.iter().filter(|service| service.addresses.iter().any(|at| !denied(at).is_empty()));
    let questions = Questions::keeping(before.snapshot, before.settings, LIMIT, kept.clone());
    let pods: CidrSet = before.snapshot.iter::<IpPool>().filter_map(|pool| pool.spec.cidr.parse::<Cidr>().ok()).collect();
    let mut shut = BTreeMap::new();
    let mut all_told = true;
    for service in narrowed {
        if shut.len() > MOST {
            all_told = false;
            break;
        }
        let reach = questions.of_service(&service.service)?;
        for at in &service.addresses {
            // The sets are of addresses outside, whichever they are: what pods have open is another matter.
            add(&reach, at, &denied(at).difference(&pods), &mut shut);
        }
    }
    *kept = questions.kept();
    if diff.services.iter().all(|service| service.addresses.iter().all(|at| denied(at).is_empty())) {
        return Ok(None);
    }
    all_told = all_told && shut.len() <= MOST;
    let shut: Vec<(Place, Shut)> = shut.into_iter().take(MOST).collect();
    Ok(Some(told(&shut, all_told)))
}

/// Those who do not get there any more, on some path.
fn denied(at: &AddressDiff) -> CidrSet {
    let changes = at.paths.iter().flat_map(|path| &path.changes).filter(|change| change.is == State::Denied);
    changes.fold(CidrSet::new(), |all, change| all.union(&change.clients))
}

/// Notes who of `denied` got to an address, and on which nodes.
fn add(reach: &Reach, at: &AddressDiff, denied: &CidrSet, shut: &mut BTreeMap<Place, Shut>) {
    let same =
        |before: &&AddressReach| (before.kind, before.address, before.family, before.port) == (at.kind, at.address, at.family, at.port);
    let Some(before) = reach.addresses.iter().find(same) else { return };
    for group in &before.groups {
        let got_there = group.clients.allowed.union(&group.clients.unknown_clients()).intersection(denied);
        if got_there.is_empty() {
            continue;
        }
        for entry in reach.entries(group) {
            let Some(address) = at.address.or(entry.address) else { continue };
            let place = shut.entry((address, at.port)).or_default();
            if place.clients != got_there {
                place.clients = place.clients.union(&got_there);
            }
            place.nodes.insert(Arc::clone(&entry.node));
        }
    }
}

/// The commands, those for the same nodes together.
fn told(shut: &[(Place, Shut)], all_told: bool) -> OpenConnections {
    let ranges: Vec<Vec<Cidr>> = shut.iter().map(|(_, shut)| shut.clients.cidrs()).collect();
    let by_range = ranges.iter().map(Vec::len).sum::<usize>() <= MOST;
    let mut cuts: Vec<(&BTreeSet<Arc<str>>, Vec<String>)> = Vec::new();
    for (((address, port), shut), ranges) in shut.iter().zip(&ranges) {
        let whole = command(*address, *port);
        let commands: Vec<String> =
            if by_range { ranges.iter().map(|range| format!("{whole} --orig-src {range}")).collect() } else { vec![whole] };
        match cuts.iter_mut().find(|(nodes, _)| **nodes == shut.nodes) {
            Some((_, all)) => all.extend(commands),
            None => cuts.push((&shut.nodes, commands)),
        }
    }
    let mut sentences = vec![STAY.to_owned()];
    if !cuts.is_empty() {
        let whom = if by_range {
            "They cut those whom the change denies, and leave pods alone; what a node itself has open may be cut, and can be opened again."
        } else {
            "They cut every connection to these addresses, because the ranges of who is denied are too many to name: whoever may stay \
             connects again."
        };
        sentences.push(format!("To cut them, run these commands as root once the change is made. {whom}"));
        sentences.push("`conntrack` ends with exit code 1 where there is nothing to delete.".to_owned());
    }
    if !all_told {
        sentences.push(format!("Only the first {MOST} addresses and ports are listed."));
    }
    OpenConnections { sentences, cuts: cuts.into_iter().map(|(nodes, commands)| cut(nodes, commands)).collect() }
}

fn cut(nodes: &BTreeSet<Arc<str>>, commands: Vec<String>) -> Cut {
    let more = nodes.len().saturating_sub(NAMED);
    Cut {
        nodes: nodes.iter().take(NAMED).map(|name| (**name).to_owned()).collect(),
        more_nodes: u32::try_from(more).unwrap_or(u32::MAX),
        commands,
    }
}

/// `conntrack -D -p tcp --orig-dst 10.20.30.40 --orig-port-dst 443`
fn command(address: IpAddr, port: Port) -> String {
    let family = if address.is_ipv6() { " -f ipv6" } else { "" };
    let protocol = port.protocol.name().to_ascii_lowercase();
    format!("conntrack -D{family} -p {protocol} --orig-dst {address} --orig-port-dst {}", port.port)
}
