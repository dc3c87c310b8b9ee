//! From answers to the picture: what behaves alike is put together, column by column.

use super::{AddressGroup, Alike, BackendGroup, Class, ClientGroup, EntryGroup, Flow, PathPort, PathView, RANGES};
use crate::object::ServiceRef;
use crate::reach::packet::{Interface, PathKey};
use crate::reach::verdict::{Journey, PathKind, Verdict};
use crate::view::{Names, Signature, backend_name, paired, path_kind};
use std::collections::{BTreeMap, BTreeSet};

/// What becomes of one class of clients on one path: as it is, and as planned.
type Sides = (Option<Journey>, Option<Journey>);
type Signatures = (Option<Signature>, Option<Signature>);

/// A path with what every class meets on it.
struct Way {
    path: PathKey,
    kind: PathKind,
    /// By class.
    sides: Vec<Sides>,
    /// The number of its behaviour: equal where all classes meet the same.
    behaviour: u32,
}

pub(super) fn picture(service: ServiceRef, ports: Vec<PathPort>, port: PathPort, classes: Vec<Class>, alike_nodes: &Alike) -> PathView {
    let planned = classes.iter().any(|class| class.planned.is_some());
    let classes = merged(classes);
    let clients = clients(&classes);
    let ways = ways(&classes);
    let backends_on = backends_on(&ways);
    let address_of = |way: &Way| if port.node_port { None } else { Some(way.path.address) };
    let addresses: BTreeSet<_> = ways.iter().map(address_of).collect();
    let addresses: Vec<_> = addresses.into_iter().collect();
    let address_at = |way: &Way| addresses.iter().position(|address| *address == address_of(way)).unwrap_or_default();

    let entry_of = |way: &Way| (way.path.interface.clone(), way.path.node.clone());
    let entries = alike(&ways, entry_of, |way| (address_at(way), way.kind), |(interface, _)| interface.clone());
    let entry_at: BTreeMap<(Option<Interface>, String), usize> = places(&entries);
    let entry = |way: &Way| entry_at.get(&entry_of(way)).copied().unwrap_or_default();

    let backend_of = |way: &Way| (way.kind, way.path.backend.as_ref().map(backend_name));
    let mut backends = alike(&ways, backend_of, |way| (entry(way), address_at(way)), |(kind, _)| *kind);
    backends.sort_by_key(|group| group.first().cloned());
    let backend_at: BTreeMap<(PathKind, Option<String>), usize> = places(&backends);
    let backend = |way: &Way| backend_at.get(&backend_of(way)).copied().unwrap_or_default();

    let mut flows: BTreeMap<(usize, usize, usize, u32), Vec<&Way>> = BTreeMap::new();
    for way in &ways {
        flows.entry((entry(way), address_at(way), backend(way), way.behaviour)).or_default().push(way);
    }
    let mut shown = Vec::new();
    for client in 0..clients.len() {
        for (&(entry, address, backend, _), ways) in &flows {
            let Some((now, planned)) = ways.first().and_then(|way| way.sides.get(client)).cloned() else { continue };
            if now.is_none() && planned.is_none() {
                continue;
            }
            let paths = ways.iter().map(|way| alike_nodes.of(&way.path.node).count()).sum();
            let [client, entry, address, backend, paths] = [client, entry, address, backend, paths].map(number);
            shown.push(Flow { client, entry, address, backend, paths, now, planned });
        }
    }
    // A node that stands for others stands for the backends on them too.
    let standing = |kind: PathKind, names: &[Option<String>]| -> Vec<(String, String)> {
        let here = ways.iter().filter(|way| way.kind == kind).filter_map(|way| Some((way, way.path.backend.as_ref()?)));
        let of_names = here.filter(|(_, backend)| names.contains(&Some(backend_name(backend))));
        of_names
            .flat_map(|(way, backend)| {
                let own = (backend.node.clone().unwrap_or_default(), backend_name(backend));
                let entry = way.path.node.as_str();
                // To those that it stands for, what is on itself is on another node as what is on them is to it.
                let mutual = backend.node.as_deref().is_some_and(|on| on != entry && alike_nodes.of(entry).any(|node| node == on));
                let others = alike_nodes.of(entry).filter(|node| match kind {
                    PathKind::SameNode => true,
                    PathKind::OtherNode => mutual && *node == entry,
                    _ => false,
                });
                let theirs =
                    others.flat_map(|node| backends_on.get(node).into_iter().flatten().map(|name| (node.to_owned(), name.clone())));
                theirs.chain([own]).collect::<Vec<_>>()
            })
            .collect()
    };
    PathView {
        service,
        ports,
        port,
        clients,
        entries: entries
            .iter()
            .map(|group| EntryGroup {
                interface: group.first().and_then(|(interface, _)| interface.clone()),
                nodes: Names::of(group.iter().flat_map(|(_, node)| alike_nodes.of(node)).map(str::to_owned)),
            })
            .collect(),
        addresses: addresses
            .iter()
            .map(|address| AddressGroup {
                addresses: Names::of(ways.iter().filter(|way| address_of(way) == *address).map(|way| way.path.address.to_string())),
                own: address.is_none(),
            })
            .collect(),
        backends: backends
            .iter()
            .map(|group| {
                let kind = group.first().map_or(PathKind::Direct, |(kind, _)| *kind);
                let names: Vec<Option<String>> = group.iter().map(|(_, name)| name.clone()).collect();
                let standing = standing(kind, &names);
                let nodes = standing.iter().map(|(node, _)| node.clone()).filter(|node| !node.is_empty());
                BackendGroup { kind, nodes: Names::of(nodes), backends: Names::of(standing.iter().map(|(_, name)| name.clone())) }
            })
            .collect(),
        flows: shown,
        planned,
    }
}

