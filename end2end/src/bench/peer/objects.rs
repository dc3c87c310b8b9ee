//! The folders that are compared.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use policy::yaml::to_yaml;
use serde_json::{Value, json};

/// What the policies act on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum On {
    Pods,
    /// Hosts, before translation: what the peer passes over.
    Hosts,
}

/// How the objects are written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Form {
    /// As `kubectl get -o json` prints them, one document after the other: YAML to both.
    Json,
    /// As `kubectl get -o yaml` prints them.
    Yaml,
}

/// Writes both sides into folders below this one, and gives those: so many policies that allow a /16 each, one of which is widened to a /8.
pub(super) fn write(folder: &Path, on: On, policies: u32, form: Form) -> Result<[PathBuf; 2]> {
    let sides = [("before", false), ("after", true)].map(|(side, wide)| {
        let folder = folder.join(side);
        fs::create_dir_all(&folder)?;
        let text = |object: &Value| match form {
            Form::Json => format!("---\n{object}\n"),
            Form::Yaml => format!("---\n{}", to_yaml(object)),
        };
        let documents: String = objects(on, policies, wide).iter().map(text).collect();
        fs::write(folder.join("objects.yaml"), documents).with_context(|| format!("writing {}", folder.display()))?;
        anyhow::Ok(folder)
    });
    let [before, after] = sides;
    Ok([before?, after?])
}

/// 10 nodes with a HostEndpoint each, 20 Services with two pods each, and the policies.
pub(super) fn objects(on: On, policies: u32, wide: bool) -> Vec<Value> {
    let mut objects = vec![
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"team": "shop"}}}),
        json!({"apiVersion": "projectcalico.org/v3", "kind": "IPPool", "metadata": {"name": "pods"}, "spec": {"cidr": "192.168.0.0/16"}}),
    ];
    for n in 0..10 {
        let address = format!("10.0.1.{}", n + 1);
        objects.push(json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": format!("node-{n}")},
            "status": {"addresses": [{"type": "InternalIP", "address": address}]}}));
        objects.push(json!({"apiVersion": "projectcalico.org/v3", "kind": "HostEndpoint",
            "metadata": {"name": format!("node-{n}-eth0"), "labels": {"edge": "true"}},
            "spec": {"node": format!("node-{n}"), "interfaceName": "eth0", "expectedIPs": [address], "profiles": ["projectcalico-default-allow"]}}));
    }
    for n in 0..20 {
        objects.extend(service(n));
    }
    objects.extend((0..policies).map(|n| policy(on, n, wide)));
    if on == On::Hosts {
        let spec = json!({"order": 1_000_000, "selector": "edge == 'true'", "types": ["Ingress"], "preDNAT": true, "applyOnForward": true,
            "ingress": [{"action": "Deny", "destination": {"nets": ["10.20.30.0/24"]}}]});
        objects
            .push(json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy", "metadata": {"name": "rest"}, "spec": spec}));
    }
    objects
}

fn service(n: u32) -> Vec<Value> {
    let name = format!("svc-{n}");
    let pod = |at: u32| (format!("{name}-{at}"), format!("192.168.{n}.{}", at + 1), format!("node-{}", (2 * n + at) % 10));
    let mut objects = Vec::new();
    let mut endpoints = Vec::new();
    for (pod, address, node) in [pod(0), pod(1)] {
        endpoints.push(json!({"addresses": [address], "conditions": {"ready": true}, "nodeName": node,
            "targetRef": {"kind": "Pod", "name": pod, "namespace": "shop"}}));
        objects.push(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": pod, "namespace": "shop", "labels": {"app": name}},
            "spec": {"nodeName": node, "containers": [{"name": "web", "image": "web", "ports": [{"name": "http", "containerPort": 8080}]}]},
            "status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]}}));
    }
    let address = format!("10.20.30.{}", n + 1);
    objects.push(json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "shop"},
        "spec": {"type": "ClusterIP", "clusterIP": address, "clusterIPs": [address], "selector": {"app": name},
            "ports": [{"name": "http", "protocol": "TCP", "port": 80, "targetPort": 8080}]}}));
    objects.push(json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
        "metadata": {"name": format!("{name}-1"), "namespace": "shop", "labels": {"kubernetes.io/service-name": name}},
        "addressType": "IPv4", "endpoints": endpoints, "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}]}));
    objects
}

/// One policy, which lets a /16 in; the eighth is the one that is widened.
fn policy(on: On, n: u32, wide: bool) -> Value {
    let net = if wide && n == 7 { "50.0.0.0/8".to_owned() } else { format!("50.{}.0.0/16", n % 250) };
    let spec = match on {
        On::Pods => json!({"order": n, "selector": format!("app == 'svc-{}'", n % 20), "types": ["Ingress"],
            "ingress": [{"action": "Allow", "protocol": "TCP", "source": {"nets": [net]}, "destination": {"ports": [8080]}}]}),
        On::Hosts => json!({"order": n, "selector": "edge == 'true'", "types": ["Ingress"], "preDNAT": true, "applyOnForward": true,
            "ingress": [{"action": "Allow", "protocol": "TCP", "source": {"nets": [net]},
                "destination": {"nets": [format!("10.20.30.{}/32", n % 20 + 1)], "ports": [80]}}]}),
    };
    json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy", "metadata": {"name": format!("policy-{n}")}, "spec": spec})
}
