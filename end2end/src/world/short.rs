//! The short way to write nodes, pods and Services.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use anyhow::{Context, Result, ensure};
use policy::access::Port;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Encapsulation, Head};

/// A node.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Node {
    name: String,
    addresses: Vec<IpAddr>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    /// The address of `vxlan.calico`, where pods are encapsulated.
    tunnel: Option<IpAddr>,
}

/// A pod. Without `ports` nothing in it answers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Pod {
    name: String,
    #[serde(default = "default_namespace")]
    namespace: String,
    node: String,
    /// Its own; none for a pod of the host network.
    #[serde(default)]
    addresses: Vec<IpAddr>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    /// By the name that Services may mean.
    #[serde(default)]
    ports: BTreeMap<String, Port>,
    #[serde(default = "yes")]
    ready: bool,
    #[serde(default)]
    host_network: bool,
    #[serde(default)]
    service_account: String,
}

/// A Service.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Service {
    name: String,
    #[serde(default = "default_namespace")]
    namespace: String,
    #[serde(default)]
    selector: BTreeMap<String, String>,
    #[serde(rename = "clusterIPs")]
    cluster_ips: Vec<String>,
    #[serde(default, rename = "externalIPs")]
    external_ips: Vec<String>,
    #[serde(default, rename = "loadBalancerIPs")]
    load_balancer_ips: Vec<String>,
    #[serde(default)]
    load_balancer_source_ranges: Vec<String>,
    ports: Vec<ServicePort>,
    #[serde(default)]
    session_affinity: bool,
    external_traffic_policy: Option<String>,
    internal_traffic_policy: Option<String>,
}

/// A port of a Service.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ServicePort {
    port: Port,
    /// A port or the name of one.
    target: Value,
    node_port: Option<u16>,
}

fn default_namespace() -> String {
    "default".to_owned()
}

const fn yes() -> bool {
    true
}

/// The objects that the first document stands for.
pub(super) fn expand(head: &Head) -> Result<Vec<Value>> {
    for node in &head.nodes {
        let tunnelled = head.encapsulation == Encapsulation::Vxlan;
        ensure!(!tunnelled || node.tunnel.is_some(), "node `{}` has no `tunnel`, and pods are encapsulated", node.name);
    }
    for pod in &head.pods {
        let named = format!("pod `{}/{}`", pod.namespace, pod.name);
        ensure!(pod.host_network || !pod.addresses.is_empty(), "{named} has no `addresses`, and is not of the host network");
        ensure!(!pod.host_network || pod.addresses.is_empty(), "{named} has `addresses`, and those of the host network are their node's");
    }
    let mut objects: Vec<Value> = head.nodes.iter().map(node).collect();
    objects.extend(pools(head));
    let ranges = |cidrs: &[String]| cidrs.iter().map(|cidr| json!({ "cidr": cidr })).collect::<Vec<_>>();
    let advertised = &head.advertised;
    if ![&advertised.cluster, &advertised.external, &advertised.load_balancer].iter().all(|list| list.is_empty()) {
        objects.push(json!({
            "apiVersion": "projectcalico.org/v3", "kind": "BGPConfiguration", "metadata": { "name": "default" },
            "spec": {
                "serviceClusterIPs": ranges(&advertised.cluster), "serviceExternalIPs": ranges(&advertised.external),
                "serviceLoadBalancerIPs": ranges(&advertised.load_balancer),
            },
        }));
    }
    for it in &head.services {
        objects.push(service(it));
        if !it.selector.is_empty() {
            objects.extend(slices(it, head).with_context(|| format!("service `{}/{}`", it.namespace, it.name))?);
        }
    }
    objects.extend(head.pods.iter().map(|it| pod(it, head)));
    Ok(objects)
}

/// Adds the namespaces that are meant and not written, and puts them first.
pub(super) fn complete(objects: &mut Vec<Value>) {
    let (mut first, rest): (Vec<Value>, Vec<Value>) = std::mem::take(objects).into_iter().partition(|object| object["kind"] == "Namespace");
    let there: BTreeSet<&str> = first.iter().filter_map(|object| object["metadata"]["name"].as_str()).collect();
    let meant: BTreeSet<&str> = rest.iter().filter_map(|object| object["metadata"]["namespace"].as_str()).collect();
    let missing: Vec<Value> =
        meant.difference(&there).map(|name| json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } })).collect();
    first.extend(missing);
    *objects = first.into_iter().chain(rest).collect();
}

