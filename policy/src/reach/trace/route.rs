//! The way between nodes: by a tunnel or not, and with which source.

use super::host_endpoint::Via;
use super::node::Tunnel;
use super::packet::Packet;
use super::world::{Place, World};
use crate::cidr::Family;
use crate::reach::verdict::Unknown;
use std::net::IpAddr;

/// The tunnel by which packets to an address of another node, or of a pod there, go from node to node; none where they go as they are.
/// WireGuard where that takes them; else, for pods, as the pool says that has the address (`felix/calc/l3_route_resolver.go` at v3.28.5).
/// `came_by`: by what the packet came to the node that sends it on; none where that sends it itself.
pub(super) fn tunnel(
    world: &World<'_>,
    from: &str,
    to: &str,
    address: IpAddr,
    came_by: Option<Via<'_>>,
) -> Result<Option<Tunnel>, Unknown> {
    if is_encrypted(world, from, to, address, came_by)? {
        return Ok(Some(Tunnel::Wireguard));
    }
    Ok(by_pool(world, from, to, address).filter(|_| matches!(world.place(address), Place::Pod(_))))
}

/// The tunnel that the pool of an address asks for.
pub(super) fn by_pool(world: &World<'_>, from: &str, to: &str, address: IpAddr) -> Option<Tunnel> {
    let family = Family::of(address);
    let pool = world.pool(address)?;
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

/// Whether two nodes encrypt what they send to each other: both are set to it and have said by which key, and the key of the one that is
/// sent to is no third node's (`shouldProgramWireguardPeer` in `felix/wireguard/wireguard.go:1663` at v3.28.5).
pub(super) fn encrypts(world: &World<'_>, from: &str, to: &str, family: Family) -> bool {
    let set = [from, to].into_iter().all(|node| world.settings.felix(node).wireguard.of(family).enabled.value);
    let key = |node: &str| world.nodes.get(node).and_then(|node| node.key(family));
    set && key(from).is_some() && key(to).is_some_and(|key| world.with_key(family, key).all(|node| node == to || node == from))
}

/// Whether WireGuard takes a packet: Felix gives it the ways to pods and tunnels' ends of other nodes and, where it encrypts hosts, to all
/// addresses of nodes (`felix/dataplane/linux/wireguard_mgr.go:98`). Where it encrypts hosts, what came in from outside is marked, and marked
/// packets do not go by it (`felix/rules/static.go:1365`, `felix/wireguard/wireguard.go:1608` at v3.28.5).
fn is_encrypted(world: &World<'_>, from: &str, to: &str, address: IpAddr, came_by: Option<Via<'_>>) -> Result<bool, Unknown> {
    let family = Family::of(address);
    if !encrypts(world, from, to, family) {
        return Ok(false);
    }
    let [here, there] = [from, to].map(|node| &world.settings.felix(node).wireguard);
    let marked = match came_by {
        None | Some(Via::Pod | Via::Loopback | Via::Tunnel(Tunnel::Wireguard, _)) => false,
        Some(Via::Outer { .. } | Via::Tunnel(..)) => here.hosts.value,
    };
    let end_of_tunnel = || world.nodes.get(to).is_some_and(|node| node.tunnel_addresses().any(|own| *own == address));
    let takes = match world.place(address) {
        Place::Pod(_) => true,
        Place::Node(_) => here.hosts.value || end_of_tunnel(),
        Place::Elsewhere => false,
    };
    if marked || !takes {
        return Ok(false);
    }
    // Of addresses outside every pool it hangs on how Felix learns of routes; of an interface with another name it is not known who counts
    // there; and one without an address of its own has the node's where hosts are encrypted.
    let pooled = !matches!(world.place(address), Place::Pod(_)) || world.pool(address).is_some();
    let usual = [here, there].into_iter().all(|of| of.has_usual_interface(family));
    let addressed = !there.hosts.value || world.nodes.get(to).is_some_and(|node| node.tunnel(Tunnel::Wireguard, family).is_some());
    let alike = here.of(family).port.value == there.of(family).port.value;
    if pooled && usual && addressed && alike { Ok(true) } else { Err(Unknown::BetweenNodes) }
}

/// The address that a node gives to what it translates or sends itself: its main one, or that of the tunnel. None where it is not known.
pub(super) fn address_of(world: &World<'_>, node: &str, tunnel: Option<Tunnel>, family: Family) -> Option<IpAddr> {
    let node = world.nodes.get(node)?;
    match tunnel {
        Some(tunnel) => node.tunnel(tunnel, family),
        None => node.main(family),
    }
}

/// Whether Felix of a node translates the source of a pod's packet: its pool has `natOutgoing`, and the address is in no pool, nor, where Felix is
/// set so, that of a node (`felix/rules/nat.go:52` at v3.28.5).
pub(super) fn nat_outgoing(world: &World<'_>, node: &str, packet: &Packet) -> bool {
    let leaves = world.pool(packet.source).is_some_and(|pool| pool.nat_outgoing) && world.pool(packet.destination).is_none();
    leaves && !(world.settings.felix(node).outgoing.spares_nodes.value && world.node_at(packet.destination))
}
