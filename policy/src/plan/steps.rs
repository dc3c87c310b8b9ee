//! Steps: what is written, and in which order.
//!
//! What lets in comes before what shuts out, and taking away is the reverse: client sets, HostEndpoints (neutral while no policy selects
//! them), address sets and edge policies, forward policies, pod policies. The pods come behind the nodes: where a policy of others kept
//! them closed, a pod policy opens them to what nodes pass on, and until the nodes shut out that would be everyone. A Service that changes
//! its edge group is in both for a while: whoever both let in gets in, whoever neither lets in does not. Where the pods come to guard alone, the
//! edge goes once they do, and before it whom no set lets in any more; and where an edge comes before pods that did, it is there before they
//! change. Held by a law (`policy/tests/reach/steps.rs`), and measured with real packets: in this order no step cuts a client that may stay.

use super::client_sets::ClientSets;
use super::hand_made::{HandMade, Place};
use super::own::Own;
use super::patch::patched;
use super::{Role, Step, Write};
use crate::baseline::automatic;
use crate::diff::{differs, object_diff};
use crate::names;
use crate::object::{
    AnyObject, GlobalNetworkPolicy, GlobalNetworkSet, HostEndpoint, Kept, Kind, KubeControllersConfiguration, NetworkPolicy, Object,
    ObjectKey, Raw, ServiceRef, key_of,
};
use crate::recipe::Generated;
use crate::snapshot::Snapshot;
use serde_json::Value;

/// The live object with this identity, as JSON, for the kinds that Portcullis writes.
#[must_use]
pub fn live(snapshot: &Snapshot, key: &ObjectKey) -> Option<Value> {
    let raw = match key.kind {
        Kind::GlobalNetworkSet => snapshot.get::<Kept<GlobalNetworkSet>>("", &key.name).map(|kept| &kept.raw),
        Kind::HostEndpoint => snapshot.get::<Kept<HostEndpoint>>("", &key.name).map(|kept| &kept.raw),
        Kind::NetworkPolicy => snapshot.get::<Kept<NetworkPolicy>>(&key.namespace, &key.name).map(|kept| &kept.raw),
        Kind::GlobalNetworkPolicy => snapshot.get::<Kept<GlobalNetworkPolicy>>("", &key.name).map(|kept| &kept.raw),
        Kind::KubeControllersConfiguration => snapshot.get::<Kept<KubeControllersConfiguration>>("", &key.name).map(|kept| &kept.raw),
        _ => None,
    };
    raw.map(Raw::read)
}

fn text(object: &Value, pointer: &str) -> String {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The step that makes the live object say what `planned` says; none where it does already.
pub(crate) fn write(snapshot: &Snapshot, role: Role, key: &ObjectKey, planned: &Value, why: &str) -> Option<Step> {
    match live(snapshot, key) {
        None => Some(step(key, role, Write::Create { object: planned.clone() }, why)),
        Some(before) => {
            let object = patched(&before, planned);
            replace(key, role, before, object, why)
        }
    }
}

/// The step that puts `object` in the place of the live one; none where they say the same.
pub(crate) fn replace(key: &ObjectKey, role: Role, before: Value, object: Value, why: &str) -> Option<Step> {
    if !differs(&before, &object) {
        return None;
    }
    let write = Write::Replace { resource_version: text(&before, "/metadata/resourceVersion"), before, object };
    Some(step(key, role, write, why))
}

/// The step that deletes an object; none where it does not exist.
pub(crate) fn delete(snapshot: &Snapshot, role: Role, key: &ObjectKey, why: &str) -> Option<Step> {
    let before = live(snapshot, key)?;
    let write = Write::Delete { uid: text(&before, "/metadata/uid"), resource_version: text(&before, "/metadata/resourceVersion"), before };
    Some(step(key, role, write, why))
}

/// The snapshot once these steps are made, and what Calico's controller does by them. One whose object does not have the shape of its kind
/// changes nothing.
pub(crate) fn carried_out(snapshot: &Snapshot, steps: &[Step]) -> Snapshot {
    with(snapshot, steps.iter().map(|step| (&step.key, step.write.after())))
}

/// The snapshot as it is without these steps, wherever it stands between them.
pub(crate) fn taken_back(snapshot: &Snapshot, steps: &[Step]) -> Snapshot {
    with(snapshot, steps.iter().map(|step| (&step.key, step.write.before())))
}

fn with<'a>(snapshot: &Snapshot, objects: impl Iterator<Item = (&'a ObjectKey, Option<&'a Value>)>) -> Snapshot {
    let (mut changed, mut controllers) = (snapshot.clone(), false);
    for (key, object) in objects {
        match object {
            None => changed.remove(key),
            Some(object) => {
                if let Ok(object) = AnyObject::decode(key.kind, object) {
                    changed.insert(object);
                }
            }
        }
        controllers |= key.kind == Kind::KubeControllersConfiguration;
    }
    if controllers {
        automatic::follow(&mut changed);
    }
    changed
}

