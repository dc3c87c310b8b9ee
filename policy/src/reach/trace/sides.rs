//! The two ends of a rule: whether a packet's address and port are what `source` or `destination` says.

use super::packet::{Packet, holds};
use super::ports::{self, RulePort};
use super::rule::{Condition, Missed};
use super::world::{Member, World, masked};
use crate::cidr::Cidr;
use crate::object::{EndpointSlice, EntityRule, IntOrString, Kind, ObjectKey, Rule, ServiceMatch};
use crate::reach::verdict::Unknown;
use crate::selector::Selector;
use std::net::IpAddr;

/// An end of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Source,
    Destination,
}

impl End {
    const fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Destination => "destination",
        }
    }

    /// A field of one end as that of the other.
    pub(super) fn turned(field: &str) -> String {
        let of = |one: Self, other: Self| field.strip_prefix(one.name()).map(|rest| format!("{}{rest}", other.name()));
        of(Self::Source, Self::Destination).or_else(|| of(Self::Destination, Self::Source)).unwrap_or_else(|| field.to_owned())
    }
}

/// What selectors stand for: kinds whose objects have addresses and labels.
const MEMBERS: &[Kind] = &[Kind::Pod, Kind::Namespace, Kind::ServiceAccount, Kind::HostEndpoint, Kind::GlobalNetworkSet, Kind::NetworkSet];

/// A rule and a packet.
pub(super) struct Place<'w, 'a> {
    pub(super) world: &'w World<'a>,
    pub(super) key: &'w ObjectKey,
    pub(super) rule: &'w Rule,
    pub(super) packet: &'w Packet,
}

/// The nets of a list that can be read, with their places. One that cannot is left out; a list of which nothing is left is no condition
/// (`ConvertStringsToNets` in `updateprocessors/rules.go` at v3.28.5, which since 3.31.5 holds for destinations too).
pub(super) fn nets(list: &[String]) -> impl Iterator<Item = (usize, Cidr)> {
    list.iter().enumerate().filter_map(|(at, text)| Some((at, masked(text)?)))
}

