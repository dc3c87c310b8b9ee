//! The stages of a journey, for all senders at once.

use super::budget::TooMuch;
use super::hosts::{Governing, HostPolicies, Shape};
use super::policies::{Direction, Split, Stage};
use super::proxy::{Back, Place};
use super::world::{Dest, Universe, World};
use crate::cidr::CidrSet;
use crate::object::Kind;
use crate::reach::settings::{FailsafePort, FelixSettings};
use crate::reach::verdict::Unknown;

/// What becomes of senders: each is in one of these.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Outcome {
    pub(super) allowed: CidrSet,
    pub(super) denied: CidrSet,
    pub(super) unknown: Vec<(Unknown, CidrSet)>,
}

/// Senders whose packets got past host policy before translation.
#[derive(Debug, Clone, Default)]
pub(super) struct Before {
    /// A pre-DNAT policy allowed them: forward policy and the host's own are skipped.
    pub(super) marked: CidrSet,
    pub(super) unmarked: CidrSet,
    pub(super) outcome: Outcome,
}

/// The kinds that decide at a host, and at a pod.
pub(super) const AT_HOSTS: &[Kind] =
    &[Kind::HostEndpoint, Kind::GlobalNetworkPolicy, Kind::GlobalNetworkSet, Kind::NetworkSet, Kind::Pod, Kind::Namespace];
