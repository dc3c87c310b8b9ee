//! Walking along steps, with everything asked after each.

use std::net::{IpAddr, SocketAddr};

use anyhow::{Context, Result, bail};
use end2end::agent::Outcome;
use end2end::proof::{Comparison, Foretold};
use end2end::rig::{From, Question, Scene};
use end2end::world::{NodeLayout, World};
use policy::access::{Access, Protocol};
use policy::cidr::Cidr;
use policy::plan::Step;
use serde_json::Value;
use tokio::sync::Mutex;

use crate::{ALLOWED, LOAD_BALANCERS};

/// Steps written one by one, with everything asked after each.
pub(crate) struct Walk<'a> {
    pub(crate) scene: &'a Scene,
    pub(crate) questions: Vec<Question>,
    /// How packets compare with what the product said of them.
    pub(crate) said: Mutex<Comparison>,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(scene: &'a Scene, questions: Vec<Question>) -> Self {
        Self { scene, questions, said: Mutex::default() }
    }

    /// What is answered, compared with what the product says; `name` says when.
    pub(crate) async fn compared(&self, name: &str) -> Result<Vec<Outcome>> {
        let foretold = Foretold::read(self.scene).await?;
        let outcomes = self.ask()?;
        let comparison = foretold.compare(self.scene.world(), &self.questions, &outcomes)?;
        self.said.lock().await.add(name, comparison);
        Ok(outcomes)
    }

    pub(crate) fn ask(&self) -> Result<Vec<Outcome>> {
        self.scene.ask(&self.questions)
    }

    /// What was answered after each step.
    pub(crate) async fn along(&self, steps: &[Step]) -> Result<Vec<Vec<Outcome>>> {
        let mut outcomes = Vec::new();
        for step in steps {
            self.write(step).await?;
            self.scene.settle().await?;
            outcomes.push(self.compared(&step.key.to_string()).await?);
        }
        Ok(outcomes)
    }

    /// Does what the step says.
    pub(crate) async fn write(&self, step: &Step) -> Result<()> {
        self.make(step, step.write.before(), step.write.after()).await
    }

    /// Undoes it.
    pub(crate) async fn unwrite(&self, step: &Step) -> Result<()> {
        self.make(step, step.write.after(), step.write.before()).await
    }

    async fn make(&self, step: &Step, before: Option<&Value>, after: Option<&Value>) -> Result<()> {
        let written = match (before, after) {
            (_, Some(object)) => self.scene.write(object).await,
            (Some(object), None) => self.scene.remove(object).await,
            (None, None) => bail!("it changes nothing"),
        };
        written.with_context(|| step.key.to_string())
    }

    /// What a guarded Service means for every question: clients outside come in only where they are allowed, to the Service and to the
    /// ports of its pods that it means; everything else is as before. Who may come by the addresses of its pods is for policies of others to say,
    /// where they select the pods. Of load balancers, pods that guard alone do not see by which address they come.
    pub(crate) fn expected(&self, world: &World, of: &str, access: &Access, before: &[Outcome]) -> Result<Vec<bool>> {
        let alone = access.enforced.at_pods_alone();
        let governed = world.objects.iter().any(|object| object["kind"] == "NetworkPolicy");
        let allowed = ALLOWED.iter().map(|cidr| cidr.parse()).collect::<Result<Vec<Cidr>, _>>()?;
        let service = world.objects.iter().find(|object| object["kind"] == "Service" && named(object) == of).context("the Service")?;
        let by_hand = service["spec"]["selector"].as_object().is_none_or(serde_json::Map::is_empty);
        let nodes: Vec<IpAddr> = world.layout.nodes.iter().flat_map(NodeLayout::addresses).collect();
        let own: Vec<IpAddr> = list(&service["spec"]["clusterIPs"]).filter_map(|ip| ip.as_str()?.parse().ok()).collect();
        let doors = doors(world, service);
        let balancers = LOAD_BALANCERS.parse::<Cidr>()?;
        let slices = world.objects.iter().filter(|object| {
            let owner = object["metadata"]["labels"]["kubernetes.io/service-name"].as_str().unwrap_or_default();
            object["kind"] == "EndpointSlice" && format!("{}/{owner}", object["metadata"]["namespace"].as_str().unwrap_or_default()) == of
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
            let door = doors.iter().find(|door| (door.protocol, door.at) == (question.protocol, question.to));
            // No pod policy holds on a node's network, nor without a selector.
            let direct = !by_hand && !nodes.contains(&to) && backends.iter().any(|(address, _)| *address == to);
            let authorised = authorised || balancers.contains(client) && (direct || alone || door.is_some_and(|door| door.of_nodes));
            let guarded = door.is_some() || own.contains(&to) || !governed && direct;
            let meant = door.is_some() || own.contains(&to) || backends.contains(&(to, u64::from(question.to.port())));
            Ok(outcome.is_allowed() && (!guarded || authorised && meant))
        };
        std::iter::zip(&self.questions, before).map(expect).collect()
    }

    /// Where the last answers are not as expected; what was allowed before and is now has to show the same source, too.
    pub(crate) fn differences(&self, expected: &[bool], outcomes: &[Outcome], before: &[Outcome]) -> Vec<String> {
        let mut wrong = Vec::new();
        for (at, question) in self.questions.iter().enumerate() {
            let outcome = &outcomes[at];
            if outcome.is_allowed() != expected[at] {
                wrong.push(format!("{question:?}: {} was expected; {outcome}", if expected[at] { "allowed" } else { "denied" }));
            }
            if let (Outcome::Allowed { by, seen }, Outcome::Allowed { by: same, seen: then }) = (outcome, &before[at])
                && (by == same)
                && (seen != then)
            {
                wrong.push(format!("{question:?}: {by} sees {seen}, and saw {then}"));
            }
        }
        wrong
    }

    /// Where an answer between two ends is one that neither end gives.
    pub(crate) fn between(&self, before: &[Outcome], along: &[Vec<Outcome>]) -> Vec<String> {
        let Some(after) = along.last() else { return Vec::new() };
        let mut wrong = Vec::new();
        for (step, outcomes) in along.iter().enumerate() {
            for (at, question) in self.questions.iter().enumerate() {
                let (begin, end, now) = (before[at].is_allowed(), after[at].is_allowed(), outcomes[at].is_allowed());
                if begin == end && now != begin {
                    wrong.push(format!("after step {}: {question:?}: {}, unlike both ends", step + 1, outcomes[at]));
                }
            }
        }
        wrong
    }
}

