//! Drift that is of no Service itself: of a client group, and of what a Service shares an edge policy with.

use super::drift::LastApplied;
use super::{Desk, once, problem};
use crate::history::Applied;
use app::backend::Problem;
use app::view::{Beside, GroupDrift};
use policy::access::{ClientGroup, GroupName, client_groups, group_users};
use policy::checks::guard_of_an_earlier;
use policy::finding::{Finding, Severity};
use policy::names;
use policy::object::{Kind, ObjectKey, ServiceRef};
use policy::plan::Role;
use policy::scope::under;
use policy::snapshot::Snapshot;
use policy::view::HistoryQuery;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Ranges that are named; the rest is counted.
const NAMED: usize = 3;

impl LastApplied {
    /// Services whose edge policy lets in what somebody wrote into a client set of another, each with those others.
    pub(super) fn carried(&self, snapshot: &Snapshot) -> BTreeMap<ServiceRef, BTreeSet<ServiceRef>> {
        let mut found: BTreeMap<ServiceRef, BTreeSet<ServiceRef>> = BTreeMap::new();
        for applied in self.moved(snapshot).filter(|applied| applied.role == Role::ClientSet) {
            let owners = self.whose(&applied.key, snapshot);
            for id in edge_groups(applied, snapshot) {
                let policy = ObjectKey::new(Kind::GlobalNetworkPolicy, "", &names::edge_policy(&id));
                for service in under(snapshot, &policy).difference(&owners) {
                    found.entry(service.clone()).or_default().extend(owners.iter().cloned());
                }
            }
        }
        found
    }

    /// What is other about the objects of a Service, an object a line.
    fn lines_of(&self, service: &ServiceRef, snapshot: &Snapshot) -> Vec<String> {
        self.moved_of(service, snapshot).iter().map(|(applied, live)| line(applied, live.as_ref())).collect()
    }

    /// The objects that are not as they were applied, each as a finding; but those of client groups, which have their own.
    pub(super) fn findings(&self, snapshot: &Snapshot) -> Vec<Finding> {
        // What a run writes just now is no drift.
        let in_a_run = |of: &BTreeSet<ServiceRef>| match &self.open {
            Some((_, services)) => of.is_empty() || !services.is_disjoint(of),
            None => false,
        };
        let moved = self.moved(snapshot).filter(|applied| applied.role != Role::ClientGroup);
        let moved = moved.map(|applied| (applied, self.whose(&applied.key, snapshot))).filter(|(_, of)| !in_a_run(of));
        moved.map(|(applied, of)| drifted(applied, &of, snapshot)).collect()
    }

    /// The client groups of which an object is not as it was applied, each with what is other.
    fn groups(&self, snapshot: &Snapshot) -> BTreeMap<GroupName, String> {
        let live = client_groups(snapshot);
        let mut applied: BTreeMap<GroupName, Vec<&Applied>> = BTreeMap::new();
        for of in self.moved(snapshot).filter(|applied| applied.role == Role::ClientGroup) {
            let label = |object: &Value| object.pointer("/metadata/labels")?.get(names::GROUP_LABEL)?.as_str()?.parse().ok();
            let written = of.after.as_ref().and_then(label);
            // Of one that was deleted, whoever made it again says which it is.
            let again = || snapshot.find(&of.key).and_then(|object| object.meta().labels.get(names::GROUP_LABEL)?.parse().ok());
            if let Some(name) = written.or_else(again) {
                applied.entry(name).or_default().push(of);
            }
        }
        let said = |(name, of): (GroupName, Vec<&Applied>)| {
            let what = what_is_other(&of, live.iter().find(|group| group.name == name), snapshot);
            (name, what)
        };
        applied.into_iter().map(said).collect()
    }
}

/// That an object is not as it was applied.
fn drifted(applied: &Applied, of: &BTreeSet<ServiceRef>, snapshot: &Snapshot) -> Finding {
    let live = snapshot.find(&applied.key).as_ref().and_then(super::drift::raw);
    let quoted: Vec<String> = of.iter().map(ToString::to_string).collect();
    let (whose, action) = if quoted.is_empty() {
        (String::new(), "Plan what it is part of again: the plan writes it as it was.".to_owned())
    } else {
        let page = "its page has the plan that undoes it, and keeps it as a revision if it is meant.";
        (format!(" for {}", named(&quoted.into_iter().collect())), format!("Open the Service: {page}"))
    };
    Finding {
        severity: Severity::Warning,
        id: "object-drifted".to_owned(),
        what: format!("Somebody changed what was applied{whose}: {}", line(applied, live.as_ref())),
        objects: of.iter().map(ServiceRef::key).chain([applied.key.clone()]).collect(),
        field: String::new(),
        why: "The nodes go by the object as it is, and not by what was applied.".to_owned(),
        action,
        packet: None,
    }
}

