//! What Portcullis says of a packet, beside what became of it: the proof that one is the other.
//!
//! The objects are read back from the API as the product reads them. Every path that the answer names is one that a packet may take: a
//! packet that got through must have taken an allowed one, to the pod that answered and with the source that the pod saw; one that did not
//! must have taken a denied one.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::IpAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use policy::access::Port;
use policy::object::{HostEndpoint, Kept, Node, Pod};
use policy::reach::packet::{Carries, Client, Destination, Entry, Question as Asked};
use policy::reach::settings::{DataPlane as Plane, Hints, Line as CalicoLine, ProxyMode, Setting, Settings, Source, Told};
use policy::reach::trace;
use policy::reach::verdict::{Answer, Journey, Verdict};
use policy::snapshot::Snapshot;
use server::clock;
use server::cluster::{self, Cluster};

use crate::agent::Outcome;
use crate::rig::{From, Question, Scene};
use crate::world::{DataPlane, Encapsulation, Line, World};

/// How long the first lists of the cluster may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A cluster as the product reads it, and what the product says of packets in it.
pub struct Foretold {
    snapshot: Snapshot,
    settings: Settings,
}

/// How many packets were compared, and what differs.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Comparison {
    /// Packets.
    pub packets: usize,
    /// Of them, those of which the product said that it cannot tell, by the reason.
    pub unknown: BTreeMap<&'static str, usize>,
    /// Packets that became something else than what was said, in sentences.
    pub mismatches: Vec<String>,
}

impl Comparison {
    /// Counts in those of another question; `name` says which.
    pub fn add(&mut self, name: &str, other: Self) {
        self.packets += other.packets;
        for (reason, count) in other.unknown {
            *self.unknown.entry(reason).or_default() += count;
        }
        self.mismatches.extend(other.mismatches.into_iter().map(|mismatch| format!("{name}: {mismatch}")));
    }
}

impl Foretold {
    /// Reads the objects of a world that is up.
    ///
    /// # Errors
    /// When the API does not answer in time.
    pub async fn read(scene: &Scene) -> Result<Self> {
        let connected = cluster::connect(scene.kubeconfig(), None).await?;
        let cluster = Cluster::watch(connected.client, clock::system());
        let mut changes = cluster.changes();
        let ready = changes.wait_for(|state| state.ready());
        tokio::time::timeout(PATIENCE, ready).await.context("the API does not list its objects in time")??;
        let snapshot = cluster.state().snapshot.clone();
        let settings = Settings::read(&snapshot, &told(scene.world()));
        Ok(Self { snapshot, settings })
    }

    /// Holds what became of packets against what is said of them.
    ///
    /// # Errors
    /// When a question is not one of the world.
    pub fn compare(&self, world: &World, questions: &[Question], outcomes: &[Outcome]) -> Result<Comparison> {
        let mut comparison = Comparison::default();
        let mut said: BTreeMap<&Question, Answer> = BTreeMap::new();
        for (question, outcome) in std::iter::zip(questions, outcomes) {
            if !arrives(world, question) || !self.knows(world, question.to.ip()) {
                continue;
            }
            if !said.contains_key(question) {
                said.insert(question, trace::ask(&self.snapshot, &self.settings, &self.asked(world, question)?));
            }
            let Some(answer) = said.get(question) else { continue };
            comparison.packets += 1;
            if let Some(reason) = unknown(answer) {
                *comparison.unknown.entry(reason).or_default() += 1;
            } else if !answer.paths.iter().any(|journey| self.fits(world, question, journey, outcome)) {
                comparison.mismatches.push(mismatch(question, outcome, answer));
            }
        }
        Ok(comparison)
    }

