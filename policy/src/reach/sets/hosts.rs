//! Nodes as packets meet them, shared where they are alike.
//!
//! Kept with the snapshot until a Node, a HostEndpoint or what selects HostEndpoints changes: a question about one Service does not walk
//! 5,000 nodes to find out that they behave alike.

use super::members::number;
pub(super) use super::node::Host;
use super::node::read_node;
use crate::cidr::{CidrSet, Family};
use crate::names;
use crate::object::{HostEndpoint, Kept, Node, Object, StagedGlobalNetworkPolicy};
use crate::reach::packet::Interface;
use crate::reach::settings::{FelixSettings, Settings, excludes};
use crate::selector::Selector;
use crate::snapshot::{Endpoint, PolicyList, Snapshot};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

/// The nodes of a cluster.
#[derive(Debug)]
pub(crate) struct Hosts {
    names: Names,
    /// By name.
    pub(super) nodes: Vec<Host>,
    /// How nodes behave, each way once.
    pub(super) shapes: Vec<Arc<Shape>>,
    by_name: BTreeMap<Arc<str>, usize>,
    by_address: BTreeMap<IpAddr, usize>,
    /// How many nodes encrypt by a key.
    with_key: BTreeMap<(Family, Arc<str>), u32>,
    /// The source addresses that nodes put in place of clients', by what carries the packet.
    sources: BTreeMap<(Option<Tunnel>, Family), Arc<CidrSet>>,
}

/// What Felix makes of names of interfaces: in general, and on nodes with settings of their own.
type Names = (NamesOf, BTreeMap<String, NamesOf>);

/// What a Felix makes of names of interfaces.
#[derive(Debug, Clone, PartialEq, Eq)]
struct NamesOf {
    /// How those of pods begin.
    pods: Vec<String>,
    /// Those that it does not look at.
    excluded: Vec<String>,
}

impl NamesOf {
    fn of(felix: &FelixSettings) -> Self {
        Self { pods: felix.interface_prefixes.value.clone(), excluded: felix.interface_exclude.value.clone() }
    }
}

/// What encapsulates packets between nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tunnel {
    Ipip,
    Vxlan,
    Wireguard,
}

/// Each tunnel, with the family of what it carries and the name of its interface (felix/config/config_params.go at v3.28.5).
pub(super) const TUNNELS: [(Tunnel, Family, &str, &str); 5] = [
    (Tunnel::Ipip, Family::V4, "tunl0", "IPv4IPIPTunnelAddr"),
    (Tunnel::Vxlan, Family::V4, "vxlan.calico", "IPv4VXLANTunnelAddr"),
    (Tunnel::Vxlan, Family::V6, "vxlan-v6.calico", "IPv6VXLANTunnelAddr"),
    (Tunnel::Wireguard, Family::V4, "wireguard.cali", "IPv4WireguardInterfaceAddr"),
    (Tunnel::Wireguard, Family::V6, "wg-v6.cali", "IPv6WireguardInterfaceAddr"),
];

/// What HostEndpoints make of a node.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shape {
    /// The interfaces by which packets from outside come in; nothing governs one of which it cannot be told what does.
    pub(super) entries: Vec<(Interface, Option<Governing>)>,
    /// The interface by which packets of other nodes come in; more than one where it cannot be told.
    pub(super) main: Vec<Governing>,
    tunnels: Vec<((Tunnel, Family), Governing)>,
    /// The HostEndpoint of `*`.
    pub(super) wildcard: Option<HostPolicies>,
}

/// The HostEndpoints that count at an interface.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Governing {
    /// The one of the interface itself.
    pub(super) own: Option<HostPolicies>,
    /// The one of `*`.
    pub(super) wildcard: Option<HostPolicies>,
}

/// What a HostEndpoint says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct HostPolicies {
    pub(super) list: PolicyList,
    /// Whether its profiles let in what no policy speaks about.
    pub(super) profile_allows: bool,
    /// The staged policies on it.
    pub(super) staged: Staged,
}

/// Where staged policies stand on a HostEndpoint: none of their rules decides, but that there is one does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Staged {
    /// Before translation.
    pub(super) before: bool,
    /// On what is forwarded, in either direction.
    pub(super) forward: bool,
}

impl Governing {
    /// None.
    pub(super) const NONE: Self = Self { own: None, wildcard: None };
}

