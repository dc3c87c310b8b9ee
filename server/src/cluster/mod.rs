//! The cluster behind one door: snapshots of it, and a few writes, over one [`kube::Client`].
//!
//! What answers is a real API server or the sandbox; nothing here knows which. Reads come from watch caches, writes are plain and
//! conditional requests, and the two are never mixed.

mod connect;
mod health;
mod hearing;
mod identity;
mod keeper;
mod port;
mod programs;
mod requests;
mod rights;
#[cfg(test)]
pub(crate) mod tests;
mod watch;
mod watched;

pub use connect::{ConnectError, Connected, connect};
pub use health::{ClusterState, KindHealth};
pub use identity::Identity;
/// What answers for a cluster: a real API server, or the sandbox. Named here, so that nothing else has to know kube.
pub use kube::Client;
pub use port::{Objects, Reply, RequestError};
pub(crate) use programs::{Program, told};
pub use requests::Requests;

use crate::clock::SharedClock;
use policy::plan::rights::{Refused, Right};
use policy::reach::settings::Told;
use std::sync::Arc;
use tokio::sync::watch::Receiver;
use tokio_util::sync::{CancellationToken, DropGuard};
use watch::Pace;

/// A cluster that is watched. The watches end when the value is dropped.
pub struct Cluster {
    client: Client,
    state: Receiver<Arc<ClusterState>>,
    told: Receiver<Arc<Told>>,
    _watches: DropGuard,
}

impl Cluster {
    /// Begins to watch every kind that Portcullis reads. Needs the tokio runtime.
    #[must_use]
    pub fn watch(client: Client, clock: SharedClock) -> Self {
        Self::watch_at(client, clock, Pace::default())
    }

    fn watch_at(client: Client, clock: SharedClock, pace: Pace) -> Self {
        let stop = CancellationToken::new();
        let state = keeper::start(&client, clock, pace, &stop);
        let told = programs::start(&client, &stop);
        Self { client, state, told, _watches: stop.drop_guard() }
    }

    /// The cluster as it was heard last.
    #[must_use]
    pub fn state(&self) -> Arc<ClusterState> {
        self.state.borrow().clone()
    }

    /// How the programs on the nodes are set, as it was read last.
    #[must_use]
    pub fn told(&self) -> Arc<Told> {
        self.told.borrow().clone()
    }

    /// How the programs on the nodes are set, read now.
    pub async fn read_told(&self) -> Told {
        programs::read(&self.client).await
    }

    /// Each state as it comes; a slow reader misses those in between.
    #[must_use]
    pub fn changes(&self) -> Receiver<Arc<ClusterState>> {
        self.state.clone()
    }

    /// The door for writes: for the run engine alone.
    #[must_use]
    pub fn requests(&self) -> Requests {
        Requests::new(self.client.clone(), self.state.clone())
    }

    /// The rights of these that the API server does not give, or of which it does not say.
    pub async fn refused(&self, rights: Vec<Right>) -> Vec<(Right, Refused)> {
        rights::refused(&self.client, rights).await
    }

    /// Which cluster this is, and its version.
    ///
    /// # Errors
    /// The API server cannot be reached, or refuses to say.
    pub async fn identity(&self) -> Result<Identity, RequestError> {
        identity::of(&self.client).await
    }
}
