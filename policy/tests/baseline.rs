//! The baseline: what closing and automatic HostEndpoints write, and what is said before.
#![cfg(not(target_family = "wasm"))]

mod common;

use common::{World, access, eth0, global_policy, guard, open, service};
use policy::access::{Baseline, Change, HostEndpoints, Intent};
use policy::baseline::{self, Planned};
use policy::finding::{Finding, Severity};
use policy::object::Kind;
use policy::plan::Write;
use policy::reach::diff::Side;
use policy::reach::safety;
use policy::reach::settings::{Settings, Told};
use policy::view::{ServiceState, row_of};
use serde_json::{Value, json};

fn closed(choice: HostEndpoints) -> Baseline {
    Baseline { closed: Some(choice), automatic_host_endpoints: false }
}

fn automatic(on: bool) -> Baseline {
    Baseline { closed: None, automatic_host_endpoints: on }
}

fn planned(world: &World, wanted: &Baseline) -> Planned {
    baseline::plan(&world.snapshot(), wanted)
}

fn blockers(planned: &Planned) -> Vec<&str> {
    let blockers = planned.findings.iter().filter(|finding| finding.severity == Severity::Blocker);
    blockers.map(|finding| finding.id.as_str()).collect()
}

fn finding<'a>(planned: &'a Planned, id: &str) -> Option<&'a Finding> {
    planned.findings.iter().find(|finding| finding.id == id)
}

/// The world once the steps are made, with the HostEndpoints that Calico's controller makes where it is told to.
fn after(world: &World, planned: &Planned) -> World {
    let mut after = world.clone();
    for step in &planned.steps {
        after = after.without(step.key.kind.name(), &step.key.name);
        after = step.write.after().into_iter().fold(after, |world, object| world.with(object.clone()));
    }
    for caused in planned.caused.iter().filter(|caused| caused.made) {
        after = after.with(json!({"apiVersion": "projectcalico.org/v3", "kind": "HostEndpoint",
            "metadata": {"name": caused.name, "labels": {"projectcalico.org/created-by": "calico-kube-controllers"}},
            "spec": {"node": caused.node, "interfaceName": caused.interface, "expectedIPs": caused.addresses,
                "profiles": ["projectcalico-default-allow"]}}));
    }
    after
}

fn ranges(world: World, spec: Value) -> World {
    world.set("BGPConfiguration", "default", "/spec", spec)
}

/// The page's world with HostEndpoints of somebody's on `eth0`.
fn hosts() -> World {
    World::page().with_host_endpoints("eth0")
}

#[test]
fn one_policy_closes_the_ranges_of_both_families_behind_every_edge_policy() {
    let world = ranges(
        hosts(),
        json!({"serviceClusterIPs": [{"cidr": "10.20.30.0/24"}, {"cidr": "fd00:20:30::/112"}], "serviceExternalIPs": [{"cidr": "10.20.30.64/26"}],
            "serviceLoadBalancerIPs": [{"cidr": "203.0.113.0/28"}]}),
    );
    let planned = planned(&world, &closed(HostEndpoints::Existing));
    assert_eq!(blockers(&planned), [""; 0]);
    let [step] = planned.steps.as_slice() else { panic!("{:#?}", planned.steps) };
    let object = step.write.after().unwrap();
    assert_eq!(object["metadata"]["name"], "portcullis-closed");
    let deny = |range: &str| json!({"action": "Deny", "destination": {"nets": [range]}});
    assert_eq!(
        object["spec"],
        json!({"order": 1_000_000, "selector": "k8s-role == \"node\"", "types": ["Ingress"], "preDNAT": true, "applyOnForward": true,
            "ingress": [deny("10.20.30.0/24"), deny("203.0.113.0/28"), deny("fd00:20:30::/112")]})
    );
    let done = after(&world, &planned);
    assert_eq!(baseline::in_force(&done.snapshot()), closed(HostEndpoints::Existing));
    assert_eq!(baseline::plan(&done.snapshot(), &closed(HostEndpoints::Existing)).steps, []);
    assert!(baseline::plan(&done.snapshot(), &closed(HostEndpoints::Existing)).summary.contains("Nothing needs to change"));
}

