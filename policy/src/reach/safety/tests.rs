mod exact;
mod inside;

use super::sentences::of_plan;
use super::{MOST_SENTENCES, Safeguards, Standing, check, standings};
use crate::access::{Access, Adoption, Asked, Change, ClientRange, HostEndpoints, InCluster, Intent};
use crate::finding::{Finding, Severity};
use crate::reach::diff::Side;
use crate::reach::invariant::Invariant;
use crate::reach::sets::Kept;
use crate::reach::sets::testing::{Cluster, VIP, pod, policy, service, slice, svc_a};
use serde_json::json;

fn held(sentences: &[&str]) -> Safeguards {
    Safeguards { sentences: sentences.iter().map(|text| text.parse().unwrap()).collect(), ..Safeguards::default() }
}

/// The page's cluster, where a policy lets these in.
fn letting_in(nets: &str) -> Cluster {
    let gate = json!({"selector": "k8s-role == 'node'", "types": ["Ingress"], "preDNAT": true, "applyOnForward": true, "ingress": [
        {"action": "Allow", "source": {"nets": [nets]}, "destination": {"nets": [format!("{VIP}/32")]}},
        {"action": "Deny", "destination": {"nets": [format!("{VIP}/32")]}}]});
    Cluster::page().endpoints("eth0", true, true).with(policy("gate", gate))
}

/// A change of the page's Service, whatever it says.
fn of_svc_a() -> Asked {
    Change { service: svc_a(), intent: Intent::Open, host_endpoints: HostEndpoints::Existing, adoption: Adoption::default() }.into()
}

fn between(before: &Cluster, after: &Cluster, sentences: &[&str]) -> Vec<Finding> {
    let (settings, before, after) = (before.settings(), before.snapshot(), after.snapshot());
    let side = |snapshot| Side { snapshot, settings: &settings };
    of_plan(side(&before), side(&after), &of_svc_a(), &held(sentences).sentences, &mut Kept::default())
}

#[test]
fn what_a_plan_breaks_blocks_it_and_what_was_broken_does_not() {
    let (before, after) = (letting_in("50.60.0.0/16"), letting_in("50.0.0.0/8"));
    let holds = ["50.60.0.0/16 must always reach shop/svc-a on TCP 80", "51.0.0.0/8 must never reach shop/svc-a"];
    assert_eq!(between(&before, &after, &holds), []);
    let one = |before: &Cluster, after: &Cluster, sentence: &str| {
        let mut found = between(before, after, &[sentence]);
        assert_eq!(found.len(), 1, "{found:#?}");
        found.remove(0)
    };
    let broken = one(&before, &after, "50.61.0.0/16 must never reach shop/svc-a");
    assert_eq!((broken.severity, broken.id.as_str()), (Severity::Blocker, "invariant-broken"));
    let packet = broken.packet.unwrap();
    assert_eq!((packet.client.as_str(), packet.to.as_str(), packet.port.as_str()), ("50.61.0.0", "shop/svc-a", "80"));
    assert_eq!((packet.node.as_str(), packet.interface.as_str()), ("a", "eth0"));

    // Broken before, and left so: said, and no more.
    let left = one(&before, &after, "50.60.0.0/16 must never reach shop/svc-a");
    assert_eq!((left.severity, left.id.as_str()), (Severity::Warning, "invariant-broken-already"));
    assert!(left.what.contains("does not hold as it is, and this plan leaves that as it is: a packet of `50.60.0.0`"), "{}", left.what);
    assert_eq!(one(&before, &before, "50.60.0.0/16 must never reach shop/svc-a"), left);
    // Broken before, and by the plan for more: a packet of those.
    let wider = one(&before, &after, "50.0.0.0/8 must never reach shop/svc-a");
    assert_eq!((wider.severity, wider.packet.unwrap().client.as_str()), (Severity::Blocker, "50.0.0.0"));
    // The way back breaks what the way there kept.
    let back = one(&after, &before, "50.61.0.0/16 must always reach shop/svc-a");
    assert_eq!((back.severity, back.packet.unwrap().client.as_str()), (Severity::Blocker, "50.61.0.0"));
    assert_eq!(between(&after, &before, &["50.0.0.0/8 must never reach shop/svc-a"])[0].severity, Severity::Warning);
}

