//! Policy at the interfaces of a node: what its HostEndpoints are given.

use super::flow::{Flow, Passed, Step, TierEnd};
use super::host_endpoint::{Host, Via, of_all, of_interface};
use super::policies::{Bucket, Policy};
use super::world::Member;
use crate::object::{Kind, Namespace, Object, ObjectKey};
use crate::reach::settings::{DataPlane, FailsafePort, ProxyMode};
use crate::reach::verdict::{Action, Stage, Unknown, Verdict};
use std::net::IpAddr;
use std::ops::ControlFlow::Continue;

/// What decides at HostEndpoints.
const DECIDE: &[Kind] = &[Kind::HostEndpoint, Kind::GlobalNetworkPolicy];

/// The profile that lets everything through (`libcalico-go/lib/resources/static.go:28` at v3.27.0).
const DEFAULT_ALLOW: &str = "projectcalico-default-allow";
/// How the names of the profiles of namespaces begin, which let everything through too.
const NAMESPACE_PROFILE: &str = "kns.";
/// And those of service accounts.
const ACCOUNT_PROFILE: &str = "ksa.";

/// Failsafe ports have two directions.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    In,
    Out,
}

impl<'w, 'a> Flow<'w, 'a> {
    /// *Untracked* policy of what comes in by an interface: of its own HostEndpoint, never of `*`, and not for pods
    /// (`StaticRawPreroutingChain` in `felix/rules/static.go:1284`, `endpoint_mgr.go:1046` at v3.28.5).
    pub(super) fn untracked_in(&mut self, via: Via<'a>) -> Step {
        if via == Via::Pod {
            return Continue(());
        }
        self.untracked(via, true)
    }

    /// The same of what the node itself sends: by the interface of the way to where it was sent, before kube-proxy translates it
    /// (`StaticRawOutputChain` in `felix/rules/static.go:1396` at v3.28.5).
    pub(super) fn untracked_out(&mut self, via: Via<'a>) -> Step {
        if via == Via::Pod {
            return Continue(());
        }
        self.untracked(via, false)
    }

    fn untracked(&mut self, via: Via<'a>, ingress: bool) -> Step {
        self.can_tell(Stage::Untracked)?;
        let Some(host) = of_interface(self.world, self.node, via) else { return Continue(()) };
        let (policies, others) =
            (self.on(Stage::Untracked, host, Bucket::Untracked, ingress)?, self.on(Stage::Untracked, host, Bucket::Untracked, !ingress)?);
        if policies.is_empty() && others.is_empty() {
            return Continue(());
        }
        if self.is_failsafe(if ingress { Direction::In } else { Direction::Out }) {
            return Continue(());
        }
        let passed = self.go_through(Stage::Untracked, &policies, ingress, TierEnd::Nothing, &named(host))?;
        let decided = self.hops.last().and_then(|hop| hop.object.clone());
        match (passed, decided) {
            (Passed::Allowed, Some(key)) => self.unknown(Stage::Untracked, Unknown::Untracked(key)),
            _ => Continue(()),
        }
    }

    /// *Before translation*: pre-DNAT policy (`StaticManglePreroutingChain` in `felix/rules/static.go:1012` at v3.28.5). A HostEndpoint
    /// without one leaves its interface to `*` (`endpoint_mgr.go:1058`).
    pub(super) fn pre_dnat(&mut self, via: Via<'a>) -> Step {
        self.can_tell(Stage::PreDnat)?;
        let own = of_interface(self.world, self.node, via);
        for host in [own, of_all(self.world, self.node)].into_iter().flatten() {
            let policies = self.on(Stage::PreDnat, host, Bucket::PreDnat, true)?;
            if policies.is_empty() {
                continue;
            }
            if let Some(own) = own.filter(|own| own.key() != host.key())
                && let Some(staged) = self.staged(Stage::PreDnat, own, Bucket::PreDnat)?
            {
                let why = format!(
                    "It is staged and decides nothing, and stands before translation on {}, which so takes {} from {}.",
                    named(own),
                    via.in_words(),
                    named(host)
                );
                self.note(Stage::PreDnat, Some(staged), Action::Continue, why);
                return Continue(());
            }
            if self.is_failsafe(Direction::In) {
                let why = format!(
                    "{} is a failsafe port of the node: it is open before any policy of {}, whatever the address ({}).",
                    self.packet.carried(),
                    named(host),
                    self.world.settings.felix(self.node).failsafe_inbound.source
                );
                self.note(Stage::Failsafe, None, Action::Continue, why);
                return Continue(());
            }
            self.marked = self.go_through(Stage::PreDnat, &policies, true, TierEnd::Nothing, &named(host))? == Passed::Allowed;
            return Continue(());
        }
        Continue(())
    }

