//! HostEndpoints and sets.

use super::address::{address, cidr_or_address};
use super::report::{At, Report};
use super::{names, port};
use crate::object::{HostEndpointSpec, Meta, NetworkSetSpec};

const NAME: &str = "the name is a lower-case DNS name";

/// `validateHostEndpointSpec` and the tags of `HostEndpointSpec`.
pub(super) fn host_endpoint(report: &mut Report, at: At<'_>, spec: &HostEndpointSpec) {
    report.check(!spec.node.is_empty(), at.field("node"), "", "a HostEndpoint names its node");
    report.check(spec.node.is_empty() || names::is_name(&spec.node), at.field("node"), &spec.node, NAME);
    let interface = &spec.interface_name;
    if interface.is_empty() {
        report.check(!spec.expected_ips.is_empty(), at.field("interfaceName"), "", "a HostEndpoint has an interfaceName or expectedIPs");
    } else {
        let rule = "an interface is `*`, or at most 15 letters, digits, `_`, `.` and `-`";
        report.check(interface == "*" || is_interface(interface), at.field("interfaceName"), interface, rule);
    }
    for (index, text) in spec.expected_ips.iter().enumerate() {
        let rule = "an expected IP is an address, without a prefix length";
        report.check(address(text).is_some(), at.field("expectedIPs").item(index), text, rule);
    }
    for (index, profile) in spec.profiles.iter().enumerate() {
        report.check(names::is_name(profile), at.field("profiles").item(index), profile, NAME);
    }
    for (index, named) in spec.ports.iter().enumerate() {
        let at = at.field("ports");
        let at = at.item(index);
        let rule = "the name of a port has at most 15 of a-z, 0-9 and `-`, at least one letter, and no dash at an end or beside another";
        report.check(port::is_port_name(&named.name), at.field("name"), &named.name, rule);
        report.check((1..=65535).contains(&named.port), at.field("port"), named.port, "a port is a number from 1 to 65535");
        match &named.protocol {
            Some(protocol) => {
                port::protocol(report, at.field("protocol"), protocol);
                report.check(port::has_ports(protocol), at.field("protocol"), protocol, "a named port has protocol TCP, UDP or SCTP");
            }
            None => report.add(at.field("protocol"), "", "a named port has protocol TCP, UDP or SCTP"),
        }
    }
}

/// Both kinds of set. Host bits may be set here, unlike in rules.
pub(super) fn network_set(report: &mut Report, meta: &Meta, spec: &NetworkSetSpec) {
    let reserved = "projectcalico.org/namespace";
    if let Some(value) = meta.labels.get(reserved) {
        report.add(At::Root("metadata").field("labels").field(reserved), value, "a set cannot carry this label: Calico sets it itself");
    }
    let at = At::Root("spec");
    let at = at.field("nets");
    for (index, net) in spec.nets.iter().enumerate() {
        report.check(cidr_or_address(net).is_some(), at.item(index), net, "a net of a set is an address or a CIDR, as 50.60.0.0/16");
    }
}

/// The name of one interface.
pub(super) fn is_interface(name: &str) -> bool {
    (1..=15).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
}
