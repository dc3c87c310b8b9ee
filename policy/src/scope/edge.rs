//! Nodes and HostEndpoints.

use super::interfaces::{self, InterfaceOnNode};
use super::service::ServiceFacts;
use crate::names;
use crate::object::{HostEndpoint, IpPool, Kept, Kind, KubeControllersConfiguration, Labels, Node, Object, ObjectKey};
use crate::selector::Selector;
use crate::snapshot::Snapshot;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

/// Nodes and HostEndpoints.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EdgeFacts {
    /// The nodes, as groups of equal behaviour.
    pub nodes: Vec<NodeGroup>,
    /// Whose HostEndpoints there are, each once.
    pub endpoints: Vec<Owner>,
    /// A selector for all HostEndpoints that the cluster has; none where there is none, or where no label tells them apart.
    pub existing: Option<String>,
    /// Whether one of them stands for every interface (`*`).
    pub wildcard: bool,
    /// The interfaces of the HostEndpoints that Portcullis created.
    pub our_interfaces: Vec<String>,
    /// HostEndpoints that do not list an address of their node which a client's packet may carry on its way to a pod.
    pub unresolved: Vec<Unresolved>,
    /// Addresses of nodes that have no HostEndpoint and do not receive: their processes are clients inside the cluster.
    pub quiet_addresses: Vec<IpAddr>,
    /// HostEndpoints without a profile that allows, by name: what no policy speaks about is dropped there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without_profile: Vec<String>,
    /// Whether Calico's controller makes HostEndpoints; none where that is not known.
    pub automatic: Option<bool>,
}

/// Nodes that behave alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeGroup {
    /// Their names.
    pub names: Vec<String>,
    /// Whether they receive traffic to advertised addresses: they do, unless their label excludes them from load balancers.
    pub receives: bool,
    /// Their HostEndpoints.
    pub endpoints: Vec<EndpointOnNode>,
    /// Their interfaces; none where Calico reports none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interfaces: Option<Vec<InterfaceOnNode>>,
}

/// What nodes of a group have in common: whether they receive, their HostEndpoints, their interfaces.
type Alike = (bool, BTreeSet<EndpointOnNode>, Option<Vec<InterfaceOnNode>>);

/// A HostEndpoint of a node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EndpointOnNode {
    /// Its interface, `*` for all, empty where it is found by its addresses.
    pub interface: String,
    /// Whose it is.
    pub owner: Owner,
}

/// Whose a HostEndpoint is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Owner {
    /// Portcullis created it.
    Ours,
    /// Calico's controller made it.
    Automatic,
    /// Somebody else's.
    Other,
}

/// A HostEndpoint without an address that it should list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Unresolved {
    /// The HostEndpoint.
    pub endpoint: String,
    /// Its node.
    pub node: String,
    /// The addresses it lacks.
    pub addresses: Vec<IpAddr>,
}

/// Label of nodes that do not advertise Service addresses (confd/pkg/backends/calico/client.go:401 at v3.27.0).
const EXCLUDED: &str = "node.kubernetes.io/exclude-from-external-load-balancers";

impl EdgeFacts {
    /// As the snapshot keeps it for Services of the families of this one.
    pub(super) fn of(snapshot: &Snapshot, service: &ServiceFacts) -> Arc<Self> {
        let has = |v4: bool| service.cluster_ips.iter().any(|address| address.is_ipv4() == v4);
        let (v4, v6) = (has(true), has(false));
        snapshot.edge_facts(v4, v6, || Self::read(snapshot, |address| if address.is_ipv4() { v4 } else { v6 }))
    }

    /// Of both families, whatever the Service.
    #[must_use]
    pub fn of_cluster(snapshot: &Snapshot) -> Arc<Self> {
        snapshot.edge_facts(true, true, || Self::read(snapshot, |_| true))
    }