pub(super) const AT_PODS: &[Kind] = &[
    Kind::GlobalNetworkPolicy,
    Kind::NetworkPolicy,
    Kind::KubernetesNetworkPolicy,
    Kind::Pod,
    Kind::Namespace,
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

    fn add_unknown(&mut self, reason: &Unknown, senders: &CidrSet) {
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
    /// Host policy before translation, at an interface with these HostEndpoints.
    pub(super) fn before(&self, at: &Governing, felix: &FelixSettings, dest: Dest, among: &Universe) -> Result<Before, TooMuch> {
        let mut outcome = Outcome::default();
        if let Some(reason) = self.blind(AT_HOSTS) {
            return Ok(Before { outcome: Outcome::unknown(reason, (*among.addresses).clone()), ..Before::default() });
        }
        let failsafe = failsafes(&felix.failsafe_inbound.value, dest);
        let mut alive = (*among.addresses).clone();
        // Untracked policy is ignored on `*` (endpoint_mgr.go:1049 at v3.28.5).
        if let Some(own) = &at.own
            && self.has(own, Stage::Untracked)?
        {
            let split = self.split(&own.list, Stage::Untracked, Direction::Ingress, dest, among)?;
            let met = alive.difference(&failsafe);
            for decided in split.decided.iter().filter(|decided| decided.effect == super::rules::Effect::Allow) {
                outcome.add_unknown(&Unknown::Untracked(decided.policy.clone()), &decided.senders.intersection(&met));
            }
            for (reason, senders) in &split.unknown {
                outcome.add_unknown(reason, &senders.intersection(&met));
            }
            outcome.denied = split.denied.intersection(&met);
            alive = alive.intersection(&failsafe).union(&split.left.intersection(&met));
        }
        // A HostEndpoint without pre-DNAT policy leaves its interface to `*` (endpoint_mgr.go:1063 at v3.28.5).
        let mut gate = None;
        for candidate in [&at.own, &at.wildcard].into_iter().flatten() {
            if gate.is_none() && !self.selected(&candidate.list, Stage::PreDnat, Direction::Ingress)?.is_empty() {
                gate = Some(candidate);
            }
        }
        let Some(gate) = gate else { return Ok(Before { marked: CidrSet::new(), unmarked: alive, outcome }) };
        let split = self.split(&gate.list, Stage::PreDnat, Direction::Ingress, dest, among)?;
        let met = alive.difference(&failsafe);
        let mut marked = CidrSet::new();
        let left = self.apply(&split, &met, &mut marked, &mut outcome);
        Ok(Before { marked, unmarked: alive.intersection(&failsafe).union(&left), outcome })
    }

    /// Carries a split into what becomes of the senders that meet it: what it allows goes to `allowed`, what it leaves comes back.
    fn apply(&self, split: &Split, met: &CidrSet, allowed: &mut CidrSet, outcome: &mut Outcome) -> CidrSet {
        *allowed = allowed.union(&split.allowed.intersection(met));
        outcome.denied = outcome.denied.union(&split.denied.intersection(met));
        for (reason, senders) in &split.unknown {
            outcome.add_unknown(reason, &senders.intersection(met));
        }
        split.left.intersection(met)
    }

    fn has(&self, endpoint: &HostPolicies, stage: Stage) -> Result<bool, TooMuch> {
        Ok(!self.selected(&endpoint.list, stage, Direction::Ingress)?.is_empty()
            || !self.selected(&endpoint.list, stage, Direction::Egress)?.is_empty())
    }

    /// Forward policy in one direction: who goes on.
    pub(super) fn forward(
        &self,
        at: &Governing,
        direction: Direction,
        dest: Dest,
        met: &CidrSet,
        among: &Universe,
        outcome: &mut Outcome,
    ) -> Result<CidrSet, TooMuch> {
        let Some(endpoint) = at.own.as_ref().or(at.wildcard.as_ref()) else { return Ok(met.clone()) };
        if met.is_empty() || self.selected(&endpoint.list, Stage::Forward, direction)?.is_empty() {
            return Ok(met.clone());
        }
        let split = self.split(&endpoint.list, Stage::Forward, direction, dest, among)?;
        let mut allowed = CidrSet::new();
        let left = self.apply(&split, met, &mut allowed, outcome);
        Ok(allowed.union(&left))
    }

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
            Place::Host(_) => {
                outcome.allowed = outcome.allowed.union(&before.marked);
                let Some(endpoint) = at.own.as_ref().or(at.wildcard.as_ref()) else {
                    outcome.allowed = outcome.allowed.union(&before.unmarked);
                    return Ok(outcome);
                };
                let failsafe = failsafes(&felix.failsafe_inbound.value, dest);
                let met = before.unmarked.difference(&failsafe);
                let mut allowed = before.unmarked.intersection(&failsafe);
                let split = self.split(&endpoint.list, Stage::Normal, Direction::Ingress, dest, &among)?;
                let left = self.apply(&split, &met, &mut allowed, &mut outcome);
                outcome.allowed = outcome.allowed.union(&allowed);
                let profile = if endpoint.profile_allows { &mut outcome.allowed } else { &mut outcome.denied };
                *profile = profile.union(&left);
            }
            Place::Pod(pod) => {
                let alive = before.marked.union(&self.forward(at, Direction::Ingress, dest, &before.unmarked, &among, &mut outcome)?);
                if let Some(reason) = self.blind(AT_PODS) {
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
                let alive = self.forward(&out, Direction::Egress, dest, &alive, &among, &mut outcome)?;
                outcome.allowed = outcome.allowed.union(&alive);
            }
            Place::Elsewhere => {
                let alive = before.marked.union(&self.forward(at, Direction::Ingress, dest, &before.unmarked, &among, &mut outcome)?);
                outcome = outcome.and(&Outcome::unknown(Unknown::OutsideTheCluster, alive));
            }
        }
        Ok(outcome)
    }

    /// What a node does with packets for a backend on another, up to where they leave it: who leaves.
    pub(super) fn leave(&self, at: &Governing, out: &Governing, before: &Before, dest: Dest) -> Result<(CidrSet, Outcome), TooMuch> {
        let mut outcome = before.outcome.clone();
        let among = self.universe(dest.family(), before.marked.union(&before.unmarked));
        let alive = before.marked.union(&self.forward(at, Direction::Ingress, dest, &before.unmarked, &among, &mut outcome)?);
        let alive = self.forward(out, Direction::Egress, dest, &alive, &among, &mut outcome)?;
        Ok((alive, outcome))
    }
}

/// The senders for whom the destination's port is a failsafe port.
fn failsafes(ports: &[FailsafePort], dest: Dest) -> CidrSet {
    let family = dest.family();
    let holds = ports.iter().filter(|port| port.protocol == dest.protocol && port.port == dest.port);
    let nets = holds.filter_map(|port| match port.net {
        None => Some(crate::cidr::Cidr::all(family)),
        Some(net) => (net.family() == family).then_some(net),
    });
    nets.collect()
}
