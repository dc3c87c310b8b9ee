//! The job on a real API server with Calico's own: what it accepts reads back without a spurious difference, and what a run wrote can be
//! taken back.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use end2end::rig::{self, Options};
use policy::access::{Access, Change, ClientRange, HostEndpoints, InCluster, Intent};
use policy::object::ServiceRef;
use policy::plan::{Plan, PlanDigest};
use policy::view::{Caller, CallerKind, Connection, RevisionId, RunState, RunView, ServiceState, StepState};
use server::cluster::{self, Objects};
use server::desk::{Backend, Desk, Opening, Place};
use server::history::DataFolder;
use server::sandbox::Sandbox;

/// A desk on a rig of this test alone, which ends with the test.
struct Scene {
    desk: Arc<Desk>,
    caller: Caller,
    service: ServiceRef,
}

impl Scene {
    async fn open(kubeconfig: &Path, data: &Path) -> Result<Self> {
        let cluster::Connected { client, name, server } = cluster::connect(kubeconfig, None).await?;
        let place = Place { name, sandbox: false, server };
        let desk = Desk::open(Opening { client, place, folder: DataFolder::open(data)?, clock: server::clock::system() }).await?;
        let caller = Caller { id: "test".into(), name: "test".into(), kind: CallerKind::CommandLine };
        Ok(Self { desk, caller, service: "shop/svc-a".parse()? })
    }

    fn guard(&self, cidrs: &[&str]) -> Result<Change> {
        let clients =
            cidrs.iter().map(|cidr| Ok(ClientRange { cidr: cidr.parse()?, ports: Vec::new(), note: "a note: ü, \"quoted\"".into() }));
        let access = Access { clients: clients.collect::<Result<_>>()?, in_cluster: InCluster::Unchanged };
        let host_endpoints = HostEndpoints::Named { interface: "eth0".to_owned().try_into()? };
        Ok(Change { service: self.service.clone(), intent: Intent::Guard(access), host_endpoints })
    }

    async fn plan(&self, change: Change) -> Result<Plan> {
        let digest = self.desk.make_plan(&self.caller, change).await?;
        Ok(self.desk.plan(&self.caller, digest).await?.plan)
    }

    async fn apply(&self, digest: PlanDigest) -> Result<RunView> {
        let run = self.desk.apply(&self.caller, digest, "because".into()).await?;
        for _ in 0..1200 {
            let view = self.desk.run(&self.caller, run).await?;
            if view.state != RunState::Running {
                return Ok(view);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!("run {run} does not end within a minute");
    }

    async fn state(&self) -> Result<ServiceState> {
        Ok(self.desk.service(&self.caller, self.service.clone()).await?.row.state)
    }
}

#[test]
#[ignore = "needs the rig: root, and Go for its first build"]
fn the_job_is_done_on_a_real_api() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let options =
        Options { program: PathBuf::from(env!("CARGO_BIN_EXE_rig")), run: folder.path().join("rig"), until: Some(std::process::id()) };
    let kubeconfig = rig::up(&options, &Sandbox::seed()?, &mut std::io::stdout())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = runtime.block_on(job(&kubeconfig, &folder.path().join("data")));
    rig::down(&options.run)?;
    done
}

async fn job(kubeconfig: &Path, data: &Path) -> Result<()> {
    let scene = Scene::open(kubeconfig, data).await?;
    let Scene { desk, caller, service } = &scene;
    let cluster = desk.cluster(caller).await?;
    assert_eq!(cluster.connection, Connection::Connected, "{cluster:#?}");
    // Built without the linker flags of a release it is no number: `v0.0.0-master+...`.
    ensure!(cluster.kubernetes.starts_with('v'), "{}", cluster.kubernetes);
    assert_eq!(scene.state().await?, ServiceState::Open);

    // Guard: the API server takes every object, and gives back what was meant.
    let wide = scene.guard(&["50.60.0.0/16", "198.51.100.0/24"])?;
    let plan = scene.plan(wide.clone()).await?;
    ensure!(!plan.blocked(), "{:#?}", plan.findings);
    let run = scene.apply(plan.digest.clone()).await?;
    assert_eq!(run.state, RunState::Done, "{run:#?}");
    let requests = cluster::Cluster::watch(cluster::connect(kubeconfig, None).await?.client, server::clock::system()).requests();
    for step in &plan.steps {
        let live = requests.get(&step.key).await?.with_context(|| format!("{} is not there", step.key))?;
        let planned = step.write.after().context("a plan that guards deletes nothing")?;
        assert!(
            !policy::diff::differs(&live, planned),
            "{}: {:#?}",
            step.key,
            policy::diff::object_diff(Some(planned), Some(&live)).fields
        );
    }
    assert_eq!(scene.state().await?, ServiceState::Guarded, "what was just applied is no drift");
    assert_eq!(scene.plan(wide.clone()).await?.steps, [], "the same access again changes nothing");

    // Narrow, and back.
    let narrowed = scene.apply(scene.plan(scene.guard(&["50.60.0.0/16"])?).await?.digest).await?;
    assert_eq!(narrowed.state, RunState::Done, "{narrowed:#?}");
    let back = desk.roll_back(caller, RevisionId(1)).await?;
    assert_eq!(scene.apply(back).await?.state, RunState::Done);
    assert_eq!(scene.plan(wide).await?.steps, [], "all is as the first revision left it");

    // A step that the API server refuses: what came before it is put back.
    let plan = scene.plan(scene.guard(&["10.1.0.0/16"])?).await?;
    let last = plan.steps.last().context("a plan has steps")?;
    let before = requests.get(&last.key).await?.context("it is there")?;
    let version = before["metadata"]["resourceVersion"].as_str().context("it has a version")?.to_owned();
    let mut touched = before.clone();
    touched["metadata"]["annotations"]["somebody/elses"] = "note".into();
    // Not in the plan's digest, but it moves the resourceVersion: the run must not overwrite it unseen.
    requests.replace(&last.key, &touched, &version).await?;
    let run = scene.apply(plan.digest).await?;
    let live = requests.get(&last.key).await?.context("it is there")?;
    match run.state {
        RunState::Done => assert_eq!(live["metadata"]["annotations"]["somebody/elses"], "note", "a foreign annotation is kept"),
        RunState::PutBack => assert!(run.steps.iter().any(|step| step.state == StepState::Failed)),
        other => bail!("{other:?}: {run:#?}"),
    }

    // Open: nothing of ours is left.
    let open = Change { service: service.clone(), intent: Intent::Open, host_endpoints: HostEndpoints::Existing };
    let opened = scene.apply(scene.plan(open).await?.digest).await?;
    assert_eq!(opened.state, RunState::Done, "{opened:#?}");
    for step in &opened.steps {
        if step.verb == "Delete" {
            assert_eq!(requests.get(&step.key).await?, None, "{} is gone", step.key);
        }
    }
    assert_eq!(scene.state().await?, ServiceState::Open);
    desk.close().await;
    Ok(())
}
