//! What one Service's plan reads of the cluster.
//!
//! Small, sent to the browser whole, and nothing that a plan does not read: pods are kept as groups of equal behaviour without their
//! names, nodes without heartbeats, policies as what they do to this Service. So a rollout with equal labels and ports leaves it as it
//! was, and with it the digest of a plan.

mod advertised;
mod backends;
mod edge;
mod foreign;
mod group;
mod interfaces;
mod loose;
mod service;

pub(crate) use advertised::advertised_by;
pub use backends::{BackendGroup, Sharing};
pub use edge::{EdgeFacts, EndpointOnNode, NodeGroup, Owner, Tunnels, Unresolved};
pub(crate) use edge::{addresses as node_addresses, ours as our_host_endpoints, receives, tunnels};
pub(crate) use foreign::OnHosts;
pub(crate) use foreign::on_hosts_about;
pub use foreign::{ForeignPolicy, Stage};
pub(crate) use group::has_others;
pub use group::{EdgeGroup, Membership, under};
pub use interfaces::InterfaceOnNode;
pub use loose::LooseSelector;
pub(crate) use loose::{KINDS as KINDS_OF_SETS, evaluated as loose_selectors};
pub use service::{PortFacts, ServiceFacts, Target};

use crate::access::{Access, ClientGroup, Port, client_groups, in_force};
use crate::baseline;
use crate::cidr::Cidr;
use crate::names;
use crate::object::{DEFAULT_TIER, FelixConfiguration, IpPool, Kind, Namespace, Object, ObjectKey, ProtoPort, Service, ServiceRef};
use crate::snapshot::Snapshot;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

/// What one Service's plan reads of the cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Scope {
    /// The Service.
    pub service: ServiceFacts,
    /// The access in force; none where Portcullis does not guard it.
    pub in_force: Option<Access>,
    /// Its cluster IPs, and the advertised range that each lies in.
    pub advertised: Vec<(IpAddr, Option<String>)>,
    /// Its external IPs and the addresses of its load balancer, likewise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outer: Vec<(IpAddr, Option<String>)>,
    /// Ranges that hold an address of it and are closed by default.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closed: Vec<Cidr>,
    /// Other Services that use one of its cluster IPs.
    pub address_sharing: Vec<(ServiceRef, IpAddr)>,
    /// Other Services that use one of its other addresses on the same port, NodePorts at the nodes' addresses among these.
    pub port_sharing: Vec<(ServiceRef, IpAddr, Port)>,
    /// Its pods, as groups of equal behaviour. Where it has none, one group that stands for pods with just the labels of its selector.
    pub backends: Vec<BackendGroup>,
    /// Names of target ports, of the Service and of others on its pods, and the numbers that its pods give them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub named_ports: Vec<(String, Vec<u16>)>,
    /// Whether it has pods.
    pub has_pods: bool,
    /// Whether an endpoint of it has a node's address.
    pub endpoints_on_nodes: bool,
    /// Whether an endpoint of it is neither a pod nor a node of the cluster.
    pub endpoints_elsewhere: bool,
    /// Other Services with pods of it.
    pub sharing: Vec<Sharing>,
    /// Nodes and HostEndpoints.
    pub edge: Arc<EdgeFacts>,
    /// The edge group that it is in.
    pub edge_group: Option<Membership>,
    /// The edge groups of the cluster: it joins one that is what its access says.
    pub edge_groups: Vec<EdgeGroup>,
    /// Policies of others on its pods.
    pub pod_policies: Vec<ForeignPolicy>,
    /// Policies of others on HostEndpoints.
    pub host_policies: Vec<ForeignPolicy>,
    /// Failsafe ports, with the FelixConfiguration that says so; none of them where Felix' defaults hold.
    pub failsafes: Vec<Failsafe>,
    /// FelixConfigurations that switch eBPF on.
    pub ebpf: Vec<ObjectKey>,
    /// The client groups of the cluster, by name.
    pub groups: Arc<Vec<ClientGroup>>,
    /// Ranges of the pods.
    pub pools: Vec<Cidr>,
    /// Pods, NetworkSets and foreign GlobalNetworkSets that carry a label which the policies of this Service go by.
    pub label_carriers: Vec<ObjectKey>,
    /// Selectors in rules of others that ask for no label, and so may mean the sets of this Service.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub loose_selectors: Vec<LooseSelector>,
    /// The cluster's namespaces.
    pub namespaces: Vec<String>,
    /// Kinds that were not read, and why.
    pub unknown: Vec<(Kind, String)>,
    /// Objects that may matter to it but do not have the shape of their kind, and what does not fit.
    pub unreadable: Vec<(ObjectKey, String)>,
}

