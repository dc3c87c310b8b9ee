//! Revisions: what each run that landed changed.

use super::{History, HistoryError};
use crate::clock::Time;
use policy::access::{Access, HostEndpoints};
use policy::object::{ObjectKey, ServiceRef};
use policy::plan::{PlanDigest, Role};
use policy::view::{HistoryQuery, RevisionId, RevisionRow, RunId};
use serde_json::Value;
use sqlx::sqlite::SqliteRow;
use sqlx::{Sqlite, Transaction};

/// A revision that is about to be written.
#[derive(Debug, Clone)]
pub struct NewRevision {
    /// The plan.
    pub plan: PlanDigest,
    /// The Service.
    pub service: ServiceRef,
    /// What it did, in one sentence.
    pub summary: String,
    /// Who: the stable identifier.
    pub caller_id: String,
    /// Who: as pages show it.
    pub caller_name: String,
    /// Why.
    pub reason: String,
    /// The access before; none where the Service was not guarded.
    pub access_before: Option<Access>,
    /// The access after; none where it is guarded no more.
    pub access_after: Option<Access>,
    /// On which HostEndpoints.
    pub host_endpoints: HostEndpoints,
    /// The objects, in the order in which they were written.
    pub objects: Vec<NewObject>,
}

/// An object of a revision.
#[derive(Debug, Clone, PartialEq)]
pub struct NewObject {
    /// Its identity.
    pub key: ObjectKey,
    /// Its part in the recipe.
    pub role: Role,
    /// Before; none where it did not exist.
    pub before: Option<Value>,
    /// After, as the API server answered it; none where it was deleted.
    pub after: Option<Value>,
}

/// A revision as it was written down.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredRevision {
    /// Its row in the history.
    pub row: RevisionRow,
    /// The run that made it.
    pub run: RunId,
    /// The access before.
    pub access_before: Option<Access>,
    /// The access after.
    pub access_after: Option<Access>,
    /// On which HostEndpoints.
    pub host_endpoints: HostEndpoints,
}

/// An object as it was applied last.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    /// Its identity.
    pub key: ObjectKey,
    /// Its part in the recipe.
    pub role: Role,
    /// As it was left; none where it was deleted.
    pub after: Option<Value>,
}

/// Rows of a window of the history.
const WINDOW: usize = 50;

/// A query of revisions, as [`History::stored_revision`] reads them.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT v.id, v.run, v.plan, v.service, v.summary, v.caller_name, v.reason, v.at, v.access_before, v.access_after, \
             v.host_endpoints, v.id = (SELECT max(l.id) FROM revisions l WHERE l.service = v.service) AS latest FROM revisions v ",
            $rest
        )
    };
}

impl History {
    /// A window of the history, newest first, and whether there is more.
    ///
    /// # Errors
    /// The database cannot be read, or a row is broken.
    pub async fn revisions(&self, query: &HistoryQuery) -> Result<(Vec<RevisionRow>, bool), HistoryError> {
        let rows = sqlx::query(select!("WHERE (?1 IS NULL OR v.service = ?1) AND (?2 IS NULL OR v.id < ?2) ORDER BY v.id DESC LIMIT ?3"))
            .bind(query.service.as_ref().map(ToString::to_string))
            .bind(query.before.map(|r| r.0))
            .bind(i64::try_from(WINDOW + 1).unwrap_or(i64::MAX))
            .fetch_all(&self.readers)
            .await
            .map_err(|e| self.failed(e))?;
        let more = rows.len() > WINDOW;
        let rows = rows.iter().take(WINDOW).map(|row| Ok(self.stored_revision(row)?.row)).collect::<Result<_, HistoryError>>()?;
        Ok((rows, more))
    }

