//! kube-proxy: kinds of addresses, traffic policies, endpoints.

use super::{Cluster, VIP, told, yaml};
use crate::object::ServiceRef;
use crate::reach::packet::{Carries, Client, Destination, Entry, Question};
use crate::reach::settings::{Hints, NodePorts, ProxyMode, Setting, Source};
use crate::reach::verdict::{Answer, Journey, Overall, Unknown, Verdict};
use serde_json::{Value, json};

/// A Service with every kind of address, with a pod on each node.
fn web(change: impl FnOnce(&mut Value)) -> Cluster {
    let mut objects = yaml(
        "
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  type: LoadBalancer
  clusterIP: 10.20.30.50
  clusterIPs: [10.20.30.50]
  externalIPs: [80.1.1.1]
  ports: [{name: http, port: 80, targetPort: 8080, nodePort: 30090}]
status: {loadBalancer: {ingress: [{ip: 90.1.1.1}, {ip: 90.1.1.2, ipMode: Proxy}]}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-x, namespace: shop, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
endpoints:
  - {addresses: [192.168.10.12], nodeName: node-a, conditions: {ready: true}}
  - {addresses: [192.168.20.12], nodeName: node-b}
ports: [{name: http, port: 8080, protocol: TCP}]
",
    );
    change(&mut objects[0]);
    Cluster::page().with(objects)
}

/// Backends by their node and the source that they see, or why not.
fn seen(answer: &Answer) -> String {
    let one = |journey: &Journey| {
        let backend = journey.path.backend.as_ref().and_then(|backend| backend.node.clone()).unwrap_or("nowhere".to_owned());
        let source = journey.source_seen_by_pod.map_or_else(|| format!("{:?}", journey.verdict), |source| source.to_string());
        format!("{backend} {source}")
    };
    let mut all: Vec<String> = answer.paths.iter().map(one).collect();
    all.sort();
    all.join(", ")
}

/// Measured: `end2end/worlds/judged`.
#[test]
fn an_endpoint_of_which_slices_say_otherwise_is_chance() {
    let twice = |change: &str| {
        let again = yaml(&format!(
            "
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: web-y, namespace: shop, labels: {{kubernetes.io/service-name: web}}}}
addressType: IPv4
endpoints: [{{addresses: [192.168.20.12], {change}}}]
ports: [{{name: http, port: 8080, protocol: TCP}}]
"
        ));
        web(|_| {}).with(again)
    };
    let both = "node-a 10.0.1.1, node-b 10.0.1.1";
    assert_eq!(seen(&twice("nodeName: node-b").tcp("outsider-same", "10.20.30.50:80")), both);
    for change in [
        "nodeName: node-b, conditions: {ready: false}",
        "nodeName: node-b, conditions: {ready: false, serving: true, terminating: true}",
        "nodeName: node-a",
        "nodeName: node-b, hints: {forZones: [{name: z}]}",
    ] {
        let answer = twice(change).tcp("outsider-same", "10.20.30.50:80");
        let unknown = Verdict::Unknown(Unknown::EndpointSlices);
        assert_eq!(answer.paths.iter().map(|path| &path.verdict).collect::<Vec<_>>(), [&unknown, &unknown], "{change}: {}", told(&answer));
    }
    let other_port = twice("conditions: {ready: false}").objects.into_iter().map(|mut object| {
        if object["metadata"]["name"] == "web-y" {
            object["ports"][0]["port"] = 8081.into();
        }
        object
    });
    assert_eq!(seen(&Cluster::page().with(other_port).tcp("outsider-same", "10.20.30.50:80")), both, "another port is another endpoint");
}

#[test]
fn sources_that_backends_see() {
    let both = "node-a 10.0.1.1, node-b 10.0.1.1";
    let cluster = web(|_| {});
    for to in ["10.20.30.50:80", "80.1.1.1:80", "90.1.1.1:80", "10.0.1.1:30090"] {
        assert_eq!(seen(&cluster.tcp("outsider-same", to)), both, "{to}");
        let answer = cluster.tcp("node:node-a", to);
        assert_eq!(seen(&answer), both, "{to}, from the node\n{}", told(&answer));
    }
    assert_eq!(seen(&cluster.tcp("shop/svc-a-1", "10.20.30.50:80")), "node-a 192.168.10.11, node-b 192.168.10.11");
    assert_eq!(seen(&cluster.tcp("shop/svc-a-1", "80.1.1.1:80")), both, "external addresses translate everybody");
    assert_eq!(seen(&cluster.tcp("shop/caller-a", "10.20.30.50:80")), "node-a 10.0.1.1, node-b 192.168.10.12", "a pod to itself");
    assert_eq!(cluster.tcp("outsider-same", "90.1.1.2:80").paths[0].verdict, Verdict::Unknown(Unknown::NoSuchAddress), "ipMode Proxy");
}

