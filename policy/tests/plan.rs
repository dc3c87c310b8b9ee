//! Plans: the shape of what is written, its order, and what moves a digest.

mod common;

use common::{World, access, eth0, guard, open, pod, row, service, svc_a, written};
use policy::access::{Access, Asked, Change, HostEndpoints, InCluster, Intent, in_force};
use policy::object::{ServiceRef, key_of};
use policy::plan::{Plan, Role, Write};
use serde_json::{Value, json};

fn office() -> Change {
    guard(access(&["50.60.0.0/16"]))
}

fn roles(plan: &Plan) -> Vec<(Role, &'static str)> {
    plan.steps.iter().map(|step| (step.role, step.write.verb())).collect()
}

#[test]
fn a_first_guard_writes_sets_endpoints_pod_policy_address_set_edge_policy() {
    let plan = World::page().plan(&office());
    use Role::{AddressSet, ClientSet, EdgePolicy, HostEndpoint, PodPolicy};
    let expected = [ClientSet, HostEndpoint, HostEndpoint, AddressSet, EdgePolicy, PodPolicy].map(|role| (role, "Create"));
    assert_eq!(roles(&plan), expected);
    assert_eq!(
        plan.summary,
        "Lets 1 client range (65,536 addresses) reach `shop/svc-a` on TCP 80, 443; everyone else outside is shut out. Clients inside the \
         cluster keep what they have. Changes 6 objects."
    );
}

#[test]
fn the_edge_policy_allows_then_denies_every_port_of_the_address() {
    let plan = World::page().plan(&office());
    let slug = policy::names::service_slug(&svc_a());
    let global = |selector: String| json!({"selector": selector, "namespaceSelector": "global()"});
    let clients = global(format!("portcullis.dev/edge-clients == '{slug}' && portcullis.dev/ports == 'all'"));
    let mut addresses = global(format!("portcullis.dev/edge-addresses == '{slug}'"));
    addresses["nets"] = json!(["10.20.30.40/32"]);
    let mut on_ports = addresses.clone();
    on_ports["ports"] = json!([80, 443]);
    assert_eq!(written(&plan, "portcullis-address-")["spec"], json!({"nets": ["10.20.30.40/32"]}));
    assert_eq!(written(&plan, "portcullis-address-")["metadata"]["labels"], json!({"portcullis.dev/edge-addresses": slug}));
    assert_eq!(
        written(&plan, "portcullis-clients-")["metadata"]["labels"],
        json!({"portcullis.dev/clients": slug, "portcullis.dev/edge-clients": slug, "portcullis.dev/ports": "all"})
    );
    assert_eq!(
        written(&plan, "portcullis-edge-")["spec"],
        json!({
            "order": 100, "selector": "portcullis.dev/edge == 'true'", "types": ["Ingress"], "preDNAT": true, "applyOnForward": true,
            "ingress": [
                {"action": "Allow", "protocol": "TCP", "source": clients, "destination": on_ports},
                {"action": "Deny", "destination": addresses},
            ]
        })
    );
}

#[test]
fn the_pod_policy_lets_clients_and_nodes_through_on_the_pods_ports() {
    let plan = World::page().plan(&office());
    let spec = &written(&plan, "portcullis-pods-")["spec"];
    assert_eq!(spec["selector"], "app == \"a\"");
    assert_eq!(spec["order"], 500);
    let rules = spec["ingress"].as_array().unwrap();
    for rule in &rules[..2] {
        assert_eq!(rule["destination"]["ports"], json!([8080, "tls"]), "named target ports are written as their names");
        assert_eq!(rule["source"]["namespaceSelector"], "global()");
    }
    assert_eq!(rules[1]["source"]["selector"], "portcullis.dev/edge == 'true'");
    // No policy of others selects the pods: the cluster's own clients keep every port.
    assert_eq!(
        rules[2],
        json!({"action": "Allow", "source": {"selector": "projectcalico.org/orchestrator == 'k8s'", "namespaceSelector": "all()"}})
    );
    assert_eq!(
        rules[3],
        json!({"action": "Allow", "source": {"selector": "portcullis.dev/edge == 'true'", "namespaceSelector": "global()"}})
    );
    assert_eq!(rules.len(), 4);
}

