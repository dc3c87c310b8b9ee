//! A big cluster, made by counting: the same objects every time, but for what a server sets.
//!
//! 10,000 Services in 200 namespaces, 12,000 slices, 30,000 pods, 5,000 nodes with a HostEndpoint each, 5,000 policies of others: a
//! thousand at every host, the others on pods. One Service in five is advertised, one in fifty has a NodePort.

use serde_json::{Value, json};

const NAMESPACES: u32 = 200;
const NODES: u32 = 5_000;
const SERVICES: u32 = 10_000;
/// The first of them have a second slice, without endpoints as yet.
const SLICES: u32 = 12_000;
const PODS: u32 = 30_000;
const AT_HOSTS: u32 = 1_000;
const ON_PODS: u32 = 4_000;
/// Sets of networks, which policies at the hosts mean in turns.
const SETS: u32 = 100;

/// The objects in an order in which an API server takes them.
pub(super) fn objects() -> impl Iterator<Item = Value> {
    settings()
        .into_iter()
        .chain(
            (0..NAMESPACES).map(|n| object("v1", "Namespace", json!({"name": namespace(n), "labels": {"team": namespace(n)}}), json!({}))),
        )
        .chain((0..NODES).map(node))
        .chain((0..NODES).map(host_endpoint))
        .chain((0..SETS).map(set))
        .chain((0..AT_HOSTS).map(at_hosts))
        .chain((0..SERVICES).map(service))
        .chain((0..PODS).map(pod))
        .chain((0..SLICES).map(slice))
        .chain((0..ON_PODS).map(on_pods))
}

fn object(api: &str, kind: &str, metadata: Value, spec: Value) -> Value {
    json!({"apiVersion": api, "kind": kind, "metadata": metadata, "spec": spec})
}

fn calico(kind: &str, name: &str, spec: Value) -> Value {
    object("projectcalico.org/v3", kind, json!({"name": name}), spec)
}

fn settings() -> [Value; 7] {
    [
        object("v1", "Namespace", json!({"name": "default"}), json!({})),
        object("v1", "Namespace", json!({"name": "kube-system"}), json!({})),
        calico("ClusterInformation", "default", json!({"calicoVersion": "v3.28.5", "clusterType": "k8s,bgp,kdd", "datastoreReady": true})),
        calico("KubeControllersConfiguration", "default", json!({"controllers": {"node": {"hostEndpoint": {"autoCreate": "Disabled"}}}})),
        calico("FelixConfiguration", "default", json!({"bpfEnabled": false})),
        calico("BGPConfiguration", "default", json!({"asNumber": 64512, "serviceClusterIPs": [{"cidr": "172.20.0.0/21"}]})),
        calico(
            "IPPool",
            "pods",
            json!({"cidr": "192.168.0.0/16", "ipipMode": "Never", "vxlanMode": "Never", "natOutgoing": true, "nodeSelector": "all()"}),
        ),
    ]
}

fn namespace(n: u32) -> String {
    format!("team-{:03}", n % NAMESPACES)
}

/// The last two numbers of an address, from .0.1 on.
fn low(n: u32) -> String {
    format!("{}.{}", (n + 1) >> 8, (n + 1) & 255)
}

fn node_name(n: u32) -> String {
    format!("node-{:04}", n % NODES)
}

fn node_address(n: u32) -> String {
    format!("10.0.{}", low(n % NODES))
}

