//! Every field of a rule, one packet against each.

use super::{Cluster, POD, VIP, pod_policy, told};
use crate::reach::packet::{Carries, Client, Destination, Entry, Question};
use crate::reach::verdict::{Answer, Overall, Unknown, Verdict};

const PODS: [&str; 2] = ["shop/caller-a", "ops/caller-b"];

/// What stands behind a Service of one of the callers.
const CALLERS: &str = "
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: callers-x, namespace: shop, labels: {kubernetes.io/service-name: callers}}
addressType: IPv4
endpoints: [{addresses: [192.168.10.12], nodeName: node-a}]
ports: [{name: http, port: 8080, protocol: TCP}]
";

/// A cluster whose Service's pods are shut but for what a rule allows.
fn allowing(rule: &str) -> Cluster {
    Cluster::page().and(CALLERS).with([pod_policy("pods", None, &format!("[{{action: Allow, {rule}}}]"))])
}

#[test]
fn fields_of_rules() {
    let (a, b) = (&PODS[..1], &PODS[1..]);
    let (both, none) = (&PODS[..], &[][..]);
    for (rule, reached, cut) in [
        ("protocol: TCP", both, none),
        ("protocol: 6", both, none),
        ("protocol: '6'", both, none),
        ("protocol: UDP", none, both),
        ("notProtocol: TCP", none, both),
        ("notProtocol: UDP", both, none),
        ("ipVersion: 4", both, none),
        ("ipVersion: 6", none, both),
        ("source: {nets: [192.168.10.0/24]}", a, b),
        ("source: {notNets: [192.168.10.0/24]}", b, a),
        ("source: {nets: [192.168.0.0/16], notNets: [192.168.10.12/32]}", b, a),
        ("source: {nets: ['fd00::/8']}", none, both),
        ("source: {notNets: ['fd00::/8']}", none, both),
        ("source: {nets: ['fd00::/8', 192.168.10.12/32]}", a, b),
        ("source: {selector: app == 'caller'}", a, b),
        ("source: {selector: app == 'caller', namespaceSelector: all()}", both, none),
        ("source: {selector: app == 'caller', namespaceSelector: global()}", none, both),
        ("source: {namespaceSelector: team == 'shop'}", a, b),
        ("source: {notSelector: app == 'caller'}", none, both),
        ("source: {notSelector: app == 'other'}", a, b),
        ("source: {namespaceSelector: all(), notSelector: app == 'other'}", both, none),
        ("source: {selector: all(), namespaceSelector: all(), notSelector: projectcalico.org/namespace == 'ops'}", a, b),
        ("source: {serviceAccounts: {names: [caller]}}", a, b),
        ("source: {serviceAccounts: {names: [server]}}", none, both),
        ("source: {serviceAccounts: {names: [caller]}, namespaceSelector: all()}", both, none),
        ("destination: {nets: [192.168.10.11/32]}", both, none),
        ("destination: {nets: [10.20.30.40/32]}", none, both),
        ("protocol: TCP, destination: {ports: [80]}", both, none),
        ("protocol: TCP, destination: {ports: ['70:90']}", both, none),
        ("protocol: TCP, destination: {ports: [http]}", both, none),
        ("protocol: TCP, destination: {ports: [https]}", none, both),
        ("protocol: TCP, destination: {ports: [443, http]}", both, none),
        ("protocol: TCP, destination: {ports: [http], selector: app == 'svc-a'}", both, none),
        ("protocol: TCP, destination: {ports: [http], selector: app == 'other'}", none, both),
        ("protocol: TCP, destination: {notPorts: [80]}", none, both),
        ("protocol: TCP, destination: {notPorts: [http]}", none, both),
        ("protocol: TCP, destination: {notPorts: [443]}", both, none),
        ("protocol: TCP, source: {ports: ['1:65535']}", both, none),
        ("protocol: TCP, source: {ports: ['1000:45000', '45001:65535']}", both, none),
        ("protocol: TCP, source: {ports: ['1:1023']}", none, both),
        ("protocol: TCP, source: {notPorts: ['1:1023']}", both, none),
        ("source: {services: {name: svc-a, namespace: shop}}", none, both),
        ("source: {services: {name: callers, namespace: shop}}", a, b),
        // Measured: without a namespace it means nobody, in the policy's own namespace too.
        ("source: {services: {name: callers}}", none, both),
        // Felix has no condition where no Service is named: rule_scanner.go:438 at v3.28.5.
        ("source: {services: {namespace: shop}}", both, none),
        ("protocol: ICMP", none, both),
    ] {
        allowing(rule).assert(rule, POD, reached, cut);
    }
}

