//! Worlds that nobody wrote: on each one situation after the other, and every packet becomes what `portcullis ask` says of it, by the objects
//! read back from the API.
//!
//! They are drawn from a seed that is printed: `PORTCULLIS_SEED` repeats it, or asks another one. Without it an ordinary run always draws the
//! same worlds, so that a change that breaks one is told from bad luck, and a longer one draws others every time.

mod judged;
mod long;

use std::path::Path;
use std::time::{Instant, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use end2end::generated::{Draw, Situation, smallest, world};
use end2end::proof::{Comparison, Foretold, Record, Run};
use end2end::rig::{Question, Scene};
use end2end::world::{DataPlane, Encapsulation, Line};

/// What the record calls what every packet shows.
const FACT: &str = "whatever HostEndpoints, policies and Services are drawn from a seed, packets become what `portcullis ask` says of them";

/// The seed of ordinary runs: one of three nodes and one of two, both with addresses of both families.
const ALWAYS: u64 = 8;

/// How much is asked of a world.
#[derive(Clone, Copy)]
struct Size {
    /// How many situations there are on it.
    situations: usize,
    /// How many packets are sent in each.
    packets: usize,
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig: root, and Go for its first build"]
async fn packets_become_what_is_said_of_them() -> Result<()> {
    every(0, Encapsulation::None).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig: root, and Go for its first build"]
async fn packets_become_what_is_said_of_them_in_vxlan() -> Result<()> {
    every(1, Encapsulation::Vxlan).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig: root, and Go for its first build"]
async fn packets_become_what_is_said_of_them_where_it_once_was_not_so() -> Result<()> {
    judged::all().await
}

async fn every(more: u64, encapsulation: Encapsulation) -> Result<()> {
    let size = Size { situations: 7, packets: 250 };
    holds(seed(Run::Every)?.wrapping_add(more), (Line::V3_28, DataPlane::IptablesLegacy, encapsulation), size, Run::Every).await
}

fn seed(run: Run) -> Result<u64> {
    match std::env::var("PORTCULLIS_SEED") {
        Ok(text) => text.parse().with_context(|| format!("PORTCULLIS_SEED: `{text}` is no number")),
        Err(_) if run == Run::Every => Ok(ALWAYS),
        Err(_) => Ok(UNIX_EPOCH.elapsed().context("the clock stands before 1970")?.as_secs()),
    }
}

/// Brings up a world that is drawn from the seed, and asks it in one situation after the other, up to the first in which a packet becomes
/// something else than what is said of it.
async fn holds(seed: u64, (line, data_plane, encapsulation): (Line, DataPlane, Encapsulation), size: Size, run: Run) -> Result<()> {
    let mut draw = Draw::new(seed);
    let world = world(&mut draw, line, data_plane, encapsulation)?;
    let placed = format!("{line}, {}, {}", data_plane.name(), encapsulation.name());
    println!("PORTCULLIS_SEED={seed} repeats this: {} nodes, {placed}", world.layout.nodes.len());
    let folder = tempfile::tempdir()?;
    let scene = Scene::up(Path::new(env!("CARGO_BIN_EXE_rig")), folder.path(), &world).await?;
    let questions = world.questions();
    let name = if encapsulation == Encapsulation::Vxlan { "drawn, in VXLAN" } else { "drawn" };
    let mut record = Record::new("generated", name, &world, run);
    let (begin, mut all, mut reached) = (Instant::now(), Comparison::default(), 0);
    for at in 1..=size.situations {
        let situation = Situation::drawn(&mut draw, &world);
        let questions: Vec<Question> = (0..size.packets).map(|_| draw.one(&questions)).collect();
        let named = format!("seed {seed}, situation {at}");
        situation.write(&scene).await.with_context(|| named.clone())?;
        scene.settle().await.with_context(|| named.clone())?;
        let foretold = Foretold::read(&scene).await?;
        let outcomes = scene.ask(&questions)?;
        reached += outcomes.iter().filter(|outcome| outcome.is_allowed()).count();
        let mut comparison = foretold.compare(&world, &questions, &outcomes)?;
        if !comparison.mismatches.is_empty() {
            comparison.mismatches = vec![told(&scene, &foretold, &situation, std::iter::zip(&questions, &outcomes).collect()).await?];
            // One that does not show again was late, not wrong.
            comparison.mismatches.retain(|text| !text.is_empty());
        }
        let wrong = !comparison.mismatches.is_empty();
        all.add(&named, comparison);
        if wrong {
            break;
        }
        situation.remove(&scene).await.with_context(|| named.clone())?;
    }
    let packets = size.situations * size.packets;
    println!(
        "{packets} packets in {} situations, {reached} got through, {} were foretold, {:?} of them unknown, in {:.0} s",
        size.situations,
        all.packets,
        all.unknown,
        begin.elapsed().as_secs_f32()
    );
    let unknown: usize = all.unknown.values().sum();
    if all.mismatches.is_empty() && (unknown * 2 > all.packets || all.packets * 3 < packets || reached * 20 < packets) {
        bail!("seed {seed}: a world of which so little is told, or in which so little gets through, shows nothing");
    }
    record.add(FACT, packets, all.mismatches);
    record.finish()
}

/// The smallest world that still shows the first of the packets that became something else than what is said of them, if one does again.
async fn told(
    scene: &Scene,
    foretold: &Foretold,
    situation: &Situation,
    asked: Vec<(&Question, &end2end::agent::Outcome)>,
) -> Result<String> {
    for (question, outcome) in asked {
        let alone = foretold.compare(scene.world(), std::slice::from_ref(question), std::slice::from_ref(outcome))?;
        let Some(first) = alone.mismatches.into_iter().next() else { continue };
        println!("{first}\nlooking for the smallest world that shows it");
        match smallest(scene, situation, question).await {
            Ok(Some(small)) => return Ok(small),
            Ok(None) => println!("it does not show again"),
            Err(error) => return Ok(format!("{first}\nno smaller world was found: {error:#}\n{}", situation.text())),
        }
    }
    Ok(String::new())
}
