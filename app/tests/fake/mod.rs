//! A [`Backend`] of fixed values: one of each state that pages have to show.

mod by_hand;
mod cluster;
mod example;
mod history;
mod packets;
mod plans;
mod services;

pub(crate) use plans::digest;

use app::backend::{Backend, BoxFuture, Problem};
use app::view::{Beside, GroupDrift, Imported, UnlandedRun};
use policy::access::document::Document;
use policy::access::{Asked, Bulk, Change, Port};
use policy::finding::Finding;
use policy::object::ServiceRef;
use policy::plan::PlanDigest;
use policy::reach::template::{Shape, Template};
use policy::reach::written::Written;
use policy::view::*;

/// The backend.
pub(crate) struct Fake;

/// Who is signed in.
pub(crate) fn caller() -> Caller {
    Caller { id: "link".to_owned(), name: "local operator".to_owned(), kind: CallerKind::Link, way: None }
}

/// A moment on the 23rd of November 2026, by minutes of the day.
pub(crate) fn at(minute: i64) -> Moment {
    let text = format!("2026-11-23 {:02}:{:02}:00 UTC", minute / 60, minute % 60);
    Moment { unix_ms: 1_795_392_000_000 + minute * 60_000, text }
}

/// A Service's name.
pub(crate) fn service(text: &str) -> ServiceRef {
    text.parse().expect("the name of a Service")
}

fn ready<'a, T: Send + 'a>(value: Result<T, Problem>) -> BoxFuture<'a, T> {
    Box::pin(async move { value })
}

impl Backend for Fake {
    fn cluster<'a>(&'a self, _: &'a Caller) -> BoxFuture<'a, ClusterView> {
        ready(Ok(cluster::view()))
    }

    fn services<'a>(&'a self, _: &'a Caller, query: ServiceQuery) -> BoxFuture<'a, ServiceWindow> {
        ready(Ok(services::window(&query)))
    }

    fn service<'a>(&'a self, _: &'a Caller, service: ServiceRef) -> BoxFuture<'a, ServiceDetail> {
        ready(services::detail(&service))
    }

    fn ask<'a>(&'a self, _: &'a Caller, question: Written, plan: Option<PlanDigest>) -> BoxFuture<'a, AskView> {
        ready(packets::ask(question, plan.is_some()))
    }

    fn paths<'a>(&'a self, _: &'a Caller, service: ServiceRef, port: Option<Port>) -> BoxFuture<'a, PathView> {
        ready(Ok(packets::paths(service, port, false)))
    }

    fn paths_of_plan<'a>(&'a self, _: &'a Caller, _: PlanDigest, port: Option<Port>) -> BoxFuture<'a, Option<PathView>> {
        ready(Ok(Some(packets::paths(services::row(0).service, port, true))))
    }

    fn reach<'a>(&'a self, _: &'a Caller, _: ServiceRef) -> BoxFuture<'a, ReachView> {
        ready(Ok(packets::reach(false)))
    }

    fn groups<'a>(&'a self, _: &'a Caller) -> BoxFuture<'a, GroupsView> {
        ready(Ok(services::groups()))
    }

    fn read_access<'a>(&'a self, _: &'a Caller, service: ServiceRef, _: String) -> BoxFuture<'a, Document> {
        ready(Ok(Document { service, access: services::access(), host_endpoints: None }))
    }

    fn reach_template<'a>(&'a self, _: &'a Caller, _: Shape) -> BoxFuture<'a, Option<Template>> {
        ready(Ok(None))
    }

    fn reach_of_change<'a>(&'a self, _: &'a Caller, _: Change) -> BoxFuture<'a, ReachView> {
        ready(Ok(packets::reach(true)))
    }

    fn reach_of_plan<'a>(&'a self, _: &'a Caller, _: PlanDigest) -> BoxFuture<'a, ReachView> {
        ready(Ok(packets::reach(true)))
    }

    fn page_of_plan<'a>(&'a self, _: &'a Caller, _: PlanDigest) -> BoxFuture<'a, Option<ReachView>> {
        ready(Ok(Some(packets::reach(true))))
    }

    fn checks<'a>(&'a self, _: &'a Caller) -> BoxFuture<'a, Vec<Finding>> {
        ready(Ok(cluster::findings()))
    }

    fn coverage<'a>(&'a self, _: &'a Caller) -> BoxFuture<'a, CoverageView> {
        ready(Ok(cluster::coverage()))
    }

    fn baseline<'a>(&'a self, _: &'a Caller) -> BoxFuture<'a, BaselineView> {
        ready(Ok(BaselineView { edge: "none".to_owned(), automatic: Some(false), ..BaselineView::default() }))
    }

    fn sentences<'a>(&'a self, _: &'a Caller) -> BoxFuture<'a, SentencesView> {
        ready(Ok(cluster::sentences()))
    }

