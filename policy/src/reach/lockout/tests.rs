mod bgp;

use super::{Way, Ways, findings};
use crate::finding::{Finding, Severity};
use crate::reach::diff::Side;
use crate::reach::sets::testing::{Cluster, VIP, host_endpoint, policy};
use crate::reach::settings::{Settings, Told};
use serde_json::{Value, json};

/// The page's cluster with an API server on `a`, of the control plane, with DNS, and with a tunnel between its nodes.
fn cluster() -> Cluster {
    let labels = json!({"node-role.kubernetes.io/control-plane": ""});
    let mut cluster = Cluster::page();
    for object in &mut cluster.0 {
        if object["kind"] == "Node" {
            object["metadata"]["labels"] = labels.clone();
        }
        if object["kind"] == "IPPool" {
            object["spec"]["vxlanMode"] = json!("Always");
        }
    }
    let service = |namespace: &str, name: &str, address: &str, ports: Value| {
        json!({"kind": "Service", "metadata": {"name": name, "namespace": namespace},
            "spec": {"type": "ClusterIP", "clusterIP": address, "clusterIPs": [address], "ports": ports}})
    };
    let slice = |namespace: &str, name: &str, address: &str, ports: Value| {
        json!({"kind": "EndpointSlice", "metadata": {"name": format!("{name}-1"), "namespace": namespace,
                "labels": {"kubernetes.io/service-name": name}},
            "addressType": "IPv4", "endpoints": [{"addresses": [address], "conditions": {"ready": true}}], "ports": ports})
    };
    let dns = json!([{"name": "dns", "protocol": "UDP", "port": 53}, {"name": "dns-tcp", "protocol": "TCP", "port": 53}]);
    cluster
        .with(service("default", "kubernetes", "10.20.0.1", json!([{"name": "https", "port": 443, "targetPort": 6443}])))
        .with(slice("default", "kubernetes", "10.0.1.1", json!([{"name": "https", "port": 6443, "protocol": "TCP"}])))
        .with(json!({"kind": "Pod", "metadata": {"name": "dns-1", "namespace": "kube-system", "labels": {"app": "dns"}},
            "spec": {"nodeName": "b"}, "status": {"phase": "Running", "podIP": "192.168.2.2"}}))
        .with(service("kube-system", "kube-dns", "10.20.0.10", dns.clone()))
        .with(slice("kube-system", "kube-dns", "192.168.2.2", dns))
}

fn told(before: &Cluster, after: &Cluster, ways: &Ways) -> Vec<Finding> {
    let (was, is) = (before.snapshot(), after.snapshot());
    let settings = |snapshot| Settings::read(snapshot, &Told::default());
    let (then, now) = (settings(&was), settings(&is));
    findings(Side { snapshot: &was, settings: &then }, Side { snapshot: &is, settings: &now }, ways)
}

/// What is cut, each by its flow and what cuts it.
fn cut(before: &Cluster, after: &Cluster, ways: &Ways) -> Vec<(String, String, String)> {
    let found = told(before, after, ways);
    let blockers = found.into_iter().filter(|finding| finding.severity == Severity::Blocker);
    blockers
        .map(|finding| {
            let flow = finding.what.split(": would be cut").next().unwrap().to_owned();
            (flow, finding.objects.first().map(|key| key.name.clone()).unwrap_or_default(), finding.field)
        })
        .collect()
}

fn names(cut: &[(String, String, String)]) -> Vec<&str> {
    cut.iter().map(|(flow, _, _)| flow.as_str()).collect()
}

/// A policy at hosts before translation.
fn gate(name: &str, rules: Value) -> Value {
    policy(name, json!({"selector": "k8s-role == 'node'", "types": ["Ingress"], "preDNAT": true, "applyOnForward": true, "ingress": rules}))
}

fn ways() -> Ways {
    Ways {
        operator: Some(Way { from: "198.51.100.7".parse().unwrap(), to: "10.0.2.1".parse().unwrap(), port: 8787 }),
        portcullis: Some(Way { from: "192.168.2.2".parse().unwrap(), to: "10.0.1.1".parse().unwrap(), port: 6443 }),
    }
}

