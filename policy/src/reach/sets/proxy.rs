//! kube-proxy: the addresses of a Service, and what stands behind them.

use super::members::net;
use super::topology::Topology;
use super::world::{Dest, World};
use crate::access::{Port, Protocol};
use crate::cidr::{CidrSet, Family};
use crate::object::{Endpoint, Hint, Kind, Labels, Pod, Service, ServicePort, ServiceRef};
use crate::reach::packet::Backend;
use crate::reach::settings::ProxyMode;
use crate::snapshot;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

/// What a Service's address is to it. In the order in which kube-proxy asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AddressKind {
    /// A cluster IP.
    ClusterIp,
    /// An external IP.
    ExternalIp,
    /// An address of its load balancer.
    LoadBalancerIp,
    /// A port at the nodes' own addresses.
    NodePort,
}

/// One address and port of a Service, as kube-proxy serves it.
pub(super) struct Front {
    pub(super) kind: AddressKind,
    /// None for the nodes' own.
    pub(super) address: Option<IpAddr>,
    pub(super) family: Family,
    pub(super) port: Port,
    /// What stands behind it: of several Services at one address and port, the backends of all.
    pub(super) behind: Vec<Behind>,
}

/// What one Service puts behind an address.
pub(super) struct Behind {
    pub(super) backends: Vec<Back>,
    /// Whether EndpointSlices say otherwise of one of them.
    pub(super) at_odds: bool,
    /// Only those of the node where a packet comes in.
    pub(super) local: bool,
    /// Only those that are meant for it, or for its zone.
    pub(super) topology: Topology,
    pub(super) translates: Translates,
    /// The nets whose packets kube-proxy lets through; none for everyone's.
    pub(super) from: Option<CidrSet>,
}

/// Whose source address is translated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Translates {
    /// Everyone's.
    All,
    /// Of those outside the range of the pods.
    Outsiders,
    /// Nobody's.
    Nobody,
}

/// A backend, and where it is.
#[derive(Debug, Clone)]
pub(super) struct Back {
    pub(super) backend: Backend,
    pub(super) at: Place,
    /// The node that the endpoint names.
    pub(super) node: Option<String>,
    pub(super) ready: bool,
    pub(super) last_resort: bool,
    /// The nodes and the zones that the endpoint is meant for.
    pub(super) meant: (BTreeSet<String>, BTreeSet<String>),
}

/// What a backend is to Calico.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// A pod with an interface of its own.
    Pod(Arc<Pod>),
    /// A process on a node's network; the node's place in [`super::hosts::Hosts`].
    Host(usize),
    /// Nothing of the cluster.
    Elsewhere,
}

impl Front {
    pub(super) fn text(&self) -> String {
        match self.address {
            Some(address) => format!("{address} on {}", self.port),
            None => format!("the nodes on {}", self.port),
        }
    }
}

