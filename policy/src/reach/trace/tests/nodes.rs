//! What a node itself sends: at which interface host policy meets it, by the data plane of Felix.

use super::{Cluster, POD, VIP, global, host_endpoints, reached, set, told};
use crate::reach::settings::{DataPlane, Line};
use crate::reach::verdict::{Stage, Unknown, Verdict};
use serde_json::{Value, json};

const NODE_A: &str = "node:node-a";
const NODE_B: &str = "node:node-b";

/// The Service of a pod of node A by NodePort, at either node; and the cluster IP and NodePort of one of node A's own host.
const NODE_PORT: &str = "10.0.1.1:30080";
const OTHER_NODE_PORT: &str = "10.0.2.1:30080";
const AGENT: &str = "10.20.30.43:80";
const AGENT_NODE_PORT: &str = "10.0.1.1:30081";

fn with_agent() -> Cluster {
    Cluster::page().and(
        "
apiVersion: v1
kind: Service
metadata: {name: agent, namespace: shop}
spec: {clusterIP: 10.20.30.43, clusterIPs: [10.20.30.43], ports: [{name: http, port: 80, nodePort: 30081}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: agent-x, namespace: shop, labels: {kubernetes.io/service-name: agent}}
addressType: IPv4
endpoints: [{addresses: [10.0.1.1], nodeName: node-a}]
ports: [{name: http, port: 9100, protocol: TCP}]
",
    )
}

/// HostEndpoints without a profile: what no policy allows is cut.
fn bare(interface: &str) -> Vec<Value> {
    host_endpoints(interface).into_iter().map(|host| set(host, "profiles", json!([]))).collect()
}

fn by(data_plane: DataPlane, cluster: &Cluster) -> Cluster {
    cluster.telling(|told| told.data_plane = Some(data_plane))
}

/// As packets met it on 3.28.5 with iptables.
#[test]
fn with_iptables_host_policy_is_met_on_the_way_to_the_backend() {
    let cluster = with_agent().with(bare("eth0"));
    for own in [POD, VIP, NODE_PORT, AGENT, AGENT_NODE_PORT, "10.0.1.1:10250"] {
        cluster.assert("to its own", own, &[NODE_A], &[]);
    }
    // At another address of its own it sees that one (measured).
    let second = json!({ "apiVersion": "v1", "kind": "Node", "metadata": { "name": "node-a" },
        "status": { "addresses": [{ "type": "InternalIP", "address": "10.0.1.1" }, { "type": "InternalIP", "address": "10.0.1.2" }] } });
    let to_itself = Cluster::page().with([second]).tcp(NODE_A, "10.0.1.2:10250");
    assert_eq!(to_itself.paths[0].source_seen_by_pod.map(|source| source.to_string()).as_deref(), Some("10.0.1.2"));
    for far in ["192.168.20.12:80", "10.0.2.1:10250", OTHER_NODE_PORT] {
        cluster.assert("to what is elsewhere", far, &[], &[NODE_A]);
    }
    cluster.assert("by its own NodePort elsewhere", OTHER_NODE_PORT, &[], &[NODE_B]);
    cluster.assert("by the Service elsewhere", VIP, &[], &[NODE_B]);
    cluster.assert("failsafe, outwards", "10.0.2.1:6443", &[NODE_A], &[]);
    // `*` stands for `lo` too.
    let all = with_agent().with(bare("*"));
    for own in [POD, VIP, NODE_PORT] {
        all.assert("`*`, to its own pods", own, &[NODE_A], &[]);
    }
    for own in [AGENT, AGENT_NODE_PORT, "10.0.1.1:10250"] {
        all.assert("`*`, to itself", own, &[], &[NODE_A]);
    }
}

/// As packets met it on 3.30.1 with nftables.
#[test]
fn with_nftables_host_policy_is_met_on_the_way_to_the_service_too() {
    let nftables = |hosts: Vec<Value>| by(DataPlane::Nftables, &with_agent().with(hosts));
    let cluster = nftables(bare("eth0"));
    for own in [VIP, AGENT] {
        cluster.assert("by a cluster IP to its own", own, &[], &[NODE_A]);
    }
    // Its own NodePort is an address of `lo`.
    for own in [POD, NODE_PORT, AGENT_NODE_PORT, "10.0.1.1:10250"] {
        cluster.assert("to its own", own, &[NODE_A], &[]);
    }
    cluster.assert("by its own NodePort elsewhere", OTHER_NODE_PORT, &[], &[NODE_B]);
    let all = nftables(bare("*"));
    all.assert("`*`", POD, &[NODE_A], &[]);
    for own in [VIP, NODE_PORT, AGENT, AGENT_NODE_PORT, "10.0.1.1:10250"] {
        all.assert("`*`", own, &[], &[NODE_A]);
    }
    // Pods are no processes of the node.
    cluster.assert("pods", VIP, &["shop/caller-a"], &[]);
}

/// As packets met it on 3.30.1: `*` stands for `lo`, by which a NodePort of its own is, and `eth0` for the way to the pod.
#[test]
fn with_nftables_the_first_host_endpoint_that_accepts_it_is_the_last_that_is_asked() {
    let (all, bare) = (host_endpoints("*"), bare("eth0"));
    let iptables = Cluster::page().with(all).with(bare);
    iptables.assert("iptables", OTHER_NODE_PORT, &[], &[NODE_B]);
    let nftables = by(DataPlane::Nftables, &iptables);
    nftables.assert("nftables", OTHER_NODE_PORT, &[NODE_B], &[]);
    nftables.assert("by the cluster IP", VIP, &[], &[NODE_B]);
    nftables.assert("by neither", POD, &[], &[NODE_B]);
}

/// What it is judged by is what it is translated to.
#[test]
fn with_nftables_host_policy_sees_the_backend() {
    for (nets, reached) in [("192.168.10.11/32", false), ("10.20.30.40/32", true)] {
        let rules = json!([{ "action": "Deny", "destination": { "nets": [nets] } }, { "action": "Allow" }]);
        let policy = set(set(global("out", "edge == 'true'", None, "[]"), "types", json!(["Egress"])), "egress", rules);
        let cluster = by(DataPlane::Nftables, &Cluster::page().with(host_endpoints("eth0")).with([policy]));
        let answer = cluster.tcp(NODE_A, VIP);
        assert_eq!(cluster.reaches(NODE_A, VIP), reached, "{nets}\n{}", told(&answer));
        let last = answer.paths[0].hops.last().map(|hop| hop.stage);
        assert_eq!(last, Some(if reached { Stage::Delivery } else { Stage::HostEgress }), "{}", told(&answer));
    }
}

/// Untracked policy is met before translation, by the way to the Service: `StaticRawOutputChain` in felix/rules/static.go:1396 at v3.28.5.
#[test]
fn untracked_policy_sees_the_service() {
    for (nets, reached) in [("192.168.10.11/32", true), ("10.20.30.40/32", false)] {
        let rules = json!([{ "action": "Deny", "destination": { "nets": [nets] } }]);
        let policy = set(set(global("raw", "edge == 'true'", None, "[]"), "types", json!(["Egress"])), "egress", rules);
        let policy = set(set(policy, "doNotTrack", true), "applyOnForward", true);
        let cluster = Cluster::page().with(host_endpoints("eth0")).with([policy]);
        for from in [NODE_A, NODE_B] {
            let (reached, cut) = if reached { (vec![from], vec![]) } else { (vec![], vec![from]) };
            cluster.assert(nets, VIP, &reached, &cut);
        }
    }
}

/// An endpoint that is a NodePort: its node translates what another one sends there, and drops what came in by itself where the NodePort has no
/// endpoint on it (measured: `end2end/worlds/judged`).
#[test]
fn what_becomes_of_an_endpoint_that_is_a_node_port_is_not_told() {
    let cluster = with_agent().and(
        "
apiVersion: v1
kind: Service
metadata: {name: hop, namespace: shop}
spec: {clusterIP: 10.20.30.44, clusterIPs: [10.20.30.44], ports: [{name: http, port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: hop-x, namespace: shop, labels: {kubernetes.io/service-name: hop}}
addressType: IPv4
endpoints: [{addresses: [10.0.1.1]}]
ports: [{name: http, port: 30081, protocol: TCP}]
",
    );
    let verdict = |from: &str| cluster.tcp(from, "10.20.30.44:80").paths[0].verdict.clone();
    assert_eq!(verdict("outsider-same"), Verdict::Unknown(Unknown::TranslatedAgain));
    assert_eq!(verdict("outsider-other"), Verdict::Unknown(Unknown::TranslatedAgain));
    assert_eq!(verdict(NODE_B), Verdict::Unknown(Unknown::TranslatedAgain));
}

/// A pod whose address and port are an external IP and port of another Service: what another node sends there, its node translates again, and what
/// came in by itself it does not (measured).
#[test]
fn what_becomes_of_a_pod_that_is_an_external_ip_is_told_on_its_own_node_alone() {
    let cluster = with_agent().and(
        "
apiVersion: v1
kind: Service
metadata: {name: hop, namespace: shop}
spec: {clusterIP: 10.20.30.44, clusterIPs: [10.20.30.44], externalIPs: [192.168.10.11], ports: [{name: http, port: 80}]}
",
    );
    let verdict = |from: &str| cluster.tcp(from, VIP).paths[0].verdict.clone();
    assert_eq!(verdict("outsider-same"), Verdict::Allowed);
    assert_eq!(verdict("outsider-other"), Verdict::Unknown(Unknown::TranslatedAgain));
}

#[test]
fn what_leaves_the_pools_by_other_settings_is_not_told() {
    let felix = |spec: Value| json!({ "apiVersion": "projectcalico.org/v3", "kind": "FelixConfiguration", "metadata": { "name": "default" }, "spec": spec });
    let verdict = |spec: Value| {
        let cluster = Cluster::page().with([felix(spec)]).telling(|told| told.line = Some(Line::V3_31));
        let answer = cluster.tcp("ops/caller-b", "10.0.1.1:10250");
        (answer.paths[0].verdict.clone(), answer.paths[0].source_seen_by_pod.map(|source| source.to_string()))
    };
    assert_eq!(verdict(json!({})), (Verdict::Allowed, Some("10.0.2.1".to_owned())));
    assert_eq!(verdict(json!({ "natOutgoingAddress": "10.0.2.9" })), (Verdict::Unknown(Unknown::NatOutgoing), None));
    assert_eq!(verdict(json!({ "iptablesNATOutgoingInterfaceFilter": "eth1" })), (Verdict::Unknown(Unknown::NatOutgoing), None));
    assert_eq!(verdict(json!({ "natOutgoingExclusions": "IPPoolsAndHostIPs" })), (Verdict::Allowed, Some("192.168.20.12".to_owned())));
    // Packets of tunnels that pods send.
    let vxlan = |spec: Value| reached(&Cluster::page().with([felix(spec)]).sends("UDP", "ops/caller-b", "192.168.10.11:4789"), "VXLAN");
    assert!(!vxlan(json!({})));
    assert!(vxlan(json!({ "allowVXLANPacketsFromWorkloads": true })));
    assert!(vxlan(json!({ "vxlanPort": 4790 })));
    // What comes behind kube-proxy's rules of iptables; nftables has no such place.
    let appended = Cluster::page().with([felix(json!({ "chainInsertMode": "Append" }))]);
    assert_eq!(appended.tcp("outsider-same", VIP).paths[0].verdict, Verdict::Unknown(Unknown::ChainInsertMode));
    assert!(by(DataPlane::Nftables, &appended).reaches("outsider-same", VIP));
}
