//! Runs that did not land: found again beside the revisions, with the ways on.

use super::{Desk, problem};
use crate::history::{RunRecord, Stage};
use app::backend::Problem;
use app::view::UnlandedRun;
use policy::access::{Adoption, Asked, Change, GroupChange, Intent};
use policy::plan::PlanDigest;
use policy::view::{Caller, HistoryQuery, ReachView, RevisionId, RunId, RunState};

impl Desk {
    /// Runs without a revision among the revisions that a query finds, newest first.
    pub(super) async fn unlanded(&self, query: HistoryQuery) -> Result<Vec<UnlandedRun>, Problem> {
        let (rows, more) = self.history.revisions(&query).await.map_err(problem::of_history)?;
        let oldest = rows.last().map(|row| row.id).filter(|_| more);
        let mut runs = Vec::new();
        for record in self.history.unlanded(&query, oldest).await.map_err(problem::of_history)? {
            let failed = matches!(record.stage, Stage::PutBack | Stage::Failed);
            let since = self.history.landed_since(record.id, &record.plan.change).await.map_err(problem::of_history)?;
            runs.push(shown(record, failed && !since));
        }
        Ok(runs)
    }

    /// Makes a plan that gives the Services of a run the access that it found, where something of it was left.
    pub(super) async fn take_back_run(&self, caller: &Caller, run: RunId) -> Result<PlanDigest, Problem> {
        let none = || Problem::NotFound(format!("There is no run {run}."));
        let record = self.history.run(run).await.map_err(problem::of_history)?.ok_or_else(none)?;
        let asked = before(&record).ok_or_else(|| {
            Problem::Refused(format!("What run {run} found is not kept for {}: plan it on the page of the cluster.", record.plan.change))
        })?;
        self.make_plan(caller, asked).await
    }

    /// What a revision did to reachability, as its plan said it when it was applied.
    pub(super) async fn reach_of_revision(&self, revision: RevisionId) -> Result<Option<ReachView>, Problem> {
        let run = self.stored_revision(revision).await?.run;
        self.history.foretold(run).await.map_err(problem::of_history)
    }
}

/// What gives back what a run found; none of a baseline.
fn before(record: &RunRecord) -> Option<Asked> {
    let asked = &record.plan.change;
    if let Some(group) = asked.of_group() {
        return Some(GroupChange::of(group.name.clone(), group.before.clone()).into());
    }
    let changes = asked.changes().iter().zip(&record.access_before).map(|(change, found)| Change {
        service: change.service.clone(),
        intent: found.clone().map_or(Intent::Open, Intent::Guard),
        host_endpoints: change.host_endpoints.clone(),
        adoption: Adoption::default(),
    });
    Asked::together(changes.collect()).ok()
}

fn shown(record: RunRecord, unresolved: bool) -> UnlandedRun {
    let asked = &record.plan.change;
    UnlandedRun {
        id: record.id,
        plan: record.plan.digest.clone(),
        subject: asked.to_string(),
        services: asked.services().cloned().collect(),
        summary: record.plan.summary.clone(),
        state: match record.stage {
            Stage::Failed => RunState::Failed,
            Stage::Reverted => RunState::Reverted,
            _ => RunState::PutBack,
        },
        message: record.message.clone(),
        caller: record.caller_name.clone(),
        reason: record.reason.clone(),
        at: record.ended.unwrap_or(record.started).moment(),
        unresolved,
        returns: record.stage == Stage::Failed && asked.baseline().is_none(),
    }
}