#[test]
fn host_endpoints_have_a_profile_and_every_address() {
    let world = World::page().set("IPPool", "pods", "/spec/vxlanMode", json!("CrossSubnet"));
    let plan = world.plan(&office());
    assert_eq!(
        written(&plan, "portcullis-host-node-a")["spec"],
        json!({"node": "node-a", "interfaceName": "eth0", "expectedIPs": ["10.0.1.1", "192.168.77.64"], "profiles": ["projectcalico-default-allow"]})
    );
}

#[test]
fn with_other_ingress_policies_no_client_inside_is_let_in_by_ours() {
    let theirs = json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "k", "namespace": "shop"},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress"]}});
    let plan = World::page().with(theirs).plan(&office());
    let rules = written(&plan, "portcullis-pods-")["spec"]["ingress"].as_array().unwrap().clone();
    assert_eq!(rules.len(), 2, "{rules:#?}");
}

#[test]
fn chosen_namespaces_and_nobody() {
    let of = |in_cluster: InCluster, world: World| {
        let plan = world.plan(&guard(Access { in_cluster, ..access(&[]) }));
        written(&plan, "portcullis-pods-")["spec"].get("ingress").cloned().unwrap_or(json!([]))
    };
    let pods = |namespaces: &str| json!({"selector": "projectcalico.org/orchestrator == 'k8s'", "namespaceSelector": namespaces});
    let ports = json!({"ports": [8080, "tls"]});
    let chosen =
        json!({"action": "Allow", "protocol": "TCP", "source": pods("projectcalico.org/name in {'shop', 'tenant'}"), "destination": ports});
    let rest = json!({"action": "Deny", "protocol": "TCP", "source": pods("all()"), "destination": ports});
    let names = InCluster::Namespaces(vec!["tenant".to_owned(), "shop".to_owned()]);
    assert_eq!(of(names.clone(), World::page()), json!([chosen]));
    assert_eq!(of(InCluster::Nobody, World::page()), json!([]));
    // A later policy of others could let the cluster's pods in again.
    let governed = || {
        World::page()
            .with(json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "k", "namespace": "shop"},
            "spec": {"podSelector": {}, "ingress": [{}]}}))
    };
    assert_eq!(of(names, governed()), json!([chosen, rest]));
    assert_eq!(of(InCluster::Nobody, governed()), json!([rest]));
}

#[test]
fn a_wildcard_host_endpoint_meets_pods_and_lets_them_call() {
    let change = Change { host_endpoints: HostEndpoints::Existing, ..office() };
    let plan = World::page().with_host_endpoints("*").plan(&change);
    let spec = &written(&plan, "portcullis-edge-")["spec"];
    assert_eq!(spec["selector"], "k8s-role == \"node\"");
    assert_eq!(
        spec["ingress"][1],
        json!({"action": "Allow", "source": {"selector": "projectcalico.org/orchestrator == 'k8s'", "namespaceSelector": "all()"},
            "destination": spec["ingress"][2]["destination"]})
    );
    assert_eq!(spec["ingress"][2]["action"], "Deny");
}

#[test]
fn both_families_are_guarded_by_the_same_clients() {
    let world = World::page().set("Service", "svc-a", "/spec/clusterIPs", json!(["10.20.30.40", "fd00:20:30::40"]));
    let plan = world.plan(&guard(access(&["50.60.0.0/16", "2001:db8::/32"])));
    assert_eq!(written(&plan, "portcullis-address-")["spec"]["nets"], json!(["10.20.30.40/32", "fd00:20:30::40/128"]));
    assert_eq!(written(&plan, "portcullis-clients-")["spec"]["nets"], json!(["50.60.0.0/16", "2001:db8::/32"]));
    // A rule has nets of one family.
    let rules = written(&plan, "portcullis-edge-")["spec"]["ingress"].as_array().unwrap();
    let rules: Vec<_> =
        rules.iter().map(|rule| (rule["action"].as_str().unwrap(), rule["destination"]["nets"][0].as_str().unwrap())).collect();
    let expected = ["Allow", "Deny"].map(|action| ["10.20.30.40/32", "fd00:20:30::40/128"].map(|net| (action, net)));
    assert_eq!(rules, expected.concat());
}

#[test]
fn a_whole_family_is_written_in_halves_and_read_back_whole() {
    let world = World::page();
    let plan = world.plan(&guard(access(&["0.0.0.0/0"])));
    assert_eq!(written(&plan, "portcullis-clients-")["spec"]["nets"], json!(["0.0.0.0/1", "128.0.0.0/1"]));
    assert_eq!(in_force(&world.after(&plan).snapshot(), &svc_a()), Some(access(&["0.0.0.0/0"])));
}

