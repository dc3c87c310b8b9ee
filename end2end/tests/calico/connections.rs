//! Connections that are open already when a policy comes.

use anyhow::{Result, ensure};
use end2end::agent::Outcome;
use end2end::proof::Record;
use end2end::rig::{From, Question, Scene};
use policy::access::Protocol;

use super::VIP;
use super::objects::{gate, host_endpoints};

/// A connection survives a deny, and forgetting it on the node where it came in cuts it.
pub(crate) async fn ask(scene: &Scene, record: &mut Record) -> Result<()> {
    let from = |name: &str| anyhow::Ok(Question { from: From::read(name, None)?, protocol: Protocol::Tcp, to: VIP.parse()? });
    let (same, other) = (from("outsider-same")?, from("outsider-other")?);
    let (mut by_a, first) = scene.open_connection(&same)?;
    ensure!(first.is_allowed(), "the first connection: {first}");
    let (mut by_b, first) = scene.open_connection(&other)?;
    ensure!(first.is_allowed(), "the first connection: {first}");

    let mut objects = host_endpoints("eth0");
    objects.push(gate("gate", None, "[{action: Deny, destination: {nets: [10.20.30.40/32]}}]")?);
    for object in &objects {
        scene.write(object).await?;
    }
    scene.settle().await?;
    let mut survives = Vec::new();
    expect(&mut survives, "a new connection", Outcome::is_allowed, false, scene.ask(&[same, other])?);
    expect(&mut survives, "an open connection", Outcome::is_allowed, true, [by_a.ask()?, by_b.ask()?]);
    record.add("an open connection survives a deny that shuts new ones out", 4, survives);

    for node in ["node-a", "node-b"] {
        scene.run_on(node, &["conntrack", "--delete", "--orig-dst", "10.20.30.40"])?;
    }
    let mut cut = Vec::new();
    expect(&mut cut, "an open connection", Outcome::is_allowed, false, [by_a.ask()?, by_b.ask()?]);
    record.add("`conntrack --delete` on the nodes where it came in cuts it", 2, cut);
    for object in objects.iter().rev() {
        scene.remove(object).await?;
    }
    Ok(())
}

fn expect(
    differences: &mut Vec<String>,
    what: &str,
    holds: impl Fn(&Outcome) -> bool,
    expected: bool,
    outcomes: impl IntoIterator<Item = Outcome>,
) {
    let others = outcomes.into_iter().filter(|outcome| holds(outcome) != expected);
    differences.extend(others.map(|outcome| format!("{what}: {outcome}")));
}
