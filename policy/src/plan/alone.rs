//! What a guard at the pods alone has besides what its recipe makes of the Service: sets of the nodes' addresses, and HostEndpoints that nothing
//! stands on any more.

use super::{make, steps};
use crate::access::{Access, Change, HostEndpoints};
use crate::baseline;
use crate::object::{Node, ObjectKey, ServiceRef};
use crate::recipe::{self, Generated};
use crate::scope::{Scope, node_addresses, our_host_endpoints, tunnels};
use crate::snapshot::Snapshot;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// The node sets of a Service that is guarded with this access.
pub(super) fn node_sets(snapshot: &Snapshot, scope: &Scope, access: &Access) -> Vec<Generated> {
    if !access.enforced.at_pods_alone() {
        return Vec::new();
    }
    let tunnels = tunnels(snapshot);
    let addresses: BTreeSet<IpAddr> = snapshot.iter::<Node>().flat_map(|node| node_addresses(node, tunnels)).collect();
    recipe::node_sets(scope, access, &HostEndpoints::Existing, &Vec::from_iter(addresses))
}

/// HostEndpoints that are needed no more: of nodes that are gone; all of them where the last guard that stands on one goes to the pods alone.
pub(super) fn stale_host_endpoints(snapshot: &Snapshot, change: &Change) -> Vec<ObjectKey> {
    if change.at_pods_alone() && !edge_remains(snapshot, &change.service) {
        return steps::keys(our_host_endpoints(snapshot));
    }
    make::endpoints_without_node(snapshot)
}

/// Whether something else than the guard of `service` stands on HostEndpoints.
pub(super) fn edge_remains(snapshot: &Snapshot, service: &ServiceRef) -> bool {
    make::guards_remain(snapshot, Some(service)) || baseline::closed(snapshot).is_some()
}