/// A port that is open before any policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failsafe {
    /// `TCP`, `UDP`, in capitals.
    pub protocol: String,
    /// The port.
    pub port: i64,
    /// Only from this net; from everywhere where empty.
    pub net: String,
    /// Where it is set; none where it is Felix' default.
    pub set_by: Option<ObjectKey>,
}

/// Felix' default for `failsafeInboundHostPorts` (felix/config/config_params.go:349 at v3.27.0).
const FAILSAFES: [(&str, i64); 9] =
    [("TCP", 22), ("UDP", 68), ("TCP", 179), ("TCP", 2379), ("TCP", 2380), ("TCP", 5473), ("TCP", 6443), ("TCP", 6666), ("TCP", 6667)];

/// Label that Calico puts on every Pod, with the value `k8s`: policies tell pods from sets by it.
const ORCHESTRATOR: &str = "projectcalico.org/orchestrator";

/// Most label carriers that are kept by name.
const CARRIERS: usize = 50;

/// Most selectors of others that are kept.
const LOOSE_SELECTORS: usize = 50;

impl Scope {
    /// What a plan for `service` reads; none if there is no such Service.
    #[must_use]
    pub fn of(snapshot: &Snapshot, service: &ServiceRef) -> Option<Self> {
        Self::among(snapshot, service, group::read(snapshot))
    }

    /// The same without the edge groups of others: enough for checks, and for those of every Service in turn.
    pub(crate) fn alone(snapshot: &Snapshot, service: &ServiceRef) -> Option<Self> {
        Self::among(snapshot, service, Vec::new())
    }

    fn among(snapshot: &Snapshot, service: &ServiceRef, edge_groups: Vec<EdgeGroup>) -> Option<Self> {
        let facts = ServiceFacts::of(snapshot.get::<Service>(service.namespace(), service.name())?)?;
        let advertised =
            facts.cluster_ips.iter().map(|address| (*address, advertised_by(snapshot, *address, facts.external_local))).collect();
        let sharing = backends::sharing(snapshot, &facts);
        let backends = backends::read(snapshot, &facts, &sharing);
        let edge = EdgeFacts::of(snapshot, &facts);
        let host_policies = foreign::on_hosts(snapshot, &facts);
        Some(Self {
            in_force: in_force(snapshot, service),
            closed: baseline::closed(snapshot).map(|closed| closed.about(&facts)).unwrap_or_default(),
            advertised,
            outer: advertised::outer(snapshot, &facts),
            address_sharing: address_sharing(snapshot, &facts),
            port_sharing: port_sharing(snapshot, &facts),
            has_pods: backends.has_pods,
            named_ports: backends.named_ports,
            endpoints_on_nodes: backends::endpoints_on_nodes(snapshot, &facts),
            endpoints_elsewhere: backends::endpoints_elsewhere(snapshot, &facts),
            pod_policies: backends.policies,
            backends: backends.groups,
            sharing,
            edge,
            edge_group: group::of(snapshot, service),
            edge_groups,
            host_policies,
            failsafes: failsafes(snapshot),
            ebpf: snapshot.iter::<FelixConfiguration>().filter(|c| c.spec.bpf_enabled == Some(true)).map(|c| c.key()).collect(),
            groups: snapshot.client_groups(|| client_groups(snapshot)),
            pools: snapshot.iter::<IpPool>().filter_map(|pool| pool.spec.cidr.parse().ok()).collect(),
            label_carriers: label_carriers(snapshot, &facts.service),
            loose_selectors: loose_selectors(snapshot).take(LOOSE_SELECTORS).cloned().collect(),
            namespaces: snapshot.iter::<Namespace>().map(|namespace| namespace.metadata.name.clone()).collect(),
            unreadable: unreadable(snapshot, service.namespace()),
            unknown: Kind::ALL.into_iter().filter_map(|kind| snapshot.missed(kind).map(|why| (kind, why.to_owned()))).collect(),
            service: facts,
        })
    }

    /// The ingress policies of others that select these pods in the tier of ours: what none of them allows is denied there, with or without ours.
    pub(crate) fn governs(&self, group: &BackendGroup) -> impl Iterator<Item = &ForeignPolicy> {
        let policies = group.governed_by.iter().filter_map(|index| self.pod_policies.get(*index as usize));
        policies.filter(|policy| policy.tier == DEFAULT_TIER)
    }

