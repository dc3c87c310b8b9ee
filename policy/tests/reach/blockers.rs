//! No blocker cries wolf: for each kind there is a packet for which the recipe really fails where it is applied in spite of the blocker.

use crate::ask::{ask, carries, client, entry, reached};
use crate::cluster::{Cluster, calico};
use crate::hardened::held;
use crate::page::{ADDRESS, AUTHORISED, OUTSIDER, host_endpoints, on_host_network, plain, pod, service, slice, svc_a};
use policy::access::{Access, Baseline, Change, ClientRange, Enforced, GroupUse, HostEndpoints, InCluster, Intent, Protocol};
use policy::baseline;
use policy::finding::Severity;
use policy::names;
use policy::object::Kind;
use policy::reach::settings::ProxyMode;
use serde_json::json;
use std::collections::BTreeSet;

/// A packet, where it comes in, and what should become of it.
struct Packet {
    from: &'static str,
    to: &'static str,
    port: u16,
    node: &'static str,
    /// Whether it should get there: by what was asked, or, where the Service is not concerned, because it did before.
    should: bool,
}

enum Shown {
    By(Packet),
    /// No packet can show it, because...
    NotByPackets(&'static str),
}

struct Case {
    id: &'static str,
    cluster: Cluster,
    change: Change,
    shown: Shown,
}

const fn packet(from: &'static str, to: &'static str, port: u16, node: &'static str, should: bool) -> Shown {
    Shown::By(Packet { from, to, port, node, should })
}

fn row(cidr: &str, ports: &[&str]) -> ClientRange {
    ClientRange { cidr: cidr.parse().unwrap(), ports: ports.iter().map(|port| port.parse().unwrap()).collect(), note: String::new() }
}

fn change(host_endpoints: HostEndpoints, clients: Vec<ClientRange>, in_cluster: InCluster) -> Change {
    Change {
        service: svc_a(),
        intent: Intent::Guard(Access { clients, in_cluster, ..Access::default() }),
        host_endpoints,
        adoption: policy::access::Adoption::default(),
    }
}

fn named() -> HostEndpoints {
    HostEndpoints::Named { interface: "eth0".to_owned().try_into().unwrap() }
}

fn office(host_endpoints: HostEndpoints) -> Change {
    change(host_endpoints, vec![row("50.60.0.0/16", &[])], InCluster::Unchanged)
}

fn asking(clients: Vec<ClientRange>, in_cluster: InCluster) -> Change {
    change(named(), clients, in_cluster)
}

fn alone() -> Change {
    let access = Access { clients: vec![row("50.60.0.0/16", &[])], enforced: Enforced::PodsAlone, ..Access::default() };
    Change { intent: Intent::Guard(access), ..office(HostEndpoints::Existing) }
}

const NODE_A: &str = "10.0.1.1";
const POD_A: &str = "192.168.10.11";

fn cases() -> Vec<Case> {
    let by = |id, cluster: Cluster, change: Change, shown| Case { id, cluster, change, shown };
    let with_service = |pointer: &str, value| plain().set("Service", "svc-a", pointer, value);
    let on_the_page = || plain().with_all(host_endpoints("eth0"));
    let one_port = |port: serde_json::Value| json!([port]);
    let clients = || vec![row("50.60.0.0/16", &[])];
    let global = |name: &str, spec| calico("GlobalNetworkPolicy", name, spec);
    let named_hosts = || office(named());
    let existing = || office(HostEndpoints::Existing);
    let no_packet = Shown::NotByPackets;
    let of_group = |name: &str| {
        let groups = vec![GroupUse { name: name.parse().unwrap(), ports: Vec::new(), note: String::new(), ranges: Vec::new() }];
        Change { intent: Intent::Guard(Access { groups, ..Access::default() }), ..asking(Vec::new(), InCluster::Unchanged) }
    };
    // A client that is allowed enters by one node and its backend is on the other: the way that hangs on the edge's HostEndpoints.
    let cut_by_a = || packet(AUTHORISED, ADDRESS, 80, "node-a", true);
    let cut_by_b = || packet(AUTHORISED, ADDRESS, 80, "node-b", true);
    let labelled_set = {
        let mut set = calico("GlobalNetworkSet", "mine", json!({"nets": ["70.80.0.0/16"]}));
        set["metadata"]["labels"] =
            json!({names::EDGE_CLIENTS_LABEL: names::service_slug(&svc_a()), names::PORTS_LABEL: names::ports_label("")});
        set
    };
    let unlabelled = |endpoint: &str, cluster: Cluster| cluster.set("HostEndpoint", endpoint, "/metadata/labels", json!({}));
    let other = |ports| {
        let endpoints = [("svc-a-1", "node-a", POD_A)];
        (
            service("svc-b", "10.20.30.50", json!([{"name": "http", "protocol": "TCP", "port": ports, "targetPort": 80}])),
            slice("svc-b", &endpoints, json!([{"name": "http", "protocol": "TCP", "port": 80}])),
        )
    };
    let (mut shared_address, of_shared) = other(9000);
    shared_address["spec"]["externalIPs"] = json!([ADDRESS]);
    let (mut shared_port, of_shared_port) = other(80);
    shared_port["spec"]["externalIPs"] = json!(["203.0.113.7"]);
    let (mut at_a_node, of_at_a_node) = other(30_080);
    at_a_node["spec"]["externalIPs"] = json!([NODE_A]);
    let (shares_pods, of_shares_pods) = other(80);
    let by_address = {
        let mut endpoint = calico(
            "HostEndpoint",
            "theirs",
            json!({"node": "node-a", "expectedIPs": [NODE_A], "profiles": ["projectcalico-default-allow"]}),
        );
        endpoint["metadata"]["labels"] = json!({"theirs": "true"});
        endpoint
    };
    let no_kubelet = |selector: &str| {
        json!({"selector": selector, "order": 10, "types": ["Ingress"], "ingress": [
        {"action": "Deny", "protocol": "TCP", "destination": {"ports": [10_250]}}, {"action": "Allow"}]})
    };
    vec![
        by("group-undefined", plain(), of_group("office"), packet(AUTHORISED, ADDRESS, 80, "node-a", true)),
        // The Service.
        by(
            "no-cluster-ip",
            with_service("/spec/clusterIP", json!("None")).set("Service", "svc-a", "/spec/clusterIPs", json!(["None"])),
            named_hosts(),
            no_packet("a headless Service has no address that anyone could send to"),
        ),
        by("no-ports", with_service("/spec/ports", json!([])), named_hosts(), no_packet("nothing can be sent to a Service without ports")),
        by(
            "service-unreadable",
            with_service("/spec/ports", one_port(json!({"port": 80, "protocol": "XTP"}))),
            named_hosts(),
            no_packet("no API server holds it, so nothing is known of what kube-proxy would do"),
        ),
        by(
            "failsafe-port",
            on_the_page()
                .set(
                    "Service",
                    "svc-a",
                    "/spec/ports",
                    one_port(json!({"name": "http", "protocol": "TCP", "port": 6443, "targetPort": 80})),
                )
                .with(global("hosts", json!({"selector": "k8s-role == 'node'", "types": ["Ingress"], "ingress": [{"action": "Allow"}]}))),
            existing(),
            packet(OUTSIDER, ADDRESS, 6443, "node-a", false),
        ),
        // What is asked.
        by(
            "in-cluster-beyond-pods",
            with_service("/spec/selector", json!({})),
            asking(clients(), InCluster::Nobody),
            packet("ops/caller-b", ADDRESS, 80, "", false),
        ),
        by(
            "port-not-of-service",
            plain(),
            asking(vec![row("50.60.0.0/16", &["TCP/8081"])], InCluster::Unchanged),
            packet(AUTHORISED, ADDRESS, 8081, "node-a", true),
        ),
        by(
            "no-namespace-chosen",
            plain(),
            asking(clients(), InCluster::Namespaces(vec![])),
            no_packet("it does what it says; that it is meant is what cannot be believed"),
        ),
        by(
            "namespace-name",
            plain(),
            asking(clients(), InCluster::Namespaces(vec!["a'b".to_owned()])),
            packet(OUTSIDER, POD_A, 80, "node-b", false),
        ),
        by(
            "generated-object-invalid",
            plain(),
            asking(clients(), InCluster::Namespaces(vec!["a'b".to_owned()])),
            packet(OUTSIDER, POD_A, 80, "node-a", false),
        ),
        by(
            "note-unfit",
            plain(),
            asking(vec![ClientRange { note: "n".repeat(121), ..row("50.60.0.0/16", &[]) }], InCluster::Unchanged),
            no_packet("notes are no matter of packets: they have to fit the objects"),
        ),
        by(
            "too-many-clients",
            plain(),
            asking(
                (0..100_001_u32).map(|n| row(&format!("50.{}.{}.{}/32", n >> 16, (n >> 8) & 255, n & 255), &[])).collect(),
                InCluster::Unchanged,
            ),
            no_packet("it would hold, but take longer to program than an operator can wait for"),
        ),
        // Nodes and HostEndpoints.
        by(
            "data-plane-ebpf",
            plain().set("FelixConfiguration", "default", "/spec/bpfEnabled", json!(true)),
            named_hosts(),
            no_packet("eBPF is not modelled; by its source pods see clients' own addresses on every path"),
        ),
        by("no-host-endpoint", plain(), existing(), cut_by_a()),
        by("host-endpoints-alike-unlabelled", unlabelled("node-b-hep", on_the_page()), existing(), cut_by_a()),
        by("host-endpoint-missing", on_the_page().without("HostEndpoint", "node-b"), existing(), cut_by_b()),
        by("automatic-off", plain(), office(HostEndpoints::Automatic), cut_by_a()),
        by("interface-taken", unlabelled("node-a-hep", on_the_page().without("HostEndpoint", "node-b")), named_hosts(), cut_by_a()),
        by(
            "host-endpoint-shadowed",
            plain().with(by_address).with(global("no-kubelet", no_kubelet("theirs == 'true'"))),
            named_hosts(),
            packet(OUTSIDER, NODE_A, 10_250, "node-a", false),
        ),
        by("host-endpoint-address", on_the_page().set("IPPool", "pods", "/spec/vxlanMode", json!("Always")), existing(), cut_by_a()),
        by("nodes-unknown", Cluster { unread: vec![Kind::Node], ..plain() }, named_hosts(), cut_by_a()),
        by("label-carried", plain().with(labelled_set), named_hosts(), packet(OUTSIDER, ADDRESS, 80, "node-a", false)),
        // Policies of others.
        by(
            "foreign-policy-on-new-host-endpoint",
            plain().with(global("everything", json!({"selector": "all()", "types": ["Ingress"]}))),
            named_hosts(),
            packet(OUTSIDER, NODE_A, 10_250, "node-a", true),
        ),
        by(
            "pods-governed-differently",
            plain().set("Pod", "svc-a-1", "/metadata/labels", json!({"app": "svc-a", "tier": "x"})).with(json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "some", "namespace": "shop"},
            "spec": {"podSelector": {"matchLabels": {"tier": "x"}}, "policyTypes": ["Ingress"]}})),
            named_hosts(),
            packet("ops/caller-b", "192.168.20.11", 80, "", true),
        ),
        // Services beside it.
        by("address-shared", plain().with(shared_address).with(of_shared), named_hosts(), packet(OUTSIDER, ADDRESS, 9000, "node-a", true)),
        by(
            "port-shared",
            with_service("/spec/externalIPs", json!(["203.0.113.7"])).with(shared_port).with(of_shared_port),
            named_hosts(),
            packet(OUTSIDER, "203.0.113.7", 80, "node-a", true),
        ),
        by(
            "port-shared",
            with_service("/spec/type", json!("NodePort"))
                .set(
                    "Service",
                    "svc-a",
                    "/spec/ports",
                    one_port(json!({"name": "http", "protocol": "TCP", "port": 80, "targetPort": 80, "nodePort": 30_080})),
                )
                .with(at_a_node)
                .with(of_at_a_node),
            named_hosts(),
            packet(OUTSIDER, NODE_A, 30_080, "node-a", true),
        ),
        by(
            "in-cluster-conflict",
            plain().with(shares_pods).with(of_shares_pods),
            asking(clients(), InCluster::Nobody),
            packet("ops/caller-b", ADDRESS, 80, "", false),
        ),
        // At the pods alone.
        by("pods-alone-source", plain(), alone(), packet(OUTSIDER, ADDRESS, 80, "node-a", false)),
        by("pods-alone-beyond-pods", on_host_network(plain()), alone(), packet(OUTSIDER, ADDRESS, 80, "node-a", false)),
        by(
            "pods-alone-other-policy",
            {
                let (theirs, of_theirs) = other(80);
                let cluster = plain().set("Service", "svc-a", "/spec/internalTrafficPolicy", json!("Local")).with(theirs).with(of_theirs);
                let change =
                    Change { service: "shop/svc-b".parse().unwrap(), ..asking(vec![row("70.80.0.0/16", &[])], InCluster::Unchanged) };
                cluster.after(&cluster.plan(&change).steps)
            },
            alone(),
            packet(OUTSIDER, ADDRESS, 80, "node-a", false),
        ),
        by(
            "pods-alone-untold",
            Cluster { proxy_mode: Some(ProxyMode::Ipvs), ..plain() },
            alone(),
            no_packet("what kube-proxy does in that mode is not modelled"),
        ),
        by("pods-alone-no-selector", with_service("/spec/selector", json!({})), alone(), packet(OUTSIDER, ADDRESS, 80, "node-a", false)),
        by(
            "pods-alone-closed",
            {
                let cluster = on_the_page().set("Service", "svc-a", "/spec/internalTrafficPolicy", json!("Local"));
                let closing =
                    baseline::plan(&cluster.snapshot(), &Baseline { closed: Some(HostEndpoints::Existing), ..Baseline::default() });
                cluster.after(&closing.steps)
            },
            alone(),
            packet(AUTHORISED, ADDRESS, 80, "node-a", true),
        ),
        by(
            "nodes-unknown",
            Cluster { unread: vec![Kind::Node], ..plain() }.set("Service", "svc-a", "/spec/internalTrafficPolicy", json!("Local")),
            alone(),
            packet("node:node-b", POD_A, 80, "", true),
        ),
        // Objects in the way.
        by(
            "name-taken",
            plain()
                .with_all(host_endpoints("eth1"))
                .with(global(&names::edge_policy(&names::service_slug(&svc_a())), no_kubelet("k8s-role == 'node'"))),
            office(HostEndpoints::Existing),
            packet(OUTSIDER, NODE_A, 10_250, "node-a", false),
        ),
    ]
}

