//! Revisions of the example.

use super::plans::{REPLACED, diff, digest};
use super::{at, service, services};
use app::backend::Problem;
use app::view::{Beside, GroupDrift, UnlandedRun};
use policy::object::{Kind, ObjectKey, ServiceRef};
use policy::plan::Role;
use policy::view::*;
use serde_json::json;

fn row(service: &ServiceRef, id: i64) -> RevisionRow {
    let (summary, reason) = match id {
        1 => ("Guards it: 1 range, 65,536 addresses; 5 objects created.", "First guarded as the page of Calico says"),
        2 => ("Lets 256 more addresses reach it on TCP 443.", "Ticket 4711: customer moves to the new office"),
        _ => ("Shuts out 256 addresses.", "The old office is closed"),
    };
    RevisionRow {
        id: RevisionId(id),
        services: vec![service.clone()],
        of_baseline: false,
        group: None,
        summary: summary.to_owned(),
        caller: "local operator".to_owned(),
        reason: reason.to_owned(),
        at: at(60 * id),
        plan: digest('a'),
        latest: id == 3,
    }
}

/// All revisions of a Service.
pub(crate) fn rows(service: &ServiceRef) -> Vec<RevisionRow> {
    [3, 2, 1].into_iter().map(|id| row(service, id)).collect()
}

/// A window.
pub(crate) fn window(query: &HistoryQuery) -> HistoryWindow {
    let service = query.service.clone().unwrap_or_else(|| service("default/svc-a"));
    let rows = rows(&service).into_iter().map(|row| RevisionRow { group: query.group.clone(), ..row });
    HistoryWindow { rows: rows.collect(), more: false }
}

fn objects() -> Vec<ObjectChange> {
    vec![ObjectChange {
        key: ObjectKey::new(Kind::GlobalNetworkPolicy, "", "portcullis-edge-svc-a-1f3a"),
        role: Role::EdgePolicy,
        before: Some(json!({})),
        after: Some(json!({})),
        diff: diff(REPLACED),
    }]
}

/// One revision.
pub(crate) fn view(id: RevisionId) -> Result<RevisionView, Problem> {
    if !(1..=3).contains(&id.0) {
        return Err(Problem::NotFound(format!("There is no revision {id}.")));
    }
    let after = services::access();
    let mut before = after.clone();
    before.clients.remove(1);
    Ok(RevisionView {
        row: row(&service("default/svc-a"), id.0),
        run: RunId(9),
        changes: vec![AccessChange { service: service("default/svc-a"), before: (id.0 > 1).then_some(before), after: Some(after) }],
        baseline: None,
        objects: if id.0 == 1 { objects().into_iter().chain([by_hand()]).collect() } else { objects() },
    })
}

/// A policy that somebody had made by hand, taken over.
fn by_hand() -> ObjectChange {
    ObjectChange {
        key: ObjectKey::new(Kind::GlobalNetworkPolicy, "", "allow-cluster-ips"),
        role: Role::HandMade,
        before: Some(json!({})),
        after: None,
        diff: diff(REPLACED),
    }
}

/// Two of them.
pub(crate) fn compare(from: RevisionId, to: RevisionId) -> Result<Comparison, Problem> {
    let (from, to) = (view(from)?, view(to)?);
    Ok(Comparison {
        service: service("default/svc-a"),
        from: from.row,
        to: to.row,
        access_from: from.changes[0].before.clone(),
        access_to: to.changes[0].after.clone(),
        objects: objects(),
    })
}

/// Runs that did not land: one that left something, one that was put back, and one that is resolved.
pub(crate) fn unlanded() -> Vec<UnlandedRun> {
    let run = |id: i64, state, message: &str| UnlandedRun {
        id: RunId(id),
        plan: digest('a'),
        subject: "default/svc-a".to_owned(),
        services: vec![service("default/svc-a")],
        summary: "Lets 256 more addresses reach `default/svc-a`.".to_owned(),
        state,
        message: message.to_owned(),
        caller: "local operator".to_owned(),
        reason: "Ticket 4712".to_owned(),
        at: at(30 + id),
        unresolved: id > 3,
        returns: state == RunState::Failed,
    };
    vec![
        run(5, RunState::Failed, "Step 3 of 6 failed: forbidden. 2 objects stay changed."),
        run(4, RunState::PutBack, "Step 3 of 6 failed: forbidden."),
        run(3, RunState::Reverted, ""),
    ]
}

/// A group that somebody changed in the cluster.
pub(crate) fn drift() -> GroupDrift {
    GroupDrift {
        name: "office".parse().expect("a name"),
        revision: RevisionId(2),
        what: "In the cluster `6.6.6.0/24` was added.".to_owned(),
        services: vec![service("default/svc-a")],
    }
}

/// What there is beside a Service.
pub(crate) fn beside(of: &ServiceRef) -> Beside {
    if of.name() != "svc-a" {
        return Beside::default();
    }
    Beside { unlanded: unlanded(), groups: vec![drift()], carried: vec![service("web/front")], ..Beside::default() }
}
