//! Tunnels: where pods are encapsulated, the entry node appears to them with the tunnel's address.

use std::net::Ipv4Addr;

use anyhow::Result;
use end2end::proof::{Fact, Run};
use end2end::world::World;

use super::objects::{gate, host_endpoint, host_endpoints, recipe};
use super::{VIP, holds};

pub(crate) const VXLAN: &str = include_str!("../../worlds/vxlan.yaml");

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig: root, and Go for its first build"]
async fn with_vxlan() -> Result<()> {
    in_vxlan(&World::read(VXLAN)?, Run::Every).await
}

pub(crate) async fn in_vxlan(world: &World, run: Run) -> Result<()> {
    let with_tunnels = vec![
        host_endpoint("node-a", "eth0", &["10.0.1.1", "192.168.10.1"]),
        host_endpoint("node-b", "eth0", &["10.0.2.1", "192.168.20.1"]),
    ];
    let blanket = gate("blanket", None, "[{action: Allow, destination: {nets: [10.20.30.40/32, 10.0.9.10/32]}}, {action: Deny}]")?;
    let facts = vec![
        Fact::new("in VXLAN a pod sees the entry node's tunnel address", [])
            .seen("authorised-other", VIP, Ipv4Addr::new(192, 168, 20, 1))
            .seen("authorised-same", VIP, Ipv4Addr::new(10, 0, 1, 1))
            .reached(["ops/caller-b"], VIP),
        Fact::new(
            "HostEndpoints without tunnel addresses cut allowed clients whose pod is on another node",
            [host_endpoints("eth0"), recipe()?].concat(),
        )
        .reached(["authorised-same"], VIP)
        .cut(["authorised-other", "outsider-same", "outsider-other"], VIP)
        .reached(["ops/caller-b"], VIP),
        Fact::new("with tunnel addresses they get in, and nobody else", [with_tunnels.clone(), recipe()?].concat())
            .reached(["authorised-same", "authorised-other"], VIP)
            .cut(["outsider-same", "outsider-other"], VIP)
            .reached(["ops/caller-b"], VIP),
        Fact::new("a deny of everything before translation drops the tunnel's own packets", [with_tunnels, vec![blanket]].concat())
            .reached(["authorised-same"], VIP)
            .cut(["authorised-other"], VIP)
            .cut(["ops/caller-b"], VIP),
    ];
    holds("vxlan", world, run, facts).await
}
