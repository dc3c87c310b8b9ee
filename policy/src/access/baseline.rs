//! What the whole cluster shares: whether advertised ranges are closed, and whether Calico's controller makes HostEndpoints.

use super::HostEndpoints;
use serde::{Deserialize, Serialize};

/// What the whole cluster shares.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Baseline {
    /// The HostEndpoints on which advertised ranges are closed unless a Service is opened; none where they are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<HostEndpoints>,
    /// Whether Calico's controller makes HostEndpoints.
    #[serde(default)]
    pub automatic_host_endpoints: bool,
}

impl Baseline {
    /// `Closed by default; no automatic HostEndpoints`.
    #[must_use]
    pub fn in_short(&self) -> String {
        let closed = if self.closed.is_some() { "closed by default" } else { "open by default" };
        let automatic = if self.automatic_host_endpoints { "automatic HostEndpoints" } else { "no automatic HostEndpoints" };
        format!("{closed}; {automatic}")
    }
}
