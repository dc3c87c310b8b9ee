//! The labels that Calico's selectors see on an endpoint or a set: its own, those that Calico adds, and those it inherits.
//!
//! Sources, all at v3.28: `conversion/workload_endpoint_default.go:100-125` (what a Pod gets, over its own labels),
//! `conversion/conversion.go:91-101` (what it inherits from its Namespace), `updateprocessors/networksetprocessor.go` (sets),
//! `felix/labelindex/label_inheritance_index.go:72-84` (own labels win over inherited ones).

use crate::object::{GlobalNetworkSet, HostEndpoint, Labels, NetworkSet, Pod};

/// Label with the namespace of a Pod or NetworkSet.
pub(super) const NAMESPACE: &str = "projectcalico.org/namespace";
/// Label `k8s` on every Pod.
pub(super) const ORCHESTRATOR: &str = "projectcalico.org/orchestrator";
/// Label with the name of a Pod's service account.
pub(super) const SERVICE_ACCOUNT: &str = "projectcalico.org/serviceaccount";
/// Inherited label with the name of the Namespace or service account, behind the prefix.
pub(super) const NAME: &str = "projectcalico.org/name";
/// Prefix of the labels inherited from the Namespace.
pub(super) const NAMESPACE_PREFIX: &str = "pcns.";
/// Prefix of the labels inherited from the service account.
pub(crate) const SERVICE_ACCOUNT_PREFIX: &str = "pcsa.";

/// Something with labels.
pub trait LabelLookup {
    /// The value of the label `key`; none if it is absent.
    fn label(&self, key: &str) -> Option<&str>;
}

impl LabelLookup for Labels {
    fn label(&self, key: &str) -> Option<&str> {
        self.get(key).map(String::as_str)
    }
}

impl<T: LabelLookup + ?Sized> LabelLookup for &T {
    fn label(&self, key: &str) -> Option<&str> {
        T::label(self, key)
    }
}

/// The labels of one endpoint or set as selectors see them. Borrows, and copies nothing.
#[derive(Debug, Clone, Copy)]
pub struct EndpointLabels<'a> {
    own: &'a Labels,
    /// Empty for what is in no namespace.
    namespace: &'a str,
    pod: bool,
    /// The Namespace whose labels it inherits; empty for none.
    parent: &'a str,
    /// The ServiceAccount whose labels it inherits; empty where none is known.
    service_account: &'a str,
    inherited: Inherited<'a>,
}

/// The labels that an endpoint or set inherits.
#[derive(Debug, Clone, Copy, Default)]
pub struct Inherited<'a> {
    /// Those of its Namespace; none where that is not known, and then selectors on namespaces see its name only.
    pub namespace: Option<&'a Labels>,
    /// Those of a Pod's ServiceAccount; none where that is not known, and then selectors on service accounts see its name only.
    pub service_account: Option<&'a Labels>,
}

impl<'a> EndpointLabels<'a> {
    /// Labels of a Pod.
    #[must_use]
    pub fn of_pod(pod: &'a Pod, inherited: Inherited<'a>) -> Self {
        Self {
            own: &pod.metadata.labels,
            namespace: &pod.metadata.namespace,
            pod: true,
            parent: &pod.metadata.namespace,
            service_account: &pod.spec.service_account_name,
            inherited,
        }
    }

    /// Labels of a HostEndpoint: its own, and those that come with its profiles (`OnUpdate` in
    /// felix/labelindex/label_inheritance_index.go at v3.28.5; measured). A Namespace or ServiceAccount that is not there has no profile.
    #[must_use]
    pub fn of_host_endpoint(endpoint: &'a HostEndpoint, inherited: Inherited<'a>) -> Self {
        let account = endpoint.profile_account().filter(|_| inherited.service_account.is_some());
        Self {
            parent: endpoint.profile_namespace().filter(|_| inherited.namespace.is_some()).unwrap_or_default(),
            service_account: account.map(|(_, name)| name).unwrap_or_default(),
            inherited,
            ..Self::own(&endpoint.metadata.labels)
        }
    }

    /// Labels of a GlobalNetworkSet: its own.
    #[must_use]
    pub fn of_global_network_set(set: &'a GlobalNetworkSet) -> Self {
        Self::own(&set.metadata.labels)
    }

    /// Labels of a NetworkSet; `namespace` are those of its Namespace, as in [`Inherited`].
    #[must_use]
    pub fn of_network_set(set: &'a NetworkSet, namespace: Option<&'a Labels>) -> Self {
        let inherited = Inherited { namespace, service_account: None };
        let namespace = &set.metadata.namespace;
        Self { namespace, parent: namespace, inherited, ..Self::own(&set.metadata.labels) }
    }

    const fn own(own: &'a Labels) -> Self {
        Self {
            own,
            namespace: "",
            pod: false,
            parent: "",
            service_account: "",
            inherited: Inherited { namespace: None, service_account: None },
        }
    }

    fn inherited(&self, key: &str) -> Option<&'a str> {
        if let Some(key) = key.strip_prefix(NAMESPACE_PREFIX).filter(|_| !self.parent.is_empty()) {
            return if key == NAME { Some(self.parent) } else { self.inherited.namespace?.get(key).map(String::as_str) };
        }
        let key = key.strip_prefix(SERVICE_ACCOUNT_PREFIX).filter(|_| !self.service_account.is_empty())?;
        if key == NAME { Some(self.service_account) } else { self.inherited.service_account?.get(key).map(String::as_str) }
    }
}

impl LabelLookup for EndpointLabels<'_> {
    fn label(&self, key: &str) -> Option<&str> {
        match key {
            NAMESPACE if !self.namespace.is_empty() => Some(self.namespace),
            ORCHESTRATOR if self.pod => Some("k8s"),
            // Longer names do not fit a label's value, and Calico leaves the label out.
            SERVICE_ACCOUNT if self.pod && (1..63).contains(&self.service_account.len()) => Some(self.service_account),
            _ => self.own.get(key).map(String::as_str).or_else(|| self.inherited(key)),
        }
    }
}
