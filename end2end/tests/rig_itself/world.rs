//! The rig with a whole world on it: nodes, pods, Felix and kube-proxy.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use end2end::agent::Outcome;
use end2end::proof::objects;
use end2end::rig::{self, From, Programs, Question, Scene, Status};
use end2end::world::{Line, World};
use policy::access::Protocol;
use tokio::sync::Mutex;

use super::machine::{Machine, assert_gone, networks, options, wait};

const PAGE: &str = include_str!("../../worlds/page.yaml");

/// One world at a time: two of them on two cores take each other's time.
static ONE_WORLD: Mutex<()> = Mutex::const_new(());

#[test]
#[ignore = "needs the rig: root, and Go for its first build"]
fn nothing_of_a_world_is_left_also_when_its_holder_is_killed() -> Result<()> {
    let _alone = ONE_WORLD.blocking_lock();
    let folder = tempfile::tempdir()?;
    let options = options(folder.path());
    let machine = Machine::now()?;
    rig::up_with(&options, &World::read(PAGE)?, &mut std::io::stdout())?;
    let networks = networks(&rig::processes(&options.run)?);
    ensure!(networks.len() > 5, "a world has many networks, and this one has {:?}", networks.keys());
    let other = World::read(include_str!("../../worlds/vxlan.yaml"))?;
    let refused = rig::up_with(&options, &other, &mut std::io::stdout()).map_err(|error| error.to_string());
    ensure!(refused.as_ref().is_err_and(|text| text.contains("another world is up")), "{refused:?}");

    // The kernel ends all that the holder had started; `down` has files to remove, and nothing else.
    let holder = rig::processes(&options.run)?.into_iter().find(|id| is(*id, "cmdline", b"hold")).context("no holder runs")?;
    ensure!(Command::new("kill").args(["-KILL", &holder.to_string()]).status()?.success());
    wait("all processes of the rig end", || rig::processes(&options.run).is_ok_and(|left| left.is_empty()))?;
    assert_eq!(rig::status(&options.run)?, Status::Partial);
    rig::down(&options.run)?;
    assert_gone(&options)?;
    machine.has_nothing_new(&networks)
}

#[test]
#[ignore = "needs the rig: root, and Go for its first build"]
fn nothing_is_left_when_its_command_is_killed_on_the_way_up() -> Result<()> {
    let _alone = ONE_WORLD.blocking_lock();
    let folder = tempfile::tempdir()?;
    let options = options(folder.path());
    let world = Path::new(env!("CARGO_MANIFEST_DIR")).join("worlds/page.yaml");
    Programs::ensure(Line::default(), &mut std::io::stdout())?;
    let machine = Machine::now()?;
    let mut command = Command::new(&options.program);
    command.args(["up", "--until", &std::process::id().to_string(), "--world"]).arg(world).arg("--run").arg(&options.run);
    let mut command = command.stdout(Stdio::null()).spawn()?;
    wait("Felix is started", || options.run.join("logs/calico-felix.node-a.log").exists())?;
    command.kill()?;
    command.wait()?;
    assert_eq!(rig::status(&options.run)?, Status::Partial);
    let networks = networks(&rig::processes(&options.run)?);
    rig::down(&options.run)?;
    assert_gone(&options)?;
    machine.has_nothing_new(&networks)
}

/// A changed configuration: Felix ends with status 129 and is to be started again.
const CHANGED: &str = "
apiVersion: projectcalico.org/v3
kind: FelixConfiguration
metadata: {name: default}
spec: {failsafeInboundHostPorts: [{protocol: tcp, port: 22}]}
";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig: root, and Go for its first build"]
async fn felix_is_started_again_when_it_asks_for_it_and_missed_when_it_dies() -> Result<()> {
    let _alone = ONE_WORLD.lock().await;
    let folder = tempfile::tempdir()?;
    let options = options(folder.path());
    let scene = Scene::up(&options.program, folder.path(), &World::read(PAGE)?).await?;
    let question = Question { from: From::read("shop/caller-a", None)?, protocol: Protocol::Tcp, to: "10.20.30.40:80".parse()? };

    let before = felix(&options.run)?;
    for object in objects(CHANGED)? {
        scene.write(&object).await?;
    }
    wait("another Felix runs", || felix(&options.run).is_ok_and(|now| now != before))?;
    scene.settle().await?;
    ensure!(scene.ask(std::slice::from_ref(&question))?.iter().all(Outcome::is_allowed));

    let killed = Command::new("kill").args(["-KILL", &felix(&options.run)?.to_string()]).status()?;
    ensure!(killed.success());
    let failures = [scene.settle().await, scene.ask(&[question]).map(|_| ())];
    for failure in failures {
        let said = failure.err().map(|error| format!("{error:#}")).context("nobody misses a Felix that was killed")?;
        let named = said.contains("`calico-felix.node-a` ended with signal: 9 (SIGKILL). The end of its log:");
        ensure!(named, "the failure does not name it: {said}");
    }
    Ok(())
}

/// The process of Felix on node A.
fn felix(run: &Path) -> Result<u32> {
    let all = rig::processes(run)?;
    let found = all.into_iter().find(|id| is(*id, "cmdline", b"/calico-felix") && is(*id, "environ", b"FELIX_FELIXHOSTNAME=node-a"));
    found.context("no Felix runs on `node-a`")
}

/// Whether one of the words in a file of a process ends so.
fn is(process: u32, file: &str, word: &[u8]) -> bool {
    fs::read(format!("/proc/{process}/{file}")).is_ok_and(|bytes| bytes.split(|byte| *byte == 0).any(|part| part.ends_with(word)))
}
