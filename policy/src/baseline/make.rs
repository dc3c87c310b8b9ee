//! Makes the plan of a baseline. Pure, as every plan.

use super::closed::{self, Closed};
use super::ranges::{Range, ranges};
use super::relied::Relying;
use super::services::Unguarded;
use super::{automatic, checks, untold};
use crate::access::{Baseline, HostEndpoints, counted, in_force};
use crate::checks::few;
use crate::cidr::CidrSet;
use crate::finding::{Finding, Severity};
use crate::object::{HostEndpoint, INTERFACES_ANNOTATION, Kept, Kind, Node, ObjectKey, Raw, Service, ServiceRef};
use crate::plan::{self, Input, Role, Step};
use crate::recipe::edge_selector;
use crate::scope::{EdgeFacts, node_addresses, on_hosts_about, our_host_endpoints, tunnels};
use crate::snapshot::{Endpoint, Snapshot};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A HostEndpoint that Calico's controller makes or deletes because of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Caused {
    /// Its name.
    pub name: String,
    /// Its node.
    pub node: String,
    /// Its interface, `*` for all; empty where it is found by its addresses.
    pub interface: String,
    /// The addresses that it lists.
    pub addresses: Vec<String>,
    /// Whether it is made; else it is deleted.
    pub made: bool,
}

impl Caused {
    fn of(endpoint: &HostEndpoint, made: bool) -> Self {
        let spec = &endpoint.spec;
        Self {
            name: endpoint.metadata.name.clone(),
            node: spec.node.clone(),
            interface: spec.interface_name.clone(),
            addresses: spec.expected_ips.clone(),
            made,
        }
    }
}

/// Everything that a change of the baseline would do.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// What it does, in a sentence.
    pub summary: String,
    /// What is written, in this order.
    pub steps: Vec<Step>,
    /// What Calico's controller does because of it.
    pub caused: Vec<Caused>,
    /// What to know first; blockers first.
    pub findings: Vec<Finding>,
    /// What it was made from.
    pub inputs: Vec<Input>,
}

/// Everything that this baseline would change.
#[must_use]
pub fn plan(snapshot: &Snapshot, wanted: &Baseline) -> Planned {
    let now = super::in_force(snapshot);
    let switches = wanted.automatic_host_endpoints != now.automatic_host_endpoints;
    let mut planned = if switches { automatic_plan(snapshot, wanted.automatic_host_endpoints) } else { closed_plan(snapshot, wanted) };
    if switches && wanted.closed.is_some() != now.closed.is_some() {
        planned.findings.push(checks::one_at_a_time());
    }
    planned.findings.extend(
        planned.steps.iter().filter(|step| step.role != Role::Controllers).filter_map(|step| plan::name_taken(snapshot, &step.key)),
    );
    planned.findings.sort();
    planned.findings.dedup();
    if !switches && now.automatic_host_endpoints {
        planned.summary.push_str(" Calico's controller goes on making HostEndpoints.");
    }
    match planned.steps.len() {
        0 => planned.summary.push_str(" Nothing needs to change: the cluster says so already."),
        n => planned.summary.push_str(&format!(" Changes {}.", counted(n, "object"))),
    }
    planned.inputs = inputs(snapshot, wanted);
    planned
}

/// What is otherwise than the baseline in force says, because ranges, nodes or HostEndpoints have moved.
#[must_use]
pub fn outdated(snapshot: &Snapshot) -> Option<Finding> {
    let choice = closed::closed(snapshot)?.host_endpoints;
    let steps = closing_steps(snapshot, &ranges(snapshot), &choice);
    let changed: Vec<ObjectKey> = steps.into_iter().map(|step| step.key).collect();
    (!changed.is_empty()).then(|| Finding {
        severity: Severity::Warning,
        id: "closed-outdated".to_owned(),
        what: "The cluster has moved under what is closed by default: advertised ranges, nodes or HostEndpoints are not those it was written for."
            .to_owned(),
        objects: changed,
        field: String::new(),
        why: "Until it follows, what is advertised anew is open, and a node that has got an address in a closed range is shut off from outside."
            .to_owned(),
        action: "Review a plan of the baseline as it is, on the page Cluster, and apply it.".to_owned(),
        packet: None,
    })
}

fn closed_plan(snapshot: &Snapshot, wanted: &Baseline) -> Planned {
    let (ranges, before) = (ranges(snapshot), closed::closed(snapshot));
    match &wanted.closed {
        Some(choice) => close(snapshot, &ranges, before.as_ref(), choice),
        None => open(snapshot, before.as_ref()),
    }
}

