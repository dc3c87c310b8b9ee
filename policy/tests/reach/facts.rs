//! What Calico and kube-proxy do, case by case: each was measured with real packets, or stands in their source (`docs/calico-behaviour.md`).

use crate::ask::{ask, carries, client, entry, reached};
use crate::cluster::{Cluster, calico};
use crate::engines;
use crate::page::{ADDRESS, AUTHORISED, OUTSIDER, host_endpoints, page};
use policy::access::Protocol;
use policy::reach::packet::Entry;
use serde_json::{Value, json};

/// Who sends what to where, by which node, and whether it gets there.
type Cell = (&'static str, &'static str, u16, &'static str, bool);

const A: &str = "node-a";
const B: &str = "node-b";
const POD: &str = "192.168.10.11";

/// The four packets that tell the paths of allowed clients and of others apart; the pod is on the first node.
const fn four(by_same: bool, outsider_by_same: bool, by_other: bool, outsider_by_other: bool) -> [Cell; 4] {
    [
        (AUTHORISED, ADDRESS, 80, A, by_same),
        (OUTSIDER, ADDRESS, 80, A, outsider_by_same),
        (AUTHORISED, ADDRESS, 80, B, by_other),
        (OUTSIDER, ADDRESS, 80, B, outsider_by_other),
    ]
}

fn global(name: &str, spec: Value) -> Value {
    calico("GlobalNetworkPolicy", name, spec)
}

/// A policy before translation on the page's HostEndpoints, and on those with another value of their label.
fn edge_on(value: &str, name: &str, order: Value, ingress: Value) -> Value {
    let selector = format!("k8s-role == '{value}'");
    global(
        name,
        json!({"selector": selector, "order": order, "types": ["Ingress"], "preDNAT": true, "applyOnForward": true, "ingress": ingress}),
    )
}

fn edge(name: &str, order: i64, ingress: Value) -> Value {
    edge_on("node", name, json!(order), ingress)
}

fn forward(order: i64, ingress: Value) -> Value {
    global(
        "forward",
        json!({"selector": "k8s-role == 'node'", "order": order, "types": ["Ingress"], "applyOnForward": true, "ingress": ingress}),
    )
}

fn allow_office() -> Value {
    json!({"action": "Allow", "source": {"nets": ["50.60.0.0/16"]}, "destination": {"nets": ["10.20.30.40/32"]}})
}

fn deny_address() -> Value {
    json!({"action": "Deny", "destination": {"nets": ["10.20.30.40/32"]}})
}

fn labelled(mut objects: Vec<Value>, value: &str, first: &str) -> Vec<Value> {
    for object in &mut objects {
        object["metadata"]["labels"] = json!({"k8s-role": value});
        object["metadata"]["name"] = format!("{first}-{}", object["metadata"]["name"].as_str().unwrap()).into();
    }
    objects
}

fn on_pods(kind: &str, rules: Value) -> Value {
    let mut policy = calico(kind, "on-pods", json!({"selector": "app == 'svc-a'", "types": ["Ingress"], "ingress": rules}));
    policy["metadata"]["namespace"] = "shop".into();
    policy
}

fn set(kind: &str, namespace: Option<&str>, net: &str) -> Value {
    let mut set = calico(kind, "set", json!({"nets": [net]}));
    set["metadata"]["labels"] = json!({"group": "clients"});
    if let Some(namespace) = namespace {
        set["metadata"]["namespace"] = namespace.into();
    }
    set
}

fn cases() -> Vec<(&'static str, Cluster, Vec<Cell>)> {
    let hosts = || page().with_all(host_endpoints("eth0"));
    let gate = || edge("gate", 100, json!([allow_office(), deny_address()]));
    let two = |named: &str, all: &str| {
        page().with_all(labelled(host_endpoints("eth0"), named, "named")).with_all(labelled(host_endpoints("*"), all, "all"))
    };
    let shadowed = |first: &str, second: &str| {
        page().with_all(labelled(host_endpoints("eth0"), first, "a")).with_all(labelled(host_endpoints("eth0"), second, "z"))
    };
    let by_label = |namespaces: &str| {
        let mut source = json!({"selector": "group == 'clients'"});
        if !namespaces.is_empty() {
            source["namespaceSelector"] = namespaces.into();
        }
        edge("gate", 100, json!([{"action": "Allow", "source": source}, deny_address()]))
    };
    let from = |net: &str| json!([{"action": "Allow", "source": {"nets": [net]}}]);
    let only_22 = |net: Value| json!([{"protocol": "TCP", "port": 22, "net": net}]);
    let encapsulated = || page().set("IPPool", "pods", "/spec/vxlanMode", json!("Always"));
    vec![
        ("a gate shuts outsiders out and no one else", hosts().with(gate()), four(true, false, true, false).to_vec()),
        ("a named HostEndpoint without pre-DNAT policy leaves its interface to `*`",
            two("named", "node").with(edge("gate", 1, json!([deny_address()]))), four(false, false, false, false).to_vec()),
        ("an unrelated pre-DNAT policy on the named one takes the gate away",
            two("named", "node").with(edge("gate", 1, json!([deny_address()])))
                .with(edge_on("named", "other", json!(1), json!([{"action": "Deny", "destination": {"nets": ["9.9.9.9/32"]}}]))),
            four(true, true, true, true).to_vec()),
        ("of two HostEndpoints on one interface the first by name counts", shadowed("node", "other").with(gate()), four(true, false, true, false).to_vec()),
        ("and the second does not", shadowed("other", "node").with(gate()), four(true, true, true, true).to_vec()),
        ("a pre-DNAT Allow skips forward policy where the packet comes in, not where it is on its way",
            hosts().with(edge("gate", 100, json!([allow_office()]))).with(forward(10, json!([{"action": "Deny"}]))), four(true, false, false, false).to_vec()),
        ("forward policy sees the client and the pod where the packet comes in, and the node's address behind it",
            hosts().with(forward(10, json!([{"action": "Allow", "source": {"nets": ["50.60.0.0/16"]}, "destination": {"nets": ["192.168.0.0/16"]}}]))),
            four(true, false, false, false).to_vec()),
        ("failsafe ports pass before the gate", hosts().with(edge("gate", 1, json!([deny_address()]))),
            vec![(OUTSIDER, ADDRESS, 22, A, true), (OUTSIDER, ADDRESS, 22, B, true), (OUTSIDER, ADDRESS, 80, B, false)]),
        ("with a net only for the net", hosts().with(edge("gate", 1, json!([deny_address()])))
            .set("FelixConfiguration", "default", "/spec/failsafeInboundHostPorts", only_22(json!("50.60.0.0/16"))),
            vec![(OUTSIDER, ADDRESS, 22, A, false), (AUTHORISED, ADDRESS, 22, B, true), (OUTSIDER, ADDRESS, 6443, A, false)]),
        ("and a forward policy closes them", hosts().with(gate()).with(forward(10, json!([
            {"action": "Allow", "source": {"nets": ["50.60.0.0/16", "10.0.0.0/16"]}}, {"action": "Deny", "destination": {"nets": ["192.168.0.0/16"]}}, {"action": "Pass"}]))),
            vec![(OUTSIDER, ADDRESS, 22, A, false), (OUTSIDER, ADDRESS, 22, B, false), (AUTHORISED, ADDRESS, 80, A, true), (AUTHORISED, ADDRESS, 80, B, true)]),
        ("failsafe ports are none where there is no pre-DNAT policy to come before", hosts(), vec![(OUTSIDER, ADDRESS, 22, A, true)]),
        ("Pass before translation goes on behind the policies",
            hosts().with(edge("first", 1, json!([{"action": "Pass"}]))).with(edge("gate", 2, json!([deny_address()]))), four(true, true, true, true).to_vec()),
        ("without order the alphabet decides",
            hosts().with(edge_on("node", "a-allow", Value::Null, json!([allow_office()]))).with(edge_on("node", "b-deny", Value::Null, json!([deny_address()]))),
            four(true, false, true, false).to_vec()),
        ("and decides otherwise", hosts().with(edge_on("node", "b-allow", Value::Null, json!([allow_office()])))
            .with(edge_on("node", "a-deny", Value::Null, json!([deny_address()]))), four(false, false, false, false).to_vec()),
        ("a tenant widens a set by its label", hosts().with(by_label("")).with(set("GlobalNetworkSet", None, "50.60.0.0/16")).with(set("NetworkSet", Some("ops"), "70.80.0.0/16")),
            four(true, true, true, true).to_vec()),
        ("but not where only what is in no namespace is meant",
            hosts().with(by_label("global()")).with(set("GlobalNetworkSet", None, "50.60.0.0/16")).with(set("NetworkSet", Some("ops"), "70.80.0.0/16")),
            four(true, false, true, false).to_vec()),
        ("a pod on another node sees the node's address", page().with(on_pods("NetworkPolicy", from("10.0.2.1/32"))), four(false, false, true, true).to_vec()),
        ("and by a tunnel the tunnel's", encapsulated().with(on_pods("NetworkPolicy", from("192.168.20.1/32"))), four(false, false, true, true).to_vec()),
        ("and not the node's", encapsulated().with(on_pods("NetworkPolicy", from("10.0.2.1/32"))), four(false, false, false, false).to_vec()),
        ("a policy of Kubernetes sees the client by the pod's node only", page().with(json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": {"name": "k", "namespace": "shop"}, "spec": {"podSelector": {"matchLabels": {"app": "svc-a"}},
            "ingress": [{"from": [{"ipBlock": {"cidr": "50.60.0.0/16", "except": ["50.60.9.0/24"]}}]}]}})),
            vec![(AUTHORISED, ADDRESS, 80, A, true), ("50.60.9.1", ADDRESS, 80, A, false), (AUTHORISED, ADDRESS, 80, B, false), ("node:node-a", POD, 80, "", true)]),
        ("`*` reaches pods", page().with_all(host_endpoints("*")).with(gate()),
            vec![("shop/caller-a", ADDRESS, 80, "", false), ("ops/caller-b", ADDRESS, 80, "", false), (AUTHORISED, ADDRESS, 80, B, true)]),
        ("a named one does not", hosts().with(gate()), vec![("shop/caller-a", ADDRESS, 80, "", true), ("ops/caller-b", ADDRESS, 80, "", true)]),
        ("internalTrafficPolicy: Local keeps to the node", page().set("Service", "svc-a", "/spec/internalTrafficPolicy", json!("Local")),
            four(true, true, false, false).to_vec()),
        ("externalTrafficPolicy: Local keeps NodePorts to the node, and cluster IPs not", page().set("Service", "svc-node", "/spec/externalTrafficPolicy", json!("Local")),
            vec![(OUTSIDER, "10.0.1.1", 30_080, A, true), (OUTSIDER, "10.0.2.1", 30_080, B, false), (OUTSIDER, "10.20.30.42", 80, B, true)]),
        ("a Deny that Calico would refuse lets everyone in", hosts().with(edge("gate", 1, json!([{"action": "Deny", "destination": {"ports": [80]}}]))),
            four(true, true, true, true).to_vec()),
        ("a HostEndpoint without profile cuts its host, but failsafe ports", page().with_all(host_endpoints("eth0")).set("HostEndpoint", "node-a-hep", "/spec/profiles", json!([])),
            vec![(OUTSIDER, "10.0.1.1", 10_250, A, false), (OUTSIDER, "10.0.1.1", 22, A, true), (OUTSIDER, "10.0.2.1", 10_250, B, true), (AUTHORISED, ADDRESS, 80, A, true)]),
        ("a port that the Service does not have leads nowhere", page(), vec![(OUTSIDER, ADDRESS, 81, A, false)]),
    ]
}

#[test]
fn engines_do_what_packets_do() {
    let cases = cases();
    for (name, cluster, cells) in &cases {
        let snapshot = cluster.snapshot();
        let settings = cluster.settings(&snapshot);
        for (from, to, port, node, expected) in cells {
            let (sent, to) = (carries(Protocol::Tcp, *port), to.parse().unwrap());
            if let Some(found) = engines::by_sets(&snapshot, &settings, &client(from), (to, sent), node) {
                assert_eq!(found, Ok(*expected), "{name}: {from} to {to}:{port} by `{node}`, by the sets");
            }
            let at = if node.is_empty() { Entry::default() } else { entry(node) };
            let answer = ask(&snapshot, &settings, client(from), to, sent, at);
            assert_eq!(reached(&answer), Some(*expected), "{name}: {from} to {to}:{port} by `{node}`: {answer:#?}");
        }
    }
    println!("{} cases, {} packets", cases.len(), cases.iter().map(|(_, _, cells)| cells.len()).sum::<usize>());
}
