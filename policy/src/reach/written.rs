//! Questions as people write them: on the command line, in forms, in the addresses of pages.

use super::packet::{Carries, Client, Destination, Entry, Question};
use crate::access::{Interface, Protocol};
use crate::object::{ServiceRef, is_dns_label, is_dns_subdomain};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// A question as it is written. Empty fields are not said.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Written {
    /// An address, `pod:NAMESPACE/NAME` or `node:NAME`.
    pub client: String,
    /// `NAMESPACE/NAME` of a Service, or an address.
    pub to: String,
    /// 1 to 65535; for ICMP `TYPE` or `TYPE/CODE`.
    pub port: String,
    /// `TCP` where empty, `UDP`, `SCTP`, `ICMP`, or a number.
    pub protocol: String,
    /// The node where packets from outside come in.
    pub node: String,
    /// The interface by which they come in.
    pub interface: String,
    /// The client's own port.
    pub source_port: String,
}

/// A field of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "named as the fields of `Written`")]
pub enum Field {
    Client,
    To,
    Port,
    Protocol,
    Node,
    Interface,
    SourcePort,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Client => "client",
            Self::To => "destination",
            Self::Port => "port",
            Self::Protocol => "protocol",
            Self::Node => "node",
            Self::Interface => "interface",
            Self::SourcePort => "source port",
        })
    }
}

/// Why a text is no question: which field, what stands in it, and the rule that it breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("the {field} {}: {rule}", in_quotes(.text))]
pub struct NotAQuestion {
    /// The field.
    pub field: Field,
    /// What stands in it.
    pub text: String,
    /// The rule that it breaks.
    pub rule: String,
}

fn in_quotes(text: &str) -> String {
    if text.is_empty() { "is missing".to_owned() } else { format!("`{text}`") }
}

/// What a client is.
const CLIENT: &str = "write an address, pod:NAMESPACE/NAME or node:NAME";
/// What a destination is.
const TO: &str = "write NAMESPACE/NAME of a Service, or an address";
/// What a port is.
const PORT: &str = "write a number from 1 to 65535";

impl FromStr for Client {
    type Err = NotAQuestion;
    fn from_str(text: &str) -> Result<Self, NotAQuestion> {
        let wrong = || wrong(Field::Client, text, CLIENT);
        if let Some(pod) = text.strip_prefix("pod:") {
            let (namespace, name) = pod.split_once('/').ok_or_else(wrong)?;
            let fits = is_dns_label(namespace) && is_dns_subdomain(name);
            return if fits { Ok(Self::Pod { namespace: namespace.to_owned(), name: name.to_owned() }) } else { Err(wrong()) };
        }
        if let Some(name) = text.strip_prefix("node:") {
            return if is_dns_subdomain(name) { Ok(Self::Node { name: name.to_owned() }) } else { Err(wrong()) };
        }
        address(text).map(|address| Self::Outside { address }).ok_or_else(wrong)
    }
}

impl FromStr for Destination {
    type Err = NotAQuestion;
    fn from_str(text: &str) -> Result<Self, NotAQuestion> {
        if let Some(address) = address(text) {
            return Ok(Self::Address { address });
        }
        text.parse::<ServiceRef>().map(|service| Self::Service { service }).map_err(|_| wrong(Field::To, text, TO))
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service { service } => service.fmt(f),
            Self::Address { address } => address.fmt(f),
        }
    }
}

