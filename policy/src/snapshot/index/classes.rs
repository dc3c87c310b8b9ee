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
        let mut policies: Vec<Arc<RankedPolicy>> = policies.into_iter().collect();
        policies.sort_unstable();
        policies.dedup();
        Self(policies.into())
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
        let policies = intern(&mut self.lists, policies(&endpoint), 1);
        self.classes.insert(endpoint, Class { members: 1, policies });
    }

    /// Counts an endpoint out.
    pub(super) fn leave(&mut self, endpoint: &Endpoint) {
        let Some(class) = self.classes.get_mut(endpoint) else { return };
        class.members -= 1;
        if class.members == 0 {
            let policies = class.policies.clone();
            self.classes.remove(endpoint);
            release(&mut self.lists, &policies, 1);
        }
    }

    /// Puts the policies on a class anew.
    pub(super) fn assign(&mut self, endpoint: &Endpoint, policies: PolicyList) {
        let Some(before) = self.policies(endpoint).cloned() else { return };
        if before != policies {
            let policies = intern(&mut self.lists, policies, 1);
            if let Some(class) = self.classes.get_mut(endpoint) {
                class.policies = policies;
            }
            release(&mut self.lists, &before, 1);
        }
    }

    /// Carries a policy's change into the classes of `endpoints`; `selected` says whether the policy as it is now selects one.
    pub(super) fn change(
        &mut self,
        endpoints: &BTreeSet<Endpoint>,
        policy: &PolicyChange,
        selected: impl Fn(&Endpoint, &RankedPolicy) -> bool,
    ) {
        // What is done to a list is done once, not for every class that has it: lists are interned, so one place is one list.
        let mut moves: BTreeMap<(*const Arc<RankedPolicy>, bool), Move> = BTreeMap::new();
        for endpoint in endpoints {
            let Some(class) = self.classes.get(endpoint) else { continue };
            let now = policy.new.as_ref().filter(|new| selected(endpoint, new));
            let known = moves.entry((class.policies.as_ptr(), now.is_some()));
            let moved = known.or_insert_with(|| {
                let before = class.policies.clone();
                let others = before.iter().filter(|other| policy.old.as_ref() != Some(*other));
                let after = intern(&mut self.lists, others.chain(now).cloned().collect(), 0);
                Move { before, after, classes: 0 }
            });
            if class.policies.as_ptr() != moved.after.as_ptr() {
                moved.classes += 1;
                let after = moved.after.clone();
                if let Some(class) = self.classes.get_mut(endpoint) {
                    class.policies = after;
                }
            }
        }
        for Move { before, after, classes } in moves.into_values() {
            intern(&mut self.lists, after, classes);
            release(&mut self.lists, &before, classes);
        }
    }
}

/// From one list of policies to another.
struct Move {
    before: PolicyList,
    after: PolicyList,
    classes: u32,
}

/// The one list that is equal to `list`, for so many classes more.
fn intern(lists: &mut OrdMap<PolicyList, u32>, list: PolicyList, classes: u32) -> PolicyList {
    let shared = lists.get_key_value(&list).map_or(list, |(shared, _)| shared.clone());
    *lists.entry(shared.clone()).or_insert(0) += classes;
    shared
}

/// Lets go of a list for so many classes.
fn release(lists: &mut OrdMap<PolicyList, u32>, list: &PolicyList, classes: u32) {
    let Some(users) = lists.get_mut(list) else { return };
    *users -= classes;
    if *users == 0 {
        lists.remove(list);
    }
}
