//! Client sets: the allowed ranges, grouped by the ports they may use, cut into sets that the API takes.

use super::door::{Door, DoorKind};
use super::{Explained, Generated, Recipe, ports_in_words};
use crate::access::{Access, Port, halves};
use crate::cidr::Cidr;
use crate::names;
use crate::object::{Kind, ObjectKey, ServiceRef};
use crate::plan::Role;
use crate::scope::ServiceFacts;
use crate::snapshot::ClientNets;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Clients that may use the same ports.
pub(crate) struct Group {
    /// Value of their label.
    pub(crate) label: String,
    /// The ports; empty: all of the Service's.
    pub(crate) ports: Vec<Port>,
    /// Rows of the access.
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

/// The rows of `access` by the ports they may use: those of all ports first.
pub(crate) fn groups(service: &ServiceRef, access: &Access) -> Vec<Group> {
    let mut by_ports: BTreeMap<Vec<Port>, Vec<u32>> = BTreeMap::new();
    for (row, client) in (0_u32..).zip(&access.clients) {
        let mut ports = client.ports.clone();
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
        label: names::clients_label(service, names::LOAD_BALANCERS),
        ports: Vec::new(),
        rows: Vec::new(),
        load_balancers: true,
    });
    clients.chain(balancers).collect()
}

/// One set, being filled.
#[derive(Default)]
struct Part {
    nets: Vec<String>,
    notes: BTreeMap<String, String>,
    notes_bytes: usize,
    rows: Vec<u32>,
}

impl Recipe<'_> {
    /// The client sets, as those of the edge group `edge`.
    pub(super) fn client_sets(&self, edge: Option<&str>) -> Vec<Generated> {
        self.groups.iter().flat_map(|group| self.sets_of(group, edge)).collect()
    }

    /// The nets of all of them.
    pub(super) fn client_nets(&self) -> ClientNets {
        let nets =
            |group: &Group| self.ranges(group).into_iter().flat_map(|(_, cidr, _)| halves(cidr)).map(|net| net.to_string()).collect();
        self.groups.iter().map(|group| (group.ports_label(), nets(group))).collect()
    }

    fn sets_of(&self, group: &Group, edge: Option<&str>) -> Vec<Generated> {
        let mut ranges = self.ranges(group);
        ranges.sort_by_key(|(_, cidr, _)| *cidr);
        let mut parts = vec![Part::default()];
        for (row, cidr, note) in ranges {
            let nets: Vec<String> = halves(cidr).iter().map(ToString::to_string).collect();
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
        (0_u32..).zip(parts).map(|(number, part)| self.set(group, edge, number, part)).collect()
    }

    /// The ranges of a group: the row of the access that each is, where it is one, and its note.
    fn ranges(&self, group: &Group) -> Vec<(Option<u32>, Cidr, &str)> {
        if group.load_balancers {
            return self.access.load_balancers.iter().map(|cidr| (None, *cidr, "")).collect();
        }
        let rows = (0_u32..).zip(&self.access.clients).filter(|(row, _)| group.rows.binary_search(row).is_ok());
        rows.map(|(row, client)| (Some(row), client.cidr, client.note.as_str())).collect()
    }

    fn set(&self, group: &Group, edge: Option<&str>, number: u32, mut part: Part) -> Generated {
        part.nets.dedup();
        let name = names::client_set(self.service(), edge, &group.label, number);
        let mut annotations = vec![(names::PORTS_ANNOTATION, written(&group.ports))];
        if !part.notes.is_empty() {
            annotations.push((names::NOTES_ANNOTATION, json!(part.notes).to_string()));
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
            format!("The client ranges that may use {ports}. The policies below mean them by their label.")
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
