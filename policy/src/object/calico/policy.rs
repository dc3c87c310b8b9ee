//! Policies, both kinds, and their rules.

use super::{DEFAULT_TIER, Order};
use crate::object::kubernetes::object;
use crate::object::{IntOrString, Kind, Meta, Object, null_as_default};
use crate::selector::SERVICE_ACCOUNT_PREFIX;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A GlobalNetworkPolicy.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct GlobalNetworkPolicy {
    /// Metadata.
    #[serde(skip_serializing)]
    pub metadata: Meta,
    /// Spec.
    pub spec: PolicySpec,
}
object!(GlobalNetworkPolicy);

/// A NetworkPolicy of Calico.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct NetworkPolicy {
    /// Metadata.
    #[serde(skip_serializing)]
    pub metadata: Meta,
    /// Spec.
    pub spec: PolicySpec,
}
object!(NetworkPolicy);

/// The spec of both kinds of policy; a NetworkPolicy has no `namespaceSelector`, `doNotTrack`, `preDNAT`, `applyOnForward`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PolicySpec {
    /// Lower first; absent: last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    /// Tier; `default` where empty (Calico 3.29 and later).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub tier: String,
    /// Which endpoints it applies to; empty: all.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub selector: String,
    /// Which namespaces; empty: no restriction.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace_selector: String,
    /// Which service accounts; empty: no restriction.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub service_account_selector: String,
    /// `Ingress`, `Egress`; absent: defaulted by the API server, both for Felix.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<String>,
    /// Ingress rules.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub ingress: Vec<Rule>,
    /// Egress rules.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub egress: Vec<Rule>,
    /// Before connection tracking.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub do_not_track: bool,
    /// Before destination translation.
    #[serde(rename = "preDNAT", skip_serializing_if = "std::ops::Not::not")]
    pub pre_dnat: bool,
    /// Also for traffic that the host forwards.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub apply_on_forward: bool,
    /// `AssumeNeededOnEveryNode`.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub performance_hints: Vec<String>,
}

/// A rule of a policy.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Rule {
    /// `Allow`, `Deny`, `Log`, `Pass`.
    pub action: String,
    /// 4 or 6; absent: both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_version: Option<i64>,
    /// Protocol by name or number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<IntOrString>,
    /// Any but this protocol.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_protocol: Option<IntOrString>,
    /// ICMP type and code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icmp: Option<Icmp>,
    /// Any but these.
    #[serde(rename = "notICMP", skip_serializing_if = "Option::is_none")]
    pub not_icmp: Option<Icmp>,
    /// The sender.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "EntityRule::is_empty")]
    pub source: EntityRule,
    /// The receiver.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "EntityRule::is_empty")]
    pub destination: EntityRule,
    /// Application layer match; kept as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http: Option<Value>,
    /// Annotations of the rule; kept as they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Value>,
}

impl Rule {
    /// The rule that is about a packet where this one is about the answer to it.
    #[must_use]
    pub fn of_answers(&self) -> Self {
        Self { source: self.destination.clone(), destination: self.source.clone(), ..self.clone() }
    }
}

impl PolicySpec {
    /// Whether it is about packets in a direction, `Ingress` or `Egress`, as Felix has it: without types about both, and the spelling of one
    /// does not matter (`felix/calc/policy_sorter.go:136` at v3.28.5).
    ///
    /// Calico's API fills types in by the rules that there are (clientv3/globalnetworkpolicy.go:156 at v3.27.0), so what comes by it has them.
    /// An object without them is one that came by another way, as from its CRD, or a manifest that was not applied yet: nodes would treat it as
    /// it stands, so that is how it is read.
    #[must_use]
    pub fn governs(&self, direction: &str) -> bool {
        self.types.is_empty() || self.types.iter().any(|kind| kind.eq_ignore_ascii_case(direction))
    }

    /// The tier that it names; none where it is in the one that is always there.
    #[must_use]
    pub fn named_tier(&self) -> Option<&str> {
        Some(self.tier.as_str()).filter(|tier| !tier.is_empty() && *tier != DEFAULT_TIER)
    }

    /// Whether it goes by labels of ServiceAccounts, in what it applies to or in a rule.
    #[must_use]
    pub fn goes_by_service_accounts(&self) -> bool {
        let side = |side: &EntityRule| {
            let selector = side.service_accounts.as_ref().is_some_and(|accounts| !accounts.selector.is_empty());
            selector || [&side.selector, &side.not_selector].into_iter().any(|text| text.contains(SERVICE_ACCOUNT_PREFIX))
        };
        let mut rules = self.ingress.iter().chain(&self.egress);
        !self.service_account_selector.is_empty()
            || self.selector.contains(SERVICE_ACCOUNT_PREFIX)
            || rules.any(|rule| side(&rule.source) || side(&rule.destination))
    }
}

/// ICMP match.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Icmp {
    /// Type, 0 to 254.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<i64>,
    /// Code, 0 to 255; needs a type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<i64>,
}

/// One side of a rule: AND over fields, OR inside lists.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EntityRule {
    /// Any of these nets.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub nets: Vec<String>,
    /// None of these nets.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub not_nets: Vec<String>,
    /// Endpoints and sets with these labels.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub selector: String,
    /// Anything but those.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub not_selector: String,
    /// In namespaces with these labels; `global()`: in none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace_selector: String,
    /// Any of these ports.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<IntOrString>,
    /// None of these ports.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub not_ports: Vec<IntOrString>,
    /// Pods of these service accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_accounts: Option<ServiceAccounts>,
    /// The endpoints of a Service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub services: Option<ServiceMatch>,
}

impl EntityRule {
    /// Whether it matches everything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Service accounts of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ServiceAccounts {
    /// By name.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// By label.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub selector: String,
}

/// A Service as a rule names it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ServiceMatch {
    /// Its name.
    pub name: String,
    /// Its namespace. Without it the rule means no Service at all, also in a NetworkPolicy: Felix does not put the policy's own namespace in its
    /// place, as Calico's documentation says it does (`RuleAPIV2ToBackend` in
    /// `libcalico-go/lib/backend/syncersv1/updateprocessors/rules.go:154` at v3.28.5 and v3.30.1; measured).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
}
