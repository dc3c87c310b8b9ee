//! What one Service's preview needs of the cluster.

use serde::{Deserialize, Serialize};

/// What one Service's preview needs of the cluster: small, and sent to the browser whole.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Scope {}
