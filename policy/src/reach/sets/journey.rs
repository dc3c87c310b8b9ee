//! The stages of a journey, for all senders at once.

use super::budget::TooMuch;
use super::host_policy::Before;
use super::hosts::{Governing, Shape};
use super::policies::{Direction, Stage};
use super::proxy::{Back, Place};
use super::world::{Dest, World};
use crate::cidr::CidrSet;
use crate::object::Kind;
use crate::reach::admin;
use crate::reach::settings::FelixSettings;
use crate::reach::verdict::Unknown;

/// What becomes of senders: each is in one of these.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Outcome {
    pub(super) allowed: CidrSet,
    pub(super) denied: CidrSet,
    pub(super) unknown: Vec<(Unknown, CidrSet)>,
}

/// The kinds that decide at a host, and at a pod.
pub(super) const AT_HOSTS: &[Kind] = &[
    Kind::HostEndpoint,
    Kind::Tier,
    Kind::GlobalNetworkPolicy,
    Kind::GlobalNetworkSet,
    Kind::NetworkSet,
    Kind::Pod,
    Kind::Namespace,
    Kind::ServiceAccount,
];
pub(super) const AT_PODS: &[Kind] = &[
    Kind::Tier,
    Kind::GlobalNetworkPolicy,
    Kind::NetworkPolicy,
    Kind::KubernetesNetworkPolicy,
    Kind::Pod,
    Kind::Namespace,
    Kind::ServiceAccount,
    Kind::GlobalNetworkSet,
    Kind::NetworkSet,
    Kind::HostEndpoint,
];

impl Outcome {
    pub(super) fn allowed(allowed: CidrSet) -> Self {
        Self { allowed, ..Self::default() }
    }

    pub(super) fn denied(denied: CidrSet) -> Self {
        Self { denied, ..Self::default() }
    }

    pub(super) fn unknown(reason: Unknown, senders: CidrSet) -> Self {
        Self { unknown: if senders.is_empty() { Vec::new() } else { vec![(reason, senders)] }, ..Self::default() }
    }

    /// Both together, of different senders.
    pub(super) fn and(mut self, other: &Self) -> Self {
        self.allowed = self.allowed.union(&other.allowed);
        self.denied = self.denied.union(&other.denied);
        for (reason, senders) in &other.unknown {
            self.add_unknown(reason, senders);
        }
        self
    }

    pub(super) fn add_unknown(&mut self, reason: &Unknown, senders: &CidrSet) {
        if senders.is_empty() {
            return;
        }
        match self.unknown.binary_search_by(|(known, _)| known.cmp(reason)) {
            Ok(at) => self.unknown[at].1 = self.unknown[at].1.union(senders),
            Err(at) => self.unknown.insert(at, (reason.clone(), senders.clone())),
        }
    }

    /// The same, of these senders alone.
    pub(super) fn within(&self, senders: &CidrSet) -> Self {
        let unknown = self.unknown.iter().map(|(reason, set)| (reason.clone(), set.intersection(senders)));
        Self {
            allowed: self.allowed.intersection(senders),
            denied: self.denied.intersection(senders),
            unknown: unknown.filter(|(_, set)| !set.is_empty()).collect(),
        }
    }

    /// Who gets through by some of these and is dropped by others, and by each of them one of both.
    pub(super) fn doubtful(all: &[Self]) -> CidrSet {
        let of = |part: fn(&Self) -> CidrSet| all.iter().fold(CidrSet::new(), |set, one| set.union(&part(one)));
        let unknown = of(|one| one.unknown.iter().fold(CidrSet::new(), |set, (_, senders)| set.union(senders)));
        of(|one| one.allowed.clone()).intersection(&of(|one| one.denied.clone())).difference(&unknown)
    }

    /// What is left of it where it may be, too, that all are dropped: who is dropped in any case.
    pub(super) fn or_denied(self) -> Self {
        let told = self.unknown.iter().fold(self.allowed, |all, (_, senders)| all.union(senders));
        Self::denied(self.denied).and(&Self::unknown(Unknown::BetweenNodes, told))
    }

