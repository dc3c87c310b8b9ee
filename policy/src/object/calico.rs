//! Objects of Calico's API, `projectcalico.org/v3`.
//!
//! The kinds that Portcullis may write keep their raw JSON beside what is read of them ([`Kept`]): an edit patches the raw value, so
//! fields that Portcullis does not know survive.

use super::kubernetes::object;
use super::{IntOrString, Kind, Meta, Object, decode, null_as_default};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// An object beside the JSON it was read from.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept<T> {
    /// What is read.
    pub object: T,
    /// What was there.
    pub raw: Value,
}

impl<'de, T: Object> Deserialize<'de> for Kept<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Value::deserialize(deserializer)?;
        let object = decode(&raw).map_err(serde::de::Error::custom)?;
        Ok(Self { object, raw })
    }
}

impl<T: Object> Object for Kept<T> {
    const KIND: Kind = T::KIND;
    fn meta(&self) -> &Meta {
        self.object.meta()
    }
}

impl<T> std::ops::Deref for Kept<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.object
    }
}

/// `order` of a policy: finite, lower first; absent means last.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(try_from = "f64")]
pub struct Order(f64);

impl Serialize for Order {
    /// A whole number is written without a fraction, as the API server writes it back.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let whole = self.0.trunc();
        #[expect(clippy::cast_possible_truncation, reason = "below 2^53 a whole f64 is an i64")]
        if (whole - self.0).abs() == 0.0 && whole.abs() < 9_007_199_254_740_992.0 {
            return serializer.serialize_i64(whole as i64);
        }
        serializer.serialize_f64(self.0)
    }
}

/// Why a number is not an [`Order`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`order` must be a finite number")]
pub struct NotFinite;

impl Order {
    /// As a number.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Order {
    type Error = NotFinite;
    fn try_from(value: f64) -> Result<Self, NotFinite> {
        // -0 and 0 are one order: kept as one, so that they compare and print alike.
        if value.is_finite() { Ok(Self(value + 0.0)) } else { Err(NotFinite) }
    }
}

impl From<Order> for f64 {
    fn from(order: Order) -> Self {
        order.0
    }
}

impl Eq for Order {}

impl PartialOrd for Order {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Order {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// A GlobalNetworkPolicy.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct GlobalNetworkPolicy {
    /// Metadata.
    #[serde(skip_serializing)]
    pub metadata: Meta,
    /// Spec.
    pub spec: PolicySpec,
}
object!(GlobalNetworkPolicy);

/// A NetworkPolicy of Calico.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct NetworkPolicy {
    /// Metadata.
    #[serde(skip_serializing)]
    pub metadata: Meta,
    /// Spec.
    pub spec: PolicySpec,
}
object!(NetworkPolicy);

/// The spec of both kinds of policy; a NetworkPolicy has no `namespaceSelector`, `doNotTrack`, `preDNAT`, `applyOnForward`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PolicySpec {
    /// Lower first; absent: last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    /// Tier; `default` where empty (Calico 3.29 and later).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub tier: String,
    /// Which endpoints it applies to; empty: all.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub selector: String,
    /// Which namespaces; empty: no restriction.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace_selector: String,
    /// Which service accounts; empty: no restriction.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub service_account_selector: String,
    /// `Ingress`, `Egress`; absent: defaulted by the API server, both for Felix.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<String>,
    /// Ingress rules.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub ingress: Vec<Rule>,
    /// Egress rules.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub egress: Vec<Rule>,
    /// Before connection tracking.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub do_not_track: bool,
    /// Before destination translation.
    #[serde(rename = "preDNAT", skip_serializing_if = "std::ops::Not::not")]
    pub pre_dnat: bool,
    /// Also for traffic that the host forwards.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub apply_on_forward: bool,
    /// `AssumeNeededOnEveryNode`.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub performance_hints: Vec<String>,
}

/// A rule of a policy.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Rule {
    /// `Allow`, `Deny`, `Log`, `Pass`.
    pub action: String,
    /// 4 or 6; absent: both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_version: Option<i64>,
    /// Protocol by name or number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<IntOrString>,
    /// Any but this protocol.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_protocol: Option<IntOrString>,
    /// ICMP type and code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icmp: Option<Icmp>,
    /// Any but these.
    #[serde(rename = "notICMP", skip_serializing_if = "Option::is_none")]
    pub not_icmp: Option<Icmp>,
    /// The sender.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "EntityRule::is_empty")]
    pub source: EntityRule,
    /// The receiver.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "EntityRule::is_empty")]
    pub destination: EntityRule,
    /// Application layer match; kept as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http: Option<Value>,
    /// Annotations of the rule; kept as they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Value>,
}

/// ICMP match.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Icmp {
    /// Type, 0 to 254.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<i64>,
    /// Code, 0 to 255; needs a type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<i64>,
}

/// One side of a rule: AND over fields, OR inside lists.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EntityRule {
    /// Any of these nets.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub nets: Vec<String>,
    /// None of these nets.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub not_nets: Vec<String>,
    /// Endpoints and sets with these labels.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub selector: String,
    /// Anything but those.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub not_selector: String,
    /// In namespaces with these labels; `global()`: in none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace_selector: String,
    /// Any of these ports.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<IntOrString>,
    /// None of these ports.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub not_ports: Vec<IntOrString>,
    /// Pods of these service accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_accounts: Option<ServiceAccounts>,
    /// The endpoints of a Service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub services: Option<ServiceMatch>,
}

impl EntityRule {
    /// Whether it matches everything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Service accounts of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ServiceAccounts {
    /// By name.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// By label.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub selector: String,
}

/// A Service as a rule names it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ServiceMatch {
    /// Its name.
    pub name: String,
    /// Its namespace.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
}

/// A HostEndpoint.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct HostEndpoint {
    /// Metadata.
    pub metadata: Meta,
    /// Spec.
    pub spec: HostEndpointSpec,
}
object!(HostEndpoint);

/// The spec of a HostEndpoint.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HostEndpointSpec {
    /// Its node.
    pub node: String,
    /// An interface's name, `*` for all, empty to match by [`HostEndpointSpec::expected_ips`].
    #[serde(skip_serializing_if = "String::is_empty")]
    pub interface_name: String,
    /// Its addresses: the only ones that selectors resolve to.
    #[serde(rename = "expectedIPs", deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub expected_ips: Vec<String>,
    /// Profiles, for traffic that no policy speaks about.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub profiles: Vec<String>,
    /// Named ports.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<EndpointNamedPort>,
}

/// A named port of a HostEndpoint.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct EndpointNamedPort {
    /// Its name.
    pub name: String,
    /// Its protocol.
    pub protocol: Option<IntOrString>,
    /// Its number.
    pub port: i64,
}

/// A GlobalNetworkSet.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct GlobalNetworkSet {
    /// Metadata.
    pub metadata: Meta,
    /// Spec.
    pub spec: NetworkSetSpec,
}
object!(GlobalNetworkSet);

/// A NetworkSet.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct NetworkSet {
    /// Metadata.
    pub metadata: Meta,
    /// Spec.
    pub spec: NetworkSetSpec,
}
object!(NetworkSet);

/// The spec of both kinds of set.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct NetworkSetSpec {
    /// Its nets.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub nets: Vec<String>,
}

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
    /// Every other field, kept as it is for [`crate::validate`].
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
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

/// Labels as the maps of this module hold them.
pub type Labels = BTreeMap<String, String>;
