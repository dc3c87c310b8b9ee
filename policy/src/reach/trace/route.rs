//! The way between nodes: by a tunnel or not, and with which source.

use super::node::Tunnel;
use super::packet::Packet;
use super::world::World;
use crate::cidr::Family;
use std::net::IpAddr;

/// The tunnel by which packets to an address of a pod go from node to node; none where they go as they are. WireGuard where both nodes have
/// it; else as the pool says that has the address (`felix/wireguard`, `felix/calc/l3_route_resolver.go` at v3.28.5).
pub(super) fn tunnel(world: &World<'_>, from: &str, to: &str, address: IpAddr) -> Option<Tunnel> {
    let family = Family::of(address);
    let pool = world.pool(address)?;
    if [from, to].into_iter().all(|node| world.settings.felix(node).encrypts(family)) {
        return Some(Tunnel::Wireguard);
    }
    let crosses = || {
        let (from, to) = (world.nodes.get(from), world.nodes.get(to));
        let far = to.and_then(|node| node.main(family));
        // `CrossSubnet`: the other node's address is in none of this node's subnets.
        !from.zip(far).is_some_and(|(node, far)| node.shares_subnet(far))
    };
    let used = |mode: &str| mode == "Always" || (mode == "CrossSubnet" && crosses());
    if used(&pool.ipip_mode) {
        Some(Tunnel::Ipip)
    } else if used(&pool.vxlan_mode) {
        Some(Tunnel::Vxlan)
    } else {
        None
    }
}

/// The address that a node gives to what it translates or sends itself: its main one, or that of the tunnel. None where it is not known.
pub(super) fn address_of(world: &World<'_>, node: &str, tunnel: Option<Tunnel>, family: Family) -> Option<IpAddr> {
    let node = world.nodes.get(node)?;
    match tunnel {
        Some(tunnel) => node.tunnel(tunnel, family),
        None => node.main(family),
    }
}

/// Whether Felix translates the source of a pod's packet: its pool has `natOutgoing`, and the address is in no pool
/// (`felix/rules/nat.go:52` at v3.28.5).
pub(super) fn nat_outgoing(world: &World<'_>, packet: &Packet) -> bool {
    world.pool(packet.source).is_some_and(|pool| pool.nat_outgoing) && world.pool(packet.destination).is_none()
}
