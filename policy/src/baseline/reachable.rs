//! What stays reachable although it is closed by default: by a policy of others that comes before, by a failsafe port.

use crate::access::in_force;
use crate::baseline;
use crate::cidr::{Cidr, CidrSet};
use crate::finding::{Finding, Severity};
use crate::object::{IpPool, Service};
use crate::reach::diff::Side;
use crate::reach::sets::{Kept, LIMIT, Questions, Reach, TooMuch};
use crate::reach::written::Written;
use crate::reach::{Hosts, verdict::PathKind};
use crate::scope::ServiceFacts;

/// Services that are followed at most.
const MOST_SERVICES: usize = 500;
/// Findings at most.
const MOST_FINDINGS: usize = 12;

/// The Services that are closed by default, nobody has opened, and clients outside reach all the same.
pub(crate) fn reachable(side: Side, kept: &mut Kept) -> Vec<Finding> {
    let Some(closed) = baseline::closed(side.snapshot) else { return Vec::new() };
    let pools = side.snapshot.iter::<IpPool>().filter_map(|pool| pool.spec.cidr.parse::<Cidr>().ok());
    let inside = Hosts::of(side.snapshot, side.settings).all_sources().union(&pools.collect());
    let unguarded = |facts: &ServiceFacts| !closed.about(facts).is_empty() && in_force(side.snapshot, &facts.service).is_none();
    let services: Vec<ServiceFacts> =
        side.snapshot.iter::<Service>().filter_map(|service| ServiceFacts::of(service)).filter(unguarded).collect();
    let questions = Questions::keeping(side.snapshot, side.settings, LIMIT, kept.clone());
    let (mut findings, mut more) = (Vec::new(), 0_usize);
    for facts in services.iter().take(MOST_SERVICES) {
        match questions.of_service(&facts.service).map(|reach| let_in(&reach, &closed.addresses, &inside)) {
            Ok(None) => {}
            Ok(Some(_)) if findings.len() == MOST_FINDINGS => more += 1,
            Ok(Some(packet)) => findings.push(found(facts, packet)),
            Err(why) => {
                findings.push(not_followed(&why.to_string()));
                break;
            }
        }
    }
    if more > 0 {
        findings.push(not_followed(&format!("{more} more Services stay reachable")));
    }
    if services.len() > MOST_SERVICES {
        let why =
            TooMuch { what: "Services that are closed by default".to_owned(), limit: u64::try_from(MOST_SERVICES).unwrap_or(u64::MAX) };
        findings.push(not_followed(&why.to_string()));
    }
    *kept = questions.kept();
    findings
}

/// A packet from outside that gets in at a closed address.
fn let_in(reach: &Reach, closed: &CidrSet, inside: &CidrSet) -> Option<Written> {
    let at_closed = reach.addresses.iter().filter_map(|at| Some((at, at.address.filter(|address| closed.contains(*address))?)));
    at_closed.flat_map(|(at, address)| at.groups.iter().map(move |group| (at, address, group))).find_map(|(at, address, group)| {
        let translated = group.kind != PathKind::NoBackend;
        let client = group.clients.allowed.difference(inside).first().filter(|_| translated)?;
        let entry = reach.entries(group).first();
        Some(Written {
            client: client.to_string(),
            to: address.to_string(),
            port: at.port.port.to_string(),
            protocol: at.port.protocol.name().to_owned(),
            node: entry.map(|entry| entry.node.to_string()).unwrap_or_default(),
            ..Written::default()
        })
    })
}

fn found(facts: &ServiceFacts, packet: Written) -> Finding {
    let service = &facts.service;
    Finding {
        severity: Severity::Warning,
        id: "closed-but-reachable".to_owned(),
        what: format!(
            "`{service}` is closed by default, and a client such as {} reaches it at {} on {} {} all the same.",
            packet.client, packet.to, packet.protocol, packet.port
        ),
        objects: vec![service.key()],
        field: String::new(),
        why: "What closes comes last: another policy before it, or a failsafe port of Felix, lets the packet in first.".to_owned(),
        action: "Ask about this packet to see what lets it in. Guarding the Service closes a failsafe port too, where that can be done."
            .to_owned(),
        packet: Some(Box::new(packet)),
    }
}

fn not_followed(why: &str) -> Finding {
    Finding {
        severity: Severity::Unknown,
        id: "closed-not-followed".to_owned(),
        what: format!("Not every Service that is closed by default was followed: {why}"),
        objects: Vec::new(),
        field: String::new(),
        why: "What is not looked at is not taken to be closed.".to_owned(),
        action: "Ask about the Services that matter.".to_owned(),
        packet: None,
    }
}
