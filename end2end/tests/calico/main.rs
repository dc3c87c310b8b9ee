//! What Calico and kube-proxy do, as far as Portcullis relies on it: each behaviour is a fact that packets hold. `docs/calico-behaviour.md`
//! says where each is relied on and where it comes from.

mod connections;
mod failsafes;
mod hosts;
mod long;
mod masqueraded;
mod nodes;
mod objects;
mod odd;
mod page;
mod policies;
mod tiers;
mod traffic_policies;
mod tunnels;

use std::path::Path;

use anyhow::Result;
use end2end::proof::{Fact, Record, Run};
use end2end::rig::Scene;
use end2end::world::World;

/// The world of most facts: two nodes, the only pod of the Service on one of them, and clients that enter by either.
const PAGE: &str = include_str!("../../worlds/page.yaml");
/// The Service of that world, and its pod.
const VIP: &str = "10.20.30.40:80";
const POD: &str = "192.168.10.11:80";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig: root, and Go for its first build"]
async fn on_the_world_of_the_page() -> Result<()> {
    of_the_page(&World::read(PAGE)?, Run::Every).await
}

/// What is asked of the page's world: what the page itself does, and what Calico does beside it.
async fn of_the_page(world: &World, run: Run) -> Result<()> {
    on(world, async |scene| {
        let mut record = Record::new("calico", "page", scene.world(), run);
        let of_world = [masqueraded::facts(scene.world())?, nodes::to_pods(world.data_plane)?];
        let facts = [hosts::facts()?, policies::facts()?, failsafes::with_forward_policy()?].into_iter().chain(of_world);
        for fact in facts.flatten() {
            record.ask(scene, &fact).await?;
        }
        connections::ask(scene, &mut record).await?;
        // Both are asked, whatever the one says.
        let (held, page) = (record.finish(), page::page(scene, run).await);
        held.and(page)
    })
    .await
}

/// Brings a world up and asks all of `facts` of it.
async fn holds(name: &str, world: &World, run: Run, facts: Vec<Fact>) -> Result<()> {
    on(world, async |scene| {
        let mut record = Record::new("calico", name, scene.world(), run);
        for fact in &facts {
            record.ask(scene, fact).await?;
        }
        record.finish()
    })
    .await
}

/// Brings a world up for what is asked of it.
async fn on(world: &World, ask: impl AsyncFnOnce(&Scene) -> Result<()>) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let scene = Scene::up(Path::new(env!("CARGO_BIN_EXE_rig")), folder.path(), world).await?;
    ask(&scene).await
}