#[test]
fn sets_hold_at_most_2000_nets() {
    let many: Vec<String> = (0..4_500_u32).map(|i| format!("10.{}.{}.0/24", i / 256, i % 256)).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let plan = World::page().plan(&guard(access(&many)));
    let sizes: Vec<usize> = plan
        .steps
        .iter()
        .filter(|step| step.role == Role::ClientSet)
        .map(|step| step.write.after().unwrap()["spec"]["nets"].as_array().unwrap().len())
        .collect();
    assert_eq!(sizes, [2_000, 2_000, 500]);
}

#[test]
fn what_is_there_already_needs_no_step() {
    let world = World::page();
    let first = world.plan(&office());
    let again = world.after(&first).plan(&office());
    assert_eq!(roles(&again), []);
    assert!(again.summary.ends_with("the cluster says so already."), "{}", again.summary);
}

#[test]
fn a_client_that_loses_a_port_is_in_its_new_set_before_it_leaves_the_old_one() {
    let world = World::page();
    let world = world.after(&world.plan(&guard(access(&["50.60.0.0/16", "70.80.90.0/24"]))));
    let narrowed = Access { clients: vec![row("50.60.0.0/16", &[]), row("70.80.90.0/24", &["TCP/443"])], ..Access::default() };
    let plan = world.plan(&guard(narrowed));
    use Role::{AddressSet, ClientSet, EdgePolicy, PodPolicy};
    assert_eq!(
        roles(&plan),
        [(ClientSet, "Create"), (AddressSet, "Replace"), (EdgePolicy, "Replace"), (PodPolicy, "Replace"), (ClientSet, "Replace")],
        "HostEndpoints stay"
    );
}

#[test]
fn taking_away_is_the_reverse() {
    let world = World::page();
    let guarded = world.after(&world.plan(&office()));
    let plan = guarded.plan(&open());
    use Role::{AddressSet, ClientSet, EdgePolicy, HostEndpoint, PodPolicy};
    let expected = [PodPolicy, EdgePolicy, AddressSet, HostEndpoint, HostEndpoint, ClientSet].map(|role| (role, "Delete"));
    assert_eq!(roles(&plan), expected);
    let left: Vec<_> = guarded
        .after(&plan)
        .objects()
        .iter()
        .filter(|o| o["metadata"]["name"].as_str().unwrap().starts_with("portcullis"))
        .cloned()
        .collect();
    assert_eq!(left, Vec::<Value>::new());
}

#[test]
fn host_endpoints_stay_while_another_guarded_service_needs_them() {
    let ports = json!([{"port": 80, "targetPort": 8080}]);
    let world =
        World::page().with(service("svc-b", "10.20.30.41", json!({"app": "b"}), ports)).with(pod("b-1", "node-a", json!({"app": "b"})));
    let world = world.after(&world.plan(&office()));
    let other = Change { service: "shop/svc-b".parse().unwrap(), ..office() };
    let world = world.after(&world.plan(&other));
    let plan = world.plan(&open());
    // Their ports differ, so their edge policies do.
    assert_eq!(roles(&plan), [Role::PodPolicy, Role::EdgePolicy, Role::AddressSet, Role::ClientSet].map(|role| (role, "Delete")));
}

