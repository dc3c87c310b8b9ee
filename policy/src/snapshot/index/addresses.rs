//! Which endpoint has an address, which Services have it as a backend, and which objects Felix does not have at all.

use super::Index;
use crate::object::{AnyObject, Kind, ObjectKey, Pod};
use crate::validate;
use imbl::OrdSet;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

/// Objects by their addresses.
pub(super) type ByAddress = OrdSet<(IpAddr, Arc<ObjectKey>)>;

impl Index {
    pub(super) fn change_addresses(&mut self, key: &Arc<ObjectKey>, old: Option<&AnyObject>, new: Option<&AnyObject>) {
        let found = if key.kind == Kind::EndpointSlice { &mut self.backends } else { &mut self.endpoints };
        let (old, new) = (old.map(of).unwrap_or_default(), new.map(of).unwrap_or_default());
        for address in old.difference(&new) {
            found.remove(&(*address, key.clone()));
        }
        for address in new.difference(&old) {
            found.insert((*address, key.clone()));
        }
    }

    pub(super) fn change_refused(&mut self, key: &ObjectKey, new: Option<&AnyObject>) {
        let judged = [
            Kind::NetworkPolicy,
            Kind::GlobalNetworkPolicy,
            Kind::StagedGlobalNetworkPolicy,
            Kind::HostEndpoint,
            Kind::NetworkSet,
            Kind::GlobalNetworkSet,
        ];
        if !judged.contains(&key.kind) {
            return;
        }
        if new.is_some_and(|object| !validate::dropped_by_felix(object).is_empty()) {
            self.refused.insert(key.clone());
        } else {
            self.refused.remove(key);
        }
    }

    /// The pods and HostEndpoints with an address between these two, both included.
    pub(in crate::snapshot) fn endpoints_between(&self, first: IpAddr, last: IpAddr) -> impl Iterator<Item = (IpAddr, &ObjectKey)> {
        between(&self.endpoints, first, last)
    }

    /// The Services that list this address.
    pub(in crate::snapshot) fn services_at(&self, address: IpAddr) -> impl Iterator<Item = &ObjectKey> {
        between(&self.addresses, address, address).map(|(_, key)| key)
    }

    /// The EndpointSlices with an endpoint at this address.
    pub(in crate::snapshot) fn slices_at(&self, address: IpAddr) -> impl Iterator<Item = &ObjectKey> {
        between(&self.backends, address, address).map(|(_, key)| key)
    }
}

fn between(objects: &ByAddress, first: IpAddr, last: IpAddr) -> impl Iterator<Item = (IpAddr, &ObjectKey)> {
    let from = (first, Arc::new(ObjectKey::new(Kind::Namespace, "", "")));
    objects.range(from..).take_while(move |(address, _)| *address <= last).map(|(address, key)| (*address, &**key))
}

/// Whether the addresses may differ: most events of a pod leave them.
pub(super) fn differ(old: Option<&AnyObject>, new: Option<&AnyObject>) -> bool {
    match (old, new) {
        (Some(AnyObject::Pod(old)), Some(AnyObject::Pod(new))) => of_pod(old) != of_pod(new),
        (Some(AnyObject::HostEndpoint(old)), Some(AnyObject::HostEndpoint(new))) => old.spec.expected_ips != new.spec.expected_ips,
        (Some(AnyObject::EndpointSlice(old)), Some(AnyObject::EndpointSlice(new))) => old.endpoints != new.endpoints,
        _ => true,
    }
}

/// Whether what is read of a Node's addresses differs: heartbeats do not count.
pub(super) fn node_differs(old: Option<&AnyObject>, new: Option<&AnyObject>) -> bool {
    match (old, new) {
        (Some(AnyObject::Node(old)), Some(AnyObject::Node(new))) => {
            old.status != new.status || old.metadata.annotations != new.metadata.annotations || old.metadata.labels != new.metadata.labels
        }
        _ => true,
    }
}

fn of(object: &AnyObject) -> BTreeSet<IpAddr> {
    match object {
        AnyObject::Pod(pod) => of_pod(pod),
        AnyObject::HostEndpoint(endpoint) => endpoint.spec.expected_ips.iter().filter_map(|text| text.parse().ok()).collect(),
        AnyObject::EndpointSlice(slice) => {
            slice.endpoints.iter().flat_map(|endpoint| &endpoint.addresses).filter_map(|text| text.parse().ok()).collect()
        }
        _ => BTreeSet::new(),
    }
}

/// The addresses that Calico has for a pod: none before it is scheduled, on the host network, or once it has ended
/// (conversion.go:133-237 at v3.27.0).
pub(crate) fn of_pod(pod: &Pod) -> BTreeSet<IpAddr> {
    let ended = matches!(pod.status.phase.as_str(), "Succeeded" | "Failed");
    if ended || pod.spec.host_network || pod.spec.node_name.is_empty() {
        return BTreeSet::new();
    }
    let texts = pod.status.pod_ips.iter().map(|entry| &entry.ip).chain([&pod.status.pod_ip]);
    texts.filter_map(|text| text.parse().ok()).collect()
}
