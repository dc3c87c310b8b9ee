//! What of the cluster belongs to one guarded Service alone.

use crate::names;
use crate::object::{GlobalNetworkPolicy, Kept, Kind, Object, ObjectKey, ServiceRef};
use crate::recipe::Generated;
use crate::scope::has_others;
use crate::snapshot::Snapshot;
use std::collections::BTreeSet;

/// What was written for a Service that no guard of it goes by; nothing while it is tried at one node.
pub(crate) fn left_over(snapshot: &Snapshot, service: &ServiceRef) -> Vec<ObjectKey> {
    // Of ten thousand Services most have nothing.
    if snapshot.own_sets(service).is_empty() {
        return Vec::new();
    }
    let own = Own::of(snapshot, service);
    if own.canary.is_empty() { [own.client_sets, own.address_sets].concat() } else { Vec::new() }
}

/// The sets of one Service, and the edge policies that no other Service needs.
pub(super) struct Own {
    pub(super) client_sets: Vec<ObjectKey>,
    pub(super) address_sets: Vec<ObjectKey>,
    pub(super) edge_policies: Vec<ObjectKey>,
    /// Its forward policy, and the end of all of them where no other Service has one.
    pub(super) forward: Vec<ObjectKey>,
    /// What was tried at one node, where it was left.
    pub(super) canary: Vec<ObjectKey>,
}

impl Own {
    pub(super) fn of(snapshot: &Snapshot, service: &ServiceRef) -> Self {
        let (addresses, clients): (Vec<_>, Vec<_>) =
            snapshot.own_sets(service).into_iter().partition(|set| names::is_address_set(&set.metadata));
        // Its own name is among them: in the first shape there is no address set.
        let own = names::service_slug(service);
        let mut groups: BTreeSet<&str> =
            addresses.iter().filter_map(|set| set.metadata.labels.get(names::ADDRESSES_LABEL)).map(String::as_str).collect();
        groups.insert(&own);
        let alone = groups.into_iter().filter(|group| !has_others(snapshot, group, service));
        let policy = |group: &str| snapshot.get::<Kept<GlobalNetworkPolicy>>("", &names::edge_policy(group));
        let of_nobody_else = |policy: &&std::sync::Arc<Kept<GlobalNetworkPolicy>>| {
            let owner = policy.metadata.annotations.get(names::SERVICE_ANNOTATION);
            names::is_ours(&policy.metadata) && owner.is_none_or(|owner| *owner == service.to_string())
        };
        Self {
            client_sets: clients.into_iter().map(|set| set.key()).collect(),
            address_sets: addresses.iter().map(|set| set.key()).collect(),
            edge_policies: alone
                .filter_map(policy)
                .filter(of_nobody_else)
                .map(|policy| ObjectKey::new(Kind::GlobalNetworkPolicy, "", &policy.metadata.name))
                .collect(),
            forward: forward(snapshot, service),
            canary: canary(snapshot, service),
        }
    }

    /// What it has beside what is planned.
    pub(super) fn but(snapshot: &Snapshot, service: &ServiceRef, planned: &[Generated]) -> Self {
        let planned: BTreeSet<&ObjectKey> = planned.iter().map(|generated| &generated.key).collect();
        let mut rest = Self::of(snapshot, service);
        rest.keep(|key| !planned.contains(key));
        rest
    }

    /// Leaves out what `wanted` says no to.
    fn keep(&mut self, wanted: impl Fn(&ObjectKey) -> bool) {
        let Self { client_sets, address_sets, edge_policies, forward, canary } = self;
        for keys in [client_sets, address_sets, edge_policies, forward, canary] {
            keys.retain(&wanted);
        }
    }

    /// All of them.
    pub(super) fn keys(self) -> Vec<ObjectKey> {
        [self.client_sets, self.address_sets, self.edge_policies, self.forward, self.canary].concat()
    }
}

fn canary(snapshot: &Snapshot, service: &ServiceRef) -> Vec<ObjectKey> {
    let policy = snapshot.get::<Kept<GlobalNetworkPolicy>>("", &names::canary_policy(service));
    policy.filter(|policy| names::is_ours(&policy.metadata)).map(|policy| policy.key()).into_iter().collect()
}

fn forward(snapshot: &Snapshot, service: &ServiceRef) -> Vec<ObjectKey> {
    let key = |name: &str| ObjectKey::new(Kind::GlobalNetworkPolicy, "", name);
    let own = names::forward_policy(service);
    let of_others =
        |policy: &&std::sync::Arc<Kept<GlobalNetworkPolicy>>| names::is_forward_policy(&policy.metadata) && policy.metadata.name != own;
    let mut keys = vec![key(&own)];
    if snapshot.forward_policies().find(of_others).is_none() {
        keys.push(key(names::FORWARD_END));
    }
    keys
}
