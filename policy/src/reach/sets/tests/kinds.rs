//! Addresses of every kind, both families, traffic policies, backends of every kind.

use super::world::{Cluster, VIP, host_endpoint, node, path, pod, policy, service, slice, svc_a};
use crate::reach::sets::{AddressKind, Reach, Seen, TooMuch, of_service_within};
use crate::reach::verdict::{PathKind, Unknown, Verdict};
use serde_json::json;

fn kinds(reach: &Reach, kind: AddressKind) -> Vec<(PathKind, Seen, String)> {
    let groups = reach.addresses.iter().filter(|at| at.kind == kind).flat_map(|at| &at.groups);
    groups.map(|group| (group.kind, group.seen, group.clients.allowed.to_string())).collect()
}

/// `svc-a` of every kind of address, with a `Local` policy for external ones where asked.
fn everywhere(local: bool) -> Cluster {
    let mut object = service("svc-a", VIP, json!([{"name": "http", "port": 80, "targetPort": 8080, "nodePort": 30080}]));
    object["spec"]["type"] = json!("LoadBalancer");
    object["spec"]["externalIPs"] = json!(["8.8.8.8"]);
    object["spec"]["loadBalancerSourceRanges"] = json!(["50.60.0.0/16"]);
    object["status"] = json!({"loadBalancer": {"ingress": [{"ip": "7.7.7.7"}]}});
    if local {
        object["spec"]["externalTrafficPolicy"] = json!("Local");
    }
    Cluster::page().with(object)
}

#[test]
fn every_kind_of_address_has_its_paths() {
    let all = "0.0.0.0/0".to_owned();
    let reach = everywhere(false).reach();
    let cluster =
        [(PathKind::SameNode, Seen::EntryNodeForOutsiders, all.clone()), (PathKind::OtherNode, Seen::EntryNodeForOutsiders, all.clone())];
    assert_eq!(kinds(&reach, AddressKind::ClusterIp), cluster);
    let external = [(PathKind::SameNode, Seen::EntryNode, all.clone()), (PathKind::OtherNode, Seen::EntryNode, all.clone())];
    assert_eq!(kinds(&reach, AddressKind::ExternalIp), external);
    assert_eq!(kinds(&reach, AddressKind::NodePort), external);
    let ranges = "50.60.0.0/16".to_owned();
    let balancer = [(PathKind::SameNode, Seen::EntryNode, ranges.clone()), (PathKind::OtherNode, Seen::EntryNode, ranges)];
    assert_eq!(kinds(&reach, AddressKind::LoadBalancerIp), balancer);
    // Local: the node without a pod drops, and the pod sees the client.
    let reach = everywhere(true).reach();
    assert_eq!(kinds(&reach, AddressKind::ClusterIp), cluster);
    let local = [(PathKind::SameNode, Seen::Client, all), (PathKind::NoBackend, Seen::Client, "none".to_owned())];
    assert_eq!(kinds(&reach, AddressKind::ExternalIp), local);
    assert_eq!(kinds(&reach, AddressKind::NodePort), local);
}

#[test]
fn a_pod_that_is_an_external_ip_is_told_on_its_own_node_alone() {
    let mut hop = service("hop", "10.20.30.44", json!([{"name": "http", "port": 8080}]));
    hop["spec"]["externalIPs"] = json!(["192.168.1.1"]);
    let reach = Cluster::page().with(hop).reach();
    let verdict = |node: &str| reach.verdict(&path(&reach, node, 80), "TCP/80".parse().unwrap(), "9.9.9.9".parse().unwrap());
    assert_eq!(verdict("a"), Some(Verdict::Allowed));
    assert_eq!(verdict("b"), Some(Verdict::Unknown(Unknown::TranslatedAgain)));
}

#[test]
fn a_node_port_is_asked_at_each_nodes_address() {
    let gate = policy(
        "gate",
        json!({"selector": "k8s-role == 'node'", "types": ["Ingress"], "preDNAT": true, "applyOnForward": true, "ingress": [
            {"action": "Deny", "protocol": "TCP", "destination": {"nets": ["10.0.1.1/32"], "ports": [30080]}}]}),
    );
    let reach = everywhere(false).endpoints("eth0", true, true).with(gate).reach();
    let client = "9.9.9.9".parse().unwrap();
    let verdict = |node: &str| {
        let mut path = path(&reach, node, 30080);
        path.address = if node == "a" { "10.0.1.1" } else { "10.0.2.1" }.parse().unwrap();
        reach.verdict(&path, "TCP/30080".parse().unwrap(), client)
    };
    assert_eq!(verdict("a"), Some(Verdict::Denied));
    assert_eq!(verdict("b"), Some(Verdict::Allowed));
}

#[test]
fn the_other_family_has_its_own_rules() {
    let mut object = service("svc-a", VIP, json!([{"name": "http", "port": 80, "targetPort": 8080}]));
    object["spec"]["clusterIPs"] = json!([VIP, "fd00:20:30::40"]);
    let mut v6 = slice("svc-a", &[("a-6", "a", "fd00:1::1")], json!([{"name": "http", "port": 8080}]));
    v6["addressType"] = json!("IPv6");
    v6["metadata"]["name"] = json!("svc-a-6");
    let gate = policy(
        "gate",
        json!({"selector": "k8s-role == 'node'", "types": ["Ingress"], "preDNAT": true, "applyOnForward": true, "ingress": [
            {"action": "Allow", "source": {"nets": ["2001:db8::/32"]}, "destination": {"nets": ["fd00:20:30::40/128"]}},
            {"action": "Deny", "ipVersion": 6}]}),
    );
    let cluster = Cluster::page().with(object).with(v6).with(pod("a-6", "a", "fd00:1::1", json!({"app": "svc-a"})));
    let reach = cluster.with(host_endpoint("a", "eth0", &["10.0.1.1"])).with(gate).reach();
    for at in &reach.addresses {
        let of_a = at.groups.iter().filter(|group| reach.entries(group).iter().any(|entry| &*entry.node == "a"));
        let expected = if at.address.unwrap().is_ipv6() { "2001:db8::/32" } else { "0.0.0.0/0" };
        for group in of_a {
            assert_eq!(group.clients.allowed.to_string(), expected);
        }
    }
}

