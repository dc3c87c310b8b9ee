//! Services, and the endpoints behind them.

use super::object;
use crate::object::{IntOrString, Kind, Labels, Meta, Object, ServiceRef, null_as_default};
use serde::Deserialize;

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

    /// Whether an annotation asks kube-proxy to keep packets to the zone where they come in, as far as endpoints have hints
    /// (`canUseTopology` in `pkg/proxy/topology.go` at v1.29.15): before 1.31 it goes by hints nowhere else. `trafficDistribution` says
    /// nothing to it: by that the hints are written.
    #[must_use]
    pub fn asks_for_zones(&self) -> bool {
        let annotation = |name: &str| self.metadata.annotations.get(&format!("service.kubernetes.io/{name}")).map(String::as_str);
        let mode = annotation("topology-aware-hints").or_else(|| annotation("topology-mode")).unwrap_or_default();
        !matches!(mode, "" | "disabled" | "Disabled")
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
    pub selector: Labels,
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
    /// For which nodes it is meant.
    #[serde(deserialize_with = "null_as_default")]
    pub hints: EndpointHints,
}

/// For which nodes an endpoint is meant.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EndpointHints {
    /// Those of these zones; empty: not said.
    #[serde(deserialize_with = "null_as_default")]
    pub for_zones: Vec<Hint>,
    /// These (Kubernetes 1.33 and later); empty: not said.
    #[serde(deserialize_with = "null_as_default")]
    pub for_nodes: Vec<Hint>,
}

/// A zone, or a node.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Hint {
    /// Its name: of a zone as the label `topology.kubernetes.io/zone` of nodes has it.
    pub name: String,
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
