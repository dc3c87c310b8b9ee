//! The interfaces of a Node, as Calico reports them.

use super::Node;
use crate::object::null_as_default;
use serde::Deserialize;
use std::net::IpAddr;

/// The annotation in which calico-node writes the interfaces of its node when it starts (Calico 3.31 and later;
/// `nodeInterfacesAnnotation` in `libcalico-go/lib/backend/k8s/resources/node.go:58` at v3.31.0).
pub const INTERFACES_ANNOTATION: &str = "projectcalico.org/Interfaces";

/// An interface of a Node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeInterface {
    /// Its name.
    pub name: String,
    /// Its addresses, of the families that calico-node looks for.
    pub addresses: Vec<IpAddr>,
}

/// As it is written.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Written {
    name: String,
    #[serde(deserialize_with = "null_as_default")]
    addresses: Vec<String>,
}

impl Node {
    /// Its interfaces as Calico has reported them, without those that Calico never takes for a node's own (`lo`, tunnels, those of pods); none
    /// where it reports none: before Calico 3.31, and where calico-node is told to look for no address. What cannot be read counts as
    /// absent, and text that is no address is left out, as Calico's controller does (`fillAllInterfaces`, ibid. 328).
    #[must_use]
    pub fn interfaces(&self) -> Option<Vec<NodeInterface>> {
        let written: Option<Vec<Written>> = serde_json::from_str(self.metadata.annotations.get(INTERFACES_ANNOTATION)?).ok()?;
        let read = |Written { name, addresses }: Written| {
            let addresses = addresses.iter().filter_map(|text| text.parse().ok()).collect();
            NodeInterface { name, addresses }
        };
        Some(written?.into_iter().map(read).collect())
    }
}
