//! An endpoint, as policies see it.

use crate::object::{HostEndpoint, Kept, Labels, Pod};
use crate::selector::{EndpointLabels, Inherited};
use std::cmp::Ordering;
use std::sync::Arc;

/// A pod or a HostEndpoint, as policies see it: two of a kind are equal if no selector can tell them apart, by their own labels, and by
/// the namespace and service account that they are of or have the profiles of.
#[derive(Debug, Clone)]
pub enum Endpoint {
    /// A pod.
    Pod(Arc<Pod>),
    /// A HostEndpoint.
    Host(Arc<Kept<HostEndpoint>>),
}

impl Endpoint {
    /// What sorts before every pod of `namespace`, and after every pod of the namespaces before it.
    pub(super) fn first_of(namespace: &str) -> Self {
        let mut pod = Pod::default();
        namespace.clone_into(&mut pod.metadata.namespace);
        Self::Pod(Arc::new(pod))
    }

    /// Its namespace; empty for a HostEndpoint.
    pub(super) fn namespace(&self) -> &str {
        match self {
            Self::Pod(pod) => &pod.metadata.namespace,
            Self::Host(_) => "",
        }
    }

    /// Its own labels.
    pub(super) fn own(&self) -> &Labels {
        match self {
            Self::Pod(pod) => &pod.metadata.labels,
            Self::Host(host) => &host.metadata.labels,
        }
    }

    /// Its labels as selectors see them.
    pub(super) fn labels<'a>(&'a self, inherited: Inherited<'a>) -> EndpointLabels<'a> {
        match self {
            Self::Pod(pod) => EndpointLabels::of_pod(pod, inherited),
            Self::Host(host) => EndpointLabels::of_host_endpoint(host, inherited),
        }
    }

    fn identity(&self) -> (bool, &str, (&str, &str), &Labels) {
        match self {
            Self::Pod(pod) => (true, &pod.metadata.namespace, ("", &pod.spec.service_account_name), &pod.metadata.labels),
            Self::Host(host) => {
                let account = host.profile_account().unwrap_or_default();
                (false, host.profile_namespace().unwrap_or_default(), account, &host.metadata.labels)
            }
        }
    }

    /// Whether it is a HostEndpoint with the profile of a Namespace or ServiceAccount.
    pub(super) fn has_profile_of(&self, namespace: &str, account: Option<&str>) -> bool {
        let Self::Host(host) = self else { return false };
        match account {
            None => host.profile_namespace() == Some(namespace),
            Some(account) => host.profile_account() == Some((namespace, account)),
        }
    }
}

impl PartialEq for Endpoint {
    fn eq(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }
}

impl Eq for Endpoint {}

impl PartialOrd for Endpoint {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Endpoint {
    fn cmp(&self, other: &Self) -> Ordering {
        self.identity().cmp(&other.identity())
    }
}