/// What is other about an object, in a line.
fn line(applied: &Applied, live: Option<&Value>) -> String {
    let Applied { key, after, .. } = applied;
    match (after, live) {
        (_, None) => format!("{key} is gone."),
        (None, Some(_)) => format!("{key} was taken away here, and is in the cluster again."),
        (Some(after), Some(live)) => match ranges(&nets(after), &nets(live)) {
            Some(ranges) => format!("{key}: {ranges}."),
            None => format!("{key} says something else in {}.", fields(live, after)),
        },
    }
}

/// The fields in which an object differs, a few of them.
fn fields(live: &Value, after: &Value) -> String {
    let diff = policy::diff::object_diff(Some(live), Some(after));
    named(&diff.fields.into_iter().map(|field| field.path).collect())
}

/// What was added to nets and taken away; none where that is nothing.
fn ranges(then: &BTreeSet<String>, now: &BTreeSet<String>) -> Option<String> {
    let parts: Vec<String> = [("added", now - then), ("taken away", then - now)]
        .into_iter()
        .filter(|(_, nets)| !nets.is_empty())
        .map(|(verb, nets)| format!("{} {} {verb}", named(&nets), if nets.len() == 1 { "was" } else { "were" }))
        .collect();
    (!parts.is_empty()).then(|| parts.join(", and "))
}

