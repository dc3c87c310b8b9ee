use super::{Document, groups_to_file, read, read_groups, to_file};
use crate::access::{Access, ClientRange, Enforced, GroupUse, HostEndpoints, InCluster, Interface, Port};
use proptest::prelude::*;
use serde_json::Value;

fn documents(yaml: &str) -> Vec<Value> {
    serde_saphyr::from_multiple(yaml).unwrap()
}

fn faults(yaml: &str) -> Vec<String> {
    read(&documents(yaml)).expect_err("faults").iter().map(ToString::to_string).collect()
}

#[test]
fn a_document_says_all_of_an_access() {
    let yaml = "service: shop/svc-a
clients:
- cidr: 50.60.0.0/16
  note: the office
  ports:
  - TCP/443
- cidr: 2001:db8::/32
groups:
- name: partner
  ports:
  - TCP/80
hostEndpoints:
  interface: eth0
inCluster:
- shop
- tenant
loadBalancers:
- 198.51.100.0/24
";
    let [document] = read(&documents(yaml)).unwrap().try_into().unwrap();
    assert_eq!(document.access.clients.len(), 2);
    assert_eq!(document.access.in_cluster, InCluster::Namespaces(vec!["shop".to_owned(), "tenant".to_owned()]));
    assert_eq!(document.to_yaml(), yaml);
}

#[test]
fn a_document_of_a_guard_at_the_pods_alone_names_no_host_endpoints() {
    let yaml = "service: shop/svc-a\nclients: []\nenforced: pods-alone\ninCluster: unchanged\n";
    let [document] = read(&documents(yaml)).unwrap().try_into().unwrap();
    assert_eq!((document.access.enforced, &document.host_endpoints), (Enforced::PodsAlone, &None));
    assert_eq!(Document { host_endpoints: Some(HostEndpoints::Existing), ..document }.to_yaml(), yaml);
}

#[test]
fn a_document_that_says_little_leaves_the_rest() {
    let [document] = read(&documents("{service: shop/svc-a, clients: []}")).unwrap().try_into().unwrap();
    assert_eq!((document.access, document.host_endpoints), (Access::default(), None));
}

