//! A list of policies: what it makes of all senders at once.

use super::budget::TooMuch;
use super::kubernetes;
use super::rules::{Effect, may_be_about, read};
use super::sweep::first_match;
use super::world::{Dest, Universe, World};
use crate::cidr::{Cidr, CidrSet};
use crate::object::{GlobalNetworkPolicy, Kept, Kind, KubernetesNetworkPolicy, NetworkPolicy, ObjectKey, PolicySpec, Rule, Tier};
use crate::reach::verdict::Unknown;
use crate::snapshot::PolicyList;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// Where a policy acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    Untracked,
    /// Untracked policy, of what answers: senders are those who are answered.
    Answers,
    PreDnat,
    Forward,
    Normal,
}

const STAGES: [Stage; 5] = [Stage::Untracked, Stage::Answers, Stage::PreDnat, Stage::Forward, Stage::Normal];

/// Which of its rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Direction {
    Ingress,
    Egress,
}

/// What policies make of senders: every sender that was asked about is in one of these.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Split {
    pub(super) allowed: CidrSet,
    pub(super) denied: CidrSet,
    /// What none of them decides.
    pub(super) left: CidrSet,
    pub(super) unknown: Vec<(Unknown, CidrSet)>,
    /// Which rule decides for whom.
    pub(super) decided: Vec<Decided>,
}

/// What one rule decides.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Decided {
    pub(super) policy: ObjectKey,
    /// Its place in `spec.ingress` or `spec.egress`.
    pub(super) rule: u32,
    pub(super) effect: Effect,
    pub(super) senders: CidrSet,
}

/// A policy that acts at a stage, in a direction.
pub(super) struct Selected {
    pub(super) key: ObjectKey,
    tier: Arc<str>,
    rules: Rules,
    /// Of its ingress and its egress, what each rule names as destination; none where it names none. Read once, and looked at for every Service.
    destinations: [OnceLock<Vec<Option<Vec<Cidr>>>>; 2],
}

enum Rules {
    Global(Arc<Kept<GlobalNetworkPolicy>>),
    Namespaced(Arc<Kept<NetworkPolicy>>),
    Own(Vec<Rule>),
}

impl Selected {
    pub(super) fn rules(&self, direction: Direction) -> &[Rule] {
        match (&self.rules, direction) {
            (Rules::Global(policy), Direction::Ingress) => &policy.spec.ingress,
            (Rules::Global(policy), Direction::Egress) => &policy.spec.egress,
            (Rules::Namespaced(policy), Direction::Ingress) => &policy.spec.ingress,
            (Rules::Namespaced(policy), Direction::Egress) => &policy.spec.egress,
            (Rules::Own(rules), _) => rules,
        }
    }

    /// Its rules that may be about one of some destinations, as far as nets tell, each with its place.
    fn towards(&self, direction: Direction, holds: impl Fn(Cidr) -> bool) -> impl Iterator<Item = (u32, &Rule)> {
        let rules = self.rules(direction);
        let [ingress, egress] = &self.destinations;
        let of = if direction == Direction::Ingress { ingress } else { egress };
        let destinations = of.get_or_init(|| rules.iter().map(|rule| read(&rule.destination.nets)).collect());
        let may = move |nets: &Option<Vec<Cidr>>| nets.as_ref().is_none_or(|nets| nets.iter().any(|net| holds(*net)));
        (0..).zip(rules).zip(destinations).filter(move |(_, nets)| may(nets)).map(|(rule, _)| rule)
    }
}

