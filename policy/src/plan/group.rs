//! Plans of a client group: its own sets first, which no rule means, then every Service that uses it.

use super::digest::Input;
use super::{Role, Step, steps};
use crate::access::{Change, ClientGroup, GroupChange, GroupName, GroupRange, Intent, NOTE_MAX, counted, group_users, in_force};
use crate::checks::{few, sets};
use crate::cidr::CidrSet;
use crate::finding::{Finding, Severity};
use crate::names;
use crate::object::{Kind, ObjectKey, ServiceRef};
use crate::plan::kept_host_endpoints;
use crate::recipe::client_group;
use crate::scope::Scope;
use crate::snapshot::Snapshot;
use serde_json::json;
use std::collections::BTreeSet;

/// The most ranges of one client group.
pub const MOST_GROUP_RANGES: u32 = 20_000;

/// What a plan of a client group does before it comes to Services.
pub(super) struct Begun {
    /// What is asked, with what the cluster says of it.
    pub(super) asked: GroupChange,
    /// In place of what it does, in one sentence: why nothing is deleted.
    pub(super) refused: Option<String>,
    pub(super) steps: Vec<Step>,
    pub(super) findings: Vec<Finding>,
    pub(super) input: Input,
}

pub(super) fn begin(snapshot: &Snapshot, asked: &GroupChange) -> Begun {
    let name = &asked.name;
    let groups = snapshot.client_groups(|| crate::access::client_groups(snapshot));
    let before = groups.iter().find(|group| group.name == *name);
    let wanted = asked.wanted();
    let users = group_users(snapshot).remove(name).unwrap_or_default();
    let mut findings = Vec::new();
    match &wanted {
        Some(wanted) => findings.extend(unfit(wanted).into_iter().chain(sets::of_group(snapshot, wanted))),
        None if before.is_none() => findings.push(finding(
            "group-undefined",
            name,
            format!("There is no group `{name}`."),
            "There is nothing that could be deleted.",
            "Nothing is to be done.".to_owned(),
        )),
        None if !users.is_empty() => findings.push(used(name, &users)),
        None => {}
    }
    // A group that is in use stays, whatever else is wrong.
    let written = if wanted.is_none() && !users.is_empty() { Vec::new() } else { write(snapshot, name, wanted.as_ref()) };
    findings.extend(written.iter().filter_map(|step| super::make::name_taken(snapshot, &step.key)));
    let changes = if wanted.is_some() { users.iter().filter_map(|service| change(snapshot, service)).collect() } else { Vec::new() };
    let live: Vec<_> = keys(snapshot, name).iter().filter_map(|key| Some(json!([key, steps::live(snapshot, key)?.get("spec")]))).collect();
    let refused = match (&wanted, &before) {
        (Some(_), _) => None,
        (None, None) => Some(format!("Deletes nothing: there is no group `{name}`.")),
        (None, Some(_)) if users.is_empty() => None,
        (None, Some(_)) => Some(format!("Deletes nothing: the group `{name}` is used by {}.", counted(users.len(), "Service"))),
    };
    Begun {
        refused,
        input: Input::new(&format!("the group {name}"), &(before, users, live)),
        asked: GroupChange {
            name: name.clone(),
            ranges: wanted.map(|wanted| wanted.ranges),
            before: before.map(|before| before.ranges.clone()),
            changes,
        },
        // Of no Service: its part is behind those of all.
        steps: written.into_iter().map(|step| Step { part: u32::MAX, ..step }).collect(),
        findings,
    }
}

/// The access of a Service as it is: what the group holds by then is the cluster's to say.
fn change(snapshot: &Snapshot, service: &ServiceRef) -> Option<Change> {
    let access = in_force(snapshot, service)?;
    Scope::of(snapshot, service)?;
    Some(Change {
        service: service.clone(),
        intent: Intent::Guard(access),
        host_endpoints: kept_host_endpoints(snapshot, service),
        adoption: crate::access::Adoption::default(),
    })
}

/// The sets that say what the group holds.
fn keys(snapshot: &Snapshot, name: &GroupName) -> Vec<ObjectKey> {
    snapshot.carriers_of(names::GROUP_LABEL, name.as_str()).filter(|key| key.kind == Kind::GlobalNetworkSet).cloned().collect()
}

