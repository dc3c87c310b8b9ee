//! What each edge group lets in, worked out when a policy or a set of it changes, not for each plan: a plan of one Service would else read
//! the sets of all.

use crate::names;
use crate::object::{AnyObject, GlobalNetworkPolicy, GlobalNetworkSet, Kept, PolicySpec, Raw, Rule};
use crate::plan::digest::canonical;
use crate::snapshot::table::{Stored, Tables};
use imbl::OrdMap;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Nets of clients by the value of [`names::PORTS_LABEL`].
pub(crate) type ClientNets = BTreeMap<String, BTreeSet<String>>;

/// The edge groups of a cluster.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Groups {
    /// How many sets with the same clients the policy of a group means: Services that are guarded alike have equal ones.
    clients: OrdMap<Clients, u32>,
    /// What the groups that have a policy let in, by their ids.
    contents: OrdMap<String, Content>,
}

/// What a group lets in and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Content {
    /// Of all but its id and its addresses, in 32 hexadecimal digits: equal for two groups that differ in nothing else.
    pub(crate) digest: String,
    /// Whether the policy names addresses, and so is one Service's own: the sets of another in it mean nothing.
    pub(crate) own: bool,
}

/// What a set says to the edge policy that means it: two are equal if they say the same to the same one.
#[derive(Debug, Clone)]
struct Clients(Arc<Kept<GlobalNetworkSet>>);

impl Clients {
    fn of(object: &AnyObject) -> Option<Self> {
        let AnyObject::GlobalNetworkSet(set) = object else { return None };
        set.metadata.labels.contains_key(names::EDGE_CLIENTS_LABEL).then(|| Self(set.clone()))
    }

    fn group(&self) -> &str {
        self.0.metadata.labels.get(names::EDGE_CLIENTS_LABEL).map_or("", String::as_str)
    }

    fn ports(&self) -> &str {
        self.0.metadata.labels.get(names::PORTS_LABEL).map_or("", String::as_str)
    }
}

impl PartialEq for Clients {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Clients {}

impl PartialOrd for Clients {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Clients {
    fn cmp(&self, other: &Self) -> Ordering {
        let clients = self.group().cmp(other.group()).then_with(|| self.ports().cmp(other.ports()));
        clients.then_with(|| self.0.spec.nets.cmp(&other.0.spec.nets))
    }
}

impl Groups {
    /// The groups that have a policy: id and content, by id.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Content)> {
        self.contents.iter().map(|(id, content)| (id.as_str(), content))
    }

    /// Carries in what became of a set. `tables` hold what is there now.
    pub(super) fn change_set(&mut self, tables: &Tables, old: Option<&AnyObject>, new: Option<&AnyObject>) {
        let (old, new) = (old.and_then(Clients::of), new.and_then(Clients::of));
        if old == new {
            return;
        }
        let left = old.filter(|old| self.leave(old));
        let joined = new.filter(|new| self.join(new));
        // One that is like another of its group changes nothing about the group.
        let groups: BTreeSet<&str> = left.iter().chain(&joined).map(Clients::group).collect();
        for group in groups {
            self.read(tables, group);
        }
    }

    /// Carries in what became of a policy.
    pub(super) fn change_policy(&mut self, tables: &Tables, name: &str) {
        if let Some(group) = names::group_of_edge_policy(name) {
            self.read(tables, group);
        }
    }

    /// Whether it was the last one of its like.
    fn leave(&mut self, clients: &Clients) -> bool {
        let Some(count) = self.clients.get_mut(clients) else { return false };
        *count -= 1;
        let last = *count == 0;
        if last {
            self.clients.remove(clients);
        }
        last
    }

    /// Whether it is the first one of its like.
    fn join(&mut self, clients: &Clients) -> bool {
        let count = self.clients.entry(clients.clone()).or_insert(0);
        *count += 1;
        *count == 1
    }

    fn read(&mut self, tables: &Tables, group: &str) {
        let policy = Kept::<GlobalNetworkPolicy>::table(tables).get("", &names::edge_policy(group));
        let policy = policy.filter(|policy| names::is_ours(&policy.metadata) && names::edge_group(&policy.metadata).is_some());
        match policy {
            Some(policy) => {
                let content = content(group, &policy.spec, &self.nets(group));
                self.contents.insert(group.to_owned(), content);
            }
            None => {
                self.contents.remove(group);
            }
        }
    }

    /// What is really in the sets that the group's policy means, whoever wrote them.
    fn nets(&self, group: &str) -> ClientNets {
        let mut first = Kept { object: GlobalNetworkSet::default(), raw: Raw::default() };
        first.object.metadata.labels.insert(names::EDGE_CLIENTS_LABEL.to_owned(), group.to_owned());
        let mut nets = ClientNets::new();
        let from = self.clients.range(Clients(Arc::new(first))..).map(|(clients, _)| clients);
        for clients in from.take_while(|clients| clients.group() == group) {
            nets.entry(clients.ports().to_owned()).or_default().extend(clients.0.spec.nets.iter().cloned());
        }
        nets
    }
}

/// What the group `id` lets in by this policy and these clients.
pub(crate) fn content(id: &str, spec: &PolicySpec, clients: &ClientNets) -> Content {
    // The tier and the hints are not Portcullis' to say: the API server fills in the one, a plan leaves the other.
    let mut spec = PolicySpec { tier: String::new(), performance_hints: Vec::new(), ..spec.clone() };
    let (with, without) = (format!("'{id}'"), "''");
    let own = spec.ingress.iter().any(|rule| !rule.destination.nets.is_empty());
    for rule in &mut spec.ingress {
        for side in [&mut rule.source, &mut rule.destination] {
            side.selector = side.selector.replace(&with, without);
        }
        if own {
            rule.destination.nets.clear();
        }
    }
    if own {
        // A rule for each family: the second says nothing new.
        let mut said: Vec<Rule> = Vec::new();
        for rule in std::mem::take(&mut spec.ingress) {
            if !said.contains(&rule) {
                said.push(rule);
            }
        }
        spec.ingress = said;
    }
    let digest = Sha256::digest(canonical(&json!([spec, clients])));
    Content { digest: names::hex(&digest[..16]), own }
}
