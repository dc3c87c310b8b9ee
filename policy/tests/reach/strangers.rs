//! A Service that shares no pod, address or NodePort with a change keeps who reaches it, on every path.

use crate::ask::{ask, of_port, outside};
use crate::cluster::Cluster;
use crate::cluster::jobs::{Job, job, target};
use crate::counts::Counts;
use crate::hardened::{entries, held, outsiders};
use crate::packets::any_address;
use crate::run::{self, Size};
use policy::access::Port;
use policy::object::{EndpointSlice, ServiceRef};
use policy::reach::packet::{Client, Entry};
use policy::scope::ServiceFacts;
use policy::snapshot::Snapshot;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// The addresses and ports of a Service, its NodePorts at every node's address too.
pub(crate) fn asked(snapshot: &Snapshot, service: &ServiceRef) -> Vec<(IpAddr, Port)> {
    let Some(object) = snapshot.get::<policy::object::Service>(service.namespace(), service.name()) else { return Vec::new() };
    let Some(facts) = ServiceFacts::of(object) else { return Vec::new() };
    let texts = facts.external_ips.iter().chain(&facts.load_balancer).filter_map(|text| text.parse().ok());
    let own: BTreeSet<IpAddr> = facts.cluster_ips.iter().copied().chain(texts).collect();
    let nodes = snapshot.iter::<policy::object::Node>().flat_map(|node| node.status.addresses.clone());
    let nodes: Vec<IpAddr> = nodes.filter_map(|address| address.address.parse().ok()).collect();
    let ports = facts.ports.iter().map(|facts| facts.port);
    let node_ports = facts.ports.iter().filter(|port| port.node_port != 0).map(|port| Port { port: port.node_port, ..port.port });
    let at_own = ports.flat_map(|port| own.iter().map(move |address| (*address, port)));
    at_own.chain(node_ports.flat_map(|port| nodes.iter().map(move |address| (*address, port)))).collect()
}

fn behind(snapshot: &Snapshot, service: &ServiceRef) -> BTreeSet<String> {
    let endpoints = snapshot.endpoint_slices(service).flat_map(|slice: &std::sync::Arc<EndpointSlice>| slice.endpoints.clone());
    endpoints.flat_map(|endpoint| endpoint.addresses).collect()
}

/// Whether the Service shares nothing with the one that is changed.
fn is_stranger(snapshot: &Snapshot, service: &ServiceRef) -> bool {
    let same_pods = !behind(snapshot, service).is_disjoint(&behind(snapshot, &target()));
    let selects = |service: &ServiceRef| {
        let object = snapshot.get::<policy::object::Service>(service.namespace(), service.name());
        object.map(|object| {
            snapshot.pods_with(service.namespace(), &object.spec.selector).map(|pod| pod.metadata.name.clone()).collect::<BTreeSet<_>>()
        })
    };
    let of = |service: &ServiceRef| asked(snapshot, service).into_iter().collect::<BTreeSet<(IpAddr, Port)>>();
    let (theirs, ours) = (of(service), of(&target()));
    // A cluster IP is the Service's on every port, any other address on its own ports.
    let whole = snapshot.get::<policy::object::Service>("shop", "s0").and_then(|service| ServiceFacts::of(service));
    let whole = whole.map(|facts| facts.cluster_ips).unwrap_or_default();
    let apart = theirs.is_disjoint(&ours) && !theirs.iter().any(|(address, _)| whole.contains(address));
    let pods = |service| selects(service).unwrap_or_default();
    *service != target() && !same_pods && pods(service).is_disjoint(&pods(&target())) && apart
}

/// Those that share nothing with it, nor an address and port with one that does: kube-proxy may lead there to the pods of that.
fn strangers(job: &Job, snapshot: &Snapshot) -> Vec<ServiceRef> {
    let (strangers, others): (Vec<_>, Vec<_>) = job.cluster.services().into_iter().partition(|service| is_stranger(snapshot, service));
    let taken: BTreeSet<(IpAddr, Port)> = others.iter().flat_map(|service| asked(snapshot, service)).collect();
    strangers.into_iter().filter(|service| asked(snapshot, service).iter().all(|place| !taken.contains(place))).collect()
}

fn holds(job: &Job, more: &[IpAddr], counts: &mut Counts) -> Result<(), TestCaseError> {
    counts.clusters += 1;
    let before = job.cluster.snapshot();
    let plan = held(&job.cluster.settings(&before), &before, job.cluster.plan(&job.guard(0)));
    if plan.blocked() {
        return Ok(());
    }
    // A selector of others that asks for no label means our sets too, and speaks of every Service: the plan says so.
    if plan.findings.iter().any(|finding| finding.id == "foreign-selector-means-sets") {
        counts.note("by a selector of others that means sets");
        return Ok(());
    }
    let after: Cluster = job.cluster.after(&plan.steps);
    let after = after.snapshot();
    let settings = job.cluster.settings(&before);
    let clients: Vec<IpAddr> =
        outsiders(job, more).into_iter().chain(["10.0.1.1", "192.168.1.11"].map(|text| text.parse().unwrap())).collect();
    let mut packets: Vec<(Client, Entry)> = Vec::new();
    for entry in entries(job) {
        packets.extend(clients.iter().map(|client| (outside(*client), entry.clone())));
    }
    let pods = before.iter::<policy::object::Pod>().map(|pod| (pod.metadata.namespace.clone(), pod.metadata.name.clone()));
    packets.extend(pods.map(|(namespace, name)| (Client::Pod { namespace, name }, Entry::default())));
    packets.extend(job.nodes.iter().map(|name| (Client::Node { name: name.clone() }, Entry::default())));
    for service in strangers(job, &before) {
        counts.note("strangers");
        for (address, port) in asked(&before, &service) {
            for (client, entry) in &packets {
                if matches!(client, Client::Outside { address: client } if client.is_ipv4() != address.is_ipv4()) {
                    continue;
                }
                let of = |snapshot| ask(snapshot, &settings, client.clone(), address, of_port(port), entry.clone()).paths;
                for (then, now) in of(&before).into_iter().zip(of(&after)) {
                    counts.count(&now);
                    if (&then.path, &then.verdict) != (&now.path, &now.verdict) {
                        return Err(TestCaseError::fail(format!("{client} to {service}: before {then:#?}\nafter {now:#?}\n{job:?}")));
                    }
                }
            }
        }
    }
    Ok(())
}

#[test]
fn what_shares_nothing_with_a_change_keeps_who_reaches_it() {
    let mut counts = Counts::default();
    let strategy = (job(), prop::collection::vec(any_address(), 2));
    run::law(Size { packets: 15_000, long: 150_000 }, 300, strategy, &mut counts, |(job, more), counts| holds(job, more, counts));
    println!("strangers: {counts}");
    assert!(counts.noted("strangers") > 0);
}
