//! A guard at the pods alone: where pod policy sees the clients' own addresses on every path, and where it does not.
//!
//! There is no table of what keeps an address: the engine says by which way every packet comes, and, once a plan is made, whom the pods let in
//! there ([`findings`]). Before anybody has said who may reach the Service, the ways alone decide whether it is offered ([`Offer`]).

mod findings;
mod offer;
mod words;

pub use findings::findings;
pub(super) use findings::{asked, everywhere, inside, of_plan, packet, wanted};
pub use offer::Offer;
pub(super) use words::place;

use super::sets::{PathGroup, Reach, Seen};
use super::verdict::PathKind;
use crate::object::Pod;
use crate::scope::ServiceFacts;
use crate::snapshot::Snapshot;

/// Why pod policy does not tell clients apart on a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Blind {
    /// It sees a node's address in place of the client's.
    NodesAddress,
    /// The endpoint is on a node's own network.
    OnHost,
    /// The endpoint is no pod of the cluster.
    Elsewhere,
    /// The endpoint is a pod that the Service's selector does not select.
    NotSelected,
}

impl Blind {
    /// What keeps the pod policy of `service` from telling clients apart on these paths; none where nothing does.
    fn of(snapshot: &Snapshot, service: &ServiceFacts, reach: &Reach, group: &PathGroup) -> Option<Self> {
        let selected = |pod: &Pod| {
            let has = |(key, value): (&String, &String)| pod.metadata.labels.get(key) == Some(value);
            pod.metadata.namespace == service.service.namespace() && !service.selector.is_empty() && service.selector.iter().all(has)
        };
        for backend in reach.backends(group) {
            if backend.node.is_none() {
                return Some(Self::Elsewhere);
            }
            let name = backend.pod.as_ref().and_then(|name| name.split_once('/'));
            match name.and_then(|(namespace, name)| snapshot.get::<Pod>(namespace, name)) {
                Some(pod) if pod.spec.host_network => return Some(Self::OnHost),
                Some(pod) if !selected(pod) => return Some(Self::NotSelected),
                Some(_) => {}
                None => return Some(Self::OnHost),
            }
        }
        // On the node where a packet comes in, pod policy is asked before its source is translated.
        (group.kind == PathKind::OtherNode && group.seen != Seen::Client).then_some(Self::NodesAddress)
    }
}
