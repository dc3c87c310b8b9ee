//! The cluster itself: nodes, pods, Services and clients.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::Draw;
use crate::world::{DataPlane, Encapsulation, Line, World};

/// Where clients are; the networks of the first and the third are whom rules let in and shut out.
const CLIENTS: [&str; 4] = ["50.60.1.10", "50.60.7.7", "70.80.1.10", "70.80.90.7"];
const CLIENTS_V6: [&str; 2] = ["2001:db8:5060::10", "2001:db8:7080::10"];

/// A world of one to three nodes, on this line and data plane.
///
/// # Errors
/// When it cannot be read as a world: then its generator is wrong.
pub fn world(draw: &mut Draw, line: Line, data_plane: DataPlane, encapsulation: Encapsulation) -> Result<World> {
    let dual = draw.chance(50);
    let vxlan = encapsulation == Encapsulation::Vxlan;
    let nodes = draw.one(&[2, 2, 3, 3, 1]);
    let name = |number: usize| format!("node-{}", ["a", "b", "c"][(number - 1) % 3]);
    let listed: Vec<Value> = (1..=nodes).map(|number| node(&name(number), number, dual, vxlan)).collect();
    let mut interfaces = json!({});
    if draw.chance(40) {
        let mut addresses = vec!["10.0.11.1"];
        addresses.extend(dual.then_some("fd00:10::11:1"));
        interfaces = json!({ "node-a": { "bond0.7": addresses } });
    }
    let pods = pods(draw, nodes, dual, &name);
    let (services, slice) = services(draw, dual, &pods);
    let mut clients: Vec<Value> = (0..).zip(CLIENTS).map(|(at, address)| client(at, address, &name(1 + draw.below(nodes)))).collect();
    if dual {
        clients.extend((4..).zip(CLIENTS_V6).map(|(at, address)| client(at, address, &name(1 + draw.below(nodes)))));
    }
    let six = |four: &str, six: &str| if dual { json!([four, six]) } else { json!([four]) };
    let head = json!({
        "apiVersion": "rig.portcullis.dev/v1", "kind": "World", "calico": line, "dataPlane": data_plane, "encapsulation": encapsulation,
        "podRanges": six("192.168.0.0/16", "fd00:168::/48"),
        "advertised": {
            "cluster": six("10.20.30.0/24", "fd00:20::1e00/120"), "external": ["10.20.40.0/24"], "loadBalancer": ["10.20.50.0/24"],
        },
        "nodes": listed, "interfaces": interfaces, "pods": pods, "services": services, "clients": clients,
    });
    // What is written in JSON is YAML.
    let mut documents = vec![head, slice];
    documents.extend(failsafes(draw));
    let text = documents.iter().map(Value::to_string).collect::<Vec<_>>().join("\n---\n");
    World::read(&text).with_context(|| format!("a generated world is none:\n{text}"))
}

fn node(name: &str, number: usize, dual: bool, vxlan: bool) -> Value {
    let mut addresses = vec![format!("10.0.{number}.1")];
    addresses.extend(dual.then(|| format!("fd00:10::{number}:1")));
    let mut node = json!({ "name": name, "addresses": addresses });
    if vxlan {
        node["tunnel"] = format!("192.168.{number}0.1").into();
    }
    node
}

/// The first three always stand behind Services; labels meet those of HostEndpoints now and then.
fn pods(draw: &mut Draw, nodes: usize, dual: bool, name: &impl Fn(usize) -> String) -> Vec<Value> {
    let mut pods = Vec::new();
    for at in 0..6_usize {
        let number = 1 + draw.below(nodes);
        let mut labels = match at {
            0 | 1 => json!({ "app": "a" }),
            2 => json!({ "app": "b", "tier": "x" }),
            3 => json!({ "app": draw.one(&["a", "b"]) }),
            _ => json!({ "app": "caller" }),
        };
        if draw.chance(12) {
            labels["edge"] = "true".into();
        }
        if draw.chance(25) {
            labels["tier"] = "x".into();
        }
        let mut addresses = vec![format!("192.168.{number}0.{}", 11 + at)];
        addresses.extend(dual.then(|| format!("fd00:168::{number}:{}", 11 + at)));
        let mut pod = json!({
            "name": format!("p{at}"), "namespace": if at == 5 { "ops" } else { "shop" }, "node": name(number), "addresses": addresses,
            "labels": labels,
        });
        if at < 4 {
            // A named port is not the same number everywhere.
            let http = if draw.chance(25) { "TCP/9090" } else { "TCP/8080" };
            pod["ports"] = json!({ "http": http, "dns": "UDP/5353" });
            pod["ready"] = (!draw.chance(if at == 3 { 50 } else { 8 })).into();
        }
        pods.push(pod);
    }
    let node = name(1 + draw.below(nodes));
    pods.push(json!({
        "name": "host", "namespace": "shop", "node": node, "hostNetwork": true, "labels": { "app": "host" },
        "ports": { "http": "TCP/9100", "syslog": "UDP/9514" },
    }));
    pods
}

