//! Names, labels and the fields of `metadata` that the server sets.

use super::kubernetes::default;
use super::resource::{has_generation, is_calico};
use super::status::{ApiError, Cause};
use jiff::Timestamp;
use policy::object::{AnyObject, Kind, ObjectKey, is_dns_label, is_dns_subdomain};
use serde_json::{Value, json};

/// Checks that a body is an object of `kind` at the place that the URL names, and fills in what the URL says.
///
/// `name` is none for a POST: the body has it, or asks for a generated one.
///
/// # Errors
/// [`ApiError::BadRequest`]: of another kind, of another place, or not of the kind's shape; [`ApiError::Invalid`]: without a name.
pub(super) fn identify(kind: Kind, namespace: &str, name: Option<&str>, object: &mut Value) -> Result<ObjectKey, ApiError> {
    let bad = |message: String| Err(ApiError::BadRequest(message));
    if !object.is_object() {
        return bad(format!("the body is not a {} but some other JSON", kind.name()));
    }
    for (field, expected) in [("apiVersion", kind.api_version()), ("kind", kind.name())] {
        match object[field].as_str().unwrap_or_default() {
            "" => object[field] = json!(expected),
            found if found == expected => {}
            found => return bad(format!("the {field} in the data ({found}) does not match the expected {field} ({expected})")),
        }
    }
    default(object, "metadata", json!({}));
    for field in ["metadata", "spec", "status"] {
        if !(object[field].is_object() || object[field].is_null()) {
            return bad(format!("{field} has to be an object, and is {}", object[field]));
        }
    }
    if let Err(unreadable) = AnyObject::decode(kind, object) {
        let version = kind.api_version().rsplit('/').next().unwrap_or_default();
        let kind = kind.name();
        return bad(format!("{kind} in version \"{version}\" cannot be handled as a {kind}: {}", unreadable.error));
    }
    let metadata = &mut object["metadata"];
    match metadata["namespace"].as_str().unwrap_or_default() {
        "" if namespace.is_empty() => {}
        found if found == namespace => {}
        // A cluster-wide object has none, whatever it says.
        _ if namespace.is_empty() => remove(metadata, "namespace"),
        "" => metadata["namespace"] = json!(namespace),
        _ => return bad("the namespace of the provided object does not match the namespace sent on the request".to_owned()),
    }
    let generate = metadata["generateName"].as_str().unwrap_or_default().to_owned();
    let found = metadata["name"].as_str().unwrap_or_default().to_owned();
    let name = match (name, found.as_str()) {
        (Some(name), found) if found == name => found.to_owned(),
        (Some(name), found) => {
            return bad(format!("the name of the object ({found}) does not match the name on the URL ({name})"));
        }
        (None, "") if generate.is_empty() => {
            let cause = Cause::required("metadata.name", "name or generateName is required");
            return Err(ApiError::Invalid { kind, name: String::new(), causes: vec![cause] });
        }
        (None, "") => {
            let name = format!("{generate}{}", random_suffix());
            metadata["name"] = json!(name);
            name
        }
        (None, found) => found.to_owned(),
    };
    Ok(ObjectKey::new(kind, namespace, &name))
}

/// Checks name and labels.
///
/// # Errors
/// [`ApiError::Invalid`] with every fault.
pub(super) fn check(key: &ObjectKey, object: &Value) -> Result<(), ApiError> {
    let mut causes = Vec::new();
    let name_fits = match key.kind {
        Kind::Namespace | Kind::Service => is_dns_label(&key.name),
        // Calico's own rules for names come with its validation; the generic ones only forbid what breaks a URL.
        kind if is_calico(kind) => !matches!(key.name.as_str(), "." | "..") && !key.name.contains(['/', '%']),
        _ => is_dns_subdomain(&key.name),
    };
    if !name_fits {
        causes.push(Cause::invalid("metadata.name", &key.name, "it has to be lower-case letters, digits and `-` (RFC 1123)"));
    }
    let labels = object["metadata"]["labels"].as_object().into_iter().flatten();
    for (label, value) in labels {
        if !is_qualified_name(label) {
            causes.push(Cause::invalid("metadata.labels", label, "a label's name is at most 63 letters, digits, `-`, `_`, `.`"));
        }
        let value = value.as_str().unwrap_or_default();
        if !(value.is_empty() || is_name_part(value)) {
            causes.push(Cause::invalid("metadata.labels", value, "a label's value is at most 63 letters, digits, `-`, `_`, `.`"));
        }
    }
    if causes.is_empty() { Ok(()) } else { Err(ApiError::Invalid { kind: key.kind, name: key.name.clone(), causes }) }
}

