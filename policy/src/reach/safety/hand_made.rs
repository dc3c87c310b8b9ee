//! What somebody made by hand for a Service, and what it really does.

use crate::access::{Access, Change, HostEndpoints, Interface, Port, counted};
use crate::adopt::{HandMade, Others};
use crate::checks::{default_host_endpoints, few};
use crate::cidr::{AddressCount, CidrSet};
use crate::finding::{Finding, Severity};
use crate::object::{ObjectKey, ServiceRef};
use crate::plan::kept_host_endpoints;
use crate::reach::diff::Side;
use crate::reach::sets::{Kept, LIMIT, Questions, Reach};
use crate::reach::verdict::PathKind;
use crate::scope::{Scope, ServiceFacts};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The most set-ups of which it is found out what they really do where the whole cluster is looked at: that takes a few milliseconds for each.
const MOST_FOLLOWED: u32 = 200;

/// A set-up that somebody made by hand, what it really does, and the change that takes it over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ByHand {
    /// What it consists of and says.
    pub hand_made: HandMade,
    /// What it really does.
    pub finding: Finding,
    /// What takes it over.
    pub change: Change,
}

/// What somebody made by hand for `service`, and what it really does; none where nothing was.
#[must_use]
pub fn by_hand(side: Side, service: &ServiceRef, kept: &mut Kept) -> Option<ByHand> {
    of(side, &Others::of(side.snapshot), service, kept, true)
}

/// The same for every Service; of more than [`MOST_FOLLOWED`] it is left to their pages what they really do.
pub(super) fn everywhere(side: Side, kept: &mut Kept) -> Vec<Finding> {
    let others = Others::of(side.snapshot);
    let mut findings = Vec::new();
    for service in others.candidates() {
        let follow = findings.len() < MOST_FOLLOWED as usize;
        findings.extend(of(side, &others, &service, kept, follow).map(|found| found.finding));
    }
    findings
}

fn of(side: Side, others: &Others, service: &ServiceRef, kept: &mut Kept, follow: bool) -> Option<ByHand> {
    let scope = Scope::alone(side.snapshot, service)?;
    let hand_made = others.hand_made(&scope)?;
    let guarded = scope.in_force.is_some();
    if guarded && hand_made.taken().is_empty() {
        return None;
    }
    let host_endpoints = if guarded {
        kept_host_endpoints(side.snapshot, service)
    } else {
        default_host_endpoints(&scope.edge).unwrap_or(HostEndpoints::Named { interface: Interface::default() })
    };
    let (severity, why) = if follow {
        let questions = Questions::keeping(side.snapshot, side.settings, LIMIT, std::mem::take(kept));
        let really = questions.of_service(service).map(|reach| Really::of(&reach, &hand_made.access, &scope.service, others.inside()));
        *kept = questions.kept();
        match really {
            Ok(really) => really.told(hand_made.access.clients.is_empty()),
            Err(too_much) => (Severity::Unknown, format!("What it really does cannot be told: {too_much}")),
        }
    } else {
        let why = format!("More than {MOST_FOLLOWED} Services are guarded by hand: what this one's policies really do is on its page.");
        (Severity::Unknown, why)
    };
    let change = hand_made.change(service, host_endpoints);
    let finding = finding(&scope.service, &hand_made, guarded, severity, why);
    Some(ByHand { hand_made, finding, change })
}

fn finding(service: &ServiceFacts, hand_made: &HandMade, guarded: bool, severity: Severity, why: String) -> Finding {
    let name = &service.service;
    let deciding: Vec<ObjectKey> = hand_made.pieces.iter().filter(|piece| piece.part.decides()).map(|piece| piece.key.clone()).collect();
    let names: Vec<String> = deciding.iter().map(|key| format!("`{}`", key.name)).collect();
    let what = if guarded {
        format!(
            "Beside the guard of `{name}`, {} that somebody made by hand still {} about it.",
            few(&names),
            if names.len() == 1 { "decides" } else { "decide" }
        )
    } else {
        format!("`{name}` is guarded by hand: by {}.", few(&names))
    };
    let action = match hand_made.taken().len() {
        0 => "See why each of them stays, on the page of the Service; a guard for the clients that they name can stand beside them."
            .to_owned(),
        1 => "Take over 1 policy on the page of the Service: the plan first brings what holds on every way, and takes it away once that is in \
              force."
            .to_owned(),
        n => format!(
            "Take over {} on the page of the Service: the plan first brings what holds on every way, and takes them away once it is in force.",
            counted(n, "policie")
        ),
    };
    Finding {
        severity,
        id: "hand-made".to_owned(),
        what,
        objects: std::iter::once(name.key()).chain(deciding).collect(),
        field: String::new(),
        why,
        action,
        packet: None,
    }
}

