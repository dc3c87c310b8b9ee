//! The picture of who gets to a Service: clients, the interfaces by which they come in, addresses, backends, and what becomes of each
//! way through them. Whatever behaves alike is one, so that it is as readable with 200 nodes as with one.

mod build;

use super::Names;
use crate::access::{Port, Protocol};
use crate::cidr::{AddressCount, Cidr, CidrSet};
use crate::object::ServiceRef;
use crate::reach::packet::Interface;
use crate::reach::verdict::{Answer, Journey, PathKind};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Ranges of a group of clients that are kept; the rest is counted.
pub const RANGES: usize = 16;

/// The picture of one port of a Service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PathView {
    /// The Service.
    pub service: ServiceRef,
    /// The ports that can be looked at.
    pub ports: Vec<PathPort>,
    /// The one that is.
    pub port: PathPort,
    /// First column: clients that meet the same everywhere.
    pub clients: Vec<ClientGroup>,
    /// Second column: where they come in.
    pub entries: Vec<EntryGroup>,
    /// Third column: what they send to.
    pub addresses: Vec<AddressGroup>,
    /// Fourth column: what stands behind.
    pub backends: Vec<BackendGroup>,
    /// The ways through the columns.
    pub flows: Vec<Flow>,
    /// Whether the flows have the answer of a plan too.
    pub planned: bool,
}

/// A port of a Service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PathPort {
    /// Protocol and number.
    pub port: Port,
    /// Whether it is the number of a NodePort.
    pub node_port: bool,
}

/// Clients that meet the same on every path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientGroup {
    /// The first [`RANGES`] of their ranges.
    pub ranges: Vec<Cidr>,
    /// How many ranges there are.
    pub range_count: u32,
    /// How many addresses.
    pub count: AddressCount,
    /// One of them.
    pub example: std::net::IpAddr,
    /// Whether it is most of the address space: whoever is not in another group.
    pub rest: bool,
}

/// Interfaces of nodes that behave alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EntryGroup {
    /// The interface, called alike on all of them.
    pub interface: Option<Interface>,
    /// The nodes.
    pub nodes: Names,
}

/// Addresses that are one box.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AddressGroup {
    /// The addresses.
    pub addresses: Names,
    /// Whether they are the nodes' own.
    pub own: bool,
}

/// Backends that behave alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BackendGroup {
    /// Where they are, seen from where the packet comes in.
    pub kind: PathKind,
    /// Their pods.
    pub backends: Names,
    /// Their nodes.
    pub nodes: Names,
}

/// One way through the columns. Indexes count within their column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Flow {
    /// The clients.
    pub client: u32,
    /// Where they come in.
    pub entry: u32,
    /// What they send to.
    pub address: u32,
    /// What stands behind it.
    pub backend: u32,
    /// Paths that are this one.
    pub paths: u32,
    /// The journey of [`ClientGroup::example`] on one of them, as it is.
    pub now: Option<Journey>,
    /// The same as planned.
    pub planned: Option<Journey>,
}

/// Clients that may meet different things than others, with the answer for one of them.
#[derive(Debug, Clone)]
pub struct Class {
    /// The clients.
    pub clients: CidrSet,
    /// The one that was asked about.
    pub example: std::net::IpAddr,
    /// What becomes of its packets.
    pub now: Answer,
    /// The same with a plan.
    pub planned: Option<Answer>,
}

/// Nodes that behave like one that was asked about, by its name; a node that is not named stands for itself alone.
#[derive(Debug, Clone, Default)]
pub struct Alike(pub BTreeMap<String, Vec<String>>);

impl Alike {
    /// The nodes that `node` stands for, itself included.
    pub(crate) fn of<'a>(&'a self, node: &'a str) -> impl Iterator<Item = &'a str> {
        let others = self.0.get(node).into_iter().flatten().map(String::as_str).filter(move |other| *other != node);
        others.chain([node])
    }
}

impl PathView {
    /// The picture of these answers. Classes that turn out alike become one group.
    #[must_use]
    pub fn of(service: ServiceRef, ports: Vec<PathPort>, port: PathPort, classes: Vec<Class>, nodes: &Alike) -> Self {
        build::picture(service, ports, port, classes, nodes)
    }

    /// Of a Service that has no address.
    #[must_use]
    pub fn none(service: ServiceRef) -> Self {
        let port = PathPort { port: Port { protocol: Protocol::Tcp, port: 0 }, node_port: false };
        build::picture(service, Vec::new(), port, Vec::new(), &Alike::default())
    }
}

/// The coarsest partition of all addresses in which each of `sets` is made of whole parts, family by family.
#[must_use]
pub fn parts(sets: &[CidrSet]) -> Vec<CidrSet> {
    let everything = ["0.0.0.0/0", "::/0"].into_iter().filter_map(|text| text.parse::<Cidr>().ok()).map(CidrSet::from);
    let mut parts: Vec<CidrSet> = everything.collect();
    for set in sets {
        let cut = parts.into_iter().flat_map(|part| [part.intersection(set), part.difference(set)]);
        parts = cut.filter(|part| !part.is_empty()).collect();
    }
    parts
}

/// Addresses that are kept for examples (RFC 5737, RFC 3849), which stand for a set where they are in it.
const EXAMPLES: [&str; 4] = ["203.0.113.1", "198.51.100.1", "192.0.2.1", "2001:db8::1"];

/// An address of the set that reads well: one that is kept for examples, or the second of the first range.
#[must_use]
pub fn example(set: &CidrSet) -> Option<std::net::IpAddr> {
    let kept = EXAMPLES.iter().filter_map(|text| text.parse().ok()).find(|address| set.contains(*address));
    let second = |first: std::net::IpAddr| match first {
        std::net::IpAddr::V4(first) => std::net::IpAddr::V4(u32::from(first).saturating_add(1).into()),
        std::net::IpAddr::V6(first) => std::net::IpAddr::V6(u128::from(first).saturating_add(1).into()),
    };
    let first = set.first();
    kept.or_else(|| first.map(second).filter(|address| set.contains(*address))).or(first)
}

#[cfg(test)]
mod tests;
