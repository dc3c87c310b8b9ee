//! The snapshot as one question reads it: who has which address, which nodes there are, what was not read. Built by a walk over all
//! objects, without the snapshot's own index, so that no mistake of that is made here too.

use super::node::Node;
use super::policies::Policies;
use super::services::Services;
use super::sorted::Sorted;
use crate::cidr::{Cidr, Family};
use crate::object::{
    AnyObject, GlobalNetworkSet, HostEndpoint, Kept, Kind, Labels, Namespace, NetworkSet, Object, ObjectKey, Pod, ServiceAccount,
};
use crate::reach::settings::Settings;
use crate::reach::verdict::Unknown;
use crate::selector::{EndpointLabels, Inherited};
use crate::snapshot::Snapshot;
use crate::validate::dropped_by_felix;
use ipnet::IpNet;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

/// Something whose addresses a selector can mean.
#[derive(Debug, Clone, Copy)]
pub(super) enum Member<'a> {
    Pod(&'a Arc<Pod>),
    Host(&'a Arc<Kept<HostEndpoint>>),
    Global(&'a Arc<Kept<GlobalNetworkSet>>),
    Set(&'a Arc<NetworkSet>),
}

impl Member<'_> {
    pub(super) fn key(&self) -> ObjectKey {
        match self {
            Self::Pod(pod) => pod.key(),
            Self::Host(host) => host.key(),
            Self::Global(set) => set.key(),
            Self::Set(set) => set.key(),
        }
    }
}

/// Where a packet goes that is sent to an address.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place<'a> {
    Pod(&'a Arc<Pod>),
    Node(&'a str),
    Elsewhere,
}

/// The snapshot as one question reads it. What another question has read of the same objects is shared.
pub(super) struct World<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) settings: &'a Settings,
    pub(super) nodes: Arc<BTreeMap<&'a str, Node>>,
    pub(super) policies: Policies<'a>,
    pub(super) services: Arc<Services<'a>>,
    pods: Arc<Sorted<IpAddr, &'a Arc<Pod>>>,
    node_of: Arc<Sorted<IpAddr, &'a str>>,
    /// Nodes by the keys by which they encrypt.
    keys: Arc<BTreeMap<String, Vec<(Family, &'a str)>>>,
    hosts: Arc<Hosts<'a>>,
    sets: Arc<Sorted<Cidr, Member<'a>>>,
    pools: Vec<(Cidr, &'a crate::object::IpPoolSpec)>,
    missed: Vec<Kind>,
}

/// The HostEndpoints that Felix takes.
struct Hosts<'a> {
    by_node: BTreeMap<&'a str, Vec<&'a Arc<Kept<HostEndpoint>>>>,
    expected: Sorted<IpAddr, &'a Arc<Kept<HostEndpoint>>>,
}

impl<'a> World<'a> {
    pub(super) fn new(snapshot: &'a Snapshot, settings: &'a Settings) -> Self {
        Self::beside(None, snapshot, settings)
    }

    /// The same, with what is read of kinds of which the other has the same objects.
    pub(super) fn beside(other: Option<&Self>, snapshot: &'a Snapshot, settings: &'a Settings) -> Self {
        let differing = other.map(|other| other.snapshot.differing(snapshot)).unwrap_or_default();
        let same = |kinds: &[Kind]| other.filter(|_| !differing.iter().any(|key| kinds.contains(&key.kind)));
        let nodes = same(&[Kind::Node]).map_or_else(|| Arc::new(nodes(snapshot)), |other| other.nodes.clone());
        let node_of = same(&[Kind::Node]).map_or_else(|| Arc::new(addresses_of_nodes(&nodes)), |other| other.node_of.clone());
        let keys = same(&[Kind::Node]).map_or_else(|| Arc::new(keys_of_nodes(&nodes)), |other| other.keys.clone());
        Self {
            snapshot,
            settings,
            policies: Policies::of(snapshot, settings.line.value),
            services: same(&[Kind::Service]).map_or_else(|| Arc::new(Services::of(snapshot)), |other| other.services.clone()),
            pods: same(&[Kind::Pod]).map_or_else(|| Arc::new(pods(snapshot)), |other| other.pods.clone()),
            hosts: same(&[Kind::HostEndpoint]).map_or_else(|| Arc::new(Hosts::of(snapshot)), |other| other.hosts.clone()),
            sets: same(&[Kind::GlobalNetworkSet, Kind::NetworkSet]).map_or_else(|| Arc::new(sets(snapshot)), |other| other.sets.clone()),
            pools: snapshot.iter::<crate::object::IpPool>().filter_map(|pool| Some((masked(&pool.spec.cidr)?, &pool.spec))).collect(),
            missed: Kind::ALL.into_iter().filter(|kind| snapshot.missed(*kind).is_some()).collect(),
            nodes,
            node_of,
            keys,
        }
    }

    /// Nodes that encrypt packets of a family by this key.
    pub(super) fn with_key(&self, family: Family, key: &str) -> impl Iterator<Item = &'a str> {
        self.keys.get(key).into_iter().flatten().filter(move |(of, _)| *of == family).map(|(_, node)| *node)
    }

    /// The pods, HostEndpoints and sets that have the address: what a selector that matches one of them means. HostEndpoints have their
    /// `expectedIPs` and no others (`felix/labelindex/named_port_index.go:412` at v3.28.5).
    pub(super) fn members(&self, address: IpAddr) -> impl Iterator<Item = Member<'a>> {
        let pods = self.pods.at(address).map(Member::Pod);
        let hosts = self.hosts.expected.at(address).map(Member::Host);
        let sets = covering(address).flat_map(|net| self.sets.at(net));
        pods.chain(hosts).chain(sets)
    }

    /// Labels as selectors see them.
    pub(super) fn labels(&self, member: Member<'a>) -> EndpointLabels<'a> {
        match member {
            Member::Pod(pod) => {
                let (namespace, account) = (&pod.metadata.namespace, &pod.spec.service_account_name);
                let account = self.snapshot.get::<ServiceAccount>(namespace, account);
                let service_account = account.map(|account| &account.metadata.labels);
                EndpointLabels::of_pod(pod, Inherited { namespace: self.namespace_labels(namespace), service_account })
            }
            Member::Host(host) => self.host_labels(host),
            Member::Global(set) => EndpointLabels::of_global_network_set(set),
            Member::Set(set) => EndpointLabels::of_network_set(set, self.namespace_labels(&set.metadata.namespace)),
        }
    }

    pub(super) fn host_labels<'h>(&self, host: &'h Arc<Kept<HostEndpoint>>) -> EndpointLabels<'h>
    where
        'a: 'h,
    {
        let namespace = host.profile_namespace().and_then(|name| self.namespace_labels(name));
        let account = host.profile_account().and_then(|(namespace, name)| self.snapshot.get::<ServiceAccount>(namespace, name));
        let service_account = account.map(|account| &account.metadata.labels);
        EndpointLabels::of_host_endpoint(host, Inherited { namespace, service_account })
    }

    fn namespace_labels(&self, namespace: &str) -> Option<&'a Labels> {
        self.snapshot.get::<Namespace>("", namespace).map(|namespace| &namespace.metadata.labels)
    }

    /// Where a packet to this address ends.
    pub(super) fn place(&self, address: IpAddr) -> Place<'a> {
        if let Some(pod) = self.pods.at(address).next() {
            return Place::Pod(pod);
        }
        self.node_of.at(address).next().map_or(Place::Elsewhere, Place::Node)
    }

    /// Whether it is a node's own address.
    pub(super) fn node_at(&self, address: IpAddr) -> bool {
        let mut nodes = self.node_of.at(address);
        nodes.any(|name| self.nodes.get(name).is_some_and(|node| node.addresses.contains(&address)))
    }

    /// The HostEndpoints of a node that Felix takes, by name.
    pub(super) fn hosts(&self, node: &str) -> &[&'a Arc<Kept<HostEndpoint>>] {
        self.hosts.by_node.get(node).map_or(&[], Vec::as_slice)
    }

    /// The pool that has the address: of several the narrowest (`felix/calc/l3_route_resolver.go` at v3.28.5).
    pub(super) fn pool(&self, address: IpAddr) -> Option<&'a crate::object::IpPoolSpec> {
        let holding = self.pools.iter().filter(|(net, _)| net.contains(address));
        holding.max_by_key(|(net, _)| net.prefix_len()).map(|(_, pool)| *pool)
    }

    /// An address of each pool.
    pub(super) fn pool_addresses(&self) -> impl Iterator<Item = IpAddr> {
        self.pools.iter().map(|(net, _)| net.first())
    }

    /// Why something that hangs on these kinds cannot be told.
    pub(super) fn not_read(&self, kinds: &[Kind]) -> Option<Unknown> {
        kinds.iter().find(|kind| self.missed.contains(kind)).map(|kind| Unknown::NotRead(*kind))
    }

    /// An object of one of these kinds that could not be read, in one of these namespaces or in none.
    pub(super) fn unreadable(&self, kinds: &[Kind], namespace: Option<&str>) -> Option<Unknown> {
        let concerns = |key: &ObjectKey| key.namespace.is_empty() || namespace.is_none_or(|namespace| namespace == key.namespace);
        let mut found = self.snapshot.unreadable().filter(|(key, _)| kinds.contains(&key.kind) && concerns(key));
        found.next().map(|(key, _)| Unknown::Unreadable(key.clone()))
    }
}

