//! What the Kubernetes API server fills in when an object is written to it, as far as anything here reads it
//! (`pkg/apis/*/v1/defaults.go` and `pkg/registry/*/*/strategy.go` at v1.29.0).

use super::metadata::remove;
use super::resource::has_status;
use super::service;
use super::state::Draft;
use super::status::ApiError;
use policy::object::{Kind, ObjectKey};
use serde_json::{Value, json};

/// Gives a new object the status of a new one, where the kind has a status of its own. A Node registers with its status.
pub(super) fn reset_status(kind: Kind, object: &mut Value) {
    let status = match kind {
        Kind::Namespace => json!({"phase": "Active"}),
        Kind::Pod => json!({"phase": "Pending", "qosClass": "BestEffort"}),
        Kind::Service => json!({"loadBalancer": {}}),
        Kind::KubeControllersConfiguration => json!({"runningConfig": {"controllers": {}}}),
        _ => return,
    };
    object["status"] = status;
}

/// Leaves the status of a replaced object as it was, where the kind has a status of its own.
pub(super) fn keep_status(kind: Kind, old: &Value, object: &mut Value) {
    if has_status(kind) {
        match &old["status"] {
            Value::Null => remove(object, "status"),
            status => object["status"] = status.clone(),
        }
    }
}

/// Fills in a new object.
///
/// # Errors
/// [`ApiError::Invalid`]: a cluster IP that cannot be had.
pub(super) fn prepare_new(draft: &Draft<'_>, key: &ObjectKey, object: &mut Value) -> Result<(), ApiError> {
    defaults(key, object);
    if key.kind == Kind::Service { service::prepare_new(draft, key, object) } else { Ok(()) }
}

/// Fills in a replacement.
///
/// # Errors
/// [`ApiError::Invalid`]: a cluster IP that changes.
pub(super) fn prepare_replacement(draft: &Draft<'_>, key: &ObjectKey, old: &Value, object: &mut Value) -> Result<(), ApiError> {
    defaults(key, object);
    if key.kind == Kind::Service { service::prepare_replacement(draft, key, old, object) } else { Ok(()) }
}

/// What is filled in the same way for new objects, replacements and the seed.
pub(super) fn defaults(key: &ObjectKey, object: &mut Value) {
    match key.kind {
        Kind::Namespace => {
            object["metadata"]["labels"]["kubernetes.io/metadata.name"] = json!(key.name);
            object["spec"] = json!({"finalizers": ["kubernetes"]});
        }
        Kind::EndpointSlice => {
            for port in object.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
                default(port, "name", "");
                default(port, "protocol", "TCP");
            }
        }
        Kind::KubernetesNetworkPolicy => {
            default(object, "spec", json!({}));
            network_policy_defaults(&mut object["spec"]);
        }
        Kind::Service => service::defaults(object),
        _ => {}
    }
}

fn network_policy_defaults(spec: &mut Value) {
    let egress = spec["egress"].as_array().is_some_and(|rules| !rules.is_empty());
    default(spec, "policyTypes", if egress { json!(["Ingress", "Egress"]) } else { json!(["Ingress"]) });
    for direction in ["ingress", "egress"] {
        let rules = spec.get_mut(direction).and_then(Value::as_array_mut).into_iter().flatten();
        for port in rules.filter_map(|rule| rule.get_mut("ports")?.as_array_mut()).flatten() {
            default(port, "protocol", "TCP");
        }
    }
}

/// Sets a field that is absent or null; nothing that is no JSON object has fields.
pub(super) fn default(object: &mut Value, field: &str, value: impl Into<Value>) {
    if let Some(fields) = object.as_object_mut() {
        let slot = fields.entry(field).or_insert(Value::Null);
        if slot.is_null() {
            *slot = value.into();
        }
    }
}