#[test]
fn traffic_policies() {
    let external = web(|service| service["spec"]["externalTrafficPolicy"] = "Local".into());
    for to in ["80.1.1.1:80", "90.1.1.1:80", "10.0.1.1:30090"] {
        assert_eq!(seen(&external.tcp("outsider-same", to)), "node-a 70.80.1.10", "{to}");
        assert_eq!(seen(&external.tcp("node:node-a", to)), "node-a 10.0.1.1, node-b 10.0.1.1", "{to}, from the node");
    }
    assert_eq!(seen(&external.tcp("shop/svc-a-1", "80.1.1.1:80")), "node-a 192.168.10.11, node-b 192.168.10.11");
    assert_eq!(seen(&external.tcp("outsider-same", "10.20.30.50:80")), "node-a 10.0.1.1, node-b 10.0.1.1", "not for cluster IPs");
    // A pod of node B, by the NodePort of node A: from there it looks like a node, and gets the endpoints of node A alone.
    assert_eq!(seen(&external.tcp("ops/caller-b", "10.0.1.1:30090")), "node-a 10.0.2.1");
    let internal = web(|service| service["spec"]["internalTrafficPolicy"] = "Local".into());
    assert_eq!(seen(&internal.tcp("outsider-same", "10.20.30.50:80")), "node-a 10.0.1.1");
    assert_eq!(seen(&internal.tcp("ops/caller-b", "10.20.30.50:80")), "node-b 10.0.2.1");
    assert_eq!(seen(&internal.tcp("outsider-same", "80.1.1.1:80")), "node-a 10.0.1.1, node-b 10.0.1.1");
    let none = internal.and(
        "
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-x, namespace: shop, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
endpoints: [{addresses: [192.168.20.12], nodeName: node-b}]
ports: [{name: http, port: 8080, protocol: TCP}]
",
    );
    assert_eq!(seen(&none.tcp("outsider-same", "10.20.30.50:80")), "nowhere Denied");
}

#[test]
fn source_ranges_hold_for_load_balancer_addresses_alone() {
    let cluster = web(|service| service["spec"]["loadBalancerSourceRanges"] = json!(["50.60.0.0/16"]));
    cluster.assert("load balancer", "90.1.1.1:80", &["authorised-same"], &["outsider-same", "shop/svc-a-1"]);
    cluster.assert("external", "80.1.1.1:80", &["authorised-same", "outsider-same"], &[]);
    cluster.assert("NodePort", "10.0.1.1:30090", &["outsider-same"], &[]);
}

#[test]
fn endpoints_that_count() {
    let with = |endpoints: &str| {
        web(|_| {}).and(&format!(
            "
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: web-x, namespace: shop, labels: {{kubernetes.io/service-name: web}}}}
addressType: IPv4
endpoints: [{endpoints}]
ports: [{{name: http, port: 8080, protocol: TCP}}]
"
        ))
    };
    let vip = "10.20.30.50:80";
    let ending = "{addresses: [192.168.20.12], nodeName: node-b, conditions: {ready: false, serving: true, terminating: true}}";
    let unready = "{addresses: [192.168.10.12], nodeName: node-a, conditions: {ready: false, serving: false}}";
    let ready = "{addresses: [192.168.10.12], nodeName: node-a}";
    assert_eq!(seen(&with(&format!("{ending}, {ready}")).tcp("outsider-same", vip)), "node-a 10.0.1.1");
    assert_eq!(seen(&with(&format!("{ending}, {unready}")).tcp("outsider-same", vip)), "node-b 10.0.1.1");
    assert_eq!(seen(&with(unready).tcp("outsider-same", vip)), "nowhere Denied");
    // On the host network of a node: there the client's own address is seen, for what is delivered is not translated.
    let host = with("{addresses: [10.0.1.1], nodeName: node-a}");
    assert_eq!(seen(&host.tcp("outsider-same", vip)), "node-a 70.80.1.10");
    assert_eq!(seen(&host.tcp("outsider-other", vip)), "node-a 10.0.2.1");
    assert_eq!(seen(&host.tcp("shop/caller-a", vip)), "node-a Denied", "`defaultEndpointToHostAction` drops");
    assert_eq!(seen(&host.tcp("ops/caller-b", vip)), "node-a 10.0.2.1", "natOutgoing: a node is in no pool");
    let outside = with("{addresses: [203.0.113.7]}");
    assert_eq!(outside.tcp("outsider-same", vip).paths[0].verdict, Verdict::Unknown(Unknown::OutsideTheCluster));
}