pub(super) fn step(key: &ObjectKey, role: Role, write: Write, why: &str) -> Step {
    let diff = object_diff(write.before(), write.after());
    Step { key: key.clone(), role, part: 0, hold: false, write, why: why.to_owned(), diff }
}

/// The objects that a guarded Service should have.
pub(super) struct Target<'a> {
    /// The Service.
    pub(super) service: &'a ServiceRef,
    /// Its own: sets, pod policy, and the edge policy that it may share.
    pub(super) own: Vec<Generated>,
    /// HostEndpoints.
    pub(super) host_endpoints: Vec<Value>,
    /// Pod policies of guarded Services that share pods.
    pub(super) others: Vec<Generated>,
    /// What it has that is needed no more.
    pub(super) stale: Own,
    /// Its pod policy, which may be among its own.
    pub(super) pod_policy: ObjectKey,
    /// HostEndpoints of nodes that are gone.
    pub(super) stale_host_endpoints: Vec<ObjectKey>,
    /// What others made by hand, and goes or comes back.
    pub(super) hand_made: HandMade,
    /// Whether the pods alone are to guard it.
    pub(super) alone: bool,
}

/// The steps that make HostEndpoints.
pub(crate) fn host_endpoints(snapshot: &Snapshot, objects: &[Value]) -> Vec<Step> {
    let (mut steps, mut first) = (Vec::new(), true);
    for object in objects {
        let why = if first {
            "One node first: a HostEndpoint with the default-allow profile changes nothing by itself; policies that select it decide there from then on."
        } else {
            "The next node: neutral but for policies that select it."
        };
        let made = write(snapshot, Role::HostEndpoint, &key_of(Kind::HostEndpoint, object), object, why);
        first = first && made.is_none();
        steps.extend(made);
    }
    steps
}

/// Why the canary goes.
pub(super) const CANARY_GOES: &str = "Every node decides by the edge policy now: what was tried at one of them is no longer needed.";

