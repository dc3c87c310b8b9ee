//! Blocks of the pod network: what Calico's allocation of addresses would have given each node.
//!
//! Where pods are encapsulated Felix reads its routes off these blocks. They, and nothing else, lead to the address of another node's
//! tunnel, which is where answers go to packets that the other node has translated.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use anyhow::{Result, bail};
use serde_json::{Value, json};

use crate::world::{Encapsulation, World};

/// The size of a block when nobody chose one (Calico 3.28 `libcalico-go/lib/apis/v3/ippool.go`, `blockSize`).
const BITS: u32 = 26;

/// Adds the blocks to a world whose pods are encapsulated.
///
/// # Errors
/// When pods of two nodes lie in one block.
pub(super) fn add_to(world: &mut World) -> Result<()> {
    if world.encapsulation == Encapsulation::None {
        return Ok(());
    }
    let mut blocks: BTreeMap<Ipv4Addr, &str> = BTreeMap::new();
    let pods = world.layout.pods.iter().flat_map(|pod| pod.addresses.iter().map(|address| (pod.node.as_str(), address.to_string())));
    let tunnels = world.objects.iter().filter(|object| object["kind"] == "Node").filter_map(|node| {
        let metadata = &node["metadata"];
        let tunnel = metadata["annotations"]["projectcalico.org/IPv4VXLANTunnelAddr"].as_str()?;
        Some((metadata["name"].as_str()?, tunnel.to_owned()))
    });
    for (node, address) in pods.chain(tunnels) {
        let Ok(address) = address.parse::<Ipv4Addr>() else { continue };
        let first = Ipv4Addr::from(u32::from(address) & (u32::MAX << (32 - BITS)));
        let owner = *blocks.entry(first).or_insert(node);
        if owner != node {
            bail!("`{owner}` and `{node}` both have addresses in the block {first}/{BITS}: with VXLAN a block is one node's");
        }
    }
    let blocks: Vec<Value> = blocks.iter().map(|(first, node)| block(*first, node)).collect();
    world.objects.extend(blocks);
    Ok(())
}

/// As Calico stores it. Which of its addresses are taken is read by nobody here.
fn block(first: Ipv4Addr, node: &str) -> Value {
    json!({
        "apiVersion": "crd.projectcalico.org/v1", "kind": "IPAMBlock",
        "metadata": { "name": format!("{first}/{BITS}").replace(['.', '/'], "-") },
        "spec": {
            "cidr": format!("{first}/{BITS}"), "affinity": format!("host:{node}"), "strictAffinity": false,
            "allocations": [], "attributes": [], "unallocated": [],
        },
    })
}
