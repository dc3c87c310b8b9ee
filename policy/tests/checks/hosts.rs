//! Checks of nodes and HostEndpoints.

use crate::case::{Case, by_world, case};
use crate::common::eth0;
use crate::worlds::{PORTS, excluded, existing, named, on, one_port, page, reporting};
use policy::access::HostEndpoints;
use policy::finding::Severity::{Blocker, Info, Unknown, Warning};
use policy::object::Kind;
use serde_json::json;

pub(crate) fn cases() -> Vec<Case> {
    vec![
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
            "host-endpoint-missing",
            Blocker,
            // As kubeadm labels control planes; Calico goes by `true` alone.
            (
                named().without("HostEndpoint", "node-b").set(
                    "Node",
                    "node-b",
                    "/metadata/labels",
                    json!({"node.kubernetes.io/exclude-from-external-load-balancers": ""}),
                ),
                existing(),
            ),
            (named(), existing()),
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
        case(
            "interface-taken",
            Blocker,
            (named().set("HostEndpoint", "node-b-hep", "/metadata/labels", json!({"other": "label"})), on(eth0())),
            (named(), on(eth0())),
        ),
        case("interface-taken", Info, (named(), on(eth0())), (page().with_host_endpoints("eth1"), on(eth0()))),
        case("host-endpoint-shadowed", Blocker, (page().with_host_endpoints("*"), on(eth0())), (page().with_host_endpoints("eth1"), on(eth0()))),
        case(
            "other-interfaces-unguarded",
            Warning,
            (page().with_host_endpoints("eth1").set("HostEndpoint", "node-a-hep", "/metadata/labels", json!({})), on(eth0())),
            (page().with_host_endpoints("eth1"), on(eth0())),
        ),
        case("interface-not-seen", Info, (page(), on(eth0())), (page().with_host_endpoints("*"), existing())),
        case("interface-not-seen", Info, (named(), existing()), (page().with_host_endpoints("*"), existing())),
        case(
            "interface-not-seen",
            Info,
            (reporting(page(), "node-a", &[("eth0", "10.0.1.1")]), on(eth0())),
            (reporting(reporting(page(), "node-a", &[("eth0", "10.0.1.1")]), "node-b", &[("eth0", "10.0.2.1")]), on(eth0())),
        ),
        case(
            "interface-absent",
            Warning,
            (reporting(page(), "node-a", &[("bond0", "10.0.1.1")]), on(eth0())),
            (reporting(page(), "node-a", &[("bond0", "10.9.1.1"), ("eth0", "10.0.1.1")]), on(eth0())),
        ),
        case(
            "interface-without-host-endpoint",
            Warning,
            (reporting(named(), "node-a", &[("eth0", "10.0.1.1"), ("eth1", "10.9.1.1")]), existing()),
            (reporting(page().with_host_endpoints("*"), "node-a", &[("eth0", "10.0.1.1"), ("eth1", "10.9.1.1")]), existing()),
        ),
        case(
            "interface-without-host-endpoint",
            Warning,
            (reporting(page(), "node-a", &[("eth0", "10.0.1.1"), ("eth1", "10.9.1.1")]), on(eth0())),
            (reporting(page(), "node-a", &[("eth0", "10.0.1.1")]), on(eth0())),
        ),
        // One that goes by its addresses; and a node where nobody enters.
        case(
            "interface-without-host-endpoint",
            Warning,
            (reporting(page().with_host_endpoints(""), "node-a", &[("eth1", "10.9.1.1")]), existing()),
            (reporting(page().with_host_endpoints(""), "node-a", &[("eth1", "10.0.1.1")]), existing()),
        ),
        case(
            "interface-without-host-endpoint",
            Warning,
            (reporting(named(), "node-a", &[("eth1", "10.9.1.1")]), existing()),
            (excluded(reporting(named(), "node-a", &[("eth1", "10.9.1.1")]), "node-a"), existing()),
        ),
        case(
            "host-endpoint-without-profile",
            Warning,
            (named().set("HostEndpoint", "node-a-hep", "/spec/profiles", json!(["of-somebody"])), existing()),
            (named().set("HostEndpoint", "node-a-hep", "/spec/profiles", json!(["kns.shop"])), existing()),
        ),
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
    ]
}
