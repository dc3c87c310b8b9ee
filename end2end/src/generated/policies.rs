//! Policies of both APIs, and the sets that they mean.

use serde_json::{Value, json};

use super::{Base, Draw, rules};
use crate::world::Encapsulation;

/// Where a policy acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    BeforeTranslation,
    Forward,
    Hosts,
    Pods,
}

const ORDERS: [Option<f64>; 8] = [None, Some(10.0), Some(10.0), Some(100.0), Some(500.0), Some(1000.0), Some(1000.0), Some(2000.0)];
const NAMESPACES: [&str; 2] = ["shop", "ops"];
/// A tier before the default one.
const TIER: &str = "first";

/// The rig's own pods are selected by none of these: they show when a node decides by what was written.
const OF_HOSTS: [&str; 6] =
    ["edge == 'true'", "edge == 'true'", "edge == 'true'", "has(edge) || has(role)", "role == 'node'", "edge == 'true' && !has(app)"];
const OF_PODS: [&str; 6] = ["app == 'a'", "app == 'a'", "app in {'a', 'b'}", "has(app)", "tier == 'x'", "has(app) && app != 'a'"];

pub(super) fn policy(draw: &mut Draw, at: usize, base: &Base<'_>) -> Value {
    use Act::{BeforeTranslation, Forward, Hosts, Pods};
    let act =
        draw.one(&[BeforeTranslation, BeforeTranslation, BeforeTranslation, BeforeTranslation, Forward, Forward, Hosts, Pods, Pods, Pods]);
    match (act, draw.below(10)) {
        (Pods, 0..=3) => namespaced(draw, at, base),
        (Pods, 4..=6) => kubernetes(draw, at, base),
        _ => global(draw, at, act, base),
    }
}

fn global(draw: &mut Draw, at: usize, act: Act, base: &Base<'_>) -> Value {
    let mut spec = spec(draw, act, None, base, if act == Act::Pods { &OF_PODS } else { &OF_HOSTS });
    if act == Act::BeforeTranslation {
        spec["preDNAT"] = true.into();
    }
    if matches!(act, Act::BeforeTranslation | Act::Forward) {
        spec["applyOnForward"] = true.into();
    }
    if act == Act::Pods && draw.chance(15) {
        spec["namespaceSelector"] = draw.one(&["projectcalico.org/name == 'shop'", "all()"]).into();
    }
    named(draw, "GlobalNetworkPolicy", at, None, spec)
}

fn namespaced(draw: &mut Draw, at: usize, base: &Base<'_>) -> Value {
    let namespace = draw.one(&["shop", "shop", "shop", "ops"]);
    let spec = spec(draw, Act::Pods, Some(namespace), base, &["app == 'a'", "has(app)", "", "app == 'b' || tier == 'x'", "!has(tier)"]);
    named(draw, "NetworkPolicy", at, Some(namespace), spec)
}

fn named(draw: &mut Draw, kind: &str, at: usize, namespace: Option<&str>, spec: Value) -> Value {
    // Policies of a tier carry its name.
    let tier = spec["tier"].as_str().map(|tier| format!("{tier}.")).unwrap_or_default();
    let first = draw.one(&["a", "p", "z"]);
    let mut object =
        json!({ "apiVersion": "projectcalico.org/v3", "kind": kind, "metadata": { "name": format!("{tier}{first}{at}") }, "spec": spec });
    if let Some(namespace) = namespace {
        object["metadata"]["namespace"] = namespace.into();
    }
    object
}

fn spec(draw: &mut Draw, act: Act, namespace: Option<&str>, base: &Base<'_>, selectors: &[&str]) -> Value {
    let mut spec = json!({ "selector": draw.one(selectors) });
    if let Some(order) = draw.one(&ORDERS) {
        spec["order"] = order.into();
    }
    if base.tiers && act == Act::Pods && draw.chance(30) {
        spec["tier"] = TIER.into();
    }
    let types: &[&str] = match draw.below(10) {
        _ if act == Act::BeforeTranslation => &["Ingress"],
        0..=5 => &["Ingress"],
        6 => &["Egress"],
        _ => &["Ingress", "Egress"],
    };
    spec["types"] = json!(types);
    for (kind, ingress) in [("Ingress", true), ("Egress", false)] {
        if !types.contains(&kind) {
            continue;
        }
        let count = usize::from(act == Act::BeforeTranslation) + draw.below(4);
        let mut list = if namespace.is_none() { beside(act, base) } else { Vec::new() };
        list.extend((0..count).map(|_| rules::rule(draw, act, ingress, namespace, base)));
        list.extend(closing(draw, act));
        spec[kind.to_lowercase()] = list.into();
    }
    spec
}

/// Lets nodes hear of their neighbours: without it they have no IPv6.
pub(super) fn neighbours() -> Value {
    json!({ "action": "Allow", "protocol": "ICMPv6" })
}

/// What policies on hosts begin with, for what the product does not follow (`docs/decisions/reachability.md`): neighbours, and that what
/// comes back in a tunnel is packets of the tunnel.
fn beside(act: Act, base: &Base<'_>) -> Vec<Value> {
    let tunnels = json!({ "action": "Allow", "protocol": "UDP", "destination": { "ports": [4789] } });
    let tunnelled = act == Act::BeforeTranslation && base.world.encapsulation == Encapsulation::Vxlan;
    base.dual.then(neighbours).into_iter().chain(tunnelled.then_some(tunnels)).collect()
}

