//! Taking over what somebody made by hand after the page, with packets between the steps, and putting it back.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use end2end::agent::Outcome;
use end2end::operator::Operator;
use end2end::proof::{Record, Run};
use end2end::rig::{From, Question, Scene};
use end2end::world::World;
use policy::access::Protocol;
use policy::plan::Role;
use policy::view::{RevisionId, RunState};
use server::desk::Backend;

use super::SERVICE;
use super::walk::Walk;

const BY_HAND: &str = include_str!("../../worlds/by-hand.yaml");

/// The address of the Service.
const ADDRESS: &str = "10.20.30.40";
/// Its ports.
const PORTS: [(Protocol, u16); 2] = [(Protocol::Tcp, 80), (Protocol::Udp, 443)];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig: root, and Go for its first build"]
async fn what_somebody_made_by_hand_is_taken_over_and_put_back() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let world = World::read(BY_HAND)?;
    let scene = Scene::up(Path::new(env!("CARGO_BIN_EXE_rig")), folder.path(), &world).await?;
    let operator = Operator::open(scene.kubeconfig(), &folder.path().join("data")).await?;
    let walk = Walk::new(&scene, world.questions());
    let mut record = Record::new("hardened", "by-hand", &world, Run::Every);
    let packets = walk.questions.len();

    let before = walk.compared("before").await?;
    let found = operator.desk.service(&operator.caller, SERVICE.parse()?).await?.by_hand.context("it is recognised")?;
    println!("{} {}", found.finding.what, found.finding.why);
    let fails = |name: &str, node: &str, allowed: bool| {
        let asked = |(question, outcome): (&Question, &Outcome)| asks(question, name, node) && outcome.is_allowed() == allowed;
        std::iter::zip(&walk.questions, &before).any(asked)
    };
    ensure!(fails("authorised", "node-a", false) && fails("outsider", "node-b", true), "the page fails as it is known to: {before:#?}");

    let change = found.change;
    let plan = operator.plan(change.clone()).await?;
    ensure!(!plan.blocked(), "{:#?}", plan.findings);
    ensure!(plan.steps.iter().filter(|step| step.role == Role::HandMade).count() == 3, "{:#?}", plan.steps);
    let forward = walk.along(&plan.steps).await?;
    let guarded = forward.last().context("the plan has steps")?;
    record.add("taken over: who is named gets in on every way, nobody else outside does", packets, wrong(&walk.questions, guarded));
    record.add("no step of taking over cuts or lets in whom neither end does", packets * forward.len(), walk.between(&before, &forward));
    for step in plan.steps.iter().rev() {
        walk.unwrite(step).await?;
    }
    scene.settle().await?;

    // The run engine does the same, in one go; and a plan of its revision goes back.
    let run = operator.make(change).await?;
    ensure!(run.state == RunState::Done, "{run:#?}");
    scene.settle().await?;
    record.add("the run engine takes over in one go", packets, wrong(&walk.questions, &walk.ask()?));
    let digest = operator.desk.take_back(&operator.caller, RevisionId(1)).await?;
    let back = operator.desk.plan(&operator.caller, digest).await?.plan;
    ensure!(!back.blocked(), "{:#?}", back.findings);
    let backward = walk.along(&back.steps).await?;
    let as_before: Vec<bool> = before.iter().map(Outcome::is_allowed).collect();
    let restored = backward.last().context("the way back has steps")?;
    record.add("put back: everything is as it was", packets, walk.differences(&as_before, restored, &before));
    record.add("no step of putting back cuts or lets in whom neither end does", packets * backward.len(), walk.between(guarded, &backward));
    record.compare("on the way", std::mem::take(&mut *walk.said.lock().await));
    println!("{packets} questions, {} steps forward, {} back", plan.steps.len(), back.steps.len());
    record.finish()
}

/// Whether a client of this name asks for the Service by this node.
fn asks(question: &Question, name: &str, node: &str) -> bool {
    let by = |entry: &str| entry.split('/').next() == Some(node);
    matches!(&question.from, From::ClientBy(from, entry) if from == name && by(entry)) && question.to.ip().to_string() == ADDRESS
}

/// Where a client outside is not treated as it is named, on the ports that the Service has.
fn wrong(questions: &[Question], outcomes: &[Outcome]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (question, outcome) in std::iter::zip(questions, outcomes) {
        let From::ClientBy(name, _) = &question.from else { continue };
        let of_service = question.to.ip().to_string() == ADDRESS && PORTS.contains(&(question.protocol, question.to.port()));
        if of_service && outcome.is_allowed() != (name == "authorised") {
            wrong.push(format!("{question:?}: {outcome}"));
        }
    }
    wrong
}
