//! Drift: live objects that differ from the revision that wrote them last.

use super::Desk;
use super::problem;
use crate::history::{Applied, HistoryError, NewObject};
use crate::runs::Reason;
use app::backend::Problem;
use policy::diff::differs;
use policy::object::{AnyObject, ObjectKey, Raw, ServiceRef};
use policy::plan::Role;
use policy::snapshot::Snapshot;
use policy::view::{Caller, HistoryQuery, Moment, RevisionId, RunId};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What the history knows of the present: of one generation of it.
#[derive(Debug, Default)]
pub(super) struct LastApplied {
    /// Every object that a revision touched, as the last one left it.
    objects: Vec<Applied>,
    /// Whose revisions touched it.
    services: BTreeMap<ObjectKey, Vec<ServiceRef>>,
    /// When each Service was changed last.
    pub(super) changed: BTreeMap<ServiceRef, Moment>,
    /// The run that has not ended.
    pub(super) open: Option<(RunId, BTreeSet<ServiceRef>)>,
}

impl LastApplied {
    /// What was applied, and whose it is.
    #[cfg(test)]
    pub(super) fn of(objects: Vec<Applied>, services: impl IntoIterator<Item = (ObjectKey, Vec<ServiceRef>)>) -> Self {
        Self { objects, services: services.into_iter().collect(), ..Self::default() }
    }

    /// The Services with an object that is not as it was applied.
    pub(super) fn drifted(&self, snapshot: &Snapshot) -> BTreeSet<ServiceRef> {
        self.moved(snapshot).flat_map(|applied| self.whose(&applied.key, snapshot)).collect()
    }

    /// The objects that are not as they were applied.
    pub(super) fn moved(&self, snapshot: &Snapshot) -> impl Iterator<Item = &Applied> {
        // What somebody made by hand is theirs, before it was taken over and once it is put back.
        let ours = self.objects.iter().filter(|applied| applied.role != Role::HandMade);
        ours.filter(|applied| is_moved(applied, snapshot))
    }

    /// The objects of a Service that are not as they were applied, each as it was and as it is.
    pub(super) fn moved_of(&self, service: &ServiceRef, snapshot: &Snapshot) -> Vec<(Applied, Option<Value>)> {
        let of_it = |applied: &&Applied| is_moved(applied, snapshot) && self.whose(&applied.key, snapshot).contains(service);
        let live = |key: &ObjectKey| snapshot.find(key).as_ref().and_then(raw);
        self.objects.iter().filter(of_it).map(|applied| (applied.clone(), live(&applied.key))).collect()
    }

    /// The Services that an object is part of: of an edge policy those that come under it, whoever wrote it; of any other those whose
    /// revisions touched it.
    pub(super) fn whose(&self, key: &ObjectKey, snapshot: &Snapshot) -> BTreeSet<ServiceRef> {
        let under = policy::scope::under(snapshot, key);
        if under.is_empty() { self.services.get(key).into_iter().flatten().cloned().collect() } else { under }
    }
}

pub(super) fn is_moved(applied: &Applied, snapshot: &Snapshot) -> bool {
    if snapshot.unknown(applied.key.kind).is_some() {
        return false;
    }
    match (&applied.after, snapshot.find(&applied.key)) {
        (None, live) => live.is_some(),
        (Some(_), None) => true,
        (Some(after), Some(live)) => {
            // Mostly nobody wrote it since: then there is nothing to compare.
            let same = after.pointer("/metadata/resourceVersion").and_then(Value::as_str) == Some(&live.meta().resource_version);
            !same && raw(&live).is_some_and(|live| differs(&live, after))
        }
    }
}

/// The JSON of an object of a kind that Portcullis writes.
pub(super) fn raw(object: &AnyObject) -> Option<Value> {
    let raw = match object {
        AnyObject::GlobalNetworkSet(kept) => Some(&kept.raw),
        AnyObject::HostEndpoint(kept) => Some(&kept.raw),
        AnyObject::NetworkPolicy(kept) => Some(&kept.raw),
        AnyObject::GlobalNetworkPolicy(kept) => Some(&kept.raw),
        AnyObject::KubeControllersConfiguration(kept) => Some(&kept.raw),
        _ => None,
    };
    raw.map(Raw::read)
}

impl Desk {
    /// What the history knows of the present.
    pub(super) async fn last_applied(&self) -> Result<(u64, Arc<LastApplied>), Problem> {
        // The generation first: what is written meanwhile makes a newer one.
        let generation = self.runs.generation();
        let applied = self.drift.get(generation, || async { self.load().await.map_err(problem::of_history) }).await?;
        Ok((generation, applied))
    }

    /// Keeps what others made of a Service's objects, as a revision: nothing is written to the cluster.
    pub(super) async fn keep_as_it_is(&self, caller: &Caller, service: ServiceRef, reason: String) -> Result<RevisionId, Problem> {
        let reason = Reason::try_from(reason.as_str()).map_err(|error| Problem::Refused(error.to_string()))?;
        let state = self.read_now()?;
        let (_, applied) = self.last_applied().await?;
        let moved = applied.moved_of(&service, &state.snapshot);
        if moved.is_empty() {
            return Err(Problem::Refused(format!("There is nothing to keep: the objects of `{service}` are as they were applied.")));
        }
        let live: Vec<(ObjectKey, Option<Value>)> = moved.iter().map(|(applied, live)| (applied.key.clone(), live.clone())).collect();
        let plan = policy::plan::as_it_is(&state.snapshot, &service, &live);
        let query = HistoryQuery { service: Some(service), ..HistoryQuery::default() };
        let last = self.history.revisions(&query).await.map_err(problem::of_history)?.0.into_iter().next();
        let before = match last {
            Some(row) => self.stored_revision(row.id).await?.parts.into_iter().find(|part| Some(&part.service) == query.service.as_ref()),
            None => None,
        };
        let objects =
            moved.into_iter().map(|(Applied { key, role, after }, live)| NewObject { key, role, part: 0, before: after, after: live });
        self.history.keep_plan(&plan, caller, None).await.map_err(problem::of_history)?;
        let before = [before.and_then(|part| part.after)];
        self.runs.keep(&plan, caller, &reason, &before, objects.collect()).await.map_err(problem::of_run)
    }

    async fn load(&self) -> Result<LastApplied, HistoryError> {
        let mut services: BTreeMap<ObjectKey, Vec<ServiceRef>> = BTreeMap::new();
        for (service, key) in self.history.touched().await? {
            services.entry(key).or_default().push(service);
        }
        let changed = self.history.changed().await?.into_iter().map(|(service, at)| (service, at.moment())).collect();
        let open = self.history.open_run().await?.map(|run| (run.id, run.plan.change.services().cloned().collect()));
        Ok(LastApplied { objects: self.history.applied_objects().await?, services, changed, open })
    }
}
