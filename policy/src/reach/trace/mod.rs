//! One packet's journey, rule by rule, with its reasons.
//!
//! By brute force and without the snapshot's own index: every policy is looked at, every selector tried on the one address in hand. What is
//! modelled is written in `docs/decisions/reachability.md`; each stage is a function of [`journey`], [`host_policy`], [`pod_policy`],
//! [`proxy`] or [`between_nodes`], named as the stage, with the lines of Felix or kube-proxy that it follows. One rule against one packet is [`rule`].
//!
//! Work is bounded: for each path, linear in policies times their rules; past [`LIMIT`] of these for all paths the answer is that there are too
//! many. Nothing recurses on what a cluster holds. No object, however hostile, makes it panic.

mod answer;
mod between_nodes;
mod flow;
mod host_endpoint;
mod host_policy;
mod journey;
mod kubernetes;
mod node;
mod packet;
mod pod_policy;
mod policies;
mod ports;
mod proxy;
mod route;
mod rule;
mod services;
mod sides;
mod sorted;
mod staged;
mod target;
mod topology;
mod world;

#[cfg(test)]
mod tests;

use super::packet::{Client, Interface, PathKey, Question};
use super::settings::Settings;
use super::verdict::{Action, Answer, Hop, Journey, Stage, Unknown, Verdict};
use crate::cidr::Family;
use crate::object::{Kind, Object, Pod};
use crate::snapshot::Snapshot;
use host_endpoint::{Mains, Via, main_interfaces, of_interface, outer_interfaces, unnamed_interfaces, with_address};
use journey::{Start, Told, Translation};
use packet::Packet;
use proxy::By;
use std::collections::BTreeSet;
use std::net::IpAddr;
use target::Target;
use world::{Place, World};

/// Of so many ways in which main interfaces can be chosen a verdict is looked for; past it, it cannot be told.
const MOST_CHOICES: usize = 16;

/// How many policies and rules the packets of one question may be held against, over all paths: some seconds. Without `--node` a packet from
/// outside has a path for every node.
pub const LIMIT: usize = 10_000_000;

/// Says what becomes of the packets of a question, on every path, and why.
#[must_use]
pub fn ask(snapshot: &Snapshot, settings: &Settings, question: &Question) -> Answer {
    Questions::about(snapshot, settings).ask(question)
}

/// Questions about one snapshot, which is read once for all of them.
pub struct Questions<'a> {
    world: World<'a>,
    limit: usize,
}

impl<'a> Questions<'a> {
    /// Questions about a snapshot.
    #[must_use]
    pub fn about(snapshot: &'a Snapshot, settings: &'a Settings) -> Self {
        Self::within(snapshot, settings, LIMIT)
    }

    /// The same with a limit of one's own.
    #[must_use]
    pub fn within(snapshot: &'a Snapshot, settings: &'a Settings, limit: usize) -> Self {
        Self { world: World::new(snapshot, settings), limit }
    }

    /// Questions about another snapshot, of which what is as in this one is not read again.
    #[must_use]
    pub fn beside(&self, snapshot: &'a Snapshot, settings: &'a Settings) -> Self {
        Self { world: World::beside(Some(&self.world), snapshot, settings), limit: self.limit }
    }

    /// Says what becomes of the packets of a question, on every path, and why.
    #[must_use]
    pub fn ask(&self, question: &Question) -> Answer {
        let world = &self.world;
        let starts = match starts(world, question) {
            Ok(starts) => starts,
            Err(why) => return Answer::of(vec![untold(why, question)]),
        };
        let targets = match target::targets(world, question) {
            Ok(targets) => targets,
            Err(why) => return Answer::of(vec![untold(why, question)]),
        };
        let mut journeys: Vec<Journey> = Vec::new();
        for start in &starts {
            for target in &targets {
                journeys.extend(paths(world, question, start, target));
                if journeys.len().saturating_mul(world.policies.size()) > self.limit {
                    return Answer::of(vec![untold(Unknown::TooManyPaths, question)]);
                }
            }
        }
        journeys.sort_by(|one, other| one.path.cmp(&other.path));
        journeys.dedup();
        Answer::of(journeys)
    }

    /// Says what becomes of the packets that carry those of pods from one node to another, where a tunnel does: by the name of the tunnel.
    #[must_use]
    pub fn tunnels(&self, from: &str, to: &str) -> Vec<(&'static str, Journey)> {
        let named = |name: &str| self.world.nodes.get_key_value(name).map(|(name, _)| *name);
        let (Some(from), Some(to)) = (named(from), named(to)) else { return Vec::new() };
        between_nodes::tunnels(&self.world, from, to)
    }
}

