//! Rules of Calico's policies.

use super::Base;
use super::policies::Act;
use crate::draw::Draw;
use serde_json::{Value, json};

const CLIENTS_V4: [&str; 7] =
    ["50.60.0.0/16", "50.60.7.0/24", "50.60.7.7/32", "70.80.90.0/24", "0.0.0.0/1", "10.0.0.0/8", "192.168.0.0/16"];
const CLIENTS_V6: [&str; 4] = ["2001:db8::/32", "2001:db8:7::/48", "fd00:192::/32", "::/1"];
const SERVICES_V4: [&str; 6] = ["10.20.30.0/24", "10.20.30.40/32", "203.0.113.0/28", "10.0.0.0/16", "192.168.0.0/16", "192.168.1.0/24"];
const SERVICES_V6: [&str; 3] = ["fd00:20:30::/112", "2001:db8:ffff::/48", "fd00:192::/32"];

/// A rule: few fields mostly, so that it matches something.
pub(super) fn rule(draw: &mut Draw, act: Act, ingress: bool, namespace: &str, base: &Base) -> Value {
    let mut rule = json!({"action": draw.one(&["Allow", "Allow", "Allow", "Deny", "Deny", "Pass", "Log"])});
    // All nets of a rule are of one family.
    let v6 = base.dual && draw.chance(35);
    let protocol = draw.one(&[
        Value::Null,
        Value::Null,
        Value::Null,
        json!("TCP"),
        json!("TCP"),
        json!("TCP"),
        Value::Null,
        json!("TCP"),
        json!("TCP"),
        json!("UDP"),
        json!(6),
        json!("SCTP"),
        if v6 { json!("ICMPv6") } else { json!("ICMP") },
        json!(17),
        json!(4),
        Value::Null,
    ]);
    let has_ports = ["TCP", "UDP", "SCTP"].iter().any(|name| protocol == *name) || protocol == 6 || protocol == 17;
    if !protocol.is_null() {
        rule["protocol"] = protocol.clone();
        if protocol == "ICMP" || protocol == "ICMPv6" {
            match draw.below(4) {
                1 => rule["icmp"] = json!({"type": 8}),
                2 => rule["icmp"] = json!({"type": 8, "code": 0}),
                3 => rule["notICMP"] = json!({"type": 8}),
                _ => {}
            }
        }
    }
    if draw.chance(4) {
        rule["notProtocol"] = draw.one(&[json!("UDP"), json!(6), json!("TCP")]);
    }
    if draw.chance(8) {
        rule["ipVersion"] = if v6 { 6 } else { 4 }.into();
    }
    let source = side(draw, true, v6, has_ports, act, ingress, namespace);
    let destination = side(draw, false, v6, has_ports, act, ingress, namespace);
    for (name, side) in [("source", source), ("destination", destination)] {
        if side.as_object().is_some_and(|fields| !fields.is_empty()) {
            rule[name] = side;
        }
    }
    if draw.chance(2) {
        spoil(draw, &mut rule);
    }
    rule
}

fn side(draw: &mut Draw, source: bool, v6: bool, has_ports: bool, act: Act, ingress: bool, namespace: &str) -> Value {
    let mut side = json!({});
    // The client is the source of what comes in; a destination that is given too often leaves a rule that never matches.
    let telling = source == ingress;
    let clients: &[&str] = if v6 { &CLIENTS_V6 } else { &CLIENTS_V4 };
    let services: &[&str] = if v6 { &SERVICES_V6 } else { &SERVICES_V4 };
    let nets = if source { clients } else { services };
    if draw.chance(if telling { 58 } else { 10 }) {
        side["nets"] = json!(draw.some(nets, 2));
    }
    if draw.chance(6) {
        side["notNets"] = json!(draw.some(nets, 2));
    }
    if draw.chance(if telling { 24 } else { 4 }) {
        let selectors = [
            "group == 'clients'",
            "group == 'clients'",
            "edge == 'true'",
            "edge == 'true'",
            "k8s-role == 'node'",
            "app == 'a'",
            "has(group)",
            "!has(app)",
            "projectcalico.org/orchestrator == 'k8s'",
            "pcsa.role == 'web'",
            "all()",
        ];
        side["selector"] = draw.one(&selectors).into();
        if draw.chance(25) {
            side["namespaceSelector"] = draw.one(&["global()", "global()", "team == 'red'", "all()"]).into();
        }
    } else if draw.chance(4) {
        side["namespaceSelector"] = draw.one(&["team == 'red'", "all()", "projectcalico.org/name == 'ops'", "global()"]).into();
    }
    if draw.chance(4) {
        side["notSelector"] = draw.one(&["group == 'clients'", "has(edge)", "app == 'a'", "!has(group)"]).into();
    }
    if draw.chance(3) {
        side["serviceAccounts"] = draw.one(&[
            json!({"names": ["robot"]}),
            json!({"selector": "projectcalico.org/name == 'robot'"}),
            json!({"names": ["robot", "default"]}),
            json!({"selector": "role == 'api'"}),
            json!({"names": ["robot"], "selector": "has(role)"}),
        ]);
    }
    if has_ports && draw.chance(if source { 2 } else { 28 }) {
        let before: &[Value] =
            &[json!(80), json!(443), json!(22), json!("80:443"), json!(30_080), json!("30000:32767"), json!(6443), json!("web")];
        let after: &[Value] = &[json!(8080), json!("web"), json!(8443), json!("tls"), json!("8000:8999"), json!(9090), json!(5353)];
        let of_clients: &[Value] = &[json!("32768:60999"), json!("1:1023"), json!("1024:65535"), json!(40_000)];
        let ports = match (source, act) {
            (true, _) => of_clients,
            (false, Act::BeforeTranslation | Act::Untracked) => before,
            _ => after,
        };
        let field = if draw.chance(20) { "notPorts" } else { "ports" };
        side[field] = json!(draw.some(ports, 2));
    }
    // `services` stands alone: as a source of what comes in, as a destination of what goes out.
    if telling && draw.chance(3) {
        let mut services = json!({"name": draw.one(&["s0", "s1"])});
        if namespace.is_empty() || draw.chance(50) {
            services["namespace"] = "shop".into();
        }
        let ports = side.get("ports").cloned().filter(|_| source);
        side = json!({"services": services});
        if let Some(ports) = ports {
            side["ports"] = ports;
        }
    }
    side
}

/// What Calico's API refuses, or cannot hold.
fn spoil(draw: &mut Draw, rule: &mut Value) {
    match draw.below(8) {
        0 => rule["source"]["nets"] = json!(["50.60.0.0/16", "50.60.0.0/33"]),
        1 => {
            if let Some(rule) = rule.as_object_mut() {
                rule.remove("protocol");
            }
            rule["destination"]["ports"] = json!([80]);
        }
        2 => rule["source"]["nets"] = json!(["50.60.0.0/16", "2001:db8::/32"]),
        3 => rule["source"]["selector"] = json!("group =="),
        4 => rule["action"] = json!("Accept"),
        5 => rule["http"] = json!({"methods": ["GET"]}),
        6 => rule["destination"]["ports"] = json!(["443:80"]),
        // Not even the shape of a rule.
        _ => rule["source"] = json!("everyone"),
    }
}
