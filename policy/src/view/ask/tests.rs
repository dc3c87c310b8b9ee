use super::*;
use crate::object::{Kind, ObjectKey};
use crate::reach::packet::Interface;
use crate::reach::verdict::{Action, Hop};

fn hop(stage: Stage, node: &str, object: Option<ObjectKey>, action: Action) -> Hop {
    Hop { stage, node: node.to_owned(), object, rule: None, action, field: String::new(), why: format!("on {node}") }
}

/// A journey that comes in at `node` by `interface` and goes to the pod on `to`.
fn journey(node: &str, interface: Interface, to: &str, allowed: bool) -> Journey {
    let edge = ObjectKey::new(Kind::GlobalNetworkPolicy, "", "edge");
    let end = if allowed { Action::Allow } else { Action::Deny };
    let mut hops = vec![hop(Stage::PreDnat, node, Some(edge), end)];
    if allowed {
        hops.push(hop(Stage::Pod, to, Some(ObjectKey::new(Kind::Pod, "shop", to)), Action::Allow));
    }
    Journey {
        path: PathKey {
            node: node.to_owned(),
            interface: Some(interface),
            address: "10.20.30.40".parse().unwrap(),
            backend: Some(Backend {
                pod: Some(format!("shop/on-{to}")),
                node: Some(to.to_owned()),
                address: "192.168.1.2".parse().unwrap(),
                port: 8080,
            }),
        },
        verdict: if allowed { Verdict::Allowed } else { Verdict::Denied },
        source_seen_by_pod: None,
        hops,
    }
}

fn eth0() -> Interface {
    Interface::Named("eth0".to_owned())
}

/// Every way through three nodes with a pod on two of them.
fn answer(interface: &Interface, allowed: impl Fn(&str, &str) -> bool) -> Answer {
    let ways = ["a", "b", "c"].into_iter().flat_map(|node| ["a", "b"].map(|to| (node, to)));
    Answer::of(ways.map(|(node, to)| journey(node, interface.clone(), to, allowed(node, to))).collect())
}

#[test]
fn paths_that_differ_in_names_alone_are_one_route() {
    let routes = routes(&answer(&eth0(), |_, _| true), None);
    let counts: Vec<_> = routes.iter().map(|route| (route.kind, route.paths, route.nodes.count, route.backends.count)).collect();
    assert_eq!(counts, [(PathKind::SameNode, 2, 2, 2), (PathKind::OtherNode, 4, 3, 2)]);
}

#[test]
fn what_stands_in_the_way_comes_first() {
    let routes = routes(&answer(&eth0(), |node, _| node != "b"), None);
    let verdicts: Vec<_> = routes.iter().map(|route| route.now.as_ref().unwrap().verdict.clone()).collect();
    assert_eq!(verdicts, [Verdict::Denied, Verdict::Denied, Verdict::Allowed, Verdict::Allowed]);
    assert_eq!(routes[0].nodes, Names { first: vec!["b".to_owned()], count: 1 });
}

#[test]
fn a_plan_that_names_the_interface_keeps_paths_side_by_side() {
    let routes = routes(&answer(&Interface::Main, |_, _| true), Some(&answer(&eth0(), |_, _| false)));
    assert!(routes.iter().all(|route| route.now.is_some() && route.planned.is_some()), "{routes:#?}");
    assert_eq!(routes.iter().map(|route| route.paths).sum::<u32>(), 6);
}

#[test]
fn names_are_counted_past_the_first() {
    let names = Names::of((0..200).map(|n| format!("node-{n:03}")));
    assert_eq!((names.first.len(), names.count, names.first[0].as_str()), (NAMED, 200, "node-000"));
}

#[test]
fn an_answer_is_counted() {
    let told = Told::of(&answer(&eth0(), |node, _| node == "a"));
    assert_eq!(told, Told { verdict: Overall::Mixed, allowed: 2, denied: 4, unknown: 0 });
}