#[test]
fn addresses_and_ports_that_nothing_serves() {
    let cluster = web(|_| {});
    assert_eq!(cluster.tcp("outsider-same", "10.20.30.50:81").verdict, Overall::Denied);
    assert_eq!(cluster.sends("UDP", "outsider-same", "10.20.30.50:80").verdict, Overall::Denied);
    let client = Client::Outside { address: "70.80.1.10".parse().unwrap() };
    let to = Destination::Address { address: "10.20.30.50".parse().unwrap() };
    let ping = Question { client, to, carries: Carries::Icmp { kind: 8, code: 0 }, entry: Entry::default() };
    assert_eq!(cluster.ask(&ping).verdict, Overall::Denied);
    // A port of a node that is no NodePort is the node's own.
    assert!(cluster.reaches("outsider-same", "10.0.1.1:30091"));
}

#[test]
fn a_service_is_asked_about_at_every_address_that_serves_the_port() {
    let ask = |port: u16| {
        let service = ServiceRef::new("shop", "web").unwrap();
        let client = Client::Outside { address: "70.80.1.10".parse().unwrap() };
        let carries = Carries::Ports { protocol: crate::access::Protocol::Tcp, port, source_port: None };
        let answer = web(|_| {}).ask(&Question { client, to: Destination::Service { service }, carries, entry: Entry::default() });
        let mut paths: Vec<String> = answer.paths.iter().map(|journey| format!("{}@{}", journey.path.address, journey.path.node)).collect();
        paths.dedup();
        (answer.verdict, paths.join(" "))
    };
    let own = "10.20.30.50@node-a 80.1.1.1@node-a 90.1.1.1@node-a 10.20.30.50@node-b 80.1.1.1@node-b 90.1.1.1@node-b";
    assert_eq!(ask(80), (Overall::Allowed, own.to_owned()));
    assert_eq!(ask(30_090), (Overall::Allowed, "10.0.1.1@node-a 10.0.2.1@node-b".to_owned()));
    assert_eq!(ask(81), (Overall::Denied, own.to_owned()));
}

#[test]
fn what_kube_proxy_is_told() {
    let cluster = web(|_| {});
    let none = cluster.telling(|told| told.cluster_cidrs = Some(Setting { value: Vec::new(), source: Source::Told }));
    assert_eq!(seen(&none.tcp("outsider-same", "10.20.30.50:80")), "node-a 70.80.1.10, node-b 70.80.1.10", "it tells no source apart");
    let ipvs = cluster.telling(|told| told.proxy_mode = Some(Setting { value: ProxyMode::Ipvs, source: Source::Told }));
    assert_eq!(ipvs.tcp("outsider-same", "10.20.30.50:80").paths[0].verdict, Verdict::Unknown(Unknown::ProxyMode));
}