impl Shape {
    pub(super) fn tunnel(&self, tunnel: Tunnel, family: Family) -> Governing {
        let of = |((kind, of), governing): &((Tunnel, Family), Governing)| (*kind == tunnel && *of == family).then(|| governing.clone());
        self.tunnels.iter().find_map(of).unwrap_or_default()
    }
}

impl Hosts {
    /// The nodes of a snapshot: those that it keeps, if they fit the settings.
    pub(crate) fn of(snapshot: &Snapshot, settings: &Settings) -> Arc<Self> {
        let general = NamesOf::of(&settings.felix);
        let own = |(node, felix): (&String, &FelixSettings)| {
            let own = NamesOf::of(felix);
            (own != general).then(|| (node.clone(), own))
        };
        let names = (general.clone(), settings.nodes.iter().filter_map(own).collect());
        let kept = snapshot.hosts(|| Self::read(snapshot, names.clone()));
        if kept.names == names { kept } else { Arc::new(Self::read(snapshot, names)) }
    }

    /// Each node: its name, its main address of each family, and which of the ways it behaves.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = (&Arc<str>, [Option<IpAddr>; 2], usize)> {
        self.nodes.iter().map(|host| (&host.name, host.main, host.shape))
    }

    pub(super) fn named(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// The node with this address.
    pub(super) fn at(&self, address: IpAddr) -> Option<usize> {
        self.by_address.get(&address).copied()
    }

    /// Whether the first of two nodes sends to the second by WireGuard, if both are set to it: both have a key, and that of the second is its own
    /// (felix/wireguard/wireguard.go:1663 at v3.28.5).
    pub(super) fn are_peers(&self, from: &Host, to: &Host, family: Family) -> bool {
        let (Some(own), Some(key)) = (from.keys.get(&family), to.keys.get(&family)) else { return false };
        let with_it = self.with_key.get(&(family, key.clone())).copied().unwrap_or_default();
        with_it == if own == key { 2 } else { 1 }
    }

    /// Every source address that a node may put in place of a client's.
    pub(super) fn sources(&self, tunnel: Option<Tunnel>, family: Family) -> Arc<CidrSet> {
        self.sources.get(&(tunnel, family)).cloned().unwrap_or_default()
    }

    /// Every source address that nodes may put in place of clients', and every address that a node has of its own.
    pub(crate) fn all_sources(&self) -> CidrSet {
        let own = self.own(Family::V4).union(&self.own(Family::V6));
        self.sources.values().fold(own, |all, sources| all.union(sources))
    }

    /// Every address that a node has of its own.
    pub(super) fn own(&self, family: Family) -> CidrSet {
        let all = self.by_address.keys().filter(|address| Family::of(**address) == family);
        CidrSet::of_numbers(family, all.map(|address| (number(*address), number(*address))).collect())
    }

    fn read(snapshot: &Snapshot, names: Names) -> Self {
        let mut by_node: BTreeMap<&str, Vec<&Arc<Kept<HostEndpoint>>>> = BTreeMap::new();
        for endpoint in snapshot.iter::<Kept<HostEndpoint>>().filter(|endpoint| !snapshot.is_refused(&endpoint.key())) {
            by_node.entry(&endpoint.spec.node).or_default().push(endpoint);
        }
        let mut shapes: BTreeMap<Shape, usize> = BTreeMap::new();
        let mut nodes: Vec<Host> = Vec::new();
        for node in snapshot.iter::<Node>() {
            let name = node.metadata.name.as_str();
            let mut host = read_node(node);
            let of_felix = names.1.get(name).unwrap_or(&names.0);
            let shape = shape(snapshot, &host, by_node.get(name).map_or(&[], Vec::as_slice), of_felix);
            let next = shapes.len();
            host.shape = *shapes.entry(shape).or_insert(next);
            nodes.push(host);
        }
        let mut ordered: Vec<(usize, Shape)> = shapes.into_iter().map(|(shape, at)| (at, shape)).collect();
        ordered.sort_by_key(|(at, _)| *at);
        let by_name = (0..).zip(&nodes).map(|(at, host)| (host.name.clone(), at)).collect();
        let mut by_address = BTreeMap::new();
        for (at, host) in (0..).zip(&nodes) {
            for address in &host.addresses {
                by_address.entry(*address).or_insert(at);
            }
        }
        let mut with_key: BTreeMap<(Family, Arc<str>), u32> = BTreeMap::new();
        for (family, key) in nodes.iter().flat_map(|host| &host.keys) {
            *with_key.entry((*family, key.clone())).or_default() += 1;
        }
        let mut sources = BTreeMap::new();
        for family in [Family::V4, Family::V6] {
            for tunnel in [None, Some(Tunnel::Ipip), Some(Tunnel::Vxlan), Some(Tunnel::Wireguard)] {
                let all = nodes.iter().filter_map(|host| host.source(tunnel, family)).map(|address| (number(address), number(address)));
                sources.insert((tunnel, family), Arc::new(CidrSet::of_numbers(family, all.collect())));
            }
        }
        let shapes = ordered.into_iter().map(|(_, shape)| Arc::new(shape)).collect();
        Self { sources, names, nodes, shapes, by_name, by_address, with_key }
    }
}

