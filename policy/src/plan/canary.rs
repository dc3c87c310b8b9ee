//! One node first: what shuts clients out of a Service that was open is tried at a single node, and the run waits there.
//!
//! A policy of its own does it, on the HostEndpoints of that node alone: it decides before the edge policy for all, which can be another
//! Service's too. It goes once that one is in force. What comes behind it (forward policies, pod policies) is the same everywhere, and
//! waits with the rest.

use super::digest::{self, Input};
use super::hand_made;
use super::make::{self, name_taken, refused};
use super::steps::{CANARY_GOES, carried_out, step, write};
use super::{Plan, PlanError, Role, Step, Write};
use crate::access::{Asked, Canary, Change, Intent, guard};
use crate::checks::Draft;
use crate::finding::{Finding, Severity};
use crate::names;
use crate::object::{HostEndpoint, Kept, Kind, Labels, Node, Object, ObjectKey};
use crate::recipe::{self, Generated};
use crate::selector::Selector;
use crate::snapshot::Snapshot;
use std::sync::Arc;

/// The plan of a change, with one node before the others.
pub(super) fn one_node_first(snapshot: &Snapshot, of: &Canary) -> Result<Plan, PlanError> {
    let mut plan = make::plan(snapshot, &of.change)?;
    let change = plan.change.only().unwrap_or(&of.change).clone();
    // What is in force already has nothing left to try.
    if !plan.steps.is_empty() {
        match policy(snapshot, &change, &plan, &of.canary) {
            Ok((at, generated)) => {
                plan.inputs.push(Input::new(&format!("what is tried at {}", of.canary), &generated.object));
                plan.findings.extend(refused(std::iter::once(&generated.object)));
                plan.findings.extend(name_taken(snapshot, &generated.key));
                around(snapshot, &mut plan.steps, at, &generated, &of.canary);
            }
            Err(blocker) => plan.findings.push(*blocker),
        }
        plan.findings.sort();
        plan.summary = format!("{} Tried at {} first.", plan.summary, of.canary);
    }
    plan.change = Asked::Canary(Canary { change, canary: of.canary.clone() });
    plan.digest = digest::of_plan(&plan.change, &plan.inputs);
    Ok(plan)
}

/// Puts the canary before the step at `at`, and its end behind all.
fn around(snapshot: &Snapshot, steps: &mut Vec<Step>, at: usize, generated: &Generated, node: &str) {
    let why =
        format!("This step shuts clients out at {node} alone. Then the run waits until somebody says that it may go on, or takes it back.");
    let left = steps.iter().any(|step| step.key == generated.key);
    let Some(first) = write(snapshot, Role::Canary, &generated.key, &generated.object, &why) else { return };
    if let Some(before) = first.write.after().cloned().filter(|_| !left) {
        // What the API server makes of it is known to the run alone: it puts uid and version in.
        let end = Write::Delete { before, uid: String::new(), resource_version: String::new() };
        steps.push(step(&generated.key, Role::Canary, end, CANARY_GOES));
    }
    steps.insert(at, Step { hold: true, ..first });
}

/// The policy, and the step that it comes before.
fn policy(snapshot: &Snapshot, change: &Change, plan: &Plan, node: &str) -> Result<(usize, Generated), Box<Finding>> {
    let service = &change.service;
    let first = plan.steps.iter().position(|step| matches!(step.role, Role::AddressSet | Role::EdgePolicy));
    let (Intent::Guard(access), Some(at), None) = (&change.intent, first, guard(snapshot, service)) else {
        return Err(blocker(
            "canary-for-first-guard",
            format!("`{service}` cannot be tried at one node first."),
            vec![service.key()],
            "Only the first guard of a Service can: from then on its sets are what every node decides by, and a change of them is one for all \
             nodes at once.",
            "Plan the change without a node to begin with.",
        ));
    };
    let settled = hand_made::settled(snapshot, &change.adoption);
    let scope = make::scope(&settled, service).ok();
    let edge = scope.as_ref().and_then(|scope| recipe::edge_selector(&scope.edge, &change.host_endpoints));
    let (Some(scope), Some(edge)) = (scope, edge.and_then(|edge| Selector::parse(&edge).ok())) else {
        return Err(without_endpoint(snapshot, node));
    };
    let then = carried_out(snapshot, &plan.steps[..at]);
    let of_edge = |endpoint: &&Arc<Kept<HostEndpoint>>| edge.matches(&then.host_labels(endpoint));
    let (here, elsewhere): (Vec<_>, Vec<_>) =
        then.iter::<Kept<HostEndpoint>>().filter(of_edge).partition(|endpoint| endpoint.spec.node == node);
    if here.is_empty() {
        return Err(without_endpoint(snapshot, node));
    }
    let mut terms = Vec::new();
    for endpoint in here {
        let Some(term) = told_apart(&endpoint.metadata.labels, &elsewhere) else {
            return Err(blocker(
                "canary-not-told-apart",
                format!("{} carries no label that tells it from the HostEndpoints of other nodes.", endpoint.key()),
                vec![endpoint.key()],
                "A policy selects HostEndpoints by their labels alone: none could be made for this node.",
                "Give it a label with the node's name, as `kubernetes.io/hostname`, or plan without a node to begin with.",
            ));
        };
        if !terms.contains(&term) {
            terms.push(term);
        }
    }
    let generated = recipe::canary(&scope, access, &change.host_endpoints, node, &terms.join(" || "));
    generated.map(|generated| (at, generated)).ok_or_else(|| without_endpoint(snapshot, node))
}

/// A selector for a label that none of the others carries: one that names the node where there is one.
fn told_apart(labels: &Labels, others: &[&Arc<Kept<HostEndpoint>>]) -> Option<String> {
    let alone = |(key, value): &(&String, &String)| others.iter().all(|other| other.metadata.labels.get(key.as_str()) != Some(value));
    let named = |(key, _): &(&String, &String)| match key.as_str() {
        names::NODE_LABEL => 0,
        "kubernetes.io/hostname" => 1,
        _ => 2,
    };
    let (key, value) = labels.iter().filter(alone).min_by_key(named)?;
    Some(format!("{key} == '{value}'"))
}

fn without_endpoint(snapshot: &Snapshot, node: &str) -> Box<Finding> {
    let what = match snapshot.get::<Node>("", node) {
        None => format!("There is no node `{node}`."),
        Some(_) => format!("The node `{node}` has no HostEndpoint that the edge policy selects."),
    };
    let why = "A change is tried at a node by a policy on its HostEndpoints.";
    blocker("canary-node", what, vec![ObjectKey::new(Kind::Node, "", node)], why, "Name a node that has one.")
}

fn blocker(id: &str, what: String, objects: Vec<ObjectKey>, why: &str, action: &str) -> Box<Finding> {
    Box::new(Draft::new(Severity::Blocker, id, objects).says(what, why, action))
}
