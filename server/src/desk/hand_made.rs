//! What somebody made by hand: found, and put back as it was.

use super::{Desk, once, problem};
use crate::cluster::ClusterState;
use crate::history::Applied;
use app::backend::Problem;
use policy::access::Adoption;
use policy::adopt::{HandMade, Others};
use policy::object::{AnyObject, ObjectKey, ServiceRef};
use policy::plan::Role;
use policy::reach::diff::Side;
use policy::reach::safety::{self, ByHand};
use policy::scope::Scope;
use policy::snapshot::Snapshot;
use policy::view::{RevisionId, ServiceQuery, ServiceState};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

impl Desk {
    /// What somebody made by hand for a Service, and what it really does.
    pub(super) async fn by_hand(&self, state: Arc<ClusterState>, service: ServiceRef) -> Result<Option<ByHand>, Problem> {
        let settings = self.settings(&state);
        let memory = self.memory.clone();
        once::compute(move || {
            let now = Side { snapshot: &state.snapshot, settings: &settings };
            memory.with(|kept| safety::by_hand(now, &service, kept))
        })
        .await
    }

    /// Those of a window of the list that are open, and that policies guard which somebody made by hand.
    pub(super) async fn open_by_hand(&self, query: ServiceQuery) -> Result<Vec<ServiceRef>, Problem> {
        let state = self.read()?;
        let window = self.rows(state.clone()).await?.window(&query);
        let open = window.rows.into_iter().filter(|row| row.state == ServiceState::Open).map(|row| row.service);
        let open: Vec<ServiceRef> = open.collect();
        once::compute(move || {
            let others = Others::of(&state.snapshot);
            let is_by_hand =
                |service: &ServiceRef| Scope::of(&state.snapshot, service).is_some_and(|scope| others.hand_made(&scope).is_some());
            open.into_iter().filter(is_by_hand).collect()
        })
        .await
    }

    /// What of others has to go or come back, so that what was made by hand for a Service is as it was right after a revision.
    pub(super) async fn as_of(&self, service: &ServiceRef, revision: RevisionId) -> Result<Adoption, Problem> {
        let state = self.read()?;
        let mut then: BTreeMap<ObjectKey, Option<Value>> = BTreeMap::new();
        let later = self.history.objects_before_those_after(revision).await.map_err(problem::of_history)?;
        let earlier = self.history.all_objects_as_of(revision).await.map_err(problem::of_history)?;
        for Applied { key, role, after } in later.into_iter().chain(earlier) {
            if role == Role::HandMade {
                then.insert(key, after);
            }
        }
        if then.is_empty() {
            return Ok(Adoption::default());
        }
        let touched = self.history.touched().await.map_err(problem::of_history)?;
        let own: BTreeSet<ObjectKey> = touched.into_iter().filter(|(of, _)| of == service).map(|(_, key)| key).collect();
        let about = about(&state.snapshot, service, &then);
        let mut adoption = Adoption::default();
        for (key, object) in then.into_iter().filter(|(key, _)| own.contains(key) || about.contains(key)) {
            match (object, state.snapshot.find(&key)) {
                (None, Some(_)) => adoption.taken.push(key),
                (Some(object), None) => adoption.restored.push(object),
                _ => {}
            }
        }
        Ok(adoption)
    }
}

/// Those of these objects that would be about the Service if all of them were there.
fn about(snapshot: &Snapshot, service: &ServiceRef, objects: &BTreeMap<ObjectKey, Option<Value>>) -> BTreeSet<ObjectKey> {
    let mut all = snapshot.clone();
    for (key, object) in objects {
        if let Some(Ok(object)) = object.as_ref().map(|object| AnyObject::decode(key.kind, object)) {
            all.insert(object);
        }
    }
    let pieces = HandMade::of(&all, service).map(|found| found.pieces).unwrap_or_default();
    pieces.into_iter().map(|piece| piece.key).collect()
}
