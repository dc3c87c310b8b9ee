//! Policies of both APIs, tiers and sets.

use super::{Base, NAMESPACES, calico, kubernetes, rules};
use crate::draw::Draw;
use serde_json::{Value, json};

/// Where a policy acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    BeforeTranslation,
    Forward,
    Normal,
    Untracked,
    Pods,
}

const ORDERS: [Option<f64>; 9] =
    [None, Some(10.0), Some(10.0), Some(100.0), Some(500.0), Some(1000.0), Some(1000.0), Some(2000.0), Some(-1.5)];

pub(super) fn policy(draw: &mut Draw, at: usize, base: &Base) -> Value {
    let acts = [
        Act::BeforeTranslation,
        Act::BeforeTranslation,
        Act::BeforeTranslation,
        Act::BeforeTranslation,
        Act::BeforeTranslation,
        Act::Forward,
        Act::Forward,
        Act::Normal,
        Act::Normal,
        Act::Pods,
        Act::Pods,
        Act::Pods,
        Act::Pods,
        Act::Pods,
        Act::BeforeTranslation,
        Act::Untracked,
    ];
    let act = draw.one(&acts);
    match act {
        Act::Pods => match draw.below(10) {
            0..=3 => namespaced(draw, at, base),
            4..=6 => kubernetes::policy(draw, at, base),
            _ => global(draw, at, act, base),
        },
        act => global(draw, at, act, base),
    }
}

fn global(draw: &mut Draw, at: usize, act: Act, base: &Base) -> Value {
    let pods = [
        "app == 'a'",
        "app == 'a'",
        "app in {'a', 'b'}",
        "has(app)",
        "tier == 'x'",
        "projectcalico.org/namespace == 'shop'",
        "app != 'a'",
        "",
    ];
    let hosts = [
        "edge == 'true'",
        "edge == 'true'",
        "edge == 'true'",
        "edge == 'true'",
        "has(edge) || has(k8s-role)",
        "k8s-role == 'node'",
        "all()",
        "!has(app)",
    ];
    let mut spec = common(draw, act, "", base, if act == Act::Pods { &pods } else { &hosts });
    match act {
        Act::BeforeTranslation => spec["preDNAT"] = true.into(),
        Act::Untracked => spec["doNotTrack"] = true.into(),
        _ => {}
    }
    if act != Act::Normal && act != Act::Pods {
        spec["applyOnForward"] = true.into();
    }
    if draw.chance(6) {
        spec["namespaceSelector"] = draw.one(&["team == 'red'", "all()", "projectcalico.org/name == 'ops'"]).into();
    }
    if draw.chance(4) {
        spec["serviceAccountSelector"] = draw.one(&["projectcalico.org/name == 'robot'", "role == 'api'", "role != 'web'"]).into();
    }
    // Some are only tried, where Calico knows that: these decide nothing, and count where they stand.
    let staged = act != Act::Pods && draw.chance(12);
    if staged && draw.chance(15) {
        spec["stagedAction"] = "Delete".into();
    }
    named(draw, if staged { "StagedGlobalNetworkPolicy" } else { "GlobalNetworkPolicy" }, at, spec)
}

fn namespaced(draw: &mut Draw, at: usize, base: &Base) -> Value {
    let namespace = draw.one(&NAMESPACES);
    let spec = common(draw, Act::Pods, namespace, base, &["app == 'a'", "has(app)", "", "app == 'b' || tier == 'x'", "!has(tier)"]);
    let mut policy = named(draw, "NetworkPolicy", at, spec);
    policy["metadata"]["namespace"] = namespace.into();
    policy
}

