//! Rules of policies.

use super::check_specs;
use crate::object::Kind;
use serde_json::{Value, json};

/// Each case is the fields of an ingress rule beside its action, and the field that must be named without `spec.ingress[0].`.
fn check_rules(cases: &[(Value, &str)]) {
    let specs: Vec<(Value, String)> = cases
        .iter()
        .map(|(rule, field)| {
            let mut rule = rule.clone();
            rule.as_object_mut().unwrap().entry("action").or_insert(json!("Allow"));
            let field = if field.is_empty() { String::new() } else { format!("spec.ingress[0].{field}") };
            (json!({"selector": "has(a)", "ingress": [rule]}), field)
        })
        .collect();
    let specs: Vec<_> = specs.iter().map(|(spec, field)| (spec.clone(), field.as_str())).collect();
    check_specs(Kind::GlobalNetworkPolicy, &specs);
    check_specs(Kind::NetworkPolicy, &specs);
}

#[test]
fn actions_and_versions() {
    check_rules(&[
        (json!({"action": "Allow"}), ""),
        (json!({"action": "Deny"}), ""),
        (json!({"action": "Log"}), ""),
        (json!({"action": "Pass"}), ""),
        (json!({"action": "unknown"}), "action"),
        (json!({"action": "allowfoo"}), "action"),
        (json!({"action": "allow"}), "action"),
        (json!({"action": ""}), "action"),
        (json!({"ipVersion": 4}), ""),
        (json!({"ipVersion": 6}), ""),
        (json!({"ipVersion": 0}), "ipVersion"),
        (json!({"metadata": {"annotations": {"foo": "bar"}}}), ""),
        (json!({"metadata": {"annotations": {"...": "bar"}}}), "metadata.annotations"),
    ]);
}

#[test]
fn protocols() {
    for valid in [
        json!("TCP"),
        json!("UDP"),
        json!("ICMP"),
        json!("ICMPv6"),
        json!("SCTP"),
        json!("UDPLite"),
        json!(1),
        json!(255),
        json!("255"),
        json!("1"),
    ] {
        check_rules(&[(json!({"protocol": valid}), ""), (json!({"notProtocol": valid}), "")]);
    }
    for invalid in [json!(0), json!("256"), json!(256), json!("0"), json!("tcpfoo"), json!("footcp"), json!("tcp"), json!(-1), json!("")] {
        check_rules(&[(json!({"protocol": invalid}), "protocol"), (json!({"notProtocol": invalid}), "notProtocol")]);
    }
}

#[test]
fn icmp() {
    let icmp = |fields: Value| json!({"protocol": "ICMP", "icmp": fields});
    check_rules(&[
        (icmp(json!({})), ""),
        (icmp(json!({"type": 0})), ""),
        (icmp(json!({"type": 254})), ""),
        (icmp(json!({"type": 128, "code": 0})), ""),
        (icmp(json!({"type": 128, "code": 255})), ""),
        (icmp(json!({"code": 0})), "icmp.code"),
        (icmp(json!({"type": 255})), "icmp.type"),
        (icmp(json!({"type": 128, "code": 256})), "icmp.code"),
        (json!({"notICMP": {"code": 1}}), "notICMP.code"),
        (json!({"notICMP": {"type": 1}}), ""),
        (json!({"ipVersion": 4, "icmp": {"type": 0}}), "icmp"),
        (json!({"protocol": 1, "icmp": {"type": 0}}), "icmp"),
        (json!({"protocol": "ICMPv6", "icmp": {"type": 0}}), ""),
        (json!({"protocol": "ICMP", "ipVersion": 6}), "ipVersion"),
        (json!({"protocol": "ICMPv6", "ipVersion": 4}), "ipVersion"),
        (json!({"notProtocol": "ICMPv6", "ipVersion": 4}), "ipVersion"),
        (json!({"protocol": "ICMP", "ipVersion": 4, "icmp": {"type": 0}}), ""),
        (json!({"protocol": "ICMPv6", "ipVersion": 6, "icmp": {"type": 0}}), ""),
    ]);
}

