//! What is left of the guard of a Service that is gone.

use super::digest::{self, Input};
use super::hand_made::HandMade;
use super::own::Own;
use super::together::with_count;
use super::{Plan, make, open, steps};
use crate::access::{Asked, Change, Intent};
use crate::names;
use crate::object::{GlobalNetworkSet, Kept, Kind, Meta, NetworkPolicy, Object, ObjectKey, Service, ServiceRef};
use crate::snapshot::Snapshot;
use std::collections::{BTreeMap, BTreeSet};

/// The Services that are gone, with the objects that were written for each of them; none where Services were not read. One that cannot be
/// read is not gone.
pub(crate) fn guards_without_service(snapshot: &Snapshot) -> BTreeMap<ServiceRef, Vec<ObjectKey>> {
    let mut found: BTreeMap<ServiceRef, Vec<ObjectKey>> = BTreeMap::new();
    if snapshot.unknown(Kind::Service).is_some() {
        return found;
    }
    let mut add = |meta: &Meta, key: ObjectKey| {
        let owner = meta.annotations.get(names::SERVICE_ANNOTATION).and_then(|name| name.parse::<ServiceRef>().ok());
        let gone = |owner: &ServiceRef| {
            snapshot.get::<Service>(owner.namespace(), owner.name()).is_none() && snapshot.why_unreadable(&owner.key()).is_none()
        };
        if let Some(owner) = owner.filter(gone).filter(|_| names::is_ours(meta)) {
            found.entry(owner).or_default().push(key);
        }
    };
    for set in snapshot.iter::<Kept<GlobalNetworkSet>>() {
        add(&set.metadata, set.key());
    }
    for policy in snapshot.iter::<Kept<NetworkPolicy>>() {
        add(&policy.metadata, policy.key());
    }
    found
}

/// The plan that takes it away; none where the change is another, or nothing is left.
pub(super) fn take_away(snapshot: &Snapshot, change: &Change) -> Option<Plan> {
    let service = &change.service;
    let mut keys = Own::of(snapshot, service).keys();
    keys.push(make::pod_policy(service));
    let left: Vec<_> = keys.iter().filter_map(|key| Some((key, make::read_of(&steps::live(snapshot, key)?)))).collect();
    if change.intent != Intent::Open || left.is_empty() {
        return None;
    }
    let steps = open::open(snapshot, &make::removal(snapshot, service, Vec::new(), HandMade::default()));
    let findings = steps.iter().filter_map(|step| make::name_taken(snapshot, &step.key)).collect();
    let inputs = vec![Input::new(&format!("Service {service}"), &"gone"), Input::new("Portcullis' own objects", &left)];
    let objects: BTreeSet<&ObjectKey> = steps.iter().map(|step| &step.key).collect();
    let summary = with_count(&format!("Takes away what guarded `{service}`, which is gone."), objects.len());
    let change = Asked::Service(change.clone());
    Some(Plan { digest: digest::of_plan(&change, &inputs), change, summary, steps, caused: Vec::new(), findings, inputs })
}
