//! What is asked of the index; [`crate::snapshot::Snapshot`] has the words for it.

use super::cached::Edge;
use super::policies::TierRank;
use super::{Content, Endpoint, Index, PolicyList, SERVICE_NAME, inherited};
use crate::names;
use crate::object::{Kind, Labels, ObjectKey, Tier};
use crate::reach::Hosts;
use crate::scope::LooseSelector;
use crate::selector::Anchor;
use crate::snapshot::table::{Stored, Tables};
use std::collections::BTreeSet;
use std::sync::Arc;

impl Index {
    pub(in crate::snapshot) fn hosts(&self, read: impl FnOnce() -> Hosts) -> Arc<Hosts> {
        self.hosts_cache.get(read)
    }

    pub(in crate::snapshot) const fn edge(&self) -> &Edge {
        &self.edge
    }

    pub(in crate::snapshot) fn is_refused(&self, key: &ObjectKey) -> bool {
        self.refused.contains(key)
    }

    pub(in crate::snapshot) fn loose_selectors(&self) -> impl Iterator<Item = &LooseSelector> {
        self.loose.iter()
    }

    pub(in crate::snapshot) fn policies_on(&self, tables: &Tables, endpoint: &Endpoint) -> PolicyList {
        let classes = if matches!(endpoint, Endpoint::Pod(_)) { &self.pods } else { &self.hosts };
        let known = classes.policies(endpoint).cloned();
        known.unwrap_or_else(|| self.policies.selecting(endpoint, inherited(tables, endpoint)))
    }

    pub(in crate::snapshot) fn in_order(&self, policies: &[ObjectKey]) -> Vec<ObjectKey> {
        let ranked: BTreeSet<_> = policies.iter().filter_map(|key| self.policies.get(key)).collect();
        ranked.into_iter().map(|policy| policy.key.clone()).collect()
    }

    pub(in crate::snapshot) fn tier_precedes(tables: &Tables, tier: &str, other: &str) -> bool {
        let rank = |name: &str| TierRank::of(name, Tier::table(tables).get("", name).map(Arc::as_ref));
        (rank(tier), tier) < (rank(other), other)
    }

    pub(in crate::snapshot) fn policies_on_hosts(&self) -> BTreeSet<&ObjectKey> {
        self.hosts.lists().flat_map(|list| list.iter()).filter(|policy| !policy.ours).map(|policy| &policy.key).collect()
    }

    pub(in crate::snapshot) fn policies_on_every_host(&self) -> BTreeSet<&ObjectKey> {
        let keys = |list: &PolicyList| list.iter().filter(|policy| !policy.ours).map(|policy| policy.key.clone()).collect::<BTreeSet<_>>();
        let mut every: Option<BTreeSet<ObjectKey>> = None;
        for list in self.hosts.lists() {
            let here = keys(list);
            every = Some(every.map_or_else(|| here.clone(), |every| &every & &here));
        }
        let every = every.unwrap_or_default();
        self.policies_on_hosts().into_iter().filter(|key| every.contains(*key)).collect()
    }

    pub(in crate::snapshot) fn with_labels<'a>(&'a self, kind: Kind, namespace: &'a str, labels: &'a Labels) -> Vec<&'a ObjectKey> {
        self.labels.with_rarest(labels, kind, namespace)
    }

    pub(in crate::snapshot) fn with_label<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a ObjectKey> {
        self.labels.with_key(key)
    }

    pub(in crate::snapshot) fn with_label_at<'a>(&'a self, anchor: &'a Anchor) -> Box<dyn Iterator<Item = &'a ObjectKey> + 'a> {
        self.labels.with_anchor(anchor)
    }

    pub(in crate::snapshot) fn strangers<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a ObjectKey> {
        self.strangers.with_key(key)
    }

    pub(in crate::snapshot) fn with_label_value<'a>(&'a self, key: &'a str, value: &'a str) -> impl Iterator<Item = &'a ObjectKey> {
        self.labels.with_value(key, value)
    }

    pub(in crate::snapshot) fn strangers_starting<'a>(&'a self, key: &'a str, prefix: &'a str) -> impl Iterator<Item = &'a ObjectKey> {
        self.strangers.with_prefix(key, prefix)
    }

    pub(in crate::snapshot) fn sets_of<'a>(&'a self, owner: &'a str) -> impl Iterator<Item = &'a ObjectKey> {
        self.owners.with_pair(names::SERVICE_ANNOTATION, owner, Kind::GlobalNetworkSet, "")
    }

    pub(in crate::snapshot) fn edge_groups(&self) -> impl Iterator<Item = (&str, &Content)> {
        self.groups.iter()
    }

    pub(in crate::snapshot) fn slices<'a>(&'a self, namespace: &'a str, service: &'a str) -> impl Iterator<Item = &'a ObjectKey> {
        self.labels.with_pair(SERVICE_NAME, service, Kind::EndpointSlice, namespace)
    }

    pub(in crate::snapshot) fn services_by_selector<'a>(
        &'a self,
        namespace: &'a str,
        key: &'a str,
        value: &'a str,
    ) -> impl Iterator<Item = &'a ObjectKey> {
        self.selectors.with_pair(key, value, Kind::Service, namespace)
    }
}
