//! Applying, and what goes on.

use super::{Desk, problem};
use crate::runs::Reason;
use app::backend::Problem;
use policy::access::in_force;
use policy::plan::PlanDigest;
use policy::reach::live::OpenConnections;
use policy::view::{Caller, RunId, RunState, RunView};

impl Desk {
    pub(super) async fn apply(&self, caller: &Caller, digest: PlanDigest, reason: String) -> Result<RunId, Problem> {
        let reason = Reason::try_from(reason.as_str()).map_err(|error| Problem::Refused(error.to_string()))?;
        let (state, plan) = self.fresh_plan(caller, &digest).await?;
        let before: Vec<_> = plan.change.services().map(|service| in_force(&state.snapshot, service)).collect();
        // The cluster moves on: what a revision does to reachability is kept as it is told now.
        let reach = self.reach_told(&state, &plan).await;
        self.runs.start(&plan, caller, &reason, &before, reach.as_ref()).await.map_err(problem::of_run)
    }

    pub(super) async fn run(&self, run: RunId) -> Result<RunView, Problem> {
        let mut view = self.runs.view(run).await.map_err(problem::of_run)?;
        if view.state == RunState::Done {
            let open = self.left_open(&view.plan).await;
            view.open_connections = open.unwrap_or_else(|problem| Some(OpenConnections::untold(&problem.to_string())));
        }
        Ok(view)
    }

    pub(super) async fn open_runs(&self) -> Result<Vec<RunView>, Problem> {
        match self.history.open_run().await.map_err(problem::of_history)? {
            Some(open) => Ok(vec![self.run(open.id).await?]),
            None => Ok(Vec::new()),
        }
    }

    pub(super) async fn go_on(&self, caller: &Caller, run: RunId) -> Result<RunId, Problem> {
        self.binding.borrow().check()?;
        tracing::info!(%run, caller = caller.id, "go on");
        self.runs.go_on(run).await.map_err(problem::of_run)
    }

    pub(super) async fn revert(&self, caller: &Caller, run: RunId) -> Result<RunId, Problem> {
        self.binding.borrow().check()?;
        tracing::info!(%run, caller = caller.id, "revert");
        self.runs.revert(run).await.map_err(problem::of_run)
    }
}
