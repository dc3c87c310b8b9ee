//! Out of one node and into another: source translation, and the way between them.

use super::answer::Crossing;
use super::flow::{Flow, Step};
use super::host_endpoint::{Mains, Via, main, main_interfaces};
use super::node::Tunnel;
use super::packet::{IPIP, Packet, Ports, UDP};
use super::route;
use super::world::World;
use crate::cidr::Family;
use crate::reach::packet::PathKey;
use crate::reach::verdict::{Action, Journey, Stage, Unknown, Verdict};
use std::net::IpAddr;
use std::ops::ControlFlow::{self, Continue};

impl<'a> Flow<'_, 'a> {
    /// Out of this node: forward policy and that of the pod that sends, or the policy on what the node itself sends; then the translation of
    /// the source, which no policy of this node sees.
    pub(super) fn leave(&mut self, tunnel: Option<Tunnel>, translated: bool) -> Step {
        let family = self.packet.family();
        let out = tunnel.map_or_else(|| main(self.mains, self.node), |tunnel| Via::Tunnel(tunnel, family));
        match self.came_by {
            None => {
                if !translated && let Some(end) = route::address_of(self.world, self.node, tunnel, family) {
                    // The route gives what the node itself sends its source.
                    self.packet.source = end;
                }
                self.host_egress(out)?;
            }
            Some(via) => {
                self.forward_in(via)?;
                if let Some(sender) = self.pod {
                    self.pod_egress(sender)?;
                }
                if let Some(host) = self.forward_out(out)? {
                    self.taken_for_own(host)?;
                }
            }
        }
        if route::nat_outgoing(self.world, self.node, &self.packet) && !self.world.settings.felix(self.node).outgoing.is_usual() {
            return self.unknown(Stage::SourceTranslation, Unknown::NatOutgoing);
        }
        self.translate_source(tunnel)
    }

    /// *Source translation*: by kube-proxy's mark, for pods towards addresses outside every pool, and for what the node itself sends into a
    /// tunnel (`StaticNATPostroutingChains` in `felix/rules/static.go:893` at v3.28.5).
    pub(super) fn translate_source(&mut self, tunnel: Option<Tunnel>) -> Step {
        let family = self.packet.family();
        let outgoing = route::nat_outgoing(self.world, self.node, &self.packet);
        let own = self.came_by.is_none() && tunnel.is_some();
        if !self.masquerade && !outgoing && !own {
            return Continue(());
        }
        let Some(source) = route::address_of(self.world, self.node, tunnel, family) else {
            return self.unknown(Stage::SourceTranslation, Unknown::BetweenNodes);
        };
        let by_mark = std::mem::take(&mut self.masquerade);
        self.outsider = false;
        if source == self.packet.source {
            return Continue(());
        }
        let of = tunnel.map_or("main address".to_owned(), |tunnel| format!("address of its end of {}", tunnel.name()));
        let why = format!("The source `{}` becomes `{source}`, the {of} of `{}`.", self.packet.source, self.node);
        self.packet.source = source;
        if by_mark || outgoing {
            // The kernel takes any port that is free.
            self.packet.ports = self.packet.ports.map(|ports| Ports { source: None, ..ports });
        }
        self.note(Stage::SourceTranslation, None, Action::Translate, why);
        Continue(())
    }

    /// *Between nodes*: as it is by the main interface of the other; in a tunnel, whose own packets meet policy there first, by the tunnel.
    pub(super) fn cross(&mut self, node: &'a str, tunnel: Option<Tunnel>) -> Step {
        let from = std::mem::replace(&mut self.node, node);
        self.crossed.push(Crossing { from, tunnel, packet: self.packet, outsider: self.outsider });
        self.pod = None;
        let outer = main(self.mains, node);
        let Some(tunnel) = tunnel else {
            self.note(
                Stage::BetweenNodes,
                None,
                Action::Continue,
                format!("It goes from `{from}` to `{node}` as it is, and comes in by {}.", outer.in_words()),
            );
            return self.arrive(outer);
        };
        let family = self.packet.family();
        let why = format!("It goes from `{from}` to `{node}` inside {}, whose packets come in by {}.", tunnel.name(), outer.in_words());
        self.note(Stage::BetweenNodes, None, Action::Continue, why);
        let ends = [from, node].map(|name| route::address_of(self.world, name, None, family));
        let [Some(source), Some(destination)] = ends else { return self.unknown(Stage::BetweenNodes, Unknown::BetweenNodes) };
        let inner = std::mem::replace(&mut self.packet, carrier(self.world, (from, tunnel), source, destination));
        self.arrive(outer)?;
        self.packet = inner;
        if tunnel == Tunnel::Wireguard {
            self.decrypted(from)?;
        }
        self.arrive(Via::Tunnel(tunnel, family))
    }

    /// WireGuard takes from another node only what that has itself: its pods' addresses and those of its tunnels (`allowedCidrsForWireguard` in
    /// `felix/wireguard/wireguard.go:87` at v3.28.5). Which parts of pools are whose cannot be told of addresses that an outsider gives.
    fn decrypted(&mut self, from: &str) -> Step {
        let source = self.packet.source;
        if !self.outsider {
            return Continue(());
        }
        if self.world.pool(source).is_some() {
            return self.unknown(Stage::BetweenNodes, Unknown::BetweenNodes);
        }
        let why =
            format!("WireGuard on `{}` drops it: the source `{source}` is none of the addresses that it takes from `{from}`.", self.node);
        self.end(Stage::BetweenNodes, None, Verdict::Denied, why)
    }
}

