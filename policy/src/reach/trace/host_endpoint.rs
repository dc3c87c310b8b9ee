//! Which HostEndpoint stands for an interface (`resolveHostEndpoints` in `felix/dataplane/linux/endpoint_mgr.go:914` at v3.28.5), and
//! which interface is the main one of a node.

use super::node::{INNER_INTERFACES, Tunnel};
use super::world::World;
use crate::cidr::Family;
use crate::names;
use crate::object::{HostEndpoint, Kept};
use crate::reach::packet::Interface;
use crate::reach::settings::excludes;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

/// By which interface a packet comes in or goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Via<'a> {
    /// One of the node's own: its name, where it is known, whether it is the main one, and an address that another has.
    Outer { name: Option<&'a str>, main: bool, has: Option<IpAddr> },
    /// A tunnel to other nodes.
    Tunnel(Tunnel, Family),
    /// The interface of a pod.
    Pod,
    /// Inside the node.
    Loopback,
}

impl Via<'_> {
    fn name(&self) -> Option<&str> {
        match self {
            Self::Outer { name, .. } => *name,
            Self::Tunnel(tunnel, family) => Some(tunnel.interface(*family)),
            Self::Loopback => Some("lo"),
            Self::Pod => None,
        }
    }

    /// How a sentence names it.
    pub(super) fn in_words(&self) -> String {
        match self {
            Self::Outer { name: Some(name), .. } => format!("interface `{name}`"),
            Self::Outer { has: Some(address), .. } => format!("the interface with `{address}`"),
            Self::Outer { name: None, .. } => "the main interface".to_owned(),
            Self::Tunnel(tunnel, family) => format!("the tunnel `{}`", tunnel.interface(*family)),
            Self::Pod => "the interface of the pod".to_owned(),
            Self::Loopback => "the interface `lo`".to_owned(),
        }
    }
}

/// A HostEndpoint of a snapshot.
pub(super) type Host<'a> = &'a Arc<Kept<HostEndpoint>>;

/// The one that stands for just this interface: the first by name of those that name it, and of those without a name that expect an
/// address which the interface has.
pub(super) fn of_interface<'a>(world: &World<'a>, node: &str, via: Via<'_>) -> Option<Host<'a>> {
    let own = addresses(world, node, via);
    let excluded = &world.settings.felix(node).interface_exclude.value;
    let names = |host: &&Host<'a>| {
        let interface = host.spec.interface_name.as_str();
        if interface.is_empty() {
            return expected(host).any(|address| own.contains(&address));
        }
        // What Felix does not look at has no HostEndpoint of its own (measured).
        interface != "*" && via.name() == Some(interface) && !excludes(excluded, interface)
    };
    world.hosts(node).iter().filter(names).min_by_key(|host| &host.metadata.name).copied()
}

/// The one that stands for every other interface: the first by name of those with `*`.
pub(super) fn of_all<'a>(world: &World<'a>, node: &str) -> Option<Host<'a>> {
    let all = world.hosts(node).iter().filter(|host| host.spec.interface_name == "*");
    all.min_by_key(|host| &host.metadata.name).copied()
}

fn addresses(world: &World<'_>, node: &str, via: Via<'_>) -> Vec<IpAddr> {
    let Some(own) = world.nodes.get(node) else { return Vec::new() };
    match via {
        Via::Outer { main: true, .. } => own.addresses.clone(),
        Via::Tunnel(tunnel, _) => [Family::V4, Family::V6].into_iter().filter_map(|family| own.tunnel(tunnel, family)).collect(),
        Via::Outer { main: false, name, has } => {
            let of_name = world.hosts(node).iter().filter(|host| name.is_some_and(|name| host.spec.interface_name == name));
            of_name.flat_map(expected).chain(has).collect()
        }
        Via::Pod | Via::Loopback => Vec::new(),
    }
}

/// The addresses that a HostEndpoint expects.
fn expected(host: &Host<'_>) -> impl Iterator<Item = IpAddr> {
    host.spec.expected_ips.iter().filter_map(|text| text.parse().ok())
}

/// The interfaces of a node that HostEndpoints name and by which packets can come in from outside.
pub(super) fn outer_interfaces<'a>(world: &World<'a>, node: &str) -> BTreeSet<&'a str> {
    let prefixes = &world.settings.felix(node).interface_prefixes.value;
    let of_pods = |name: &str| prefixes.iter().any(|prefix| !prefix.is_empty() && name.starts_with(prefix.as_str()));
    let names = world.hosts(node).iter().map(|host| host.spec.interface_name.as_str());
    names.filter(|name| !matches!(*name, "" | "*") && !INNER_INTERFACES.contains(name) && !of_pods(name)).collect()
}

