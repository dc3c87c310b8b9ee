//! Worlds in which packets once became something else than what was said of them: what a judge found is asked again.

use std::path::Path;

use anyhow::{Context, Result, bail};
use end2end::generated::Draw;
use end2end::proof::{Foretold, Record, Run};
use end2end::rig::Scene;
use end2end::world::World;

/// What the record calls it.
const FACT: &str = "where a packet once became something else than what `portcullis ask` said of it, it becomes what is said now";

/// So many packets are sent in each.
const PACKETS: usize = 900;

/// Each by its name.
const WORLDS: [(&str, &str); 9] = [
    ("an endpoint in two slices", include_str!("../../worlds/judged/endpoint-in-two-slices.yaml")),
    ("endpoint that is a NodePort", include_str!("../../worlds/judged/endpoint-that-is-a-node-port.yaml")),
    ("what Felix is set to", include_str!("../../worlds/judged/felix-fields.yaml")),
    ("an interface that Felix leaves out", include_str!("../../worlds/judged/interface-exclude.yaml")),
    ("labels by profiles", include_str!("../../worlds/judged/labels-by-profiles.yaml")),
    ("the main interface", include_str!("../../worlds/judged/main-interface.yaml")),
    ("another port of VXLAN, and what kube-proxy does not list", include_str!("../../worlds/judged/port-of-vxlan.yaml")),
    ("a second interface without a name", include_str!("../../worlds/judged/second-interface-without-a-name.yaml")),
    ("untracked policy and answers", include_str!("../../worlds/judged/untracked-answers.yaml")),
];

/// Those that show it on Calico 3.30 alone.
const ON_3_30: [(&str, &str); 4] = [
    ("a NodePort at a second address", include_str!("../../worlds/judged/node-port-second-address.yaml")),
    ("ranges of a load balancer at an external IP", include_str!("../../worlds/judged/source-ranges-external-ip.yaml")),
    ("a staged policy before translation", include_str!("../../worlds/judged/staged-pre-dnat.yaml")),
    ("a staged policy on what is forwarded", include_str!("../../worlds/judged/staged-forward.yaml")),
];

pub(crate) async fn all() -> Result<()> {
    each(&WORLDS, Run::Every).await
}

pub(crate) async fn on_3_30() -> Result<()> {
    each(&ON_3_30, Run::Long).await
}

async fn each(worlds: &[(&str, &str)], run: Run) -> Result<()> {
    let mut failed = Vec::new();
    for (name, text) in worlds {
        if let Err(error) = one(name, text, run).await.with_context(|| (*name).to_owned()) {
            failed.push(format!("{error:#}"));
        }
    }
    if failed.is_empty() { Ok(()) } else { bail!("{}", failed.join("\n")) }
}

async fn one(name: &str, text: &str, run: Run) -> Result<()> {
    let world = World::read(text)?;
    let folder = tempfile::tempdir()?;
    let scene = Scene::up(Path::new(env!("CARGO_BIN_EXE_rig")), folder.path(), &world).await?;
    // Where its settings change Felix starts anew, and may do so while it is waited for.
    if scene.settle().await.is_err() {
        scene.settle().await?;
    }
    let foretold = Foretold::read(&scene).await?;
    let mut questions = world.questions();
    let mut draw = Draw::new(1);
    while questions.len() > PACKETS {
        questions.swap_remove(draw.below(questions.len()));
    }
    let outcomes = scene.ask(&questions)?;
    let mut comparison = foretold.compare(&world, &questions, &outcomes)?;
    if !comparison.mismatches.is_empty() {
        // One that does not show again was late, not wrong: packets of a connection that is known to a kernel fare as that does.
        let again = scene.ask(&questions)?;
        comparison.mismatches = foretold.compare(&world, &questions, &again)?.mismatches;
    }
    println!("{name}: {} packets were foretold, {:?} of them unknown", comparison.packets, comparison.unknown);
    let unknown: usize = comparison.unknown.values().sum();
    if unknown * 2 > comparison.packets {
        comparison.mismatches.push(format!("of {unknown} of {} packets it is not told what becomes of them", comparison.packets));
    }
    let mut record = Record::new("judged", name, &world, run);
    record.add(FACT, comparison.packets, comparison.mismatches);
    record.finish()
}
