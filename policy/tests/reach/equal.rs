//! The trace of one packet and the sets of a Service say the same: for clients that rules speak about, for clients of any address, and on
//! every boundary of every set, on every path.
//!
//! A fixed share in every run; 10^6 packets where `PORTCULLIS_LONG` is set.

use crate::cluster::{Cluster, calico, cluster};
use crate::counts::Counts;
use crate::engines::{Both, Mismatch};
use crate::packets::{always, any_address, boundaries};
use crate::page::{AUTHORISED, page, svc_a};
use crate::run::{self, Size};
use crate::smaller::smaller;
use policy::access::Port;
use policy::object::ServiceRef;
use policy::reach::verdict::Verdict;
use proptest::prelude::*;
use serde_json::json;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// Most boundary addresses of one cluster that are asked about; a cluster of two hundred rules has more.
const BOUNDARIES: usize = 400;

/// So many clusters have the shares of all that can be drawn.
const MANY: u64 = 500;

fn holds(cluster: &Cluster, more: &[IpAddr], counts: &mut Counts) -> Result<(), TestCaseError> {
    let snapshot = cluster.snapshot();
    let settings = cluster.settings(&snapshot);
    counts.clusters += 1;
    for service in cluster.services() {
        let both = Both::new(&snapshot, &settings, &service);
        let ends = boundaries(&both.reach);
        // Every boundary, but of a cluster with very many of them: those evenly.
        let step = ends.len().div_ceil(BOUNDARIES).max(1);
        let clients: BTreeSet<IpAddr> = always().into_iter().chain(more.iter().copied()).chain(ends.into_iter().step_by(step)).collect();
        for port in both.ports() {
            for client in &clients {
                if both.compare(*client, port, &mut |journey| counts.count(journey)).is_err() {
                    return Err(TestCaseError::fail(told(cluster, &service, *client, port)));
                }
            }
        }
    }
    Ok(())
}

/// The difference in the smallest cluster that still shows it.
fn told(cluster: &Cluster, service: &ServiceRef, client: IpAddr, port: Port) -> String {
    let differs = |cluster: &Cluster| {
        let snapshot = cluster.snapshot();
        let settings = cluster.settings(&snapshot);
        let both = Both::new(&snapshot, &settings, service);
        if both.ports().contains(&port) { both.compare(client, port, &mut |_| {}).err() } else { None }
    };
    let first = differs(cluster);
    if run::as_found() {
        return format!("{first:#?}\n{cluster:?}");
    }
    // Not just any difference: what is taken out may make others.
    let of = |mismatch: &Mismatch| {
        (
            mismatch.what,
            mismatch.sets.clone(),
            mismatch.trace.as_ref().map(|journey| (journey.verdict.clone(), journey.path.backend.is_some())),
        )
    };
    let wanted = first.as_deref().map(of);
    let same = |mismatch: Mismatch| mismatch.what == "paths" || wanted == Some(of(&mismatch));
    let small =
        smaller(cluster, |cluster| cluster.services().contains(service) && differs(cluster).is_some_and(|mismatch| same(*mismatch)));
    format!("{:#?}\n{small:?}", differs(&small))
}

#[test]
fn a_trace_is_what_the_sets_say() {
    let mut counts = Counts::default();
    let strategy = (cluster(), prop::collection::vec(any_address(), 6));
    run::law(Size { packets: 40_000, long: 1_000_000 }, 0, strategy, &mut counts, |(cluster, more), counts| holds(cluster, more, counts));
    println!("trace and sets: {counts}");
    // A law that hardly anything passes, or of which little can be told, proves little. Of few clusters one alone makes much of the share.
    let (allowed, unknown) = if counts.clusters < MANY { (10..=85, 30) } else { (20..=80, 15) };
    assert!(allowed.contains(&counts.allowed_percent()), "{counts}");
    assert!(counts.unknown_percent() <= unknown, "{counts}");
}

/// A slice follows its pods a moment later: what is sent to an address ends where that is, whichever pod the slice names.
#[test]
fn an_endpoint_is_the_pod_that_has_its_address() {
    let guarded = || {
        let deny = json!({"selector": "app == 'svc-a'", "types": ["Ingress"], "ingress": []});
        page().with(calico("GlobalNetworkPolicy", "shut", deny))
    };
    let holds = |cluster: &Cluster| holds(cluster, &[], &mut Counts::default()).unwrap();
    let allowed = |cluster: &Cluster| {
        let snapshot = cluster.snapshot();
        let reach = policy::reach::sets::of_service(&snapshot, &cluster.settings(&snapshot), &svc_a()).unwrap();
        let groups = reach.addresses.iter().filter(|at| at.port.to_string() == "TCP/80").flat_map(|at| &at.groups);
        groups.filter(|group| group.clients.verdict(AUTHORISED.parse().unwrap()) == Some(Verdict::Allowed)).count()
    };
    holds(&guarded());
    assert_eq!(allowed(&guarded()), 0, "its pod is shut");
    let named = guarded().set("EndpointSlice", "svc-a-1", "/endpoints/0/targetRef/name", json!("caller-a"));
    holds(&named);
    assert_eq!(allowed(&named), 0, "another pod is named, and the shut one has the address");
    let moved = guarded().set("EndpointSlice", "svc-a-1", "/endpoints/0/addresses", json!(["192.168.10.12"]));
    holds(&moved);
    assert_eq!(allowed(&moved), 2, "the shut pod is named, and another has the address");
    let without = guarded().set("Pod", "svc-a-1", "/status", json!({"phase": "Pending"}));
    holds(&without);
    let absent = guarded().without("Pod", "svc-a-1");
    holds(&absent);
}