#[test]
fn denies_leave_pods_out_where_a_host_endpoint_stands_for_all_interfaces() {
    let planned = planned(&World::page().with_host_endpoints("*"), &closed(HostEndpoints::Existing));
    let object = planned.steps[0].write.after().unwrap();
    assert_eq!(object["spec"]["ingress"][0]["source"], json!({"notSelector": "projectcalico.org/orchestrator == 'k8s'"}));
}

#[test]
fn addresses_of_nodes_are_left_out_and_said() {
    let shared = json!({"serviceClusterIPs": [{"cidr": "10.20.30.0/24"}], "serviceExternalIPs": [{"cidr": "10.0.0.0/16"}]});
    let world = ranges(hosts(), shared).set("Service", "svc-a", "/spec/externalIPs", json!(["10.0.1.1"]));
    let planned = planned(&world, &closed(HostEndpoints::Existing));
    let object = planned.steps[0].write.after().unwrap();
    assert_eq!(object["spec"]["ingress"][0]["destination"], json!({"nets": ["10.0.0.0/16"], "notNets": ["10.0.1.1/32", "10.0.2.1/32"]}));
    let left_out = finding(&planned, "range-of-nodes").unwrap();
    assert_eq!(left_out.severity, Severity::Warning);
    assert!(left_out.what.contains("10.0.1.1/32 and 10.0.2.1/32"), "{}", left_out.what);
    assert!(finding(&planned, "services-at-nodes-stay-open").unwrap().what.contains("`shop/svc-a`"));
    // A range that is a node's own address closes nothing.
    let only = ranges(hosts(), json!({"serviceExternalIPs": [{"cidr": "10.0.1.1/32"}]}));
    assert_eq!(baseline::plan(&only.snapshot(), &closed(HostEndpoints::Existing)).steps, []);
}

#[test]
fn what_cannot_be_closed_rightly_is_a_blocker() {
    let on = |spec: Value| ranges(hosts(), spec);
    let cluster_ips = |cidr: &str| on(json!({"serviceClusterIPs": [{"cidr": cidr}]}));
    let many: Vec<Value> = (0..300)
        .map(|n| {
            json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": format!("more-{n}")},
            "status": {"addresses": [{"type": "InternalIP", "address": format!("10.20.{}.{}", n / 100, 1 + 2 * (n % 100))}]}})
        })
        .collect();
    let crowded = many.into_iter().fold(cluster_ips("10.20.0.0/16"), World::with);
    let select_all = global_policy("drop", json!({"selector": "all()", "types": ["Ingress"], "ingress": [{"action": "Deny"}]}));
    let felix = |world: World| world.set("FelixConfiguration", "default", "/spec", json!({"bpfEnabled": true}));
    let cases: Vec<(&str, World, HostEndpoints, &[&str])> = vec![
        ("no range", on(json!({})), HostEndpoints::Existing, &["nothing-advertised"]),
        ("no HostEndpoint", World::page(), HostEndpoints::Existing, &["no-host-endpoint"]),
        ("a node without one", hosts().without("HostEndpoint", "node-b"), HostEndpoints::Existing, &["host-endpoint-missing"]),
        ("pods in the range", cluster_ips("192.168.0.0/20"), HostEndpoints::Existing, &["range-holds-others"]),
        ("everything", cluster_ips("0.0.0.0/0"), HostEndpoints::Existing, &["range-holds-others"]),
        ("too many nodes in it", crowded, HostEndpoints::Existing, &["host-endpoint-missing", "range-of-nodes"]),
        ("eBPF", felix(hosts()), HostEndpoints::Existing, &["data-plane-ebpf"]),
        ("ranges unknown", hosts().unknown(Kind::BgpConfiguration), HostEndpoints::Existing, &["kind-unknown"]),
        (
            "a name that is taken",
            hosts().with(global_policy("portcullis-closed", json!({"selector": "has(x)"}))),
            HostEndpoints::Existing,
            &["name-taken"],
        ),
        ("policy of others on new ones", World::page().with(select_all), eth0(), &["foreign-policy-on-new-host-endpoint"]),
        ("automatic ones that are not made", World::page(), HostEndpoints::Automatic, &["automatic-off"]),
    ];
    for (case, world, choice, expected) in cases {
        assert_eq!(blockers(&planned(&world, &closed(choice))), expected, "{case}");
    }
    let both = Baseline { closed: Some(HostEndpoints::Existing), automatic_host_endpoints: true };
    assert_eq!(blockers(&planned(&hosts(), &both)), ["baseline-one-at-a-time"]);
}

