//! Pods, Services and what stands behind them.

use super::{Base, hosts};
use crate::draw::Draw;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A pod, and what the controller of EndpointSlices sees of it.
pub(crate) struct Workload {
    pub(crate) object: Value,
    name: String,
    namespace: &'static str,
    node: String,
    labels: Value,
    addresses: Vec<String>,
    ports: Vec<(&'static str, u16)>,
    conditions: Value,
    listed: bool,
}

/// `on_host`: how many of a hundred use their node's network.
pub(super) fn pod(draw: &mut Draw, at: usize, base: &Base, on_host: usize) -> Workload {
    let namespace = if draw.chance(15) { "ops" } else { "shop" };
    let number = draw.below(base.nodes.len());
    let node = &base.nodes[number];
    let labels = draw.one(&[
        json!({"app": "a"}),
        json!({"app": "a"}),
        json!({"app": "a", "tier": "x"}),
        json!({"app": "a", "tier": "x"}),
        json!({"app": "b"}),
        json!({"app": "a", "edge": "true"}),
        json!({"tier": "x"}),
        json!({}),
    ]);
    let on_host = draw.chance(on_host);
    let mut addresses = vec![format!("192.168.{}.{}", number + 1, 10 + at)];
    if base.dual && !draw.chance(20) {
        addresses.push(format!("fd00:192::{}:{}", number + 1, 10 + at));
    }
    if on_host {
        addresses.clone_from(&node.addresses);
    }
    let ports = draw.one(&[
        vec![("web", 8080), ("tls", 8443)],
        vec![("web", 8080), ("tls", 8443)],
        vec![("web", 8080), ("tls", 8443)],
        vec![("web", 8080)],
        vec![("web", 9090), ("tls", 8080)],
        vec![],
    ]);
    let account = draw.one(&["", "robot", "default"]);
    let phase = match draw.below(25) {
        23 => "Pending",
        24 => "Succeeded",
        _ => "Running",
    };
    let conditions = draw.one(&[
        json!({"ready": true}),
        json!({"ready": true}),
        json!({"ready": true}),
        json!({"ready": true}),
        json!({"ready": true}),
        json!({"ready": true}),
        json!({"ready": true}),
        json!({}),
        json!({}),
        json!({"ready": true, "serving": true, "terminating": false}),
        json!({"ready": false}),
        json!({"ready": false, "serving": true, "terminating": true}),
        json!({"ready": false, "serving": false, "terminating": true}),
    ]);
    let name = format!("p{at}");
    let listed: Vec<Value> = ports.iter().map(|(name, port)| json!({"name": name, "containerPort": port})).collect();
    let ips: Vec<Value> = addresses.iter().map(|ip| json!({"ip": ip})).collect();
    let object = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {"nodeName": node.name, "hostNetwork": on_host, "serviceAccountName": account, "containers": [{"name": "c", "ports": listed}]},
        "status": {"phase": phase, "podIP": addresses[0], "podIPs": ips}});
    Workload { object, name, namespace, node: node.name.clone(), labels, addresses, ports, conditions, listed: phase == "Running" }
}

impl Workload {
    fn endpoint(&self, address: &str) -> Value {
        json!({"addresses": [address], "conditions": self.conditions, "nodeName": self.node,
            "targetRef": {"kind": "Pod", "namespace": self.namespace, "name": self.name}})
    }
}

/// A port of a Service: its name, protocol, number, and the pods' port.
pub(super) type Port = (&'static str, &'static str, u16, Value);

fn all_ports() -> [Port; 6] {
    [
        ("http", "TCP", 80, json!(8080)),
        ("https", "TCP", 443, json!("tls")),
        ("dns", "UDP", 53, json!(5353)),
        ("ssh", "TCP", 22, json!("web")),
        ("api", "TCP", 6443, json!(8443)),
        ("same", "SCTP", 80, json!(8080)),
    ]
}

