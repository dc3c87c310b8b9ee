//! A node: its addresses, those of its tunnels, and the subnets it is in.

use super::world::masked;
use crate::cidr::{Cidr, Family};
use std::net::IpAddr;

/// Kinds of tunnels between nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tunnel {
    Ipip,
    Vxlan,
    Wireguard,
}

impl Tunnel {
    /// The interface of the tunnel, by Felix' defaults.
    pub(super) const fn interface(self, family: Family) -> &'static str {
        match (self, family) {
            (Self::Ipip, _) => "tunl0",
            (Self::Vxlan, Family::V4) => "vxlan.calico",
            (Self::Vxlan, Family::V6) => "vxlan-v6.calico",
            (Self::Wireguard, Family::V4) => "wireguard.cali",
            (Self::Wireguard, Family::V6) => "wg-v6.cali",
        }
    }

    /// How a sentence names it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Ipip => "IPIP",
            Self::Vxlan => "VXLAN",
            Self::Wireguard => "WireGuard",
        }
    }
}

/// The interfaces of tunnels, and the one that stays inside a node: packets from outside do not come in by them.
pub(super) const INNER_INTERFACES: &[&str] = &["lo", "tunl0", "vxlan.calico", "vxlan-v6.calico", "wireguard.cali", "wg-v6.cali"];

/// A node.
#[derive(Debug, Clone)]
pub(super) struct Node {
    /// Its own addresses, without those of tunnels: by annotation first, then by status.
    pub(super) addresses: Vec<IpAddr>,
    /// Those of its status alone.
    internal: Vec<IpAddr>,
    subnets: Vec<Cidr>,
    tunnels: Vec<(Tunnel, IpAddr)>,
    /// Its zone; empty where it has none.
    pub(super) zone: String,
    /// The keys by which it encrypts, of IPv4 and IPv6.
    keys: [Option<String>; 2],
}

impl Node {
    pub(super) fn of(node: &crate::object::Node) -> Self {
        let annotation = |name: &str| node.metadata.annotations.get(&format!("projectcalico.org/{name}")).map(String::as_str);
        let mut addresses: Vec<IpAddr> = Vec::new();
        let mut subnets = Vec::new();
        for text in ["IPv4Address", "IPv6Address"].into_iter().filter_map(annotation) {
            addresses.extend(text.split('/').next().and_then(|address| address.parse::<IpAddr>().ok()));
            subnets.extend(masked(text));
        }
        let status = node.status.addresses.iter().filter(|status| status.kind == "InternalIP");
        let internal: Vec<IpAddr> = status.filter_map(|status| status.address.parse().ok()).collect();
        for address in &internal {
            addresses.extend(Some(*address).filter(|address| !addresses.contains(address)));
        }
        let tunnels = [
            ("IPv4IPIPTunnelAddr", Tunnel::Ipip),
            ("IPv4VXLANTunnelAddr", Tunnel::Vxlan),
            ("IPv6VXLANTunnelAddr", Tunnel::Vxlan),
            ("IPv4WireguardInterfaceAddr", Tunnel::Wireguard),
            ("IPv6WireguardInterfaceAddr", Tunnel::Wireguard),
        ];
        let tunnels = tunnels.into_iter().filter_map(|(name, tunnel)| Some((tunnel, annotation(name)?.parse().ok()?))).collect();
        // What Felix writes down for no key is 32 bytes of zero.
        let key = |name: &str| annotation(name).filter(|key| !key.trim_matches(['A', '=']).is_empty()).map(str::to_owned);
        let keys = ["WireguardPublicKey", "WireguardPublicKeyV6"].map(key);
        let zone = node.metadata.labels.get("topology.kubernetes.io/zone").cloned().unwrap_or_default();
        Self { addresses, internal, subnets, tunnels, zone, keys }
    }

    /// The key by which it encrypts packets of a family; none where it does not, or cannot.
    pub(super) fn key(&self, family: Family) -> Option<&str> {
        self.keys[usize::from(family == Family::V6)].as_deref()
    }

    /// Its main address of a family.
    pub(super) fn main(&self, family: Family) -> Option<IpAddr> {
        self.addresses.iter().copied().find(|address| Family::of(*address) == family)
    }

    /// The one of a family that Kubernetes knows it by.
    pub(super) fn primary(&self, family: Family) -> Option<IpAddr> {
        self.internal.iter().copied().find(|address| Family::of(*address) == family).or_else(|| self.main(family))
    }

    /// The address of its end of a tunnel.
    pub(super) fn tunnel(&self, tunnel: Tunnel, family: Family) -> Option<IpAddr> {
        let mut ends = self.tunnels.iter().filter(|(kind, address)| *kind == tunnel && Family::of(*address) == family);
        ends.next().map(|(_, address)| *address)
    }

    /// The addresses of its ends of tunnels.
    pub(super) fn tunnel_addresses(&self) -> impl Iterator<Item = &IpAddr> {
        self.tunnels.iter().map(|(_, address)| address)
    }

    /// Whether the address is in one of its subnets, as its annotations give them: what `CrossSubnet` goes by.
    pub(super) fn shares_subnet(&self, address: IpAddr) -> bool {
        self.subnets.iter().any(|subnet| subnet.contains(address))
    }
}
