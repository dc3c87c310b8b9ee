//! What the operator wants for one Service, and which HostEndpoints the edge stands on.

mod asked;
mod baseline;
mod bulk;
mod change;
pub mod document;
mod edge;
mod enforced;
mod group;
mod group_change;
mod in_force;
mod port;

pub use asked::{Asked, Canary, MOST_CHANGES, NotTogether, OfGroup, Several};
pub use baseline::Baseline;
pub use bulk::{Bulk, How, NoChanges, Unreadable};
pub use change::{Adoption, Change, Intent};
pub use edge::{HostEndpoints, Interface, NotAnInterface};
pub use enforced::{Enforced, NotAPlace};
pub use group::{ClientGroup, GROUP_NAME_MAX, GroupName, GroupRange, GroupUse, NotAGroupName, client_groups, group_users, with_groups};
pub use group_change::GroupChange;
pub use in_force::in_force;
pub(crate) use in_force::{Kept, guard, halves, is_of_an_earlier_one};
pub use port::{NotAPort, Port, Protocol};

use crate::cidr::{Cidr, CidrSet};
use serde::{Deserialize, Serialize};
use std::iter;
use std::slice::from_ref;

/// Who may reach one Service.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Access {
    /// Client ranges outside the cluster. None: nobody outside.
    pub clients: Vec<ClientRange>,
    /// Clients inside the cluster.
    pub in_cluster: InCluster,
    /// What load balancers send from that put their own address in place of the client's, and ask for health from. Of the
    /// Service's addresses these may use the NodePorts alone, and the port where nodes tell the health of the Service.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub load_balancers: Vec<Cidr>,
    /// Client groups of which every range may reach it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupUse>,
    /// Where it is enforced.
    #[serde(default, skip_serializing_if = "Enforced::is_default")]
    pub enforced: Enforced,
}

impl Access {
    /// The same access in the order in which it is written and read back: rows by address and then ports, the ports of a row in order,
    /// rows that say the same once, with their notes joined.
    #[must_use]
    pub fn normalised(&self) -> Self {
        let mut clients: Vec<ClientRange> = Vec::new();
        let mut sorted = self.clients.clone();
        for row in &mut sorted {
            row.ports.sort_unstable();
            row.ports.dedup();
            row.note = row.note.trim().to_owned();
        }
        sorted.sort_by(|a, b| (a.cidr, &a.ports).cmp(&(b.cidr, &b.ports)));
        for row in sorted {
            match clients.last_mut() {
                Some(last) if (last.cidr, &last.ports) == (row.cidr, &row.ports) => {
                    last.note = joined(&last.note, &row.note);
                }
                _ => clients.push(row),
            }
        }
        Self { clients, groups: group::normalised(&self.groups), ..self.beside_clients() }
    }

    /// The same without its clients, in that order.
    pub(crate) fn beside_clients(&self) -> Self {
        let mut load_balancers = self.load_balancers.clone();
        load_balancers.sort_unstable();
        load_balancers.dedup();
        let (clients, groups) = (Vec::new(), Vec::new());
        Self { clients, in_cluster: self.in_cluster.normalised(), load_balancers, groups, enforced: self.enforced }
    }

    /// The same with what these groups hold; of a group that is not among them, nothing.
    #[must_use]
    pub fn resolved(&self, groups: &[ClientGroup]) -> Self {
        Self { groups: self.groups.iter().map(|of| of.resolved(groups)).collect(), ..self.clone() }
    }

    /// The ranges that may use the same ports for the same reason: those of each row, then those of each group.
    pub fn parts(&self) -> impl Iterator<Item = (&[Port], &[Cidr])> {
        let rows = self.clients.iter().map(|row| (row.ports.as_slice(), from_ref(&row.cidr)));
        rows.chain(self.groups.iter().map(|of| (of.ports.as_slice(), of.ranges.as_slice())))
    }

    /// Every range, as often as it is allowed.
    pub fn ranges(&self) -> impl Iterator<Item = Cidr> {
        self.parts().flat_map(|(_, ranges)| ranges.iter().copied())
    }

    /// Every client address outside the cluster that may use at least one port.
    #[must_use]
    pub fn addresses(&self) -> CidrSet {
        self.ranges().collect()
    }

    /// The names of its groups, each once.
    #[must_use]
    pub fn group_names(&self) -> Vec<&GroupName> {
        let mut names: Vec<&GroupName> = self.groups.iter().map(|of| &of.name).collect();
        names.sort();
        names.dedup();
        names
    }

    /// `2 ranges · 65,792 addresses`; `office, partner · 3 ranges · 65,792 addresses · at the pods alone`.
    #[must_use]
    pub fn in_short(&self) -> String {
        let at = if self.enforced.at_pods_alone() { " · at the pods alone" } else { "" };
        let count = self.ranges().count();
        if count == 0 && self.groups.is_empty() {
            return format!("nobody outside{at}");
        }
        let names: Vec<&str> = self.group_names().into_iter().map(GroupName::as_str).collect();
        let names = iter::once(names.join(", ")).filter(|names| !names.is_empty());
        names.chain([counted(count, "range"), self.addresses().counted()]).collect::<Vec<_>>().join(" · ") + at
    }
}

/// Two notes on one thing.
fn joined(one: &str, other: &str) -> String {
    if one == other {
        return one.to_owned();
    }
    [one, other].into_iter().filter(|note| !note.is_empty()).collect::<Vec<_>>().join("; ")
}

/// `1 range`, `2 ranges`, `1,000 ranges`.
#[must_use]
pub(crate) fn counted(count: usize, noun: &str) -> String {
    let digits = count.to_string();
    let grouped: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    format!("{} {noun}{}", grouped.join(","), if count == 1 { "" } else { "s" })
}

/// One allowed range of clients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientRange {
    /// The addresses.
    pub cidr: Cidr,
    /// The ports of the Service they may use; empty: all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<Port>,
    /// The operator's note; at most [`NOTE_MAX`] characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// The longest note, in characters.
pub const NOTE_MAX: u32 = 120;

/// Which clients inside the cluster may call the Service.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "mode", content = "names")]
pub enum InCluster {
    /// Every pod and node keeps the verdict it had.
    #[default]
    Unchanged,
    /// The pods of these namespaces.
    Namespaces(Vec<String>),
    /// None.
    Nobody,
}

impl InCluster {
    /// The same with its namespaces in order, each once.
    #[must_use]
    pub(crate) fn normalised(&self) -> Self {
        match self {
            Self::Namespaces(names) => {
                let mut names = names.clone();
                names.sort();
                names.dedup();
                Self::Namespaces(names)
            }
            other => other.clone(),
        }
    }
}
