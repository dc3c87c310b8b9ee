//! Every check that a plan makes: a cluster that trips it, and the same cluster but for the one thing.

mod common;

use common::{World, access, eth0, global_policy, guard, open, pod, row, service, svc_a};
use policy::access::{Access, Change, HostEndpoints, InCluster, Intent};
use policy::finding::Severity;
use policy::object::Kind;
use serde_json::{Value, json};

/// A check, a world and a change that trip it, and what makes them not trip it.
struct Case {
    id: &'static str,
    severity: Severity,
    trips: (World, Change),
    passes: (World, Change),
}

fn case(id: &'static str, severity: Severity, trips: (World, Change), passes: (World, Change)) -> Case {
    Case { id, severity, trips, passes }
}

/// Trips by the world alone.
fn by_world(id: &'static str, severity: Severity, world: World) -> Case {
    case(id, severity, (world, guard(access(&["50.60.0.0/16"]))), (World::page(), guard(access(&["50.60.0.0/16"]))))
}

/// Trips by the change alone.
fn by_change(id: &'static str, severity: Severity, change: Change) -> Case {
    case(id, severity, (World::page(), change), (World::page(), guard(access(&["50.60.0.0/16"]))))
}

fn with_load_balancer(access: Access) -> Access {
    Access { load_balancers: vec![row("198.51.100.0/24", &[]).cidr], ..access }
}

fn on(host_endpoints: HostEndpoints) -> Change {
    Change { host_endpoints, ..guard(access(&["50.60.0.0/16"])) }
}

fn in_cluster(in_cluster: InCluster) -> Change {
    guard(Access { in_cluster, ..access(&["50.60.0.0/16"]) })
}

fn network_policy(name: &str, spec: Value) -> Value {
    json!({"apiVersion": "projectcalico.org/v3", "kind": "NetworkPolicy", "metadata": {"name": name, "namespace": "shop"}, "spec": spec})
}

fn pre_dnat(order: i64, nets: &[&str]) -> Value {
    global_policy(
        "theirs",
        json!({"selector": "k8s-role == 'node'", "order": order, "types": ["Ingress"], "preDNAT": true,
        "applyOnForward": true, "ingress": [{"action": "Deny", "destination": {"nets": nets}}]}),
    )
}

const PORTS: &str = "/spec/ports";

