//! The Services that nobody has guarded, by what closing does to them.

use crate::access::in_force;
use crate::cidr::CidrSet;
use crate::object::{Service, ServiceRef};
use crate::scope::ServiceFacts;
use crate::snapshot::Snapshot;
use std::net::IpAddr;

/// Services that Portcullis does not guard.
#[derive(Debug, Default)]
pub(super) struct Unguarded {
    /// With an address in what can be closed.
    pub(super) closable: Vec<ServiceRef>,
    /// With an address in an advertised range that is a node's own.
    pub(super) at_nodes: Vec<ServiceRef>,
    /// With a NodePort.
    pub(super) node_ports: Vec<ServiceRef>,
}

impl Unguarded {
    /// Of a cluster, by the addresses that can be closed and those of nodes in the advertised ranges.
    pub(super) fn of(snapshot: &Snapshot, closable: &CidrSet, nodes: &CidrSet) -> Self {
        let mut found = Self::default();
        for facts in snapshot.iter::<Service>().filter_map(|service| ServiceFacts::of(service)) {
            let own: Vec<IpAddr> = facts.cluster_ips.iter().copied().chain(facts.outer_addresses()).collect();
            let lies_in = |set: &CidrSet| own.iter().any(|address| set.contains(*address));
            let (closable, at_node, node_ports) = (lies_in(closable), lies_in(nodes), facts.has_node_ports());
            if !closable && !at_node && !node_ports || in_force(snapshot, &facts.service).is_some() {
                continue;
            }
            for (list, belongs) in [(&mut found.closable, closable), (&mut found.at_nodes, at_node), (&mut found.node_ports, node_ports)] {
                list.extend(belongs.then(|| facts.service.clone()));
            }
        }
        found
    }
}
