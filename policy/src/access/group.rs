//! Client groups: ranges with a name, used by several Services (an office, a partner).
//!
//! What a group holds is said by a GlobalNetworkSet of its own that no rule means. A Service that uses it has the ranges in client sets of
//! its own, beside those of its rows, so what packets meet is what rows would have made.

use super::in_force::{in_force, read_notes, whole};
use super::{Access, Port, joined};
use crate::cidr::{Cidr, CidrSet};
use crate::names;
use crate::object::{GlobalNetworkSet, Kept, Kind, ServiceRef, is_dns_label};
use crate::snapshot::Snapshot;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

/// The most characters of a group's name.
pub const GROUP_NAME_MAX: u32 = 40;

/// The name of a client group: 1 to [`GROUP_NAME_MAX`] lower-case letters, digits and dashes, a letter or digit at both ends. It is part of
/// the names of objects and the value of a label.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct GroupName(String);

/// Why a text is not a [`GroupName`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not the name of a group: 1 to {GROUP_NAME_MAX} lower-case letters, digits and dashes, with a letter or digit at both ends, as \
     office-berlin"
)]
pub struct NotAGroupName(pub String);

impl GroupName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for GroupName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for GroupName {
    type Error = NotAGroupName;
    fn try_from(text: String) -> Result<Self, NotAGroupName> {
        let fits = is_dns_label(&text) && text.len() <= GROUP_NAME_MAX as usize;
        if fits { Ok(Self(text)) } else { Err(NotAGroupName(text)) }
    }
}

impl FromStr for GroupName {
    type Err = NotAGroupName;
    fn from_str(text: &str) -> Result<Self, NotAGroupName> {
        text.to_owned().try_into()
    }
}

impl From<GroupName> for String {
    fn from(name: GroupName) -> Self {
        name.0
    }
}

/// A client group: what its name stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientGroup {
    /// Its name.
    pub name: GroupName,
    /// Its ranges.
    pub ranges: Vec<GroupRange>,
}

/// One range of a client group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupRange {
    /// The addresses.
    pub cidr: Cidr,
    /// The operator's note; at most [`super::NOTE_MAX`] characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

impl ClientGroup {
    /// The same in the order in which it is written and read back: each range once, with its notes joined.
    #[must_use]
    pub fn normalised(&self) -> Self {
        let mut by_cidr: BTreeMap<Cidr, String> = BTreeMap::new();
        for range in &self.ranges {
            let note = by_cidr.entry(range.cidr).or_default();
            *note = joined(note, range.note.trim());
        }
        Self { name: self.name.clone(), ranges: by_cidr.into_iter().map(|(cidr, note)| GroupRange { cidr, note }).collect() }
    }

    /// The same without these addresses: what is left of a wider range stays, with its note.
    #[must_use]
    pub fn without(&self, gone: &CidrSet) -> Self {
        let left = |range: &GroupRange| {
            let rest = CidrSet::from(range.cidr).difference(gone).cidrs();
            rest.into_iter().map(|cidr| GroupRange { cidr, ..range.clone() }).collect::<Vec<_>>()
        };
        Self { name: self.name.clone(), ranges: self.ranges.iter().flat_map(left).collect() }.normalised()
    }

    /// Its ranges without their notes.
    #[must_use]
    pub fn cidrs(&self) -> Vec<Cidr> {
        self.ranges.iter().map(|range| range.cidr).collect()
    }
}

/// A client group whose every range may reach a Service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupUse {
    /// The group.
    pub name: GroupName,
    /// The ports of the Service that it may use; empty: all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<Port>,
    /// Why it may; at most [`super::NOTE_MAX`] characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// What the group holds: in an access in force, what the Service's own sets have of it; in a plan, what the plan gives them. Where
    /// something is asked it does not count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ranges: Vec<Cidr>,
}

impl GroupUse {
    /// The same with what the group holds by now; nothing where it is none of these.
    pub(super) fn resolved(&self, groups: &[ClientGroup]) -> Self {
        let group = groups.iter().find(|group| group.name == self.name);
        Self { ranges: group.map(ClientGroup::cidrs).unwrap_or_default(), ..self.clone() }
    }
}

/// Uses by name and then ports, those that say the same once.
pub(super) fn normalised(uses: &[GroupUse]) -> Vec<GroupUse> {
    let mut sorted: BTreeMap<(GroupName, Vec<Port>), (String, Vec<Cidr>)> = BTreeMap::new();
    for GroupUse { name, ports, note, ranges } in uses {
        let mut ports = ports.clone();
        ports.sort_unstable();
        ports.dedup();
        let entry = sorted.entry((name.clone(), ports)).or_default();
        entry.0 = joined(&entry.0, note.trim());
        entry.1.extend(ranges);
    }
    let one = |((name, ports), (note, mut ranges)): ((GroupName, Vec<Port>), (String, Vec<Cidr>))| {
        ranges.sort_unstable();
        ranges.dedup();
        GroupUse { name, ports, note, ranges }
    };
    sorted.into_iter().map(one).collect()
}

/// The Services whose access in force uses client groups, each with that access.
#[must_use]
pub fn with_groups(snapshot: &Snapshot) -> Vec<(ServiceRef, Access)> {
    let of_groups = snapshot.iter::<Kept<GlobalNetworkSet>>().filter(|set| set.metadata.annotations.contains_key(names::GROUP_ANNOTATION));
    let services: BTreeSet<ServiceRef> =
        of_groups.filter_map(|set| set.metadata.annotations.get(names::SERVICE_ANNOTATION)?.parse().ok()).collect();
    let guarded = services.into_iter().filter_map(|service| in_force(snapshot, &service).map(|access| (service, access)));
    guarded.filter(|(_, access)| !access.groups.is_empty()).collect()
}

/// The Services whose access in force uses client groups, by group.
#[must_use]
pub fn group_users(snapshot: &Snapshot) -> BTreeMap<GroupName, BTreeSet<ServiceRef>> {
    let mut users: BTreeMap<GroupName, BTreeSet<ServiceRef>> = BTreeMap::new();
    for (service, access) in with_groups(snapshot) {
        for of in access.groups {
            users.entry(of.name).or_default().insert(service.clone());
        }
    }
    users
}

/// The client groups of a cluster, by name. What somebody wrote into such a set by hand and cannot be read counts as not written.
#[must_use]
pub fn client_groups(snapshot: &Snapshot) -> Vec<ClientGroup> {
    let keys = snapshot.carriers(names::GROUP_LABEL).filter(|key| key.kind == Kind::GlobalNetworkSet);
    let sets = keys.filter_map(|key| snapshot.get::<Kept<GlobalNetworkSet>>("", &key.name));
    let mut groups: BTreeMap<GroupName, Vec<GroupRange>> = BTreeMap::new();
    for set in sets {
        let Some(name) = names::group_of_set(&set.metadata).and_then(|name| name.parse().ok()) else { continue };
        let notes = read_notes(&set.metadata);
        let nets = whole(set.spec.nets.iter().filter_map(|net| net.parse().ok()).collect());
        let range = |cidr: Cidr| GroupRange { cidr, note: notes.get(&cidr.to_string()).cloned().unwrap_or_default() };
        groups.entry(name).or_default().extend(nets.into_iter().map(range));
    }
    groups.into_iter().map(|(name, ranges)| ClientGroup { name, ranges }.normalised()).collect()
}
