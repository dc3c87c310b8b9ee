//! The page's recipe fails for both engines as it fails for packets: the rows of `end2end/tests/page.rs`, which are measured.

use crate::ask::{ask, carries, client, entry, reached};
use crate::cluster::Cluster;
use crate::engines;
use crate::page::{page, svc_a};
use policy::access::{Access, ClientRange, InCluster, Interface, Protocol};
use policy::object::{Node, decode};
use policy::reach::packet::Entry;
use policy::recipe::{PageHosts, documented, documented_host_endpoint};
use policy::scope::Scope;
use serde_json::Value;

/// Who asks, where the packet goes, and where it comes in.
const CELLS: [(&str, &str, &str); 16] = [
    ("50.60.1.10", "10.20.30.40:80", "node-a"),
    ("70.80.1.10", "10.20.30.40:80", "node-a"),
    ("50.60.2.10", "10.20.30.40:80", "node-b"),
    ("70.80.2.10", "10.20.30.40:80", "node-b"),
    // Two ports that are failsafe on hosts.
    ("70.80.1.10", "10.20.30.40:22", "node-a"),
    ("70.80.2.10", "10.20.30.40:22", "node-b"),
    ("70.80.1.10", "10.20.30.40:6443", "node-a"),
    ("70.80.2.10", "10.20.30.40:6443", "node-b"),
    // A NodePort, on the pod's node and on the other.
    ("70.80.1.10", "10.0.1.1:30080", "node-a"),
    ("70.80.2.10", "10.0.2.1:30080", "node-b"),
    // Pods, on the same node and on the other.
    ("shop/caller-a", "10.20.30.40:80", ""),
    ("ops/caller-b", "10.20.30.40:80", ""),
    // Into the host, by a port that is not failsafe and by one that is; out of it; and as the kubelet probes its pods.
    ("70.80.2.10", "10.0.1.1:10250", "node-b"),
    ("70.80.2.10", "10.0.1.1:22", "node-b"),
    ("node:node-a", "70.80.1.10:8080", ""),
    ("node:node-a", "192.168.10.11:80", ""),
];

/// The page's world with the HostEndpoints of Step 5, and the first so many of its policies.
fn followed(hosts: Option<PageHosts>, policies: usize) -> Cluster {
    let world = page();
    let access = Access {
        clients: vec![ClientRange { cidr: "50.60.0.0/16".parse().unwrap(), ports: Vec::new(), note: String::new() }],
        in_cluster: InCluster::Unchanged,
        ..Access::default()
    };
    let scope = Scope::of(&world.snapshot(), &svc_a()).unwrap();
    let nodes: Vec<Node> = world.objects.iter().filter(|object| object["kind"] == "Node").map(|node| decode(node).unwrap()).collect();
    let host_endpoints: Vec<Value> = hosts
        .map(|hosts| nodes.iter().map(|node| documented_host_endpoint(node, &Interface::default(), hosts)).collect())
        .unwrap_or_default();
    world.with_all(host_endpoints).with_all(documented(&scope, &access).into_iter().take(policies))
}

#[test]
fn the_page_fails_as_it_does_with_packets() {
    use PageHosts::{Bare, WithAddresses, WithAddressesAndProfile};
    let rows = [
        ("no objects", followed(None, 0), "yyyy yyyy yy yy yy yy"),
        ("bare HostEndpoints cut the host", followed(Some(Bare), 0), "yyyy yyyy yy yy ny ny"),
        ("Step 2 alone blocks nobody", followed(Some(WithAddressesAndProfile), 1), "yyyy yyyy yy yy yy yy"),
        ("the page to the letter blocks everyone", followed(Some(Bare), 4), "nnnn nnnn nn nn ny ny"),
        (
            "with its labels resolved it cuts the authorised and lets outsiders in",
            followed(Some(WithAddresses), 4),
            "nnyy nyny ny nn yy ny",
        ),
        ("the same with a profile that lets the hosts be", followed(Some(WithAddressesAndProfile), 4), "nnyy nyny ny nn yy yy"),
    ];
    for (row, cluster, expected) in rows {
        let letters: Vec<bool> = expected.chars().filter(|letter| !letter.is_whitespace()).map(|letter| letter == 'y').collect();
        let snapshot = cluster.snapshot();
        let settings = cluster.settings(&snapshot);
        for ((from, to, node), expected) in CELLS.into_iter().zip(letters) {
            let (address, port) = to.rsplit_once(':').unwrap();
            let (address, port) = (address.parse().unwrap(), port.parse().unwrap());
            // UDP where the Service has it: the same path, so the same letter.
            let mut kinds = vec![carries(Protocol::Tcp, port)];
            if to == "10.20.30.40:80" {
                kinds.push(carries(Protocol::Udp, 443));
            }
            for carries in kinds {
                if let Some(found) = engines::by_sets(&snapshot, &settings, &client(from), (address, carries), node) {
                    assert_eq!(found, Ok(expected), "{row}: {from} to {to} by `{node}`, by the sets");
                }
                let at = if node.is_empty() { Entry::default() } else { entry(node) };
                let answer = ask(&snapshot, &settings, client(from), address, carries, at);
                assert_eq!(reached(&answer), Some(expected), "{row}: {from} to {to} by `{node}`: {answer:#?}");
            }
        }
    }
}
