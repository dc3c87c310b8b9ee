//! Policy at the interfaces of a node, for all senders at once: before translation, of what is forwarded, of the host itself.

use super::budget::TooMuch;
use super::hosts::{Governing, HostPolicies, Staged};
use super::journey::{AT_HOSTS, Outcome};
use super::policies::{Direction, Split, Stage};
use super::world::{Dest, Universe, World};
use crate::cidr::CidrSet;
use crate::object::Kind;
use crate::reach::settings::{DataPlane, FailsafePort, FelixSettings, ProxyMode};
use crate::reach::verdict::Unknown;

/// Senders whose packets got past host policy before translation.
#[derive(Debug, Clone, Default)]
pub(super) struct Before {
    /// A pre-DNAT policy allowed them: forward policy and the host's own are skipped.
    pub(super) marked: CidrSet,
    pub(super) unmarked: CidrSet,
    pub(super) outcome: Outcome,
}

impl Before {
    /// The same where nothing can be told of those who got past it.
    pub(super) fn untold(&self, reason: Unknown) -> Self {
        let alive = self.marked.union(&self.unmarked);
        Self { outcome: self.outcome.clone().and(&Outcome::unknown(reason, alive)), ..Self::default() }
    }
}

/// Senders whose packets got past forward policy in one direction.
#[derive(Debug, Clone, Default)]
pub(super) struct Onward {
    /// Felix marks them as accepted: a policy allowed them, or none is there.
    pub(super) accepted: CidrSet,
    /// They go on, and no mark says so.
    pub(super) silent: CidrSet,
}

impl Onward {
    pub(super) fn all(&self) -> CidrSet {
        self.accepted.union(&self.silent)
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
        let gate = match self.gate(at)? {
            Ok(Some(gate)) => gate,
            Ok(None) => return Ok(Before { marked: CidrSet::new(), unmarked: alive, outcome }),
            Err(reason) => {
                outcome.add_unknown(&reason, &alive);
                return Ok(Before { outcome, ..Before::default() });
            }
        };
        let split = self.split(&gate.list, Stage::PreDnat, Direction::Ingress, dest, among)?;
        let met = alive.difference(&failsafe);
        let mut marked = CidrSet::new();
        let left = self.apply(&split, &met, &mut marked, &mut outcome);
        Ok(Before { marked, unmarked: alive.intersection(&failsafe).union(&left), outcome })
    }

