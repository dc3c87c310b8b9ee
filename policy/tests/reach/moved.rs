//! The cluster moves under a guarded Service: who gets in or is cut meanwhile is said, and a plan of the access as it is makes up for it.

use crate::ask::{ask, carries, client, entry, reached};
use crate::cluster::Cluster;
use crate::hardened::held;
use crate::page::{ADDRESS, AUTHORISED, OUTSIDER, node, on_host_network, plain, pod, slice, svc_a};
use policy::access::{Access, Adoption, Change, ClientRange, Enforced, HostEndpoints, Intent, Protocol, in_force};
use policy::finding::{Finding, Severity};
use policy::plan::kept_host_endpoints;
use policy::reach::diff::Side;
use policy::reach::pods_alone::Offer;
use policy::reach::safety;
use policy::reach::sets::Kept;
use serde_json::{Value, json};

fn guarded() -> Cluster {
    let world = plain().set("Service", "svc-a", "/metadata/uid", json!("one"));
    let clients = vec![ClientRange { cidr: "50.60.0.0/16".parse().unwrap(), ports: Vec::new(), note: String::new() }];
    let host_endpoints = HostEndpoints::Named { interface: "eth0".to_owned().try_into().unwrap() };
    let change = Change {
        service: svc_a(),
        intent: Intent::Guard(Access { clients, ..Access::default() }),
        host_endpoints,
        adoption: Adoption::default(),
    };
    let plan = world.plan(&change);
    assert!(!plan.blocked(), "{:?}", plan.findings);
    world.after(&plan.steps)
}

fn moved(world: &Cluster) -> Option<Finding> {
    let snapshot = world.snapshot();
    let settings = world.settings(&snapshot);
    safety::moved(Side { snapshot: &snapshot, settings: &settings }, &svc_a(), &mut Kept::default())
}

/// The plan of the access as it is.
fn made_up(world: &Cluster) -> Cluster {
    let snapshot = world.snapshot();
    let access = in_force(&snapshot, &svc_a()).unwrap();
    let change = Change {
        service: svc_a(),
        intent: Intent::Guard(access),
        host_endpoints: kept_host_endpoints(&snapshot, &svc_a()),
        adoption: Adoption::default(),
    };
    world.after(&world.plan(&change).steps)
}

#[test]
fn what_moves_is_said_with_who_gets_in_or_is_cut_and_a_plan_makes_up_for_it() {
    assert_eq!(moved(&guarded()), None);
    let cases: [(&str, Cluster, &[&str]); 5] = [
        ("a node joins", guarded().with(node("node-c", 3)), &["denies 65,536 addresses"]),
        (
            "the Service gets another address",
            guarded().set("Service", "svc-a", "/spec/clusterIP", json!("10.20.30.77")).set("Service", "svc-a", "/spec/clusterIPs", json!(["10.20.30.77"])),
            &["the cluster lets", "more addresses reach `shop/svc-a` on TCP 80 and TCP 443"],
        ),
        (
            "it gets an external IP",
            guarded().set("Service", "svc-a", "/spec/externalIPs", json!(["203.0.113.7"])),
            &["more addresses reach `shop/svc-a`"],
        ),
        (
            "a port changes",
            guarded().set(
                "Service",
                "svc-a",
                "/spec/ports",
                json!([{"name": "http", "protocol": "TCP", "port": 8000, "targetPort": 80}, {"name": "https", "protocol": "TCP", "port": 443, "targetPort": "https"}]),
            ),
            &["65,536 addresses on TCP 8000"],
        ),
        (
            "a node moves to another address",
            guarded()
                .set("Node", "node-a", "/metadata/annotations", json!({"projectcalico.org/IPv4Address": "10.0.1.9/24"}))
                .set("Node", "node-a", "/status/addresses", json!([{"type": "InternalIP", "address": "10.0.1.9"}])),
            &["denies `shop/svc-a` to 65,536 addresses"],
        ),
    ];
    for (what, world, says) in cases {
        let finding = moved(&world).unwrap();
        assert_eq!((finding.id.as_str(), finding.severity), ("guard-outdated", Severity::Warning), "{what}");
        assert!(says.iter().all(|part| finding.why.contains(part)), "{what}: {}", finding.why);
        assert_eq!(moved(&made_up(&world)), None, "{what}: the plan makes up for it");
    }
}

#[test]
fn noise_moves_nothing() {
    let worlds = [
        guarded().set("Service", "svc-a", "/metadata/annotations", json!({"note": "x"})),
        guarded().set("Node", "node-a", "/status/conditions", json!([{"type": "Ready", "lastHeartbeatTime": "2026-01-01T00:00:00Z"}])),
        guarded().without("Pod", "svc-a-2"),
    ];
    for world in worlds {
        assert_eq!(moved(&world), None);
    }
}

