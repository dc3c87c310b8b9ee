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

use super::brief::Place;
use crate::access::{Access, Change, Enforced, HostEndpoints, InCluster, Intent, Port};
use crate::cidr::Cidr;
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
    /// What load balancers send from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub load_balancers: Vec<Cidr>,
    /// Where it is enforced.
    #[serde(default, skip_serializing_if = "Enforced::is_default")]
    pub enforced: Enforced,
    /// On which HostEndpoints.
    pub host_endpoints: HostEndpoints,
    /// The choices of ports that occur, each once and in order; an empty one is every port.
    pub ports: Vec<Vec<Port>>,
}

impl Shape {
    /// What a change leaves besides its addresses; none where it guards nothing, or takes over what somebody made by hand.
    #[must_use]
    pub fn of(change: &Change) -> Option<Self> {
        let Intent::Guard(access) = &change.intent else { return None };
        if !change.adoption.is_empty() {
            return None;
        }
        let choice = |ports: &[Port]| ports.iter().copied().collect::<BTreeSet<Port>>().into_iter().collect::<Vec<Port>>();
        // Looked at with every key, over as many rows as there are: each choice is put in order once.
        let written: BTreeSet<&[Port]> = access.parts().map(|(ports, _)| ports).collect();
        let ports: BTreeSet<Vec<Port>> = written.into_iter().map(choice).collect();
        let Access { in_cluster, load_balancers, enforced, .. } = access.beside_clients();
        let host_endpoints = change.used_host_endpoints();
        Some(Self {
            service: change.service.clone(),
            in_cluster,
            load_balancers,
            enforced,
            host_endpoints,
            ports: ports.into_iter().collect(),
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
    /// What the rest names by its place: addresses with ports and paths, in order; ports, in order; reasons, in order; sets.
    places: Vec<Place>,
    moved: Vec<Port>,
    reasons: Vec<String>,
    sets: Vec<Ranges>,
    /// As it is.
    now: Case,
    /// By which ports anybody may use, and which of them a client may.
    cases: Vec<Case>,
    /// Addresses of nodes: a list with some of them is not completed.
    inner: Ranges,
}

/// What becomes of clients that may use some ports. Flat lists, for whoever reads them is sent to every browser.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Case {
    /// The ports that anybody may use, in order.
    used: Vec<Port>,
    /// Those of them that these clients may use, in order.
    allowed: Vec<Port>,
    /// Who gets where: place, and the sets of those who get there on every path, on some, and of whom it cannot be told.
    rows: Vec<u32>,
    /// Why it cannot be told, and of whom: reason and set.
    unknown: Vec<u32>,
    /// What becomes other: port, and the sets of those who are newly allowed, denied and unknown.
    moves: Vec<u32>,
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
        let Shape { service, in_cluster, load_balancers, enforced, host_endpoints, ports } = &self.shape;
        (service, in_cluster, load_balancers, enforced, host_endpoints)
            == (&shape.service, &shape.in_cluster, &shape.load_balancers, &shape.enforced, &shape.host_endpoints)
            && shape.ports.iter().all(|choice| ports.contains(choice))
    }
}

/// The ports of a Service that a row's choice of ports means, in order.
fn meant(choice: &[Port], ports: &[Port]) -> Vec<Port> {
    ports.iter().copied().filter(|port| choice.is_empty() || choice.contains(port)).collect()
}
