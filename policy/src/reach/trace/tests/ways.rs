//! The way between nodes: tunnels, their packets and their addresses.

use super::{Cluster, VIP, gate, host_endpoints, recipe, told};
use crate::reach::verdict::{Stage, Verdict};
use serde_json::{Value, json};

/// The page's world with tunnels between its nodes.
pub(super) fn tunnelled(pool: &Value, tunnel: &str) -> Cluster {
    let mut cluster = Cluster::page();
    for object in &mut cluster.objects {
        match object["kind"].as_str() {
            Some("IPPool") => object["spec"] = pool.clone(),
            Some("Node") => {
                let address = if object["metadata"]["name"] == "node-a" { "192.168.77.1" } else { "192.168.77.2" };
                object["metadata"]["annotations"][format!("projectcalico.org/{tunnel}")] = address.into();
            }
            _ => {}
        }
    }
    cluster
}

pub(super) fn pool(field: &str, mode: &str) -> Value {
    json!({ "cidr": "192.168.0.0/16", "natOutgoing": true, field: mode })
}

fn with_tunnel_addresses() -> Vec<Value> {
    let mut hosts = host_endpoints("eth0");
    hosts[0]["spec"]["expectedIPs"] = json!(["10.0.1.1", "192.168.77.1"]);
    hosts[1]["spec"]["expectedIPs"] = json!(["10.0.2.1", "192.168.77.2"]);
    hosts
}

const AUTHORISED: [&str; 2] = ["authorised-same", "authorised-other"];
const OUTSIDERS: [&str; 2] = ["outsider-same", "outsider-other"];

#[test]
fn in_vxlan_a_pod_sees_the_tunnels_address() {
    let vxlan = tunnelled(&pool("vxlanMode", "Always"), "IPv4VXLANTunnelAddr");
    let answer = vxlan.tcp("outsider-other", VIP);
    assert_eq!(answer.paths[0].source_seen_by_pod, Some("192.168.77.2".parse().unwrap()), "{}", told(&answer));
    vxlan.with(host_endpoints("eth0")).with(recipe()).assert("no tunnel addresses", VIP, &AUTHORISED[..1], &AUTHORISED[1..]);
    let right = vxlan.with(with_tunnel_addresses()).with(recipe());
    right.assert("with them", VIP, &AUTHORISED, &OUTSIDERS);
    right.assert("nodes", "192.168.10.11:80", &["node:node-b"], &[]);
    let answer = right.tcp("node:node-b", "192.168.10.11:80");
    assert_eq!(answer.paths[0].source_seen_by_pod, Some("192.168.77.2".parse().unwrap()), "{}", told(&answer));
}

#[test]
fn a_deny_of_everything_drops_the_tunnels_own_packets() {
    let allow = "[{action: Allow, destination: {nets: [10.20.30.40/32]}}, {action: Deny}]";
    for (pool, annotation, reached) in [
        (pool("vxlanMode", "Always"), "IPv4VXLANTunnelAddr", false),
        (pool("ipipMode", "Always"), "IPv4IPIPTunnelAddr", false),
        (pool("vxlanMode", "Never"), "IPv4VXLANTunnelAddr", false),
    ] {
        let cluster = tunnelled(&pool, annotation).with(with_tunnel_addresses()).with([gate("gate", None, allow)]);
        let answer = cluster.tcp("outsider-other", VIP);
        assert_eq!(answer.paths[0].verdict == Verdict::Allowed, reached, "{pool}\n{}", told(&answer));
        let last = answer.paths[0].hops.last().unwrap();
        assert_eq!((last.stage, last.node.as_str()), (Stage::PreDnat, "node-a"));
    }
    // One that lets the tunnel through lets what is inside through: it comes in by the tunnel's interface, which no HostEndpoint names.
    let allow = "[{action: Allow, destination: {nets: [10.20.30.40/32]}}, {action: Allow, protocol: UDP, destination: {ports: [4789]}}, {action: Deny}]";
    let vxlan = tunnelled(&pool("vxlanMode", "Always"), "IPv4VXLANTunnelAddr").with(with_tunnel_addresses());
    vxlan.with([gate("gate", None, allow)]).assert("VXLAN let through", VIP, &OUTSIDERS, &[]);
}

#[test]
fn which_tunnel() {
    let way = |cluster: &Cluster| {
        let answer = cluster.tcp("outsider-other", VIP);
        let hop = answer.paths[0].hops.iter().find(|hop| hop.stage == Stage::BetweenNodes).unwrap().why.clone();
        ["VXLAN", "IPIP", "WireGuard"].into_iter().find(|name| hop.contains(name)).unwrap_or("none")
    };
    assert_eq!(way(&Cluster::page()), "none");
    let cross = tunnelled(&pool("ipipMode", "CrossSubnet"), "IPv4IPIPTunnelAddr");
    assert_eq!(way(&cross), "IPIP", "the nodes are in different subnets");
    let mut near = cross;
    for node in near.objects.iter_mut().filter(|object| object["kind"] == "Node") {
        let address = if node["metadata"]["name"] == "node-a" { "10.0.1.1/16" } else { "10.0.2.1/16" };
        node["metadata"]["annotations"]["projectcalico.org/IPv4Address"] = address.into();
    }
    assert_eq!(way(&near), "none");
}

#[test]
fn all_interfaces_have_tunnels_among_them() {
    let vxlan = tunnelled(&pool("vxlanMode", "Always"), "IPv4VXLANTunnelAddr").with(host_endpoints("*"));
    let deny = gate("gate", None, "[{action: Deny, destination: {nets: [192.168.10.11/32]}}]");
    let answer = vxlan.with([deny.clone()]).tcp("ops/caller-b", "192.168.10.11:80");
    assert_eq!(answer.paths[0].verdict, Verdict::Denied, "from pods at once\n{}", told(&answer));
    let answer = vxlan.with([deny]).tcp("outsider-other", VIP);
    let last = answer.paths[0].hops.last().unwrap();
    assert_eq!(
        (last.stage, last.node.as_str()),
        (Stage::PreDnat, "node-a"),
        "what is inside, by the tunnel's interface\n{}",
        told(&answer)
    );
}
