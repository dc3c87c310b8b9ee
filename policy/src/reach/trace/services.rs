//! Which Services may have a packet: those at its address, and those with its port at every node.

use super::proxy;
use super::sorted::Sorted;
use crate::object::Service;
use crate::snapshot::Snapshot;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

/// The Services of a snapshot.
pub(super) struct Services<'a> {
    /// By namespace and name.
    all: Vec<&'a Arc<Service>>,
    /// Places in [`Services::all`].
    at: Sorted<IpAddr, usize>,
    node_ports: Sorted<u16, usize>,
}

impl<'a> Services<'a> {
    pub(super) fn of(snapshot: &'a Snapshot) -> Self {
        let all: Vec<&Arc<Service>> = snapshot.iter::<Service>().collect();
        let at =
            |(place, service): (usize, &&Arc<Service>)| proxy::addresses(service).into_iter().map(move |(address, _)| (address, place));
        let ports = |(place, service): (usize, &&'a Arc<Service>)| service.spec.ports.iter().map(move |port| (port.node_port, place));
        let node_ports = all.iter().enumerate().flat_map(ports).filter(|(port, _)| *port != 0);
        Self { at: all.iter().enumerate().flat_map(at).collect(), node_ports: node_ports.collect(), all }
    }

    /// Those that have this address, and those with this NodePort, each once, by namespace and name.
    pub(super) fn at(&self, address: IpAddr, node_port: Option<u16>) -> impl Iterator<Item = &'a Arc<Service>> {
        let places: BTreeSet<usize> = self.at.at(address).chain(node_port.into_iter().flat_map(|port| self.node_ports.at(port))).collect();
        places.into_iter().filter_map(|place| self.all.get(place).copied())
    }
}
