//! What configures a cluster: pools, BGP, Felix, Calico's controllers.

use crate::object::kubernetes::object;
use crate::object::{IntOrString, Kind, Labels, Meta, Object, null_as_default};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

/// An IPPool.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct IpPool {
    /// Metadata.
    pub metadata: Meta,
    /// Spec.
    pub spec: IpPoolSpec,
}
object!(IpPool);

/// What is read of an IPPool's spec.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IpPoolSpec {
    /// Its net.
    pub cidr: String,
    /// `Always`, `CrossSubnet`, `Never` (also where empty).
    pub ipip_mode: String,
    /// `Always`, `CrossSubnet`, `Never` (also where empty).
    pub vxlan_mode: String,
    /// Whether traffic that leaves the pool is source-translated.
    pub nat_outgoing: bool,
    /// Whether no new addresses are taken from it.
    pub disabled: bool,
    /// Prefix length of its blocks; 26 or 122 where absent.
    pub block_size: Option<i64>,
    /// Which nodes take addresses from it; empty: all.
    pub node_selector: String,
    /// `Workload`, `Tunnel`.
    #[serde(deserialize_with = "null_as_default")]
    pub allowed_uses: Vec<String>,
    /// Every other field, kept as it is for [`crate::validate`].
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

/// A BGPConfiguration.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct BgpConfiguration {
    /// Metadata; `default` or `node.NAME`.
    pub metadata: Meta,
    /// Spec.
    pub spec: BgpConfigurationSpec,
}
object!(BgpConfiguration);

/// What is read of a BGPConfiguration's spec.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BgpConfigurationSpec {
    /// Advertised ranges of cluster IPs.
    #[serde(rename = "serviceClusterIPs", deserialize_with = "null_as_default")]
    pub service_cluster_ips: Vec<ServiceIpBlock>,
    /// Advertised ranges of external IPs.
    #[serde(rename = "serviceExternalIPs", deserialize_with = "null_as_default")]
    pub service_external_ips: Vec<ServiceIpBlock>,
    /// Advertised ranges of load-balancer IPs.
    #[serde(rename = "serviceLoadBalancerIPs", deserialize_with = "null_as_default")]
    pub service_load_balancer_ips: Vec<ServiceIpBlock>,
    /// BGP port; 179 where absent.
    pub listen_port: Option<i64>,
    /// AS number.
    pub as_number: Option<IntOrString>,
    /// Whether nodes peer with each other.
    pub node_to_node_mesh_enabled: Option<bool>,
    /// Every other field, kept as it is for [`crate::validate`].
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

/// An advertised range.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct ServiceIpBlock {
    /// The range.
    pub cidr: String,
}

/// A BGPPeer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct BgpPeer {
    /// Metadata.
    pub metadata: Meta,
    /// Spec.
    pub spec: BgpPeerSpec,
}
object!(BgpPeer);

/// What is read of a BGPPeer's spec.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BgpPeerSpec {
    /// The node that has this peer; every node where this and `nodeSelector` are empty.
    pub node: String,
    /// The nodes that have it, by labels.
    pub node_selector: String,
    /// Its address, with a port or without: `10.0.0.254`, `10.0.0.254:1790`, `[fd00::1]:1790`.
    #[serde(rename = "peerIP")]
    pub peer_ip: String,
    /// The nodes that are peers, by labels.
    pub peer_selector: String,
    /// The pods that are peers of their nodes, by labels (Calico 3.30 and later).
    pub local_workload_selector: String,
    /// BGPFilters that decide about routes before Calico's own rule does, by name.
    #[serde(deserialize_with = "null_as_default")]
    pub filters: Vec<String>,
    /// AS number of the peer.
    pub as_number: Option<IntOrString>,
    /// The gateway by which it is reached.
    pub reachable_by: String,
}

impl BgpPeerSpec {
    /// The address of the peer, and its port where one is given; none where it is named by labels, or the text is no address.
    #[must_use]
    pub fn peer(&self) -> Option<(IpAddr, Option<u16>)> {
        let text = self.peer_ip.as_str();
        match text.parse::<IpAddr>() {
            Ok(address) => Some((address, None)),
            Err(_) => text.parse::<SocketAddr>().ok().filter(|end| end.port() != 0).map(|end| (end.ip(), Some(end.port()))),
        }
    }
}

/// A FelixConfiguration.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct FelixConfiguration {
    /// Metadata; `default` or `node.NAME`.
    pub metadata: Meta,
    /// Spec.
    pub spec: FelixConfigurationSpec,
}
object!(FelixConfiguration);

