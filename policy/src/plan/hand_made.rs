//! What others made by hand, and a plan takes over or puts back.
//!
//! A policy before translation goes once ours is there, one on the pods once the pod policy is there, each kind from the last that
//! decides to the first, so that what is left never shuts out whom a policy before it has let in; they come back the other way round.
//! Where the pods alone are to guard, those on the pods go first, and come back last: whom the ones let in the others may shut out
//! (`docs/decisions/adopting.md`).

use super::digest::Input;
use super::{Role, Step, Write, steps};
use crate::access::{self, Adoption, Change, Intent, counted};
use crate::adopt;
use crate::diff::{as_new, differs};
use crate::finding::{Finding, Severity};
use crate::names;
use crate::object::{AnyObject, Kind, ObjectKey, ServiceRef, key_of};
use crate::scope::Scope;
use crate::snapshot::Snapshot;
use serde_json::{Value, json};

/// Where a policy decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Before translation, at the hosts.
    Edge,
    /// On pods, or anywhere else.
    Pods,
}

/// What is taken over and put back, in the order in which Calico evaluates it.
#[derive(Default)]
pub(super) struct HandMade {
    taken: Vec<(Place, ObjectKey)>,
    restored: Vec<(Place, ObjectKey, Value)>,
}

impl HandMade {
    pub(super) fn of(snapshot: &Snapshot, adoption: &Adoption) -> Self {
        if adoption.is_empty() {
            return Self::default();
        }
        let place = |object: &Value| if object["spec"]["preDNAT"] == true { Place::Edge } else { Place::Pods };
        let taken = in_order(snapshot, &adoption.taken);
        let after = settled(snapshot, adoption);
        let objects: Vec<(ObjectKey, Value)> = restored(adoption).collect();
        let keys: Vec<ObjectKey> = objects.iter().map(|(key, _)| key.clone()).collect();
        let object = |key: ObjectKey| objects.iter().find(|(own, _)| *own == key).map(|(_, object)| (place(object), key, object.clone()));
        Self {
            taken: taken.into_iter().filter_map(|key| Some((place(&steps::live(snapshot, &key)?), key))).collect(),
            restored: in_order(&after, &keys).into_iter().filter_map(object).collect(),
        }
    }

    /// The steps that take over what decides at one place.
    pub(super) fn take(&self, snapshot: &Snapshot, at: Place) -> Vec<Step> {
        let why = match at {
            Place::Edge => {
                "What guards the Service is in force: what was made by hand at the nodes goes, from the last that decides to \
                 the first, so that nobody who may stay is cut."
            }
            Place::Pods => "The pod policy is in force: what was made by hand on the pods goes, from the last that decides to the first.",
        };
        let here = self.taken.iter().rev().filter(|(place, _)| *place == at);
        here.filter_map(|(_, key)| steps::delete(snapshot, Role::HandMade, key, why)).collect()
    }

    /// The steps that put back all, beside what guards the Service now.
    pub(super) fn restore_all(&self, snapshot: &Snapshot, service: &ServiceRef) -> Vec<Step> {
        let alone = access::guard(snapshot, service).is_some_and(|guard| guard.kept.enforced.at_pods_alone());
        let order = if alone { [Place::Edge, Place::Pods] } else { [Place::Pods, Place::Edge] };
        order.into_iter().flat_map(|at| self.restore(snapshot, at)).collect()
    }

    /// The steps that put back what decides at one place. What is there already is left as it is.
    pub(super) fn restore(&self, snapshot: &Snapshot, at: Place) -> Vec<Step> {
        let why = match at {
            Place::Edge => {
                "Put back as it was made by hand, from the first that decides to the last, before what shuts out in its place goes."
            }
            Place::Pods => "Put back as it was made by hand, before the pod policy goes.",
        };
        let absent = |(place, key, _): &&(Place, ObjectKey, Value)| *place == at && snapshot.find(key).is_none();
        let create =
            |(_, key, object): &(Place, ObjectKey, Value)| steps::step(key, Role::HandMade, Write::Create { object: object.clone() }, why);
        self.restored.iter().filter(absent).map(create).collect()
    }
}

