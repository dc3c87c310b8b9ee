//! Objects of Kubernetes' own APIs.

use super::{IntOrString, Kind, Meta, Object, ServiceRef, null_as_default};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
    /// Conditions; only `Ready` is read.
    #[serde(deserialize_with = "null_as_default")]
    pub conditions: Vec<Condition>,
}

/// One address of a Pod.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct PodIp {
    /// The address.
    pub ip: String,
}

/// A condition.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Condition {
    /// `Ready`, ...
    #[serde(rename = "type")]
    pub kind: String,
    /// `True`, `False`, `Unknown`.
    pub status: String,
}

/// A Service.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Service {
    /// Metadata.
    pub metadata: Meta,
    /// Spec.
    pub spec: ServiceSpec,
    /// Status.
    pub status: ServiceStatus,
}
object!(Service);

impl Service {
    /// Its reference; none if its names are not DNS labels, which the API server refuses.
    #[must_use]
    pub fn reference(&self) -> Option<ServiceRef> {
        ServiceRef::new(&self.metadata.namespace, &self.metadata.name).ok()
    }
}

/// What is read of a Service's spec.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceSpec {
    /// `ClusterIP` (also where empty), `NodePort`, `LoadBalancer`, `ExternalName`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The first cluster IP; `None` for a headless Service.
    #[serde(rename = "clusterIP")]
    pub cluster_ip: String,
    /// All cluster IPs.
    #[serde(rename = "clusterIPs", deserialize_with = "null_as_default")]
    pub cluster_ips: Vec<String>,
    /// External IPs.
    #[serde(rename = "externalIPs", deserialize_with = "null_as_default")]
    pub external_ips: Vec<String>,
    /// The load-balancer IP asked for (deprecated field, still in use).
    #[serde(rename = "loadBalancerIP")]
    pub load_balancer_ip: String,
    /// `Cluster` (also where empty) or `Local`.
    pub external_traffic_policy: String,
    /// `Cluster` (also where empty) or `Local`.
    pub internal_traffic_policy: String,
    /// The labels of its pods; empty for a Service without selector.
    #[serde(deserialize_with = "null_as_default")]
    pub selector: BTreeMap<String, String>,
    /// Its ports.
    #[serde(deserialize_with = "null_as_default")]
    pub ports: Vec<ServicePort>,
    /// The nets whose packets to its load-balancer IPs kube-proxy lets through; empty: all.
    #[serde(deserialize_with = "null_as_default")]
    pub load_balancer_source_ranges: Vec<String>,
    /// The port of the load balancer's health check, with `externalTrafficPolicy: Local`; 0 where none.
    pub health_check_node_port: u16,
}

/// A port of a Service.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServicePort {
    /// Its name; may be empty where it is the only one.
    pub name: String,
    /// `TCP` where empty.
    pub protocol: String,
    /// The port clients send to.
    pub port: u16,
    /// The port of the pods, by number or name; as `port` where absent.
    pub target_port: Option<IntOrString>,
    /// The port on every node; 0 where none.
    pub node_port: u16,
}

/// What is read of a Service's status.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceStatus {
    /// The load balancer.
    #[serde(deserialize_with = "null_as_default")]
    pub load_balancer: LoadBalancerStatus,
}

/// The addresses of a load balancer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct LoadBalancerStatus {
    /// Its entries.
    #[serde(deserialize_with = "null_as_default")]
    pub ingress: Vec<LoadBalancerIngress>,
}

/// One address of a load balancer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LoadBalancerIngress {
    /// The address; empty where the load balancer has a host name.
    pub ip: String,
    /// The host name; empty where it has an address.
    pub hostname: String,
    /// `VIP` (also where empty): kube-proxy takes packets for the address; `Proxy`: it does not (Kubernetes 1.29 and later).
    pub ip_mode: String,
}

/// An EndpointSlice.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EndpointSlice {
    /// Metadata. The label `kubernetes.io/service-name` names its Service.
    pub metadata: Meta,
    /// `IPv4`, `IPv6` or `FQDN`.
    pub address_type: String,
    /// Its endpoints.
    #[serde(deserialize_with = "null_as_default")]
    pub endpoints: Vec<Endpoint>,
    /// Its ports.
    #[serde(deserialize_with = "null_as_default")]
    pub ports: Vec<EndpointPort>,
}
object!(EndpointSlice);

impl EndpointSlice {
    /// Its Service; none where it has no label that names one.
    #[must_use]
    pub fn service(&self) -> Option<ServiceRef> {
        ServiceRef::new(&self.metadata.namespace, self.metadata.labels.get("kubernetes.io/service-name")?).ok()
    }
}

