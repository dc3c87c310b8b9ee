//! What makes two journeys the same but for the names in them.

use crate::object::{Kind, ObjectKey};
use crate::reach::verdict::{Action, Hop, Journey, PathKind, Stage, Verdict};
use std::collections::BTreeMap;

/// A journey without the names of nodes, pods and what there is one of for each of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Signature {
    kind: PathKind,
    verdict: Verdict,
    hops: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Step {
    stage: Stage,
    /// Whether it happens where the packet comes in.
    at_entry: bool,
    object: Option<ObjectKey>,
    rule: Option<u32>,
    action: Action,
    field: String,
}

impl Signature {
    /// What a journey is but for names.
    #[must_use]
    pub fn of(journey: &Journey) -> Self {
        let hops = journey.hops.iter().map(|hop| Step::of(hop, &journey.path.node)).collect();
        Self { kind: super::ask::path_kind(journey), verdict: journey.verdict.clone(), hops }
    }
}

impl Step {
    fn of(hop: &Hop, entry: &str) -> Self {
        Self {
            stage: hop.stage,
            at_entry: hop.node == entry,
            object: hop.object.as_ref().map(without_name),
            rule: hop.rule,
            action: hop.action,
            field: hop.field.clone(),
        }
    }
}

/// An object's identity; of what each node or pod has its own, the kind alone.
fn without_name(key: &ObjectKey) -> ObjectKey {
    match key.kind {
        Kind::HostEndpoint | Kind::Node | Kind::Pod | Kind::EndpointSlice => ObjectKey::new(key.kind, "", ""),
        _ => key.clone(),
    }
}

/// Two hops that do the same, whatever their nodes are called and however it is said.
#[must_use]
pub fn same_hop(one: &Hop, other: &Hop) -> bool {
    (one.stage, one.rule, one.action, &one.field, &one.object) == (other.stage, other.rule, other.action, &other.field, &other.object)
}

/// Journeys side by side: those of one path, then those that differ in nothing but the interface, whose names a plan may change.
#[must_use]
pub fn paired<'a>(now: &'a [Journey], planned: &'a [Journey]) -> Vec<(Option<&'a Journey>, Option<&'a Journey>)> {
    let mut by_path: BTreeMap<_, &Journey> = planned.iter().map(|journey| (&journey.path, journey)).collect();
    let (mut pairs, mut alone) = (Vec::new(), Vec::new());
    for journey in now {
        match by_path.remove(&journey.path) {
            Some(other) => pairs.push((Some(journey), Some(other))),
            None => alone.push(journey),
        }
    }
    let mut rest: BTreeMap<_, Vec<&Journey>> = BTreeMap::new();
    for journey in by_path.into_values().rev() {
        let path = &journey.path;
        rest.entry((&path.node, path.address, &path.backend)).or_default().push(journey);
    }
    for journey in alone {
        let path = &journey.path;
        let other = rest.get_mut(&(&path.node, path.address, &path.backend)).and_then(Vec::pop);
        pairs.push((Some(journey), other));
    }
    pairs.extend(rest.into_values().flatten().rev().map(|journey| (None, Some(journey))));
    pairs
}
