//! Objects of Kubernetes' own APIs.

mod admin_policy;
mod interfaces;
mod network_policy;
mod service;

pub use admin_policy::*;
pub use interfaces::*;
pub use network_policy::*;
pub use service::*;

use super::{Kind, Meta, Object, null_as_default};
use serde::Deserialize;

macro_rules! object {
    ($type:ident) => {
        impl Object for $type {
            const KIND: Kind = Kind::$type;
            fn meta(&self) -> &Meta {
                &self.metadata
            }
        }
    };
}
pub(super) use object;

/// A Namespace.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Namespace {
    /// Metadata.
    pub metadata: Meta,
}
object!(Namespace);

/// A ServiceAccount: pods inherit its labels, as Calico's selectors see them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct ServiceAccount {
    /// Metadata.
    pub metadata: Meta,
}
object!(ServiceAccount);

/// A Node.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Node {
    /// Metadata.
    pub metadata: Meta,
    /// Status.
    pub status: NodeStatus,
}
object!(Node);

/// The addresses of a Node.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct NodeStatus {
    /// Its addresses.
    #[serde(deserialize_with = "null_as_default")]
    pub addresses: Vec<NodeAddress>,
}

/// One address of a Node.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct NodeAddress {
    /// `InternalIP`, `ExternalIP`, `Hostname`, ...
    #[serde(rename = "type")]
    pub kind: String,
    /// The address.
    pub address: String,
}

/// A Pod.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Pod {
    /// Metadata.
    pub metadata: Meta,
    /// Spec.
    pub spec: PodSpec,
    /// Status.
    pub status: PodStatus,
}
object!(Pod);

/// What is read of a Pod's spec.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodSpec {
    /// Where it runs; empty until scheduled.
    pub node_name: String,
    /// Whether it uses its node's network.
    pub host_network: bool,
    /// Its service account.
    pub service_account_name: String,
    /// Its containers.
    #[serde(deserialize_with = "null_as_default")]
    pub containers: Vec<Container>,
}

/// What is read of a container.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Container {
    /// Its declared ports.
    #[serde(deserialize_with = "null_as_default")]
    pub ports: Vec<ContainerPort>,
}

/// A declared port of a container.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerPort {
    /// Its name; may be empty.
    pub name: String,
    /// Its number.
    pub container_port: u16,
    /// `TCP` where empty.
    pub protocol: String,
}

/// What is read of a Pod's status.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodStatus {
    /// `Running`, `Succeeded`, ...
    pub phase: String,
    /// Its first address.
    #[serde(rename = "podIP")]
    pub pod_ip: String,
    /// All its addresses.
    #[serde(rename = "podIPs", deserialize_with = "null_as_default")]
    pub pod_ips: Vec<PodIp>,
}

/// One address of a Pod.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct PodIp {
    /// The address.
    pub ip: String,
}
