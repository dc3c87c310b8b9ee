//! Clusters in which somebody would guard a Service, and how.
//!
//! Mostly well kept: HostEndpoints list their addresses, Services have a selector and a cluster IP. What blocks a plan occurs, as it does
//! out there, and beside the Service there is what others have: policies on its pods and on the hosts, Services on the same pods.

use super::{Base, Cluster, calico, drawn_policy, hosts, services, sets};
use crate::draw::{Draw, choices, objects};
use policy::access::{Access, Adoption, Change, ClientRange, Enforced, HostEndpoints, InCluster, Intent, Port, Protocol};
use policy::object::ServiceRef;
use policy::reach::settings::{Hints, ProxyMode};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A cluster, and two accesses for its Service `shop/s0`: the second comes after the first.
#[derive(Clone)]
pub(crate) struct Job {
    pub(crate) cluster: Cluster,
    pub(crate) host_endpoints: HostEndpoints,
    pub(crate) accesses: [Access; 2],
    /// Interfaces that HostEndpoints name, those that a plan makes included; empty for the main one.
    pub(crate) interfaces: Vec<&'static str>,
    /// Nodes that receive traffic to advertised addresses.
    pub(crate) nodes: Vec<String>,
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "# {:?}\n# {:#?}\n{:?}", self.host_endpoints, self.accesses, self.cluster)
    }
}

pub(crate) fn target() -> ServiceRef {
    "shop/s0".parse().unwrap()
}

impl Job {
    pub(crate) fn guard(&self, which: usize) -> Change {
        Change {
            service: target(),
            intent: Intent::Guard(self.accesses[which].clone()),
            host_endpoints: self.host_endpoints.clone(),
            adoption: Adoption::default(),
        }
    }

    /// The ports of the Service.
    pub(crate) fn ports(&self) -> Vec<Port> {
        ports_of(&self.cluster)
    }

    pub(crate) fn open(&self) -> Change {
        Change { service: target(), intent: Intent::Open, host_endpoints: self.host_endpoints.clone(), adoption: Adoption::default() }
    }
}

pub(crate) fn job() -> impl Strategy<Value = Job> {
    let first = (choices(44), objects(1, 3, 1), objects(0, 4, 14), objects(0, 2, 24), objects(0, 2, 8), objects(0, 2, 200));
    (first, prop::collection::vec(choices(16), 2)).prop_map(|((whole, nodes, pods, others, sets, policies), accesses)| {
        drawn(Draw::new(whole), nodes.len(), pods, others, sets, policies, accesses)
    })
}

