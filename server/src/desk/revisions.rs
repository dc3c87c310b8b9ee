//! The history.

use super::{Desk, problem};
use crate::history::{Applied, NewObject, StoredRevision};
use app::backend::Problem;
use policy::diff::{differs, object_diff};
use policy::object::ObjectKey;
use policy::plan::Role;
use policy::view::{Comparison, HistoryQuery, HistoryWindow, ObjectChange, RevisionId, RevisionView};
use serde_json::Value;
use std::collections::BTreeMap;

impl Desk {
    pub(super) async fn history(&self, query: HistoryQuery) -> Result<HistoryWindow, Problem> {
        let (rows, more) = self.history.revisions(&query).await.map_err(problem::of_history)?;
        Ok(HistoryWindow { rows, more })
    }

    pub(super) async fn revision(&self, revision: RevisionId) -> Result<RevisionView, Problem> {
        let StoredRevision { row, run, access_before, access_after, host_endpoints: _ } = self.stored_revision(revision).await?;
        let objects = self.history.objects(revision).await.map_err(problem::of_history)?;
        let objects = objects.into_iter().map(|NewObject { key, role, before, after }| change(key, role, before, after)).collect();
        Ok(RevisionView { row, run, access_before, access_after, objects })
    }

    pub(super) async fn compare(&self, from: RevisionId, to: RevisionId) -> Result<Comparison, Problem> {
        // Whichever way round it is asked for, time goes forward.
        let (from, to) = (from.min(to), from.max(to));
        let (older, newer) = (self.stored_revision(from).await?, self.stored_revision(to).await?);
        let service = &older.row.service;
        if *service != newer.row.service {
            return Err(Problem::Refused(format!(
                "Revision {from} is of `{service}` and revision {to} of `{}`: choose two of one Service.",
                newer.row.service
            )));
        }
        let left = self.history.objects_as_of(service, from).await.map_err(problem::of_history)?;
        let right = self.history.objects_as_of(service, to).await.map_err(problem::of_history)?;
        Ok(Comparison {
            objects: differences(left, right),
            access_from: older.access_after,
            access_to: newer.access_after,
            from: older.row,
            to: newer.row,
        })
    }

    pub(super) async fn stored_revision(&self, revision: RevisionId) -> Result<StoredRevision, Problem> {
        let found = self.history.revision(revision).await.map_err(problem::of_history)?;
        found.ok_or_else(|| Problem::NotFound(format!("There is no revision {revision}.")))
    }
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
