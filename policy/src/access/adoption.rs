//! What others made by hand, and goes or comes back with a change.

use crate::object::ObjectKey;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Policies that others made by hand, and that go or come back with a change.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Adoption {
    /// Taken over: deleted once the change is in force ([`crate::adopt`]).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub taken: Vec<ObjectKey>,
    /// Put back: created as they were, before what replaced them goes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub restored: Vec<Value>,
}

impl Adoption {
    /// Whether nothing of others goes or comes back.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.taken.is_empty() && self.restored.is_empty()
    }
}
