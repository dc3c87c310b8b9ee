//! Runs.

use super::journal::words;
use super::{History, HistoryError, NewRevision};
use crate::clock::Time;
use policy::access::Access;
use policy::plan::{Plan, PlanDigest};
use policy::view::{Caller, ReachView, RevisionId, RunId};
use sqlx::sqlite::SqliteRow;

/// A run that is about to begin.
#[derive(Debug, Clone)]
pub struct NewRun<'a> {
    /// The plan. One of its digest is kept already; this one has the resourceVersions of now.
    pub plan: &'a Plan,
    /// Who applies it.
    pub caller: &'a Caller,
    /// Why.
    pub reason: &'a str,
    /// The access in force on each of the plan's Services.
    pub access_before: &'a [Option<Access>],
    /// Who can reach what before and after it, as its plan says; none where it cannot be told.
    pub reach: Option<&'a ReachView>,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Its steps are written, or put back after a failure.
    Running,
    /// Portcullis ended in the middle of it, or lost the cluster.
    Interrupted,
    /// What it changed is put back.
    Reverting,
    /// Every step landed.
    Done,
    /// A step failed, and what had been changed was put back.
    PutBack,
    /// A step failed, and something could not be put back.
    Failed,
    /// It was interrupted, and then reverted.
    Reverted,
}

words!(Stage {
    Running = "running",
    Interrupted = "interrupted",
    Reverting = "reverting",
    Done = "done",
    PutBack = "putBack",
    Failed = "failed",
    Reverted = "reverted",
});

impl Stage {
    /// Whether the run has not ended.
    #[must_use]
    pub const fn open(self) -> bool {
        matches!(self, Self::Running | Self::Interrupted | Self::Reverting)
    }
}

/// A run as it was written down.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRecord {
    /// Its number.
    pub id: RunId,
    /// The plan as it was run.
    pub plan: Plan,
    /// Who applied it: the stable identifier.
    pub caller_id: String,
    /// Who applied it: as pages show it.
    pub caller_name: String,
    /// Why.
    pub reason: String,
    /// The access in force on each of the plan's Services when it began.
    pub access_before: Vec<Option<Access>>,
    /// When it began.
    pub started: Time,
    /// How far it is.
    pub stage: Stage,
    /// What happened, where the stage does not say it.
    pub message: String,
    /// When it ended.
    pub ended: Option<Time>,
    /// The revision it made.
    pub revision: Option<RevisionId>,
}

/// The access that a run found, as it is written down: of each Service, or, where one was all that a run could change, of that one.
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Before {
    Each(Vec<Option<Access>>),
    One(Access),
}

impl Before {
    fn list(self) -> Vec<Option<Access>> {
        match self {
            Self::Each(list) => list,
            Self::One(access) => vec![Some(access)],
        }
    }
}

/// A query of runs, as [`History::run_record`] reads them.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT r.id, r.plan_as_run, r.caller_id, r.caller_name, r.reason, r.access_before, r.started, r.state, r.message, \
             r.ended, v.id AS revision FROM runs r LEFT JOIN revisions v ON v.run = r.id ",
            $rest
        )
    };
}