#[test]
fn endpoints_with_the_profile_and_a_policy_about_the_service_cut_nothing() {
    let ours = gate(
        "ours",
        json!([
        {"action": "Allow", "source": {"nets": ["50.60.0.0/16"]}, "destination": {"nets": [format!("{VIP}/32")]}},
        {"action": "Deny", "destination": {"nets": [format!("{VIP}/32")]}}]),
    );
    for interface in ["eth0", "*"] {
        assert_eq!(told(&cluster(), &cluster().endpoints(interface, true, true).with(ours.clone()), &ways()), [], "{interface}");
    }
}

#[test]
fn endpoints_without_a_profile_cut_all_but_failsafe_ports() {
    let found = cut(&cluster(), &cluster().endpoints("eth0", true, false), &ways());
    let names = names(&found);
    for flow in ["The kubelet, between nodes", "This page, from your own address"] {
        assert!(names.contains(&flow), "{names:?}");
    }
    // Failsafe ports: 22, 179, 2379, 2380, 5473, 6443 (felix/config/config_params.go at v3.28.5).
    for open in ["SSH, from outside", "BGP, between nodes", "etcd, between nodes of the control plane", "The API server, from outside"] {
        assert!(!names.contains(&open), "{names:?}");
    }
    let all = told(&cluster(), &cluster().endpoints("eth0", true, false), &ways());
    let kubelet = all.iter().find(|finding| finding.what.starts_with("The kubelet, between nodes")).unwrap();
    assert!(kubelet.what.contains("would be cut. A packet of `node:a` to `10.0.2.1` on TCP 10250 is let through now"), "{}", kubelet.what);
    assert_eq!(kubelet.packet.as_ref().unwrap().client, "node:a");
}

#[test]
fn automatic_endpoints_meet_the_policies_of_others() {
    let theirs = policy(
        "lock",
        json!({"selector": "all()", "types": ["Ingress"], "ingress": [{"action": "Allow", "protocol": "TCP", "destination": {"ports": [80]}}]}),
    );
    let automatic = |cluster: Cluster| {
        ["a", "b"].into_iter().zip([["10.0.1.1"], ["10.0.2.1"]]).fold(cluster, |cluster, (node, addresses)| {
            let mut endpoint = host_endpoint(node, "*", &addresses);
            endpoint["spec"]["profiles"] = json!(["projectcalico-default-allow"]);
            cluster.with(endpoint)
        })
    };
    let before = cluster().with(theirs);
    let found = cut(&before, &automatic(before.clone()), &ways());
    assert!(found.iter().any(|(flow, by, _)| flow == "The kubelet, between nodes" && by == "lock"), "{found:#?}");
    // Without the policy nothing is cut, and where the endpoints are already there, it is not this change that cuts.
    assert_eq!(cut(&cluster(), &automatic(cluster()), &ways()), []);
    let more = automatic(before.clone()).with(gate("none", json!([{"action": "Deny", "destination": {"nets": ["10.99.0.1/32"]}}])));
    assert_eq!(cut(&automatic(before), &more, &ways()), []);
}

#[test]
fn a_deny_before_translation_without_failsafe_ports_cuts_the_api_server() {
    let none = json!({"kind": "FelixConfiguration", "metadata": {"name": "default"}, "spec": {"failsafeInboundHostPorts": []}});
    let deny = gate(
        "shut",
        json!([{"action": "Allow", "protocol": "TCP", "destination": {"ports": [443]}}, {"action": "Deny", "protocol": "TCP", "destination": {"ports": [6443, 8787]}}]),
    );
    let before = cluster().with(none).endpoints("eth0", true, true);
    let found = cut(&before, &before.clone().with(deny.clone()), &ways());
    for flow in [
        "The API server, from nodes",
        "The API server, from outside",
        "The API server, from Portcullis",
        "This page, from your own address",
    ] {
        let one = found.iter().find(|(name, _, _)| name == flow).unwrap_or_else(|| panic!("{flow}: {found:#?}"));
        assert_eq!((one.1.as_str(), one.2.as_str()), ("shut", "spec.ingress[1]"));
    }
    // With the failsafe ports of Calico's defaults only the page is cut.
    let before = cluster().endpoints("eth0", true, true);
    assert_eq!(names(&cut(&before, &before.clone().with(deny), &ways())), ["This page, from your own address"]);
}

