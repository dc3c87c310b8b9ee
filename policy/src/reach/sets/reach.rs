//! The answer: who reaches which address of a Service, on which paths.

use super::proxy::AddressKind;
use crate::access::Port;
use crate::cidr::{CidrSet, Family};
use crate::object::ServiceRef;
use crate::reach::packet::{Backend, Interface, PathKey};
use crate::reach::verdict::{PathKind, Unknown, Verdict};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::sync::Arc;

/// Who reaches a Service from outside the cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reach {
    /// The Service.
    pub service: ServiceRef,
    /// Where packets come in: each list of places once; [`PathGroup::entries`] names one by its place here. Sorted.
    pub entries: Vec<Arc<Vec<Entry>>>,
    /// Backends that behave alike: each list once; [`PathGroup::backends`] names one by its place here. Sorted.
    pub backends: Vec<Arc<Vec<Backend>>>,
    /// By kind, address and port.
    pub addresses: Vec<AddressReach>,
}

/// A place where packets from outside come in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// The node.
    pub node: Arc<str>,
    /// Its interface.
    pub interface: Interface,
    /// The node's address that a NodePort is asked at; none where the address is the Service's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
}

/// One address and port of a Service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AddressReach {
    /// What the address is to the Service.
    pub kind: AddressKind,
    /// The address; none for the nodes' own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
    /// Its family.
    pub family: Family,
    /// The port and protocol; the number of a NodePort.
    pub port: Port,
    /// Every path, as groups that behave alike.
    pub groups: Vec<PathGroup>,
}

/// Paths that behave alike: from each of the entries to each of the backends, as far as they are on one node
/// ([`PathKind::SameNode`]) or on two ([`PathKind::OtherNode`]).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PathGroup {
    /// How they run.
    pub kind: PathKind,
    /// Where they begin, as a place in [`Reach::entries`].
    pub entries: u32,
    /// Where they end, as a place in [`Reach::backends`]; none where nothing stands behind the address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backends: Option<u32>,
    /// Who gets there.
    pub clients: Arc<Clients>,
    /// The source that the pod sees.
    pub seen: Seen,
}

/// Every client address, by what becomes of its packets: none is in two of these, and together they are all of a family.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Clients {
    /// Those that get there.
    pub allowed: CidrSet,
    /// Those that do not.
    pub denied: CidrSet,
    /// Those of whom it cannot be told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<UnknownClients>,
}

/// Clients of whom it cannot be told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnknownClients {
    /// Why not.
    pub reason: Unknown,
    /// Which.
    pub clients: CidrSet,
}

/// The source address that a pod sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Seen {
    /// The client's own.
    Client,
    /// The main address of the node where the packet comes in.
    EntryNode,
    /// The same, for clients outside kube-proxy's range of pods; those inside keep their own.
    EntryNodeForOutsiders,
    /// The address of the tunnel between the nodes, at the node where the packet comes in.
    EntryTunnel,
    /// The same, for clients outside kube-proxy's range of pods; those inside keep their own.
    EntryTunnelForOutsiders,
}

impl Clients {
    /// What becomes of this client's packets; none where it is of the other family.
    #[must_use]
    pub fn verdict(&self, client: IpAddr) -> Option<Verdict> {
        if self.allowed.contains(client) {
            return Some(Verdict::Allowed);
        }
        if self.denied.contains(client) {
            return Some(Verdict::Denied);
        }
        self.unknown.iter().find(|unknown| unknown.clients.contains(client)).map(|unknown| Verdict::Unknown(unknown.reason.clone()))
    }

    /// Those of whom it cannot be told, whatever the reason.
    #[must_use]
    pub fn unknown_clients(&self) -> CidrSet {
        self.unknown.iter().fold(CidrSet::new(), |all, unknown| all.union(&unknown.clients))
    }
}

impl Reach {
    /// The entries of a group.
    #[must_use]
    pub fn entries(&self, group: &PathGroup) -> &[Entry] {
        self.entries.get(group.entries as usize).map_or(&[], |entries| entries.as_slice())
    }

    /// The backends of a group.
    #[must_use]
    pub fn backends(&self, group: &PathGroup) -> &[Backend] {
        group.backends.and_then(|at| self.backends.get(at as usize)).map_or(&[], |backends| backends.as_slice())
    }

    /// The group that a path from outside is in; none where it is no path of the Service.
    #[must_use]
    pub fn group(&self, path: &PathKey, port: Port) -> Option<&PathGroup> {
        let interface = path.interface.as_ref()?;
        let kind = PathKind::of(&path.node, path.backend.as_ref(), true);
        let asked = self.addresses.iter().filter(|at| at.port == port && at.address.is_none_or(|address| address == path.address));
        let entered = |entry: &Entry, at: Option<IpAddr>| {
            let address = if at.is_some() { None } else { Some(path.address) };
            *entry.node == *path.node && entry.interface == *interface && entry.address == address
        };
        for at in asked {
            for group in at.groups.iter().filter(|group| group.kind == kind) {
                let ends = match &path.backend {
                    Some(backend) => self.backends(group).contains(backend),
                    None => group.backends.is_none(),
                };
                if ends && self.entries(group).iter().any(|entry| entered(entry, at.address)) {
                    return Some(group);
                }
            }
        }
        None
    }

    /// What becomes of a client's packets on a path; none where it is no path of the Service.
    #[must_use]
    pub fn verdict(&self, path: &PathKey, port: Port, client: IpAddr) -> Option<Verdict> {
        self.group(path, port)?.clients.verdict(client)
    }
}
