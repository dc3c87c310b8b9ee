use super::*;
use crate::access::ClientRange;
use crate::reach::sets::testing::{Cluster, VIP, policy, service, svc_a};
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
fn the_packet_of_a_finding_goes_by_a_port_at_which_it_gets_in() {
    let access = Access {
        clients: vec![ClientRange { cidr: "50.60.0.0/16".parse().unwrap(), ports: Vec::new(), note: String::new() }],
        ..Access::default()
    };
    // It lets them past the edge at both. Behind the NodePort the pod sees and denies them; behind the cluster IP it may see a node.
    let mut node_port = service("svc-a", VIP, json!([{"name": "http", "port": 80, "targetPort": 8080, "nodePort": 30080}]));
    node_port["spec"]["type"] = json!("NodePort");
    node_port["spec"]["externalTrafficPolicy"] = json!("Local");
    let others = json!({"nets": ["50.61.0.0/16"]});
    let deny = json!([{"action": "Deny", "source": &others}, {"action": "Allow"}]);
    let cluster = guarded("eth0")
        .with(node_port)
        .with(before_ours(json!({"action": "Allow", "source": &others})))
        .with(policy("at-pods", json!({"selector": "app == 'svc-a'", "types": ["Ingress"], "ingress": deny})));
    let (snapshot, settings) = (cluster.snapshot(), cluster.settings());
    let findings = Questions::about(&snapshot, &settings, LIMIT).findings(&svc_a(), &access).unwrap();
    let [finding] = &findings[..] else { panic!("{findings:#?}") };
    let packet = finding.packet.as_ref().unwrap();
    assert_eq!((&finding.id[..], finding.severity, &packet.port[..]), ("foreign-allow-widens", Severity::Blocker, "80"), "{finding:#?}");
    let answer = crate::reach::trace::ask(&snapshot, &settings, &packet.read().unwrap());
    assert!(answer.paths.iter().any(|journey| journey.verdict == crate::reach::verdict::Verdict::Allowed), "{finding:#?}");
}

#[test]
fn a_named_endpoint_that_takes_an_interface_is_named() {
    let mut named = crate::reach::sets::testing::host_endpoint("a", "eth1", &["10.0.9.9"]);
    named["metadata"] = json!({"name": "a-eth1", "labels": {"else": "1"}});
    let elsewhere = policy("elsewhere", json!({"selector": "else == '1'", "types": ["Ingress"], "preDNAT": true, "applyOnForward": true}));
    let expected = ("host-endpoint-shadows".to_owned(), "a-eth1".to_owned(), "spec.interfaceName".to_owned());
    assert_eq!(found(&guarded("*").with(named).with(elsewhere)), [expected]);
}
