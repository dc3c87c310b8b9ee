//! NetworkPolicies of Kubernetes.

use super::{Base, NAMESPACES};
use crate::draw::Draw;
use serde_json::{Value, json};

pub(super) fn policy(draw: &mut Draw, at: usize, base: &Base) -> Value {
    let mut spec = json!({"podSelector": selector(draw)});
    match draw.below(6) {
        0..=2 => spec["policyTypes"] = json!(["Ingress"]),
        3 => spec["policyTypes"] = json!(["Ingress", "Egress"]),
        4 => spec["policyTypes"] = json!(["Egress"]),
        _ => {}
    }
    let ingress: Vec<Value> = (0..draw.below(3)).map(|_| rule(draw, "from", base)).collect();
    if !ingress.is_empty() {
        spec["ingress"] = ingress.into();
    }
    if draw.chance(25) {
        spec["egress"] = json!([rule(draw, "to", base)]);
    }
    let name = draw.one(&["k", "a", "z"]);
    json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": {"name": format!("{name}{at}"), "namespace": draw.one(&NAMESPACES)}, "spec": spec})
}

fn selector(draw: &mut Draw) -> Value {
    draw.one(&[
        json!({}),
        json!({"matchLabels": {"app": "a"}}),
        json!({"matchLabels": {"app": "a", "tier": "x"}}),
        json!({"matchExpressions": [{"key": "app", "operator": "In", "values": ["a", "b"]}]}),
        json!({"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}),
        json!({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["b"]}]}),
    ])
}

fn rule(draw: &mut Draw, side: &str, base: &Base) -> Value {
    let mut rule = json!({});
    let peers: Vec<Value> = (0..draw.below(3)).map(|_| peer(draw, base)).collect();
    if !peers.is_empty() {
        rule[side] = peers.into();
    }
    if draw.chance(55) {
        let ports = [
            json!({"protocol": "TCP", "port": 8080}),
            json!({"port": "web"}),
            json!({"protocol": "TCP", "port": 8000, "endPort": 8500}),
            json!({"protocol": "UDP"}),
            json!({"port": "tls"}),
            json!({"protocol": "SCTP", "port": 8080}),
        ];
        rule["ports"] = json!(draw.some(&ports, 2));
    }
    rule
}

fn peer(draw: &mut Draw, base: &Base) -> Value {
    match draw.below(6) {
        0..=1 => json!({"ipBlock": {"cidr": draw.one(&["0.0.0.0/0", "50.60.0.0/16", "10.0.0.0/8", "70.80.90.0/24"])}}),
        2 => {
            let (cidr, except) = if base.dual { ("2001:db8::/32", "2001:db8:7::/48") } else { ("50.60.0.0/16", "50.60.7.0/24") };
            json!({"ipBlock": {"cidr": cidr, "except": [except]}})
        }
        3 => json!({"podSelector": selector(draw)}),
        4 => json!({"namespaceSelector": {"matchLabels": {"team": "red"}}}),
        _ => json!({"namespaceSelector": {}, "podSelector": selector(draw)}),
    }
}
