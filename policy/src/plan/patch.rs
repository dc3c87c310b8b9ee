//! Edits of live objects: what Portcullis says is put in, what it does not know survives.

use serde_json::{Map, Value};

/// The fields of a `spec` that Portcullis speaks about, by kind: one that it leaves out is taken out of the live object.
const SPOKEN: &[&str] = &[
    "order",
    "selector",
    "namespaceSelector",
    "serviceAccountSelector",
    "types",
    "ingress",
    "egress",
    "doNotTrack",
    "preDNAT",
    "applyOnForward",
    "node",
    "interfaceName",
    "expectedIPs",
    "profiles",
    "ports",
    "nets",
];

/// `live`, edited to say what `planned` says.
pub(super) fn patched(live: &Value, planned: &Value) -> Value {
    let mut edited = live.clone();
    let ours = |key: &str| key.starts_with(crate::object::PREFIX);
    for part in ["labels", "annotations"] {
        let planned = planned.pointer(&format!("/metadata/{part}")).and_then(Value::as_object).cloned().unwrap_or_default();
        let Some(metadata) = edited.get_mut("metadata").and_then(Value::as_object_mut) else { continue };
        let mut fields = metadata.get(part).and_then(Value::as_object).cloned().unwrap_or_default();
        fields.retain(|key, _| !ours(key));
        fields.extend(planned);
        set(metadata, part, fields);
    }
    let spec = planned.get("spec").and_then(Value::as_object).cloned().unwrap_or_default();
    if let Some(object) = edited.as_object_mut() {
        let mut fields = object.get("spec").and_then(Value::as_object).cloned().unwrap_or_default();
        fields.retain(|key, _| !SPOKEN.contains(&key.as_str()));
        fields.extend(spec);
        set(object, "spec", fields);
    }
    edited
}

fn set(object: &mut Map<String, Value>, key: &str, fields: Map<String, Value>) {
    if fields.is_empty() {
        object.remove(key);
    } else {
        object.insert(key.to_owned(), Value::Object(fields));
    }
}
