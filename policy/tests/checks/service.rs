//! Checks of the Service, its ports and what is behind it.

use crate::case::{Case, by_world, case};
use crate::common::{World, access, guard, row};
use crate::worlds::{PORTS, by_hand, existing, forwarded, named, on_hosts, on_pods, one_port, page, ssh, two_to_one};
use policy::access::Access;
use policy::finding::Severity::{Blocker, Info, Warning};
use serde_json::{Value, json};

/// Two ports, one of them a failsafe, whose targets the pods name so.
fn by_names(ports: Value) -> World {
    let listed = json!([{"name": "ssh", "protocol": "TCP", "port": 22, "targetPort": "ssh"}, {"name": "web", "protocol": "TCP", "port": 80, "targetPort": "web"}]);
    let containers = json!([{"name": "c", "ports": ports}]);
    let world = page().set("Service", "svc-a", PORTS, listed);
    ["a-1", "a-2"].into_iter().fold(world, |world, pod| world.set("Pod", pod, "/spec/containers", containers.clone()))
}

pub(crate) fn cases() -> Vec<Case> {
    vec![
        by_world(
            "no-cluster-ip",
            Blocker,
            page().set("Service", "svc-a", "/spec/clusterIP", json!("None")).set("Service", "svc-a", "/spec/clusterIPs", json!(["None"])),
        ),
        by_world("no-selector", Warning, page().set("Service", "svc-a", "/spec/selector", Value::Null)),
        by_world("no-ports", Blocker, page().set("Service", "svc-a", PORTS, json!([]))),
        by_world("service-unreadable", Blocker, page().set("Service", "svc-a", PORTS, one_port(json!({"port": 80, "protocol": "XTP"})))),
        by_world("failsafe-port-closed", Info, page().set("Service", "svc-a", PORTS, one_port(json!({"port": 6443})))),
        by_world("failsafe-port-closed", Info, page().set("Service", "svc-a", PORTS, one_port(json!({"port": 80, "nodePort": 6443})))),
        case(
            "failsafe-port-closed",
            Info,
            (
                page().set("FelixConfiguration", "default", "/spec/failsafeInboundHostPorts", json!([{"protocol": "tcp", "port": 443}])),
                guard(access(&[])),
            ),
            (
                page().set("Service", "svc-a", PORTS, one_port(json!({"port": 22}))).set(
                    "FelixConfiguration",
                    "default",
                    "/spec/failsafeInboundHostPorts",
                    json!([]),
                ),
                guard(access(&[])),
            ),
        ),
        // Behind a policy of others that speaks for the hosts alone, what lets the rest pass would open them.
        case(
            "failsafe-port",
            Blocker,
            (named().set("Service", "svc-a", PORTS, ssh()).with(on_hosts()), existing()),
            (named().set("Service", "svc-a", PORTS, ssh()), existing()),
        ),
        // One that acts on what is forwarded ends what ours begins.
        case(
            "failsafe-port",
            Blocker,
            (named().set("Service", "svc-a", PORTS, ssh()).with(on_hosts()), existing()),
            (named().set("Service", "svc-a", PORTS, ssh()).with(on_hosts()).with(forwarded()), existing()),
        ),
        // Two ports lead to one of the pods', with other clients.
        case(
            "failsafe-port",
            Blocker,
            (
                page().set("Service", "svc-a", PORTS, two_to_one()),
                guard(Access { clients: vec![row("50.60.0.0/16", &["TCP/80"])], ..Access::default() }),
            ),
            (page().set("Service", "svc-a", PORTS, two_to_one()), guard(access(&["50.60.0.0/16"]))),
        ),
        // By names that are one port at a pod, and by names that are two.
        case(
            "failsafe-port",
            Blocker,
            (
                by_names(json!([{"name": "ssh", "containerPort": 8022}, {"name": "web", "containerPort": 8022}])),
                guard(Access { clients: vec![row("50.60.0.0/16", &["TCP/80"])], ..Access::default() }),
            ),
            (
                by_names(json!([{"name": "ssh", "containerPort": 8022}, {"name": "web", "containerPort": 8080}])),
                guard(Access { clients: vec![row("50.60.0.0/16", &["TCP/80"])], ..Access::default() }),
            ),
        ),
        case(
            "failsafe-port",
            Blocker,
            (page().set("Service", "svc-a", PORTS, ssh()).set("Service", "svc-a", "/spec/selector", Value::Null), guard(access(&[]))),
            (page().set("Service", "svc-a", PORTS, ssh()), guard(access(&[]))),
        ),
        by_world("host-network-backend", Warning, page().set("Pod", "a-1", "/spec/hostNetwork", json!(true))),
        by_world(
            "host-network-backend",
            Warning,
            page().without("Pod", "a-").with(json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
                "metadata": {"name": "svc-a-1", "namespace": "shop", "labels": {"kubernetes.io/service-name": "svc-a"}},
                "addressType": "IPv4", "endpoints": [{"addresses": ["10.0.1.1"]}], "ports": [{"port": 8080}]})),
        ),
        by_world("endpoint-elsewhere", Info, by_hand("198.51.100.7")),
        case(
            "foreign-pod-policy-alone",
            Warning,
            (by_hand("192.168.1.1").with(on_pods()), guard(access(&["50.60.0.0/16"]))),
            (by_hand("192.168.1.1"), guard(access(&["50.60.0.0/16"]))),
        ),
        case(
            "foreign-host-policy-on-backends",
            Warning,
            (named().set("Pod", "a-1", "/spec/hostNetwork", json!(true)).with(on_hosts()), existing()),
            (named().with(on_hosts()), existing()),
        ),
        by_world("no-backend", Info, page().without("Pod", "a-")),
        by_world("named-port-missing", Warning, page().set("Pod", "a-2", "/spec/containers", json!([]))),
        by_world(
            "named-port-differs",
            Info,
            page().set("Pod", "a-2", "/spec/containers", json!([{"name": "c", "ports": [{"name": "tls", "containerPort": 9443}]}])),
        ),
    ]
}
