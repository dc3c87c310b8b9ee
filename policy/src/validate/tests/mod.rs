//! The cases of Calico's own validator tests (`libcalico-go/lib/validator/v3/validator_test.go` at v3.28) for the kinds that are read,
//! rewritten as tables, and those at the edges of our own reading.

mod configurations;
mod endpoints;
mod hostile;
mod metadata;
mod policies;
mod rules;

use super::object;
use crate::object::{AnyObject, Kind};
use serde_json::{Value, json};

/// An object of `kind` with this spec and a name that is valid.
fn mk(kind: Kind, spec: &Value) -> Value {
    json!({"metadata": {"name": "default"}, "spec": spec})
        .as_object()
        .map(|object| {
            let mut object = object.clone();
            if kind.namespaced() {
                object["metadata"]["namespace"] = json!("shop");
            }
            Value::Object(object)
        })
        .unwrap()
}

/// The fields that are named, or `unreadable`.
fn fields(kind: Kind, object_json: &Value) -> Vec<String> {
    match AnyObject::decode(kind, object_json) {
        Ok(any) => object(&any).into_iter().map(|violation| violation.field).collect(),
        Err(_) => vec!["unreadable".to_owned()],
    }
}

/// Each case is an object and the field that must be named, empty for a valid object.
fn check_objects(kind: Kind, cases: &[(Value, &str)]) {
    for (object, field) in cases {
        let found = fields(kind, object);
        if field.is_empty() {
            assert!(found.is_empty(), "{object} is valid, but {found:?} were named");
        } else {
            assert!(found.iter().any(|name| name == field), "{object}: {field} is wrong, but {found:?} were named");
        }
    }
}

/// As [`check_objects`], with specs.
fn check_specs(kind: Kind, cases: &[(Value, &str)]) {
    let objects: Vec<_> = cases.iter().map(|(spec, field)| (mk(kind, spec), *field)).collect();
    check_objects(kind, &objects);
}