/// Where else than at its cluster IPs a Service is offered: there it is guarded on its own ports alone.
struct Door {
    protocol: Protocol,
    at: SocketAddr,
    of_nodes: bool,
}

fn doors(world: &World, service: &Value) -> Vec<Door> {
    let address = |value: &Value| value.as_str()?.parse::<IpAddr>().ok();
    let balancer = list(&service["status"]["loadBalancer"]["ingress"]).filter_map(|entry| address(&entry["ip"]));
    let outer: Vec<IpAddr> = list(&service["spec"]["externalIPs"]).filter_map(address).chain(balancer).collect();
    let nodes: Vec<IpAddr> = world.layout.nodes.iter().flat_map(NodeLayout::addresses).collect();
    let mut found = Vec::new();
    for port in list(&service["spec"]["ports"]) {
        let protocol = if port["protocol"] == "UDP" { Protocol::Udp } else { Protocol::Tcp };
        for (addresses, number, of_nodes) in [(&outer, &port["port"], false), (&nodes, &port["nodePort"], true)] {
            let Some(number) = number.as_u64().and_then(|number| u16::try_from(number).ok()) else { continue };
            found.extend(addresses.iter().map(|address| Door { protocol, at: SocketAddr::new(*address, number), of_nodes }));
        }
    }
    found
}

fn named(object: &Value) -> String {
    let text = |field: &str| object["metadata"][field].as_str().unwrap_or_default();
    format!("{}/{}", text("namespace"), text("name"))
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
