//! A guard at the pods alone, with real packets: where the traffic policies keep the clients' addresses, from nothing to the pods alone, from there to
//! the nodes and the pods, back, and to nothing again; everybody asks for everything between the steps of each.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use end2end::agent::Outcome;
use end2end::operator::{Operator, guard, on_eth0, open};
use end2end::proof::{Record, Run};
use end2end::rig::Scene;
use end2end::world::World;
use policy::access::{Change, Enforced, Intent};
use policy::plan::Role;

use super::walk::Walk;
use super::{ALLOWED, EVERY_ADDRESS, LOAD_BALANCERS, SERVICE};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig: root, and Go for its first build"]
async fn the_pods_alone_guard_a_service_that_keeps_to_nodes() -> Result<()> {
    guards("pods-alone", World::read(&local(EVERY_ADDRESS)?)?, Run::Every).await
}

/// The world with a Service that keeps its clients to the node which they enter by, at every address.
pub(super) fn local(world: &str) -> Result<String> {
    let line = "    loadBalancerIPs: [10.20.50.40]\n";
    let local = world.replacen(line, &format!("{line}    externalTrafficPolicy: Local\n    internalTrafficPolicy: Local\n"), 1);
    ensure!(local != world, "the world has no such line");
    Ok(local)
}

pub(super) async fn guards(name: &str, world: World, run: Run) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let scene = Scene::up(Path::new(env!("CARGO_BIN_EXE_rig")), folder.path(), &world).await?;
    let operator = Operator::open(scene.kubeconfig(), &folder.path().join("data")).await?;
    let enforced = |enforced: Enforced| -> Result<Change> {
        let mut change = guard(SERVICE, &ALLOWED, on_eth0()?)?;
        if let Intent::Guard(access) = &mut change.intent {
            access.load_balancers.push(LOAD_BALANCERS.parse()?);
            access.enforced = enforced;
        }
        Ok(change)
    };
    let (alone, edge) = (enforced(Enforced::PodsAlone)?, enforced(Enforced::NodesAndPods)?);
    let walk = Walk::new(&scene, world.questions());
    let before = walk.compared("before").await?;
    ensure!(before.iter().any(Outcome::is_allowed) && before.iter().any(|outcome| !outcome.is_allowed()), "the world shows nothing");
    let as_before: Vec<bool> = before.iter().map(Outcome::is_allowed).collect();
    let mut record = Record::new("hardened", name, &world, run);
    let packets = walk.questions.len();
    let ways = [
        ("at the pods alone", &alone),
        ("from there at the nodes too", &edge),
        ("back at the pods alone", &alone),
        ("opened", &open(SERVICE)?),
    ];
    let mut now = before.clone();
    for (what, change) in ways {
        let plan = operator.plan(change.clone()).await?;
        ensure!(!plan.blocked(), "{what}: {:#?}", plan.findings);
        let at_nodes = |role: &Role| matches!(role, Role::HostEndpoint | Role::AddressSet | Role::EdgePolicy | Role::ForwardPolicy);
        let made = plan.steps.iter().filter(|step| step.write.after().is_some()).map(|step| step.role).filter(at_nodes).count();
        ensure!(change.at_pods_alone() || change.intent == Intent::Open || made > 0, "{what}: nothing is made at the nodes");
        ensure!(!change.at_pods_alone() || made == 0, "{what}: {made} objects are made at the nodes");
        let along = walk.along(&plan.steps).await?;
        let end = along.last().context("the plan has steps")?;
        let expected = match &change.intent {
            Intent::Guard(access) => walk.expected(&world, SERVICE, access, &before)?,
            Intent::Open => as_before.clone(),
        };
        record.add(
            &format!("{what}: everybody gets what is asked, and all else is as before"),
            packets,
            walk.differences(&expected, end, &before),
        );
        record.add(&format!("{what}: no step cuts or lets in whom neither end does"), packets * along.len(), walk.between(&now, &along));
        println!("{what}: {} steps, {packets} questions after each", plan.steps.len());
        now.clone_from(end);
    }
    record.compare("on the way", std::mem::take(&mut *walk.said.lock().await));
    record.finish()
}
