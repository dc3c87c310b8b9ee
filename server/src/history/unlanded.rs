//! Runs that made no revision, and what each run was foretold to do.

use super::{History, HistoryError, RunRecord};
use policy::access::Asked;
use policy::view::{HistoryQuery, ReachView, RevisionId, RunId};

/// The most that a window has.
const WINDOW: u32 = 100;

impl History {
    /// Runs that made no revision and ended between the revisions of a window of the history, newest first: after its `oldest`, where there are
    /// older ones, and before the revision that the query names.
    ///
    /// # Errors
    /// The database cannot be read, or a row is broken.
    pub async fn unlanded(&self, query: &HistoryQuery, oldest: Option<RevisionId>) -> Result<Vec<RunRecord>, HistoryError> {
        let rows = sqlx::query(
            "SELECT r.id, r.plan_as_run, r.caller_id, r.caller_name, r.reason, r.access_before, r.started, r.state, r.message, r.ended, \
             NULL AS revision FROM runs r WHERE r.state IN ('failed', 'putBack', 'reverted') \
             AND (?1 IS NULL OR r.id > (SELECT run FROM revisions WHERE id = ?1)) \
             AND (?2 IS NULL OR r.id < (SELECT run FROM revisions WHERE id = ?2)) ORDER BY r.id DESC",
        )
        .bind(oldest.map(|id| id.0))
        .bind(query.before.map(|id| id.0))
        .fetch_all(&self.readers)
        .await
        .map_err(|e| self.failed(e))?;
        let runs = rows.iter().map(|row| self.run_record(row)).filter(|run| run.as_ref().is_ok_and(|run| is_of(&run.plan.change, query)));
        runs.take(WINDOW as usize).collect()
    }

    /// Whether a run has landed since `run` that was about anything that `asked` is about.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn landed_since(&self, run: RunId, asked: &Asked) -> Result<bool, HistoryError> {
        let services: Vec<String> = asked.services().map(ToString::to_string).collect();
        sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM revisions v WHERE v.run > ?1 AND (\
             EXISTS (SELECT 1 FROM revision_services s WHERE s.revision = v.id AND s.service IN (SELECT value FROM json_each(?2))) \
             OR (?3 AND EXISTS (SELECT 1 FROM revision_baselines b WHERE b.revision = v.id)) \
             OR EXISTS (SELECT 1 FROM runs r WHERE r.id = v.run AND json_extract(r.plan_as_run, '$.change.group.name') = ?4)))",
        )
        .bind(run.0)
        .bind(self.to_json("Services", &services)?)
        .bind(asked.baseline().is_some())
        .bind(asked.of_group().map(|group| group.name.to_string()))
        .fetch_one(&self.readers)
        .await
        .map_err(|e| self.failed(e))
    }

    /// What the plan of a run said that it does to reachability.
    ///
    /// # Errors
    /// The database cannot be read, or the row is broken.
    pub async fn foretold(&self, run: RunId) -> Result<Option<ReachView>, HistoryError> {
        let query = sqlx::query("SELECT reach FROM runs WHERE id = ?").bind(run.0);
        let row = query.fetch_optional(&self.readers).await.map_err(|e| self.failed(e))?;
        row.map_or(Ok(None), |row| self.reading(&row, "run").optional_json("reach"))
    }
}

/// Whether a query of the history is about what a run was about.
fn is_of(asked: &Asked, query: &HistoryQuery) -> bool {
    let HistoryQuery { service, group, baseline, before: _ } = query;
    service.as_ref().is_none_or(|service| asked.services().any(|of| of == service))
        && group.as_ref().is_none_or(|group| asked.of_group().is_some_and(|of| of.name == *group))
        && (!baseline || asked.baseline().is_some())
}
