//! The port behind the server functions: what the server must be able to do for the pages.

use crate::view::{Beside, GroupDrift, Imported, UnlandedRun};
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
use serde::{Deserialize, Serialize};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// A future that a trait object can return.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, Problem>> + Send + 'a>>;

/// Why something could not be done. One sentence each, for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "problem", content = "detail")]
pub enum Problem {
    /// The request breaks a rule.
    #[error("{0}")]
    Refused(String),
    /// There is no such thing.
    #[error("{0}")]
    NotFound(String),
    /// What was read has moved since.
    #[error("{0}")]
    Stale(String),
    /// The caller has not signed in.
    #[error("Not signed in: open the link that Portcullis printed at its start.")]
    Anonymous,
    /// The cluster cannot be reached, or is not read yet.
    #[error("{0}")]
    Unreachable(String),
    /// Something of Portcullis' own broke; the log has more under this number.
    #[error("Portcullis failed; its log says more under {0}.")]
    Internal(String),
    /// The browser could not reach Portcullis, or did not understand the answer.
    #[error("Portcullis did not answer: {0}")]
    Transport(String),
}

/// The server's [`Backend`], as the server functions find it in their context.
#[derive(Clone)]
pub struct BackendHandle(pub Arc<dyn Backend>);

/// What the server does for the pages: one method a use case.
pub trait Backend: Send + Sync + 'static {
    /// What is known of the cluster.
    fn cluster<'a>(&'a self, caller: &'a Caller) -> BoxFuture<'a, ClusterView>;
    /// A window of the Services.
    fn services<'a>(&'a self, caller: &'a Caller, query: ServiceQuery) -> BoxFuture<'a, ServiceWindow>;
    /// Those of a window of the Services that are open, and that policies guard which somebody made by hand.
    fn by_hand<'a>(&'a self, caller: &'a Caller, query: ServiceQuery) -> BoxFuture<'a, Vec<ServiceRef>>;
    /// One Service.
    fn service<'a>(&'a self, caller: &'a Caller, service: ServiceRef) -> BoxFuture<'a, ServiceDetail>;
    /// What becomes of a packet, and with a plan. Refused where the question breaks a rule.
    fn ask<'a>(&'a self, caller: &'a Caller, question: Written, plan: Option<PlanDigest>) -> BoxFuture<'a, AskView>;
    /// The ways to a port of a Service, its first where none is named.
    fn paths<'a>(&'a self, caller: &'a Caller, service: ServiceRef, port: Option<Port>) -> BoxFuture<'a, PathView>;
    /// The ways to a port of a plan's Service, before and after it; none for a plan that is not about one Service.
    fn paths_of_plan<'a>(&'a self, caller: &'a Caller, plan: PlanDigest, port: Option<Port>) -> BoxFuture<'a, Option<PathView>>;
    /// Who can reach a Service.
    fn reach<'a>(&'a self, caller: &'a Caller, service: ServiceRef) -> BoxFuture<'a, ReachView>;
    /// Who can reach a Service before and after any change of a shape, the client addresses left open; none where rows choose ports in too
    /// many ways for that.
    fn reach_template<'a>(&'a self, caller: &'a Caller, shape: Shape) -> BoxFuture<'a, Option<Template>>;
    /// What a plan of a change that is none yet would be held to besides its own checks: sentences that must stay true, ways that must stay open.
    fn held_against<'a>(&'a self, caller: &'a Caller, change: Change) -> BoxFuture<'a, Vec<Finding>>;
    /// Who can reach a Service before and after a change that is no plan yet, and every other that it touches.
    fn reach_of_change<'a>(&'a self, caller: &'a Caller, change: Change) -> BoxFuture<'a, ReachView>;
    /// Who can reach what before and after a plan: its Service and everything else that it touches.
    fn reach_of_plan<'a>(&'a self, caller: &'a Caller, plan: PlanDigest) -> BoxFuture<'a, ReachView>;
    /// Who could reach a plan's Service if somebody had followed the page by hand instead; none for a plan that guards nothing.
    fn page_of_plan<'a>(&'a self, caller: &'a Caller, plan: PlanDigest) -> BoxFuture<'a, Option<ReachView>>;
    /// Every finding of the cluster.
    fn checks<'a>(&'a self, caller: &'a Caller) -> BoxFuture<'a, Vec<Finding>>;
    /// Which HostEndpoint a packet meets, by node and interface.
    fn coverage<'a>(&'a self, caller: &'a Caller) -> BoxFuture<'a, CoverageView>;
    /// What the whole cluster shares.
    fn baseline<'a>(&'a self, caller: &'a Caller) -> BoxFuture<'a, BaselineView>;
    /// What must stay true, and whether it does.
    fn sentences<'a>(&'a self, caller: &'a Caller) -> BoxFuture<'a, SentencesView>;
    /// Keeps a sentence that every plan is checked against. Refused where it cannot be read, or is kept.
    fn add_sentence<'a>(&'a self, caller: &'a Caller, sentence: String, reason: String) -> BoxFuture<'a, ()>;
    /// Takes a sentence back.
    fn take_back_sentence<'a>(&'a self, caller: &'a Caller, sentence: String, reason: String) -> BoxFuture<'a, ()>;
    /// The client groups, and who uses them.
    fn groups<'a>(&'a self, caller: &'a Caller) -> BoxFuture<'a, GroupsView>;
    /// Reads the access of a Service from a text of YAML. Refused where it cannot be read, with a line for each fault.
    fn read_access<'a>(&'a self, caller: &'a Caller, service: ServiceRef, yaml: String) -> BoxFuture<'a, Document>;
    /// Makes a plan of one change, or of several together, and keeps it.
    fn make_plan<'a>(&'a self, caller: &'a Caller, asked: Asked) -> BoxFuture<'a, PlanDigest>;
    /// Makes a plan that changes many Services in the same way, and keeps it.
    fn change_many<'a>(&'a self, caller: &'a Caller, bulk: Bulk) -> BoxFuture<'a, PlanDigest>;
    /// Makes a plan of all Services of a text of YAML, and one of each client group, and keeps them. Refused, with a line for each fault, where
    /// anything is wrong.
    fn import<'a>(&'a self, caller: &'a Caller, yaml: String) -> BoxFuture<'a, Imported>;
    /// A kept plan.
    fn plan<'a>(&'a self, caller: &'a Caller, plan: PlanDigest) -> BoxFuture<'a, PlanView>;
    /// Applies a kept plan that still holds.
    fn apply<'a>(&'a self, caller: &'a Caller, plan: PlanDigest, reason: String) -> BoxFuture<'a, RunId>;
    /// A run.
    fn run<'a>(&'a self, caller: &'a Caller, run: RunId) -> BoxFuture<'a, RunView>;
    /// Runs that go on, wait or were interrupted, newest first.
    fn open_runs<'a>(&'a self, caller: &'a Caller) -> BoxFuture<'a, Vec<RunView>>;
    /// Goes on with a run that waits.
    fn go_on<'a>(&'a self, caller: &'a Caller, run: RunId) -> BoxFuture<'a, RunId>;
    /// Puts back what a run changed that was interrupted, or waits.
    fn revert<'a>(&'a self, caller: &'a Caller, run: RunId) -> BoxFuture<'a, RunId>;
    /// A window of the history.
    fn history<'a>(&'a self, caller: &'a Caller, query: HistoryQuery) -> BoxFuture<'a, HistoryWindow>;
    /// A revision.
    fn revision<'a>(&'a self, caller: &'a Caller, revision: RevisionId) -> BoxFuture<'a, RevisionView>;
    /// What a revision did to reachability, as its plan said it when it was applied; none where that is not kept.
    fn reach_of_revision<'a>(&'a self, caller: &'a Caller, revision: RevisionId) -> BoxFuture<'a, Option<ReachView>>;
    /// Runs without a revision among the revisions that a query finds, newest first.
    fn unlanded<'a>(&'a self, caller: &'a Caller, query: HistoryQuery) -> BoxFuture<'a, Vec<UnlandedRun>>;
    /// Makes a plan that gives the Services of a run that failed the access that it found, and keeps it.
    fn take_back_run<'a>(&'a self, caller: &'a Caller, run: RunId) -> BoxFuture<'a, PlanDigest>;
    /// What to know of a Service besides its own objects.
    fn beside<'a>(&'a self, caller: &'a Caller, service: ServiceRef) -> BoxFuture<'a, Beside>;
    /// The client groups that somebody changed in the cluster since they were applied.
    fn group_drifts<'a>(&'a self, caller: &'a Caller) -> BoxFuture<'a, Vec<GroupDrift>>;
    /// Two revisions, compared for one Service that both changed; the first such where none is named.
    fn compare<'a>(
        &'a self,
        caller: &'a Caller,
        from: RevisionId,
        to: RevisionId,
        service: Option<ServiceRef>,
    ) -> BoxFuture<'a, Comparison>;
    /// Keeps what others made of a Service's objects as a revision of its own: nothing is written to the cluster.
    fn keep_as_it_is<'a>(&'a self, caller: &'a Caller, service: ServiceRef, reason: String) -> BoxFuture<'a, RevisionId>;
    /// Makes a plan that gives the Services of a revision the access they had before it, and keeps it.
    fn take_back<'a>(&'a self, caller: &'a Caller, revision: RevisionId) -> BoxFuture<'a, PlanDigest>;
    /// Makes a plan that gives the Services of a revision the access they had after it, and keeps it.
    fn roll_back<'a>(&'a self, caller: &'a Caller, to: RevisionId) -> BoxFuture<'a, PlanDigest>;
    /// Makes a plan that gives a Service alone what was applied for it last, and keeps it.
    fn undo_drift<'a>(&'a self, caller: &'a Caller, service: ServiceRef) -> BoxFuture<'a, PlanDigest>;
}
