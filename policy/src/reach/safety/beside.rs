//! What a plan changes beside what it is asked for: at other Services, and for what runs on the nodes.

use crate::access::{Asked, Change, InCluster, Intent, Port, in_force};
use crate::checks::{Draft, few};
use crate::cidr::Family;
use crate::finding::{Finding, Severity};
use crate::object::{Kind, Node, ObjectKey, ServiceRef};
use crate::reach::diff::{self, Side};
use crate::reach::packet::{Carries, Client, Destination, Entry, Question};
use crate::reach::sets::{Kept, LIMIT, Questions};
use crate::reach::trace;
use crate::reach::verdict::{Action, Journey, Verdict};
use crate::reach::written::Written;
use crate::scope::Scope;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

/// Other Services that are compared at most: past it the plan's own difference has them, and no finding.
const MOST_COMPARED: usize = 50;
/// Nodes that are asked for at most.
const MOST_NODES: usize = 4;
/// Ports of a Service, at each of its cluster IPs.
const MOST_PORTS: usize = 8;

/// Other Services whose clients outside a plan changes. What the whole cluster shares is meant to.
pub(super) fn elsewhere(before: Side, after: Side, asked: &Asked, kept: &mut Kept) -> Vec<Finding> {
    if asked.baseline().is_some() {
        return Vec::new();
    }
    let own: BTreeSet<ServiceRef> = asked.changes().iter().map(|change| change.service.clone()).collect();
    let others: Vec<ServiceRef> = diff::touched(before, after).difference(&own).cloned().collect();
    if others.len() > MOST_COMPARED {
        return Vec::new();
    }
    let was = Questions::keeping(before.snapshot, before.settings, LIMIT, kept.clone());
    let is = Questions::keeping(after.snapshot, after.settings, LIMIT, was.kept());
    let changed = |service: &ServiceRef| {
        // What is too much to be followed is said of the Services in hand.
        let diff = diff::between(&was.of_service(service).ok()?, &is.of_service(service).ok()?);
        (!diff.addresses.is_empty()).then(|| other_service(service, diff.summary))
    };
    let found = others.iter().filter_map(changed).collect();
    *kept = was.kept();
    found
}

fn other_service(service: &ServiceRef, sentence: String) -> Finding {
    Draft::new(Severity::Warning, "changes-elsewhere", vec![service.key()]).says(
        format!("The plan changes who reaches `{service}` too, which it is not about."),
        sentence,
        "See under *Who can reach it* whom that is; unless it is meant, part what the two Services share.",
    )
}

/// A Service that processes on nodes may call by a plan, and could not before.
pub(super) struct OpenedToNodes {
    service: ServiceRef,
    /// One of the nodes.
    node: String,
    /// What kept it out.
    by: Option<ObjectKey>,
    packet: Written,
}