fn nodes(snapshot: &Snapshot) -> BTreeMap<&str, Node> {
    snapshot.iter::<crate::object::Node>().map(|node| (node.metadata.name.as_str(), Node::of(node))).collect()
}

fn addresses_of_nodes<'a>(nodes: &BTreeMap<&'a str, Node>) -> Sorted<IpAddr, &'a str> {
    let own = |node: &Node| node.addresses.iter().chain(node.tunnel_addresses()).copied().collect::<Vec<_>>();
    nodes.iter().flat_map(|(name, node)| own(node).into_iter().map(|address| (address, *name))).collect()
}

fn keys_of_nodes<'a>(nodes: &BTreeMap<&'a str, Node>) -> BTreeMap<String, Vec<(Family, &'a str)>> {
    let mut found: BTreeMap<String, Vec<(Family, &str)>> = BTreeMap::new();
    for (name, node) in nodes {
        for (family, key) in [Family::V4, Family::V6].into_iter().filter_map(|family| Some((family, node.key(family)?))) {
            found.entry(key.to_owned()).or_default().push((family, name));
        }
    }
    found
}

fn pods(snapshot: &Snapshot) -> Sorted<IpAddr, &Arc<Pod>> {
    let pods = snapshot.iter::<Pod>().filter(|pod| has_endpoint(pod));
    pods.flat_map(|pod| addresses(pod).into_iter().map(move |address| (address, pod))).collect()
}

