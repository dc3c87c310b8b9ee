use super::layout::{COLUMNS, WIDTH, layout};
use super::lines::{Reaches, lines};
use super::words::spoken;
use super::*;
use policy::cidr::CidrSet;
use policy::object::{Kind, ObjectKey};
use policy::reach::packet::{Backend, Interface, PathKey};
use policy::reach::verdict::{Action, Answer, Hop, Journey, Stage, Verdict};
use policy::view::{Alike, Class, PathPort, example, parts};

fn journey(node: usize, pod: usize, allowed: bool) -> Journey {
    let hop = |stage, action| Hop {
        stage,
        node: format!("node-{node}"),
        object: Some(ObjectKey::new(Kind::GlobalNetworkPolicy, "", "edge")),
        rule: Some(1),
        action,
        field: String::new(),
        why: "a reason".to_owned(),
    };
    Journey {
        path: PathKey {
            node: format!("node-{node}"),
            interface: Some(Interface::Named("eth0".to_owned())),
            address: "10.20.30.40".parse().unwrap(),
            backend: Some(Backend {
                pod: Some(format!("shop/pod-{pod}")),
                node: Some(format!("node-{pod}")),
                address: "192.168.0.2".parse().unwrap(),
                port: 8080,
            }),
        },
        verdict: if allowed { Verdict::Allowed } else { Verdict::Denied },
        source_seen_by_pod: None,
        hops: vec![if allowed { hop(Stage::Pod, Action::Allow) } else { hop(Stage::PreDnat, Action::Deny) }],
    }
}

/// Two nodes with a pod each. `50.60.0.0/16` gets in, and with the plan nobody does.
fn view(planned: bool) -> PathView {
    let inside = CidrSet::from("50.60.0.0/16".parse::<policy::cidr::Cidr>().unwrap());
    let answer = |allowed: bool| Answer::of((0..2).flat_map(|node| [0, 1].map(|pod| journey(node, pod, allowed))).collect());
    let classes = parts(std::slice::from_ref(&inside)).into_iter().filter(|part| part.first().unwrap().is_ipv4()).map(|clients| Class {
        example: example(&clients).unwrap(),
        now: answer(clients == inside),
        planned: planned.then(|| answer(false)),
        clients,
    });
    let port = PathPort { port: "TCP/443".parse().unwrap(), node_port: false };
    PathView::of("shop/svc-a".parse().unwrap(), vec![port], port, classes.collect(), &Alike::default())
}

#[test]
fn what_is_stopped_at_the_edge_is_one_line_whatever_lies_behind() {
    let lines = lines(&view(false), Side::Now);
    let reach: Vec<_> = lines.iter().map(|line| (line.client, line.reaches, line.backend, line.paths)).collect();
    assert_eq!(reach, [(0, Reaches::Inside, Some(0), 2), (0, Reaches::Inside, Some(1), 2), (1, Reaches::Entry, None, 4)]);
}

#[test]
fn what_a_plan_changes_is_marked_on_both_sides() {
    let view = view(true);
    let changed = |side| lines(&view, side).iter().map(|line| line.changed).collect::<Vec<_>>();
    assert_eq!(changed(Side::Now), [true, true, false]);
    assert_eq!(changed(Side::Planned), [true, false], "stopped at the edge, each group of clients is one line");
}

#[test]
fn everything_stands_on_the_grid_and_nothing_overlaps() {
    let view = view(false);
    let drawn = layout(&view, &lines(&view, Side::Now));
    assert_eq!(COLUMNS[3].0 + COLUMNS[3].1, WIDTH);
    for column in &drawn.boxes {
        for one in column {
            assert_eq!([one.x % 8, one.y % 8, one.width % 8, one.height % 8], [0; 4], "{one:?}");
            assert!(one.y + one.height <= drawn.height);
        }
        assert!(column.windows(2).all(|pair| pair[0].y + pair[0].height < pair[1].y));
    }
    let denied = &drawn.lines[2];
    let entry = drawn.boxes[1][0];
    assert_eq!(denied.mark.0, entry.x + entry.width / 2, "it ends at the gate of the interface");
    assert_eq!(drawn.lines[0].mark.0, drawn.boxes[3][0].x, "it runs through to the backend");
}

#[test]
fn a_line_is_told_in_one_sentence() {
    let view = view(false);
    let told: Vec<String> = lines(&view, Side::Now).iter().map(|line| spoken(&view, line, Side::Now)).collect();
    assert_eq!(
        [told[1].as_str(), told[2].as_str()],
        [
            "50.60.0.0/16, 65,536 addresses, by eth0 of node-0, node-1, to 10.20.30.40, to Other node, pod-0, pod-1: allowed, 2 paths",
            "Everyone else, 4,294,901,760 addresses, by eth0 of node-0, node-1: denied by Edge, before translation, \
             GlobalNetworkPolicy edge, rule 2, 4 paths",
        ]
    );
}
