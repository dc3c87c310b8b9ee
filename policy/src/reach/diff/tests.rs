//! The widening that others miss, the laws of a difference, and what a change leaves alone.

use super::*;
use crate::reach::sets::testing::{Cluster, VIP, pod, policy, service, slice, svc_a};
use serde_json::{Value, json};

fn gate(net: &str) -> Value {
    policy(
        "gate",
        json!({"selector": "k8s-role == 'node'", "order": 100, "types": ["Ingress"], "preDNAT": true, "applyOnForward": true, "ingress": [
            {"action": "Allow", "protocol": "TCP", "source": {"nets": [net]}, "destination": {"nets": [format!("{VIP}/32")], "ports": [80]}},
            {"action": "Deny", "destination": {"nets": [format!("{VIP}/32")]}}]}),
    )
}

fn guarded(net: &str) -> Cluster {
    let ports = json!([{"name": "http", "port": 80, "targetPort": 8080}]);
    Cluster::page()
        .endpoints("eth0", true, true)
        .with(gate(net))
        .with(service("svc-b", "10.20.30.41", ports))
        .with(pod("b-1", "b", "192.168.2.1", json!({"app": "svc-b"})))
        .with(slice("svc-b", &[("b-1", "b", "192.168.2.1")], json!([{"name": "http", "port": 8080}])))
}

fn diff(before: &Cluster, after: &Cluster) -> Diff {
    let (was, is) = (before.snapshot(), after.snapshot());
    let settings = [before.settings(), after.settings()];
    let (was, is) = (Side { snapshot: &was, settings: &settings[0] }, Side { snapshot: &is, settings: &settings[1] });
    of_snapshots(was, is, None).unwrap()
}

#[test]
fn a_host_policy_that_widens_is_told_exactly() {
    let diff = diff(&guarded("50.60.0.0/16"), &guarded("50.0.0.0/8"));
    assert_eq!(diff.summary, "Lets 16,711,680 more addresses reach `shop/svc-a` on TCP 80; denies nobody.");
    assert_eq!(diff.compared, 1, "the other Service is at no address that the rules name");
    let [address] = diff.services[0].addresses.as_slice() else { panic!("{diff:#?}") };
    assert_eq!(address.paths.len(), 2, "on both kinds of path");
    for path in &address.paths {
        let [change] = path.changes.as_slice() else { panic!("{path:#?}") };
        assert_eq!((change.was, change.is), (State::Denied, State::Allowed));
        assert_eq!(
            change.clients.to_string(),
            "50.0.0.0/11, 50.32.0.0/12, 50.48.0.0/13, 50.56.0.0/14, 50.61.0.0/16, 50.62.0.0/15, \
            50.64.0.0/10, 50.128.0.0/9"
        );
    }
}

#[test]
fn a_difference_has_its_mirror_and_none_with_itself() {
    let clusters = [
        Cluster::page(),
        guarded("50.60.0.0/16"),
        guarded("50.0.0.0/8"),
        guarded("9.9.9.9/32"),
        guarded("50.60.0.0/16").with(service("svc-a", "10.20.30.99", json!([{"name": "http", "port": 81, "targetPort": 8080}]))),
        guarded("50.60.0.0/16").with(slice("svc-a", &[], json!([{"name": "http", "port": 8080}]))),
        guarded("50.60.0.0/16").endpoints("*", true, true),
    ];
    for before in &clusters {
        assert!(diff(before, before).is_empty());
        for after in &clusters {
            let mirrored = |diff: Diff| -> Vec<_> {
                let paths = |address: AddressDiff| {
                    let mut paths: Vec<_> = address
                        .paths
                        .into_iter()
                        .map(|path| {
                            let mut changes: Vec<Change> = path.changes.iter().map(Change::mirrored).collect();
                            changes.sort();
                            (path.kind, changes, path.entries)
                        })
                        .collect();
                    paths.sort();
                    (address.kind, address.address, address.port, paths)
                };
                diff.services
                    .into_iter()
                    .map(|service| (service.service, service.addresses.into_iter().map(paths).collect::<Vec<_>>()))
                    .collect()
            };
            let twice = |diff: Diff| {
                let mut diff = diff;
                for path in diff.services.iter_mut().flat_map(|service| &mut service.addresses).flat_map(|address| &mut address.paths) {
                    path.changes = path.changes.iter().map(Change::mirrored).collect();
                }
                mirrored(diff)
            };
            assert_eq!(mirrored(diff(before, after)), twice(diff(after, before)));
        }
    }
}

#[test]
fn a_rollout_changes_nothing_for_anybody() {
    let before = guarded("50.60.0.0/16");
    let after = before.clone().with(pod("a-9", "a", "192.168.1.9", json!({"app": "svc-a"}))).with(slice(
        "svc-a",
        &[("a-9", "a", "192.168.1.9")],
        json!([{"name": "http", "port": 8080}]),
    ));
    assert!(diff(&before, &after).is_empty());
}

#[test]
fn what_shares_nothing_with_a_change_is_not_compared() {
    let before = guarded("50.60.0.0/16");
    let only_b = json!({"kind": "NetworkPolicy", "metadata": {"name": "b", "namespace": "shop"},
        "spec": {"selector": "app == 'svc-b'", "types": ["Ingress"]}});
    let found = diff(&before, &before.clone().with(only_b));
    assert_eq!(found.services.iter().map(|diff| diff.service.name()).collect::<Vec<_>>(), ["svc-b"]);
    assert_eq!(found.compared, 1);
    assert_eq!(found.summary, "Denies `shop/svc-b` to 4,294,967,296 addresses on TCP 80; lets nobody else in.");
}

