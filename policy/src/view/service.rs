//! The list of Services, and one of them.

use super::{AdvertisedView, Moment, RevisionRow, RunId};
use crate::access::{Access, HostEndpoints, Port};
use crate::finding::Finding;
use crate::object::ServiceRef;
use crate::reach::pods_alone::Offer;
use crate::reach::safety::ByHand;
use crate::scope::Scope;
use serde::{Deserialize, Serialize};

/// The kind of an address of a Service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AddressKind {
    /// Cluster IP.
    ClusterIp,
    /// External IP.
    ExternalIp,
    /// Load-balancer IP.
    LoadBalancerIp,
    /// NodePort; the text is `:PORT`.
    NodePort,
}

/// One address of a Service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Address {
    /// Its kind.
    pub kind: AddressKind,
    /// The address, or `:PORT` for a NodePort.
    pub text: String,
    /// Whether BGPConfiguration advertises it (a NodePort: whether a node has an address); none where it is not known.
    pub exposed: Option<bool>,
}

/// How a Service stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ServiceState {
    /// Portcullis guards it.
    Guarded,
    /// Exposed, and not guarded by Portcullis.
    Open,
    /// Exposed, not guarded, and closed by default.
    Closed,
    /// Has no exposed address.
    Internal,
    /// Guarded, but the live objects differ from what was applied last.
    Drifted,
    /// A run on it goes on, or was interrupted.
    Changing,
    /// Not enough was read to tell.
    Unknown,
}

/// One row of the list of Services.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceRow {
    /// The Service.
    pub service: ServiceRef,
    /// `ClusterIP`, `NodePort`, ...
    pub kind: String,
    /// Its addresses.
    pub addresses: Vec<Address>,
    /// Its ports.
    pub ports: Vec<Port>,
    /// In words: `Cluster`, `external Local`, `internal Local`, `Local`.
    pub traffic: String,
    /// How it stands.
    pub state: ServiceState,
    /// Allowed clients in short, `2 ranges · 65,792 addresses`; empty where it is not guarded.
    pub clients: String,
    /// The last revision.
    pub changed: Option<Moment>,
}

/// What is asked of the list of Services. It is the URL's query: `q`, `ns`, `state`, `exposed`, `from`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceQuery {
    /// Text in name, namespace, address, client range or client group.
    pub text: String,
    /// Only this namespace; empty: all.
    pub namespace: String,
    /// Only this state.
    pub state: Option<ServiceState>,
    /// Only exposed ones.
    pub exposed: bool,
    /// First row of the window.
    pub from: u32,
    /// Rows of the window; at most 200.
    pub rows: u32,
}

/// A window of the list of Services.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceWindow {
    /// Rows that match.
    pub matching: u32,
    /// Services of the cluster.
    pub total: u32,
    /// First row of the window.
    pub from: u32,
    /// The rows.
    pub rows: Vec<ServiceRow>,
    /// Every namespace that has a Service.
    pub namespaces: Vec<String>,
}

/// A Service with all that its page needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceDetail {
    /// Its row.
    pub row: ServiceRow,
    /// What the preview needs.
    pub scope: Scope,
    /// Each of its own addresses, who advertises it, and to whom.
    pub advertised: Vec<AdvertisedView>,
    /// The access in force; none where it is not guarded.
    pub access: Option<Access>,
    /// The HostEndpoints that a plan would stand on if nothing else is chosen.
    pub host_endpoints: HostEndpoints,
    /// Backends that are ready.
    pub ready: u32,
    /// Backends in all.
    pub backends: u32,
    /// Nodes that have a backend.
    pub backend_nodes: u32,
    /// Its latest revisions, newest first.
    pub revisions: Vec<RevisionRow>,
    /// A run on it that goes on or was interrupted.
    pub run: Option<RunId>,
    /// Who gets in or is cut because the cluster moved under its guard.
    pub moved: Option<Finding>,
    /// What somebody made by hand for it.
    pub by_hand: Option<ByHand>,
    /// Whether its pods can guard it alone.
    pub pods_alone: Offer,
    /// Where its pods guard it alone, what that does otherwise than its access says.
    pub not_alone: Vec<Finding>,
}
