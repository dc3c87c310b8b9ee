//! The access in force, read back from the objects that carry it out.

use super::{Access, ClientRange, HostEndpoints, InCluster, Port};
use crate::cidr::Cidr;
use crate::names;
use crate::object::{self, GlobalNetworkPolicy, GlobalNetworkSet, ServiceRef};
use crate::snapshot::Snapshot;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What of the access the objects do not say: kept in an annotation of the edge policy.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Kept {
    pub(crate) in_cluster: InCluster,
    pub(crate) host_endpoints: HostEndpoints,
}

/// The access in force on `service`; none where Portcullis does not guard it. What somebody wrote into our annotations by hand and
/// cannot be read counts as not written: nets are read from the sets themselves.
#[must_use]
pub fn in_force(snapshot: &Snapshot, service: &ServiceRef) -> Option<Access> {
    let policy = snapshot.get::<object::Kept<GlobalNetworkPolicy>>("", &names::edge_policy(service))?;
    let annotations = &policy.metadata.annotations;
    if annotations.get(names::SERVICE_ANNOTATION).is_none_or(|owner| *owner != service.to_string()) {
        return None;
    }
    let kept: Kept = annotations.get(names::ACCESS_ANNOTATION).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let mut clients = Vec::new();
    for set in own_sets(snapshot, service) {
        let annotations = &set.metadata.annotations;
        let ports = read_ports(annotations.get(names::PORTS_ANNOTATION).map_or("", String::as_str));
        let notes: BTreeMap<String, String> =
            annotations.get(names::NOTES_ANNOTATION).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        for cidr in whole(set.spec.nets.iter().filter_map(|net| net.parse().ok()).collect()) {
            let note = notes.get(&cidr.to_string()).cloned().unwrap_or_default();
            clients.push(ClientRange { cidr, ports: ports.clone(), note });
        }
    }
    Some(Access { clients, in_cluster: kept.in_cluster }.normalised())
}

/// The client sets of `service`, by name.
pub(crate) fn own_sets<'a>(snapshot: &'a Snapshot, service: &ServiceRef) -> impl Iterator<Item = &'a Arc<object::Kept<GlobalNetworkSet>>> {
    let owner = service.to_string();
    snapshot
        .iter::<object::Kept<GlobalNetworkSet>>()
        .filter(move |set| names::is_ours(&set.metadata) && set.metadata.annotations.get(names::SERVICE_ANNOTATION) == Some(&owner))
}

/// Ports as the annotation of a set writes them.
pub(crate) fn read_ports(text: &str) -> Vec<Port> {
    text.split(',').filter_map(|port| port.parse().ok()).collect()
}

/// A whole family is written as its two halves (the kernel's sets hold no range of length 0): put together again.
fn whole(mut cidrs: Vec<Cidr>) -> Vec<Cidr> {
    for family in [crate::cidr::Family::V4, crate::cidr::Family::V6] {
        let all = Cidr::all(family);
        let halves = halves(all);
        if halves.iter().all(|half| cidrs.contains(half)) {
            cidrs.retain(|cidr| !halves.contains(cidr));
            cidrs.push(all);
        }
    }
    cidrs
}

/// The two halves of a whole family; any other range as it is.
pub(crate) fn halves(cidr: Cidr) -> Vec<Cidr> {
    if cidr.prefix_len() > 0 {
        return vec![cidr];
    }
    match cidr.net().subnets(1) {
        Ok(subnets) => subnets.filter_map(|net| Cidr::try_from(net).ok()).collect(),
        Err(_) => vec![cidr],
    }
}