/// What can be the main interface of a node: of those that HostEndpoints name those of which one expects an address of the node. Where none does,
/// it has no name if a HostEndpoint without one expects that; else it is one of which nothing is expected. Where other addresses are expected of
/// all that have a name, those may be wrong, or of a node that has moved: it may be one of them, or have no name. Portcullis' own name it.
pub(super) fn main_interfaces<'a>(world: &World<'a>, node: &str) -> Vec<Option<&'a str>> {
    let named = outer_interfaces(world, node);
    let Some(own) = world.nodes.get(node).map(|node| [Family::V4, Family::V6].map(|family| node.main(family))) else { return vec![None] };
    let of = |name: &'a str| world.hosts(node).iter().filter(move |host| host.spec.interface_name == name);
    let expects = |host: &Host<'a>| expected(host).any(|address| own.contains(&Some(address)));
    let having: Vec<_> = named.iter().filter(|name| of(name).any(expects)).map(|name| Some(*name)).collect();
    if !having.is_empty() {
        return having;
    }
    let known = own.iter().any(Option::is_some);
    if known && of("").any(expects) {
        return vec![None];
    }
    let says_nothing = |host: &Host<'a>| expected(host).next().is_none() || names::is_ours(&host.metadata);
    let silent = |name: &&&'a str| !known || of(name).all(says_nothing);
    let silent: Vec<_> = named.iter().filter(silent).map(|name| Some(*name)).collect();
    if silent.is_empty() { named.into_iter().map(Some).chain([None]).collect() } else { silent }
}

/// The interfaces that no HostEndpoint names and one without a name expects, other than the main one and tunnels: by an address of each.
pub(super) fn unnamed_interfaces(world: &World<'_>, node: &str) -> BTreeSet<IpAddr> {
    let Some(own) = world.nodes.get(node) else { return BTreeSet::new() };
    let named: BTreeSet<IpAddr> =
        world.hosts(node).iter().filter(|host| !matches!(host.spec.interface_name.as_str(), "" | "*")).flat_map(expected).collect();
    let elsewhere = |address: &IpAddr| !named.contains(address) && !own.tunnel_addresses().any(|end| end == address);
    let without_name = world.hosts(node).iter().filter(|host| host.spec.interface_name.is_empty());
    let others = without_name.filter(|host| !expected(host).any(|address| own.addresses.contains(&address)));
    others.filter_map(|host| expected(host).find(elsewhere)).collect()
}

/// What an interface is called that has this address: the main one where it is the node's, one that HostEndpoints name where they expect it.
pub(super) fn with_address(world: &World<'_>, node: &str, address: IpAddr) -> Vec<Interface> {
    let named = |name: &str| Interface::Named(name.to_owned());
    if world.nodes.get(node).is_some_and(|own| own.addresses.contains(&address)) {
        return main_interfaces(world, node).into_iter().map(|name| name.map_or(Interface::Main, named)).collect();
    }
    let expects =
        |name: &&str| world.hosts(node).iter().any(|host| host.spec.interface_name == **name && expected(host).any(|own| own == address));
    let names: Vec<Interface> = outer_interfaces(world, node).iter().filter(|name| expects(name)).map(|name| named(name)).collect();
    if names.is_empty() { vec![Interface::Having(address)] } else { names }
}

/// What a journey is told with where HostEndpoints leave it open.
#[derive(Debug, Clone, Default)]
pub(super) struct Mains<'a> {
    /// The main interfaces, by node.
    pub(super) of: BTreeMap<&'a str, Option<&'a str>>,
    /// An address of the interface that packets come in by, where no HostEndpoint names that.
    pub(super) asked: Option<IpAddr>,
}

impl<'a> Mains<'a> {
    /// The main interface of a node.
    fn name(&self, node: &str) -> Option<&'a str> {
        self.of.get(node).copied().flatten()
    }
}

/// The main interface of a node.
pub(super) fn main<'a>(mains: &Mains<'a>, node: &str) -> Via<'a> {
    Via::Outer { name: mains.name(node), main: true, has: None }
}

/// The interface of this name, as packets from outside come in by it.
pub(super) fn entry<'a>(mains: &Mains<'a>, node: &str, interface: &'a Interface) -> Via<'a> {
    match interface {
        Interface::Main => main(mains, node),
        Interface::Named(name) if mains.name(node) == Some(name) => main(mains, node),
        Interface::Named(name) => Via::Outer { name: Some(name.as_str()), main: false, has: mains.asked },
        Interface::Having(address) => Via::Outer { name: None, main: false, has: Some(*address) },
    }
}
