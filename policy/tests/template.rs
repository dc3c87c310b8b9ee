//! What a template weighs: it is sent to the browser, and made anew when the cluster moves.

#![expect(clippy::unwrap_used, reason = "a cluster that cannot be made fails its test")]

mod common;

use common::{World, access, eth0, svc_a};
use policy::access::{Adoption, Change, Enforced, InCluster, Intent};
use policy::reach::sets::Kept;
use policy::reach::settings::{Settings, Told};
use policy::reach::template::{Shape, Template, make};
use policy::reach::verdict::PathKind;
use policy::snapshot::Snapshot;
use serde_json::json;

/// The page's cluster with so many nodes more.
fn cluster(nodes: u32) -> Snapshot {
    let node = |n: u32| {
        let address = format!("10.0.{}.{}", 8 + n / 250, 1 + n % 250);
        json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": format!("node-{n}"), "annotations": {
            "projectcalico.org/IPv4Address": format!("{address}/16"), "projectcalico.org/IPv4VXLANTunnelAddr": format!("192.168.{}.{}", 100 + n / 250, 1 + n % 250)}},
            "status": {"addresses": [{"type": "InternalIP", "address": address}]}})
    };
    (0..nodes).fold(World::page().with_endpoints(), |world, n| world.with(node(n))).snapshot()
}

fn draft(cidrs: &[String]) -> Change {
    let cidrs: Vec<&str> = cidrs.iter().map(String::as_str).collect();
    Change { service: svc_a(), intent: Intent::Guard(access(&cidrs)), host_endpoints: eth0(), adoption: Adoption::default() }
}

fn made(snapshot: &Snapshot, draft: &Change) -> Template {
    let settings = Settings::read(snapshot, &Told::default());
    make(snapshot, &settings, &Shape::of(draft).unwrap(), &mut Kept::default()).unwrap()
}

#[test]
fn it_does_not_grow_with_the_nodes() {
    let draft = draft(&["50.60.0.0/16".to_owned()]);
    let templates = [0, 200].map(|nodes| made(&cluster(nodes), &draft));
    for template in &templates {
        let view = template.complete(&draft).unwrap();
        assert!(view.sentence.starts_with("Denies `shop/svc-a` to"), "{}", view.sentence);
    }
    let [few, many] = templates.map(|template| serde_json::to_string(&template).unwrap().len());
    assert!(few.abs_diff(many) < 200 && many < 8_000, "{few} bytes with 2 nodes, {many} with 202");
}

/// Where the pods alone guard, and let in nobody of the cluster, it hangs on nodes' own addresses whether a packet gets to another node.
#[test]
fn a_list_without_nodes_is_told_as_one_where_that_makes_a_difference() {
    let snapshot = cluster(0);
    let of = |cidr: &str| {
        let mut draft = draft(&[cidr.to_owned()]);
        let Intent::Guard(access) = &mut draft.intent else { unreachable!("it is a guard") };
        access.enforced = Enforced::PodsAlone;
        access.in_cluster = InCluster::Nobody;
        draft
    };
    let (without, with) = (of("50.60.0.0/16"), of("10.0.0.0/8"));
    let template = made(&snapshot, &without);
    assert_eq!(template.complete(&with), None, "nodes are among the clients");
    let view = template.complete(&without).unwrap();
    let by_another: Vec<_> = view.rows.iter().filter(|row| row.kinds.contains(&PathKind::OtherNode)).collect();
    assert!(!by_another.is_empty());
    assert!(by_another.iter().all(|row| row.after.ranges == 0), "{by_another:#?}");
}

/// What the list has as clients may be what is sent to, where a selector of others means the sets that it is in.
#[test]
fn where_others_hold_what_is_sent_to_against_the_list_there_is_none() {
    let deny = |side: &str| {
        json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy", "metadata": {"name": "theirs"}, "spec": {"selector": "edge == 'true'",
            "types": ["Ingress"], "preDNAT": true, "applyOnForward": true,
            "ingress": [{"action": "Deny", side: {"notSelector": "group == 'x'", "namespaceSelector": "global()"}}]}})
    };
    let shape = Shape::of(&draft(&["50.60.0.0/16".to_owned()])).unwrap();
    for (side, told) in [("source", true), ("destination", false)] {
        let snapshot = World::page().with_endpoints().with(deny(side)).snapshot();
        let settings = Settings::read(&snapshot, &Told::default());
        assert_eq!(make(&snapshot, &settings, &shape, &mut Kept::default()).is_ok(), told, "{side}");
    }
}

#[test]
fn a_thousand_ranges_in_force_fit_into_50_kb() {
    let mut world = cluster(0);
    // Such as nothing makes short: no two are neighbours.
    let ranges: Vec<String> =
        (0_u32..1_000).map(|n| format!("{}.{}.{}.0/24", 50 + n * 7919 % 90, n * 104_729 % 251, n * 31 % 127 * 2)).collect();
    let guard = draft(&ranges);
    let plan = policy::plan::plan(&world, &guard).unwrap();
    world = policy::reach::diff::target(&world, &plan);
    let template = made(&world, &guard);
    let bytes = serde_json::to_string(&template).unwrap().len();
    assert!(bytes < 50 * 1024, "{bytes} bytes before they are compressed");
    let view = template.complete(&draft(&ranges[1..])).unwrap();
    assert!(view.sentence.contains("to 256 addresses"), "{}", view.sentence);
}
