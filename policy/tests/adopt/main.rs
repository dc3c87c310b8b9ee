//! Set-ups that somebody made by hand: recognised by what they do, taken over in a plan, and put back as they were.
#![cfg(not(target_family = "wasm"))]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a world that is wrong fails its test")]

#[path = "../common/mod.rs"]
mod common;
mod taking;

use common::{World, access, global_policy, service, svc_a};
use policy::access::{Change, HostEndpoints, InCluster};
use policy::adopt::{HandMade, Part};
use policy::object::{Node, decode};
use policy::recipe::{PageHosts, documented, documented_host_endpoint};
use policy::scope::Scope;
use serde_json::{Value, json};

const NODES: &str = "k8s-role == 'node'";

/// The page's world with its HostEndpoints, as they have to be for anybody to get in.
fn hosts() -> World {
    let world = World::page().with_endpoints();
    let nodes: Vec<Node> = world.objects().iter().filter(|object| object["kind"] == "Node").map(|node| decode(node).unwrap()).collect();
    let endpoint = |node| documented_host_endpoint(node, &policy::access::Interface::default(), PageHosts::WithAddressesAndProfile);
    nodes.iter().map(endpoint).fold(world, World::with)
}

/// With all the page's policies.
fn page() -> World {
    let scope = Scope::of(&hosts().snapshot(), &svc_a()).unwrap();
    documented(&scope, &access(&["50.60.0.0/16"])).into_iter().fold(hosts(), World::with)
}

fn found(world: &World) -> HandMade {
    HandMade::of(&world.snapshot(), &svc_a()).expect("a set-up")
}

/// Name, part, and whether it can be taken over.
fn pieces(found: &HandMade) -> Vec<(&str, Part, bool)> {
    found.pieces.iter().map(|piece| (piece.key.name.as_str(), piece.part, piece.stays.is_none())).collect()
}

/// Ranges with their ports and notes.
fn rows(found: &HandMade) -> Vec<String> {
    let ports = |row: &policy::access::ClientRange| row.ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    found.access.clients.iter().map(|row| format!("{} {} {}", row.cidr, ports(row), row.note)).collect()
}

fn why(found: &HandMade, name: &str) -> String {
    found.pieces.iter().find(|piece| piece.key.name == name).and_then(|piece| piece.stays.clone()).unwrap_or_default()
}

/// A policy before translation on the page's HostEndpoints.
fn gate(name: &str, ingress: Value) -> Value {
    global_policy(name, json!({"selector": NODES, "types": ["Ingress"], "preDNAT": true, "applyOnForward": true, "ingress": ingress}))
}

fn lets(source: &str, to: &str) -> Value {
    json!({"action": "Allow", "source": {"nets": [source]}, "destination": {"nets": [to]}})
}

fn shuts(to: &str) -> Value {
    json!({"action": "Deny", "destination": {"nets": [to]}})
}

/// A policy of Calico on the pods of `svc-a`.
fn on_pods(name: &str, ingress: Value) -> Value {
    json!({"apiVersion": "projectcalico.org/v3", "kind": "NetworkPolicy", "metadata": {"name": name, "namespace": "shop"},
        "spec": {"selector": "app == 'a'", "types": ["Ingress"], "ingress": ingress}})
}

/// A second Service that is advertised, on pods of its own.
fn svc_b() -> Value {
    service("svc-b", "10.20.30.41", json!({"app": "b"}), json!([{"name": "http", "protocol": "TCP", "port": 80, "targetPort": 8080}]))
}

const WHOLE: [(&str, Part, bool); 4] = [
    ("allow-cluster-ips", Part::Edge, true),
    ("allow-nodes-svc-a", Part::Pods, true),
    ("allow-to-pods", Part::ToPods, true),
    ("allow-traffic-hostendpoints", Part::Hosts, false),
];

#[test]
fn the_page_is_recognised() {
    let set_up = found(&page());
    assert_eq!(pieces(&set_up), WHOLE);
    assert_eq!(rows(&set_up), ["50.60.0.0/16  allow-cluster-ips, rule 1"]);
    assert_eq!(set_up.access.in_cluster, InCluster::Nobody, "by its Step 3 no pod of the cluster gets in");
}