    /// The revision with this number.
    ///
    /// # Errors
    /// The database cannot be read, or the row is broken.
    pub async fn revision(&self, revision: RevisionId) -> Result<Option<StoredRevision>, HistoryError> {
        let query = sqlx::query(select!("WHERE v.id = ?")).bind(revision.0);
        let row = query.fetch_optional(&self.readers).await.map_err(|e| self.failed(e))?;
        row.map(|row| self.stored_revision(&row)).transpose()
    }

    /// The last revision of each Service.
    ///
    /// # Errors
    /// The database cannot be read, or a row is broken.
    pub async fn latest_revisions(&self) -> Result<Vec<RevisionRow>, HistoryError> {
        let rows = sqlx::query(select!("WHERE v.id IN (SELECT max(id) FROM revisions GROUP BY service) ORDER BY v.id"))
            .fetch_all(&self.readers)
            .await
            .map_err(|e| self.failed(e))?;
        rows.iter().map(|row| Ok(self.stored_revision(row)?.row)).collect()
    }

    /// The objects that a revision changed, in the order in which they were written.
    ///
    /// # Errors
    /// The database cannot be read, or a row is broken.
    pub async fn objects(&self, revision: RevisionId) -> Result<Vec<NewObject>, HistoryError> {
        let rows = sqlx::query("SELECT object, role, before, after FROM revision_objects WHERE revision = ? ORDER BY position")
            .bind(revision.0)
            .fetch_all(&self.readers)
            .await
            .map_err(|e| self.failed(e))?;
        rows.iter()
            .map(|row| {
                let row = self.reading(row, "object of a revision");
                Ok(NewObject {
                    key: row.json("object")?,
                    role: row.json("role")?,
                    before: row.optional_json("before")?,
                    after: row.optional_json("after")?,
                })
            })
            .collect()
    }

    /// Every object that the revisions of `service` up to `revision` touched, as the last of them left it.
    ///
    /// # Errors
    /// The database cannot be read, or a row is broken.
    pub async fn objects_as_of(&self, service: &ServiceRef, revision: RevisionId) -> Result<Vec<Applied>, HistoryError> {
        // SQLite takes the bare columns from the row that has the maximum (https://www.sqlite.org/lang_select.html#bareagg).
        let rows = sqlx::query(
            "SELECT o.object, o.role, o.after, max(o.revision) FROM revision_objects o JOIN revisions v ON v.id = o.revision \
             WHERE v.service = ? AND v.id <= ? GROUP BY o.object ORDER BY o.object",
        )
        .bind(service.to_string())
        .bind(revision.0)
        .fetch_all(&self.readers)
        .await
        .map_err(|e| self.failed(e))?;
        rows.iter().map(|row| self.applied(row)).collect()
    }

    /// Every object that any revision touched, as the last of them left it.
    ///
    /// # Errors
    /// The database cannot be read, or a row is broken.
    pub async fn applied_objects(&self) -> Result<Vec<Applied>, HistoryError> {
        let rows = sqlx::query("SELECT object, role, after, max(revision) FROM revision_objects GROUP BY object ORDER BY object")
            .fetch_all(&self.readers)
            .await
            .map_err(|e| self.failed(e))?;
        rows.iter().map(|row| self.applied(row)).collect()
    }

    /// Every object that a revision after `revision` touched, as it was before the first of them.
    ///
    /// # Errors
    /// The database cannot be read, or a row is broken.
    pub async fn objects_before_those_after(&self, revision: RevisionId) -> Result<Vec<Applied>, HistoryError> {
        let rows = sqlx::query(
            "SELECT object, role, before AS after, min(revision) FROM revision_objects WHERE revision > ? GROUP BY object ORDER BY object",
        )
        .bind(revision.0)
        .fetch_all(&self.readers)
        .await
        .map_err(|e| self.failed(e))?;
        rows.iter().map(|row| self.applied(row)).collect()
    }

