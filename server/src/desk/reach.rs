//! Who gets what, and why: questions, sets, and the picture.

use super::{Desk, once, problem};
use crate::cluster::ClusterState;
use app::backend::Problem;
use policy::access::{Change, Port, in_force};
use policy::finding::Finding;
use policy::object::{Kind, Service, ServiceRef};
use policy::plan::{Plan, PlanDigest};
use policy::reach::brief::Brief;
use policy::reach::diff::{self, Diff, Side};
use policy::reach::live::{self, OpenConnections};
use policy::reach::packet::Destination;
use policy::reach::pods_alone::{self, Offer};
use policy::reach::sets::{Kept, LIMIT, Questions};
use policy::reach::settings::Settings;
use policy::reach::template::{self, NoTemplate, Shape, Template};
use policy::reach::written::Written;
use policy::reach::{safety, sets, trace};
use policy::snapshot::Snapshot;
use policy::view::{AskView, OtherReach, PathView, ReachView, no_answer};
use std::sync::{Arc, Mutex, PoisonError};

/// Other Services whose sets are shown with a plan; of more, those are named that the sentence names.
const OTHERS: usize = 50;

impl Desk {
    pub(super) async fn ask(&self, question: Written, plan: Option<PlanDigest>) -> Result<AskView, Problem> {
        let asked = question.read().map_err(|error| Problem::Refused(format!("The question cannot be read: {error}.")))?;
        let state = self.read()?;
        let settings = self.settings(&state);
        let plan = self.plan_of(plan).await?;
        if let Destination::Service { service } = &asked.to
            && state.snapshot.unknown(Kind::Service).is_none()
        {
            known(&state.snapshot, service)?;
        }
        once::compute(move || {
            let snapshot = &state.snapshot;
            let now = trace::ask(snapshot, &settings, &asked);
            if let Some(why) = no_answer(snapshot, &asked, &now) {
                return Err(Problem::Refused(format!("This cannot be answered: {why}.")));
            }
            let planned = plan.map(|plan| trace::ask(&diff::target(snapshot, &plan), &settings, &asked));
            Ok(AskView::of(Written::from(&asked), &now, planned.as_ref(), &settings))
        })
        .await?
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

    pub(super) async fn paths_of_plan(&self, plan: PlanDigest, port: Option<Port>) -> Result<Option<PathView>, Problem> {
        let state = self.read()?;
        let settings = self.settings(&state);
        let plan = self.stored_plan(&plan).await?.plan;
        once::compute(move || {
            let there = |service: &&ServiceRef| state.snapshot.get::<Service>(service.namespace(), service.name()).is_some();
            let Some(service) = plan.change.in_hand().filter(there) else { return Ok(None) };
            let target = diff::target(&state.snapshot, &plan);
            super::picture::of(&state.snapshot, Some(&target), &settings, service.clone(), port).map(Some)
        })
        .await?
    }

    pub(super) async fn reach(&self, service: ServiceRef) -> Result<ReachView, Problem> {
        let state = self.read()?;
        let settings = self.settings(&state);
        let memory = self.memory.clone();
        once::compute(move || {
            known(&state.snapshot, &service)?;
            let reach = brief(Side { snapshot: &state.snapshot, settings: &settings }, &service, &memory)?;
            Ok(ReachView::now(&service, &reach))
        })
        .await?
    }

    pub(super) async fn reach_template(&self, shape: Shape) -> Result<Option<Template>, Problem> {
        let state = self.read()?;
        let settings = self.settings(&state);
        let memory = self.memory.clone();
        once::compute(move || match memory.with(|kept| template::make(&state.snapshot, &settings, &shape, kept)) {
            Ok(template) => Ok(Some(template)),
            Err(NoTemplate::Cases | NoTemplate::SentTo) => Ok(None),
            Err(NoTemplate::Plan(error)) => Err(problem::of_plan(&error)),
            Err(NoTemplate::TooMuch(error)) => Err(too_much(error)),
        })
        .await?
    }

    pub(super) async fn reach_of_change(&self, change: Change) -> Result<ReachView, Problem> {
        let state = self.read()?;
        let settings = self.settings(&state);
        let memory = self.memory.clone();
        once::compute(move || {
            let plan = policy::plan::plan(&state.snapshot, &change).map_err(|error| problem::of_plan(&error))?;
            Ok(of_plan(&state.snapshot, &settings, &plan, &memory)?.0)
        })
        .await?
    }

    pub(super) async fn reach_of_plan(&self, plan: PlanDigest) -> Result<ReachView, Problem> {
        let state = self.read()?;
        let settings = self.settings(&state);
        let plan = self.stored_plan(&plan).await?.plan;
        let memory = self.memory.clone();
        once::compute(move || {
            let (mut view, diff) = of_plan(&state.snapshot, &settings, &plan, &memory)?;
            let before = Side { snapshot: &state.snapshot, settings: &settings };
            view.open_connections = memory.with(|kept| live::of_diff(before, &diff, kept)).map_err(too_much)?;
            Ok(view)
        })
        .await?
    }

    /// Who can reach what before and after a plan that is about to be applied; none where it cannot be told.
    pub(super) async fn reach_told(&self, state: &Arc<ClusterState>, plan: &Plan) -> Option<ReachView> {
        let (state, plan) = (state.clone(), plan.clone());
        let (settings, memory) = (self.settings(&state), self.memory.clone());
        let told = once::compute(move || of_plan(&state.snapshot, &settings, &plan, &memory)).await;
        told.and_then(|told| told).ok().map(|(view, _)| view)
    }

    /// What becomes of connections that were open when a plan was carried out, by the cluster as it is and the objects of the plan.
    pub(super) async fn left_open(&self, plan: &PlanDigest) -> Result<Option<OpenConnections>, Problem> {
        let state = self.read()?;
        let settings = self.settings(&state);
        let plan = self.stored_plan(plan).await?.plan;
        // What is found out about the cluster as it was serves no question about the cluster as it is.
        let mut kept = self.memory.with(|kept| kept.clone());
        once::compute(move || {
            let (origin, target) = (diff::origin(&state.snapshot, &plan), diff::target(&state.snapshot, &plan));
            let [before, after] = [&origin, &target].map(|snapshot| Side { snapshot, settings: &settings });
            let diff = diff::of_snapshots_keeping(before, after, plan.change.in_hand(), &mut kept).map_err(too_much)?;
            live::of_diff(before, &diff, &mut kept).map_err(too_much)
        })
        .await?
    }

    pub(super) async fn page_of_plan(&self, plan: PlanDigest) -> Result<Option<ReachView>, Problem> {
        let state = self.read()?;
        let settings = self.settings(&state);
        let plan = self.stored_plan(&plan).await?.plan;
        let memory = self.memory.clone();
        once::compute(move || {
            let Some(change) = plan.change.only() else { return Ok(None) };
            let Some(page) = policy::plan::by_the_page(&state.snapshot, change) else { return Ok(None) };
            let target = diff::target(&state.snapshot, &plan);
            let of = |snapshot| brief(Side { snapshot, settings: &settings }, &change.service, &memory);
            Ok(Some(ReachView::by_the_page(&of(&target)?, &of(&page)?)))
        })
        .await?
    }

    /// Who gets in or is cut because the cluster moved under the guard of a Service.
    pub(super) async fn moved(&self, state: Arc<ClusterState>, service: ServiceRef) -> Result<Option<Finding>, Problem> {
        let settings = self.settings(&state);
        let memory = self.memory.clone();
        once::compute(move || {
            let now = Side { snapshot: &state.snapshot, settings: &settings };
            memory.with(|kept| safety::moved(now, &service, kept))
        })
        .await
    }

    /// Whether the pods of a Service can guard it alone, and, where they do, what that does otherwise than its access says.
    pub(super) async fn pods_alone(&self, state: Arc<ClusterState>, service: ServiceRef) -> Result<(Offer, Vec<Finding>), Problem> {
        let settings = self.settings(&state);
        let memory = self.memory.clone();
        once::compute(move || {
            let now = Side { snapshot: &state.snapshot, settings: &settings };
            let offer =
                memory.with(|kept| Offer::of(now, &service, kept)).map_err(too_much)?.ok_or_else(|| problem::no_service(&service))?;
            let access = in_force(&state.snapshot, &service);
            let otherwise = access.map(|access| memory.with(|kept| pods_alone::findings(now, &service, &access, kept)));
            Ok((offer, otherwise.unwrap_or_default()))
        })
        .await?
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

fn of_plan(snapshot: &Snapshot, settings: &Settings, plan: &Plan, memory: &Memory) -> Result<(ReachView, Diff), Problem> {
    let target = diff::target(snapshot, plan);
    let (before, after) = (Side { snapshot, settings }, Side { snapshot: &target, settings });
    let in_hand = plan.change.in_hand();
    let whole = memory.with(|kept| diff::of_snapshots_keeping(before, after, in_hand, kept)).map_err(too_much)?;
    let mut view = match in_hand {
        Some(service) => compared(before, after, service, whole.summary.clone(), memory)?,
        None => ReachView { sentence: whole.summary.clone(), ..ReachView::default() },
    };
    for other in whole.services.iter().filter(|other| Some(&other.service) != in_hand).take(OTHERS) {
        let ReachView { rows, unknown, .. } = compared(before, after, &other.service, String::new(), memory)?;
        let rows = rows.into_iter().filter(policy::view::ReachRow::differs).collect();
        view.others.push(OtherReach { service: other.service.clone(), sentence: other.summary.clone(), rows });
        view.unknown.extend(unknown);
    }
    view.unknown.sort();
    view.unknown.dedup();
    Ok((view, whole))
}

fn compared(before: Side, after: Side, service: &ServiceRef, summary: String, memory: &Memory) -> Result<ReachView, Problem> {
    Ok(ReachView::changed(&brief(before, service, memory)?, &brief(after, service, memory)?, summary))
}

fn brief(side: Side, service: &ServiceRef, memory: &Memory) -> Result<Brief, Problem> {
    memory.with(|kept| {
        let questions = Questions::keeping(side.snapshot, side.settings, LIMIT, kept.clone());
        let reach = questions.of_service(service).map_err(too_much)?;
        *kept = questions.kept();
        Ok(Brief::of(&reach))
    })
}

/// What questions about the cluster have found out, for the next ones.
#[derive(Debug, Clone, Default)]
pub(super) struct Memory(Arc<Mutex<Kept>>);

impl Memory {
    /// Asks with what is known. Whoever asks meanwhile knows what was known before; of what they find out, the last is kept.
    pub(super) fn with<T>(&self, ask: impl FnOnce(&mut Kept) -> T) -> T {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let answer = ask(&mut kept);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = kept;
        answer
    }
}
