//! What clusters have that the other worlds do not, in one of its own.

use anyhow::Result;
use end2end::proof::{Expected, Fact, Run};
use end2end::world::World;
use policy::access::Protocol;
use serde_json::{Value, json};

use super::objects::{EDGE, gate, host_endpoint};
use super::{holds, nodes};

pub(crate) const ODD: &str = include_str!("../../worlds/odd.yaml");

/// A Service of the second family, one whose pod is of the host network, and one that others guard.
const SIX: &str = "[fd00:20::1e66]:80";
const AGENT: &str = "10.20.30.41:80";
const SIGNAL: &str = "10.20.30.42:80";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig: root, and Go for its first build"]
async fn three_nodes_and_what_else_clusters_have() -> Result<()> {
    of_it(&World::read(ODD)?, Run::Every).await
}

pub(crate) async fn of_it(world: &World, run: Run) -> Result<()> {
    let mut facts = vec![
        // The world itself has a policy at the pod of the host network that denies everything.
        Fact::new("policy at a pod of the host network is no packet's matter", [])
            .answered("near", AGENT, "inner")
            .answered("ops/caller", AGENT, "inner")
            .expect(Protocol::Udp, "far", "10.20.30.41:514", Expected::AnsweredBy("inner".to_owned())),
        Fact::new("before translation its Service is guarded as any other", [hosts("eth0"), vec![deny("10.20.30.41/32")?]].concat())
            .cut(["near", "far"], AGENT)
            .reached(["back", "ops/caller"], AGENT)
            .expect(Protocol::Udp, "far", "10.20.30.41:514", Expected::Cut),
        Fact::new(
            "a HostEndpoint for one interface leaves the others of its node open",
            [hosts("eth0"), vec![deny("10.20.30.0/24")?]].concat(),
        )
        .cut(["near", "far"], AGENT)
        .reached(["back"], AGENT),
        Fact::new("and one on each of them guards the node", [hosts("eth0"), vec![second(), deny("10.20.30.0/24")?]].concat())
            .cut(["near", "far", "back"], AGENT)
            .reached(["ops/caller"], AGENT),
        Fact::new(
            "a Service of the second family alone is guarded in that family",
            [hosts("eth0"), vec![deny("fd00:20::1e66/128")?]].concat(),
        )
        .cut(["near-v6", "far-v6"], SIX)
        .reached(["ops/caller"], SIX)
        .expect(Protocol::Udp, "near-v6", "[fd00:20::1e66]:53", Expected::Cut)
        .reached(["near", "far"], AGENT),
        // Log, SCTP, Pass and `notNets` of the world's own policy: clients appear to it on the entry node with their own address.
        Fact::new("Log and rules for SCTP decide nothing about TCP, and Pass with `notNets` lets all but those on", [])
            .reached(["ops/caller"], "192.168.20.11:8080")
            .reached(["far"], SIGNAL)
            .reached(["far"], "10.20.40.42:80")
            .cut(["near"], "192.168.20.11:8080"),
    ];
    facts.push(nodes::to_its_own_host(world.data_plane, AGENT));
    holds("odd", world, run, facts).await
}

/// One on each node.
fn hosts(interface: &str) -> Vec<Value> {
    let nodes = [("edge-1", "10.0.1.1", "fd00:10::1:1"), ("edge-2", "10.0.2.1", "fd00:10::2:1"), ("inner", "10.0.3.1", "fd00:10::3:1")];
    nodes.iter().map(|(node, four, six)| host_endpoint(node, interface, &[four, six])).collect()
}

/// The second interface of the one that has one.
fn second() -> Value {
    let mut back = host_endpoint("edge-1", "bond0.7", &["10.0.11.1", "fd00:10::11:1"]);
    back["metadata"] = json!({ "name": "edge-1-back", "labels": { EDGE: "true" } });
    back
}

fn deny(range: &str) -> Result<Value> {
    gate("gate", None, &format!("[{{action: Deny, destination: {{nets: [\"{range}\"]}}}}]"))
}
