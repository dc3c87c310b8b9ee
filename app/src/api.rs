//! Server functions: what the pages ask of the server. Each finds who asks, calls the port, and names what went wrong.
//!
//! Reading functions take JSON; those that forms post to take a form's fields, so that they work without JavaScript too.
#![expect(missing_docs, reason = "the macro makes a public field of every argument")]

mod problem;

pub(crate) use problem::report;

use crate::backend::Problem;
use crate::view::{Beside, GroupDrift, Imported, UnlandedRun};
#[cfg(feature = "ssr")]
use problem::{Reported, caller, sent};

use leptos::prelude::*;
use policy::access::document::Document;
#[cfg(feature = "ssr")]
use policy::access::{Asked, Baseline, Canary, HostEndpoints, NotAnInterface};
use policy::access::{Change, How, Port};
use policy::finding::Finding;
use policy::object::ServiceRef;
use policy::plan::PlanDigest;
use policy::reach::template::{Shape, Template};
use policy::reach::written::Written;
use policy::view::{
    AskView, BaselineView, ClusterView, Comparison, CoverageView, GroupsView, HistoryQuery, HistoryWindow, PathView, PlanView, ReachView,
    RevisionId, RevisionView, RunId, RunView, SentencesView, ServiceDetail, ServiceQuery, ServiceWindow,
};
use server_fn::codec::Json;

/// Where what must stay true is listed.
#[cfg(feature = "ssr")]
const SENTENCES: &str = "/cluster#must-stay-true";

/// What is known of the cluster.
#[server(input = Json)]
pub async fn cluster() -> Result<ClusterView, Problem> {
    let (caller, backend) = caller()?;
    backend.cluster(&caller).await.reported()
}

/// A window of the Services, and those in it that are open and guarded by hand.
#[server(input = Json)]
pub async fn services(query: ServiceQuery) -> Result<(ServiceWindow, Vec<ServiceRef>), Problem> {
    let (caller, backend) = caller()?;
    let window = backend.services(&caller, query.clone()).await.reported()?;
    // What cannot be told is not said: the page of the Service has it.
    let by_hand = backend.by_hand(&caller, query).await.unwrap_or_default();
    Ok((window, by_hand))
}

/// What a draft is held to besides its own checks.
#[server(input = Json)]
pub async fn held_against(change: Change) -> Result<Vec<Finding>, Problem> {
    let (caller, backend) = caller()?;
    backend.held_against(&caller, change).await.reported()
}

/// What becomes of a packet, and with a plan.
#[server(input = Json)]
pub async fn ask(question: Written, plan: Option<PlanDigest>) -> Result<AskView, Problem> {
    let (caller, backend) = caller()?;
    backend.ask(&caller, question, plan).await.reported()
}

/// The ways to a port of a Service.
#[server(input = Json)]
pub async fn paths(service: ServiceRef, port: Option<Port>) -> Result<PathView, Problem> {
    let (caller, backend) = caller()?;
    backend.paths(&caller, service, port).await.reported()
}

/// The ways to a port of a plan's Service, before and after it.
#[server(input = Json)]
pub async fn paths_of_plan(plan: PlanDigest, port: Option<Port>) -> Result<Option<PathView>, Problem> {
    let (caller, backend) = caller()?;
    backend.paths_of_plan(&caller, plan, port).await.reported()
}

/// Who can reach a Service.
#[server(input = Json)]
pub async fn reach(service: ServiceRef) -> Result<ReachView, Problem> {
    let (caller, backend) = caller()?;
    backend.reach(&caller, service).await.reported()
}

/// Who can reach a Service before and after any change of a shape.
#[server(input = Json)]
pub async fn reach_template(shape: Shape) -> Result<Option<Template>, Problem> {
    let (caller, backend) = caller()?;
    backend.reach_template(&caller, shape).await.reported()
}

/// Who can reach a Service before and after a change that is no plan yet, and every other that it touches.
#[server(input = Json)]
pub async fn reach_of_change(change: Change) -> Result<ReachView, Problem> {
    let (caller, backend) = caller()?;
    backend.reach_of_change(&caller, change).await.reported()
}

