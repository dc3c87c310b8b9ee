//! Encryption between nodes: what it takes, and what becomes of it. No packet shows it here: the kernels at hand have no WireGuard.

use super::ways::{pool, tunnelled};
use super::{Cluster, VIP, gate, host_endpoints, told};
use crate::reach::verdict::{Answer, Journey, Stage, Unknown, Verdict};
use serde_json::{Value, json};

const POD: &str = "192.168.10.11:80";

/// The page's world with what Felix is told and, where it is to encrypt, a key for each node.
fn encrypting(spec: &Value, keys: [&str; 2]) -> Cluster {
    let mut cluster = tunnelled(&pool("vxlanMode", "Always"), "IPv4WireguardInterfaceAddr");
    for node in cluster.objects.iter_mut().filter(|object| object["kind"] == "Node") {
        let (key, number) = if node["metadata"]["name"] == "node-a" { (keys[0], 1) } else { (keys[1], 2) };
        let annotations = &mut node["metadata"]["annotations"];
        annotations["projectcalico.org/IPv4VXLANTunnelAddr"] = format!("192.168.78.{number}").into();
        annotations["projectcalico.org/WireguardPublicKey"] = key.into();
    }
    cluster.with([felix("default", spec)])
}

fn felix(name: &str, spec: &Value) -> Value {
    json!({ "apiVersion": "projectcalico.org/v3", "kind": "FelixConfiguration", "metadata": { "name": name }, "spec": spec })
}

const KEYS: [&str; 2] = ["of-a=", "of-b="];

fn of(answer: &Answer) -> &Journey {
    assert_eq!(answer.paths.len(), 1, "{}", told(answer));
    &answer.paths[0]
}

/// By what the last part of the way goes, or why that cannot be told.
fn way(cluster: &Cluster, from: &str, to: &str) -> &'static str {
    let answer = cluster.tcp(from, to);
    let journey = of(&answer);
    if journey.verdict == Verdict::Unknown(Unknown::BetweenNodes) {
        return "unknown";
    }
    let hop = journey.hops.iter().rfind(|hop| hop.stage == Stage::BetweenNodes).map(|hop| hop.why.clone()).unwrap_or_default();
    ["VXLAN", "WireGuard"].into_iter().find(|name| hop.contains(name)).unwrap_or("none")
}

#[test]
fn nodes_encrypt_where_both_are_set_to_it_and_have_a_key_of_their_own() {
    let on = json!({ "wireguardEnabled": true });
    let cluster = encrypting(&on, KEYS);
    assert_eq!(way(&cluster, "outsider-other", VIP), "WireGuard");
    assert_eq!(of(&cluster.tcp("outsider-other", VIP)).source_seen_by_pod, Some("192.168.77.2".parse().unwrap()), "its end of the tunnel");
    for (name, other) in [
        ("switched off", encrypting(&json!({}), KEYS)),
        ("of IPv6 alone", encrypting(&json!({ "wireguardEnabledV6": true }), KEYS)),
        ("switched off on one", cluster.with([felix("node.node-b", &json!({ "wireguardEnabled": false }))])),
        ("no key at the one that is sent to", encrypting(&on, ["", "of-b="])),
        ("no key at the one that sends", encrypting(&on, ["of-a=", ""])),
        ("a key of zero", encrypting(&on, [&format!("{}=", "A".repeat(43)), "of-b="])),
    ] {
        assert_eq!(way(&other, "outsider-other", VIP), "VXLAN", "{name}: as the pool says");
    }
    let third = json!({ "apiVersion": "v1", "kind": "Node", "metadata": { "name": "third", "annotations": {
        "projectcalico.org/IPv4Address": "10.0.3.1/24", "projectcalico.org/WireguardPublicKey": "of-a=" } } });
    assert_eq!(way(&cluster.with([third]), "outsider-other", VIP), "VXLAN", "the key of A is another's too");
}

#[test]
fn its_own_packets_meet_policy_before_translation_and_what_is_in_them_does_not() {
    let on = json!({ "wireguardEnabled": true });
    let gated = |spec: &Value, port: u16| {
        let rules = format!(
            "[{{action: Deny, protocol: UDP, destination: {{ports: [{port}]}}}}, {{action: Deny, destination: {{nets: [192.168.10.11/32]}}}}]"
        );
        encrypting(spec, KEYS).with(host_endpoints("eth0")).with([gate("gate", None, &rules)])
    };
    let answer = gated(&on, 51_820).tcp("outsider-other", VIP);
    let last = of(&answer).hops.last().unwrap();
    assert_eq!((last.stage, last.node.as_str(), last.rule), (Stage::PreDnat, "node-a", Some(0)), "{}", told(&answer));
    // It comes out at an interface that the HostEndpoint does not name.
    assert_eq!(of(&gated(&on, 4789).tcp("outsider-other", VIP)).verdict, Verdict::Allowed);
    let moved = json!({ "wireguardEnabled": true, "wireguardListeningPort": 4500 });
    assert_eq!(of(&gated(&moved, 51_820).tcp("outsider-other", VIP)).verdict, Verdict::Allowed);
    assert_eq!(of(&gated(&moved, 4500).tcp("outsider-other", VIP)).verdict, Verdict::Denied);
    // `*` stands for the tunnel's interface too.
    let all = encrypting(&on, KEYS).with(host_endpoints("*"));
    let deny = gate("gate", None, "[{action: Deny, destination: {nets: [192.168.10.11/32]}}]");
    let answer = all.with([deny]).tcp("outsider-other", VIP);
    assert_eq!(
        (of(&answer).verdict.clone(), of(&answer).hops.last().unwrap().node.as_str()),
        (Verdict::Denied, "node-a"),
        "{}",
        told(&answer)
    );
}