/// What is read of a FelixConfiguration's spec.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FelixConfigurationSpec {
    /// Ports that are open before any policy; absent: Felix's defaults, empty: none.
    pub failsafe_inbound_host_ports: Option<Vec<ProtoPort>>,
    /// The same, outbound.
    pub failsafe_outbound_host_ports: Option<Vec<ProtoPort>>,
    /// Whether the data plane is eBPF.
    pub bpf_enabled: Option<bool>,
    /// `Drop` where absent.
    pub default_endpoint_to_host_action: Option<String>,
    /// What happens to packets for advertised ranges that no Service translates; `Drop` where absent.
    pub service_loop_prevention: Option<String>,
    /// Prefix of workload interfaces; `cali` where absent.
    pub interface_prefix: Option<String>,
    /// `Auto`, `Legacy`, `NFT`.
    pub iptables_backend: Option<String>,
    /// `Disabled`, `Enabled`, `Auto` (Calico 3.29 and later).
    #[serde(rename = "nftablesMode")]
    pub nftables_mode: Option<String>,
    /// Whether packets of IPv4 between pods of different nodes go through WireGuard.
    pub wireguard_enabled: Option<bool>,
    /// The same for IPv6.
    #[serde(rename = "wireguardEnabledV6")]
    pub wireguard_enabled_v6: Option<bool>,
    /// Whether what nodes send to each other goes through WireGuard too.
    pub wireguard_host_encryption_enabled: Option<bool>,
    /// Every other field, kept as it is for [`crate::validate`].
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

impl FelixConfigurationSpec {
    /// A field that is not read by itself, a text, a number or a boolean, as a text; none where it is absent.
    #[must_use]
    pub fn text(&self, field: &str) -> Option<String> {
        match self.other.get(field)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(is) => Some(is.to_string()),
            _ => None,
        }
    }
}

/// A failsafe port.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct ProtoPort {
    /// Protocol; `TCP` where empty.
    pub protocol: String,
    /// Port.
    pub port: i64,
    /// Only from (inbound) or to (outbound) this net; everywhere where empty.
    pub net: String,
}

/// A KubeControllersConfiguration.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct KubeControllersConfiguration {
    /// Metadata; `default`.
    pub metadata: Meta,
    /// Spec.
    pub spec: KubeControllersConfigurationSpec,
}
object!(KubeControllersConfiguration);

/// What is read of a KubeControllersConfiguration's spec.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct KubeControllersConfigurationSpec {
    /// The controllers.
    #[serde(deserialize_with = "null_as_default")]
    pub controllers: Controllers,
    /// Every other field, kept as it is for [`crate::validate`].
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

/// What is read of the controllers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Controllers {
    /// The node controller; absent: not running.
    pub node: Option<NodeController>,
    /// Every other field, kept as it is for [`crate::validate`].
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

/// The node controller.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeController {
    /// Automatic HostEndpoints.
    #[serde(deserialize_with = "null_as_default")]
    pub host_endpoint: AutoHostEndpoint,
    /// `Enabled` or `Disabled`: whether labels of Nodes are copied; empty where not given.
    pub sync_labels: String,
    /// Every other field, kept as it is for [`crate::validate`].
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

/// Automatic HostEndpoints.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AutoHostEndpoint {
    /// `Enabled` or `Disabled` (also where empty).
    pub auto_create: String,
    /// `Enabled` (also where empty) or `Disabled`: whether each node gets one for all interfaces (Calico 3.30 and later).
    pub create_default_host_endpoint: String,
    /// What else each node gets (Calico 3.30 and later).
    #[serde(deserialize_with = "null_as_default")]
    pub templates: Vec<HostEndpointTemplate>,
}

/// A kind of HostEndpoint that nodes get.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HostEndpointTemplate {
    /// Part of their names.
    pub generate_name: String,
    /// Which addresses of the node they list: those in one of these ranges.
    #[serde(rename = "interfaceCIDRs", deserialize_with = "null_as_default")]
    pub interface_cidrs: Vec<String>,
    /// Which interfaces of the node get one each, as a regular expression (Calico 3.31 and later).
    pub interface_pattern: String,
    /// Labels beside those of the node.
    #[serde(deserialize_with = "null_as_default")]
    pub labels: Labels,
    /// Which nodes get one; empty: all.
    pub node_selector: String,
}

/// ClusterInformation, `default`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct ClusterInformation {
    /// Metadata.
    pub metadata: Meta,
    /// Spec.
    pub spec: ClusterInformationSpec,
}
object!(ClusterInformation);

/// What is read of ClusterInformation's spec.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterInformationSpec {
    /// `v3.28.5`, ...
    pub calico_version: String,
    /// Whether the datastore may be used.
    pub datastore_ready: Option<bool>,
    /// The cluster's identifier.
    #[serde(rename = "clusterGUID")]
    pub cluster_guid: String,
}
