//! The steps towards a Service that is guarded no more.

use super::hand_made::{HandMade, Place};
use super::own::Own;
use super::steps::{delete, without_forward, write};
use super::{Role, Step};
use crate::object::ObjectKey;
use crate::recipe::Generated;
use crate::snapshot::Snapshot;

/// What is taken away when a Service is guarded no more.
pub(super) struct Removal {
    pub(super) pod_policy: ObjectKey,
    pub(super) others: Vec<Generated>,
    pub(super) host_endpoints: Vec<ObjectKey>,
    pub(super) own: Own,
    pub(super) hand_made: HandMade,
}

/// The steps towards a Service that is guarded no more: the reverse of [`super::steps::guard`].
pub(super) fn open(snapshot: &Snapshot, removal: &Removal) -> Vec<Step> {
    let at_edge = removal.hand_made.restore(snapshot, Place::Edge);
    let at_pods = removal.hand_made.restore(snapshot, Place::Pods);
    let (edge, pods) = (removal.edge(snapshot), removal.pods(snapshot));
    let mut steps = if at_edge.is_empty() && at_pods.is_empty() {
        [edge, pods].concat()
    } else {
        // The reverse of taking over: the pods are as they were before the edge is.
        [at_pods, pods, at_edge, edge].concat()
    };
    for key in removal.host_endpoints.iter().rev() {
        steps.extend(delete(snapshot, Role::HostEndpoint, key, "No guarded Service is left that needs it."));
    }
    for key in removal.own.client_sets.iter().rev() {
        steps.extend(delete(snapshot, Role::ClientSet, key, "Last: no rule means it any more."));
    }
    steps
}

impl Removal {
    fn edge(&self, snapshot: &Snapshot) -> Vec<Step> {
        let mut steps = Vec::new();
        let first = "First what shuts out: from here on everyone outside passes the nodes again.";
        for key in &self.own.edge_policies {
            steps.extend(delete(snapshot, Role::EdgePolicy, key, first));
        }
        let why = if steps.is_empty() {
            "First what shuts out: the edge policy stays for the Services that share it, and does not mean these addresses any more."
        } else {
            "No policy means these addresses any more."
        };
        for key in &self.own.address_sets {
            steps.extend(delete(snapshot, Role::AddressSet, key, why));
        }
        let why = "What a failsafe lets past the nodes is let through to the pods again.";
        steps.extend(without_forward(snapshot, &self.own.forward, why));
        steps
    }

    fn pods(&self, snapshot: &Snapshot) -> Vec<Step> {
        let mut steps = Vec::new();
        for generated in &self.others {
            let why = "This Service shares pods: its pod policy lets the other's clients through before theirs goes.";
            steps.extend(write(snapshot, generated.role, &generated.key, &generated.object, why));
        }
        steps.extend(delete(snapshot, Role::PodPolicy, &self.pod_policy, "The pods go back to the policies of others, or to none."));
        steps
    }
}
