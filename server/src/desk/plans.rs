//! Plans: made, shown, and the way back.

use super::{Desk, once, problem};
use crate::cluster::ClusterState;
use crate::history::{Part, StoredPlan, StoredRevision};
use app::backend::Problem;
use policy::access::{Asked, Change, GroupChange, HostEndpoints, Intent, NotTogether};
use policy::finding::Finding;
use policy::object::{Kind, Node, ServiceRef};
use policy::plan::rights::{refused, rights};
use policy::plan::{Input, Plan, PlanDigest};
use policy::view::{BaselineView, Caller, HistoryQuery, PlanView, RevisionId, Standing};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Nodes that are named; the rest is counted.
const NODES: usize = 8;

impl Desk {
    pub(super) async fn make_plan(&self, caller: &Caller, asked: Asked) -> Result<PlanDigest, Problem> {
        if asked.changes().iter().any(|change| !change.adoption.restored.is_empty()) {
            // It would write any policy that somebody sends.
            return Err(Problem::Refused("A change that puts back what was made by hand is made from a revision.".to_owned()));
        }
        if let Asked::Canary(of) = &asked {
            self.knows_node(&of.canary)?;
        }
        self.plan_and_keep(caller, asked, None).await
    }

    /// A plan that is tried at a node which is not there would be blocked, and its page has no place to name another.
    fn knows_node(&self, name: &str) -> Result<(), Problem> {
        let state = self.read()?;
        let snapshot = &state.snapshot;
        if snapshot.unknown(Kind::Node).is_some() || snapshot.get::<Node>("", name).is_some() {
            return Ok(());
        }
        let mut names: Vec<String> = snapshot.iter::<Node>().map(|node| format!("`{}`", node.metadata.name)).collect();
        names.sort();
        let more = names.len().saturating_sub(NODES);
        names.truncate(NODES);
        let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
        Err(Problem::Refused(format!("The cluster has no node `{name}`: it has {}{rest}.", names.join(", "))))
    }

    pub(super) async fn baseline(&self) -> Result<BaselineView, Problem> {
        let state = self.read()?;
        once::compute(move || BaselineView::of(&state.snapshot)).await
    }

    pub(super) async fn roll_back(&self, caller: &Caller, to: RevisionId) -> Result<PlanDigest, Problem> {
        let stored = self.stored_revision(to).await?;
        if let Some([_, after]) = stored.baseline {
            return self.plan_and_keep(caller, Asked::from(after), Some(to)).await;
        }
        if let Some(group) = self.group_of(&stored).await? {
            return self.plan_and_keep(caller, GroupChange::of(group.name, group.ranges).into(), Some(to)).await;
        }
        let mut changes = Vec::new();
        for part in stored.parts {
            changes.push(self.as_applied(part, to).await?);
        }
        let asked = Asked::together(changes).map_err(|error| not_together(&error))?;
        self.plan_and_keep(caller, asked, Some(to)).await
    }

    /// Back to what was applied for one Service last: whatever else that revision changed may have changed since.
    pub(super) async fn undo_drift(&self, caller: &Caller, service: ServiceRef) -> Result<PlanDigest, Problem> {
        let query = HistoryQuery { service: Some(service.clone()), ..HistoryQuery::default() };
        let (revisions, _) = self.history.revisions(&query).await.map_err(problem::of_history)?;
        let nothing = || Problem::NotFound(format!("Nothing was applied for `{service}` yet: there is nothing to go back to."));
        let last = revisions.first().ok_or_else(nothing)?.id;
        let part = self.stored_revision(last).await?.parts.into_iter().find(|part| part.service == service).ok_or_else(nothing)?;
        let change = self.as_applied(part, last).await?;
        self.plan_and_keep(caller, change.into(), Some(last)).await
    }

    /// What gives a Service the access that it had after a revision.
    async fn as_applied(&self, Part { service, after, host_endpoints, .. }: Part, revision: RevisionId) -> Result<Change, Problem> {
        let adoption = self.as_of(&service, revision).await?;
        Ok(Change { service, intent: after.map_or(Intent::Open, Intent::Guard), host_endpoints, adoption })
    }