/// Where the packets of the question begin.
fn starts<'a>(world: &World<'a>, question: &'a Question) -> Result<Vec<Start<'a>>, Unknown> {
    let node = |name: &str| {
        let unknown = || world.not_read(&[Kind::Node]).unwrap_or(Unknown::NoSuchClient);
        world.nodes.get_key_value(name).map(|(name, _)| *name).ok_or_else(unknown)
    };
    match &question.client {
        Client::Outside { .. } => {
            if let Some(why) = world.not_read(&[Kind::Node, Kind::HostEndpoint]) {
                return Err(why);
            }
            let wanted = |name: &&&str| question.entry.node.as_ref().is_none_or(|wanted| wanted == **name);
            let nodes = world.nodes.keys().filter(wanted);
            Ok(nodes.flat_map(|node| entries(world, question, node)).collect())
        }
        Client::Pod { namespace, name } => {
            let unknown = || world.not_read(&[Kind::Pod]).unwrap_or(Unknown::NoSuchClient);
            let pod = world.snapshot.get::<Pod>(namespace, name).ok_or_else(unknown)?;
            if pod.spec.host_network && !pod.spec.node_name.is_empty() {
                return node(&pod.spec.node_name).map(|name| vec![Start::Node(name)]);
            }
            if world::has_endpoint(pod) { Ok(vec![Start::Pod(pod)]) } else { Err(Unknown::NoSuchClient) }
        }
        Client::Node { name } => node(name).map(|name| vec![Start::Node(name)]),
    }
}

/// By which interfaces packets from outside come in at a node.
fn entries<'a>(world: &World<'a>, question: &Question, node: &'a str) -> Vec<Start<'a>> {
    let at = |interface: Interface| Start::Outside { node, interface };
    if let Some(name) = &question.entry.interface {
        let interfaces = match Interface::from(name.clone()) {
            Interface::Having(address) => with_address(world, node, address),
            other => vec![other],
        };
        return interfaces.into_iter().map(at).collect();
    }
    let named = outer_interfaces(world, node).into_iter().map(|name| Interface::Named(name.to_owned()));
    let main = main_interfaces(world, node).contains(&None).then_some(Interface::Main);
    let others = unnamed_interfaces(world, node).into_iter().map(Interface::Having);
    named.chain(main).chain(others).map(at).collect()
}

/// The address of the client, in the family of the address that it sends to.
fn source(world: &World<'_>, question: &Question, start: &Start<'_>, family: Family) -> Option<IpAddr> {
    match (&question.client, start) {
        (Client::Outside { address }, _) => Some(*address).filter(|address| Family::of(*address) == family),
        (_, Start::Pod(pod)) => world::addresses(pod).into_iter().find(|address| Family::of(*address) == family),
        (_, start) => world.nodes.get(start.node())?.main(family),
    }
}

/// The journeys from one start to one address: one for each endpoint that kube-proxy may choose.
fn paths<'a>(world: &World<'a>, question: &Question, start: &'a Start<'a>, target: &Target<'a>) -> Vec<Journey> {
    let family = Family::of(target.address);
    let Some(source) = source(world, question, start, family) else { return Vec::new() };
    let packet = Packet::new(source, target.address, question.carries);
    let key = |backend| PathKey {
        node: start.node().to_owned(),
        interface: if let Start::Outside { interface, .. } = start { Some(interface.clone()) } else { None },
        address: target.address,
        backend,
    };
    let owner = if let Place::Node(node) = world.place(target.address) { Some(node) } else { None };
    let outside = matches!(start, Start::Outside { .. });
    // What a pod sends to itself does not leave it, whatever Service has the address besides.
    let itself = matches!(start, Start::Pod(pod) if world::addresses(pod).contains(&target.address));
    if target.offers.is_empty() || itself {
        let nothing_there = matches!(world.place(target.address), Place::Elsewhere);
        if nothing_there && outside && !target.of_service {
            let why = world.not_read(&[Kind::Service, Kind::Pod, Kind::Node]).unwrap_or(Unknown::NoSuchAddress);
            return vec![Journey {
                path: key(None),
                verdict: Verdict::Unknown(why.clone()),
                source_seen_by_pod: None,
                hops: vec![untold_hop(start.node(), &why)],
            }];
        }
        let translation = if nothing_there && target.of_service { Translation::NoSuchPort } else { Translation::None };
        return vec![journey(world, key(None), packet, start, &translation)];
    }
    let mut journeys: Vec<Journey> = Vec::new();
    for offer in &target.offers {
        // A NodePort is translated by the node that has the address, every other address where the packet is first.
        let node = match owner.filter(|_| offer.by == By::NodePort) {
            Some(owner) => owner,
            None => start.node(),
        };
        if outside && node != start.node() && question.entry.node.is_none() {
            continue;
        }
        let at_proxy = if node == start.node() { source } else { target::source_at(world, start, &packet) };
        let backends = offer.backends(world, node, at_proxy, family);
        let choices: Vec<_> = if backends.is_empty() { vec![None] } else { backends.into_iter().map(Some).collect() };
        for choice in choices {
            let path = key(choice.as_ref().map(|choice| choice.backend.clone()));
            journeys.push(journey(world, path, packet, start, &Translation::To { node, offer: *offer, choice }));
        }
    }
    // Of several Services at one address those that have endpoints count; where none has, it is one path all the same.
    if journeys.iter().any(|journey| journey.path.backend.is_some()) {
        journeys.retain(|journey| journey.path.backend.is_some());
    }
    journeys.dedup_by(|next, kept| next.path == kept.path && next.path.backend.is_none());
    journeys
}