#[test]
fn so_it_is_with_the_slips_of_its_print() {
    let world = page()
        .set("GlobalNetworkPolicy", "allow-cluster-ips", "/spec/ingress/0/destination/nets", json!(["10.20.30.40/32 Cluster IP A"]))
        .set("GlobalNetworkPolicy", "allow-to-pods", "/spec/ingress/0/destination/nets", json!(["192.168.0.0/16 Pod CIDR"]));
    let set_up = found(&world);
    assert_eq!(pieces(&set_up), WHOLE);
    assert_eq!(rows(&set_up), ["50.60.0.0/16  allow-cluster-ips, rule 1"]);
    let plan = world.plan(&change(&world));
    let warned: Vec<&str> =
        plan.findings.iter().filter(|f| f.id == "hand-made-not-restorable").map(|f| f.objects[0].name.as_str()).collect();
    assert_eq!(warned, ["allow-cluster-ips", "allow-to-pods"], "Calico would not take it again");
}

#[test]
fn names_do_not_matter() {
    let world = ["allow-cluster-ips", "allow-nodes-svc-a", "allow-to-pods"]
        .into_iter()
        .zip(["x", "y", "z"])
        .fold(page(), |world, (name, other)| world.set("GlobalNetworkPolicy", name, "/metadata/name", json!(other)));
    let set_up = found(&world);
    assert_eq!(pieces(&set_up)[..3], [("x", Part::Edge, true), ("y", Part::Pods, true), ("z", Part::ToPods, true)]);
    assert_eq!(rows(&set_up), ["50.60.0.0/16  x, rule 1"]);
}

#[test]
fn parts_of_it_are_recognised() {
    let second = found(&page().without("GlobalNetworkPolicy", "allow-nodes").without("GlobalNetworkPolicy", "allow-t"));
    assert_eq!(pieces(&second), [("allow-cluster-ips", Part::Edge, true)]);
    assert_eq!(second.access.in_cluster, InCluster::Unchanged, "nothing isolates the pods");
    let third = found(&page().without("GlobalNetworkPolicy", "allow-cluster").without("GlobalNetworkPolicy", "allow-t"));
    assert_eq!(pieces(&third), [("allow-nodes-svc-a", Part::Pods, true)]);
    assert_eq!(rows(&third), Vec::<String>::new(), "it names nobody");
    let local = hosts().with(on_pods(
        "clients",
        json!([{"action": "Allow", "protocol": "TCP", "source": {"nets": ["50.60.0.0/16"]}, "destination": {"ports": [8443]}}]),
    ));
    let local = found(&local);
    assert_eq!(pieces(&local), [("clients", Part::Pods, true)]);
    assert_eq!(rows(&local), ["50.60.0.0/16 TCP/443 clients, rule 1"], "the pods' port is one that the Service names");
}

#[test]
fn clients_that_were_added_by_hand_are_kept() {
    let added = json!({"action": "Allow", "source": {"nets": ["198.51.100.0/24"]}});
    let rules = |world: World| {
        let live = world.objects().iter().find(|o| o["metadata"]["name"] == "allow-nodes-svc-a").unwrap()["spec"]["ingress"].clone();
        let mut rules = live.as_array().unwrap().clone();
        rules.push(added.clone());
        world.set("GlobalNetworkPolicy", "allow-nodes-svc-a", "/spec/ingress", rules.into())
    };
    let clients = rows(&found(&rules(page())));
    assert_eq!(clients, ["50.60.0.0/16  allow-cluster-ips, rule 1", "198.51.100.0/24  allow-nodes-svc-a, rule 2"]);
    // Behind a deny before translation they never got in.
    let closed = page().with(gate("zz-deny", json!([shuts("10.20.30.40/32")])));
    assert_eq!(rows(&found(&rules(closed))), ["50.60.0.0/16  allow-cluster-ips, rule 1"]);
}