#[test]
fn a_backend_on_the_host_meets_host_policy_alone() {
    let mut host = pod("h-1", "a", "10.0.1.1", json!({"app": "svc-a"}));
    host["spec"]["hostNetwork"] = json!(true);
    let cluster = Cluster::page()
        .with(host)
        .with(slice("svc-a", &[("h-1", "a", "10.0.1.1")], json!([{"name": "http", "port": 8080}])))
        .with(policy("pods", json!({"selector": "app == 'svc-a'", "types": ["Ingress"]})));
    assert!(cluster.gets_in("9.9.9.9", "a", 80), "no pod policy holds for it");
    let bare = cluster.endpoints("eth0", true, false);
    assert!(!bare.gets_in("9.9.9.9", "a", 80), "a HostEndpoint without profile shuts the host");
    let rules =
        json!([{"action": "Allow", "protocol": "TCP", "source": {"selector": "k8s-role == 'node'"}, "destination": {"ports": [8080]}}]);
    let by_nodes = bare.with(policy("hosts", json!({"selector": "k8s-role == 'node'", "types": ["Ingress"], "ingress": rules})));
    assert!(!by_nodes.gets_in("9.9.9.9", "a", 80));
    assert!(by_nodes.gets_in("9.9.9.9", "b", 80), "by the other node the source is a node");
}

#[test]
fn what_cannot_be_told_says_why() {
    let of = |cluster: &Cluster| {
        let reach = cluster.reach();
        reach.addresses[0].groups.iter().flat_map(|group| &group.clients.unknown).map(|unknown| unknown.reason.name()).collect::<Vec<_>>()
    };
    let heps = Cluster::page().endpoints("eth0", true, true);
    let rule = |spec| policy("rule", spec);
    let source_port = json!({"selector": "k8s-role == 'node'", "types": ["Ingress"], "preDNAT": true, "applyOnForward": true, "ingress": [
        {"action": "Deny", "protocol": "TCP", "source": {"nets": ["9.0.0.0/8"], "ports": ["40000:50000"]}}]});
    assert_eq!(of(&heps.clone().with(rule(source_port))), ["source-port", "source-port"]);
    let untracked = json!({"selector": "k8s-role == 'node'", "types": ["Ingress"], "doNotTrack": true, "applyOnForward": true, "ingress": [
        {"action": "Allow", "protocol": "TCP", "source": {"nets": ["9.0.0.0/8"]}}]});
    assert_eq!(of(&heps.with(rule(untracked))), ["untracked", "untracked"]);
    let ebpf = json!({"kind": "FelixConfiguration", "metadata": {"name": "default"}, "spec": {"bpfEnabled": true}});
    assert!(of(&Cluster::page().with(ebpf)).iter().all(|name| *name == Unknown::Ebpf.name()));
}

#[test]
fn tiers_come_before_orders() {
    let tier = json!({"kind": "Tier", "metadata": {"name": "first"}, "spec": {"order": 1}});
    let spec = |tier: &str, order: u32, action: &str| {
        json!({"tier": tier, "order": order, "selector": "app == 'svc-a'", "types": ["Ingress"],
            "ingress": [{"action": action, "source": {"nets": ["50.60.0.0/16"]}}]})
    };
    let cluster = |action: &str| {
        Cluster::page()
            .with(tier.clone())
            .with(policy("first.late", spec("first", 900, action)))
            .with(policy("early", spec("", 1, "Allow")))
    };
    assert!(!cluster("Deny").gets_in("50.60.1.1", "a", 80));
    assert!(cluster("Pass").gets_in("50.60.1.1", "a", 80));
    assert!(!cluster("Pass").gets_in("50.61.1.1", "a", 80), "the end of the first tier denies");
    let mut passing = tier.clone();
    passing["spec"]["defaultAction"] = json!("Pass");
    let denied_by_the_last = cluster("Pass").with(passing);
    assert!(!denied_by_the_last.gets_in("50.61.1.1", "a", 80));
}

#[test]
fn forward_policy_of_every_interface_meets_packets_to_pods() {
    let spec = json!({"selector": "k8s-role == 'node'", "types": ["Egress"], "applyOnForward": true,
        "egress": [{"action": "Allow", "source": {"nets": ["50.60.0.0/16"]}}]});
    let cluster = |interface: &str| Cluster::page().endpoints(interface, true, true).with(policy("out", spec.clone()));
    assert!(cluster("eth0").gets_in("9.9.9.9", "a", 80), "it does not leave by eth0");
    assert!(!cluster("*").gets_in("9.9.9.9", "a", 80));
    assert!(cluster("*").gets_in("50.60.1.1", "a", 80));
}

#[test]
fn work_is_bounded() {
    let cluster = Cluster::page().with(node("c", "10.0.3.1/16", "192.168.77.3"));
    let (snapshot, settings) = (cluster.snapshot(), cluster.settings());
    assert!(of_service_within(&snapshot, &settings, &svc_a(), 1_000).is_ok());
    let TooMuch { what, limit } = of_service_within(&snapshot, &settings, &svc_a(), 2).unwrap_err();
    assert_eq!((what.as_str(), limit), ("the paths to 10.20.30.40 on TCP/80", 2));
}
