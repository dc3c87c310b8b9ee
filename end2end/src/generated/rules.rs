//! Rules of Calico's policies: few fields mostly, so that they match something.

use serde_json::{Value, json};

use super::policies::Act;
use super::{Base, Draw};

const FROM: [&str; 9] = [
    "50.60.0.0/16",
    "50.60.7.0/24",
    "50.60.1.10/32",
    "70.80.0.0/16",
    "70.80.90.0/24",
    "0.0.0.0/1",
    "10.0.0.0/16",
    "192.168.0.0/16",
    "192.168.10.0/24",
];
const FROM_V6: [&str; 4] = ["2001:db8:5060::/48", "2001:db8::/32", "fd00:168::/48", "fd00:10::/32"];
const TO: [&str; 8] = [
    "10.20.30.0/24",
    "10.20.30.40/32",
    "10.20.30.41/32",
    "10.20.40.0/24",
    "10.20.50.0/24",
    "10.0.0.0/16",
    "192.168.0.0/16",
    "192.168.10.0/24",
];
const TO_V6: [&str; 3] = ["fd00:20::1e00/120", "fd00:168::/48", "fd00:10::/32"];

/// A rule of a policy of this namespace; none for a global one.
pub(super) fn rule(draw: &mut Draw, act: Act, ingress: bool, namespace: Option<&str>, base: &Base<'_>) -> Value {
    let mut rule = json!({ "action": draw.one(&["Allow", "Allow", "Allow", "Deny", "Deny", "Pass", "Log"]) });
    // All nets of a rule are of one family.
    let six = base.dual && draw.chance(35);
    let protocol = draw.one(&[
        Value::Null,
        Value::Null,
        Value::Null,
        json!("TCP"),
        json!("TCP"),
        json!("TCP"),
        json!("UDP"),
        json!(6),
        json!("SCTP"),
        json!(if six { "ICMPv6" } else { "ICMP" }),
    ]);
    let has_ports = ["TCP", "UDP", "SCTP"].iter().any(|name| protocol == *name) || protocol == 6;
    if !protocol.is_null() {
        rule["protocol"] = protocol;
    } else if draw.chance(15) {
        rule["notProtocol"] = draw.one(&[json!("UDP"), json!("TCP")]);
    }
    if draw.chance(8) {
        rule["ipVersion"] = if six { 6 } else { 4 }.into();
    }
    for (name, source) in [("source", true), ("destination", false)] {
        let side = side(draw, source, six, has_ports, act, ingress, namespace);
        if side.as_object().is_some_and(|fields| !fields.is_empty()) {
            rule[name] = side;
        }
    }
    rule
}

fn side(draw: &mut Draw, source: bool, six: bool, has_ports: bool, act: Act, ingress: bool, namespace: Option<&str>) -> Value {
    let mut side = json!({});
    // The other end is what rules are about: what says too much of both ends never matches.
    let telling = source == ingress;
    // `services` stands alone: as a source of what comes in, as a destination of what goes out.
    if telling && draw.chance(6) {
        let mut services = json!({ "name": draw.one(&["s0", "s1", "s3", "ending"]) });
        // A policy of a namespace may leave it out.
        if namespace.is_none() || draw.chance(70) {
            services["namespace"] = "shop".into();
        }
        return json!({ "services": services });
    }
    let nets: &[&str] = match (source, six) {
        (true, false) => &FROM,
        (true, true) => &FROM_V6,
        (false, false) => &TO,
        (false, true) => &TO_V6,
    };
    if draw.chance(if telling { 55 } else { 15 }) {
        side["nets"] = json!(draw.some(nets, 2));
    }
    if draw.chance(10) {
        side["notNets"] = json!(draw.some(nets, 2));
    }
    let selectors = [
        "group == 'clients'",
        "group == 'clients'",
        "edge == 'true'",
        "edge == 'true'",
        "role == 'node'",
        "app == 'a'",
        "app == 'caller'",
        "has(group)",
        "!has(app)",
        "projectcalico.org/orchestrator == 'k8s'",
        "all()",
    ];
    if draw.chance(if telling { 28 } else { 6 }) {
        side["selector"] = draw.one(&selectors).into();
        if draw.chance(35) {
            side["namespaceSelector"] =
                draw.one(&["global()", "global()", "projectcalico.org/name == 'shop'", "projectcalico.org/name == 'ops'", "all()"]).into();
        }
    } else if draw.chance(5) {
        side["namespaceSelector"] = draw.one(&["projectcalico.org/name == 'ops'", "all()", "global()"]).into();
    }
    if draw.chance(5) {
        side["notSelector"] = draw.one(&["group == 'clients'", "has(edge)", "app == 'a'", "!has(group)"]).into();
    }
    if has_ports && !source && draw.chance(35) {
        // Before translation Services' own ports, behind it those of pods and hosts.
        let before: &[Value] = &[json!(80), json!(53), json!(22), json!("22:80"), json!(30_081), json!("30000:32767"), json!(514)];
        let behind: &[Value] =
            &[json!(8080), json!("http"), json!(9090), json!("8000:8999"), json!(5353), json!(9100), json!("dns"), json!(22)];
        let field = if draw.chance(20) { "notPorts" } else { "ports" };
        side[field] = json!(draw.some(if act == Act::BeforeTranslation { before } else { behind }, 2));
    }
    side
}
