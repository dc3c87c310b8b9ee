//! Fields that the API server sets, and tools of Kubernetes: they say nothing of what anyone wants.

use super::fields::escaped;
use super::shape::Class;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Set on every object, whoever writes it.
const METADATA: &[&str] = &[
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "managedFields",
    "selfLink",
];

/// Where Calico's API server keeps the metadata of v3 (`libcalico-go/lib/backend/k8s/resources/resources.go:29` at v3.27.0), and
/// where `kubectl apply` keeps what it applied last.
const ANNOTATIONS: &[&str] = &["projectcalico.org/metadata", "kubectl.kubernetes.io/last-applied-configuration"];

/// Set to the tier of a policy from Calico 3.29 on.
const TIER_LABEL: &str = "projectcalico.org/tier";

/// An object without the fields that the API server sets: as a manifest has it.
#[must_use]
pub fn manifest(object: &Value) -> Value {
    let mut manifest = object.clone();
    take_always(&mut manifest, &mut BTreeSet::new());
    manifest
}

/// An object as it can be created once more: without what the API server sets, for it takes no creation that brings that. What tools keep in
/// annotations stays.
#[must_use]
pub fn as_new(object: &Value) -> Value {
    let mut object = object.clone();
    take(&mut object, "", "status", &mut BTreeSet::new());
    for key in METADATA {
        take(&mut object, "/metadata", key, &mut BTreeSet::new());
    }
    object
}

/// Both sides without the fields that the API server sets.
pub(super) struct Pair {
    pub(super) before: Option<Value>,
    pub(super) after: Option<Value>,
    /// How many fields were left out of either.
    pub(super) left_out: u32,
}

pub(super) fn leave_out(before: Option<&Value>, after: Option<&Value>) -> Pair {
    let (mut before, mut after) = (before.cloned(), after.cloned());
    let mut paths = BTreeSet::new();
    for value in [&mut before, &mut after].into_iter().flatten() {
        take_always(value, &mut paths);
    }
    if let (Some(before), Some(after)) = (&mut before, &mut after) {
        take_defaults(before, after, &mut paths);
        take_defaults(after, before, &mut paths);
    }
    Pair { before, after, left_out: u32::try_from(paths.len()).unwrap_or(u32::MAX) }
}

fn take_always(object: &mut Value, paths: &mut BTreeSet<String>) {
    take(object, "", "status", paths);
    for key in METADATA {
        take(object, "/metadata", key, paths);
    }
    for key in ANNOTATIONS {
        take(object, "/metadata/annotations", key, paths);
    }
}

/// Takes from `live` what the API server would set on `other`, where `other` leaves it out; and on `live` itself, so that the two
/// are still the same once the rest of them is.
fn take_defaults(live: &mut Value, other: &Value, paths: &mut BTreeSet<String>) {
    if Class::of(live) != Class::Policy || Class::of(other) != Class::Policy {
        return;
    }
    let is_out = |pointer: &str| other.pointer(pointer).is_none_or(|value| value.is_null() || *value == json!([]) || *value == json!(""));
    // Calico 3.29 and later.
    if is_out("/spec/tier") && live.pointer("/spec/tier") == Some(&json!("default")) {
        take(live, "/spec", "tier", paths);
    }
    let label = format!("/metadata/labels/{}", escaped(TIER_LABEL));
    if is_out(&label) && live.pointer(&label).is_some_and(|value| value == tier(live) && value == tier(other)) {
        take(live, "/metadata/labels", TIER_LABEL, paths);
    }
    let types = live.pointer("/spec/types").and_then(Value::as_array);
    if is_out("/spec/types") && types.is_some_and(|types| is_default(types, live) && is_default(types, other)) {
        take(live, "/spec", "types", paths);
    }
}

/// The tier of a policy.
fn tier(policy: &Value) -> &str {
    policy.pointer("/spec/tier").and_then(Value::as_str).filter(|tier| !tier.is_empty()).unwrap_or("default")
}

/// Whether these are the types that the API server gives a policy without any: egress only where it has egress rules, ingress but
/// where it has egress rules alone (`libcalico-go/lib/clientv3/globalnetworkpolicy.go:156-175` at v3.27.0).
fn is_default(types: &[Value], policy: &Value) -> bool {
    let has = |pointer| policy.pointer(pointer).and_then(Value::as_array).is_some_and(|rules| !rules.is_empty());
    let (ingress, egress) = (has("/spec/ingress"), has("/spec/egress"));
    let named = |name: &str| types.iter().any(|kind| kind == name);
    let only_these = types.iter().all(|kind| kind == "Ingress" || kind == "Egress");
    only_these && named("Egress") == egress && named("Ingress") == (ingress || !egress)
}

/// Takes a key out of the map at the pointer; `null` is absent and not counted.
fn take(object: &mut Value, pointer: &str, key: &str, paths: &mut BTreeSet<String>) {
    let taken = object.pointer_mut(pointer).and_then(Value::as_object_mut).and_then(|map| map.remove(key));
    if taken.is_some_and(|value| !value.is_null()) {
        paths.insert(format!("{pointer}/{}", escaped(key)));
    }
}
