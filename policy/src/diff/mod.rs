//! Differences of objects: what a write would change, or what has changed since one.
//!
//! Two objects are the same where a reconciler could not tell them apart: fields that the API server sets are left out
//! ([`server_set`]), absent and `null` are one, and so are absent and empty where Kubernetes makes them so ([`shape`]); lists of
//! addresses, ports and types are sets, while rules and profiles keep their order.

mod align;
mod apply;
mod fields;
#[cfg(test)]
mod laws;
mod lines;
mod normal;
mod server_set;
mod shape;
#[cfg(test)]
mod tests;

pub use apply::apply;
pub use server_set::{as_new, manifest};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What changes in one object.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectDiff {
    /// Field by field.
    pub fields: Vec<FieldChange>,
    /// The object's YAML line by line, both sides merged, unchanged lines included, server-set fields not.
    pub lines: Vec<DiffLine>,
    /// How many fields were left out because the API server sets them.
    pub server_set: u32,
}

/// One changed field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldChange {
    /// A JSON pointer (RFC 6901), `/spec/ingress/0/action`; empty for the whole object. The index of an item is that in the list
    /// after, but in the list before where the item goes away, and `-` where it is added to a set.
    pub path: String,
    /// The value before; none where the field is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// The value after; none where the field goes away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

/// One line of the YAML of both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DiffLine {
    /// On which side it stands.
    pub side: Side,
    /// The line, without its end.
    pub text: String,
}

/// On which side a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// On both.
    Same,
    /// Before only.
    Removed,
    /// After only.
    Added,
}

/// What changes from `before` to `after`; none where the object does not exist on that side.
///
/// [`apply`] of the fields to `before` gives an object that does not differ from `after`. The lines are the YAML of `before` and of
/// that object: what differs only in how it is written stays as it is, so that a line is marked only where a field is.
#[must_use]
pub fn object_diff(before: Option<&Value>, after: Option<&Value>) -> ObjectDiff {
    let pair = server_set::leave_out(before, after);
    let fields = fields::changes(pair.before.as_ref(), pair.after.as_ref());
    let lines = match (&pair.before, &pair.after) {
        (Some(before), Some(_)) => lines::merged(Some(before), Some(&apply(before, &fields))),
        (before, after) => lines::merged(before.as_ref(), after.as_ref()),
    };
    ObjectDiff { fields, lines, server_set: pair.left_out }
}

/// Whether the two differ in a field that the API server does not set.
#[must_use]
pub fn differs(a: &Value, b: &Value) -> bool {
    let pair = server_set::leave_out(Some(a), Some(b));
    normal::object(pair.before.as_ref()) != normal::object(pair.after.as_ref())
}
