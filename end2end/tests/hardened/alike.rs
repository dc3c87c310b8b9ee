//! Two Services that are guarded alike share an edge policy: what is done to one of them is no packet's matter at the other.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use end2end::agent::Outcome;
use end2end::operator::{Operator, guard, on_eth0, open};
use end2end::proof::{Record, Run};
use end2end::rig::{From, Question, Scene};
use end2end::world::World;
use policy::access::{Change, Protocol};
use policy::plan::Role;

use super::order::{Hurting, swapped};
use super::walk::Walk;

const WEB: (&str, &str) = ("shop/web", "10.20.30.40:80");
const WIKI: (&str, &str) = ("docs/wiki", "10.20.30.41:80");
const OFFICE: &str = "50.60.0.0/16";
const PARTNER: &str = "70.80.0.0/16";
const EVERYONE: &[&str] = &["office", "partner", "outsider"];

/// A change, and who gets in by then: to `web`, and to `wiki`.
struct Turn {
    what: &'static str,
    change: Change,
    web: &'static [&'static str],
    wiki: &'static [&'static str],
    /// Whether the edge policy is written or deleted.
    edge_policy: bool,
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig: root, and Go for its first build"]
async fn services_that_are_guarded_alike_share_an_edge_policy() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let world = World::read(include_str!("../../worlds/alike.yaml"))?;
    let scene = Scene::up(Path::new(env!("CARGO_BIN_EXE_rig")), folder.path(), &world).await?;
    let operator = Operator::open(scene.kubeconfig(), &folder.path().join("data")).await?;
    let walk = Walk::new(&scene, questions()?);
    let mut before = walk.ask()?;
    ensure!(before.iter().all(Outcome::is_allowed), "{before:#?}");
    let mut record = Record::new("hardened", "alike", &world, Run::Every);
    let mut hurting = Hurting::new();
    for Turn { what, change, web, wiki, edge_policy } in turns()? {
        let plan = operator.plan(change).await?;
        ensure!(!plan.blocked(), "{:#?}", plan.findings);
        let writes = plan.steps.iter().any(|step| step.role == Role::EdgePolicy);
        ensure!(writes == edge_policy, "{what}: {:?}", plan.steps.iter().map(|step| (step.role, &step.key.name)).collect::<Vec<_>>());
        let along = walk.along(&plan.steps).await?;
        let after = along.last().context("the plan has steps")?.clone();
        let mut wrong = walk.between(&before, &along);
        let expected = |(question, outcome): (&Question, &Outcome)| {
            let From::ClientBy(client, _) = &question.from else { return None };
            let inside = if question.to.to_string() == WEB.1 { web } else { wiki };
            (outcome.is_allowed() != inside.contains(&client.as_str())).then(|| format!("{question:?}: {outcome}"))
        };
        wrong.extend(std::iter::zip(&walk.questions, &after).filter_map(expected));
        record.add(what, walk.questions.len() * along.len(), wrong);
        // Once more with neighbours the other way round.
        for step in plan.steps.iter().rev() {
            walk.unwrite(step).await?;
        }
        scene.settle().await?;
        swapped(&walk, &plan.steps, &before, &mut hurting).await?;
        before = after;
    }
    for (first, second) in &hurting {
        ensure!(Role::waits(*first, *second), "{second:?} before {first:?} hurts, and a run does not wait between them");
    }
    println!("neighbours that hurt in the other order: {hurting:?}");
    record.compare("on the way", std::mem::take(&mut *walk.said.lock().await));
    record.finish()
}

/// Every client by either node to either Service.
fn questions() -> Result<Vec<Question>> {
    let mut questions = Vec::new();
    for (client, node) in EVERYONE.iter().flat_map(|client| ["node-a", "node-b"].map(|node| (client, node))) {
        for (_, to) in [WEB, WIKI] {
            questions.push(Question { from: From::read(client, Some(node))?, protocol: Protocol::Tcp, to: to.parse()? });
        }
    }
    Ok(questions)
}

fn turns() -> Result<Vec<Turn>> {
    let turn = |what, change, web, wiki, edge_policy| Turn { what, change, web, wiki, edge_policy };
    let guarded = |service: (&str, &str), cidrs: &[&str]| anyhow::Ok(guard(service.0, cidrs, on_eth0()?)?);
    Ok(vec![
        turn("the first is guarded", guarded(WEB, &[OFFICE])?, &["office"], EVERYONE, true),
        turn("another is guarded alike, by a policy for all that are", guarded(WIKI, &[OFFICE])?, &["office"], &["office"], true),
        turn("the first lets one more in by its own", guarded(WEB, &[OFFICE, PARTNER])?, &["office", "partner"], &["office"], false),
        turn("the first is put back, and comes under the other's", guarded(WEB, &[OFFICE])?, &["office"], &["office"], true),
        turn("the first lets one more in, and leaves it", guarded(WEB, &[OFFICE, PARTNER])?, &["office", "partner"], &["office"], true),
        turn("the first is put back, and returns to it", guarded(WEB, &[OFFICE])?, &["office"], &["office"], true),
        turn("the first is opened", open(WEB.0)?, EVERYONE, &["office"], false),
        turn("the other is opened", open(WIKI.0)?, EVERYONE, EVERYONE, true),
    ])
}
