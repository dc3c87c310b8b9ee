//! What is worked out once, when it is first asked for.

use super::{addresses, labels};
use crate::access::ClientGroup;
use crate::names;
use crate::object::{AnyObject, Kind};
use crate::scope::{EdgeFacts, OnHosts};
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

/// A value that follows from the rest of what holds it: worked out when it is first asked for, shared by clones, and put away by the
/// holder when what it follows from changes. Two are always equal, as what they follow from is compared.
#[derive(Debug)]
pub(in crate::snapshot) struct Cached<T>(Arc<OnceLock<Arc<T>>>);

impl<T> Cached<T> {
    pub(in crate::snapshot) fn get(&self, make: impl FnOnce() -> T) -> Arc<T> {
        self.0.get_or_init(|| Arc::new(make())).clone()
    }
}

impl<T> Clone for Cached<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Default for Cached<T> {
    fn default() -> Self {
        Self(Arc::new(OnceLock::new()))
    }
}

impl<T> PartialEq for Cached<T> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// What plans of all Services read alike of nodes, HostEndpoints and the policies there, and of client groups: a plan does not walk 5,000 nodes
/// to find that they are as they were.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::snapshot) struct Edge {
    /// By the families of the Service.
    facts: [Cached<EdgeFacts>; 4],
    policies: Cached<Vec<OnHosts>>,
    groups: Cached<Vec<ClientGroup>>,
    /// The addresses of the nodes, as they are written.
    nodes: Cached<BTreeSet<String>>,
}

impl Edge {
    pub(in crate::snapshot) fn facts(&self, v4: bool, v6: bool, read: impl FnOnce() -> EdgeFacts) -> Arc<EdgeFacts> {
        self.facts[usize::from(v4) + 2 * usize::from(v6)].get(read)
    }

    pub(in crate::snapshot) fn policies(&self, read: impl FnOnce() -> Vec<OnHosts>) -> Arc<Vec<OnHosts>> {
        self.policies.get(read)
    }

    pub(in crate::snapshot) fn groups(&self, read: impl FnOnce() -> Vec<ClientGroup>) -> Arc<Vec<ClientGroup>> {
        self.groups.get(read)
    }

    pub(in crate::snapshot) fn nodes(&self, read: impl FnOnce() -> BTreeSet<String>) -> Arc<BTreeSet<String>> {
        self.nodes.get(read)
    }

    /// Puts away what an object that came, changed or went may say otherwise.
    pub(super) fn forget(&mut self, kind: Kind, old: Option<&AnyObject>, new: Option<&AnyObject>) {
        let relabelled = || old.map(labels) != new.map(labels);
        let facts = match kind {
            Kind::HostEndpoint | Kind::IpPool | Kind::KubeControllersConfiguration => true,
            Kind::Node => addresses::node_differs(old, new) || relabelled(),
            Kind::GlobalNetworkSet => relabelled(),
            _ => false,
        };
        if facts {
            self.facts = Default::default();
        }
        if kind == Kind::Node && addresses::node_differs(old, new) {
            self.nodes = Cached::default();
        }
        if matches!(kind, Kind::HostEndpoint | Kind::GlobalNetworkPolicy) {
            self.policies = Cached::default();
        }
        let of_group = |object: &AnyObject| object.meta().labels.contains_key(names::GROUP_LABEL);
        if kind == Kind::GlobalNetworkSet && old.into_iter().chain(new).any(of_group) {
            self.groups = Cached::default();
        }
    }
}
