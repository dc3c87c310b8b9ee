//! Every check that a plan makes: a cluster that trips it, and the same cluster but for the one thing.

mod addresses;
mod asked;
mod case;
#[path = "../common/mod.rs"]
mod common;
mod exposed;
mod hosts;
mod others;
mod service;
mod sets;
mod tiers;
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
fn a_service_that_cannot_be_read_is_not_gone() {
    let guarded = World::page().after(&World::page().plan(&guard(access(&["50.60.0.0/16"]))));
    let mut snapshot = guarded.snapshot();
    let odd = json!({"metadata": {"name": "svc-a", "namespace": "shop"}, "spec": {"ports": "many"}});
    snapshot.insert_unreadable(policy::object::AnyObject::decode(Kind::Service, &odd).expect_err("ports are no text"));
    let error = policy::plan::plan(&snapshot, &open()).expect_err("nothing is taken away");
    assert!(error.to_string().starts_with("the Service `shop/svc-a` cannot be read: "), "{error}");
    let ids: Vec<String> = policy::checks::cluster(&snapshot).into_iter().map(|finding| finding.id).collect();
    assert!(ids.iter().any(|id| id == "object-unreadable") && !ids.iter().any(|id| id == "guard-without-service"), "{ids:?}");
}

/// What a finding tells people to write is what Calico takes.
#[test]
fn a_failsafe_entry_that_is_proposed_is_one_that_calico_takes() {
    let world = worlds::named().set("Service", "svc-a", worlds::PORTS, worlds::ssh()).with(worlds::on_hosts());
    let findings = world.plan(&worlds::existing()).findings;
    let finding = findings.iter().find(|finding| finding.id == "failsafe-port").expect("the blocker");
    assert!(finding.action.contains("`{protocol: TCP, port: 22, net: 10.0.0.0/8}`"), "{}", finding.action);
    let entry = json!([{"protocol": "TCP", "port": 22, "net": "10.0.0.0/8"}]);
    let mended = world.set("FelixConfiguration", "default", "/spec/failsafeInboundHostPorts", entry);
    assert!(!policy::checks::cluster(&mended.snapshot()).iter().any(|finding| finding.id == "object-invalid"));
}

#[test]
fn clients_that_source_ranges_leave_out_are_named_with_where_they_are_dropped() {
    let status = json!({"loadBalancer": {"ingress": [{"ip": "203.0.113.9"}]}});
    let world = worlds::balanced().set("Service", "svc-a", "/status", status);
    let world = world.set("Service", "svc-a", "/spec/loadBalancerSourceRanges", json!(["50.60.0.0/17"]));
    let plan = world.plan(&guard(access(&["50.60.0.0/16"])));
    let found = plan.findings.iter().find(|finding| finding.id == "outside-source-ranges").expect("half of them are left out");
    assert_eq!(found.what, "50.60.128.0/17 may reach `shop/svc-a`, and its `loadBalancerSourceRanges` leave them out.");
    assert!(found.why.starts_with("kube-proxy drops them at 203.0.113.9"), "{}", found.why);
}

/// Some nodes have a HostEndpoint of others, the rest none: what is said of the one way leads to the other, and that one is exact.
#[test]
fn host_endpoints_are_created_beside_those_of_others() {
    let world = worlds::named().without("HostEndpoint", "node-b").without("Pod", "a-").with_endpoints();
    let blocked = world.plan(&worlds::existing());
    let missing = blocked.findings.iter().find(|finding| finding.id == "host-endpoint-missing").expect("node-b has none");
    assert!(missing.action.contains("let Portcullis create them on an interface"), "{}", missing.action);
    let plan = world.plan(&guard(access(&["50.60.0.0/16"])));
    assert!(!plan.blocked(), "{:?}", plan.findings);
    let created: Vec<&str> =
        plan.steps.iter().filter(|step| step.key.kind == Kind::HostEndpoint).map(|step| step.key.name.as_str()).collect();
    assert_eq!(created.len(), 1, "{created:?}");
    assert!(created[0].contains("node-b"), "{created:?}");
    let selector = common::written(&plan, "portcullis-edge-")["spec"]["selector"].as_str().unwrap().to_owned();
    assert!(selector.contains("k8s-role == \"node\"") && selector.contains("portcullis.dev/edge == 'true'"), "{selector}");
    let after = world.after(&plan).snapshot();
    let settings = policy::reach::settings::Settings::read(&after, &policy::reach::settings::Told::default());
    let reach = policy::reach::sets::of_service(&after, &settings, &svc_a()).unwrap();
    let groups: Vec<_> = reach.addresses.iter().flat_map(|at| &at.groups).collect();
    assert!(groups.len() >= 2, "{reach:?}");
    assert!(groups.iter().all(|group| group.clients.allowed.to_string() == "50.60.0.0/16"), "{reach:?}");
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
