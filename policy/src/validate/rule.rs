//! Rules of policies (`validateRule`, `validateEntityRule`).

use super::address::{Family, cidr};
use super::report::{At, Report};
use super::{http, names, port};
use crate::object::{EntityRule, Icmp, IntOrString, Labels, Rule, ServiceMatch};
use crate::selector::Selector;
use serde::Deserialize;

/// Direction of a rule, and whether its policy is global: what a rule may say depends on both.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) ingress: bool,
    pub(super) global: bool,
}

const GLOBAL: &str = "`global()` may stand only in the namespaceSelector of a rule's source or destination";
const GLOBAL_ALONE: &str = "`global()` cannot be combined with other selectors";
const NET: &str = "a net of a rule is a CIDR, as 50.60.0.0/16 or 50.60.1.2/32";
const HOST_BITS: &str = "the host bits of a net are zero";
const PORTS: &str = "a rule with ports has protocol TCP, UDP or SCTP";

/// One rule.
pub(super) fn rule(report: &mut Report, at: At<'_>, rule: &Rule, place: Place) {
    let known = ["Allow", "Deny", "Log", "Pass"].contains(&rule.action.as_str());
    report.check(known, at.field("action"), &rule.action, "an action is Allow, Deny, Log or Pass, in this spelling");
    if let Some(version) = rule.ip_version {
        report.check(version == 4 || version == 6, at.field("ipVersion"), version, "the IP version is 4 or 6");
    }
    for (name, protocol) in [("protocol", &rule.protocol), ("notProtocol", &rule.not_protocol)] {
        if let Some(protocol) = protocol {
            port::protocol(report, at.field(name), protocol);
        }
    }
    for (name, icmp) in [("icmp", &rule.icmp), ("notICMP", &rule.not_icmp)] {
        if let Some(icmp) = icmp {
            icmp_fields(report, at.field(name), icmp);
        }
    }
    protocol_agrees(report, at, rule);
    side(report, at.field("source"), &rule.source);
    side(report, at.field("destination"), &rule.destination);
    nets(report, at, rule);
    services(report, at, rule, place);
    if let Some(http) = &rule.http {
        http::http_match(report, at.field("http"), http);
        report.check(place.ingress, at.field("http"), "", "an HTTP match stands in ingress rules only");
        report.check(rule.action == "Allow", at.field("http"), &rule.action, "an HTTP match stands in rules with action Allow only");
    }
    if let Some(metadata) = &rule.metadata {
        #[derive(Deserialize)]
        struct RuleMetadata {
            annotations: Option<Labels>,
        }
        let at = at.field("metadata");
        match RuleMetadata::deserialize(metadata) {
            Ok(metadata) => names::annotations(report, at.field("annotations"), &metadata.annotations.unwrap_or_default()),
            Err(error) => report.add(at, metadata, format_args!("the metadata of a rule has annotations: {error}")),
        }
    }
}

fn icmp_fields(report: &mut Report, at: At<'_>, icmp: &Icmp) {
    if let Some(kind) = icmp.kind {
        report.check((0..=254).contains(&kind), at.field("type"), kind, "an ICMP type is from 0 to 254");
    }
    if let Some(code) = icmp.code {
        report.check((0..=255).contains(&code), at.field("code"), code, "an ICMP code is from 0 to 255");
        report.check(icmp.kind.is_some(), at.field("code"), code, "an ICMP code needs an ICMP type beside it");
    }
}

/// Ports, ICMP fields, HTTP and the IP version need the right protocol.
fn protocol_agrees(report: &mut Report, at: At<'_>, rule: &Rule) {
    let protocol = rule.protocol.as_ref();
    if !protocol.is_some_and(port::has_ports) {
        for (side, entity) in [("source", &rule.source), ("destination", &rule.destination)] {
            for (name, ports) in [("ports", &entity.ports), ("notPorts", &entity.not_ports)] {
                if let Some(first) = ports.first() {
                    report.add(at.field(side).field(name), first, PORTS);
                }
            }
        }
    }
    let shown = protocol.map(ToString::to_string).unwrap_or_default();
    if rule.icmp.is_some() && !port::is(protocol, "ICMP") && !port::is(protocol, "ICMPv6") {
        report.add(at.field("icmp"), &shown, "a rule with ICMP fields has protocol ICMP or ICMPv6, by name");
    }
    if rule.http.is_some() && protocol.is_some() && !port::is(protocol, "TCP") {
        report.add(at.field("http"), &shown, "a rule with an HTTP match has protocol TCP, by name, or none");
    }
    for (name, version) in [("ICMP", 4), ("ICMPv6", 6)] {
        let used = port::is(protocol, name) || port::is(rule.not_protocol.as_ref(), name);
        if let Some(given) = rule.ip_version.filter(|given| used && *given != version) {
            report.add(at.field("ipVersion"), given, format_args!("a rule with protocol {name} has IP version {version} or none"));
        }
    }
}