fn node(n: u32) -> Value {
    let name = node_name(n);
    let mut node = object(
        "v1",
        "Node",
        json!({"name": name, "labels": {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux"},
            "annotations": {"projectcalico.org/IPv4Address": format!("{}/16", node_address(n))}}),
        json!({}),
    );
    node["status"] = json!({"addresses": [{"type": "InternalIP", "address": node_address(n)}]});
    node
}

fn host_endpoint(n: u32) -> Value {
    let node = node_name(n);
    let mut endpoint = calico(
        "HostEndpoint",
        &format!("{node}-eth0"),
        json!({"node": node, "interfaceName": "eth0", "expectedIPs": [node_address(n)], "profiles": ["projectcalico-default-allow"]}),
    );
    endpoint["metadata"]["labels"] = json!({"edge": "true"});
    endpoint
}

fn set(n: u32) -> Value {
    let nets: Vec<String> = (0..100).map(|net| format!("50.{n}.{net}.0/24")).collect();
    let mut set = calico("GlobalNetworkSet", &format!("partner-{n:02}"), json!({"nets": nets}));
    set["metadata"]["labels"] = json!({"partner": format!("partner-{n:02}")});
    set
}

/// One for each of the first advertised Services, which lets one partner in.
fn at_hosts(n: u32) -> Value {
    let address = format!("{}/32", cluster_ip(n));
    let partner = format!("partner == 'partner-{:02}'", n % SETS);
    calico(
        "GlobalNetworkPolicy",
        &format!("gate-{n:03}"),
        json!({"order": 100 + n, "selector": "edge == 'true'", "types": ["Ingress"], "preDNAT": true, "applyOnForward": true, "ingress": [
            {"action": "Allow", "protocol": "TCP", "source": {"selector": partner, "namespaceSelector": "global()"},
                "destination": {"nets": [address], "ports": [80]}},
            {"action": "Deny", "destination": {"nets": [address]}}]}),
    )
}

fn cluster_ip(n: u32) -> String {
    format!("172.20.{}", low(n))
}

/// The app that a Service leads to.
fn app(service: u32) -> String {
    format!("app-{service:05}")
}

fn service(n: u32) -> Value {
    let node_port = n % 50 == 7;
    let mut port = json!({"name": "http", "protocol": "TCP", "port": 80, "targetPort": 8080});
    if node_port {
        port["nodePort"] = json!(30_000 + n / 50);
    }
    object(
        "v1",
        "Service",
        json!({"name": format!("svc-{n:05}"), "namespace": namespace(n)}),
        json!({"type": if node_port { "NodePort" } else { "ClusterIP" }, "clusterIP": cluster_ip(n), "clusterIPs": [cluster_ip(n)],
            "selector": {"app": app(n)}, "ports": [port]}),
    )
}

fn pod_name(n: u32) -> String {
    format!("{}-{}", app(n % SERVICES), n / SERVICES)
}

fn pod_address(n: u32) -> String {
    format!("192.168.{}", low(n))
}

fn pod(n: u32) -> Value {
    let service = n % SERVICES;
    let mut pod = object(
        "v1",
        "Pod",
        json!({"name": pod_name(n), "namespace": namespace(service), "labels": {"app": app(service)}}),
        json!({"nodeName": node_name(n), "containers": [{"name": "web", "image": "registry.example.com/web:1",
            "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}]}]}),
    );
    let ready = json!([{"type": "Ready", "status": "True"}]);
    let address = pod_address(n);
    pod["status"] =
        json!({"phase": "Running", "hostIP": node_address(n), "podIP": address, "podIPs": [{"ip": address}], "conditions": ready});
    pod
}

fn slice(n: u32) -> Value {
    let service = n % SERVICES;
    let pods = (0..PODS / SERVICES).map(|at| at * SERVICES + service).filter(|_| n < SERVICES);
    let endpoint = |pod: u32| {
        json!({"addresses": [pod_address(pod)], "conditions": {"ready": true, "serving": true, "terminating": false}, "nodeName": node_name(pod),
            "targetRef": {"kind": "Pod", "namespace": namespace(service), "name": pod_name(pod)}})
    };
    let endpoints: Vec<Value> = pods.map(endpoint).collect();
    json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
        "metadata": {"name": format!("svc-{service:05}-{}", n / SERVICES), "namespace": namespace(service),
            "labels": {"kubernetes.io/service-name": format!("svc-{service:05}")}},
        "addressType": "IPv4", "endpoints": endpoints, "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}]})
}

/// Lets the pods of the namespace in, and nodes: on the pods of the last Services.
fn on_pods(n: u32) -> Value {
    let service = SERVICES - 1 - n;
    let ports = json!({"ports": [8080]});
    object(
        "projectcalico.org/v3",
        "NetworkPolicy",
        json!({"name": format!("own-{service:05}"), "namespace": namespace(service)}),
        json!({"order": 500, "selector": format!("app == '{}'", app(service)), "types": ["Ingress"], "ingress": [
            {"action": "Allow", "protocol": "TCP", "source": {"selector": "all()"}, "destination": ports},
            {"action": "Allow", "protocol": "TCP", "source": {"selector": "edge == 'true'", "namespaceSelector": "global()"}, "destination": ports}]}),
    )
}
