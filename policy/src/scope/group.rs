//! Groups of guarded Services that are guarded alike: they share one edge policy.
//!
//! A new connection pays for every edge policy on the HostEndpoint that it enters by (`docs/decisions/edge-groups.md`), so there is one for each way of
//! guarding, not for each Service. What a group's policy means are sets that belong to one Service each: a Service joins and leaves a
//! group by its own objects, and the objects of the others stay as they are. One that is guarded as no other is has a group to itself, whose
//! policy names its addresses.

use crate::names;
use crate::object::{GlobalNetworkSet, Kept, Kind, ObjectKey, ServiceRef};
use crate::snapshot::{Content, Snapshot};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// An edge policy in the cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EdgeGroup {
    /// What its policy and the labels of its sets go by.
    pub id: String,
    /// What it lets in and where, but for the addresses: equal for groups that Services can change between at no difference.
    pub content: String,
    /// Whether a Service is in it.
    pub used: bool,
    /// Whether its policy names the addresses of one Service: nobody joins it.
    pub own: bool,
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

/// The groups of a cluster, by id.
pub(crate) fn read(snapshot: &Snapshot) -> Vec<EdgeGroup> {
    let used = |id: &str| sets(snapshot, names::ADDRESSES_LABEL, id).next().is_some();
    let groups = snapshot.edge_groups();
    let group = |(id, content): (&str, &Content)| EdgeGroup {
        id: id.to_owned(),
        content: content.digest.clone(),
        used: used(id),
        own: content.own,
    };
    groups.map(group).collect()
}

/// The group of `service`; none where Portcullis does not guard it, guards it at its pods alone, or in the first shape, with an edge policy of its
/// own.
pub(crate) fn of(snapshot: &Snapshot, service: &ServiceRef) -> Option<Membership> {
    let id = crate::access::guard(snapshot, service)?.group.filter(|id| id != names::PODS_ALONE)?;
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

fn sets<'a>(snapshot: &'a Snapshot, label: &'a str, id: &'a str) -> impl Iterator<Item = &'a Arc<Kept<GlobalNetworkSet>>> {
    let keys = snapshot.carriers_of(label, id).filter(|key| key.kind == Kind::GlobalNetworkSet);
    keys.filter_map(|key| snapshot.get::<Kept<GlobalNetworkSet>>("", &key.name))
}
