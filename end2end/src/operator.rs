//! The operator: does the job through the product itself, as the pages do.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use policy::access::{Access, Adoption, Asked, Baseline, Change, ClientRange, HostEndpoints, InCluster, Intent};
use policy::object::ServiceRef;
use policy::plan::{Plan, PlanDigest, SETTLE};
use policy::view::{Caller, CallerKind, Connection, RunId, RunState, RunView};
use server::cluster;
use server::desk::{Backend, Desk, Opening, Place, Problem};
use server::history::DataFolder;

use crate::rig::MARKER;

/// How long the product may take to connect, or a run to end.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(50);

/// Somebody who works with the product on one cluster.
pub struct Operator {
    /// The product.
    pub desk: Arc<Desk>,
    /// Who it believes to be asked by.
    pub caller: Caller,
}

impl Operator {
    /// Opens the product on the cluster of a kubeconfig, with its data in `data`, and waits until it is connected.
    ///
    /// # Errors
    /// When it does not open or connect.
    pub async fn open(kubeconfig: &Path, data: &Path) -> Result<Self> {
        let cluster::Connected { client, name, server } = cluster::connect(kubeconfig, None).await?;
        let place = Place { name, sandbox: false, server };
        let folder = DataFolder::open(data)?;
        let desk = Desk::open(Opening { client, place, folder, clock: server::clock::system(), settle: SETTLE }).await?;
        let caller = Caller { id: "test".into(), name: "test".into(), kind: CallerKind::CommandLine, way: None };
        let operator = Self { desk, caller };
        for _ in 0..PATIENCE.as_millis() / PAUSE.as_millis() {
            if operator.desk.cluster(&operator.caller).await?.connection == Connection::Connected {
                return Ok(operator);
            }
            tokio::time::sleep(PAUSE).await;
        }
        bail!("the product does not connect within {} s: {:#?}", PATIENCE.as_secs(), operator.desk.cluster(&operator.caller).await?);
    }

    /// The plan of a change.
    ///
    /// # Errors
    /// When there is none.
    pub async fn plan(&self, change: impl Into<Asked>) -> Result<Plan> {
        let (asked, begin) = (change.into(), Instant::now());
        loop {
            let digest = self.desk.make_plan(&self.caller, asked.clone()).await?;
            let plan = self.desk.plan(&self.caller, digest).await?.plan;
            // What the rig writes to see how far nodes are is gone from the cluster before it may be gone from the product's sight.
            let marked = plan.findings.iter().flat_map(|finding| &finding.objects).any(|key| key.name == MARKER);
            if !marked || begin.elapsed() > PATIENCE {
                return Ok(plan);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// The plan of what the whole cluster shares.
    ///
    /// # Errors
    /// When there is none.
    pub async fn plan_baseline(&self, baseline: Baseline) -> Result<Plan> {
        let digest = self.desk.make_plan(&self.caller, baseline.into()).await?;
        Ok(self.desk.plan(&self.caller, digest).await?.plan)
    }

    /// Plans and applies, and waits until the run ends, or waits itself. Where what was written past the product is still on its way to it,
    /// it is planned anew.
    ///
    /// # Errors
    /// When there is no plan, it is blocked, or the run does not begin or end.
    pub async fn make(&self, asked: impl Into<Asked>) -> Result<RunView> {
        let (asked, begin) = (asked.into(), Instant::now());
        loop {
            let plan = self.plan(asked.clone()).await?;
            ensure!(!plan.blocked(), "{:#?}", plan.findings);
            match self.apply(plan.digest).await {
                Err(error) if matches!(error.downcast_ref(), Some(Problem::Stale(_))) && begin.elapsed() < PATIENCE => {
                    tokio::time::sleep(PAUSE).await;
                }
                made => return made,
            }
        }
    }

    /// Applies a plan and waits until its run ends, or waits itself.
    ///
    /// # Errors
    /// When the run does not begin or end.
    pub async fn apply(&self, digest: PlanDigest) -> Result<RunView> {
        let run = self.desk.apply(&self.caller, digest, "because".into()).await?;
        self.ended(run).await
    }

    /// Waits until a run ends, or waits itself.
    ///
    /// # Errors
    /// When it does neither.
    pub async fn ended(&self, run: RunId) -> Result<RunView> {
        for _ in 0..PATIENCE.as_millis() / PAUSE.as_millis() {
            let view = self.desk.run(&self.caller, run).await?;
            if view.state != RunState::Running {
                return Ok(view);
            }
            tokio::time::sleep(PAUSE).await;
        }
        bail!("run {run} does not end within {} s", PATIENCE.as_secs());
    }
}

/// The change that lets these ranges reach a Service, in-cluster clients as before.
///
/// # Errors
/// When a name or a range is none.
pub fn guard(service: &str, cidrs: &[&str], host_endpoints: HostEndpoints) -> Result<Change> {
    let clients = cidrs.iter().map(|cidr| {
        let cidr = cidr.parse().with_context(|| format!("`{cidr}` is no range"))?;
        Ok(ClientRange { cidr, ports: Vec::new(), note: "a note: ü, \"quoted\"".into() })
    });
    let access = Access { clients: clients.collect::<Result<_>>()?, in_cluster: InCluster::Unchanged, ..Access::default() };
    Ok(Change { service: service_of(service)?, intent: Intent::Guard(access), host_endpoints, adoption: Adoption::default() })
}

/// The change that takes away what guards a Service.
///
/// # Errors
/// When the name is none.
pub fn open(service: &str) -> Result<Change> {
    Ok(Change {
        service: service_of(service)?,
        intent: Intent::Open,
        host_endpoints: HostEndpoints::Existing,
        adoption: Adoption::default(),
    })
}

fn service_of(name: &str) -> Result<ServiceRef> {
    name.parse().with_context(|| format!("`{name}` names no Service"))
}

/// HostEndpoints of their own on `eth0`, created where absent.
///
/// # Errors
/// Never: the name is one.
pub fn on_eth0() -> Result<HostEndpoints> {
    Ok(HostEndpoints::Named { interface: "eth0".to_owned().try_into()? })
}
