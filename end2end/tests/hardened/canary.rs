//! One node first: with packets, while the run waits, and at every step.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use end2end::agent::Outcome;
use end2end::operator::{Operator, guard, on_eth0};
use end2end::proof::{Record, Run};
use end2end::rig::{From, Question, Scene};
use end2end::world::{NodeLayout, World};
use policy::access::{Asked, Canary, Intent};
use policy::view::RunState;
use server::desk::Backend;

use super::walk::Walk;
use super::{ALLOWED, EVERY_ADDRESS, LOAD_BALANCERS, SERVICE};

const FIRST: &str = "node-a";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig: root, and Go for its first build"]
async fn a_guard_is_tried_at_one_node_before_the_others() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let world = World::read(EVERY_ADDRESS)?;
    let scene = Scene::up(Path::new(env!("CARGO_BIN_EXE_rig")), folder.path(), &world).await?;
    let operator = Operator::open(scene.kubeconfig(), &folder.path().join("data")).await?;
    let walk = Walk::new(&scene, world.questions());
    let mut record = Record::new("hardened", "canary", &world, Run::Every);
    let packets = walk.questions.len();
    let mut change = guard(SERVICE, &ALLOWED, on_eth0()?)?;
    if let Intent::Guard(access) = &mut change.intent {
        access.load_balancers.push(LOAD_BALANCERS.parse()?);
    }
    let Intent::Guard(access) = change.intent.clone() else { bail!("it is no guard") };
    let asked = Asked::Canary(Canary { change, canary: FIRST.to_owned() });

    let before = walk.compared("before").await?;
    let expected = walk.expected(&world, SERVICE, &access, &before)?;
    let plan = operator.plan(asked.clone()).await?;
    ensure!(!plan.blocked(), "{:#?}", plan.findings);
    let forward = walk.along(&plan.steps).await?;
    let guarded = forward.last().context("the plan has steps")?;
    record.add("with one node first: who is allowed gets in, nobody else does", packets, walk.differences(&expected, guarded, &before));
    record.add("no step of it cuts or lets in whom neither end does", packets * forward.len(), walk.between(&before, &forward));
    for step in plan.steps.iter().rev() {
        walk.unwrite(step).await?;
    }
    scene.settle().await?;

    let run = operator.make(asked).await?;
    ensure!(run.state == RunState::Held, "{run:#?}");
    scene.settle().await?;
    let held = walk.compared("while it waits").await?;
    let as_before: Vec<bool> = before.iter().map(Outcome::is_allowed).collect();
    record.add(
        "while it waits that node shuts out, and no other does",
        packets,
        wrong(&world, &walk.questions, &held, &as_before, &expected),
    );
    operator.desk.go_on(&operator.caller, run.id).await?;
    let run = operator.ended(run.id).await?;
    ensure!(run.state == RunState::Done, "{run:#?}");
    scene.settle().await?;
    record.add("the run engine goes on to the end", packets, walk.differences(&expected, &walk.ask()?, &before));
    record.compare("on the way", std::mem::take(&mut *walk.said.lock().await));
    record.finish()
}

/// Clients that pass another node alone are as before; those by the first (or to its own address, by whichever node they come in) are as
/// before or as they will be: what only the pods decide waits with the rest.
fn wrong(world: &World, questions: &[Question], held: &[Outcome], before: &[bool], expected: &[bool]) -> Vec<String> {
    let own: Vec<_> = world.layout.nodes.iter().filter(|node| node.name == FIRST).flat_map(NodeLayout::addresses).collect();
    let mut wrong = Vec::new();
    let mut shut_out = 0_u32;
    for (at, question) in questions.iter().enumerate() {
        let enters = matches!(&question.from, From::ClientBy(_, entry) if entry.split('/').next() == Some(FIRST));
        let by_first = enters || own.contains(&question.to.ip());
        let is = held[at].is_allowed();
        let fits = if by_first { is == before[at] || is == expected[at] } else { is == before[at] };
        if !fits {
            wrong.push(format!("{question:?}: {}", held[at]));
        }
        shut_out += u32::from(by_first && before[at] && !is);
    }
    if shut_out == 0 {
        wrong.push("nobody is shut out at the first node".to_owned());
    }
    wrong
}