impl<'w, 'a> Place<'w, 'a> {
    fn side(&self, end: End) -> &'w EntityRule {
        match end {
            End::Source => &self.rule.source,
            End::Destination => &self.rule.destination,
        }
    }

    const fn address(&self, end: End) -> IpAddr {
        match end {
            End::Source => self.packet.source,
            End::Destination => self.packet.destination,
        }
    }

    /// What an end says about addresses.
    pub(super) fn addresses(&self, end: End) -> Vec<Condition> {
        vec![self.in_nets(end), self.not_in_nets(end), self.selected(end), self.of_service(end)]
    }

    /// Whether its nets alone say that the rule is about something else.
    pub(super) fn is_outside_its_nets(&self, end: End) -> bool {
        self.in_nets(end).is_err() || self.not_in_nets(end).is_err()
    }

    fn in_nets(&self, end: End) -> Condition {
        let (address, list) = (self.address(end), &self.side(end).nets);
        if nets(list).next().is_none() {
            return Ok(None);
        }
        let (at, net) = nets(list).find(|(_, net)| net.contains(address)).ok_or(Missed::No)?;
        Ok(Some((format!("{}.nets[{at}]", end.name()), format!("`{address}` is in `{net}`"))))
    }

    fn not_in_nets(&self, end: End) -> Condition {
        let (address, list) = (self.address(end), &self.side(end).not_nets);
        if nets(list).any(|(_, net)| net.contains(address)) {
            return Err(Missed::No);
        }
        let any = nets(list).next().is_some();
        Ok(any.then(|| (format!("{}.notNets", end.name()), format!("`{address}` is in none of the nets that are left out"))))
    }

    /// Selectors. With a positive one, `notSelector` takes members out of it; alone it means every address that is not of one that it
    /// selects (`combineMatchesIfPossible` in `felix/calc/rule_scanner.go:599` at v3.28.5).
    fn selected(&self, end: End) -> Condition {
        let side = self.side(end);
        let address = self.address(end);
        let Ok(positive) = Selector::of_side(side, &self.key.namespace) else { return Err(Missed::No) };
        let negative = if side.not_selector.is_empty() { None } else { Selector::parse(&side.not_selector).ok() };
        let name = |member: Member<'a>| format!("`{address}` is an address of {}", in_ticks(&member.key()));
        match (&positive, &negative) {
            (None, None) => Ok(None),
            (Some(positive), negative) => {
                // Named ports bring their own selection: see `ports`.
                if only_named(&side.ports) {
                    return Ok(None);
                }
                let found = self.member(address, positive, negative.as_ref());
                let member = found.ok_or_else(|| self.perhaps(Missed::No))?;
                let field = if side.selector.is_empty() {
                    if side.namespace_selector.is_empty() { "serviceAccounts" } else { "namespaceSelector" }
                } else {
                    "selector"
                };
                Ok(Some((format!("{}.{field}", end.name()), format!("{}, which `{positive}` selects", name(member)))))
            }
            (None, Some(negative)) => {
                if self.member(address, negative, None).is_some() {
                    return Err(Missed::No);
                }
                if let Missed::Unknown(why) = self.perhaps(Missed::No) {
                    return Err(Missed::Unknown(why));
                }
                Ok(Some((format!("{}.notSelector", end.name()), format!("nothing that `{negative}` selects has the address `{address}`"))))
            }
        }
    }

    /// A member that has the address and is selected.
    fn member(&self, address: IpAddr, positive: &Selector, negative: Option<&Selector>) -> Option<Member<'a>> {
        let selected = |member: &Member<'a>| {
            let labels = self.world.labels(*member);
            positive.matches(&labels) && !negative.is_some_and(|negative| negative.matches(&labels))
        };
        self.world.members(address).find(selected)
    }

    /// A set is not told to lack an address while some that may have it were not read.
    fn perhaps(&self, otherwise: Missed) -> Missed {
        let unknown = self.world.not_read(MEMBERS).or_else(|| self.world.unreadable(MEMBERS, None));
        unknown.map_or(otherwise, Missed::Unknown)
    }

    /// `services`: the addresses of a Service's endpoints, ready or not; as destination with their ports
    /// (`felix/serviceindex/serviceindex.go:176` at v3.28.5). One without a name, which the API refuses, is no condition
    /// (`felix/calc/rule_scanner.go:433`).
    fn of_service(&self, end: End) -> Condition {
        let Some(services) = self.side(end).services.as_ref().filter(|services| !services.name.is_empty()) else { return Ok(None) };
        let (address, port) = (self.address(end), self.packet.ports.map(|ports| ports.destination));
        let has_port = |slice: &EndpointSlice| {
            slice
                .ports
                .iter()
                .any(|own| own.port.is_some() && own.port == port && ports::of_kubernetes(&own.protocol) == Some(self.packet.protocol))
        };
        let found = slices(self.world, services).any(|slice| {
            let mut addresses = slice.endpoints.iter().flat_map(|endpoint| &endpoint.addresses);
            addresses.any(|text| text.parse::<IpAddr>() == Ok(address)) && (end == End::Source || has_port(slice))
        });
        if !found {
            let kinds = &[Kind::EndpointSlice];
            let unknown = self.world.not_read(kinds).or_else(|| self.world.unreadable(kinds, None));
            return Err(unknown.map_or(Missed::No, Missed::Unknown));
        }
        Ok(Some((format!("{}.services", end.name()), format!("`{address}` is an endpoint of the Service `{}`", services.name))))
    }

    /// What an end says about ports.
    pub(super) fn ports(&self, end: End) -> Condition {
        let side = self.side(end);
        if side.ports.is_empty() && side.not_ports.is_empty() {
            return Ok(None);
        }
        let Some(packet) = self.packet.ports else { return Err(Missed::No) };
        let port = if end == End::Source { packet.source } else { Some(packet.destination) };
        let unknown = || Missed::Unknown(Unknown::SourcePort(self.key.clone()));
        if !side.not_ports.is_empty() {
            match self.among(end, &side.not_ports, port) {
                Some(true) => return Err(Missed::No),
                Some(false) => {}
                None => return Err(unknown()),
            }
        }
        if side.ports.is_empty() {
            return Ok(None);
        }
        match self.among(end, &side.ports, port) {
            Some(true) => {
                let port = port.map_or_else(|| "every port that a client gets".to_owned(), |port| format!("port {port}"));
                Ok(Some((format!("{}.ports", end.name()), format!("{port} is among its ports"))))
            }
            Some(false) => Err(Missed::No),
            None => Err(unknown()),
        }
    }

    /// Whether the port is among these: a number by itself, a name as the port that an endpoint with the packet's address, which the
    /// selector of this end selects, gives that name to (`felix/calc/rule_scanner.go:396` at v3.28.5).
    fn among(&self, end: End, list: &[IntOrString], port: Option<u16>) -> Option<bool> {
        let mut ranges = Vec::new();
        // Any port of a client may be one that an endpoint gives a name to.
        let mut named = false;
        for one in list.iter().filter_map(ports::port) {
            match one {
                RulePort::Range(first, last) => ranges.push((first, last)),
                RulePort::Named(_) if port.is_none() => named = true,
                RulePort::Named(name) => ranges.extend(self.named(end, name).into_iter().map(|number| (number, number))),
            }
        }
        holds(&mut ranges, port).filter(|held| *held || !named)
    }

    /// The numbers that endpoints at this end give to the name, for the rule's protocol.
    fn named(&self, end: End, name: &str) -> Vec<u16> {
        let side = self.side(end);
        let protocol = ports::of_named(self.rule.protocol.as_ref());
        let Ok(positive) = Selector::of_side(side, &self.key.namespace) else { return Vec::new() };
        let negative = Selector::parse(&side.not_selector).ok().filter(|_| !side.not_selector.is_empty());
        let selected = |member: &Member<'a>| {
            let labels = self.world.labels(*member);
            positive
                .as_ref()
                .is_none_or(|selector| selector.matches(&labels) && !negative.as_ref().is_some_and(|negative| negative.matches(&labels)))
        };
        let members = self.world.members(self.address(end)).filter(selected);
        members.flat_map(|member| ports_named(member, name, protocol)).collect()
    }
}

