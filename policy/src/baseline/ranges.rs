//! The ranges that BGPConfiguration advertises for Services, and what of them is the nodes' own.

use crate::cidr::{Cidr, CidrSet};
use crate::object::{BgpConfiguration, HostEndpoint, Kept, Node};
use crate::scope::{Tunnels, node_addresses};
use crate::snapshot::Snapshot;
use std::net::IpAddr;
use std::sync::Arc;

/// An advertised range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) cidr: Cidr,
    /// Addresses of nodes in it.
    pub(super) nodes: CidrSet,
}

impl Range {
    /// What of it may be closed.
    pub(super) fn closable(&self) -> CidrSet {
        CidrSet::from(self.cidr).difference(&self.nodes)
    }
}

/// The advertised ranges, in order; one that lies in another is part of that.
pub(super) fn ranges(snapshot: &Snapshot) -> Vec<Range> {
    let Some(bgp) = snapshot.get::<BgpConfiguration>("", "default") else { return Vec::new() };
    let spec = &bgp.spec;
    let blocks = [&spec.service_cluster_ips, &spec.service_external_ips, &spec.service_load_balancer_ips].into_iter().flatten();
    let mut cidrs: Vec<Cidr> = blocks.filter_map(|block| block.cidr.parse().ok()).collect();
    cidrs.sort_unstable();
    cidrs.dedup();
    let own = of_nodes(snapshot);
    let outermost = |cidr: &&Cidr| !cidrs.iter().any(|other| other != *cidr && other.covers(**cidr));
    cidrs.iter().filter(outermost).map(|cidr| Range { cidr: *cidr, nodes: own.intersection(&CidrSet::from(*cidr)) }).collect()
}

/// The nodes' own addresses: those that Kubernetes and Calico know of, their tunnels', and what HostEndpoints list.
fn of_nodes(snapshot: &Snapshot) -> CidrSet {
    let nodes = snapshot.iter::<Node>().flat_map(|node| {
        let status = node.status.addresses.iter().filter_map(|at| at.address.parse::<IpAddr>().ok());
        node_addresses(node, Tunnels::ALL).into_iter().chain(status).collect::<Vec<_>>()
    });
    let listed = snapshot.iter::<Kept<HostEndpoint>>().map(Arc::as_ref).flat_map(|endpoint| &endpoint.spec.expected_ips);
    nodes.chain(listed.filter_map(|text| text.parse().ok())).filter_map(|address| Cidr::try_from(address).ok()).collect()
}