fn node(node: &Node) -> Value {
    let mut labels = node.labels.clone();
    labels.insert("kubernetes.io/hostname".to_owned(), node.name.clone());
    let mut annotations = BTreeMap::new();
    for address in &node.addresses {
        let (family, bits) = if address.is_ipv4() { ("IPv4", 24) } else { ("IPv6", 64) };
        annotations.insert(format!("projectcalico.org/{family}Address"), format!("{address}/{bits}"));
    }
    if let Some(tunnel) = node.tunnel {
        annotations.insert("projectcalico.org/IPv4VXLANTunnelAddr".to_owned(), tunnel.to_string());
    }
    let addresses: Vec<Value> = node.addresses.iter().map(|address| json!({ "type": "InternalIP", "address": address })).collect();
    json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": { "name": node.name, "labels": labels, "annotations": annotations },
        "status": { "addresses": addresses, "conditions": [{ "type": "Ready", "status": "True" }] },
    })
}

fn pools(head: &Head) -> impl Iterator<Item = Value> {
    let vxlan = head.encapsulation == Encapsulation::Vxlan;
    head.pod_ranges.iter().map(move |range| {
        let (family, tunnelled) = if range.contains(':') { ("ipv6", false) } else { ("ipv4", vxlan) };
        json!({
            "apiVersion": "projectcalico.org/v3", "kind": "IPPool", "metadata": { "name": format!("default-{family}-ippool") },
            "spec": {
                "cidr": range, "ipipMode": "Never", "vxlanMode": if tunnelled { "Always" } else { "Never" },
                "natOutgoing": true, "nodeSelector": "all()",
            },
        })
    })
}

fn pod(pod: &Pod, head: &Head) -> Value {
    let node: &[IpAddr] = head.nodes.iter().find(|node| node.name == pod.node).map_or(&[], |node| &node.addresses);
    let addresses = if pod.host_network { node } else { &pod.addresses };
    let ports: Vec<Value> = pod
        .ports
        .iter()
        .map(|(name, port)| json!({ "name": name, "protocol": port.protocol.name(), "containerPort": port.port }))
        .collect();
    let mut spec = json!({ "nodeName": pod.node, "containers": [{ "name": "main", "image": "none", "ports": ports }] });
    if pod.host_network {
        spec["hostNetwork"] = true.into();
    }
    if !pod.service_account.is_empty() {
        spec["serviceAccountName"] = pod.service_account.as_str().into();
    }
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": { "name": pod.name, "namespace": pod.namespace, "labels": pod.labels }, "spec": spec,
        "status": {
            "phase": "Running", "hostIP": node.first(), "podIP": addresses.first(),
            "podIPs": addresses.iter().map(|address| json!({ "ip": address })).collect::<Vec<_>>(),
            "conditions": [{ "type": "Ready", "status": if pod.ready { "True" } else { "False" } }],
        },
    })
}