fn cases() -> Vec<Case> {
    use Severity::{Blocker, Info, Unknown, Warning};
    let page = World::page;
    let named = || page().with_host_endpoints("eth0");
    let existing = || on(HostEndpoints::Existing);
    let one_port = |port: Value| json!([port]);
    let other_service = |name: &str, selector: Value| service(name, "10.20.30.50", selector, json!([{"port": 80, "targetPort": 8080}]));
    let balanced = || {
        let ports = one_port(json!({"port": 80, "nodePort": 30080}));
        page().set("Service", "svc-a", PORTS, ports).set("Service", "svc-a", "/spec/type", json!("LoadBalancer"))
    };
    // Pod a-1 has the address 192.168.1.1.
    let by_hand = |address: &str| {
        page().set("Service", "svc-a", "/spec/selector", Value::Null).with(
            json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
            "metadata": {"name": "svc-a-1", "namespace": "shop", "labels": {"kubernetes.io/service-name": "svc-a"}},
            "addressType": "IPv4", "endpoints": [{"addresses": [address]}], "ports": [{"port": 8080}]}),
        )
    };
    let on_pods = || network_policy("theirs", json!({"selector": "app == 'a'", "types": ["Ingress"]}));
    let on_hosts = || global_policy("host", json!({"selector": "has(k8s-role)", "types": ["Ingress"], "ingress": [{"action": "Deny"}]}));
    let forwarded = || {
        global_policy(
            "forwarded",
            json!({"selector": "has(k8s-role)", "types": ["Ingress"], "applyOnForward": true, "ingress": [{"action": "Allow"}]}),
        )
    };
    let ssh = || one_port(json!({"port": 22, "targetPort": 8022}));
    let two_to_one = || json!([{"name": "http", "port": 80, "targetPort": 8080}, {"name": "ssh", "port": 22, "targetPort": 8080}]);
    vec![
        // The Service.
        by_world("no-cluster-ip", Blocker, page().set("Service", "svc-a", "/spec/clusterIP", json!("None")).set("Service", "svc-a", "/spec/clusterIPs", json!(["None"]))),
        by_world("no-selector", Warning, page().set("Service", "svc-a", "/spec/selector", Value::Null)),
        by_world("no-ports", Blocker, page().set("Service", "svc-a", PORTS, json!([]))),
        by_world("service-unreadable", Blocker, page().set("Service", "svc-a", PORTS, one_port(json!({"port": 80, "protocol": "XTP"})))),
        by_world("failsafe-port-closed", Info, page().set("Service", "svc-a", PORTS, one_port(json!({"port": 6443})))),
        by_world("failsafe-port-closed", Info, page().set("Service", "svc-a", PORTS, one_port(json!({"port": 80, "nodePort": 6443})))),
        case(
            "failsafe-port-closed",
            Info,
            (page().set("FelixConfiguration", "default", "/spec/failsafeInboundHostPorts", json!([{"protocol": "tcp", "port": 443}])), guard(access(&[]))),
            (
                page()
                    .set("Service", "svc-a", PORTS, one_port(json!({"port": 22})))
                    .set("FelixConfiguration", "default", "/spec/failsafeInboundHostPorts", json!([])),
                guard(access(&[])),
            ),
        ),
        // Behind a policy of others that speaks for the hosts alone, what lets the rest pass would open them.
        case(
            "failsafe-port",
            Blocker,
            (named().set("Service", "svc-a", PORTS, ssh()).with(on_hosts()), existing()),
            (named().set("Service", "svc-a", PORTS, ssh()), existing()),
        ),
        // One that acts on what is forwarded ends what ours begins.
        case(
            "failsafe-port",
            Blocker,
            (named().set("Service", "svc-a", PORTS, ssh()).with(on_hosts()), existing()),
            (named().set("Service", "svc-a", PORTS, ssh()).with(on_hosts()).with(forwarded()), existing()),
        ),
        // Two ports lead to one of the pods', with other clients.
        case(
            "failsafe-port",
            Blocker,
            (page().set("Service", "svc-a", PORTS, two_to_one()), guard(Access { clients: vec![row("50.60.0.0/16", &["TCP/80"])], ..Access::default() })),
            (page().set("Service", "svc-a", PORTS, two_to_one()), guard(access(&["50.60.0.0/16"]))),
        ),
        case(
            "failsafe-port",
            Blocker,
            (page().set("Service", "svc-a", PORTS, ssh()).set("Service", "svc-a", "/spec/selector", Value::Null), guard(access(&[]))),
            (page().set("Service", "svc-a", PORTS, ssh()), guard(access(&[]))),
        ),
        by_world("host-network-backend", Warning, page().set("Pod", "a-1", "/spec/hostNetwork", json!(true))),
        by_world(
            "host-network-backend",
            Warning,
            page().without("Pod", "a-").with(json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
                "metadata": {"name": "svc-a-1", "namespace": "shop", "labels": {"kubernetes.io/service-name": "svc-a"}},
                "addressType": "IPv4", "endpoints": [{"addresses": ["10.0.1.1"]}], "ports": [{"port": 8080}]})),
        ),
        by_world("endpoint-elsewhere", Info, by_hand("198.51.100.7")),
        case(
            "foreign-pod-policy-alone",
            Warning,
            (by_hand("192.168.1.1").with(on_pods()), guard(access(&["50.60.0.0/16"]))),
            (by_hand("192.168.1.1"), guard(access(&["50.60.0.0/16"]))),
        ),
        case(
            "foreign-host-policy-on-backends",
            Warning,
            (named().set("Pod", "a-1", "/spec/hostNetwork", json!(true)).with(on_hosts()), existing()),
            (named().with(on_hosts()), existing()),
        ),
        by_world("no-backend", Info, page().without("Pod", "a-")),
        by_world("named-port-missing", Warning, page().set("Pod", "a-2", "/spec/containers", json!([]))),
        by_world("not-advertised", Warning, page().set("BGPConfiguration", "default", "/spec/serviceClusterIPs", json!([{"cidr": "10.99.0.0/16"}]))),
        case(
            "not-advertised",
            Warning,
            (page().set("BGPConfiguration", "default", "/spec/serviceClusterIPs", json!([{"cidr": "10.20.30.40/32"}])), guard(access(&[]))),
            (
                page()
                    .set("BGPConfiguration", "default", "/spec/serviceClusterIPs", json!([{"cidr": "10.20.30.40/32"}]))
                    .set("Service", "svc-a", "/spec/externalTrafficPolicy", json!("Local")),
                guard(access(&[])),
            ),
        ),
        by_world("external-local", Warning, page().set("Service", "svc-a", "/spec/externalTrafficPolicy", json!("Local"))),
        by_world("internal-local", Warning, page().set("Service", "svc-a", "/spec/internalTrafficPolicy", json!("Local"))),
        by_world("cluster-ip-not-fixed", Info, page().set("Service", "svc-a", "/metadata/annotations", json!({}))),
        by_world(
            "cluster-ip-not-fixed",
            Warning,
            page().set("Service", "svc-a", "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration", json!("{\"spec\":{}}")),
        ),
        // What is asked.
        by_change("port-not-of-service", Blocker, guard(Access { clients: vec![row("50.60.0.0/16", &["TCP/8081"])], ..Access::default() })),
        by_change("family-without-address", Warning, guard(access(&["2001:db8::/32"]))),
        by_change("clients-cover-pods", Warning, guard(access(&["192.168.4.0/24"]))),
        by_change("clients-everyone", Warning, guard(access(&["0.0.0.0/0"]))),
        by_change("in-cluster-narrowed", Info, in_cluster(InCluster::Nobody)),
        case(
            "load-balancer-sources",
            Warning,
            (balanced(), guard(access(&["50.60.0.0/16"]))),
            (balanced(), guard(with_load_balancer(access(&["50.60.0.0/16"])))),
        ),
        case(
            "load-balancers-hide-clients",
            Info,
            (balanced(), guard(with_load_balancer(access(&["50.60.0.0/16"])))),
            (balanced(), guard(access(&["50.60.0.0/16"]))),
        ),
        by_change(
            "load-balancers-without-node-port",
            Warning,
            guard(with_load_balancer(access(&["50.60.0.0/16"]))),
        ),
        case(
            "in-cluster-by-nodes",
            Warning,
            (page().set("Service", "svc-a", "/spec/externalIPs", json!(["203.0.113.7"])), in_cluster(InCluster::Nobody)),
            (page(), in_cluster(InCluster::Nobody)),
        ),
        case(
            "in-cluster-beyond-pods",
            Blocker,
            (page().set("Service", "svc-a", "/spec/selector", Value::Null), in_cluster(InCluster::Nobody)),
            (page().set("Service", "svc-a", "/spec/selector", Value::Null), in_cluster(InCluster::Unchanged)),
        ),
        case(
            "in-cluster-beyond-pods",
            Blocker,
            (page().set("Pod", "a-1", "/spec/hostNetwork", json!(true)), in_cluster(InCluster::Nobody)),
            (page().set("Pod", "a-1", "/spec/hostNetwork", json!(true)), in_cluster(InCluster::Unchanged)),
        ),
        by_change("no-namespace-chosen", Blocker, in_cluster(InCluster::Namespaces(vec![]))),
        by_change("namespace-name", Blocker, in_cluster(InCluster::Namespaces(vec!["a'b".to_owned()]))),
        case(
            "namespace-absent",
            Warning,
            (page(), in_cluster(InCluster::Namespaces(vec!["nowhere".to_owned()]))),
            (page(), in_cluster(InCluster::Namespaces(vec!["tenant".to_owned()]))),
        ),
        by_change(
            "note-unfit",
            Blocker,
            guard(Access { clients: vec![policy::access::ClientRange { note: "n".repeat(121), ..row("50.60.0.0/16", &[]) }], ..Access::default() }),
        ),
        // Nodes and HostEndpoints.
        by_world("data-plane-ebpf", Blocker, page().set("FelixConfiguration", "default", "/spec/bpfEnabled", json!(true))),
        case("no-host-endpoint", Blocker, (page(), existing()), (named(), existing())),
        case("host-endpoint-missing", Blocker, (named().without("HostEndpoint", "node-b"), existing()), (named(), existing())),
        case(
            "host-endpoint-missing",
            Blocker,
            // Out of a load balancer's choice, and serving NodePorts all the same.
            (
                named()
                    .without("HostEndpoint", "node-b")
                    .set("Node", "node-b", "/metadata/labels", json!({"node.kubernetes.io/exclude-from-external-load-balancers": "true"}))
                    .set("Service", "svc-a", PORTS, one_port(json!({"port": 80, "nodePort": 30080}))),
                existing(),
            ),
            (named().set("Service", "svc-a", PORTS, one_port(json!({"port": 80, "nodePort": 30080}))), existing()),
        ),
        case(
            "host-endpoint-missing",
            Blocker,
            (named().without("HostEndpoint", "node-b"), existing()),
            (
                named().without("HostEndpoint", "node-b").set(
                    "Node",
                    "node-b",
                    "/metadata/labels",
                    json!({"node.kubernetes.io/exclude-from-external-load-balancers": "true"}),
                ),
                existing(),
            ),
        ),
        case(
            "host-endpoints-alike-unlabelled",
            Blocker,
            (named().set("HostEndpoint", "node-b-hep", "/metadata/labels", json!({"other": "label"})), existing()),
            (named(), existing()),
        ),
        case("automatic-off", Blocker, (page(), on(HostEndpoints::Automatic)), (
            page()
                .set("KubeControllersConfiguration", "default", "/spec/controllers/node/hostEndpoint/autoCreate", json!("Enabled"))
                .with_host_endpoints("*"),
            on(HostEndpoints::Automatic),
        )),
        case("interface-taken", Blocker, (named(), on(eth0())), (page().with_host_endpoints("eth1"), on(eth0()))),
        case("host-endpoint-shadowed", Blocker, (page().with_host_endpoints("*"), on(eth0())), (page().with_host_endpoints("eth1"), on(eth0()))),
        case(
            "other-interfaces-unguarded",
            Warning,
            (page().with_host_endpoints("eth1").set("HostEndpoint", "node-a-hep", "/metadata/labels", json!({})), on(eth0())),
            (page().with_host_endpoints("eth1"), on(eth0())),
        ),
        case("interface-not-seen", Info, (page(), on(eth0())), (named(), existing())),
        case(
            "host-endpoint-address",
            Blocker,
            (named().set("IPPool", "pods", "/spec/vxlanMode", json!("Always")), existing()),
            (named(), existing()),
        ),
        by_world("nodes-unknown", Blocker, page().unknown(Kind::Node)),
        by_world("kind-unknown", Unknown, page().unknown(Kind::FelixConfiguration)),
        by_world("label-carried", Warning, page().set("Pod", "a-1", "/metadata/labels", json!({"app": "a", "portcullis.dev/edge": "true"}))),
        by_world(
            "label-carried",
            Warning,
            page().with(json!({"apiVersion": "projectcalico.org/v3", "kind": "NetworkSet",
                "metadata": {"name": "mine", "namespace": "tenant", "labels": {"portcullis.dev/edge": "true"}}, "spec": {"nets": ["1.2.3.0/24"]}})),
        ),
        by_world(
            "label-carried",
            Blocker,
            page().with(json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkSet",
                "metadata": {"name": "mine", "labels": {"portcullis.dev/edge": "true"}}, "spec": {"nets": ["1.2.3.0/24"]}})),
        ),
        // Policies of others.
        case(
            "foreign-policy-on-new-host-endpoint",
            Blocker,
            (page().with(global_policy("everything", json!({"selector": "all()", "types": ["Ingress", "Egress"]}))), on(eth0())),
            (page().with(global_policy("everything", json!({"selector": "!has(portcullis.dev/edge) && has(app)", "types": ["Ingress"]}))), on(eth0())),
        ),
        case(
            "foreign-host-policy-before",
            Warning,
            (named().with(pre_dnat(10, &["10.20.30.0/24"])), existing()),
            (named().with(pre_dnat(10, &["10.99.0.0/16"])), existing()),
        ),
        case(
            "foreign-host-policy-before",
            Warning,
            (
                named().with(global_policy("raw", json!({"selector": "has(k8s-role)", "types": ["Ingress"], "doNotTrack": true,
                    "applyOnForward": true, "ingress": [{"action": "Deny"}]}))),
                existing(),
            ),
            (named().with(pre_dnat(900, &["10.20.30.0/24"])), existing()),
        ),
        case(
            "foreign-host-policy-after",
            Info,
            (named().with(pre_dnat(900, &[])), existing()),
            (named().with(pre_dnat(10, &[])), existing()),
        ),
        case(
            "foreign-forward-policy",
            Warning,
            (named().with(global_policy("fwd", json!({"selector": "has(k8s-role)", "types": ["Egress"], "applyOnForward": true}))), existing()),
            (named().with(global_policy("host", json!({"selector": "has(k8s-role)", "types": ["Egress"]}))), existing()),
        ),
        by_world(
            "foreign-pod-policy-before",
            Warning,
            page().with(network_policy("first", json!({"selector": "app == 'a'", "order": 10, "types": ["Ingress"], "ingress": [{"action": "Deny"}]}))),
        ),
        by_world(
            "foreign-pod-policy-after",
            Info,
            page().with(json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "k", "namespace": "shop"},
                "spec": {"podSelector": {"matchLabels": {"app": "a"}}, "policyTypes": ["Ingress"]}})),
        ),
        case(
            "pods-governed-differently",
            Blocker,
            (
                page()
                    .set("Pod", "a-1", "/metadata/labels", json!({"app": "a", "tier": "x"}))
                    .with(network_policy("some", json!({"selector": "tier == 'x'", "types": ["Ingress"]}))),
                guard(access(&[])),
            ),
            (page().with(network_policy("all", json!({"selector": "app == 'a'", "types": ["Ingress"]}))), guard(access(&[]))),
        ),
        // Services beside it.
        by_world(
            "address-shared",
            Blocker,
            page().with(other_service("svc-b", json!({"app": "b"}))).set("Service", "svc-b", "/spec/externalIPs", json!(["10.20.30.40"])),
        ),
        by_world(
            "port-shared",
            Blocker,
            page()
                .set("Service", "svc-a", "/spec/externalIPs", json!(["203.0.113.7"]))
                .with(other_service("svc-b", json!({"app": "b"})))
                .set("Service", "svc-b", "/spec/externalIPs", json!(["203.0.113.7"])),
        ),
        by_world("pods-shared", Warning, page().with(other_service("svc-b", json!({"app": "a"})))),
        case(
            "pods-shared",
            Warning,
            (page().with(other_service("svc-b", json!({"app": "a"}))), guard(access(&[]))),
            (page().with(other_service("svc-b", json!({"app": "b"}))).with(pod("b-1", "node-a", json!({"app": "b"}))), guard(access(&[]))),
        ),
        case(
            "in-cluster-conflict",
            Blocker,
            (page().with(other_service("svc-b", json!({"app": "a"}))), in_cluster(InCluster::Nobody)),
            (page().with(other_service("svc-b", json!({"app": "a"}))), in_cluster(InCluster::Unchanged)),
        ),
        // Objects in the way.
        by_world("name-taken", Blocker, page().with(global_policy(&policy::names::edge_policy(&policy::names::service_slug(&svc_a())), json!({"selector": "has(x)", "types": ["Ingress"]})))),
    ]
}