fn common(draw: &mut Draw, act: Act, namespace: &str, base: &Base, selectors: &[&str]) -> Value {
    let mut spec = json!({"selector": draw.one(selectors)});
    if let Some(order) = draw.one(&ORDERS) {
        spec["order"] = order.into();
    }
    if base.tiers && draw.chance(25) {
        spec["tier"] = draw.one(&["first", "last", "default"]).into();
    }
    let only_in = act == Act::BeforeTranslation;
    let types: &[&str] = match draw.below(10) {
        _ if only_in => &["Ingress"],
        0..=5 => &["Ingress"],
        6 => &["Egress"],
        7 => &[],
        _ => &["Ingress", "Egress"],
    };
    if !types.is_empty() {
        spec["types"] = json!(types);
    }
    let (closing, count) = (closing(draw, act), usize::from(only_in) + draw.below(4));
    let (egress, open) = (draw.below(3), draw.chance(60));
    let spoiled = draw.chance(2);
    let mut ingress: Vec<Value> = (0..count).map(|_| rules::rule(draw, act, true, namespace, base)).collect();
    ingress.extend(closing);
    let mut out = Vec::new();
    if types.contains(&"Egress") || types.is_empty() {
        out.extend((0..egress).map(|_| rules::rule(draw, act, false, namespace, base)));
        if open {
            out.push(json!({"action": "Allow"}));
        }
    }
    // Calico's API completes types where none are given: by what rules there are.
    if types.is_empty() && (ingress.is_empty() || out.is_empty()) {
        spec["types"] = if ingress.is_empty() && !out.is_empty() { json!(["Egress"]) } else { json!(["Ingress"]) };
    }
    spec["ingress"] = ingress.into();
    if !out.is_empty() {
        spec["egress"] = out.into();
    }
    if spoiled {
        // Calico's API refuses each of these.
        let (field, value) = draw.one(&[
            ("selector", json!("app ==")),
            ("selector", json!("global()")),
            ("preDNAT", json!(act != Act::BeforeTranslation)),
            ("types", json!(["Ingress", "Ingress"])),
            ("doNotTrack", json!(true)),
        ]);
        spec[field] = value;
    }
    spec
}

/// The last rule. Before translation, what is let in is followed by what shuts out, else it says nothing; elsewhere whoever denies often
/// lets the rest through, else nothing would get anywhere.
fn closing(draw: &mut Draw, act: Act) -> Option<Value> {
    let closed = draw.chance(60);
    if act != Act::BeforeTranslation {
        return draw.chance(40).then(|| json!({"action": draw.one(&["Allow", "Allow", "Pass"])}));
    }
    let rules = [
        json!({"action": "Deny", "destination": {"nets": ["10.20.30.0/24"]}}),
        json!({"action": "Deny", "destination": {"nets": ["10.20.30.0/24", "203.0.113.0/24"]}}),
        json!({"action": "Deny", "protocol": "TCP", "destination": {"ports": ["30000:32767", 80, 443]}}),
        json!({"action": "Deny", "source": {"notNets": ["10.0.0.0/8", "192.168.0.0/16"]}}),
        json!({"action": "Deny", "destination": {"nets": ["fd00:20:30::/112"]}}),
        json!({"action": "Deny"}),
    ];
    closed.then(|| draw.one(&rules))
}

/// Policies of a tier carry its name (3.29 and later).
fn named(draw: &mut Draw, kind: &str, at: usize, spec: Value) -> Value {
    let tier = spec["tier"].as_str().filter(|tier| *tier != "default").map(|tier| format!("{tier}.")).unwrap_or_default();
    let first = draw.one(&["p", "a", "z"]);
    calico(kind, &format!("{tier}{first}{at}"), spec)
}

pub(super) fn tier(draw: &mut Draw, at: usize) -> Value {
    let mut spec = json!({});
    if let Some(order) = draw.one(&[Some(100), Some(2_000_000), None, Some(1_000_000)]) {
        spec["order"] = order.into();
    }
    if draw.chance(35) {
        spec["defaultAction"] = draw.one(&["Pass", "Pass", "Deny"]).into();
    }
    calico("Tier", ["first", "last"][at % 2], spec)
}

/// A set of the cluster, or of a tenant who gives his the same labels.
pub(super) fn set(draw: &mut Draw, at: usize) -> Value {
    let tenant = draw.chance(40);
    let v4 = ["50.60.0.0/16", "50.60.7.0/24", "70.80.90.0/24", "10.20.30.0/24", "0.0.0.0/1", "10.0.1.1/32", "192.168.1.0/24"];
    let v6 = ["2001:db8::/32", "2001:db8:7::/48"];
    let mut nets = draw.some(&v4, 3);
    if draw.chance(30) {
        nets.extend(draw.some(&v6, 2));
    }
    if draw.chance(5) {
        nets.push("50.60.7.0/33");
    }
    let mut set = calico(if tenant { "NetworkSet" } else { "GlobalNetworkSet" }, &format!("set-{at}"), json!({"nets": nets}));
    set["metadata"]["labels"] = draw.one(&[
        json!({"group": "clients"}),
        json!({"group": "clients", "app": "a"}),
        json!({"group": "other"}),
        json!({"edge": "true"}),
    ]);
    if tenant {
        set["metadata"]["namespace"] = draw.one(&NAMESPACES).into();
    }
    set
}
