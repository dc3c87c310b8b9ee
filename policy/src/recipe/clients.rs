//! Client sets: the allowed ranges, grouped by the ports they may use, cut into sets that the API takes.

use super::door::{Door, DoorKind};
use super::{Explained, Generated, Recipe, ports_in_words};
use crate::access::{Access, GroupUse, Port, halves};
use crate::cidr::Cidr;
use crate::names;
use crate::object::{Kind, ObjectKey, ServiceRef};
use crate::plan::Role;
use crate::scope::ServiceFacts;
use crate::snapshot::ClientNets;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What load balancers at the pods alone are labelled by, in place of ports.
const AT_PODS_ALONE: &str = "load-balancers-at-the-pods-alone";

/// Clients that may use the same ports.
pub(crate) struct Group {
    /// Value of their label.
    pub(crate) label: String,
    /// The ports; empty: all of the Service's.
    pub(crate) ports: Vec<Port>,
    /// Rows of the access: its clients, then its client groups.
    pub(crate) rows: Vec<u32>,
    /// Load balancers: on NodePorts alone.
    pub(super) load_balancers: bool,
}

impl Group {
    /// Value of [`names::PORTS_LABEL`] on the group's sets.
    pub(super) fn ports_label(&self) -> String {
        if self.load_balancers { names::LOAD_BALANCERS.to_owned() } else { names::ports_label(&written(&self.ports)) }
    }

    /// Whether they may come by the Service's own addresses, or by the nodes'.
    pub(super) fn may_use(&self, door: &Door) -> bool {
        !self.load_balancers || door.kind == DoorKind::NodePorts
    }

    /// The Service's ports that they come for; empty: all of them.
    pub(super) fn meant(&self, service: &ServiceFacts) -> Vec<Port> {
        if !self.load_balancers {
            return self.ports.clone();
        }
        service.ports.iter().filter(|facts| facts.node_port != 0).map(|facts| facts.port).collect()
    }

    /// A selector for the group's sets.
    pub(crate) fn selector(&self) -> String {
        format!("{} == '{}'", names::CLIENTS_LABEL, self.label)
    }
}

/// Ports as the annotation of a set writes them.
fn written(ports: &[Port]) -> String {
    ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// The rows of `access` by the ports they may use, each client group as a row: those of all ports first.
pub(crate) fn groups(service: &ServiceRef, access: &Access) -> Vec<Group> {
    let mut by_ports: BTreeMap<Vec<Port>, Vec<u32>> = BTreeMap::new();
    for (row, (ports, _)) in (0_u32..).zip(access.parts()) {
        let mut ports = ports.to_vec();
        ports.sort_unstable();
        ports.dedup();
        by_ports.entry(ports).or_default().push(row);
    }
    let clients = by_ports.into_iter().map(|(ports, rows)| Group {
        label: names::clients_label(service, &written(&ports)),
        ports,
        rows,
        load_balancers: false,
    });
    let balancers = (!access.load_balancers.is_empty()).then(|| Group {
        // Two, so that a change from the pods alone to the nodes lets none in for a step where it may not come in the end: by the Service's own
        // addresses.
        label: names::clients_label(service, if access.enforced.at_pods_alone() { AT_PODS_ALONE } else { names::LOAD_BALANCERS }),
        ports: Vec::new(),
        rows: Vec::new(),
        load_balancers: true,
    });
    clients.chain(balancers).collect()
}

/// One set, being filled.
#[derive(Default)]
pub(super) struct Part {
    pub(super) nets: Vec<String>,
    pub(super) notes: BTreeMap<String, String>,
    notes_bytes: usize,
    rows: Vec<u32>,
}

/// One range of a group: the row of the access that it is, where it is one, and its note.
pub(super) type Range<'a> = (Option<u32>, Cidr, &'a str);

