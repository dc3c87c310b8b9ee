//! Closed by default, with real packets: behind a guarded Service the advertised ranges are closed, step by step and back, and everybody asks
//! for everything.

use std::net::IpAddr;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use end2end::agent::Outcome;
use end2end::operator::{Operator, guard, on_eth0};
use end2end::proof::{Record, Run};
use end2end::rig::{From, Question, Scene};
use end2end::world::World;
use policy::access::{Baseline, HostEndpoints, Protocol};
use policy::cidr::Cidr;
use policy::view::RunState;
use serde_json::Value;

use super::walk::Walk;
use super::{ALLOWED, EVERY_ADDRESS, SERVICE, WILDCARD};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig: root, and Go for its first build"]
async fn ranges_of_every_kind_are_closed() -> Result<()> {
    closes("closed", World::read(EVERY_ADDRESS)?, on_eth0()?).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig: root, and Go for its first build"]
async fn ranges_are_closed_at_every_interface_and_pods_keep_what_they_have() -> Result<()> {
    closes("closed-wildcard", World::read(WILDCARD)?, HostEndpoints::Existing).await
}

async fn closes(name: &str, world: World, host_endpoints: HostEndpoints) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let scene = Scene::up(Path::new(env!("CARGO_BIN_EXE_rig")), folder.path(), &world).await?;
    let operator = Operator::open(scene.kubeconfig(), &folder.path().join("data")).await?;
    let run = operator.make(guard(SERVICE, &ALLOWED, host_endpoints.clone())?).await?;
    ensure!(run.state == RunState::Done, "{run:#?}");
    scene.settle().await?;

    let walk = Walk::new(&scene, world.questions());
    let guarded = walk.compared("guarded").await?;
    let plan = operator.plan_baseline(Baseline { closed: Some(host_endpoints), ..Baseline::default() }).await?;
    ensure!(!plan.blocked(), "{:#?}", plan.findings);
    let forward = walk.along(&plan.steps).await?;
    let closed = forward.last().context("the plan has steps")?;
    let expected = expected(&world, &walk.questions, &guarded)?;
    let shut = std::iter::zip(&expected, &guarded).filter(|(expected, before)| !**expected && before.is_allowed()).count();
    ensure!(shut > 0, "the world has nothing to close");
    let mut record = Record::new("hardened", name, &world, Run::Every);
    let packets = walk.questions.len();
    record.add(
        "closed: outsiders reach what is guarded for them, and nothing else in the ranges",
        packets,
        walk.differences(&expected, closed, &guarded),
    );
    record.add("no step of closing cuts or lets in whom neither end does", packets * forward.len(), walk.between(&guarded, &forward));

    let back = operator.plan_baseline(Baseline::default()).await?;
    let backward = walk.along(&back.steps).await?;
    let opened = backward.last().context("the way back has steps")?;
    let as_before: Vec<bool> = guarded.iter().map(Outcome::is_allowed).collect();
    record.add("opened: everything is as it was", packets, walk.differences(&as_before, opened, &guarded));
    record.compare("on the way", std::mem::take(&mut *walk.said.lock().await));
    println!("{packets} questions, {shut} shut out, {} steps forward, {} back", plan.steps.len(), back.steps.len());
    record.finish()
}

/// Clients outside come in at an advertised address only where its Service is guarded, and then as before; everything else is as before.
fn expected(world: &World, questions: &[Question], guarded: &[Outcome]) -> Result<Vec<bool>> {
    let of_kind = |kind: &'static str| world.objects.iter().filter(move |object| object["kind"] == kind);
    let bgp = of_kind("BGPConfiguration").next().context("the world advertises something")?;
    let blocks =
        ["serviceClusterIPs", "serviceExternalIPs", "serviceLoadBalancerIPs"].into_iter().flat_map(|field| list(&bgp["spec"][field]));
    let ranges: Vec<Cidr> = blocks.filter_map(|block| block["cidr"].as_str()?.parse().ok()).collect();
    let web = of_kind("Service").find(|object| object["metadata"]["name"] == "web").context("the Service")?;
    let balancer = list(&web["status"]["loadBalancer"]["ingress"]).map(|entry| &entry["ip"]);
    let own: Vec<IpAddr> = list(&web["spec"]["clusterIPs"])
        .chain(list(&web["spec"]["externalIPs"]))
        .chain(balancer)
        .filter_map(|address| address.as_str()?.parse().ok())
        .collect();
    let ports: Vec<(Protocol, u64)> = list(&web["spec"]["ports"])
        .filter_map(|port| Some((if port["protocol"] == "UDP" { Protocol::Udp } else { Protocol::Tcp }, port["port"].as_u64()?)))
        .collect();
    let expect = |(question, outcome): (&Question, &Outcome)| {
        let outside = matches!(question.from, From::Client(_) | From::ClientBy(..));
        let to = question.to.ip();
        let is_web = own.contains(&to) && ports.contains(&(question.protocol, u64::from(question.to.port())));
        outcome.is_allowed() && (!outside || is_web || !ranges.iter().any(|range| range.contains(to)))
    };
    Ok(std::iter::zip(questions, guarded).map(expect).collect())
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