/// An address of a packet: an IPv4 address in the clothes of IPv6 is that IPv4 address.
fn address(text: &str) -> Option<IpAddr> {
    text.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

fn wrong(field: Field, text: &str, rule: &str) -> NotAQuestion {
    NotAQuestion { field, text: text.to_owned(), rule: rule.to_owned() }
}

impl Written {
    /// Reads it.
    ///
    /// # Errors
    /// The first field that breaks its rule, by name.
    pub fn read(&self) -> Result<Question, NotAQuestion> {
        let client = self.client.trim().parse()?;
        let to = self.to.trim().parse()?;
        let carries = self.carries()?;
        let node = self.node.trim();
        if !node.is_empty() && !is_dns_subdomain(node) {
            return Err(wrong(Field::Node, node, "write the name of a node"));
        }
        let interface = self.interface.trim();
        if !interface.is_empty() && interface != "*" {
            Interface::try_from(interface.to_owned())
                .map_err(|_| wrong(Field::Interface, interface, "write 1 to 15 letters, digits, `_`, `.` or `-`, as eth0"))?;
        }
        let said = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Ok(Question { client, to, carries, entry: Entry { node: said(node), interface: said(interface) } })
    }

    fn carries(&self) -> Result<Carries, NotAQuestion> {
        let (protocol, port) = (self.protocol.trim(), self.port.trim());
        let with_ports = |protocol: Protocol| {
            let source_port = match self.source_port.trim() {
                "" => None,
                text => Some(number(text).ok_or_else(|| wrong(Field::SourcePort, text, PORT))?),
            };
            let port = number(port).ok_or_else(|| wrong(Field::Port, port, PORT))?;
            Ok(Carries::Ports { protocol, port, source_port })
        };
        match protocol.to_ascii_uppercase().as_str() {
            "" | "TCP" | "6" => with_ports(Protocol::Tcp),
            "UDP" | "17" => with_ports(Protocol::Udp),
            "SCTP" | "132" => with_ports(Protocol::Sctp),
            "ICMP" | "ICMPV6" | "1" | "58" => icmp(port),
            other => other
                .parse()
                .map(|protocol| Carries::Other { protocol })
                .map_err(|_| wrong(Field::Protocol, protocol, "write TCP, UDP, SCTP, ICMP or a number from 0 to 255")),
        }
    }
}

/// `TYPE` or `TYPE/CODE`; an echo request where nothing is said.
fn icmp(text: &str) -> Result<Carries, NotAQuestion> {
    if text.is_empty() {
        return Ok(Carries::Icmp { kind: 8, code: 0 });
    }
    let (kind, code) = text.split_once('/').unwrap_or((text, "0"));
    match (kind.parse(), code.parse()) {
        (Ok(kind), Ok(code)) => Ok(Carries::Icmp { kind, code }),
        _ => Err(wrong(Field::Port, text, "for ICMP write TYPE or TYPE/CODE, each from 0 to 255")),
    }
}

/// `parse` would take a sign.
fn number(text: &str) -> Option<u16> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| digits && *number > 0)
}

impl From<&Question> for Written {
    fn from(question: &Question) -> Self {
        let (protocol, port, source_port) = match question.carries {
            Carries::Ports { protocol, port, source_port } => (protocol.name().to_owned(), port.to_string(), source_port),
            Carries::Icmp { kind, code } => ("ICMP".to_owned(), format!("{kind}/{code}"), None),
            Carries::Other { protocol } => (protocol.to_string(), String::new(), None),
        };
        Self {
            client: question.client.to_string(),
            to: question.to.to_string(),
            port,
            protocol,
            node: question.entry.node.clone().unwrap_or_default(),
            interface: question.entry.interface.clone().unwrap_or_default(),
            source_port: source_port.map(|port| port.to_string()).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(client: &str, to: &str, port: &str, protocol: &str) -> Written {
        let owned = str::to_owned;
        Written { client: owned(client), to: owned(to), port: owned(port), protocol: owned(protocol), ..Written::default() }
    }

    #[test]
    fn what_is_read_is_written_alike() {
        for (client, to, port, protocol) in [
            ("50.60.1.2", "shop/svc-a", "443", "TCP"),
            ("pod:shop/web-0", "10.20.30.40", "53", "UDP"),
            ("node:node-a.example", "fd00::40", "9", "SCTP"),
            ("::1", "fd00::40", "8/0", "ICMP"),
            ("50.60.1.2", "10.0.1.1", "", "47"),
        ] {
            let written = written(client, to, port, protocol);
            assert_eq!(Written::from(&written.read().unwrap()), written);
        }
    }

    #[test]
    fn each_field_is_named_with_its_rule() {
        for (written, said) in [
            (written("", "shop/svc-a", "80", ""), "the client is missing: write an address, pod:NAMESPACE/NAME or node:NAME"),
            (written("pod:shop", "shop/svc-a", "80", ""), "the client `pod:shop`: "),
            (written("50.60.1.2", "svc-a", "80", ""), "the destination `svc-a`: write NAMESPACE/NAME of a Service, or an address"),
            (written("50.60.1.2", "shop/svc-a", "+80", ""), "the port `+80`: write a number from 1 to 65535"),
            (written("50.60.1.2", "shop/svc-a", "0", ""), "the port `0`: "),
            (written("50.60.1.2", "shop/svc-a", "80", "TLS"), "the protocol `TLS`: "),
            (written("50.60.1.2", "shop/svc-a", "300", "ICMP"), "the port `300`: for ICMP write TYPE or TYPE/CODE"),
            (Written { node: "a b".to_owned(), ..written("50.60.1.2", "shop/svc-a", "80", "") }, "the node `a b`: "),
            (Written { interface: "a/b".to_owned(), ..written("50.60.1.2", "shop/svc-a", "80", "") }, "the interface `a/b`: "),
        ] {
            let error = written.read().unwrap_err().to_string();
            assert!(error.starts_with(said), "{error}");
        }
    }

    #[test]
    fn an_address_in_the_clothes_of_ipv6_is_what_it_means() {
        assert_eq!("::ffff:10.0.0.1".parse(), Ok(Client::Outside { address: "10.0.0.1".parse().unwrap() }));
    }
}
