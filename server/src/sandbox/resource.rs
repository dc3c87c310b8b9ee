//! What the API says of each kind: its names, its group, its verbs.

use policy::object::Kind;

/// A group and version of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct GroupVersion {
    /// Empty for the core group.
    pub(super) group: &'static str,
    pub(super) version: &'static str,
}

/// Every group, the core group first.
pub(super) const GROUPS: [GroupVersion; 4] = [
    GroupVersion { group: "", version: "v1" },
    GroupVersion { group: "discovery.k8s.io", version: "v1" },
    GroupVersion { group: "networking.k8s.io", version: "v1" },
    GroupVersion { group: "projectcalico.org", version: "v3" },
];

impl GroupVersion {
    /// `v1`, `projectcalico.org/v3`, ...
    pub(super) fn name(self) -> String {
        if self.group.is_empty() { self.version.to_owned() } else { format!("{}/{}", self.group, self.version) }
    }

    /// The kinds it has: those of Calico 3.28.
    pub(super) fn kinds(self) -> impl Iterator<Item = Kind> {
        Kind::ALL.into_iter().filter(move |kind| kind.in_every_line() && kind.group() == self.group)
    }

    /// The kind with this name in URLs.
    pub(super) fn find(self, plural: &str) -> Option<Kind> {
        self.kinds().find(|kind| kind.plural() == plural)
    }
}

/// What discovery says of a kind beside what [`Kind`] knows.
pub(super) struct Names {
    pub(super) singular: &'static str,
    pub(super) short: &'static [&'static str],
}

/// Names of a kind, as Kubernetes 1.29.15 and Calico's API server 3.28.5 announce them: the latter knows no singular names.
pub(super) const fn names(kind: Kind) -> Names {
    let (singular, short): (_, &[_]) = match kind {
        Kind::Namespace => ("namespace", &["ns"]),
        Kind::ServiceAccount => ("serviceaccount", &["sa"]),
        Kind::Node => ("node", &["no"]),
        Kind::Pod => ("pod", &["po"]),
        Kind::Service => ("service", &["svc"]),
        Kind::EndpointSlice => ("endpointslice", &[]),
        Kind::KubernetesNetworkPolicy => ("networkpolicy", &["netpol"]),
        Kind::NetworkPolicy => ("", &["cnp", "caliconetworkpolicy", "caliconetworkpolicies"]),
        Kind::ClusterInformation => ("", &["clusterinfo"]),
        Kind::FelixConfiguration => ("", &["felixconfig", "felixconfigs"]),
        Kind::BgpConfiguration => ("", &["bgpconfig", "bgpconfigs"]),
        Kind::NetworkSet => ("", &["netsets"]),
        Kind::HostEndpoint => ("", &["hep", "heps"]),
        Kind::GlobalNetworkPolicy => ("", &["gnp", "cgnp", "calicoglobalnetworkpolicies"]),
        Kind::KubeControllersConfiguration
        | Kind::BgpPeer
        | Kind::IpPool
        | Kind::GlobalNetworkSet
        | Kind::Tier
        | Kind::StagedGlobalNetworkPolicy
        | Kind::AdminNetworkPolicy
        | Kind::BaselineAdminNetworkPolicy => ("", &[]),
    };
    Names { singular, short }
}

/// The verbs of every kind, as discovery lists them.
pub(super) const VERBS: [&str; 6] = ["create", "delete", "get", "list", "update", "watch"];

/// Whether Calico's API server answers for the kind: its rules for updates, deletes and watches differ from Kubernetes' own.
pub(super) fn is_calico(kind: Kind) -> bool {
    kind.group() == "projectcalico.org"
}

/// Whether the kind has a `status` subresource: a plain write leaves the status alone.
pub(super) const fn has_status(kind: Kind) -> bool {
    matches!(kind, Kind::Namespace | Kind::Node | Kind::Pod | Kind::Service | Kind::KubeControllersConfiguration)
}

/// Whether objects of the kind can be written at all: Calico's API server makes its ClusterInformation itself and refuses every write of
/// it, although discovery lists the verbs.
pub(super) const fn is_writable(kind: Kind) -> bool {
    !matches!(kind, Kind::ClusterInformation)
}

/// Whether a change of the spec raises `metadata.generation` (`pkg/registry/{discovery,networking}/*/strategy.go` at v1.29.0). Calico's
/// API server maintains none.
pub(super) const fn has_generation(kind: Kind) -> bool {
    matches!(kind, Kind::EndpointSlice | Kind::KubernetesNetworkPolicy)
}

/// Whether DELETE answers with the object rather than with a `Status` (`ReturnDeletedObject` of the registry, v1.29.0).
pub(super) const fn delete_returns_object(kind: Kind) -> bool {
    matches!(kind, Kind::Namespace | Kind::ServiceAccount | Kind::Pod | Kind::Service)
}

/// The fields beside name and namespace that a field selector may name, as JSON pointers.
pub(super) const fn selectable_fields(kind: Kind) -> &'static [(&'static str, &'static str)] {
    match kind {
        Kind::Namespace => &[("status.phase", "/status/phase")],
        Kind::Node => &[("spec.unschedulable", "/spec/unschedulable")],
        Kind::Pod => &[
            ("spec.nodeName", "/spec/nodeName"),
            ("spec.hostNetwork", "/spec/hostNetwork"),
            ("status.phase", "/status/phase"),
            ("status.podIP", "/status/podIP"),
        ],
        _ => &[],
    }
}