#[test]
fn a_blocker_has_a_packet_for_which_the_recipe_fails() {
    for Case { id, cluster, change, shown } in cases() {
        let now = cluster.snapshot();
        let plan = cluster.plan(&change);
        // Whether pods see the clients is a question to the engine. What else it finds stands for the checks' findings.
        let plan = if change.at_pods_alone() { held(&cluster.settings(&now), &now, plan) } else { plan };
        let blocks = |finding: &&policy::finding::Finding| finding.id == id && finding.severity == Severity::Blocker;
        assert!(plan.findings.iter().any(|finding| blocks(&finding)), "{id} does not block: {:?}", plan.findings);
        let Shown::By(Packet { from, to, port, node, should }) = shown else { continue };
        // What was not read when the plan was made is there all the same.
        let whole = Cluster { unread: Vec::new(), ..cluster };
        let after = whole.after(&plan.steps);
        let snapshot = after.snapshot();
        let at = if node.is_empty() { Default::default() } else { entry(node) };
        let answer = ask(&snapshot, &after.settings(&snapshot), client(from), to.parse().unwrap(), carries(Protocol::Tcp, port), at);
        assert_ne!(
            reached(&answer),
            Some(should),
            "{id}: {from} to {to}:{port} by `{node}` does as it should in spite of the blocker: {answer:#?}"
        );
        let decided = answer.paths.iter().all(|journey| !matches!(journey.verdict, policy::reach::verdict::Verdict::Unknown(_)));
        assert!(decided, "{id}: no failure that is known: {answer:#?}");
    }
}

