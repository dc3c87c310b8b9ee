//! The access in force, read back from the objects that carry it out.

use super::{Access, ClientRange, Enforced, GroupName, GroupUse, HostEndpoints, InCluster, Port};
use crate::cidr::Cidr;
use crate::names;
use crate::object::{self, GlobalNetworkPolicy, GlobalNetworkSet, Meta, NetworkPolicy, Service, ServiceRef};
use crate::snapshot::Snapshot;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What of the access the objects do not say: kept in an annotation of the address set, or, where there is none because the pods alone
/// guard, of the pod policy. Of the policy that closes by default only the HostEndpoints.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Kept {
    pub(crate) in_cluster: InCluster,
    pub(crate) host_endpoints: HostEndpoints,
    /// The uid of the Service that it was written for; empty where that had none, as in files.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) uid: String,
    /// Where it is enforced.
    #[serde(skip_serializing_if = "Enforced::is_default")]
    pub(crate) enforced: Enforced,
}

/// How a Service is guarded.
pub(crate) struct Guard {
    pub(crate) kept: Kept,
    /// The edge group that it is in, or [`names::PODS_ALONE`]; none in the first shape, where the edge policy named its addresses.
    pub(crate) group: Option<String>,
}

/// How `service` is guarded; none where Portcullis does not guard it: an address set without the edge policy that means it shuts nobody
/// out, and what was written for an earlier Service of the same name is no access of this one.
pub(crate) fn guard(snapshot: &Snapshot, service: &ServiceRef) -> Option<Guard> {
    written(snapshot, service).filter(|guard| !is_another(snapshot, service, &guard.kept))
}

/// Whether what guards `service` was written for an earlier one of its name, which is gone.
pub(crate) fn is_of_an_earlier_one(snapshot: &Snapshot, service: &ServiceRef) -> bool {
    written(snapshot, service).is_some_and(|guard| is_another(snapshot, service, &guard.kept))
}

fn is_another(snapshot: &Snapshot, service: &ServiceRef, kept: &Kept) -> bool {
    let live = snapshot.get::<Service>(service.namespace(), service.name()).map_or("", |service| &service.metadata.uid);
    !kept.uid.is_empty() && !live.is_empty() && kept.uid != live
}

fn written(snapshot: &Snapshot, service: &ServiceRef) -> Option<Guard> {
    let policy = |group: &str| snapshot.get::<object::Kept<GlobalNetworkPolicy>>("", &names::edge_policy(group));
    let kept = |meta: &Meta| {
        let text = meta.annotations.get(names::ACCESS_ANNOTATION);
        text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    };
    for set in snapshot.own_sets(service).into_iter().filter(|set| names::is_address_set(&set.metadata)) {
        let Some(group) = set.metadata.labels.get(names::ADDRESSES_LABEL) else { continue };
        if policy(group).is_some_and(|policy| names::edge_group(&policy.metadata).is_some()) {
            return Some(Guard { kept: kept(&set.metadata), group: Some(group.clone()) });
        }
    }
    let of_this = |meta: &Meta| meta.annotations.get(names::SERVICE_ANNOTATION).is_some_and(|owner| *owner == service.to_string());
    if let Some(first_shape) = policy(&names::service_slug(service)).filter(|policy| of_this(&policy.metadata)) {
        return Some(Guard { kept: kept(&first_shape.metadata), group: None });
    }
    let pods = snapshot.get::<object::Kept<NetworkPolicy>>(service.namespace(), &names::pod_policy(service))?;
    let alone = names::is_ours(&pods.metadata) && of_this(&pods.metadata);
    let kept = Some(kept(&pods.metadata)).filter(|kept| alone && kept.enforced.at_pods_alone())?;
    Some(Guard { kept, group: Some(names::PODS_ALONE.to_owned()) })
}

/// The access in force on `service`; none where Portcullis does not guard it. What somebody wrote into our annotations by hand and
/// cannot be read counts as not written: nets are read from the sets themselves, those of groups too, whatever the groups hold by now.
#[must_use]
pub fn in_force(snapshot: &Snapshot, service: &ServiceRef) -> Option<Access> {
    let Guard { kept, group } = guard(snapshot, service)?;
    let means = |set: &object::Kept<GlobalNetworkSet>| match &group {
        Some(group) => set.metadata.labels.get(names::EDGE_CLIENTS_LABEL) == Some(group),
        None => !names::is_address_set(&set.metadata),
    };
    let (mut clients, mut load_balancers, mut groups) = (Vec::new(), Vec::new(), Vec::new());
    for set in snapshot.own_sets(service).into_iter().filter(|set| means(set)) {
        let nets = whole(set.spec.nets.iter().filter_map(|net| net.parse().ok()).collect());
        if set.metadata.labels.get(names::PORTS_LABEL).is_some_and(|ports| ports == names::LOAD_BALANCERS) {
            load_balancers.extend(nets);
            continue;
        }
        let annotations = &set.metadata.annotations;
        let ports = read_ports(annotations.get(names::PORTS_ANNOTATION).map_or("", String::as_str));
        if let Some(name) = annotations.get(names::GROUP_ANNOTATION).and_then(|name| GroupName::try_from(name.clone()).ok()) {
            let note = annotations.get(names::NOTE_ANNOTATION).cloned().unwrap_or_default();
            groups.push(GroupUse { name, ports, note, ranges: nets });
            continue;
        }
        let notes = read_notes(&set.metadata);
        for cidr in nets {
            let note = notes.get(&cidr.to_string()).cloned().unwrap_or_default();
            clients.push(ClientRange { cidr, ports: ports.clone(), note });
        }
    }
    Some(Access { clients, in_cluster: kept.in_cluster, load_balancers, groups, enforced: kept.enforced }.normalised())
}

/// Notes by net, as the annotation of a set has them.
pub(super) fn read_notes(set: &Meta) -> BTreeMap<String, String> {
    set.annotations.get(names::NOTES_ANNOTATION).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// Ports as the annotation of a set writes them.
pub(crate) fn read_ports(text: &str) -> Vec<Port> {
    text.split(',').filter_map(|port| port.parse().ok()).collect()
}

/// A whole family is written as its two halves (the kernel's sets hold no range of length 0): put together again.
pub(super) fn whole(mut cidrs: Vec<Cidr>) -> Vec<Cidr> {
    for family in [crate::cidr::Family::V4, crate::cidr::Family::V6] {
        let all = Cidr::all(family);
        let halves: Vec<Cidr> = halves(all).collect();
        if halves.iter().all(|half| cidrs.contains(half)) {
            cidrs.retain(|cidr| !halves.contains(cidr));
            cidrs.push(all);
        }
    }
    cidrs
}

/// The two halves of a whole family; any other range as it is.
pub(crate) fn halves(cidr: Cidr) -> impl Iterator<Item = Cidr> {
    let whole = cidr.prefix_len() == 0;
    let subnets = whole.then(|| cidr.net().subnets(1).ok()).flatten().into_iter().flatten();
    let halves = subnets.filter_map(|net| Cidr::try_from(net).ok());
    (!whole).then_some(cidr).into_iter().chain(halves)
}
