//! One rule, one packet.

use super::packet::{Packet, protocol_name};
use super::policies::{Policy, PolicyObject};
use super::sides::{self, End};
use super::world::World;
use super::{kubernetes, ports};
use crate::cidr::Family;
use crate::object::{Icmp, ObjectKey, Rule};
use crate::reach::verdict::Unknown;
use std::borrow::Cow;

/// A rule as Felix has it, and where it stands in its object.
#[derive(Debug, Clone)]
pub(super) struct Ruling<'a> {
    /// Its place in `spec.ingress` or `spec.egress`.
    pub(super) index: u32,
    pub(super) rule: Cow<'a, Rule>,
    /// How the object names the fields that came to be `source`, `destination` and the ports; none where it is the same name.
    pub(super) names: Option<kubernetes::Names>,
    /// Whether it is turned about, to be held against a packet for the answer to that.
    pub(super) turned: bool,
}

/// What a rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RuleAction {
    Allow,
    Deny,
    Pass,
    Log,
}

impl Ruling<'_> {
    /// Its action: none given allows (`CalculateActions` in `felix/rules/policy.go` at v3.28.5).
    pub(super) fn action(&self) -> RuleAction {
        match self.rule.action.to_ascii_lowercase().as_str() {
            "deny" => RuleAction::Deny,
            "pass" => RuleAction::Pass,
            "log" => RuleAction::Log,
            _ => RuleAction::Allow,
        }
    }

    /// The same for the answers to packets.
    pub(super) fn turned(self) -> Self {
        Self { rule: Cow::Owned(self.rule.of_answers()), turned: true, ..self }
    }
}

/// The rules of a policy in one direction.
pub(super) fn rules<'a>(policy: &Policy<'a>, ingress: bool) -> Vec<Ruling<'a>> {
    if let PolicyObject::Kubernetes(policy) = policy.object {
        return kubernetes::rules(policy, ingress);
    }
    let Some(spec) = policy.spec() else { return Vec::new() };
    let rules = if ingress { &spec.ingress } else { &spec.egress };
    (0..).zip(rules).map(|(index, rule)| Ruling { index, rule: Cow::Borrowed(rule), names: None, turned: false }).collect()
}

/// Why a rule matches: the field that says most, and one sentence's worth of reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Because {
    pub(super) field: String,
    pub(super) reasons: Vec<String>,
}

/// Whether a packet is what a rule is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Matched {
    No,
    Yes(Because),
    Unknown(Unknown),
}

/// A condition of a rule: what holds is said with its field and reason, where it has something to say.
pub(super) type Condition = Result<Option<(String, String)>, Missed>;

/// Why a condition does not hold, or cannot be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Missed {
    No,
    Unknown(Unknown),
}

/// Whether the packet is what the rule is about: every condition must hold (`CalculateRuleMatch` in `felix/rules/policy.go` at v3.28.5).
/// What cannot be told matters only where all else holds.
pub(super) fn matches(world: &World<'_>, key: &ObjectKey, ruling: &Ruling<'_>, packet: &Packet, ingress: bool) -> Matched {
    let rule = ruling.rule.as_ref();
    if is_for_the_other_family(rule, packet.family()) {
        return Matched::No;
    }
    let place = sides::Place { world, key, rule, packet };
    // Most rules of a large cluster are about other addresses: nets are compared before a selector is read.
    if [End::Source, End::Destination].into_iter().any(|end| place.is_outside_its_nets(end)) {
        return Matched::No;
    }
    let mut conditions = vec![protocol(rule, packet), icmp(rule, packet)];
    // What a rule says about the other end comes first: it is what people ask about.
    let ends = if ingress { [End::Source, End::Destination] } else { [End::Destination, End::Source] };
    for end in ends {
        conditions.extend(place.addresses(end));
    }
    for end in ends {
        conditions.push(place.ports(end));
    }
    let mut told = Vec::new();
    let mut unknown = None;
    for condition in conditions {
        match condition {
            Ok(reason) => told.extend(reason),
            Err(Missed::No) => return Matched::No,
            Err(Missed::Unknown(why)) => unknown = unknown.or(Some(why)),
        }
    }
    if let Some(why) = unknown {
        return Matched::Unknown(why);
    }
    if rule.http.is_some() {
        return Matched::Unknown(Unknown::Http(key.clone()));
    }
    let telling = told.iter().find(|(field, _)| field.starts_with("source") || field.starts_with("destination"));
    let field = telling.or_else(|| told.last()).map(|(field, _)| field.clone()).unwrap_or_default();
    let field = match &ruling.names {
        Some(names) => names.in_object(&field),
        None if ruling.turned => End::turned(&field),
        None => field,
    };
    Matched::Yes(Because { field, reasons: told.into_iter().map(|(_, reason)| reason).collect() })
}

/// A rule of the other IP version, or whose nets or `notNets` on a side are all of the other family, is not rendered for this one
/// (`FilterRuleToIPVersion` in `felix/rules/policy.go:85` at v3.28.5).
fn is_for_the_other_family(rule: &Rule, family: Family) -> bool {
    if rule.ip_version.is_some_and(|version| version != i64::from(family.version())) {
        return true;
    }
    let lists = [&rule.source.nets, &rule.source.not_nets, &rule.destination.nets, &rule.destination.not_nets];
    lists.into_iter().any(|nets| {
        let mut read = sides::nets(nets).map(|(_, net)| net.family() == family).peekable();
        read.peek().is_some() && !read.any(|same| same)
    })
}

fn protocol(rule: &Rule, packet: &Packet) -> Condition {
    let is = |protocol: &crate::object::IntOrString| ports::protocol(protocol) == Some(packet.protocol);
    if rule.protocol.as_ref().is_some_and(|protocol| !is(protocol)) || rule.not_protocol.as_ref().is_some_and(is) {
        return Err(Missed::No);
    }
    Ok(rule.protocol.as_ref().map(|_| ("protocol".to_owned(), format!("the protocol is {}", protocol_name(packet.protocol)))))
}

fn icmp(rule: &Rule, packet: &Packet) -> Condition {
    let is = |icmp: &Icmp| {
        let Some((kind, code)) = packet.icmp else { return false };
        // A code without a type is no condition (`felix/calc/rule_convert.go` at v3.28.5).
        icmp.kind.is_none_or(|wanted| wanted == i64::from(kind) && icmp.code.is_none_or(|wanted| wanted == i64::from(code)))
    };
    let says = |icmp: &&Icmp| icmp.kind.is_some();
    if rule.icmp.as_ref().filter(says).is_some_and(|icmp| !is(icmp)) || rule.not_icmp.as_ref().filter(says).is_some_and(is) {
        return Err(Missed::No);
    }
    let (kind, code) = packet.icmp.unwrap_or_default();
    let reason = || ("icmp".to_owned(), format!("the ICMP message has type {kind} and code {code}"));
    Ok(rule.icmp.as_ref().filter(says).map(|_| reason()))
}
