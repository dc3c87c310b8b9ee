//! The table of measured behaviour: the page, its mended forms, and what the recipe does instead. One backend, on node `a`: a client that
//! enters by `a` takes the same-node path, by `b` the other.

use super::world::{Cluster, VIP, policy};
use serde_json::json;

const AUTHORISED: &str = "50.60.1.2";
const OUTSIDER: &str = "9.9.9.9";

/// The page's Step 2: an allow before translation.
fn step_2(cluster: Cluster) -> Cluster {
    cluster.with(policy(
        "allow-cluster-ips",
        json!({"selector": "k8s-role == 'node'", "types": ["Ingress"], "preDNAT": true, "applyOnForward": true, "ingress": [
            {"action": "Allow", "source": {"nets": ["50.60.0.0/16"]}, "destination": {"nets": [format!("{VIP}/32")]}}]}),
    ))
}

/// The page's Step 3: nodes alone may send to the pods.
fn step_3(cluster: Cluster) -> Cluster {
    cluster.with(policy(
        "allow-nodes",
        json!({"selector": "app == 'svc-a'", "types": ["Ingress"], "ingress": [
            {"action": "Allow", "protocol": "TCP", "source": {"selector": "k8s-role == 'node'"}, "destination": {"ports": [8080]}}]}),
    ))
}

/// What is written instead: an edge policy that ends with a deny, and a pod policy for clients and nodes.
fn hardened(cluster: Cluster, pods: bool) -> Cluster {
    let mut rules = vec![json!({"action": "Allow", "protocol": "TCP", "source": {"nets": ["50.60.0.0/16"]},
        "destination": {"nets": [format!("{VIP}/32")], "ports": [80]}})];
    if pods {
        rules.push(json!({"action": "Allow", "source": {"nets": ["192.168.0.0/16"]}, "destination": {"nets": ["10.20.30.0/24"]}}));
    }
    rules.push(json!({"action": "Deny", "destination": {"nets": ["10.20.30.0/24"]}}));
    let gate = json!({"selector": "k8s-role == 'node'", "order": 100, "types": ["Ingress"], "preDNAT": true, "applyOnForward": true, "ingress": rules});
    let guard = json!({"kind": "NetworkPolicy", "metadata": {"name": "guard", "namespace": "shop"},
        "spec": {"order": 500, "selector": "app == 'svc-a'", "types": ["Ingress"], "ingress": [
            {"action": "Allow", "protocol": "TCP", "source": {"nets": ["50.60.0.0/16"]}, "destination": {"ports": [8080]}},
            {"action": "Allow", "protocol": "TCP", "source": {"selector": "k8s-role == 'node'", "namespaceSelector": "global()"},
                "destination": {"ports": [8080]}}]}});
    cluster.with(policy("gate", gate)).with(guard)
}

/// Authorised and outsider on the same node, then on the other.
fn row(cluster: &Cluster, port: u16) -> [bool; 4] {
    [(AUTHORISED, "a"), (OUTSIDER, "a"), (AUTHORISED, "b"), (OUTSIDER, "b")].map(|(client, node)| cluster.gets_in(client, node, port))
}

#[test]
fn every_row_is_what_packets_showed() {
    let page = Cluster::page();
    let heps = |expected, profile| page.clone().endpoints("eth0", expected, profile);
    let cases: [(&str, Cluster, [bool; 4]); 9] = [
        ("none", page.clone(), [true; 4]),
        ("bare HostEndpoints", heps(true, false), [true; 4]),
        ("Step 2 with profiles", step_2(heps(true, true)), [true; 4]),
        ("the page to the letter", step_3(step_2(heps(false, false))), [false; 4]),
        ("the page with expectedIPs", step_3(step_2(heps(true, false))), [false, false, true, true]),
        ("the same with profiles", step_3(step_2(heps(true, true))), [false, false, true, true]),
        ("hardened, named", hardened(heps(true, true), false), [true, false, true, false]),
        ("hardened, `*`, pods allowed", hardened(page.clone().endpoints("*", true, true), true), [true, false, true, false]),
        ("hardened, `*`", hardened(page.clone().endpoints("*", true, true), false), [true, false, true, false]),
    ];
    for (name, cluster, expected) in cases {
        assert_eq!(row(&cluster, 80), expected, "{name}");
    }
}

#[test]
fn failsafe_ports_pass_the_gate() {
    let ports = json!([{"name": "http", "port": 22, "targetPort": 8080}]);
    let cluster = Cluster::page().with(super::world::service("svc-a", VIP, ports));
    let cluster = hardened(cluster.endpoints("eth0", true, true), false);
    assert_eq!(row(&cluster, 22), [true, false, true, true]);
    // A net shuts them to everyone else.
    let closed = cluster.with(json!({"kind": "FelixConfiguration", "metadata": {"name": "default"},
        "spec": {"failsafeInboundHostPorts": [{"protocol": "tcp", "port": 22, "net": "10.0.0.0/8"}]}}));
    assert_eq!(row(&closed, 22), [false, false, false, false], "the edge policy allows port 80 alone");
}

#[test]
fn the_tunnel_address_is_what_the_pods_node_sees() {
    let pool = json!({"kind": "IPPool", "metadata": {"name": "pods"}, "spec": {"cidr": "192.168.0.0/16", "vxlanMode": "Always"}});
    let with = |addresses: usize| {
        let cluster = Cluster::page().with(pool.clone()).endpoints("eth0", true, true);
        let cut = |mut object: serde_json::Value| {
            if object["kind"] == "HostEndpoint" {
                object["spec"]["expectedIPs"].as_array_mut().unwrap().truncate(addresses);
            }
            object
        };
        hardened(Cluster(cluster.0.into_iter().map(cut).collect()), false)
    };
    assert_eq!(row(&with(2), 80), [true, false, true, false]);
    assert_eq!(row(&with(1), 80), [true, false, false, false], "without tunnel addresses allowed clients are cut on the other path");
}

#[test]
fn the_sets_are_exact() {
    let reach = hardened(Cluster::page().endpoints("eth0", true, true), false).reach();
    let address = &reach.addresses[0];
    assert_eq!(address.groups.len(), 2);
    for group in &address.groups {
        assert_eq!(group.clients.allowed.to_string(), "50.60.0.0/16", "{group:?}");
        assert_eq!(group.clients.allowed.union(&group.clients.denied).to_string(), "0.0.0.0/0");
        assert!(group.clients.unknown.is_empty());
    }
}