/// The cluster without what is taken over and with what is put back: what ours is made for.
pub(super) fn settled(snapshot: &Snapshot, adoption: &Adoption) -> Snapshot {
    let mut settled = snapshot.clone();
    for key in adoption.taken.iter().filter(|key| may_be(key)) {
        settled.remove(key);
    }
    for (key, object) in restored(adoption).filter(|(key, _)| snapshot.find(key).is_none()) {
        if let Ok(object) = AnyObject::decode(key.kind, &object) {
            settled.insert(object);
        }
    }
    settled
}

/// What is put back and can be, as it can be created.
fn restored(adoption: &Adoption) -> impl Iterator<Item = (ObjectKey, Value)> {
    adoption.restored.iter().filter_map(|object| key(object).map(|key| (key, as_new(object))))
}

fn key(object: &Value) -> Option<ObjectKey> {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let key = key_of(Kind::find(text("/apiVersion"), text("/kind"))?, object);
    may_be(&key).then_some(key)
}

/// Whether such an object can be hand-made: Calico's policies are.
const fn may_be(key: &ObjectKey) -> bool {
    matches!(key.kind, Kind::NetworkPolicy | Kind::GlobalNetworkPolicy)
}

/// As Calico evaluates them; what it evaluates not at all comes last.
fn in_order(snapshot: &Snapshot, keys: &[ObjectKey]) -> Vec<ObjectKey> {
    let mut ordered = snapshot.in_order(keys);
    let idle: Vec<ObjectKey> = keys.iter().filter(|key| may_be(key) && !ordered.contains(key)).cloned().collect();
    ordered.extend(idle);
    ordered
}

/// What a plan reads of it; none where nothing of others goes or comes back.
pub(super) fn input(snapshot: &Snapshot, adoption: &Adoption) -> Option<Input> {
    let live =
        |key: &ObjectKey| json!([key, steps::live(snapshot, key).map(|object| [object["metadata"]["uid"].clone(), as_read(&object)])]);
    let keys = adoption.taken.iter().cloned().chain(restored(adoption).map(|(key, _)| key));
    (!adoption.is_empty()).then(|| Input::new("what was made by hand", &keys.map(|key| live(&key)).collect::<Vec<_>>()))
}

fn as_read(object: &Value) -> Value {
    json!([object["metadata"]["labels"], object["spec"]])
}

/// What a plan says first about what goes or comes back.
pub(super) fn checks(snapshot: &Snapshot, scope: &Scope, change: &Change) -> Vec<Finding> {
    let Change { service, intent, adoption, .. } = change;
    let mut findings = Vec::new();
    if !adoption.taken.is_empty() {
        let found = adopt::HandMade::of(snapshot, service);
        let pieces = found.as_ref().map(|found| found.pieces.as_slice()).unwrap_or_default();
        findings.extend(adoption.taken.iter().filter_map(|key| cannot_be_taken(snapshot, change, key, pieces)));
        let stay = pieces.iter().filter(|piece| !adoption.taken.contains(&piece.key));
        findings.extend(stay.filter_map(|piece| Some(stays(&piece.key, piece.stays.as_ref()?))));
        match intent {
            Intent::Open => findings.push(finding(
                Severity::Blocker,
                "hand-made-without-guard",
                &service.key(),
                "Policies that were made by hand are taken over only by a guard.".to_owned(),
                "Without one, everyone outside could reach what they guard.",
                "Guard the Service in the same change.",
            )),
            Intent::Guard(access) => {
                let other = |now: &&access::Access| {
                    let after = access.normalised();
                    (&after.clients, &after.load_balancers) != (&now.normalised().clients, &now.normalised().load_balancers)
                };
                findings.extend(scope.in_force.as_ref().filter(other).map(|_| {
                    finding(
                        Severity::Blocker,
                        "hand-made-and-other-access",
                        &service.key(),
                        format!("`{service}` is guarded already, and the plan changes who may reach it and takes over what was made by hand at once."),
                        "Between its steps, clients could get in whom neither what is nor what will be lets in.",
                        "Take over with the access in force, and change it afterwards.",
                    )
                }));
            }
        }
    }
    for (key, object) in restored(adoption) {
        findings.extend(cannot_be_restored(snapshot, &key, &object));
    }
    findings
}

