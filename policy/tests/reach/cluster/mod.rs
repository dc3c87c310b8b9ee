//! Clusters: small ones in which everything that the model knows meets, with few labels, addresses and ports, so that things collide.

mod hosts;
pub(crate) mod jobs;
mod kubernetes;
mod policies;
mod rules;
mod services;

use crate::draw::{Draw, choices, objects};
use policies::{policy as drawn_policy, set as sets};
use policy::object::{AnyObject, Kind, ServiceRef};
use policy::reach::settings::{Hints, NodePorts, ProxyMode, Setting, Settings, Source, Told};
use policy::snapshot::Snapshot;
use proptest::prelude::*;
use serde_json::{Value, json};

pub(crate) const NAMESPACES: [&str; 2] = ["shop", "ops"];

/// A cluster: its objects as JSON, and what no object says.
#[derive(Clone)]
pub(crate) struct Cluster {
    pub(crate) objects: Vec<Value>,
    pub(crate) unread: Vec<Kind>,
    pub(crate) proxy_mode: Option<ProxyMode>,
    /// kube-proxy's ranges of pods.
    pub(crate) pod_ranges: Option<Vec<&'static str>>,
    /// By which hints kube-proxy goes.
    pub(crate) hints: Option<Hints>,
    /// Where it takes NodePorts.
    pub(crate) node_ports: Option<NodePorts>,
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { proxy_mode, pod_ranges, hints, node_ports, unread, .. } = self;
        writeln!(
            f,
            "# kube-proxy: {proxy_mode:?}, ranges of pods: {pod_ranges:?}, hints: {hints:?}, NodePorts: {node_ports:?}, not read: {unread:?}"
        )?;
        self.objects.iter().try_for_each(|object| writeln!(f, "---\n{}", policy::yaml::to_yaml(object).trim_end()))
    }
}

/// What the objects of a cluster have in common.
pub(crate) struct Base {
    pub(crate) nodes: Vec<hosts::Machine>,
    /// Whether nodes, pods and Services have addresses of IPv6 too.
    pub(crate) dual: bool,
    /// Whether the line of Calico has tiers.
    pub(crate) tiers: bool,
}

/// The numbers that a cluster is drawn from, object by object.
#[derive(Debug, Clone)]
struct Numbers {
    whole: Vec<u16>,
    nodes: Vec<Vec<u16>>,
    pods: Vec<Vec<u16>>,
    services: Vec<Vec<u16>>,
    slices: Vec<Vec<u16>>,
    host_endpoints: Vec<Vec<u16>>,
    pools: Vec<Vec<u16>>,
    sets: Vec<Vec<u16>>,
    tiers: Vec<Vec<u16>>,
    policies: Vec<Vec<u16>>,
}

/// Any cluster.
pub(crate) fn cluster() -> impl Strategy<Value = Cluster> {
    let first = (choices(29), objects(1, 4, 10), objects(2, 6, 14), objects(1, 3, 36), objects(0, 1, 16));
    let second = (objects(1, 3, 14), objects(0, 3, 8), objects(0, 4, 8), objects(0, 2, 4), objects(1, 8, 200));
    (first, second).prop_map(|((whole, nodes, pods, services, slices), (host_endpoints, pools, sets, tiers, policies))| {
        drawn(Numbers { whole, nodes, pods, services, slices, host_endpoints, pools, sets, tiers, policies })
    })
}