/// A Service, and the slices that the controller makes for it.
pub(super) fn service(draw: &mut Draw, at: usize, base: &Base, pods: &[Workload]) -> Vec<Value> {
    let namespace = if draw.chance(8) { "ops" } else { "shop" };
    let name = format!("s{at}");
    let kind = draw.one(&["ClusterIP", "ClusterIP", "NodePort", "NodePort", "LoadBalancer", "LoadBalancer"]);
    let selector = draw.one(&[
        json!({"app": "a"}),
        json!({"app": "a"}),
        json!({"app": "a"}),
        json!({"app": "a"}),
        json!({"tier": "x"}),
        json!({"tier": "x"}),
        json!({"app": "b"}),
        json!({}),
    ]);
    // Two Services on one address now and then.
    let number = if draw.chance(6) { 40 } else { 40 + at };
    let v4 = format!("10.20.30.{number}");
    let mut cluster_ips = vec![v4.clone()];
    if base.dual && !draw.chance(15) {
        cluster_ips.push(format!("fd00:20:30::{number}"));
    }
    if draw.chance(3) {
        cluster_ips = vec!["None".to_owned()];
    }
    let ports = draw.some(&all_ports(), 3);
    let mut spec = json!({"type": kind, "clusterIP": cluster_ips[0], "clusterIPs": cluster_ips, "selector": selector});
    let listed: Vec<Value> = (0..)
        .zip(&ports)
        .map(|(number, (name, protocol, port, target))| {
            let mut entry = json!({"name": name, "protocol": protocol, "port": port, "targetPort": target});
            if kind != "ClusterIP" {
                entry["nodePort"] = (30_080 + 10 * at + number).into();
            }
            entry
        })
        .collect();
    spec["ports"] = listed.into();
    if draw.chance(25) {
        let external = ["203.0.113.7", "203.0.113.8", "10.20.30.41", &base.nodes[0].addresses[0], "2001:db8:ffff::7"];
        spec["externalIPs"] = json!(draw.some(&external, 2));
    }
    if kind != "ClusterIP" && draw.chance(22) {
        spec["externalTrafficPolicy"] = "Local".into();
    }
    if draw.chance(10) {
        spec["internalTrafficPolicy"] = "Local".into();
    }
    let mut status = json!({});
    if kind == "LoadBalancer" {
        let mut ingress = json!({"ip": draw.one(&["203.0.113.8", "203.0.113.9", "2001:db8:ffff::9"])});
        if draw.chance(15) {
            ingress["ipMode"] = "Proxy".into();
        }
        status["loadBalancer"]["ingress"] = json!([ingress]);
        if draw.chance(40) {
            spec["loadBalancerSourceRanges"] = json!(draw.some(&["50.60.0.0/16", "10.0.0.0/8", "2001:db8::/32", "70.80.90.0/24"], 2));
        }
    }
    let labels = if draw.chance(2) { json!({"service.kubernetes.io/service-proxy-name": "another"}) } else { json!({}) };
    let metadata = json!({"name": name, "namespace": namespace, "labels": labels});
    let mut objects = vec![json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec, "status": status})];
    if selector.as_object().is_some_and(|selector| !selector.is_empty()) {
        objects.extend(slices(&name, namespace, &selector, &ports, base, pods));
    }
    if draw.chance(20) {
        by_zone(draw, &mut objects);
    }
    objects
}

/// Makes kube-proxy keep to zones, and to nodes: the Service asks for it or not, and endpoints are meant for that of their node, or for others.
fn by_zone(draw: &mut Draw, objects: &mut [Value]) {
    let whole = !draw.chance(20);
    let nodes = draw.chance(40);
    for object in objects {
        if object["kind"] == "Service" {
            let asks = [json!({"service.kubernetes.io/topology-mode": "Auto"}), json!({"service.kubernetes.io/topology-mode": "Disabled"})];
            match draw.below(5) {
                0 => object["spec"]["trafficDistribution"] = "PreferSameNode".into(),
                1 => object["metadata"]["annotations"] = asks[1].clone(),
                _ => object["metadata"]["annotations"] = asks[0].clone(),
            }
        }
        for endpoint in object["endpoints"].as_array_mut().into_iter().flatten() {
            let own = hosts::zone(endpoint["nodeName"].as_str().unwrap_or_default());
            let zones = match draw.below(8) {
                0 => json!([{"name": "east"}, {"name": "west"}]),
                1 => json!([{"name": "east"}]),
                2 if !whole => json!([]),
                _ => json!([{"name": own}]),
            };
            endpoint["hints"] = json!({"forZones": zones});
            if nodes {
                let nodes = match draw.below(6) {
                    0 => json!([{"name": "node-a"}, {"name": "node-b"}]),
                    1 if !whole => json!([]),
                    2 => json!([{"name": "node-a"}]),
                    _ => json!([{"name": endpoint["nodeName"]}]),
                };
                endpoint["hints"]["forNodes"] = nodes;
            }
        }
    }
}

