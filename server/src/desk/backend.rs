//! The port of the pages.

use super::Desk;
use crate::documents;
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
    AskView, BaselineView, Caller, ClusterView, Comparison, CoverageView, GroupsView, HistoryQuery, HistoryWindow, PathView, PlanView,
    ReachView, RevisionId, RevisionView, RunId, RunView, SentencesView, ServiceDetail, ServiceQuery, ServiceWindow,
};

impl Backend for Desk {
    fn cluster<'a>(&'a self, _: &'a Caller) -> BoxFuture<'a, ClusterView> {
        Box::pin(async { Ok(self.cluster_view()) })
    }

    fn services<'a>(&'a self, _: &'a Caller, query: ServiceQuery) -> BoxFuture<'a, ServiceWindow> {
        Box::pin(self.services(query))
    }

    fn by_hand<'a>(&'a self, _: &'a Caller, query: ServiceQuery) -> BoxFuture<'a, Vec<ServiceRef>> {
        Box::pin(self.open_by_hand(query))
    }

    fn held_against<'a>(&'a self, caller: &'a Caller, change: Change) -> BoxFuture<'a, Vec<Finding>> {
        Box::pin(self.held_against(caller, change))
    }

    fn service<'a>(&'a self, _: &'a Caller, service: ServiceRef) -> BoxFuture<'a, ServiceDetail> {
        Box::pin(self.service(service))
    }

    fn ask<'a>(&'a self, _: &'a Caller, question: Written, plan: Option<PlanDigest>) -> BoxFuture<'a, AskView> {
        Box::pin(self.ask(question, plan))
    }

    fn groups<'a>(&'a self, _: &'a Caller) -> BoxFuture<'a, GroupsView> {
        Box::pin(self.groups_view())
    }

    fn read_access<'a>(&'a self, _: &'a Caller, service: ServiceRef, yaml: String) -> BoxFuture<'a, Document> {
        Box::pin(async move { documents::of_service(&yaml, &service).map_err(Problem::Refused) })
    }

    fn paths<'a>(&'a self, _: &'a Caller, service: ServiceRef, port: Option<Port>) -> BoxFuture<'a, PathView> {
        Box::pin(self.paths(service, port))
    }

    fn paths_of_plan<'a>(&'a self, _: &'a Caller, plan: PlanDigest, port: Option<Port>) -> BoxFuture<'a, Option<PathView>> {
        Box::pin(self.paths_of_plan(plan, port))
    }

    fn reach<'a>(&'a self, _: &'a Caller, service: ServiceRef) -> BoxFuture<'a, ReachView> {
        Box::pin(self.reach(service))
    }

    fn reach_template<'a>(&'a self, _: &'a Caller, shape: Shape) -> BoxFuture<'a, Option<Template>> {
        Box::pin(self.reach_template(shape))
    }

    fn reach_of_change<'a>(&'a self, _: &'a Caller, change: Change) -> BoxFuture<'a, ReachView> {
        Box::pin(self.reach_of_change(change))
    }

    fn reach_of_plan<'a>(&'a self, _: &'a Caller, plan: PlanDigest) -> BoxFuture<'a, ReachView> {
        Box::pin(self.reach_of_plan(plan))
    }

    fn page_of_plan<'a>(&'a self, _: &'a Caller, plan: PlanDigest) -> BoxFuture<'a, Option<ReachView>> {
        Box::pin(self.page_of_plan(plan))
    }

    fn checks<'a>(&'a self, _: &'a Caller) -> BoxFuture<'a, Vec<Finding>> {
        Box::pin(self.checks())
    }

    fn coverage<'a>(&'a self, _: &'a Caller) -> BoxFuture<'a, CoverageView> {
        Box::pin(async {
            let state = self.read()?;
            super::once::compute(move || CoverageView::of(&state.snapshot)).await
        })
    }

    fn baseline<'a>(&'a self, _: &'a Caller) -> BoxFuture<'a, BaselineView> {
        Box::pin(self.baseline())
    }

    fn sentences<'a>(&'a self, _: &'a Caller) -> BoxFuture<'a, SentencesView> {
        Box::pin(self.sentences())
    }

    fn add_sentence<'a>(&'a self, caller: &'a Caller, sentence: String, reason: String) -> BoxFuture<'a, ()> {
        Box::pin(self.add_sentence(caller, sentence, reason))
    }