    fn add_sentence<'a>(&'a self, _: &'a Caller, _: String, _: String) -> BoxFuture<'a, ()> {
        ready(Ok(()))
    }

    fn take_back_sentence<'a>(&'a self, _: &'a Caller, _: String, _: String) -> BoxFuture<'a, ()> {
        ready(Ok(()))
    }

    fn make_plan<'a>(&'a self, _: &'a Caller, _: Asked) -> BoxFuture<'a, PlanDigest> {
        ready(Ok(digest('a')))
    }

    fn change_many<'a>(&'a self, _: &'a Caller, _: Bulk) -> BoxFuture<'a, PlanDigest> {
        ready(Ok(digest('a')))
    }

    fn import<'a>(&'a self, _: &'a Caller, _: String) -> BoxFuture<'a, Imported> {
        ready(Ok(Imported { groups: Vec::new(), services: Some((2, digest('a'))) }))
    }

    fn reach_of_revision<'a>(&'a self, _: &'a Caller, revision: RevisionId) -> BoxFuture<'a, Option<ReachView>> {
        ready(Ok((revision != RevisionId(1)).then(|| packets::reach(true))))
    }

    fn by_hand<'a>(&'a self, _: &'a Caller, _: ServiceQuery) -> BoxFuture<'a, Vec<ServiceRef>> {
        ready(Ok(vec![service("default/svc-b")]))
    }

    fn held_against<'a>(&'a self, _: &'a Caller, _: Change) -> BoxFuture<'a, Vec<Finding>> {
        ready(Ok(Vec::new()))
    }

    fn unlanded<'a>(&'a self, _: &'a Caller, _: HistoryQuery) -> BoxFuture<'a, Vec<UnlandedRun>> {
        ready(Ok(history::unlanded()))
    }

    fn take_back_run<'a>(&'a self, _: &'a Caller, _: RunId) -> BoxFuture<'a, PlanDigest> {
        ready(Ok(digest('c')))
    }

    fn beside<'a>(&'a self, _: &'a Caller, service: ServiceRef) -> BoxFuture<'a, Beside> {
        ready(Ok(history::beside(&service)))
    }

    fn group_drifts<'a>(&'a self, _: &'a Caller) -> BoxFuture<'a, Vec<GroupDrift>> {
        ready(Ok(vec![history::drift()]))
    }

    fn plan<'a>(&'a self, _: &'a Caller, plan: PlanDigest) -> BoxFuture<'a, PlanView> {
        ready(plans::view(&plan))
    }

    fn apply<'a>(&'a self, _: &'a Caller, _: PlanDigest, reason: String) -> BoxFuture<'a, RunId> {
        ready(if reason == "stale" {
            Err(Problem::Stale("The cluster has moved since the plan was made: GlobalNetworkPolicy `x` changed.".to_owned()))
        } else {
            Ok(RunId(7))
        })
    }

    fn run<'a>(&'a self, _: &'a Caller, run: RunId) -> BoxFuture<'a, RunView> {
        ready(plans::run(run))
    }

    fn open_runs<'a>(&'a self, _: &'a Caller) -> BoxFuture<'a, Vec<RunView>> {
        ready([8, 7].into_iter().map(|id| plans::run(RunId(id))).collect())
    }

    fn go_on<'a>(&'a self, _: &'a Caller, _: RunId) -> BoxFuture<'a, RunId> {
        ready(Ok(RunId(9)))
    }

    fn revert<'a>(&'a self, _: &'a Caller, _: RunId) -> BoxFuture<'a, RunId> {
        ready(Ok(RunId(9)))
    }

    fn history<'a>(&'a self, _: &'a Caller, query: HistoryQuery) -> BoxFuture<'a, HistoryWindow> {
        ready(Ok(history::window(&query)))
    }

    fn revision<'a>(&'a self, _: &'a Caller, revision: RevisionId) -> BoxFuture<'a, RevisionView> {
        ready(history::view(revision))
    }

    fn compare<'a>(&'a self, _: &'a Caller, from: RevisionId, to: RevisionId, _: Option<ServiceRef>) -> BoxFuture<'a, Comparison> {
        ready(history::compare(from, to))
    }

    fn keep_as_it_is<'a>(&'a self, _: &'a Caller, _: ServiceRef, _: String) -> BoxFuture<'a, RevisionId> {
        ready(Ok(RevisionId(3)))
    }

    fn take_back<'a>(&'a self, _: &'a Caller, _: RevisionId) -> BoxFuture<'a, PlanDigest> {
        ready(Ok(digest('c')))
    }

    fn roll_back<'a>(&'a self, _: &'a Caller, _: RevisionId) -> BoxFuture<'a, PlanDigest> {
        ready(Ok(digest('c')))
    }

    fn undo_drift<'a>(&'a self, _: &'a Caller, _: ServiceRef) -> BoxFuture<'a, PlanDigest> {
        ready(Ok(digest('c')))
    }
}
