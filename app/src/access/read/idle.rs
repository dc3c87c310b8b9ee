//! Rows that change nothing.

use policy::access::{ClientRange, GroupUse, Port};
use policy::cidr::Cidr;
use std::collections::BTreeMap;

/// A range that is allowed: one of a row, or of a client group.
struct Allowed<'a> {
    cidr: Cidr,
    ports: &'a [Port],
    /// The row; none for a range of a group, whose use may have more effect than one of its ranges.
    row: Option<u32>,
    of: Option<&'a GroupUse>,
}

/// Rows that another row, or a client group, covers on all their ports. In the order of [`Cidr`] a range comes before everything it covers,
/// so one walk with the ranges that are still open finds all.
pub(super) fn idle(clients: &[ClientRange], rows: &[u32], groups: &[GroupUse]) -> BTreeMap<u32, String> {
    let of_groups =
        groups.iter().flat_map(|of| of.ranges.iter().map(move |cidr| Allowed { cidr: *cidr, ports: &of.ports, row: None, of: Some(of) }));
    let of_rows = clients.iter().zip(rows).map(|(row, id)| Allowed { cidr: row.cidr, ports: &row.ports, row: Some(*id), of: None });
    // Groups first: of two that are the same range, the row is what could be left out.
    let mut all: Vec<Allowed> = of_groups.chain(of_rows).collect();
    all.sort_by_key(|allowed| allowed.cidr);
    let mut open: Vec<&Allowed> = Vec::new();
    let mut idle = BTreeMap::new();
    for allowed in &all {
        while open.last().is_some_and(|last| !last.cidr.covers(allowed.cidr)) {
            open.pop();
        }
        if let Some(id) = allowed.row {
            let covers = |other: &&&Allowed| {
                other.ports.is_empty() || (!allowed.ports.is_empty() && allowed.ports.iter().all(|port| other.ports.contains(port)))
            };
            if let Some(other) = open.iter().find(covers) {
                let whose = other.of.map_or_else(|| "another row".to_owned(), |of| format!("the group `{}`", of.name));
                idle.insert(id, format!("Lies in `{}` of {whose}: this row changes nothing.", other.cidr));
            }
        }
        open.push(allowed);
    }
    idle
}
