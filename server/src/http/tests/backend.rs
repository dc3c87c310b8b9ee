//! A backend of an empty cluster, and ones that fail.

use app::backend::{Backend, BoxFuture, Problem};
use app::view::{Beside, GroupDrift, Imported, UnlandedRun};
use policy::access::document::Document;
use policy::access::{Asked, Bulk, Change, Port};
use policy::finding::Finding;
use policy::object::ServiceRef;
use policy::plan::PlanDigest;
use policy::reach::template::{Shape, Template};
use policy::reach::written::Written;
use policy::view::{
    AskView, BaselineView, Caller, ClusterView, Comparison, Connection, CoverageView, GroupsView, HistoryQuery, HistoryWindow, PathView,
    PlanView, ReachView, RevisionId, RevisionView, RunId, RunView, SentencesView, ServiceDetail, ServiceQuery, ServiceWindow,
};

/// How it behaves.
#[derive(Clone, Copy)]
pub(super) enum Mood {
    /// Knows a cluster without Services.
    Knows,
    /// Panics.
    Panics,
    /// Never answers.
    Hangs,
}

pub(super) struct Fake(pub(super) Mood);

impl Fake {
    fn answer<'a, T: Send + 'a>(&self, caller: &Caller) -> BoxFuture<'a, T> {
        self.answer_with(caller, Err(Problem::NotFound("There is no such thing.".to_owned())))
    }

    fn answer_with<'a, T: Send + 'a>(&self, caller: &Caller, known: Result<T, Problem>) -> BoxFuture<'a, T> {
        assert_eq!(caller.name, "ada", "a request came through without its caller");
        match self.0 {
            Mood::Knows => Box::pin(std::future::ready(known)),
            Mood::Panics => panic!("as the test wants"),
            Mood::Hangs => Box::pin(std::future::pending()),
        }
    }
}

