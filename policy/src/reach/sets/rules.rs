//! One rule: whether it is about a destination, and from which senders.

use super::budget::TooMuch;
use super::members::net;
use super::world::{Dest, Universe, World};
use crate::cidr::{Cidr, CidrSet, Family};
use crate::object::{EndpointNamedPort, EntityRule, HostEndpoint, IntOrString, Kept, Kind, ObjectKey, Pod, Rule, ServiceMatch, ServiceRef};
use crate::reach::packet::EPHEMERAL;
use crate::reach::verdict::Unknown;
use crate::selector::Selector;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// What a rule does where it matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Effect {
    Allow,
    Deny,
    Pass,
    Unknown(Unknown),
}

impl World<'_> {
    /// Whether a rule of a policy in `namespace` is about packets to `dest`, whoever sends them.
    pub(super) fn is_about(&self, rule: &Rule, namespace: &str, dest: Dest) -> Result<bool, TooMuch> {
        let family = dest.family();
        // What is cheap first: most rules of a cluster are about something else.
        if rule.ip_version.is_some_and(|version| version != i64::from(family.version())) || !may_be_about(rule, dest.protocol, dest.port) {
            return Ok(false);
        }
        let to = &rule.destination;
        let named = |ports: &[IntOrString]| ports.iter().any(|port| range(port).is_none());
        let numbered = |ports: &[IntOrString]| ports.iter().filter_map(range).any(|range| range.contains(&dest.port));
        // Nets that do not parse are left out; a list of which nothing is left is no condition (updateprocessors/rules.go at v3.28.5).
        let within = |net: Cidr| net.contains(dest.address);
        if any_of(&to.nets, within) == Some(false) || any_of(&to.not_nets, within) == Some(true) {
            return Ok(false);
        }
        // A rule whose nets are all of the other family is left out for this one (felix/rules/policy.go:85 at v3.28.5).
        let of_family = |net: Cidr| net.family() == family;
        if [&rule.source.nets, &rule.source.not_nets, &to.not_nets].into_iter().any(|nets| any_of(nets, of_family) == Some(false)) {
            return Ok(false);
        }
        let meant = Meant::of(to, namespace);
        let selector = meant.positive();
        if !to.ports.is_empty() && !numbered(&to.ports) && !self.has_named_port(&to.ports, selector, dest)? {
            return Ok(false);
        }
        if named(&to.not_ports) && self.has_named_port(&to.not_ports, selector, dest)? {
            return Ok(false);
        }
        match &meant {
            Meant::Everything => {}
            Meant::Nothing => return Ok(false),
            Meant::By(selector) => {
                if !self.means(selector, dest.address)? {
                    return Ok(false);
                }
            }
            Meant::But(selector) => {
                if self.means(selector, dest.address)? {
                    return Ok(false);
                }
            }
        }
        Ok(to.services.as_ref().filter(|services| names_one(services)).is_none_or(|services| self.is_endpoint_of(services, dest)))
    }

    /// The senders among those asked about that a rule matches, given that it is about their destination.
    pub(super) fn senders(&self, rule: &Rule, namespace: &str, among: &Universe, what: &ObjectKey) -> Result<Arc<CidrSet>, TooMuch> {
        let from = &rule.source;
        let mut found: Option<Arc<CidrSet>> = None;
        let mut narrow = |set: Arc<CidrSet>| {
            found = Some(match found.take() {
                Some(before) => Arc::new(before.intersection(&set)),
                None => set,
            });
        };
        self.spend(from.nets.len() + from.not_nets.len(), || format!("the nets of {what}"))?;
        if says_something(&from.nets) {
            narrow(Arc::new(of_nets(&from.nets, among.family).intersection(&among.addresses)));
        }
        let meant = Meant::of(from, namespace);
        match &meant {
            Meant::By(selector) => narrow(self.members(selector, among)?),
            Meant::Nothing => narrow(Arc::default()),
            Meant::But(_) | Meant::Everything => {}
        }
        if let Some(services) = from.services.as_ref().filter(|services| names_one(services)) {
            narrow(Arc::new(self.endpoints_of(services).intersection(&among.addresses)));
        }
        let mut found = found.unwrap_or_else(|| among.addresses.clone());
        if !from.not_nets.is_empty() {
            found = Arc::new(found.difference(&of_nets(&from.not_nets, among.family)));
        }
        if let Meant::But(selector) = &meant {
            found = Arc::new(found.difference(&*self.members(selector, among)?));
        }
        Ok(found)
    }

    /// What a rule of a policy does to packets from a port that is not known; none where it is never about them.
    pub(super) fn effect(&self, rule: &Rule, key: &ObjectKey) -> Option<Effect> {
        let all = |port: &IntOrString| range(port).is_some_and(|range| *range.start() <= EPHEMERAL.0 && *range.end() >= EPHEMERAL.1);
        // A named port may be any number of an endpoint's.
        let some = |port: &IntOrString| range(port).is_none_or(|range| *range.start() <= EPHEMERAL.1 && *range.end() >= EPHEMERAL.0);
        let from = &rule.source;
        let covered = from.ports.is_empty() || covers(&from.ports);
        if from.not_ports.iter().any(all) || !covered && !from.ports.iter().any(some) {
            return None;
        }
        if !covered || from.not_ports.iter().any(some) {
            return Some(Effect::Unknown(Unknown::SourcePort(key.clone())));
        }
        if rule.http.is_some() {
            return Some(Effect::Unknown(Unknown::Http(key.clone())));
        }
        // Felix does not mind the case, and allows where no action is named (felix/rules/policy.go at v3.28.5).
        match rule.action.to_ascii_lowercase().as_str() {
            "" | "allow" => Some(Effect::Allow),
            "deny" => Some(Effect::Deny),
            "pass" => Some(Effect::Pass),
            _ => None,
        }
    }

    /// Whether an endpoint at the destination, one of those that `selector` selects, gives its port one of these names
    /// (felix/calc/rule_scanner.go:377 at v3.28.5).
    fn has_named_port(&self, ports: &[IntOrString], selector: Option<&Selector>, dest: Dest) -> Result<bool, TooMuch> {
        let names: Vec<String> = ports.iter().filter(|port| range(port).is_none()).map(ToString::to_string).collect();
        let endpoints = self.snapshot.endpoints_between(dest.address, dest.address);
        for (_, key) in endpoints {
            if self.gives_name(key, &names, dest) && selector.is_none_or(|selector| self.is_selected(selector, key)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn gives_name(&self, key: &ObjectKey, names: &[String], dest: Dest) -> bool {
        if key.kind == Kind::HostEndpoint {
            let endpoint = self.snapshot.get::<Kept<HostEndpoint>>("", &key.name);
            let is = |port: &EndpointNamedPort| {
                let protocol = port.protocol.as_ref().map_or(Some(6), protocol_number);
                names.contains(&port.name) && port.port == i64::from(dest.port) && protocol == Some(dest.protocol)
            };
            return endpoint.is_some_and(|endpoint| endpoint.spec.ports.iter().any(is));
        }
        let Some(pod) = self.snapshot.get::<Pod>(&key.namespace, &key.name) else { return false };
        let mut ports = pod.spec.containers.iter().flat_map(|container| &container.ports);
        ports.any(|port| {
            let protocol = if port.protocol.is_empty() { "TCP" } else { &port.protocol };
            names.contains(&port.name) && port.container_port == dest.port && by_name(protocol) == Some(dest.protocol)
        })
    }

    /// Whether the destination is an endpoint of the Service, port and protocol included.
    fn is_endpoint_of(&self, services: &ServiceMatch, dest: Dest) -> bool {
        let Ok(service) = ServiceRef::new(&services.namespace, &services.name) else { return false };
        self.snapshot.endpoint_slices(&service).any(|slice| {
            let has_port = slice.ports.iter().any(|port| {
                let protocol = if port.protocol.is_empty() { "TCP" } else { &port.protocol };
                port.port == Some(dest.port) && by_name(protocol) == Some(dest.protocol)
            });
            let mut texts = slice.endpoints.iter().flat_map(|endpoint| &endpoint.addresses);
            has_port && texts.any(|text| text.parse::<IpAddr>().is_ok_and(|address| address == dest.address))
        })
    }
}

/// Whether a rule may be about packets to this port, as far as its action, protocol and numbers of ports tell.
pub(crate) fn may_be_about(rule: &Rule, protocol: u8, port: u16) -> bool {
    // A Service's protocols have no types and codes.
    if rule.action.eq_ignore_ascii_case("Log") || rule.icmp.is_some() || rule.not_icmp.is_some() {
        return false;
    }
    let of = |text: &Option<IntOrString>| text.as_ref().map(protocol_number);
    if of(&rule.protocol).is_some_and(|number| number != Some(protocol))
        || of(&rule.not_protocol).is_some_and(|number| number == Some(protocol))
    {
        return false;
    }
    let to = &rule.destination;
    let numbered = |ports: &[IntOrString]| ports.iter().filter_map(range).any(|range| range.contains(&port));
    let named = to.ports.iter().any(|port| range(port).is_none());
    (to.ports.is_empty() || named || numbered(&to.ports)) && !numbered(&to.not_ports)
}

/// The nets of a list that parse; none where there is none, which is no condition.
pub(super) fn read(nets: &[String]) -> Option<Vec<Cidr>> {
    let nets: Vec<Cidr> = nets.iter().filter_map(|text| net(text)).collect();
    (!nets.is_empty()).then_some(nets)
}

/// Whether the ports cover every port that a client may have.
fn covers(ports: &[IntOrString]) -> bool {
    let mut ranges: Vec<RangeInclusive<u16>> = ports.iter().filter_map(range).collect();
    ranges.sort_unstable_by_key(|range| *range.start());
    let mut next = u32::from(EPHEMERAL.0);
    for range in ranges {
        if u32::from(*range.start()) <= next {
            next = next.max(u32::from(*range.end()) + 1);
        }
    }
    next > u32::from(EPHEMERAL.1)
}

/// Whether one of the nets that parse is so; none where none parses.
fn any_of(nets: &[String], is: impl Fn(Cidr) -> bool) -> Option<bool> {
    let mut parsed = nets.iter().filter_map(|text| net(text));
    let first = parsed.next()?;
    Some(is(first) || parsed.any(is))
}

fn says_something(nets: &[String]) -> bool {
    any_of(nets, |_| true).is_some()
}

/// Whether a match of `services` is a condition at all: without a name, which the API refuses, Felix has none (felix/calc/rule_scanner.go:433 at
/// v3.28.5). Without a namespace it is one that nothing meets.
const fn names_one(services: &ServiceMatch) -> bool {
    !services.name.is_empty()
}

fn of_nets(nets: &[String], family: Family) -> CidrSet {
    nets.iter().filter_map(|text| net(text)).filter(|net: &Cidr| net.family() == family).collect()
}

/// Whom the selectors of a side mean.
enum Meant {
    Everything,
    Nothing,
    /// Addresses of what is selected.
    By(Selector),
    /// All but those.
    But(Selector),
}

impl Meant {
    /// `notSelector` beside another selector takes members out of it; alone it means every address that is not of one that it selects, in
    /// whatever namespace (felix/calc/rule_scanner.go:599 at v3.28.5). What does not parse means nothing, and Felix has seen to that.
    fn of(side: &EntityRule, namespace: &str) -> Self {
        let Ok(positive) = Selector::of_side(side, namespace) else { return Self::Nothing };
        let negative = if side.not_selector.is_empty() { None } else { Selector::parse(&side.not_selector).ok() };
        match (positive, negative) {
            (None, None) => Self::Everything,
            (Some(positive), None) => Self::By(positive),
            (None, Some(negative)) => Self::But(negative),
            (Some(positive), Some(negative)) => negative.negated().and_then(|rest| positive.and(&rest)).map_or(Self::Nothing, Self::By),
        }
    }

    const fn positive(&self) -> Option<&Selector> {
        if let Self::By(selector) = self { Some(selector) } else { None }
    }
}

/// The number of a protocol as Calico writes it; none for a name that it does not have.
pub(super) fn protocol_number(protocol: &IntOrString) -> Option<u8> {
    match protocol {
        IntOrString::Int(number) => u8::try_from(*number).ok(),
        IntOrString::String(text) => text.parse().ok().or_else(|| by_name(text)),
    }
}

fn by_name(name: &str) -> Option<u8> {
    let named = [("icmp", 1), ("tcp", 6), ("udp", 17), ("icmpv6", 58), ("sctp", 132), ("udplite", 136)];
    named.into_iter().find(|(own, _)| name.eq_ignore_ascii_case(own)).map(|(_, number)| number)
}

/// The numbers that a port stands for; none for a name.
fn range(port: &IntOrString) -> Option<RangeInclusive<u16>> {
    match port {
        IntOrString::Int(number) => u16::try_from(*number).ok().map(|number| number..=number),
        IntOrString::String(text) => match text.split_once(':') {
            Some((first, last)) => Some(first.parse().ok()?..=last.parse().ok()?),
            None => text.parse().ok().map(|number| number..=number),
        },
    }
}
