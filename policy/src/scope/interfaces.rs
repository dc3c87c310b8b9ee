//! The interfaces that Calico reports of nodes, and whether a HostEndpoint stands on each.

use crate::object::{HostEndpoint, Node};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// An interface that Calico reports of a node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InterfaceOnNode {
    /// Its name.
    pub name: String,
    /// Whether it has an address and no HostEndpoint: whoever is routed in there meets no edge policy.
    pub bare: bool,
}

/// The interfaces of a node, in order; none where Calico reports none.
pub(super) fn of(node: &Node, endpoints: &[&HostEndpoint]) -> Option<Vec<InterfaceOnNode>> {
    let mut interfaces: Vec<InterfaceOnNode> = node
        .interfaces()?
        .into_iter()
        .map(|interface| {
            let stands = |endpoint: &&HostEndpoint| stands(endpoint, &interface.name, &interface.addresses);
            let bare = !interface.addresses.is_empty() && !endpoints.iter().any(stands);
            InterfaceOnNode { name: interface.name, bare }
        })
        .collect();
    interfaces.sort();
    interfaces.dedup();
    Some(interfaces)
}

/// Whether Felix takes the HostEndpoint for the interface, should it take no other one.
fn stands(endpoint: &HostEndpoint, interface: &str, addresses: &[IpAddr]) -> bool {
    let spec = &endpoint.spec;
    match spec.interface_name.as_str() {
        "*" => true,
        "" => spec.expected_ips.iter().filter_map(|text| text.parse().ok()).any(|address: IpAddr| addresses.contains(&address)),
        named => named == interface,
    }
}
