//! What a node itself sends: where host policy meets it, and what it sees.

use anyhow::Result;
use end2end::proof::Fact;
use end2end::world::DataPlane;
use serde_json::Value;

use super::objects::{EDGE, global, host_endpoint, host_endpoints, of_egress, without_profile};
use super::{POD, VIP};

const NODES: [&str; 2] = ["node:node-a", "node:node-b"];
/// The node of the pod, and the other one.
const OWN: [&str; 1] = ["node:node-a"];
const OTHER: [&str; 1] = ["node:node-b"];

/// The NodePort of a Service with that pod, at either node.
const NODE_PORT: &str = "10.0.1.1:30080";
const OTHER_NODE_PORT: &str = "10.0.2.1:30080";

/// To a pod, by the Service or not, on the page's world.
pub(crate) fn to_pods(data_plane: DataPlane) -> Result<Vec<Fact>> {
    let bare = |interface: &str| host_endpoints(interface).into_iter().map(without_profile);
    let with = |policy: Value| host_endpoints("eth0").into_iter().chain([policy]);
    let both = || host_endpoints("*").into_iter().chain(bare("eth0"));
    let by_interface = match data_plane {
        DataPlane::IptablesLegacy | DataPlane::IptablesNft => [
            Fact::new("a HostEndpoint without a profile leaves its node its own pods, by a Service too", bare("eth0"))
                .cut(OTHER, OTHER_NODE_PORT)
                .reached(OWN, VIP)
                .reached(OWN, NODE_PORT),
            Fact::new("so does one for `*`", bare("*")).reached(OWN, VIP).reached(OWN, NODE_PORT),
            Fact::new("beside one for `*` that allows it is asked all the same", both())
                .reached(OWN, VIP)
                .cut(OTHER, OTHER_NODE_PORT),
        ],
        DataPlane::Nftables => [
            Fact::new(
                "with nftables a HostEndpoint without a profile cuts its node from its own pods by a cluster IP, and not by a NodePort of its own",
                bare("eth0"),
            )
            .cut(OTHER, OTHER_NODE_PORT)
            .cut(OWN, VIP)
            .reached(OWN, NODE_PORT),
            Fact::new("with nftables one for `*` cuts it by that too", bare("*")).cut(OWN, VIP).cut(OWN, NODE_PORT),
            Fact::new("with nftables one that allows, and stands for the interface of the first way, is the last that is asked", both())
                .cut(OWN, VIP)
                .reached(OTHER, OTHER_NODE_PORT),
        ],
    };
    let elsewhere = |fact: Fact| fact.reached(OWN, POD).cut(OTHER, POD).cut(OTHER, VIP);
    let deny = "[{action: Deny, destination: {nets: [10.20.30.40/32]}}, {action: Allow}]";
    Ok(by_interface
        .map(elsewhere)
        .into_iter()
        .chain([
            Fact::new("policy on what a node sends sees the pod, not the Service's address", with(outwards(deny)?)).reached(NODES, VIP),
            Fact::new("untracked policy on it sees the Service's address", with(untracked(outwards(deny)?)))
                .cut(NODES, VIP)
                .reached(NODES, POD),
        ])
        .collect())
}

/// To a pod of its own host network by a cluster IP, on the world with three nodes.
pub(crate) fn to_its_own_host(data_plane: DataPlane, to: &str) -> Fact {
    let objects = [without_profile(host_endpoint("inner", "eth0", &["10.0.3.1", "fd00:10::3:1"]))];
    match data_plane {
        DataPlane::IptablesLegacy | DataPlane::IptablesNft => {
            Fact::new("a HostEndpoint without a profile leaves its node its own host, by a cluster IP too", objects)
                .reached(["node:inner"], to)
        }
        DataPlane::Nftables => {
            Fact::new("with nftables a HostEndpoint without a profile cuts its node from its own host by a cluster IP", objects)
                .cut(["node:inner"], to)
                .reached(["node:inner"], "10.0.3.1:9100")
        }
    }
}

/// A policy at the HostEndpoints with our label, for what nodes send.
fn outwards(rules: &str) -> Result<Value> {
    Ok(of_egress(global("outwards", &format!("{EDGE} == 'true'"), None, rules)?))
}

/// The same before connections are tracked.
fn untracked(mut policy: Value) -> Value {
    policy["spec"]["doNotTrack"] = true.into();
    policy["spec"]["applyOnForward"] = true.into();
    // What it allows is not tracked, and not translated: it only denies.
    if let Some(rules) = policy["spec"]["egress"].as_array_mut() {
        rules.truncate(1);
    }
    policy
}
