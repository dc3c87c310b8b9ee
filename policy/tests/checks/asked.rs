//! Checks of what is asked.

use crate::case::{Case, by_change, case};
use crate::common::{World, access, guard, row};
use crate::worlds::{balanced, in_cluster, page, with_load_balancer};
use policy::access::{Access, InCluster};
use policy::finding::Severity::{Blocker, Info, Warning};
use serde_json::{Value, json};

pub(crate) fn cases() -> Vec<Case> {
    vec![
        by_change("port-not-of-service", Blocker, guard(Access { clients: vec![row("50.60.0.0/16", &["TCP/8081"])], ..Access::default() })),
        by_change("family-without-address", Warning, guard(access(&["2001:db8::/32"]))),
        case(
            "family-without-clients",
            Info,
            (dual(), guard(access(&["50.60.0.0/16"]))),
            (dual(), guard(access(&["50.60.0.0/16", "2001:db8::/32"]))),
        ),
        // Where nobody at all is let in, that is what was asked.
        case("family-without-clients", Info, (dual(), guard(access(&["2001:db8::/32"]))), (dual(), guard(access(&[])))),
        by_change("clients-cover-pods", Warning, guard(access(&["192.168.4.0/24"]))),
        by_change("clients-everyone", Warning, guard(access(&["0.0.0.0/0"]))),
        by_change("in-cluster-narrowed", Info, in_cluster(InCluster::Nobody)),
        case(
            "load-balancer-sources",
            Warning,
            (balanced(), guard(access(&["50.60.0.0/16"]))),
            (balanced(), guard(with_load_balancer(access(&["50.60.0.0/16"])))),
        ),
        case(
            "load-balancers-hide-clients",
            Info,
            (balanced(), guard(with_load_balancer(access(&["50.60.0.0/16"])))),
            (balanced(), guard(access(&["50.60.0.0/16"]))),
        ),
        by_change("load-balancers-without-node-port", Warning, guard(with_load_balancer(access(&["50.60.0.0/16"])))),
        case(
            "in-cluster-by-nodes",
            Warning,
            (page().set("Service", "svc-a", "/spec/externalIPs", json!(["203.0.113.7"])), in_cluster(InCluster::Nobody)),
            (page(), in_cluster(InCluster::Nobody)),
        ),
        case(
            "in-cluster-beyond-pods",
            Blocker,
            (page().set("Service", "svc-a", "/spec/selector", Value::Null), in_cluster(InCluster::Nobody)),
            (page().set("Service", "svc-a", "/spec/selector", Value::Null), in_cluster(InCluster::Unchanged)),
        ),
        case(
            "in-cluster-beyond-pods",
            Blocker,
            (page().set("Pod", "a-1", "/spec/hostNetwork", json!(true)), in_cluster(InCluster::Nobody)),
            (page().set("Pod", "a-1", "/spec/hostNetwork", json!(true)), in_cluster(InCluster::Unchanged)),
        ),
        by_change("no-namespace-chosen", Blocker, in_cluster(InCluster::Namespaces(vec![]))),
        by_change("namespace-name", Blocker, in_cluster(InCluster::Namespaces(vec!["a'b".to_owned()]))),
        case(
            "namespace-absent",
            Warning,
            (page(), in_cluster(InCluster::Namespaces(vec!["nowhere".to_owned()]))),
            (page(), in_cluster(InCluster::Namespaces(vec!["tenant".to_owned()]))),
        ),
        by_change(
            "note-unfit",
            Blocker,
            guard(Access {
                clients: vec![policy::access::ClientRange { note: "n".repeat(121), ..row("50.60.0.0/16", &[]) }],
                ..Access::default()
            }),
        ),
    ]
}

fn dual() -> World {
    page().set("Service", "svc-a", "/spec/clusterIPs", json!(["10.20.30.40", "fd00::40"]))
}