/// What is written so that these ranges are closed: nothing where they are.
fn closing_steps(snapshot: &Snapshot, ranges: &[Range], choice: &HostEndpoints) -> Vec<Step> {
    let edge = EdgeFacts::of_cluster(snapshot);
    let closable = all(ranges, Range::closable);
    let nodes = plan::created_on(snapshot, &edge, choice);
    let mut steps = plan::host_endpoints(snapshot, &plan::host_endpoints_on(snapshot, &nodes, choice));
    if let Some(selector) = edge_selector(&edge, choice).filter(|_| !closable.is_empty()) {
        let wildcard = edge.wildcard || *choice == HostEndpoints::Automatic;
        let object = closed::closing(ranges, &selector, wildcard, choice);
        let why =
            "Last, because only this step shuts anybody out: it comes behind every edge policy, so guarded Services keep their clients.";
        steps.extend(plan::write(snapshot, Role::ClosedPolicy, &closed::key(), &object, why));
    }
    steps
}

/// A part of each range, together.
fn all(ranges: &[Range], part: impl Fn(&Range) -> CidrSet) -> CidrSet {
    ranges.iter().fold(CidrSet::new(), |all, range| all.union(&part(range)))
}

fn close(snapshot: &Snapshot, ranges: &[Range], before: Option<&Closed>, choice: &HostEndpoints) -> Planned {
    let nodes = all(ranges, |range| range.nodes.clone());
    let unguarded = Unguarded::of(snapshot, &all(ranges, Range::closable), &nodes);
    let covered = before.map(|closed| closed.addresses.clone()).unwrap_or_default();
    let already = Unguarded::of(snapshot, &covered, &CidrSet::new()).closable;
    let newly: Vec<ServiceRef> = unguarded.closable.iter().filter(|service| !already.contains(service)).cloned().collect();
    let mut findings = checks::closing(snapshot, ranges, choice);
    findings.extend(checks::of_services(&unguarded, &newly));
    let steps = closing_steps(snapshot, ranges, choice);
    let listed: Vec<String> = ranges.iter().map(|range| range.cidr.to_string()).collect();
    let summary = format!(
        "Closes {} for everyone outside the cluster, unless a Service is guarded: then those it allows get in as before. Clients inside the \
         cluster keep what they have.",
        if listed.is_empty() { "no range".to_owned() } else { few(&listed) }
    );
    Planned { summary, steps, caused: Vec::new(), findings, inputs: Vec::new() }
}

fn open(snapshot: &Snapshot, before: Option<&Closed>) -> Planned {
    let covered = before.map(|closed| closed.addresses.clone()).unwrap_or_default();
    let again = Unguarded::of(snapshot, &covered, &CidrSet::new()).closable;
    let first = "From here on whoever outside is routed to a Service that nobody guards reaches it.";
    let mut steps = Vec::from_iter(plan::delete(snapshot, Role::ClosedPolicy, &closed::key(), first));
    if before.is_some() && !plan::guards_remain(snapshot, None) {
        let why = "Neither a guarded Service nor the baseline needs it any more.";
        let ours = plan::keys(our_host_endpoints(snapshot));
        steps.extend(ours.iter().rev().filter_map(|key| plan::delete(snapshot, Role::HostEndpoint, key, why)));
    }
    let summary = "Closes nothing by default: advertised addresses are open unless their Service is guarded.".to_owned();
    Planned { summary, steps, caused: Vec::new(), findings: checks::reopened(&again).into_iter().collect(), inputs: Vec::new() }
}

fn automatic_plan(snapshot: &Snapshot, on: bool) -> Planned {
    let mut findings = Vec::from_iter(checks::switchable(snapshot));
    let mut steps = Vec::new();
    let key = automatic::key();
    if let (true, Some(before)) = (findings.is_empty(), plan::live(snapshot, &key)) {
        let object = automatic::switched(&before, on);
        let why = if on {
            "One field of the one object: Calico's controller then makes the HostEndpoints, and keeps up with nodes that come and go."
        } else {
            "One field of the one object: Calico's controller then deletes the HostEndpoints that it has made."
        };
        steps.extend(plan::replace(&key, Role::Controllers, before, object, why));
    }
    let caused = if on { comes(snapshot, &steps, &mut findings) } else { goes(snapshot, &mut findings) };
    let summary = if on {
        let nodes = caused.iter().map(|caused| &caused.node).collect::<std::collections::BTreeSet<_>>().len();
        format!("Has Calico's controller make {} on {}.", counted(caused.len(), "HostEndpoint"), counted(nodes, "node"))
    } else {
        format!("Has Calico's controller make no HostEndpoints: it deletes the {} that it has made.", caused.len())
    };
    Planned { summary, steps, caused, findings, inputs: Vec::new() }
}

