//! How long a template takes to be made, and to be completed while somebody types 1,000 ranges. Measured by hand: machines differ.
//!
//! `cargo run --release -p policy --example template`
//!
//! Last result (2026-11-26, the middle on two cores shared by some ten busy programs): made in 43 ms, 26,921 bytes of JSON; completed with
//! 1,000 others in 0.5 ms; the policies and findings beside it in 8 ms.
#![expect(clippy::expect_used, reason = "a cluster that cannot be made ends the measurement")]

#[path = "../tests/common/mod.rs"]
mod common;

use common::{World, access, eth0, svc_a};
use policy::access::{Adoption, Change, Intent};
use policy::preview::Preview;
use policy::reach::diff::target;
use policy::reach::sets::Kept;
use policy::reach::settings::{Settings, Told};
use policy::reach::template::{Shape, make};
use policy::scope::Scope;
use std::time::{Duration, Instant};

fn guard(ranges: &[String]) -> Change {
    let ranges: Vec<&str> = ranges.iter().map(String::as_str).collect();
    Change { service: svc_a(), intent: Intent::Guard(access(&ranges)), host_endpoints: eth0(), adoption: Adoption::default() }
}

fn times<T>(rounds: usize, mut run: impl FnMut(usize) -> T) -> (Duration, Duration) {
    let mut times: Vec<Duration> = (0..rounds)
        .map(|round| {
            let start = Instant::now();
            std::hint::black_box(run(round));
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    (times[rounds / 2], times[rounds * 99 / 100])
}

fn main() {
    let ranges: Vec<String> =
        (0_u32..1_200).map(|n| format!("{}.{}.{}.0/24", 50 + n * 7919 % 90, n * 104_729 % 251, n * 31 % 127 * 2)).collect();
    let open = World::page().with_endpoints().snapshot();
    let plan = policy::plan::plan(&open, &guard(&ranges[..1_000])).expect("a plan");
    let snapshot = target(&open, &plan);
    let settings = Settings::read(&snapshot, &Told::default());
    let shape = Shape::of(&guard(&ranges)).expect("a shape");
    let (p50, p99) = times(50, |_| make(&snapshot, &settings, &shape, &mut Kept::default()));
    let template = make(&snapshot, &settings, &shape, &mut Kept::default()).expect("a template");
    let bytes = serde_json::to_vec(&template).expect("JSON").len();
    println!("a template, 1,000 ranges in force: p50 {p50:?} p99 {p99:?}, {bytes} bytes of JSON");
    let drafts: Vec<Change> = (0..200).map(|from| guard(&ranges[from..from + 1_000])).collect();
    let (p50, p99) = times(200, |round| template.complete(&drafts[round]).expect("it is for such drafts"));
    println!("completed with 1,000 others, rows and sentence: p50 {p50:?} p99 {p99:?}");
    let scope = Scope::of(&snapshot, &svc_a()).expect("a Service");
    let (p50, p99) = times(200, |round| Preview::of(&scope, &drafts[round]));
    println!("policies and findings beside it: p50 {p50:?} p99 {p99:?}");
}
