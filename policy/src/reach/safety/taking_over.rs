//! What policies made by hand say today of clients, and what becomes of these when they are taken over with the access that they mean.

use crate::access::{Access, Change, Intent, Port, in_force};
use crate::adopt::{HandMade, Part};
use crate::checks::Draft;
use crate::cidr::{Cidr, CidrSet};
use crate::finding::{Finding, Severity};
use crate::object::{AnyObject, EntityRule, ObjectKey};
use crate::reach::diff::{self, Side, State};
use crate::reach::packet::{PathKey, Question};
use crate::reach::pods_alone::asked;
use crate::reach::sets::{Kept, LIMIT, Questions};
use crate::reach::trace;
use crate::reach::verdict::{Action, Hop, PathKind, Stage};
use crate::reach::written::Written;
use std::collections::{BTreeMap, BTreeSet};

/// Ranges of clients of each change at a path of which a packet is followed at most.
const MOST_TRACED: usize = 16;

/// Whom a rule before translation lets in or shuts out today, of those that a plan takes over or leaves, and who gets the opposite of it by the plan. With the
/// access that the policies mean nobody is to; where somebody says another, that is meant.
pub(super) fn findings(before: Side, after: Side, change: &Change, kept: &mut Kept) -> Vec<Finding> {
    let Intent::Guard(access) = &change.intent else { return Vec::new() };
    // What is guarded already was taken over, or left, when that was planned; to read what was made by hand takes a look at every policy.
    if change.adoption.taken.is_empty() && in_force(before.snapshot, &change.service).is_some() {
        return Vec::new();
    }
    let as_they_mean = |by_hand: &HandMade| clients(&by_hand.access) == clients(access);
    let Some(by_hand) = HandMade::of(before.snapshot, &change.service).filter(as_they_mean) else { return Vec::new() };
    let of_part =
        |part: Part| by_hand.pieces.iter().filter(|piece| piece.part == part).map(|piece| piece.key.clone()).collect::<BTreeSet<_>>();
    // What lets everything on to the pods is about no client. Where nothing stands before translation, what lets in at the pods counts.
    let (deciding, stage) = match of_part(Part::Edge) {
        edge if edge.is_empty() => (of_part(Part::Pods), Stage::Pod),
        edge => (edge, Stage::PreDnat),
    };
    let was = Questions::keeping(before.snapshot, before.settings, LIMIT, kept.clone());
    let is = Questions::keeping(after.snapshot, after.settings, LIMIT, was.kept());
    // What is too much to be followed is said with what others do.
    let (Ok(then), Ok(now)) = (was.of_service(&change.service), is.of_service(&change.service)) else { return Vec::new() };
    *kept = was.kept();
    let mut found: BTreeMap<(ObjectKey, Option<u32>, bool), (CidrSet, Written)> = BTreeMap::new();
    for at in diff::between(&then, &now).addresses {
        for path in at.paths.iter().filter(|path| path.kind != PathKind::NoBackend) {
            for moved in &path.changes {
                let cut = match (moved.was, moved.is) {
                    (State::Allowed | State::Unknown, State::Denied) => true,
                    (State::Denied, State::Allowed) => false,
                    _ => continue,
                };
                let told = |cidr: &Cidr| {
                    let (packet, question) = asked(at.address, at.port, path.entry.as_ref()?, cidr.first())?;
                    rule(before, &question, (path.kind, stage), &deciding, cut).map(|(key, rule)| (key, rule, packet))
                };
                let Some((key, rule, packet)) = moved.clients.cidrs().iter().take(MOST_TRACED).find_map(told) else { continue };
                let entry = found.entry((key, rule, cut)).or_insert_with(|| (CidrSet::new(), packet));
                entry.0 = entry.0.union(&moved.clients);
            }
        }
    }
    found.into_iter().map(|((key, rule, cut), (clients, packet))| finding(change, &key, rule, cut, &clients, packet)).collect()
}

/// Whom an access names, whatever the notes.
fn clients(access: &Access) -> Vec<(Cidr, Vec<Port>)> {
    let mut rows: Vec<_> = access.clone().normalised().clients.into_iter().map(|row| (row.cidr, row.ports)).collect();
    rows.sort();
    rows
}

/// The rule of one of these policies, where they decide, that lets a packet in, or shuts it out, on a way of this kind.
fn rule(
    side: Side,
    question: &Question,
    (kind, stage): (PathKind, Stage),
    deciding: &BTreeSet<ObjectKey>,
    lets_in: bool,
) -> Option<(ObjectKey, Option<u32>)> {
    // Whom a rule may let in, by the client's own port, say, is let in at times.
    let wanted: &[Action] = if lets_in { &[Action::Allow, Action::Unknown] } else { &[Action::Deny] };
    let answer = trace::ask(side.snapshot, side.settings, question);
    let of_kind = |path: &PathKey| PathKind::of(&path.node, path.backend.as_ref(), true) == kind;
    // What is shut out before translation has no backend yet.
    let journeys = answer.paths.iter().filter(|journey| !lets_in || of_kind(&journey.path));
    let decides =
        |hop: &&Hop| hop.stage == stage && wanted.contains(&hop.action) && hop.object.as_ref().is_some_and(|key| deciding.contains(key));
    let hop = journeys.flat_map(|journey| &journey.hops).find(decides)?;
    // Whoever no rule names is shut out at the end, also those whom a slip keeps from their own rule: they are meant to get in.
    if !lets_in && !names_clients(side, hop) {
        return None;
    }
    Some((hop.object.clone()?, hop.rule))
}

/// Whether the rule of a hop is about some clients, and not about everyone.
fn names_clients(side: Side, hop: &Hop) -> bool {
    let Some(AnyObject::GlobalNetworkPolicy(policy)) = hop.object.as_ref().and_then(|key| side.snapshot.find(key)) else { return false };
    let rule = hop.rule.and_then(|rule| policy.spec.ingress.get(rule as usize));
    rule.is_some_and(|rule| {
        let EntityRule { nets, not_nets, selector, not_selector, .. } = &rule.source;
        !(nets.is_empty() && not_nets.is_empty() && selector.is_empty() && not_selector.is_empty())
    })
}

fn finding(change: &Change, key: &ObjectKey, rule: Option<u32>, cut: bool, clients: &CidrSet, packet: Written) -> Finding {
    let (count, service) = (clients.counted(), &change.service);
    let (does, becomes) = if cut { ("lets in", "would be shut out") } else { ("shuts out", "would get in") };
    // Beside policies that all stay it may be meant: nobody is asked for by those who want nobody, too.
    let severity = if change.adoption.taken.is_empty() { Severity::Warning } else { Severity::Blocker };
    let finding = Draft::new(severity, "adoption-differs", vec![key.clone()]).says(
        format!("Of those whom {key} {does} to `{service}` today, {count} {becomes} by this plan."),
        "The rule says more than an access can, or another policy that stays has a say: what these policies do is not what could be read of them.",
        "Say who may reach the Service yourself, rule by rule; or change that policy first.",
    );
    let field = rule.map(|rule| format!("spec.ingress[{rule}]")).unwrap_or_default();
    Finding { field, packet: Some(Box::new(packet)), ..finding }
}