impl Recipe<'_> {
    /// The client sets, as those of the edge group `edge`.
    pub(super) fn client_sets(&self, edge: Option<&str>) -> Vec<Generated> {
        self.groups.iter().flat_map(|group| self.sets_of(group, edge)).collect()
    }

    /// The nets of all of them.
    pub(super) fn client_nets(&self) -> ClientNets {
        let nets = |group: &Group| {
            let own = self.ranges(group).into_iter().map(|(_, cidr, _)| cidr);
            let of_groups = self.uses(group).flat_map(|(_, of)| of.ranges.iter().copied());
            own.chain(of_groups).flat_map(halves).map(|net| net.to_string()).collect()
        };
        self.groups.iter().map(|group| (group.ports_label(), nets(group))).collect()
    }

    /// The sets of its rows, then those of each client group. These stay apart, so that a range which both a row and a client group have is
    /// read back as both.
    fn sets_of(&self, group: &Group, edge: Option<&str>) -> Vec<Generated> {
        let ranges = self.ranges(group);
        let own = if ranges.is_empty() { Vec::new() } else { parts(ranges) };
        let own = (0_u32..).zip(own).map(|(number, part)| self.set(group, edge, None, number, part));
        let of_groups = self.uses(group).flat_map(|(row, of)| {
            let ranges: Vec<Range> = of.ranges.iter().map(|cidr| (None, *cidr, "")).collect();
            let numbered = (0_u32..).zip(parts(ranges));
            numbered.map(move |(number, part)| self.set(group, edge, Some(of), number, Part { rows: vec![row], ..part }))
        });
        own.chain(of_groups).collect()
    }

    /// The client groups that may use these ports, and the row that each is.
    fn uses<'a>(&'a self, group: &'a Group) -> impl Iterator<Item = (u32, &'a GroupUse)> {
        let first = u32::try_from(self.access.clients.len()).unwrap_or(u32::MAX);
        (first..).zip(&self.access.groups).filter(|(row, _)| group.rows.binary_search(row).is_ok())
    }

    /// The ranges of a group that no client group has brought.
    fn ranges(&self, group: &Group) -> Vec<Range<'_>> {
        if group.load_balancers {
            return self.access.load_balancers.iter().map(|cidr| (None, *cidr, "")).collect();
        }
        let rows = (0_u32..).zip(&self.access.clients).filter(|(row, _)| group.rows.binary_search(row).is_ok());
        rows.map(|(row, client)| (Some(row), client.cidr, client.note.as_str())).collect()
    }

    fn set(&self, group: &Group, edge: Option<&str>, of: Option<&GroupUse>, number: u32, mut part: Part) -> Generated {
        part.nets.dedup();
        let name = match of {
            None => names::client_set(self.service(), edge, &group.label, number),
            Some(of) => names::client_set_of_group(self.service(), edge, &group.label, of.name.as_str(), number),
        };
        let mut annotations = vec![(names::PORTS_ANNOTATION, written(&group.ports))];
        if !part.notes.is_empty() {
            annotations.push((names::NOTES_ANNOTATION, json!(part.notes).to_string()));
        }
        if let Some(of) = of {
            annotations.push((names::GROUP_ANNOTATION, of.name.to_string()));
            if !of.note.is_empty() {
                annotations.push((names::NOTE_ANNOTATION, of.note.clone()));
            }
        }
        let mut labels = Map::from_iter([(names::CLIENTS_LABEL.to_owned(), Value::from(group.label.clone()))]);
        if let Some(edge) = edge {
            labels.insert(names::EDGE_CLIENTS_LABEL.to_owned(), edge.into());
            labels.insert(names::PORTS_LABEL.to_owned(), group.ports_label().into());
        }
        let object = json!({
            "apiVersion": Kind::GlobalNetworkSet.api_version(),
            "kind": Kind::GlobalNetworkSet.name(),
            "metadata": self.metadata(&name, "", labels, annotations),
            "spec": { "nets": part.nets },
        });
        let sentence = if group.load_balancers {
            "What load balancers send from: they may use the NodePorts alone. The policies below mean them by their label.".to_owned()
        } else {
            let ports = if group.ports.is_empty() { "every port of the Service".to_owned() } else { ports_in_words(&group.ports) };
            let whose = of.map_or_else(String::new, |of| format!(" of the group {}", of.name));
            format!("The client ranges{whose} that may use {ports}. The policies below mean them by their label.")
        };
        part.rows.sort_unstable();
        Generated {
            role: Role::ClientSet,
            key: ObjectKey::new(Kind::GlobalNetworkSet, "", &name),
            object,
            sentence,
            rules: Vec::<Explained>::new(),
            rows: part.rows,
        }
    }
}

/// Ranges, cut into sets that the API takes; one set for none.
pub(super) fn parts(mut ranges: Vec<Range<'_>>) -> Vec<Part> {
    ranges.sort_by_key(|(_, cidr, _)| *cidr);
    let mut parts = vec![Part::default()];
    for (row, cidr, note) in ranges {
        let nets: Vec<String> = halves(cidr).map(|half| half.to_string()).collect();
        // Key, note, quotes and separators, with room for the quoting of quotes.
        let bytes = if note.is_empty() { 0 } else { 2 * note.len() + 64 };
        let full = |part: &Part| {
            part.nets.len() + nets.len() > names::SET_NETS as usize || part.notes_bytes + bytes > names::SET_NOTES_BYTES as usize
        };
        if parts.last().is_some_and(full) {
            parts.push(Part::default());
        }
        let Some(part) = parts.last_mut() else { continue };
        part.nets.extend(nets);
        part.rows.extend(row);
        part.notes_bytes += bytes;
        if !note.is_empty() {
            part.notes.insert(cidr.to_string(), note.to_owned());
        }
    }
    parts
}
