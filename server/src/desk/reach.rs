//! Who gets what, and why: questions, sets, and the picture.

use super::{Desk, once, problem};
use crate::cluster::ClusterState;
use app::backend::Problem;
use policy::access::{Change, Port};
use policy::object::{Service, ServiceRef};
use policy::plan::{Plan, PlanDigest};
use policy::reach::diff::{self, Side};
use policy::reach::settings::Settings;
use policy::reach::written::Written;
use policy::reach::{sets, trace};
use policy::snapshot::Snapshot;
use policy::view::{AskView, OtherReach, PathView, ReachView};

/// Other Services whose sets are shown with a plan; of more, those are named that the sentence names.
const OTHERS: usize = 50;

impl Desk {
    pub(super) async fn ask(&self, question: Written, plan: Option<PlanDigest>) -> Result<AskView, Problem> {
        let asked = question.read().map_err(|error| Problem::Refused(format!("The question cannot be read: {error}.")))?;
        let state = self.read()?;
        let settings = self.settings(&state);
        let plan = self.plan_of(plan).await?;
        once::compute(move || {
            let snapshot = &state.snapshot;
            let now = trace::ask(snapshot, &settings, &asked);
            let planned = plan.map(|plan| trace::ask(&diff::target(snapshot, &plan), &settings, &asked));
            AskView::of(Written::from(&asked), &now, planned.as_ref(), &settings)
        })
        .await
    }

    pub(super) async fn paths(&self, service: ServiceRef, port: Option<Port>) -> Result<PathView, Problem> {
        let state = self.read()?;
        let settings = self.settings(&state);
        once::compute(move || {
            known(&state.snapshot, &service)?;
            super::picture::of(&state.snapshot, None, &settings, service, port)
        })
        .await?
    }

    pub(super) async fn paths_of_plan(&self, plan: PlanDigest, port: Option<Port>) -> Result<PathView, Problem> {
        let state = self.read()?;
        let settings = self.settings(&state);
        let plan = self.stored_plan(&plan).await?.plan;
        once::compute(move || {
            let target = diff::target(&state.snapshot, &plan);
            super::picture::of(&state.snapshot, Some(&target), &settings, plan.change.service, port)
        })
        .await?
    }

    pub(super) async fn reach(&self, service: ServiceRef) -> Result<ReachView, Problem> {
        let state = self.read()?;
        let settings = self.settings(&state);
        once::compute(move || {
            known(&state.snapshot, &service)?;
            let reach = sets::of_service(&state.snapshot, &settings, &service).map_err(too_much)?;
            Ok(ReachView::now(&reach))
        })
        .await?
    }

    pub(super) async fn reach_of_change(&self, change: Change) -> Result<ReachView, Problem> {
        let state = self.read()?;
        let settings = self.settings(&state);
        once::compute(move || {
            let plan = policy::plan::plan(&state.snapshot, &change).map_err(|error| problem::of_plan(&error))?;
            let target = diff::target(&state.snapshot, &plan);
            let (before, after) =
                (Side { snapshot: &state.snapshot, settings: &settings }, Side { snapshot: &target, settings: &settings });
            let summary = diff::of_service(before, after, &change.service).map_err(too_much)?.summary;
            compared(before, after, &change.service, summary)
        })
        .await?
    }

    pub(super) async fn reach_of_plan(&self, plan: PlanDigest) -> Result<ReachView, Problem> {
        let state = self.read()?;
        let settings = self.settings(&state);
        let plan = self.stored_plan(&plan).await?.plan;
        once::compute(move || of_plan(&state.snapshot, &settings, &plan)).await?
    }

    /// What decides besides policies, as it was read last.
    pub(super) fn settings(&self, state: &ClusterState) -> Settings {
        Settings::read(&state.snapshot, &self.cluster.told())
    }

    async fn plan_of(&self, digest: Option<PlanDigest>) -> Result<Option<Plan>, Problem> {
        match digest {
            Some(digest) => Ok(Some(self.stored_plan(&digest).await?.plan)),
            None => Ok(None),
        }
    }
}

fn known(snapshot: &Snapshot, service: &ServiceRef) -> Result<(), Problem> {
    match snapshot.get::<Service>(service.namespace(), service.name()) {
        Some(_) => Ok(()),
        None => Err(problem::no_service(service)),
    }
}

pub(super) fn too_much(error: sets::TooMuch) -> Problem {
    Problem::Refused(error.to_string())
}

fn of_plan(snapshot: &Snapshot, settings: &Settings, plan: &Plan) -> Result<ReachView, Problem> {
    let target = diff::target(snapshot, plan);
    let (before, after) = (Side { snapshot, settings }, Side { snapshot: &target, settings });
    let in_hand = &plan.change.service;
    let whole = diff::of_snapshots(before, after, Some(in_hand)).map_err(too_much)?;
    let mut view = compared(before, after, in_hand, whole.summary)?;
    for other in whole.services.into_iter().filter(|other| other.service != *in_hand).take(OTHERS) {
        let ReachView { rows, unknown, .. } = compared(before, after, &other.service, String::new())?;
        let rows = rows.into_iter().filter(policy::view::ReachRow::differs).collect();
        view.others.push(OtherReach { service: other.service, sentence: other.summary, rows });
        view.unknown.extend(unknown);
    }
    view.unknown.sort();
    view.unknown.dedup();
    Ok(view)
}

fn compared(before: Side, after: Side, service: &ServiceRef, summary: String) -> Result<ReachView, Problem> {
    let of = |side: Side| sets::of_service(side.snapshot, side.settings, service).map_err(too_much);
    Ok(ReachView::changed(&of(before)?, &of(after)?, summary))
}