/// With nftables kube-proxy drops what the node itself sends before it translates it, where no endpoint is on the node.
#[test]
fn local_traffic_policy_and_what_a_node_itself_sends() {
    let cluster = Cluster::page().and(
        "
apiVersion: v1
kind: Service
metadata: {name: far, namespace: shop}
spec:
  type: LoadBalancer
  clusterIP: 10.20.30.51
  clusterIPs: [10.20.30.51]
  externalIPs: [80.1.1.9]
  externalTrafficPolicy: Local
  ports: [{name: http, port: 80, targetPort: 8080, nodePort: 30091}]
status: {loadBalancer: {ingress: [{ip: 90.1.1.9}]}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: far-x, namespace: shop, labels: {kubernetes.io/service-name: far}}
addressType: IPv4
endpoints: [{addresses: [192.168.20.12], nodeName: node-b, conditions: {ready: true}}]
ports: [{name: http, port: 8080, protocol: TCP}]
",
    );
    let nftables = cluster.telling(|told| told.proxy_mode = Some(Setting { value: ProxyMode::Nftables, source: Source::Told }));
    for to in ["80.1.1.9:80", "90.1.1.9:80"] {
        assert_eq!(cluster.tcp("node:node-a", to).verdict, Overall::Allowed, "{to}, iptables");
        assert_eq!(nftables.tcp("node:node-a", to).verdict, Overall::Denied, "{to}, nftables");
        for from in ["node:node-b", "shop/caller-a"] {
            assert_eq!(nftables.tcp(from, to).verdict, Overall::Allowed, "{from} to {to}");
        }
    }
    for to in ["10.20.30.51:80", "10.0.1.1:30091"] {
        assert_eq!(nftables.tcp("node:node-a", to).verdict, Overall::Allowed, "{to}");
    }
}

