//! The whole job with packets after each step, at the size and with the trouble that operators meet.

use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use end2end::operator::{Operator, guard, on_eth0, open};
use end2end::rig::{From, Question, Scene};
use end2end::world::World;
use policy::access::{Access, Adoption, Change, ClientRange, InCluster, Intent, NOTE_MAX, Protocol};
use policy::view::{Connection, RevisionId, RunState};
use server::desk::Backend;

const SERVICE: &str = "shop/web";
const VIP: &str = "10.20.30.40:80";

struct Job {
    scene: Scene,
    operator: Operator,
    _folder: tempfile::TempDir,
}

impl Job {
    async fn begin() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let world = World::read(include_str!("../worlds/plain.yaml"))?;
        let scene = Scene::up(Path::new(env!("CARGO_BIN_EXE_rig")), folder.path(), &world).await?;
        let operator = Operator::open(scene.kubeconfig(), &folder.path().join("data")).await?;
        Ok(Self { scene, operator, _folder: folder })
    }

    /// Plans and applies, and waits until nodes decide by it.
    async fn does(&self, change: Change) -> Result<()> {
        let plan = self.operator.plan(change).await?;
        ensure!(!plan.blocked(), "{:#?}", plan.findings);
        self.applied(self.operator.apply(plan.digest).await?.state).await
    }

    async fn applied(&self, state: RunState) -> Result<()> {
        ensure!(state == RunState::Done, "the run ended as {state:?}");
        self.scene.settle().await
    }

    /// Who of these gets in at the Service, by either node.
    fn gets_in(&self, clients: &[&str]) -> Result<Vec<bool>> {
        let mut questions = Vec::new();
        for (client, node) in clients.iter().flat_map(|client| ["node-a", "node-b"].map(|node| (*client, node))) {
            questions.push(Question { from: From::read(client, Some(node))?, protocol: Protocol::Tcp, to: VIP.parse()? });
        }
        Ok(self.scene.ask(&questions)?.iter().map(end2end::agent::Outcome::is_allowed).collect())
    }
}

/// One world for both: the second begins where the first ends, with nothing guarded.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig: root, and Go for its first build"]
async fn the_job_and_an_api_server_that_dies_under_it() -> Result<()> {
    let job = Job::begin().await?;
    guard_narrow_roll_back_and_open(&job).await.context("guard, narrow, roll back and open")?;
    an_api_server_that_dies_under_an_apply_and_returns(&job).await.context("an API server that dies under an apply and returns")
}

async fn guard_narrow_roll_back_and_open(job: &Job) -> Result<()> {
    let both = ["authorised", "outsider"];
    assert_eq!(job.gets_in(&both)?, [true, true, true, true], "nothing guards it");
    job.does(guard(SERVICE, &["50.60.0.0/16", "70.80.0.0/16"], on_eth0()?)?).await?;
    assert_eq!(job.gets_in(&both)?, [true, true, true, true], "both are allowed");
    job.does(guard(SERVICE, &["50.60.0.0/16"], on_eth0()?)?).await?;
    assert_eq!(job.gets_in(&both)?, [true, true, false, false], "narrowed");
    let back = job.operator.desk.roll_back(&job.operator.caller, RevisionId(1)).await?;
    job.applied(job.operator.apply(back).await?.state).await?;
    assert_eq!(job.gets_in(&both)?, [true, true, true, true], "rolled back to the first revision");

    // Ten thousand ranges, each with a note of the greatest length: an authorised client is in one, the outsider in none.
    let many = ten_thousand()?;
    job.does(many.clone()).await?;
    assert_eq!(job.gets_in(&both)?, [true, true, false, false], "ten thousand ranges");
    let again = job.operator.plan(many.clone()).await?;
    assert_eq!(again.steps, [], "what was written reads back as what was meant");
    let Intent::Guard(meant) = many.intent else { bail!("it guards") };
    let detail = job.operator.desk.service(&job.operator.caller, SERVICE.parse()?).await?;
    let in_force = detail.access.context("it is guarded")?;
    assert_eq!(in_force.normalised().clients, meant.normalised().clients, "every range with its note");

    job.does(open(SERVICE)?).await?;
    assert_eq!(job.gets_in(&both)?, [true, true, true, true], "guarded no more");
    Ok(())
}

fn ten_thousand() -> Result<Change> {
    let note = |at: u32| format!("{at:05} {}", "n".repeat(NOTE_MAX as usize - 6));
    let mut clients = vec![ClientRange { cidr: "50.60.1.10/32".parse()?, ports: Vec::new(), note: note(0) }];
    for at in 1..10_000 {
        // Every other address, so that none can be put together.
        let cidr = format!("{}/32", Ipv4Addr::from_bits(Ipv4Addr::new(60, 0, 0, 0).to_bits() + 2 * at)).parse()?;
        clients.push(ClientRange { cidr, ports: Vec::new(), note: note(at) });
    }
    let access = Access { clients, in_cluster: InCluster::Unchanged, ..Access::default() };
    Ok(Change { service: SERVICE.parse()?, intent: Intent::Guard(access), host_endpoints: on_eth0()?, adoption: Adoption::default() })
}

async fn an_api_server_that_dies_under_an_apply_and_returns(job: &Job) -> Result<()> {
    let Operator { desk, caller } = &job.operator;
    let both = ["authorised", "outsider"];
    let plan = job.operator.plan(guard(SERVICE, &["50.60.0.0/16"], on_eth0()?)?).await?;
    let run = desk.apply(caller, plan.digest, "because".into()).await?;
    // The first write is out, and the run lets the nodes decide.
    tokio::time::sleep(Duration::from_millis(300)).await;
    job.scene.kill("kube-apiserver")?;
    let view = loop {
        let view = desk.run(caller, run).await?;
        if view.state != RunState::Running {
            break view;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    connected(&job.operator).await?;
    job.scene.settle().await?;
    let guarded = match view.state {
        RunState::Done => true,
        RunState::PutBack => false,
        RunState::Interrupted => {
            let reverted = desk.revert(caller, run).await?;
            while desk.run(caller, reverted).await?.state == RunState::Running {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            assert_eq!(desk.run(caller, run).await?.state, RunState::Reverted);
            job.scene.settle().await?;
            false
        }
        other => bail!("{other:?}: {view:#?}"),
    };
    println!("the run ended as {:?}: {}", view.state, view.message);
    assert_eq!(job.gets_in(&both)?, [true, true, !guarded, !guarded], "all of the plan or nothing of it");
    // And the job goes on.
    if !guarded {
        job.does(guard(SERVICE, &["50.60.0.0/16"], on_eth0()?)?).await?;
    }
    assert_eq!(job.gets_in(&both)?, [true, true, false, false]);
    Ok(())
}

/// Waits until the product sees the cluster again.
async fn connected(operator: &Operator) -> Result<()> {
    for _ in 0..600 {
        if operator.desk.cluster(&operator.caller).await?.connection == Connection::Connected {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    bail!("30 s after the API server died it is not connected: {:#?}", operator.desk.cluster(&operator.caller).await?);
}