fn drawn(numbers: Numbers) -> Cluster {
    let mut whole = Draw::new(numbers.whole);
    let line = whole.one(&["v3.28.5", "v3.27.3", "v3.29.1", "v3.30.1", "v3.31.0"]);
    let dual = whole.chance(40);
    let one_subnet = whole.chance(30);
    let nodes: Vec<_> =
        (0..).zip(numbers.nodes).map(|(at, choices)| hosts::machine(&mut Draw::new(choices), at, dual, one_subnet)).collect();
    // Where the line is not known, one without tiers is assumed.
    let known = !whole.chance(3);
    let base = Base { nodes, dual, tiers: known && line > "v3.29" };
    let mut objects = vec![
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"team": "red"}}}),
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "ops", "labels": {"team": "blue"}}}),
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "robot", "namespace": "shop", "labels": {"role": "api"}}}),
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "robot", "namespace": "ops", "labels": {"role": "web"}}}),
    ];
    if base.tiers && whole.chance(5) {
        objects
            .push(json!({"apiVersion": "policy.networking.k8s.io/v1alpha1", "kind": "AdminNetworkPolicy", "metadata": {"name": "admins"},
            "spec": {"priority": 5, "subject": {"namespaces": {"matchLabels": {"team": "red"}}}, "ingress": [{"action": "Deny"}]}}));
    }
    if known {
        objects.push(calico("ClusterInformation", "default", json!({"calicoVersion": line})));
    }
    objects.extend(hosts::felix(&mut whole, &base));
    objects.extend(base.nodes.iter().map(|node| node.object.clone()));
    let each = |lists: Vec<Vec<u16>>| (0_usize..).zip(lists.into_iter().map(Draw::new));
    let wide = !whole.chance(35);
    objects.extend(each(numbers.pools).map(|(at, mut draw)| hosts::pool(&mut draw, at, wide)));
    let bare = whole.chance(12);
    objects.extend(each(numbers.host_endpoints).filter(|_| !bare).flat_map(|(at, mut draw)| hosts::host_endpoints(&mut draw, at, &base)));
    one_kind_of_name(&mut objects);
    let pods: Vec<_> = each(numbers.pods).map(|(at, mut draw)| services::pod(&mut draw, at, &base, 12)).collect();
    for (at, mut draw) in each(numbers.services) {
        objects.extend(services::service(&mut draw, at, &base, &pods));
    }
    objects.extend(each(numbers.slices).map(|(at, mut draw)| services::manual_slice(&mut draw, at, &base, &pods)));
    objects.extend(pods.into_iter().map(|pod| pod.object));
    objects.extend(each(numbers.sets).map(|(at, mut draw)| policies::set(&mut draw, at)));
    if base.tiers {
        objects.extend(each(numbers.tiers).map(|(at, mut draw)| policies::tier(&mut draw, at)));
    }
    objects.extend(each(numbers.policies).map(|(at, mut draw)| policies::policy(&mut draw, at, &base)));
    let unread =
        if whole.chance(4) { vec![whole.one(&[Kind::NetworkSet, Kind::IpPool, Kind::KubernetesNetworkPolicy])] } else { Vec::new() };
    Cluster {
        objects,
        unread,
        proxy_mode: match whole.below(20) {
            0..=15 => Some(ProxyMode::Iptables),
            16..=17 => Some(ProxyMode::Nftables),
            18 => None,
            _ => Some(if whole.chance(40) { ProxyMode::Ipvs } else { ProxyMode::Iptables }),
        },
        pod_ranges: match whole.below(10) {
            0..=6 => Some(vec!["192.168.0.0/16", "fd00:192::/32"]),
            7 => Some(vec![]),
            8 => Some(vec!["192.168.0.0/17"]),
            _ => None,
        },
        hints: whole.one(&[Some(Hints::ZonesWhereAsked), Some(Hints::Zones), Some(Hints::NodesAndZones), Some(Hints::None), None]),
        node_ports: match whole.below(20) {
            0 => Some(NodePorts::Primary),
            1 => Some(NodePorts::In(vec!["10.0.1.0/24".parse().unwrap()])),
            _ => None,
        },
    }
}

/// Takes out HostEndpoints without a name where several interfaces have one: which of them they stand for cannot be told, and the engines
/// say so in different words.
fn one_kind_of_name(objects: &mut Vec<Value>) {
    let named = |wanted: &str| objects.iter().any(|object| object["spec"]["interfaceName"] == wanted);
    if named("eth0") && named("eth1") {
        objects.retain(|object| object["kind"] != "HostEndpoint" || object["spec"]["interfaceName"] != "");
    }
}

/// An object of Calico.
pub(crate) fn calico(kind: &str, name: &str, spec: Value) -> Value {
    json!({"apiVersion": "projectcalico.org/v3", "kind": kind, "metadata": {"name": name}, "spec": spec})
}

impl Cluster {
    /// A cluster of these objects, with kube-proxy by iptables that knows the pods' range.
    pub(crate) fn of(objects: Vec<Value>) -> Self {
        let (proxy_mode, pod_ranges) = (Some(ProxyMode::Iptables), Some(vec!["192.168.0.0/16"]));
        Self { objects, unread: Vec::new(), proxy_mode, pod_ranges, hints: Some(Hints::ZonesWhereAsked), node_ports: None }
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot::default();
        for kind in Kind::ALL {
            snapshot.set_all(kind, Vec::new());
        }
        for object in &self.objects {
            let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            let kind = Kind::find(text("/apiVersion"), text("/kind")).unwrap();
            match AnyObject::decode(kind, object) {
                Ok(read) => snapshot.insert(read),
                Err(unreadable) => snapshot.insert_unreadable(unreadable),
            }
        }
        self.unread.iter().for_each(|kind| snapshot.set_unknown(*kind, "not in the files"));
        snapshot
    }

    pub(crate) fn settings(&self, snapshot: &Snapshot) -> Settings {
        let told = Told {
            proxy_mode: self.proxy_mode.map(|value| Setting { value, source: Source::Told }),
            cluster_cidrs: self
                .pod_ranges
                .as_ref()
                .map(|ranges| Setting { value: ranges.iter().map(|text| text.parse().unwrap()).collect(), source: Source::Told }),
            hints: self.hints.map(|value| Setting { value, source: Source::Told }),
            node_ports: self.node_ports.clone().map(|value| Setting { value, source: Source::Told }),
            ..Told::default()
        };
        Settings::read(snapshot, &told)
    }

    /// The addresses of its pods.
    pub(crate) fn pod_addresses(&self) -> impl Iterator<Item = &str> {
        let pods = self.objects.iter().filter(|object| object["kind"] == "Pod");
        pods.flat_map(|pod| pod["status"]["podIPs"].as_array().into_iter().flatten()).filter_map(|entry| entry["ip"].as_str())
    }

    /// Its Services, by name.
    pub(crate) fn services(&self) -> Vec<ServiceRef> {
        let text = |service: &Value, pointer: &str| service.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let services = self.objects.iter().filter(|object| object["kind"] == "Service");
        services
            .filter_map(|service| ServiceRef::new(&text(service, "/metadata/namespace"), &text(service, "/metadata/name")).ok())
            .collect()
    }
}