#[test]
fn what_a_plan_cannot_touch_is_as_it_was() {
    let beside = |cluster: Cluster| {
        let ports = json!([{"name": "http", "port": 80, "targetPort": 8080}]);
        cluster.with(service("svc-b", "10.20.30.41", ports)).with(pod("b-1", "b", "192.168.2.1", json!({"app": "svc-b"}))).with(slice(
            "svc-b",
            &[("b-1", "b", "192.168.2.1")],
            json!([{"name": "http", "port": 8080}]),
        ))
    };
    let (before, after) = (beside(letting_in("50.60.0.0/16")), beside(letting_in("50.0.0.0/8")));
    let sentences = ["50.60.0.0/16 must never reach shop/svc-b", "50.60.0.0/16 must always reach shop/svc-b"];
    let settings = before.settings();
    let now = standings(Side { snapshot: &before.snapshot(), settings: &settings }, &held(&sentences).sentences);
    assert!(matches!(now.as_slice(), [Standing::Broken(_), Standing::Holds]), "{now:#?}");
    assert_eq!(between(&before, &after, &sentences), [], "a plan for another Service does not touch it");
    let shut = json!({"kind": "NetworkPolicy", "metadata": {"name": "b", "namespace": "shop"},
        "spec": {"selector": "app == 'svc-b'", "types": ["Ingress"]}});
    let found = between(&before, &after.with(shut), &sentences);
    assert_eq!(found.iter().map(|finding| finding.id.as_str()).collect::<Vec<_>>(), ["invariant-broken"]);
    assert!(found[0].what.contains("must always reach"), "{}", found[0].what);
}

#[test]
fn what_cannot_be_followed_is_said() {
    let cluster = letting_in("50.60.0.0/16");
    let found = between(&cluster, &cluster, &["50.0.0.0/8 must always reach shop/none"]);
    assert_eq!((found[0].severity, found[0].id.as_str()), (Severity::Warning, "invariant-without-service"));
    let many: Vec<String> = (0..=MOST_SENTENCES)
        .map(|n| format!("10.9.{n}.0/24 must never reach shop/svc-a"))
        .map(|text| text.replace(".256.", ".255."))
        .collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let found = between(&cluster, &cluster, &many);
    assert_eq!((found.len(), found[0].severity, found[0].id.as_str()), (1, Severity::Blocker, "invariants-not-followed"));
    assert!(found[0].what.contains("10.9.200.0/24 must never reach"), "{}", found[0].what);
}

#[test]
fn the_cluster_as_it_is() {
    let (snapshot, settings) = (letting_in("50.60.0.0/16").snapshot(), letting_in("50.60.0.0/16").settings());
    let now = Side { snapshot: &snapshot, settings: &settings };
    let texts =
        ["10.9.0.0/16 must never reach shop/svc-a", "10.9.0.0/16 must always reach shop/svc-a", "10.9.0.0/16 must never reach shop/none"];
    let sentences: Vec<Invariant> = texts.iter().map(|text| text.parse().unwrap()).collect();
    let found = standings(now, &sentences);
    assert!(matches!(found.as_slice(), [Standing::Holds, Standing::Broken(_), Standing::NoService]), "{found:#?}");
    let mut found = Vec::new();
    check(now, &sentences, &mut found);
    let ids: Vec<String> = found.into_iter().map(|finding| finding.id).collect();
    assert_eq!(ids, ["invariant-broken", "invariant-without-service", "hand-made"]);
}

