//! Who is cut, where, and by what command.

use super::*;
use crate::reach::diff::of_snapshots;
use crate::reach::sets::testing::{Cluster, VIP, host_endpoint, node, policy, service};
use serde_json::{Value, json};

/// Lets `nets` in at an address, and nobody else.
fn gate(nets: &[&str], address: &str) -> Value {
    let to = json!({"nets": [address]});
    policy(
        "gate",
        json!({"selector": "k8s-role == 'node'", "order": 100, "types": ["Ingress"], "preDNAT": true, "applyOnForward": true, "ingress": [
            {"action": "Allow", "source": {"nets": nets}, "destination": to}, {"action": "Deny", "destination": to}]}),
    )
}

fn open() -> Cluster {
    Cluster::page().endpoints("eth0", true, true)
}

fn guarded(nets: &[&str]) -> Cluster {
    open().with(gate(nets, &format!("{VIP}/32")))
}

fn told_of(before: &Cluster, after: &Cluster) -> Option<OpenConnections> {
    let (was, is) = (before.snapshot(), after.snapshot());
    let settings = [before.settings(), after.settings()];
    let before = Side { snapshot: &was, settings: &settings[0] };
    let diff = of_snapshots(before, Side { snapshot: &is, settings: &settings[1] }, None).unwrap();
    of_diff(before, &diff, &mut Kept::default()).unwrap()
}

#[test]
fn whoever_narrows_is_told_what_stays_and_how_to_cut_exactly_that() {
    let told = told_of(&guarded(&["50.60.0.0/16", "70.80.0.0/16"]), &guarded(&["50.60.0.0/16", "70.80.1.0/24", "9.9.9.9/32"])).unwrap();
    assert_eq!(told.sentences[0], STAY);
    let [cut] = told.cuts.as_slice() else { panic!("{told:#?}") };
    assert_eq!((cut.nodes.as_slice(), cut.nodes_in_words().as_str()), (&["a".to_owned(), "b".to_owned()][..], "`a`, `b`"));
    let command = format!("conntrack -D -p tcp --orig-dst {VIP} --orig-port-dst 80 --orig-src ");
    let ranges: Vec<&str> = cut.commands.iter().map(|line| line.strip_prefix(&command).unwrap()).collect();
    // All of 70.80.0.0/16 but what may stay.
    assert_eq!(
        ranges,
        [
            "70.80.0.0/24",
            "70.80.2.0/23",
            "70.80.4.0/22",
            "70.80.8.0/21",
            "70.80.16.0/20",
            "70.80.32.0/19",
            "70.80.64.0/18",
            "70.80.128.0/17"
        ]
    );
}

#[test]
fn whoever_widens_or_changes_nothing_is_told_nothing() {
    let narrow = guarded(&["50.60.0.0/16"]);
    assert_eq!(told_of(&narrow, &narrow), None);
    assert_eq!(told_of(&narrow, &guarded(&["50.0.0.0/8"])), None);
    assert_eq!(told_of(&narrow, &open()), None);
}

#[test]
fn the_connections_of_pods_are_left_alone() {
    let told = told_of(&open(), &guarded(&["50.60.0.0/16"])).unwrap();
    let ranges: CidrSet = told.cuts[0].commands.iter().map(|line| line.rsplit(' ').next().unwrap().parse::<Cidr>().unwrap()).collect();
    let kept: CidrSet = ["50.60.0.0/16", "192.168.0.0/16"].map(|range| range.parse::<Cidr>().unwrap()).into_iter().collect();
    assert_eq!(ranges, CidrSet::from("0.0.0.0/0".parse::<Cidr>().unwrap()).difference(&kept));
}

#[test]
fn a_node_port_is_cut_at_each_node_by_its_own_address() {
    let mut exposed = service("svc-a", VIP, json!([{"name": "http", "port": 80, "targetPort": 8080, "nodePort": 30080}]));
    exposed["spec"]["type"] = json!("NodePort");
    let open = open().with(exposed);
    let denied = policy(
        "gate",
        json!({"selector": "k8s-role == 'node'", "types": ["Ingress"], "preDNAT": true, "applyOnForward": true, "ingress": [
            {"action": "Deny", "protocol": "TCP", "source": {"nets": ["70.0.0.0/8"]}, "destination": {"ports": [30080]}}]}),
    );
    let told = told_of(&open, &open.clone().with(denied)).unwrap();
    let line = |address: &str| vec![format!("conntrack -D -p tcp --orig-dst {address} --orig-port-dst 30080 --orig-src 70.0.0.0/8")];
    let by_node: Vec<_> = told.cuts.iter().map(|cut| (cut.nodes.join(" "), cut.commands.clone())).collect();
    assert_eq!(by_node, [("a".to_owned(), line("10.0.1.1")), ("b".to_owned(), line("10.0.2.1"))]);
}

#[test]
fn where_the_ranges_are_too_many_the_command_is_for_all_clients_and_says_so() {
    let every_other: Vec<String> = (0..=255).flat_map(|b| [0, 2].map(|c| format!("80.{b}.{c}.0/24"))).collect();
    let nets: Vec<&str> = every_other.iter().map(String::as_str).collect();
    let told = told_of(&guarded(&nets), &guarded(&["9.9.9.9/32"])).unwrap();
    assert_eq!(told.cuts[0].commands, [format!("conntrack -D -p tcp --orig-dst {VIP} --orig-port-dst 80")]);
    assert!(told.sentences[1].contains("whoever may stay connects again"), "{told:#?}");
}

#[test]
fn nodes_are_named_as_far_as_one_reads_and_counted_beyond() {
    let many = (0..60).fold(open(), |cluster, at| {
        let (name, address) = (format!("n{at:02}"), format!("10.0.9.{at}"));
        cluster.with(node(&name, &format!("{address}/16"), "192.168.77.9")).with(host_endpoint(&name, "eth0", &[&address]))
    });
    let told = told_of(&many, &many.clone().with(gate(&["50.60.0.0/16"], &format!("{VIP}/32")))).unwrap();
    let [cut] = told.cuts.as_slice() else { panic!("{} cuts", told.cuts.len()) };
    assert_eq!((cut.nodes.len(), cut.more_nodes), (NAMED, 12));
    assert!(cut.nodes_in_words().ends_with("`n47` and 12 more"), "{}", cut.nodes_in_words());
}

#[test]
fn families_and_protocols_are_named_as_conntrack_takes_them() {
    let told = |address: &str, port: &str| command(address.parse().unwrap(), port.parse().unwrap());
    assert_eq!(told("10.20.30.40", "UDP/53"), "conntrack -D -p udp --orig-dst 10.20.30.40 --orig-port-dst 53");
    assert_eq!(told("fd00:20::40", "TCP/443"), "conntrack -D -f ipv6 -p tcp --orig-dst fd00:20::40 --orig-port-dst 443");
    assert_eq!(told("10.20.30.40", "SCTP/7"), "conntrack -D -p sctp --orig-dst 10.20.30.40 --orig-port-dst 7");
}