    pub(super) async fn take_back(&self, caller: &Caller, revision: RevisionId) -> Result<PlanDigest, Problem> {
        let stored = self.stored_revision(revision).await?;
        if let Some([before, _]) = stored.baseline {
            return self.plan_and_keep(caller, Asked::from(before), None).await;
        }
        if let Some(group) = self.group_of(&stored).await? {
            return self.plan_and_keep(caller, GroupChange::of(group.name, group.before).into(), None).await;
        }
        let mut changes = Vec::new();
        for Part { service, before, host_endpoints, .. } in stored.parts {
            let (intent, host_endpoints) = match before {
                None => (Intent::Open, HostEndpoints::Existing),
                Some(access) => {
                    let stood_on = self.history.host_endpoints_before(&service, revision).await.map_err(problem::of_history)?;
                    (Intent::Guard(access), stood_on.unwrap_or(host_endpoints))
                }
            };
            let adoption = self.as_of(&service, RevisionId(revision.0 - 1)).await?;
            changes.push(Change { service, intent, host_endpoints, adoption });
        }
        let asked = Asked::together(changes).map_err(|error| not_together(&error))?;
        self.plan_and_keep(caller, asked, None).await
    }

    /// What a revision asked of a client group, where it was about one. Its Services follow the group, then as now.
    async fn group_of(&self, revision: &StoredRevision) -> Result<Option<GroupChange>, Problem> {
        let plan = self.history.plan(&revision.row.plan).await.map_err(problem::of_history)?;
        Ok(plan.and_then(|stored| stored.plan.change.of_group().cloned()))
    }

    async fn plan_and_keep(&self, caller: &Caller, asked: Asked, roll_back_to: Option<RevisionId>) -> Result<PlanDigest, Problem> {
        let plan = self.plan_on(caller, self.read()?, asked).await?;
        self.history.keep_plan(&plan, caller, roll_back_to).await.map_err(problem::of_history)?;
        Ok(plan.digest)
    }

    pub(super) async fn plan(&self, caller: &Caller, digest: PlanDigest) -> Result<PlanView, Problem> {
        let StoredPlan { mut plan, made, roll_back_to } = self.stored_plan(&digest).await?;
        let (standing, findings) = self.standing(caller, &plan, roll_back_to).await?;
        // What it is held to may be other than when it was made.
        plan.findings = findings.unwrap_or(plan.findings);
        let run = self.history.last_run_of(&digest).await.map_err(problem::of_history)?;
        Ok(PlanView { plan, made: made.moment(), standing, run, roll_back_to })
    }

    /// Whether a plan can still be applied and, where it can, what to know first, as of now.
    async fn standing(
        &self,
        caller: &Caller,
        plan: &Plan,
        roll_back_to: Option<RevisionId>,
    ) -> Result<(Standing, Option<Vec<Finding>>), Problem> {
        let state = match self.read_now() {
            Ok(state) => state,
            Err(problem) => return Ok((Standing::Unknown { why: problem.to_string() }, None)),
        };
        let now = match self.plan_on(caller, state, plan.change.clone()).await {
            Ok(now) => now,
            Err(problem) => return Ok((Standing::Stale { moved: vec![problem.to_string()], now: None }, None)),
        };
        if now.digest == plan.digest {
            return Ok((Standing::Fresh, Some(now.findings)));
        }
        if now.steps.is_empty() {
            return Ok((Standing::InForce, None));
        }
        // Kept, so that the page can lead to it.
        if self.history.plan(&now.digest).await.map_err(problem::of_history)?.is_none() {
            self.history.keep_plan(&now, caller, roll_back_to).await.map_err(problem::of_history)?;
        }
        Ok((Standing::Stale { moved: moved(&plan.inputs, &now.inputs), now: Some(now.digest) }, None))
    }

