//! What the page would have made of a change: the cluster once somebody had followed it by hand.

use super::steps;
use crate::access::{Adoption, Change, HostEndpoints, Intent, Interface};
use crate::object::{AnyObject, HostEndpoint, Kept, Kind, Node, Object, Raw};
use crate::recipe::{PageHosts, documented, documented_host_endpoint};
use crate::scope::Scope;
use crate::snapshot::Snapshot;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The cluster once the Service is guarded by the page instead, with the same clients: Portcullis' own guard taken away, the page's HostEndpoints
/// where there are none (with addresses and a profile, the mildest reading), its label on those that there are, and its policies.
/// None where the change guards nothing, or there is no such Service.
#[must_use]
pub fn by_the_page(snapshot: &Snapshot, change: &Change) -> Option<Snapshot> {
    let Intent::Guard(access) = &change.intent else { return None };
    let open = Change { intent: Intent::Open, adoption: Adoption::default(), ..change.clone() };
    let mut after = steps::carried_out(snapshot, &super::plan(snapshot, &open).ok()?.steps);
    let interface = match &change.host_endpoints {
        HostEndpoints::Named { interface } => interface.clone(),
        HostEndpoints::Existing | HostEndpoints::Automatic => Interface::default(),
    };
    let there: Vec<Value> = after.iter::<Kept<HostEndpoint>>().map(|endpoint| labelled(&endpoint.raw)).collect();
    let on: BTreeSet<&str> = there.iter().filter_map(|endpoint| endpoint.pointer("/spec/node")?.as_str()).collect();
    let bare = snapshot.iter::<Node>().filter(|node| !on.contains(node.meta().name.as_str()));
    let made: Vec<Value> = bare.map(|node| documented_host_endpoint(node, &interface, PageHosts::WithAddressesAndProfile)).collect();
    let policies = documented(&Scope::of(&after, &change.service)?, access);
    let host_endpoints = there.into_iter().chain(made).map(|object| (Kind::HostEndpoint, object));
    for (kind, object) in host_endpoints.chain(policies.into_iter().map(|object| (Kind::GlobalNetworkPolicy, object))) {
        after.insert(AnyObject::decode(kind, &object).ok()?);
    }
    Some(after)
}

/// With the label by which the page finds HostEndpoints.
fn labelled(endpoint: &Raw) -> Value {
    let mut object = endpoint.read();
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        let labels = metadata.entry("labels").or_insert_with(|| json!({}));
        if let Some(labels) = labels.as_object_mut() {
            labels.insert("k8s-role".to_owned(), "node".into());
        }
    }
    object
}