/// Sets what the server sets on a new object.
pub(super) fn stamp_new(kind: Kind, object: &mut Value) {
    let metadata = &mut object["metadata"];
    for field in ["managedFields", "selfLink", "deletionTimestamp", "resourceVersion", "generation"] {
        remove(metadata, field);
    }
    metadata["uid"] = json!(new_uid());
    metadata["creationTimestamp"] = json!(Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    if has_generation(kind) {
        metadata["generation"] = json!(1);
    }
}

/// Carries over what a replacement cannot change.
///
/// # Errors
/// [`ApiError::Conflict`]: another uid, or a resourceVersion that is not the current one; [`ApiError::Invalid`]: no resourceVersion where
/// the kind needs one (Calico's strategies have `AllowUnconditionalUpdate` false).
pub(super) fn stamp_replacement(key: &ObjectKey, old: &Value, object: &mut Value) -> Result<(), ApiError> {
    let conflict = |why: String| Err(ApiError::Conflict { kind: key.kind, name: key.name.clone(), why });
    let invalid = |cause| Err(ApiError::Invalid { kind: key.kind, name: key.name.clone(), causes: vec![cause] });
    let (was, metadata) = (&old["metadata"], &mut object["metadata"]);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let uid = text(&metadata["uid"]);
    if !uid.is_empty() && uid != text(&was["uid"]) {
        return conflict(format!("Precondition failed: UID in precondition: {uid}, UID in object meta: {}", text(&was["uid"])));
    }
    match text(&metadata["resourceVersion"]).as_str() {
        "" | "0" if is_calico(key.kind) => {
            return invalid(Cause::invalid("metadata.resourceVersion", "0x0", "must be specified for an update"));
        }
        "" | "0" => {}
        found if found == text(&was["resourceVersion"]) => {}
        found if found.parse::<u64>().is_err() => {
            return Err(ApiError::BadRequest(format!("resourceVersion: Invalid value: \"{found}\": it has to be a number")));
        }
        _ => {
            return conflict("the object has been modified; please apply your changes to the latest version and try again".to_owned());
        }
    }
    for field in ["uid", "creationTimestamp", "resourceVersion", "generation", "deletionTimestamp"] {
        match &was[field] {
            Value::Null => remove(metadata, field),
            value => metadata[field] = value.clone(),
        }
    }
    for field in ["managedFields", "selfLink"] {
        remove(metadata, field);
    }
    if has_generation(key.kind) && !same_content(old, object) {
        object["metadata"]["generation"] = json!(old["metadata"]["generation"].as_i64().unwrap_or_default() + 1);
    }
    Ok(())
}

/// Takes a field out of a JSON object.
pub(super) fn remove(object: &mut Value, field: &str) {
    if let Some(fields) = object.as_object_mut() {
        fields.remove(field);
    }
}

/// Whether two objects are equal but for `metadata`.
fn same_content(a: &Value, b: &Value) -> bool {
    let content = |object: &Value| {
        let mut object = object.clone();
        remove(&mut object, "metadata");
        object
    };
    content(a) == content(b)
}

/// `[prefix/]name`: the prefix is a DNS subdomain (`apimachinery/pkg/util/validation` at v0.29.0).
fn is_qualified_name(text: &str) -> bool {
    match text.split_once('/') {
        Some((prefix, name)) => is_dns_subdomain(prefix) && is_name_part(name),
        None => is_name_part(text),
    }
}

fn is_name_part(text: &str) -> bool {
    let edge = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    text.len() <= 63
        && edge(text.as_bytes().first())
        && edge(text.as_bytes().last())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

/// A random UUID (RFC 9562, version 4).
fn new_uid() -> String {
    let n = rand::random::<u128>() & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{n:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// Five characters, without vowels as Kubernetes does it.
fn random_suffix() -> String {
    const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    (0..5).map(|_| char::from(LETTERS[rand::random_range(0..LETTERS.len())])).collect()
}
