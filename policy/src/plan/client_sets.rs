//! When client sets are written: a client that moves from one set to another is in the new one before the policies change, and stays in the
//! old one until they have.

use super::patch::patched;
use super::steps::{UNUSED, delete, live, role_of_set, step, write};
use super::{Role, Step, Write};
use crate::access::halves;
use crate::cidr::{Cidr, CidrSet};
use crate::names;
use crate::object::{Object, ObjectKey, ServiceRef};
use crate::recipe::Generated;
use crate::snapshot::Snapshot;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The writes of client sets, before the policies and after them.
#[derive(Default)]
pub(super) struct ClientSets {
    pub(super) first: Vec<Step>,
    pub(super) last: Vec<Step>,
}

const FIRST: &str = "Lets clients in first: the policies below refer to this set.";
const LAST: &str = "After the policies: a client that moves to another set is in that one before it leaves this one.";

impl ClientSets {
    /// Those of `service`, towards `planned`.
    pub(super) fn of(snapshot: &Snapshot, service: &ServiceRef, planned: &[&Generated]) -> Self {
        let own = snapshot
            .own_sets(service)
            .into_iter()
            .filter(|set| !names::is_address_set(&set.metadata) && !names::is_node_set(&set.metadata.name));
        let before: BTreeMap<ObjectKey, CidrSet> =
            own.map(|set| (set.key(), set.spec.nets.iter().filter_map(|net| net.parse::<Cidr>().ok()).collect())).collect();
        let after: BTreeMap<ObjectKey, CidrSet> = planned.iter().map(|set| (set.key.clone(), nets(&set.object))).collect();
        let mut found = Self::default();
        for set in planned {
            found.add(snapshot, set, &before, &after);
        }
        found
    }

    /// Takes sets away that no rule refers to any more, where the pods come to guard alone: the steps before the edge goes, and those behind it.
    /// The pods may mean such a set by the label of one that stays, so whom it alone lets in goes while the edge is there; who stays is in it
    /// as long as the edge lets in by it.
    pub(super) fn stale(snapshot: &Snapshot, keys: &[ObjectKey], planned: &[&Generated]) -> (Vec<Step>, Vec<Step>) {
        let stays = planned.iter().fold(CidrSet::new(), |all, set| all.union(&nets(&set.object)));
        let (mut first, mut last) = (Vec::new(), Vec::new());
        for key in keys {
            let Some(gone) = delete(snapshot, role_of_set(key), key, UNUSED) else { continue };
            let Some(live) = gone.write.before().cloned() else { continue };
            let was = nets(&live);
            let kept = was.intersection(&stays);
            match (kept.is_empty(), kept == was) {
                (true, false) => first.push(gone),
                (_, true) => last.push(gone),
                (false, false) => {
                    let shrunk = with_nets(&live, &kept);
                    first.extend(write(snapshot, gone.role, key, &shrunk, "Whom no set lets in any more is cut while the edge is there."));
                    let mut gone = gone;
                    if let Write::Delete { before, .. } = &mut gone.write {
                        *before = shrunk;
                    }
                    last.push(gone);
                }
            }
        }
        (first, last)
    }

    fn add(&mut self, snapshot: &Snapshot, set: &Generated, before: &BTreeMap<ObjectKey, CidrSet>, after: &BTreeMap<ObjectKey, CidrSet>) {
        let (Some(was), Some(is)) = (before.get(&set.key), after.get(&set.key)) else {
            self.first.extend(write(snapshot, set.role, &set.key, &set.object, FIRST));
            return;
        };
        let (gained, lost) = (is.difference(was), was.difference(is));
        let in_another = |sets: &BTreeMap<ObjectKey, CidrSet>, some: &CidrSet| {
            sets.iter().any(|(key, nets)| *key != set.key && !nets.intersection(some).is_empty())
        };
        let (moves_in, moves_out) = (in_another(before, &gained), in_another(after, &lost));
        match (lost.is_empty() || !moves_out, gained.is_empty() || !moves_in) {
            _ if lost.is_empty() => self.first.extend(write(snapshot, set.role, &set.key, &set.object, FIRST)),
            (_, true) => self.last.extend(write(snapshot, set.role, &set.key, &set.object, LAST)),
            (true, false) => self.first.extend(write(snapshot, set.role, &set.key, &set.object, FIRST)),
            (false, false) => self.twice(snapshot, set, &was.union(is)),
        }
    }

    /// Clients move in from another set, and others out to one: what lets in first, and what shuts out last.
    fn twice(&mut self, snapshot: &Snapshot, set: &Generated, both: &CidrSet) {
        let between = with_nets(&set.object, both);
        let Some(grown) =
            write(snapshot, set.role, &set.key, &between, "First what lets clients in: those that come and those that go are in it.")
        else {
            self.last.extend(write(snapshot, set.role, &set.key, &set.object, LAST));
            return;
        };
        if let (Some(live), Some(before)) = (live(snapshot, &set.key), grown.write.after().cloned()) {
            // What the API server makes of the first write is known to the run alone: it puts the version in.
            let resource_version = live.pointer("/metadata/resourceVersion").and_then(Value::as_str).unwrap_or_default().to_owned();
            let shrink = Write::Replace { object: patched(&before, &set.object), before, resource_version };
            self.last.push(step(&set.key, Role::ClientSet, shrink, LAST));
        }
        self.first.push(grown);
    }
}

/// A set with these nets in place of its own.
fn with_nets(set: &Value, nets: &CidrSet) -> Value {
    let mut set = set.clone();
    set["spec"]["nets"] = json!(nets.cidrs().into_iter().flat_map(halves).map(|net| net.to_string()).collect::<Vec<_>>());
    set
}

fn nets(object: &Value) -> CidrSet {
    let nets = object.pointer("/spec/nets").and_then(Value::as_array);
    nets.into_iter().flatten().filter_map(Value::as_str).filter_map(|net| net.parse::<Cidr>().ok()).collect()
}
