//! The plan that writes nothing: what was changed elsewhere is kept, and from here on it is what was applied last.

use super::digest::{self, Input};
use super::{Plan, kept_host_endpoints};
use crate::access::{Asked, Change, Intent, counted, in_force};
use crate::object::{ObjectKey, ServiceRef};
use crate::snapshot::Snapshot;
use serde_json::Value;

/// The plan that keeps these objects of `service` as they are; none: as gone.
#[must_use]
pub fn as_it_is(snapshot: &Snapshot, service: &ServiceRef, objects: &[(ObjectKey, Option<Value>)]) -> Plan {
    let intent = in_force(snapshot, service).map_or(Intent::Open, Intent::Guard);
    let asked = match &intent {
        Intent::Guard(access) => format!("By them `{service}` lets in {}.", access.in_short()),
        Intent::Open => format!("By them nothing guards `{service}`."),
    };
    let change = Asked::Service(Change { service: service.clone(), intent, host_endpoints: kept_host_endpoints(snapshot, service) });
    let summary = format!("Keeps what was changed elsewhere: {}. {asked}", counted(objects.len(), "object"));
    let inputs = vec![Input::new("the objects that were changed elsewhere", &objects)];
    Plan { digest: digest::of_plan(&change, &inputs), change, summary, steps: Vec::new(), findings: Vec::new(), inputs }
}