    fn read(snapshot: &Snapshot, of_families: impl Fn(&IpAddr) -> bool) -> Self {
        let endpoints: Vec<&HostEndpoint> = snapshot.iter::<Kept<HostEndpoint>>().map(|endpoint| &endpoint.object).collect();
        let mut by_node: BTreeMap<&str, Vec<&HostEndpoint>> = BTreeMap::new();
        for endpoint in &endpoints {
            by_node.entry(&endpoint.spec.node).or_default().push(endpoint);
        }
        let tunnels = tunnels(snapshot);
        let mut groups: BTreeMap<Alike, Vec<String>> = BTreeMap::new();
        let mut facts = Self { existing: existing_selector(snapshot, &endpoints), ..Self::default() };
        for node in snapshot.iter::<Node>() {
            let name = &node.metadata.name;
            let receives = receives(node);
            let own = by_node.get(name.as_str()).map(Vec::as_slice).unwrap_or_default();
            let on_node = own.iter().map(|e| EndpointOnNode { interface: e.spec.interface_name.clone(), owner: owner(e) }).collect();
            groups.entry((receives, on_node, interfaces::of(node, own))).or_default().push(name.clone());
            let needed: Vec<IpAddr> = addresses(node, tunnels).into_iter().filter(&of_families).collect();
            if own.is_empty() {
                if !receives {
                    facts.quiet_addresses.extend(needed);
                }
                continue;
            }
            let listed: BTreeSet<IpAddr> = own.iter().flat_map(|e| &e.spec.expected_ips).filter_map(|ip| ip.parse().ok()).collect();
            let missing: Vec<IpAddr> = needed.into_iter().filter(|address| !listed.contains(address)).collect();
            if let (false, Some(first)) = (missing.is_empty(), own.first()) {
                facts.unresolved.push(Unresolved { endpoint: first.metadata.name.clone(), node: name.clone(), addresses: missing });
            }
        }
        facts.nodes = groups
            .into_iter()
            .map(|((receives, endpoints, interfaces), names)| NodeGroup {
                names,
                receives,
                endpoints: endpoints.into_iter().collect(),
                interfaces,
            })
            .collect();
        facts.endpoints = endpoints.iter().map(|e| owner(e)).collect::<BTreeSet<_>>().into_iter().collect();
        facts.without_profile = endpoints.iter().filter(|e| !has_profile(e)).map(|e| e.metadata.name.clone()).collect();
        facts.wildcard = endpoints.iter().any(|e| e.spec.interface_name == "*");
        let ours = endpoints.iter().filter(|e| owner(e) == Owner::Ours).map(|e| e.spec.interface_name.clone());
        facts.our_interfaces = ours.collect::<BTreeSet<_>>().into_iter().collect();
        facts.automatic = snapshot
            .get::<Kept<KubeControllersConfiguration>>("", "default")
            .map(|config| config.spec.controllers.node.as_ref().is_some_and(|node| node.host_endpoint.auto_create == "Enabled"));
        facts
    }
}

/// Whether a node receives traffic to advertised addresses: it does, unless its label excludes it from load balancers, with `true`: of any other
/// value, as the empty one that kubeadm gives to control planes, Calico takes no notice (`calico-facts.md` 8).
pub(crate) fn receives(node: &Node) -> bool {
    node.metadata.labels.get(EXCLUDED).is_none_or(|value| value != "true")
}

fn owner(endpoint: &HostEndpoint) -> Owner {
    if names::is_ours(&endpoint.metadata) {
        Owner::Ours
    } else if names::is_automatic(endpoint) {
        Owner::Automatic
    } else {
        Owner::Other
    }
}

/// Whether the first of its profiles that counts allows: Calico's own, or that of a namespace.
fn has_profile(endpoint: &HostEndpoint) -> bool {
    let counts = endpoint.spec.profiles.iter().find(|name| !name.starts_with("ksa."));
    counts.is_some_and(|name| name == names::DEFAULT_ALLOW || name.starts_with("kns."))
}

/// Which tunnels the pools use.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tunnels {
    ipip: bool,
    vxlan: bool,
}

impl Tunnels {
    /// Every tunnel, in use or not.
    pub(crate) const ALL: Self = Self { ipip: true, vxlan: true };
}

pub(crate) fn tunnels(snapshot: &Snapshot) -> Tunnels {
    let on = |mode: &str| !mode.is_empty() && mode != "Never";
    let mut tunnels = Tunnels::default();
    for pool in snapshot.iter::<IpPool>() {
        tunnels.ipip |= on(&pool.spec.ipip_mode);
        tunnels.vxlan |= on(&pool.spec.vxlan_mode);
    }
    tunnels
}

