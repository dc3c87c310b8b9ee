//! What must stay true, in a plan and in the cluster as it is.

use crate::access::Asked;
use crate::finding::{Finding, Severity};
use crate::object::{Kind, ObjectKey, Service, ServiceRef};
use crate::reach::diff::{self, AddressDiff, PathDiff, Side, State};
use crate::reach::invariant::{Counterexample, Invariant, Must};
use crate::reach::packet::PathKey;
use crate::reach::sets::{Kept, LIMIT, Questions, Reach, TooMuch};
use crate::reach::verdict::{Unknown, Verdict};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// The most sentences that are kept and followed.
pub const MOST_SENTENCES: u32 = 200;

/// Whether a sentence holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It does.
    Holds,
    /// It does not, for this packet.
    Broken(Box<Counterexample>),
    /// There is no such Service, so it says nothing about anybody.
    NoService,
    /// It cannot be told within the limit.
    TooMuch(TooMuch),
}

/// How each of these sentences stands, in their order.
#[must_use]
pub fn standings(now: Side, sentences: &[Invariant]) -> Vec<Standing> {
    let mut answers = Answers::about(now, Kept::default());
    sentences
        .iter()
        .map(|sentence| match answers.of(&sentence.service) {
            None => Standing::NoService,
            Some(Err(too_much)) => Standing::TooMuch(too_much),
            Some(Ok(reach)) => sentence.check(&reach).map_or(Standing::Holds, |broken| Standing::Broken(Box::new(broken))),
        })
        .collect()
}

/// The findings about the cluster as it is.
pub(super) fn of_cluster(now: Side, sentences: &[Invariant]) -> Vec<Finding> {
    let mut unfollowed = Unfollowed::default();
    let (sentences, mut findings) = within(sentences);
    for (sentence, standing) in sentences.iter().zip(standings(now, sentences)) {
        match standing {
            Standing::Holds => {}
            Standing::Broken(broken) => findings.push(sentence.finding(&broken)),
            Standing::NoService => findings.push(no_service(sentence)),
            Standing::TooMuch(too_much) => unfollowed.add(sentence, too_much),
        }
    }
    findings.extend(unfollowed.finding(Severity::Unknown));
    findings
}

/// The findings about a plan. One that breaks a sentence, or breaks it for more clients or on more ways, is stopped; one that leaves a
/// broken sentence as it is says so. What the plan cannot touch, besides the Services in hand, holds or is broken as it was, and is not
/// followed: the checks of the cluster say so.
pub(super) fn of_plan(before: Side, after: Side, asked: &Asked, sentences: &[Invariant], kept: &mut Kept) -> Vec<Finding> {
    let (sentences, mut findings) = within(sentences);
    if sentences.is_empty() {
        return findings;
    }
    let touched = diff::touched(before, after);
    let in_hand: BTreeSet<&ServiceRef> = asked.services().collect();
    let (mut was, mut is) = (Answers::about(before, kept.clone()), Answers::about(after, kept.clone()));
    let (mut neither, mut only_after) = (Unfollowed::default(), Unfollowed::default());
    for sentence in sentences {
        if !touched.contains(&sentence.service) && !in_hand.contains(&sentence.service) && is.has(&sentence.service) {
            continue;
        }
        let before = was.of(&sentence.service);
        let after = if touched.contains(&sentence.service) { is.of(&sentence.service) } else { before.clone() };
        match (before, after) {
            (_, None) => findings.push(no_service(sentence)),
            (Some(Err(_)), Some(Err(too_much))) => neither.add(sentence, too_much),
            (_, Some(Err(too_much))) => only_after.add(sentence, too_much),
            (Some(Ok(before)), Some(Ok(after))) => findings.extend(broken(sentence, &before, &after)),
            // What was before could not be told, so what is broken after counts as new.
            (None | Some(Err(_)), Some(Ok(after))) => findings.extend(sentence.check(&after).map(|packet| sentence.finding(&packet))),
        }
    }
    *kept = was.questions.kept();
    findings.extend(neither.finding(Severity::Unknown));
    findings.extend(only_after.finding(Severity::Blocker));
    findings
}

/// So many as are followed, and the finding that there are more.
fn within(sentences: &[Invariant]) -> (&[Invariant], Vec<Finding>) {
    let most = usize::try_from(MOST_SENTENCES).unwrap_or(usize::MAX);
    match sentences.split_at_checked(most) {
        Some((followed, rest)) if !rest.is_empty() => {
            let mut unfollowed = Unfollowed::default();
            let too_much = TooMuch { what: "The sentences that must stay true".to_owned(), limit: u64::from(MOST_SENTENCES) };
            rest.iter().for_each(|sentence| unfollowed.add(sentence, too_much.clone()));
            (followed, unfollowed.finding(Severity::Blocker).into_iter().collect())
        }
        _ => (sentences, Vec::new()),
    }
}