#[test]
fn services_that_close_and_what_stays_open_are_named() {
    let world = hosts()
        .with(service("guarded", "10.20.30.50", json!({"app": "g"}), json!([{"port": 80}])))
        .with(service("inside", "10.99.0.1", json!({"app": "i"}), json!([{"port": 80}])))
        .with(service("ports", "10.99.0.2", json!({"app": "p"}), json!([{"port": 80, "nodePort": 30080}])));
    let service = "shop/guarded".parse().unwrap();
    let change = Change {
        service,
        intent: Intent::Guard(access(&["50.60.0.0/16"])),
        host_endpoints: HostEndpoints::Existing,
        adoption: policy::access::Adoption::default(),
    };
    let world = world.after(&world.plan(&change));
    let planned = planned(&world, &closed(HostEndpoints::Existing));
    assert_eq!(finding(&planned, "services-close").unwrap().what, "1 Service is exposed, not guarded, and will be closed: `shop/svc-a`.");
    assert_eq!(finding(&planned, "node-ports-stay-open").unwrap().what, "The NodePorts of 1 Service stay as they are: `shop/ports`.");
    let done = after(&world, &planned);
    let again = baseline::plan(&done.snapshot(), &closed(HostEndpoints::Existing));
    assert_eq!(finding(&again, "services-close"), None, "it is closed already");
    let reopened = baseline::plan(&done.snapshot(), &Baseline::default());
    assert_eq!(finding(&reopened, "services-open-again").unwrap().what, "1 Service is open again: `shop/svc-a`.");
    let state = |name: &str| row_of(&done.snapshot(), &format!("shop/{name}").parse().unwrap()).unwrap().state;
    assert_eq!(
        [state("svc-a"), state("guarded"), state("inside"), state("ports")],
        [ServiceState::Closed, ServiceState::Guarded, ServiceState::Internal, ServiceState::Open]
    );
    let said = policy::checks::cluster(&done.snapshot());
    let open: Vec<&str> = said.iter().filter(|finding| finding.id == "service-open").map(|finding| finding.what.as_str()).collect();
    assert_eq!(open, ["`shop/ports` is exposed: every node serves it at its own address on TCP 30080."], "what is closed is not open");
}

#[test]
fn a_service_that_is_guarded_no_more_is_said_to_close_and_keeps_the_host_endpoints() {
    let world = World::page();
    let world = world.after(&world.plan(&guard(access(&["50.60.0.0/16"]))));
    let world = after(&world, &planned(&world, &closed(eth0())));
    let plan = world.plan(&open());
    assert!(plan.summary.contains("it is closed then, because 10.20.30.0/24 is closed by default"), "{}", plan.summary);
    assert!(plan.steps.iter().all(|step| step.key.kind != Kind::HostEndpoint), "{:#?}", plan.steps);
    let world = world.after(&plan);
    let taken_away = planned(&world, &Baseline::default());
    let keys: Vec<String> = taken_away.steps.iter().map(|step| format!("{} {}", step.write.verb(), step.key.kind.name())).collect();
    assert_eq!(keys, ["Delete GlobalNetworkPolicy", "Delete HostEndpoint", "Delete HostEndpoint"]);
}

#[test]
fn what_moves_under_it_is_a_finding() {
    let world = after(&hosts(), &planned(&hosts(), &closed(HostEndpoints::Existing)));
    let outdated = |world: &World| policy::checks::cluster(&world.snapshot()).iter().any(|finding| finding.id == "closed-outdated");
    assert!(!outdated(&world));
    let heartbeat = world.clone().set("Node", "node-a", "/metadata/labels", json!({"seen": "now"}));
    assert!(!outdated(&heartbeat));
    assert!(outdated(&ranges(world.clone(), json!({"serviceClusterIPs": [{"cidr": "10.20.30.0/24"}, {"cidr": "10.21.0.0/16"}]}))));
    let joined = world.with(json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-c"},
        "status": {"addresses": [{"type": "InternalIP", "address": "10.20.30.9"}]}}));
    assert!(outdated(&joined));
}

