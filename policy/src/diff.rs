//! Differences of objects, server-set fields left out.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What changes in one object.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectDiff {
    /// Field by field.
    pub fields: Vec<FieldChange>,
    /// The object's YAML line by line, both sides merged, unchanged lines included.
    pub lines: Vec<DiffLine>,
    /// How many fields were left out because the API server sets them.
    pub server_set: u32,
}

/// One changed field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldChange {
    /// A JSON pointer (RFC 6901), `/spec/ingress/0/action`.
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