fn drawn(
    mut whole: Draw,
    nodes: usize,
    pods: Vec<Vec<u16>>,
    others: Vec<Vec<u16>>,
    of_sets: Vec<Vec<u16>>,
    policies: Vec<Vec<u16>>,
    accesses: Vec<Vec<u16>>,
) -> Job {
    let line = whole.one(&["v3.28.5", "v3.28.5", "v3.27.3", "v3.29.1", "v3.30.1"]);
    let dual = whole.chance(30);
    let one_subnet = whole.chance(30);
    let mut machines: Vec<_> = (0..nodes).map(|at| hosts::machine(&mut Draw::new(Vec::new()), at, dual, one_subnet)).collect();
    let mut receiving: Vec<String> = machines.iter().map(|machine| machine.name.clone()).collect();
    if nodes > 1 && whole.chance(10) {
        let last = machines.last_mut().unwrap();
        last.object["metadata"]["labels"]["node.kubernetes.io/exclude-from-external-load-balancers"] = "true".into();
        receiving.pop();
    }
    let base = Base { nodes: machines, dual, tiers: line > "v3.29" };
    let mut objects = vec![
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"team": "red"}}}),
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "ops", "labels": {"team": "blue"}}}),
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "robot", "namespace": "shop", "labels": {"role": "api"}}}),
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "robot", "namespace": "ops", "labels": {"role": "web"}}}),
        calico("ClusterInformation", "default", json!({"calicoVersion": line})),
        calico("BGPConfiguration", "default", json!({"serviceClusterIPs": [{"cidr": "10.20.30.0/24"}, {"cidr": "fd00:20:30::/112"}]})),
    ];
    let (host_endpoints, of_edge, interfaces) = edge(&mut whole, &base);
    objects.extend(of_edge);
    let mode = whole.one(&["Never", "Always", "CrossSubnet"]);
    let pool = whole.one(&["vxlanMode", "ipipMode"]);
    objects.push(calico("IPPool", "pods", json!({"cidr": "192.168.0.0/16", pool: mode, "natOutgoing": true})));
    if dual {
        objects.push(calico(
            "IPPool",
            "pods-v6",
            json!({"cidr": "fd00:192::/32", "vxlanMode": if pool == "vxlanMode" { mode } else { "Never" }}),
        ));
    }
    let failsafes = whole.one(&[Value::Null, Value::Null, json!([]), json!([{"protocol": "TCP", "port": 22, "net": "10.0.0.0/8"}])]);
    objects.push(calico("FelixConfiguration", "default", json!({"failsafeInboundHostPorts": failsafes})));
    objects.extend(base.nodes.iter().map(|node| node.object.clone()));
    // The first pod is always the Service's.
    let mut pods: Vec<_> = (1..).zip(pods).map(|(at, choices)| services::pod(&mut Draw::new(choices), at, &base, 6)).collect();
    pods.insert(0, services::pod(&mut Draw::new(vec![0, whole.below(base.nodes.len()) as u16]), 0, &base, 0));
    // Where somebody thinks of the pods alone, the traffic policies are mostly such that these see the clients.
    let alone = whole.chance(25);
    objects.extend(service(&mut whole, &base, &pods, alone));
    for (at, choices) in (1..).zip(others) {
        let mut made = services::service(&mut Draw::new(choices), at, &base, &pods);
        if whole.chance(60) {
            // Mostly on pods of its own.
            made = services::with_selector(made, &json!({"app": "b"}), &base, &pods);
        }
        objects.extend(made);
    }
    objects.extend(pods.into_iter().map(|pod| pod.object));
    objects.extend((0..).zip(of_sets).map(|(at, choices)| sets(&mut Draw::new(choices), at)));
    objects.extend((0..).zip(policies).map(|(at, choices)| drawn_policy(&mut Draw::new(choices), at, &base)));
    let proxy_mode = Some(if whole.chance(15) { ProxyMode::Nftables } else { ProxyMode::Iptables });
    let hints = Some(whole.one(&Hints::OF_VERSIONS));
    let cluster = Cluster {
        objects,
        unread: Vec::new(),
        proxy_mode,
        pod_ranges: Some(vec!["192.168.0.0/16", "fd00:192::/32"]),
        hints,
        node_ports: None,
    };
    let ports: Vec<Port> = ports_of(&cluster);
    let mut accesses = accesses.into_iter().map(|choices| {
        let mut draw = Draw::new(choices);
        let access = access(&mut draw, &ports, dual);
        let enforced = if alone && !draw.chance(30) { Enforced::PodsAlone } else { Enforced::NodesAndPods };
        Access { enforced, ..access }
    });
    let accesses = [accesses.next().unwrap(), accesses.next().unwrap()];
    Job { cluster, host_endpoints, accesses, interfaces, nodes: receiving }
}

/// On which HostEndpoints the edge is to stand, those that are there, and the interfaces that there are.
fn edge(whole: &mut Draw, base: &Base) -> (HostEndpoints, Vec<Value>, Vec<&'static str>) {
    let named = || HostEndpoints::Named { interface: "eth0".to_owned().try_into().unwrap() };
    let lacking = whole.chance(5);
    let one = |interface: &str, labels: Value| -> Vec<Value> {
        let endpoint = |(number, node): (usize, &hosts::Machine)| {
            let addresses: Vec<&String> = node.addresses.iter().chain(node.tunnels.iter().filter(|_| !lacking)).collect();
            let expected = if interface == "eth1" { json!([format!("10.9.{number}.1")]) } else { json!(addresses) };
            let name = if interface == "*" { format!("{}-auto-hep", node.name) } else { format!("{}-{interface}", node.name) };
            let mut object = calico(
                "HostEndpoint",
                &name,
                json!({"node": node.name, "interfaceName": interface, "expectedIPs": expected,
                "profiles": ["projectcalico-default-allow"]}),
            );
            object["metadata"]["labels"] = labels.clone();
            object
        };
        base.nodes.iter().enumerate().map(endpoint).collect()
    };
    let made_by_calico = json!({"projectcalico.org/created-by": "calico-kube-controllers", "kubernetes.io/os": "linux"});
    let controllers =
        calico("KubeControllersConfiguration", "default", json!({"controllers": {"node": {"hostEndpoint": {"autoCreate": "Enabled"}}}}));
    match whole.below(10) {
        0..=3 => (named(), Vec::new(), vec!["eth0"]),
        4..=5 => (HostEndpoints::Existing, one("eth0", json!({"edge": "true"})), vec!["eth0"]),
        6 => (HostEndpoints::Existing, one("*", json!({"edge": "true", "k8s-role": "node"})), vec![""]),
        7 => (HostEndpoints::Automatic, one("*", made_by_calico).into_iter().chain([controllers]).collect(), vec![""]),
        8 => {
            let both = one("eth0", json!({"edge": "true"})).into_iter().chain(one("*", json!({"edge": "true"})));
            (HostEndpoints::Existing, both.collect(), vec!["eth0", "eth9"])
        }
        _ => {
            let both = one("eth0", json!({"edge": "true"})).into_iter().chain(one("eth1", json!({"edge": "true"})));
            (HostEndpoints::Existing, both.collect(), vec!["eth0", "eth1"])
        }
    }
}

