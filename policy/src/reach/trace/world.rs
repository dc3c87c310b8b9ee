//! The snapshot as one question reads it: who has which address, which nodes there are, what was not read. Built by a walk over all
//! objects, without the snapshot's own index, so that no mistake of that is made here too.

use super::node::Node;
use super::policies::Policies;
use crate::cidr::Cidr;
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

/// The snapshot as one question reads it.
pub(super) struct World<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) settings: &'a Settings,
    pub(super) nodes: BTreeMap<&'a str, Node>,
    pub(super) policies: Policies<'a>,
    pods: BTreeMap<IpAddr, Vec<&'a Arc<Pod>>>,
    node_of: BTreeMap<IpAddr, &'a str>,
    hosts: BTreeMap<&'a str, Vec<&'a Arc<Kept<HostEndpoint>>>>,
    expected: BTreeMap<IpAddr, Vec<&'a Arc<Kept<HostEndpoint>>>>,
    sets: BTreeMap<Cidr, Vec<Member<'a>>>,
    pools: Vec<(Cidr, &'a crate::object::IpPoolSpec)>,
    missed: Vec<Kind>,
}

impl<'a> World<'a> {
    pub(super) fn new(snapshot: &'a Snapshot, settings: &'a Settings) -> Self {
        let nodes: BTreeMap<&str, Node> =
            snapshot.iter::<crate::object::Node>().map(|node| (node.metadata.name.as_str(), Node::of(node))).collect();
        let mut world = Self {
            snapshot,
            settings,
            policies: Policies::of(snapshot, settings.line.value),
            pods: BTreeMap::new(),
            node_of: BTreeMap::new(),
            hosts: BTreeMap::new(),
            expected: BTreeMap::new(),
            sets: BTreeMap::new(),
            pools: snapshot.iter::<crate::object::IpPool>().filter_map(|pool| Some((masked(&pool.spec.cidr)?, &pool.spec))).collect(),
            missed: Kind::ALL.into_iter().filter(|kind| snapshot.missed(*kind).is_some()).collect(),
            nodes,
        };
        for (name, node) in &world.nodes {
            for address in node.addresses.iter().chain(node.tunnel_addresses()) {
                world.node_of.entry(*address).or_insert(name);
            }
        }
        for pod in snapshot.iter::<Pod>().filter(|pod| has_endpoint(pod)) {
            for address in addresses(pod) {
                world.pods.entry(address).or_default().push(pod);
            }
        }
        world.read_hosts_and_sets();
        world
    }

    fn read_hosts_and_sets(&mut self) {
        for host in self.snapshot.iter::<Kept<HostEndpoint>>() {
            if !dropped_by_felix(&AnyObject::HostEndpoint(host.clone())).is_empty() {
                continue;
            }
            self.hosts.entry(host.spec.node.as_str()).or_default().push(host);
            for address in host.spec.expected_ips.iter().filter_map(|text| text.parse().ok()) {
                self.expected.entry(address).or_default().push(host);
            }
        }
        for set in self.snapshot.iter::<Kept<GlobalNetworkSet>>() {
            if dropped_by_felix(&AnyObject::GlobalNetworkSet(set.clone())).is_empty() {
                for net in set.spec.nets.iter().filter_map(|net| masked(net)) {
                    self.sets.entry(net).or_default().push(Member::Global(set));
                }
            }
        }
        for set in self.snapshot.iter::<NetworkSet>() {
            if dropped_by_felix(&AnyObject::NetworkSet(set.clone())).is_empty() {
                for net in set.spec.nets.iter().filter_map(|net| masked(net)) {
                    self.sets.entry(net).or_default().push(Member::Set(set));
                }
            }
        }
    }

    /// The pods, HostEndpoints and sets that have the address: what a selector that matches one of them means. HostEndpoints have their
    /// `expectedIPs` and no others (`felix/labelindex/named_port_index.go:412` at v3.28.5).
    pub(super) fn members(&self, address: IpAddr) -> impl Iterator<Item = Member<'a>> {
        let pods = self.pods.get(&address).into_iter().flatten().map(|pod| Member::Pod(pod));
        let hosts = self.expected.get(&address).into_iter().flatten().map(|host| Member::Host(host));
        let sets = covering(address).filter_map(|net| self.sets.get(&net)).flatten().copied();
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
            Member::Host(host) => EndpointLabels::of_host_endpoint(host),
            Member::Global(set) => EndpointLabels::of_global_network_set(set),
            Member::Set(set) => EndpointLabels::of_network_set(set, self.namespace_labels(&set.metadata.namespace)),
        }
    }

    fn namespace_labels(&self, namespace: &str) -> Option<&'a Labels> {
        self.snapshot.get::<Namespace>("", namespace).map(|namespace| &namespace.metadata.labels)
    }

    /// Where a packet to this address ends.
    pub(super) fn place(&self, address: IpAddr) -> Place<'a> {
        if let Some(pod) = self.pods.get(&address).and_then(|pods| pods.first()) {
            return Place::Pod(pod);
        }
        self.node_of.get(&address).map_or(Place::Elsewhere, |node| Place::Node(node))
    }

    /// The HostEndpoints of a node that Felix takes, by name.
    pub(super) fn hosts(&self, node: &str) -> &[&'a Arc<Kept<HostEndpoint>>] {
        self.hosts.get(node).map_or(&[], Vec::as_slice)
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