/// Who can reach what before and after a plan.
#[server(input = Json)]
pub async fn reach_of_plan(plan: PlanDigest) -> Result<ReachView, Problem> {
    let (caller, backend) = caller()?;
    backend.reach_of_plan(&caller, plan).await.reported()
}

/// Who could reach a plan's Service if somebody had followed the page by hand instead.
#[server(input = Json)]
pub async fn page_of_plan(plan: PlanDigest) -> Result<Option<ReachView>, Problem> {
    let (caller, backend) = caller()?;
    backend.page_of_plan(&caller, plan).await.reported()
}

/// Every finding of the cluster.
#[server(input = Json)]
pub async fn checks() -> Result<Vec<Finding>, Problem> {
    let (caller, backend) = caller()?;
    backend.checks(&caller).await.reported()
}

/// Which HostEndpoint a packet meets, by node and interface.
#[server(input = Json)]
pub async fn coverage() -> Result<CoverageView, Problem> {
    let (caller, backend) = caller()?;
    backend.coverage(&caller).await.reported()
}

/// What the whole cluster shares.
#[server(input = Json)]
pub async fn baseline_in_force() -> Result<BaselineView, Problem> {
    let (caller, backend) = caller()?;
    backend.baseline(&caller).await.reported()
}

/// Reads the access of a Service from a text of YAML. Refused where it cannot be read: a line a fault.
#[server(input = Json)]
pub async fn read_access(service: ServiceRef, yaml: String) -> Result<Document, Problem> {
    let (caller, backend) = caller()?;
    backend.read_access(&caller, service, yaml).await.reported()
}

/// What must stay true, and whether it does.
#[server(input = Json)]
pub async fn sentences() -> Result<SentencesView, Problem> {
    let (caller, backend) = caller()?;
    backend.sentences(&caller).await.reported()
}

/// Keeps a sentence that every plan is checked against, and goes to where it is listed.
#[server]
pub async fn add_sentence(sentence: String, reason: String) -> Result<(), Problem> {
    let (caller, backend) = caller()?;
    backend.add_sentence(&caller, sentence, reason).await.reported()?;
    sent(SENTENCES);
    Ok(())
}

/// Takes a sentence back, and goes to where the others are listed.
#[server]
pub async fn take_back_sentence(sentence: String, reason: String) -> Result<(), Problem> {
    let (caller, backend) = caller()?;
    backend.take_back_sentence(&caller, sentence, reason).await.reported()?;
    sent(SENTENCES);
    Ok(())
}

/// A kept plan.
#[server(input = Json)]
pub async fn plan(plan: PlanDigest) -> Result<PlanView, Problem> {
    let (caller, backend) = caller()?;
    backend.plan(&caller, plan).await.reported()
}

/// A run.
#[server(input = Json)]
pub async fn run(run: RunId) -> Result<RunView, Problem> {
    let (caller, backend) = caller()?;
    backend.run(&caller, run).await.reported()
}

/// Makes a plan that gives the Services of a run that failed the access that it found, and goes to it.
#[server]
pub async fn take_back_run(run: RunId) -> Result<(), Problem> {
    let (caller, backend) = caller()?;
    let digest = backend.take_back_run(&caller, run).await.reported()?;
    sent(&format!("/plans/{digest}"));
    Ok(())
}

/// Two revisions, compared for one Service.
#[server(input = Json)]
pub async fn compare(from: RevisionId, to: RevisionId, service: Option<ServiceRef>) -> Result<Comparison, Problem> {
    let (caller, backend) = caller()?;
    backend.compare(&caller, from, to, service).await.reported()
}

/// One Service, and what to know of it besides.
#[server(input = Json)]
pub async fn service(service: ServiceRef) -> Result<(ServiceDetail, Beside), Problem> {
    let (caller, backend) = caller()?;
    let detail = backend.service(&caller, service.clone()).await.reported()?;
    Ok((detail, backend.beside(&caller, service).await.reported()?))
}

