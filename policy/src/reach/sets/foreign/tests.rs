use super::*;
use crate::access::ClientRange;
use crate::reach::sets::testing::{Cluster, VIP, policy, svc_a};
use crate::reach::sets::{LIMIT, Questions};
use serde_json::{Value, json};

fn ours(mut object: Value) -> Value {
    object["metadata"]["name"] = json!("portcullis-gate");
    object["metadata"]["annotations"] = json!({names::SHAPE_ANNOTATION: names::SHAPE});
    object
}

fn guarded(interface: &str) -> Cluster {
    let spec = json!({"selector": "k8s-role == 'node'", "order": 100, "types": ["Ingress"], "preDNAT": true, "applyOnForward": true, "ingress": [
        {"action": "Allow", "source": {"nets": ["50.60.0.0/16"]}, "destination": {"nets": [format!("{VIP}/32")]}},
        {"action": "Deny", "destination": {"nets": [format!("{VIP}/32")]}}]});
    Cluster::page().endpoints(interface, true, true).with(ours(policy("gate", spec)))
}

fn found(cluster: &Cluster) -> Vec<(String, String, String)> {
    let access = Access {
        clients: vec![ClientRange { cidr: "50.60.0.0/16".parse().unwrap(), ports: Vec::new(), note: String::new() }],
        ..Access::default()
    };
    let (snapshot, settings) = (cluster.snapshot(), cluster.settings());
    let findings = Questions::about(&snapshot, &settings, LIMIT).findings(&svc_a(), &access).unwrap();
    findings.into_iter().map(|finding| (finding.id, finding.objects[0].name.clone(), finding.field)).collect()
}

fn before_ours(rule: Value) -> Value {
    policy(
        "theirs",
        json!({"selector": "k8s-role == 'node'", "order": 5, "types": ["Ingress"], "preDNAT": true, "applyOnForward": true,
        "ingress": [{"action": "Log"}, rule]}),
    )
}

#[test]
fn rules_of_others_before_ours_are_named() {
    assert_eq!(found(&guarded("eth0")), []);
    for (rule, id) in [
        (json!({"action": "Allow", "source": {"nets": ["50.0.0.0/8"]}}), "foreign-allow-widens"),
        (json!({"action": "Pass"}), "foreign-pass-bypasses"),
        (json!({"action": "Deny", "source": {"nets": ["50.60.7.0/24"]}}), "foreign-deny-cuts"),
    ] {
        let expected = (id.to_owned(), "theirs".to_owned(), "spec.ingress[1]".to_owned());
        assert_eq!(found(&guarded("eth0").with(before_ours(rule))), [expected]);
    }
    // What says the same as the access, and what is about another address, is none.
    assert_eq!(found(&guarded("eth0").with(before_ours(json!({"action": "Allow", "source": {"nets": ["50.60.7.0/24"]}})))), []);
    assert_eq!(found(&guarded("eth0").with(before_ours(json!({"action": "Allow", "destination": {"nets": ["10.20.30.41/32"]}})))), []);
}

#[test]
fn a_named_endpoint_that_takes_an_interface_is_named() {
    let mut named = crate::reach::sets::testing::host_endpoint("a", "eth1", &["10.0.9.9"]);
    named["metadata"] = json!({"name": "a-eth1", "labels": {"else": "1"}});
    let elsewhere = policy("elsewhere", json!({"selector": "else == '1'", "types": ["Ingress"], "preDNAT": true, "applyOnForward": true}));
    let expected = ("host-endpoint-shadows".to_owned(), "a-eth1".to_owned(), "spec.interfaceName".to_owned());
    assert_eq!(found(&guarded("*").with(named).with(elsewhere)), [expected]);
}
