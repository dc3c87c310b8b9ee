//! Kinds and names of objects.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The kinds that Portcullis reads. The order is the order in which lists of objects are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the kinds are named as in their APIs")]
pub enum Kind {
    Namespace,
    ServiceAccount,
    Node,
    Pod,
    Service,
    EndpointSlice,
    /// `networking.k8s.io/v1`; Calico's own is [`Kind::NetworkPolicy`].
    KubernetesNetworkPolicy,
    /// `policy.networking.k8s.io/v1alpha1`, which Calico takes from 3.29 on.
    AdminNetworkPolicy,
    /// The same, behind all others.
    BaselineAdminNetworkPolicy,
    ClusterInformation,
    KubeControllersConfiguration,
    FelixConfiguration,
    #[serde(rename = "BGPConfiguration")]
    BgpConfiguration,
    #[serde(rename = "BGPPeer")]
    BgpPeer,
    #[serde(rename = "IPPool")]
    IpPool,
    GlobalNetworkSet,
    NetworkSet,
    HostEndpoint,
    /// `projectcalico.org/v3`.
    NetworkPolicy,
    GlobalNetworkPolicy,
    /// Calico 3.29 and later.
    Tier,
    /// Calico 3.30 and later.
    StagedGlobalNetworkPolicy,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 22] = [
        Self::Namespace,
        Self::ServiceAccount,
        Self::Node,
        Self::Pod,
        Self::Service,
        Self::EndpointSlice,
        Self::KubernetesNetworkPolicy,
        Self::AdminNetworkPolicy,
        Self::BaselineAdminNetworkPolicy,
        Self::ClusterInformation,
        Self::KubeControllersConfiguration,
        Self::FelixConfiguration,
        Self::BgpConfiguration,
        Self::BgpPeer,
        Self::IpPool,
        Self::GlobalNetworkSet,
        Self::NetworkSet,
        Self::HostEndpoint,
        Self::NetworkPolicy,
        Self::GlobalNetworkPolicy,
        Self::Tier,
        Self::StagedGlobalNetworkPolicy,
    ];

    /// Whether every line of Calico that is supported has the kind: tiers and policies of admins came with 3.29, staged policies with
    /// 3.30.
    #[must_use]
    pub const fn in_every_line(self) -> bool {
        !matches!(self, Self::Tier | Self::AdminNetworkPolicy | Self::BaselineAdminNetworkPolicy | Self::StagedGlobalNetworkPolicy)
    }

    /// `apiVersion` of the kind.
    #[must_use]
    pub const fn api_version(self) -> &'static str {
        match self {
            Self::Namespace | Self::ServiceAccount | Self::Node | Self::Pod | Self::Service => "v1",
            Self::EndpointSlice => "discovery.k8s.io/v1",
            Self::KubernetesNetworkPolicy => "networking.k8s.io/v1",
            Self::AdminNetworkPolicy | Self::BaselineAdminNetworkPolicy => "policy.networking.k8s.io/v1alpha1",
            _ => "projectcalico.org/v3",
        }
    }

    /// API group; empty for the core group.
    #[must_use]
    pub const fn group(self) -> &'static str {
        match self {
            Self::Namespace | Self::ServiceAccount | Self::Node | Self::Pod | Self::Service => "",
            Self::EndpointSlice => "discovery.k8s.io",
            Self::KubernetesNetworkPolicy => "networking.k8s.io",
            Self::AdminNetworkPolicy | Self::BaselineAdminNetworkPolicy => "policy.networking.k8s.io",
            _ => "projectcalico.org",
        }
    }

    /// `kind` as the API writes it. Two kinds share `NetworkPolicy`: [`Kind::api_version`] tells them apart.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Namespace => "Namespace",
            Self::ServiceAccount => "ServiceAccount",
            Self::Node => "Node",
            Self::Pod => "Pod",
            Self::Service => "Service",
            Self::EndpointSlice => "EndpointSlice",
            Self::KubernetesNetworkPolicy | Self::NetworkPolicy => "NetworkPolicy",
            Self::AdminNetworkPolicy => "AdminNetworkPolicy",
            Self::BaselineAdminNetworkPolicy => "BaselineAdminNetworkPolicy",
            Self::ClusterInformation => "ClusterInformation",
            Self::KubeControllersConfiguration => "KubeControllersConfiguration",
            Self::FelixConfiguration => "FelixConfiguration",
            Self::BgpConfiguration => "BGPConfiguration",
            Self::BgpPeer => "BGPPeer",
            Self::IpPool => "IPPool",
            Self::GlobalNetworkSet => "GlobalNetworkSet",
            Self::NetworkSet => "NetworkSet",
            Self::HostEndpoint => "HostEndpoint",
            Self::GlobalNetworkPolicy => "GlobalNetworkPolicy",
            Self::Tier => "Tier",
            Self::StagedGlobalNetworkPolicy => "StagedGlobalNetworkPolicy",
        }
    }

    /// The resource's name in URLs.
    #[must_use]
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Namespace => "namespaces",
            Self::ServiceAccount => "serviceaccounts",
            Self::Node => "nodes",
            Self::Pod => "pods",
            Self::Service => "services",
            Self::EndpointSlice => "endpointslices",
            Self::KubernetesNetworkPolicy | Self::NetworkPolicy => "networkpolicies",
            Self::AdminNetworkPolicy => "adminnetworkpolicies",
            Self::BaselineAdminNetworkPolicy => "baselineadminnetworkpolicies",
            Self::ClusterInformation => "clusterinformations",
            Self::KubeControllersConfiguration => "kubecontrollersconfigurations",
            Self::FelixConfiguration => "felixconfigurations",
            Self::BgpConfiguration => "bgpconfigurations",
            Self::BgpPeer => "bgppeers",
            Self::IpPool => "ippools",
            Self::GlobalNetworkSet => "globalnetworksets",
            Self::NetworkSet => "networksets",
            Self::HostEndpoint => "hostendpoints",
            Self::GlobalNetworkPolicy => "globalnetworkpolicies",
            Self::Tier => "tiers",
            Self::StagedGlobalNetworkPolicy => "stagedglobalnetworkpolicies",
        }
    }

    /// Whether objects of the kind live in a namespace.
    #[must_use]
    pub const fn namespaced(self) -> bool {
        matches!(
            self,
            Self::ServiceAccount
                | Self::Pod
                | Self::Service
                | Self::EndpointSlice
                | Self::KubernetesNetworkPolicy
                | Self::NetworkSet
                | Self::NetworkPolicy
        )
    }

    /// The kind with this `apiVersion` and `kind`; none if Portcullis does not read it.
    #[must_use]
    pub fn find(api_version: &str, kind: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.api_version() == api_version && k.name() == kind)
    }

    /// How a sentence names the kind: as the API does, with the group where two share a name.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::KubernetesNetworkPolicy => "Kubernetes NetworkPolicy",
            Self::NetworkPolicy => "Calico NetworkPolicy",
            other => other.name(),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())
    }
}

