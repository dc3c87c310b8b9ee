//! Policies with what they select, read once.

use super::classes::PolicyList;
use super::endpoint::Endpoint;
use crate::names;
use crate::object::{AnyObject, DEFAULT_TIER, Kind, Labels, ObjectKey, Order, PolicySpec, Tier};
use crate::selector::{Anchor, Inherited, Selector};
use imbl::OrdMap;
use std::collections::BTreeSet;
use std::sync::Arc;

/// `order` of a Kubernetes NetworkPolicy in Calico's default tier (conversion.go:270 at v3.27.0).
pub(crate) const KUBERNETES_ORDER: f64 = 1000.0;

/// A policy with its place among all policies, and what it selects. Sorted as Calico evaluates them: tier by tier, in a tier by `order`,
/// those without one last, then by the name that the backend has for it (policy_sorter.go:165 at v3.27.0).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RankedPolicy {
    tier_rank: TierRank,
    /// The name of its tier.
    pub tier: Arc<str>,
    without_order: bool,
    order: Option<Order>,
    backend_name: String,
    /// Which.
    pub key: ObjectKey,
    /// The endpoints it applies to; of a namespaced one, pods of its namespace.
    pub selector: Selector,
    /// Whether Portcullis wrote it.
    pub ours: bool,
}

/// The place of a tier among all: by whether it exists, by its order, those without one last (policy_sorter.go:146 at v3.32.1; names
/// come after).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TierRank {
    missing: bool,
    without_order: bool,
    order: Option<Order>,
}

/// `order` of the default tier where no object says so (libcalico-go/lib/clientv3/client.go:298 at v3.32.1).
const DEFAULT_TIER_ORDER: f64 = 1_000_000.0;

impl TierRank {
    /// The place of the tier of this name. The default tier is always there; before 3.29 it is the only one.
    pub(super) fn of(name: &str, tier: Option<&Tier>) -> Self {
        let order = match tier {
            Some(tier) => tier.spec.order,
            None if name == DEFAULT_TIER => Order::try_from(DEFAULT_TIER_ORDER).ok(),
            None => None,
        };
        Self { missing: tier.is_none() && name != DEFAULT_TIER, without_order: order.is_none(), order }
    }
}

/// The tier that a policy is in.
pub(super) fn tier_of(object: &AnyObject) -> &str {
    let named = match object {
        AnyObject::NetworkPolicy(policy) => policy.spec.tier.as_str(),
        AnyObject::GlobalNetworkPolicy(policy) => policy.spec.tier.as_str(),
        _ => "",
    };
    if named.is_empty() { DEFAULT_TIER } else { named }
}

impl RankedPolicy {
    /// None for what is no policy, and for a policy that applies to nothing: Calico does not have one whose selector it cannot read, and
    /// one of a namespaced kind without a namespace can not be.
    pub(super) fn of(object: &AnyObject, tier: impl Fn(&str) -> TierRank) -> Option<Self> {
        let key = object.key();
        let of_calico = |spec: &PolicySpec| Some((spec.order, Selector::of_policy(spec, &key.namespace).ok()?));
        let (order, selector) = match object {
            AnyObject::KubernetesNetworkPolicy(policy) => {
                (Order::try_from(KUBERNETES_ORDER).ok(), Selector::of_kubernetes_policy(&policy.spec.pod_selector, &key.namespace).ok()?)
            }
            AnyObject::NetworkPolicy(policy) => of_calico(&policy.spec)?,
            AnyObject::GlobalNetworkPolicy(policy) => of_calico(&policy.spec)?,
            _ => return None,
        };
        if key.kind.namespaced() && key.namespace.is_empty() {
            return None;
        }
        let name = tier_of(object);
        let (tier_rank, tier) = (tier(name), name.into());
        let ours = names::is_ours(object.meta());
        Some(Self { tier_rank, tier, without_order: order.is_none(), order, backend_name: backend_name(&key), key, selector, ours })
    }
}

/// `default.x`, `ns/default.x`, `ns/knp.default.x`. A name with a dot begins with its tier already (3.29 and later).
fn backend_name(key: &ObjectKey) -> String {
    let name = match key.kind {
        Kind::KubernetesNetworkPolicy => format!("knp.default.{}", key.name),
        _ if key.name.contains('.') => key.name.clone(),
        _ => format!("default.{}", key.name),
    };
    if key.namespace.is_empty() { name } else { format!("{}/{name}", key.namespace) }
}

/// All policies, by name and by what their selectors ask for.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Policies {
    ranked: OrdMap<ObjectKey, Arc<RankedPolicy>>,
    anchored: OrdMap<Anchored, Arc<RankedPolicy>>,
}

/// A policy under one of the labels that its selector asks for; under none where it asks for none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Anchored {
    namespace: Arc<str>,
    anchor: Option<Anchor>,
    policy: Arc<ObjectKey>,
}

impl Policies {
    pub(super) fn get(&self, key: &ObjectKey) -> Option<&Arc<RankedPolicy>> {
        self.ranked.get(key)
    }

    pub(super) fn insert(&mut self, policy: Arc<RankedPolicy>) {
        for entry in entries(&policy) {
            self.anchored.insert(entry, policy.clone());
        }
        self.ranked.insert(policy.key.clone(), policy);
    }

    pub(super) fn remove(&mut self, policy: &RankedPolicy) {
        for entry in entries(policy) {
            self.anchored.remove(&entry);
        }
        self.ranked.remove(&policy.key);
    }

    /// The policies of a tier.
    pub(super) fn in_tier<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a ObjectKey> {
        self.ranked.values().filter(move |policy| *policy.tier == *name).map(|policy| &policy.key)
    }

    /// The policies that select `endpoint`, in order.
    pub(super) fn selecting(&self, endpoint: &Endpoint, inherited: Inherited<'_>) -> PolicyList {
        let labels = endpoint.labels(inherited);
        let scopes = BTreeSet::from(["", endpoint.namespace()]);
        let candidates = scopes.into_iter().flat_map(|scope| self.candidates(scope, endpoint.own()));
        candidates.filter(|policy| policy.selector.matches(&labels)).cloned().collect()
    }

    /// The policies of `namespace` (empty for the cluster's) that may select something with these labels; some more than once.
    fn candidates<'a>(&'a self, namespace: &str, own: &Labels) -> Vec<&'a Arc<RankedPolicy>> {
        let by_key = own.keys().map(|key| Some(Anchor { key: key.as_str().into(), value: None }));
        let by_pair = own.iter().map(|(key, value)| Some(Anchor { key: key.as_str().into(), value: Some(value.as_str().into()) }));
        let namespace: Arc<str> = namespace.into();
        let mut found = Vec::new();
        for anchor in by_key.chain(by_pair).chain([None]) {
            let first = Anchored { namespace: namespace.clone(), anchor, policy: Arc::new(ObjectKey::new(Kind::Namespace, "", "")) };
            let under = self.anchored.range(first.clone()..);
            found.extend(
                under.take_while(|(entry, _)| entry.namespace == first.namespace && entry.anchor == first.anchor).map(|(_, policy)| policy),
            );
        }
        found
    }
}

fn entries(policy: &RankedPolicy) -> Vec<Anchored> {
    let namespace: Arc<str> = policy.key.namespace.as_str().into();
    let key = Arc::new(policy.key.clone());
    let anchors = policy.selector.anchors().map_or_else(|| vec![None], |anchors| anchors.into_iter().map(Some).collect());
    anchors.into_iter().map(|anchor| Anchored { namespace: namespace.clone(), anchor, policy: key.clone() }).collect()
}