/// The addresses that a packet may carry when the node has put its own in place of the client's: those of the node, and those of the
/// tunnels that are in use (kube-controllers/pkg/controllers/node/hostendpoints.go:302 at v3.27.0 lists the same ones). Each once, in order.
pub(crate) fn addresses(node: &Node, tunnels: Tunnels) -> Vec<IpAddr> {
    let annotation = |name: &str| -> Option<IpAddr> {
        let text = node.metadata.annotations.get(&format!("projectcalico.org/{name}"))?;
        text.split('/').next().and_then(|address| address.parse().ok())
    };
    let mut found: BTreeSet<IpAddr> =
        node.status.addresses.iter().filter(|a| a.kind == "InternalIP").filter_map(|a| a.address.parse().ok()).collect();
    found.extend(
        ["IPv4Address", "IPv6Address", "IPv4WireguardInterfaceAddr", "IPv6WireguardInterfaceAddr"].into_iter().filter_map(annotation),
    );
    if tunnels.ipip {
        found.extend(annotation("IPv4IPIPTunnelAddr"));
    }
    if tunnels.vxlan {
        found.extend(["IPv4VXLANTunnelAddr", "IPv6VXLANTunnelAddr"].into_iter().filter_map(annotation));
    }
    found.into_iter().collect()
}

/// A selector that all HostEndpoints match and no GlobalNetworkSet does: sets would be taken for nodes.
fn existing_selector(snapshot: &Snapshot, endpoints: &[&HostEndpoint]) -> Option<String> {
    let mut parts = Vec::new();
    if endpoints.iter().any(|e| owner(e) == Owner::Ours) {
        parts.push(format!("{} == 'true'", names::EDGE_LABEL));
    }
    if endpoints.iter().any(|e| owner(e) == Owner::Automatic) {
        parts.push(format!("{} == '{}'", names::AUTO_LABEL.0, names::AUTO_LABEL.1));
    }
    let others: Vec<&Labels> = endpoints.iter().filter(|e| owner(e) == Owner::Other).map(|e| &e.metadata.labels).collect();
    if !others.is_empty() {
        parts.push(common_selector(snapshot, &others)?);
    }
    (!parts.is_empty()).then(|| parts.join(" || "))
}

/// The first label that all of `endpoints` share and no GlobalNetworkSet carries, equal values before equal keys; labels that Kubernetes
/// puts on every node come last, because they say least.
fn common_selector(snapshot: &Snapshot, endpoints: &[&Labels]) -> Option<String> {
    let (first, rest) = endpoints.split_first()?;
    let equal = first
        .iter()
        .filter(|(key, value)| rest.iter().all(|labels| labels.get(*key) == Some(value)))
        .map(|(key, value)| (key, Some(value)));
    let present = first.keys().filter(|key| rest.iter().all(|labels| labels.contains_key(*key))).map(|key| (key, None));
    let mut candidates: Vec<(bool, String)> = equal
        .chain(present)
        .filter_map(|(key, value)| {
            let selector = match value {
                Some(value) => Selector::equal(key, value),
                None => Selector::has(key),
            };
            selector.ok().filter(|_| !on_a_set(snapshot, key, value)).map(|s| {
                let everywhere = ["kubernetes.io/", "k8s.io/"].iter().any(|domain| key.contains(domain));
                (everywhere, s.as_str().to_owned())
            })
        })
        .collect();
    candidates.sort_by_key(|(everywhere, _)| *everywhere);
    candidates.into_iter().next().map(|(_, selector)| selector)
}

/// Whether a GlobalNetworkSet carries a label, with this value where there is one.
fn on_a_set(snapshot: &Snapshot, key: &str, value: Option<&String>) -> bool {
    let is_set = |carrier: &ObjectKey| carrier.kind == Kind::GlobalNetworkSet;
    match value {
        Some(value) => snapshot.carriers_of(key, value).any(is_set),
        None => snapshot.carriers(key).any(is_set),
    }
}

/// The HostEndpoints that Portcullis created.
pub(crate) fn ours(snapshot: &Snapshot) -> impl Iterator<Item = &Kept<HostEndpoint>> {
    snapshot.iter::<Kept<HostEndpoint>>().map(Arc::as_ref).filter(|endpoint| names::is_ours(endpoint.meta()))
}