/// Of several Services of which none is in hand, no one stands for the others.
#[test]
fn several_services_are_told_together() {
    let without = Cluster(guarded("50.60.0.0/16").0.into_iter().filter(|object| object["kind"] != "GlobalNetworkPolicy").collect());
    let shut = |name: &str| json!({"kind": "NetworkPolicy", "metadata": {"name": name, "namespace": "shop"}, "spec": {"selector": format!("app == '{name}'"), "types": ["Ingress"]}});
    let both = without.clone().with(shut("svc-a")).with(shut("svc-b"));
    assert_eq!(diff(&without, &both).summary, "Denies 2 Services to addresses that reach them now; lets nobody else in.");
    assert_eq!(diff(&both, &without).summary, "Lets more addresses reach 2 Services; denies nobody.");
    let (a, b) = (without.clone().with(shut("svc-a")), without.with(shut("svc-b")));
    assert_eq!(
        diff(&a, &b).summary,
        "Changes who reaches 2 Services: lets more addresses reach 1 of them, and denies 1 to some that reach it now."
    );
}

#[test]
fn a_rule_before_translation_meets_what_another_node_sent_to_a_pod() {
    let theirs = |rule: Value| {
        let spec = json!({"selector": "k8s-role == 'node'", "order": 5, "types": ["Ingress"], "preDNAT": true, "applyOnForward": true,
            "ingress": [rule]});
        policy("theirs", spec)
    };
    let pool = json!({"kind": "IPPool", "metadata": {"name": "pods"}, "spec": {"cidr": "192.168.0.0/16", "vxlanMode": "Always"}});
    let encapsulated = guarded("50.60.0.0/16").with(pool);
    let set =
        json!({"kind": "GlobalNetworkSet", "metadata": {"name": "pods", "labels": {"pods": "1"}}, "spec": {"nets": ["192.168.1.0/24"]}});
    let gone = |before: &Cluster, rule: Value| {
        let diff = diff(before, &before.clone().with(theirs(rule)));
        diff.services.iter().map(|service| service.service.name().to_owned()).collect::<Vec<_>>()
    };
    let plain = guarded("50.60.0.0/16").with(set);
    let deny = |destination: Value| json!({"action": "Deny", "destination": destination});
    assert_eq!(gone(&plain, deny(json!({"nets": ["192.168.0.0/16"]}))), ["svc-a", "svc-b"]);
    assert_eq!(gone(&plain, deny(json!({"nets": ["192.168.1.1/32"]}))), ["svc-a"]);
    assert_eq!(gone(&plain, deny(json!({"selector": "app == 'svc-b'"}))), ["svc-b"]);
    assert_eq!(gone(&plain, deny(json!({"selector": "has(pods)"}))), ["svc-a"]);
    let outer = json!({"action": "Deny", "protocol": "UDP", "destination": {"nets": ["10.0.1.1/32"], "ports": [4789]}});
    assert_eq!(gone(&encapsulated, outer.clone()), ["svc-a"], "its pod is on that node");
    assert_eq!(gone(&plain, outer), Vec::<String>::new(), "nothing goes by VXLAN");
}

#[test]
fn a_set_is_followed_to_the_rules_that_mean_it() {
    let set = |nets: &[&str]| json!({"kind": "GlobalNetworkSet", "metadata": {"name": "clients", "labels": {"clients": "a"}}, "spec": {"nets": nets}});
    let mut by_set = gate("50.60.0.0/16");
    by_set["spec"]["ingress"][0]["source"] = json!({"selector": "clients == 'a'"});
    let before = guarded("50.60.0.0/16").with(by_set).with(set(&["50.60.0.0/16"]));
    let found = diff(&before, &before.clone().with(set(&["50.60.0.0/16", "50.61.7.0/24"])));
    assert_eq!(found.summary, "Lets 256 more addresses reach `shop/svc-a` on TCP 80; denies nobody.");
    assert_eq!(found.compared, 1);
    let one = of_service(
        Side { snapshot: &before.snapshot(), settings: &before.settings() },
        Side { snapshot: &before.snapshot(), settings: &before.settings() },
        &svc_a(),
    );
    assert!(one.unwrap().is_empty());
}

#[test]
fn a_plan_is_told_as_what_it_would_change() {
    use crate::access::{Access, Adoption, Change as Asked, ClientRange, HostEndpoints, Intent};
    let cluster = Cluster::page();
    let (snapshot, settings) = (cluster.snapshot(), cluster.settings());
    let row = ClientRange { cidr: "50.60.0.0/16".parse().unwrap(), ports: Vec::new(), note: String::new() };
    let access = Access { clients: vec![row], ..Access::default() };
    let interface = "eth0".to_owned().try_into().unwrap();
    let change = Asked {
        service: svc_a(),
        intent: Intent::Guard(access),
        host_endpoints: HostEndpoints::Named { interface },
        adoption: Adoption::default(),
    };
    let plan = crate::plan::plan(&snapshot, &change).unwrap();
    let diff = of_plan(&snapshot, &settings, &plan).unwrap();
    assert_eq!(diff.summary, "Denies `shop/svc-a` to 4,294,901,760 addresses on TCP 80; lets nobody else in.");
    // What is left is the access, on every path.
    let reach = crate::reach::sets::of_service(&target(&snapshot, &plan), &settings, &svc_a()).unwrap();
    assert!(reach.addresses.iter().flat_map(|at| &at.groups).all(|group| group.clients.allowed.to_string() == "50.60.0.0/16"));
}