fn cannot_be_taken(snapshot: &Snapshot, change: &Change, key: &ObjectKey, pieces: &[adopt::Piece]) -> Option<Finding> {
    let blocker = |what: String, why: &str, action: &str| Some(finding(Severity::Blocker, "hand-made-not-taken", key, what, why, action));
    let Some(object) = steps::live(snapshot, key).filter(|_| may_be(key)) else {
        return blocker(
            format!("{key} is to be taken over, and the cluster has no such policy."),
            "What is gone cannot be taken over.",
            "Plan again from the page of the Service.",
        );
    };
    let Some(piece) = pieces.iter().find(|piece| piece.key == *key) else {
        return blocker(
            format!("{key} is to be taken over, and is no policy that somebody made by hand for `{}`.", change.service),
            "It would be deleted, and what it does lost.",
            "Leave it out.",
        );
    };
    if let Some(why) = &piece.stays {
        return blocker(
            format!("{key} cannot be taken over: {why}."),
            "It would be deleted, and what it does besides lost.",
            "Leave it out.",
        );
    }
    let read = AnyObject::decode(key.kind, &object).ok()?;
    let violation = crate::validate::object(&read).into_iter().next()?;
    Some(Finding {
        field: violation.field,
        ..finding(
            Severity::Warning,
            "hand-made-not-restorable",
            key,
            format!("{key} breaks a rule of Calico: {}.", violation.rule),
            "Calico's API does not take such an object: a roll back cannot make it again.",
            "Keep its YAML, if somebody may want it back.",
        )
    })
}

fn cannot_be_restored(snapshot: &Snapshot, key: &ObjectKey, object: &Value) -> Option<Finding> {
    let blocker = |what: String, action: &str| {
        Some(finding(Severity::Blocker, "hand-made-not-restored", key, what, "What was made by hand would not be as it was.", action))
    };
    if let Some(live) = steps::live(snapshot, key) {
        let action = "Rename or delete it, then plan again.";
        return differs(&live, object)
            .then(|| blocker(format!("{key} is to be put back, and another object of that name is there."), action))?;
    }
    let read = match AnyObject::decode(key.kind, object) {
        Ok(read) if !names::is_ours(read.meta()) => read,
        _ => return blocker(format!("{key} is to be put back, and cannot be read."), "Make it by hand."),
    };
    let violation = crate::validate::object(&read).into_iter().next()?;
    blocker(format!("{key} is to be put back, and Calico would refuse it: {}.", violation.rule), "Make it by hand, mended.")
}

fn stays(key: &ObjectKey, why: &str) -> Finding {
    finding(
        Severity::Info,
        "hand-made-stays",
        key,
        format!("{key} stays: {why}."),
        "It goes on deciding as before, before or behind what Portcullis writes, by its `order`.",
        "Nothing, if that is meant.",
    )
}

fn finding(severity: Severity, id: &str, key: &ObjectKey, what: String, why: &str, action: &str) -> Finding {
    Finding {
        severity,
        id: id.to_owned(),
        what,
        objects: vec![key.clone()],
        field: String::new(),
        why: why.to_owned(),
        action: action.to_owned(),
        packet: None,
    }
}

/// What goes and comes back, as the end of a summary.
pub(super) fn in_words(adoption: &Adoption) -> String {
    let taken = adoption.taken.len();
    let back = adoption.restored.len();
    let mut text = String::new();
    if taken > 0 {
        text.push_str(&format!(" Takes over {} that {} made by hand.", counted_policies(taken), if taken == 1 { "was" } else { "were" }));
    }
    if back > 0 {
        text.push_str(&format!(" Puts back {} that {} made by hand.", counted_policies(back), if back == 1 { "was" } else { "were" }));
    }
    text
}

fn counted_policies(count: usize) -> String {
    if count == 1 { "1 policy".to_owned() } else { counted(count, "policie") }
}
