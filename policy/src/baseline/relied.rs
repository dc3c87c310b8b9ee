//! What relies on automatic HostEndpoints: policies that act on them, and rules that mean their addresses.

use super::automatic;
use crate::names;
use crate::object::{EntityRule, GlobalNetworkPolicy, HostEndpoint, Kept, NetworkPolicy, Object, ObjectKey, PolicySpec};
use crate::selector::Selector;
use crate::snapshot::{Endpoint, Snapshot};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The policies that rely on automatic HostEndpoints.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Relying {
    /// Portcullis' own.
    pub(super) ours: BTreeSet<ObjectKey>,
    /// Those of others.
    pub(super) others: BTreeSet<ObjectKey>,
}

impl Relying {
    /// In a cluster as it is.
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        let endpoints: Vec<&Arc<Kept<HostEndpoint>>> = automatic::made(snapshot).collect();
        let mut found = Self::default();
        for endpoint in &endpoints {
            for policy in snapshot.policies_on(&Endpoint::Host((*endpoint).clone())).iter() {
                found.add(policy.key.clone(), policy.ours);
            }
        }
        let namespaced = snapshot.iter::<Kept<NetworkPolicy>>();
        let namespaced =
            namespaced.map(|policy| (policy.key(), names::is_ours(&policy.metadata), policy.metadata.namespace.as_str(), &policy.spec));
        let global = snapshot.iter::<Kept<GlobalNetworkPolicy>>();
        let global = global.map(|policy| (policy.key(), names::is_ours(&policy.metadata), "", &policy.spec));
        for (key, ours, namespace, spec) in namespaced.chain(global) {
            let means = |side: &EntityRule| means(snapshot, side, namespace, &endpoints);
            if sides(spec).any(means) {
                found.add(key, ours);
            }
        }
        found
    }

    fn add(&mut self, key: ObjectKey, ours: bool) {
        if ours { &mut self.ours } else { &mut self.others }.insert(key);
    }
}

fn sides(spec: &PolicySpec) -> impl Iterator<Item = &EntityRule> {
    spec.ingress.iter().chain(&spec.egress).flat_map(|rule| [&rule.source, &rule.destination])
}

/// Whether a side of a rule means one of these HostEndpoints by its labels, or takes it out.
fn means(snapshot: &Snapshot, side: &EntityRule, namespace: &str, endpoints: &[&Arc<Kept<HostEndpoint>>]) -> bool {
    let positive = Selector::of_side(side, namespace).ok().flatten();
    let negative = Some(&side.not_selector).filter(|text| !text.is_empty()).and_then(|text| Selector::parse(text).ok());
    let selectors: Vec<Selector> = positive.into_iter().chain(negative).collect();
    let selected = |endpoint: &&Arc<Kept<HostEndpoint>>| {
        let labels = snapshot.host_labels(endpoint);
        selectors.iter().any(|selector| selector.matches(&labels))
    };
    !selectors.is_empty() && endpoints.iter().any(selected)
}
