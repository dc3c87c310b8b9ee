//! Checks of the Service's addresses.

use crate::case::{Case, by_world, case};
use crate::common::{World, access, guard};
use crate::worlds::{balanced, excluded, page};
use policy::finding::Severity::{Info, Warning};
use serde_json::{Value, json};

pub(crate) fn cases() -> Vec<Case> {
    vec![
        by_world(
            "not-advertised",
            Warning,
            page().set("BGPConfiguration", "default", "/spec/serviceClusterIPs", json!([{"cidr": "10.99.0.0/16"}])),
        ),
        case(
            "not-advertised",
            Warning,
            (page().set("BGPConfiguration", "default", "/spec/serviceClusterIPs", json!([{"cidr": "10.20.30.40/32"}])), guard(access(&[]))),
            (
                page().set("BGPConfiguration", "default", "/spec/serviceClusterIPs", json!([{"cidr": "10.20.30.40/32"}])).set(
                    "Service",
                    "svc-a",
                    "/spec/externalTrafficPolicy",
                    json!("Local"),
                ),
                guard(access(&[])),
            ),
        ),
        by_world("external-local", Info, page().set("Service", "svc-a", "/spec/externalTrafficPolicy", json!("Local"))),
        by_world("internal-local", Warning, page().set("Service", "svc-a", "/spec/internalTrafficPolicy", json!("Local"))),
        by_world("cluster-ip-not-fixed", Info, page().set("Service", "svc-a", "/metadata/annotations", json!({}))),
        by_world(
            "cluster-ip-not-fixed",
            Warning,
            page().set(
                "Service",
                "svc-a",
                "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration",
                json!("{\"spec\":{}}"),
            ),
        ),
        by_world("outer-not-advertised", Info, external(page())),
        case(
            "outer-not-advertised",
            Info,
            // A range of one address is for Services with `externalTrafficPolicy: Local`.
            (advertising(external(page()), "serviceExternalIPs", "203.0.113.7/32"), guard(access(&[]))),
            (advertising(external(page()), "serviceExternalIPs", "203.0.113.0/24"), guard(access(&[]))),
        ),
        case(
            "outer-not-advertised",
            Info,
            // Of another kind.
            (advertising(external(page()), "serviceLoadBalancerIPs", "203.0.113.0/24"), guard(access(&[]))),
            (advertising(at_balancer(json!({"ip": "203.0.113.7"})), "serviceLoadBalancerIPs", "203.0.113.7/32"), guard(access(&[]))),
        ),
        case(
            "advertised-by-no-node",
            Warning,
            (excluded(excluded(page(), "node-a"), "node-b"), guard(access(&[]))),
            (excluded(page(), "node-a"), guard(access(&[]))),
        ),
        case(
            "load-balancer-by-name",
            Warning,
            (at_balancer(json!({"hostname": "a1.lb.example"})), guard(access(&[]))),
            (at_balancer(json!({"ip": "203.0.113.7"})), guard(access(&[]))),
        ),
        case(
            "outside-source-ranges",
            Warning,
            (let_in_by_balancer(&["50.60.0.0/17", "2001:db8::/32"]), guard(access(&["50.60.0.0/16"]))),
            (let_in_by_balancer(&["50.60.9.9/16"]), guard(access(&["50.60.0.0/16"]))),
        ),
        // Of another family alone they hold for nobody here; and at no address but the load balancer's.
        case(
            "outside-source-ranges",
            Warning,
            (let_in_by_balancer(&["10.0.0.0/8"]), guard(access(&["50.60.0.0/16", "2001:db8::/32"]))),
            (let_in_by_balancer(&["2001:db8::/32"]), guard(access(&["50.60.0.0/16"]))),
        ),
        case(
            "outside-source-ranges",
            Warning,
            (let_in_by_balancer(&["10.0.0.0/8"]), guard(access(&["50.60.0.0/16"]))),
            (
                external(page()).set("Service", "svc-a", "/spec/loadBalancerSourceRanges", json!(["10.0.0.0/8"])),
                guard(access(&["50.60.0.0/16"])),
            ),
        ),
        by_world("health-check-port-open", Info, page().set("Service", "svc-a", "/spec/healthCheckNodePort", json!(32100))),
    ]
}

fn external(world: World) -> World {
    world.set("Service", "svc-a", "/spec/externalIPs", json!(["203.0.113.7"]))
}

fn at_balancer(entry: Value) -> World {
    balanced().set("Service", "svc-a", "/status", json!({"loadBalancer": {"ingress": [entry]}}))
}

fn let_in_by_balancer(ranges: &[&str]) -> World {
    at_balancer(json!({"ip": "203.0.113.9"})).set("Service", "svc-a", "/spec/loadBalancerSourceRanges", json!(ranges))
}

fn advertising(world: World, field: &str, range: &str) -> World {
    world.set("BGPConfiguration", "default", &format!("/spec/{field}"), json!([{"cidr": range}]))
}