/// Services of every kind of address and traffic policy; and what stands behind the last, whose endpoints are ending.
fn services(draw: &mut Draw, dual: bool, pods: &[Value]) -> (Vec<Value>, Value) {
    let six = |number: usize| {
        let mut addresses = vec![format!("10.20.30.{number}")];
        addresses.extend(dual.then(|| format!("fd00:20::1e{number}")));
        addresses
    };
    let mut services = Vec::new();
    for (at, app) in [(0, "a"), (1, draw.one(&["a", "b"])), (2, draw.one(&["a", "b"])), (3, "host")] {
        let number = 40 + at;
        let of_host = app == "host";
        let node_port = at > 0 && draw.chance(75);
        let second = if of_host { json!({ "port": "UDP/514", "target": "syslog" }) } else { json!({ "port": "UDP/53", "target": "dns" }) };
        let mut ports = vec![json!({ "port": "TCP/80", "target": "http" }), second];
        // A failsafe port of hosts.
        if draw.chance(35) {
            ports.push(json!({ "port": "TCP/22", "target": "http" }));
        }
        if node_port {
            ports[0]["nodePort"] = (30_080 + at).into();
        }
        let mut service = json!({
            "name": format!("s{at}"), "namespace": "shop", "selector": { "app": app }, "clusterIPs": six(number), "ports": ports,
        });
        if at == 1 || draw.chance(20) {
            service["externalIPs"] = json!([format!("10.20.40.{number}")]);
        }
        if at == 2 {
            service["loadBalancerIPs"] = json!([format!("10.20.50.{number}")]);
            if draw.chance(50) {
                service["loadBalancerSourceRanges"] = json!(draw.some(&["50.60.0.0/16", "10.0.0.0/8", "70.80.90.0/24"], 2));
            }
        }
        if (node_port || at == 2) && draw.chance(45) {
            service["externalTrafficPolicy"] = "Local".into();
        }
        if draw.chance(25) {
            service["internalTrafficPolicy"] = "Local".into();
        }
        services.push(service);
    }
    services.push(json!({
        "name": "ending", "namespace": "shop", "clusterIPs": ["10.20.30.50"], "ports": [{ "port": "TCP/80", "target": 8080, "nodePort": 30_090 }],
    }));
    let conditions = |draw: &mut Draw| {
        let (ready, serving, terminating) =
            draw.one(&[(false, true, true), (false, true, true), (false, false, true), (false, false, false), (true, true, false)]);
        json!({ "ready": ready, "serving": serving, "terminating": terminating })
    };
    let endpoints: Vec<Value> = pods[..3]
        .iter()
        .map(|pod| {
            json!({
                "addresses": [pod["addresses"][0]], "nodeName": pod["node"], "conditions": conditions(draw),
                "targetRef": { "kind": "Pod", "namespace": pod["namespace"], "name": pod["name"] },
            })
        })
        .collect();
    let slice = json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
        "metadata": { "name": "ending-0", "namespace": "shop", "labels": { "kubernetes.io/service-name": "ending" } },
        "addressType": "IPv4", "ports": [{ "name": "tcp-80", "protocol": "TCP", "port": 8080 }], "endpoints": endpoints,
    });
    (services, slice)
}

/// Felix' failsafe ports, now and then other than its own.
fn failsafes(draw: &mut Draw) -> Option<Value> {
    let ports = draw.one(&[
        Value::Null,
        Value::Null,
        json!([{ "protocol": "TCP", "port": 22, "net": "50.60.0.0/16" }, { "protocol": "TCP", "port": 10250, "net": "10.0.0.0/8" }]),
        json!([{ "protocol": "UDP", "port": 53 }, { "protocol": "TCP", "port": 30_081 }]),
        json!([]),
    ]);
    (!ports.is_null()).then(|| {
        json!({
            "apiVersion": "projectcalico.org/v3", "kind": "FelixConfiguration", "metadata": { "name": "default" },
            "spec": { "failsafeInboundHostPorts": ports },
        })
    })
}

fn client(at: usize, address: &str, enters: &str) -> Value {
    json!({ "name": format!("c{at}"), "address": address, "enters": enters })
}