#[test]
fn ports_and_their_protocols() {
    check_rules(&[
        (json!({"protocol": "SCTP"}), ""),
        (json!({"protocol": 6, "source": {"ports": [1]}}), ""),
        (json!({"protocol": 6, "source": {"ports": ["foo"]}}), ""),
        (json!({"protocol": "TCP", "source": {"ports": ["foo"]}}), ""),
        (json!({"protocol": "UDP", "source": {"ports": ["foo"]}}), ""),
        (json!({"protocol": 7, "source": {"ports": []}}), ""),
        (json!({"protocol": 17, "source": {"notPorts": [1]}}), ""),
        (json!({"protocol": 100, "source": {"notPorts": []}}), ""),
        (json!({"protocol": "TCP", "destination": {"ports": [1]}}), ""),
        (json!({"destination": {"ports": [1]}}), "destination.ports"),
        (json!({"protocol": "unknown", "destination": {"notPorts": ["foo"]}}), "destination.notPorts"),
        (json!({"protocol": "SCTP", "destination": {"ports": []}}), ""),
        (json!({"protocol": "ICMPv6", "ipVersion": 6, "destination": {"notPorts": []}}), ""),
        (json!({"protocol": 7, "source": {"ports": [1]}}), "source.ports"),
        (json!({"protocol": 100, "source": {"notPorts": [1]}}), "source.notPorts"),
        (json!({"protocol": "SCTP", "destination": {"ports": [1]}}), ""),
        (json!({"protocol": "ICMP", "ipVersion": 4, "destination": {"notPorts": [1]}}), "destination.notPorts"),
        (json!({"protocol": "UDPLite", "destination": {"ports": [1]}}), "destination.ports"),
    ]);
    let valid =
        [json!(1), json!(65535), json!("80"), json!("080"), json!("1:65535"), json!("80:80"), json!("http"), json!("8080-tcp"), json!("a")];
    for port in valid {
        check_rules(&[(json!({"protocol": "TCP", "destination": {"ports": [port]}}), "")]);
    }
    let invalid = [
        json!(0),
        json!(-1),
        json!(65536),
        json!("0"),
        json!("65536"),
        json!("200:100"),
        json!("0:100"),
        json!("1:65536"),
        json!(""),
        json!("a_name"),
        json!("Http"),
        json!("8080-"),
        json!("a--b"),
        json!("80:"),
        json!(":80"),
        json!("1:2:3"),
        json!("sixteen-letters-"),
        json!("80-90"),
        json!("80,90"),
        json!(" 80"),
        json!("٣"),
    ];
    for port in invalid {
        check_rules(&[
            (json!({"protocol": "TCP", "source": {"ports": [80, port]}}), "source.ports[1]"),
            (json!({"protocol": "TCP", "destination": {"notPorts": [port]}}), "destination.notPorts[0]"),
        ]);
    }
}

#[test]
fn nets() {
    let sides = |source: &str, destination: &str| json!({"source": {"nets": [source]}, "destination": {"nets": [destination]}});
    let versioned = |version: i64, mut rule: Value| {
        rule["ipVersion"] = json!(version);
        rule
    };
    check_rules(&[
        (sides("1.2.3.0/26", "1.2.0.0/32"), ""),
        (sides("aabb:aabb::0000/122", "aabb:aabb::/128"), ""),
        (sides("1.2.3.0/26", "aabb:aabb::0000/122"), "destination.nets[0]"),
        (sides("aabb:aabb::/128", "1.2.0.0/32"), "destination.nets[0]"),
        (versioned(6, sides("1.0.0.0/10", "1.2.0.0/32")), "source.nets[0]"),
        (versioned(4, sides("1.0.0.0/10", "1.2.0.0/32")), ""),
        (versioned(6, json!({"source": {"nets": ["1.2.3.4/32"]}})), "source.nets[0]"),
        (versioned(4, json!({"destination": {"nets": ["aabb:aabb::ffff/128"]}})), "destination.nets[0]"),
        (versioned(6, json!({"destination": {"notNets": ["1.2.0.0/32"]}})), "destination.notNets[0]"),
        (json!({"source": {"nets": ["10.0.0.0/8"], "notNets": ["::/0"]}}), "source.notNets[0]"),
        (json!({"source": {"nets": ["10.0.0.0/8", "::/0"]}}), "source.nets[1]"),
        (json!({"source": {"nets": ["0.0.0.0/0"]}}), ""),
        (json!({"source": {"nets": ["10.0.0.0/008"]}}), ""),
        (json!({"source": {"nets": ["10.0.0.1/8"]}}), "source.nets[0]"),
        (json!({"source": {"nets": ["::1/64"]}}), "source.nets[0]"),
        // The tag `net` would take an address, but the check of the rule takes CIDRs only.
        (json!({"source": {"nets": ["10.0.0.1"]}}), "source.nets[0]"),
        (json!({"source": {"nets": ["10.20.30.40/32 Cluster IP A"]}}), "source.nets[0]"),
        (json!({"source": {"nets": [""]}}), "source.nets[0]"),
        (json!({"source": {"nets": ["10.0.0.0/33"]}}), "source.nets[0]"),
        (json!({"source": {"nets": ["::/129"]}}), "source.nets[0]"),
        (json!({"source": {"nets": ["010.0.0.0/8"]}}), "source.nets[0]"),
        (json!({"source": {"nets": ["10.0.0/8"]}}), "source.nets[0]"),
        (json!({"source": {"nets": ["10.0.0.0/+8"]}}), "source.nets[0]"),
        (json!({"source": {"nets": ["fe80::%eth0/64"]}}), "source.nets[0]"),
    ]);
}

