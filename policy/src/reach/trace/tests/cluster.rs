//! Families, hostile objects, and how long one question takes.

use super::{Cluster, VIP, gate, host_endpoints, pod_policy, recipe, set, told, yaml};
use crate::reach::verdict::Overall;
use serde_json::json;

#[test]
fn ipv6() {
    let v6 = yaml(
        "
apiVersion: projectcalico.org/v3
kind: IPPool
metadata: {name: pods-v6}
spec: {cidr: 'fd00:10::/64'}
---
apiVersion: v1
kind: Node
metadata: {name: node-a, annotations: {projectcalico.org/IPv6Address: 'fd00:1::1/64'}}
---
apiVersion: v1
kind: Node
metadata: {name: node-b, annotations: {projectcalico.org/IPv6Address: 'fd00:2::1/64'}}
---
apiVersion: v1
kind: Pod
metadata: {name: six, namespace: shop, labels: {app: svc-a}}
spec: {nodeName: node-a}
status: {phase: Running, podIP: 'fd00:10::11'}
---
apiVersion: v1
kind: Service
metadata: {name: six, namespace: shop}
spec: {clusterIP: 'fd00:20::40', clusterIPs: ['fd00:20::40'], ports: [{port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: six-x, namespace: shop, labels: {kubernetes.io/service-name: six}}
addressType: IPv6
endpoints: [{addresses: ['fd00:10::11'], nodeName: node-a}]
ports: [{name: '', port: 80, protocol: TCP}]
",
    );
    let cluster = Cluster::page().with(v6);
    let ask = |cluster: &Cluster, from: &str| {
        let client = crate::reach::packet::Client::Outside { address: from.parse().unwrap() };
        let to = crate::reach::packet::Destination::Address { address: "fd00:20::40".parse().unwrap() };
        let carries = crate::reach::packet::Carries::Ports { protocol: crate::access::Protocol::Tcp, port: 80, source_port: None };
        cluster.ask(&crate::reach::packet::Question { client, to, carries, entry: Default::default() })
    };
    let answer = ask(&cluster, "2001:db8::1");
    assert_eq!(answer.verdict, Overall::Allowed, "{}", told(&answer));
    assert_eq!(answer.paths[1].source_seen_by_pod, Some("fd00:2::1".parse().unwrap()), "{}", told(&answer));
    let rules = "
        - {action: Allow, source: {nets: ['2001:db8::/64']}, destination: {nets: ['fd00:20::40/128']}}
        - {action: Deny, destination: {nets: ['fd00:20::40/128']}}
        - {action: Deny, source: {nets: [0.0.0.0/0]}}";
    let gated =
        cluster.with(host_endpoints("eth0").into_iter().map(|host| set(host, "expectedIPs", json!([])))).with([gate("gate", None, rules)]);
    assert_eq!(ask(&gated, "2001:db8::1").verdict, Overall::Allowed);
    assert_eq!(ask(&gated, "2001:db8:1::1").verdict, Overall::Denied);
    assert_eq!(ask(&gated, "70.80.1.10").paths.len(), 0, "no packet has two families");
}

#[test]
fn hostile_objects_do_no_harm() {
    let mut cluster = Cluster::page().with(host_endpoints("eth0")).with(recipe());
    let odd = ["", "x", "999.1.1.1", "::1/129", "10.0.0.0/33", "\u{0}", "-1", "*"];
    for (at, text) in odd.into_iter().enumerate() {
        let name = format!("odd-{at}");
        let policy = json!([{ "action": "Deny", "protocol": text, "source": { "nets": [text], "notNets": [text], "selector": text, "ports": [text] },
            "destination": { "nets": [text], "services": { "name": text } } }]);
        cluster = cluster.with([
            pod_policy(&name, Some(1), &policy.to_string()),
            gate(&name, Some(1), &policy.to_string()),
            json!({ "apiVersion": "projectcalico.org/v3", "kind": "HostEndpoint", "metadata": { "name": name },
                "spec": { "node": text, "interfaceName": text, "expectedIPs": [text], "profiles": [text], "ports": [{ "name": text, "port": -1 }] } }),
            json!({ "apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkSet", "metadata": { "name": name, "labels": { text: text } },
                "spec": { "nets": [text] } }),
            json!({ "apiVersion": "projectcalico.org/v3", "kind": "IPPool", "metadata": { "name": name }, "spec": { "cidr": text, "ipipMode": text } }),
            json!({ "apiVersion": "v1", "kind": "Service", "metadata": { "name": name, "namespace": "shop" },
                "spec": { "clusterIP": text, "clusterIPs": [text], "externalIPs": [text], "ports": [{ "port": 0, "protocol": text }] } }),
            json!({ "apiVersion": "v1", "kind": "Node", "metadata": { "name": name, "annotations": { "projectcalico.org/IPv4Address": text } } }),
            json!({ "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": { "name": name, "namespace": "ops" },
                "spec": { "ingress": [{ "from": [{ "ipBlock": { "cidr": text, "except": [text] } }], "ports": [{ "protocol": text, "port": text, "endPort": -1 }] }] } }),
        ]);
    }
    cluster.assert("hostile", VIP, &["authorised-same", "authorised-other"], &["outsider-same", "outsider-other"]);
}

/// Many policies and pods: `cargo test --release -p policy -- --nocapture a_large_cluster` prints how long one question takes.
#[test]
fn a_large_cluster() {
    let (pods, policies) = if cfg!(debug_assertions) { (500, 250) } else { (10_000, 5_000) };
    let mut cluster = Cluster::page().with(host_endpoints("eth0")).with(recipe());
    let pods = (0..pods).map(|n| {
        json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": format!("pod-{n}"), "namespace": "crowd", "labels": { "n": n.to_string() } },
            "spec": { "nodeName": "node-a" }, "status": { "podIP": format!("192.168.{}.{}", 100 + n / 250, n % 250) } })
    });
    let policies = (0..policies).map(|n| {
        let mut policy =
            gate(&format!("gate-{n}"), Some(1), "[{action: Deny, source: {selector: x == 'y'}, destination: {nets: [10.99.0.0/24]}}]");
        policy["spec"]["selector"] = format!("edge == 'true' && n != '{n}'").into();
        policy
    });
    cluster.objects.extend(pods.chain(policies));
    let snapshot = cluster.snapshot();
    let settings = crate::reach::settings::Settings::read(&snapshot, &cluster.told);
    let (client, node) = super::client("authorised-other");
    let question = crate::reach::packet::Question {
        client,
        to: crate::reach::packet::Destination::Address { address: "10.20.30.40".parse().unwrap() },
        carries: crate::reach::packet::Carries::Ports { protocol: crate::access::Protocol::Tcp, port: 80, source_port: None },
        entry: crate::reach::packet::Entry { node: node.map(str::to_owned), interface: None },
    };
    let before = std::time::Instant::now();
    assert_eq!(crate::reach::trace::ask(&snapshot, &settings, &question).verdict, Overall::Allowed);
    println!("{:?}", before.elapsed());
}
