//! The packet on its way, as rules see it.

use crate::cidr::Family;
use crate::reach::packet::{Carries, EPHEMERAL};
use std::fmt;
use std::net::IpAddr;

/// Numbers of protocols (IANA).
pub(super) const ICMP: u8 = 1;
pub(super) const IPIP: u8 = 4;
pub(super) const TCP: u8 = 6;
pub(super) const UDP: u8 = 17;
pub(super) const ICMPV6: u8 = 58;
pub(super) const SCTP: u8 = 132;

/// A packet, at one place of its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Packet {
    pub(super) source: IpAddr,
    pub(super) destination: IpAddr,
    pub(super) protocol: u8,
    /// None where the protocol has no ports, or they are not known.
    pub(super) ports: Option<Ports>,
    /// Type and code of ICMP.
    pub(super) icmp: Option<(u8, u8)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ports {
    /// None for any of [`EPHEMERAL`].
    pub(super) source: Option<u16>,
    pub(super) destination: u16,
}

impl Packet {
    pub(super) fn new(source: IpAddr, destination: IpAddr, carries: Carries) -> Self {
        let (protocol, ports, icmp) = match carries {
            Carries::Ports { protocol, port, source_port } => {
                let number = match protocol {
                    crate::access::Protocol::Tcp => TCP,
                    crate::access::Protocol::Udp => UDP,
                    crate::access::Protocol::Sctp => SCTP,
                };
                (number, Some(Ports { source: source_port, destination: port }), None)
            }
            Carries::Icmp { kind, code } => (if destination.is_ipv4() { ICMP } else { ICMPV6 }, None, Some((kind, code))),
            Carries::Other { protocol } => (protocol, None, None),
        };
        Self { source, destination, protocol, ports, icmp }
    }

    pub(super) fn family(&self) -> Family {
        Family::of(self.destination)
    }

    /// `TCP port 443`, `ICMP type 8`, `protocol 47`.
    pub(super) fn carried(&self) -> String {
        match (self.ports, self.icmp) {
            (Some(ports), _) => format!("{} port {}", protocol_name(self.protocol), ports.destination),
            (None, Some((kind, _))) => format!("{} type {kind}", protocol_name(self.protocol)),
            (None, None) => protocol_name(self.protocol),
        }
    }
}

impl fmt::Display for Packet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} from `{}` to `{}`", self.carried(), self.source, self.destination)
    }
}

/// `TCP`, `protocol 47`.
pub(super) fn protocol_name(number: u8) -> String {
    match number {
        ICMP => "ICMP".to_owned(),
        TCP => "TCP".to_owned(),
        UDP => "UDP".to_owned(),
        ICMPV6 => "ICMPv6".to_owned(),
        SCTP => "SCTP".to_owned(),
        136 => "UDPLite".to_owned(),
        number => format!("protocol {number}"),
    }
}

/// Whether the ranges hold the source port: none where it is not known and they tell ephemeral ports apart.
pub(super) fn holds(ranges: &mut [(u16, u16)], port: Option<u16>) -> Option<bool> {
    let Some(port) = port else { return holds_ephemeral(ranges) };
    Some(ranges.iter().any(|(first, last)| (*first..=*last).contains(&port)))
}

fn holds_ephemeral(ranges: &mut [(u16, u16)]) -> Option<bool> {
    ranges.sort_unstable();
    let (first, last) = EPHEMERAL;
    if !ranges.iter().any(|range| range.0 <= last && first <= range.1) {
        return Some(false);
    }
    // One after another they must leave no gap.
    let mut next = u32::from(first);
    for (from, to) in ranges.iter() {
        if u32::from(*from) > next {
            break;
        }
        next = next.max(u32::from(*to) + 1);
    }
    (next > u32::from(last)).then_some(true)
}
