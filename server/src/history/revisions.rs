//! Revisions: what each run that landed changed.

use super::{History, HistoryError};
use crate::clock::Time;
use policy::access::{Access, Baseline, GroupName, HostEndpoints};
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
    /// What it does to each of its Services.
    pub parts: Vec<Part>,
    /// The baseline before and after, where it is of that.
    pub baseline: Option<[Baseline; 2]>,
    /// What it did, in one sentence.
    pub summary: String,
    /// Who: the stable identifier.
    pub caller_id: String,
    /// Who: as pages show it.
    pub caller_name: String,
    /// Why.
    pub reason: String,
    /// The objects, in the order in which they were written.
    pub objects: Vec<NewObject>,
}

/// What a revision does to one Service.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// The Service.
    pub service: ServiceRef,
    /// The access before; none where the Service was not guarded.
    pub before: Option<Access>,
    /// The access after; none where it is guarded no more.
    pub after: Option<Access>,
    /// On which HostEndpoints.
    pub host_endpoints: HostEndpoints,
}

/// An object of a revision.
#[derive(Debug, Clone, PartialEq)]
pub struct NewObject {
    /// Its identity.
    pub key: ObjectKey,
    /// Its part in the recipe.
    pub role: Role,
    /// Which of the revision's Services it was written for, from 0.
    pub part: u32,
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
    /// What it did to each of its Services.
    pub parts: Vec<Part>,
    /// The baseline before and after, where it is of that.
    pub baseline: Option<[Baseline; 2]>,
}

/// Rows of a window of the history.
const WINDOW: usize = 50;

