//! Connections that are open when a Service is guarded: they stay, as plan and run say, and the commands that both print cut those of clients
//! that are denied and no others.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use end2end::agent::{Held, Outcome};
use end2end::operator::{Operator, guard, on_eth0};
use end2end::proof::{Record, Run};
use end2end::rig::{From, Question, Scene};
use end2end::world::World;
use policy::access::Protocol;
use policy::view::RunState;
use server::desk::Backend;

use super::{ALLOWED, PLAIN, SERVICE};

/// Who has a connection, by which node, to what, and whether it may stay.
const CONNECTIONS: [(&str, &str, &str, bool); 5] = [
    ("authorised", "node-a", "10.20.30.40:80", true),
    ("outsider", "node-a", "10.20.30.40:80", false),
    ("outsider", "node-b", "10.20.30.40:80", false),
    ("authorised-v6", "node-a", "[fd00:20::1e40]:80", true),
    ("outsider-v6", "node-a", "[fd00:20::1e40]:80", false),
];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig: root, and Go for its first build"]
async fn open_connections_stay_until_the_printed_commands_cut_them() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let world = World::read(PLAIN)?;
    let scene = Scene::up(Path::new(env!("CARGO_BIN_EXE_rig")), folder.path(), &world).await?;
    let operator = Operator::open(scene.kubeconfig(), &folder.path().join("data")).await?;
    let questions = CONNECTIONS
        .iter()
        .map(|(client, node, to, _)| Ok(Question { from: From::read(client, Some(node))?, protocol: Protocol::Tcp, to: to.parse()? }))
        .collect::<Result<Vec<_>>>()?;
    let mut open = Vec::new();
    for question in &questions {
        let (held, first) = scene.open_connection(question)?;
        ensure!(first.is_allowed(), "{question:?}: {first}");
        open.push(held);
    }

    let plan = operator.plan(guard(SERVICE, &ALLOWED, on_eth0()?)?).await?;
    let planned = operator.desk.reach_of_plan(&operator.caller, plan.digest.clone()).await?.open_connections;
    let run = operator.apply(plan.digest).await?;
    ensure!(run.state == RunState::Done, "{run:#?}");
    ensure!(run.open_connections == planned, "the run says other commands than the plan: {run:#?}");
    let told = planned.context("the plan says nothing of open connections")?;
    scene.settle().await?;

    let mut record = Record::new("hardened/live", "plain", &world, Run::Every);
    let may: Vec<bool> = CONNECTIONS.iter().map(|(.., may)| *may).collect();
    let every = vec![true; may.len()];
    let mut stays = differences("an open connection", &every, &again(&mut open)?);
    stays.extend(differences("a new connection", &may, &scene.ask(&questions)?));
    record.add("open connections stay when a Service is guarded, and new ones of who is not allowed are denied", 2 * may.len(), stays);

    for cut in &told.cuts {
        ensure!(cut.more_nodes == 0, "{} nodes are not named", cut.more_nodes);
        // 1: there was nothing to delete. What is no command for `conntrack` ends with 2.
        let script: String = cut.commands.iter().map(|command| format!("{command} || [ $? -eq 1 ] || exit 2\n")).collect();
        for node in &cut.nodes {
            scene.run_on(node, &["sh", "-c", &script])?;
        }
    }
    let mut cut = differences("an open connection", &may, &again(&mut open)?);
    cut.extend(differences("a new connection", &may, &scene.ask(&questions)?));
    record.add("the commands that plan and run print cut those who are denied and nobody else", 2 * may.len(), cut);
    record.finish()
}

fn again(open: &mut [Held]) -> Result<Vec<Outcome>> {
    open.iter_mut().map(Held::ask).collect()
}

fn differences(what: &str, expected: &[bool], outcomes: &[Outcome]) -> Vec<String> {
    let each = CONNECTIONS.iter().zip(std::iter::zip(expected, outcomes));
    each.filter(|(_, (expected, outcome))| outcome.is_allowed() != **expected)
        .map(|((client, node, to, _), (_, outcome))| format!("{what} of {client} by {node} to {to}: {outcome}"))
        .collect()
}