#[test]
fn rules_are_read_in_the_order_in_which_they_decide() {
    let carved = hosts().with(gate(
        "gate",
        json!([{"action": "Deny", "source": {"nets": ["50.60.128.0/17"]}, "destination": {"nets": ["10.20.30.40/32"]}}, lets("50.60.0.0/16", "10.20.30.40/32")]),
    ));
    assert_eq!(rows(&found(&carved)), ["50.60.0.0/17  gate, rule 2"]);
    let by_set = hosts()
        .with(json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkSet", "metadata": {"name": "office", "labels": {"who": "office"}},
            "spec": {"nets": ["70.80.0.0/16", "2001:db8::/32"]}}))
        .with(gate(
            "gate",
            json!([{"action": "Allow", "protocol": "TCP", "source": {"selector": "who == 'office'"}, "destination": {"nets": ["10.20.30.40/32"], "ports": [80]}}]),
        ));
    assert_eq!(rows(&found(&by_set)), ["70.80.0.0/16 TCP/80 gate, rule 1"], "the Service has no address of the other family");
    let negated = hosts().with(gate(
        "gate",
        json!([{"action": "Allow", "source": {"nets": ["50.60.0.0/16"], "notNets": ["50.60.0.0/17"]}, "destination": {"nets": ["10.20.30.40/32"]}}]),
    ));
    assert_eq!(rows(&found(&negated)), ["50.60.128.0/17  gate, rule 1"]);
}

#[test]
fn what_is_about_other_services_stays_until_they_are_guarded() {
    let shared = page().with(svc_b()).set(
        "GlobalNetworkPolicy",
        "allow-cluster-ips",
        "/spec/ingress",
        json!([lets("50.60.0.0/16", "10.20.30.40/32"), lets("70.80.90.0/24", "10.20.30.41/32")]),
    );
    let set_up = found(&shared);
    assert_eq!(
        pieces(&set_up)[..3],
        [("allow-cluster-ips", Part::Edge, false), ("allow-nodes-svc-a", Part::Pods, true), ("allow-to-pods", Part::ToPods, false)]
    );
    assert_eq!(
        why(&set_up, "allow-cluster-ips"),
        "it is also about `shop/svc-b`, which Portcullis does not guard: it goes with the last of them"
    );
    assert_eq!(rows(&set_up), ["50.60.0.0/16  allow-cluster-ips, rule 1"]);
    let wide = page().with(svc_b()).with(gate("deny-the-rest", json!([shuts("10.20.30.0/24")])));
    assert_eq!(pieces(&found(&wide))[..2], [("allow-cluster-ips", Part::Edge, true), ("deny-the-rest", Part::Edge, false)]);

    // The second one comes along: with it, both go.
    let first = shared.after(&shared.plan(&change(&shared)));
    let b = "shop/svc-b".parse().unwrap();
    let second = HandMade::of(&first.snapshot(), &b).unwrap();
    assert_eq!(pieces(&second)[..2], [("allow-cluster-ips", Part::Edge, true), ("allow-to-pods", Part::ToPods, true)]);
    let plan = first.plan(&second.change(&b, HostEndpoints::Existing));
    assert!(!plan.blocked(), "{:#?}", plan.findings);
    assert_eq!(HandMade::of(&first.after(&plan).snapshot(), &svc_a()), None);
}