fn broken(sentence: &Invariant, before: &Reach, after: &Reach) -> Option<Finding> {
    let now = sentence.check(after)?;
    if let Some(new) = newly(sentence, before, after) {
        return Some(sentence.finding(&new));
    }
    if sentence.check(before).is_none() {
        return Some(sentence.finding(&now));
    }
    let finding = sentence.finding(&now);
    Some(Finding {
        severity: Severity::Warning,
        id: "invariant-broken-already".to_owned(),
        what: finding.what.replacen("does not hold:", "does not hold as it is, and this plan leaves that as it is:", 1),
        action: format!("Mend it by a plan for `{}`, or take the sentence back where it is no longer meant.", sentence.service),
        ..finding
    })
}

/// A packet for which a sentence fails after a change, and did not fail before.
fn newly(sentence: &Invariant, before: &Reach, after: &Reach) -> Option<Counterexample> {
    let wrong = |state: State| match sentence.must {
        Must::Never => state != State::Denied,
        Must::Always => state != State::Allowed,
    };
    let diff = diff::between(before, after);
    let asked = |at: &&AddressDiff| at.family == sentence.clients.family() && sentence.port.is_none_or(|port| port == at.port);
    for at in diff.addresses.iter().filter(asked) {
        for way in &at.paths {
            for change in way.changes.iter().filter(|change| wrong(change.is) && !wrong(change.was)) {
                let clients = change.clients.intersection(&sentence.clients.into());
                let Some(client) = clients.first() else { continue };
                let path = path(at, way);
                let told = path.as_ref().and_then(|path| after.verdict(path, at.port, client));
                let verdict = told.unwrap_or(match change.is {
                    State::Allowed => Verdict::Allowed,
                    State::Denied => Verdict::Denied,
                    State::Unknown => Verdict::Unknown(Unknown::BetweenNodes),
                });
                return Some(Counterexample { client, port: Some(at.port), path, verdict, clients });
            }
        }
    }
    None
}

fn path(at: &AddressDiff, way: &PathDiff) -> Option<PathKey> {
    let entry = way.entry.as_ref()?;
    Some(PathKey {
        node: entry.node.to_string(),
        interface: Some(entry.interface.clone()),
        address: at.address.or(entry.address)?,
        backend: way.backend.clone(),
    })
}

fn no_service(sentence: &Invariant) -> Finding {
    Finding {
        severity: Severity::Warning,
        id: "invariant-without-service".to_owned(),
        what: format!("The sentence \u{201c}{sentence}\u{201d} is about a Service that the cluster does not have."),
        objects: vec![key(&sentence.service)],
        field: String::new(),
        why: "It protects nobody while there is no such Service.".to_owned(),
        action: "Take the sentence back, or make the Service again.".to_owned(),
        packet: None,
    }
}

fn key(service: &ServiceRef) -> ObjectKey {
    ObjectKey::new(Kind::Service, service.namespace(), service.name())
}

/// Sentences that were not followed, and why.
#[derive(Default)]
struct Unfollowed(Vec<ObjectKey>, Option<(Invariant, TooMuch)>, u32);

impl Unfollowed {
    fn add(&mut self, sentence: &Invariant, why: TooMuch) {
        let key = key(&sentence.service);
        if !self.0.contains(&key) {
            self.0.push(key);
        }
        self.1.get_or_insert_with(|| (sentence.clone(), why));
        self.2 += 1;
    }

    fn finding(self, severity: Severity) -> Option<Finding> {
        let Self(objects, first, count) = self;
        let (sentence, too_much) = first?;
        let more = if count > 1 { format!(" and {} more", count - 1) } else { String::new() };
        Some(Finding {
            severity,
            id: "invariants-not-followed".to_owned(),
            what: format!("Whether \u{201c}{sentence}\u{201d}{more} holds cannot be told: {too_much}"),
            objects,
            field: String::new(),
            why: "A promise that is not checked is none.".to_owned(),
            action: "Take sentences back that are no longer meant, or make the policies that are named smaller.".to_owned(),
            packet: None,
        })
    }
}

/// What was found out about one side, by Service.
struct Answers<'a> {
    side: Side<'a>,
    questions: Questions<'a>,
    known: BTreeMap<ServiceRef, Result<Rc<Reach>, TooMuch>>,
}

impl<'a> Answers<'a> {
    fn about(side: Side<'a>, kept: Kept) -> Self {
        Self { side, questions: Questions::keeping(side.snapshot, side.settings, LIMIT, kept), known: BTreeMap::new() }
    }

    fn has(&self, service: &ServiceRef) -> bool {
        self.side.snapshot.get::<Service>(service.namespace(), service.name()).is_some()
    }

    /// Who reaches a Service; none where there is none.
    fn of(&mut self, service: &ServiceRef) -> Option<Result<Rc<Reach>, TooMuch>> {
        if !self.has(service) {
            return None;
        }
        let Self { questions, known, .. } = self;
        Some(known.entry(service.clone()).or_insert_with(|| questions.of_service(service).map(Rc::new)).clone())
    }
}