impl World<'_> {
    /// The policies of a list that act at a stage, in a direction, in order.
    pub(super) fn selected(&self, list: &PolicyList, stage: Stage, direction: Direction) -> Result<Arc<Vec<Selected>>, TooMuch> {
        let key = (list.as_ptr().addr(), stage, direction);
        if let Some((_, known)) = self.memo.borrow().selected.get(&key) {
            return Ok(known.clone());
        }
        self.spend(list.len(), || "the policies on the endpoints".to_owned())?;
        // All stages at once: each policy is looked up once.
        let mut found: BTreeMap<(Stage, Direction), Vec<Selected>> = BTreeMap::new();
        for policy in list.iter().filter(|policy| !self.snapshot.is_refused(&policy.key)) {
            for (stage, direction, rules) in self.read(&policy.key) {
                let selected = Selected { key: policy.key.clone(), tier: policy.tier.clone(), rules, destinations: Default::default() };
                found.entry((stage, direction)).or_default().push(selected);
            }
        }
        let mut memo = self.memo.borrow_mut();
        for stage in STAGES {
            for direction in [Direction::Ingress, Direction::Egress] {
                let selected = Arc::new(found.remove(&(stage, direction)).unwrap_or_default());
                memo.selected.insert((key.0, stage, direction), (list.clone(), selected));
            }
        }
        Ok(memo.selected.get(&key).map(|(_, known)| known.clone()).unwrap_or_default())
    }

    /// Where and in which direction a policy acts, with its rules.
    fn read(&self, key: &ObjectKey) -> Vec<(Stage, Direction, Rules)> {
        let mut found = Vec::new();
        let both = [Direction::Ingress, Direction::Egress];
        match key.kind {
            Kind::GlobalNetworkPolicy => {
                let Some(policy) = self.snapshot.get::<Kept<GlobalNetworkPolicy>>("", &key.name) else { return found };
                for stage in STAGES {
                    let acting = both.into_iter().filter(|direction| acts(&policy.spec, stage, *direction));
                    let rules = |direction| match (stage, direction) {
                        (Stage::Answers, Direction::Ingress) => Rules::Own(policy.spec.ingress.iter().map(Rule::of_answers).collect()),
                        (Stage::Answers, Direction::Egress) => Rules::Own(policy.spec.egress.iter().map(Rule::of_answers).collect()),
                        _ => Rules::Global(policy.clone()),
                    };
                    found.extend(acting.map(|direction| (stage, direction, rules(direction))));
                }
            }
            Kind::NetworkPolicy => {
                let Some(policy) = self.snapshot.get::<Kept<NetworkPolicy>>(&key.namespace, &key.name) else { return found };
                // It has no other stage, whatever fields of a GlobalNetworkPolicy somebody wrote into it.
                let acting = both.into_iter().filter(|direction| governs(&policy.spec, *direction));
                found.extend(acting.map(|direction| (Stage::Normal, direction, Rules::Namespaced(policy.clone()))));
            }
            Kind::KubernetesNetworkPolicy => {
                let Some(policy) = self.snapshot.get::<KubernetesNetworkPolicy>(&key.namespace, &key.name) else { return found };
                let acting = both.into_iter().filter(|direction| kubernetes::acts(&policy.spec, *direction));
                found.extend(acting.map(|direction| (Stage::Normal, direction, Rules::Own(kubernetes::rules(&policy.spec, direction)))));
            }
            _ => {}
        }
        found
    }

    /// The rules of a list that may be about packets to this port at any of these addresses: most are about none of them.
    pub(super) fn candidates(
        &self,
        list: &PolicyList,
        stage: Stage,
        (protocol, port): (u8, u16),
        at: &Universe,
    ) -> Result<Vec<(u32, u32)>, TooMuch> {
        let selected = self.selected(list, stage, Direction::Ingress)?;
        let mut found = Vec::new();
        for (place, policy) in (0..).zip(&*selected) {
            self.spend(policy.rules(Direction::Ingress).len(), || "the rules of the policies".to_owned())?;
            let rules = policy.towards(Direction::Ingress, |net| at.addresses.meets(net));
            found.extend(rules.filter(|(_, rule)| may_be_about(rule, protocol, port)).map(|(number, _)| (place, number)));
        }
        Ok(found)
    }

    /// Those of these rules of a list that are about a destination.
    pub(super) fn about(&self, list: &PolicyList, stage: Stage, among: &[(u32, u32)], dest: Dest) -> Result<Vec<(u32, u32)>, TooMuch> {
        let selected = self.selected(list, stage, Direction::Ingress)?;
        self.spend(among.len() + 1, || "the rules of the policies".to_owned())?;
        let mut found = Vec::new();
        for (place, number) in among {
            let Some(policy) = selected.get(*place as usize) else { continue };
            let Some(rule) = policy.rules(Direction::Ingress).get(*number as usize) else { continue };
            if self.is_about(rule, &policy.key.namespace, dest)? {
                found.push((*place, *number));
            }
        }
        Ok(found)
    }

    /// What a list of policies makes of everyone among `among` who sends to `dest`.
    pub(super) fn split(
        &self,
        list: &PolicyList,
        stage: Stage,
        direction: Direction,
        dest: Dest,
        among: &Universe,
    ) -> Result<Arc<Split>, TooMuch> {
        let selected = self.selected(list, stage, direction)?;
        let mut about: Vec<(u32, u32)> = Vec::new();
        for (place, policy) in (0..).zip(&*selected) {
            self.spend(policy.rules(direction).len(), || "the rules of the policies".to_owned())?;
            for (number, rule) in policy.towards(direction, |net| net.contains(dest.address)) {
                if self.is_about(rule, &policy.key.namespace, dest)? {
                    about.push((place, number));
                }
            }
        }
        let key = (list.as_ptr().addr(), stage, direction, among.id, about);
        if let Some(known) = self.memo.borrow().splits.get(&key) {
            return Ok(known.clone());
        }
        let split = Arc::new(self.sweep_tiers(&selected, stage, direction, &key.4, among)?);
        self.memo.borrow_mut().splits.insert(key, split.clone());
        Ok(split)
    }

    /// Tier by tier: what a tier passes on, or leaves where its default is to pass, comes to the next.
    fn sweep_tiers(
        &self,
        selected: &[Selected],
        stage: Stage,
        direction: Direction,
        about: &[(u32, u32)],
        among: &Universe,
    ) -> Result<Split, TooMuch> {
        let mut split = Split { left: (*among.addresses).clone(), ..Split::default() };
        let mut first = 0;
        for tier in selected.chunk_by(|one, other| one.tier == other.tier) {
            let last = first + u32::try_from(tier.len()).unwrap_or(u32::MAX);
            let rules = about.iter().filter(|(place, _)| (first..last).contains(place));
            let mut candidates: Vec<(&Selected, u32, Effect, Arc<CidrSet>)> = Vec::new();
            for (place, number) in rules {
                let Some(policy) = selected.get(*place as usize) else { continue };
                let Some(rule) = policy.rules(direction).get(*number as usize) else { continue };
                let Some(effect) = self.effect(rule, &policy.key) else { continue };
                candidates.push((policy, *number, effect, self.senders_of(policy, rule, (stage, direction), *number, among)?));
            }
            first = last;
            self.spend(candidates.iter().map(|candidate| candidate.3.ranges() + 1).sum(), || "the addresses of the rules".to_owned())?;
            let sets: Vec<(u32, &CidrSet)> = (0..).zip(candidates.iter().map(|candidate| &*candidate.3)).collect();
            let family = among.family;
            let [mut allowed, mut denied, mut next, mut all] = [const { Vec::new() }; 4];
            for (at, senders) in first_match(family, &split.left, &sets) {
                let Some((policy, rule, effect, _)) = candidates.get(at as usize) else { continue };
                let ranges = senders.numbers(family);
                all.extend_from_slice(&ranges);
                match effect {
                    Effect::Allow => allowed.extend(ranges),
                    Effect::Deny => denied.extend(ranges),
                    Effect::Pass => next.extend(ranges),
                    Effect::Unknown(reason) => split.unknown.push((reason.clone(), senders.clone())),
                }
                split.decided.push(Decided { policy: policy.key.clone(), rule: *rule, effect: effect.clone(), senders });
            }
            let set = |ranges| CidrSet::of_numbers(family, ranges);
            split.allowed = split.allowed.union(&set(allowed));
            split.denied = split.denied.union(&set(denied));
            let (next, left) = (set(next), split.left.difference(&set(all)));
            // Only forward and normal policy end with a deny, unless the tier says otherwise (felix/rules/endpoints.go:418 at v3.28.5).
            let ends = matches!(stage, Stage::Forward | Stage::Normal) && tier.first().is_some_and(|policy| self.tier_denies(&policy.tier));
            if ends {
                split.denied = split.denied.union(&left);
                split.left = next;
            } else {
                split.left = next.union(&left);
            }
        }
        Ok(split)
    }

    fn senders_of(
        &self,
        policy: &Selected,
        rule: &Rule,
        (stage, direction): (Stage, Direction),
        number: u32,
        among: &Universe,
    ) -> Result<Arc<CidrSet>, TooMuch> {
        let key = (policy.key.clone(), direction, stage == Stage::Answers, number, among.id);
        if let Some(known) = self.memo.borrow().sources.get(&key) {
            return Ok(known.clone());
        }
        let found = self.senders(rule, &policy.key.namespace, among, &policy.key)?;
        self.memo.borrow_mut().sources.insert(key, found.clone());
        Ok(found)
    }

    fn tier_denies(&self, name: &str) -> bool {
        self.snapshot.get::<Tier>("", name).is_none_or(|tier| tier.spec.default_action != "Pass")
    }
}

/// Whether a global policy acts at a stage, in a direction (felix/calc/event_sequencer.go:1143 at v3.28.5).
fn acts(spec: &PolicySpec, stage: Stage, direction: Direction) -> bool {
    let of_stage = match stage {
        Stage::Untracked | Stage::Answers => spec.do_not_track,
        Stage::PreDnat => spec.pre_dnat && !spec.do_not_track && direction == Direction::Ingress,
        Stage::Forward => spec.apply_on_forward && !spec.pre_dnat && !spec.do_not_track,
        Stage::Normal => !spec.pre_dnat && !spec.do_not_track,
    };
    of_stage && governs(spec, direction)
}

/// Whether a policy is about a direction.
fn governs(spec: &PolicySpec, direction: Direction) -> bool {
    spec.governs(if direction == Direction::Ingress { "Ingress" } else { "Egress" })
}
