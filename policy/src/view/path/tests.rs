use super::*;
use crate::object::{Kind, ObjectKey};
use crate::reach::packet::{Backend, PathKey};
use crate::reach::verdict::{Action, Hop, Stage, Verdict};
use std::net::IpAddr;

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn set(text: &str) -> CidrSet {
    text.parse::<Cidr>().unwrap().into()
}

/// A packet that comes in at `node` and goes to the pod on `to`, stopped there, if anywhere.
fn journey(node: &str, to: &str, stopped: Option<Stage>) -> Journey {
    let hop = |stage, action| Hop {
        stage,
        node: node.to_owned(),
        object: Some(ObjectKey::new(Kind::GlobalNetworkPolicy, "", "edge")),
        rule: Some(0),
        action,
        field: String::new(),
        why: String::new(),
    };
    let pod = Backend { pod: Some(format!("shop/{to}")), node: Some(to.to_owned()), address: address("192.168.1.2"), port: 8080 };
    Journey {
        path: PathKey {
            node: node.to_owned(),
            interface: Some(Interface::Named("eth0".to_owned())),
            address: address("10.20.30.40"),
            backend: Some(pod),
        },
        verdict: if stopped.is_some() { Verdict::Denied } else { Verdict::Allowed },
        source_seen_by_pod: None,
        hops: vec![stopped.map_or_else(|| hop(Stage::Delivery, Action::Allow), |stage| hop(stage, Action::Deny))],
    }
}

fn answer(nodes: &[String], pods: &[&str], stopped: impl Fn(&str, &str) -> Option<Stage>) -> Answer {
    let ways = nodes.iter().flat_map(|node| pods.iter().map(move |to| (node, *to)));
    Answer::of(ways.map(|(node, to)| journey(node, to, stopped(node, to))).collect())
}

fn class(clients: CidrSet, now: Answer) -> Class {
    Class { example: clients.first().unwrap(), clients, now, planned: None }
}

fn view(classes: Vec<Class>) -> PathView {
    let port = PathPort { port: "TCP/443".parse().unwrap(), node_port: false };
    PathView::of("shop/svc-a".parse().unwrap(), vec![port], port, classes, &Alike::default())
}

fn nodes(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("node-{n:03}")).collect()
}

#[test]
fn two_hundred_nodes_that_behave_alike_are_one() {
    for count in [2, 200] {
        let nodes = nodes(count);
        let pods = ["node-000", "node-001"];
        let inside = set("50.60.0.0/16");
        let outside = parts(std::slice::from_ref(&inside)).remove(1);
        let picture = view(vec![
            class(inside, answer(&nodes, &pods, |_, _| None)),
            class(outside, answer(&nodes, &pods, |_, _| Some(Stage::PreDnat))),
        ]);
        assert_eq!(picture.entries.len(), 1, "{count} nodes");
        assert_eq!(picture.entries[0].nodes.count as usize, count);
        let kinds: Vec<_> = picture.backends.iter().map(|group| (group.kind, group.backends.count)).collect();
        assert_eq!(kinds, [(PathKind::SameNode, 2), (PathKind::OtherNode, 2)]);
        assert_eq!(picture.flows.len(), 4, "two groups of clients by two kinds of path");
        assert_eq!(picture.flows.iter().map(|flow| flow.paths as usize).sum::<usize>(), 2 * 2 * count);
    }
}

#[test]
fn a_node_that_behaves_otherwise_stands_alone() {
    let nodes = nodes(5);
    let picture =
        view(vec![class(set("0.0.0.0/0"), answer(&nodes, &["node-000"], |node, _| (node == "node-003").then_some(Stage::PreDnat)))]);
    let groups: Vec<_> = picture.entries.iter().map(|entry| entry.nodes.count).collect();
    assert_eq!(groups, [4, 1]);
}

#[test]
fn clients_that_meet_the_same_are_one_group() {
    let nodes = nodes(1);
    let pods = ["node-000"];
    let [some, others, rest] = <[CidrSet; 3]>::try_from(
        parts(&[set("50.60.0.0/16"), set("203.0.113.0/24")]).into_iter().filter(|part| part.first().unwrap().is_ipv4()).collect::<Vec<_>>(),
    )
    .unwrap();
    let allowed = || answer(&nodes, &pods, |_, _| None);
    let denied = answer(&nodes, &pods, |_, _| Some(Stage::PreDnat));
    let picture = view(vec![class(rest, denied), class(some, allowed()), class(others, allowed())]);
    let groups: Vec<_> = picture.clients.iter().map(|group| (group.range_count, group.count.to_string(), group.rest)).collect();
    assert_eq!(groups, [(2, "65,792".to_owned(), false), (38, "4,294,901,504".to_owned(), true)]);
}

#[test]
fn parts_are_whole_in_every_set() {
    let sets = [set("10.0.0.0/8"), set("10.1.0.0/16"), set("2001:db8::/32")];
    let parts = parts(&sets);
    assert_eq!(parts.len(), 5);
    for part in &parts {
        assert!(sets.iter().all(|set| part.is_subset(set) || part.intersection(set).is_empty()));
    }
}

#[test]
fn a_node_stands_for_those_that_behave_alike() {
    let asked = ["node-000".to_owned(), "node-001".to_owned()];
    let alike = Alike(BTreeMap::from([("node-001".to_owned(), (1..200).map(|n| format!("node-{n:03}")).collect())]));
    let port = PathPort { port: "TCP/443".parse().unwrap(), node_port: false };
    let class = class(set("0.0.0.0/0"), answer(&asked, &["node-000"], |_, _| None));
    let picture = PathView::of("shop/svc-a".parse().unwrap(), vec![port], port, vec![class], &alike);
    assert_eq!(picture.entries.iter().map(|entry| entry.nodes.count).collect::<Vec<_>>(), [200]);
    assert_eq!(picture.flows.iter().map(|flow| flow.paths).collect::<Vec<_>>(), [1, 199]);
}

#[test]
fn the_backends_of_nodes_that_behave_alike_are_all_named() {
    let asked = ["node-000".to_owned()];
    let alike = Alike(BTreeMap::from([("node-000".to_owned(), vec!["node-000".to_owned(), "node-001".to_owned()])]));
    let port = PathPort { port: "TCP/443".parse().unwrap(), node_port: false };
    let class = class(set("0.0.0.0/0"), answer(&asked, &["node-000", "node-001"], |_, _| None));
    let picture = PathView::of("shop/svc-a".parse().unwrap(), vec![port], port, vec![class], &alike);
    let named: Vec<_> = picture.backends.iter().map(|group| (group.kind, group.nodes.count, group.backends.count)).collect();
    assert_eq!(named, [(PathKind::SameNode, 2, 2), (PathKind::OtherNode, 2, 2)], "{:#?}", picture.backends);
}
