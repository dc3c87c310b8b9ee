//! kube-proxy: which address a pod sees, and which pods answer, by the traffic policies of a Service.

use std::net::Ipv4Addr;

use anyhow::Result;
use end2end::proof::{Fact, Run};
use end2end::world::{Line, World};
use serde_json::Value;

use super::holds;
use super::objects::global;

pub(crate) const WORLD: &str = include_str!("../../worlds/traffic-policies.yaml");
const CLIENT_A: Ipv4Addr = Ipv4Addr::new(50, 60, 1, 10);
const NODE_A: Ipv4Addr = Ipv4Addr::new(10, 0, 1, 1);
const NODE_B: Ipv4Addr = Ipv4Addr::new(10, 0, 2, 1);

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig: root, and Go for its first build"]
async fn of_services() -> Result<()> {
    by_policy(&World::read(WORLD)?, Run::Every).await
}

pub(crate) async fn by_policy(world: &World, run: Run) -> Result<()> {
    let facts = vec![
        Fact::new("a pod sees the entry node for cluster IPs and NodePorts, on whichever node it is", [])
            .seen("by-a", "10.20.30.51:80", NODE_A)
            .seen("by-b", "10.20.30.51:80", NODE_B)
            .seen("by-a", "10.0.1.1:30051", NODE_A)
            .seen("by-b", "10.0.2.1:30051", NODE_B),
        Fact::new("`externalTrafficPolicy: Local` keeps the client's address for NodePorts and external IPs", [])
            .seen("by-a", "10.0.1.1:30050", CLIENT_A)
            .seen("by-a", "10.20.40.50:80", CLIENT_A)
            .cut(["by-b"], "10.0.2.1:30050")
            .cut(["by-b"], "10.20.40.50:80"),
        Fact::new("`externalTrafficPolicy: Local` still translates the source for cluster IPs", [])
            .seen("by-a", "10.20.30.50:80", NODE_A)
            .seen("by-b", "10.20.30.50:80", NODE_B),
        Fact::new("`internalTrafficPolicy: Local` translates the source too: the pod sees the node", [])
            .seen("by-a", "10.20.30.52:80", NODE_A)
            .seen("by-b", "10.20.30.52:80", NODE_B),
        Fact::new("and policy at the pods sees the client's own address on every path", [clients_alone("both")?])
            .reached(["by-a", "by-b"], "10.20.30.52:80"),
        Fact::new("with `externalTrafficPolicy: Local` it does not for cluster IPs", [clients_alone("one")?])
            .reached(["by-a"], "10.20.30.50:80")
            .cut(["by-b"], "10.20.30.50:80"),
        (0..8).fold(
            Fact::new("`internalTrafficPolicy: Local` keeps packets for a cluster IP to the node where they come in", [])
                .cut(["by-b", "ops/caller-b"], "10.20.30.53:80")
                .answered("by-a", "10.20.30.53:80", "shop/one-a"),
            |fact, _| {
                fact.answered("by-a", "10.20.30.52:80", "shop/both-a").answered("by-b", "10.20.30.52:80", "shop/both-b").answered(
                    "ops/caller-b",
                    "10.20.30.52:80",
                    "shop/both-b",
                )
            },
        ),
        (0..8).fold(
            Fact::new("where endpoints are meant for zones, kube-proxy keeps packets to those of the node's own", []),
            |fact, _| {
                fact.answered("by-a", "10.20.30.54:80", "shop/both-b").answered("by-b", "10.20.30.54:80", "shop/both-a").answered(
                    "ops/caller-b",
                    "10.20.30.54:80",
                    "shop/both-a",
                )
            },
        ),
        unasked(world.calico),
    ];
    holds("traffic policies", world, run, facts).await
}

/// Endpoints that are meant for zones, of a Service that asks for nothing: both lines have a kube-proxy of their own.
fn unasked(line: Line) -> Fact {
    const TO: &str = "10.20.30.55:80";
    match line {
        Line::V3_28 => {
            let name =
                "kube-proxy 1.29 spreads packets over zones where a Service does not ask otherwise, whatever endpoints are meant for";
            (0..8).fold(Fact::new(name, []), |fact, _| fact.reached(["by-a", "by-b", "ops/caller-b"], TO))
        }
        Line::V3_30 => {
            let name = "kube-proxy 1.32 keeps packets to the endpoints that are meant for the node's zone, also where nobody asks for it";
            (0..8).fold(Fact::new(name, []), |fact, _| {
                fact.answered("by-a", TO, "shop/both-b").answered("by-b", TO, "shop/both-a").answered("ops/caller-b", TO, "shop/both-a")
            })
        }
    }
}

/// The pods of an app take packets of the clients' own addresses and no others.
fn clients_alone(app: &str) -> Result<Value> {
    global("clients-alone", &format!("app == '{app}'"), None, "[{action: Allow, source: {nets: [50.60.0.0/16]}}]")
}
