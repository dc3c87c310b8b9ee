//! Endpoints that no selector can tell apart, and the policies on them.

use super::endpoint::Endpoint;
use super::policies::RankedPolicy;
use imbl::OrdMap;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;
use std::sync::Arc;

/// Policies in the order in which Calico evaluates them, each once. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct PolicyList(Arc<[Arc<RankedPolicy>]>);

impl Deref for PolicyList {
    type Target = [Arc<RankedPolicy>];
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl FromIterator<Arc<RankedPolicy>> for PolicyList {
    fn from_iter<I: IntoIterator<Item = Arc<RankedPolicy>>>(policies: I) -> Self {
        Self(policies.into_iter().collect::<BTreeSet<_>>().into_iter().collect())
    }
}

impl PartialEq for PolicyList {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for PolicyList {}

impl PartialOrd for PolicyList {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PolicyList {
    fn cmp(&self, other: &Self) -> Ordering {
        if Arc::ptr_eq(&self.0, &other.0) {
            return Ordering::Equal;
        }
        // Lists share their policies: most pairs are one and the same.
        let differs = self.iter().zip(&*other.0).find(|(one, other)| !Arc::ptr_eq(one, other) && one != other);
        differs.map_or_else(|| self.len().cmp(&other.len()), |(one, other)| one.cmp(other))
    }
}

/// Endpoints that no selector can tell apart: how many they are, and the policies on them.
#[derive(Debug, Clone, PartialEq)]
struct Class {
    members: u32,
    policies: PolicyList,
}

/// The classes of all pods, or of all HostEndpoints. Lists of policies are interned: equal ones are one.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Classes {
    classes: OrdMap<Endpoint, Class>,
    /// How many classes use a list.
    lists: OrdMap<PolicyList, u32>,
}

/// A policy that came, changed or went.
pub(super) struct PolicyChange {
    pub(super) old: Option<Arc<RankedPolicy>>,
    pub(super) new: Option<Arc<RankedPolicy>>,
}

impl Classes {
    pub(super) fn policies(&self, endpoint: &Endpoint) -> Option<&PolicyList> {
        self.classes.get(endpoint).map(|class| &class.policies)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Endpoint> {
        self.classes.keys()
    }

    /// The classes of the pods of `namespace`.
    pub(super) fn in_namespace<'a>(&'a self, namespace: &'a str) -> impl Iterator<Item = &'a Endpoint> {
        let classes = self.classes.range(Endpoint::first_of(namespace)..).map(|(endpoint, _)| endpoint);
        classes.take_while(move |endpoint| endpoint.namespace() == namespace)
    }

    /// Every list of policies that some endpoint has, each once.
    pub(super) fn lists(&self) -> impl Iterator<Item = &PolicyList> {
        self.lists.keys()
    }

    /// Counts an endpoint in; `policies` says what is on it if it is the first of its class.
    pub(super) fn join(&mut self, endpoint: Endpoint, policies: impl FnOnce(&Endpoint) -> PolicyList) {
        if let Some(class) = self.classes.get_mut(&endpoint) {
            class.members += 1;
            return;
        }
        let policies = self.intern(policies(&endpoint));
        self.classes.insert(endpoint, Class { members: 1, policies });
    }

    /// Counts an endpoint out.
    pub(super) fn leave(&mut self, endpoint: &Endpoint) {
        let Some(class) = self.classes.get_mut(endpoint) else { return };
        class.members -= 1;
        if class.members == 0 {
            let policies = class.policies.clone();
            self.classes.remove(endpoint);
            self.release(&policies);
        }
    }

    /// Puts the policies on a class anew.
    pub(super) fn assign(&mut self, endpoint: &Endpoint, policies: PolicyList) {
        let Some(before) = self.policies(endpoint).cloned() else { return };
        if before != policies {
            let policies = self.intern(policies);
            if let Some(class) = self.classes.get_mut(endpoint) {
                class.policies = policies;
            }
            self.release(&before);
        }
    }

    /// Carries a policy's change into the classes of `endpoints`; `selected` says whether the policy as it is now selects one.
    pub(super) fn change(
        &mut self,
        endpoints: &BTreeSet<Endpoint>,
        policy: &PolicyChange,
        selected: impl Fn(&Endpoint, &RankedPolicy) -> bool,
    ) {
        // Classes with one list get one new list.
        let mut made: BTreeMap<(PolicyList, bool), PolicyList> = BTreeMap::new();
        for endpoint in endpoints {
            let Some(before) = self.policies(endpoint) else { continue };
            let now = policy.new.as_ref().filter(|new| selected(endpoint, new));
            let had = policy.old.as_ref().is_some_and(|old| before.binary_search(old).is_ok());
            if !had && now.is_none() {
                continue;
            }
            let after = made.entry((before.clone(), now.is_some())).or_insert_with(|| {
                let others = before.iter().filter(|other| policy.old.as_ref() != Some(*other));
                others.chain(now).cloned().collect()
            });
            let after = after.clone();
            self.assign(endpoint, after);
        }
    }

    fn intern(&mut self, list: PolicyList) -> PolicyList {
        let shared = self.lists.get_key_value(&list).map_or(list, |(shared, _)| shared.clone());
        *self.lists.entry(shared.clone()).or_insert(0) += 1;
        shared
    }

    fn release(&mut self, list: &PolicyList) {
        let Some(users) = self.lists.get_mut(list) else { return };
        *users -= 1;
        if *users == 0 {
            self.lists.remove(list);
        }
    }
}
