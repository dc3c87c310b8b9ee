//! From a guard at the nodes to one at the pods alone and back, where traffic policies keep the clients' addresses: no step is worse than both ends,
//! what is asked for is read back, and nothing is left at the end.

use crate::cluster::jobs::{Job, job, target};
use crate::counts::Counts;
use crate::hardened::{held, outsiders};
use crate::packets::any_address;
use crate::run::{self, Size};
use crate::steps::walk;
use policy::access::{Access, Change, Enforced, Intent, in_force};
use policy::plan::Role;
use policy::snapshot::Snapshot;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// The job with a Service that keeps its clients to the node which they enter by.
fn local(job: &Job) -> Job {
    let mut job = job.clone();
    for object in job.cluster.objects.iter_mut().filter(|object| object["kind"] == "Service" && object["metadata"]["name"] == "s0") {
        object["spec"]["internalTrafficPolicy"] = "Local".into();
        object["spec"]["externalTrafficPolicy"] = "Local".into();
    }
    job
}

fn guard(job: &Job, which: usize, enforced: Enforced) -> Change {
    let access = Access { enforced, ..job.accesses[which].clone() };
    Change { intent: Intent::Guard(access), ..job.guard(which) }
}

/// The cluster once a change is made step by step; none where it is blocked.
fn made(
    job: &Job,
    now: &Snapshot,
    change: &Change,
    clients: &BTreeSet<IpAddr>,
    counts: &mut Counts,
) -> Result<Option<Snapshot>, TestCaseError> {
    let plan = policy::plan::plan(now, change).map_err(|error| TestCaseError::fail(error.to_string()))?;
    let plan = held(&job.cluster.settings(now), now, plan);
    if plan.blocked() {
        counts.note("blocked");
        return Ok(None);
    }
    let at_nodes = |role| matches!(role, Role::HostEndpoint | Role::AddressSet | Role::EdgePolicy | Role::ForwardPolicy | Role::ForwardEnd);
    let made = plan.steps.iter().filter(|step| step.write.after().is_some() && at_nodes(step.role)).count();
    prop_assert!(!change.at_pods_alone() || made == 0, "{made} objects are made at the nodes: {:#?}", plan.steps);
    let then = walk(job, now, &plan, clients, counts)?;
    let wanted = match &change.intent {
        Intent::Guard(access) => Some(access.normalised()),
        Intent::Open => None,
    };
    prop_assert_eq!(in_force(&then, &target()), wanted);
    if change.at_pods_alone() {
        let again = policy::plan::plan(&then, change).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(again.steps.len(), 0, "once made, nothing is left to do: {:#?}", again.steps);
    }
    Ok(Some(then))
}

fn holds(job: &Job, from_nodes: bool, more: &[IpAddr], counts: &mut Counts) -> Result<(), TestCaseError> {
    counts.clusters += 1;
    let job = local(job);
    // Some of each kind: a cluster more says more than a neighbour of a client.
    let clients: BTreeSet<IpAddr> = outsiders(&job, more).into_iter().step_by(3).collect();
    let before = job.cluster.snapshot();
    let (first, second) =
        if from_nodes { (Enforced::NodesAndPods, Enforced::PodsAlone) } else { (Enforced::PodsAlone, Enforced::NodesAndPods) };
    let Some(now) = made(&job, &before, &guard(&job, 0, first), &clients, counts)? else { return Ok(()) };
    let Some(now) = made(&job, &now, &guard(&job, 1, second), &clients, counts)? else { return Ok(()) };
    counts.note(if from_nodes { "from the nodes to the pods alone" } else { "from the pods alone to the nodes" });
    let Some(now) = made(&job, &now, &job.open(), &clients, counts)? else { return Ok(()) };
    prop_assert_eq!(before.differing(&now), []);
    counts.note("and back to nothing");
    Ok(())
}

#[test]
fn no_step_between_the_nodes_and_the_pods_alone_is_worse_than_both_ends() {
    let mut counts = Counts::default();
    let strategy = (job(), any::<bool>(), prop::collection::vec(any_address(), 1));
    run::law(Size { packets: 25_000, long: 200_000 }, 200, strategy, &mut counts, |(job, from_nodes, more), counts| {
        holds(job, *from_nodes, more, counts)
    });
    println!("local: {counts}\n{}", counts.notes());
    for way in ["from the nodes to the pods alone", "from the pods alone to the nodes", "and back to nothing"] {
        assert!(counts.noted(way) > 0, "no plan goes {way}");
    }
}
