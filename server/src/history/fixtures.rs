//! Values that tests of the history and of runs start from.

use super::{DataFolder, History, NewObject, NewRevision, NewRun, Part};
use crate::clock::{SharedClock, Time};
use policy::access::{Access, Adoption, Change, HostEndpoints, Intent};
use policy::object::{Kind, ObjectKey, ServiceRef};
use policy::plan::{Plan, Role, Step};
use policy::view::{Caller, CallerKind};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// A clock that goes on by one millisecond each time it is asked.
pub(crate) fn ticking() -> SharedClock {
    let now = AtomicI64::new(1_795_408_025_000_000);
    Arc::new(move || Time(now.fetch_add(1000, Ordering::Relaxed)))
}

pub(crate) fn caller() -> Caller {
    Caller { id: "link".into(), name: "Ada".into(), kind: CallerKind::Link, way: None }
}

pub(crate) fn service(name: &str) -> ServiceRef {
    ServiceRef::new("shop", name).unwrap()
}

/// A plan that guards `service`, with these steps; `seed` makes its digest.
pub(crate) fn plan(seed: u8, service: &ServiceRef, steps: Vec<Step>) -> Plan {
    let change = Change {
        service: service.clone(),
        intent: Intent::Guard(Access::default()),
        host_endpoints: HostEndpoints::Existing,
        adoption: Adoption::default(),
    };
    let digest = format!("{seed:02x}").repeat(32);
    let summary = format!("Guards {service}.");
    // As it is stored, so that a new field of plans is no matter of these tests.
    serde_json::from_value(json!({ "digest": digest, "change": change, "summary": summary, "steps": steps, "findings": [], "inputs": [] }))
        .unwrap()
}

pub(crate) fn set_key(name: &str) -> ObjectKey {
    ObjectKey::new(Kind::GlobalNetworkSet, "", name)
}

pub(crate) async fn open(folder: &DataFolder) -> History {
    History::open(folder, ticking()).await.unwrap()
}

/// A revision of `plan` that leaves the set `name` with one net, or deletes it.
pub(crate) fn revision(plan: &Plan, name: &str, net: Option<&str>) -> NewRevision {
    let set = |net: &str| json!({ "kind": "GlobalNetworkSet", "metadata": { "name": name }, "spec": { "nets": [net] } });
    NewRevision {
        plan: plan.digest.clone(),
        parts: plan.change.services().map(part).collect(),
        baseline: None,
        summary: plan.summary.clone(),
        caller_id: "link".into(),
        caller_name: "Ada".into(),
        reason: "because".into(),
        objects: vec![NewObject { key: set_key(name), role: Role::ClientSet, part: 0, before: None, after: net.map(set) }],
    }
}

fn part(service: &ServiceRef) -> Part {
    Part { service: service.clone(), before: None, after: Some(Access::default()), host_endpoints: HostEndpoints::Existing }
}

/// Keeps `plan`, runs it as if every step had landed, and writes `revision`.
pub(crate) async fn record(history: &History, plan: &Plan, revision: &NewRevision) -> policy::view::RevisionId {
    history.keep_plan(plan, &caller(), None).await.unwrap();
    let run = NewRun { plan, caller: &caller(), reason: "because", access_before: &[None], reach: None };
    let run = history.begin_run(&run).await.unwrap();
    history.finish_run(run, "", revision).await.unwrap()
}

impl History {
    /// Lets the database grow by so many pages from now, and no more: as on a disk that is full then.
    pub(crate) async fn room_for(&self, pages: i64) {
        let used: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(&self.writer).await.unwrap();
        let limit = format!("PRAGMA max_page_count = {}", used + pages);
        sqlx::query(sqlx::AssertSqlSafe(limit)).execute(&self.writer).await.unwrap();
    }
}
