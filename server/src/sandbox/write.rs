//! Create, replace and delete.

use super::resource::{delete_returns_object, has_status, is_calico};
use super::seed::SeedError;
use super::state::Draft;
use super::status::ApiError;
use super::{calico, kubernetes, metadata};
use policy::object::{Kind, ObjectKey};
use serde::Deserialize;
use serde_json::{Value, json};

/// Puts the seed's objects into an empty draft. They are complete, status included.
///
/// # Errors
/// The program was built from a broken seed.
pub(super) fn seed(draft: &mut Draft<'_>, objects: impl Iterator<Item = Result<(ObjectKey, Value), SeedError>>) -> Result<(), SeedError> {
    for object in objects {
        let (key, mut object) = object?;
        kubernetes::defaults(&key, &mut object);
        calico::normalise(key.kind, &mut object);
        metadata::stamp_new(key.kind, &mut object);
        draft.put(key, object);
    }
    Ok(())
}

/// Creates an object at the place that the URL names.
///
/// # Errors
/// The body does not fit the place, breaks a rule of its kind, or the name is taken; the namespace does not exist.
pub(super) fn create(draft: &mut Draft<'_>, kind: Kind, namespace: &str, mut object: Value) -> Result<Value, ApiError> {
    let key = metadata::identify(kind, namespace, None, &mut object)?;
    need_namespace(draft, namespace)?;
    if object["metadata"]["resourceVersion"].as_str().is_some_and(|version| !version.is_empty()) {
        return Err(version_on_create(&key));
    }
    metadata::check(&key, &object)?;
    if is_calico(kind) {
        calico::check_numbers(kind, &object)?;
        calico::normalise(kind, &mut object);
        calico::validate(&key, &object)?;
    }
    if draft.has(&key) {
        return Err(ApiError::AlreadyExists { kind, name: key.name });
    }
    kubernetes::reset_status(kind, &mut object);
    if !is_calico(kind) {
        kubernetes::prepare_new(draft, &key, &mut object)?;
    }
    metadata::stamp_new(kind, &mut object);
    Ok(draft.put(key, object))
}

/// Replaces an object; one that equals what is there changes nothing.
///
/// # Errors
/// The object does not exist, the body does not fit the place or breaks a rule of its kind, or somebody else changed the object.
pub(super) fn replace(draft: &mut Draft<'_>, key: &ObjectKey, mut object: Value) -> Result<Value, ApiError> {
    metadata::identify(key.kind, &key.namespace, Some(&key.name), &mut object)?;
    calico::check_numbers(key.kind, &object)?;
    let old = find(draft, key)?;
    metadata::check(key, &object)?;
    kubernetes::keep_status(key.kind, &old, &mut object);
    if is_calico(key.kind) {
        calico::normalise(key.kind, &mut object);
    } else {
        kubernetes::prepare_replacement(draft, key, &old, &mut object)?;
    }
    metadata::stamp_replacement(key, &old, &mut object)?;
    if is_calico(key.kind) {
        calico::validate(key, &object)?;
    }
    Ok(put_if_changed(draft, key, old, object))
}

/// Replaces the status of an object and nothing else.
///
/// # Errors
/// As [`replace`]; the kind has no status of its own.
pub(super) fn replace_status(draft: &mut Draft<'_>, key: &ObjectKey, mut body: Value) -> Result<Value, ApiError> {
    if !has_status(key.kind) {
        return Err(ApiError::UnknownPath);
    }
    metadata::identify(key.kind, &key.namespace, Some(&key.name), &mut body)?;
    let old = find(draft, key)?;
    let mut object = old.clone();
    for field in ["uid", "resourceVersion"] {
        object["metadata"][field] = body["metadata"][field].take();
    }
    object["status"] = body["status"].take();
    metadata::stamp_replacement(key, &old, &mut object)?;
    Ok(put_if_changed(draft, key, old, object))
}

/// The body of a DELETE, as far as it is read.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct DeleteOptions {
    preconditions: Option<Preconditions>,
    pub(super) dry_run: Vec<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Preconditions {
    uid: Option<String>,
    resource_version: Option<String>,
}

/// Deletes an object; with a Namespace goes all that is in it. The answer is what DELETE answers for the kind.
///
/// # Errors
/// The object does not exist, a precondition does not hold, or Kubernetes itself needs the Namespace.
pub(super) fn delete(draft: &mut Draft<'_>, key: &ObjectKey, options: &DeleteOptions) -> Result<Value, ApiError> {
    let object = find(draft, key)?;
    let meta = |field: &str| object["metadata"][field].as_str().unwrap_or_default().to_owned();
    let preconditions = options.preconditions.clone().unwrap_or_default();
    let failed = |what: &str, asked: &str, found: &str| {
        let why = format!("Precondition failed: {what} in precondition: {asked}, {what} in object meta: {found}");
        Err(ApiError::Conflict { kind: key.kind, name: key.name.clone(), why })
    };
    if let Some(uid) = preconditions.uid.filter(|uid| *uid != meta("uid")) {
        return failed("UID", &uid, &meta("uid"));
    }
    // Calico's storage does not look at the resourceVersion (`checkPreconditions` in `apiserver/pkg/storage/calico/resource.go` at
    // v3.28.5), but the layer above it does, a moment before.
    if let Some(version) = preconditions.resource_version.filter(|version| *version != meta("resourceVersion")) {
        return failed("ResourceVersion", &version, &meta("resourceVersion"));
    }
    if key.kind == Kind::Namespace {
        if matches!(key.name.as_str(), "default" | "kube-system" | "kube-public") {
            let why = "this namespace may not be deleted".to_owned();
            return Err(ApiError::Forbidden { kind: key.kind, name: key.name.clone(), why });
        }
        for kind in Kind::ALL.into_iter().filter(|kind| kind.namespaced()) {
            for inside in draft.list(kind, Some(&key.name)).into_keys() {
                draft.remove(&inside);
            }
        }
    }
    draft.remove(key);
    if delete_returns_object(key.kind) {
        return Ok(object);
    }
    Ok(json!({
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": {"name": key.name, "group": key.kind.group(), "kind": key.kind.plural(), "uid": meta("uid")},
    }))
}

fn find(draft: &Draft<'_>, key: &ObjectKey) -> Result<Value, ApiError> {
    draft.get(key).ok_or_else(|| ApiError::NotFound { kind: key.kind, name: key.name.clone() })
}

fn need_namespace(draft: &Draft<'_>, namespace: &str) -> Result<(), ApiError> {
    let key = ObjectKey::new(Kind::Namespace, "", namespace);
    if namespace.is_empty() || draft.has(&key) { Ok(()) } else { Err(ApiError::NotFound { kind: key.kind, name: key.name }) }
}

fn put_if_changed(draft: &mut Draft<'_>, key: &ObjectKey, old: Value, object: Value) -> Value {
    if old == object { old } else { draft.put(key.clone(), object) }
}

/// Calico's client refuses it by name; Kubernetes' storage with a plain 500.
fn version_on_create(key: &ObjectKey) -> ApiError {
    if is_calico(key.kind) {
        let cause = super::status::Cause::invalid("Metadata.ResourceVersion", "", "field must not be set for a Create request");
        ApiError::Invalid { kind: key.kind, name: key.name.clone(), causes: vec![cause] }
    } else {
        ApiError::VersionOnCreate
    }
}
