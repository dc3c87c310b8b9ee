//! How packets go from node to node: as they are, by the tunnel of a pool, or encrypted.

use super::hosts::{Host, TUNNELS, Tunnel};
use super::journey::Outcome;
use super::members::net;
use super::proxy::{Back, Place as At};
use super::service::Door;
use super::world::{Dest, World};
use crate::cidr::{Cidr, CidrSet, Family};
use crate::object::{IpPool, Kind};
use crate::reach::settings::{FelixSettings, Settings};
use crate::reach::verdict::Unknown;
use std::collections::BTreeSet;

/// What carries packets to a backend on another node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Encapsulation {
    encryption: Encryption,
    pool: Mode,
}

/// Whether WireGuard takes them, where both nodes have a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encryption {
    No,
    Yes,
    /// It cannot be told.
    Unclear,
}

/// What the pool of the backend says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Never,
    /// Whichever nodes they are.
    Always(Tunnel),
    /// Between nodes of different networks.
    Across(Tunnel),
}

impl World<'_> {
    /// What carries packets of clients outside to a backend on this node.
    pub(super) fn encapsulation(&self, door: &Door, back: &Back, host: &Host, dest: Dest) -> Result<Encapsulation, Unknown> {
        // The ways to hosts are encrypted for what hosts and pods send alone: what came in from outside is marked, and goes by none of them.
        if !matches!(back.at, At::Pod(_)) {
            return Ok(Encapsulation { encryption: Encryption::No, pool: Mode::Never });
        }
        if let Some(reason) = self.blind(&[Kind::IpPool]) {
            return Err(reason);
        }
        let holding = self.pools().filter(|(cidr, _)| cidr.contains(dest.address)).max_by_key(|(cidr, _)| cidr.prefix_len());
        let pool = holding.map_or(Mode::Never, |(_, pool)| mode(pool));
        let mut encryption = encryption(door.class.felix, self.felix(&host.name), host, dest.family());
        if holding.is_none() && encryption == Encryption::Yes {
            // It hangs on where Felix learns of routes.
            encryption = Encryption::Unclear;
        }
        Ok(Encapsulation { encryption, pool })
    }

    /// The tunnel between two nodes; none where packets go as they are.
    pub(super) fn tunnel_between(
        &self,
        encapsulation: Encapsulation,
        from: &Host,
        to: &Host,
        family: Family,
    ) -> Result<Option<Tunnel>, Unknown> {
        if encapsulation.encryption != Encryption::No && self.hosts.are_peers(from, to, family) {
            return match encapsulation.encryption {
                Encryption::Unclear => Err(Unknown::BetweenNodes),
                _ => Ok(Some(Tunnel::Wireguard)),
            };
        }
        Ok(match encapsulation.pool {
            Mode::Never => None,
            Mode::Always(tunnel) => Some(tunnel),
            Mode::Across(tunnel) => {
                // The sending node's network holds the other's address (felix/calc/l3_route_resolver.go, `nodeInOurSubnet`, at v3.28.5).
                let near = from.subnet(family).zip(to.main(family)).is_some_and(|(subnet, address)| subnet.contains(address));
                (!near).then_some(tunnel)
            }
        })
    }

    /// What becomes of packets that leave a tunnel with the source that clients outside gave them. WireGuard takes from a node only what is
    /// that node's (felix/wireguard/wireguard.go:87 at v3.28.5); of addresses in pools it cannot be told whose they are.
    pub(super) fn unpacked(&self, tunnel: Option<Tunnel>, inner: &Outcome, kept: &CidrSet) -> Outcome {
        if tunnel != Some(Tunnel::Wireguard) {
            return inner.within(kept);
        }
        let pools: CidrSet = self.pools().map(|(cidr, _)| cidr).collect();
        Outcome::unknown(Unknown::BetweenNodes, kept.intersection(&pools)).and(&Outcome::denied(kept.difference(&pools)))
    }

    fn pools(&self) -> impl Iterator<Item = (Cidr, &IpPool)> {
        self.snapshot.iter::<IpPool>().filter_map(|pool| Some((net(&pool.spec.cidr)?, pool.as_ref())))
    }
}

fn mode(pool: &IpPool) -> Mode {
    let mode = |text: &str, tunnel| match text {
        "Always" => Some(Mode::Always(tunnel)),
        "CrossSubnet" => Some(Mode::Across(tunnel)),
        _ => None,
    };
    mode(&pool.spec.ipip_mode, Tunnel::Ipip).or_else(|| mode(&pool.spec.vxlan_mode, Tunnel::Vxlan)).unwrap_or(Mode::Never)
}

/// Whether Felix of two nodes encrypts what comes in from outside for pods: both do, and the first does not mark it for the main routes, as it
/// does where it encrypts hosts (felix/rules/static.go:1365 at v3.28.5).
fn encryption(from: &FelixSettings, to: &FelixSettings, host: &Host, family: Family) -> Encryption {
    let both = [&from.wireguard, &to.wireguard];
    if both.iter().any(|one| !one.of(family).enabled.value) || from.wireguard.hosts.value {
        return Encryption::No;
    }
    let [one, other] = both.map(|wireguard| (wireguard.has_usual_interface(family), wireguard.of(family).port.value));
    // Without an address of its own the interface has the node's, where hosts are encrypted.
    let addressed = host.tunnel(Tunnel::Wireguard, family).is_some() || !to.wireguard.hosts.value;
    if one == other && one.0 && addressed { Encryption::Yes } else { Encryption::Unclear }
}

/// The protocol and port of the packets that carry others to a node (felix/config/config_params.go at v3.28.5).
pub(super) const fn outer_packet(tunnel: Tunnel, family: Family, felix: &FelixSettings) -> (u8, u16) {
    match tunnel {
        Tunnel::Ipip => (4, 0),
        Tunnel::Vxlan => (17, felix.vxlan_port.value),
        Tunnel::Wireguard => (17, felix.wireguard.of(family).port.value),
    }
}

/// Protocol and port of every such packet that these settings make possible.
pub(crate) fn outer_packets(settings: &Settings) -> BTreeSet<(u8, u16)> {
    let felix = || std::iter::once(&settings.felix).chain(settings.nodes.values());
    TUNNELS.iter().flat_map(|(tunnel, family, ..)| felix().map(|felix| outer_packet(*tunnel, *family, felix))).collect()
}
