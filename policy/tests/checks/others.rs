//! Checks of what others have in the cluster: policies, Services, objects.

use crate::case::{Case, by_world, case};
use crate::common::{access, eth0, global_policy, guard, pod, svc_a};
use crate::worlds::{at_hosts_by_name, existing, in_cluster, named, network_policy, on, other_service, page, pre_dnat};
use policy::access::InCluster;
use policy::finding::Severity::{Blocker, Info, Warning};
use serde_json::json;

pub(crate) fn cases() -> Vec<Case> {
    vec![
        case(
            "foreign-policy-on-new-host-endpoint",
            Blocker,
            (page().with(global_policy("everything", json!({"selector": "all()", "types": ["Ingress", "Egress"]}))), on(eth0())),
            (
                page()
                    .with(global_policy("everything", json!({"selector": "!has(portcullis.dev/edge) && has(app)", "types": ["Ingress"]}))),
                on(eth0()),
            ),
        ),
        case(
            "foreign-host-policy-before",
            Warning,
            (named().with(pre_dnat(10, &["10.20.30.0/24"])), existing()),
            (named().with(pre_dnat(10, &["10.99.0.0/16"])), existing()),
        ),
        case(
            "foreign-host-policy-before",
            Warning,
            (
                named().with(global_policy(
                    "raw",
                    json!({"selector": "has(k8s-role)", "types": ["Ingress"], "doNotTrack": true,
                    "applyOnForward": true, "ingress": [{"action": "Deny"}]}),
                )),
                existing(),
            ),
            (named().with(pre_dnat(900, &["10.20.30.0/24"])), existing()),
        ),
        // Of the same order the name decides.
        case(
            "foreign-host-policy-after",
            Info,
            (named().with(at_hosts_by_name("z1")), existing()),
            (named().with(at_hosts_by_name("a1")), existing()),
        ),
        case(
            "foreign-host-policy-after",
            Info,
            (named().with(pre_dnat(900, &[])), existing()),
            (named().with(pre_dnat(10, &[])), existing()),
        ),
        case(
            "foreign-forward-policy",
            Warning,
            (
                named().with(global_policy("fwd", json!({"selector": "has(k8s-role)", "types": ["Egress"], "applyOnForward": true}))),
                existing(),
            ),
            (named().with(global_policy("host", json!({"selector": "has(k8s-role)", "types": ["Egress"]}))), existing()),
        ),
        by_world(
            "foreign-pod-policy-before",
            Warning,
            page().with(network_policy(
                "first",
                json!({"selector": "app == 'a'", "order": 10, "types": ["Ingress"], "ingress": [{"action": "Deny"}]}),
            )),
        ),
        by_world(
            "foreign-pod-policy-after",
            Info,
            page().with(
                json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "k", "namespace": "shop"},
                "spec": {"podSelector": {"matchLabels": {"app": "a"}}, "policyTypes": ["Ingress"]}}),
            ),
        ),
        // Without types it is about both directions, whatever rules it has.
        case(
            "foreign-pod-policy-after",
            Info,
            (page().with(network_policy("theirs", json!({"selector": "app == 'a'", "egress": [{"action": "Allow"}]}))), guard(access(&[]))),
            (
                page().with(network_policy(
                    "theirs",
                    json!({"selector": "app == 'a'", "types": ["Egress"], "egress": [{"action": "Allow"}]}),
                )),
                guard(access(&[])),
            ),
        ),
        case(
            "pods-governed-differently",
            Blocker,
            (
                page()
                    .set("Pod", "a-1", "/metadata/labels", json!({"app": "a", "tier": "x"}))
                    .with(network_policy("some", json!({"selector": "tier == 'x'", "types": ["Ingress"]}))),
                guard(access(&[])),
            ),
            (page().with(network_policy("all", json!({"selector": "app == 'a'", "types": ["Ingress"]}))), guard(access(&[]))),
        ),
        case(
            "pods-governed-differently",
            Blocker,
            (
                page()
                    .set("Pod", "a-1", "/metadata/labels", json!({"app": "a", "tier": "x"}))
                    .with(network_policy("some", json!({"selector": "tier == 'x'", "types": ["Ingress"]})))
                    .with(other_service("svc-b", json!({"app": "a"}))),
                in_cluster(InCluster::Nobody),
            ),
            (
                page()
                    .set("Pod", "a-1", "/metadata/labels", json!({"app": "a", "tier": "x"}))
                    .with(network_policy("some", json!({"selector": "tier == 'x'", "types": ["Ingress"]}))),
                in_cluster(InCluster::Nobody),
            ),
        ),
        // Services beside it.
        by_world(
            "address-shared",
            Blocker,
            page().with(other_service("svc-b", json!({"app": "b"}))).set("Service", "svc-b", "/spec/externalIPs", json!(["10.20.30.40"])),
        ),
        by_world(
            "port-shared",
            Blocker,
            page()
                .set("Service", "svc-a", "/spec/externalIPs", json!(["203.0.113.7"]))
                .with(other_service("svc-b", json!({"app": "b"})))
                .set("Service", "svc-b", "/spec/externalIPs", json!(["203.0.113.7"])),
        ),
        by_world("pods-shared", Warning, page().with(other_service("svc-b", json!({"app": "a"})))),
        case(
            "pods-shared",
            Warning,
            (page().with(other_service("svc-b", json!({"app": "a"}))), guard(access(&[]))),
            (page().with(other_service("svc-b", json!({"app": "b"}))).with(pod("b-1", "node-a", json!({"app": "b"}))), guard(access(&[]))),
        ),
        case(
            "in-cluster-conflict",
            Blocker,
            (page().with(other_service("svc-b", json!({"app": "a"}))), in_cluster(InCluster::Nobody)),
            (page().with(other_service("svc-b", json!({"app": "a"}))), in_cluster(InCluster::Unchanged)),
        ),
        // Objects in the way.
        by_world(
            "name-taken",
            Blocker,
            page().with(global_policy(
                &policy::names::edge_policy(&policy::names::service_slug(&svc_a())),
                json!({"selector": "has(x)", "types": ["Ingress"]}),
            )),
        ),
    ]
}