/// The client groups and who uses them, and those that somebody changed in the cluster.
#[server(input = Json)]
pub async fn groups() -> Result<(GroupsView, Vec<GroupDrift>), Problem> {
    let (caller, backend) = caller()?;
    let groups = backend.groups(&caller).await.reported()?;
    Ok((groups, backend.group_drifts(&caller).await.reported()?))
}

/// Runs that go on, wait or were interrupted, newest first, and the latest that did not land.
#[server(input = Json)]
pub async fn changes() -> Result<(Vec<RunView>, Vec<UnlandedRun>), Problem> {
    let (caller, backend) = caller()?;
    let open = backend.open_runs(&caller).await.reported()?;
    Ok((open, backend.unlanded(&caller, HistoryQuery::default()).await.reported()?))
}

/// A window of the history, and the runs in it that made no revision.
#[server(input = Json)]
pub async fn history(query: HistoryQuery) -> Result<(HistoryWindow, Vec<UnlandedRun>), Problem> {
    let (caller, backend) = caller()?;
    let window = backend.history(&caller, query.clone()).await.reported()?;
    Ok((window, backend.unlanded(&caller, query).await.reported()?))
}

/// A revision, and what it did to reachability, as its plan said it.
#[server(input = Json)]
pub async fn revision(revision: RevisionId) -> Result<(RevisionView, Option<ReachView>), Problem> {
    let (caller, backend) = caller()?;
    let view = backend.revision(&caller, revision).await.reported()?;
    Ok((view, backend.reach_of_revision(&caller, revision).await.reported()?))
}

/// Makes a plan and goes to it. `change` is a [`policy::access::Asked`] as JSON: a form's field has no room for its nesting.
#[server]
pub async fn make_plan(change: String) -> Result<(), Problem> {
    let (caller, backend) = caller()?;
    let change = serde_json::from_str(&change).map_err(|e| Problem::Refused(format!("The change cannot be read: {e}."))).reported()?;
    let digest = backend.make_plan(&caller, change).await.reported()?;
    sent(&format!("/plans/{digest}"));
    Ok(())
}

/// Makes the plan of a kept one's change that is tried at one node before the others, and goes to it.
#[server]
pub async fn plan_at_one_node(plan: PlanDigest, node: String) -> Result<(), Problem> {
    let (caller, backend) = caller()?;
    let of = backend.plan(&caller, plan).await.reported()?.plan.change;
    let node = node.trim().to_owned();
    let canary = match of {
        _ if node.is_empty() => Err(Problem::Refused("Name the node that is tried first.".to_owned())),
        Asked::Service(change) => Ok(Canary { change, canary: node }),
        other => Err(Problem::Refused(format!(
            "A plan for {other} is made for all nodes at once: only one for a single Service has a node that is tried first."
        ))),
    };
    let digest = backend.make_plan(&caller, Asked::Canary(canary.reported()?)).await.reported()?;
    sent(&format!("/plans/{digest}"));
    Ok(())
}

/// Makes a plan of what the whole cluster shares, and goes to it. `closed` is `off` or on which HostEndpoints ranges are closed: `existing`,
/// `automatic`, or `named` on `interface`; `automatic` says whether Calico's controller makes HostEndpoints: `on`, `off`.
#[server]
pub async fn plan_baseline(closed: String, interface: String, automatic: String) -> Result<(), Problem> {
    let (caller, backend) = caller()?;
    let baseline = baseline_of(&closed, interface, &automatic).map_err(Problem::Refused).reported()?;
    let digest = backend.make_plan(&caller, Asked::from(baseline)).await.reported()?;
    sent(&format!("/plans/{digest}"));
    Ok(())
}

/// The baseline that a form asks for.
#[cfg(feature = "ssr")]
fn baseline_of(closed: &str, interface: String, automatic: &str) -> Result<Baseline, String> {
    let closed = match closed {
        "off" => None,
        "existing" => Some(HostEndpoints::Existing),
        "automatic" => Some(HostEndpoints::Automatic),
        "named" => Some(HostEndpoints::Named { interface: interface.try_into().map_err(|error: NotAnInterface| format!("{error}."))? }),
        other => return Err(format!("`{other}` does not say on what ranges are closed: it is one of off, existing, automatic, named.")),
    };
    match automatic {
        "on" | "off" => Ok(Baseline { closed, automatic_host_endpoints: automatic == "on" }),
        other => Err(format!("`{other}` does not say whether HostEndpoints are made: it is one of on, off.")),
    }
}