fn shape(snapshot: &Snapshot, host: &Host, endpoints: &[&Arc<Kept<HostEndpoint>>], felix: &NamesOf) -> Shape {
    let policies = |endpoint: &Arc<Kept<HostEndpoint>>| HostPolicies {
        list: snapshot.policies_on(&Endpoint::Host(endpoint.clone())),
        profile_allows: profile_allows(snapshot, &endpoint.spec.profiles),
        staged: staged(snapshot, endpoint),
    };
    // Of several the first by name counts (endpoint_mgr.go:865 at v3.28.5); the snapshot has them in that order.
    let wildcard = endpoints.iter().find(|endpoint| endpoint.spec.interface_name == "*").map(|endpoint| policies(endpoint));
    let named: BTreeSet<&str> =
        endpoints.iter().map(|endpoint| endpoint.spec.interface_name.as_str()).filter(|name| outside(name, &felix.pods)).collect();
    let (main, may_lack_name) = main_of(host, endpoints, &named);
    // By its name or, where a HostEndpoint has no name, by an address of the interface: the first by its own name of them all
    // (endpoint_mgr.go:884-930 at v3.28.5).
    let own = |interface: Option<&str>, addresses: &[IpAddr]| {
        let fits = |endpoint: &HostEndpoint| match endpoint.spec.interface_name.as_str() {
            "" => expected(endpoint).any(|address| addresses.contains(&address)),
            // What Felix does not look at has no HostEndpoint of its own (measured).
            name => Some(name) == interface && !excludes(&felix.excluded, name),
        };
        endpoints.iter().find(|endpoint| fits(endpoint))
    };
    let standing =
        |found: Option<&&Arc<Kept<HostEndpoint>>>| Governing { own: found.map(|endpoint| policies(endpoint)), wildcard: wildcard.clone() };
    let governing = |interface: Option<&str>, addresses: &[IpAddr]| standing(own(interface, addresses));
    // One that is the main one has the addresses of the node, one that is not those that are expected of it.
    let entry = |name: &str| {
        let as_main = own(Some(name), &host.addresses);
        if main == [name] && !may_lack_name {
            return Some(standing(as_main));
        }
        let expected: Vec<IpAddr> = expected_of(endpoints, name).collect();
        let as_other = own(Some(name), &expected);
        let alike = !main.contains(&name) || as_main.map(|endpoint| endpoint.key()) == as_other.map(|endpoint| endpoint.key());
        alike.then(|| standing(as_other))
    };
    let mut entries: Vec<(Interface, Option<Governing>)> =
        named.iter().map(|name| (Interface::Named((*name).to_owned()), entry(name))).collect();
    let mut mains: Vec<Governing> = main.iter().map(|name| governing(Some(name), &host.addresses)).collect();
    if may_lack_name {
        let unnamed = governing(None, &host.addresses);
        entries.push((Interface::Main, main.is_empty().then(|| unnamed.clone())));
        mains.push(unnamed);
    }
    // Those that are known by an address alone, which is neither the node's nor of an interface that has a name.
    let taken: BTreeSet<IpAddr> =
        TUNNELS.iter().filter_map(|(tunnel, family, ..)| host.tunnel(*tunnel, *family)).chain(host.addresses.iter().copied()).collect();
    let with_name: BTreeSet<&str> = endpoints.iter().map(|endpoint| endpoint.spec.interface_name.as_str()).collect();
    let taken_by_name: BTreeSet<IpAddr> =
        with_name.iter().filter(|name| !["", "*"].contains(name)).flat_map(|name| expected_of(endpoints, name)).collect();
    let mut others: BTreeSet<IpAddr> = BTreeSet::new();
    for endpoint in endpoints.iter().filter(|endpoint| endpoint.spec.interface_name.is_empty()) {
        let stands_on_main = expected(endpoint).any(|address| host.addresses.contains(&address));
        let free = |address: &IpAddr| !taken.contains(address) && !taken_by_name.contains(address);
        others.extend(expected(endpoint).find(free).filter(|_| !stands_on_main));
    }
    entries.extend(others.iter().map(|address| (Interface::Having(*address), Some(governing(None, &[*address])))));
    let tunnels = TUNNELS.map(|(tunnel, family, name, _)| {
        let address: Vec<IpAddr> = host.tunnel(tunnel, family).into_iter().collect();
        ((tunnel, family), governing(Some(name), &address))
    });
    Shape { entries, main: mains, tunnels: tunnels.into(), wildcard }
}

