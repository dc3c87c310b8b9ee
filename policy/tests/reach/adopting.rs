//! Taking over what somebody made by hand, and putting it back: no prefix of the steps cuts a client that both ends allow, or lets one in that
//! both deny.

use crate::cluster::calico;
use crate::cluster::jobs::{Job, job, target};
use crate::counts::Counts;
use crate::draw::{Draw, choices};
use crate::hardened::held;
use crate::run::{self, Size};
use crate::steps::walk;
use policy::access::{Adoption, Change, HostEndpoints, Intent};
use policy::adopt::HandMade;
use policy::plan::{Plan, Role};
use policy::snapshot::Snapshot;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// What somebody may have made by hand for `shop/s0`, after the page or not quite.
fn made_by_hand(draw: &mut Draw, hosts: &str) -> Vec<Value> {
    const CLIENTS: [&str; 5] = ["50.60.0.0/16", "50.60.7.0/24", "70.80.90.0/24", "0.0.0.0/0", "8.0.0.0/8"];
    let mut objects = Vec::new();
    let order = |draw: &mut Draw, spec: &mut Value| {
        if let Some(order) = draw.one(&[None, None, Some(10), Some(100), Some(400), Some(900)]) {
            spec["order"] = order.into();
        }
    };
    let edges = draw.below(3);
    for at in 0..edges {
        let mut ingress = Vec::new();
        for _ in 0..=draw.below(3) {
            let mut rule = json!({"action": draw.one(&["Allow", "Allow", "Allow", "Deny"]), "source": {"nets": [draw.one(&CLIENTS)]},
                "destination": {"nets": [draw.one(&["10.20.30.40/32", "10.20.30.40/32", "203.0.113.9/32", "10.20.30.41/32"])]}});
            if draw.chance(30) {
                rule["protocol"] = "TCP".into();
                rule["destination"]["ports"] = draw.one(&[json!([80]), json!([443, 22]), json!(["1:500"])]);
            }
            ingress.push(rule);
        }
        if draw.chance(50) {
            let to = draw.one(&["10.20.30.40/32", "10.20.30.0/24", "203.0.113.9/32"]);
            ingress.push(json!({"action": "Deny", "destination": {"nets": [to]}}));
        }
        let mut spec = json!({"selector": hosts, "types": ["Ingress"], "preDNAT": true, "applyOnForward": true, "ingress": ingress});
        order(draw, &mut spec);
        objects.push(calico("GlobalNetworkPolicy", &format!("hand-{at}"), spec));
    }
    for at in 0..draw.below(3).max(usize::from(edges == 0)) {
        let mut ingress = Vec::new();
        for _ in 0..=draw.below(3) {
            let source = match draw.below(3) {
                0 | 1 => json!({"selector": hosts, "namespaceSelector": "global()"}),
                _ => json!({"nets": [draw.one(&CLIENTS[..3])]}),
            };
            let mut rule = json!({"action": draw.one(&["Allow", "Allow", "Allow", "Deny"]), "source": source});
            if draw.chance(30) {
                rule["protocol"] = "TCP".into();
                rule["destination"] = json!({"ports": draw.one(&[json!([8080]), json!(["tls", 8022])])});
            }
            ingress.push(rule);
        }
        let mut spec = json!({"selector": "app == 'a'", "namespaceSelector": "projectcalico.org/name == 'shop'", "types": ["Ingress"], "ingress": ingress});
        order(draw, &mut spec);
        objects.push(calico("GlobalNetworkPolicy", &format!("pods-{at}"), spec));
    }
    if draw.chance(25) {
        let block = json!({"ipBlock": {"cidr": draw.one(&CLIENTS[..3]), "except": draw.one(&[json!([]), json!(["50.60.7.0/25"])])}});
        let ports = draw.one(&[json!([]), json!([{"protocol": "TCP", "port": 8080}]), json!([{"port": "tls"}])]);
        objects.push(json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "kubernetes", "namespace": "shop"},
            "spec": {"podSelector": {"matchLabels": {"app": "a"}}, "policyTypes": ["Ingress"], "ingress": [{"from": [block], "ports": ports}]}}));
    }
    if draw.chance(50) {
        let to = json!([{"action": "Allow", "destination": {"nets": ["192.168.0.0/16"]}}]);
        let spec = json!({"selector": hosts, "types": ["Ingress"], "preDNAT": true, "applyOnForward": true, "ingress": to});
        objects.push(calico("GlobalNetworkPolicy", "hand-to-pods", spec));
    }
    objects
}

