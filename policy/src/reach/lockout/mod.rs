//! Lock-out: what a cluster and its operator live by, and what of it a plan would cut.
//!
//! A table of flows ([`flows`]), each asked of the trace of one packet before and after. What was let through and is not any more is a blocker
//! with the packet, the object and the rule. Nodes that nothing tells apart are followed once ([`sample`]), so that 5,000 of them cost as
//! much as one of each kind.

mod bgp;
mod flows;
mod sample;
#[cfg(test)]
mod tests;

use super::diff::Side;
use super::packet::{PathKey, Question};
use super::trace::Questions;
use super::verdict::{Action, Answer, Hop, Journey, Stage, Unknown, Verdict};
use super::written::Written;
use crate::finding::{Finding, Severity};
use crate::object::{Kind, ObjectKey};
use flows::flows;
use sample::Sample;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// The most findings that one plan gets of these: what cuts all is said, not each thing that it cuts.
const MOST: usize = 12;

/// A way that no object of the cluster says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Way {
    /// Whose packets.
    pub from: IpAddr,
    /// Where to.
    pub to: IpAddr,
    /// On which port of TCP.
    pub port: u16,
}

/// The ways of those who work on the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ways {
    /// Of the operator's browser to the page; none on the same machine.
    pub operator: Option<Way>,
    /// Of Portcullis to the API server; none where it is not known.
    pub portcullis: Option<Way>,
}

/// What would be cut, or could not be told any more.
#[must_use]
pub fn findings<'a>(before: Side<'a>, after: Side<'a>, ways: &Ways) -> Vec<Finding> {
    if !concerns(before, after) {
        return Vec::new();
    }
    let sample = Sample::of(before, after);
    let was = Questions::about(before.snapshot, before.settings);
    let is = was.beside(after.snapshot, after.settings);
    let mut found = Found::default();
    for flow in flows(after.snapshot, &sample, ways) {
        for question in &flow.asked {
            for lost in lost(&was.ask(question), &is.ask(question)) {
                found.add(&flow.name, flow.without, lost, Some(question));
            }
        }
    }
    for (from, to) in sample.pairs() {
        let then: BTreeMap<(&str, IpAddr), Verdict> = was
            .tunnels(&from.name, &to.name)
            .into_iter()
            .map(|(tunnel, journey)| ((tunnel, journey.path.address), journey.verdict))
            .collect();
        for (tunnel, journey) in is.tunnels(&from.name, &to.name) {
            if let Some(lost) = then.get(&(tunnel, journey.path.address)).and_then(|then| Lost::of(then, &journey)) {
                found.add(&format!("{tunnel}, between nodes"), "Pods do not reach pods of other nodes.", lost, None);
            }
        }
    }
    found.findings(sample.left_out)
}

/// Where what a cluster lives by runs as pods.
const SYSTEM: [&str; 2] = ["kube-system", "calico-system"];

/// Whether what differs can decide about nodes, or about pods that the cluster lives by.
fn concerns(before: Side, after: Side) -> bool {
    let on_hosts = |key: &ObjectKey| [before, after].iter().any(|side| side.snapshot.policies_on_hosts().contains(key));
    let concerns = |key: &ObjectKey| match key.kind {
        Kind::NetworkPolicy | Kind::KubernetesNetworkPolicy => SYSTEM.contains(&key.namespace.as_str()) || on_hosts(key),
        _ => true,
    };
    before.settings != after.settings || before.snapshot.differing(after.snapshot).iter().any(concerns)
}

/// What was let through and is not, or cannot be told, any more.
struct Lost {
    journey: Journey,
    /// Whether it is sure.
    cut: bool,
}

impl Lost {
    fn of(then: &Verdict, now: &Journey) -> Option<Self> {
        // A packet that leaves the cluster was not held back by it.
        let through = |verdict: &Verdict| matches!(verdict, Verdict::Allowed | Verdict::Unknown(Unknown::OutsideTheCluster));
        let cut = match (&now.verdict, through(then)) {
            (Verdict::Denied, true) => true,
            (Verdict::Denied, false) if *then != Verdict::Denied => false,
            (Verdict::Unknown(Unknown::OutsideTheCluster), _) => return None,
            (Verdict::Unknown(_), true) => false,
            _ => return None,
        };
        Some(Self { journey: now.clone(), cut })
    }
}