#[test]
fn services_that_share_pods_are_planned_together() {
    let ports = json!([{"port": 9000, "targetPort": 9000}]);
    let world = World::page().with(service("svc-b", "10.20.30.41", json!({"app": "a"}), ports));
    let b: ServiceRef = "shop/svc-b".parse().unwrap();
    let first = world.plan(&office());
    let open_for_b = json!({"action": "Allow", "protocol": "TCP", "destination": {"ports": [9000]}});
    let rules = written(&first, "portcullis-pods-svc-a")["spec"]["ingress"].as_array().unwrap().clone();
    assert!(rules.contains(&open_for_b), "svc-b is exposed and not guarded: its clients must not be cut");
    let world = world.after(&first);
    // Guarding svc-b closes what svc-a's pod policy left open for it, after svc-b's own pod policy is there.
    let second = world.plan(&Change { service: b.clone(), ..office() });
    let names: Vec<&str> = second.steps.iter().map(|step| &step.key.name[..21]).collect();
    let expected =
        ["portcullis-clients-sv", "portcullis-address-sv", "portcullis-edge-svc-b", "portcullis-pods-svc-b", "portcullis-pods-svc-a"];
    assert_eq!(names, expected);
    assert!(!written(&second, "portcullis-pods-svc-a")["spec"]["ingress"].as_array().unwrap().contains(&open_for_b));
    // And opening it again lets its clients in before its own pod policy goes.
    let world = world.after(&second);
    let third = world.plan(&Change { service: b, ..open() });
    let names: Vec<&str> = third.steps.iter().map(|step| &step.key.name[..21]).collect();
    let expected =
        ["portcullis-pods-svc-a", "portcullis-pods-svc-b", "portcullis-edge-svc-b", "portcullis-address-sv", "portcullis-clients-sv"];
    assert_eq!(names, expected);
}

#[test]
fn where_others_govern_the_pods_they_go_on_deciding_about_another_service_on_them() {
    let ports = json!([{"port": 9000, "targetPort": 9000}]);
    let theirs = json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "k", "namespace": "shop"},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress"]}});
    let world = World::page().with(service("svc-b", "10.20.30.41", json!({"app": "a"}), ports)).with(theirs);
    for in_cluster in [InCluster::Unchanged, InCluster::Nobody] {
        let plan = world.plan(&guard(Access { in_cluster, ..access(&["50.60.0.0/16"]) }));
        let rules = written(&plan, "portcullis-pods-svc-a")["spec"]["ingress"].to_string();
        assert!(!rules.contains("9000"), "whom that policy shuts out of svc-b would get in: {rules}");
    }
}

#[test]
fn services_on_the_same_pods_change_together_which_pods_may_call_them() {
    let ports = json!([{"port": 8080, "targetPort": 8080}]);
    let world = World::page().with(service("svc-b", "10.20.30.41", json!({"app": "a"}), ports));
    let of_a = guard(Access { in_cluster: InCluster::Nobody, ..access(&["50.60.0.0/16"]) });
    let of_b = Change { service: "shop/svc-b".parse().unwrap(), ..of_a.clone() };
    let conflicts = |plan: &Plan| plan.findings.iter().filter(|finding| finding.id == "in-cluster-conflict").count();
    assert_eq!(conflicts(&world.plan(&of_a)), 1);
    let both = policy::plan::plan_of(&world.snapshot(), &Asked::together(vec![of_a, of_b]).unwrap()).unwrap();
    assert_eq!(conflicts(&both), 0, "{:#?}", both.findings);
}

#[test]
fn an_edit_keeps_what_portcullis_does_not_know_and_mends_what_it_does() {
    let world = World::page();
    let plan = world.plan(&office());
    let name = policy::names::edge_policy(&policy::names::service_slug(&svc_a()));
    let world = world
        .after(&plan)
        .set("GlobalNetworkPolicy", &name, "/spec/performanceHints", json!(["AssumeNeededOnEveryNode"]))
        .set("GlobalNetworkPolicy", &name, "/spec/egress", json!([{"action": "Allow"}]))
        .set("GlobalNetworkPolicy", &name, "/metadata/annotations/team", json!("net"))
        .set("GlobalNetworkPolicy", &name, "/metadata/resourceVersion", json!("77"))
        .set("GlobalNetworkPolicy", &name, "/metadata/uid", json!("u-1"));
    let plan = world.plan(&office());
    assert_eq!(plan.steps.len(), 1);
    let Write::Replace { object, before, resource_version } = &plan.steps[0].write else { panic!("{:?}", plan.steps[0]) };
    assert_eq!(resource_version, "77");
    assert_eq!(object["spec"]["performanceHints"], json!(["AssumeNeededOnEveryNode"]));
    assert_eq!(object["spec"].get("egress"), None);
    assert_eq!(object["metadata"]["annotations"]["team"], "net");
    assert_eq!(key_of(plan.steps[0].key.kind, before), plan.steps[0].key);
}

