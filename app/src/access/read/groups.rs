//! The client groups of a draft.

use super::meet;
use crate::access::draft::Draft;
use policy::access::{ClientGroup, GroupName, GroupUse, NOTE_MAX};
use std::collections::BTreeMap;

/// The groups that are right, the row of each, and what is wrong with the others, by row.
#[derive(Default)]
pub(super) struct Groups {
    pub(super) uses: Vec<GroupUse>,
    pub(super) rows: Vec<u32>,
    pub(super) wrong: BTreeMap<u32, String>,
}

/// Reads the client groups of a draft, each with what it holds in the cluster.
pub(super) fn read(draft: &Draft, known: &[ClientGroup]) -> Groups {
    let mut groups = Groups::default();
    let mut places: Vec<usize> = Vec::new();
    for (at, row) in draft.groups.iter().enumerate() {
        let length = row.note.trim().chars().count();
        let name: GroupName = match row.name.parse() {
            Ok(name) => name,
            Err(_) if row.name.is_empty() => {
                groups.wrong.insert(row.id, "No group is chosen: choose one, or remove the row.".to_owned());
                continue;
            }
            Err(error) => {
                groups.wrong.insert(row.id, super::sentence(&format!("{error}")));
                continue;
            }
        };
        let twice = groups.uses.iter().zip(&places).find(|(of, _)| of.name == name && meet(&of.ports, &row.ports)).map(|(_, place)| *place);
        let wrong = if known.iter().all(|group| group.name != name) {
            Some(format!("The cluster has no group `{name}`: create it first, or remove the row."))
        } else if let Some(place) = twice {
            Some(format!("The group `{name}` stands in row {} already: remove one of the two.", place + 1))
        } else if length > usize::try_from(NOTE_MAX).unwrap_or(usize::MAX) {
            Some(format!("The note has {length} characters: {NOTE_MAX} is the most."))
        } else {
            None
        };
        match wrong {
            Some(why) => {
                groups.wrong.insert(row.id, why);
            }
            None => {
                let ranges = known.iter().find(|group| group.name == name).map(ClientGroup::cidrs).unwrap_or_default();
                groups.uses.push(GroupUse { name, ports: row.ports.clone(), note: row.note.trim().to_owned(), ranges });
                groups.rows.push(row.id);
                places.push(at);
            }
        }
    }
    groups
}