/// The last rule. Before translation, what is let in is followed by what shuts out, else it says nothing; elsewhere whoever denies often
/// lets the rest through, else nothing would get anywhere.
fn closing(draw: &mut Draw, act: Act) -> Option<Value> {
    if act != Act::BeforeTranslation {
        return draw.chance(55).then(|| json!({ "action": draw.one(&["Allow", "Allow", "Pass"]) }));
    }
    let rules = [
        json!({ "action": "Deny", "destination": { "nets": ["10.20.30.0/24"] } }),
        json!({ "action": "Deny", "destination": { "nets": ["10.20.30.0/24", "10.20.40.0/24", "10.20.50.0/24"] } }),
        json!({ "action": "Deny", "protocol": "TCP", "destination": { "ports": ["30000:32767", 80] } }),
        json!({ "action": "Deny", "source": { "notNets": ["10.0.0.0/8", "192.168.0.0/16"] } }),
        json!({ "action": "Deny" }),
    ];
    draw.chance(60).then(|| draw.one(&rules))
}

/// A NetworkPolicy of Kubernetes.
fn kubernetes(draw: &mut Draw, at: usize, base: &Base<'_>) -> Value {
    let types: &[&str] = draw.one(&[&["Ingress"][..], &["Ingress"], &["Ingress", "Egress"], &["Egress"]]);
    let mut spec = json!({ "podSelector": selector(draw), "policyTypes": types });
    for (kind, side) in [("Ingress", "from"), ("Egress", "to")] {
        if types.contains(&kind) {
            let rules: Vec<Value> = (0..draw.below(3)).map(|_| kubernetes_rule(draw, side, base)).collect();
            spec[kind.to_lowercase()] = rules.into();
        }
    }
    let name = format!("{}{at}", draw.one(&["a", "k", "z"]));
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": { "name": name, "namespace": draw.one(&["shop", "shop", "ops"]) }, "spec": spec,
    })
}

fn selector(draw: &mut Draw) -> Value {
    draw.one(&[
        json!({}),
        json!({ "matchLabels": { "app": "a" } }),
        json!({ "matchExpressions": [{ "key": "app", "operator": "In", "values": ["a", "b"] }] }),
        json!({ "matchExpressions": [{ "key": "tier", "operator": "DoesNotExist" }] }),
        json!({ "matchExpressions": [{ "key": "app", "operator": "NotIn", "values": ["b"] }] }),
    ])
}

fn kubernetes_rule(draw: &mut Draw, side: &str, base: &Base<'_>) -> Value {
    let mut rule = json!({});
    let peers: Vec<Value> = (0..draw.below(3)).map(|_| peer(draw, base)).collect();
    if !peers.is_empty() {
        rule[side] = peers.into();
    }
    if draw.chance(55) {
        let ports = [
            json!({ "protocol": "TCP", "port": 8080 }),
            json!({ "protocol": "TCP", "port": "http" }),
            json!({ "protocol": "TCP", "port": 8000, "endPort": 9100 }),
            json!({ "protocol": "UDP" }),
            json!({ "protocol": "UDP", "port": "dns" }),
        ];
        rule["ports"] = json!(draw.some(&ports, 2));
    }
    rule
}

fn peer(draw: &mut Draw, base: &Base<'_>) -> Value {
    match draw.below(6) {
        0..=1 => json!({ "ipBlock": { "cidr": draw.one(&["0.0.0.0/0", "50.60.0.0/16", "10.0.0.0/8", "70.80.90.0/24"]) } }),
        2 if base.dual => json!({ "ipBlock": { "cidr": "2001:db8::/32", "except": ["2001:db8:7080::/48"] } }),
        2 => json!({ "ipBlock": { "cidr": "50.60.0.0/16", "except": ["50.60.7.0/24"] } }),
        3 => json!({ "podSelector": selector(draw) }),
        4 => json!({ "namespaceSelector": { "matchLabels": { "kubernetes.io/metadata.name": "ops" } } }),
        _ => json!({ "namespaceSelector": {}, "podSelector": selector(draw) }),
    }
}

/// A set of the cluster, or of a tenant who gives his the same labels.
pub(super) fn set(draw: &mut Draw, at: usize, base: &Base<'_>) -> Value {
    let tenant = draw.chance(40);
    let mut nets = draw.some(&["50.60.0.0/16", "50.60.7.0/24", "70.80.90.0/24", "10.20.30.0/24", "10.0.1.1/32", "192.168.10.0/24"], 3);
    if base.dual && draw.chance(50) {
        nets.push("2001:db8:5060::/48");
    }
    let labels = draw.one(&[
        json!({ "group": "clients" }),
        json!({ "group": "clients", "app": "a" }),
        json!({ "group": "other" }),
        json!({ "edge": "true" }),
    ]);
    let kind = if tenant { "NetworkSet" } else { "GlobalNetworkSet" };
    let metadata = json!({ "name": format!("set-{at}"), "labels": labels });
    let mut set = json!({ "apiVersion": "projectcalico.org/v3", "kind": kind, "metadata": metadata, "spec": { "nets": nets } });
    if tenant {
        set["metadata"]["namespace"] = draw.one(&NAMESPACES).into();
    }
    set
}

pub(super) fn tier(draw: &mut Draw) -> Value {
    let spec = json!({ "order": draw.one(&[100, 2_000_000]), "defaultAction": draw.one(&["Pass", "Deny"]) });
    json!({ "apiVersion": "projectcalico.org/v3", "kind": "Tier", "metadata": { "name": TIER }, "spec": spec })
}
