//! A packet under way: where it is, what it has met, and how a list of policies is gone through.

use super::answer::Crossing;
use super::host_endpoint::{Mains, Via};
use super::packet::Packet;
use super::policies::Policy;
use super::rule::{self, Because, Matched, RuleAction};
use super::world::World;
use crate::object::{ObjectKey, Pod};
use crate::reach::verdict::{Action, Hop, Stage, Unknown, Verdict};
use std::ops::ControlFlow;
use std::sync::Arc;

/// A verdict ends the journey; without one it goes on.
pub(super) type Step<T = ()> = ControlFlow<Verdict, T>;

/// A packet under way.
#[derive(Clone)]
pub(super) struct Flow<'w, 'a> {
    pub(super) world: &'w World<'a>,
    pub(super) mains: &'w Mains<'a>,
    pub(super) packet: Packet,
    /// The node where it is.
    pub(super) node: &'a str,
    /// By which interface it came to the node; none while a process of the node sends it.
    pub(super) came_by: Option<Via<'a>>,
    /// The pod of this node that sends it.
    pub(super) pod: Option<&'a Arc<Pod>>,
    /// Felix' mark of packets that host policy has accepted: before translation, or, of what the node itself sends, on the way out.
    pub(super) marked: bool,
    /// kube-proxy's mark of packets whose source it will translate.
    pub(super) masquerade: bool,
    /// Whether its source is what somebody outside the cluster has given it: nothing has translated it.
    pub(super) outsider: bool,
    /// The ways between nodes that it has taken.
    pub(super) crossed: Vec<Crossing<'a>>,
    /// Whether it is the answer that is followed.
    pub(super) answering: bool,
    pub(super) hops: Vec<Hop>,
}

/// How a list of policies ended without a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Passed {
    /// A rule let it through.
    Allowed,
    /// No rule did, and what comes next decides.
    On,
}

/// What the end of a tier does with packets that none of its policies spoke about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TierEnd {
    /// As the tier says: to deny, unless its `defaultAction` is `Pass`.
    AsTold,
    /// Nothing: pre-DNAT and untracked policies (`felix/rules/endpoints.go:418` at v3.27.0).
    Nothing,
}

impl<'a> Flow<'_, 'a> {
    /// Notes something that the packet meets.
    pub(super) fn note(&mut self, stage: Stage, object: Option<ObjectKey>, action: Action, why: impl Into<String>) {
        let hop = Hop { stage, node: self.node.to_owned(), object, rule: None, action, field: String::new(), why: why.into() };
        self.hops.push(hop);
    }

    /// Ends the journey.
    pub(super) fn end<T>(&mut self, stage: Stage, object: Option<ObjectKey>, verdict: Verdict, why: impl Into<String>) -> Step<T> {
        let action = match verdict {
            Verdict::Allowed => Action::Allow,
            Verdict::Denied => Action::Deny,
            Verdict::Unknown(_) => Action::Unknown,
        };
        self.note(stage, object, action, why);
        ControlFlow::Break(verdict)
    }

    /// Ends the journey where it cannot be told how it goes on.
    pub(super) fn unknown<T>(&mut self, stage: Stage, why: Unknown) -> Step<T> {
        let sentence = sentence(&why.to_string());
        self.end(stage, None, Verdict::Unknown(why), sentence)
    }

    /// Goes through policies in order, tier by tier (`endpointIptablesChain` in `felix/rules/endpoints.go:330` at v3.28.5). The first rule
    /// that matches decides: Allow, Deny; Log goes on; Pass leaves the rest of its tier out.
    pub(super) fn go_through(&mut self, stage: Stage, policies: &[&Policy<'a>], ingress: bool, end: TierEnd, of: &str) -> Step<Passed> {
        for tier in policies.chunk_by(|one, next| one.tier == next.tier) {
            match self.go_through_tier(stage, tier, ingress)? {
                TierVerdict::Allowed => return ControlFlow::Continue(Passed::Allowed),
                TierVerdict::Passed => continue,
                TierVerdict::Silent => {}
            }
            let Some(first) = tier.first() else { continue };
            let answer = if self.answering { "the answer to " } else { "" };
            let about = format!("No rule of {} on {of} in the tier `{}` matches {answer}{}", counted(tier.len()), first.tier, self.packet);
            if end == TierEnd::Nothing || self.world.policies.passes(first.tier) {
                self.note(stage, None, Action::Continue, format!("{about}: it goes on."));
                continue;
            }
            return self.end(stage, Some(first.key.clone()), Verdict::Denied, format!("{about}, and the end of a tier denies."));
        }
        ControlFlow::Continue(Passed::On)
    }

    fn go_through_tier(&mut self, stage: Stage, tier: &[&Policy<'a>], ingress: bool) -> Step<TierVerdict> {
        for policy in tier {
            for ruling in rule::rules(policy, ingress) {
                let ruling = if self.answering { ruling.turned() } else { ruling };
                let because = match rule::matches(self.world, &policy.key, &ruling, &self.packet, ingress) {
                    Matched::No => continue,
                    // It would only write a line.
                    Matched::Unknown(_) if ruling.action() == RuleAction::Log => continue,
                    Matched::Unknown(why) => {
                        let sentence = sentence(&why.to_string());
                        self.rule_hop(stage, policy, ruling.index, Action::Unknown, String::new(), sentence);
                        return ControlFlow::Break(Verdict::Unknown(why));
                    }
                    Matched::Yes(because) => because,
                };
                let (action, does) = match ruling.action() {
                    RuleAction::Allow if self.answering => (Action::Allow, "allows the answer"),
                    RuleAction::Deny if self.answering => (Action::Deny, "denies the answer"),
                    RuleAction::Allow => (Action::Allow, "allows it"),
                    RuleAction::Deny => (Action::Deny, "denies it"),
                    RuleAction::Pass => (Action::Pass, "passes it on, so what comes after this tier decides"),
                    RuleAction::Log => (Action::Continue, "logs it, and it goes on"),
                };
                let Because { field, reasons } = because;
                let why = if reasons.is_empty() {
                    format!("Rule {} has no conditions and {does}.", ruling.index + 1)
                } else {
                    format!("Rule {} {does}: {}.", ruling.index + 1, reasons.join(", and "))
                };
                self.rule_hop(stage, policy, ruling.index, action, field, why);
                match ruling.action() {
                    RuleAction::Allow => return ControlFlow::Continue(TierVerdict::Allowed),
                    RuleAction::Deny => return ControlFlow::Break(Verdict::Denied),
                    RuleAction::Pass => return ControlFlow::Continue(TierVerdict::Passed),
                    RuleAction::Log => {}
                }
            }
        }
        ControlFlow::Continue(TierVerdict::Silent)
    }

    fn rule_hop(&mut self, stage: Stage, policy: &Policy<'a>, rule: u32, action: Action, field: String, why: String) {
        let object = Some(policy.key.clone());
        self.hops.push(Hop { stage, node: self.node.to_owned(), object, rule: Some(rule), action, field, why });
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TierVerdict {
    Allowed,
    Passed,
    Silent,
}

/// `1 policy`, `3 policies`.
fn counted(count: usize) -> String {
    if count == 1 { "1 policy".to_owned() } else { format!("{count} policies") }
}

/// A reason as a sentence.
fn sentence(reason: &str) -> String {
    let mut letters = reason.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}
