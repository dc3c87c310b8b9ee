//! The page's example, as the rig has it (`end2end/worlds/page.yaml`): two nodes, a Service whose only pod is on the first, and one with a
//! NodePort on the same pod.

use crate::cluster::{Cluster, calico};
use policy::object::ServiceRef;
use serde_json::{Value, json};

pub(crate) const AUTHORISED: &str = "50.60.1.10";
pub(crate) const OUTSIDER: &str = "70.80.1.10";
pub(crate) const ADDRESS: &str = "10.20.30.40";

pub(crate) fn svc_a() -> ServiceRef {
    "shop/svc-a".parse().unwrap()
}

/// No HostEndpoints, no policies.
pub(crate) fn page() -> Cluster {
    let mut objects = vec![
        namespace("shop"),
        namespace("ops"),
        calico("IPPool", "pods", json!({"cidr": "192.168.0.0/16"})),
        calico("BGPConfiguration", "default", json!({"serviceClusterIPs": [{"cidr": "10.20.30.0/24"}]})),
        calico("FelixConfiguration", "default", json!({})),
        calico("KubeControllersConfiguration", "default", json!({"controllers": {"node": {"hostEndpoint": {"autoCreate": "Disabled"}}}})),
        calico("ClusterInformation", "default", json!({"calicoVersion": "v3.28.5"})),
    ];
    objects.extend([("node-a", 1), ("node-b", 2)].map(|(name, number)| node(name, number)));
    let ports = json!([
        {"name": "http", "containerPort": 80}, {"name": "https", "containerPort": 443},
        {"name": "quic", "containerPort": 443, "protocol": "UDP"}]);
    objects.push(pod("svc-a-1", "shop", "node-a", "192.168.10.11", json!({"app": "svc-a"}), &ports));
    objects.push(pod("caller-a", "shop", "node-a", "192.168.10.12", json!({"app": "caller"}), &json!([])));
    objects.push(pod("caller-b", "ops", "node-b", "192.168.20.12", json!({"app": "caller"}), &json!([])));
    let port = |name: &str, protocol: &str, port: u16, target: Value| json!({"name": name, "protocol": protocol, "port": port, "targetPort": target});
    objects.push(service(
        "svc-a",
        ADDRESS,
        json!([
            port("http", "TCP", 80, json!("http")),
            port("https", "TCP", 443, json!(443)),
            port("quic", "UDP", 443, json!("quic")),
            port("ssh", "TCP", 22, json!("http")),
            port("api", "TCP", 6443, json!("https")),
        ]),
    ));
    objects.push(slice(
        "svc-a",
        &[("svc-a-1", "node-a", "192.168.10.11")],
        json!([
        {"name": "http", "protocol": "TCP", "port": 80}, {"name": "https", "protocol": "TCP", "port": 443},
        {"name": "quic", "protocol": "UDP", "port": 443}, {"name": "ssh", "protocol": "TCP", "port": 80},
        {"name": "api", "protocol": "TCP", "port": 443}]),
    ));
    let mut node_port = service("svc-node", "10.20.30.42", json!([port("http", "TCP", 80, json!("http"))]));
    node_port["spec"]["type"] = "NodePort".into();
    node_port["spec"]["ports"][0]["nodePort"] = 30_080.into();
    objects.push(node_port);
    objects.push(slice("svc-node", &[("svc-a-1", "node-a", "192.168.10.11")], json!([{"name": "http", "protocol": "TCP", "port": 80}])));
    Cluster::of(objects)
}

/// The same with nothing but what a plan can guard: two ports, no NodePort, a pod on each node.
pub(crate) fn plain() -> Cluster {
    let ports = json!([{"name": "http", "containerPort": 80}, {"name": "https", "containerPort": 443}]);
    let listed = json!([
        {"name": "http", "protocol": "TCP", "port": 80, "targetPort": 80},
        {"name": "https", "protocol": "TCP", "port": 443, "targetPort": "https"}]);
    let endpoints = [("svc-a-1", "node-a", "192.168.10.11"), ("svc-a-2", "node-b", "192.168.20.11")];
    page()
        .without("Service", "svc-")
        .without("EndpointSlice", "svc-")
        .with(service("svc-a", ADDRESS, listed))
        .with(pod("svc-a-2", "shop", "node-b", "192.168.20.11", json!({"app": "svc-a"}), &ports))
        .with(slice(
            "svc-a",
            &endpoints,
            json!([
            {"name": "http", "protocol": "TCP", "port": 80}, {"name": "https", "protocol": "TCP", "port": 443}]),
        ))
}