#[test]
fn a_plan_that_is_held_to_a_sentence_is_the_same_plan() {
    let cluster = Cluster::page();
    let (snapshot, settings) = (cluster.snapshot(), cluster.settings());
    let clients = vec![ClientRange { cidr: "50.60.0.0/16".parse().unwrap(), ports: Vec::new(), note: String::new() }];
    let host_endpoints = HostEndpoints::Named { interface: "eth0".to_owned().try_into().unwrap() };
    let intent = Intent::Guard(Access { clients, in_cluster: InCluster::Unchanged, ..Access::default() });
    let plan = crate::plan::plan(&snapshot, &Change { service: svc_a(), intent, host_endpoints, adoption: Adoption::default() }).unwrap();
    assert!(!plan.blocked(), "{:#?}", plan.findings);
    let kept = plan.clone().held_to(&snapshot, &settings, &held(&["50.60.0.0/16 must always reach shop/svc-a"]));
    assert_eq!(kept, plan);
    let broken = plan.clone().held_to(&snapshot, &settings, &held(&["70.80.0.0/16 must always reach shop/svc-a"]));
    assert!(broken.blocked());
    assert_eq!((&broken.digest, &broken.steps), (&plan.digest, &plan.steps));
    let twice = broken.clone().held_to(&snapshot, &settings, &held(&["70.80.0.0/16 must always reach shop/svc-a"]));
    assert_eq!(twice, broken, "each thing once");
}

/// A plan that guards the page's Service, and the cluster once it is carried out.
fn guarding(cluster: &Cluster, nets: &str) -> (crate::plan::Plan, crate::snapshot::Snapshot) {
    let snapshot = cluster.snapshot();
    let clients = vec![ClientRange { cidr: nets.parse().unwrap(), ports: Vec::new(), note: String::new() }];
    let intent = Intent::Guard(Access { clients, in_cluster: InCluster::Unchanged, ..Access::default() });
    let change = Change { service: svc_a(), intent, host_endpoints: HostEndpoints::Existing, adoption: Adoption::default() };
    let plan = crate::plan::plan(&snapshot, &change).unwrap();
    let after = crate::reach::diff::target(&snapshot, &plan);
    (plan, after)
}

#[test]
fn policies_of_others_are_said_once_and_by_what_they_do() {
    let spec = json!({"selector": "k8s-role == 'node'", "order": 1, "types": ["Ingress"], "preDNAT": true, "applyOnForward": true,
        "ingress": [{"action": "Allow", "source": {"nets": ["70.0.0.0/8"]}, "destination": {"nets": [format!("{VIP}/32")]}}]});
    let cluster = Cluster::page().endpoints("eth0", true, true).with(policy("theirs", spec));
    let settings = cluster.settings();
    let (plan, after) = guarding(&cluster, "50.60.0.0/16");
    let about = |findings: &[Finding]| -> Vec<(String, Severity)> {
        let about = findings.iter().filter(|finding| finding.objects.first().is_some_and(|key| key.name == "theirs"));
        about.map(|finding| (finding.id.clone(), finding.severity)).collect()
    };
    assert_eq!(about(&plan.findings), [("foreign-host-policy-before".to_owned(), Severity::Warning)]);
    let held_to = plan.held_to(&cluster.snapshot(), &settings, &Safeguards::default());
    let widens = [("foreign-allow-widens".to_owned(), Severity::Blocker)];
    assert_eq!(about(&held_to.findings), widens);
    let widening = held_to.findings.iter().find(|finding| finding.id == "foreign-allow-widens").unwrap();
    assert_eq!((widening.field.as_str(), widening.packet.as_ref().unwrap().client.as_str()), ("spec.ingress[0]", "70.0.0.0"));
    // The same on the page of checks, once the Service is guarded.
    let mut found = crate::checks::cluster(&after);
    check(Side { snapshot: &after, settings: &settings }, &[], &mut found);
    assert_eq!(about(&found), widens);
}
