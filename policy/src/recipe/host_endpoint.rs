//! HostEndpoints that Portcullis creates.

use crate::access::Interface;
use crate::names;
use crate::object::{Kind, Node};
use crate::scope::{Tunnels, node_addresses};
use serde_json::{Value, json};

/// The HostEndpoint on `interface` of `node`.
///
/// It carries the default-allow profile: a HostEndpoint without any cuts everything that the node itself sends and receives but failsafe
/// ports. It lists every address that a packet of the node may carry, tunnels included: selectors resolve to no other.
#[must_use]
pub fn host_endpoint(node: &Node, interface: &Interface, tunnels: Tunnels) -> Value {
    let addresses: Vec<String> = node_addresses(node, tunnels).iter().map(ToString::to_string).collect();
    json!({
        "apiVersion": Kind::HostEndpoint.api_version(),
        "kind": Kind::HostEndpoint.name(),
        "metadata": {
            "name": names::host_endpoint(&node.metadata.name, interface.name()),
            "labels": { names::EDGE_LABEL: "true", names::NODE_LABEL: names::node_label(&node.metadata.name) },
            "annotations": { names::SHAPE_ANNOTATION: names::SHAPE },
        },
        "spec": {
            "node": node.metadata.name,
            "interfaceName": interface.name(),
            "expectedIPs": addresses,
            "profiles": [names::DEFAULT_ALLOW],
        },
    })
}