#[test]
fn endpoints_that_are_meant_for_zones() {
    let nodes = "
apiVersion: v1
kind: Node
metadata: {name: node-a, labels: {topology.kubernetes.io/zone: east}, annotations: {projectcalico.org/IPv4Address: 10.0.1.1/16}}
---
apiVersion: v1
kind: Node
metadata: {name: node-b, labels: {topology.kubernetes.io/zone: west}, annotations: {projectcalico.org/IPv4Address: 10.0.2.1/16}}
---
apiVersion: v1
kind: Service
metadata: {name: near, namespace: shop}
spec: {clusterIP: 10.20.30.60, clusterIPs: [10.20.30.60], ports: [{port: 80}]}
";
    // `west/node-b`: for a zone, and for a node.
    let slice = |hints: [&str; 2]| {
        let of = |address: &str, hints: &str| {
            let (zones, nodes) = hints.split_once('/').unwrap_or((hints, ""));
            let names = |text: &str| text.split_whitespace().map(|name| json!({ "name": name })).collect::<Vec<Value>>();
            json!({ "addresses": [address], "hints": { "forZones": names(zones), "forNodes": names(nodes) } })
        };
        json!({ "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
            "metadata": { "name": "near-x", "namespace": "shop", "labels": { "kubernetes.io/service-name": "near" } },
            "endpoints": [of("192.168.10.11", hints[0]), of("192.168.20.12", hints[1])], "ports": [{ "name": "", "port": 80 }] })
    };
    let asks = |annotation: &str| {
        let mut service = yaml(nodes).remove(2);
        service["metadata"]["annotations"] = json!({ "service.kubernetes.io/topology-mode": annotation });
        service
    };
    let page = Cluster::page().and(nodes);
    let (a, b) = ("192.168.10.11", "192.168.20.12");
    let (asked, zones, both) = (Some(Hints::ZonesWhereAsked), Some(Hints::Zones), Some(Hints::NodesAndZones));
    for (name, by, service, hints, sure, doubtful) in [
        ("by annotation", asked, asks("Auto"), ["west", "east"], &[b][..], &[][..]),
        ("nobody asks", asked, asks(""), ["west", "east"], &[a, b], &[]),
        ("it is said not to", asked, asks("Disabled"), ["west", "east"], &[a, b], &[]),
        ("it is switched off", Some(Hints::None), asks("Auto"), ["west", "east"], &[a, b], &[]),
        ("one is meant for no zone", asked, asks("Auto"), ["west", ""], &[a, b], &[]),
        ("none is meant for this", asked, asks("Auto"), ["west", "west"], &[a, b], &[]),
        ("whoever asks", zones, asks(""), ["west", "east"], &[b], &[]),
        ("though it is said not to", zones, asks("Disabled"), ["east", "west"], &[a], &[]),
        ("nodes are none of its business yet", zones, asks(""), ["west/node-a", "east/node-b"], &[b], &[]),
        ("nodes before zones", both, asks(""), ["west/node-a", "east/node-b"], &[a], &[]),
        ("no node is meant", both, asks(""), ["west/node-b", "east/node-b"], &[b], &[]),
        ("one is meant for no node", both, asks(""), ["west/node-a", "east"], &[b], &[]),
        ("its version is not known, and does not matter", None, asks("Auto"), ["west", "east"], &[b], &[]),
        ("its version is not known", None, asks(""), ["west", "east"], &[b], &[a]),
        ("its version is not known, and nodes are meant too", None, asks("Auto"), ["west/node-a", "east/node-b"], &[], &[a, b]),
    ] {
        let cluster = page.with([service, slice(hints)]).telling(|told| {
            told.hints = by.map(|value| Setting { value, source: Source::Told });
        });
        let answer = cluster.tcp("outsider-same", "10.20.30.60:80");
        let doubtful_ones = |path: &&Journey| path.verdict == Verdict::Unknown(Unknown::ProxyVersion);
        let to = |path: &Journey| Some(path.path.backend.as_ref()?.address.to_string());
        let mut unsure: Vec<String> = answer.paths.iter().filter(doubtful_ones).filter_map(to).collect();
        let mut found: Vec<String> = answer.paths.iter().filter(|path| path.verdict == Verdict::Allowed).filter_map(to).collect();
        unsure.sort();
        found.sort();
        assert_eq!((found.as_slice(), unsure.as_slice()), (&strings(sure)[..], &strings(doubtful)[..]), "{name}: {}", told(&answer));
    }
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// Measured with 3.30.1 and kube-proxy 1.32.5: `end2end/worlds/judged`.
#[test]
fn what_kube_proxy_by_nftables_does_otherwise() {
    let by =
        |mode: ProxyMode, cluster: &Cluster| cluster.telling(|told| told.proxy_mode = Some(Setting { value: mode, source: Source::Told }));
    let both = web(|service| {
        service["spec"]["loadBalancerSourceRanges"] = json!(["50.60.0.0/16"]);
        service["spec"]["externalIPs"] = json!(["203.0.113.7"]);
        service["status"]["loadBalancer"]["ingress"] = json!([{ "ip": "203.0.113.7" }]);
    });
    let outside = |mode: ProxyMode| by(mode, &both).reaches("outsider-same", "203.0.113.7:80");
    assert_eq!((outside(ProxyMode::Iptables), outside(ProxyMode::Nftables)), (true, false));
    assert!(by(ProxyMode::Nftables, &both).reaches("authorised-same", "203.0.113.7:80"));
    let second = yaml(
        "{apiVersion: v1, kind: Node, metadata: {name: node-a, annotations: {projectcalico.org/IPv4Address: 10.0.1.1/24}}, status: {addresses: [{type: InternalIP, address: 10.0.1.1}, {type: InternalIP, address: 10.0.1.2}]}}",
    );
    let node_port = |mode: ProxyMode, to: &str| {
        let answer = by(mode, &Cluster::page().with(second.clone())).tcp("outsider-same", to);
        answer.paths[0].path.backend.is_some()
    };
    assert!(node_port(ProxyMode::Iptables, "10.0.1.2:30080"));
    assert!(node_port(ProxyMode::Nftables, "10.0.1.1:30080"));
    assert!(!node_port(ProxyMode::Nftables, "10.0.1.2:30080"));
    let set = |value: NodePorts, to: &str| {
        let told = Cluster::page().with(second.clone()).telling(|told| told.node_ports = Some(Setting { value, source: Source::Told }));
        told.tcp("outsider-same", to).paths[0].path.backend.is_some()
    };
    let ranges = |text: &str| NodePorts::In(vec![text.parse().unwrap()]);
    assert_eq!(["10.0.1.1:30080", "10.0.1.2:30080"].map(|to| set(NodePorts::Primary, to)), [true, false]);
    assert_eq!(["10.0.1.1:30080", "10.0.1.2:30080"].map(|to| set(ranges("10.0.1.2/32"), to)), [false, true]);
    assert_eq!(["10.0.1.1:30080", "10.0.1.2:30080"].map(|to| set(ranges("fd00::/8"), to)), [true, true], "none of the family");
}

#[test]
fn what_kube_proxy_does_not_list() {
    let headless = web(|service| service["metadata"]["labels"] = json!({ "service.kubernetes.io/headless": "" }));
    assert_eq!(headless.tcp("outsider-same", "10.20.30.50:80").verdict, Overall::Unknown);
    let slice = Cluster::page().objects.into_iter().find(|object| object["kind"] == "EndpointSlice").unwrap();
    let mut of_nobody = slice;
    of_nobody["metadata"]["labels"]["service.kubernetes.io/headless"] = "".into();
    assert!(!Cluster::page().with([of_nobody]).reaches("outsider-same", VIP));
}