/// Where what is differs from what is meant.
#[derive(Debug, Default)]
struct Really {
    cut: CidrSet,
    cut_on: BTreeSet<PathKind>,
    let_in: CidrSet,
    let_in_on: BTreeSet<PathKind>,
    unknown: CidrSet,
}

impl Really {
    fn of(reach: &Reach, access: &Access, service: &ServiceFacts, inside: &CidrSet) -> Self {
        let mut really = Self::default();
        for at in &reach.addresses {
            let allowed = allowed(access, port_of(service, at.port));
            for group in at.groups.iter().filter(|group| group.kind != PathKind::NoBackend) {
                let clients = &group.clients;
                let cut = clients.denied.intersection(&allowed).difference(inside);
                let let_in = clients.allowed.difference(&allowed).difference(inside);
                if !cut.is_empty() {
                    really.cut_on.insert(group.kind);
                }
                if !let_in.is_empty() {
                    really.let_in_on.insert(group.kind);
                }
                really.cut = really.cut.union(&cut);
                really.let_in = really.let_in.union(&let_in);
                really.unknown = really.unknown.union(&clients.unknown_clients().difference(inside));
            }
        }
        really
    }

    fn told(&self, names_nobody: bool) -> (Severity, String) {
        let mut parts = Vec::new();
        if !self.cut.is_empty() {
            let is = if self.cut.count() == AddressCount::ONE { "is" } else { "are" };
            parts.push(format!("Of the clients that it names, {} {is} shut out{}.", self.cut.counted(), ways(&self.cut_on)));
        }
        if !self.let_in.is_empty() {
            let get = if self.let_in.count() == AddressCount::ONE { "gets" } else { "get" };
            parts.push(format!("{} that it does not name {get} in{}.", self.let_in.counted(), ways(&self.let_in_on)));
        }
        let severity = match (parts.is_empty(), self.unknown.is_empty()) {
            (false, _) => Severity::Warning,
            (true, false) => Severity::Unknown,
            (true, true) => Severity::Info,
        };
        if !self.unknown.is_empty() {
            parts.push(format!("Of {} it cannot be told.", self.unknown.counted()));
        }
        if names_nobody {
            parts.insert(0, "It names no client outside.".to_owned());
        }
        if parts.is_empty() {
            parts.push("It does what it says: whom it names gets in on every way, and nobody else outside.".to_owned());
        }
        (severity, parts.join(" "))
    }
}

/// On which ways, as the end of a sentence; nothing where it is on all.
pub(super) fn ways(kinds: &BTreeSet<PathKind>) -> &'static str {
    match (kinds.contains(&PathKind::SameNode), kinds.contains(&PathKind::OtherNode)) {
        (true, false) => " where the pod is on the node that they enter by",
        (false, true) => " where the pod is on another node than they enter by",
        _ => "",
    }
}

/// The port of the Service that is asked at; a NodePort stands for one.
fn port_of(service: &ServiceFacts, asked: Port) -> Port {
    let of_node = |facts: &&crate::scope::PortFacts| facts.node_port == asked.port && facts.port.protocol == asked.protocol;
    service.ports.iter().find(of_node).map_or(asked, |facts| facts.port)
}

fn allowed(access: &Access, port: Port) -> CidrSet {
    access.clients.iter().filter(|row| row.ports.is_empty() || row.ports.contains(&port)).map(|row| row.cidr).collect()
}
