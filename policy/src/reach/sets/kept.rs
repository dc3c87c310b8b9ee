//! What a selector selects, kept from one question to the next, and from one snapshot to the next.
//!
//! A rule that means the pods of the cluster has all of them tried, 30,000 in a big one. Which they are does not change with a policy, nor with
//! a set's nets; and where a pod or a set comes, goes or changes, only what selects it is found out anew.

use super::members::number;
use crate::cidr::{CidrSet, Family};
use crate::object::{GlobalNetworkSet, HostEndpoint, Kept as Beside, Kind, Namespace, NetworkSet, ObjectKey, Pod};
use crate::selector::{EndpointLabels, Selector};
use crate::snapshot::{Snapshot, addresses_of_pod};
use imbl::OrdMap;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

/// The most selectors that are kept; past it they are found out anew.
const SELECTORS: usize = 2_000;
/// With more changed objects than this it is cheaper to begin anew than to look at each.
const CHANGES: usize = 200;

/// What selectors select. A clone is cheap, and what one learns another does not know.
#[derive(Debug, Clone, Default)]
pub struct Kept {
    /// The snapshot that it holds for.
    of: Option<Snapshot>,
    known: OrdMap<Selector, Arc<Selected>>,
}

/// What one selector selects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Selected {
    /// The addresses of pods and HostEndpoints.
    pub(super) endpoints: CidrSet,
    /// The sets; their nets are looked up.
    pub(super) sets: BTreeSet<ObjectKey>,
    /// How many objects were tried.
    pub(super) tried: usize,
}

impl Kept {
    /// Lets go of what does not hold in this snapshot.
    pub(super) fn follow(&mut self, snapshot: &Snapshot) {
        let Some(before) = self.of.replace(snapshot.clone()) else { return };
        let changed = before.differing(snapshot);
        let is_inherited = |key: &ObjectKey| matches!(key.kind, Kind::Namespace | Kind::ServiceAccount);
        if changed.len() > CHANGES || self.known.len() > SELECTORS || changed.iter().any(is_inherited) {
            self.known.clear();
            return;
        }
        for key in &changed {
            match key.kind {
                Kind::Pod | Kind::HostEndpoint => self.follow_endpoint(&before, snapshot, key),
                Kind::NetworkSet | Kind::GlobalNetworkSet => self.follow_set(snapshot, key),
                _ => {}
            }
        }
    }

    fn follow_endpoint(&mut self, before: &Snapshot, snapshot: &Snapshot, key: &ObjectKey) {
        let moved = addresses(before, key) != addresses(snapshot, key);
        let is_stale = |selector: &&Selector| {
            let (was, is) = (is_selected(before, selector, key), is_selected(snapshot, selector, key));
            was != is || is && moved
        };
        let stale: Vec<Selector> = self.known.keys().filter(is_stale).cloned().collect();
        for selector in stale {
            self.known.remove(&selector);
        }
    }

    fn follow_set(&mut self, snapshot: &Snapshot, set: &ObjectKey) {
        let moved = |(selector, known): (&Selector, &Arc<Selected>)| {
            let is = is_selected(snapshot, selector, set);
            (known.sets.contains(set) != is).then(|| (selector.clone(), is))
        };
        let moved: Vec<(Selector, bool)> = self.known.iter().filter_map(moved).collect();
        for (selector, is) in moved {
            let Some(known) = self.known.get_mut(&selector) else { continue };
            let known = Arc::make_mut(known);
            if is {
                known.sets.insert(set.clone());
            } else {
                known.sets.remove(set);
            }
        }
    }

    pub(super) fn get(&self, selector: &Selector) -> Option<Arc<Selected>> {
        self.known.get(selector).cloned()
    }

    pub(super) fn keep(&mut self, selector: &Selector, selected: Selected) -> Arc<Selected> {
        let selected = Arc::new(selected);
        self.known.insert(selector.clone(), selected.clone());
        selected
    }
}

impl Selected {
    /// Those of these objects that the selector selects.
    pub(super) fn among<'a>(snapshot: &Snapshot, selector: &Selector, keys: impl Iterator<Item = &'a ObjectKey>) -> Self {
        let (mut found, mut sets) = (Vec::new(), BTreeSet::new());
        let mut tried = 0;
        for key in keys {
            tried += 1;
            if !is_selected(snapshot, selector, key) {
                continue;
            }
            match key.kind {
                Kind::Pod | Kind::HostEndpoint => found.extend(addresses(snapshot, key)),
                _ => {
                    sets.insert(key.clone());
                }
            }
        }
        let of = |family| {
            let own = found.iter().filter(|address| Family::of(**address) == family);
            CidrSet::of_numbers(family, own.map(|address| (number(*address), number(*address))).collect())
        };
        Self { endpoints: of(Family::V4).union(&of(Family::V6)), sets, tried }
    }
}

/// The addresses that Calico has for a pod or HostEndpoint.
fn addresses(snapshot: &Snapshot, key: &ObjectKey) -> BTreeSet<IpAddr> {
    match key.kind {
        Kind::Pod => snapshot.get::<Pod>(&key.namespace, &key.name).map(|pod| addresses_of_pod(pod)).unwrap_or_default(),
        Kind::HostEndpoint => {
            let endpoint = snapshot.get::<Beside<HostEndpoint>>("", &key.name);
            let texts = endpoint.iter().flat_map(|endpoint| &endpoint.spec.expected_ips);
            texts.filter_map(|text| text.parse().ok()).collect()
        }
        _ => BTreeSet::new(),
    }
}

/// Whether a selector selects the object, as Felix has it.
pub(super) fn is_selected(snapshot: &Snapshot, selector: &Selector, key: &ObjectKey) -> bool {
    match key.kind {
        Kind::Pod => {
            let pod = snapshot.get::<Pod>(&key.namespace, &key.name);
            pod.is_some_and(|pod| selector.matches(&EndpointLabels::of_pod(pod, snapshot.inherited_by(pod))))
        }
        Kind::HostEndpoint => {
            let endpoint = snapshot.get::<Beside<HostEndpoint>>("", &key.name);
            let matches = |endpoint: &HostEndpoint| selector.matches(&snapshot.host_labels(endpoint));
            endpoint.is_some_and(|endpoint| matches(endpoint) && !snapshot.is_refused(key))
        }
        Kind::NetworkSet => {
            let namespace = snapshot.get::<Namespace>("", &key.namespace).map(|namespace| &namespace.metadata.labels);
            let set = snapshot.get::<NetworkSet>(&key.namespace, &key.name);
            set.is_some_and(|set| selector.matches(&EndpointLabels::of_network_set(set, namespace)) && !snapshot.is_refused(key))
        }
        Kind::GlobalNetworkSet => {
            let set = snapshot.get::<Beside<GlobalNetworkSet>>("", &key.name);
            set.is_some_and(|set| selector.matches(&EndpointLabels::of_global_network_set(set)) && !snapshot.is_refused(key))
        }
        _ => false,
    }
}