/// A query of revisions, as [`History::stored_revision`] reads them.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT v.id, v.run, v.plan, v.summary, v.caller_name, v.reason, v.at, \
             (SELECT json_group_array(s.service) FROM (SELECT service FROM revision_services WHERE revision = v.id ORDER BY position) s) \
             AS services, EXISTS (SELECT 1 FROM revision_baselines b WHERE b.revision = v.id) AS of_baseline, \
             (SELECT json_extract(coalesce(o.after, o.before), '$.metadata.labels.\"portcullis.dev/group\"') FROM revision_objects o \
             WHERE o.revision = v.id AND o.role = '\"clientGroup\"' ORDER BY o.position LIMIT 1) AS of_group, \
             NOT EXISTS (SELECT 1 FROM revision_services s JOIN revision_services l ON l.service = s.service AND l.revision > s.revision \
             WHERE s.revision = v.id) \
             AND NOT EXISTS (SELECT 1 FROM revision_baselines b JOIN revision_baselines l ON l.revision > b.revision WHERE b.revision = v.id) \
             AND NOT EXISTS (SELECT 1 FROM revision_objects o JOIN revision_objects l ON l.object = o.object AND l.revision > o.revision \
             WHERE o.revision = v.id AND o.role = '\"clientGroup\"' AND l.role = '\"clientGroup\"') \
             AS latest FROM revisions v ",
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
        let rows = sqlx::query(select!(
            "WHERE (?1 IS NULL OR EXISTS (SELECT 1 FROM revision_services s WHERE s.service = ?1 AND s.revision = v.id)) \
             AND (?2 IS NULL OR of_group = ?2) AND (NOT ?3 OR of_baseline) \
             AND (?4 IS NULL OR v.id < ?4) ORDER BY v.id DESC LIMIT ?5"
        ))
        .bind(query.service.as_ref().map(ToString::to_string))
        .bind(query.group.as_ref().map(GroupName::as_str))
        .bind(query.baseline)
        .bind(query.before.map(|r| r.0))
        .bind(i64::try_from(WINDOW + 1).unwrap_or(i64::MAX))
        .fetch_all(&self.readers)
        .await
        .map_err(|e| self.failed(e))?;
        let more = rows.len() > WINDOW;
        let mut rows = rows.iter().take(WINDOW).map(|row| Ok(self.row(row)?.0)).collect::<Result<Vec<RevisionRow>, HistoryError>>()?;
        if query.service.is_some() || query.group.is_some() || query.baseline {
            // Of all that one revision changed, a part may have been changed since: what counts is what was asked for.
            for (at, row) in rows.iter_mut().enumerate() {
                row.latest = at == 0 && query.before.is_none();
            }
        }
        Ok((rows, more))
    }

    /// The revision with this number.
    ///
    /// # Errors
    /// The database cannot be read, or the row is broken.
    pub async fn revision(&self, revision: RevisionId) -> Result<Option<StoredRevision>, HistoryError> {
        let query = sqlx::query(select!("WHERE v.id = ?")).bind(revision.0);
        let row = query.fetch_optional(&self.readers).await.map_err(|e| self.failed(e))?;
        let Some(row) = row else { return Ok(None) };
        let (row, run) = self.row(&row)?;
        Ok(Some(StoredRevision { row, run, parts: self.parts(revision).await?, baseline: self.baselines(revision).await? }))
    }

    /// The baseline before and after a revision, where it is of that.
    async fn baselines(&self, revision: RevisionId) -> Result<Option<[Baseline; 2]>, HistoryError> {
        let query = sqlx::query("SELECT before, after FROM revision_baselines WHERE revision = ?").bind(revision.0);
        let row = query.fetch_optional(&self.readers).await.map_err(|e| self.failed(e))?;
        let Some(row) = row else { return Ok(None) };
        let row = self.reading(&row, "baseline of a revision");
        Ok(Some([row.json("before")?, row.json("after")?]))
    }

    /// What a revision did to each of its Services.
    async fn parts(&self, revision: RevisionId) -> Result<Vec<Part>, HistoryError> {
        let rows = sqlx::query(
            "SELECT service, access_before, access_after, host_endpoints FROM revision_services WHERE revision = ? ORDER BY position",
        )
        .bind(revision.0)
        .fetch_all(&self.readers)
        .await
        .map_err(|e| self.failed(e))?;
        rows.iter()
            .map(|row| {
                let row = self.reading(row, "Service of a revision");
                Ok(Part {
                    service: row.parsed("service")?,
                    before: row.optional_json("access_before")?,
                    after: row.optional_json("access_after")?,
                    host_endpoints: row.json("host_endpoints")?,
                })
            })
            .collect()
    }

    /// The HostEndpoints that a Service stood on before `revision`; none where no revision says so.
    ///
    /// # Errors
    /// The database cannot be read, or a row is broken.
    pub async fn host_endpoints_before(&self, service: &ServiceRef, revision: RevisionId) -> Result<Option<HostEndpoints>, HistoryError> {
        let row =
            sqlx::query("SELECT host_endpoints FROM revision_services WHERE service = ? AND revision < ? ORDER BY revision DESC LIMIT 1")
                .bind(service.to_string())
                .bind(revision.0)
                .fetch_optional(&self.readers)
                .await
                .map_err(|e| self.failed(e))?;
        row.map(|row| self.reading(&row, "Service of a revision").json("host_endpoints")).transpose()
    }

    /// When each Service was changed last.
    ///
    /// # Errors
    /// The database cannot be read, or a row is broken.
    pub async fn changed(&self) -> Result<Vec<(ServiceRef, Time)>, HistoryError> {
        let rows = sqlx::query(
            "SELECT s.service, max(v.at) AS at FROM revision_services s JOIN revisions v ON v.id = s.revision GROUP BY s.service",
        )
        .fetch_all(&self.readers)
        .await
        .map_err(|e| self.failed(e))?;
        rows.iter()
            .map(|row| {
                let row = self.reading(row, "Service of a revision");
                Ok((row.parsed("service")?, row.time("at")?))
            })
            .collect()
    }

    /// The objects that a revision changed, in the order in which they were written.
    ///
    /// # Errors
    /// The database cannot be read, or a row is broken.
    pub async fn objects(&self, revision: RevisionId) -> Result<Vec<NewObject>, HistoryError> {
        let rows = sqlx::query("SELECT object, role, part, before, after FROM revision_objects WHERE revision = ? ORDER BY position")
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
                    part: row.get("part")?,
                    before: row.optional_json("before")?,
                    after: row.optional_json("after")?,
                })
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
            "INSERT INTO revisions (run, plan, summary, caller_id, caller_name, reason, at) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id",
        )
        .bind(run.0)
        .bind(revision.plan.as_str())
        .bind(&revision.summary)
        .bind(&revision.caller_id)
        .bind(&revision.caller_name)
        .bind(&revision.reason)
        .bind(now.0)
        .fetch_one(&mut **tx)
        .await
        .map_err(|e| self.failed(e))?;
        if let Some([before, after]) = &revision.baseline {
            sqlx::query("INSERT INTO revision_baselines (revision, before, after) VALUES (?, ?, ?)")
                .bind(id)
                .bind(self.to_json("baseline", before)?)
                .bind(self.to_json("baseline", after)?)
                .execute(&mut **tx)
                .await
                .map_err(|e| self.failed(e))?;
        }
        for (position, part) in (0_i64..).zip(&revision.parts) {
            sqlx::query(
                "INSERT INTO revision_services (revision, position, service, access_before, access_after, host_endpoints) \
                 VALUES (?, ?, ?, ?, ?, ?)",
            )
            .bind(id)
            .bind(position)
            .bind(part.service.to_string())
            .bind(self.to_optional_json("access", part.before.as_ref())?)
            .bind(self.to_optional_json("access", part.after.as_ref())?)
            .bind(self.to_json("choice of HostEndpoints", &part.host_endpoints)?)
            .execute(&mut **tx)
            .await
            .map_err(|e| self.failed(e))?;
        }
        for (position, object) in (0_i64..).zip(&revision.objects) {
            sqlx::query(
                "INSERT INTO revision_objects (revision, position, object, role, part, before, after) VALUES (?, ?, ?, ?, ?, ?, ?)",
            )
            .bind(id)
            .bind(position)
            .bind(self.to_json("object key", &object.key)?)
            .bind(self.to_json("role", &object.role)?)
            .bind(object.part)
            .bind(self.to_optional_json("object", object.before.as_ref())?)
            .bind(self.to_optional_json("object", object.after.as_ref())?)
            .execute(&mut **tx)
            .await
            .map_err(|e| self.failed(e))?;
        }
        Ok(RevisionId(id))
    }

    fn row(&self, row: &SqliteRow) -> Result<(RevisionRow, RunId), HistoryError> {
        let row = self.reading(row, "revision");
        let found = RevisionRow {
            id: RevisionId(row.get("id")?),
            services: row.json("services")?,
            of_baseline: row.get("of_baseline")?,
            group: row.get::<Option<&str>>("of_group")?.and_then(|name| name.parse().ok()),
            summary: row.get("summary")?,
            caller: row.get("caller_name")?,
            reason: row.get("reason")?,
            at: row.time("at")?.moment(),
            plan: row.parsed("plan")?,
            latest: row.get("latest")?,
        };
        Ok((found, RunId(row.get("run")?)))
    }
}