/// Reasons why no packet can show a blocker are few, and every blocker of the checks is in the table.
#[test]
fn every_blocker_is_in_the_table() {
    let of_objects = ["label-carried", "name-taken", "generated-object-invalid"];
    let of_pods_alone = ["pods-alone-source", "pods-alone-beyond-pods", "pods-alone-other-policy", "pods-alone-untold"];
    let mut known: BTreeSet<String> = of_objects.into_iter().chain(of_pods_alone).map(str::to_owned).collect();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/checks");
    for file in std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).filter(|path| path.is_file()) {
        let text = std::fs::read_to_string(file).unwrap();
        known.extend(
            text.split("Severity::Blocker, \"")
                .skip(1)
                .filter_map(|rest| rest.split('"').next())
                .filter(|id| !id.contains(' '))
                .map(str::to_owned),
        );
    }
    let table: BTreeSet<String> = cases().into_iter().map(|case| case.id.to_owned()).collect();
    assert_eq!(table, known);
    let cases = cases();
    for Case { id, shown, .. } in &cases {
        if let Shown::NotByPackets(why) = shown {
            println!("{id}: by no packet, because {why}");
        }
    }
    let by_packets = cases.iter().filter(|case| matches!(case.shown, Shown::By(_))).count();
    println!("{} kinds of blocker, {by_packets} packets", table.len());
}