/// `shop/s0`.
fn service(whole: &mut Draw, base: &Base, pods: &[services::Workload], alone: bool) -> Vec<Value> {
    let selector = json!({"app": "a"});
    let mut all = vec![("http", "TCP", 80, json!(8080)), ("https", "TCP", 443, json!("tls")), ("dns", "UDP", 53, json!(5353))];
    if whole.chance(15) {
        all = vec![("http", "TCP", 80, json!(8080)), ("ssh", "TCP", 22, json!(8022)), ("api", "TCP", 6443, json!("tls"))];
    }
    let ports = whole.some(&all, 3);
    let mut cluster_ips = vec!["10.20.30.40"];
    if base.dual && !whole.chance(20) {
        cluster_ips.push("fd00:20:30::40");
    }
    let kind = whole.one(&["ClusterIP", "ClusterIP", "ClusterIP", "NodePort", "LoadBalancer"]);
    let listed: Vec<Value> = (30_080..)
        .zip(&ports)
        .map(|(number, (name, protocol, port, target))| {
            let node_port = if kind == "ClusterIP" { 0 } else { number };
            json!({"name": name, "protocol": protocol, "port": port, "targetPort": target, "nodePort": node_port})
        })
        .collect();
    let external = whole.one(&[json!([]), json!([]), json!([]), json!(["203.0.113.9"]), json!(["203.0.113.9", "2001:db8:ff::9"])]);
    let balancer = if kind == "LoadBalancer" { json!([{"ip": "203.0.113.99"}]) } else { json!([]) };
    let local = |local: bool| if local { "Local" } else { "Cluster" };
    let internal = local(whole.chance(if alone { 90 } else { 12 }));
    let usual = if kind == "ClusterIP" { 12 } else { 40 };
    let of_external = local(whole.chance(if alone { 90 } else { usual }));
    let by_hand = whole.chance(8);
    let mut slices = services::slices("s0", "shop", &selector, &ports, base, pods);
    if by_hand && whole.chance(30) {
        for slice in slices.iter_mut().filter(|slice| slice["addressType"] == "IPv4").take(1) {
            slice["endpoints"].as_array_mut().unwrap().push(json!({"addresses": ["10.99.0.7"], "conditions": {"ready": true}}));
        }
    }
    let selector = if by_hand { Value::Null } else { selector };
    let object = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s0", "namespace": "shop"},
        "spec": {"type": kind, "clusterIP": cluster_ips[0], "clusterIPs": cluster_ips, "selector": selector, "ports": listed,
            "externalIPs": external, "internalTrafficPolicy": internal, "externalTrafficPolicy": of_external},
        "status": {"loadBalancer": {"ingress": balancer}}});
    std::iter::once(object).chain(slices).collect()
}

fn ports_of(cluster: &Cluster) -> Vec<Port> {
    let service = cluster.objects.iter().find(|object| object["kind"] == "Service" && object["metadata"]["name"] == "s0").unwrap();
    let port = |port: &Value| {
        let protocol = if port["protocol"] == "UDP" { Protocol::Udp } else { Protocol::Tcp };
        Port { protocol, port: u16::try_from(port["port"].as_u64().unwrap()).unwrap() }
    };
    service["spec"]["ports"].as_array().unwrap().iter().map(port).collect()
}

fn access(draw: &mut Draw, ports: &[Port], dual: bool) -> Access {
    let mut clients = Vec::new();
    for _ in 0..draw.below(4) {
        let v6 = dual && draw.chance(30);
        let cidr = if v6 {
            draw.one(&["2001:db8::/32", "2001:db8:7::/48", "2001:db8::1/128"])
        } else {
            draw.one(&["50.60.0.0/16", "50.60.7.0/24", "50.60.7.7/32", "70.80.90.0/24", "50.0.0.0/8", "0.0.0.0/0"])
        };
        let of = if draw.chance(35) { draw.some(ports, 2) } else { Vec::new() };
        clients.push(ClientRange { cidr: cidr.parse().unwrap(), ports: of, note: String::new() });
    }
    let in_cluster = match draw.below(6) {
        0..=3 => InCluster::Unchanged,
        4 => InCluster::Namespaces(vec!["shop".to_owned()]),
        _ => InCluster::Nobody,
    };
    let load_balancers = draw.one(&[&[][..], &[], &["198.51.100.0/24"], &["198.51.100.0/24", "2001:db8:1b::/48", "50.60.7.0/24"]]);
    let load_balancers = load_balancers.iter().map(|cidr| cidr.parse().unwrap()).collect();
    Access { clients, in_cluster, load_balancers, ..Access::default() }
}
