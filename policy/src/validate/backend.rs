//! What makes Felix treat an object as missing (`felix/calc/validation_filter.go:55` at v3.28.5).
//!
//! Policies, HostEndpoints and sets reach Felix in the form of Calico's old model, and are judged by the rules of that
//! (`libcalico-go/lib/validator/v1/validator.go` at v3.28.5): fewer than those of the API. Nets with host bits or of two families, a policy
//! with `preDNAT` that has egress rules, `global()` in odd places: Felix takes all of them.

use super::report::{At, Report};
use super::{endpoint, names, port, rule};
use crate::object::{EntityRule, HostEndpointSpec, Icmp, Labels, PolicySpec, Rule};

/// A policy of either kind.
pub(super) fn policy(report: &mut Report, at: At<'_>, spec: &PolicySpec) {
    for (name, text) in [
        ("selector", &spec.selector),
        ("namespaceSelector", &spec.namespace_selector),
        ("serviceAccountSelector", &spec.service_account_selector),
    ] {
        rule::selector(report, at.field(name), text);
    }
    for hint in &spec.performance_hints {
        report.check(hint == "AssumeNeededOnEveryNode", at.field("performanceHints"), hint, "this hint is not known");
    }
    for (name, rules) in [("ingress", &spec.ingress), ("egress", &spec.egress)] {
        for (index, rule) in rules.iter().enumerate() {
            policy_rule(report, at.field(name).item(index), rule);
        }
    }
}

fn policy_rule(report: &mut Report, at: At<'_>, rule: &Rule) {
    // Felix takes no action for an allow (`felix/rules/policy.go` at v3.28.5, `CalculateActions`).
    let known = ["", "Allow", "Deny", "Log", "Pass"].iter().any(|action| rule.action.eq_ignore_ascii_case(action));
    report.check(known, at.field("action"), &rule.action, "an action is Allow, Deny, Log or Pass");
    if let Some(version) = rule.ip_version {
        report.check(version == 4 || version == 6, at.field("ipVersion"), version, "the IP version is 4 or 6");
    }
    for (name, protocol) in [("protocol", &rule.protocol), ("notProtocol", &rule.not_protocol)] {
        if let Some(protocol) = protocol {
            port::protocol(report, at.field(name), protocol);
        }
    }
    for (name, icmp) in [("icmp", &rule.icmp), ("notICMP", &rule.not_icmp)] {
        let Some(Icmp { kind, code }) = icmp else { continue };
        report.check(kind.is_none_or(|kind| (0..=254).contains(&kind)), at.field(name), "", "an ICMP type is from 0 to 254");
        report.check(code.is_none_or(|code| (0..=255).contains(&code)), at.field(name), "", "an ICMP code is from 0 to 255");
    }
    let with_ports = rule.protocol.as_ref().is_some_and(port::has_ports);
    for (name, side) in [("source", &rule.source), ("destination", &rule.destination)] {
        entity(report, at.field(name), side, with_ports);
    }
}

fn entity(report: &mut Report, at: At<'_>, side: &EntityRule, with_ports: bool) {
    for (name, text) in [("selector", &side.selector), ("notSelector", &side.not_selector), ("namespaceSelector", &side.namespace_selector)]
    {
        rule::selector(report, at.field(name), text);
    }
    if let Some(accounts) = &side.service_accounts {
        rule::selector(report, at.field("serviceAccounts"), &accounts.selector);
    }
    for (name, ports) in [("ports", &side.ports), ("notPorts", &side.not_ports)] {
        for (index, one) in ports.iter().enumerate() {
            report.check(with_ports, at.field(name), one, "a rule with ports has protocol TCP, UDP or SCTP");
            port::port(report, at.field(name).item(index), one);
        }
    }
}

/// A HostEndpoint.
pub(super) fn host_endpoint(report: &mut Report, at: At<'_>, labels: &Labels, spec: &HostEndpointSpec) {
    let interface = &spec.interface_name;
    let known = interface.is_empty() || interface == "*" || endpoint::is_interface(interface);
    report.check(known, at.field("interfaceName"), interface, "this is no name of an interface");
    for profile in &spec.profiles {
        report.check(names::is_name(profile), at.field("profiles"), profile, "this is no name of a profile");
    }
    for (index, named) in spec.ports.iter().enumerate() {
        let at = at.field("ports");
        let at = at.item(index);
        report.check(port::is_port_name(&named.name) && named.port > 0, at, &named.name, "a named port has a name and a number");
        let protocol = named.protocol.as_ref().is_some_and(port::has_ports);
        report.check(protocol, at, &named.name, "a named port has protocol TCP, UDP or SCTP");
    }
    set(report, labels);
}

/// A set: its nets that do not parse are left out, and nothing else matters but its labels.
pub(super) fn set(report: &mut Report, all: &Labels) {
    names::labels(report, At::Root("metadata").field("labels"), all);
}