#[test]
fn each_fault_is_named_with_its_rule() {
    let table = [
        (
            "[]",
            "document 1: a list is not the access of a Service: write its fields, service, clients, groups, inCluster, loadBalancers, enforced, hostEndpoints",
        ),
        ("{clients: []}", "document 1, `service`: is missing: write NAMESPACE/NAME of the Service"),
        ("{service: svc-a, clients: []}", "document 1, `service`: `svc-a` does not name a Service: write NAMESPACE/NAME"),
        ("{service: a/b}", "document 1, `clients`: is missing: write who outside may reach the Service, or [] for nobody"),
        (
            "{service: a/b, clients: [], client: []}",
            "document 1, `client`: is no field of the access of a Service: it has service, clients, ",
        ),
        (
            "{service: a/b, clients: 50.60.0.0/16}",
            "document 1, `clients`: a text is not a list: write each item behind a dash, or [] for none",
        ),
        (
            "{service: a/b, clients: [50.60.0.0/16]}",
            "document 1, `clients[0]`: a text is not a range of clients: write its fields, cidr, ports, note",
        ),
        ("{service: a/b, clients: [{note: x}]}", "document 1, `clients[0].cidr`: is missing: write a range or an address, as 50.60.0.0/16"),
        ("{service: a/b, clients: [{cidr: 50.60.0.1/16}]}", "document 1, `clients[0].cidr`: `50.60.0.1/16` has bits set behind its prefix"),
        ("{service: a/b, clients: [{cidr: 5}]}", "document 1, `clients[0].cidr`: a number is not a text: put it in quotes"),
        (
            "{service: a/b, clients: [{cidr: 1.2.3.4, port: x}]}",
            "document 1, `clients[0].port`: is no field of a range of clients: it has cidr, ports, note",
        ),
        (
            "{service: a/b, clients: [{cidr: 1.2.3.4, ports: [443]}]}",
            "document 1, `clients[0].ports[0]`: a number is not a text: put it in quotes",
        ),
        (
            "{service: a/b, clients: [{cidr: 1.2.3.4, ports: ['443']}]}",
            "document 1, `clients[0].ports[0]`: `443` is not a port of a Service",
        ),
        ("{service: a/b, clients: [{cidr: 1.2.3.4, ports: []}]}", "document 1, `clients[0].ports`: names no port: name at least one"),
        (
            "{service: a/b, clients: [{cidr: 1.2.3.4, note: null}]}",
            "document 1, `clients[0].note`: nothing is not a text: put it in quotes",
        ),
        ("{service: a/b, clients: [{cidr: 1.2.3.4, note: \"a\\nb\"}]}", "document 1, `clients[0].note`: has control characters"),
        ("{service: a/b, groups: [{}]}", "document 1, `groups[0].name`: is missing: write the name of a group"),
        ("{service: a/b, groups: [{name: The Office}]}", "document 1, `groups[0].name`: `The Office` is not the name of a group: 1 to 40 "),
        ("{service: a/b, groups: [{name: office, ranges: []}]}", "document 1, `groups[0].ranges`: is no field of a group of clients"),
        ("{service: a/b, clients: [], loadBalancers: [x]}", "document 1, `loadBalancers[0]`: `x` is not an address or a CIDR"),
        (
            "{service: a/b, clients: [], inCluster: all}",
            "document 1, `inCluster`: `all` is none of `unchanged`, `nobody` and a list of namespaces",
        ),
        ("{service: a/b, clients: [], inCluster: true}", "document 1, `inCluster`: true or false is none of `unchanged`, `nobody` and "),
        ("{service: a/b, clients: [], inCluster: []}", "document 1, `inCluster`: names no namespace: name at least one, or write nobody"),
        ("{service: a/b, clients: [], inCluster: [A]}", "document 1, `inCluster[0]`: `A` is not the name of a namespace"),
        ("{service: a/b, clients: [], hostEndpoints: auto}", "document 1, `hostEndpoints`: `auto` is none of `existing`, `automatic` and "),
        (
            "{service: a/b, clients: [], hostEndpoints: {interface: 'a b'}}",
            "document 1, `hostEndpoints.interface`: `a b` is not the name of an ",
        ),
        ("{service: a/b, clients: [], hostEndpoints: {}}", "document 1, `hostEndpoints.interface`: is missing"),
        ("{service: a/b, clients: [], enforced: pods}", "document 1, `enforced`: `pods` is neither `nodes-and-pods` nor `pods-alone`"),
        (
            "{service: a/b, clients: [], enforced: pods-alone, hostEndpoints: existing}",
            "document 1, `hostEndpoints`: is about a guard at the nodes: leave it out beside `enforced: pods-alone`",
        ),
        ("{service: a/b, clients: []}\n---\n{service: a/b, clients: []}", "document 2, `service`: `a/b` has a document already, number 1"),
    ];
    for (yaml, expected) in table {
        let found = faults(yaml);
        assert_eq!(found.len(), 1, "{yaml}: {found:?}");
        assert!(found[0].starts_with(expected), "{yaml}: {found:?}");
    }
    assert_eq!(read(&[]).unwrap_err()[0].to_string(), "the file: there is no document: write one for each Service");
    let long = format!("{{service: a/b, clients: [{{cidr: 1.2.3.4, note: {}}}]}}", "n".repeat(121));
    assert_eq!(faults(&long), ["document 1, `clients[0].note`: has 121 characters: 120 is the most"]);
}

#[test]
fn all_faults_are_named_in_the_order_of_the_file() {
    let found = faults("{service: a, clients: [{cidr: x}], groups: [{name: X}]}\n---\n7");
    let places: Vec<&str> = found.iter().map(|fault| fault.split(": ").next().unwrap()).collect();
    assert_eq!(places, ["document 1, `service`", "document 1, `clients[0].cidr`", "document 1, `groups[0].name`", "document 2"]);
}

fn ports() -> impl Strategy<Value = Vec<Port>> {
    prop::collection::vec(prop::sample::select(vec!["TCP/80", "TCP/443", "UDP/53"]), 0..3)
        .prop_map(|ports| ports.into_iter().map(|port| port.parse().unwrap()).collect())
}

fn note() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["", "the office", "yes", "1.5", "a: b # c", "\"quoted\"", "- dash", "ü"]).prop_map(str::to_owned)
}