#[test]
fn what_others_or_failsafe_ports_let_in_all_the_same_is_said_with_a_packet() {
    let said = |world: &World| -> Vec<Finding> {
        let done = after(world, &planned(world, &closed(HostEndpoints::Existing)));
        let snapshot = done.snapshot();
        let settings = Settings::read(&snapshot, &Told::default());
        let mut findings = Vec::new();
        safety::check(Side { snapshot: &snapshot, settings: &settings }, &[], &mut findings);
        findings.into_iter().filter(|finding| finding.id == "closed-but-reachable").collect()
    };
    let world = hosts().with_endpoints();
    assert_eq!(said(&world), []);
    let partner = global_policy(
        "partner",
        json!({"selector": "k8s-role == 'node'", "order": 50, "preDNAT": true, "applyOnForward": true, "types": ["Ingress"],
            "ingress": [{"action": "Allow", "source": {"nets": ["70.80.90.0/24"]}, "destination": {"nets": ["10.20.30.40/32"]}}]}),
    );
    let found = said(&world.clone().with(partner));
    let packet = found[0].packet.as_ref().unwrap();
    assert_eq!((packet.client.as_str(), packet.to.as_str()), ("70.80.90.0", "10.20.30.40"));
    let failsafe =
        world.set("FelixConfiguration", "default", "/spec", json!({"failsafeInboundHostPorts": [{"protocol": "TCP", "port": 443}]}));
    assert_eq!(said(&failsafe)[0].packet.as_ref().unwrap().port, "443");
}

/// The configuration of the controllers.
fn controllers(world: World, spec: Value) -> World {
    world.set("KubeControllersConfiguration", "default", "/spec", spec)
}

#[test]
fn automatic_ones_are_switched_at_one_field_and_named_with_what_bites() {
    let spec = json!({"controllers": {"node": {"hostEndpoint": {"autoCreate": "Disabled", "new": 1}, "syncLabels": "Enabled", "leakGracePeriod": "15m"},
        "policy": {"reconcilerPeriod": "5m"}}, "healthChecks": "Enabled"});
    let drop = global_policy("drop", json!({"selector": "has(zone)", "types": ["Ingress"], "ingress": [{"action": "Deny"}]}));
    let world = controllers(World::page(), spec.clone()).with(drop).set("Node", "node-a", "/metadata/labels", json!({"zone": "east"}));
    let planned = planned(&world, &automatic(true));
    assert_eq!(blockers(&planned), [""; 0]);
    let [step] = planned.steps.as_slice() else { panic!("{:#?}", planned.steps) };
    let Write::Replace { object, .. } = &step.write else { panic!("{step:#?}") };
    let mut expected = spec;
    expected["controllers"]["node"]["hostEndpoint"]["autoCreate"] = "Enabled".into();
    assert_eq!(object["spec"], expected);
    let named: Vec<(&str, &str, Vec<&str>)> = planned
        .caused
        .iter()
        .map(|made| (made.name.as_str(), made.interface.as_str(), made.addresses.iter().map(String::as_str).collect()))
        .collect();
    assert_eq!(
        named,
        [("node-a-auto-hep", "*", vec!["10.0.1.1", "192.168.77.64"]), ("node-b-auto-hep", "*", vec!["10.0.2.1", "192.168.77.64"])]
    );
    let bites = finding(&planned, "foreign-policy-on-automatic-host-endpoint").unwrap();
    assert_eq!(bites.what, "GlobalNetworkPolicy drop would act on 1 HostEndpoint: node-a-auto-hep.");
    let done = after(&world, &planned);
    assert_eq!(baseline::in_force(&done.snapshot()), automatic(true));
    assert_eq!(planned.summary, "Has Calico's controller make 2 HostEndpoints on 2 nodes. Changes 1 object.");
}

#[test]
fn what_cannot_be_switched_is_a_blocker() {
    let page = World::page;
    let cases: Vec<(&str, World, &[&str])> = vec![
        ("no configuration", page().without("KubeControllersConfiguration", "default"), &["controllers-unknown"]),
        ("not read", page().unknown(Kind::KubeControllersConfiguration), &["kind-unknown"]),
        ("no node controller", controllers(page(), json!({"controllers": {}})), &["node-controller-off"]),
        (
            "an environment variable",
            page().set(
                "KubeControllersConfiguration",
                "default",
                "/status",
                json!({"environmentVars": {"AUTO_HOST_ENDPOINTS": "disabled"}}),
            ),
            &["controllers-overridden"],
        ),
        ("nodes not read", page().unknown(Kind::Node), &["kind-unknown"]),
    ];
    for (case, world, expected) in cases {
        let planned = planned(&world, &automatic(true));
        assert_eq!(blockers(&planned), expected, "{case}");
    }
}