/// The same Service, on the pods with other labels.
pub(super) fn with_selector(mut made: Vec<Value>, selector: &Value, base: &Base, pods: &[Workload]) -> Vec<Value> {
    made.truncate(1);
    let service = &mut made[0];
    service["spec"]["selector"] = selector.clone();
    let text = |pointer: &str| service.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (name, namespace) = (text("/metadata/name"), text("/metadata/namespace"));
    let all: Vec<Port> =
        all_ports().into_iter().filter(|port| service["spec"]["ports"].as_array().unwrap().iter().any(|p| p["name"] == port.0)).collect();
    made.extend(slices(&name, &namespace, selector, &all, base, pods));
    made
}

/// One slice for each family and each way in which pods resolve the ports.
pub(super) fn slices(service: &str, namespace: &str, selector: &Value, ports: &[Port], base: &Base, pods: &[Workload]) -> Vec<Value> {
    let selects = |pod: &&Workload| {
        let labels = selector.as_object().unwrap();
        pod.listed && pod.namespace == namespace && labels.iter().all(|(key, value)| pod.labels.get(key) == Some(value))
    };
    let mut slices: BTreeMap<(bool, String), (Vec<Value>, Vec<Value>)> = BTreeMap::new();
    for pod in pods.iter().filter(selects) {
        let resolved: Vec<Value> = ports.iter().filter_map(|port| resolved(port, pod)).collect();
        for address in &pod.addresses {
            let v6 = address.contains(':');
            if v6 <= base.dual {
                let slice = slices.entry((v6, json!(resolved).to_string())).or_default();
                slice.0.push(pod.endpoint(address));
                slice.1.clone_from(&resolved);
            }
        }
    }
    let mut made = Vec::new();
    for (number, ((v6, _), (endpoints, ports))) in slices.into_iter().enumerate() {
        made.push(slice(service, namespace, &format!("{service}-{number}"), v6, &json!(endpoints), &json!(ports)));
    }
    made
}

fn resolved((name, protocol, _, target): &Port, pod: &Workload) -> Option<Value> {
    let port = match target.as_str() {
        Some(named) => pod.ports.iter().find(|(name, _)| *name == named).map(|(_, port)| *port)?,
        None => u16::try_from(target.as_u64()?).ok()?,
    };
    // The controller knows that the container's ports are TCP.
    (target.is_number() || *protocol == "TCP").then(|| json!({"name": name, "protocol": protocol, "port": port}))
}

fn slice(service: &str, namespace: &str, name: &str, v6: bool, endpoints: &Value, ports: &Value) -> Value {
    json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
        "metadata": {"name": name, "namespace": namespace, "labels": {"kubernetes.io/service-name": service}},
        "addressType": if v6 { "IPv6" } else { "IPv4" }, "endpoints": endpoints, "ports": ports})
}

/// A slice that somebody wrote: for any Service, with pods, nodes and addresses outside.
pub(super) fn manual_slice(draw: &mut Draw, at: usize, base: &Base, pods: &[Workload]) -> Value {
    let service = draw.one(&["s0", "s1", "s2"]);
    let mut endpoints = Vec::new();
    for _ in 0..1 + draw.below(3) {
        let conditions = draw.one(&[
            json!({"ready": true}),
            json!({}),
            json!({"ready": false, "serving": true, "terminating": true}),
            json!({"ready": false}),
        ]);
        let node = &base.nodes[draw.below(base.nodes.len())];
        let (address, mut on) = match draw.below(4) {
            0 => ("198.51.100.9", node.name.as_str()),
            1 => (node.addresses[0].as_str(), node.name.as_str()),
            _ => match pods.get(draw.below(pods.len())) {
                Some(pod) => (pod.addresses[0].as_str(), pod.node.as_str()),
                None => ("192.168.1.99", ""),
            },
        };
        if draw.chance(25) {
            on = "";
        }
        let mut endpoint = json!({"addresses": [address], "conditions": conditions});
        if !on.is_empty() {
            endpoint["nodeName"] = on.into();
        }
        endpoints.push(endpoint);
    }
    let ports = json!([{"name": "http", "protocol": "TCP", "port": draw.one(&[8080, 8443, 22])}, {"name": "https", "port": 8443}]);
    slice(service, "shop", &format!("manual-{at}"), false, &json!(endpoints), &ports)
}
