//! The picture of the ways to a Service: who is told apart comes from the sets, what happens to each from the trace of one packet.
//!
//! Nodes that the sets do not tell apart are followed once: a cluster of 5,000 nodes takes as long as one of its kinds of nodes.

use super::reach::too_much;
use app::backend::Problem;
use policy::access::Port;
use policy::cidr::CidrSet;
use policy::object::ServiceRef;
use policy::reach::packet::{Carries, Client, Destination, Entry, Question};
use policy::reach::sets::{self, AddressKind, AddressReach, Reach};
use policy::reach::settings::Settings;
use policy::reach::trace;
use policy::reach::verdict::Answer;
use policy::snapshot::Snapshot;
use policy::view::{Alike, Class, PathPort, PathView, example, parts};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Groups of clients that meet different things: more would not be a picture.
const CLASSES: usize = 48;
/// Journeys that one picture may take.
const JOURNEYS: usize = 50_000;

/// The picture of a port, the first where none is named; beside it the one of `target`.
pub(super) fn of(
    snapshot: &Snapshot,
    target: Option<&Snapshot>,
    settings: &Settings,
    service: ServiceRef,
    port: Option<Port>,
) -> Result<PathView, Problem> {
    let reach = |snapshot: &Snapshot| sets::of_service(snapshot, settings, &service).map_err(too_much);
    let before = reach(snapshot)?;
    let after = target.map(reach).transpose()?;
    let sides: Vec<&Reach> = [Some(&before), after.as_ref()].into_iter().flatten().collect();
    let ports: BTreeSet<PathPort> = sides.iter().flat_map(|reach| &reach.addresses).map(port_of).collect();
    // What clients send to comes before the numbers of NodePorts.
    let (own, node): (Vec<PathPort>, Vec<PathPort>) = ports.into_iter().partition(|port| !port.node_port);
    let ports: Vec<PathPort> = own.into_iter().chain(node).collect();
    let chosen = ports.iter().copied().find(|shown| Some(shown.port) == port).or_else(|| ports.first().copied());
    let Some(chosen) = chosen else { return Ok(PathView::none(service)) };

    let parts = parts(&told_apart(&sides, chosen));
    let alike = alike(&sides);
    let backends = sides.iter().flat_map(|reach| &reach.backends).map(|list| list.len()).max().unwrap_or(1).max(1);
    if parts.len() > CLASSES || parts.len() * alike.0.len() * backends > JOURNEYS {
        return Err(Problem::Refused(format!(
            "{} groups of clients and {} kinds of nodes are told apart on the way to `{service}`: too many for a picture. Ask about one client \
             instead.",
            parts.len(),
            alike.0.len()
        )));
    }
    let ask = |snapshot: &Snapshot, client: IpAddr| {
        let questions = alike.0.keys().map(|node| question(&service, client, chosen, node));
        Answer::of(questions.flat_map(|question| trace::ask(snapshot, settings, &question).paths).collect())
    };
    let classes = parts.into_iter().filter_map(|clients| {
        let example = example(&clients)?;
        Some(Class { now: ask(snapshot, example), planned: target.map(|target| ask(target, example)), example, clients })
    });
    let classes = classes.collect();
    Ok(PathView::of(service.clone(), ports, chosen, classes, &alike))
}

fn port_of(at: &AddressReach) -> PathPort {
    PathPort { port: at.port, node_port: at.kind == AddressKind::NodePort }
}

/// The sets that clients are told apart by on the way to a port.
fn told_apart(sides: &[&Reach], port: PathPort) -> Vec<CidrSet> {
    let addresses = sides.iter().flat_map(|reach| &reach.addresses).filter(|at| port_of(at) == port);
    let groups = addresses.flat_map(|at| &at.groups);
    let sets = groups
        .flat_map(|group| [group.clients.allowed.clone()].into_iter().chain(group.clients.unknown.iter().map(|one| one.clients.clone())));
    sets.collect::<BTreeSet<CidrSet>>().into_iter().collect()
}

/// Nodes that are in the same lists of places where packets come in, and that have a backend where the others have one.
fn alike(sides: &[&Reach]) -> Alike {
    let mut lists: BTreeMap<&str, BTreeSet<(usize, bool, usize)>> = BTreeMap::new();
    for (side, reach) in sides.iter().enumerate() {
        for (at, entries) in reach.entries.iter().enumerate() {
            for entry in entries.iter() {
                lists.entry(&entry.node).or_default().insert((side, false, at));
            }
        }
    }
    for (side, reach) in sides.iter().enumerate() {
        for (at, backends) in reach.backends.iter().enumerate() {
            for node in backends.iter().filter_map(|backend| backend.node.as_deref()) {
                if let Some(lists) = lists.get_mut(node) {
                    lists.insert((side, true, at));
                }
            }
        }
    }
    let mut kinds: BTreeMap<BTreeSet<(usize, bool, usize)>, Vec<String>> = BTreeMap::new();
    for (node, lists) in lists {
        kinds.entry(lists).or_default().push(node.to_owned());
    }
    Alike(kinds.into_values().filter_map(|nodes| Some((nodes.first()?.clone(), nodes))).collect())
}

fn question(service: &ServiceRef, client: IpAddr, port: PathPort, node: &str) -> Question {
    Question {
        client: Client::Outside { address: client },
        to: Destination::Service { service: service.clone() },
        carries: Carries::Ports { protocol: port.port.protocol, port: port.port.port, source_port: None },
        entry: Entry { node: Some(node.to_owned()), interface: None },
    }
}
