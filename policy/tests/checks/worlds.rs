//! Worlds and changes that tests change one thing of.

use crate::common::{World, access, global_policy, guard, row, service};
use policy::access::{Access, Change, HostEndpoints, InCluster};
use serde_json::{Value, json};

/// The ports of a Service.
pub(crate) const PORTS: &str = "/spec/ports";

pub(crate) fn with_load_balancer(access: Access) -> Access {
    Access { load_balancers: vec![row("198.51.100.0/24", &[]).cidr], ..access }
}

pub(crate) fn on(host_endpoints: HostEndpoints) -> Change {
    Change { host_endpoints, ..guard(access(&["50.60.0.0/16"])) }
}

pub(crate) fn in_cluster(in_cluster: InCluster) -> Change {
    guard(Access { in_cluster, ..access(&["50.60.0.0/16"]) })
}

pub(crate) fn network_policy(name: &str, spec: Value) -> Value {
    json!({"apiVersion": "projectcalico.org/v3", "kind": "NetworkPolicy", "metadata": {"name": name, "namespace": "shop"}, "spec": spec})
}

pub(crate) fn pre_dnat(order: i64, nets: &[&str]) -> Value {
    at_hosts("theirs", order, nets)
}

/// A policy of others before translation, of the order of the edge policies.
pub(crate) fn at_hosts_by_name(name: &str) -> Value {
    at_hosts(name, 100, &[])
}

fn at_hosts(name: &str, order: i64, nets: &[&str]) -> Value {
    global_policy(
        name,
        json!({"selector": "k8s-role == 'node'", "order": order, "types": ["Ingress"], "preDNAT": true,
        "applyOnForward": true, "ingress": [{"action": "Deny", "destination": {"nets": nets}}]}),
    )
}

pub(crate) fn page() -> World {
    World::page()
}

/// The page's cluster with a named HostEndpoint on each node.
pub(crate) fn named() -> World {
    page().with_host_endpoints("eth0")
}

/// A plan on the HostEndpoints that there are.
pub(crate) fn existing() -> Change {
    on(HostEndpoints::Existing)
}

pub(crate) fn one_port(port: Value) -> Value {
    json!([port])
}

pub(crate) fn other_service(name: &str, selector: Value) -> Value {
    service(name, "10.20.30.50", selector, json!([{"port": 80, "targetPort": 8080}]))
}

/// With a load balancer and a NodePort.
pub(crate) fn balanced() -> World {
    let ports = one_port(json!({"port": 80, "nodePort": 30080}));
    page().set("Service", "svc-a", PORTS, ports).set("Service", "svc-a", "/spec/type", json!("LoadBalancer"))
}

/// Without a selector, and with an endpoint of its own. Pod a-1 has the address 192.168.1.1.
pub(crate) fn by_hand(address: &str) -> World {
    page().set("Service", "svc-a", "/spec/selector", Value::Null).with(json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
        "metadata": {"name": "svc-a-1", "namespace": "shop", "labels": {"kubernetes.io/service-name": "svc-a"}},
        "addressType": "IPv4", "endpoints": [{"addresses": [address]}], "ports": [{"port": 8080}]}))
}

pub(crate) fn on_pods() -> Value {
    network_policy("theirs", json!({"selector": "app == 'a'", "types": ["Ingress"]}))
}

pub(crate) fn on_hosts() -> Value {
    global_policy("host", json!({"selector": "has(k8s-role)", "types": ["Ingress"], "ingress": [{"action": "Deny"}]}))
}

pub(crate) fn forwarded() -> Value {
    global_policy(
        "forwarded",
        json!({"selector": "has(k8s-role)", "types": ["Ingress"], "applyOnForward": true, "ingress": [{"action": "Allow"}]}),
    )
}

pub(crate) fn ssh() -> Value {
    one_port(json!({"port": 22, "targetPort": 8022}))
}

/// Two ports that lead to one of the pods'.
pub(crate) fn two_to_one() -> Value {
    json!([{"name": "http", "port": 80, "targetPort": 8080}, {"name": "ssh", "port": 22, "targetPort": 8080}])
}

/// With a node that reports its interfaces, each with an address.
pub(crate) fn reporting(world: World, node: &str, interfaces: &[(&str, &str)]) -> World {
    let listed: Vec<Value> = interfaces.iter().map(|(name, address)| json!({"name": name, "addresses": [address]})).collect();
    world.set("Node", node, "/metadata/annotations/projectcalico.org~1Interfaces", Value::Array(listed).to_string().into())
}

/// With a node that load balancers leave out.
pub(crate) fn excluded(world: World, node: &str) -> World {
    world.set("Node", node, "/metadata/labels", json!({"node.kubernetes.io/exclude-from-external-load-balancers": "true"}))
}
