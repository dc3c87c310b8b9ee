//! What a change does to who reaches what: of two snapshots, or of a snapshot and a plan.

mod clients;
mod moves;
mod sentence;
mod service;
mod touched;

#[cfg(test)]
mod tests;

pub use clients::{Change, State};
pub use moves::{Moves, moves};
pub(crate) use sentence::of_service as sentence_of_service;
pub use service::{AddressDiff, PathDiff, ServiceDiff, between};

use super::sets::{Kept, LIMIT, Questions, TooMuch};
use super::settings::Settings;
use crate::object::ServiceRef;
use crate::plan::{Plan, carried_out, taken_back};
use crate::snapshot::Snapshot;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a change does to who reaches what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Diff {
    /// The whole of it, in one sentence.
    pub summary: String,
    /// The Services whose clients change, the one in hand first, the others by name.
    pub services: Vec<ServiceDiff>,
    /// How many Services were compared: those that the change could touch.
    pub compared: u32,
}

impl Diff {
    /// Whether anybody gains or loses anything.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.services.is_empty()
    }
}

/// A snapshot with the settings that hold in it.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// The objects.
    pub snapshot: &'a Snapshot,
    /// What decides besides them.
    pub settings: &'a Settings,
}

/// What becomes other between two snapshots: for the Service in hand and for every other that the change touches.
///
/// # Errors
/// [`TooMuch`] where it would have to look at more than [`LIMIT`] ranges, rules and paths on either side.
pub fn of_snapshots(before: Side, after: Side, in_hand: Option<&ServiceRef>) -> Result<Diff, TooMuch> {
    of_snapshots_keeping(before, after, in_hand, &mut Kept::default())
}

/// The same with what earlier questions have found out; what these find out about the side before is kept too.
///
/// # Errors
/// As for [`of_snapshots`].
pub fn of_snapshots_keeping(before: Side, after: Side, in_hand: Option<&ServiceRef>, kept: &mut Kept) -> Result<Diff, TooMuch> {
    let mut services = touched(before, after);
    services.extend(in_hand.cloned());
    compare(before, after, &services, in_hand, kept)
}

/// The same for one Service alone: enough while somebody types.
///
/// # Errors
/// As for [`of_snapshots`].
pub fn of_service(before: Side, after: Side, service: &ServiceRef) -> Result<Diff, TooMuch> {
    of_service_keeping(before, after, service, &mut Kept::default())
}

/// The same with what earlier questions have found out.
///
/// # Errors
/// As for [`of_snapshots`].
pub fn of_service_keeping(before: Side, after: Side, service: &ServiceRef, kept: &mut Kept) -> Result<Diff, TooMuch> {
    compare(before, after, &BTreeSet::from([service.clone()]), Some(service), kept)
}

/// The Services that what differs between two snapshots can touch: every other is reached as before.
#[must_use]
pub fn touched(before: Side, after: Side) -> BTreeSet<ServiceRef> {
    touched::services(before, after, &before.snapshot.differing(after.snapshot))
}

/// What a plan would change. The settings stay: no plan writes what they are read from.
///
/// # Errors
/// As for [`of_snapshots`].
pub fn of_plan(snapshot: &Snapshot, settings: &Settings, plan: &Plan) -> Result<Diff, TooMuch> {
    let target = target(snapshot, plan);
    let (before, after) = (Side { snapshot, settings }, Side { snapshot: &target, settings });
    of_snapshots(before, after, plan.change.in_hand())
}

/// The snapshot once a plan is carried out. A step whose object does not have the shape of its kind changes nothing.
#[must_use]
pub fn target(snapshot: &Snapshot, plan: &Plan) -> Snapshot {
    carried_out(snapshot, &plan.steps)
}

/// The snapshot as it was before a plan was carried out, whatever else has changed since.
#[must_use]
pub fn origin(snapshot: &Snapshot, plan: &Plan) -> Snapshot {
    taken_back(snapshot, &plan.steps)
}

fn compare(
    before: Side,
    after: Side,
    services: &BTreeSet<ServiceRef>,
    in_hand: Option<&ServiceRef>,
    kept: &mut Kept,
) -> Result<Diff, TooMuch> {
    let was = Questions::keeping(before.snapshot, before.settings, LIMIT, kept.clone());
    let mut is: Option<Questions> = None;
    let mut found = Vec::new();
    for service in services {
        let then = was.of_service(service)?;
        // What the first answer found out mostly holds on the other side too.
        let is = is.get_or_insert_with(|| Questions::keeping(after.snapshot, after.settings, LIMIT, was.kept()));
        let diff = between(&then, &is.of_service(service)?);
        if !diff.addresses.is_empty() {
            found.push(diff);
        }
    }
    *kept = was.kept();
    found.sort_by_key(|diff| (Some(&diff.service) != in_hand, diff.service.clone()));
    let compared = u32::try_from(services.len()).unwrap_or(u32::MAX);
    Ok(Diff { summary: sentence::of_all(&found, in_hand), services: found, compared })
}
