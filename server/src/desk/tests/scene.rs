//! A desk over the sandbox.

use crate::cluster::tests::faulty::Faults;
use crate::cluster::{Client, Objects, Requests};
use crate::desk::{Desk, OpenError, Opening, Place};
use crate::history::DataFolder;
use crate::history::fixtures::{caller, ticking};
use crate::sandbox::Sandbox;
use policy::access::{Access, Adoption, Change, ClientRange, HostEndpoints, InCluster, Intent};
use policy::object::{ObjectKey, ServiceRef};
use policy::plan::PlanDigest;
use policy::view::{RunId, RunState, RunView, ServiceRow};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub(super) struct Scene {
    pub(super) desk: Arc<Desk>,
    pub(super) sandbox: Sandbox,
    pub(super) dir: tempfile::TempDir,
}

/// The Service of the page's example.
pub(super) fn svc_a() -> ServiceRef {
    "shop/svc-a".parse().unwrap()
}

pub(super) fn access(cidrs: &[&str]) -> Access {
    let client = |cidr: &&str| ClientRange { cidr: cidr.parse().unwrap(), ports: Vec::new(), note: String::new() };
    Access { clients: cidrs.iter().map(client).collect(), in_cluster: InCluster::Unchanged, ..Access::default() }
}

pub(super) fn guard(service: &ServiceRef, cidrs: &[&str]) -> Change {
    let interface = "eth0".to_owned().try_into().unwrap();
    Change {
        service: service.clone(),
        intent: Intent::Guard(access(cidrs)),
        host_endpoints: HostEndpoints::Named { interface },
        adoption: Adoption::default(),
    }
}

pub(super) fn open_up(service: &ServiceRef) -> Change {
    Change { service: service.clone(), intent: Intent::Open, host_endpoints: HostEndpoints::Existing, adoption: Adoption::default() }
}

pub(super) async fn open(sandbox: &Sandbox, folder: PathBuf) -> Result<Arc<Desk>, OpenError> {
    open_over(sandbox.client(), folder).await
}

pub(super) async fn open_over(client: Client, folder: PathBuf) -> Result<Arc<Desk>, OpenError> {
    let place = Place { name: "sandbox".into(), sandbox: true, server: "in this process".into() };
    Desk::open(Opening { client, place, folder: DataFolder::open(&folder)?, clock: ticking(), settle: Duration::ZERO }).await
}

impl Scene {
    pub(super) async fn new() -> Self {
        Self::with(&Faults::default()).await
    }

    /// A desk whose requests fail as a test wants it.
    pub(super) async fn with(faults: &Faults) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let sandbox = Sandbox::open(&dir.path().join("sandbox.db")).await.unwrap();
        let desk = open_over(faults.over(&sandbox.client()), dir.path().join("data")).await.unwrap();
        Self { desk, sandbox, dir }
    }

    /// Ends the desk and opens another on the same folder and cluster.
    pub(super) async fn restart(self) -> Self {
        let Self { desk, sandbox, dir } = self;
        desk.close().await;
        drop(desk);
        let desk = open(&sandbox, dir.path().join("data")).await.unwrap();
        Self { desk, sandbox, dir }
    }

    /// Plans and applies, and waits for the end.
    pub(super) async fn apply(&self, change: Change) -> RunView {
        let digest = self.desk.make_plan(&caller(), change.into()).await.unwrap();
        self.apply_plan(digest).await
    }

    pub(super) async fn apply_plan(&self, digest: PlanDigest) -> RunView {
        let run = self.desk.apply(&caller(), digest, "because".into()).await.unwrap();
        self.ended(run).await
    }

    pub(super) async fn ended(&self, run: RunId) -> RunView {
        for _ in 0..2000 {
            let view = self.desk.run(run).await.unwrap();
            if view.state != RunState::Running {
                return view;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("run {run} does not end");
    }

    pub(super) async fn row(&self, service: &ServiceRef) -> ServiceRow {
        self.desk.service(service.clone()).await.unwrap().row
    }

    /// Somebody else, at the API.
    pub(super) fn elsewhere(&self) -> Requests {
        Requests::new(self.sandbox.client(), self.desk.cluster.changes())
    }

    pub(super) async fn live(&self, key: &ObjectKey) -> Option<Value> {
        self.elsewhere().get(key).await.unwrap()
    }

    /// Waits until the caches show something.
    pub(super) async fn until(&self, what: &str, reached: impl AsyncFn(&Desk) -> bool) {
        for _ in 0..2000 {
            if reached(&self.desk).await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("never: {what}");
    }
}
