//! Nodes with several interfaces: which is the main one, and which HostEndpoint stands for which (`end2end/worlds/judged`).

use super::{Cluster, gate, host_endpoint, set, told};
use crate::reach::packet::{Carries, Client, Destination, Entry, Question};
use crate::reach::verdict::{Unknown, Verdict};
use serde_json::json;

const DENY: &str = "[{action: Deny, destination: {nets: [10.20.30.40/32]}}]";

/// What becomes of an outsider's packets to the Service, by where they come in at node A.
fn by_interface(cluster: &Cluster, interface: Option<&str>) -> Vec<(String, Verdict)> {
    let answer = cluster.ask(&Question {
        client: Client::Outside { address: "70.80.1.10".parse().unwrap() },
        to: Destination::Address { address: "10.20.30.40".parse().unwrap() },
        carries: Carries::Ports { protocol: crate::access::Protocol::Tcp, port: 80, source_port: None },
        entry: Entry { node: Some("node-a".to_owned()), interface: interface.map(str::to_owned) },
    });
    println!("{}", told(&answer));
    answer.paths.into_iter().map(|journey| (journey.path.interface.unwrap().to_string(), journey.verdict)).collect()
}

fn of(interface: &str, verdict: Verdict) -> (String, Verdict) {
    (interface.to_owned(), verdict)
}

fn guarded() -> serde_json::Value {
    json!({ "edge": "true" })
}

#[test]
fn the_one_with_a_name_may_not_be_the_main_one_where_other_addresses_are_expected_of_it() {
    let second = || host_endpoint("a-second", "node-a", "bond0.7", &["10.0.11.1"], &guarded());
    let gated = Cluster::page().with([second(), gate("gate", None, DENY)]);
    assert_eq!(by_interface(&gated, None), [of("bond0.7", Verdict::Denied), of("*", Verdict::Unknown(Unknown::BetweenNodes))]);
    // Ours name the interface that they were told, whatever address the node has by now.
    let mut ours = second();
    ours["metadata"]["name"] = "portcullis-host-node-a".into();
    ours["metadata"]["annotations"] = json!({ "portcullis.dev/shape": "2" });
    assert_eq!(by_interface(&Cluster::page().with([ours, gate("gate", None, DENY)]), None), [of("bond0.7", Verdict::Denied)]);
    // One without a name stands for the main one, by the node's address.
    let main = host_endpoint("a-main", "node-a", "", &["10.0.1.1"], &guarded());
    let second = set(second(), "expectedIPs", json!([]));
    let by_address = Cluster::page().with([second, main, set(gate("gate", None, DENY), "selector", "edge == 'true'")]);
    assert_eq!(by_interface(&by_address, None), [of("bond0.7", Verdict::Denied), of("*", Verdict::Denied)]);
    // By the only one with a name, of which nothing is expected, packets come in that other nodes send.
    let only = host_endpoint("a-only", "node-a", "eth0", &[], &guarded());
    assert_eq!(by_interface(&Cluster::page().with([only, gate("gate", None, DENY)]), None), [of("eth0", Verdict::Denied)]);
}

/// Measured: `end2end/worlds/judged/interface-exclude.yaml`.
#[test]
fn what_felix_does_not_look_at_has_no_host_endpoint_of_its_own() {
    let gated = Cluster::page().with([host_endpoint("a-main", "node-a", "eth0", &["10.0.1.1"], &guarded()), gate("gate", None, DENY)]);
    let with = |excluded: &str| {
        let felix = json!({ "apiVersion": "projectcalico.org/v3", "kind": "FelixConfiguration", "metadata": { "name": "default" }, "spec": { "interfaceExclude": excluded } });
        by_interface(&gated.with([felix]), None)
    };
    for (excluded, verdict) in [
        ("kube-ipvs0", Verdict::Denied),
        ("eth", Verdict::Denied),
        ("kube-ipvs0, eth0", Verdict::Allowed),
        ("/^eth[0-9]$/", Verdict::Allowed),
        ("/[/", Verdict::Denied),
    ] {
        assert_eq!(with(excluded), [of("eth0", verdict)], "{excluded}");
    }
}

#[test]
fn one_without_a_name_stands_for_another_interface_by_its_address() {
    let second = host_endpoint("a-second", "node-a", "", &["10.0.11.1"], &json!({}));
    let all = host_endpoint("a-all", "node-a", "*", &["10.0.1.1"], &guarded());
    let elsewhere = gate("elsewhere", None, "[{action: Deny, destination: {nets: [10.99.0.0/16]}}]");
    let cluster = Cluster::page().with([second, all, gate("gate", None, DENY), set(elsewhere, "selector", "!has(edge)")]);
    // It has policy before translation of its own, so `*` has no say there.
    assert_eq!(by_interface(&cluster, None), [of("*", Verdict::Denied), of("10.0.11.1", Verdict::Allowed)]);
    assert_eq!(by_interface(&cluster, Some("10.0.11.1")), [of("10.0.11.1", Verdict::Allowed)]);
    // By its name it may be that interface, or any other.
    assert_eq!(by_interface(&cluster, Some("bond0.7")), [of("bond0.7", Verdict::Unknown(Unknown::BetweenNodes))]);
    // By an address of the node itself it is the main one, whatever that is called.
    assert_eq!(by_interface(&cluster, Some("10.0.1.1")), [of("*", Verdict::Denied)]);
    let eth0 = Cluster::page().with([host_endpoint("a-eth0", "node-a", "eth0", &["10.0.1.1"], &guarded()), gate("gate", None, DENY)]);
    assert_eq!(by_interface(&eth0, Some("10.0.1.1")), [of("eth0", Verdict::Denied)]);
    let bond = host_endpoint("a-bond", "node-a", "bond0.7", &["10.0.11.1"], &guarded());
    assert_eq!(by_interface(&eth0.with([bond]), Some("10.0.11.1")), [of("bond0.7", Verdict::Denied)]);
    // Where another names the interface and expects the address too, they are one interface.
    let named = host_endpoint("z-second", "node-a", "bond0.7", &["10.0.11.1"], &guarded());
    let main = host_endpoint("m-main", "node-a", "", &["10.0.1.1"], &guarded());
    assert_eq!(by_interface(&cluster.with([named, main]), None), [of("bond0.7", Verdict::Allowed), of("*", Verdict::Denied)]);
}
