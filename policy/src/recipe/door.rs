//! Doors: the places at which a Service is offered, as the rules of its edge policy mean them.
//!
//! A cluster IP is the Service's alone, so all of it is closed. External IPs and the addresses of a load balancer may be other Services'
//! too, or a node's own, on other ports; NodePorts are at addresses that are the nodes'. There the rules name protocol and ports beside
//! the address, and say nothing about the rest.

use super::edge_policy::Place;
use super::{Recipe, address_net, global, ports_in_words};
use crate::access::{HostEndpoints, Port, Protocol};
use crate::names;
use crate::object::{EntityRule, IntOrString, Rule};
use crate::scope::ServiceFacts;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// A place at which a Service is offered.
pub(super) struct Door {
    /// Packets to it.
    pub(super) to: EntityRule,
    /// It in words, as `10.20.30.40 and fd00::40`.
    pub(super) at: String,
    /// What it is.
    pub(super) kind: DoorKind,
    /// Only packets of this family; of either where `to` tells.
    pub(super) ip_version: Option<i64>,
    /// What is guarded there: ports by protocol; everything where none.
    guarded: Option<BTreeMap<Protocol, Vec<u16>>>,
}

/// What a door is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DoorKind {
    /// The cluster IPs.
    ClusterIps,
    /// External IPs and addresses of the load balancer.
    Outer,
    /// The NodePorts.
    NodePorts,
}

/// Packets to a door: of one protocol to some ports, or all.
pub(super) struct Packets<'a> {
    to: &'a EntityRule,
    ports: Option<(Protocol, Vec<u16>)>,
}

impl Packets<'_> {
    /// `action` for these packets.
    pub(super) fn rule(self, action: Rule) -> Rule {
        let Some((protocol, ports)) = self.ports else { return Rule { destination: self.to.clone(), ..action } };
        let ports = ports.iter().map(|port| IntOrString::Int(i64::from(*port))).collect();
        Rule {
            protocol: Some(IntOrString::String(protocol.name().to_owned())),
            destination: EntityRule { ports, ..self.to.clone() },
            ..action
        }
    }
}

impl Door {
    /// The packets for some ports of the Service (all of them where empty), with the ports of the door in words.
    pub(super) fn packets(&self, service: &ServiceFacts, ports: &[Port]) -> Vec<(Packets<'_>, String)> {
        let numbers = match self.kind {
            DoorKind::NodePorts => service.node_ports(ports),
            DoorKind::ClusterIps | DoorKind::Outer => service.service_ports(ports),
        };
        self.by_protocol(numbers)
    }

    /// Packets to one port of it, of the Service or not.
    pub(super) fn packets_to(&self, protocol: Protocol, port: u16) -> Packets<'_> {
        Packets { to: &self.to, ports: Some((protocol, vec![port])) }
    }

    /// All packets that are guarded, with the ports in words; without where it is every port.
    pub(super) fn every_packet(&self) -> Vec<(Packets<'_>, Option<String>)> {
        match &self.guarded {
            None => vec![(Packets { to: &self.to, ports: None }, None)],
            Some(guarded) => self.by_protocol(guarded.clone()).into_iter().map(|(packets, ports)| (packets, Some(ports))).collect(),
        }
    }

    fn by_protocol(&self, numbers: BTreeMap<Protocol, Vec<u16>>) -> Vec<(Packets<'_>, String)> {
        let packets = |(protocol, numbers): (Protocol, Vec<u16>)| {
            let named: Vec<Port> = numbers.iter().map(|port| Port { protocol, port: *port }).collect();
            (Packets { to: &self.to, ports: Some((protocol, numbers)) }, ports_in_words(&named))
        };
        numbers.into_iter().map(packets).collect()
    }
}

impl Recipe<'_> {
    /// The doors of the Service under the edge policy at `place`, which stands on the HostEndpoints that `edge` selects.
    pub(super) fn doors(&self, place: &Place, edge: &str) -> Vec<Door> {
        let service = &self.scope.service;
        let mut doors = self.cluster_ips(place);
        let outer: Vec<IpAddr> = service.outer_addresses().into_iter().collect();
        let guarded = service.service_ports(&[]);
        doors.extend(by_family(&outer).map(|addresses| Door {
            to: EntityRule { nets: nets(&addresses), ..EntityRule::default() },
            at: in_words(&addresses),
            kind: DoorKind::Outer,
            ip_version: None,
            guarded: Some(guarded.clone()),
        }));
        if service.has_node_ports() {
            // The nodes have NodePorts in the families of the Service's cluster IPs.
            let families: Vec<bool> = by_family(&service.cluster_ips).filter_map(|of| of.first().map(IpAddr::is_ipv4)).collect();
            let ip_version = match families.as_slice() {
                [v4] => Some(if *v4 { 4 } else { 6 }),
                _ => None,
            };
            doors.push(Door {
                to: global(edge),
                at: "the nodes' own addresses".to_owned(),
                kind: DoorKind::NodePorts,
                ip_version,
                guarded: Some(service.node_ports(&[])),
            });
        }
        doors
    }

    /// The cluster IPs: what the group's address sets have. Where the policy is this Service's own they are named too, by family: a rule has
    /// nets of one.
    fn cluster_ips(&self, place: &Place) -> Vec<Door> {
        let addresses = &self.scope.service.cluster_ips;
        let of_group = if place.by_set { global(&format!("{} == '{}'", names::ADDRESSES_LABEL, place.id)) } else { EntityRule::default() };
        let door = |to: EntityRule, at: String| Door { to, at, kind: DoorKind::ClusterIps, ip_version: None, guarded: None };
        if !place.own {
            return vec![door(of_group, in_words(addresses))];
        }
        let named = |addresses: Vec<IpAddr>| door(EntityRule { nets: nets(&addresses), ..of_group.clone() }, in_words(&addresses));
        by_family(addresses).map(named).collect()
    }

    /// The addresses of nodes that have no HostEndpoint and do not receive, as nets of one family each. Where the plan gives every node one
    /// there is none.
    pub(super) fn quiet_nets(&self) -> impl Iterator<Item = Vec<String>> {
        let quiet = match self.host_endpoints {
            HostEndpoints::Named { .. } => &[][..],
            HostEndpoints::Existing | HostEndpoints::Automatic => &self.scope.edge.quiet_addresses,
        };
        by_family(quiet).map(|addresses| nets(&addresses))
    }
}

/// The addresses of each family that there are some of.
fn by_family(addresses: &[IpAddr]) -> impl Iterator<Item = Vec<IpAddr>> + use<> {
    let (v4, v6): (Vec<IpAddr>, Vec<IpAddr>) = addresses.iter().partition(|address| address.is_ipv4());
    [v4, v6].into_iter().filter(|addresses| !addresses.is_empty())
}

fn nets(addresses: &[IpAddr]) -> Vec<String> {
    addresses.iter().copied().map(address_net).collect()
}

/// Addresses, as `10.20.30.40 and fd00::40`.
fn in_words(addresses: &[IpAddr]) -> String {
    addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
}