#[test]
fn switching_off_is_refused_while_others_rely_on_them() {
    let on = after(&World::page(), &planned(&World::page(), &automatic(true)));
    let off = planned(&on, &automatic(false));
    assert_eq!(blockers(&off), [""; 0]);
    assert_eq!(
        off.caused.iter().map(|gone| (gone.name.as_str(), gone.made)).collect::<Vec<_>>(),
        [("node-a-auto-hep", false), ("node-b-auto-hep", false)]
    );
    let guarded = on.after(&on.plan(&Change { host_endpoints: HostEndpoints::Automatic, ..guard(access(&["50.60.0.0/16"])) }));
    let by_rule = on.clone().with(json!({"apiVersion": "projectcalico.org/v3", "kind": "NetworkPolicy",
        "metadata": {"name": "from-nodes", "namespace": "shop"},
        "spec": {"selector": "app == 'a'", "types": ["Ingress"], "ingress": [{"action": "Allow",
            "source": {"selector": "has(projectcalico.org/created-by)", "namespaceSelector": "global()"}}]}}));
    let on_hosts =
        on.clone().with(global_policy("hosts", json!({"selector": "all()", "types": ["Ingress"], "ingress": [{"action": "Allow"}]})));
    let both = Baseline { closed: Some(HostEndpoints::Automatic), automatic_host_endpoints: true };
    let shut = after(&on, &planned(&on, &both));
    let cases = [
        ("a guard", guarded, "the edge of 1 guarded Service"),
        ("a rule", by_rule, "NetworkPolicy shop/from-nodes"),
        ("a policy on hosts", on_hosts, "GlobalNetworkPolicy hosts"),
        ("what is closed", shut, "what is closed by default"),
    ];
    for (case, world, by) in cases {
        let closed = baseline::in_force(&world.snapshot()).closed;
        let off = planned(&world, &Baseline { closed, automatic_host_endpoints: false });
        assert_eq!(blockers(&off), ["automatic-host-endpoints-relied-on"], "{case}");
        let what = &off.findings[0].what;
        assert!(what.contains(by), "{case}: {what}");
    }
}

#[test]
fn automatic_ones_are_recommended_where_nodes_come_and_go() {
    let recommended = |world: &World| {
        let found = policy::checks::cluster(&world.snapshot());
        found.into_iter().find(|finding| finding.id == "automatic-recommended").map(|finding| finding.what)
    };
    let world = World::page();
    let world = world.after(&world.plan(&guard(access(&["50.60.0.0/16"]))));
    assert_eq!(recommended(&world), None, "nothing says that nodes come and go");
    let joined = world.clone().with(json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-c"}, "status": {}}));
    assert!(recommended(&joined).unwrap().ends_with("1 node has no HostEndpoint."));
    let left = world.clone().without("Node", "node-b");
    assert!(recommended(&left).unwrap().ends_with("1 HostEndpoint is of nodes that are gone."));
    let pooled = world.set("Node", "node-a", "/metadata/labels", json!({"karpenter.sh/nodepool": "spot"}));
    assert!(recommended(&pooled).unwrap().ends_with("1 node belongs to a pool that makes and takes away nodes."));
}

#[test]
fn a_plan_hangs_on_what_it_reads_and_on_nothing_else() {
    let inputs = |world: &World| planned(world, &closed(HostEndpoints::Existing)).inputs;
    let world = hosts();
    let noise = world.clone().set("Service", "svc-a", "/metadata/labels", json!({"seen": "now"}));
    assert_eq!(inputs(&world), inputs(&noise));
    let moved = |changed: &World| -> Vec<String> {
        let now = inputs(changed);
        inputs(&world).iter().zip(&now).filter(|(then, now)| then != now).map(|(then, _)| then.name.clone()).collect()
    };
    assert_eq!(moved(&ranges(world.clone(), json!({"serviceClusterIPs": [{"cidr": "10.20.30.0/25"}]}))), ["the advertised ranges"]);
    let new = world.clone().with(service("new", "10.20.30.77", json!({"app": "n"}), json!([{"port": 80}])));
    assert_eq!(moved(&new), ["Services that nobody guards"]);
}
