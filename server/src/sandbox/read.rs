//! Get and list.

use super::packed::Packed;
use super::resource::is_calico;
use super::selector::Selector;
use super::state::State;
use super::status::ApiError;
use policy::object::{Kind, ObjectKey};
use serde::ser::{Error, SerializeMap};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// The query of a request, as far as it is read.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Params {
    pub(super) label_selector: String,
    pub(super) field_selector: String,
    pub(super) resource_version: String,
    pub(super) resource_version_match: String,
    pub(super) limit: u64,
    #[serde(rename = "continue")]
    pub(super) proceed: String,
    pub(super) watch: String,
    pub(super) allow_watch_bookmarks: String,
    pub(super) timeout_seconds: u32,
    pub(super) send_initial_events: String,
    pub(super) dry_run: String,
}

impl Params {
    /// Whether a flag of the query is up: `true`, `1`, ...
    pub(super) fn is_set(flag: &str) -> bool {
        !matches!(flag, "" | "0" | "false")
    }

    /// The resourceVersion asked for; none for the latest.
    ///
    /// # Errors
    /// [`ApiError::BadRequest`]: it is not a number.
    pub(super) fn revision(&self) -> Result<Option<u64>, ApiError> {
        match self.resource_version.as_str() {
            "" | "0" => Ok(None),
            text => {
                let unreadable = |_| ApiError::BadRequest(format!("invalid resource version \"{text}\": it has to be a number"));
                text.parse().map(Some).map_err(unreadable)
            }
        }
    }
}

/// One object.
///
/// # Errors
/// [`ApiError::NotFound`].
pub(super) fn get(state: &State, key: &ObjectKey) -> Result<Packed, ApiError> {
    state.get(key).cloned().ok_or_else(|| ApiError::NotFound { kind: key.kind, name: key.name.clone() })
}

/// The answer to a list.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct List {
    kind: String,
    api_version: &'static str,
    metadata: ListMeta,
    items: Vec<Item>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ListMeta {
    resource_version: String,
    #[serde(rename = "continue", skip_serializing_if = "String::is_empty")]
    proceed: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    remaining_item_count: Option<usize>,
}

/// An object of a list: Kubernetes' own kinds leave `kind` and `apiVersion` to the list.
#[derive(Debug)]
struct Item {
    object: Packed,
    bare: bool,
}

impl Serialize for Item {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !self.bare {
            return self.object.serialize(serializer);
        }
        let fields: BTreeMap<String, &RawValue> = serde_json::from_str(self.object.text()).map_err(S::Error::custom)?;
        let mut map = serializer.serialize_map(None)?;
        for (field, value) in fields.iter().filter(|(field, _)| !matches!(field.as_str(), "kind" | "apiVersion")) {
            map.serialize_entry(field, value)?;
        }
        map.end()
    }
}

/// The objects of a kind, in one namespace or (none) in all.
///
/// # Errors
/// A selector or a continue token that does not parse; a revision that is gone or not there yet.
pub(super) fn list(state: &State, kind: Kind, namespace: Option<&str>, params: &Params) -> Result<List, ApiError> {
    let selector = Selector::parse(kind, &params.label_selector, &params.field_selector)?;
    let (revision, after) = start(state, kind, params)?;
    let then = if revision == state.revision() { None } else { Some(state.list_at(revision, kind, namespace)?) };
    let all: Box<dyn Iterator<Item = (&ObjectKey, &Packed)>> = match &then {
        Some(then) => Box::new(then.iter()),
        None => Box::new(state.list(kind, namespace)),
    };
    let rest = all.skip_while(|(key, _)| after.as_ref().is_some_and(|after| *key <= after));
    let mut wanted = rest.filter(|(_, object)| selector.wants(object));
    // Calico's storage knows no pages: it answers with everything.
    let limit = if params.limit == 0 || is_calico(kind) { usize::MAX } else { usize::try_from(params.limit).unwrap_or(usize::MAX) };
    let page: Vec<_> = wanted.by_ref().take(limit).collect();
    let remaining = wanted.count();
    let proceed = match page.last() {
        Some((last, _)) if remaining > 0 => format!("{revision}:{}/{}", last.namespace, last.name),
        _ => String::new(),
    };
    let remaining_item_count = (remaining > 0 && selector.is_empty()).then_some(remaining);
    Ok(List {
        kind: format!("{}List", kind.name()),
        api_version: kind.api_version(),
        metadata: ListMeta { resource_version: revision.to_string(), proceed, remaining_item_count },
        items: page.into_iter().map(|(_, object)| Item { object: object.clone(), bare: !is_calico(kind) }).collect(),
    })
}

/// The revision that a list shows, and the object after which it begins.
fn start(state: &State, kind: Kind, params: &Params) -> Result<(u64, Option<ObjectKey>), ApiError> {
    if !params.proceed.is_empty() {
        let unreadable = || ApiError::BadRequest("continue key is not valid: begin the list anew".to_owned());
        let (revision, last) = params.proceed.split_once(':').ok_or_else(unreadable)?;
        let (namespace, name) = last.split_once('/').ok_or_else(unreadable)?;
        let revision = revision.parse().map_err(|_| unreadable())?;
        return Ok((revision, Some(ObjectKey::new(kind, namespace, name))));
    }
    match (params.revision()?, params.resource_version_match.as_str()) {
        (Some(asked), "Exact") => Ok((asked, None)),
        (Some(asked), _) if asked > state.revision() => Err(ApiError::FutureRevision { asked, current: state.revision() }),
        _ => Ok((state.revision(), None)),
    }
}
