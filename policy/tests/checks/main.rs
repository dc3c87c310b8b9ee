//! Every check that a plan makes: a cluster that trips it, and the same cluster but for the one thing.

mod addresses;
mod asked;
mod case;
#[path = "../common/mod.rs"]
mod common;
mod hosts;
mod others;
mod service;
mod sets;
mod worlds;

use case::Case;
use common::{World, access, guard, open, svc_a};
use policy::access::{Change, Intent};
use policy::finding::Severity;
use policy::object::Kind;
use serde_json::json;

fn cases() -> Vec<Case> {
    [service::cases(), addresses::cases(), asked::cases(), hosts::cases(), others::cases(), sets::cases()].into_iter().flatten().collect()
}

#[test]
fn each_check_trips_and_does_not() {
    for case in cases() {
        let of = |(world, change): &(World, Change)| {
            world.plan(change).findings.into_iter().find(|f| f.id == case.id && f.severity == case.severity)
        };
        assert!(of(&case.trips).is_some(), "{} ({}) did not trip: {:?}", case.id, case.severity, case.trips.0.plan(&case.trips.1).findings);
        assert_eq!(of(&case.passes), None, "{} tripped where it should not", case.id);
    }
}

#[test]
fn a_finding_says_what_why_and_what_to_do() {
    for case in cases() {
        for finding in case.trips.0.plan(&case.trips.1).findings {
            for text in [&finding.what, &finding.why, &finding.action] {
                assert!(text.ends_with('.') && text.len() > 8, "{}: `{text}` is no sentence", finding.id);
            }
        }
    }
}

#[test]
fn an_object_that_cannot_be_read_is_said() {
    let mut snapshot = World::page().snapshot();
    let odd = json!({"metadata": {"name": "odd"}, "spec": {"order": "first"}});
    snapshot.insert_unreadable(policy::object::AnyObject::decode(Kind::GlobalNetworkPolicy, &odd).expect_err("order is no text"));
    let plan = policy::plan::plan(&snapshot, &guard(access(&[]))).unwrap();
    assert!(common::ids(&plan).contains(&"object-unreadable"), "{:?}", plan.findings);
}

#[test]
fn the_page_itself_has_no_blocker() {
    let plan = World::page().plan(&guard(access(&["50.60.0.0/16"])));
    assert!(!plan.blocked(), "{:?}", plan.findings);
}

#[test]
fn taking_the_guard_away_is_never_blocked() {
    for case in cases() {
        let change = Change { service: svc_a(), intent: Intent::Open, ..open() };
        assert!(
            !case.trips.0.plan(&change).findings.iter().any(|f| f.severity == Severity::Blocker && f.id != "name-taken"),
            "{}",
            case.id
        );
    }
}
