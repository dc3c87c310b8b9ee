//! What is asked: who sends the first packet of a connection, to what, and where it comes in.

use crate::access::Protocol;
use crate::object::ServiceRef;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::IpAddr;

/// Who sends.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Client {
    /// An address outside the cluster.
    Outside {
        /// The address.
        address: IpAddr,
    },
    /// A pod.
    Pod {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// A process on a node's own network.
    Node {
        /// The node.
        name: String,
    },
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outside { address } => address.fmt(f),
            Self::Pod { namespace, name } => write!(f, "pod:{namespace}/{name}"),
            Self::Node { name } => write!(f, "node:{name}"),
        }
    }
}

/// What the packet is sent to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Destination {
    /// Every address of a Service at which the port means it: cluster IPs, external and load-balancer IPs; with the number of a NodePort
    /// the addresses of the nodes.
    Service {
        /// The Service.
        service: ServiceRef,
    },
    /// One address: of a Service, a pod, a node.
    Address {
        /// The address.
        address: IpAddr,
    },
}

/// What a packet carries, as far as rules can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Carries {
    /// TCP, UDP or SCTP.
    Ports {
        /// Which of them.
        protocol: Protocol,
        /// The port it is sent to.
        port: u16,
        /// The port it is sent from; none for any port that a kernel gives to a client ([`EPHEMERAL`]).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source_port: Option<u16>,
    },
    /// ICMP, or ICMPv6 with an IPv6 address.
    Icmp {
        /// The type.
        #[serde(rename = "type")]
        kind: u8,
        /// The code.
        code: u8,
    },
    /// Another protocol, by its number.
    Other {
        /// 0 to 255.
        protocol: u8,
    },
}

/// The ports that kernels give to clients which do not choose one, both included. Those of Linux lie from 32768 to 60999, those of others from
/// 49152 or from 1024 on, and what kube-proxy or Felix translates gets any from 1024 on (`MASQUERADE --random-fully`; measured).
pub const EPHEMERAL: (u16, u16) = (1_024, 65_535);

/// Where packets from outside come in; empty: every node, and on it every interface that a HostEndpoint names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Entry {
    /// Only this node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// Only this interface.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interface: Option<String>,
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Question {
    /// Who sends.
    pub client: Client,
    /// To what.
    pub to: Destination,
    /// What.
    pub carries: Carries,
    /// Where it comes in; only packets from outside come in anywhere.
    #[serde(default)]
    pub entry: Entry,
}

/// An interface of a node, as far as HostEndpoints tell interfaces apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub enum Interface {
    /// One of this name.
    Named(String),
    /// The node's main interface, where no HostEndpoint names it: the one that has the node's address. Written `*`.
    Main,
    /// One whose name is not known, by an address that a HostEndpoint without `interfaceName` expects and that is not the node's.
    Having(IpAddr),
}

impl fmt::Display for Interface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => name.fmt(f),
            Self::Main => f.write_str("*"),
            Self::Having(address) => address.fmt(f),
        }
    }
}

impl From<Interface> for String {
    fn from(interface: Interface) -> Self {
        interface.to_string()
    }
}

impl From<String> for Interface {
    fn from(text: String) -> Self {
        match text.parse() {
            Ok(address) => Self::Having(address),
            Err(_) if text == "*" => Self::Main,
            Err(_) => Self::Named(text),
        }
    }
}

/// What is behind a Service's address: where kube-proxy sends a connection.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Backend {
    /// The pod, `NAMESPACE/NAME`; none for an endpoint that is no pod of the cluster.
    pub pod: Option<String>,
    /// Its node; none for an endpoint outside the cluster.
    pub node: Option<String>,
    /// The endpoint's address.
    pub address: IpAddr,
    /// The endpoint's port; 0 where the packet has none.
    pub port: u16,
}

/// One of the ways that the packets of a question can take.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PathKey {
    /// The node where it comes in from outside, or where the client runs.
    pub node: String,
    /// The interface by which it comes in; none for clients inside the cluster.
    pub interface: Option<Interface>,
    /// The address that it is sent to.
    pub address: IpAddr,
    /// The backend; none where nothing translates the address, or nothing stands behind it.
    pub backend: Option<Backend>,
}
