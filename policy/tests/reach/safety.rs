//! What a plan is held to, over generated clusters: the recipe cuts nothing that a cluster lives by, and what blocks for the sake of
//! policies of others has a packet that shows it.

use crate::ask::{ask, of_port, outside};
use crate::cluster::jobs::{Job, job, target};
use crate::counts::Counts;
use crate::run::{self, Size};
use policy::finding::{Finding, Severity};
use policy::reach::lockout::{Way, Ways};
use policy::reach::packet::Destination;
use policy::reach::safety::Safeguards;
use policy::reach::sets::Kept;
use policy::reach::settings::Settings;
use policy::reach::trace;
use policy::reach::verdict::Verdict;
use policy::scope::Scope;
use policy::snapshot::Snapshot;
use proptest::prelude::*;

fn safeguards() -> Safeguards {
    let way = |from: &str, to: &str, port| Some(Way { from: from.parse().unwrap(), to: to.parse().unwrap(), port });
    let ways = Ways { operator: way("198.51.100.7", "10.0.1.1", 8787), portcullis: way("10.0.2.1", "10.0.1.1", 6443) };
    Safeguards { sentences: Vec::new(), ways }
}

/// Whether the packet of a finding gets in on a path, or may. That of a guard at the pods alone may be one that is cut instead (`local`).
fn shown(finding: &Finding, after: &Snapshot, settings: &Settings) -> bool {
    let Some(packet) = finding.packet.as_ref().filter(|_| !finding.id.starts_with("pods-alone-")) else { return true };
    let question = packet.read().unwrap();
    let of_the_engine =
        ["lets-in-others", "cuts-clients", "clients-untold", "nodes-let-in", "in-cluster-let-in"].contains(&finding.id.as_str());
    assert!(of_the_engine || matches!(question.to, Destination::Service { .. }));
    let cut = finding.id == "cuts-clients";
    trace::ask(after, settings, &question).paths.iter().any(|journey| (journey.verdict == Verdict::Denied) == cut)
}

fn holds(job: &Job, counts: &mut Counts) -> Result<(), TestCaseError> {
    counts.clusters += 1;
    let before = job.cluster.snapshot();
    let plan = job.cluster.plan(&job.guard(0));
    if plan.blocked() {
        counts.note("blocked by the plan's own checks");
        return Ok(());
    }
    let after = job.cluster.after(&plan.steps).snapshot();
    let settings = job.cluster.settings(&before);
    let held = plan.clone().held_to(&before, &settings, &safeguards());
    prop_assert_eq!((&held.digest, &held.steps), (&plan.digest, &plan.steps));
    prop_assert_eq!(&held.clone().held_to(&before, &settings, &safeguards()), &held);
    let mut kept = Kept::default();
    for _ in 0..2 {
        prop_assert_eq!(&plan.clone().held_to_keeping(&before, &settings, &safeguards(), &mut kept), &held);
    }
    if held.blocked() {
        counts.note("blocked by what it is held to");
    }
    for finding in held.findings.iter().filter(|finding| finding.severity == Severity::Blocker) {
        if finding.id == "locked-out" {
            // No policy of ours cuts it. One of others can, where its selector means every set that lacks a label, and so ours too.
            let of_others = finding.objects.iter().all(|object| !object.name.starts_with("portcullis-"));
            let question = finding.packet.as_ref().unwrap().read().unwrap();
            let gets_there = |snapshot| trace::ask(snapshot, &settings, &question).paths.iter().all(|way| way.verdict == Verdict::Allowed);
            prop_assert!(of_others && gets_there(&before) && !gets_there(&after), "{finding:#?}\n{job:?}");
            counts.note("locked out by policies of others that mean our sets");
            continue;
        }
        prop_assert!(shown(finding, &after, &settings), "{finding:#?}\n{job:?}");
    }
    // A stranger's packets are followed too, so that the law comes to its end.
    let Some(scope) = Scope::of(&after, &target()) else { return Ok(()) };
    let ports = scope.service.ports.iter().map(|facts| facts.port);
    for (address, port) in scope.service.cluster_ips.iter().zip(ports) {
        let stranger = outside(if address.is_ipv4() { "50.61.0.1" } else { "2001:db9::1" }.parse().unwrap());
        let answer = ask(&after, &settings, stranger, *address, of_port(port), Default::default());
        answer.paths.iter().for_each(|path| counts.count(path));
    }
    Ok(())
}

#[test]
fn the_recipe_cuts_nothing_that_a_cluster_lives_by() {
    let mut counts = Counts::default();
    run::law(Size { packets: 1_500, long: 50_000 }, 100, job(), &mut counts, holds);
    println!("safety: {counts}\n{}", counts.notes());
    let free = counts.clusters - counts.noted("blocked by the plan's own checks") - counts.noted("blocked by what it is held to");
    let share = 100 * free / counts.clusters;
    println!("{share} % of {} clusters raise no blocker of either", counts.clusters);
    let locked_out = counts.noted("locked out by policies of others that mean our sets");
    assert!(locked_out * 50 <= counts.clusters, "{locked_out} of {} clusters", counts.clusters);
    assert!(share >= 60, "only {share} % of generated clusters raise no blocker");
}
