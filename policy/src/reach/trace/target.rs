//! What a question is about: the addresses that it is sent to, and what kube-proxy has there.

use super::journey::Start;
use super::packet::Packet;
use super::proxy::{self, Offer};
use super::route;
use super::world::World;
use super::{ports, proxy::By};
use crate::object::{Kind, Service};
use crate::reach::packet::{Carries, Destination, Question};
use crate::reach::verdict::Unknown;
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address that a question is about.
#[derive(Debug, Clone)]
pub(super) struct Target<'a> {
    pub(super) address: IpAddr,
    /// What Services offer there, at the port in question.
    pub(super) offers: Vec<Offer<'a>>,
    /// Whether a Service has the address, at whatever port.
    pub(super) of_service: bool,
}

/// Every address that the question is about.
pub(super) fn targets<'a>(world: &World<'a>, question: &Question) -> Result<Vec<Target<'a>>, Unknown> {
    if let Some(why) = world.not_read(&[Kind::Service]).or_else(|| world.unreadable(&[Kind::Service], None)) {
        return Err(why);
    }
    let addresses: BTreeSet<IpAddr> = match &question.to {
        Destination::Address { address } => BTreeSet::from([*address]),
        Destination::Service { service } => {
            let service = world.snapshot.get::<Service>(service.namespace(), service.name()).ok_or(Unknown::NoSuchAddress)?;
            of_service(world, service, question.carries)
        }
    };
    let mut targets = Vec::new();
    for address in addresses {
        let nobody = if address.is_ipv4() { IpAddr::V4(Ipv4Addr::UNSPECIFIED) } else { IpAddr::V6(Ipv6Addr::UNSPECIFIED) };
        let (offers, of_service) = proxy::offers(world, &Packet::new(nobody, address, question.carries));
        targets.push(Target { address, offers, of_service });
    }
    Ok(targets)
}

/// The addresses of a Service at which the port is served: its own for one of its ports, those of every node for a NodePort. Its own
/// where none is, which then refuse it.
fn of_service(world: &World<'_>, service: &Service, carries: Carries) -> BTreeSet<IpAddr> {
    let own: BTreeSet<IpAddr> = proxy::addresses(service).into_iter().map(|(address, _)| address).collect();
    let Carries::Ports { protocol, port, .. } = carries else { return own };
    let same = |text: &str| ports::of_kubernetes(text) == ports::of_kubernetes(protocol.name());
    let mut ports = service.spec.ports.iter().filter(|own| same(&own.protocol)).peekable();
    if ports.peek().is_none() {
        return own;
    }
    let ports: Vec<_> = ports.collect();
    let mut found = BTreeSet::new();
    if ports.iter().any(|own| own.port == port) {
        found.extend(own.iter().copied());
    }
    let of_nodes = port != 0 && !own.is_empty() && ports.iter().any(|own| own.node_port == port);
    if of_nodes {
        let families: BTreeSet<bool> = own_families(service);
        for (name, node) in world.nodes.iter() {
            let own = node.addresses.iter().filter(|address| families.contains(&address.is_ipv4()));
            found.extend(own.filter(|address| proxy::has_node_ports(world, name, **address)));
        }
    }
    if found.is_empty() && !of_nodes { own } else { found }
}

/// Whether the Service has IPv4 (true) and IPv6 (false).
fn own_families(service: &Service) -> BTreeSet<bool> {
    proxy::addresses(service).into_iter().filter(|(_, by)| *by == By::Cluster).map(|(address, _)| address.is_ipv4()).collect()
}

/// The source of a packet once it has left the node where it begins, for the node of a NodePort.
pub(super) fn source_at(world: &World<'_>, start: &Start<'_>, packet: &Packet) -> IpAddr {
    match start {
        Start::Pod(_) if route::nat_outgoing(world, start.node(), packet) => {
            route::address_of(world, start.node(), None, packet.family()).unwrap_or(packet.source)
        }
        _ => packet.source,
    }
}
