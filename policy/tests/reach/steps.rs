//! A plan half carried out is never worse than both its ends: no prefix of its steps cuts a client that both ends allow, or lets one in
//! that both deny.

use crate::after::made;
use crate::ask::{ask, of_port, outside};
use crate::cluster::jobs::{Job, job, target};
use crate::counts::Counts;
use crate::hardened::{Place, entries, held, others, outsiders, places};
use crate::packets::any_address;
use crate::run::{self, Size};
use policy::access::{Access, Asked, Change, Intent, in_force};
use policy::finding::Finding;
use policy::object::Service;
use policy::plan::Plan;
use policy::reach::packet::PathKey;
use policy::reach::settings::Settings;
use policy::reach::verdict::{Journey, Verdict};
use policy::snapshot::Snapshot;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// What becomes of each client's packets on each path.
fn journeys(job: &Job, snapshot: &Snapshot, settings: &Settings, clients: &BTreeSet<IpAddr>) -> BTreeMap<(IpAddr, u16, PathKey), Journey> {
    let mut found = BTreeMap::new();
    for Place { address, port, .. } in places(snapshot) {
        for entry in entries(job) {
            for client in clients.iter().filter(|client| client.is_ipv4() == address.is_ipv4()) {
                let answer = ask(snapshot, settings, outside(*client), address, of_port(port), entry.clone());
                found.extend(answer.paths.into_iter().map(|journey| ((*client, port.port, journey.path.clone()), journey)));
            }
        }
    }
    found
}

/// Whether the plan is to let this client in, or takes back an access that was to.
fn asked_for(first: &Snapshot, plan: &Plan, client: IpAddr) -> bool {
    let names = |access: &Access| access.addresses().contains(client);
    let lets_in = |change: &Change| {
        matches!(&change.intent, Intent::Guard(access) if names(access))
            || in_force(first, &change.service).is_some_and(|access| names(&access))
    };
    plan.change.changes().iter().any(lets_in)
}

pub(crate) fn walk(
    job: &Job,
    first: &Snapshot,
    plan: &Plan,
    clients: &BTreeSet<IpAddr>,
    counts: &mut Counts,
) -> Result<Snapshot, TestCaseError> {
    let settings = job.cluster.settings(first);
    let mut states = vec![first.clone()];
    for step in &plan.steps {
        let next = made(states.last().unwrap(), step);
        states.push(next);
    }
    let all: Vec<_> = states.iter().map(|state| journeys(job, state, &settings, clients)).collect();
    let (before, after) = (&all[0], &all[all.len() - 1]);
    // A selector of others that asks for no label means our sets too, and so something else with each of them: the plan that makes them says so,
    // and from then on *Checks*.
    let means_sets = |findings: &[Finding]| findings.iter().any(|finding| finding.id == "foreign-selector-means-sets");
    let loose = means_sets(&plan.findings) || means_sets(&policy::checks::cluster(first));
    for (at, now) in all.iter().enumerate() {
        for (key, journey) in now {
            counts.count(journey);
            let (Some(before), Some(after)) = (before.get(key), after.get(key)) else { continue };
            let agreed = before.verdict == after.verdict && !matches!(before.verdict, Verdict::Unknown(_));
            if agreed && journey.verdict != before.verdict && loose {
                counts.note("by a selector of others that means sets");
            } else if agreed && journey.verdict == Verdict::Allowed && asked_for(first, plan, key.0) && !others(after).is_empty() {
                // Nobody but who was asked for.
                counts.note("asked for, and cut by others at the end");
            } else if agreed && journey.verdict != before.verdict {
                let steps: Vec<String> = plan.steps.iter().map(|step| format!("{} {}", step.write.verb(), step.key)).collect();
                return Err(TestCaseError::fail(format!(
                    "after {at} of {steps:#?}: both ends say {:?}\n{journey:#?}\n{job:?}",
                    before.verdict
                )));
            }
        }
    }
    Ok(states.pop().unwrap())
}

fn holds(job: &Job, more: &[IpAddr], counts: &mut Counts) -> Result<(), TestCaseError> {
    counts.clusters += 1;
    let clients = outsiders(job, more);
    let mut now = job.cluster.snapshot();
    for change in [job.guard(0), job.guard(1), job.open()] {
        let plan = policy::plan::plan(&now, &change).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let plan = held(&job.cluster.settings(&now), &now, plan);
        if plan.blocked() {
            counts.note("blocked");
            return Ok(());
        }
        now = walk(job, &now, &plan, &clients, counts)?;
        let again = policy::plan::plan(&now, &change).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(again.steps.len(), 0, "once made, nothing is left to do: {:#?}", again.steps);
    }
    Ok(())
}

#[test]
fn no_step_is_worse_than_both_ends() {
    let mut counts = Counts::default();
    let strategy = (job(), prop::collection::vec(any_address(), 2));
    run::law(Size { packets: 20_000, long: 200_000 }, 300, strategy, &mut counts, |(job, more), counts| holds(job, more, counts));
    println!("steps: {counts}");
}

/// The same for changes of two Services in one plan, which may share pods, policies and HostEndpoints.
fn hold_together(job: &Job, more: &[IpAddr], counts: &mut Counts) -> Result<(), TestCaseError> {
    counts.clusters += 1;
    let clients = outsiders(job, more);
    let mut now = job.cluster.snapshot();
    let services = now.iter::<Service>().filter_map(|service| service.reference());
    let Some(other) = services.filter(|service| *service != target()).min() else {
        counts.note("alone");
        return Ok(());
    };
    let of_other = |change: Change| Change { service: other.clone(), ..change };
    for changes in [
        vec![job.guard(0), of_other(job.guard(1))],
        vec![job.guard(1), of_other(job.guard(1))],
        vec![job.open(), of_other(job.guard(0))],
        vec![job.open(), of_other(job.open())],
    ] {
        let asked = Asked::together(changes).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let plan = policy::plan::plan_of(&now, &asked).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let plan = held(&job.cluster.settings(&now), &now, plan);
        if plan.blocked() {
            counts.note("blocked");
            return Ok(());
        }
        let twice = plan.steps.iter().map(|step| &step.key).collect::<BTreeSet<_>>().len() < plan.steps.len();
        if twice {
            counts.note("written twice");
        }
        now = walk(job, &now, &plan, &clients, counts)?;
        for change in asked.changes() {
            let wanted = match &change.intent {
                Intent::Guard(access) => Some(access.normalised()),
                Intent::Open => None,
            };
            prop_assert_eq!(in_force(&now, &change.service), wanted);
        }
        let again = policy::plan::plan_of(&now, &asked).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(again.steps.len(), 0, "once made, nothing is left to do: {:#?}", again.steps);
    }
    Ok(())
}

#[test]
fn no_step_of_several_changes_is_worse_than_both_ends() {
    let mut counts = Counts::default();
    let strategy = (job(), prop::collection::vec(any_address(), 2));
    run::law(Size { packets: 20_000, long: 200_000 }, 300, strategy, &mut counts, |(job, more), counts| hold_together(job, more, counts));
    println!("steps of several: {counts}");
}