#[test]
fn each_check_trips_and_does_not() {
    for case in cases() {
        let of = |(world, change): &(World, Change)| {
            world.plan(change).findings.into_iter().find(|f| f.id == case.id && f.severity == case.severity)
        };
        assert!(of(&case.trips).is_some(), "{} ({}) did not trip: {:?}", case.id, case.severity, case.trips.0.plan(&case.trips.1).findings);
        assert_eq!(of(&case.passes), None, "{} tripped where it should not", case.id);
    }
}

#[test]
fn a_finding_says_what_why_and_what_to_do() {
    for case in cases() {
        for finding in case.trips.0.plan(&case.trips.1).findings {
            for text in [&finding.what, &finding.why, &finding.action] {
                assert!(text.ends_with('.') && text.len() > 8, "{}: `{text}` is no sentence", finding.id);
            }
        }
    }
}

#[test]
fn an_object_that_cannot_be_read_is_said() {
    let mut snapshot = World::page().snapshot();
    let odd = json!({"metadata": {"name": "odd"}, "spec": {"order": "first"}});
    snapshot.insert_unreadable(policy::object::AnyObject::decode(Kind::GlobalNetworkPolicy, &odd).expect_err("order is no text"));
    let plan = policy::plan::plan(&snapshot, &guard(access(&[]))).unwrap();
    assert!(common::ids(&plan).contains(&"object-unreadable"), "{:?}", plan.findings);
}

#[test]
fn the_page_itself_has_no_blocker() {
    let plan = World::page().plan(&guard(access(&["50.60.0.0/16"])));
    assert!(!plan.blocked(), "{:?}", plan.findings);
}

#[test]
fn taking_the_guard_away_is_never_blocked() {
    for case in cases() {
        let change = Change { service: svc_a(), intent: Intent::Open, ..open() };
        assert!(
            !case.trips.0.plan(&change).findings.iter().any(|f| f.severity == Severity::Blocker && f.id != "name-taken"),
            "{}",
            case.id
        );
    }
}