#[test]
fn tunnels_and_names_are_followed() {
    let before = cluster().endpoints("eth0", true, true);
    let tunnel = gate("tunnel", json!([{"action": "Deny", "protocol": "UDP", "destination": {"ports": [4789]}}]));
    let found = cut(&before, &before.clone().with(tunnel), &Ways::default());
    assert!(names(&found).contains(&"VXLAN, between nodes"), "{found:#?}");
    let quiet = json!({"kind": "NetworkPolicy", "metadata": {"name": "quiet", "namespace": "kube-system"},
        "spec": {"selector": "app == 'dns'", "types": ["Ingress"], "ingress": [{"action": "Deny", "protocol": "UDP"}, {"action": "Allow"}]}});
    let after = cluster().with(quiet);
    let found = cut(&cluster(), &after, &Ways::default());
    assert!(found.iter().any(|(flow, by, field)| flow == "DNS, from pods" && by == "quiet" && field == "spec.ingress[0]"), "{found:#?}");
}

#[test]
fn what_cannot_be_told_any_more_is_said() {
    let mut endpoint = host_endpoint("a", "eth0", &["10.0.1.1"]);
    endpoint["spec"]["profiles"] = json!(["projectcalico-default-allow"]);
    let untracked = policy(
        "raw",
        json!({"selector": "k8s-role == 'node'", "types": ["Ingress", "Egress"], "doNotTrack": true, "applyOnForward": true,
        "ingress": [{"action": "Allow"}], "egress": [{"action": "Allow"}]}),
    );
    let found = told(&cluster(), &cluster().with(endpoint).with(untracked), &Ways::default());
    let kubelet = found.iter().find(|finding| finding.what.starts_with("The kubelet, between nodes: may be cut")).unwrap();
    assert_eq!(kubelet.severity, Severity::Unknown);
}

#[test]
fn a_large_cluster_is_followed_by_kinds() {
    let many = |cluster: Cluster| {
        (0..300).fold(cluster, |mut cluster, n| {
            cluster.0.push(crate::reach::sets::testing::node(
                &format!("n{n}"),
                &format!("10.0.{}.{}/16", 10 + n / 200, n % 200 + 1),
                "192.168.77.9",
            ));
            let mut endpoint = host_endpoint(&format!("n{n}"), "eth0", &[]);
            endpoint["spec"]["profiles"] = if n == 250 { json!([]) } else { json!(["projectcalico-default-allow"]) };
            cluster.0.push(endpoint);
            cluster
        })
    };
    let before = Cluster(many(cluster()).0.into_iter().filter(|object| object["kind"] != "HostEndpoint").collect());
    let found = cut(&before, &many(cluster()), &Ways::default());
    // The one node that is other than the rest is found among them.
    assert!(names(&found).contains(&"The kubelet, between nodes"), "{found:#?}");
}