    /// The plan with this digest, made anew on the cluster as it is: with the resourceVersions of now, and held to what must stay true now.
    ///
    /// # Errors
    /// There is no such plan, or what it was made from has moved.
    pub(super) async fn fresh_plan(&self, caller: &Caller, digest: &PlanDigest) -> Result<(Arc<ClusterState>, Plan), Problem> {
        let StoredPlan { plan, .. } = self.stored_plan(digest).await?;
        let state = self.read_now()?;
        let now = self.plan_on(caller, state.clone(), plan.change.clone()).await?;
        if now.digest == *digest {
            return Ok((state, now));
        }
        let moved = moved(&plan.inputs, &now.inputs);
        let what = if moved.len() > 3 { format!("{} and {} more", moved[..3].join(", "), moved.len() - 3) } else { moved.join(", ") };
        Err(Problem::Stale(format!("The cluster has moved since the plan was made: {what}. Nothing was changed. Look at the plan anew.")))
    }

    pub(super) async fn stored_plan(&self, digest: &PlanDigest) -> Result<StoredPlan, Problem> {
        let plan = self.history.plan(digest).await.map_err(problem::of_history)?;
        plan.ok_or_else(|| Problem::NotFound(format!("There is no plan `{}`: it was never made here.", digest.short())))
    }

    /// What a draft is held to that its own checks do not know. Rights are asked of the API server once it is planned.
    pub(super) async fn held_against(&self, caller: &Caller, change: Change) -> Result<Vec<Finding>, Problem> {
        let state = self.read()?;
        let (settings, safeguards) = (self.settings(&state), self.safeguards(caller).await?);
        let memory = self.memory.clone();
        let found = once::compute(move || {
            let plan = policy::plan::plan_of(&state.snapshot, &change.into())?;
            let own = plan.findings.clone();
            let held = memory.with(|kept| plan.held_to_keeping(&state.snapshot, &settings, &safeguards, kept));
            Ok(held.findings.into_iter().filter(|finding| !own.contains(finding)).collect())
        });
        found.await?.map_err(|error| problem::of_plan(&error))
    }

    /// The plan of what is asked, held to what must stay true and must not be cut, and to the rights that it needs.
    async fn plan_on(&self, caller: &Caller, state: Arc<ClusterState>, asked: Asked) -> Result<Plan, Problem> {
        let (settings, safeguards) = (self.settings(&state), self.safeguards(caller).await?);
        let memory = self.memory.clone();
        let held = once::compute(move || {
            let plan = policy::plan::plan_of(&state.snapshot, &asked)?;
            let needed = rights(&state.snapshot, &plan.steps);
            Ok((memory.with(|kept| plan.held_to_keeping(&state.snapshot, &settings, &safeguards, kept)), needed))
        });
        let (mut plan, needed) = held.await?.map_err(|error| problem::of_plan(&error))?;
        plan.findings.extend(refused(&self.cluster.refused(needed).await));
        plan.findings.sort();
        Ok(plan)
    }
}

fn not_together(error: &NotTogether) -> Problem {
    Problem::Refused(format!("No plan can be made: {error}."))
}

/// What has moved between two plans for the same change, object by object.
fn moved(then: &[Input], now: &[Input]) -> Vec<String> {
    let by_name =
        |inputs: &[Input]| -> BTreeMap<String, String> { inputs.iter().map(|input| (input.name.clone(), input.digest.clone())).collect() };
    let (then, now) = (by_name(then), by_name(now));
    let changed = then.iter().filter_map(|(name, digest)| match now.get(name) {
        None => Some(format!("{name} (gone)")),
        Some(of_now) if of_now != digest => Some(format!("{name} (changed)")),
        Some(_) => None,
    });
    let new = now.keys().filter(|name| !then.contains_key(*name)).map(|name| format!("{name} (new)"));
    let moved: Vec<String> = changed.chain(new).collect();
    // The same inputs and another digest: the plan was made by another version of the recipe.
    if moved.is_empty() { vec!["the recipe of this version of Portcullis".to_owned()] } else { moved }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moved_is_named() {
        let input = |name: &str, digest: &str| Input { name: name.to_owned(), digest: digest.to_owned() };
        let then = [input("Node a", "1"), input("Node b", "1"), input("Service s/x", "1")];
        let now = [input("Node b", "1"), input("Node c", "1"), input("Service s/x", "2")];
        assert_eq!(moved(&then, &now), ["Node a (gone)", "Service s/x (changed)", "Node c (new)"]);
        assert_eq!(moved(&then, &then).len(), 1, "another recipe is said too");
    }
}
