//! What is asked of one Service.

use super::{Access, ClientGroup, HostEndpoints};
use crate::object::{ObjectKey, ServiceRef};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What is asked of a Service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "intent", content = "access")]
pub enum Intent {
    /// Guard it with this access.
    Guard(Access),
    /// Guard it no more: take away what Portcullis wrote for it.
    Open,
}

/// A change, asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// The Service.
    pub service: ServiceRef,
    /// What is asked.
    #[serde(flatten)]
    pub intent: Intent,
    /// On which HostEndpoints.
    pub host_endpoints: HostEndpoints,
    /// What others made by hand, and goes or comes back with it.
    #[serde(default, skip_serializing_if = "Adoption::is_empty")]
    pub adoption: Adoption,
}

impl Change {
    /// The same with its access as it is written and read back. A guard at the pods alone stands on no HostEndpoint.
    #[must_use]
    pub(crate) fn normalised(&self) -> Self {
        let intent = match &self.intent {
            Intent::Guard(access) => Intent::Guard(access.normalised()),
            Intent::Open => Intent::Open,
        };
        Self { intent, host_endpoints: self.used_host_endpoints(), ..self.clone() }
    }

    /// The HostEndpoints that it is about: where the pods alone decide, it leaves them as they are.
    pub(crate) fn used_host_endpoints(&self) -> HostEndpoints {
        if self.at_pods_alone() { HostEndpoints::Existing } else { self.host_endpoints.clone() }
    }

    /// Whether it guards a Service at its pods alone.
    #[must_use]
    pub const fn at_pods_alone(&self) -> bool {
        matches!(&self.intent, Intent::Guard(access) if access.enforced.at_pods_alone())
    }

    /// The same with what these groups hold.
    #[must_use]
    pub fn resolved(&self, groups: &[ClientGroup]) -> Self {
        let intent = match &self.intent {
            Intent::Guard(access) => Intent::Guard(access.resolved(groups)),
            Intent::Open => Intent::Open,
        };
        Self { intent, ..self.clone() }
    }
}

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