/// The main interface of a node, or those of which one may be, by the names that HostEndpoints give; and whether it may be one without a name.
fn main_of<'a>(host: &Host, endpoints: &[&Arc<Kept<HostEndpoint>>], named: &BTreeSet<&'a str>) -> (Vec<&'a str>, bool) {
    let own: Vec<IpAddr> = host.main.iter().flatten().copied().collect();
    let is_own = |address: IpAddr| own.contains(&address);
    let having: Vec<&str> = named.iter().filter(|name| expected_of(endpoints, name).any(is_own)).copied().collect();
    if !having.is_empty() {
        return (having, false);
    }
    if named.is_empty() || expected_of(endpoints, "").any(is_own) {
        return (Vec::new(), true);
    }
    // Of ours the name was told, and the node may have another address by now.
    let expects_others = |name: &&&str| {
        let mut of_name = endpoints.iter().filter(|endpoint| endpoint.spec.interface_name == ***name);
        of_name.any(|endpoint| expected(endpoint).next().is_some() && !names::is_ours(&endpoint.metadata))
    };
    let silent: Vec<&str> = named.iter().filter(|name| own.is_empty() || !expects_others(name)).copied().collect();
    if silent.is_empty() { (named.iter().copied().collect(), true) } else { (silent, false) }
}

/// The addresses that a HostEndpoint expects.
fn expected(endpoint: &HostEndpoint) -> impl Iterator<Item = IpAddr> {
    endpoint.spec.expected_ips.iter().filter_map(|text| text.parse().ok())
}

/// Those that the HostEndpoints of an interface expect; of those without a name by the empty name.
fn expected_of(endpoints: &[&Arc<Kept<HostEndpoint>>], name: &str) -> impl Iterator<Item = IpAddr> {
    endpoints.iter().filter(move |endpoint| endpoint.spec.interface_name == name).flat_map(|endpoint| expected(endpoint))
}

/// Whether an interface is one by which packets from outside come in.
fn outside(name: &str, pods: &[String]) -> bool {
    let inside = ["", "*", "lo"].contains(&name) || TUNNELS.iter().any(|(_, _, tunnel, _)| *tunnel == name);
    !inside && !pods.iter().any(|prefix| name.starts_with(prefix.as_str()))
}

fn staged(snapshot: &Snapshot, endpoint: &HostEndpoint) -> Staged {
    let mut found = Staged::default();
    for policy in snapshot.iter::<StagedGlobalNetworkPolicy>().filter(|policy| !snapshot.is_refused(&policy.key())) {
        let Some(spec) = policy.heard_of().filter(|spec| !spec.do_not_track) else { continue };
        if !Selector::of_policy(spec, "").is_ok_and(|selector| selector.matches(&snapshot.host_labels(endpoint))) {
            continue;
        }
        found.before |= spec.pre_dnat && spec.governs("Ingress");
        found.forward |= !spec.pre_dnat && spec.apply_on_forward;
    }
    found
}

/// Whether the profiles of a HostEndpoint let in. `projectcalico-default-allow` and those of namespaces do
/// (libcalico-go/lib/resources/static.go:28, conversion.go:94 at v3.28.5); one that does not exist denies
/// (felix/calc/active_rules_calculator.go, `DummyDropRules`).
fn profile_allows(snapshot: &Snapshot, profiles: &[String]) -> bool {
    let allows = |name: &str| match name.strip_prefix("kns.") {
        Some(namespace) => snapshot.get::<crate::object::Namespace>("", namespace).is_some(),
        None => name == "projectcalico-default-allow",
    };
    profiles.iter().find(|name| !name.starts_with("ksa.")).is_some_and(|name| allows(name))
}