/// The steps towards a guarded Service.
pub(super) fn guard(snapshot: &Snapshot, target: &Target<'_>) -> Vec<Step> {
    let hand_made = &target.hand_made;
    let mut steps = hand_made.restore_all(snapshot, target.service);
    let of = |role: Role| target.own.iter().filter(move |generated| generated.role == role);
    let sets = ClientSets::of(snapshot, target.service, &of(Role::ClientSet).collect::<Vec<_>>());
    steps.extend(sets.first);
    steps.extend(host_endpoints(snapshot, &target.host_endpoints));
    let policy_stays = of(Role::EdgePolicy).all(|policy| write(snapshot, policy.role, &policy.key, &policy.object, "").is_none());
    for generated in of(Role::NodeSet) {
        let why = "The pod policy below lets the nodes' own processes through by it.";
        steps.extend(write(snapshot, generated.role, &generated.key, &generated.object, why));
    }
    for generated in of(Role::AddressSet) {
        let why = if policy_stays {
            "This step shuts clients out at the nodes: an edge policy with this very access is there, and from here on it is \
             about these addresses too."
        } else {
            "Comes before the edge policy that refers to these addresses: until that is there they have no effect."
        };
        steps.extend(write(snapshot, generated.role, &generated.key, &generated.object, why));
    }
    for generated in of(Role::EdgePolicy) {
        let why = "This step shuts clients out at the nodes: allow and deny switch in one write.";
        steps.extend(write(snapshot, generated.role, &generated.key, &generated.object, why));
    }
    for generated in of(Role::ForwardEnd).chain(of(Role::ForwardPolicy)) {
        let why = if generated.role == Role::ForwardEnd {
            "Before the policy that needs it: by itself it leaves everything as it is."
        } else {
            "After the sets and HostEndpoints that it lets through."
        };
        steps.extend(write(snapshot, generated.role, &generated.key, &generated.object, why));
    }
    // Before the pods change: theirs at the nodes may let in whom only theirs on the pods shuts out, and the pod policy lets nodes through.
    if !target.alone {
        steps.extend(hand_made.take(snapshot, Place::Edge));
    }
    for generated in of(Role::PodPolicy) {
        let why = if target.alone {
            "This step shuts clients out at the pods, which guard alone: after the sets that it lets through."
        } else {
            "Comes after all that it lets through, and after the nodes shut others out: where a policy of others kept the pods closed, it opens them."
        };
        steps.extend(write(snapshot, generated.role, &generated.key, &generated.object, why));
    }
    for generated in &target.others {
        let why = "This Service shares pods: its pod policy follows the change.";
        steps.extend(write(snapshot, generated.role, &generated.key, &generated.object, why));
    }
    steps.extend(hand_made.take(snapshot, Place::Pods));
    // Theirs at the nodes may shut out whom theirs on the pods let in.
    if target.alone {
        steps.extend(hand_made.take(snapshot, Place::Edge));
    }
    steps.extend(sets.last);
    let (first, last) = if target.alone {
        ClientSets::stale(snapshot, &target.stale.client_sets, &of(Role::ClientSet).collect::<Vec<_>>())
    } else {
        (Vec::new(), target.stale.client_sets.iter().filter_map(|key| delete(snapshot, role_of_set(key), key, UNUSED)).collect())
    };
    steps.extend(first);
    for key in &target.stale.address_sets {
        let why = if target.alone {
            "From here on the pods guard alone: no edge policy refers to these addresses any more."
        } else {
            "The Service leaves the edge policy that it shared: the one above decides alone from here on."
        };
        steps.extend(delete(snapshot, Role::AddressSet, key, why));
    }
    for key in &target.stale.canary {
        steps.extend(delete(snapshot, Role::Canary, key, CANARY_GOES));
    }
    for key in &target.stale.edge_policies {
        steps.extend(delete(snapshot, Role::EdgePolicy, key, "No Service comes under it any more."));
    }
    let why = if target.alone {
        "The pods decide, whatever port a packet came by."
    } else {
        "No port of the Service is a failsafe port any more."
    };
    steps.extend(without_forward(snapshot, &target.stale.forward, why));
    if of(Role::PodPolicy).next().is_none() {
        steps.extend(delete(snapshot, Role::PodPolicy, &target.pod_policy, "The Service has no selector any more that it could follow."));
    }
    for key in &target.stale_host_endpoints {
        let why = if target.alone { "No guard stands on it any more, or its node is gone." } else { "Its node is gone." };
        steps.extend(delete(snapshot, Role::HostEndpoint, key, why));
    }
    steps.extend(last);
    steps
}

/// Why a set goes.
pub(super) const UNUSED: &str = "No rule refers to it any more.";

/// What a set is that is no address set.
pub(super) fn role_of_set(key: &ObjectKey) -> Role {
    if names::is_node_set(&key.name) { Role::NodeSet } else { Role::ClientSet }
}

/// Takes forward policies away: the one that shuts out first, what lets the rest pass behind it.
pub(super) fn without_forward(snapshot: &Snapshot, keys: &[ObjectKey], why: &str) -> Vec<Step> {
    let role = |key: &ObjectKey| if key.name == names::FORWARD_END { Role::ForwardEnd } else { Role::ForwardPolicy };
    let step = |key: &ObjectKey| match role(key) {
        Role::ForwardEnd => delete(snapshot, Role::ForwardEnd, key, "No forward policy is left that needs it."),
        role => delete(snapshot, role, key, why),
    };
    keys.iter().filter_map(step).collect()
}

/// Keys of objects of kind `T`.
pub(crate) fn keys<'a, T: Object>(objects: impl Iterator<Item = &'a T>) -> Vec<ObjectKey> {
    objects.map(Object::key).collect()
}