    /// *Forward, in*: `applyOnForward` policy where a packet comes in that the node forwards, `*` and interfaces of pods included; not for
    /// marked packets (`StaticFilterForwardChains` in `felix/rules/static.go:592` at v3.28.5).
    pub(super) fn forward_in(&mut self, via: Via<'a>) -> Step {
        let marked = std::mem::take(&mut self.marked);
        let Some(host) = self.host(Stage::ForwardIn, via)? else { return Continue(()) };
        if marked {
            let why = format!("A policy before translation allowed it: forward policy of {} is left out.", named(host));
            self.note(Stage::ForwardIn, Some(host.key()), Action::Continue, why);
            return Continue(());
        }
        let policies = self.on(Stage::ForwardIn, host, Bucket::Forward, true)?;
        self.go_through(Stage::ForwardIn, &policies, true, TierEnd::AsTold, &named(host))?;
        Continue(())
    }

    /// *Forward, out*: the same where it goes out. That of `*` holds for what goes to pods too (`toEndForwardRules` in
    /// `felix/rules/dispatch.go:203` at v3.28.5). The HostEndpoint that lets it go on without marking it as accepted, if one does.
    pub(super) fn forward_out(&mut self, via: Via<'a>) -> Step<Option<Host<'a>>> {
        let Some(host) = self.host(Stage::ForwardOut, via)? else { return Continue(None) };
        let policies = self.on(Stage::ForwardOut, host, Bucket::Forward, false)?;
        let marks = if policies.is_empty() {
            // Without tiers policies of this direction count (`felix/rules/endpoints.go:473` at v3.28.5), with them those of either
            // (`felix/rules/endpoints.go:722` at v3.30.1), staged ones too.
            !self.world.settings.line.value.has_tiers()
                || self.on(Stage::ForwardOut, host, Bucket::Forward, true)?.is_empty()
                    && (!self.may_be_taken_for_own() || self.staged(Stage::ForwardOut, host, Bucket::Forward)?.is_none())
        } else {
            self.go_through(Stage::ForwardOut, &policies, false, TierEnd::AsTold, &named(host))? == Passed::Allowed
        };
        Continue(Some(host).filter(|_| !marks))
    }

    /// Policy on what the host itself sends, for what kube-proxy has marked and Felix has not: kube-proxy's rules accept it before Felix'
    /// last rule marks what is forwarded, so where it goes out the kernel takes it for the host's own (`KUBE-FORWARD` in
    /// `pkg/proxy/iptables/proxier.go`, `StaticManglePostroutingChain` in `felix/rules/static.go:1060` at v3.30.1; measured).
    pub(super) fn taken_for_own(&mut self, host: Host<'a>) -> Step {
        if !self.may_be_taken_for_own() {
            return Continue(());
        }
        let why = format!(
            "kube-proxy has marked it and no forward policy of {} allows it: it meets the policy on what `{}` itself sends.",
            named(host),
            self.node
        );
        self.note(Stage::HostEgress, Some(host.key()), Action::Continue, why);
        self.normal(Stage::HostEgress, host, Direction::Out)
    }

    /// Whether it is taken for the host's own where Felix has not marked it.
    fn may_be_taken_for_own(&self) -> bool {
        let felix = self.world.settings.felix(self.node).data_plane.value;
        self.masquerade && felix == DataPlane::Iptables && self.world.settings.proxy.mode.value == ProxyMode::Iptables
    }

    /// *To the host itself* (`filterInputChain` in `felix/rules/static.go:212` at v3.28.5): marked packets are in; then failsafe ports,
    /// normal policies, profiles.
    pub(super) fn host_ingress(&mut self, via: Via<'a>) -> Step {
        let Some(host) = self.host(Stage::Host, via)? else {
            let why = format!("No HostEndpoint of `{}` stands for {}: the node lets it in.", self.node, via.in_words());
            self.note(Stage::Host, None, Action::Continue, why);
            return Continue(());
        };
        if self.marked {
            let why = format!("A policy before translation allowed it: other policy of {} is left out.", named(host));
            self.note(Stage::Host, Some(host.key()), Action::Allow, why);
            return Continue(());
        }
        self.normal(Stage::Host, host, Direction::In)
    }

    /// *From the host itself* (`filterOutputChain` in `felix/rules/static.go:686` at v3.28.5): the same outwards. What a HostEndpoint has
    /// accepted no other one is asked about (`StaticManglePostroutingChain` in `felix/rules/static.go:1067` at v3.30.1; measured).
    pub(super) fn host_egress(&mut self, via: Via<'a>) -> Step {
        if self.marked {
            return Continue(());
        }
        let Some(host) = self.host(Stage::HostEgress, via)? else { return Continue(()) };
        self.normal(Stage::HostEgress, host, Direction::Out)?;
        self.marked = true;
        Continue(())
    }

    fn normal(&mut self, stage: Stage, host: Host<'a>, direction: Direction) -> Step {
        if self.is_failsafe(direction) {
            let felix = self.world.settings.felix(self.node);
            let source = if direction == Direction::In { &felix.failsafe_inbound.source } else { &felix.failsafe_outbound.source };
            let why = format!("{} is a failsafe port: it is open before any policy of {} ({source}).", self.packet.carried(), named(host));
            self.note(Stage::Failsafe, None, Action::Allow, why);
            return Continue(());
        }
        let policies = self.on(stage, host, Bucket::Normal, direction == Direction::In)?;
        if self.go_through(stage, &policies, direction == Direction::In, TierEnd::AsTold, &named(host))? == Passed::Allowed {
            return Continue(());
        }
        // In order: those of service accounts have no rules, and one that does not exist denies (`DummyDropRules` in
        // `felix/calc/active_rules_calculator.go` at v3.28.5).
        let mut profiles = host.spec.profiles.iter().filter(|name| !name.starts_with(ACCOUNT_PROFILE));
        let exists = |name: &str| match name.strip_prefix(NAMESPACE_PROFILE) {
            Some(namespace) => self.world.snapshot.get::<Namespace>("", namespace).is_some(),
            None => name == DEFAULT_ALLOW,
        };
        match profiles.next().filter(|name| exists(name)) {
            Some(name) => {
                let why = format!("No policy of {} decides, and its profile `{name}` allows.", named(host));
                self.note(stage, Some(host.key()), Action::Allow, why);
                Continue(())
            }
            None => {
                let why = format!("No policy of {} decides, and it has no profile that allows: the end denies.", named(host));
                self.end(stage, Some(host.key()), Verdict::Denied, why)
            }
        }
    }

    /// The HostEndpoint whose normal and forward policies hold at an interface: its own, else `*`.
    fn host(&mut self, stage: Stage, via: Via<'a>) -> Step<Option<Host<'a>>> {
        self.can_tell(stage)?;
        Continue(of_interface(self.world, self.node, via).or_else(|| of_all(self.world, self.node)))
    }

    fn on(&mut self, stage: Stage, host: Host<'a>, bucket: Bucket, ingress: bool) -> Step<Vec<&'w Policy<'a>>> {
        // Pre-DNAT policy has no egress (`event_sequencer.go:1164` at v3.28.5).
        match self.world.policies.on(self.world, Member::Host(host), bucket, ingress) {
            Ok(policies) => Continue(policies),
            Err(why) => self.unknown(stage, why),
        }
    }

    fn staged(&mut self, stage: Stage, host: Host<'a>, bucket: Bucket) -> Step<Option<ObjectKey>> {
        match self.world.staged(host, bucket) {
            Ok(staged) => Continue(staged),
            Err(why) => self.unknown(stage, why),
        }
    }

    /// Nothing is told of HostEndpoints while what decides there was not read.
    fn can_tell(&mut self, stage: Stage) -> Step {
        match self.world.not_read(DECIDE).or_else(|| self.world.unreadable(DECIDE, Some(""))) {
            Some(why) => self.unknown(stage, why),
            None => Continue(()),
        }
    }

    /// Whether the packet is to a failsafe port: by protocol, port and, where one is set, net: of the sender for what comes in, of the
    /// receiver for what goes out (`failsafeInChain`, `felix/rules/static.go:466` at v3.28.5).
    fn is_failsafe(&self, direction: Direction) -> bool {
        let felix = self.world.settings.felix(self.node);
        let Some(ports) = self.packet.ports else { return false };
        let (inbound, outbound) = (felix.failsafe_inbound.value.as_slice(), felix.failsafe_outbound.value.as_slice());
        let is = |list: &[FailsafePort], port: u16, end: IpAddr| {
            let fits = |failsafe: &FailsafePort| {
                failsafe.protocol == self.packet.protocol && failsafe.port == port && failsafe.net.is_none_or(|net| net.contains(end))
            };
            list.iter().any(fits)
        };
        if !self.answering {
            return match direction {
                Direction::In => is(inbound, ports.destination, self.packet.source),
                Direction::Out => is(outbound, ports.destination, self.packet.destination),
            };
        }
        // Of an answer by its own ports, and as what a packet by a failsafe port of the other direction is answered with.
        let (to, answers, end) = match direction {
            Direction::In => (inbound, outbound, self.packet.destination),
            Direction::Out => (outbound, inbound, self.packet.source),
        };
        is(answers, ports.destination, end) || ports.source.is_some_and(|port| is(to, port, end))
    }
}

fn named(host: Host<'_>) -> String {
    format!("HostEndpoint `{}`", host.metadata.name)
}