/// One journey; where it cannot be told which interface of a node is its main one, that of every choice, if they end alike.
fn journey<'a>(world: &World<'a>, path: PathKey, packet: Packet, start: &'a Start<'a>, translation: &Translation<'a>) -> Journey {
    // By an interface of which it cannot be told which HostEndpoint stands for it.
    if let Start::Outside { node, interface } = start
        && may_be_either(world, node, interface)
    {
        let why = world.settings.felix(node).not_modelled().unwrap_or(Unknown::BetweenNodes);
        let hops = vec![untold_hop(&path.node, &why)];
        return Journey { path, verdict: Verdict::Unknown(why), source_seen_by_pod: None, hops };
    }
    let mut nodes = BTreeSet::from([start.node()]);
    let backend = path.backend.as_ref().map(|backend| backend.address);
    for address in [Some(path.address), backend].into_iter().flatten() {
        match world.place(address) {
            Place::Pod(pod) => nodes.insert(pod.spec.node_name.as_str()),
            Place::Node(node) => nodes.insert(node),
            Place::Elsewhere => false,
        };
    }
    let mut choices: Vec<Mains<'a>> = vec![Mains::default()];
    for node in nodes {
        let mut possible: Vec<_> = main_interfaces(world, node).into_iter().map(|main| (main, None)).collect();
        // The one that is asked about may be one that no HostEndpoint names: the main one, one that is known by an address, or another.
        if let Start::Outside { node: at, interface: Interface::Named(name) } = start
            && *at == node
            && !outer_interfaces(world, node).contains(name.as_str())
        {
            let others: Vec<_> = possible
                .iter()
                .flat_map(|(main, _)| unnamed_interfaces(world, node).into_iter().map(|address| (*main, Some(address))))
                .collect();
            let is_main = possible.contains(&(None, None)).then_some((Some(name.as_str()), None));
            possible.extend(is_main.into_iter().chain(others));
        }
        let with = |mains: &Mains<'a>, (main, asked): &(Option<&'a str>, Option<IpAddr>)| {
            let mut of = mains.of.clone();
            of.insert(node, *main);
            Mains { of, asked: asked.or(mains.asked) }
        };
        choices = choices.iter().flat_map(|mains| possible.iter().map(|one| with(mains, one))).take(MOST_CHOICES + 1).collect();
    }
    let told: Vec<Told> =
        choices.iter().take(MOST_CHOICES).map(|mains| journey::follow(world, mains, packet, start, translation)).collect();
    let alike = told.iter().all(|one| told.first().is_some_and(|first| (&one.verdict, one.seen) == (&first.verdict, first.seen)));
    match told.into_iter().next() {
        Some(told) if alike && choices.len() <= MOST_CHOICES => {
            Journey { path, verdict: told.verdict, source_seen_by_pod: told.seen, hops: told.hops }
        }
        _ => {
            let hops = vec![untold_hop(&path.node, &Unknown::BetweenNodes)];
            Journey { path, verdict: Verdict::Unknown(Unknown::BetweenNodes), source_seen_by_pod: None, hops }
        }
    }
}

/// Whether it cannot be told which HostEndpoint stands for an interface, as it may be the main one of the node or another.
fn may_be_either(world: &World<'_>, node: &str, interface: &Interface) -> bool {
    let mains = main_interfaces(world, node);
    match interface {
        _ if mains.len() < 2 => false,
        Interface::Main => true,
        Interface::Named(name) => {
            let name = Some(name.as_str());
            let standing = |main| of_interface(world, node, Via::Outer { name, main, has: None }).map(|host| host.key());
            mains.contains(&name) && standing(true) != standing(false)
        }
        Interface::Having(_) => false,
    }
}

/// The answer to a question that has no path.
fn untold(why: Unknown, question: &Question) -> Journey {
    let node = question.entry.node.clone().unwrap_or_default();
    let any = if let Client::Outside { address: IpAddr::V6(_) } = question.client {
        IpAddr::V6(std::net::Ipv6Addr::UNSPECIFIED)
    } else {
        IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED)
    };
    let address = if let super::packet::Destination::Address { address } = question.to { address } else { any };
    let hops = vec![untold_hop(&node, &why)];
    Journey {
        path: PathKey { node, interface: None, address, backend: None },
        verdict: Verdict::Unknown(why),
        source_seen_by_pod: None,
        hops,
    }
}

fn untold_hop(node: &str, why: &Unknown) -> Hop {
    let why = why.to_string();
    Hop { stage: Stage::Delivery, node: node.to_owned(), object: None, rule: None, action: Action::Unknown, field: String::new(), why }
}
