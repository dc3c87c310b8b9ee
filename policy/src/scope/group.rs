//! Groups of guarded Services that are guarded alike: they share one edge policy.
//!
//! A new connection pays for every edge policy on the HostEndpoint that it enters by (`docs/decisions/edge-groups.md`), so there is one for each way of
//! guarding, not for each Service. What a group's policy means are sets that belong to one Service each: a Service joins and leaves a
//! group by its own objects, and the objects of the others stay as they are.

use crate::names;
use crate::object::{GlobalNetworkPolicy, GlobalNetworkSet, Kept, Kind, ObjectKey, PolicySpec, ServiceRef};
use crate::plan::digest::canonical;
use crate::snapshot::Snapshot;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// An edge policy in the cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EdgeGroup {
    /// What its policy and the labels of its sets go by.
    pub id: String,
    /// What it lets in and where, but for the addresses: [`content`].
    pub content: String,
    /// Whether a Service is in it.
    pub used: bool,
}

/// The group that a Service is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Membership {
    /// The group's id.
    pub id: String,
    /// Whether another Service is in it.
    pub shared: bool,
}

/// Nets of clients by the value of [`names::PORTS_LABEL`].
pub(crate) type ClientNets = BTreeMap<String, BTreeSet<String>>;

/// The groups of a cluster, by id.
pub(crate) fn read(snapshot: &Snapshot) -> Vec<EdgeGroup> {
    let policies = snapshot.iter::<Kept<GlobalNetworkPolicy>>().filter(|policy| names::is_ours(&policy.metadata));
    policies
        .filter_map(|policy| {
            let id = names::edge_group(&policy.metadata)?;
            let used = sets(snapshot, names::ADDRESSES_LABEL, id).next().is_some();
            Some(EdgeGroup { content: content(id, &policy.spec, &clients(snapshot, id)), id: id.to_owned(), used })
        })
        .collect()
}

/// The group of `service`; none where Portcullis does not guard it, or guards it in the first shape, with an edge policy of its own.
pub(crate) fn of(snapshot: &Snapshot, service: &ServiceRef) -> Option<Membership> {
    let id = crate::access::guard(snapshot, service)?.group?;
    let shared = has_others(snapshot, &id, service);
    Some(Membership { id, shared })
}

/// The Services that come under the edge policy with this name; none for any other object.
#[must_use]
pub fn under(snapshot: &Snapshot, policy: &ObjectKey) -> BTreeSet<ServiceRef> {
    let Some(id) = names::group_of_edge_policy(&policy.name).filter(|_| policy.kind == Kind::GlobalNetworkPolicy) else {
        return BTreeSet::new();
    };
    let owner = |set: &Arc<Kept<GlobalNetworkSet>>| set.metadata.annotations.get(names::SERVICE_ANNOTATION)?.parse().ok();
    sets(snapshot, names::ADDRESSES_LABEL, id).filter_map(owner).collect()
}

/// Whether a Service other than `service` is in the group.
pub(crate) fn has_others(snapshot: &Snapshot, id: &str, service: &ServiceRef) -> bool {
    let owner = service.to_string();
    sets(snapshot, names::ADDRESSES_LABEL, id).any(|set| set.metadata.annotations.get(names::SERVICE_ANNOTATION) != Some(&owner))
}

/// What a group lets in and where, in 32 hexadecimal digits: two groups with the same content differ in their ids and addresses only.
pub(crate) fn content(id: &str, spec: &PolicySpec, clients: &ClientNets) -> String {
    // The tier and the hints are not Portcullis' to say: the API server fills in the one, a plan leaves the other.
    let mut spec = PolicySpec { tier: String::new(), performance_hints: Vec::new(), ..spec.clone() };
    let (with, without) = (format!("'{id}'"), "''");
    for rule in &mut spec.ingress {
        for side in [&mut rule.source, &mut rule.destination] {
            side.selector = side.selector.replace(&with, without);
        }
    }
    let digest = Sha256::digest(canonical(&json!([spec, clients])));
    names::hex(&digest[..16])
}

/// What is really in the sets that the group's policy means, whoever wrote them.
fn clients(snapshot: &Snapshot, id: &str) -> ClientNets {
    let mut clients = ClientNets::new();
    for set in sets(snapshot, names::EDGE_CLIENTS_LABEL, id) {
        let ports = set.metadata.labels.get(names::PORTS_LABEL).cloned().unwrap_or_default();
        clients.entry(ports).or_default().extend(set.spec.nets.iter().cloned());
    }
    clients
}

fn sets<'a>(snapshot: &'a Snapshot, label: &'a str, id: &'a str) -> impl Iterator<Item = &'a Arc<Kept<GlobalNetworkSet>>> {
    let keys = snapshot.carriers_of(label, id).filter(|key| key.kind == Kind::GlobalNetworkSet);
    keys.filter_map(|key| snapshot.get::<Kept<GlobalNetworkSet>>("", &key.name))
}
