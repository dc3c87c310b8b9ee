//! Who reaches a Service once any draft is carried out, with the draft's client addresses left open: made where the snapshot is, and
//! completed where somebody types.
//!
//! A generated policy asks one thing of a client's address: whether it is in the client sets of some ports. So the server asks the
//! engine what becomes of every address when it is in those sets and when it is not ([`make`]), and any list of clients is put
//! together from the two, address by address ([`Template::complete`]). No engine and no snapshot is needed for that.
//!
//! Two things hang on the list as a whole, and each has cases of its own: which ports anybody may use at all (nodes are let through to
//! those at the pods), and whether nodes' own addresses, which take a client's place on the way to another node, are in the list. Where
//! the latter makes a difference the template says so, and does not complete such a list.

mod complete;
mod make;
mod wire;

pub use make::{NoTemplate, make};
pub use wire::Ranges;

use super::brief::Brief;
use super::diff::Moves;
use crate::access::{Change, HostEndpoints, InCluster, Intent, Port};
use crate::object::ServiceRef;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a template is made for: all of a change but the addresses of its clients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shape {
    /// The Service.
    pub service: ServiceRef,
    /// Clients inside the cluster.
    pub in_cluster: InCluster,
    /// On which HostEndpoints.
    pub host_endpoints: HostEndpoints,
    /// The choices of ports that occur; an empty one is every port.
    pub ports: BTreeSet<Vec<Port>>,
}

impl Shape {
    /// What a change leaves besides its addresses; none where it guards nothing.
    #[must_use]
    pub fn of(change: &Change) -> Option<Self> {
        let Intent::Guard(access) = &change.intent else { return None };
        let access = access.normalised();
        Some(Self {
            service: change.service.clone(),
            in_cluster: access.in_cluster,
            host_endpoints: change.host_endpoints.clone(),
            ports: access.clients.into_iter().map(|row| row.ports).collect(),
        })
    }
}

/// Who reaches a Service once a draft is carried out, for any client addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Template {
    /// What it was made for.
    shape: Shape,
    /// The ports of the Service, in order.
    ports: Vec<Port>,
    /// The sets that the rest names by their place.
    sets: Vec<Ranges>,
    /// As it is.
    now: Brief<u32>,
    /// By which ports anybody may use, and which of them a client may.
    cases: Vec<Case>,
    /// Addresses of nodes: a list with some of them is not completed.
    inner: Ranges,
}

/// What becomes of clients that may use some ports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Case {
    /// The ports that anybody may use.
    used: BTreeSet<Port>,
    /// Those of them that these clients may use.
    allowed: BTreeSet<Port>,
    /// Who gets where.
    after: Brief<u32>,
    /// What becomes other.
    moves: Vec<Moves<u32>>,
}

impl Template {
    /// The Service.
    #[must_use]
    pub const fn service(&self) -> &ServiceRef {
        &self.shape.service
    }

    /// Whether it was made for changes like this one, whatever their client addresses. One with nodes' addresses may still not be
    /// completed.
    #[must_use]
    pub fn is_for(&self, shape: &Shape) -> bool {
        let same = |shape: &Shape| (shape.service.clone(), shape.in_cluster.clone(), shape.host_endpoints.clone());
        same(&self.shape) == same(shape) && shape.ports.is_subset(&self.shape.ports)
    }
}

/// The ports of a Service that a row's choice of ports means.
fn meant(choice: &[Port], ports: &[Port]) -> BTreeSet<Port> {
    ports.iter().copied().filter(|port| choice.is_empty() || choice.contains(port)).collect()
}
