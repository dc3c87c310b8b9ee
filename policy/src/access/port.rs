//! Ports of a Service.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// The protocols of a Service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "named as in Kubernetes")]
pub enum Protocol {
    Tcp,
    Udp,
    Sctp,
}

impl Protocol {
    /// As Kubernetes and Calico write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Sctp => "SCTP",
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A protocol and a port of a Service, `TCP/443`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Port {
    /// Protocol.
    pub protocol: Protocol,
    /// 1 to 65,535.
    pub port: u16,
}

/// Why a text is not a [`Port`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a port of a Service: write PROTOCOL/PORT with TCP, UDP or SCTP and 1 to 65535, as TCP/443")]
pub struct NotAPort(pub String);

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.protocol, self.port)
    }
}

impl FromStr for Port {
    type Err = NotAPort;
    fn from_str(text: &str) -> Result<Self, NotAPort> {
        let wrong = || NotAPort(text.to_owned());
        let (protocol, port) = text.trim().split_once('/').ok_or_else(wrong)?;
        let protocol = match protocol.to_ascii_uppercase().as_str() {
            "TCP" => Protocol::Tcp,
            "UDP" => Protocol::Udp,
            "SCTP" => Protocol::Sctp,
            _ => return Err(wrong()),
        };
        // `parse` would take a sign.
        if !port.bytes().all(|b| b.is_ascii_digit()) {
            return Err(wrong());
        }
        match port.parse() {
            Ok(port) if port > 0 => Ok(Self { protocol, port }),
            _ => Err(wrong()),
        }
    }
}

impl TryFrom<String> for Port {
    type Error = NotAPort;
    fn try_from(text: String) -> Result<Self, NotAPort> {
        text.parse()
    }
}

impl From<Port> for String {
    fn from(port: Port) -> Self {
        port.to_string()
    }
}