/// Makes a plan that changes many Services in the same way, and goes to it. `services` are names with spaces between, `ranges` a list as it is
/// pasted, with ports behind the ranges of a line, `groups` names of client groups, and `ports` those that they may use: what breaks a rule is
/// named with it, and no plan is made.
#[server]
pub async fn change_many(
    services: String,
    how: How,
    ranges: String,
    #[server(default)] groups: Vec<String>,
    #[server(default)] ports: String,
) -> Result<(), Problem> {
    let (caller, backend) = caller()?;
    let bulk = crate::many::read(&services, how, &ranges, &groups, &ports)
        .map_err(|why| Problem::Refused(format!("No plan can be made: {why}.")))
        .reported()?;
    let digest = backend.change_many(&caller, bulk).await.reported()?;
    sent(&format!("/plans/{digest}"));
    Ok(())
}

/// Makes the plans of a text of YAML. Where it comes to one, goes to it. Refused where anything is wrong: a line a fault.
#[server]
pub async fn import(yaml: String) -> Result<Imported, Problem> {
    let (caller, backend) = caller()?;
    let imported = backend.import(&caller, yaml).await.reported()?;
    let mut plans = imported.groups.iter().map(|(_, digest)| digest).chain(imported.services.iter().map(|(_, digest)| digest));
    if let (Some(only), None) = (plans.next(), plans.next()) {
        sent(&format!("/plans/{only}"));
    }
    Ok(imported)
}

/// Applies a kept plan that still holds, and goes to the run.
#[server]
pub async fn apply(plan: PlanDigest, reason: String) -> Result<(), Problem> {
    let (caller, backend) = caller()?;
    let run = backend.apply(&caller, plan, reason).await.reported()?;
    sent(&format!("/runs/{run}"));
    Ok(())
}

/// Goes on with a run that waits, and goes to it.
#[server]
pub async fn go_on(run: RunId) -> Result<(), Problem> {
    let (caller, backend) = caller()?;
    let run = backend.go_on(&caller, run).await.reported()?;
    sent(&format!("/runs/{run}"));
    Ok(())
}

/// Puts back what a run changed that was interrupted or waits, and goes to the run that does it.
#[server]
pub async fn revert(run: RunId) -> Result<(), Problem> {
    let (caller, backend) = caller()?;
    let run = backend.revert(&caller, run).await.reported()?;
    sent(&format!("/runs/{run}"));
    Ok(())
}

/// Keeps what others made of a Service's objects as a revision, and goes to it.
#[server]
pub async fn keep_as_it_is(service: ServiceRef, reason: String) -> Result<(), Problem> {
    let (caller, backend) = caller()?;
    let revision = backend.keep_as_it_is(&caller, service, reason).await.reported()?;
    sent(&format!("/revisions/{revision}"));
    Ok(())
}

/// Makes a plan that gives the Services of a revision the access they had before it, and goes to it.
#[server]
pub async fn take_back(revision: RevisionId) -> Result<(), Problem> {
    let (caller, backend) = caller()?;
    let digest = backend.take_back(&caller, revision).await.reported()?;
    sent(&format!("/plans/{digest}"));
    Ok(())
}

/// Makes a plan that gives a Service alone what was applied for it last, and goes to it.
#[server]
pub async fn undo_drift(service: ServiceRef) -> Result<(), Problem> {
    let (caller, backend) = caller()?;
    let digest = backend.undo_drift(&caller, service).await.reported()?;
    sent(&format!("/plans/{digest}"));
    Ok(())
}

/// Makes a plan that gives the Services of a revision the access they had after it, and goes to it.
#[server]
pub async fn roll_back(to: RevisionId) -> Result<(), Problem> {
    let (caller, backend) = caller()?;
    let digest = backend.roll_back(&caller, to).await.reported()?;
    sent(&format!("/plans/{digest}"));
    Ok(())
}