#[test]
fn a_source_port_that_matters_has_to_be_known() {
    let cluster = allowing("protocol: TCP, source: {ports: ['30000:40000']}");
    let answer = cluster.tcp("shop/caller-a", POD);
    assert!(matches!(answer.paths[0].verdict, Verdict::Unknown(Unknown::SourcePort(_))), "{}", told(&answer));
    let ask = |port: u16| {
        let client = Client::Pod { namespace: "shop".to_owned(), name: "caller-a".to_owned() };
        let carries = Carries::Ports { protocol: crate::access::Protocol::Tcp, port: 80, source_port: Some(port) };
        let to = Destination::Address { address: "192.168.10.11".parse().unwrap() };
        cluster.ask(&Question { client, to, carries, entry: Entry::default() }).verdict
    };
    assert_eq!((ask(35_000), ask(45_000)), (Overall::Allowed, Overall::Denied));
}

#[test]
fn icmp_and_other_protocols() {
    let ask = |cluster: &Cluster, carries: Carries| -> Answer {
        let client = Client::Pod { namespace: "shop".to_owned(), name: "caller-a".to_owned() };
        let to = Destination::Address { address: "192.168.10.11".parse().unwrap() };
        cluster.ask(&Question { client, to, carries, entry: Entry::default() })
    };
    let echo = Carries::Icmp { kind: 8, code: 0 };
    for (rule, carries, expected) in [
        ("protocol: ICMP", echo, Overall::Allowed),
        ("protocol: 1", echo, Overall::Allowed),
        ("protocol: ICMP, icmp: {type: 8}", echo, Overall::Allowed),
        ("protocol: ICMP, icmp: {type: 8, code: 0}", echo, Overall::Allowed),
        ("protocol: ICMP, icmp: {type: 8, code: 1}", echo, Overall::Denied),
        ("protocol: ICMP, icmp: {type: 3}", echo, Overall::Denied),
        ("protocol: ICMP, notICMP: {type: 8}", echo, Overall::Denied),
        ("protocol: ICMP, notICMP: {type: 3}", echo, Overall::Allowed),
        ("protocol: ICMPv6", echo, Overall::Denied),
        ("protocol: TCP, destination: {ports: ['1:65535']}", echo, Overall::Denied),
        ("protocol: 47", Carries::Other { protocol: 47 }, Overall::Allowed),
        ("protocol: 46", Carries::Other { protocol: 47 }, Overall::Denied),
        ("protocol: TCP", Carries::Other { protocol: 6 }, Overall::Allowed),
        ("protocol: TCP, destination: {ports: [80]}", Carries::Other { protocol: 6 }, Overall::Denied),
    ] {
        let answer = ask(&allowing(rule), carries);
        assert_eq!(answer.verdict, expected, "{rule}\n{}", told(&answer));
    }
}

#[test]
fn a_rule_about_http_is_unknown_only_where_it_would_match() {
    let http = "http: {methods: [GET]}, source: {nets: [192.168.10.0/24]}";
    assert!(matches!(allowing(http).tcp("shop/caller-a", VIP).paths[0].verdict, Verdict::Unknown(Unknown::Http(_))));
    assert_eq!(allowing(http).tcp("ops/caller-b", VIP).verdict, Overall::Denied);
}
