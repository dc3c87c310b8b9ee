//! The baseline: what the whole cluster shares, and the plan of a change of it.
//!
//! *Closed by default*: one policy before translation, behind every edge policy, that shuts everyone outside out of whole advertised ranges.
//! A Service is opened by guarding it: its edge policy decides first. *Automatic HostEndpoints*: the one shared object that Portcullis edits, at
//! one field. Each is a plan of its own (`docs/decisions/baseline.md`).

pub(crate) mod automatic;
mod checks;
mod closed;
mod make;
mod ranges;
mod reachable;
mod relied;
mod services;
mod template;
mod untold;

pub use automatic::addresses as automatic_addresses;
pub use closed::{Closed, closed};
pub use make::{Caused, Planned, outdated, plan};
pub(crate) use reachable::reachable;

use crate::access::Baseline;
use crate::plan::{Role, Step};
use crate::scope::EdgeFacts;
use crate::snapshot::Snapshot;

/// The baseline before these steps were made towards `after`.
#[must_use]
pub fn before(steps: &[Step], after: &Baseline) -> Baseline {
    let mut before = after.clone();
    for step in steps {
        match step.role {
            Role::Controllers => before.automatic_host_endpoints = !after.automatic_host_endpoints,
            Role::ClosedPolicy => before.closed = step.write.before().map(closed::planned_on),
            _ => {}
        }
    }
    before
}

/// The baseline in force.
#[must_use]
pub fn in_force(snapshot: &Snapshot) -> Baseline {
    Baseline {
        closed: closed(snapshot).map(|closed| closed.host_endpoints),
        automatic_host_endpoints: EdgeFacts::of_cluster(snapshot).automatic == Some(true),
    }
}