    fn take_back_sentence<'a>(&'a self, caller: &'a Caller, sentence: String, reason: String) -> BoxFuture<'a, ()> {
        Box::pin(self.take_back_sentence(caller, sentence, reason))
    }

    fn make_plan<'a>(&'a self, caller: &'a Caller, asked: Asked) -> BoxFuture<'a, PlanDigest> {
        Box::pin(self.make_plan(caller, asked))
    }

    fn change_many<'a>(&'a self, caller: &'a Caller, bulk: Bulk) -> BoxFuture<'a, PlanDigest> {
        Box::pin(self.change_many(caller, bulk))
    }

    fn import<'a>(&'a self, caller: &'a Caller, yaml: String) -> BoxFuture<'a, Imported> {
        Box::pin(self.import(caller, yaml))
    }

    fn reach_of_revision<'a>(&'a self, _: &'a Caller, revision: RevisionId) -> BoxFuture<'a, Option<ReachView>> {
        Box::pin(self.reach_of_revision(revision))
    }

    fn unlanded<'a>(&'a self, _: &'a Caller, query: HistoryQuery) -> BoxFuture<'a, Vec<UnlandedRun>> {
        Box::pin(self.unlanded(query))
    }

    fn take_back_run<'a>(&'a self, caller: &'a Caller, run: RunId) -> BoxFuture<'a, PlanDigest> {
        Box::pin(self.take_back_run(caller, run))
    }

    fn beside<'a>(&'a self, _: &'a Caller, service: ServiceRef) -> BoxFuture<'a, Beside> {
        Box::pin(self.beside(service))
    }

    fn group_drifts<'a>(&'a self, _: &'a Caller) -> BoxFuture<'a, Vec<GroupDrift>> {
        Box::pin(self.group_drifts())
    }

    fn plan<'a>(&'a self, caller: &'a Caller, plan: PlanDigest) -> BoxFuture<'a, PlanView> {
        Box::pin(self.plan(caller, plan))
    }

    fn apply<'a>(&'a self, caller: &'a Caller, plan: PlanDigest, reason: String) -> BoxFuture<'a, RunId> {
        Box::pin(self.apply(caller, plan, reason))
    }

    fn run<'a>(&'a self, _: &'a Caller, run: RunId) -> BoxFuture<'a, RunView> {
        Box::pin(self.run(run))
    }

    fn open_runs<'a>(&'a self, _: &'a Caller) -> BoxFuture<'a, Vec<RunView>> {
        Box::pin(self.open_runs())
    }

    fn go_on<'a>(&'a self, caller: &'a Caller, run: RunId) -> BoxFuture<'a, RunId> {
        Box::pin(self.go_on(caller, run))
    }

    fn revert<'a>(&'a self, caller: &'a Caller, run: RunId) -> BoxFuture<'a, RunId> {
        Box::pin(self.revert(caller, run))
    }

    fn history<'a>(&'a self, _: &'a Caller, query: HistoryQuery) -> BoxFuture<'a, HistoryWindow> {
        Box::pin(self.history(query))
    }

    fn revision<'a>(&'a self, _: &'a Caller, revision: RevisionId) -> BoxFuture<'a, RevisionView> {
        Box::pin(self.revision(revision))
    }

    fn compare<'a>(&'a self, _: &'a Caller, from: RevisionId, to: RevisionId, service: Option<ServiceRef>) -> BoxFuture<'a, Comparison> {
        Box::pin(self.compare(from, to, service))
    }

    fn keep_as_it_is<'a>(&'a self, caller: &'a Caller, service: ServiceRef, reason: String) -> BoxFuture<'a, RevisionId> {
        Box::pin(self.keep_as_it_is(caller, service, reason))
    }

    fn take_back<'a>(&'a self, caller: &'a Caller, revision: RevisionId) -> BoxFuture<'a, PlanDigest> {
        Box::pin(self.take_back(caller, revision))
    }

    fn roll_back<'a>(&'a self, caller: &'a Caller, to: RevisionId) -> BoxFuture<'a, PlanDigest> {
        Box::pin(self.roll_back(caller, to))
    }

    fn undo_drift<'a>(&'a self, caller: &'a Caller, service: ServiceRef) -> BoxFuture<'a, PlanDigest> {
        Box::pin(self.undo_drift(caller, service))
    }
}
