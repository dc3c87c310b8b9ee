//! What packets showed (`end2end/tests`), asked of the engine; and what no packet shows here, held by the source alone.

mod admin;
mod cluster;
mod host;
mod interfaces;
mod limit;
mod nodes;
mod page;
mod pods;
mod proxy;
mod rules;
mod ways;
mod wireguard;

use crate::access::Protocol;
use crate::object::{AnyObject, Kind, Unreadable};
use crate::reach::packet::{Carries, Client, Destination, Entry, Question};
use crate::reach::settings::{Settings, Told};
use crate::reach::trace::ask;
use crate::reach::verdict::{Answer, Journey, Overall, Unknown, Verdict};
use crate::snapshot::Snapshot;
use serde_json::{Value, json};

/// The page's world (`end2end/worlds/page.yaml`): a Service with its only pod on node A.
const PAGE: &str = include_str!("page.yaml");

/// The Service's cluster IP and port, and its pod.
const VIP: &str = "10.20.30.40:80";
const POD: &str = "192.168.10.11:80";

/// Clients by the node where they come in: `authorised-same`, `outsider-other`; `NAMESPACE/POD`; `node:NODE`.
fn client(name: &str) -> (Client, Option<&'static str>) {
    let outside = |address: &str| Client::Outside { address: address.parse().unwrap() };
    match name {
        "authorised-same" => (outside("50.60.1.10"), Some("node-a")),
        "authorised-other" => (outside("50.60.2.10"), Some("node-b")),
        "outsider-same" => (outside("70.80.1.10"), Some("node-a")),
        "outsider-other" => (outside("70.80.2.10"), Some("node-b")),
        _ => match name.split_once('/') {
            Some((namespace, pod)) => (Client::Pod { namespace: namespace.to_owned(), name: pod.to_owned() }, None),
            None => (Client::Node { name: name.trim_start_matches("node:").to_owned() }, None),
        },
    }
}

/// Objects in YAML, with `---` between.
fn yaml(text: &str) -> Vec<Value> {
    serde_saphyr::from_multiple(text).unwrap()
}

/// A cluster: its objects, and what is told besides.
#[derive(Clone, Default)]
struct Cluster {
    objects: Vec<Value>,
    told: Told,
    unknown: Vec<Kind>,
}

impl Cluster {
    fn page() -> Self {
        Self { objects: yaml(PAGE), ..Self::default() }
    }

    fn with(&self, objects: impl IntoIterator<Item = Value>) -> Self {
        let mut cluster = self.clone();
        for object in objects {
            let same = |one: &Value| {
                ["/kind", "/apiVersion", "/metadata/name", "/metadata/namespace"].iter().all(|at| one.pointer(at) == object.pointer(at))
            };
            cluster.objects.retain(|one| !same(one));
            cluster.objects.push(object);
        }
        cluster
    }

    fn and(&self, text: &str) -> Self {
        self.with(yaml(text))
    }

    fn telling(&self, tell: impl FnOnce(&mut Told)) -> Self {
        let mut cluster = self.clone();
        tell(&mut cluster.told);
        cluster
    }

    fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot::default();
        let mut unreadable = Vec::new();
        for kind in Kind::ALL {
            let of_kind = |o: &&Value| Kind::find(o["apiVersion"].as_str().unwrap(), o["kind"].as_str().unwrap()) == Some(kind);
            let read = |o: &Value| AnyObject::decode(kind, o).map_err(|error: Unreadable| unreadable.push(error)).ok();
            let objects = self.objects.iter().filter(of_kind).filter_map(read).collect();
            snapshot.set_all(kind, objects);
        }
        for error in unreadable {
            snapshot.insert_unreadable(error);
        }
        for kind in &self.unknown {
            snapshot.set_unknown(*kind, "not in the files");
        }
        snapshot
    }

    fn ask(&self, question: &Question) -> Answer {
        let snapshot = self.snapshot();
        ask(&snapshot, &Settings::read(&snapshot, &self.told), question)
    }

    /// TCP from a client to `ADDRESS:PORT`, by its node where it comes from outside.
    fn tcp(&self, from: &str, to: &str) -> Answer {
        self.sends("TCP", from, to)
    }

    fn sends(&self, protocol: &str, from: &str, to: &str) -> Answer {
        let (client, node) = client(from);
        let (address, port) = to.rsplit_once(':').unwrap();
        let protocol = match protocol {
            "UDP" => Protocol::Udp,
            "SCTP" => Protocol::Sctp,
            _ => Protocol::Tcp,
        };
        let carries = Carries::Ports { protocol, port: port.parse().unwrap(), source_port: None };
        let to = Destination::Address { address: address.trim_matches(['[', ']']).parse().unwrap() };
        self.ask(&Question { client, to, carries, entry: Entry { node: node.map(str::to_owned), interface: None } })
    }

    /// Whether a packet gets to its end, or out of the cluster; the journey in words where it is asked about.
    fn reaches(&self, from: &str, to: &str) -> bool {
        reached(&self.tcp(from, to), &format!("{from} to {to}"))
    }

    /// Asserts who reaches an address and who does not.
    fn assert(&self, name: &str, to: &str, reached: &[&str], cut: &[&str]) {
        for (clients, expected) in [(reached, true), (cut, false)] {
            for from in clients {
                let answer = self.tcp(from, to);
                assert_eq!(self.reaches(from, to), expected, "{name}: {from} to {to}\n{}", told(&answer));
            }
        }
    }
}