impl World<'_> {
    /// Every address and port of a Service; none of a Service that kube-proxy passes over: without a cluster IP, or a name only
    /// (`ShouldSkipService`, pkg/proxy/util/utils.go at v1.29).
    pub(super) fn fronts(&self, service: &Service) -> Vec<Front> {
        let mut fronts = Vec::new();
        if is_passed_over(service) {
            return fronts;
        }
        let families = families(service);
        for port in &service.spec.ports {
            let Some(protocol) = protocol(&port.protocol) else { continue };
            for (address, kind) in addresses(service) {
                let number = Port { protocol, port: port.port };
                fronts.push(Front {
                    kind,
                    address: Some(address),
                    family: Family::of(address),
                    port: number,
                    behind: self.behind(address, number),
                });
            }
            if port.node_port != 0 {
                for family in &families {
                    let behind = vec![self.behind_one(service, port, protocol, (AddressKind::NodePort, None), *family)];
                    fronts.push(Front {
                        kind: AddressKind::NodePort,
                        address: None,
                        family: *family,
                        port: Port { protocol, port: port.node_port },
                        behind,
                    });
                }
            }
        }
        fronts.sort_by_key(|front| (front.kind, front.address, front.family, front.port));
        fronts
    }

    /// Whether a node that has the address translates what comes for it: by a NodePort, or as an address of a Service.
    pub(super) fn serves(&self, dest: Dest) -> bool {
        let is = |port: &ServicePort, number: u16| number == dest.port && protocol(&port.protocol).map(number_of) == Some(dest.protocol);
        let served = |service: &Arc<Service>| !is_passed_over(service) && service.spec.ports.iter().any(|port| is(port, port.port));
        if self.snapshot.services_at(dest.address).any(served) {
            return true;
        }
        let host = self.hosts.at(dest.address).and_then(|host| self.hosts.nodes.get(host));
        let primary = host.and_then(|host| host.primary(dest.family()));
        self.settings.proxy.node_ports.value.taken_at(dest.address, primary)
            && self.node_ports().contains(&(dest.protocol, dest.port, dest.family()))
    }

    /// Every NodePort that there is, with its protocol and family.
    fn node_ports(&self) -> Arc<BTreeSet<(u8, u16, Family)>> {
        if let Some(known) = &self.memo.borrow().node_ports {
            return known.clone();
        }
        let mut found = BTreeSet::new();
        for service in self.snapshot.iter::<Service>().filter(|service| !is_passed_over(service)) {
            let families = families(service);
            for port in service.spec.ports.iter().filter(|port| port.node_port != 0) {
                let Some(protocol) = protocol(&port.protocol).map(number_of) else { continue };
                found.extend(families.iter().map(|family| (protocol, port.node_port, *family)));
            }
        }
        let found = Arc::new(found);
        self.memo.borrow_mut().node_ports = Some(found.clone());
        found
    }

    /// What stands behind an address and port: cluster IPs count before external ones, and those before others.
    fn behind(&self, address: IpAddr, port: Port) -> Vec<Behind> {
        // External and load-balancer IPs of several Services are one to kube-proxy: it has no order among them.
        let rank = |kind: AddressKind| if kind == AddressKind::LoadBalancerIp { AddressKind::ExternalIp } else { kind };
        let mut found: BTreeMap<AddressKind, Vec<Behind>> = BTreeMap::new();
        for service in self.snapshot.services_at(address).filter(|service| !is_passed_over(service)) {
            let Some(kind) = addresses(service).get(&address).copied() else { continue };
            for own in service.spec.ports.iter().filter(|own| own.port == port.port && protocol(&own.protocol) == Some(port.protocol)) {
                found.entry(rank(kind)).or_default().push(self.behind_one(
                    service,
                    own,
                    port.protocol,
                    (kind, Some(address)),
                    Family::of(address),
                ));
            }
        }
        found.into_values().next().unwrap_or_default()
    }

    fn behind_one(
        &self,
        service: &Service,
        port: &ServicePort,
        protocol: Protocol,
        (kind, address): (AddressKind, Option<IpAddr>),
        family: Family,
    ) -> Behind {
        let local = match kind {
            AddressKind::ClusterIp => service.spec.internal_traffic_policy == "Local",
            _ => service.spec.external_traffic_policy == "Local",
        };
        let translates = match kind {
            // It tells sources apart by ranges of the family, and none where it has none.
            AddressKind::ClusterIp if self.settings.proxy.cluster_cidrs.value.iter().all(|range| range.family() != family) => {
                Translates::Nobody
            }
            AddressKind::ClusterIp => Translates::Outsiders,
            _ if local => Translates::Nobody,
            _ => Translates::All,
        };
        let ranges = &service.spec.load_balancer_source_ranges;
        // Those of the family alone: one that has none lets everyone through (pkg/proxy/service.go at v1.29).
        let of_family: CidrSet = ranges.iter().filter_map(|text| net(text.trim())).filter(|net| net.family() == family).collect();
        // By nftables for those too that are external IPs besides (nftables/proxier.go:655 at v1.32.5; measured).
        let of_balancer = |address: IpAddr| {
            let mut ingress = service.status.load_balancer.ingress.iter().filter(|entry| entry.ip_mode != "Proxy");
            ingress.any(|entry| entry.ip.parse() == Ok(address))
        };
        let nftables = self.settings.proxy.mode.value == ProxyMode::Nftables;
        let too = nftables && kind == AddressKind::ExternalIp && address.is_some_and(of_balancer);
        let from = ((kind == AddressKind::LoadBalancerIp || too) && !of_family.is_empty()).then_some(of_family);
        let (backends, at_odds) = self.backends(service, port, protocol, family);
        let topology = self.topology(service, &backends);
        Behind { backends, at_odds, local, topology, translates, from }
    }

    /// The endpoints of a Service's port in one family: those of its slices whose port has the same name and protocol, each once; and whether slices
    /// say otherwise of one (pkg/proxy/endpointslicecache.go:204 at v1.29.15: the first counts, in no order).
    fn backends(&self, service: &Service, port: &ServicePort, of: Protocol, family: Family) -> (Vec<Back>, bool) {
        let Ok(reference) = ServiceRef::new(&service.metadata.namespace, &service.metadata.name) else { return (Vec::new(), false) };
        let mut at_odds = false;
        let mut found: BTreeMap<(IpAddr, u16), Back> = BTreeMap::new();
        let slices = self.snapshot.endpoint_slices(&reference).filter(|slice| is_listed(&slice.metadata.labels));
        for slice in slices.filter(|slice| slice.address_type == family.name()) {
            let same = |candidate: &&crate::object::EndpointPort| candidate.name == port.name && protocol(&candidate.protocol) == Some(of);
            for number in slice.ports.iter().filter(same).filter_map(|port| port.port) {
                for endpoint in &slice.endpoints {
                    // kube-proxy uses the first address.
                    let Some(address) = endpoint.addresses.first().and_then(|text| text.parse().ok()) else { continue };
                    let back = self.back(endpoint, &service.metadata.namespace, address, number);
                    // One that stands in two places is one endpoint, of use if it is in one of them.
                    let use_of = |back: &Back| (back.ready, back.last_resort);
                    let known = found.entry((address, number)).or_insert_with(|| back.clone());
                    at_odds |= use_of(&back) != use_of(known) || back.node != known.node || back.meant != known.meant;
                    if use_of(&back) > use_of(known) {
                        *known = back;
                    }
                }
            }
        }
        (found.into_values().collect(), at_odds)
    }

    fn back(&self, endpoint: &Endpoint, namespace: &str, address: IpAddr, port: u16) -> Back {
        let at = match (self.pod_at(address), self.hosts.at(address)) {
            (Some(pod), _) => Place::Pod(pod),
            (None, Some(host)) => Place::Host(host),
            (None, None) => Place::Elsewhere,
        };
        let pod = match &at {
            Place::Pod(pod) => Some(format!("{}/{}", pod.metadata.namespace, pod.metadata.name)),
            Place::Host(_) | Place::Elsewhere => endpoint.target_ref.as_ref().filter(|target| target.kind == "Pod").map(|target| {
                let namespace = if target.namespace.is_empty() { namespace } else { &target.namespace };
                format!("{namespace}/{}", target.name)
            }),
        };
        let on = match &at {
            Place::Pod(pod) => Some(pod.spec.node_name.clone()),
            Place::Host(host) => self.hosts.nodes.get(*host).map(|host| host.name.to_string()),
            Place::Elsewhere => None,
        };
        let node = endpoint.node_name.clone().filter(|name| !name.is_empty());
        let conditions = &endpoint.conditions;
        let serving = conditions.serving != Some(false);
        Back {
            backend: Backend { pod, node: on.filter(|name| !name.is_empty()), address, port },
            at,
            node,
            ready: conditions.ready != Some(false),
            last_resort: serving && conditions.terminating == Some(true),
            meant: (names(&endpoint.hints.for_nodes), names(&endpoint.hints.for_zones)),
        }
    }

    /// The pod that has the address: there a packet comes, whichever pod the endpoint names. That one may have another by now, or none yet.
    fn pod_at(&self, address: IpAddr) -> Option<Arc<Pod>> {
        let mut keys = self.snapshot.endpoints_between(address, address).map(|(_, key)| key).filter(|key| key.kind == Kind::Pod);
        keys.find_map(|key| self.snapshot.get::<Pod>(&key.namespace, &key.name)).cloned()
    }

    /// The policies on a pod.
    pub(super) fn policies_of(&self, pod: &Arc<Pod>) -> snapshot::PolicyList {
        self.snapshot.policies_on(&snapshot::Endpoint::Pod(pod.clone()))
    }
}