/// The backends on each node, as far as a packet from elsewhere gets to them.
fn backends_on(ways: &[Way]) -> BTreeMap<&str, BTreeSet<String>> {
    let mut on: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for backend in ways.iter().filter_map(|way| way.path.backend.as_ref()) {
        if let Some(node) = &backend.node {
            on.entry(node).or_default().insert(backend_name(backend));
        }
    }
    on
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Classes that meet the same on every path are one; those that have no path at all are none. Who gets furthest comes first.
fn merged(classes: Vec<Class>) -> Vec<Class> {
    let mut groups: BTreeMap<Vec<(PathKey, Signatures)>, Class> = BTreeMap::new();
    for class in classes {
        let key: Vec<(PathKey, Signatures)> = sides(&class).into_iter().map(|(path, sides)| (path, signatures(&sides))).collect();
        if key.is_empty() {
            continue;
        }
        match groups.get_mut(&key) {
            Some(group) => group.clients = group.clients.union(&class.clients),
            None => _ = groups.insert(key, class),
        }
    }
    let mut classes: Vec<Class> = groups.into_values().collect();
    let allowed = |class: &Class| {
        let answer = class.planned.as_ref().unwrap_or(&class.now);
        answer.paths.iter().filter(|journey| journey.verdict == Verdict::Allowed).count()
    };
    classes.sort_by_cached_key(|class| (class.example.is_ipv6(), std::cmp::Reverse(allowed(class)), class.clients.count()));
    classes
}

/// What the class meets, path by path.
fn sides(class: &Class) -> BTreeMap<PathKey, Sides> {
    let planned = class.planned.as_ref().map_or(&[][..], |answer| &answer.paths);
    let pairs = paired(&class.now.paths, planned).into_iter();
    pairs.filter_map(|(now, planned)| Some((planned.or(now)?.path.clone(), (now.cloned(), planned.cloned())))).collect()
}

fn signatures((now, planned): &Sides) -> Signatures {
    (now.as_ref().map(Signature::of), planned.as_ref().map(Signature::of))
}

fn ways(classes: &[Class]) -> Vec<Way> {
    let mut by_path: BTreeMap<PathKey, Vec<Sides>> = BTreeMap::new();
    for (at, class) in classes.iter().enumerate() {
        for (path, sides) in sides(class) {
            by_path.entry(path).or_insert_with(|| vec![Sides::default(); classes.len()])[at] = sides;
        }
    }
    let mut behaviours: BTreeMap<Vec<Signatures>, u32> = BTreeMap::new();
    by_path
        .into_iter()
        .map(|(path, sides)| {
            let next = number(behaviours.len());
            let behaviour = *behaviours.entry(sides.iter().map(signatures).collect()).or_insert(next);
            Way { kind: kind(&path, &sides), path, sides, behaviour }
        })
        .collect()
}

/// The kind of a path, which some client may not get far enough on to tell.
fn kind(path: &PathKey, sides: &[Sides]) -> PathKind {
    let kinds = sides.iter().flat_map(|(now, planned)| [now, planned]).flatten().map(path_kind);
    match path.backend {
        Some(_) => PathKind::of(&path.node, path.backend.as_ref(), true),
        None => kinds.min().unwrap_or(PathKind::NoBackend),
    }
}

fn places<K: Ord + Clone>(groups: &[Vec<K>]) -> BTreeMap<K, usize> {
    groups.iter().enumerate().flat_map(|(at, group)| group.iter().map(move |key| (key.clone(), at))).collect()
}

/// What a thing does, by place: the numbers of behaviours.
type Does<W> = BTreeMap<W, BTreeSet<u32>>;

/// Groups of things that behave alike wherever both of them do anything; only those of one `class` come together.
fn alike<K: Ord + Clone, W: Ord, C: PartialEq>(
    ways: &[Way],
    of: impl Fn(&Way) -> K,
    place: impl Fn(&Way) -> W,
    class: impl Fn(&K) -> C,
) -> Vec<Vec<K>> {
    let mut things: BTreeMap<K, Does<W>> = BTreeMap::new();
    for way in ways {
        things.entry(of(way)).or_default().entry(place(way)).or_default().insert(way.behaviour);
    }
    let mut order: Vec<(K, Does<W>)> = things.into_iter().collect();
    // Those that say most come first, so that whoever says less joins them.
    order.sort_by_key(|(_, does)| std::cmp::Reverse(does.len()));
    let mut groups: Vec<(Vec<K>, Does<W>)> = Vec::new();
    for (key, does) in order {
        let fits = |(members, group): &&mut (Vec<K>, Does<W>)| {
            let like = members.first().is_some_and(|first| class(first) == class(&key));
            like && does.iter().all(|(place, does)| group.get(place).is_none_or(|other| other == does))
        };
        match groups.iter_mut().find(fits) {
            Some((members, group)) => {
                members.push(key);
                group.extend(does);
            }
            None => groups.push((vec![key], does)),
        }
    }
    let mut groups: Vec<Vec<K>> = groups.into_iter().map(|(members, _)| members).collect();
    groups.iter_mut().for_each(|group| group.sort());
    groups.sort();
    groups
}

fn clients(classes: &[Class]) -> Vec<ClientGroup> {
    let largest = |ipv6: bool| classes.iter().filter(|class| class.example.is_ipv6() == ipv6).map(|class| class.clients.count()).max();
    let (v4, v6) = (largest(false), largest(true));
    let of_one = |ipv6: bool| classes.iter().filter(|class| class.example.is_ipv6() == ipv6).count() == 1;
    classes
        .iter()
        .map(|class| {
            let ranges = class.clients.cidrs();
            let ipv6 = class.example.is_ipv6();
            let count = class.clients.count();
            ClientGroup {
                range_count: number(ranges.len()),
                ranges: ranges.into_iter().take(RANGES).collect(),
                count,
                example: class.example,
                rest: Some(count) == if ipv6 { v6 } else { v4 } && !of_one(ipv6),
            }
        })
        .collect()
}
