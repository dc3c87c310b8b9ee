//! What the order of steps is worth. Calico acknowledges nothing: what two writes in a row mean together is known only once nodes decide by
//! them, and a node may learn of the later one first. So each pair of neighbours is written the other way round, and where somebody is cut
//! or let in whom neither end does, the run engine has to wait between the two.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Result, ensure};
use end2end::agent::Outcome;
use end2end::operator::{Operator, guard, on_eth0, open};
use end2end::rig::Scene;
use end2end::world::World;
use policy::plan::{Role, Step};

use super::walk::Walk;
use super::{ALLOWED, ONE_WORLD, SERVICE};

/// Which neighbours may not be seen in the other order.
pub(crate) type Hurting = BTreeSet<(Role, Role)>;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig: root, and Go for its first build"]
async fn neighbours_that_hurt_in_the_other_order_are_those_that_a_run_waits_between() -> Result<()> {
    let _alone = ONE_WORLD.lock().await;
    let folder = tempfile::tempdir()?;
    let world = World::read(include_str!("../../worlds/web-vxlan.yaml"))?;
    let scene = Scene::up(Path::new(env!("CARGO_BIN_EXE_rig")), folder.path(), &world).await?;
    let operator = Operator::open(scene.kubeconfig(), &folder.path().join("data")).await?;
    let walk = Walk { scene: &scene, questions: world.questions() };

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
    ensure!(!hurting.is_empty(), "no order of steps hurts: probes see nothing");
    Ok(())
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
