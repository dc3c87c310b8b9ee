//! Client groups, who uses them, and what becomes of those if a group is changed.

use crate::access::{Access, ClientGroup, GroupName, GroupRange, Port, client_groups, with_groups};
use crate::cidr::{Cidr, CidrSet};
use crate::object::{Service, ServiceRef};
use crate::plan::summary_of_group;
use crate::scope::ServiceFacts;
use crate::snapshot::Snapshot;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A client group, and who uses it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupRow {
    /// What it holds.
    pub group: ClientGroup,
    /// Whether it is in the cluster; a Service may use one that somebody has deleted.
    pub defined: bool,
    /// Its addresses in words: `65,792 addresses`.
    pub addresses: String,
    /// How Services use it, by namespace and name; one that uses it twice, with other ports, is there twice.
    pub used_by: Vec<GroupUser>,
}

/// How a Service uses a client group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupUser {
    /// The Service.
    pub service: ServiceRef,
    /// The ports that the group may use; empty: all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<Port>,
    /// Why it may.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Whom the Service lets in of it; none where that is what the group holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<CidrSet>,
    /// Whom the Service lets in on these ports without it.
    pub besides: CidrSet,
}

/// The client groups of a cluster, by name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupsView {
    /// Those that are defined, and those that are used.
    pub rows: Vec<GroupRow>,
}

/// What a change of a client group comes to, by what the Services that use it let in. Whether packets get there is for its plan to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupPreview {
    /// The sentence that its plan will begin with.
    pub summary: String,
    /// Addresses that the group holds then, and does not hold now.
    pub added: CidrSet,
    /// Addresses that the group holds now, and does not hold then.
    pub removed: CidrSet,
    /// What becomes of each use.
    pub uses: Vec<UsePreview>,
}

/// What becomes of one use of a client group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsePreview {
    /// The Service.
    pub service: ServiceRef,
    /// The ports that the group may use; empty: all of them.
    pub ports: Vec<Port>,
    /// Whom it lets in then, and does not let in now.
    pub more: CidrSet,
    /// Whom it lets in now, and does not let in then.
    pub fewer: CidrSet,
}

impl GroupsView {
    /// The client groups of a cluster.
    #[must_use]
    pub fn of(snapshot: &Snapshot) -> Self {
        let mut groups: BTreeMap<GroupName, Option<ClientGroup>> =
            client_groups(snapshot).into_iter().map(|group| (group.name.clone(), Some(group))).collect();
        let guarded = with_groups(snapshot);
        let mut users: BTreeMap<GroupName, Vec<GroupUser>> = BTreeMap::new();
        for (service, access) in &guarded {
            let ports = ports(snapshot, service);
            for (at, of) in access.groups.iter().enumerate() {
                let known = groups.entry(of.name.clone()).or_default();
                let held: CidrSet = known.iter().flat_map(ClientGroup::cidrs).collect();
                let lets_in: CidrSet = of.ranges.iter().copied().collect();
                users.entry(of.name.clone()).or_default().push(GroupUser {
                    service: service.clone(),
                    ports: of.ports.clone(),
                    note: of.note.clone(),
                    other: Some(lets_in).filter(|lets_in| *lets_in != held),
                    besides: besides(access, at, if of.ports.is_empty() { &ports } else { &of.ports }),
                });
            }
        }
        let row = |(name, group): (GroupName, Option<ClientGroup>)| {
            let used_by = users.remove(&name).unwrap_or_default();
            let defined = group.is_some();
            let group = group.unwrap_or(ClientGroup { name, ranges: Vec::new() });
            GroupRow { addresses: addresses(&group.ranges).counted(), group, defined, used_by }
        };
        Self { rows: groups.into_iter().map(row).collect() }
    }

    /// The group of this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&GroupRow> {
        self.rows.iter().find(|row| row.group.name.as_str() == name)
    }
}

impl GroupRow {
    /// A group that there is not yet.
    #[must_use]
    pub const fn new(name: GroupName) -> Self {
        Self { group: ClientGroup { name, ranges: Vec::new() }, defined: false, addresses: String::new(), used_by: Vec::new() }
    }

    /// The Services that use it, each once.
    #[must_use]
    pub fn services(&self) -> Vec<&ServiceRef> {
        self.used_by.iter().map(|user| &user.service).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// `2 ranges · 65,792 addresses`; of one that is gone, that it is not in the cluster.
    #[must_use]
    pub fn holds(&self) -> String {
        if !self.defined {
            return "not in the cluster".to_owned();
        }
        format!("{} · {}", crate::access::counted(self.group.ranges.len(), "range"), self.addresses)
    }

    /// What it comes to if the group holds these ranges.
    #[must_use]
    pub fn preview(&self, wanted: &[GroupRange]) -> GroupPreview {
        let before = self.defined.then_some(self.group.ranges.as_slice());
        let (held, then) = (addresses(&self.group.ranges), addresses(wanted));
        let of_use = |user: &GroupUser| {
            let now = user.other.as_ref().unwrap_or(&held);
            UsePreview {
                service: user.service.clone(),
                ports: user.ports.clone(),
                more: then.difference(now).difference(&user.besides),
                fewer: now.difference(&then).difference(&user.besides),
            }
        };
        GroupPreview {
            summary: summary_of_group(&self.group.name, before, Some(wanted), &self.services()),
            added: then.difference(&held),
            removed: held.difference(&then),
            uses: self.used_by.iter().map(of_use).collect(),
        }
    }
}

fn addresses(ranges: &[GroupRange]) -> CidrSet {
    ranges.iter().map(|range| range.cidr).collect()
}

/// The ports of a Service.
fn ports(snapshot: &Snapshot, service: &ServiceRef) -> Vec<Port> {
    let facts = snapshot.get::<Service>(service.namespace(), service.name()).and_then(|found| ServiceFacts::of(found));
    facts.map(|facts| facts.ports.iter().map(|port| port.port).collect()).unwrap_or_default()
}

/// Whom an access lets in on every one of these ports without its use of a group at this place.
fn besides(access: &Access, at: usize, ports: &[Port]) -> CidrSet {
    let others: Vec<(&[Port], &[Cidr])> =
        access.parts().enumerate().filter(|(part, _)| *part != access.clients.len() + at).map(|(_, part)| part).collect();
    let on = |port: &Port| -> CidrSet {
        let allowed = others.iter().filter(|(ports, _)| ports.is_empty() || ports.contains(port));
        allowed.flat_map(|(_, ranges)| ranges.iter().copied()).collect()
    };
    ports.iter().map(on).reduce(|all, one| all.intersection(&one)).unwrap_or_default()
}
