//! What a change means to clients: who gains and loses access, and what becomes of connections that are open.

use super::reading::Known;
use policy::object::ServiceRef;
use policy::plan::Plan;
use policy::reach::diff::{Diff, Side, of_snapshots_keeping, target};
use policy::reach::live::{self, OpenConnections};
use policy::reach::sets::{Kept, TooMuch};
use serde::Serialize;

/// What a change means to clients.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Meaning {
    /// Who gains and loses access.
    pub(super) reachability: Diff,
    /// What becomes of open connections, where somebody is shut out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) open_connections: Option<OpenConnections>,
}

impl Meaning {
    /// Of two sides.
    pub(super) fn between(before: Side, after: Side, in_hand: Option<&ServiceRef>) -> Result<Self, TooMuch> {
        let mut kept = Kept::default();
        let reachability = of_snapshots_keeping(before, after, in_hand, &mut kept)?;
        let open_connections = live::of_diff(before, &reachability, &mut kept)?;
        Ok(Self { reachability, open_connections })
    }

    /// Of a plan.
    pub(super) fn of_plan(known: &Known, plan: &Plan) -> Result<Self, TooMuch> {
        let Known { snapshot, settings, .. } = known;
        let target = target(snapshot, plan);
        let (before, after) = (Side { snapshot, settings }, Side { snapshot: &target, settings });
        Self::between(before, after, plan.change.in_hand())
    }
}