#[test]
fn what_an_outsider_gives_as_his_source_is_none_of_a_nodes_own() {
    let on = encrypting(&json!({ "wireguardEnabled": true }), KEYS);
    // To the pod's own address nothing translates it.
    let answer = on.tcp("outsider-other", POD);
    let last = of(&answer).hops.last().unwrap();
    assert_eq!(
        (last.stage, last.node.as_str(), &of(&answer).verdict),
        (Stage::BetweenNodes, "node-a", &Verdict::Denied),
        "{}",
        told(&answer)
    );
    assert!(last.why.contains("`70.80.2.10`"), "{}", last.why);
    assert_eq!(of(&on.tcp("outsider-same", POD)).verdict, Verdict::Allowed, "on the node itself it goes nowhere");
    // Pods keep theirs, and WireGuard knows it.
    assert_eq!(of(&on.tcp("ops/caller-b", POD)).source_seen_by_pod, Some("192.168.20.12".parse().unwrap()));
    assert_eq!(way(&on, "ops/caller-b", POD), "WireGuard");
}

#[test]
fn where_hosts_are_encrypted_what_came_in_from_outside_is_not() {
    let hosts = json!({ "wireguardEnabled": true, "wireguardHostEncryptionEnabled": true });
    let cluster = encrypting(&hosts, KEYS);
    assert_eq!(way(&cluster, "outsider-other", VIP), "VXLAN", "Felix marks it for the main routes");
    for (from, to) in [("ops/caller-b", POD), ("node:node-b", POD), ("node:node-b", "10.0.1.1:10250")] {
        assert_eq!(way(&cluster, from, to), "WireGuard", "{from} to {to}");
    }
    let plain = encrypting(&json!({ "wireguardEnabled": true }), KEYS);
    assert_eq!(way(&plain, "node:node-b", "10.0.1.1:10250"), "none", "hosts are not");
    assert_eq!(way(&plain, "node:node-b", "192.168.77.1:10250"), "WireGuard", "but the ends of tunnels are");
    // Another host sees the tunnel's address, at an interface that its HostEndpoint does not name.
    let bare = |interface: &str| {
        host_endpoints(interface).into_iter().map(|mut object| {
            object["spec"]["profiles"] = json!([]);
            object
        })
    };
    assert_eq!(of(&plain.with(bare("eth0")).tcp("node:node-b", "10.0.1.1:10250")).verdict, Verdict::Denied);
    let answer = cluster.with(bare("eth0")).tcp("node:node-b", "10.0.1.1:10250");
    assert_eq!(of(&answer).source_seen_by_pod, Some("192.168.77.2".parse().unwrap()), "{}", told(&answer));
    assert_eq!(of(&cluster.with(bare("*")).tcp("node:node-b", "10.0.1.1:10250")).verdict, Verdict::Denied);
}

#[test]
fn what_is_not_clear_is_not_told() {
    let with = |field: &str, value: Value| encrypting(&json!({ "wireguardEnabled": true, field: value }), KEYS);
    assert_eq!(way(&with("wireguardInterfaceName", json!("wg0")), "outsider-other", VIP), "unknown");
    let moved = felix("node.node-a", &json!({ "wireguardListeningPort": 4500 }));
    assert_eq!(way(&with("wireguardMTU", json!(1400)).with([moved]), "outsider-other", VIP), "unknown");
    let mut without_pools = with("wireguardMTU", json!(1400));
    without_pools.objects.retain(|object| object["kind"] != "IPPool");
    assert_eq!(way(&without_pools, "ops/caller-b", POD), "unknown");
    let mut without_address = encrypting(&json!({ "wireguardEnabled": true, "wireguardHostEncryptionEnabled": true }), KEYS);
    for node in without_address.objects.iter_mut().filter(|object| object["kind"] == "Node") {
        node["metadata"]["annotations"].as_object_mut().unwrap().remove("projectcalico.org/IPv4WireguardInterfaceAddr");
    }
    assert_eq!(way(&without_address, "ops/caller-b", POD), "unknown");
}