#[test]
fn the_digest_moves_with_each_field_read() {
    let world = World::page();
    let guarded = world.after(&world.plan(&office()));
    let name = policy::names::pod_policy(&svc_a());
    let read: Vec<(&str, World)> = vec![
        ("cluster IP", guarded.clone().set("Service", "svc-a", "/spec/clusterIPs", json!(["10.20.30.44"]))),
        ("uid of the Service", guarded.clone().set("Service", "svc-a", "/metadata/uid", json!("another"))),
        ("a port", guarded.clone().set("Service", "svc-a", "/spec/ports", json!([{"port": 81}]))),
        ("the selector", guarded.clone().set("Service", "svc-a", "/spec/selector", json!({"app": "b"}))),
        (
            "a node's address",
            guarded.clone().set("Node", "node-a", "/status/addresses", json!([{"type": "InternalIP", "address": "10.0.1.9"}])),
        ),
        ("a node", guarded.clone().without("Node", "node-b")),
        (
            "advertised ranges",
            guarded.clone().set("BGPConfiguration", "default", "/spec/serviceClusterIPs", json!([{"cidr": "10.20.0.0/16"}])),
        ),
        ("a pool", guarded.clone().set("IPPool", "pods", "/spec/cidr", json!("192.169.0.0/16"))),
        ("failsafes", guarded.clone().set("FelixConfiguration", "default", "/spec/failsafeInboundHostPorts", json!([]))),
        ("host network", guarded.clone().set("Pod", "a-1", "/spec/hostNetwork", json!(true))),
        ("our own object", guarded.clone().set("NetworkPolicy", &name, "/spec/order", json!(1))),
        ("a kind that is not read any more", guarded.clone().unknown(policy::object::Kind::Pod)),
    ];
    let digest = guarded.plan(&office()).digest;
    for (what, world) in read {
        assert_ne!(world.plan(&office()).digest, digest, "{what}");
    }
    assert_ne!(guarded.plan(&guard(access(&["50.61.0.0/16"]))).digest, digest, "the access");
    assert_ne!(guarded.plan(&Change { host_endpoints: HostEndpoints::Existing, ..office() }).digest, digest, "the HostEndpoints");
}

#[test]
fn churn_leaves_the_digest() {
    let world = World::page();
    let guarded = world.after(&world.plan(&office()));
    let digest = guarded.plan(&office()).digest;
    let churned: Vec<(&str, World)> = vec![
        (
            "a heartbeat",
            guarded.clone().set("Node", "node-a", "/metadata/resourceVersion", json!("99")).set(
                "Node",
                "node-a",
                "/status/conditions",
                json!([{"type": "Ready"}]),
            ),
        ),
        ("an annotation", guarded.clone().set("Service", "svc-a", "/metadata/annotations/team", json!("net"))),
        ("a label", guarded.clone().set("Service", "svc-a", "/metadata/labels", json!({"x": "y"}))),
        ("a rollout", guarded.clone().without("Pod", "a-1").with(pod("a-9", "node-b", json!({"app": "a", "pod-template-hash": "9"})))),
        ("a pod of others", guarded.clone().with(pod("z", "node-a", json!({"app": "z"})))),
        ("a namespace", guarded.clone().with(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "new"}}))),
        (
            "a resourceVersion",
            guarded.clone().set(
                "GlobalNetworkPolicy",
                &policy::names::edge_policy(&policy::names::service_slug(&svc_a())),
                "/metadata/resourceVersion",
                json!("8"),
            ),
        ),
    ];
    for (what, world) in churned {
        assert_eq!(world.plan(&office()).digest, digest, "{what}");
    }
}

#[test]
fn the_order_of_rows_does_not_matter() {
    let one = World::page().plan(&guard(access(&["50.60.0.0/16", "70.80.90.0/24"])));
    let other = World::page().plan(&guard(access(&["70.80.90.0/24", "50.60.0.0/16"])));
    assert_eq!(one, other);
}

#[test]
fn named_endpoints_are_completed_when_a_node_joins() {
    let world = World::page();
    let world = world.after(&world.plan(&office())).with(json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-c"},
        "status": {"addresses": [{"type": "InternalIP", "address": "10.0.3.1"}]}}));
    let plan = world.plan(&Change { host_endpoints: eth0(), ..office() });
    assert_eq!(roles(&plan), [(Role::HostEndpoint, "Create")]);
    let blocked =
        world.plan(&Change { host_endpoints: HostEndpoints::Existing, intent: Intent::Guard(access(&["50.60.0.0/16"])), ..office() });
    assert!(blocked.blocked(), "with existing HostEndpoints node-c would be a way in without an edge policy");
}