#[test]
fn selectors() {
    check_rules(&[
        (json!({"source": {"selector": "foo == \"bar\""}}), ""),
        (json!({"source": {"selector": "has(calico/k8s_NS-.1/role)"}}), ""),
        (json!({"source": {"selector": "thing=hello &"}}), "source.selector"),
        (json!({"source": {"notSelector": "a b"}}), "source.notSelector"),
        (json!({"source": {"namespaceSelector": "a b"}}), "source.namespaceSelector"),
        (json!({"source": {"serviceAccounts": {"selector": "a b"}}}), "source.serviceAccounts.selector"),
        (json!({"source": {"serviceAccounts": {"names": ["a"], "selector": "has(b)"}}}), ""),
        (json!({"source": {"selector": "  global()  "}}), "source.selector"),
        (json!({"source": {"selector": "global( )"}}), "source.selector"),
        (json!({"source": {"selector": "global() && bad"}}), "source.selector"),
        (json!({"source": {"namespaceSelector": "  global()  "}}), ""),
        (json!({"source": {"namespaceSelector": " global() && all()"}}), "source.namespaceSelector"),
        (json!({"source": {"namespaceSelector": "global()||all()"}}), "source.namespaceSelector"),
        (
            json!({"source": {"namespaceSelector": "global()"}, "destination": {"namespaceSelector": "projectcalico.org/name == 'test'"}}),
            "",
        ),
    ]);
}

#[test]
fn services() {
    let service = || json!({"name": "service1", "namespace": "default"});
    let beside = |name: &str, value: Value| json!({"source": {"services": service(), name: value}});
    check_rules(&[
        (json!({"source": {"services": service()}}), ""),
        (json!({"destination": {"services": service()}}), "destination.services"),
        (json!({"protocol": "TCP", "source": {"services": service(), "ports": [80]}}), ""),
        (json!({"protocol": "TCP", "source": {"services": service(), "notPorts": [80]}}), ""),
        (beside("serviceAccounts", json!({"names": ["a"]})), "source.services"),
        (beside("nets", json!(["10.0.0.0/8"])), "source.services"),
        (beside("notNets", json!(["10.0.0.0/8"])), "source.services"),
        (beside("selector", json!("has(a)")), "source.services"),
        (beside("notSelector", json!("has(a)")), "source.services"),
        (beside("namespaceSelector", json!("has(a)")), "source.services"),
        (json!({"source": {"services": {"namespace": "default"}}}), "source.services.name"),
        (json!({"source": {"services": {"name": "A", "namespace": "default"}}}), "source.services.name"),
    ]);
    let spec = |direction: &str, rule: Value| json!({direction: [rule]});
    let allow = |side: &str, services: Value| json!({"action": "Allow", "protocol": "TCP", side: services});
    let cases = [
        (spec("egress", allow("destination", json!({"services": service()}))), ""),
        (spec("egress", allow("source", json!({"services": service()}))), "spec.egress[0].source.services"),
        (spec("egress", allow("destination", json!({"services": service(), "ports": [80]}))), "spec.egress[0].destination.ports"),
        (spec("egress", allow("destination", json!({"services": service(), "notPorts": [80]}))), "spec.egress[0].destination.notPorts"),
    ];
    check_specs(Kind::NetworkPolicy, &cases);
    check_specs(Kind::GlobalNetworkPolicy, &cases);
    let without_namespace = json!({"services": {"name": "service1"}});
    check_specs(Kind::NetworkPolicy, &[(spec("ingress", allow("source", without_namespace.clone())), "")]);
    check_specs(
        Kind::GlobalNetworkPolicy,
        &[
            (spec("ingress", allow("source", without_namespace.clone())), "spec.ingress[0].source.services.namespace"),
            (spec("egress", allow("destination", without_namespace)), "spec.egress[0].destination.services.namespace"),
        ],
    );
}

#[test]
fn http() {
    let paths = |paths: Value| json!({"http": {"paths": paths}});
    check_rules(&[
        (json!({"http": {"methods": ["GET"]}}), ""),
        (json!({"protocol": "TCP", "http": {"methods": ["GET"]}}), ""),
        (json!({"action": "Deny", "http": {"methods": ["GET"]}}), "http"),
        (json!({"protocol": "UDP", "http": {"methods": ["GET"]}}), "http"),
        (json!({"protocol": 6, "http": {"methods": ["GET"]}}), "http"),
        (json!({"http": {"methods": ["GET", "GET", "Foo"]}}), "http.methods[1]"),
        (json!({"http": {"methods": "GET"}}), "http"),
        (paths(json!([{"exact": "/foo"}, {"prefix": "/bar"}])), ""),
        (paths(json!([{"exact": "/foo", "prefix": "/bar"}, {"prefix": "/bar"}])), "http.paths[0]"),
        (paths(json!([{"exact": "/fo?o"}])), "http.paths[0]"),
        (paths(json!([{"exact": "/fo o"}])), "http.paths[0]"),
        (paths(json!([{"exact": "/f#oo"}])), "http.paths[0]"),
        (paths(json!([{"exact": "foo"}])), "http.paths[0]"),
        (paths(json!([{}])), "http.paths[0]"),
    ]);
    let egress = json!({"egress": [{"action": "Allow", "http": {"methods": ["GET"]}}]});
    check_specs(Kind::GlobalNetworkPolicy, &[(egress.clone(), "spec.egress[0].http")]);
    check_specs(Kind::NetworkPolicy, &[(egress, "spec.egress[0].http")]);
}
