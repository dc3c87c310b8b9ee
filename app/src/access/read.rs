//! From what was typed to a change, or to what is wrong, row by row.

mod groups;
mod idle;

use super::draft::{Draft, Edge, Inside, Row};
use policy::access::{Access, ClientGroup, ClientRange, GroupRange, HostEndpoints, InCluster, Intent, Interface, NOTE_MAX, Port};
use policy::cidr::Cidr;
use policy::object::is_dns_label;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// What a draft says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    /// What the rows that are right say; client groups have what they hold in the cluster.
    pub(crate) access: Access,
    /// The row of each of the access' clients, then of each of its client groups.
    pub(crate) rows: Vec<u32>,
    /// On which HostEndpoints.
    pub(crate) host_endpoints: HostEndpoints,
    /// Whether what somebody made by hand is taken over.
    pub(crate) adopt: bool,
    /// What is wrong, by row.
    pub(crate) wrong: BTreeMap<u32, String>,
    /// What is right and has no effect, by row.
    pub(crate) idle: BTreeMap<u32, String>,
    /// What is wrong with the load balancers.
    pub(crate) balancers: Option<String>,
    /// What is wrong with the namespaces.
    pub(crate) namespaces: Option<String>,
    /// What is wrong with the interface.
    pub(crate) interface: Option<String>,
}

impl Said {
    /// How many things are wrong.
    pub(crate) fn problems(&self) -> u64 {
        let rows = u64::try_from(self.wrong.len()).unwrap_or(u64::MAX);
        rows + u64::from(self.balancers.is_some()) + u64::from(self.namespaces.is_some()) + u64::from(self.interface.is_some())
    }

    /// What its rows say a client group holds.
    pub(crate) fn ranges(&self) -> Vec<GroupRange> {
        self.access.clients.iter().map(|client| GroupRange { cidr: client.cidr, note: client.note.clone() }).collect()
    }

    /// What is asked of the Service.
    pub(crate) fn intent(&self) -> Intent {
        Intent::Guard(self.access.clone())
    }
}

/// Reads a draft, in a cluster with these client groups. Rows that are wrong are named and left out.
pub(crate) fn read(draft: &Draft, known: &[ClientGroup]) -> Said {
    let mut wrong = BTreeMap::new();
    let mut clients: Vec<ClientRange> = Vec::new();
    let mut rows = Vec::new();
    // By range the rows that have it, each with its place among the clients; of most there is one.
    let mut seen: BTreeMap<Cidr, (Place, Vec<Place>)> = BTreeMap::new();
    for (at, row) in draft.rows.iter().enumerate().filter(|(_, row)| !row.is_blank()) {
        match client(row) {
            Err(why) => {
                wrong.insert(row.id, why);
            }
            Ok(client) => {
                let place = Place { row: at, client: clients.len() };
                match seen.entry(client.cidr) {
                    Entry::Vacant(free) => _ = free.insert((place, Vec::new())),
                    Entry::Occupied(mut same) => {
                        let (first, more) = same.get_mut();
                        let meets = |place: &&Place| clients.get(place.client).is_some_and(|other| meet(&other.ports, &client.ports));
                        if let Some(other) = std::iter::once(&*first).chain(&*more).find(meets) {
                            let number = other.row + 1;
                            wrong.insert(row.id, format!("`{}` stands in row {number} already: remove one of the two.", client.cidr));
                            continue;
                        }
                        more.push(place);
                    }
                }
                clients.push(client);
                rows.push(row.id);
            }
        }
    }
    let groups::Groups { uses: groups, rows: of_groups, wrong: wrong_groups } = groups::read(draft, known);
    let idle = idle::idle(&clients, &rows, &groups);
    rows.extend(of_groups);
    wrong.extend(wrong_groups);
    let (load_balancers, balancers) = balancers(&draft.balancers);
    let (in_cluster, namespaces) = inside(draft);
    let enforced = draft.enforced;
    let (host_endpoints, interface) = if enforced.at_pods_alone() { (HostEndpoints::Existing, None) } else { edge(draft) };
    let access = Access { clients, in_cluster, load_balancers, groups, enforced };
    Said { access, rows, host_endpoints, adopt: draft.adopt, wrong, idle, balancers, namespaces, interface }
}

/// Where a range stands.
struct Place {
    row: usize,
    client: usize,
}

fn client(row: &Row) -> Result<ClientRange, String> {
    let cidr = row.cidr.trim();
    let cidr = cidr.parse::<Cidr>().map_err(|error| sentence(&error.to_string()))?;
    let note = row.note.trim();
    let length = note.chars().count();
    if length > usize::try_from(NOTE_MAX).unwrap_or(usize::MAX) {
        return Err(format!("The note has {length} characters: {NOTE_MAX} is the most."));
    }
    Ok(ClientRange { cidr, ports: row.ports.clone(), note: note.to_owned() })
}

/// Whether two choices of ports have one in common; an empty choice is all.
fn meet(a: &[Port], b: &[Port]) -> bool {
    a.is_empty() || b.is_empty() || a.iter().any(|port| b.contains(port))
}

/// Ranges with commas or spaces between; the first that is none is named.
fn balancers(typed: &str) -> (Vec<Cidr>, Option<String>) {
    let mut ranges: Vec<Cidr> = Vec::new();
    let mut wrong = None;
    for text in typed.split([',', ' ', '\n', '\t']).map(str::trim).filter(|text| !text.is_empty()) {
        match text.parse::<Cidr>() {
            Ok(cidr) => ranges.push(cidr),
            Err(error) => wrong = wrong.or_else(|| Some(sentence(&error.to_string()))),
        }
    }
    ranges.sort_unstable();
    ranges.dedup();
    (ranges, wrong)
}

fn inside(draft: &Draft) -> (InCluster, Option<String>) {
    match draft.inside {
        Inside::Unchanged => (InCluster::Unchanged, None),
        Inside::Nobody => (InCluster::Nobody, None),
        Inside::Namespaces => {
            let names: BTreeSet<&str> = draft.namespaces.split([',', ' ']).map(str::trim).filter(|name| !name.is_empty()).collect();
            let wrong = match names.iter().find(|name| !is_dns_label(name)) {
                Some(name) => Some(format!("`{name}` is not the name of a namespace: 1 to 63 lower-case letters, digits and dashes.")),
                None if names.is_empty() => Some("No namespace is named: name at least one, or choose nobody.".to_owned()),
                None => None,
            };
            let names = names.into_iter().filter(|name| is_dns_label(name)).map(str::to_owned).collect();
            (InCluster::Namespaces(names), wrong)
        }
    }
}

fn edge(draft: &Draft) -> (HostEndpoints, Option<String>) {
    match draft.edge {
        Edge::Existing => (HostEndpoints::Existing, None),
        Edge::Automatic => (HostEndpoints::Automatic, None),
        Edge::Named if draft.interface.trim().is_empty() => {
            (HostEndpoints::Existing, Some("No interface is named: name the one where clients arrive on the nodes, as `eth0`.".to_owned()))
        }
        Edge::Named => match Interface::try_from(draft.interface.trim().to_owned()) {
            Ok(interface) => (HostEndpoints::Named { interface }, None),
            Err(error) => (HostEndpoints::Existing, Some(sentence(&error.to_string()))),
        },
    }
}

/// An error's text as a sentence: a capital in front, a full stop behind.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    let end = if text.ends_with('.') { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

#[cfg(test)]
mod tests;