    /// A question of the rig, as the product is asked it.
    fn asked(&self, world: &World, question: &Question) -> Result<Asked> {
        let outside = |name: &str, entry: Option<&str>| {
            let client = world.client(name)?;
            let (node, interface) = way_in(world, question.to.ip(), entry.unwrap_or(&client.enters));
            let entry = Entry { node: Some(node.to_owned()), interface: Some(self.known_as(world, node, interface)) };
            anyhow::Ok((Client::Outside { address: client.address }, entry))
        };
        let (client, entry) = match &question.from {
            From::Client(name) => outside(name, None)?,
            From::ClientBy(name, entry) => outside(name, Some(entry))?,
            From::Pod(name) => {
                let Some((namespace, name)) = name.split_once('/') else { bail!("`{name}` is not NAMESPACE/NAME of a pod") };
                (Client::Pod { namespace: namespace.to_owned(), name: name.to_owned() }, Entry::default())
            }
            From::Node(name) => (Client::Node { name: name.clone() }, Entry::default()),
        };
        let carries = Carries::Ports { protocol: question.protocol, port: question.to.port(), source_port: None };
        Ok(Asked { client, to: Destination::Address { address: question.to.ip() }, carries, entry })
    }

    /// What the product calls an interface that no HostEndpoint names: the main one, or by an address that one without a name expects.
    fn known_as(&self, world: &World, node: &str, interface: &str) -> String {
        let endpoints = || self.snapshot.iter::<Kept<HostEndpoint>>().filter(|endpoint| endpoint.spec.node == node);
        if endpoints().any(|endpoint| endpoint.spec.interface_name == interface) {
            return interface.to_owned();
        }
        if interface == "eth0" {
            return "*".to_owned();
        }
        let link = world.layout.entries().find(|(_, owner, link)| owner.name == node && link.name == interface);
        let texts = link.into_iter().flat_map(|(_, _, link)| &link.addresses).map(ToString::to_string);
        let expected = |text: &String| {
            let mut without_name = endpoints().filter(|endpoint| endpoint.spec.interface_name.is_empty());
            without_name.any(|endpoint| endpoint.spec.expected_ips.contains(text))
        };
        texts.into_iter().find(expected).unwrap_or_else(|| interface.to_owned())
    }

    /// Whether an address of a node is one that an object has: those of its other interfaces are nobody's to the product.
    fn knows(&self, world: &World, address: IpAddr) -> bool {
        let owner = world.layout.nodes.iter().find(|node| node.addresses().any(|own| own == address));
        owner.is_none_or(|owner| self.snapshot.get::<Node>("", &owner.name).is_some_and(|node| holds(node, address)))
    }

    /// Whether this is what a packet on this path becomes.
    fn fits(&self, world: &World, question: &Question, journey: &Journey, outcome: &Outcome) -> bool {
        match outcome {
            Outcome::Allowed { by, seen } => {
                journey.verdict == Verdict::Allowed && self.answers(journey, by) && journey.source_seen_by_pod == Some(*seen)
            }
            // What gets to where nothing listens is turned away there: whether something listens is not what the product speaks about.
            Outcome::Refused if journey.verdict == Verdict::Allowed => {
                let backend = journey.path.backend.as_ref();
                let (address, port) = backend.map_or((question.to.ip(), question.to.port()), |backend| (backend.address, backend.port));
                !listens(world, address, Port { protocol: question.protocol, port })
            }
            Outcome::Denied | Outcome::Refused => journey.verdict == Verdict::Denied,
            Outcome::Silent | Outcome::Unsent(_) => false,
        }
    }

    /// Whether the path ends at the pod or the node of this name.
    fn answers(&self, journey: &Journey, name: &str) -> bool {
        let end = journey.path.backend.as_ref().map_or(journey.path.address, |backend| backend.address);
        match name.split_once('/') {
            Some((namespace, pod)) => {
                let addresses = self.snapshot.get::<Pod>(namespace, pod).map(|pod| &pod.status.pod_ips);
                addresses.into_iter().flatten().any(|ip| ip.ip.parse() == Ok(end))
            }
            None => self.snapshot.get::<Node>("", name).is_some_and(|node| holds(node, end)),
        }
    }
}

/// Whether the network outside knows the way: where pods are encapsulated, which IPv6 never is here, it knows the nodes alone.
fn arrives(world: &World, question: &Question) -> bool {
    let outside = matches!(question.from, From::Client(_) | From::ClientBy(..));
    let to = question.to.ip();
    let to_pod = world.layout.pods.iter().any(|pod| pod.addresses.contains(&to));
    let unknown = outside && to_pod && to.is_ipv4() && world.encapsulation == Encapsulation::Vxlan;
    !unknown && !goes_astray(world, question)
}