/// What is lost on the paths of one question.
fn lost(before: &Answer, after: &Answer) -> Vec<Lost> {
    // HostEndpoints give interfaces names: what came in by the main one comes in by each of them.
    let same = |one: &PathKey, other: &PathKey| one.node == other.node && one.address == other.address && one.backend == other.backend;
    let then = |path: &PathKey| {
        let exact = before.paths.iter().find(|journey| journey.path == *path);
        let alike: Vec<&Journey> =
            exact.map_or_else(|| before.paths.iter().filter(|journey| same(&journey.path, path)).collect(), |one| vec![one]);
        // Where it was not let through everywhere, it is not this change that stops it.
        let rank = |verdict: &&Verdict| match verdict {
            Verdict::Allowed => 0,
            Verdict::Unknown(_) => 1,
            Verdict::Denied => 2,
        };
        alike.iter().map(|journey| &journey.verdict).max_by_key(rank).cloned()
    };
    after.paths.iter().filter_map(|journey| Lost::of(&then(&journey.path)?, journey)).collect()
}

/// What is said once: what is cut by what, the sure before the unsure.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Cut {
    unsure: bool,
    by: Option<ObjectKey>,
    field: String,
    flow: String,
}

/// What was found, each with how many packets it is about.
#[derive(Default)]
struct Found(BTreeMap<Cut, (Finding, u32)>);

impl Found {
    fn add(&mut self, flow: &str, without: &str, lost: Lost, question: Option<&Question>) {
        let Lost { journey, cut } = lost;
        let decided = journey.hops.iter().rfind(|hop| matches!(hop.action, Action::Deny | Action::Unknown));
        let (object, field) = decided.map_or((None, String::new()), |hop| (hop.object.clone(), field(hop)));
        let key = Cut { unsure: !cut, by: object.clone(), field: field.clone(), flow: flow.to_owned() };
        if let Some((_, more)) = self.0.get_mut(&key) {
            *more += 1;
            return;
        }
        let client = question.map_or_else(|| format!("node `{}`", journey.path.node), |question| format!("`{}`", question.client));
        let at = decided.map_or(&journey.path.node, |hop| &hop.node);
        let by = match (&object, field.is_empty()) {
            (Some(object), false) => format!("{object}, `{field}`,"),
            (Some(object), true) => object.to_string(),
            (None, _) => "what nodes do without a policy".to_owned(),
        };
        let carried = question.map(|question| carried(&Written::from(question))).unwrap_or_default();
        let to = journey.path.address;
        let (severity, what) = if cut {
            let what = format!(
                "{flow}: would be cut. A packet of {client} to `{to}`{carried} is let through now, and would be dropped on `{at}` by {by}"
            );
            (Severity::Blocker, format!("{}.", what.trim_end_matches(',')))
        } else {
            let why = decided.map(|hop| hop.why.clone()).unwrap_or_default();
            (
                Severity::Unknown,
                format!("{flow}: may be cut. What would become of a packet of {client} to `{to}`{carried} cannot be told: {why}"),
            )
        };
        let action = match &object {
            Some(object) => format!("Let it through in {object}, or choose other HostEndpoints."),
            None => "Choose other HostEndpoints, or give them the profile `projectcalico-default-allow`.".to_owned(),
        };
        let finding = Finding {
            severity,
            id: "locked-out".to_owned(),
            what,
            objects: object.into_iter().collect(),
            field,
            why: without.to_owned(),
            action,
            packet: question.map(|question| Box::new(Written::from(question))),
        };
        self.0.insert(key, (finding, 1));
    }

    fn findings(self, left_out: usize) -> Vec<Finding> {
        let count = self.0.len();
        let mut findings: Vec<Finding> = self.0.into_values().map(counted).take(MOST).collect();
        if count > MOST {
            findings.push(unfollowed(format!("{} more ways that the cluster lives by would be cut, or may be.", count - MOST)));
        }
        if left_out > 0 {
            let what = format!("Nodes are of so many kinds that {left_out} of them were not followed to see what this plan would cut.");
            findings.push(unfollowed(what));
        }
        findings
    }
}

/// A finding with how many packets more it is about.
fn counted((mut finding, packets): (Finding, u32)) -> Finding {
    if packets > 1 {
        finding.what.push_str(&format!(" The same holds for {} more of the packets that were followed.", packets - 1));
    }
    finding
}

fn unfollowed(what: String) -> Finding {
    Finding {
        severity: Severity::Unknown,
        id: "lock-out-not-followed".to_owned(),
        what,
        objects: Vec::new(),
        field: String::new(),
        why: "What is not looked at is not taken to be safe.".to_owned(),
        action: "Ask about what matters with this plan: the API server, the kubelet, BGP, SSH.".to_owned(),
        packet: None,
    }
}

/// ` on TCP 22`, as a question has it.
fn carried(question: &Written) -> String {
    if question.port.is_empty() { String::new() } else { format!(" on {} {}", question.protocol, question.port) }
}

/// The rule that decides, as a field.
fn field(hop: &Hop) -> String {
    let side = match hop.stage {
        Stage::PodEgress | Stage::HostEgress | Stage::ForwardOut => "egress",
        _ => "ingress",
    };
    hop.rule.map(|rule| format!("spec.{side}[{rule}]")).unwrap_or_default()
}