fn reached(answer: &Answer, what: &str) -> bool {
    match answer.verdict {
        Overall::Allowed => true,
        Overall::Denied => false,
        Overall::Mixed => panic!("{what} depends on the path\n{}", told(answer)),
        Overall::Unknown => {
            let out = |journey: &Journey| journey.verdict == Verdict::Unknown(Unknown::OutsideTheCluster);
            assert!(!answer.paths.is_empty() && answer.paths.iter().all(out), "{what} cannot be told\n{}", told(answer));
            true
        }
    }
}

/// The journeys, a line for each hop.
fn told(answer: &Answer) -> String {
    let mut text = String::new();
    for journey in &answer.paths {
        text += &format!("{} {:?} {}: {:?}\n", journey.path.node, journey.path.interface, journey.path.address, journey.verdict);
        for hop in &journey.hops {
            let object = hop.object.as_ref().map(ToString::to_string).unwrap_or_default();
            text += &format!("  {:?} {} {:?} {object} {:?} {}: {}\n", hop.stage, hop.node, hop.action, hop.rule, hop.field, hop.why);
        }
    }
    text
}

/// A HostEndpoint that changes nothing by itself.
fn host_endpoint(name: &str, node: &str, interface: &str, addresses: &[&str], labels: &Value) -> Value {
    json!({
        "apiVersion": "projectcalico.org/v3", "kind": "HostEndpoint", "metadata": { "name": name, "labels": labels },
        "spec": { "node": node, "interfaceName": interface, "expectedIPs": addresses, "profiles": ["projectcalico-default-allow"] },
    })
}

/// One HostEndpoint on each of the page's nodes.
fn host_endpoints(interface: &str) -> Vec<Value> {
    let label = json!({ "edge": "true" });
    let name = |node: &str| format!("{node}-{}", if interface == "*" { "all" } else { interface });
    vec![
        host_endpoint(&name("node-a"), "node-a", interface, &["10.0.1.1"], &label),
        host_endpoint(&name("node-b"), "node-b", interface, &["10.0.2.1"], &label),
    ]
}

/// A GlobalNetworkPolicy for what comes in; `rules` is the list of them, in YAML.
fn global(name: &str, selector: &str, order: Option<u32>, rules: &str) -> Value {
    let rules: Value = serde_saphyr::from_str(rules).unwrap();
    let mut policy = json!({
        "apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy", "metadata": { "name": name },
        "spec": { "selector": selector, "types": ["Ingress"], "ingress": rules },
    });
    if let Some(order) = order {
        policy["spec"]["order"] = order.into();
    }
    policy
}

/// The same before translation, at the HostEndpoints with our label.
fn gate(name: &str, order: Option<u32>, rules: &str) -> Value {
    set(set(global(name, "edge == 'true'", order, rules), "preDNAT", true), "applyOnForward", true)
}

/// The same behind translation, for what the host forwards.
fn forward(name: &str, order: Option<u32>, rules: &str) -> Value {
    set(global(name, "edge == 'true'", order, rules), "applyOnForward", true)
}

/// A NetworkPolicy at the pods of the page's Service, for what comes in.
fn pod_policy(name: &str, order: Option<u32>, rules: &str) -> Value {
    let mut policy = global(name, "app == 'svc-a'", order, rules);
    policy["kind"] = "NetworkPolicy".into();
    policy["metadata"]["namespace"] = "shop".into();
    policy
}

/// With a field of its spec.
fn set(mut object: Value, field: &str, value: impl Into<Value>) -> Value {
    object["spec"][field] = value.into();
    object
}

/// What Portcullis' own recipe comes down to.
fn recipe() -> Vec<Value> {
    let edge = "
        - {action: Allow, source: {nets: [50.60.0.0/16]}, destination: {nets: [10.20.30.40/32]}}
        - {action: Deny, destination: {nets: [10.20.30.40/32]}}";
    let pods = "
        - {action: Allow, source: {nets: [50.60.0.0/16]}}
        - {action: Allow, source: {selector: edge == 'true', namespaceSelector: global()}}
        - {action: Allow, source: {selector: projectcalico.org/orchestrator == 'k8s', namespaceSelector: all()}}";
    vec![pod_policy("pods", Some(500), pods), gate("gate", Some(100), edge)]
}
