//! What the operator wants for one Service, and which HostEndpoints the edge stands on.

mod asked;
mod bulk;
mod change;
mod in_force;

pub use asked::{Asked, MOST_CHANGES, NotTogether, Several};
pub use bulk::{Bulk, How, NoChanges, Unreadable};
pub use change::{Adoption, Change, Intent};
pub use in_force::in_force;
pub(crate) use in_force::{Kept, guard, halves, is_of_an_earlier_one};

use crate::cidr::{Cidr, CidrSet};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Who may reach one Service.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Access {
    /// Client ranges outside the cluster. None: nobody outside.
    pub clients: Vec<ClientRange>,
    /// Clients inside the cluster.
    pub in_cluster: InCluster,
    /// What load balancers send from that put their own address in place of the client's, and ask for health from. Of the
    /// Service's addresses these may use the NodePorts alone, and the port where nodes tell the health of the Service.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub load_balancers: Vec<Cidr>,
}

impl Access {
    /// The same access in the order in which it is written and read back: rows by address and then ports, the ports of a row in order,
    /// rows that say the same once, with their notes joined.
    #[must_use]
    pub fn normalised(&self) -> Self {
        let mut clients: Vec<ClientRange> = Vec::new();
        let mut sorted = self.clients.clone();
        for row in &mut sorted {
            row.ports.sort_unstable();
            row.ports.dedup();
            row.note = row.note.trim().to_owned();
        }
        sorted.sort_by(|a, b| (a.cidr, &a.ports).cmp(&(b.cidr, &b.ports)));
        for row in sorted {
            match clients.last_mut() {
                Some(last) if (last.cidr, &last.ports) == (row.cidr, &row.ports) => {
                    if !row.note.is_empty() && last.note != row.note {
                        last.note = [last.note.as_str(), &row.note].into_iter().filter(|n| !n.is_empty()).collect::<Vec<_>>().join("; ");
                    }
                }
                _ => clients.push(row),
            }
        }
        let mut load_balancers = self.load_balancers.clone();
        load_balancers.sort_unstable();
        load_balancers.dedup();
        Self { clients, in_cluster: self.in_cluster.normalised(), load_balancers }
    }

    /// Every client address outside the cluster that may use at least one port.
    #[must_use]
    pub fn addresses(&self) -> CidrSet {
        self.clients.iter().map(|row| row.cidr).collect()
    }

    /// `2 ranges · 65,792 addresses`.
    #[must_use]
    pub fn in_short(&self) -> String {
        match self.clients.len() {
            0 => "nobody outside".to_owned(),
            n => format!("{} · {}", counted(n, "range"), self.addresses().count().addresses()),
        }
    }
}

/// `1 range`, `2 ranges`, `1,000 ranges`.
#[must_use]
pub(crate) fn counted(count: usize, noun: &str) -> String {
    let digits = count.to_string();
    let grouped: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    format!("{} {noun}{}", grouped.join(","), if count == 1 { "" } else { "s" })
}

/// One allowed range of clients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientRange {
    /// The addresses.
    pub cidr: Cidr,
    /// The ports of the Service they may use; empty: all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<Port>,
    /// The operator's note; at most [`NOTE_MAX`] characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// The longest note, in characters.
pub const NOTE_MAX: u32 = 120;

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

/// Which clients inside the cluster may call the Service.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "mode", content = "names")]
pub enum InCluster {
    /// Every pod and node keeps the verdict it had.
    #[default]
    Unchanged,
    /// The pods of these namespaces.
    Namespaces(Vec<String>),
    /// None.
    Nobody,
}

impl InCluster {
    /// The same with its namespaces in order, each once.
    #[must_use]
    pub(crate) fn normalised(&self) -> Self {
        match self {
            Self::Namespaces(names) => {
                let mut names = names.clone();
                names.sort();
                names.dedup();
                Self::Namespaces(names)
            }
            other => other.clone(),
        }
    }
}

/// Which HostEndpoints the edge policies stand on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum HostEndpoints {
    /// Those the cluster has.
    #[default]
    Existing,
    /// Those that Calico's controller makes.
    Automatic,
    /// One for each node, on this interface; created where absent.
    Named {
        /// The interface, as `eth0`.
        interface: Interface,
    },
}

/// The name of a network interface: 1 to 15 of letters, digits, `_`, `.`, `-` (Calico's rule for `interfaceName`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Interface(String);

impl Default for Interface {
    /// `eth0`, as the first interface of many machines is named.
    fn default() -> Self {
        Self("eth0".to_owned())
    }
}

/// Why a text is not an [`Interface`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the name of an interface: 1 to 15 letters, digits, `_`, `.` or `-`, as eth0")]
pub struct NotAnInterface(pub String);

impl Interface {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Interface {
    type Error = NotAnInterface;
    fn try_from(text: String) -> Result<Self, NotAnInterface> {
        let fits = (1..=15).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
        if fits { Ok(Self(text)) } else { Err(NotAnInterface(text)) }
    }
}

impl From<Interface> for String {
    fn from(interface: Interface) -> Self {
        interface.0
    }
}
