//! A check, what trips it, and what does not.

use crate::common::{World, access, guard};
use policy::access::Change;
use policy::finding::Severity;

/// A check, a world and a change that trip it, and what makes them not trip it.
pub(crate) struct Case {
    pub(crate) id: &'static str,
    pub(crate) severity: Severity,
    pub(crate) trips: (World, Change),
    pub(crate) passes: (World, Change),
}

pub(crate) fn case(id: &'static str, severity: Severity, trips: (World, Change), passes: (World, Change)) -> Case {
    Case { id, severity, trips, passes }
}

/// Trips by the world alone.
pub(crate) fn by_world(id: &'static str, severity: Severity, world: World) -> Case {
    case(id, severity, (world, guard(access(&["50.60.0.0/16"]))), (World::page(), guard(access(&["50.60.0.0/16"]))))
}

/// Trips by the change alone.
pub(crate) fn by_change(id: &'static str, severity: Severity, change: Change) -> Case {
    case(id, severity, (World::page(), change), (World::page(), guard(access(&["50.60.0.0/16"]))))
}
