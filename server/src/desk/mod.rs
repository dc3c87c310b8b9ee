//! The use cases: one method each, asked by pages, JSON and command line alike.
//!
//! The desk reads the cluster from its watch caches, plans by the domain, writes through the run engine alone, and remembers in the
//! history. It shows nothing of its insides: what breaks is logged under a number, and the number is what is shown.

mod backend;
mod binding;
mod changes;
mod drift;
mod drift_beside;
mod facts;
mod hand_made;
mod import;
mod many;
mod once;
mod open;
mod own_way;
mod picture;
mod plans;
mod problem;
mod proof;
mod reach;
mod revisions;
mod rows;
mod sentences;
mod services;
#[cfg(test)]
mod tests;
mod unlanded;

pub use open::{OpenError, Opening};

use crate::cluster::{Cluster, ClusterState};
use crate::history::{DataFolder, History};
use crate::runs::Runs;
pub use app::backend::{Backend, Problem};
use binding::Binding;
use own_way::OwnWay;
use policy::finding::Finding;
use policy::reach::diff::Side;
use policy::reach::invariant::Invariant;
use policy::reach::safety;
use policy::reach::settings::Settings;
use policy::view::{ClusterView, Connection, Event};
use std::sync::Arc;
use tokio::sync::{broadcast, watch};
use tokio_util::sync::{CancellationToken, DropGuard};

/// Where the cluster is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// `sandbox`, or the name of the context.
    pub name: String,
    /// Whether it is the sandbox.
    pub sandbox: bool,
    /// The API server's address.
    pub server: String,
}

/// What findings of the cluster are made from: the version of its objects, what decides besides them, what must stay true.
type Checked = (u64, Settings, Vec<Invariant>);

/// The use cases over one cluster.
pub struct Desk {
    place: Place,
    cluster: Cluster,
    history: History,
    runs: Runs,
    binding: watch::Receiver<Binding>,
    own_way: OwnWay,
    events: broadcast::Sender<Event>,
    rows: once::Newest<(u64, u64), rows::Rows>,
    drift: once::Newest<u64, drift::LastApplied>,
    findings: once::Newest<Checked, Vec<Finding>>,
    memory: reach::Memory,
    ending: CancellationToken,
    _tasks: DropGuard,
    // The last field: the folder is free when nothing writes to it any more.
    _folder: DataFolder,
}

impl Desk {
    /// The events of the stream: the cluster changed, a run made a step.
    #[must_use]
    pub fn events(&self) -> broadcast::Sender<Event> {
        self.events.clone()
    }

    /// Ends: a run that goes on finishes its current step.
    pub async fn close(&self) {
        self.ending.cancel();
        self.runs.shutdown().await;
        self.history.close().await;
    }

    /// The cluster as it was read last.
    ///
    /// # Errors
    /// The first lists of all kinds have not come.
    fn read(&self) -> Result<Arc<ClusterState>, Problem> {
        let state = self.cluster.state();
        if state.ready() { Ok(state) } else { Err(problem::not_read(&state)) }
    }

    /// The cluster as it is, for whoever is about to change it.
    ///
    /// # Errors
    /// It is not read, or not heard now, or it is not the one that the history belongs to.
    fn read_now(&self) -> Result<Arc<ClusterState>, Problem> {
        let state = self.read()?;
        match state.connection() {
            Connection::Connected | Connection::MissingApi { .. } | Connection::Forbidden { .. } => {}
            Connection::Connecting { .. } | Connection::Disconnected { .. } => return Err(problem::not_heard(&state)),
        }
        self.binding.borrow().check()?;
        Ok(state)
    }

    fn cluster_view(&self) -> ClusterView {
        let state = self.cluster.state();
        let snapshot = &state.snapshot;
        let binding = self.binding.borrow();
        let calico = facts::calico_version(snapshot);
        let mut facts = facts::of(snapshot);
        facts.push(("Proved by packets".to_owned(), proof::of(snapshot, &calico, self.place.sandbox)));
        if let Err(problem) = binding.check() {
            facts.insert(0, ("History".to_owned(), problem.to_string()));
        }
        ClusterView {
            name: self.place.name.clone(),
            sandbox: self.place.sandbox,
            server: self.place.server.clone(),
            connection: state.connection(),
            kubernetes: binding.kubernetes().to_owned(),
            calico,
            kinds: state.kind_views(),
            facts,
            version: state.version,
        }
    }

    async fn checks(&self) -> Result<Vec<Finding>, Problem> {
        let state = self.read()?;
        let (settings, sentences) = (self.settings(&state), self.kept_invariants().await?);
        let from = (state.snapshot_version, settings.clone(), sentences.clone());
        let now = state.clone();
        let check = move || {
            let snapshot = &state.snapshot;
            let mut findings = policy::checks::cluster(snapshot);
            safety::check(Side { snapshot, settings: &settings }, &sentences, &mut findings);
            findings
        };
        let findings = self.findings.get(from, || once::compute(check)).await?;
        let mut findings = findings.as_ref().clone();
        findings.extend(self.group_drifts().await?.into_iter().map(drift_beside::finding));
        let (_, applied) = self.last_applied().await?;
        findings.extend(once::compute(move || applied.findings(&now.snapshot)).await?);
        Ok(findings)
    }
}
