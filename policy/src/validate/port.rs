//! Ports and protocols (`api/pkg/lib/numorstring`).

use super::report::{At, Report};
use crate::object::IntOrString;

const PORT: &str = "a port is a number from 1 to 65535, a range as \"80:90\", or a port's name";
const RANGE: &str = "a range of ports is MIN:MAX with both from 1 to 65535 and MIN not above MAX";
const PORT_NAME: &str =
    "the name of a port has at most 15 of a-z, 0-9 and `-`, at least one letter, and no dash at an end or beside another";
const PROTOCOL: &str = "a protocol is TCP, UDP, ICMP, ICMPv6, SCTP or UDPLite, in this spelling, or a number from 1 to 255";

/// A port of a rule.
pub(super) fn port(report: &mut Report, at: At<'_>, port: &IntOrString) {
    let text = match port {
        IntOrString::Int(number) => return report.check((1..=65535).contains(number), at, number, PORT),
        IntOrString::String(text) => text,
    };
    if is_digits(text) {
        report.check(number(text).is_some(), at, text, PORT);
    } else if let Some((min, max)) = text.split_once(':').filter(|(min, max)| is_digits(min) && is_digits(max)) {
        let valid = matches!((number(min), number(max)), (Some(min), Some(max)) if min <= max);
        report.check(valid, at, text, RANGE);
    } else {
        report.check(is_port_name(text), at, text, PORT_NAME);
    }
}

/// A port of a list that allows no names.
pub(super) fn is_named(port: &IntOrString) -> bool {
    matches!(port, IntOrString::String(text) if !text.split(':').all(is_digits))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// 1 to 65535; zeros in front are allowed, as in Go.
fn number(digits: &str) -> Option<u16> {
    digits.trim_start_matches('0').parse().ok().filter(|number| *number > 0)
}

/// Kubernetes' `IsValidPortName` (an IANA service name).
pub(super) fn is_port_name(name: &str) -> bool {
    (1..=15).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && name.bytes().any(|byte| byte.is_ascii_lowercase())
        && !name.contains("--")
        && !name.starts_with('-')
        && !name.ends_with('-')
}

/// A protocol's name or number.
pub(super) fn protocol(report: &mut Report, at: At<'_>, protocol: &IntOrString) {
    let valid = match protocol_number(protocol) {
        Some(number) => (1..=255).contains(&number),
        None => {
            matches!(protocol, IntOrString::String(name) if ["TCP", "UDP", "ICMP", "ICMPv6", "SCTP", "UDPLite"].contains(&name.as_str()))
        }
    };
    report.check(valid, at, protocol, PROTOCOL);
}

/// Whether rules with this protocol may have ports: TCP, UDP or SCTP, by name or number.
pub(super) fn has_ports(protocol: &IntOrString) -> bool {
    match (protocol_number(protocol), protocol) {
        (Some(number), _) => matches!(number, 6 | 17 | 132),
        (None, IntOrString::String(name)) => matches!(name.as_str(), "TCP" | "UDP" | "SCTP" | "tcp" | "udp" | "sctp"),
        (None, IntOrString::Int(_)) => false,
    }
}

/// Whether it is the protocol of this name; a number never is, in Calico's checks.
pub(super) fn is(protocol: Option<&IntOrString>, name: &str) -> bool {
    matches!(protocol, Some(IntOrString::String(text)) if text == name)
}

/// A number, also where it is written as text and fits a byte.
fn protocol_number(protocol: &IntOrString) -> Option<i64> {
    match protocol {
        IntOrString::Int(number) => Some(*number),
        IntOrString::String(text) => is_digits(text).then(|| text.parse::<u8>().ok()).flatten().map(i64::from),
    }
}