    /// What is the same whichever of these holds; unknown where they differ.
    pub(super) fn agreed(all: &[Self], everyone: &CidrSet) -> Self {
        let Some((first, rest)) = all.split_first() else { return Self::default() };
        let mut same = first.clone();
        for other in rest {
            let mut both = Self {
                allowed: same.allowed.intersection(&other.allowed),
                denied: same.denied.intersection(&other.denied),
                unknown: Vec::new(),
            };
            for (reason, senders) in &same.unknown {
                if let Some((_, theirs)) = other.unknown.iter().find(|(theirs, _)| theirs == reason) {
                    both.add_unknown(reason, &senders.intersection(theirs));
                }
            }
            same = both;
        }
        let told = same.unknown.iter().fold(same.allowed.union(&same.denied), |all, (_, set)| all.union(set));
        let rest = everyone.difference(&told);
        same.add_unknown(&Unknown::BetweenNodes, &rest);
        same
    }
}

impl World<'_> {
    /// What becomes of packets that came in at `at` on the node of the backend, once they are translated.
    pub(super) fn arrive(
        &self,
        at: &Governing,
        shape: &Shape,
        felix: &FelixSettings,
        before: &Before,
        back: &Back,
        dest: Dest,
    ) -> Result<Outcome, TooMuch> {
        let mut outcome = before.outcome.clone();
        let among = self.universe(dest.family(), before.marked.union(&before.unmarked));
        if among.addresses.is_empty() {
            return Ok(outcome);
        }
        match &back.at {
            Place::Host(_) if self.serves(dest) => outcome = before.untold(Unknown::TranslatedAgain).outcome,
            Place::Host(_) => {
                outcome.allowed = outcome.allowed.union(&before.marked);
                let allowed = match at.own.as_ref().or(at.wildcard.as_ref()) {
                    None => before.unmarked.clone(),
                    Some(endpoint) => {
                        let inbound = (Direction::Ingress, felix.failsafe_inbound.value.as_slice());
                        self.normal(endpoint, inbound, dest, &before.unmarked, &among, &mut outcome)?
                    }
                };
                outcome.allowed = outcome.allowed.union(&allowed);
                outcome = self.answered(at, Direction::Egress, felix, dest, outcome)?;
            }
            Place::Pod(pod) => {
                let alive = before.marked.union(&self.forward(at, Direction::Ingress, dest, &before.unmarked, &among, &mut outcome)?.all());
                if let Some(reason) = self.blind(AT_PODS) {
                    return Ok(outcome.and(&Outcome::unknown(reason, alive)));
                }
                if let Some(reason) = admin::decides(self.snapshot, self.settings.line.value, pod, true) {
                    return Ok(outcome.and(&Outcome::unknown(reason, alive)));
                }
                let split = self.split(&self.policies_of(pod), Stage::Normal, Direction::Ingress, dest, &among)?;
                let mut allowed = CidrSet::new();
                // The profile of its namespace allows (conversion.go:94 at v3.28.5).
                let left = self.apply(&split, &alive, &mut allowed, &mut outcome);
                let alive = allowed.union(&left);
                // `*` stands for the interfaces of pods too in what is forwarded out (dispatch.go:214-221 at v3.28.5: the rules that leave
                // pods out are those of the host's own traffic).
                let out = Governing { own: None, wildcard: shape.wildcard.clone() };
                let onward = self.forward(&out, Direction::Egress, dest, &alive, &among, &mut outcome)?;
                outcome.allowed = outcome.allowed.union(&onward.all());
            }
            Place::Elsewhere => {
                let alive = before.marked.union(&self.forward(at, Direction::Ingress, dest, &before.unmarked, &among, &mut outcome)?.all());
                outcome = outcome.and(&Outcome::unknown(Unknown::OutsideTheCluster, alive));
            }
        }
        Ok(outcome)
    }
}
