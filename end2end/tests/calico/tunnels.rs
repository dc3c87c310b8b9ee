//! Tunnels: where pods are encapsulated, the entry node appears to them with the tunnel's address.

use std::net::Ipv4Addr;

use anyhow::Result;
use end2end::proof::Fact;
use end2end::world::World;
use serde_json::Value;

use super::objects::{gate, host_endpoint, host_endpoints, pod_policy};
use super::{VIP, holds};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig: root, and Go for its first build"]
async fn with_vxlan() -> Result<()> {
    let world = World::read(include_str!("../../worlds/vxlan.yaml"))?;
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
            [host_endpoints("eth0"), hardened()?].concat(),
        )
        .reached(["authorised-same"], VIP)
        .cut(["authorised-other", "outsider-same", "outsider-other"], VIP)
        .reached(["ops/caller-b"], VIP),
        Fact::new("with tunnel addresses they get in, and nobody else", [with_tunnels.clone(), hardened()?].concat())
            .reached(["authorised-same", "authorised-other"], VIP)
            .cut(["outsider-same", "outsider-other"], VIP)
            .reached(["ops/caller-b"], VIP),
        Fact::new("a deny of everything before translation drops the tunnel's own packets", [with_tunnels, vec![blanket]].concat())
            .reached(["authorised-same"], VIP)
            .cut(["authorised-other"], VIP)
            .cut(["ops/caller-b"], VIP),
    ];
    holds("vxlan", &world, facts).await
}

fn hardened() -> Result<Vec<Value>> {
    let edge = "
        - {action: Allow, source: {nets: [50.60.0.0/16]}, destination: {nets: [10.20.30.40/32]}}
        - {action: Deny, destination: {nets: [10.20.30.40/32]}}";
    let pods = "
        - {action: Allow, source: {nets: [50.60.0.0/16]}}
        - {action: Allow, source: {selector: rig.portcullis.dev/edge == 'true', namespaceSelector: global()}}
        - {action: Allow, source: {selector: projectcalico.org/orchestrator == 'k8s', namespaceSelector: all()}}";
    Ok(vec![pod_policy("pods", Some(500), pods)?, gate("gate", Some(100), edge)?])
}