    /// The HostEndpoint whose pre-DNAT policies hold at an interface. One without any leaves its interface to `*` (endpoint_mgr.go:1063 at
    /// v3.28.5); one with none but staged ones does not, and nothing is asked there (endpoint_mgr.go:1164 at v3.30.1).
    pub(super) fn gate<'g>(&self, at: &'g Governing) -> Result<Result<Option<&'g HostPolicies>, Unknown>, TooMuch> {
        let has = |endpoint: &HostPolicies| Ok(!self.selected(&endpoint.list, Stage::PreDnat, Direction::Ingress)?.is_empty());
        if let Some(own) = &at.own
            && has(own)?
        {
            return Ok(Ok(Some(own)));
        }
        let Some(wildcard) = &at.wildcard else { return Ok(Ok(None)) };
        if !has(wildcard)? {
            return Ok(Ok(None));
        }
        let Some(own) = &at.own else { return Ok(Ok(Some(wildcard))) };
        Ok(self.staged(own).map(|staged| (!staged.before).then_some(wildcard)))
    }

    /// Where staged policies stand on a HostEndpoint, if Felix hears of them.
    pub(super) fn staged(&self, endpoint: &HostPolicies) -> Result<Staged, Unknown> {
        if !self.settings.line.value.has_staged_policies() {
            return Ok(Staged::default());
        }
        self.blind(&[Kind::StagedGlobalNetworkPolicy]).map_or(Ok(endpoint.staged), Err)
    }

    /// Whom untracked policy lets be answered, of those whose packets get through: it meets answers too (see `reach/trace/answer.rs`).
    pub(super) fn answered(
        &self,
        at: &Governing,
        direction: Direction,
        felix: &FelixSettings,
        dest: Dest,
        mut outcome: Outcome,
    ) -> Result<Outcome, TooMuch> {
        let Some(own) = &at.own else { return Ok(outcome) };
        if outcome.allowed.is_empty() || !self.has(own, Stage::Answers)? {
            return Ok(outcome);
        }
        let failsafe = match direction {
            Direction::Egress => failsafes(&felix.failsafe_inbound.value, dest),
            Direction::Ingress if failsafes(&felix.failsafe_outbound.value, dest).contains(dest.address) => return Ok(outcome),
            Direction::Ingress => CidrSet::new(),
        };
        let among = self.universe(dest.family(), std::mem::take(&mut outcome.allowed));
        let split = self.split(&own.list, Stage::Answers, direction, dest, &among)?;
        let met = among.addresses.difference(&failsafe);
        let mut past = CidrSet::new();
        let left = self.apply(&split, &met, &mut past, &mut outcome);
        for decided in split.decided.iter().filter(|decided| decided.effect == super::rules::Effect::Allow) {
            outcome.add_unknown(&Unknown::Untracked(decided.policy.clone()), &decided.senders.intersection(&met));
        }
        outcome.allowed = among.addresses.intersection(&failsafe).union(&left);
        Ok(outcome)
    }

    /// Carries a split into what becomes of the senders that meet it: what it allows goes to `allowed`, what it leaves comes back.
    pub(super) fn apply(&self, split: &Split, met: &CidrSet, allowed: &mut CidrSet, outcome: &mut Outcome) -> CidrSet {
        *allowed = allowed.union(&split.allowed.intersection(met));
        outcome.denied = outcome.denied.union(&split.denied.intersection(met));
        for (reason, senders) in &split.unknown {
            outcome.add_unknown(reason, &senders.intersection(met));
        }
        split.left.intersection(met)
    }

    /// Whether it has policies of a stage, in either direction.
    fn has(&self, endpoint: &HostPolicies, stage: Stage) -> Result<bool, TooMuch> {
        Ok(!self.selected(&endpoint.list, stage, Direction::Ingress)?.is_empty()
            || !self.selected(&endpoint.list, stage, Direction::Egress)?.is_empty())
    }

    /// Forward policy in one direction.
    pub(super) fn forward(
        &self,
        at: &Governing,
        direction: Direction,
        dest: Dest,
        met: &CidrSet,
        among: &Universe,
        outcome: &mut Outcome,
    ) -> Result<Onward, TooMuch> {
        let mut onward = Onward::default();
        let Some(endpoint) = at.own.as_ref().or(at.wildcard.as_ref()).filter(|_| !met.is_empty()) else {
            onward.accepted = met.clone();
            return Ok(onward);
        };
        if self.selected(&endpoint.list, Stage::Forward, direction)?.is_empty() {
            // Before there were tiers, policies of this direction counted (felix/rules/endpoints.go:473 at v3.28.5); with them, those of
            // either do (felix/rules/endpoints.go:722 at v3.30.1).
            let marks = !self.settings.line.value.has_tiers() || !self.has(endpoint, Stage::Forward)?;
            *(if marks { &mut onward.accepted } else { &mut onward.silent }) = met.clone();
            return Ok(onward);
        }
        let split = self.split(&endpoint.list, Stage::Forward, direction, dest, among)?;
        onward.silent = self.apply(&split, met, &mut onward.accepted, outcome);
        Ok(onward)
    }

    /// The host's own policy in one direction, failsafe ports before it and profiles behind: who is let through.
    pub(super) fn normal(
        &self,
        endpoint: &HostPolicies,
        (direction, failsafe): (Direction, &[FailsafePort]),
        dest: Dest,
        met: &CidrSet,
        among: &Universe,
        outcome: &mut Outcome,
    ) -> Result<CidrSet, TooMuch> {
        let open = match direction {
            // By the net of the sender, and of the receiver.
            Direction::Ingress => met.intersection(&failsafes(failsafe, dest)),
            Direction::Egress if failsafes(failsafe, dest).contains(dest.address) => return Ok(met.clone()),
            Direction::Egress => CidrSet::new(),
        };
        let mut allowed = open.clone();
        let split = self.split(&endpoint.list, Stage::Normal, direction, dest, among)?;
        let left = self.apply(&split, &met.difference(&open), &mut allowed, outcome);
        if endpoint.profile_allows {
            return Ok(allowed.union(&left));
        }
        outcome.denied = outcome.denied.union(&left);
        Ok(allowed)
    }

    /// What a node does with packets for a backend on another, up to where they leave it: who leaves. `unmasked`: whose
    /// source kube-proxy did not mark for translation.
    pub(super) fn leave(
        &self,
        (at, out): (&Governing, &Governing),
        felix: &FelixSettings,
        before: &Before,
        dest: Dest,
        unmasked: &CidrSet,
    ) -> Result<(CidrSet, Outcome), TooMuch> {
        let mut outcome = before.outcome.clone();
        let among = self.universe(dest.family(), before.marked.union(&before.unmarked));
        let alive = before.marked.union(&self.forward(at, Direction::Ingress, dest, &before.unmarked, &among, &mut outcome)?.all());
        let Onward { mut accepted, mut silent } = self.forward(out, Direction::Egress, dest, &alive, &among, &mut outcome)?;
        // kube-proxy's own rules accept what it marked before Felix marks what is forwarded: without an Allow of forward policy the kernel
        // takes it for the host's own (KUBE-FORWARD; StaticManglePostroutingChain in felix/rules/static.go:1060 at v3.30.1; measured).
        let by_iptables = felix.data_plane.value == DataPlane::Iptables && self.settings.proxy.mode.value == ProxyMode::Iptables;
        if by_iptables
            && let Some(endpoint) = out.own.as_ref().or(out.wildcard.as_ref())
            && !self.has(endpoint, Stage::Forward)?
        {
            match self.staged(endpoint) {
                // It takes the place of the default, and accepts nothing (felix/rules/endpoints.go:722 at v3.30.1).
                Ok(staged) if staged.forward => silent = std::mem::take(&mut accepted),
                Ok(_) => {}
                Err(reason) => {
                    outcome.add_unknown(&reason, &accepted.difference(unmasked));
                    accepted = accepted.intersection(unmasked);
                }
            }
        }
        let met = if by_iptables { silent.difference(unmasked) } else { CidrSet::new() };
        let Some(endpoint) = out.own.as_ref().or(out.wildcard.as_ref()).filter(|_| !met.is_empty()) else {
            return Ok((accepted.union(&silent), outcome));
        };
        let outbound = (Direction::Egress, felix.failsafe_outbound.value.as_slice());
        let let_out = self.normal(endpoint, outbound, dest, &met, &among, &mut outcome)?;
        Ok((accepted.union(&silent.difference(&met)).union(&let_out), outcome))
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
