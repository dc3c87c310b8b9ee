//! What Portcullis' own recipe does, with real packets: for each world, a Service is guarded by the product, and everybody asks for
//! everything, before, between the steps, and after; and again on the way back.

mod alike;
mod alone;
mod by_hand;
mod canary;
mod closed;
mod live;
mod long;
mod order;
mod walk;

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use end2end::agent::Outcome;
use end2end::operator::{Operator, guard, on_eth0, open};
use end2end::proof::{Record, Run};
use end2end::rig::Scene;
use end2end::world::World;
use policy::access::{HostEndpoints, Intent};
use policy::view::RunState;
use walk::Walk;

const SERVICE: &str = "shop/web";
/// Who may come in.
const ALLOWED: [&str; 2] = ["50.60.0.0/16", "2001:db8:5060::/48"];

/// What a load balancer sends from, where the world has one.
const LOAD_BALANCERS: &str = "198.51.100.0/24";

const FAILSAFES: &str = include_str!("../../worlds/failsafes.yaml");
const PLAIN: &str = include_str!("../../worlds/plain.yaml");
const WEB_VXLAN: &str = include_str!("../../worlds/web-vxlan.yaml");
const AUTOMATIC: &str = include_str!("../../worlds/automatic.yaml");
const THEIRS: &str = include_str!("../../worlds/theirs.yaml");
const BEYOND_PODS: &str = include_str!("../../worlds/beyond-pods.yaml");
const EVERY_ADDRESS: &str = include_str!("../../worlds/every-address.yaml");
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

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig: root, and Go for its first build"]
async fn every_address_of_a_service() -> Result<()> {
    guards("every-address", World::read(EVERY_ADDRESS)?, on_eth0()?, Run::Every).await
}

/// The same where clients reach only pods of the node that they enter by, and keep their addresses.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig: root, and Go for its first build"]
async fn every_address_of_a_service_that_keeps_to_nodes() -> Result<()> {
    let local = EVERY_ADDRESS.replacen(
        "    loadBalancerIPs: [10.20.50.40]\n",
        "    loadBalancerIPs: [10.20.50.40]\n    externalTrafficPolicy: Local\n",
        1,
    );
    ensure!(local != EVERY_ADDRESS, "the world has no such line");
    guards("every-address-local", World::read(&local)?, on_eth0()?, Run::Every).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig: root, and Go for its first build"]
async fn a_pod_on_its_nodes_network() -> Result<()> {
    guards("beyond-pods", World::read(BEYOND_PODS)?, on_eth0()?, Run::Every).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig: root, and Go for its first build"]
async fn endpoints_that_somebody_wrote_by_hand() -> Result<()> {
    guards_the("shop/by-hand", "beyond-pods-by-hand", World::read(BEYOND_PODS)?, on_eth0()?, Run::Every).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig: root, and Go for its first build"]
async fn failsafe_ports() -> Result<()> {
    guards("failsafes", World::read(FAILSAFES)?, on_eth0()?, Run::Every).await
}

async fn guards(name: &str, world: World, host_endpoints: HostEndpoints, run: Run) -> Result<()> {
    guards_the(SERVICE, name, world, host_endpoints, run).await
}

/// Guards the Service of a world step by step, takes that back step by step, and has the run engine do both once more.
async fn guards_the(service: &str, name: &str, world: World, host_endpoints: HostEndpoints, run: Run) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let scene = Scene::up(Path::new(env!("CARGO_BIN_EXE_rig")), folder.path(), &world).await?;
    let operator = Operator::open(scene.kubeconfig(), &folder.path().join("data")).await?;
    let cidrs: Vec<&str> = ALLOWED.into_iter().filter(|cidr| world.layout.dual_stack() || !cidr.contains(':')).collect();
    let mut change = guard(service, &cidrs, host_endpoints)?;
    if let (Ok(_), Intent::Guard(access)) = (world.client("balancer"), &mut change.intent) {
        access.load_balancers.push(LOAD_BALANCERS.parse()?);
    }
    let walk = Walk::new(&scene, world.questions());

    let before = walk.compared("before").await?;
    ensure!(before.iter().any(Outcome::is_allowed) && before.iter().any(|outcome| !outcome.is_allowed()), "the world shows nothing");
    let plan = operator.plan(change.clone()).await?;
    ensure!(!plan.blocked(), "{:#?}", plan.findings);
    let Intent::Guard(access) = &change.intent else { bail!("the change guards nothing") };
    let expected = walk.expected(&world, service, access, &before)?;
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

    let back = operator.plan(open(service)?).await?;
    let backward = walk.along(&back.steps).await?;
    let opened = backward.last().context("the way back has steps")?;
    let as_before: Vec<bool> = before.iter().map(Outcome::is_allowed).collect();
    record.add("opened: everything is as it was", packets, walk.differences(&as_before, opened, &before));
    record.add("no step of opening cuts or lets in whom neither end does", packets * backward.len(), walk.between(guarded, &backward));

    // The run engine does the same, in one go.
    let (guarding, opening) = ("the run engine guards in one go", "the run engine opens in one go");
    for (what, change, expected) in [(guarding, change, &expected), (opening, open(service)?, &as_before)] {
        let run = operator.make(change).await?;
        ensure!(run.state == RunState::Done, "{run:#?}");
        scene.settle().await?;
        record.add(what, packets, walk.differences(expected, &walk.ask()?, &before));
    }
    record.compare("on the way", std::mem::take(&mut *walk.said.lock().await));
    println!("{packets} questions, {} steps forward, {} back", plan.steps.len(), back.steps.len());
    record.finish()
}
