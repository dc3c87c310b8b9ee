//! What Portcullis' own recipe does, with real packets: for each world, a Service is guarded by the product, and everybody asks for
//! everything, before, between the steps, and after; and again on the way back.

mod alike;
mod live;
mod long;
mod order;
mod walk;

use std::path::Path;

use anyhow::{Context, Result, ensure};
use end2end::agent::Outcome;
use end2end::operator::{Operator, guard, on_eth0, open};
use end2end::proof::{Record, Run};
use end2end::rig::Scene;
use end2end::world::World;
use policy::access::HostEndpoints;
use policy::view::RunState;
use walk::Walk;

const SERVICE: &str = "shop/web";
/// Who may come in.
const ALLOWED: [&str; 2] = ["50.60.0.0/16", "2001:db8:5060::/48"];

const PLAIN: &str = include_str!("../../worlds/plain.yaml");
const WEB_VXLAN: &str = include_str!("../../worlds/web-vxlan.yaml");
const AUTOMATIC: &str = include_str!("../../worlds/automatic.yaml");
const THEIRS: &str = include_str!("../../worlds/theirs.yaml");
const WILDCARD: &str = include_str!("../../worlds/wildcard.yaml");

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig: root, and Go for its first build"]
async fn a_plain_cluster_of_both_families() -> Result<()> {
    guards("plain", World::read(PLAIN)?, on_eth0()?, Run::Every).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig: root, and Go for its first build"]
async fn vxlan_on_iptables_nft() -> Result<()> {
    guards("web-vxlan", World::read(WEB_VXLAN)?, on_eth0()?, Run::Every).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig: root, and Go for its first build"]
async fn automatic_host_endpoints_and_a_foreign_policy() -> Result<()> {
    guards("automatic", World::read(AUTOMATIC)?, HostEndpoints::Existing, Run::Every).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig: root, and Go for its first build"]
async fn host_endpoints_that_somebody_named() -> Result<()> {
    guards("theirs", World::read(THEIRS)?, HostEndpoints::Existing, Run::Every).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig: root, and Go for its first build"]
async fn host_endpoints_for_all_interfaces_that_somebody_wrote() -> Result<()> {
    guards("wildcard", World::read(WILDCARD)?, HostEndpoints::Existing, Run::Every).await
}

/// Guards the Service of a world step by step, takes that back step by step, and has the run engine do both once more.
async fn guards(name: &str, world: World, host_endpoints: HostEndpoints, run: Run) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let scene = Scene::up(Path::new(env!("CARGO_BIN_EXE_rig")), folder.path(), &world).await?;
    let operator = Operator::open(scene.kubeconfig(), &folder.path().join("data")).await?;
    let cidrs: Vec<&str> = ALLOWED.into_iter().filter(|cidr| world.layout.dual_stack() || !cidr.contains(':')).collect();
    let change = guard(SERVICE, &cidrs, host_endpoints)?;
    let walk = Walk::new(&scene, world.questions());

    let before = walk.compared("before").await?;
    ensure!(before.iter().any(Outcome::is_allowed) && before.iter().any(|outcome| !outcome.is_allowed()), "the world shows nothing");
    let plan = operator.plan(change.clone()).await?;
    ensure!(!plan.blocked(), "{:#?}", plan.findings);
    let expected = walk.expected(&world, &before)?;
    let forward = walk.along(&plan.steps).await?;
    let guarded = forward.last().context("the plan has steps")?;
    let mut record = Record::new("hardened", name, &world, run);
    let packets = walk.questions.len();
    record.add(
        "guarded: who is allowed gets in, nobody else does, all else is as before",
        packets,
        walk.differences(&expected, guarded, &before),
    );
    record.add("no step of guarding cuts or lets in whom neither end does", packets * forward.len(), walk.between(&before, &forward));

    let back = operator.plan(open(SERVICE)?).await?;
    let backward = walk.along(&back.steps).await?;
    let opened = backward.last().context("the way back has steps")?;
    let as_before: Vec<bool> = before.iter().map(Outcome::is_allowed).collect();
    record.add("opened: everything is as it was", packets, walk.differences(&as_before, opened, &before));
    record.add("no step of opening cuts or lets in whom neither end does", packets * backward.len(), walk.between(guarded, &backward));

    // The run engine does the same, in one go.
    let (guarding, opening) = ("the run engine guards in one go", "the run engine opens in one go");
    for (what, change, expected) in [(guarding, change, &expected), (opening, open(SERVICE)?, &as_before)] {
        let run = operator.apply(operator.plan(change).await?.digest).await?;
        ensure!(run.state == RunState::Done, "{run:#?}");
        scene.settle().await?;
        record.add(what, packets, walk.differences(expected, &walk.ask()?, &before));
    }
    record.compare("on the way", std::mem::take(&mut *walk.said.lock().await));
    println!("{packets} questions, {} steps forward, {} back", plan.steps.len(), back.steps.len());
    record.finish()
}
