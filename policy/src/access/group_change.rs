//! A change of a client group: of what it holds, and with it of every Service that uses it.

use super::{Change, ClientGroup, GroupName, GroupRange};
use serde::{Deserialize, Serialize};

/// What is asked of a client group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupChange {
    /// Its name.
    pub name: GroupName,
    /// What it is to hold; none: it is to be no more.
    pub ranges: Option<Vec<GroupRange>>,
    /// What it holds before; none where there is no such group. The plan says it: where something is asked it does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Vec<GroupRange>>,
    /// The Services that use it, each with the access that it has, and with what the group is to hold. The plan says them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
}

impl GroupChange {
    /// Has a group hold these ranges; none: has it be no more.
    #[must_use]
    pub const fn of(name: GroupName, ranges: Option<Vec<GroupRange>>) -> Self {
        Self { name, ranges, before: None, changes: Vec::new() }
    }

    /// The group as it is to be; none where it is to be no more.
    #[must_use]
    pub fn wanted(&self) -> Option<ClientGroup> {
        let ranges = self.ranges.clone()?;
        Some(ClientGroup { name: self.name.clone(), ranges }.normalised())
    }
}
