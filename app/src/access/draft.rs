//! The draft: an access as typed.

use policy::access::{Access, ClientRange, Enforced, GroupRange, GroupUse, HostEndpoints, InCluster, Port};
use policy::cidr::Cidr;
use serde::{Deserialize, Serialize};

/// An access as typed, with whatever is wrong in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Draft {
    /// The ranges, in their order.
    pub(crate) rows: Vec<Row>,
    /// The client groups, in their order.
    #[serde(default)]
    pub(crate) groups: Vec<GroupRow>,
    /// What load balancers send from, as typed.
    #[serde(default)]
    pub(crate) balancers: String,
    /// Which clients in the cluster.
    pub(crate) inside: Inside,
    /// The namespaces as typed.
    pub(crate) namespaces: String,
    /// On which HostEndpoints.
    pub(crate) edge: Edge,
    /// The interface as typed.
    pub(crate) interface: String,
    /// Where it is guarded.
    #[serde(default)]
    pub(crate) enforced: Enforced,
    /// Whether what somebody made by hand is taken over.
    #[serde(default)]
    pub(crate) adopt: bool,
    /// The number of the next row.
    next: u32,
}

/// One range as typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Row {
    /// Its number, never used again in its draft.
    pub(crate) id: u32,
    /// The range.
    pub(crate) cidr: String,
    /// The ports; none: all.
    pub(crate) ports: Vec<Port>,
    /// The note.
    pub(crate) note: String,
}

/// One client group as chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct GroupRow {
    /// Its number, never used again in its draft, by a range neither.
    pub(crate) id: u32,
    /// The group's name; empty where none is chosen yet.
    pub(crate) name: String,
    /// The ports; none: all.
    pub(crate) ports: Vec<Port>,
    /// The note.
    pub(crate) note: String,
}

/// Which clients in the cluster may call the Service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Inside {
    Unchanged,
    Namespaces,
    Nobody,
}

/// On which HostEndpoints the edge stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Edge {
    Existing,
    Automatic,
    Named,
}

impl Row {
    /// Whether nothing was typed into it.
    pub(crate) fn is_blank(&self) -> bool {
        self.cidr.trim().is_empty() && self.note.trim().is_empty()
    }
}

