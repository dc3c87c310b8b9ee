//! What Portcullis' own recipe does, with real packets: for each world, a Service is guarded by the product, and everybody asks for
//! everything, before, between the steps, and after; and again on the way back.

use std::net::IpAddr;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use end2end::agent::Outcome;
use end2end::operator::{Operator, guard, on_eth0, open};
use end2end::rig::{From, Question, Scene};
use end2end::world::World;
use policy::access::HostEndpoints;
use policy::cidr::Cidr;
use policy::plan::{Plan, Role, Step};
use policy::view::RunState;
use serde_json::Value;

const SERVICE: &str = "shop/web";
/// Who may come in.
const ALLOWED: [&str; 2] = ["50.60.0.0/16", "2001:db8:5060::/48"];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig: root, and Go for its first build"]
async fn a_plain_cluster_of_both_families() -> Result<()> {
    guards(include_str!("../worlds/plain.yaml"), on_eth0()?).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig: root, and Go for its first build"]
async fn vxlan_on_iptables_nft() -> Result<()> {
    guards(include_str!("../worlds/web-vxlan.yaml"), on_eth0()?).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig: root, and Go for its first build"]
async fn automatic_host_endpoints_and_a_foreign_policy() -> Result<()> {
    guards(include_str!("../worlds/automatic.yaml"), HostEndpoints::Existing).await
}

/// Guards the Service of a world step by step, takes that back step by step, and has the run engine do both once more.
async fn guards(text: &str, host_endpoints: HostEndpoints) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let world = World::read(text)?;
    let scene = Scene::up(Path::new(env!("CARGO_BIN_EXE_rig")), folder.path(), &world).await?;
    let operator = Operator::open(scene.kubeconfig(), &folder.path().join("data")).await?;
    let cidrs: Vec<&str> = ALLOWED.into_iter().filter(|cidr| world.layout.dual_stack() || !cidr.contains(':')).collect();
    let change = guard(SERVICE, &cidrs, host_endpoints)?;
    let walk = Walk { scene: &scene, questions: world.questions() };

    let before = walk.ask()?;
    ensure!(before.iter().any(Outcome::is_allowed) && before.iter().any(|outcome| !outcome.is_allowed()), "the world shows nothing");
    let plan = operator.plan(change.clone()).await?;
    ensure!(!plan.blocked(), "{:#?}", plan.findings);
    let expected = walk.expected(&world, &before)?;
    let forward = walk.along(&plan.steps).await?;
    let guarded = forward.last().context("the plan has steps")?;
    let mut wrong = walk.differences("guarded", &expected, guarded, &before);
    wrong.extend(walk.between("guarding", &before, &forward));

    let back = operator.plan(open(SERVICE)?).await?;
    let backward = walk.along(&back.steps).await?;
    let opened = backward.last().context("the way back has steps")?;
    let as_before: Vec<bool> = before.iter().map(Outcome::is_allowed).collect();
    wrong.extend(walk.differences("opened", &as_before, opened, &before));
    wrong.extend(walk.between("opening", guarded, &backward));

    // The run engine does the same, in one go.
    for (what, change, expected) in [("run", change, &expected), ("run back", open(SERVICE)?, &as_before)] {
        let run = operator.apply(operator.plan(change).await?.digest).await?;
        ensure!(run.state == RunState::Done, "{run:#?}");
        scene.settle().await?;
        wrong.extend(walk.differences(what, expected, &walk.ask()?, &before));
    }
    println!("{} questions, {} steps forward, {} back", walk.questions.len(), plan.steps.len(), back.steps.len());
    ensure!(wrong.is_empty(), "{} packets say otherwise:\n{}", wrong.len(), wrong.join("\n"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig: root, and Go for its first build"]
async fn a_wrong_order_of_steps_is_caught() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let world = World::read(include_str!("../worlds/web-vxlan.yaml"))?;
    let scene = Scene::up(Path::new(env!("CARGO_BIN_EXE_rig")), folder.path(), &world).await?;
    let operator = Operator::open(scene.kubeconfig(), &folder.path().join("data")).await?;
    let walk = Walk { scene: &scene, questions: world.questions() };
    let before = walk.ask()?;
    let mut plan: Plan = operator.plan(guard(SERVICE, &ALLOWED[..1], on_eth0()?)?).await?;
    let hurts = |role: Role| matches!(role, Role::PodPolicy);
    plan.steps.sort_by_key(|step| !hurts(step.role));
    let wrong = walk.between("wrong order", &before, &walk.along(&plan.steps).await?);
    ensure!(wrong.iter().any(|line| line.contains("ClientBy(\"authorised\"")), "pod policy first cuts authorised clients: {wrong:#?}");
    Ok(())
}

/// Steps written one by one, with everything asked after each.
struct Walk<'a> {
    scene: &'a Scene,
    questions: Vec<Question>,
}

impl Walk<'_> {
    fn ask(&self) -> Result<Vec<Outcome>> {
        self.scene.ask(&self.questions)
    }

    /// What was answered after each step.
    async fn along(&self, steps: &[Step]) -> Result<Vec<Vec<Outcome>>> {
        let mut outcomes = Vec::new();
        for step in steps {
            match (step.write.after(), step.write.before()) {
                (Some(object), _) => self.scene.write(object).await.with_context(|| step.key.to_string())?,
                (None, Some(object)) => self.scene.remove(object).await.with_context(|| step.key.to_string())?,
                (None, None) => bail!("{} changes nothing", step.key),
            }
            self.scene.settle().await?;
            outcomes.push(self.ask()?);
        }
        Ok(outcomes)
    }

    /// What a guarded Service means for every question: clients outside come in only where they are allowed, to the Service and to the
    /// ports of its pods that it means; everything else is as before. Who may come by the addresses of its pods is for policies of others to say,
    /// where they select the pods.
    fn expected(&self, world: &World, before: &[Outcome]) -> Result<Vec<bool>> {
        let governed = world.objects.iter().any(|object| object["kind"] == "NetworkPolicy");
        let allowed = ALLOWED.iter().map(|cidr| cidr.parse()).collect::<Result<Vec<Cidr>, _>>()?;
        let service = world.objects.iter().find(|object| object["kind"] == "Service" && named(object) == SERVICE).context("the Service")?;
        let own: Vec<IpAddr> = list(&service["spec"]["clusterIPs"]).filter_map(|ip| ip.as_str()?.parse().ok()).collect();
        let slices = world.objects.iter().filter(|object| {
            let of = object["metadata"]["labels"]["kubernetes.io/service-name"].as_str().unwrap_or_default();
            object["kind"] == "EndpointSlice" && format!("{}/{of}", object["metadata"]["namespace"].as_str().unwrap_or_default()) == SERVICE
        });
        let mut backends: Vec<(IpAddr, u64)> = Vec::new();
        for slice in slices {
            for address in
                list(&slice["endpoints"]).flat_map(|endpoint| list(&endpoint["addresses"])).filter_map(|ip| ip.as_str()?.parse().ok())
            {
                backends.extend(list(&slice["ports"]).filter_map(|port| Some((address, port["port"].as_u64()?))));
            }
        }
        let expect = |(question, outcome): (&Question, &Outcome)| {
            let (From::Client(name) | From::ClientBy(name, _)) = &question.from else { return Ok(outcome.is_allowed()) };
            let client = world.client(name)?.address;
            let authorised = allowed.iter().any(|cidr| cidr.contains(client));
            let to = question.to.ip();
            let guarded = own.contains(&to) || !governed && backends.iter().any(|(address, _)| *address == to);
            let meant = own.contains(&to) || backends.contains(&(to, u64::from(question.to.port())));
            Ok(outcome.is_allowed() && (!guarded || authorised && meant))
        };
        std::iter::zip(&self.questions, before).map(expect).collect()
    }

    /// Where the last answers are not as expected; what was allowed before and is now has to show the same source, too.
    fn differences(&self, what: &str, expected: &[bool], outcomes: &[Outcome], before: &[Outcome]) -> Vec<String> {
        let mut wrong = Vec::new();
        for (at, question) in self.questions.iter().enumerate() {
            let outcome = &outcomes[at];
            if outcome.is_allowed() != expected[at] {
                wrong.push(format!("{what}: {question:?}: {} was expected; {outcome}", if expected[at] { "allowed" } else { "denied" }));
            }
            if let (Outcome::Allowed { by, seen }, Outcome::Allowed { by: same, seen: then }) = (outcome, &before[at])
                && (by == same)
                && (seen != then)
            {
                wrong.push(format!("{what}: {question:?}: {by} sees {seen}, and saw {then}"));
            }
        }
        wrong
    }

    /// Where an answer between two ends is one that neither end gives.
    fn between(&self, what: &str, before: &[Outcome], along: &[Vec<Outcome>]) -> Vec<String> {
        let Some(after) = along.last() else { return Vec::new() };
        let mut wrong = Vec::new();
        for (step, outcomes) in along.iter().enumerate() {
            for (at, question) in self.questions.iter().enumerate() {
                let (begin, end, now) = (before[at].is_allowed(), after[at].is_allowed(), outcomes[at].is_allowed());
                if begin == end && now != begin {
                    wrong.push(format!("{what}, after step {}: {question:?}: {}, unlike both ends", step + 1, outcomes[at]));
                }
            }
        }
        wrong
    }
}

fn named(object: &Value) -> String {
    let text = |field: &str| object["metadata"][field].as_str().unwrap_or_default();
    format!("{}/{}", text("namespace"), text("name"))
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