/// An endpoint of a slice.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Endpoint {
    /// Its addresses; kube-proxy uses the first.
    #[serde(deserialize_with = "null_as_default")]
    pub addresses: Vec<String>,
    /// Its conditions.
    #[serde(deserialize_with = "null_as_default")]
    pub conditions: EndpointConditions,
    /// The node it is on.
    pub node_name: Option<String>,
    /// The object behind it.
    pub target_ref: Option<TargetRef>,
}

/// Conditions of an endpoint; absent `ready` counts as ready.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct EndpointConditions {
    /// Ready to serve.
    pub ready: Option<bool>,
    /// Serving, ready or terminating.
    pub serving: Option<bool>,
    /// Going away.
    pub terminating: Option<bool>,
}

/// The object behind an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct TargetRef {
    /// `Pod` mostly.
    pub kind: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// A port of a slice.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct EndpointPort {
    /// The Service port's name.
    #[serde(deserialize_with = "null_as_default")]
    pub name: String,
    /// Its protocol; `TCP` where absent.
    #[serde(deserialize_with = "null_as_default")]
    pub protocol: String,
    /// The pod's port; all ports where absent.
    pub port: Option<u16>,
}

/// A NetworkPolicy of Kubernetes, `networking.k8s.io/v1`.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct KubernetesNetworkPolicy {
    /// Metadata.
    pub metadata: Meta,
    /// Spec.
    pub spec: KubernetesNetworkPolicySpec,
}
object!(KubernetesNetworkPolicy);

/// The spec of a Kubernetes NetworkPolicy.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct KubernetesNetworkPolicySpec {
    /// The pods it selects; an empty one selects every pod of the namespace.
    #[serde(deserialize_with = "null_as_default")]
    pub pod_selector: LabelSelector,
    /// `Ingress`, `Egress`; absent: Ingress always, Egress where it has egress rules.
    #[serde(deserialize_with = "null_as_default")]
    pub policy_types: Vec<String>,
    /// Its ingress rules.
    #[serde(deserialize_with = "null_as_default")]
    pub ingress: Vec<KubernetesRule>,
    /// Its egress rules.
    #[serde(deserialize_with = "null_as_default")]
    pub egress: Vec<KubernetesRule>,
}

/// A rule of a Kubernetes NetworkPolicy: it allows what comes from any of its peers to any of its ports.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct KubernetesRule {
    /// Who may send, in an ingress rule; empty: everyone.
    #[serde(deserialize_with = "null_as_default")]
    pub from: Vec<KubernetesPeer>,
    /// To whom pods may send, in an egress rule; empty: everyone.
    #[serde(deserialize_with = "null_as_default")]
    pub to: Vec<KubernetesPeer>,
    /// The ports of the receiver; empty: every port of every protocol.
    #[serde(deserialize_with = "null_as_default")]
    pub ports: Vec<KubernetesPolicyPort>,
}

impl KubernetesRule {
    /// The other end, in a rule of this direction.
    #[must_use]
    pub fn peers(&self, ingress: bool) -> &[KubernetesPeer] {
        if ingress { &self.from } else { &self.to }
    }
}

/// The other end of what a rule allows: pods, or addresses.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct KubernetesPeer {
    /// Pods with these labels: of the policy's namespace where no `namespaceSelector` stands beside it.
    pub pod_selector: Option<LabelSelector>,
    /// In namespaces with these labels.
    pub namespace_selector: Option<LabelSelector>,
    /// Addresses; it stands alone.
    pub ip_block: Option<IpBlock>,
}

/// Addresses of a peer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct IpBlock {
    /// The net.
    pub cidr: String,
    /// Nets that are left out of it.
    #[serde(deserialize_with = "null_as_default")]
    pub except: Vec<String>,
}

/// A port of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct KubernetesPolicyPort {
    /// `TCP` (also where absent), `UDP`, `SCTP`.
    pub protocol: Option<String>,
    /// The port, by number or by the name that pods give to it; absent: every port.
    pub port: Option<IntOrString>,
    /// The last port of a range that begins with `port`.
    pub end_port: Option<i64>,
}

/// A label selector of Kubernetes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LabelSelector {
    /// Labels that must be equal.
    #[serde(deserialize_with = "null_as_default")]
    pub match_labels: BTreeMap<String, String>,
    /// Further requirements.
    #[serde(deserialize_with = "null_as_default")]
    pub match_expressions: Vec<LabelRequirement>,
}

/// One requirement of a [`LabelSelector`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LabelRequirement {
    /// The label.
    pub key: String,
    /// `In`, `NotIn`, `Exists`, `DoesNotExist`.
    pub operator: String,
    /// Values for `In` and `NotIn`.
    #[serde(deserialize_with = "null_as_default")]
    pub values: Vec<String>,
}