/// Whether it comes in for a Service at another node than that which has the address itself: that is answered straight, and a connection of which a kernel
/// sees one half does not last.
fn goes_astray(world: &World, question: &Question) -> bool {
    let From::ClientBy(_, entry) = &question.from else { return false };
    if !world.is_of_service(question.to.ip()) {
        return false;
    }
    let owner = world.layout.nodes.iter().find(|node| node.addresses().any(|own| own == question.to.ip()));
    owner.is_some_and(|owner| entry.split_once('/').is_some_and(|(node, _)| node != owner.name))
}

/// The node and the interface by which a packet from outside comes in. What is a Service's comes in as the question says; the network knows
/// the way to what else belongs to a node and, where it does, to a pod.
fn way_in<'a>(world: &'a World, to: IpAddr, asked: &'a str) -> (&'a str, &'a str) {
    if let Some(asked) = asked.split_once('/').filter(|_| world.is_of_service(to)) {
        return asked;
    }
    let of_node = world.layout.entries().find(|(_, _, link)| link.addresses.contains(&to));
    let of_pod = || world.layout.pods.iter().find(|pod| pod.addresses.contains(&to));
    match (of_node, asked.split_once('/')) {
        (Some((_, node, link)), _) => (&node.name, &link.name),
        (None, asked_for) => match of_pod() {
            Some(pod) => (&pod.node, "eth0"),
            None => asked_for.unwrap_or((asked, "eth0")),
        },
    }
}

/// Whether anything answers there.
fn listens(world: &World, address: IpAddr, port: Port) -> bool {
    let nodes = world.layout.nodes.iter().filter(|node| node.addresses().any(|own| own == address)).map(|node| &node.listeners);
    let pods = world.layout.pods.iter().filter(|pod| pod.addresses.contains(&address)).map(|pod| &pod.listeners);
    nodes.chain(pods).flatten().any(|listener| listener.0 == port)
}

fn holds(node: &Node, address: IpAddr) -> bool {
    let annotated = node.metadata.annotations.values().filter_map(|text| text.split('/').next());
    let listed = node.status.addresses.iter().map(|entry| entry.address.as_str());
    annotated.chain(listed).any(|text| text.parse() == Ok(address))
}

/// What no object of the rig's API says: it has no DaemonSet that runs Felix.
fn told(world: &World) -> Told {
    let line = match world.calico {
        Line::V3_28 => CalicoLine::V3_28,
        Line::V3_30 => CalicoLine::V3_30,
    };
    let data_plane = match world.data_plane {
        DataPlane::IptablesLegacy | DataPlane::IptablesNft => Plane::Iptables,
        DataPlane::Nftables => Plane::Nftables,
    };
    // kube-proxy programs the kernel as Felix does.
    let value = if data_plane == Plane::Nftables { ProxyMode::Nftables } else { ProxyMode::Iptables };
    let proxy_mode = Some(Setting { value, source: Source::Told });
    let hints = Hints::of_version(world.calico.kubernetes(), &BTreeMap::new()).map(|value| Setting { value, source: Source::Told });
    Told { line: Some(line), data_plane: Some(data_plane), proxy_mode, hints, ..Told::default() }
}

/// Why it cannot be told what becomes of the packet, if on some path it cannot.
fn unknown(answer: &Answer) -> Option<&'static str> {
    answer.paths.iter().find_map(|journey| match &journey.verdict {
        Verdict::Unknown(reason) => Some(reason.name()),
        _ => None,
    })
}

/// A packet that became something else than what was said, with every journey that was thought possible.
fn mismatch(question: &Question, outcome: &Outcome, answer: &Answer) -> String {
    let mut text = format!("{question:?}: {outcome}; said was {:?}", answer.verdict);
    for journey in &answer.paths {
        let seen = journey.source_seen_by_pod.map(|seen| format!(", seen as {seen}")).unwrap_or_default();
        let _written = write!(text, "\n    {:?} at {} to {:?}{seen}", journey.verdict, journey.path.node, journey.path.backend);
        for hop in &journey.hops {
            let object = hop.object.as_ref().map(ToString::to_string).unwrap_or_default();
            let _written = write!(text, "\n      {:?} on {}: {:?} {object} {:?}: {}", hop.stage, hop.node, hop.action, hop.rule, hop.why);
        }
    }
    text
}