impl History {
    /// Begins a run.
    ///
    /// # Errors
    /// Another run is open, or the database cannot be written.
    pub async fn begin_run(&self, run: &NewRun<'_>) -> Result<RunId, HistoryError> {
        let access = self.to_json("access", &run.access_before)?;
        let inserted = sqlx::query_scalar(
            "INSERT INTO runs (plan, plan_as_run, caller_id, caller_name, reason, access_before, reach, started, state) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'running') RETURNING id",
        )
        .bind(run.plan.digest.as_str())
        .bind(self.to_json("plan", run.plan)?)
        .bind(&run.caller.id)
        .bind(&run.caller.name)
        .bind(run.reason)
        .bind(access)
        .bind(self.to_optional_json("reachability", run.reach)?)
        .bind(self.clock.now().0)
        .fetch_one(&self.writer)
        .await;
        match inserted {
            Ok(id) => Ok(RunId(id)),
            Err(error) if error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation) => {
                match self.open_run().await? {
                    Some(open) => Err(HistoryError::RunOpen { run: open.id }),
                    None => Err(self.failed(error)),
                }
            }
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Notes how far an open run is.
    ///
    /// # Errors
    /// The run has ended, or the database cannot be written.
    pub async fn set_stage(&self, run: RunId, stage: Stage, message: &str) -> Result<(), HistoryError> {
        sqlx::query("UPDATE runs SET state = ?, message = ?, ended = ? WHERE id = ?")
            .bind(stage.word())
            .bind(message)
            .bind((!stage.open()).then(|| self.clock.now().0))
            .bind(run.0)
            .execute(&self.writer)
            .await
            .map(|_| ())
            .map_err(|e| self.failed(e))
    }

    /// Ends a run whose steps all landed, with its revision: both are written, or neither.
    ///
    /// # Errors
    /// The run has ended, or the database cannot be written.
    pub async fn finish_run(&self, run: RunId, message: &str, revision: &NewRevision) -> Result<RevisionId, HistoryError> {
        let mut tx = self.writer.begin().await.map_err(|e| self.failed(e))?;
        let now = self.clock.now();
        let id = self.insert_revision(&mut tx, run, revision, now).await?;
        sqlx::query("UPDATE runs SET state = ?, message = ?, ended = ? WHERE id = ?")
            .bind(Stage::Done.word())
            .bind(message)
            .bind(now.0)
            .bind(run.0)
            .execute(&mut *tx)
            .await
            .map_err(|e| self.failed(e))?;
        tx.commit().await.map_err(|e| self.failed(e))?;
        Ok(id)
    }

    /// The run with this number.
    ///
    /// # Errors
    /// The database cannot be read, or the row is broken.
    pub async fn run(&self, run: RunId) -> Result<Option<RunRecord>, HistoryError> {
        let query = sqlx::query(select!("WHERE r.id = ?")).bind(run.0);
        let row = query.fetch_optional(&self.readers).await.map_err(|e| self.failed(e))?;
        row.map(|row| self.run_record(&row)).transpose()
    }

    /// The run that has not ended. There is at most one.
    ///
    /// # Errors
    /// The database cannot be read, or the row is broken.
    pub async fn open_run(&self) -> Result<Option<RunRecord>, HistoryError> {
        let query = sqlx::query(select!("WHERE r.ended IS NULL"));
        let row = query.fetch_optional(&self.readers).await.map_err(|e| self.failed(e))?;
        row.map(|row| self.run_record(&row)).transpose()
    }

    /// The last run of a plan.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn last_run_of(&self, plan: &PlanDigest) -> Result<Option<RunId>, HistoryError> {
        let id: Option<i64> = sqlx::query_scalar("SELECT max(id) FROM runs WHERE plan = ?")
            .bind(plan.as_str())
            .fetch_one(&self.readers)
            .await
            .map_err(|e| self.failed(e))?;
        Ok(id.map(RunId))
    }

    pub(super) fn run_record(&self, row: &SqliteRow) -> Result<RunRecord, HistoryError> {
        let row = self.reading(row, "run");
        let state: &str = row.get("state")?;
        Ok(RunRecord {
            id: RunId(row.get("id")?),
            plan: row.json("plan_as_run")?,
            caller_id: row.get("caller_id")?,
            caller_name: row.get("caller_name")?,
            reason: row.get("reason")?,
            access_before: row.optional_json("access_before")?.map_or_else(|| vec![None], Before::list),
            started: row.time("started")?,
            stage: Stage::of(state).ok_or_else(|| row.broken(&format!("state `{state}`")))?,
            message: row.get("message")?,
            ended: row.get::<Option<i64>>("ended")?.map(Time),
            revision: row.get::<Option<i64>>("revision")?.map(RevisionId),
        })
    }
}
