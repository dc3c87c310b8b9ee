//! Services that somebody guarded with a NetworkPolicy of Kubernetes: recognised, shown with what it really does, and guarded beside it.
#![cfg(not(target_family = "wasm"))]

mod common;

use common::{World, open, svc_a};
use policy::access::{Change, HostEndpoints, InCluster};
use policy::adopt::{HandMade, Part};
use policy::finding::Severity;
use policy::plan::Role;
use policy::reach::diff::Side;
use policy::reach::safety::{ByHand, by_hand};
use policy::reach::sets::Kept;
use policy::reach::settings::{Settings, Told};
use serde_json::{Value, json};

/// The page's cluster with HostEndpoints, a pod on each node, and this NetworkPolicy of Kubernetes on them.
fn guarded(ingress: Value) -> World {
    policy("clients", json!({"podSelector": {"matchLabels": {"app": "a"}}, "policyTypes": ["Ingress"], "ingress": ingress}))
}

fn policy(name: &str, spec: Value) -> World {
    World::page().with_endpoints().with_host_endpoints("eth0").with(json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": "shop"}, "spec": spec}))
}

fn block(cidr: &str, except: &[&str]) -> Value {
    json!({"ipBlock": {"cidr": cidr, "except": except}})
}

fn found(world: &World) -> Option<HandMade> {
    HandMade::of(&world.snapshot(), &svc_a())
}

fn really(world: &World) -> Option<ByHand> {
    let snapshot = world.snapshot();
    let settings = Settings::read(&snapshot, &Told::default());
    by_hand(Side { snapshot: &snapshot, settings: &settings }, &svc_a(), &mut Kept::default())
}

#[test]
fn its_clients_are_read_with_their_ports() {
    let clients = |ingress: Value| -> Vec<String> {
        let found = found(&guarded(ingress)).unwrap();
        let ports = |row: &policy::access::ClientRange| row.ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        found.access.clients.iter().map(|row| format!("{} {} {}", row.cidr, ports(row), row.note)).collect()
    };
    let cases = [
        ("a net", json!([{"from": [block("50.60.0.0/16", &[])]}]), &["50.60.0.0/16  clients, rule 1"][..]),
        ("less a part", json!([{"from": [block("50.60.0.0/16", &["50.60.128.0/17"])]}]), &["50.60.0.0/17  clients, rule 1"]),
        ("everybody less a part", json!([{"from": [block("0.0.0.0/0", &["128.0.0.0/1"])]}]), &["0.0.0.0/1  clients, rule 1"]),
        (
            "two peers, and a number",
            json!([{"from": [block("50.60.0.0/16", &[]), block("70.80.90.0/24", &[])], "ports": [{"protocol": "TCP", "port": 8080}]}]),
            &["50.60.0.0/16 TCP/80 clients, rule 1", "70.80.90.0/24 TCP/80 clients, rule 1"],
        ),
        (
            "a name",
            json!([{"from": [{"podSelector": {}}]}, {"from": [block("50.60.0.0/16", &[])], "ports": [{"port": "tls"}]}]),
            &["50.60.0.0/16 TCP/443 clients, rule 2"],
        ),
        (
            "a range",
            json!([{"from": [block("50.60.0.0/16", &[])], "ports": [{"port": 8000, "endPort": 9000}]}]),
            &["50.60.0.0/16  clients, rule 1"],
        ),
        ("of another protocol", json!([{"from": [block("50.60.0.0/16", &[])], "ports": [{"protocol": "UDP", "port": 8080}]}]), &[]),
    ];
    for (case, ingress, expected) in cases {
        assert_eq!(clients(ingress), expected, "{case}");
    }
}

#[test]
fn what_limits_no_client_outside_is_none() {
    let cases = [
        ("pods", guarded(json!([{"from": [{"podSelector": {"matchLabels": {"app": "a"}}}]}]))),
        ("everybody", guarded(json!([{}]))),
        ("every address", guarded(json!([{"from": [block("0.0.0.0/0", &[]), block("::/0", &[])]}]))),
        ("nobody", guarded(json!([]))),
        (
            "what pods send",
            policy("out", json!({"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"to": [block("50.60.0.0/16", &[])]}]})),
        ),
        (
            "other pods",
            policy("b", json!({"podSelector": {"matchLabels": {"app": "b"}}, "ingress": [{"from": [block("50.60.0.0/16", &[])]}]})),
        ),
    ];
    for (case, world) in cases {
        assert_eq!(found(&world), None, "{case}");
    }
}

#[test]
fn it_stays_and_what_it_really_does_is_said() {
    let world = guarded(json!([{"from": [block("50.60.0.0/16", &[])]}]));
    let ByHand { hand_made, finding, .. } = really(&world).unwrap();
    let [piece] = hand_made.pieces.as_slice() else { panic!("{hand_made:#?}") };
    assert_eq!((piece.key.name.as_str(), piece.part), ("clients", Part::Pods));
    assert!(piece.stays.as_ref().unwrap().starts_with("it is a NetworkPolicy of Kubernetes"), "{piece:?}");
    assert_eq!(hand_made.access.in_cluster, InCluster::Unchanged, "it goes on deciding about them");
    assert_eq!(finding.severity, Severity::Warning);
    assert_eq!(finding.what, "`shop/svc-a` is guarded by hand: by `clients`.");
    // It sees the entry node's address where the pod is on another node.
    assert!(finding.why.contains("are shut out where the pod is on another node than they enter by."), "{}", finding.why);
    assert!(finding.action.contains("a guard for the clients that they name can stand beside them"), "{}", finding.action);
}

#[test]
fn a_guard_beside_it_holds_on_every_way_and_goes_without_a_trace() {
    let world = guarded(json!([{"from": [block("50.60.0.0/16", &[])]}]));
    let change = found(&world).unwrap().change(&svc_a(), HostEndpoints::Existing);
    let plan = world.plan(&change);
    assert!(!plan.blocked(), "{:#?}", plan.findings);
    assert!(plan.steps.iter().all(|step| step.role != Role::HandMade), "{:#?}", plan.steps);
    let done = world.after(&plan);
    let kept = |world: &World| world.objects().iter().filter(|object| object["metadata"]["name"] == "clients").count();
    assert_eq!(kept(&done), 1);
    assert_eq!(really(&done), None, "nothing is left to take over");
    let snapshot = done.snapshot();
    let settings = Settings::read(&snapshot, &Told::default());
    let reach = policy::reach::sets::of_service(&snapshot, &settings, &svc_a()).unwrap();
    let allowed: policy::cidr::CidrSet = ["50.60.0.0/16"].iter().map(|cidr| cidr.parse::<policy::cidr::Cidr>().unwrap()).collect();
    for group in reach.addresses.iter().flat_map(|at| &at.groups) {
        let outside = group
            .clients
            .allowed
            .difference(&["10.0.0.0/8", "192.168.0.0/16"].iter().map(|cidr| cidr.parse::<policy::cidr::Cidr>().unwrap()).collect());
        assert_eq!(outside, allowed, "{:?}", group.kind);
    }
    let back = done.plan(&Change { host_endpoints: HostEndpoints::Existing, ..open() });
    let sorted = |world: &World| {
        let mut objects: Vec<String> = world.objects().iter().map(Value::to_string).collect();
        objects.sort();
        objects
    };
    assert_eq!(sorted(&done.after(&back)), sorted(&world), "as it was");
}
