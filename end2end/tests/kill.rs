//! The process is killed in the middle of runs, for real: whatever it was doing, each object is as planned or as before, the next
//! process shows the run, and takes it back.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use end2end::victim::{caller, client, guard, open};
use policy::access::{Change, Intent};
use policy::plan::{Plan, PlanDigest};
use policy::view::{HistoryQuery, RunId, RunState, RunView};
use serde_json::Value;
use server::cluster::{Cluster, Objects, Requests};
use server::desk::{Backend, Desk};
use server::sandbox::Sandbox;

async fn ended(desk: &Desk, run: RunId) -> Result<RunView> {
    for _ in 0..3000 {
        let view = desk.run(&caller(), run).await?;
        if view.state != RunState::Running {
            return Ok(view);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    bail!("run {run} does not end within a minute")
}

/// Starts the victim, and kills it `delay` after its run began, or, without one, as soon as it has planned. Gives the plan it applied.
fn kill_after(delay: Option<Duration>, folder: &Path, kubeconfig: Option<&Path>) -> Result<PlanDigest> {
    let mut victim =
        Command::new(env!("CARGO_BIN_EXE_victim")).arg(folder).args(kubeconfig).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let mut lines = BufReader::new(victim.stdout.take().context("its output is read")?).lines();
    let planned = lines.find_map(|line| line.ok()?.strip_prefix("planned ").map(str::to_owned));
    if let Some(delay) = delay {
        lines.find_map(|line| (line.ok()? == "begun").then_some(())).context("the victim ended before its run began")?;
        std::thread::sleep(delay);
    }
    victim.kill()?;
    victim.wait()?;
    Ok(planned.context("the victim ended before it had planned")?.parse()?)
}

/// Whether every object is as before (`false`) or as planned (`true`); none where some are the one and some the other.
async fn all_or_nothing(requests: &Requests, plan: &Plan, case: &str) -> Result<Option<bool>> {
    let mut found = Vec::new();
    for step in &plan.steps {
        let live = requests.get(&step.key).await?;
        let is = |expected: Option<&Value>| match (&live, expected) {
            (None, None) => true,
            (Some(live), Some(expected)) => !policy::diff::differs(live, expected),
            _ => false,
        };
        let planned = is(step.write.after());
        ensure!(planned || is(step.write.before()), "{case}: {} is neither as planned nor as before", step.key);
        found.push(planned);
    }
    Ok(if found.iter().all(|planned| *planned) { Some(true) } else { found.iter().all(|planned| !planned).then_some(false) })
}

/// Kills, starts again, checks, and takes back, `rounds` times.
async fn rounds(rounds: u32, longest: Duration, folder: &Path, kubeconfig: Option<&Path>) -> Result<()> {
    let (mut interrupted, mut done, mut last) = (0, 0, None);
    for round in 0..rounds {
        let delay = round.checked_sub(1).map(|round| longest * round / rounds);
        let case = delay.map_or_else(|| "killed once it had planned".to_owned(), |delay| format!("killed {delay:?} after it began"));
        let digest = kill_after(delay, folder, kubeconfig)?;
        let client = client(folder, kubeconfig).await?;
        let requests = Cluster::watch(client.clone(), server::clock::system()).requests();
        let desk = open(folder, client).await?;
        let shown = desk.plan(&caller(), digest).await?;
        let found = all_or_nothing(&requests, &shown.plan, &case).await?;
        // The same plan may have been run by an earlier one.
        let Some(run) = shown.run.filter(|run| Some(*run) > last) else {
            assert_eq!(found, Some(false), "{case}: no run was begun, so nothing was written");
            desk.close().await;
            continue;
        };
        last = Some(run);
        let view = ended(&desk, run).await?;
        match view.state {
            RunState::Done => {
                done += 1;
                assert_eq!(found, Some(true), "{case}: {view:#?}");
            }
            RunState::PutBack => assert_eq!(found, Some(false), "{case}: {view:#?}"),
            RunState::Interrupted => {
                interrupted += 1;
                desk.revert(&caller(), run).await?;
                let reverted = ended(&desk, run).await?;
                assert_eq!(reverted.state, RunState::Reverted, "{case}: {reverted:#?}");
                assert_eq!(all_or_nothing(&requests, &shown.plan, &case).await?, Some(false), "{case}: {reverted:#?}");
            }
            other => bail!("{case}: {other:?}: {view:#?}"),
        }
        assert_eq!(view.revision.is_some(), view.state == RunState::Done, "{case}: what was done is in the history");
        if view.state == RunState::Done {
            let open = Change { intent: Intent::Open, ..guard()? };
            let digest = desk.make_plan(&caller(), open.into()).await?;
            let run = desk.apply(&caller(), digest, "back to the start".into()).await?;
            assert_eq!(ended(&desk, run).await?.state, RunState::Done);
        }
        desk.close().await;
    }
    let desk = open(folder, client(folder, kubeconfig).await?).await?;
    let kept = desk.history(&caller(), HistoryQuery::default()).await?.rows.len();
    assert_eq!(kept, done * 2, "each run that was done, and each that opened again, and no other");
    println!("of {rounds} runs {interrupted} were interrupted and {done} done");
    ensure!(interrupted > 0, "no run was cut: the delays are wrong for this machine");
    Ok(())
}

#[test]
fn killed_in_the_middle_of_runs_on_the_sandbox() -> Result<()> {
    let folder = tempfile::tempdir()?;
    tokio::runtime::Runtime::new()?.block_on(rounds(16, Duration::from_millis(120), folder.path(), None))
}

#[test]
#[ignore = "needs the rig: root, and Go for its first build"]
fn killed_in_the_middle_of_runs_on_a_real_api() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let options = end2end::rig::Options {
        program: env!("CARGO_BIN_EXE_rig").into(),
        run: folder.path().join("rig"),
        until: Some(std::process::id()),
    };
    let kubeconfig = end2end::rig::up(&options, &Sandbox::seed()?, &mut std::io::stdout())?;
    let done = tokio::runtime::Runtime::new()?.block_on(rounds(16, Duration::from_millis(400), folder.path(), Some(&kubeconfig)));
    end2end::rig::down(&options.run)?;
    done
}
