//! The sandbox: a part of the Kubernetes API with Calico's kinds, in this process, behind the same `kube::Client` as a real cluster.
//!
//! One table of objects in a SQLite file, one revision counter, a ring of events. It serves get, list, watch, create, replace and delete of
//! every kind that Portcullis reads, discovery, and the `Status` errors of the real API. Nothing runs in it: no scheduler, no kubelet, no
//! controllers but the one that makes automatic HostEndpoints. What it does is defined by the conformance suite in `end2end`, which runs
//! against it and against a real API server: status, `reason`, objects less what servers set, order of watch events; not messages.

mod auto_host_endpoints;
mod calico;
mod discovery;
mod file;
mod kubernetes;
mod metadata;
mod packed;
mod path;
mod read;
mod resource;
mod routes;
mod seed;
mod selector;
mod service;
mod state;
mod status;
mod store;
mod watch;
mod write;

#[cfg(test)]
mod tests;

pub use file::SandboxError;
pub use seed::{Seed, SeedError};
pub use state::Limits;

use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use store::Store;

/// An open sandbox. A clone is the same sandbox.
#[derive(Debug, Clone)]
pub struct Sandbox {
    store: Arc<Store>,
}

impl Sandbox {
    /// Opens the sandbox in the file at `path`; a file that does not exist is created with the objects of [`Sandbox::seed`].
    ///
    /// # Errors
    /// The file is held by another process, is not a sandbox, was written by a later version, or is damaged. It is left as it is.
    pub async fn open(path: &Path) -> Result<Self, SandboxError> {
        Self::open_with(path, Limits::default()).await
    }

    /// The same with another length of memory for watches.
    ///
    /// # Errors
    /// As [`Sandbox::open`].
    pub async fn open_with(path: &Path, limits: Limits) -> Result<Self, SandboxError> {
        Ok(Self { store: Store::open(path, limits, Seed::default()).await? })
    }

    /// The same; a file that does not exist is created with the objects of another seed.
    ///
    /// # Errors
    /// As [`Sandbox::open`].
    pub async fn open_seeded(path: &Path, seed: Seed) -> Result<Self, SandboxError> {
        Ok(Self { store: Store::open(path, Limits::default(), seed).await? })
    }

    /// The API over HTTP.
    pub fn router(&self) -> axum::Router {
        routes::router(self.store.clone())
    }

    /// A client of this sandbox, without a network between. It has to be made inside a Tokio runtime.
    #[must_use]
    pub fn client(&self) -> kube::Client {
        kube::Client::new(self.router(), "default")
    }

    /// The objects that a new sandbox has, in an order in which a real API server takes them. They hold no field that only a server sets,
    /// but `status`. A real cluster has some of them from the start (`kube-system`, `default/kubernetes`, Calico's `ClusterInformation`).
    ///
    /// # Errors
    /// The program was built from a broken seed.
    pub fn seed() -> Result<Vec<Value>, SeedError> {
        seed::objects(Seed::Page)?.map(|object| object.map(|(_, object)| object)).collect()
    }
}