/// The same where the first pod uses the network of its node.
pub(crate) fn on_host_network(cluster: Cluster) -> Cluster {
    cluster
        .set("Pod", "svc-a-1", "/spec/hostNetwork", json!(true))
        .set("Pod", "svc-a-1", "/status", json!({"phase": "Running", "podIP": "10.0.1.1", "podIPs": [{"ip": "10.0.1.1"}]}))
        .set("EndpointSlice", "svc-a-1", "/endpoints/0/addresses", json!(["10.0.1.1"]))
}

pub(crate) fn namespace(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
}

pub(crate) fn node(name: &str, number: u8) -> Value {
    json!({"apiVersion": "v1", "kind": "Node",
        "metadata": {"name": name, "annotations": {
            "projectcalico.org/IPv4Address": format!("10.0.{number}.1/24"),
            "projectcalico.org/IPv4VXLANTunnelAddr": format!("192.168.{number}0.1")}},
        "status": {"addresses": [{"type": "InternalIP", "address": format!("10.0.{number}.1")}]}})
}

pub(crate) fn pod(name: &str, namespace: &str, node: &str, address: &str, labels: Value, ports: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {"nodeName": node, "containers": [{"name": "c", "ports": ports}]},
        "status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]}})
}

pub(crate) fn service(name: &str, address: &str, ports: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "shop"},
        "spec": {"type": "ClusterIP", "clusterIP": address, "clusterIPs": [address], "selector": {"app": "svc-a"}, "ports": ports}})
}

/// The endpoints of a Service: pods, with their nodes and addresses.
pub(crate) fn slice(service: &str, pods: &[(&str, &str, &str)], ports: Value) -> Value {
    let endpoint = |(pod, node, address): &(&str, &str, &str)| {
        json!({"addresses": [address], "conditions": {"ready": true}, "nodeName": node,
            "targetRef": {"kind": "Pod", "namespace": "shop", "name": pod}})
    };
    let endpoints: Vec<Value> = pods.iter().map(endpoint).collect();
    json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
        "metadata": {"name": format!("{service}-1"), "namespace": "shop", "labels": {"kubernetes.io/service-name": service}},
        "addressType": "IPv4", "endpoints": endpoints, "ports": ports})
}

/// A HostEndpoint on each node, labelled as the page says.
pub(crate) fn host_endpoints(interface: &str) -> Vec<Value> {
    [("node-a", 1), ("node-b", 2)]
        .iter()
        .map(|(node, number)| {
            let mut object = calico(
                "HostEndpoint",
                &format!("{node}-hep"),
                json!({"node": node, "interfaceName": interface,
                "expectedIPs": [format!("10.0.{number}.1")], "profiles": ["projectcalico-default-allow"]}),
            );
            object["metadata"]["labels"] = json!({"k8s-role": "node"});
            object
        })
        .collect()
}

impl Cluster {
    /// With one object more.
    #[must_use]
    pub(crate) fn with(mut self, object: Value) -> Self {
        self.objects.push(object);
        self
    }

    /// With these objects more.
    #[must_use]
    pub(crate) fn with_all(mut self, objects: impl IntoIterator<Item = Value>) -> Self {
        self.objects.extend(objects);
        self
    }

    /// Without the objects of this kind whose name begins so.
    #[must_use]
    pub(crate) fn without(mut self, kind: &str, name: &str) -> Self {
        self.objects.retain(|o| o["kind"] != kind || !o["metadata"]["name"].as_str().is_some_and(|n| n.starts_with(name)));
        self
    }

    /// With the object of this kind and name changed at a JSON pointer (its parent must exist).
    #[must_use]
    pub(crate) fn set(mut self, kind: &str, name: &str, pointer: &str, value: Value) -> Self {
        let object = self.objects.iter_mut().find(|o| o["kind"] == kind && o["metadata"]["name"] == name).unwrap();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        object.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert(key.to_owned(), value);
        self
    }
}