    /// Every object that any revision up to `revision` touched, as the last of them left it.
    ///
    /// # Errors
    /// The database cannot be read, or a row is broken.
    pub async fn all_objects_as_of(&self, revision: RevisionId) -> Result<Vec<Applied>, HistoryError> {
        let rows = sqlx::query(
            "SELECT object, role, after, max(revision) FROM revision_objects WHERE revision <= ? GROUP BY object ORDER BY object",
        )
        .bind(revision.0)
        .fetch_all(&self.readers)
        .await
        .map_err(|e| self.failed(e))?;
        rows.iter().map(|row| self.applied(row)).collect()
    }

    /// Which Services' revisions touched which objects.
    ///
    /// # Errors
    /// The database cannot be read, or a row is broken.
    pub async fn touched(&self) -> Result<Vec<(ServiceRef, ObjectKey)>, HistoryError> {
        let rows =
            sqlx::query("SELECT DISTINCT v.service, o.object FROM revision_objects o JOIN revisions v ON v.id = o.revision ORDER BY 1, 2")
                .fetch_all(&self.readers)
                .await
                .map_err(|e| self.failed(e))?;
        rows.iter()
            .map(|row| {
                let row = self.reading(row, "object of a revision");
                Ok((row.parsed("service")?, row.json("object")?))
            })
            .collect()
    }

    pub(super) async fn insert_revision(
        &self,
        tx: &mut Transaction<'_, Sqlite>,
        run: RunId,
        revision: &NewRevision,
        now: Time,
    ) -> Result<RevisionId, HistoryError> {
        let id: i64 = sqlx::query_scalar(
            "INSERT INTO revisions (run, plan, service, summary, caller_id, caller_name, reason, at, access_before, access_after, \
             host_endpoints) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        )
        .bind(run.0)
        .bind(revision.plan.as_str())
        .bind(revision.service.to_string())
        .bind(&revision.summary)
        .bind(&revision.caller_id)
        .bind(&revision.caller_name)
        .bind(&revision.reason)
        .bind(now.0)
        .bind(self.to_optional_json("access", revision.access_before.as_ref())?)
        .bind(self.to_optional_json("access", revision.access_after.as_ref())?)
        .bind(self.to_json("choice of HostEndpoints", &revision.host_endpoints)?)
        .fetch_one(&mut **tx)
        .await
        .map_err(|e| self.failed(e))?;
        for (position, object) in (0_i64..).zip(&revision.objects) {
            sqlx::query("INSERT INTO revision_objects (revision, position, object, role, before, after) VALUES (?, ?, ?, ?, ?, ?)")
                .bind(id)
                .bind(position)
                .bind(self.to_json("object key", &object.key)?)
                .bind(self.to_json("role", &object.role)?)
                .bind(self.to_optional_json("object", object.before.as_ref())?)
                .bind(self.to_optional_json("object", object.after.as_ref())?)
                .execute(&mut **tx)
                .await
                .map_err(|e| self.failed(e))?;
        }
        Ok(RevisionId(id))
    }

    fn applied(&self, row: &SqliteRow) -> Result<Applied, HistoryError> {
        let row = self.reading(row, "object of a revision");
        Ok(Applied { key: row.json("object")?, role: row.json("role")?, after: row.optional_json("after")? })
    }

    fn stored_revision(&self, row: &SqliteRow) -> Result<StoredRevision, HistoryError> {
        let row = self.reading(row, "revision");
        Ok(StoredRevision {
            row: RevisionRow {
                id: RevisionId(row.get("id")?),
                service: row.parsed("service")?,
                summary: row.get("summary")?,
                caller: row.get("caller_name")?,
                reason: row.get("reason")?,
                at: row.time("at")?.moment(),
                plan: row.parsed("plan")?,
                latest: row.get("latest")?,
            },
            run: RunId(row.get("run")?),
            access_before: row.optional_json("access_before")?,
            access_after: row.optional_json("access_after")?,
            host_endpoints: row.json("host_endpoints")?,
        })
    }
}