#[test]
fn a_service_of_the_same_name_inherits_nothing() {
    let again = guarded().set("Service", "svc-a", "/metadata/uid", json!("two"));
    let snapshot = again.snapshot();
    assert_eq!(in_force(&snapshot, &svc_a()), None);
    let findings = policy::checks::cluster(&snapshot);
    assert!(findings.iter().any(|finding| finding.id == "guard-of-an-earlier-service"), "{findings:#?}");
    // A plan for the new one leaves nothing of the old one's behind, and keeps nobody out or in whom it does not name.
    let clients = vec![ClientRange { cidr: "70.80.0.0/16".parse().unwrap(), ports: Vec::new(), note: String::new() }];
    let host_endpoints = HostEndpoints::Named { interface: "eth0".to_owned().try_into().unwrap() };
    let plan = again.plan(&Change {
        service: svc_a(),
        intent: Intent::Guard(Access { clients: clients.clone(), ..Access::default() }),
        host_endpoints,
        adoption: Adoption::default(),
    });
    let after = again.after(&plan.steps);
    assert_eq!(in_force(&after.snapshot(), &svc_a()).map(|access| access.clients), Some(clients));
    let said: String = after
        .objects
        .iter()
        .filter(|object| object["metadata"]["name"].as_str().is_some_and(|name| name.starts_with("portcullis-")))
        .map(Value::to_string)
        .collect();
    assert!(!said.contains("50.60.0.0/16") && said.contains(ADDRESS), "{said}");
}

/// The page's Service with `internalTrafficPolicy: Local`, guarded at its pods alone.
fn guarded_alone() -> Cluster {
    let world = plain().set("Service", "svc-a", "/spec/internalTrafficPolicy", json!("Local"));
    let now = world.snapshot();
    let plan = held(&world.settings(&now), &now, world.plan(&guard(Enforced::PodsAlone)));
    assert!(!plan.blocked(), "{:#?}", plan.findings);
    let roles: Vec<String> = plan.steps.iter().map(|step| format!("{:?}", step.role)).collect();
    assert_eq!(roles, ["ClientSet", "NodeSet", "PodPolicy"], "no HostEndpoint, and nothing at the nodes");
    world.after(&plan.steps)
}

fn guard(enforced: Enforced) -> Change {
    let clients = vec![ClientRange { cidr: "50.60.0.0/16".parse().unwrap(), ports: Vec::new(), note: String::new() }];
    Change {
        service: svc_a(),
        intent: Intent::Guard(Access { clients, enforced, ..Access::default() }),
        host_endpoints: HostEndpoints::Named { interface: "eth0".to_owned().try_into().unwrap() },
        adoption: Adoption::default(),
    }
}

fn checked(world: &Cluster) -> Vec<Finding> {
    let snapshot = world.snapshot();
    let settings = world.settings(&snapshot);
    let mut findings = Vec::new();
    safety::check(Side { snapshot: &snapshot, settings: &settings }, &[], &mut findings);
    findings
}

