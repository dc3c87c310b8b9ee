//! The objects of a new sandbox.

use super::*;
use policy::object::{AnyObject, EndpointSlice, IntOrString, Kind, Object, Pod, Service, decode};
use std::collections::BTreeSet;

fn seed() -> Vec<Value> {
    Sandbox::seed().unwrap()
}

fn of_kind<T: Object>() -> Vec<T> {
    let wanted = |object: &&Value| object["apiVersion"] == T::KIND.api_version() && object["kind"] == T::KIND.name();
    seed().iter().filter(wanted).map(|object| decode(object).unwrap()).collect()
}

#[test]
fn every_object_reads_and_has_no_field_that_only_a_server_sets() {
    let mut keys = BTreeSet::new();
    for object in seed() {
        let kind = Kind::find(&text(&object["apiVersion"]), &text(&object["kind"])).unwrap();
        let read = AnyObject::decode(kind, &object).unwrap();
        assert!(keys.insert(read.key()), "{} twice", read.key());
        for field in ["uid", "resourceVersion", "creationTimestamp", "generation", "managedFields"] {
            assert!(object["metadata"][field].is_null(), "{} has {field}", read.key());
        }
    }
}

/// What `server::sandbox::seed::big` counts up to.
#[test]
fn the_big_cluster_reads_breaks_no_rule_and_is_as_big_as_it_says() {
    let mut counts: std::collections::BTreeMap<Kind, u32> = std::collections::BTreeMap::new();
    let mut keys = BTreeSet::new();
    let mut nodes_ports = BTreeSet::new();
    for object in crate::sandbox::seed::objects(crate::sandbox::Seed::Big).unwrap() {
        let (key, object) = object.unwrap();
        let read = AnyObject::decode(key.kind, &object).unwrap();
        assert_eq!(policy::validate::object(&read), Vec::new(), "{key}");
        if let Some(port) = object["spec"]["ports"][0]["nodePort"].as_u64() {
            assert!(nodes_ports.insert(port), "{port} twice");
        }
        *counts.entry(key.kind).or_default() += 1;
        assert!(keys.insert(key.clone()), "{key} twice");
    }
    let expected = [
        (Kind::Service, 10_000),
        (Kind::EndpointSlice, 12_000),
        (Kind::Pod, 30_000),
        (Kind::Node, 5_000),
        (Kind::HostEndpoint, 5_000),
        (Kind::GlobalNetworkPolicy, 1_000),
        (Kind::NetworkPolicy, 4_000),
    ];
    for (kind, count) in expected {
        assert_eq!(counts.get(&kind), Some(&count), "{kind}");
    }
}

#[tokio::test]
async fn what_the_api_gives_back_is_the_seed() {
    let world = World::new().await;
    for object in seed() {
        let kind = Kind::find(&text(&object["apiVersion"]), &text(&object["kind"])).unwrap();
        let meta = &object["metadata"];
        let base = if kind.group().is_empty() { "/api/v1".to_owned() } else { format!("/apis/{}", kind.api_version()) };
        let place = if kind.namespaced() { format!("/namespaces/{}", text(&meta["namespace"])) } else { String::new() };
        let (status, stored) = world.get(&format!("{base}{place}/{}/{}", kind.plural(), text(&meta["name"]))).await;
        assert_eq!(status, StatusCode::OK);
        contains(&stored, &object, &text(&meta["name"]));
    }
}

/// Whether every field of `part` is in `whole`, with the same value.
fn contains(whole: &Value, part: &Value, at: &str) {
    match part {
        Value::Object(fields) => fields.iter().for_each(|(field, value)| contains(&whole[field.as_str()], value, &format!("{at}.{field}"))),
        Value::Array(items) => items.iter().enumerate().for_each(|(n, item)| contains(&whole[n], item, &format!("{at}.{n}"))),
        value => assert_eq!(whole, value, "{at}"),
    }
}

#[test]
fn the_page_s_example_is_there_and_nothing_is_in_its_way() {
    let services = of_kind::<Service>();
    let pods = of_kind::<Pod>();
    for (name, address) in [("svc-a", "10.20.30.40"), ("svc-b", "10.20.30.41")] {
        let service = services.iter().find(|service| service.metadata.name == name).unwrap();
        assert_eq!(service.spec.cluster_ips, [address]);
        let selects = |service: &Service, pod: &Pod| {
            service.metadata.namespace == pod.metadata.namespace
                && !service.spec.selector.is_empty()
                && service.spec.selector.iter().all(|(key, value)| pod.metadata.labels.get(key) == Some(value))
        };
        let backends: Vec<_> = pods.iter().filter(|pod| selects(service, pod)).collect();
        let nodes: BTreeSet<_> = backends.iter().map(|pod| pod.spec.node_name.as_str()).collect();
        assert_eq!(nodes, BTreeSet::from(["node-a", "node-b"]));
        assert!(backends.iter().all(|pod| services.iter().filter(|other| selects(other, pod)).count() == 1), "pods of its own");
    }
}

#[test]
fn endpoint_slices_hold_the_addresses_of_their_pods() {
    let pods = of_kind::<Pod>();
    for slice in of_kind::<EndpointSlice>() {
        for endpoint in &slice.endpoints {
            let Some(target) = &endpoint.target_ref else { continue };
            let pod = pods.iter().find(|pod| pod.metadata.name == target.name && pod.metadata.namespace == target.namespace).unwrap();
            assert!(pod.status.pod_ips.iter().any(|ip| ip.ip == endpoint.addresses[0]), "{target:?}");
            assert_eq!(endpoint.node_name.as_deref(), Some(pod.spec.node_name.as_str()));
        }
    }
}

#[test]
fn every_variety_of_service_is_there() {
    let services = of_kind::<Service>();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for service in &services {
        let spec = &service.spec;
        seen.extend(spec.ports.iter().map(|port| match (port.protocol.as_str(), &port.target_port) {
            (_, Some(IntOrString::String(_))) => "named target port",
            ("TCP", _) if port.port == 22 => "failsafe port",
            ("UDP", _) => "UDP",
            ("SCTP", _) => "SCTP",
            _ => "TCP",
        }));
        seen.insert(match spec.kind.as_str() {
            "ExternalName" => "external name",
            "LoadBalancer" => "load balancer",
            "NodePort" => "node port",
            _ if spec.cluster_ip == "None" => "headless",
            _ if spec.selector.is_empty() => "no selector",
            _ if spec.cluster_ips.len() == 2 => "dual stack",
            _ if !spec.external_ips.is_empty() => "external IP",
            _ if !spec.cluster_ip.starts_with("10.20.30.") => "not advertised",
            _ => "plain",
        });
        if spec.external_traffic_policy == "Local" {
            seen.insert("external Local");
        }
        if spec.internal_traffic_policy == "Local" {
            seen.insert("internal Local");
        }
    }
    let expected = [
        "TCP",
        "UDP",
        "SCTP",
        "failsafe port",
        "named target port",
        "external name",
        "load balancer",
        "node port",
        "headless",
        "no selector",
        "dual stack",
        "external IP",
        "not advertised",
        "plain",
        "external Local",
        "internal Local",
    ];
    assert_eq!(seen, BTreeSet::from(expected));
}