    /// The numbers that its pods give the name of a target port; none where they give it none.
    fn numbers(&self, name: &str) -> &[u16] {
        self.named_ports.iter().find(|(known, _)| known == name).map_or(&[], |(_, numbers)| numbers)
    }

    /// Names of the Service's target ports by which its pods do not all mean one number, and the numbers.
    pub(crate) fn differing_ports(&self) -> impl Iterator<Item = &(String, Vec<u16>)> {
        let own = |name: &str| self.service.ports.iter().any(|facts| facts.target == Target::Name(name.to_owned()));
        self.named_ports.iter().filter(move |(name, numbers)| numbers.len() > 1 && own(name))
    }

    /// Whether two target ports can be one port of a pod. Of a name that no pod has nobody knows what it will mean.
    pub(crate) fn may_be_one(&self, one: &Target, other: &Target) -> bool {
        let known = |target: &Target| match target {
            Target::Number(number) => vec![*number],
            Target::Name(name) => self.numbers(name).to_vec(),
        };
        let (these, those) = (known(one), known(other));
        one == other || these.is_empty() || those.is_empty() || these.iter().any(|number| those.contains(number))
    }

    /// Its pods that pod policies hold for.
    pub(crate) fn pod_groups(&self) -> impl Iterator<Item = &BackendGroup> {
        self.backends.iter().filter(|group| !group.host_network)
    }

    /// Ports of the Service that a failsafe opens, with the port that is open and the failsafe: its own, or its NodePort.
    #[must_use]
    pub fn open_by_failsafe(&self) -> Vec<(Port, Port, &Failsafe)> {
        let opens = |failsafe: &&Failsafe, port: Port| failsafe.protocol == port.protocol.name() && failsafe.port == i64::from(port.port);
        let listened = self.service.ports.iter().flat_map(|facts| {
            let of_nodes = Port { port: facts.node_port, ..facts.port };
            [(facts.port, facts.port), (facts.port, of_nodes)]
        });
        let hit = |(of, port): (Port, Port)| {
            let failsafe = self.failsafes.iter().find(|failsafe| opens(failsafe, port))?;
            Some((of, port, failsafe))
        };
        listened.filter_map(hit).collect()
    }

    /// Whether some of its endpoints are on a node's own network.
    #[must_use]
    pub fn on_host_network(&self) -> bool {
        self.endpoints_on_nodes || self.backends.iter().any(|group| group.host_network)
    }

    /// Whether `kind` was read.
    #[must_use]
    pub fn knows(&self, kind: Kind) -> bool {
        self.unknown.iter().all(|(unknown, _)| *unknown != kind)
    }
}

/// Unreadable objects of the cluster as a whole, and of the Service's namespace.
fn unreadable(snapshot: &Snapshot, namespace: &str) -> Vec<(ObjectKey, String)> {
    let near = |key: &ObjectKey| key.namespace.is_empty() || key.namespace == namespace;
    snapshot.unreadable().filter(|(key, _)| near(key)).map(|(key, error)| (key.clone(), error.to_owned())).collect()
}

/// The other Services at these addresses, in order.
fn others_at(snapshot: &Snapshot, facts: &ServiceFacts, addresses: impl Iterator<Item = IpAddr>) -> BTreeMap<ServiceRef, ServiceFacts> {
    let at = addresses.flat_map(|address| snapshot.services_at(address));
    let others = at.filter_map(|service| ServiceFacts::of(service)).filter(|other| other.service != facts.service);
    others.map(|other| (other.service.clone(), other)).collect()
}

fn address_sharing(snapshot: &Snapshot, facts: &ServiceFacts) -> Vec<(ServiceRef, IpAddr)> {
    let mut shared = Vec::new();
    for other in others_at(snapshot, facts, facts.cluster_ips.iter().copied()).into_values() {
        let theirs: BTreeSet<IpAddr> = other.outer_addresses().into_iter().chain(other.cluster_ips.iter().copied()).collect();
        shared.extend(
            theirs.into_iter().filter(|address| facts.cluster_ips.contains(address)).map(|address| (other.service.clone(), address)),
        );
    }
    shared
}

