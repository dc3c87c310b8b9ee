//! One node first: while the run waits, that node shuts out whom the plan shuts out and every other node is as before; and no step with a
//! canary is worse than both ends.

use crate::after::made;
use crate::ask::{ask, carries, client, entry, reached};
use crate::cluster::Cluster;
use crate::cluster::jobs::{Job, job};
use crate::counts::Counts;
use crate::hardened::outsiders;
use crate::packets::any_address;
use crate::page::{ADDRESS, AUTHORISED, OUTSIDER, host_endpoints, plain, svc_a};
use crate::run::{self, Size};
use crate::steps::walk;
use policy::access::{Access, Adoption, Asked, Canary, Change, ClientRange, HostEndpoints, Intent, Protocol, in_force};
use policy::plan::{Plan, Role, plan_of};
use policy::snapshot::Snapshot;
use proptest::prelude::*;
use serde_json::json;
use std::net::IpAddr;

fn change(host_endpoints: HostEndpoints) -> Change {
    let office = ClientRange { cidr: "50.60.0.0/16".parse().unwrap(), ports: Vec::new(), note: String::new() };
    let access = Access { clients: vec![office], ..Access::default() };
    Change { service: svc_a(), intent: Intent::Guard(access), host_endpoints, adoption: Adoption::default() }
}

fn named() -> HostEndpoints {
    HostEndpoints::Named { interface: "eth0".to_owned().try_into().unwrap() }
}

fn first(cluster: &Cluster, change: Change, node: &str) -> Plan {
    plan_of(&cluster.snapshot(), &Asked::Canary(Canary { change, canary: node.to_owned() })).unwrap()
}

/// Whether a client outside gets to the Service by a node.
fn gets_in(cluster: &Cluster, snapshot: &Snapshot, from: &str, node: &str) -> Option<bool> {
    reached(&ask(snapshot, &cluster.settings(snapshot), client(from), ADDRESS.parse().unwrap(), carries(Protocol::Tcp, 80), entry(node)))
}

#[test]
fn while_the_run_waits_one_node_decides_as_planned_and_the_other_as_before() {
    let existing = plain().with_all(host_endpoints("eth0")).set("HostEndpoint", "node-a-hep", "/metadata/labels/rack", json!("one"));
    for (cluster, edge) in [(plain(), named()), (existing, HostEndpoints::Existing)] {
        let plan = first(&cluster, change(edge.clone()), "node-a");
        assert!(!plan.blocked(), "{:#?}", plan.findings);
        let held = plan.steps.iter().position(|step| step.hold).unwrap();
        assert_eq!(plan.steps.iter().filter(|step| step.hold).count(), 1);
        assert!(plan.steps[..held].iter().all(|step| matches!(step.role, Role::ClientSet | Role::HostEndpoint)), "{edge:?}");
        let mut now = cluster.snapshot();
        for step in &plan.steps[..=held] {
            now = made(&now, step);
        }
        let found = |from| ["node-a", "node-b"].map(|node| gets_in(&cluster, &now, from, node));
        assert_eq!(found(OUTSIDER), [Some(false), Some(true)], "{edge:?}");
        assert_eq!(found(AUTHORISED), [Some(true), Some(true)], "{edge:?}");
        for step in &plan.steps[held + 1..] {
            now = made(&now, step);
        }
        assert_eq!(["node-a", "node-b"].map(|node| gets_in(&cluster, &now, OUTSIDER, node)), [Some(false); 2]);
        let with = |snapshot: &Snapshot| plan_of(snapshot, &Asked::Service(change(edge.clone()))).unwrap().steps.len();
        assert_eq!(with(&now), 0, "nothing of the canary is left, and nothing else is to do");
        assert!(now.get::<policy::object::Kept<policy::object::GlobalNetworkPolicy>>("", &plan.steps[held].key.name).is_none());
    }
}

#[test]
fn what_cannot_be_tried_at_a_node_is_a_blocker_that_says_why() {
    let blocked = |cluster: &Cluster, change: Change, node: &str, id: &str, says: &str| {
        let plan = first(cluster, change, node);
        let found = plan.findings.iter().find(|finding| finding.id == id).unwrap_or_else(|| panic!("{id}: {:#?}", plan.findings));
        assert!(plan.blocked() && found.what.contains(says), "{found:#?}");
    };
    blocked(&plain(), change(named()), "node-z", "canary-node", "There is no node `node-z`.");
    let alike = plain().with_all(host_endpoints("eth0"));
    blocked(&alike, change(HostEndpoints::Existing), "node-a", "canary-not-told-apart", "no label that tells it from");
    let open = Change { intent: Intent::Open, ..change(named()) };
    let once = first(&plain(), change(named()), "node-b");
    let guarded = plain().after(&once.steps);
    blocked(&guarded, open, "node-a", "canary-for-first-guard", "cannot be tried at one node first");
    let mut wider = change(named());
    wider.intent = Intent::Guard(Access::default());
    blocked(&guarded, wider, "node-a", "canary-for-first-guard", "cannot be tried at one node first");
    let same = first(&guarded, change(named()), "node-a");
    assert!(same.steps.is_empty() && !same.blocked(), "what is in force has nothing to try: {:#?}", same.findings);
}

fn holds(job: &Job, more: &[IpAddr], counts: &mut Counts) -> Result<(), TestCaseError> {
    counts.clusters += 1;
    let clients = outsiders(job, more);
    let now = job.cluster.snapshot();
    for node in &job.nodes {
        let asked = Asked::Canary(Canary { change: job.guard(0), canary: node.clone() });
        let plan = plan_of(&now, &asked).map_err(|error| TestCaseError::fail(error.to_string()))?;
        if plan.blocked() {
            counts.note("blocked");
            continue;
        }
        counts.note("tried");
        let then = walk(job, &now, &plan, &clients, counts)?;
        let Intent::Guard(access) = job.guard(0).intent else { continue };
        prop_assert_eq!(in_force(&then, &job.guard(0).service), Some(access.normalised()));
        let again = plan_of(&then, &Asked::Service(job.guard(0))).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(again.steps.len(), 0, "once made, nothing is left to do: {:#?}", again.steps);
    }
    Ok(())
}

#[test]
fn no_step_with_one_node_first_is_worse_than_both_ends() {
    let mut counts = Counts::default();
    let strategy = (job(), prop::collection::vec(any_address(), 2));
    run::law(Size { packets: 10_000, long: 100_000 }, 300, strategy, &mut counts, |(job, more), counts| holds(job, more, counts));
    println!("canary: {counts}");
}
