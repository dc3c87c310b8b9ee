//! What the order of steps is worth. Calico acknowledges nothing: what two writes in a row mean together is known only once nodes decide by
//! them, and a node may learn of the later one first. So each pair of neighbours is written the other way round, and where somebody is cut
//! or let in whom neither end does, the run engine has to wait between the two.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use end2end::agent::Outcome;
use end2end::operator::{Operator, guard, on_eth0, open};
use end2end::rig::Scene;
use end2end::world::World;
use policy::plan::{Role, Step};

use super::walk::Walk;
use super::{ALLOWED, SERVICE, WEB_VXLAN};

/// Which neighbours may not be seen in the other order.
pub(crate) type Hurting = BTreeSet<(Role, Role)>;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig: root, and Go for its first build"]
async fn neighbours_that_hurt_in_the_other_order_are_those_that_a_run_waits_between() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let world = World::read(WEB_VXLAN)?;
    let scene = Scene::up(Path::new(env!("CARGO_BIN_EXE_rig")), folder.path(), &world).await?;
    let operator = Operator::open(scene.kubeconfig(), &folder.path().join("data")).await?;
    let walk = Walk::new(&scene, world.questions());

    let before = walk.ask()?;
    let plan = operator.plan(guard(SERVICE, &ALLOWED[..1], on_eth0()?)?).await?;
    let mut hurting = Hurting::new();
    let guarded = swapped(&walk, &plan.steps, &before, &mut hurting).await?;
    let back = operator.plan(open(SERVICE)?).await?;
    swapped(&walk, &back.steps, &guarded, &mut hurting).await?;
    println!("neighbours that hurt in the other order: {hurting:?}");
    for (first, second) in &hurting {
        ensure!(Role::waits(*first, *second), "{second:?} before {first:?} hurts, and a run does not wait between them");
    }
    // None needs to: that probes see what a wrong order does is shown by one that is made on purpose.
    let plan = operator.plan(guard(SERVICE, &ALLOWED[..1], on_eth0()?)?).await?;
    broken_on_purpose_is_caught(&walk, plan.steps, &before, &guarded).await
}

/// A plan whose pod policy comes before the last HostEndpoint that it lets through: what is asked between the steps has to show who is cut.
async fn broken_on_purpose_is_caught(walk: &Walk<'_>, mut steps: Vec<Step>, before: &[Outcome], guarded: &[Outcome]) -> Result<()> {
    let pods = steps.iter().position(|step| step.role == Role::PodPolicy).context("the plan has a pod policy")?;
    let at = steps.iter().rposition(|step| step.role == Role::HostEndpoint).context("the plan has HostEndpoints")? + 1;
    ensure!(at < pods, "it stands behind the HostEndpoints");
    let step = steps.remove(pods);
    steps.insert(at - 1, step);
    let broken = walk.along(&steps).await?;
    let wrong = walk.between(before, &broken);
    println!("the broken order is caught by {} packets, as {}", wrong.len(), wrong.first().map_or("none", String::as_str));
    ensure!(!wrong.is_empty(), "a pod policy before a HostEndpoint that it lets through cuts clients, and nothing that is asked shows it");
    let early = format!("after step {at}: ");
    ensure!(wrong.iter().all(|it| it.starts_with(&early)), "only the step that came too early is wrong: {wrong:#?}");
    ensure!(broken.last().is_some_and(|last| allowed(last) == allowed(guarded)), "the end does not depend on the order");
    Ok(())
}

/// Who gets in.
fn allowed(outcomes: &[Outcome]) -> Vec<bool> {
    outcomes.iter().map(Outcome::is_allowed).collect()
}

/// Writes all steps, each pair of neighbours that mean something to each other the other way round first. Gives what is answered in the end.
pub(crate) async fn swapped(walk: &Walk<'_>, steps: &[Step], before: &[Outcome], hurting: &mut Hurting) -> Result<Vec<Outcome>> {
    let mut found: Vec<((Role, Role), Vec<Outcome>)> = Vec::new();
    for pair in steps.windows(2) {
        let [first, second] = pair else { continue };
        if first.role != second.role || Role::waits(first.role, second.role) {
            walk.write(second).await?;
            walk.scene.settle().await?;
            found.push(((first.role, second.role), walk.ask()?));
            walk.unwrite(second).await?;
        }
        walk.write(first).await?;
    }
    if let Some(last) = steps.last() {
        walk.write(last).await?;
    }
    walk.scene.settle().await?;
    let after = walk.ask()?;
    for (roles, outcomes) in found {
        let wrong = walk.between(before, &[outcomes, after.clone()]);
        if !wrong.is_empty() {
            println!("{:?} before {:?}: {} packets, as {}", roles.1, roles.0, wrong.len(), wrong[0]);
            hurting.insert(roles);
        }
    }
    Ok(after)
}