fn ports_named(member: Member<'_>, name: &str, protocol: u8) -> Vec<u16> {
    match member {
        Member::Pod(pod) => {
            let all = pod.spec.containers.iter().flat_map(|container| &container.ports);
            let named = all.filter(|port| port.name == name && ports::of_kubernetes(&port.protocol) == Some(protocol));
            named.map(|port| port.container_port).collect()
        }
        Member::Host(host) => {
            let named = host.spec.ports.iter().filter(|port| port.name == name);
            let named = named.filter(|port| port.protocol.as_ref().and_then(ports::protocol) == Some(protocol));
            named.filter_map(|port| u16::try_from(port.port).ok()).collect()
        }
        Member::Global(_) | Member::Set(_) => Vec::new(),
    }
}

/// Whether a list of ports has names and no numbers: then the selector of its end is part of what the names mean.
fn only_named(list: &[IntOrString]) -> bool {
    !list.is_empty() && list.iter().filter_map(ports::port).all(|port| matches!(port, RulePort::Named(_)))
}

/// The slices of a Service that a rule names; none where it does not name the namespace, for Felix does not put the policy's own in its place
/// (`RuleAPIV2ToBackend` in `libcalico-go/lib/backend/syncersv1/updateprocessors/rules.go:154` at v3.28.5 and v3.30.1; measured).
fn slices<'a>(world: &World<'a>, services: &'a ServiceMatch) -> impl Iterator<Item = &'a EndpointSlice> {
    let of_service =
        move |slice: &&EndpointSlice| slice.metadata.labels.get("kubernetes.io/service-name").is_some_and(|name| *name == services.name);
    world.snapshot.in_namespace::<EndpointSlice>(&services.namespace).map(AsRef::as_ref).filter(of_service)
}

fn in_ticks(key: &ObjectKey) -> String {
    format!("{} `{}`", key.kind, key.path())
}