#[test]
fn a_guard_at_the_pods_alone_that_holds_no_more_is_said_with_who_gets_in_and_a_plan_makes_up_for_it() {
    let world = guarded_alone();
    assert_eq!(checked(&world), []);
    // Pods are inside the cluster, in a pool or not.
    let apart = pod("apart", "ops", "node-a", "198.18.0.1", json!({}), &json!([]));
    assert_eq!(checked(&world.clone().with(apart)), []);
    assert_eq!(in_force(&world.snapshot(), &svc_a()).map(|access| access.enforced), Some(Enforced::PodsAlone));
    let gets_in = |world: &Cluster, from: &str, node: &str| {
        let snapshot = world.snapshot();
        reached(&ask(
            &snapshot,
            &world.settings(&snapshot),
            client(from),
            ADDRESS.parse().unwrap(),
            carries(Protocol::Tcp, 80),
            entry(node),
        ))
    };
    for node in ["node-a", "node-b"] {
        assert_eq!((gets_in(&world, AUTHORISED, node), gets_in(&world, OUTSIDER, node)), (Some(true), Some(false)), "{node}");
    }

    let spread = world.clone().set("Service", "svc-a", "/spec/internalTrafficPolicy", json!("Cluster"));
    let [finding] = checked(&spread).try_into().unwrap();
    assert_eq!((finding.id.as_str(), finding.severity), ("pods-alone-source", Severity::Blocker));
    assert!(finding.what.contains("At 10.20.30.40 (cluster IP) a client of `shop/svc-a` that enters by another node"), "{}", finding.what);
    assert!(finding.why.contains("that its access does not allow get in"), "{}", finding.why);
    let packet = finding.packet.unwrap();
    assert_ne!(gets_in(&spread, &packet.client, &packet.node), Some(false), "{packet:?}");

    let elsewhere = world.clone().set("Service", "svc-a", "/spec/externalIPs", json!(["203.0.113.7"]));
    let [finding] = checked(&elsewhere).try_into().unwrap();
    assert!(finding.what.starts_with("At 203.0.113.7 (external IP)"), "{}", finding.what);
    assert!(finding.action.contains("externalTrafficPolicy: Local"), "{}", finding.action);

    // One plan away: at the nodes too.
    let made_up = spread.after(&spread.plan(&guard(Enforced::NodesAndPods)).steps);
    let left: Vec<String> = checked(&made_up).into_iter().map(|finding| finding.id).collect();
    assert_eq!(left, [""; 0]);
    for node in ["node-a", "node-b"] {
        assert_eq!((gets_in(&made_up, AUTHORISED, node), gets_in(&made_up, OUTSIDER, node)), (Some(true), Some(false)), "{node}");
    }

    // Without the guard nothing of it is left.
    let open = world.after(&world.plan(&Change { intent: Intent::Open, ..guard(Enforced::PodsAlone) }).steps);
    let left = open.objects.iter().filter(|object| object["metadata"]["name"].as_str().is_some_and(|name| name.starts_with("portcullis-")));
    assert_eq!(left.count(), 0);
}

#[test]
fn whether_the_pods_alone_are_offered_is_said_with_the_address_that_fails() {
    let offer = |world: &Cluster| {
        let snapshot = world.snapshot();
        let settings = world.settings(&snapshot);
        Offer::of(Side { snapshot: &snapshot, settings: &settings }, &svc_a(), &mut Kept::default()).unwrap().unwrap()
    };
    let local = plain().set("Service", "svc-a", "/spec/internalTrafficPolicy", json!("Local"));
    let holds = offer(&local);
    assert!(holds.holds && holds.why[0].starts_with("`internalTrafficPolicy: Local` keeps its cluster IPs"), "{holds:#?}");
    let fails = |world: &Cluster, says: &str| {
        let offer = offer(world);
        assert!(!offer.holds && offer.why.iter().any(|why| why.contains(says)), "{says}: {offer:#?}");
    };
    fails(&plain(), "At 10.20.30.40 (cluster IP) a client");
    fails(&local.clone().set("Service", "svc-a", "/spec/externalIPs", json!(["203.0.113.7"])), "At 203.0.113.7 (external IP) a client");
    fails(&on_host_network(local.clone()), "on their node's own network");
    fails(&local.clone().set("Pod", "svc-a-1", "/metadata/labels", json!({"app": "other"})), "does not select");
    fails(&local.clone().set("Service", "svc-a", "/spec/selector", json!({})), "has no selector");
    // No traffic policy, and one node alone: as it is, it holds.
    let one = plain().without("Node", "node-b").without("Pod", "svc-a-2").without("EndpointSlice", "svc-a");
    let endpoints = [("svc-a-1", "node-a", "192.168.10.11")];
    let one = one.with(slice("svc-a", &endpoints, json!([{"name": "http", "protocol": "TCP", "port": 80}])));
    let one = offer(&one);
    assert!(one.holds && one.why.iter().any(|why| why.starts_with("As it is")), "{one:#?}");
}

#[test]
fn a_piece_of_the_guard_that_is_gone_is_said() {
    let world = guarded();
    assert_eq!(moved(&world), None);
    let without = |kind: &str, name: &str| Cluster {
        objects: world
            .objects
            .iter()
            .filter(|object| object["kind"] != kind || !object["metadata"]["name"].as_str().unwrap().starts_with(name))
            .cloned()
            .collect(),
        ..world.clone()
    };
    let gone = moved(&without("NetworkPolicy", "portcullis-")).expect("the pod policy is gone");
    assert_eq!((gone.severity, gone.id.as_str()), (Severity::Warning, "guard-incomplete"));
    assert!(gone.objects[1].name.starts_with("portcullis-pods-"), "{gone:#?}");
    // Without the edge policy it is no guard any more.
    let open = without("GlobalNetworkPolicy", "portcullis-edge-").snapshot();
    let found = policy::checks::cluster(&open);
    assert!(found.iter().any(|finding| finding.id == "guard-in-pieces" && finding.severity == Severity::Warning), "{found:#?}");
}
