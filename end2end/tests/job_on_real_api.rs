//! The job on a real API server with Calico's own: what it accepts reads back without a spurious difference, and what a run wrote can be
//! taken back.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use end2end::operator::{Operator, guard, on_eth0, open};
use end2end::rig::{self, Options};
use policy::view::{RevisionId, RunState, ServiceState, StepState};
use server::cluster::{self, Objects};
use server::desk::Backend;
use server::sandbox::Sandbox;

const SERVICE: &str = "shop/svc-a";

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
    let operator = Operator::open(kubeconfig, data).await?;
    let Operator { desk, caller } = &operator;
    let cluster = desk.cluster(caller).await?;
    // Built without the linker flags of a release it is no number: `v0.0.0-master+...`.
    ensure!(cluster.kubernetes.starts_with('v'), "{}", cluster.kubernetes);
    assert_eq!(state(&operator).await?, ServiceState::Open);

    // Guard: the API server takes every object, and gives back what was meant.
    let wide = guard(SERVICE, &["50.60.0.0/16", "198.51.100.0/24"], on_eth0()?)?;
    let plan = operator.plan(wide.clone()).await?;
    ensure!(!plan.blocked(), "{:#?}", plan.findings);
    let run = operator.apply(plan.digest.clone()).await?;
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
    assert_eq!(state(&operator).await?, ServiceState::Guarded, "what was just applied is no drift");
    assert_eq!(operator.plan(wide.clone()).await?.steps, [], "the same access again changes nothing");

    // Narrow, and back.
    let narrowed = operator.apply(operator.plan(guard(SERVICE, &["50.60.0.0/16"], on_eth0()?)?).await?.digest).await?;
    assert_eq!(narrowed.state, RunState::Done, "{narrowed:#?}");
    let back = desk.roll_back(caller, RevisionId(1)).await?;
    assert_eq!(operator.apply(back).await?.state, RunState::Done);
    assert_eq!(operator.plan(wide).await?.steps, [], "all is as the first revision left it");

    // A step that the API server refuses: what came before it is put back.
    let plan = operator.plan(guard(SERVICE, &["10.1.0.0/16"], on_eth0()?)?).await?;
    let last = plan.steps.last().context("a plan has steps")?;
    let before = requests.get(&last.key).await?.context("it is there")?;
    let version = before["metadata"]["resourceVersion"].as_str().context("it has a version")?.to_owned();
    let mut touched = before.clone();
    touched["metadata"]["annotations"]["somebody/elses"] = "note".into();
    // Not in the plan's digest, but it moves the resourceVersion: the run must not overwrite it unseen.
    requests.replace(&last.key, &touched, &version).await?;
    let run = operator.apply(plan.digest).await?;
    let live = requests.get(&last.key).await?.context("it is there")?;
    match run.state {
        RunState::Done => assert_eq!(live["metadata"]["annotations"]["somebody/elses"], "note", "a foreign annotation is kept"),
        RunState::PutBack => assert!(run.steps.iter().any(|step| step.state == StepState::Failed)),
        other => bail!("{other:?}: {run:#?}"),
    }

    // Open: nothing of ours is left.
    let opened = operator.apply(operator.plan(open(SERVICE)?).await?.digest).await?;
    assert_eq!(opened.state, RunState::Done, "{opened:#?}");
    for step in &opened.steps {
        if step.verb == "Delete" {
            assert_eq!(requests.get(&step.key).await?, None, "{} is gone", step.key);
        }
    }
    assert_eq!(state(&operator).await?, ServiceState::Open);
    desk.close().await;
    Ok(())
}

async fn state(operator: &Operator) -> Result<ServiceState> {
    Ok(operator.desk.service(&operator.caller, SERVICE.parse()?).await?.row.state)
}