fn service(service: &Service) -> Value {
    let node_ports = service.ports.iter().any(|port| port.node_port.is_some());
    let kind = match (service.load_balancer_ips.is_empty(), node_ports) {
        (false, _) => "LoadBalancer",
        (true, true) => "NodePort",
        (true, false) => "ClusterIP",
    };
    let ports: Vec<Value> = service
        .ports
        .iter()
        .map(|it| {
            let mut port = json!({
                "name": name(it), "protocol": it.port.protocol.name(), "port": it.port.port, "targetPort": it.target,
            });
            if let Some(number) = it.node_port {
                port["nodePort"] = number.into();
            }
            port
        })
        .collect();
    let families = service.cluster_ips.iter().map(|address| if address.contains(':') { "IPv6" } else { "IPv4" });
    let mut spec = json!({
        "type": kind, "clusterIP": service.cluster_ips.first(), "clusterIPs": service.cluster_ips, "ports": ports,
        "ipFamilies": families.collect::<Vec<_>>(),
        "ipFamilyPolicy": if service.cluster_ips.len() > 1 { "RequireDualStack" } else { "SingleStack" },
    });
    let mut set = |field: &str, value: Value| spec[field] = value;
    if !service.selector.is_empty() {
        set("selector", json!(service.selector));
    }
    if !service.external_ips.is_empty() {
        set("externalIPs", json!(service.external_ips));
    }
    if !service.load_balancer_source_ranges.is_empty() {
        set("loadBalancerSourceRanges", json!(service.load_balancer_source_ranges));
    }
    if service.session_affinity {
        set("sessionAffinity", "ClientIP".into());
    }
    if let Some(policy) = &service.external_traffic_policy {
        set("externalTrafficPolicy", policy.as_str().into());
    }
    if let Some(policy) = &service.internal_traffic_policy {
        set("internalTrafficPolicy", policy.as_str().into());
    }
    let ingress: Vec<Value> = service.load_balancer_ips.iter().map(|ip| json!({ "ip": ip })).collect();
    let status = if ingress.is_empty() { json!({}) } else { json!({ "loadBalancer": { "ingress": ingress } }) };
    json!({
        "apiVersion": "v1", "kind": "Service", "metadata": { "name": service.name, "namespace": service.namespace },
        "spec": spec, "status": status,
    })
}

fn name(port: &ServicePort) -> String {
    format!("{}-{}", port.port.protocol.name().to_lowercase(), port.port.port)
}

/// The EndpointSlices of a Service: one for each family and each set of port numbers that its pods have.
fn slices(service: &Service, head: &Head) -> Result<Vec<Value>> {
    let fits = |pod: &&Pod| pod.namespace == service.namespace && service.selector.iter().all(|(k, v)| pod.labels.get(k) == Some(v));
    let mut groups: BTreeMap<(&str, Vec<u16>), Vec<Value>> = BTreeMap::new();
    for pod in head.pods.iter().filter(fits) {
        let numbers = service.ports.iter().map(|port| target(port, pod)).collect::<Result<Vec<u16>>>()?;
        let addresses: &[IpAddr] = match head.nodes.iter().find(|node| node.name == pod.node) {
            Some(node) if pod.host_network => &node.addresses,
            _ => &pod.addresses,
        };
        for cluster_ip in &service.cluster_ips {
            let six = cluster_ip.contains(':');
            let Some(address) = addresses.iter().find(|address| address.is_ipv6() == six) else { continue };
            groups.entry((if six { "IPv6" } else { "IPv4" }, numbers.clone())).or_default().push(json!({
                "addresses": [address], "nodeName": pod.node,
                "conditions": { "ready": pod.ready, "serving": pod.ready, "terminating": false },
                "targetRef": { "kind": "Pod", "namespace": pod.namespace, "name": pod.name },
            }));
        }
    }
    let mut slices = Vec::new();
    for ((family, numbers), endpoints) in groups {
        let ports: Vec<Value> = std::iter::zip(&service.ports, numbers)
            .map(|(port, number)| json!({ "name": name(port), "protocol": port.port.protocol.name(), "port": number }))
            .collect();
        slices.push(json!({
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
            "metadata": {
                "name": format!("{}-{}", service.name, slices.len()), "namespace": service.namespace,
                "labels": { "kubernetes.io/service-name": service.name },
            },
            "addressType": family, "ports": ports, "endpoints": endpoints,
        }));
    }
    Ok(slices)
}

/// The port that a Service's port means in a pod.
fn target(port: &ServicePort, pod: &Pod) -> Result<u16> {
    if let Some(number) = port.target.as_u64() {
        return u16::try_from(number).with_context(|| format!("target {number} is no port"));
    }
    let name = port.target.as_str().context("a target is a port or the name of one")?;
    let named = pod.ports.get(name).filter(|found| found.protocol == port.port.protocol);
    named.map(|found| found.port).with_context(|| format!("pod `{}` has no {} port called `{name}`", pod.name, port.port.protocol))
}
