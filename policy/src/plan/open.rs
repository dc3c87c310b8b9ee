//! The steps towards a Service that is guarded no more.

use super::hand_made::{HandMade, Place};
use super::own::Own;
use super::steps::{delete, role_of_set, without_forward, write};
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
    /// Whether the pods alone guarded it.
    pub(super) alone: bool,
}

/// The steps towards a Service that is guarded no more: the reverse of [`super::steps::guard`].
pub(super) fn open(snapshot: &Snapshot, removal: &Removal) -> Vec<Step> {
    let (edge, on_pods) = (removal.hand_made.restore(snapshot, Place::Edge), removal.hand_made.restore(snapshot, Place::Pods));
    // What comes back at the nodes shuts out before the pods open.
    let (mut steps, edge) = if removal.alone { ([edge, on_pods].concat(), Vec::new()) } else { (on_pods, edge) };
    for generated in &removal.others {
        let why = "This Service shares pods: its pod policy lets the other's clients through before theirs goes.";
        steps.extend(write(snapshot, generated.role, &generated.key, &generated.object, why));
    }
    let pods = |why| delete(snapshot, Role::PodPolicy, &removal.pod_policy, why);
    if removal.alone {
        steps.extend(pods("From here on everyone outside passes the pods again, as far as policies of others let them."));
    } else {
        steps.extend(pods("First the pods, which go back to the policies of others, or to none, while the nodes still shut out."));
    }
    steps.extend(edge);
    steps.extend(without_forward(snapshot, &removal.own.forward, "What a failsafe lets past the nodes is let through to the pods again."));
    for key in &removal.own.canary {
        steps.extend(delete(snapshot, Role::Canary, key, "What was tried at one node goes with the rest."));
    }
    for key in &removal.own.edge_policies {
        let why = "From here on everyone outside passes the nodes again.";
        steps.extend(delete(snapshot, Role::EdgePolicy, key, why));
    }
    let why = if removal.own.edge_policies.is_empty() {
        "From here on everyone outside passes the nodes again: the edge policy stays for the Services that share it, and does not mean these \
         addresses any more."
    } else {
        "No policy refers to these addresses any more."
    };
    for key in &removal.own.address_sets {
        steps.extend(delete(snapshot, Role::AddressSet, key, why));
    }
    for key in removal.host_endpoints.iter().rev() {
        steps.extend(delete(snapshot, Role::HostEndpoint, key, "No guarded Service is left that needs it."));
    }
    for key in removal.own.client_sets.iter().rev() {
        steps.extend(delete(snapshot, role_of_set(key), key, "Last: no rule refers to it any more."));
    }
    steps
}