/// What becomes of the packets of each tunnel by which pods of one node reach those of another, and by which nodes do.
pub(super) fn tunnels<'a>(world: &World<'a>, from: &'a str, to: &'a str) -> Vec<(&'static str, Journey)> {
    let mut found: Vec<(Tunnel, Journey)> = Vec::new();
    let encrypted: Vec<Family> = [Family::V4, Family::V6].into_iter().filter(|family| route::encrypts(world, from, to, *family)).collect();
    // What is not encrypted goes by the pools' tunnels; where hosts are encrypted, that is what came in from outside.
    let in_use = |family: &Family| !encrypted.contains(family) || world.settings.felix(from).wireguard.hosts.value;
    let pools = world.pool_addresses().filter(|pool| in_use(&Family::of(*pool)));
    let by_pools = pools.filter_map(|pool| Some((Family::of(pool), route::by_pool(world, from, to, pool)?)));
    for (family, tunnel) in encrypted.iter().map(|family| (*family, Tunnel::Wireguard)).chain(by_pools) {
        let ends = [from, to].map(|node| route::address_of(world, node, None, family));
        let [Some(source), Some(destination)] = ends else { continue };
        if found.iter().any(|(known, journey)| *known == tunnel && journey.path.address == destination) {
            continue;
        }
        let mut told = main_interfaces(world, to).into_iter().map(|interface| {
            let mains = Mains { of: [(to, interface)].into(), asked: None };
            let packet = carrier(world, (from, tunnel), source, destination);
            let mut flow = Flow {
                world,
                mains: &mains,
                packet,
                node: to,
                came_by: None,
                pod: None,
                marked: false,
                masquerade: false,
                outsider: false,
                crossed: Vec::new(),
                answering: false,
                hops: Vec::new(),
            };
            let verdict = match flow.arrive(main(&mains, to)) {
                ControlFlow::Break(verdict) => verdict,
                Continue(()) => Verdict::Allowed,
            };
            (verdict, flow.hops)
        });
        let Some((verdict, hops)) = told.next() else { continue };
        let alike = told.all(|(other, _)| other == verdict);
        let path = PathKey { node: from.to_owned(), interface: None, address: destination, backend: None };
        let verdict = if alike { verdict } else { Verdict::Unknown(Unknown::BetweenNodes) };
        found.push((tunnel, Journey { path, verdict, source_seen_by_pod: None, hops }));
    }
    found.into_iter().map(|(tunnel, journey)| (tunnel.name(), journey)).collect()
}

/// A tunnel's own packet, as this node sends it.
fn carrier(world: &World<'_>, (node, tunnel): (&str, Tunnel), source: IpAddr, destination: IpAddr) -> Packet {
    let udp = |port| Packet {
        source,
        destination,
        protocol: UDP,
        ports: Some(Ports { source: if tunnel == Tunnel::Wireguard { Some(port) } else { None }, destination: port }),
        icmp: None,
    };
    match tunnel {
        Tunnel::Ipip => Packet { source, destination, protocol: IPIP, ports: None, icmp: None },
        Tunnel::Vxlan => udp(world.settings.felix(node).vxlan_port.value),
        Tunnel::Wireguard => udp(world.settings.felix(node).wireguard.of(Family::of(source)).port.value),
    }
}