/// The HostEndpoints that will come, and what policies of others will do by them.
fn comes(snapshot: &Snapshot, steps: &[Step], findings: &mut Vec<Finding>) -> Vec<Caused> {
    findings.extend(
        snapshot.unknown(Kind::Node).map(|why| Finding { severity: Severity::Blocker, ..crate::checks::unknown_kind(Kind::Node, why) }),
    );
    let Some(config) = automatic::configured(snapshot) else { return Vec::new() };
    let config = crate::object::AutoHostEndpoint { auto_create: "Enabled".to_owned(), ..config };
    let foretold = match automatic::wanted(snapshot, &config) {
        Ok(foretold) => foretold,
        Err(why) => {
            findings.push(untold::untold(&why));
            return Vec::new();
        }
    };
    findings.extend(untold::silent(snapshot, &foretold.silent));
    findings.extend(untold::left_out(snapshot, &foretold.made, &foretold.silent));
    let new: Vec<HostEndpoint> =
        foretold.made.into_iter().filter(|made| snapshot.get::<Kept<HostEndpoint>>("", &made.metadata.name).is_none()).collect();
    let mut bitten: BTreeMap<ObjectKey, Vec<String>> = BTreeMap::new();
    for endpoint in &new {
        let kept = Arc::new(Kept { object: endpoint.clone(), raw: Raw::default() });
        for policy in snapshot.policies_on(&Endpoint::Host(kept)).iter().filter(|policy| !policy.ours) {
            bitten.entry(policy.key.clone()).or_default().push(endpoint.metadata.name.clone());
        }
    }
    let after = plan::carried_out(snapshot, steps);
    let everywhere = CidrSet::new();
    let facts = on_hosts_about(&after, &everywhere);
    findings.extend(facts.iter().filter_map(|policy| Some(checks::bites(policy, bitten.get(&policy.key)?))));
    findings.extend(checks::beside_named(&EdgeFacts::of_cluster(snapshot)));
    new.iter().map(|endpoint| Caused::of(endpoint, true)).collect()
}

/// The HostEndpoints that will go, and what relies on them.
fn goes(snapshot: &Snapshot, findings: &mut Vec<Finding>) -> Vec<Caused> {
    let guarded = || {
        let services = snapshot.iter::<Service>().filter_map(|service| service.reference());
        services.filter(|service| in_force(snapshot, service).is_some()).count()
    };
    findings.extend(checks::relied_on(&Relying::of(snapshot), guarded()));
    automatic::made(snapshot).map(|endpoint| Caused::of(endpoint, false)).collect()
}

/// What the plan was made from: of each input the fields that were read.
fn inputs(snapshot: &Snapshot, wanted: &Baseline) -> Vec<Input> {
    let ranges = ranges(snapshot);
    let told: Vec<Value> = ranges.iter().map(|range| json!([range.cidr, range.nodes])).collect();
    let whole: CidrSet = ranges.iter().map(|range| range.cidr).collect();
    let unguarded = Unguarded::of(snapshot, &whole, &all(&ranges, |range| range.nodes.clone()));
    let config = plan::live(snapshot, &automatic::key())
        .map(|object| json!([object.pointer("/metadata/uid"), object.pointer("/spec/controllers/node"), automatic::overridden(&object)]));
    let tunnels = tunnels(snapshot);
    let read = |node: &Arc<Node>| {
        let interfaces = node.metadata.annotations.get(INTERFACES_ANNOTATION);
        json!([node.metadata.name, node.metadata.uid, node.metadata.labels, node_addresses(node, tunnels), interfaces])
    };
    let nodes: Vec<Value> = snapshot.iter::<Node>().map(read).collect();
    let ours: Vec<Value> = std::iter::once(closed::key())
        .chain(plan::keys(our_host_endpoints(snapshot)))
        .filter_map(|key| Some(json!([key, plan::read_of(&plan::live(snapshot, &key)?)])))
        .collect();
    let automatic: Vec<Caused> = automatic::made(snapshot).map(|endpoint| Caused::of(endpoint, true)).collect();
    let relying = if wanted.automatic_host_endpoints { Relying::default() } else { Relying::of(snapshot) };
    let unknown: Vec<(Kind, &str)> = Kind::ALL.into_iter().filter_map(|kind| Some((kind, snapshot.missed(kind)?))).collect();
    vec![
        Input::new("the advertised ranges", &told),
        Input::new("the ranges of the pods", &snapshot.iter::<crate::object::IpPool>().map(|pool| &pool.spec.cidr).collect::<Vec<_>>()),
        Input::new("Services that nobody guards", &(&unguarded.closable, &unguarded.at_nodes, &unguarded.node_ports)),
        Input::new("nodes and HostEndpoints", &(EdgeFacts::of_cluster(snapshot).as_ref(), nodes, automatic)),
        Input::new("policies of others on HostEndpoints", &on_hosts_about(snapshot, &whole)),
        Input::new("what relies on automatic HostEndpoints", &(&relying.ours, &relying.others)),
        Input::new("the configuration of Calico's controllers", &config),
        Input::new("the kinds and objects that can be read", &unknown),
        Input::new("Portcullis' own objects", &ours),
    ]
}