/// Processes on nodes that a guard lets in at the pods and that policies of others kept out there, though clients inside the cluster are to keep
/// what they have.
pub(super) fn nodes(before: Side, after: Side, change: &Change, kept: &mut Kept) -> Option<OpenedToNodes> {
    let Intent::Guard(_) = &change.intent else { return None };
    let access = in_force(after.snapshot, &change.service)?;
    if access.in_cluster != InCluster::Unchanged || access.enforced.at_pods_alone() {
        return None;
    }
    let scope = Scope::alone(after.snapshot, &change.service).filter(|scope| !scope.pod_policies.is_empty())?;
    // Whose addresses the pods did not let in and do now; only of those a packet is followed, which takes long where there are many policies.
    let was = Questions::keeping(before.snapshot, before.settings, LIMIT, kept.clone());
    let is = Questions::keeping(after.snapshot, after.settings, LIMIT, was.kept());
    // What is too much to be followed is said with what others do.
    let (Ok(then), Ok(now)) = (was.let_in_at_pods(&change.service), is.let_in_at_pods(&change.service)) else { return None };
    *kept = was.kept();
    let opened = |to: IpAddr, port: Port| {
        let at = (Family::of(to), port);
        let before_it = then.get(&at).cloned().unwrap_or_default();
        let new = now.get(&at)?.difference(&before_it);
        let comes_as = |node: &&Arc<Node>| addresses(node).any(|address| new.contains(address));
        after.snapshot.iter::<Node>().filter(comes_as).take(MOST_NODES).find_map(|node| {
            let name = &node.metadata.name;
            let (by, packet) = let_in(before, after, name, (to, port))?;
            Some(OpenedToNodes { service: change.service.clone(), node: name.clone(), by, packet })
        })
    };
    let ports = || scope.service.ports.iter().take(MOST_PORTS);
    let own = scope.service.cluster_ips.iter().copied().chain(scope.service.outer_addresses());
    let at_own = own.flat_map(|to| ports().map(move |facts| (to, facts.port)));
    // Where an address keeps its clients to the node that they enter by, other nodes come by a NodePort there alone.
    let of_nodes = || {
        let nodes =
            after.snapshot.endpoint_slices(&change.service).flat_map(|slice| &slice.endpoints).filter_map(|at| at.node_name.as_deref());
        let nodes: BTreeSet<&str> = nodes.collect();
        let nodes = nodes.into_iter().filter_map(|name| after.snapshot.get::<Node>("", name)).take(MOST_NODES);
        let places = nodes.flat_map(|node| node.status.addresses.iter().filter_map(|at| at.address.parse().ok())).collect::<Vec<IpAddr>>();
        let listened = ports().filter(|facts| facts.node_port != 0).map(|facts| Port { port: facts.node_port, ..facts.port });
        listened.flat_map(|port| places.iter().map(move |to| (*to, port)).collect::<Vec<_>>()).collect::<Vec<_>>()
    };
    at_own.chain(std::iter::once_with(of_nodes).flatten()).find_map(|(to, port)| opened(to, port))
}

/// The addresses of a node, those among them that Calico notes at it.
fn addresses(node: &Node) -> impl Iterator<Item = IpAddr> {
    let listed = node.status.addresses.iter().map(|at| at.address.as_str());
    let noted = node.metadata.annotations.values().filter_map(|text| text.split('/').next());
    listed.chain(noted).filter_map(|text| text.parse().ok())
}

/// What kept a packet of a node's own out before and does not after; none where it is not let in, or was.
fn let_in(before: Side, after: Side, node: &str, (to, port): (IpAddr, Port)) -> Option<(Option<ObjectKey>, Written)> {
    let question = Question {
        client: Client::Node { name: node.to_owned() },
        to: Destination::Address { address: to },
        carries: Carries::Ports { protocol: port.protocol, port: port.port, source_port: None },
        entry: Entry::default(),
    };
    let [then, now] = [before, after].map(|side| trace::ask(side.snapshot, side.settings, &question).paths);
    let let_in = |(then, now): (&Journey, &Journey)| {
        let otherwise = then.path == now.path && then.verdict == Verdict::Denied && now.verdict == Verdict::Allowed;
        otherwise.then(|| then.hops.iter().rev().find(|hop| hop.action == Action::Deny).and_then(|hop| hop.object.clone()))
    };
    let by = then.iter().zip(&now).find_map(let_in)?;
    Some((by, Written::from(&question)))
}

/// Said once of all Services of a plan: it comes of how nodes send, and of none of them.
pub(super) fn opened_to_nodes(all: Vec<OpenedToNodes>) -> Option<Finding> {
    let names: Vec<String> = all.iter().map(|opened| format!("`{}`", opened.service)).collect();
    let policies: BTreeSet<ObjectKey> = all.iter().filter_map(|opened| opened.by.clone()).filter(|key| key.kind != Kind::Pod).collect();
    let objects = all.iter().map(|opened| opened.service.key()).chain(policies).collect();
    let OpenedToNodes { node, packet, .. } = all.into_iter().next()?;
    let finding = Draft::new(Severity::Warning, "nodes-let-in", objects).says(
        format!("Processes on the nodes, those of `{node}` for one, may call {} from now on, and could not before.", few(&names)),
        "Clients that enter by another node than the pod's come to it with that node's address: the pod policy lets the nodes in for them, \
         and cannot tell the nodes' own processes apart, nor pods that come as their node.",
        "Nothing, where what runs on the nodes may call it; else guard it at the pods alone, where these see the clients' own addresses.",
    );
    Some(Finding { packet: Some(Box::new(packet)), ..finding })
}