fn sets(snapshot: &Snapshot) -> Sorted<Cidr, Member<'_>> {
    let mut found = Vec::new();
    for set in snapshot.iter::<Kept<GlobalNetworkSet>>() {
        if dropped_by_felix(&AnyObject::GlobalNetworkSet(set.clone())).is_empty() {
            found.extend(set.spec.nets.iter().filter_map(|net| Some((masked(net)?, Member::Global(set)))));
        }
    }
    for set in snapshot.iter::<NetworkSet>() {
        if dropped_by_felix(&AnyObject::NetworkSet(set.clone())).is_empty() {
            found.extend(set.spec.nets.iter().filter_map(|net| Some((masked(net)?, Member::Set(set)))));
        }
    }
    found.into_iter().collect()
}

impl<'a> Hosts<'a> {
    fn of(snapshot: &'a Snapshot) -> Self {
        let mut by_node: BTreeMap<&str, Vec<&Arc<Kept<HostEndpoint>>>> = BTreeMap::new();
        let mut expected = Vec::new();
        for host in snapshot.iter::<Kept<HostEndpoint>>() {
            if !dropped_by_felix(&AnyObject::HostEndpoint(host.clone())).is_empty() {
                continue;
            }
            by_node.entry(host.spec.node.as_str()).or_default().push(host);
            expected.extend(host.spec.expected_ips.iter().filter_map(|text| Some((text.parse().ok()?, host))));
        }
        Self { by_node, expected: expected.into_iter().collect() }
    }
}

/// Whether Calico has a workload endpoint for the pod: it runs on a node, in a network of its own (`conversion.go:139` at v3.28.5).
pub(super) fn has_endpoint(pod: &Pod) -> bool {
    let ended = matches!(pod.status.phase.as_str(), "Succeeded" | "Failed");
    !pod.spec.host_network && !pod.spec.node_name.is_empty() && !ended
}

/// The addresses of a pod.
pub(super) fn addresses(pod: &Pod) -> Vec<IpAddr> {
    let listed = pod.status.pod_ips.iter().filter_map(|ip| ip.ip.parse().ok());
    let found: Vec<IpAddr> = listed.collect();
    if found.is_empty() { pod.status.pod_ip.parse().ok().into_iter().collect() } else { found }
}

/// Every net that has the address, the narrowest first.
fn covering(address: IpAddr) -> impl Iterator<Item = Cidr> {
    let bits: u8 = if address.is_ipv4() { 32 } else { 128 };
    (0..=bits).rev().filter_map(move |length| Cidr::try_from(IpNet::new(address, length).ok()?.trunc()).ok())
}

/// A net or an address; host bits are cut off (`ParseCIDROrIP` in `libcalico-go/lib/net`).
pub(super) fn masked(text: &str) -> Option<Cidr> {
    let net = text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))?;
    Cidr::try_from(net.trunc()).ok()
}
