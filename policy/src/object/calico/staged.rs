//! Policies that are tried before they decide (Calico 3.30 and later).

use super::PolicySpec;
use crate::object::kubernetes::object;
use crate::object::{Kind, Meta, Object};
use serde::Deserialize;

/// A StagedGlobalNetworkPolicy: none of its rules decides, and yet it is on HostEndpoints, which changes what decides there.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct StagedGlobalNetworkPolicy {
    /// Metadata.
    pub metadata: Meta,
    /// Spec.
    pub spec: StagedSpec,
}
object!(StagedGlobalNetworkPolicy);

/// The spec of one: that of the policy that is tried, and what is to become of it.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StagedSpec {
    /// `Set`, `Delete`, `Learn` or `Ignore`; empty means `Set`.
    pub staged_action: String,
    /// The policy.
    #[serde(flatten)]
    pub policy: PolicySpec,
}

impl StagedGlobalNetworkPolicy {
    /// The policy that Felix has of it. It hears of none that stages the end of one (`ConvertStagedGlobalNetworkPolicyV3ToV1Value` in
    /// `libcalico-go/lib/backend/syncersv1/updateprocessors/stagedglobalnetworkpolicyprocessor.go` at v3.30.1).
    #[must_use]
    pub fn heard_of(&self) -> Option<&PolicySpec> {
        Some(&self.spec.policy).filter(|_| self.spec.staged_action != "Delete")
    }
}
