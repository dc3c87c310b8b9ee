//! What a plan changes beside what it is asked for: at other Services, and for what runs on the nodes.

use crate::access::{Asked, Change, InCluster, Intent, in_force};
use crate::checks::Draft;
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

/// Processes on nodes that a guard lets in at the pods and that policies of others kept out there, though clients inside the cluster are to keep
/// what they have.
pub(super) fn nodes(before: Side, after: Side, change: &Change, kept: &mut Kept) -> Option<Finding> {
    let Intent::Guard(_) = &change.intent else { return None };
    let access = in_force(after.snapshot, &change.service)?;
    if access.in_cluster != InCluster::Unchanged || access.enforced.at_pods_alone() {
        return None;
    }
    let scope = Scope::alone(after.snapshot, &change.service).filter(|scope| !scope.pod_policies.is_empty())?;
    let (to, port) = (scope.service.cluster_ips.first()?, scope.service.ports.first()?.port);
    // Whose addresses the pods did not let in and do now; only of those a packet is followed, which takes long where there are many policies.
    let was = Questions::keeping(before.snapshot, before.settings, LIMIT, kept.clone());
    let is = Questions::keeping(after.snapshot, after.settings, LIMIT, was.kept());
    // What is too much to be followed is said with what others do.
    let new = is.let_in_at_pods(&change.service).ok()?.difference(&was.let_in_at_pods(&change.service).ok()?);
    *kept = was.kept();
    let comes_as = |node: &&Arc<Node>| {
        node.status.addresses.iter().filter_map(|at| at.address.parse().ok()).any(|address: IpAddr| new.contains(address))
    };
    after.snapshot.iter::<Node>().filter(comes_as).take(MOST_NODES).find_map(|node| {
        let name = node.metadata.name.clone();
        let question = Question {
            client: Client::Node { name: name.clone() },
            to: Destination::Address { address: *to },
            carries: Carries::Ports { protocol: port.protocol, port: port.port, source_port: None },
            entry: Entry::default(),
        };
        let [then, now] = [before, after].map(|side| trace::ask(side.snapshot, side.settings, &question).paths);
        let let_in = |(then, now): (&Journey, &Journey)| {
            let otherwise = then.path == now.path && then.verdict == Verdict::Denied && now.verdict == Verdict::Allowed;
            otherwise.then(|| then.hops.iter().rev().find(|hop| hop.action == Action::Deny).and_then(|hop| hop.object.clone()))
        };
        let by = then.iter().zip(&now).find_map(let_in)?;
        let packet = Written {
            client: format!("node:{name}"),
            to: to.to_string(),
            port: port.port.to_string(),
            protocol: port.protocol.name().to_owned(),
            ..Written::default()
        };
        Some(let_in_nodes(&change.service, &name, by, packet))
    })
}

fn let_in_nodes(service: &ServiceRef, node: &str, by: Option<ObjectKey>, packet: Written) -> Finding {
    let policies = by.filter(|key| key.kind != Kind::Pod);
    let finding = Draft::new(Severity::Warning, "nodes-let-in", std::iter::once(service.key()).chain(policies).collect()).says(
        format!("Processes on the nodes, those of `{node}` for one, may call `{service}` from now on, and could not before."),
        "Clients that enter by another node than the pod's come to it with that node's address: the pod policy lets the nodes in for them, \
              and cannot tell the nodes' own processes apart, nor pods that come as their node.",
        "Nothing, where what runs on the nodes may call it; else guard it at the pods alone, where these see the clients' own addresses.",
    );
    Finding { packet: Some(Box::new(packet)), ..finding }
}
