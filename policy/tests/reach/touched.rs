//! A diff compares only the Services that a change can touch: it finds what comparing all of them finds, but for what the addresses of pods
//! mean as senders. And what one question about a snapshot found out makes no difference to the next.

use crate::cluster::jobs::{Job, job};
use crate::cluster::{Cluster, cluster};
use crate::counts::Counts;
use crate::draw::{Draw, choices};
use crate::run::{self, Size};
use policy::cidr::{Cidr, CidrSet};
use policy::object::ServiceRef;
use policy::reach::diff::{Side, between, of_snapshots, target};
use policy::reach::sets;
use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeSet;

/// The cluster with a few objects changed as people change them: gone, or with the labels or the spec of another of their kind.
fn changed(cluster: &Cluster, numbers: Vec<u16>) -> Cluster {
    let mut draw = Draw::new(numbers);
    let mut changed = cluster.clone();
    for _ in 0..1 + draw.below(2) {
        let objects = &mut changed.objects;
        let at = draw.below(objects.len());
        let alike: Vec<usize> = (0..objects.len()).filter(|other| objects[*other]["kind"] == objects[at]["kind"]).collect();
        let other = objects[draw.one(&alike)].clone();
        let (pointer, fields): (&str, &[&str]) = match draw.below(4) {
            0 => {
                objects.remove(at);
                continue;
            }
            1 => ("/metadata", &["labels"]),
            2 => ("", &["spec", "status", "endpoints"]),
            _ => ("/spec", &["selector", "ingress", "order", "nets", "node", "interfaceName", "expectedIPs", "podSelector"]),
        };
        for field in fields {
            let (Some(Value::Object(mine)), Some(Value::Object(theirs))) = (objects[at].pointer_mut(pointer), other.pointer(pointer))
            else {
                continue;
            };
            match theirs.get(*field) {
                Some(value) => mine.insert((*field).to_owned(), value.clone()),
                None => mine.remove(*field),
            };
        }
    }
    changed
}

fn holds(was: &Cluster, is: &Cluster, counts: &mut Counts) -> Result<(), TestCaseError> {
    counts.clusters += 1;
    let (before, after) = (was.snapshot(), is.snapshot());
    let settings = [was.settings(&before), is.settings(&after)];
    let all: BTreeSet<ServiceRef> = was.services().into_iter().chain(is.services()).collect();
    let pods = was.pod_addresses().chain(is.pod_addresses()).filter_map(|address| address.parse::<Cidr>().ok()).collect();
    let [old, new] = [(&before, &settings[0]), (&after, &settings[1])].map(|(snapshot, settings)| Side { snapshot, settings });
    let objects = |cluster: &Cluster, other: &Cluster| {
        cluster.objects.iter().filter(|object| !other.objects.contains(object)).map(policy::yaml::to_yaml).collect::<String>()
    };
    let shown = || format!("was\n{}\nis\n{}\n{was:?}", objects(was, is), objects(is, was));
    compare([old, new], &all, &pods, shown, counts)
}

fn holds_for_plans(job: &Job, counts: &mut Counts) -> Result<(), TestCaseError> {
    counts.clusters += 1;
    let cluster = &job.cluster;
    let open = cluster.snapshot();
    let settings = cluster.settings(&open);
    let all: BTreeSet<ServiceRef> = cluster.services().into_iter().collect();
    let pods = cluster.pod_addresses().filter_map(|address| address.parse::<Cidr>().ok()).collect();
    let mut was = open;
    for change in [job.guard(0), job.guard(1)] {
        let is = target(&was, &policy::plan::plan(&was, &change).unwrap());
        let sides = [&was, &is].map(|snapshot| Side { snapshot, settings: &settings });
        compare(sides, &all, &pods, || format!("{job:?}"), counts)?;
        was = is;
    }
    Ok(())
}

/// Holds what a diff finds to what each Service, asked about alone, says.
fn compare(
    [old, new]: [Side; 2],
    all: &BTreeSet<ServiceRef>,
    pods: &CidrSet,
    shown: impl Fn() -> String,
    counts: &mut Counts,
) -> Result<(), TestCaseError> {
    let diff = of_snapshots(old, new, None).unwrap();
    let found: BTreeSet<&ServiceRef> = diff.services.iter().map(|service| &service.service).collect();
    if u32::try_from(all.len()).is_ok_and(|all| diff.compared < all) {
        counts.note("left out");
    }
    let together = [old, new].map(|side| sets::Questions::about(side.snapshot, side.settings, sets::LIMIT));
    for service in all {
        counts.packets += 1;
        let reach = [(&together[0], old), (&together[1], new)].map(|(together, side)| {
            let alone = sets::of_service(side.snapshot, side.settings, service).unwrap();
            (together.of_service(service).unwrap() == alone, alone)
        });
        prop_assert!(reach[0].0 && reach[1].0, "{}: what another question found out makes a difference: {}", service, shown());
        let difference = between(&reach[0].1, &reach[1].1);
        let changes = difference.addresses.iter().flat_map(|at| &at.paths).flat_map(|path| &path.changes);
        let outside = changes.filter(|change| !change.clients.difference(pods).is_empty()).count() > 0;
        counts.note(if outside { "differs" } else { "same" });
        // For pods alone it may be found or not.
        let differs = outside || found.contains(service) && !difference.addresses.is_empty();
        let said = diff.services.iter().find(|diff| diff.service == *service);
        prop_assert_eq!(differs, said.is_some(), "{}: {:#?}\n{}", service, said, shown());
    }
    Ok(())
}

#[test]
fn a_diff_finds_every_service_whose_clients_change() {
    let mut counts = Counts::default();
    let strategy = (cluster(), choices(12));
    let size = Size { packets: 1_000, long: 60_000 };
    run::law(size, 300, strategy, &mut counts, |(was, numbers), counts| holds(was, &changed(was, numbers.clone()), counts));
    println!("touched: {counts}");
    assert!(["left out", "differs", "same"].into_iter().all(|what| counts.noted(what) > 0));
}

#[test]
fn what_a_plan_touches_is_compared() {
    let mut counts = Counts::default();
    run::law(Size { packets: 400, long: 20_000 }, 300, job(), &mut counts, holds_for_plans);
    println!("touched by plans: {counts}");
    assert!(["left out", "differs", "same"].into_iter().all(|what| counts.noted(what) > 0));
}
