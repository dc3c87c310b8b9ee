//! What a plan would do otherwise than it says, found by what every client gets.

use super::{Safeguards, guarding};
use crate::access::{Access, Adoption, Change, ClientRange, Enforced, HostEndpoints, Intent};
use crate::finding::{Finding, Severity};
use crate::reach::sets::testing::{Cluster, VIP, policy, service, svc_a};
use serde_json::{Value, json};

fn page() -> Cluster {
    let line = json!({"kind": "ClusterInformation", "metadata": {"name": "default"}, "spec": {"calicoVersion": "v3.30.1"}});
    Cluster::page().endpoints("eth0", true, true).with(line)
}

/// The findings of a guard with these ids, with what they say.
fn found(cluster: &Cluster, ids: &[&str]) -> Vec<Finding> {
    let (plan, _) = guarding(cluster, "50.60.0.0/16");
    let held = plan.held_to(&cluster.snapshot(), &cluster.settings(), &Safeguards::default());
    held.findings.into_iter().filter(|finding| ids.contains(&finding.id.as_str())).collect()
}

const WRONG: [&str; 6] = ["lets-in-others", "cuts-clients", "clients-untold", "nodes-let-in", "changes-elsewhere", "foreign-pass-bypasses"];

fn only(cluster: &Cluster) -> Finding {
    let mut found = found(cluster, &WRONG);
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0)
}

fn tier(name: &str, order: u32) -> Value {
    json!({"kind": "Tier", "metadata": {"name": name}, "spec": {"order": order}})
}

#[test]
fn nothing_is_said_of_a_guard_that_does_what_it_says() {
    assert_eq!(found(&page(), &WRONG), []);
}

#[test]
fn a_tier_of_others_that_ends_in_a_deny_cuts() {
    let spec = json!({"tier": "security", "order": 1, "selector": "app == 'svc-a'", "types": ["Ingress"], "ingress": []});
    let cut = only(&page().with(tier("security", 10)).with(policy("security.default-deny", spec)));
    assert_eq!((cut.severity, cut.id.as_str()), (Severity::Warning, "cuts-clients"));
    assert!(cut.what.starts_with("65,536 addresses that the access of `shop/svc-a` names are shut out at 10.20.30.40"), "{}", cut.what);
    assert_eq!(cut.packet.unwrap().client, "50.60.0.0");
}

#[test]
fn a_pass_in_another_tier_leads_to_ours() {
    let spec = json!({"tier": "security", "order": 1, "selector": "app == 'svc-a'", "types": ["Ingress"], "ingress": [{"action": "Pass"}]});
    let cluster = page().with(tier("security", 10)).with(policy("security.pass", spec));
    assert_eq!(found(&cluster, &WRONG), []);
    // And clients inside the cluster go on to what comes behind.
    let (plan, _) = guarding(&cluster, "50.60.0.0/16");
    let rules: Vec<String> = plan
        .steps
        .iter()
        .filter_map(|step| step.write.after())
        .flat_map(|object| {
            let rules = object["spec"]["ingress"].as_array().cloned().unwrap_or_default();
            rules.into_iter().filter(|rule| rule["action"] == "Pass").map(|rule| rule["source"].to_string()).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(rules.len(), 2, "pods, and the nodes' own processes: {rules:#?}");
}

#[test]
fn an_address_that_is_no_nodes_among_those_of_a_host_endpoint_lets_in() {
    let ports = json!([{"name": "http", "port": 80, "targetPort": 8080, "nodePort": 30080}]);
    let mut cluster = page().with(service("svc-a", VIP, ports));
    let endpoint = cluster.0.iter_mut().find(|object| object["kind"] == "HostEndpoint").unwrap();
    endpoint["spec"]["expectedIPs"].as_array_mut().unwrap().push(json!("50.99.0.1"));
    let let_in = only(&cluster);
    assert_eq!((let_in.severity, let_in.id.as_str()), (Severity::Blocker, "lets-in-others"));
    assert!(let_in.action.starts_with("Take 50.99.0.1 off `spec.expectedIPs` of HostEndpoint "), "{}", let_in.action);
}

#[test]
fn what_cannot_be_told_is_said() {
    let admin = json!({"apiVersion": "policy.networking.k8s.io/v1alpha1", "kind": "AdminNetworkPolicy", "metadata": {"name": "admin"},
        "spec": {"priority": 1, "subject": {"namespaces": {}}, "ingress": [{"action": "Deny", "from": [{"namespaces": {}}]}]}});
    let untold = only(&page().with(admin));
    assert_eq!((untold.severity, untold.id.as_str()), (Severity::Unknown, "clients-untold"));
}

#[test]
fn nodes_that_the_pods_kept_out_are_named() {
    let deny = json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "deny", "namespace": "shop"},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress"]}});
    let let_in = only(&page().with(deny));
    assert_eq!((let_in.severity, let_in.id.as_str()), (Severity::Warning, "nodes-let-in"));
    assert!(let_in.objects.iter().any(|key| key.name == "deny"), "{let_in:#?}");
}

#[test]
fn where_the_pods_alone_guard_a_policy_behind_ours_opens_them() {
    let ports = json!([{"name": "http", "port": 80, "targetPort": 8080}]);
    let mut local = service("svc-a", VIP, ports);
    local["spec"]["internalTrafficPolicy"] = json!("Local");
    let everyone = json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "everyone", "namespace": "shop"},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}]}});
    let cluster = Cluster::page().with(local).with(everyone);
    let clients = vec![ClientRange { cidr: "50.60.0.0/16".parse().unwrap(), ports: Vec::new(), note: String::new() }];
    let access = Access { clients, enforced: Enforced::PodsAlone, ..Access::default() };
    let change =
        Change { service: svc_a(), intent: Intent::Guard(access), host_endpoints: HostEndpoints::Existing, adoption: Adoption::default() };
    let plan = crate::plan::plan(&cluster.snapshot(), &change).unwrap();
    let held = plan.held_to(&cluster.snapshot(), &cluster.settings(), &Safeguards::default());
    let widens = held.findings.iter().find(|finding| finding.id == "foreign-allow-widens").expect("it opens the pods");
    assert_eq!((widens.severity, widens.objects[0].name.as_str()), (Severity::Blocker, "everyone"));
}