fn access() -> impl Strategy<Value = Access> {
    let cidr = prop::sample::select(vec!["50.60.0.0/16", "1.2.3.4/32", "::/0", "2001:db8::/32"]);
    let clients = prop::collection::vec((cidr.clone(), ports(), note()), 0..4);
    let names = prop::sample::select(vec!["office", "no", "7", "partner-2"]);
    let groups = prop::collection::vec((names, ports(), note()), 0..4);
    let namespaces = prop::sample::subsequence(vec!["shop", "true", "1"], 1..3);
    let in_cluster = prop_oneof![
        Just(InCluster::Unchanged),
        Just(InCluster::Nobody),
        namespaces.prop_map(|names| InCluster::Namespaces(names.into_iter().map(str::to_owned).collect()))
    ];
    let enforced = prop_oneof![Just(Enforced::NodesAndPods), Just(Enforced::PodsAlone)];
    let all = (clients, groups, in_cluster, prop::collection::vec(cidr, 0..2), enforced);
    all.prop_map(|(clients, groups, in_cluster, load_balancers, enforced)| Access {
        enforced,
        clients: clients.into_iter().map(|(cidr, ports, note)| ClientRange { cidr: cidr.parse().unwrap(), ports, note }).collect(),
        groups: groups
            .into_iter()
            .map(|(name, ports, note)| GroupUse { name: name.parse().unwrap(), ports, note, ranges: Vec::new() })
            .collect(),
        in_cluster,
        load_balancers: load_balancers.into_iter().map(|cidr| cidr.parse().unwrap()).collect(),
    })
}

fn document() -> impl Strategy<Value = Document> {
    let edge = prop::option::of(prop_oneof![
        Just(HostEndpoints::Existing),
        Just(HostEndpoints::Automatic),
        Just(HostEndpoints::Named { interface: Interface::default() })
    ]);
    let service = prop::sample::select(vec!["shop/svc-a", "shop/svc-b", "1/2"]);
    (service, access(), edge).prop_map(|(service, access, host_endpoints)| Document {
        service: service.parse().unwrap(),
        host_endpoints: host_endpoints.filter(|_| !access.enforced.at_pods_alone()),
        access: access.normalised(),
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(mut written in prop::collection::vec(document(), 1..4)) {
        written.sort_by(|a, b| a.service.cmp(&b.service));
        written.dedup_by(|a, b| a.service == b.service);
        prop_assert_eq!(read(&documents(&to_file(&written))), Ok(written));
    }
}

const GROUPS: &str = "group: office
ranges:
- cidr: 50.60.0.0/16
  note: Berlin
- cidr: 2001:db8::/32
---
group: partner
ranges: []
";

#[test]
fn groups_that_are_written_are_read() {
    let groups = read_groups(&documents(GROUPS)).unwrap();
    assert_eq!(groups.iter().map(|group| (group.name.as_str(), group.ranges.len())).collect::<Vec<_>>(), [("office", 2), ("partner", 0)]);
    assert_eq!(groups_to_file(&groups), GROUPS);
}

#[test]
fn every_fault_of_a_group_is_named() {
    let faults =
        |yaml: &str| -> Vec<String> { read_groups(&documents(yaml)).expect_err("faults").iter().map(ToString::to_string).collect() };
    let several = "group: Office\nranges:\n- cidr: 50.60.0.1/16\n- cidr: 50.61.0.0/16\n  ports: [TCP/80]\n- cidr: 50.61.0.0/16\n";
    let said = faults(several);
    for (place, rule) in [
        ("document 1, `group`", "is not the name of a group"),
        ("document 1, `ranges[0].cidr`", "write 50.60.0.0/16 for the range"),
        ("document 1, `ranges[1].ports`", "is no field of a range of a group: it has cidr, note"),
        ("document 1, `ranges[2].cidr`", "stands in the list already"),
    ] {
        assert!(said.iter().any(|fault| fault.starts_with(place) && fault.contains(rule)), "{place}: {said:?}");
    }
    assert_eq!(faults("group: office"), ["document 1, `ranges`: is missing: write the ranges of the group, or [] for none"]);
    assert_eq!(faults(""), ["the file: there is no document: write one for each group"]);
    assert_eq!(
        faults("group: a\nranges: []\n---\ngroup: a\nranges: []\n"),
        ["document 2, `group`: `a` has a document already, number 1: put the two together"]
    );
}