/// Every net is a CIDR without host bits, and all nets of both sides are of one family, that of `ipVersion`.
fn nets(report: &mut Report, at: At<'_>, rule: &Rule) {
    let mut family: Option<Family> = None;
    for (side, entity) in [("source", &rule.source), ("destination", &rule.destination)] {
        for (name, nets) in [("nets", &entity.nets), ("notNets", &entity.not_nets)] {
            let at = at.field(side);
            let at = at.field(name);
            for (index, text) in nets.iter().enumerate() {
                let at = at.item(index);
                let Some(net) = cidr(text) else {
                    report.add(at, text, NET);
                    continue;
                };
                report.check(net.is_exact(), at, text, HOST_BITS);
                match rule.ip_version {
                    Some(version) if version != net.family().version() => {
                        report.add(at, text, format_args!("the nets of a rule are of its ipVersion, {version}"));
                    }
                    _ if *family.get_or_insert(net.family()) != net.family() => {
                        report.add(at, text, "all nets of a rule, of source and destination, are of one family: write one rule for each");
                    }
                    _ => {}
                }
            }
        }
    }
}

fn side(report: &mut Report, at: At<'_>, side: &EntityRule) {
    selector(report, at.field("selector"), &side.selector);
    not_global(report, at.field("selector"), &side.selector);
    selector(report, at.field("notSelector"), &side.not_selector);
    if let Some(parsed) = selector(report, at.field("namespaceSelector"), &side.namespace_selector) {
        let text = parsed.as_str();
        let combined = ["&& global()", "|| global()", "global() &&", "global() ||"].iter().any(|part| text.contains(part));
        report.check(!combined, at.field("namespaceSelector"), &side.namespace_selector, GLOBAL_ALONE);
    }
    for (name, ports) in [("ports", &side.ports), ("notPorts", &side.not_ports)] {
        for (index, port) in ports.iter().enumerate() {
            port::port(report, at.field(name).item(index), port);
        }
    }
    if let Some(accounts) = &side.service_accounts {
        selector(report, at.field("serviceAccounts").field("selector"), &accounts.selector);
    }
    if let Some(services) = &side.services {
        service_match(report, at.field("services"), services, side);
    }
}

/// `services` stands alone on its side: addresses and ports come from the Service's endpoints.
fn service_match(report: &mut Report, at: At<'_>, services: &ServiceMatch, side: &EntityRule) {
    report.check(!services.name.is_empty(), at.field("name"), "", "a match of `services` names a Service");
    for (name, text) in [("name", &services.name), ("namespace", &services.namespace)] {
        report.check(
            text.is_empty() || names::is_name(text),
            at.field(name),
            text,
            "the name of a Service or namespace is a lower-case DNS name",
        );
    }
    for (beside, present) in [
        ("namespaceSelector", !side.namespace_selector.is_empty()),
        ("selector", !side.selector.is_empty()),
        ("notSelector", !side.not_selector.is_empty()),
        ("serviceAccounts", side.service_accounts.is_some()),
        ("nets", !side.nets.is_empty()),
        ("notNets", !side.not_nets.is_empty()),
    ] {
        report.check(!present, at, &services.name, format_args!("`services` cannot stand beside `{beside}`"));
    }
}

/// Where `services` may stand, and what a global policy must add.
fn services(report: &mut Report, at: At<'_>, rule: &Rule, place: Place) {
    let (allowed, forbidden) = if place.ingress { ("source", "destination") } else { ("destination", "source") };
    let (allowed_side, forbidden_side) = if place.ingress { (&rule.source, &rule.destination) } else { (&rule.destination, &rule.source) };
    if let Some(services) = &forbidden_side.services {
        let direction = if place.ingress { "ingress" } else { "egress" };
        let message = format_args!("in an {direction} rule `services` stands in the {allowed} only").to_string();
        report.add(at.field(forbidden).field("services"), &services.name, message);
    }
    if let Some(services) = &allowed_side.services {
        let missing = place.global && services.namespace.is_empty();
        report.check(
            !missing,
            at.field(allowed).field("services").field("namespace"),
            "",
            "in a GlobalNetworkPolicy `services` names the namespace too",
        );
    }
    if rule.destination.services.is_some() {
        for (name, ports) in [("ports", &rule.destination.ports), ("notPorts", &rule.destination.not_ports)] {
            if let Some(first) = ports.first() {
                report.add(at.field("destination").field(name), first, "ports cannot stand beside `services`, which brings its own");
            }
        }
    }
}

/// Reads the selector; an empty one is none given.
pub(super) fn selector(report: &mut Report, at: At<'_>, text: &str) -> Option<Selector> {
    if text.is_empty() {
        return None;
    }
    Selector::parse(text).map_err(|error| report.add(at, text, error)).ok()
}

/// Calico looks for the letters, also inside quotes; `global( )`, which it overlooks, is found by its meaning.
pub(super) fn not_global(report: &mut Report, at: At<'_>, text: &str) {
    let found = text.contains("global()") || Selector::parse(text).is_ok_and(|selector| selector.has_global());
    report.check(!found, at, text, GLOBAL);
}

/// Whether `ports` holds a name.
pub(super) fn first_named(ports: &[IntOrString]) -> Option<(usize, &IntOrString)> {
    ports.iter().enumerate().find(|(_, port)| port::is_named(port))
}