#[test]
fn typha_health_checks_and_an_api_server_elsewhere_are_followed() {
    let none = json!({"kind": "FelixConfiguration", "metadata": {"name": "default"}, "spec": {"failsafeInboundHostPorts": [], "failsafeOutboundHostPorts": []}});
    let slice = |namespace: &str, name: &str, address: &str, port: u16| {
        json!({"kind": "EndpointSlice", "metadata": {"name": format!("{name}-1"), "namespace": namespace,
                "labels": {"kubernetes.io/service-name": name}},
            "addressType": "IPv4", "endpoints": [{"addresses": [address], "conditions": {"ready": true}}], "ports": [{"port": port, "protocol": "TCP"}]})
    };
    let before = cluster()
        .with(none)
        .with(slice("calico-system", "calico-typha", "10.0.2.1", 5473))
        .with(slice("default", "kubernetes", "172.30.0.1", 6443))
        .with(json!({"kind": "Service", "metadata": {"name": "lb", "namespace": "shop"}, "spec": {"type": "LoadBalancer", "clusterIP": "10.20.30.50",
            "clusterIPs": ["10.20.30.50"], "healthCheckNodePort": 32100, "ports": [{"port": 80}]}}))
        .endpoints("eth0", true, true);
    let ports = |ports: Value| json!([{"action": "Deny", "protocol": "TCP", "destination": {"ports": ports}}]);
    let found = cut(&before, &before.clone().with(gate("shut", ports(json!([5473, 32100, 10250])))), &Ways::default());
    for flow in ["Typha, from nodes", "The health check of `shop/lb`", "The kubelet, from the API server"] {
        assert!(found.iter().any(|(name, by, _)| name == flow && by == "shut"), "{flow}: {found:#?}");
    }
    // What leaves the cluster is let through as far as it can tell, and is cut where it may not leave.
    let out = policy(
        "out",
        json!({"selector": "k8s-role == 'node'", "types": ["Egress"], "egress": [
        {"action": "Deny", "protocol": "TCP", "destination": {"ports": [6443]}}, {"action": "Allow"}]}),
    );
    let found = cut(&before, &before.clone().with(out), &Ways::default());
    assert!(
        found.iter().any(|(flow, by, field)| flow == "The API server, from nodes" && by == "out" && field == "spec.egress[0]"),
        "{found:#?}"
    );
}

/// The cluster where nodes encrypt.
fn encrypting(spec: Value) -> Cluster {
    let mut cluster = cluster().with(json!({"kind": "FelixConfiguration", "metadata": {"name": "default"}, "spec": spec}));
    for node in cluster.0.iter_mut().filter(|object| object["kind"] == "Node") {
        let name = node["metadata"]["name"].clone();
        let annotations = &mut node["metadata"]["annotations"];
        annotations["projectcalico.org/WireguardPublicKey"] = format!("of-{name}=").into();
        annotations["projectcalico.org/IPv4WireguardInterfaceAddr"] = if name == "a" { "192.168.79.1" } else { "192.168.79.2" }.into();
    }
    cluster
}

#[test]
fn the_port_of_encryption_stays_open() {
    let deny = |port: u16| gate("deny", json!([{"action": "Deny", "protocol": "UDP", "destination": {"ports": [port]}}]));
    let after = |cluster: Cluster, port: u16| cluster.endpoints("eth0", true, true).with(deny(port));
    let plain = encrypting(json!({"wireguardEnabled": true}));
    let found = cut(&plain, &after(plain.clone(), 51_820), &ways());
    assert!(found.contains(&("WireGuard, between nodes".to_owned(), "deny".to_owned(), "spec.ingress[0]".to_owned())), "{found:?}");
    // The pools' tunnel carries nothing then, but where hosts are encrypted what came in from outside.
    assert_eq!(cut(&plain, &after(plain.clone(), 4789), &ways()), []);
    let hosts = encrypting(json!({"wireguardEnabled": true, "wireguardHostEncryptionEnabled": true}));
    assert_eq!(names(&cut(&hosts, &after(hosts.clone(), 4789), &ways())), ["VXLAN, between nodes"]);
    // And the kubelet is behind the same port.
    let found = cut(&hosts, &after(hosts.clone(), 51_820), &ways());
    for flow in ["WireGuard, between nodes", "The kubelet, between nodes", "BGP, between nodes"] {
        assert!(names(&found).contains(&flow), "{found:?}");
    }
    let elsewhere = encrypting(json!({"wireguardEnabled": true, "wireguardListeningPort": 4500}));
    assert_eq!(cut(&elsewhere, &after(elsewhere.clone(), 51_820), &ways()), []);
    assert!(names(&cut(&elsewhere, &after(elsewhere.clone(), 4500), &ways())).contains(&"WireGuard, between nodes"));
}