impl Backend for Fake {
    fn cluster<'a>(&'a self, caller: &'a Caller) -> BoxFuture<'a, ClusterView> {
        let view = ClusterView {
            name: "test".to_owned(),
            sandbox: true,
            server: String::new(),
            connection: Connection::Connected,
            kubernetes: String::new(),
            calico: String::new(),
            kinds: Vec::new(),
            facts: Vec::new(),
            version: 0,
        };
        self.answer_with(caller, Ok(view))
    }
    fn services<'a>(&'a self, caller: &'a Caller, _: ServiceQuery) -> BoxFuture<'a, ServiceWindow> {
        self.answer_with(caller, Ok(ServiceWindow::default()))
    }
    fn service<'a>(&'a self, caller: &'a Caller, _: ServiceRef) -> BoxFuture<'a, ServiceDetail> {
        self.answer(caller)
    }
    fn ask<'a>(&'a self, caller: &'a Caller, _: Written, _: Option<PlanDigest>) -> BoxFuture<'a, AskView> {
        self.answer(caller)
    }
    fn paths<'a>(&'a self, caller: &'a Caller, _: ServiceRef, _: Option<Port>) -> BoxFuture<'a, PathView> {
        self.answer(caller)
    }
    fn paths_of_plan<'a>(&'a self, caller: &'a Caller, _: PlanDigest, _: Option<Port>) -> BoxFuture<'a, Option<PathView>> {
        self.answer(caller)
    }
    fn reach<'a>(&'a self, caller: &'a Caller, _: ServiceRef) -> BoxFuture<'a, ReachView> {
        self.answer(caller)
    }
    fn groups<'a>(&'a self, caller: &'a Caller) -> BoxFuture<'a, GroupsView> {
        self.answer_with(caller, Ok(super::export::groups()))
    }
    fn read_access<'a>(&'a self, caller: &'a Caller, _: ServiceRef, _: String) -> BoxFuture<'a, Document> {
        self.answer(caller)
    }
    fn reach_template<'a>(&'a self, caller: &'a Caller, _: Shape) -> BoxFuture<'a, Option<Template>> {
        self.answer(caller)
    }
    fn reach_of_change<'a>(&'a self, caller: &'a Caller, _: Change) -> BoxFuture<'a, ReachView> {
        self.answer(caller)
    }
    fn reach_of_plan<'a>(&'a self, caller: &'a Caller, _: PlanDigest) -> BoxFuture<'a, ReachView> {
        self.answer(caller)
    }
    fn page_of_plan<'a>(&'a self, caller: &'a Caller, _: PlanDigest) -> BoxFuture<'a, Option<ReachView>> {
        self.answer(caller)
    }
    fn checks<'a>(&'a self, caller: &'a Caller) -> BoxFuture<'a, Vec<Finding>> {
        self.answer(caller)
    }
    fn coverage<'a>(&'a self, caller: &'a Caller) -> BoxFuture<'a, CoverageView> {
        self.answer(caller)
    }
    fn baseline<'a>(&'a self, caller: &'a Caller) -> BoxFuture<'a, BaselineView> {
        self.answer_with(caller, Ok(BaselineView::default()))
    }
    fn sentences<'a>(&'a self, caller: &'a Caller) -> BoxFuture<'a, SentencesView> {
        self.answer_with(caller, Ok(SentencesView::of(Vec::new())))
    }
    fn add_sentence<'a>(&'a self, caller: &'a Caller, _: String, _: String) -> BoxFuture<'a, ()> {
        self.answer(caller)
    }
    fn take_back_sentence<'a>(&'a self, caller: &'a Caller, _: String, _: String) -> BoxFuture<'a, ()> {
        self.answer(caller)
    }
    fn make_plan<'a>(&'a self, caller: &'a Caller, _: Asked) -> BoxFuture<'a, PlanDigest> {
        self.answer(caller)
    }
    fn change_many<'a>(&'a self, caller: &'a Caller, _: Bulk) -> BoxFuture<'a, PlanDigest> {
        self.answer(caller)
    }
    fn import<'a>(&'a self, caller: &'a Caller, _: String) -> BoxFuture<'a, Imported> {
        self.answer(caller)
    }
    fn reach_of_revision<'a>(&'a self, caller: &'a Caller, _: RevisionId) -> BoxFuture<'a, Option<ReachView>> {
        self.answer(caller)
    }
    fn by_hand<'a>(&'a self, caller: &'a Caller, _: ServiceQuery) -> BoxFuture<'a, Vec<ServiceRef>> {
        self.answer_with(caller, Ok(Vec::new()))
    }
    fn held_against<'a>(&'a self, caller: &'a Caller, _: Change) -> BoxFuture<'a, Vec<Finding>> {
        self.answer_with(caller, Ok(Vec::new()))
    }
    fn unlanded<'a>(&'a self, caller: &'a Caller, _: HistoryQuery) -> BoxFuture<'a, Vec<UnlandedRun>> {
        self.answer_with(caller, Ok(Vec::new()))
    }
    fn take_back_run<'a>(&'a self, caller: &'a Caller, _: RunId) -> BoxFuture<'a, PlanDigest> {
        self.answer(caller)
    }
    fn beside<'a>(&'a self, caller: &'a Caller, _: ServiceRef) -> BoxFuture<'a, Beside> {
        self.answer(caller)
    }
    fn group_drifts<'a>(&'a self, caller: &'a Caller) -> BoxFuture<'a, Vec<GroupDrift>> {
        self.answer_with(caller, Ok(Vec::new()))
    }
    fn plan<'a>(&'a self, caller: &'a Caller, digest: PlanDigest) -> BoxFuture<'a, PlanView> {
        match super::export::plan(&digest) {
            Some(plan) => self.answer_with(caller, Ok(plan)),
            None => self.answer(caller),
        }
    }
    fn apply<'a>(&'a self, caller: &'a Caller, _: PlanDigest, _: String) -> BoxFuture<'a, RunId> {
        self.answer(caller)
    }
    fn run<'a>(&'a self, caller: &'a Caller, _: RunId) -> BoxFuture<'a, RunView> {
        self.answer(caller)
    }
    fn open_runs<'a>(&'a self, caller: &'a Caller) -> BoxFuture<'a, Vec<RunView>> {
        self.answer(caller)
    }
    fn go_on<'a>(&'a self, caller: &'a Caller, _: RunId) -> BoxFuture<'a, RunId> {
        self.answer(caller)
    }
    fn revert<'a>(&'a self, caller: &'a Caller, _: RunId) -> BoxFuture<'a, RunId> {
        self.answer(caller)
    }
    fn history<'a>(&'a self, caller: &'a Caller, _: HistoryQuery) -> BoxFuture<'a, HistoryWindow> {
        self.answer(caller)
    }
    fn revision<'a>(&'a self, caller: &'a Caller, id: RevisionId) -> BoxFuture<'a, RevisionView> {
        match super::export::revision(id) {
            Some(revision) => self.answer_with(caller, Ok(revision)),
            None => self.answer(caller),
        }
    }
    fn compare<'a>(&'a self, caller: &'a Caller, _: RevisionId, _: RevisionId, _: Option<ServiceRef>) -> BoxFuture<'a, Comparison> {
        self.answer(caller)
    }
    fn keep_as_it_is<'a>(&'a self, caller: &'a Caller, _: ServiceRef, _: String) -> BoxFuture<'a, RevisionId> {
        self.answer(caller)
    }
    fn take_back<'a>(&'a self, caller: &'a Caller, _: RevisionId) -> BoxFuture<'a, PlanDigest> {
        self.answer(caller)
    }
    fn roll_back<'a>(&'a self, caller: &'a Caller, _: RevisionId) -> BoxFuture<'a, PlanDigest> {
        self.answer(caller)
    }
    fn undo_drift<'a>(&'a self, caller: &'a Caller, _: ServiceRef) -> BoxFuture<'a, PlanDigest> {
        self.answer(caller)
    }
}
