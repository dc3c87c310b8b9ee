//! Tiers of policies (Calico 3.29 and later).

use super::Order;
use crate::object::kubernetes::object;
use crate::object::{Kind, Meta, Object};
use serde::Deserialize;

/// The tier of policies that name none.
pub const DEFAULT_TIER: &str = "default";

/// A Tier.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Tier {
    /// Metadata.
    pub metadata: Meta,
    /// Spec.
    pub spec: TierSpec,
}
object!(Tier);

/// The spec of a Tier.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TierSpec {
    /// Lower first; absent: last.
    pub order: Option<Order>,
    /// What becomes of packets that a policy of the tier is about and none of its rules matches: `Deny` (also where empty) or `Pass`.
    pub default_action: String,
}
