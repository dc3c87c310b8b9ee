//! What a plan would do otherwise than it says, found by what every client gets.

use super::{Safeguards, guarding};
use crate::access::{Access, Adoption, Change, ClientRange, Enforced, HostEndpoints, Intent};
use crate::finding::{Finding, Severity};
use crate::reach::sets::testing::{Cluster, VIP, pod, policy, service, slice, svc_a};
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
fn a_policy_that_may_decide_and_does_not_is_no_warning() {
    let forward = json!({"order": 1, "selector": "k8s-role == 'node'", "types": ["Ingress", "Egress"], "applyOnForward": true,
        "ingress": [{"action": "Allow"}], "egress": [{"action": "Allow"}]});
    let before = json!({"order": 1, "selector": "k8s-role == 'node'", "types": ["Ingress"], "preDNAT": true, "applyOnForward": true,
        "ingress": [{"action": "Deny", "destination": {"nets": [format!("{VIP}/32")], "ports": [9999]}, "protocol": "TCP"}]});
    let may = ["foreign-forward-policy", "foreign-host-policy-before"];
    let cluster = page().with(policy("forward", forward)).with(policy("before", before));
    let said = found(&cluster, &may);
    assert_eq!(said.len(), 2, "{said:#?}");
    assert!(
        said.iter().all(|finding| finding.severity == Severity::Info && finding.why.contains("gets what the access says")),
        "{said:#?}"
    );
    // One that does is one, and then the others are warnings as well.
    let cuts = json!({"order": 2, "selector": "k8s-role == 'node'", "types": ["Ingress"], "preDNAT": true, "applyOnForward": true,
        "ingress": [{"action": "Deny", "source": {"nets": ["50.60.7.0/24"]}}]});
    let said = found(&cluster.with(policy("cuts", cuts)), &may);
    assert!(!said.is_empty() && said.iter().all(|finding| finding.severity == Severity::Warning), "{said:#?}");
}

#[test]
fn a_service_whose_endpoints_are_not_ready_is_named() {
    let mut unready = slice("svc-a", &[("a-1", "a", "192.168.1.1")], json!([{"name": "http", "port": 8080}]));
    for endpoint in unready["endpoints"].as_array_mut().unwrap() {
        endpoint["conditions"] = json!({"ready": false, "serving": false, "terminating": false});
    }
    let said = found(&page().with(unready), &["no-endpoint-ready"]);
    assert_eq!(said.iter().map(|finding| finding.severity).collect::<Vec<_>>(), [Severity::Warning]);
    assert_eq!(found(&page(), &["no-endpoint-ready"]), []);
}

#[test]
fn internal_local_warns_where_a_node_that_is_entered_has_no_pod() {
    let ports = json!([{"name": "http", "port": 80, "targetPort": 8080}]);
    let mut local = service("svc-a", VIP, ports);
    local["spec"]["internalTrafficPolicy"] = json!("Local");
    let one = |cluster: &Cluster| found(cluster, &["internal-local"]).remove(0).severity;
    let cluster = page().with(local);
    assert_eq!(one(&cluster), Severity::Warning, "`b` has none");
    let both = [("a-1", "a", "192.168.1.1"), ("b-1", "b", "192.168.2.1")];
    let everywhere = cluster.with(pod("b-1", "b", "192.168.2.1", json!({"app": "svc-a"})));
    let everywhere = everywhere.with(slice("svc-a", &both, json!([{"name": "http", "port": 8080}])));
    assert_eq!(one(&everywhere), Severity::Info);
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
fn nodes_that_come_by_a_node_port_alone_are_named() {
    let deny = json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "deny", "namespace": "shop"},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress"]}});
    let mut local = service("svc-a", VIP, json!([{"name": "http", "port": 80, "targetPort": 8080, "nodePort": 30080}]));
    local["spec"]["internalTrafficPolicy"] = json!("Local");
    let let_in = found(&page().with(local).with(deny), &["nodes-let-in"]);
    let packets: Vec<_> = let_in.iter().map(|finding| finding.packet.as_ref().unwrap()).map(|packet| packet.port.as_str()).collect();
    assert_eq!(packets, ["30080"], "{let_in:#?}");
}

#[test]
fn nodes_that_the_pods_kept_out_of_one_port_or_one_family_are_named() {
    let ports = json!([{"name": "http", "port": 80, "targetPort": 8080}, {"name": "admin", "port": 81, "targetPort": 9090}]);
    let behind = json!([{"name": "http", "port": 8080}, {"name": "admin", "port": 9090}]);
    let lets = |ports: Value| {
        json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "some", "namespace": "shop"}, "spec": {
            "podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": ports}]}})
    };
    let cluster = page().with(service("svc-a", VIP, ports.clone())).with(slice("svc-a", &[("a-1", "a", "192.168.1.1")], behind.clone()));
    let one_port = only(&cluster.with(lets(json!([{"port": 8080, "protocol": "TCP"}]))));
    assert_eq!((one_port.id.as_str(), one_port.packet.unwrap().port.as_str()), ("nodes-let-in", "81"));
    // Both families, of which the pods let in one.
    let mut dual = service("svc-a", VIP, ports);
    dual["spec"]["clusterIPs"] = json!([VIP, "fd00:20::40"]);
    dual["spec"]["ipFamilies"] = json!(["IPv4", "IPv6"]);
    let mut pod = pod("a-1", "a", "192.168.1.1", json!({"app": "svc-a"}));
    pod["status"]["podIPs"] = json!([{"ip": "192.168.1.1"}, {"ip": "fd00:168::1"}]);
    let mut six = slice("svc-a", &[("a-1", "a", "fd00:168::1")], behind);
    six["metadata"]["name"] = json!("svc-a-6");
    six["addressType"] = json!("IPv6");
    let mut cluster = page().with(dual).with(pod).with(six).with(lets(json!([])));
    for object in cluster.0.iter_mut().filter(|object| object["kind"] == "Node") {
        let six = if object["metadata"]["name"] == "a" { "fd00:10::1/64" } else { "fd00:10::2/64" };
        object["metadata"]["annotations"]["projectcalico.org/IPv6Address"] = json!(six);
    }
    for object in cluster.0.iter_mut().filter(|object| object["kind"] == "HostEndpoint") {
        let six = if object["spec"]["node"] == "a" { "fd00:10::1" } else { "fd00:10::2" };
        object["spec"]["expectedIPs"].as_array_mut().unwrap().push(json!(six));
    }
    let families = found(&cluster, &["nodes-let-in"]);
    assert_eq!(families.iter().map(|finding| finding.packet.as_ref().unwrap().to.as_str()).collect::<Vec<_>>(), ["fd00:20::40"]);
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