fn write(snapshot: &Snapshot, name: &GroupName, wanted: Option<&ClientGroup>) -> Vec<Step> {
    let generated = wanted.map(client_group).unwrap_or_default();
    let why = "The ranges of the group, in a set that no rule refers to: by itself it lets nobody in and shuts nobody out.";
    let mut steps: Vec<Step> =
        generated.iter().filter_map(|set| steps::write(snapshot, Role::ClientGroup, &set.key, &set.object, why)).collect();
    let planned: BTreeSet<&ObjectKey> = generated.iter().map(|set| &set.key).collect();
    for key in keys(snapshot, name).iter().filter(|key| !planned.contains(key)) {
        steps.extend(steps::delete(snapshot, Role::ClientGroup, key, "The group no longer needs this set, and no rule refers to it."));
    }
    steps
}

fn used(name: &GroupName, users: &BTreeSet<ServiceRef>) -> Finding {
    let services: Vec<String> = users.iter().map(|service| format!("`{service}`")).collect();
    let mut finding = finding(
        "group-used",
        name,
        format!("The group `{name}` is used by {}: {}.", counted(users.len(), "Service"), few(&services)),
        "Without it nobody could tell which clients these Services mean.",
        "Take the group out of their access first.".to_owned(),
    );
    finding.objects.extend(users.iter().map(ServiceRef::key));
    finding
}

fn unfit(group: &ClientGroup) -> Vec<Finding> {
    let name = &group.name;
    let mut findings = Vec::new();
    if group.ranges.len() > MOST_GROUP_RANGES as usize {
        findings.push(finding(
            "too-many-clients",
            name,
            format!("{} are more than the {MOST_GROUP_RANGES} that one group may have.", counted(group.ranges.len(), "client range")),
            "Every Service that uses the group has them in sets of its own.",
            "Put ranges together, or make several groups.".to_owned(),
        ));
    }
    let long = |note: &str| note.chars().count() > NOTE_MAX as usize || note.chars().any(char::is_control);
    for range in group.ranges.iter().filter(|range| long(&range.note)) {
        findings.push(finding(
            "note-unfit",
            name,
            format!("The note of {} is longer than {NOTE_MAX} characters, or has control characters.", range.cidr),
            "Notes are kept in the objects, where room is short.",
            "Shorten the note.".to_owned(),
        ));
    }
    findings
}

fn finding(id: &str, name: &GroupName, what: String, why: &str, action: String) -> Finding {
    Finding {
        severity: Severity::Blocker,
        id: id.to_owned(),
        what,
        objects: vec![ObjectKey::new(Kind::GlobalNetworkSet, "", &names::group_set(name.as_str(), 0))],
        field: String::new(),
        why: why.to_owned(),
        action,
        packet: None,
    }
}

/// What the change of a group does, in one sentence.
pub(super) fn summary(asked: &GroupChange) -> String {
    let services: Vec<&ServiceRef> = asked.changes.iter().map(|change| &change.service).collect();
    summary_of_group(&asked.name, asked.before.as_deref(), asked.ranges.as_deref(), &services)
}

/// What it does to have a group hold other ranges than before, for the Services that use it, in one sentence; none: there is no such group.
#[must_use]
pub fn summary_of_group(
    name: &GroupName,
    before: Option<&[GroupRange]>,
    wanted: Option<&[GroupRange]>,
    services: &[&ServiceRef],
) -> String {
    let holds = |ranges: &[GroupRange]| {
        let addresses: CidrSet = ranges.iter().map(|range| range.cidr).collect();
        format!("{} ({})", counted(ranges.len(), "range"), addresses.counted())
    };
    let what = match (before, wanted) {
        (_, None) => return format!("Deletes the group `{name}`, which no Service uses."),
        (None, Some(ranges)) => format!("Creates the group `{name}` with {}", holds(ranges)),
        (Some(before), Some(ranges)) if before == ranges => format!("Leaves the group `{name}` as it is, with {}", holds(ranges)),
        (Some(before), Some(ranges)) if before.iter().map(|range| range.cidr).eq(ranges.iter().map(|range| range.cidr)) => {
            format!("Changes the notes of the group `{name}`, with {}", holds(ranges))
        }
        (Some(before), Some(ranges)) => format!("Changes the group `{name}` from {} to {}", holds(before), holds(ranges)),
    };
    let names: Vec<String> = services.iter().map(|service| format!("`{service}`")).collect();
    match names.len() {
        0 => format!("{what}; no Service uses it."),
        n => format!("{what}; {} use{} it: {}.", counted(n, "Service"), if n == 1 { "s" } else { "" }, few(&names)),
    }
}
