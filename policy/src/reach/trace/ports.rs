//! Ports and protocols as rules write them (`api/pkg/lib/numorstring` of Calico).

use super::packet::{ICMP, ICMPV6, SCTP, TCP, UDP};
use crate::object::IntOrString;

/// A port of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RulePort<'a> {
    Range(u16, u16),
    Named(&'a str),
}

/// A number, `MIN:MAX`, or a name; none for what is none of them.
pub(super) fn port(port: &IntOrString) -> Option<RulePort<'_>> {
    match port {
        IntOrString::Int(number) => u16::try_from(*number).ok().map(|number| RulePort::Range(number, number)),
        IntOrString::String(text) => {
            if let Ok(number) = text.parse() {
                return Some(RulePort::Range(number, number));
            }
            match text.split_once(':') {
                Some((first, last)) => Some(RulePort::Range(first.parse().ok()?, last.parse().ok()?)),
                None => Some(RulePort::Named(text)),
            }
        }
    }
}

/// The number of a protocol by name, in any case, or number.
pub(super) fn protocol(protocol: &IntOrString) -> Option<u8> {
    match protocol {
        IntOrString::Int(number) => u8::try_from(*number).ok(),
        IntOrString::String(text) => match text.to_ascii_lowercase().as_str() {
            "tcp" => Some(TCP),
            "udp" => Some(UDP),
            "sctp" => Some(SCTP),
            "icmp" => Some(ICMP),
            "icmpv6" => Some(ICMPV6),
            "udplite" => Some(136),
            digits => digits.parse().ok(),
        },
    }
}

/// The protocol of a Service, a container or a slice: TCP where it says none.
pub(super) fn of_kubernetes(name: &str) -> Option<u8> {
    match name {
        "" | "TCP" => Some(TCP),
        "UDP" => Some(UDP),
        "SCTP" => Some(SCTP),
        _ => None,
    }
}

/// The protocol of the sets that stand for named ports: TCP unless the rule says UDP or SCTP (`felix/calc/rule_scanner.go:387` at
/// v3.28.5).
pub(super) fn of_named(rule: Option<&IntOrString>) -> u8 {
    rule.and_then(protocol).filter(|number| matches!(*number, UDP | SCTP)).unwrap_or(TCP)
}