#[test]
fn without_a_blocker_the_same_packets_do_as_they_should() {
    let cluster = plain();
    let plan = cluster.plan(&office(named()));
    assert!(!plan.blocked(), "{:?}", plan.findings);
    let after = cluster.after(&plan.steps).with(pod("extra", "shop", "node-a", "192.168.10.99", json!({}), &json!([])));
    let snapshot = after.snapshot();
    let settings = after.settings(&snapshot);
    for node in ["node-a", "node-b"] {
        for (from, to, should) in
            [(AUTHORISED, ADDRESS, true), (OUTSIDER, ADDRESS, false), (OUTSIDER, POD_A, false), (OUTSIDER, "192.168.10.99", true)]
        {
            let answer = ask(&snapshot, &settings, client(from), to.parse().unwrap(), carries(Protocol::Tcp, 80), entry(node));
            assert_eq!(reached(&answer), Some(should), "{from} to {to} by {node}: {answer:#?}");
        }
    }
}

/// A failsafe port is let past the edge whoever sends: what load balancers may not use there is closed behind translation, where a Service has no
/// NodePort for them, and where the pod is on another node.
#[test]
fn load_balancers_without_a_node_port_do_not_get_in_by_a_failsafe_port() {
    let ports = json!([{"name": "http", "protocol": "TCP", "port": 22, "targetPort": 80}]);
    let cluster = plain().set("Service", "svc-a", "/spec/ports", ports);
    let mut change = office(named());
    let load_balancers = vec!["198.51.100.0/24".parse().unwrap()];
    let clients = vec![row("50.60.0.0/16", &[])];
    change.intent = Intent::Guard(Access { clients, load_balancers, ..Access::default() });
    let plan = cluster.plan(&change);
    assert!(!plan.blocked(), "{:?}", plan.findings);
    let after = cluster.after(&plan.steps);
    let snapshot = after.snapshot();
    let settings = after.settings(&snapshot);
    for node in ["node-a", "node-b"] {
        for (from, should) in [(AUTHORISED, true), (OUTSIDER, false), ("198.51.100.7", false)] {
            let answer = ask(&snapshot, &settings, client(from), ADDRESS.parse().unwrap(), carries(Protocol::Tcp, 22), entry(node));
            assert_eq!(reached(&answer), Some(should), "{from} by {node}: {answer:#?}");
        }
    }
}