/// The identity of an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObjectKey {
    /// Its kind.
    pub kind: Kind,
    /// Its namespace; empty for cluster-wide kinds.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl ObjectKey {
    /// The key of `kind` `namespace/name`; `namespace` is empty for cluster-wide kinds.
    #[must_use]
    pub fn new(kind: Kind, namespace: &str, name: &str) -> Self {
        Self { kind, namespace: namespace.to_owned(), name: name.to_owned() }
    }

    /// `namespace/name`, or `name` for cluster-wide kinds.
    #[must_use]
    pub fn path(&self) -> String {
        if self.namespace.is_empty() { self.name.clone() } else { format!("{}/{}", self.namespace, self.name) }
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.path())
    }
}

/// `NAMESPACE/NAME` of a Service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ServiceRef {
    namespace: String,
    name: String,
}

/// Why a text is not a [`ServiceRef`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` does not name a Service: write NAMESPACE/NAME, both of lower-case letters, digits and dashes")]
pub struct NotAServiceRef(pub String);

impl ServiceRef {
    /// The Service `namespace/name`.
    ///
    /// # Errors
    /// Either part is not a DNS label (RFC 1123: at most 63 of `a-z`, `0-9`, `-`, no dash at the ends).
    pub fn new(namespace: &str, name: &str) -> Result<Self, NotAServiceRef> {
        if is_dns_label(namespace) && is_dns_label(name) {
            Ok(Self { namespace: namespace.to_owned(), name: name.to_owned() })
        } else {
            Err(NotAServiceRef(format!("{namespace}/{name}")))
        }
    }

    /// Its namespace.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its object key.
    #[must_use]
    pub fn key(&self) -> ObjectKey {
        ObjectKey::new(Kind::Service, &self.namespace, &self.name)
    }
}

impl fmt::Display for ServiceRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

impl std::str::FromStr for ServiceRef {
    type Err = NotAServiceRef;
    fn from_str(text: &str) -> Result<Self, NotAServiceRef> {
        let (namespace, name) = text.split_once('/').ok_or_else(|| NotAServiceRef(text.to_owned()))?;
        Self::new(namespace, name)
    }
}

impl TryFrom<String> for ServiceRef {
    type Error = NotAServiceRef;
    fn try_from(text: String) -> Result<Self, NotAServiceRef> {
        text.parse()
    }
}

impl From<ServiceRef> for String {
    fn from(service: ServiceRef) -> Self {
        service.to_string()
    }
}

/// Whether `text` is a DNS label: at most 63 of `a-z`, `0-9`, `-`, no dash at the ends (RFC 1123).
#[must_use]
pub fn is_dns_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// Whether `text` is a DNS subdomain: labels with dots between, at most 253 characters (RFC 1123).
#[must_use]
pub fn is_dns_subdomain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_dns_label)
}
