//! NetworkPolicies of Kubernetes.

use super::object;
use crate::object::{IntOrString, Kind, Labels, Meta, Object, null_as_default};
use serde::{Deserialize, Serialize};

/// A NetworkPolicy of Kubernetes, `networking.k8s.io/v1`.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct KubernetesNetworkPolicy {
    /// Metadata.
    pub metadata: Meta,
    /// Spec.
    pub spec: KubernetesNetworkPolicySpec,
}
object!(KubernetesNetworkPolicy);

/// The spec of a Kubernetes NetworkPolicy.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct KubernetesNetworkPolicySpec {
    /// The pods it selects; an empty one selects every pod of the namespace.
    #[serde(deserialize_with = "null_as_default")]
    pub pod_selector: LabelSelector,
    /// `Ingress`, `Egress`; absent: Ingress always, Egress where it has egress rules.
    #[serde(deserialize_with = "null_as_default")]
    pub policy_types: Vec<String>,
    /// Its ingress rules.
    #[serde(deserialize_with = "null_as_default")]
    pub ingress: Vec<KubernetesRule>,
    /// Its egress rules.
    #[serde(deserialize_with = "null_as_default")]
    pub egress: Vec<KubernetesRule>,
}

/// A rule of a Kubernetes NetworkPolicy: it allows what comes from any of its peers to any of its ports.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct KubernetesRule {
    /// Who may send, in an ingress rule; empty: everyone.
    #[serde(deserialize_with = "null_as_default")]
    pub from: Vec<KubernetesPeer>,
    /// To whom pods may send, in an egress rule; empty: everyone.
    #[serde(deserialize_with = "null_as_default")]
    pub to: Vec<KubernetesPeer>,
    /// The ports of the receiver; empty: every port of every protocol.
    #[serde(deserialize_with = "null_as_default")]
    pub ports: Vec<KubernetesPolicyPort>,
}

impl KubernetesRule {
    /// The other end, in a rule of this direction.
    #[must_use]
    pub fn peers(&self, ingress: bool) -> &[KubernetesPeer] {
        if ingress { &self.from } else { &self.to }
    }
}

/// The other end of what a rule allows: pods, or addresses.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct KubernetesPeer {
    /// Pods with these labels: of the policy's namespace where no `namespaceSelector` stands beside it.
    pub pod_selector: Option<LabelSelector>,
    /// In namespaces with these labels.
    pub namespace_selector: Option<LabelSelector>,
    /// Addresses; it stands alone.
    pub ip_block: Option<IpBlock>,
}

/// Addresses of a peer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct IpBlock {
    /// The net.
    pub cidr: String,
    /// Nets that are left out of it.
    #[serde(deserialize_with = "null_as_default")]
    pub except: Vec<String>,
}

/// A port of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct KubernetesPolicyPort {
    /// `TCP` (also where absent), `UDP`, `SCTP`.
    pub protocol: Option<String>,
    /// The port, by number or by the name that pods give to it; absent: every port.
    pub port: Option<IntOrString>,
    /// The last port of a range that begins with `port`.
    pub end_port: Option<i64>,
}

/// A label selector of Kubernetes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LabelSelector {
    /// Labels that must be equal.
    #[serde(deserialize_with = "null_as_default")]
    pub match_labels: Labels,
    /// Further requirements.
    #[serde(deserialize_with = "null_as_default")]
    pub match_expressions: Vec<LabelRequirement>,
}

/// One requirement of a [`LabelSelector`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LabelRequirement {
    /// The label.
    pub key: String,
    /// `In`, `NotIn`, `Exists`, `DoesNotExist`.
    pub operator: String,
    /// Values for `In` and `NotIn`.
    #[serde(deserialize_with = "null_as_default")]
    pub values: Vec<String>,
}