fn names(hints: &[Hint]) -> BTreeSet<String> {
    hints.iter().map(|hint| hint.name.clone()).collect()
}

fn is_passed_over(service: &Service) -> bool {
    let spec = &service.spec;
    !is_listed(&service.metadata.labels)
        || spec.kind == "ExternalName"
        || spec.cluster_ip == "None"
        || spec.cluster_ip.is_empty() && spec.cluster_ips.is_empty()
}

/// The addresses that a Service lists, with what each is to it: the first of several.
pub(super) fn addresses(service: &Service) -> BTreeMap<IpAddr, AddressKind> {
    let spec = &service.spec;
    let cluster = spec.cluster_ips.iter().chain([&spec.cluster_ip]).map(|text| (text, AddressKind::ClusterIp));
    let external = spec.external_ips.iter().map(|text| (text, AddressKind::ExternalIp));
    let balancer = service.status.load_balancer.ingress.iter().filter(|entry| entry.ip_mode != "Proxy");
    let balancer = balancer.map(|entry| (&entry.ip, AddressKind::LoadBalancerIp));
    let all = cluster.chain(external).chain(balancer);
    let mut found = BTreeMap::new();
    for (address, kind) in all.filter_map(|(text, kind)| Some((text.parse().ok()?, kind))) {
        found.entry(address).or_insert(kind);
    }
    found
}

/// Whether kube-proxy lists a Service or EndpointSlice with these labels: not those of another proxy, nor headless ones
/// (cmd/kube-proxy/app/server.go:536 at v1.32.5; measured).
fn is_listed(labels: &Labels) -> bool {
    labels.get("service.kubernetes.io/service-proxy-name").or_else(|| labels.get("service.kubernetes.io/headless")).is_none()
}

fn families(service: &Service) -> BTreeSet<Family> {
    let spec = &service.spec;
    spec.cluster_ips.iter().chain([&spec.cluster_ip]).filter_map(|text| text.parse().ok()).map(Family::of).collect()
}

pub(super) fn protocol(name: &str) -> Option<Protocol> {
    match name {
        "" | "TCP" => Some(Protocol::Tcp),
        "UDP" => Some(Protocol::Udp),
        "SCTP" => Some(Protocol::Sctp),
        _ => None,
    }
}

pub(super) const fn number_of(protocol: Protocol) -> u8 {
    match protocol {
        Protocol::Tcp => 6,
        Protocol::Udp => 17,
        Protocol::Sctp => 132,
    }
}