/// Somebody outside, of either family.
fn any_outsider() -> impl Strategy<Value = IpAddr> {
    prop_oneof![
        (11u8..100, any::<u8>(), any::<u8>()).prop_map(|(a, b, c)| IpAddr::from([a, b, c, 9])),
        any::<u16>().prop_map(|last| IpAddr::from([0x2001, 0xdb8, last, 0, 0, 0, 0, 9]))
    ]
}

fn planned(job: &Job, now: &Snapshot, change: &Change, counts: &mut Counts) -> Result<Option<Plan>, TestCaseError> {
    let plan = policy::plan::plan(now, change).map_err(|error| TestCaseError::fail(error.to_string()))?;
    let plan = held(&job.cluster.settings(now), now, plan);
    if plan.blocked() {
        counts.note("blocked");
        return Ok(None);
    }
    Ok(Some(plan))
}

fn holds(job: &Job, choices: &[u16], more: &[IpAddr], counts: &mut Counts) -> Result<(), TestCaseError> {
    counts.clusters += 1;
    let automatic = job.host_endpoints == HostEndpoints::Automatic;
    let hosts = if automatic { "projectcalico.org/created-by == 'calico-kube-controllers'" } else { "edge == 'true'" };
    let mut job = job.clone();
    // Policies of others beside these have laws of their own.
    job.cluster = job.cluster.without("GlobalNetworkPolicy", "").without("NetworkPolicy", "");
    job.cluster.objects.extend(made_by_hand(&mut Draw::new(choices.to_vec()), hosts));
    let now = job.cluster.snapshot();
    let Some(found) = HandMade::of(&now, &target()) else {
        counts.note("not recognised");
        return Ok(());
    };
    let stays = found.taken().is_empty();
    // One for each way in which the rules above can tell clients apart.
    let ranges = ["50.60.7.7", "50.60.1.1", "70.80.90.1", "8.8.8.8", "99.9.9.9", "2001:db8::1"];
    let clients: BTreeSet<IpAddr> = ranges.iter().map(|text| text.parse().unwrap()).chain(more.iter().copied()).collect();
    let mut change = found.change(&target(), job.host_endpoints.clone());
    if let Intent::Guard(access) = &mut change.intent {
        access.enforced = job.accesses[0].enforced;
    }
    let Some(plan) = planned(&job, &now, &change, counts)? else { return Ok(()) };
    let guarded = walk(&job, &now, &plan, &clients, counts)?;
    counts.note(match (stays, change.at_pods_alone()) {
        (true, _) => "guarded beside",
        (false, true) => "taken over by the pods alone",
        (false, false) => "taken over",
    });
    let theirs = plan.steps.iter().filter(|step| step.role == Role::HandMade);
    let restored: Vec<Value> = theirs.filter_map(|step| step.write.before().cloned()).collect();
    let adoption = Adoption { restored, ..Adoption::default() };
    let back = Change { service: target(), intent: Intent::Open, host_endpoints: job.host_endpoints.clone(), adoption };
    let Some(back) = planned(&job, &guarded, &back, counts)? else { return Ok(()) };
    let then = walk(&job, &guarded, &back, &clients, counts)?;
    if !then.differing(&now).is_empty() {
        return Err(TestCaseError::fail(format!("not as it was: {:?}\n{job:?}", then.differing(&now))));
    }
    counts.note("put back");
    Ok(())
}

#[test]
fn no_step_of_taking_over_is_worse_than_both_ends() {
    let mut counts = Counts::default();
    let strategy = (job(), choices(60), prop::collection::vec(any_outsider(), 1));
    run::law(Size { packets: 25_000, long: 400_000 }, 300, strategy, &mut counts, |(job, choices, more), counts| {
        holds(job, choices, more, counts)
    });
    println!("adopting: {counts}; {}", counts.notes());
    assert!(counts.noted("put back") > 5 && counts.noted("guarded beside") > 0, "{}", counts.notes());
}