impl Draft {
    /// The draft that says what is in force; one blank row where nothing is.
    pub(crate) fn of(access: Option<&Access>, host_endpoints: &HostEndpoints) -> Self {
        let (edge, interface) = match host_endpoints {
            HostEndpoints::Existing => (Edge::Existing, String::new()),
            HostEndpoints::Automatic => (Edge::Automatic, String::new()),
            HostEndpoints::Named { interface } => (Edge::Named, interface.name().to_owned()),
        };
        let (inside, namespaces) = match access.map(|access| &access.in_cluster) {
            None | Some(InCluster::Unchanged) => (Inside::Unchanged, String::new()),
            Some(InCluster::Namespaces(names)) => (Inside::Namespaces, names.join(", ")),
            Some(InCluster::Nobody) => (Inside::Nobody, String::new()),
        };
        let balancers = access.map(|access| access.load_balancers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "));
        let balancers = balancers.unwrap_or_default();
        let enforced = access.map(|access| access.enforced).unwrap_or_default();
        let (rows, groups) = (Vec::new(), Vec::new());
        let mut draft = Self { rows, groups, balancers, inside, namespaces, edge, interface, enforced, adopt: false, next: 0 };
        for ClientRange { cidr, ports, note } in access.map(|access| access.clients.as_slice()).unwrap_or_default() {
            draft.push(cidr.to_string(), ports.clone(), note.clone());
        }
        if draft.rows.is_empty() {
            draft.push(String::new(), Vec::new(), String::new());
        }
        for GroupUse { name, ports, note, .. } in access.map(|access| access.groups.as_slice()).unwrap_or_default() {
            let id = draft.add_group(name.to_string());
            draft.groups.iter_mut().filter(|group| group.id == id).for_each(|group| {
                group.ports.clone_from(ports);
                group.note.clone_from(note);
            });
        }
        draft
    }

    /// The draft of a client group: ranges alone.
    pub(crate) fn of_ranges(ranges: &[GroupRange]) -> Self {
        let row = |range: &GroupRange| ClientRange { cidr: range.cidr, ports: Vec::new(), note: range.note.clone() };
        let access = Access { clients: ranges.iter().map(row).collect(), ..Access::default() };
        Self::of(Some(&access), &HostEndpoints::Existing)
    }

    /// Adds a client group at the end; its number.
    pub(crate) fn add_group(&mut self, name: String) -> u32 {
        let id = self.next;
        self.next += 1;
        self.groups.push(GroupRow { id, name, ports: Vec::new(), note: String::new() });
        id
    }

    fn push(&mut self, cidr: String, ports: Vec<Port>, note: String) {
        let row = Row { id: self.next, cidr, ports, note };
        self.next += 1;
        self.rows.push(row);
    }

    /// Adds a blank row after this one, or at the end; its number.
    pub(crate) fn add_after(&mut self, id: Option<u32>) -> u32 {
        let at = id.and_then(|id| self.rows.iter().position(|row| row.id == id)).map_or(self.rows.len(), |at| at + 1);
        let id = self.next;
        self.next += 1;
        self.rows.insert(at, Row { id, cidr: String::new(), ports: Vec::new(), note: String::new() });
        id
    }

    /// Takes a row away. The last one is emptied instead, so that there is always one to type into.
    pub(crate) fn remove(&mut self, id: u32) {
        self.rows.retain(|row| row.id != id);
        if self.rows.is_empty() {
            self.add_after(None);
        }
    }

    /// Adds pasted ranges behind the others, or in their place; blank rows give way.
    pub(crate) fn paste(&mut self, entries: impl IntoIterator<Item = (Cidr, String)>, replace: bool) {
        self.rows.retain(|row| !replace && !row.is_blank());
        for (cidr, note) in entries {
            self.push(cidr.to_string(), Vec::new(), note);
        }
        if self.rows.is_empty() {
            self.add_after(None);
        }
    }

    /// Changes a row.
    pub(crate) fn edit(&mut self, id: u32, change: impl FnOnce(&mut Row)) {
        if let Some(row) = self.rows.iter_mut().find(|row| row.id == id) {
            change(row);
        }
    }

    /// A row.
    pub(crate) fn row(&self, id: u32) -> Option<&Row> {
        self.rows.iter().find(|row| row.id == id)
    }

    /// Whether both say the same, whatever their rows are numbered.
    pub(crate) fn says_same(&self, other: &Self) -> bool {
        (self.balancers.trim(), self.inside, self.namespaces.trim(), self.said_place(), self.adopt)
            == (other.balancers.trim(), other.inside, other.namespaces.trim(), other.said_place(), other.adopt)
            && self.said_rows().eq(other.said_rows())
            && self.said_groups().eq(other.said_groups())
    }

    /// Where it is guarded, and on which HostEndpoints, where that matters.
    fn said_place(&self) -> Option<(Edge, &str)> {
        (self.enforced == Enforced::NodesAndPods).then(|| (self.edge, self.interface.trim()))
    }

    fn said_groups(&self) -> impl Iterator<Item = (&str, &[Port], &str)> {
        self.groups.iter().map(|group| (group.name.as_str(), group.ports.as_slice(), group.note.trim()))
    }

    /// What its rows say, blank ones left out.
    fn said_rows(&self) -> impl Iterator<Item = (&str, &[Port], &str)> {
        let filled = self.rows.iter().filter(|row| !row.is_blank());
        filled.map(|row| (row.cidr.trim(), row.ports.as_slice(), row.note.trim()))
    }
}
