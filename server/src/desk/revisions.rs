//! The history.

use super::{Desk, problem};
use crate::history::{Applied, NewObject, Part, StoredRevision};
use app::backend::Problem;
use policy::diff::{differs, object_diff};
use policy::object::{ObjectKey, ServiceRef};
use policy::plan::Role;
use policy::view::{AccessChange, Comparison, HistoryQuery, HistoryWindow, ObjectChange, RevisionId, RevisionView};
use serde_json::Value;
use std::collections::BTreeMap;

impl Desk {
    pub(super) async fn history(&self, query: HistoryQuery) -> Result<HistoryWindow, Problem> {
        let (rows, more) = self.history.revisions(&query).await.map_err(problem::of_history)?;
        Ok(HistoryWindow { rows, more })
    }

    pub(super) async fn revision(&self, revision: RevisionId) -> Result<RevisionView, Problem> {
        let StoredRevision { row, run, parts } = self.stored_revision(revision).await?;
        let changes = parts.into_iter().map(|Part { service, before, after, .. }| AccessChange { service, before, after }).collect();
        let objects = self.history.objects(revision).await.map_err(problem::of_history)?;
        let objects =
            at_its_ends(objects).into_iter().map(|NewObject { key, role, before, after, .. }| change(key, role, before, after)).collect();
        Ok(RevisionView { row, run, changes, objects })
    }

    pub(super) async fn compare(&self, from: RevisionId, to: RevisionId, asked: Option<ServiceRef>) -> Result<Comparison, Problem> {
        // Whichever way round it is asked for, time goes forward.
        let (from, to) = (from.min(to), from.max(to));
        let (older, newer) = (self.stored_revision(from).await?, self.stored_revision(to).await?);
        let both = |service: &&ServiceRef| newer.row.services.contains(*service) && asked.as_ref().is_none_or(|asked| asked == *service);
        let Some(service) = older.row.services.iter().find(both) else {
            return Err(Problem::Refused(match asked {
                Some(asked) => format!("Revisions {from} and {to} did not both change `{asked}`: choose two of its history."),
                None => format!(
                    "Revision {from} is of `{}` and revision {to} of `{}`: choose two of one Service.",
                    older.row.subject(),
                    newer.row.subject()
                ),
            }));
        };
        let access = |parts: &[Part]| parts.iter().find(|part| part.service == *service).and_then(|part| part.after.clone());
        let left = self.history.objects_as_of(service, from).await.map_err(problem::of_history)?;
        let right = self.history.objects_as_of(service, to).await.map_err(problem::of_history)?;
        Ok(Comparison {
            objects: differences(left, right),
            access_from: access(&older.parts),
            access_to: access(&newer.parts),
            service: service.clone(),
            from: older.row,
            to: newer.row,
        })
    }

    pub(super) async fn stored_revision(&self, revision: RevisionId) -> Result<StoredRevision, Problem> {
        let found = self.history.revision(revision).await.map_err(problem::of_history)?;
        found.ok_or_else(|| Problem::NotFound(format!("There is no revision {revision}.")))
    }
}

/// Each object once, as the revision found it and as it left it: some are written more than once.
fn at_its_ends(objects: Vec<NewObject>) -> Vec<NewObject> {
    let mut found: Vec<NewObject> = Vec::new();
    for object in objects {
        let before = match found.iter().position(|earlier| earlier.key == object.key) {
            Some(earlier) => found.remove(earlier).before,
            None => object.before,
        };
        found.push(NewObject { before, ..object });
    }
    found.retain(|object| object.before.is_some() || object.after.is_some());
    found
}

fn change(key: ObjectKey, role: Role, before: Option<Value>, after: Option<Value>) -> ObjectChange {
    ObjectChange { diff: object_diff(before.as_ref(), after.as_ref()), key, role, before, after }
}

/// The objects that differ, in the order of their roles.
fn differences(left: Vec<Applied>, right: Vec<Applied>) -> Vec<ObjectChange> {
    let mut both: BTreeMap<(Role, ObjectKey), [Option<Value>; 2]> = BTreeMap::new();
    for (side, objects) in [left, right].into_iter().enumerate() {
        for Applied { key, role, after } in objects {
            both.entry((role, key)).or_default()[side] = after;
        }
    }
    let moved = both.into_iter().filter(|(_, sides)| match sides {
        [Some(before), Some(after)] => differs(before, after),
        [before, after] => before.is_some() != after.is_some(),
    });
    moved.map(|((role, key), [before, after])| change(key, role, before, after)).collect()
}
