//! Names, labels and annotations.

use super::{check_objects, fields};
use crate::object::Kind;
use serde_json::{Value, json};

fn pool(metadata: Value) -> Value {
    let mut metadata = metadata;
    metadata.as_object_mut().unwrap().entry("name").or_insert(json!("pool.name"));
    json!({"metadata": metadata, "spec": {"cidr": "1.2.3.0/26"}})
}

#[test]
fn of_any_kind() {
    let x = |count: usize| "x".repeat(count);
    check_objects(
        Kind::IpPool,
        &[
            (pool(json!({})), ""),
            (pool(json!({"name": x(253)})), ""),
            (pool(json!({"name": x(254)})), "metadata.name"),
            (pool(json!({"name": ""})), "metadata.name"),
            (pool(json!({"name": "a..b"})), "metadata.name"),
            (pool(json!({"name": "-a"})), "metadata.name"),
            (pool(json!({"name": "A"})), "metadata.name"),
            (pool(json!({"labels": {"projectcalico.org/label": x(63)}})), ""),
            (pool(json!({"labels": {"projectcalico.org/label": x(64)}})), "metadata.labels.projectcalico.org/label"),
            (pool(json!({"labels": {"ProjectCalico.org/label": "value"}})), "metadata.labels"),
            (pool(json!({"labels": {"projectcalico.org/Label": "value"}})), ""),
            (pool(json!({"labels": {".mylabel": "value"}})), "metadata.labels"),
            (pool(json!({"labels": {"my!nvalid-label": "value"}})), "metadata.labels"),
            (pool(json!({"labels": {"a/b/c": "value"}})), "metadata.labels"),
            (pool(json!({"labels": {"/a": "value"}})), "metadata.labels"),
            (pool(json!({"labels": {"a/": "value"}})), "metadata.labels"),
            (pool(json!({"labels": {"a": ""}})), ""),
            (pool(json!({"labels": {"a": "-b"}})), "metadata.labels.a"),
            (pool(json!({"annotations": {"projectcalico.org$label": "value"}})), "metadata.annotations"),
            (pool(json!({"annotations": {"ProjectCalico.org/Label": "value"}})), ""),
            (pool(json!({"annotations": {"key": x(256 * 1024 - 3)}})), ""),
            (pool(json!({"annotations": {"key": x(256 * 1024 - 2)}})), "unreadable"),
        ],
    );
}

#[test]
fn of_policies() {
    let named = |name: &str| json!({"metadata": {"name": name}, "spec": {}});
    for (name, global, namespaced) in [
        ("thing", true, true),
        ("t~!s.h.i.ng", false, false),
        ("tHiNg", false, false),
        ("t.h.i.ng", false, false),
        ("knp.default.thing", false, true),
        ("ossg.default.thing.a", false, true),
        ("knp.default.", false, false),
        ("", false, false),
        ("-a", false, false),
        (&*"x".repeat(253), true, true),
        (&*"x".repeat(254), false, false),
    ] {
        assert_eq!(fields(Kind::GlobalNetworkPolicy, &named(name)).is_empty(), global, "{name}");
        assert_eq!(fields(Kind::NetworkPolicy, &named(name)).is_empty(), namespaced, "{name}");
    }
}

#[test]
fn of_policies_with_a_tier() {
    let named = |name: &str, tier: &str| json!({"metadata": {"name": name}, "spec": {"tier": tier}});
    for (name, tier, valid) in [
        ("default.thing", "default", true),
        ("security.thing", "security", true),
        ("thing", "security", true),
        ("security.thing", "default", false),
        ("security.thing", "", false),
        ("security.a.b", "security", false),
        ("security.", "security", false),
        ("kanp.adminnetworkpolicy.a.b", "adminnetworkpolicy", true),
        ("kanp.adminnetworkpolicy.a.b", "", false),
    ] {
        assert_eq!(fields(Kind::GlobalNetworkPolicy, &named(name, tier)).is_empty(), valid, "{name} in {tier:?}");
        assert_eq!(fields(Kind::NetworkPolicy, &named(name, tier)).is_empty(), valid, "{name} in {tier:?}");
    }
}

#[test]
fn of_the_only_object_of_a_kind() {
    for kind in [Kind::ClusterInformation, Kind::KubeControllersConfiguration] {
        check_objects(
            kind,
            &[
                (json!({"metadata": {"name": "default"}, "spec": {}}), ""),
                (json!({"metadata": {"name": "other"}, "spec": {}}), "metadata.name"),
            ],
        );
    }
}

#[test]
fn of_kubernetes_objects() {
    check_objects(
        Kind::Service,
        &[
            (json!({"metadata": {"name": "svc-a", "namespace": "shop"}}), ""),
            (json!({"metadata": {"name": "svc.a", "namespace": "shop"}}), "metadata.name"),
            (json!({"metadata": {"name": "svc-a", "namespace": "Shop"}}), "metadata.namespace"),
            (json!({"metadata": {"name": "svc-a", "labels": {"a b": "c"}}}), "metadata.labels"),
        ],
    );
    let policy = |expression: Value| json!({"metadata": {"name": "a.b"}, "spec": {"podSelector": {"matchExpressions": [expression]}}});
    check_objects(
        Kind::KubernetesNetworkPolicy,
        &[
            (policy(json!({"key": "a", "operator": "Exists"})), ""),
            (policy(json!({"key": "a", "operator": "Has"})), "spec.podSelector"),
            (json!({"metadata": {"name": "a"}, "spec": {"policyTypes": ["ingress"]}}), "spec.policyTypes[0]"),
        ],
    );
}