fn nets(object: &Value) -> BTreeSet<String> {
    let nets = object.pointer("/spec/nets").and_then(Value::as_array).into_iter().flatten();
    nets.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The edge policies that let in what a client set has, or had.
fn edge_groups(applied: &Applied, snapshot: &Snapshot) -> BTreeSet<String> {
    let written = applied.after.as_ref().and_then(|object| object.pointer("/metadata/labels")?.get(names::EDGE_CLIENTS_LABEL)?.as_str());
    let live = snapshot.find(&applied.key);
    let now = live.as_ref().and_then(|object| object.meta().labels.get(names::EDGE_CLIENTS_LABEL));
    written.map(str::to_owned).into_iter().chain(now.cloned()).collect()
}

fn what_is_other(applied: &[&Applied], live: Option<&ClientGroup>, snapshot: &Snapshot) -> String {
    if applied.iter().all(|of| of.after.is_some() && snapshot.find(&of.key).is_none()) && live.is_none() {
        return "It was deleted in the cluster.".to_owned();
    }
    if applied.iter().all(|of| of.after.is_none()) {
        return "It was deleted here, and is in the cluster again.".to_owned();
    }
    let then: BTreeSet<String> = applied.iter().filter_map(|of| of.after.as_ref()).flat_map(nets).collect();
    let now: BTreeSet<String> = applied
        .iter()
        .filter_map(|of| snapshot.find(&of.key))
        .filter_map(|object| super::drift::raw(&object))
        .flat_map(|object| nets(&object))
        .collect();
    ranges(&then, &now)
        .map_or_else(|| "Its notes or labels were changed in the cluster.".to_owned(), |ranges| format!("In the cluster {ranges}."))
}

/// `a`, `a, b, c and 4 more`, each in backticks.
fn named(nets: &BTreeSet<String>) -> String {
    let first: Vec<String> = nets.iter().take(NAMED).map(|net| format!("`{net}`")).collect();
    let rest = nets.len() - first.len();
    if rest > 0 { format!("{} and {rest} more", first.join(", ")) } else { first.join(", ") }
}

impl Desk {
    /// The client groups that somebody changed in the cluster since they were applied.
    pub(super) async fn group_drifts(&self) -> Result<Vec<GroupDrift>, Problem> {
        let state = self.read()?;
        let (_, applied) = self.last_applied().await?;
        let (found, users) = once::compute(move || (applied.groups(&state.snapshot), group_users(&state.snapshot))).await?;
        let mut drifts = Vec::new();
        for (name, what) in found {
            let query = HistoryQuery { group: Some(name.clone()), ..HistoryQuery::default() };
            let (rows, _) = self.history.revisions(&query).await.map_err(problem::of_history)?;
            if let Some(last) = rows.first() {
                let services = users.get(&name).into_iter().flatten().cloned().collect();
                drifts.push(GroupDrift { name, revision: last.id, what, services });
            }
        }
        Ok(drifts)
    }

    /// What to know of a Service besides its own objects.
    pub(super) async fn beside(&self, service: ServiceRef) -> Result<Beside, Problem> {
        let query = HistoryQuery { service: Some(service.clone()), ..HistoryQuery::default() };
        let unlanded = self.unlanded(query).await?;
        let groups = self.group_drifts().await?.into_iter().filter(|drift| drift.services.contains(&service)).collect();
        let state = self.read()?;
        let (_, applied) = self.last_applied().await?;
        let found = once::compute(move || {
            let snapshot = &state.snapshot;
            let changed = applied.lines_of(&service, snapshot);
            let carried = if changed.is_empty() { applied.carried(snapshot).remove(&service).unwrap_or_default() } else { BTreeSet::new() };
            (carried.into_iter().collect(), changed, guard_of_an_earlier(snapshot, &service))
        });
        let (carried, changed, earlier) = found.await?;
        Ok(Beside { unlanded, groups, carried, changed, earlier })
    }
}

/// A drift of a client group, as a finding of the cluster.
pub(super) fn finding(drift: GroupDrift) -> Finding {
    let GroupDrift { name, revision, what, services } = drift;
    let used = match services.as_slice() {
        [] => "No Service uses it.".to_owned(),
        [service] => format!("`{service}` uses it, and lets in what was applied until a plan gives it the group as it is now."),
        several => {
            format!("{} Services use it, and let in what was applied until a plan gives them the group as it is now.", several.len())
        }
    };
    Finding {
        severity: Severity::Warning,
        id: "group-drifted".to_owned(),
        what: format!("The client group `{name}` is not as revision {revision} left it. {what}"),
        objects: vec![ObjectKey::new(Kind::GlobalNetworkSet, "", &names::group_set(name.as_str(), 0))],
        field: String::new(),
        why: used,
        action: "Open the group and review the plan that undoes it, or change the group there to what it is to hold.".to_owned(),
        packet: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy::object::AnyObject;
    use serde_json::json;

    #[test]
    fn what_is_written_into_the_clients_of_one_is_drift_of_all_that_share_its_edge_policy() {
        let group = names::edge_policy("abc").trim_start_matches("portcullis-edge-").to_owned();
        let set = |name: &str, label: &str, service: &str, net: &str| {
            json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkSet",
                "metadata": {"name": name, "labels": {label: group}, "annotations": {names::SERVICE_ANNOTATION: service}}, "spec": {"nets": [net]}})
        };
        let addresses = |name: &str, service: &str| set(name, names::ADDRESSES_LABEL, service, "10.20.30.40/32");
        let live = [
            addresses("a", "shop/svc-a"),
            addresses("b", "shop/svc-b"),
            set("clients", names::EDGE_CLIENTS_LABEL, "shop/svc-a", "6.6.6.0/24"),
        ];
        let mut snapshot = Snapshot::default();
        let decoded = live.iter().map(|object| AnyObject::decode(Kind::GlobalNetworkSet, object).unwrap());
        snapshot.set_all(Kind::GlobalNetworkSet, decoded.collect());

        let key = ObjectKey::new(Kind::GlobalNetworkSet, "", "clients");
        let after = set("clients", names::EDGE_CLIENTS_LABEL, "shop/svc-a", "50.60.0.0/16");
        let [one, other]: [ServiceRef; 2] = ["shop/svc-a".parse().unwrap(), "shop/svc-b".parse().unwrap()];
        let applied =
            LastApplied::of(vec![Applied { key: key.clone(), role: Role::ClientSet, after: Some(after) }], [(key, vec![one.clone()])]);
        assert_eq!(applied.drifted(&snapshot), BTreeSet::from([one.clone()]));
        assert_eq!(applied.carried(&snapshot), BTreeMap::from([(other, BTreeSet::from([one]))]));
    }
}