fn port_sharing(snapshot: &Snapshot, facts: &ServiceFacts) -> Vec<(ServiceRef, IpAddr, Port)> {
    let own = facts.outer_addresses();
    let mut shared = Vec::new();
    for other in others_at(snapshot, facts, own.iter().copied()).into_values() {
        let theirs: BTreeSet<IpAddr> = other.outer_addresses().into_iter().chain(other.cluster_ips.iter().copied()).collect();
        let ports: BTreeSet<Port> = other.ports.iter().map(|port| port.port).collect();
        for address in own.intersection(&theirs) {
            let same = facts.ports.iter().map(|port| port.port).filter(|port| ports.contains(port));
            shared.extend(same.map(|port| (other.service.clone(), *address, port)));
        }
    }
    shared.extend(node_port_sharing(snapshot, facts, &own));
    shared
}

/// NodePorts that are an external address and port too: one of its own at which another Service has such an address, and the other way about.
fn node_port_sharing(snapshot: &Snapshot, facts: &ServiceFacts, own: &BTreeSet<IpAddr>) -> Vec<(ServiceRef, IpAddr, Port)> {
    let of_nodes = snapshot.addresses_of_nodes();
    let node_ports = |facts: &ServiceFacts| -> BTreeSet<Port> {
        facts.ports.iter().filter(|port| port.node_port != 0).map(|facts| Port { port: facts.node_port, ..facts.port }).collect()
    };
    let ports = |facts: &ServiceFacts| -> BTreeSet<Port> { facts.ports.iter().map(|port| port.port).collect() };
    let mut shared = Vec::new();
    if facts.has_node_ports() {
        let served = node_ports(facts);
        for other in others_at(snapshot, facts, of_nodes.iter().filter_map(|text| text.parse().ok())).into_values() {
            let theirs = ports(&other);
            let at = other.outer_addresses().into_iter().filter(|address| of_nodes.contains(&address.to_string()));
            shared.extend(
                at.flat_map(|address| served.intersection(&theirs).map(move |port| (address, *port)))
                    .map(|(address, port)| (other.service.clone(), address, port)),
            );
        }
    }
    let at: Vec<IpAddr> = own.iter().copied().filter(|address| of_nodes.contains(&address.to_string())).collect();
    if !at.is_empty() {
        let listened = ports(facts);
        let others =
            snapshot.iter::<Service>().filter_map(|service| ServiceFacts::of(service)).filter(|other| other.service != facts.service);
        for other in others.filter(ServiceFacts::has_node_ports) {
            let same: Vec<Port> = node_ports(&other).intersection(&listened).copied().collect();
            shared.extend(
                at.iter()
                    .flat_map(|address| same.iter().map(move |port| (*address, *port)))
                    .map(|(address, port)| (other.service.clone(), address, port)),
            );
        }
    }
    shared
}

fn failsafes(snapshot: &Snapshot) -> Vec<Failsafe> {
    let mut ports = Vec::new();
    let mut defaults = true;
    for config in snapshot.iter::<FelixConfiguration>() {
        let Some(listed) = &config.spec.failsafe_inbound_host_ports else { continue };
        if config.metadata.name == "default" {
            defaults = false;
        }
        ports.extend(listed.iter().map(|entry: &ProtoPort| Failsafe {
            protocol: if entry.protocol.is_empty() { "TCP".to_owned() } else { entry.protocol.to_ascii_uppercase() },
            port: entry.port,
            net: entry.net.clone(),
            set_by: Some(config.key()),
        }));
    }
    if defaults {
        ports.extend(FAILSAFES.map(|(protocol, port)| Failsafe { protocol: protocol.to_owned(), port, net: String::new(), set_by: None }));
    }
    ports
}

/// Objects of others whose labels would let them into the rules of this Service.
fn label_carriers(snapshot: &Snapshot, service: &ServiceRef) -> Vec<ObjectKey> {
    let slug = names::service_slug(service);
    let labels = [names::EDGE_LABEL, names::EDGE_CLIENTS_LABEL, names::ADDRESSES_LABEL, names::NODES_LABEL];
    let carriers = labels.into_iter().flat_map(|label| snapshot.strangers(label));
    let carriers = snapshot.strangers_starting(names::CLIENTS_LABEL, &slug).chain(carriers);
    let like_pods = snapshot.carriers_of(ORCHESTRATOR, "k8s").filter(|key| key.kind == Kind::NetworkSet);
    let keys: BTreeSet<&ObjectKey> = carriers.chain(like_pods).collect();
    let of_kind = |kind: Kind| keys.iter().filter(move |key| key.kind == kind).copied();
    of_kind(Kind::GlobalNetworkSet).chain(of_kind(Kind::NetworkSet)).chain(of_kind(Kind::Pod)).take(CARRIERS).cloned().collect()
}
