//! How long plans, events, rows and checks take in a cluster with many guarded Services: that grows with the Service at hand, not with
//! those beside it. Measured by hand, and without a bound: machines differ.
//!
//! `cargo run --release -p policy --example guarded [SERVICES [RANGES]]`
//!
//! Last result (2026-11-25, 1,000 Services on two busy cores; alike, each in a way of its own): a plan 1.3 ms, 2.9 ms; an event 50 µs,
//! 160 µs; the rows of the list 28 ms, 25 ms; the checks of the cluster 0.14 s, 0.15 s.
#![expect(clippy::expect_used, reason = "a cluster that cannot be made ends the measurement")]

#[path = "../tests/common/mod.rs"]
mod common;

use common::{World, access, eth0, pod, service};
use policy::access::{Adoption, Change, HostEndpoints, Intent, in_force};
use policy::object::{AnyObject, Kind, ServiceRef};
use policy::plan::{Plan, plan};
use policy::scope::Scope;
use policy::snapshot::Snapshot;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How the Services are guarded.
#[derive(Clone, Copy, PartialEq)]
enum Guarded {
    Alike,
    Unlike,
}

fn reference(number: u32) -> ServiceRef {
    format!("shop/svc-{number}").parse().expect("a name")
}

/// So many Services with a pod each, none of them guarded.
fn cluster(services: u32) -> Snapshot {
    let mut snapshot = World::page().without("Service", "svc-a").without("Pod", "a-").snapshot();
    let decode = |kind, object: &Value| AnyObject::decode(kind, object).expect("an object");
    let numbered = |kind: Kind, make: &dyn Fn(u32) -> Value| (0..services).map(|number| decode(kind, &make(number))).collect();
    let name = |number: u32| format!("svc-{number}");
    let address = |number: u32| format!("10.20.{}.{}", number >> 8, number & 255);
    let ports = || json!([{"port": 80, "targetPort": 8080}]);
    let services = numbered(Kind::Service, &|number| service(&name(number), &address(number), json!({"app": name(number)}), ports()));
    snapshot.set_all(Kind::Service, services);
    snapshot.set_all(Kind::Pod, numbered(Kind::Pod, &|number| pod(&name(number), "node-a", json!({"app": name(number)}))));
    snapshot
}

fn guard(number: u32, guarded: Guarded, ranges: u32) -> Change {
    let mut cidrs: Vec<String> = (0..ranges).map(|n| format!("50.{}.{}.0/24", n >> 8, n & 255)).collect();
    if guarded == Guarded::Unlike {
        cidrs.push(format!("60.{}.{}.0/24", number >> 8, number & 255));
    }
    let cidrs: Vec<&str> = cidrs.iter().map(String::as_str).collect();
    let host_endpoints = if number == 0 { eth0() } else { HostEndpoints::Existing };
    Change { service: reference(number), intent: Intent::Guard(access(&cidrs)), host_endpoints, adoption: Adoption::default() }
}

/// What a watch tells of a plan that was carried out.
fn carry_out(snapshot: &mut Snapshot, plan: &Plan) -> u32 {
    for step in &plan.steps {
        match step.write.after() {
            Some(object) => snapshot.insert(AnyObject::decode(step.key.kind, object).expect("an object")),
            None => snapshot.remove(&step.key),
        }
    }
    u32::try_from(plan.steps.len()).unwrap_or(u32::MAX)
}

fn timed<T>(what: &str, run: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = run();
    println!("  {what}: {:.1?}", start.elapsed());
    result
}

fn measure(services: u32, ranges: u32, guarded: Guarded) {
    let mut snapshot = cluster(services);
    let (mut planning, mut telling, mut events) = (Duration::ZERO, Duration::ZERO, 0);
    for number in 0..services {
        let start = Instant::now();
        let plan = plan(&snapshot, &guard(number, guarded, ranges)).expect("a plan");
        planning += start.elapsed();
        let start = Instant::now();
        events += carry_out(&mut snapshot, &plan);
        telling += start.elapsed();
    }
    println!("  {services} plans, each carried out before the next: {:.1?} a plan, {:.1?} in all", planning / services, planning);
    println!("  {events} events: {:.1?} an event, {:.1?} in all", telling / events.max(1), telling);
    let last = guard(services - 1, guarded, ranges + 1);
    timed("the scope of one", || Scope::of(&snapshot, &last.service)).expect("a scope");
    timed("a plan that changes one", || plan(&snapshot, &last)).expect("a plan");
    timed("the same plan again", || plan(&snapshot, &last)).expect("a plan");
    let open = Change { intent: Intent::Open, host_endpoints: HostEndpoints::Existing, ..last.clone() };
    timed("a plan that opens one", || plan(&snapshot, &open)).expect("a plan");
    timed("the access in force of one", || in_force(&snapshot, &last.service)).expect("it is guarded");
    timed("the rows of the list", || policy::view::rows(&snapshot));
    timed("the checks of the cluster", || policy::checks::cluster(&snapshot));
    let lists = [Kind::GlobalNetworkSet, Kind::GlobalNetworkPolicy, Kind::NetworkPolicy].map(|kind| (kind, snapshot.all(kind)));
    for (kind, objects) in lists {
        timed(&format!("a list of {} of {kind}", objects.len()), || snapshot.set_all(kind, objects));
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse().expect("a number"));
    let services = arguments.next().unwrap_or(1_000);
    let ranges = arguments.next().unwrap_or(1);
    for (guarded, how) in [(Guarded::Alike, "alike"), (Guarded::Unlike, "each in a way of its own")] {
        println!("{services} Services guarded {how}, {ranges} ranges each");
        measure(services, ranges, guarded);
    }
}
