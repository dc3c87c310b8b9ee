//! Client groups.

use crate::access::{ClientGroup, client_groups, group_users};
use crate::cidr::CidrSet;
use crate::object::ServiceRef;
use crate::snapshot::Snapshot;
use serde::{Deserialize, Serialize};

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
    /// The Services that use it, by namespace and name.
    pub used_by: Vec<ServiceRef>,
}

/// The client groups of a cluster, by name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupsView {
    /// Those that are defined, and those that are used.
    pub rows: Vec<GroupRow>,
}

impl GroupsView {
    /// The client groups of a cluster.
    #[must_use]
    pub fn of(snapshot: &Snapshot) -> Self {
        let mut users = group_users(snapshot);
        let row = |group: ClientGroup, defined: bool, used_by| {
            let addresses: CidrSet = group.cidrs().into_iter().collect();
            GroupRow { addresses: addresses.count().addresses(), group, defined, used_by }
        };
        let mut rows: Vec<GroupRow> = Vec::new();
        for group in client_groups(snapshot) {
            let used_by = users.remove(&group.name).unwrap_or_default();
            rows.push(row(group, true, used_by.into_iter().collect()));
        }
        let undefined = users.into_iter().map(|(name, used_by)| (ClientGroup { name, ranges: Vec::new() }, used_by));
        rows.extend(undefined.map(|(group, used_by)| row(group, false, used_by.into_iter().collect())));
        rows.sort_by(|a, b| a.group.name.cmp(&b.group.name));
        Self { rows }
    }
}
