//! What the whole cluster shares, as its page shows it.

use crate::access::{Baseline, HostEndpoints};
use crate::baseline;
use crate::checks::{default_host_endpoints, few};
use crate::cidr::Cidr;
use crate::finding::Finding;
use crate::object::Kind;
use crate::scope::{EdgeFacts, Owner};
use crate::snapshot::Snapshot;
use serde::{Deserialize, Serialize};

/// What the whole cluster shares.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BaselineView {
    /// What is in force.
    pub in_force: Baseline,
    /// The ranges that are closed.
    pub closed: Vec<Cidr>,
    /// The HostEndpoints that edges stand on, in words.
    pub edge: String,
    /// Whether Calico's controller makes HostEndpoints; none where that is not known.
    pub automatic: Option<bool>,
    /// The HostEndpoints to offer first for closing.
    pub suggested: HostEndpoints,
    /// What has moved under what is closed.
    pub outdated: Option<Finding>,
}

impl BaselineView {
    /// Of a cluster.
    #[must_use]
    pub fn of(snapshot: &Snapshot) -> Self {
        let edge = EdgeFacts::of_cluster(snapshot);
        Self {
            in_force: baseline::in_force(snapshot),
            closed: baseline::closed(snapshot).map(|closed| closed.ranges).unwrap_or_default(),
            edge: in_words(snapshot, &edge),
            automatic: edge.automatic,
            suggested: default_host_endpoints(&edge).unwrap_or_default(),
            outdated: baseline::outdated(snapshot),
        }
    }
}

fn in_words(snapshot: &Snapshot, edge: &EdgeFacts) -> String {
    if let Some(why) = snapshot.unknown(Kind::HostEndpoint) {
        return format!("not known: {why}");
    }
    let owner = |owner: &Owner| match owner {
        Owner::Ours => format!("those that Portcullis made on {}", few(&edge.our_interfaces)),
        Owner::Automatic => "automatic ones".to_owned(),
        Owner::Other => "those that others wrote".to_owned(),
    };
    let owners: Vec<String> = edge.endpoints.iter().map(owner).collect();
    let covered: usize = edge.nodes.iter().filter(|group| !group.endpoints.is_empty()).map(|group| group.names.len()).sum();
    let nodes: usize = edge.nodes.iter().map(|group| group.names.len()).sum();
    if owners.is_empty() { "none".to_owned() } else { format!("{}, on {covered} of {nodes} nodes", few(&owners)) }
}
