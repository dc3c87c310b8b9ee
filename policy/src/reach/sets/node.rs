//! One node: its addresses, those of its ends of tunnels, the keys by which it encrypts.

use super::hosts::{TUNNELS, Tunnel};
use crate::cidr::{Cidr, Family};
use crate::object::Node;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

/// A node.
#[derive(Debug)]
pub(super) struct Host {
    pub(super) name: Arc<str>,
    /// Every address of its own.
    pub(super) addresses: Vec<IpAddr>,
    /// The first of each family that Kubernetes has.
    pub(super) internal: [Option<IpAddr>; 2],
    pub(super) main: [Option<IpAddr>; 2],
    pub(super) subnets: [Option<Cidr>; 2],
    pub(super) tunnels: BTreeMap<(Tunnel, Family), IpAddr>,
    /// The keys by which it encrypts packets, by their family.
    pub(super) keys: BTreeMap<Family, Arc<str>>,
    pub(super) zone: Option<Arc<str>>,
    /// Its place in [`Hosts::shapes`].
    pub(super) shape: usize,
}

/// The label of a node with its zone.
const ZONE: &str = "topology.kubernetes.io/zone";

impl Host {
    pub(super) fn main(&self, family: Family) -> Option<IpAddr> {
        self.main[usize::from(family == Family::V6)]
    }

    /// The one of a family that Kubernetes knows it by.
    pub(super) fn primary(&self, family: Family) -> Option<IpAddr> {
        self.internal[usize::from(family == Family::V6)].or_else(|| self.main(family))
    }

    pub(super) fn subnet(&self, family: Family) -> Option<Cidr> {
        self.subnets[usize::from(family == Family::V6)]
    }

    pub(super) fn tunnel(&self, tunnel: Tunnel, family: Family) -> Option<IpAddr> {
        self.tunnels.get(&(tunnel, family)).copied()
    }

    /// The source address that the node puts in place of a client's, by what carries the packet: that of the interface by which it leaves.
    /// None where it is not known.
    pub(super) fn source(&self, tunnel: Option<Tunnel>, family: Family) -> Option<IpAddr> {
        tunnel.map_or_else(|| self.main(family), |tunnel| self.tunnel(tunnel, family))
    }
}

/// A node's addresses: its main one is what Calico's annotation says, else the first `InternalIP` of the family.
pub(super) fn read_node(node: &Node) -> Host {
    let annotation = |name: &str| node.metadata.annotations.get(&format!("projectcalico.org/{name}")).map(String::as_str);
    let mut host = Host {
        name: node.metadata.name.as_str().into(),
        addresses: Vec::new(),
        main: [None; 2],
        internal: [None; 2],
        subnets: [None; 2],
        tunnels: BTreeMap::new(),
        keys: BTreeMap::new(),
        zone: node.metadata.labels.get(ZONE).filter(|zone| !zone.is_empty()).map(|zone| zone.as_str().into()),
        shape: 0,
    };
    for (at, name) in [(0, "IPv4Address"), (1, "IPv6Address")] {
        let Some(text) = annotation(name) else { continue };
        let mut parts = text.splitn(2, '/');
        let Some(address) = parts.next().and_then(|text| text.parse::<IpAddr>().ok()) else { continue };
        host.main[at] = Some(address);
        host.addresses.push(address);
        let length = parts.next().and_then(|length| length.parse().ok());
        host.subnets[at] =
            length.and_then(|length| ipnet::IpNet::new(address, length).ok()).and_then(|net| Cidr::try_from(net.trunc()).ok());
    }
    let internal = node.status.addresses.iter().filter(|address| address.kind == "InternalIP");
    for address in internal.filter_map(|address| address.address.parse::<IpAddr>().ok()) {
        host.main[usize::from(address.is_ipv6())].get_or_insert(address);
        host.internal[usize::from(address.is_ipv6())].get_or_insert(address);
        if !host.addresses.contains(&address) {
            host.addresses.push(address);
        }
    }
    for (tunnel, family, _, name) in TUNNELS {
        let address = annotation(name).and_then(|text| text.split('/').next()).and_then(|text| text.parse::<IpAddr>().ok());
        if let Some(address) = address.filter(|address| Family::of(*address) == family) {
            host.tunnels.insert((tunnel, family), address);
        }
    }
    for (family, name) in [(Family::V4, "WireguardPublicKey"), (Family::V6, "WireguardPublicKeyV6")] {
        // All zero is none.
        let key = annotation(name).filter(|key| key.bytes().any(|byte| byte != b'A' && byte != b'='));
        host.keys.extend(key.map(|key| (family, key.into())));
    }
    host
}
