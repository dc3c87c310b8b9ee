//! Which HostEndpoint stands for an interface (`resolveHostEndpoints` in `felix/dataplane/linux/endpoint_mgr.go:914` at v3.28.5), and
//! which interface is the main one of a node.

use super::node::{INNER_INTERFACES, Tunnel};
use super::world::World;
use crate::cidr::Family;
use crate::object::{HostEndpoint, Kept};
use crate::reach::packet::Interface;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

/// By which interface a packet comes in or goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Via<'a> {
    /// One of the node's own: its name, where it is known, and whether it is the main one.
    Outer { name: Option<&'a str>, main: bool },
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
    let names = |host: &&Host<'a>| {
        let interface = host.spec.interface_name.as_str();
        if interface.is_empty() {
            return host.spec.expected_ips.iter().any(|text| text.parse().is_ok_and(|address: IpAddr| own.contains(&address)));
        }
        interface != "*" && via.name() == Some(interface)
    };
    world.hosts(node).iter().filter(names).min_by_key(|host| &host.metadata.name).copied()
}

/// The one that stands for every other interface: the first by name of those with `*`.
pub(super) fn of_all<'a>(world: &World<'a>, node: &str) -> Option<Host<'a>> {
    let all = world.hosts(node).iter().filter(|host| host.spec.interface_name == "*");
    all.min_by_key(|host| &host.metadata.name).copied()
}

fn addresses(world: &World<'_>, node: &str, via: Via<'_>) -> Vec<IpAddr> {
    let Some(node) = world.nodes.get(node) else { return Vec::new() };
    match via {
        Via::Outer { main: true, .. } => node.addresses.clone(),
        Via::Tunnel(tunnel, _) => [Family::V4, Family::V6].into_iter().filter_map(|family| node.tunnel(tunnel, family)).collect(),
        Via::Outer { main: false, .. } | Via::Pod | Via::Loopback => Vec::new(),
    }
}

/// The interfaces of a node that HostEndpoints name and by which packets can come in from outside.
pub(super) fn outer_interfaces<'a>(world: &World<'a>, node: &str) -> BTreeSet<&'a str> {
    let prefixes = &world.settings.felix(node).interface_prefixes.value;
    let of_pods = |name: &str| prefixes.iter().any(|prefix| !prefix.is_empty() && name.starts_with(prefix.as_str()));
    let names = world.hosts(node).iter().map(|host| host.spec.interface_name.as_str());
    names.filter(|name| !matches!(*name, "" | "*") && !INNER_INTERFACES.contains(name) && !of_pods(name)).collect()
}

/// What can be the main interface of a node: that of the only named HostEndpoint; of several, that of those which expect an address of
/// the node; without a name where none is named.
pub(super) fn main_interfaces<'a>(world: &World<'a>, node: &str) -> Vec<Option<&'a str>> {
    let named = outer_interfaces(world, node);
    if named.is_empty() {
        return vec![None];
    }
    let own = world.nodes.get(node).map_or(&[][..], |node| node.addresses.as_slice());
    let expects =
        |host: &Host<'a>| host.spec.expected_ips.iter().any(|text| text.parse().is_ok_and(|address: IpAddr| own.contains(&address)));
    let expecting: BTreeSet<&str> = world
        .hosts(node)
        .iter()
        .filter(|host| named.contains(host.spec.interface_name.as_str()) && expects(host))
        .map(|host| host.spec.interface_name.as_str())
        .collect();
    let left = if named.len() > 1 && !expecting.is_empty() { expecting } else { named };
    left.into_iter().map(Some).collect()
}

/// The main interfaces that a journey is told with, by node.
pub(super) type Mains<'a> = BTreeMap<&'a str, Option<&'a str>>;

/// The main interface of a node.
pub(super) fn main<'a>(mains: &Mains<'a>, node: &str) -> Via<'a> {
    Via::Outer { name: mains.get(node).copied().flatten(), main: true }
}

/// The interface of this name, as packets from outside come in by it.
pub(super) fn entry<'a>(mains: &Mains<'a>, node: &str, interface: &'a Interface) -> Via<'a> {
    match interface {
        Interface::Main => main(mains, node),
        Interface::Named(name) => Via::Outer { name: Some(name.as_str()), main: mains.get(node).copied().flatten() == Some(name.as_str()) },
    }
}