#[test]
fn what_does_more_than_an_access_can_say_stays() {
    let pods = |rules: Value| page().without("GlobalNetworkPolicy", "allow-nodes").with(on_pods("pods", rules));
    let nodes = json!({"action": "Allow", "source": {"selector": NODES, "namespaceSelector": "global()"}});
    let stays = [
        (pods(json!([nodes, {"action": "Allow", "source": {"selector": "app == 'caller'"}}])), "", "no pod has the label"),
        (
            pods(json!([nodes, {"action": "Allow", "source": {"nets": ["192.168.0.0/16"]}}])),
            "its rule 2 is about pods of the cluster",
            "a pool",
        ),
        (pods(json!([nodes, {"action": "Allow"}])), "its rule 2 is about pods of the cluster", "everybody"),
        (pods(json!([nodes])).set("NetworkPolicy", "pods", "/spec/selector", json!("all()")), "it selects every pod", "all pods"),
        (
            pods(json!([nodes])).set("NetworkPolicy", "pods", "/spec/types", json!(["Ingress", "Egress"])),
            "it is also about what the pods send",
            "egress",
        ),
        (
            pods(json!([nodes])).with(common::pod("other", "node-a", json!({"app": "a", "tier": "x"}))).set(
                "NetworkPolicy",
                "pods",
                "/spec/selector",
                json!("has(app)"),
            ),
            "",
            "pods of the Service alone",
        ),
        (
            pods(json!([nodes])).with(common::pod("b", "node-a", json!({"app": "b"}))).set(
                "NetworkPolicy",
                "pods",
                "/spec/selector",
                json!("has(app)"),
            ),
            "it selects more than the pods",
            "other pods",
        ),
        (
            pods(json!([nodes])).with(service("twin", "10.20.30.50", json!({"app": "a"}), json!([{"port": 81, "targetPort": 8080}]))),
            "`shop/twin` leads to the same pods",
            "another Service",
        ),
    ];
    for (world, begins, what) in stays {
        let why = why(&found(&world), "pods");
        assert!(why.starts_with(begins) && why.is_empty() == begins.is_empty(), "{what}: {why}");
    }
    let wide = page().set(
        "GlobalNetworkPolicy",
        "allow-cluster-ips",
        "/spec/ingress",
        json!([lets("50.60.0.0/16", "10.20.30.40/32"), lets("50.60.0.0/16", "10.0.0.0/8")]),
    );
    assert!(why(&found(&wide), "allow-cluster-ips").starts_with("its rule 2 is about more than addresses of Services"));
    let ports = page().set("GlobalNetworkPolicy", "allow-cluster-ips", "/spec/ingress/0/source/ports", json!([123])).set(
        "GlobalNetworkPolicy",
        "allow-cluster-ips",
        "/spec/ingress/0/protocol",
        json!("TCP"),
    );
    assert_eq!(why(&found(&ports), "allow-cluster-ips"), "its rule 1 goes by the clients' own ports, which an access cannot say");
    // In one policy with the Services' addresses, the pods' go with it.
    let both = page().without("GlobalNetworkPolicy", "allow-to-pods").set(
        "GlobalNetworkPolicy",
        "allow-cluster-ips",
        "/spec/ingress",
        json!([lets("50.60.0.0/16", "10.20.30.40/32"), {"action": "Allow", "destination": {"nets": ["192.168.0.0/16"]}}]),
    );
    assert_eq!(why(&found(&both), "allow-cluster-ips"), "");
    let needed = both.with(gate("zz-hosts", json!([{"action": "Deny", "source": {"nets": ["203.0.113.0/24"]}}])));
    assert!(
        why(&found(&needed), "allow-cluster-ips").starts_with("it lets packets to pods pass"),
        "{}",
        why(&found(&needed), "allow-cluster-ips")
    );
}

#[test]
fn a_list_of_the_unwelcome_is_no_wish_about_clients() {
    let blocked = json!({"action": "Deny", "source": {"nets": ["66.0.0.0/8"]}, "destination": {"nets": ["10.20.30.0/24"]}});
    assert_eq!(HandMade::of(&hosts().with(gate("blocklist", json!([blocked]))).snapshot(), &svc_a()), None, "all others get in");
    let everyone = found(&hosts().with(gate("nobody", json!([blocked, shuts("10.20.30.0/24")]))));
    assert!(everyone.access.clients.is_empty(), "who shuts everyone out wants nobody: {everyone:#?}");
}

#[test]
fn what_is_no_guard_of_it_is_not_recognised() {
    let others = [
        hosts(),
        hosts().with(gate("deny-all", json!([{"action": "Deny"}]))),
        hosts().with(gate("elsewhere", json!([shuts("10.20.30.41/32")]))),
        hosts().with(on_pods("deny", json!([]))),
        hosts().with(on_pods("everybody", json!([{"action": "Allow"}]))),
        hosts().with(on_pods("pods", json!([{"action": "Allow", "source": {"selector": "app == 'a'"}}]))),
        // On no HostEndpoint.
        page().without("HostEndpoint", "node").without("GlobalNetworkPolicy", "allow-nodes"),
    ];
    for world in others {
        assert_eq!(HandMade::of(&world.snapshot(), &svc_a()), None, "{:#?}", world.objects().last());
    }
}

/// The change that takes over what can be.
fn change(world: &World) -> Change {
    found(world).change(&svc_a(), HostEndpoints::Existing)
}
