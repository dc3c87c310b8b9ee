//! Look-ups of a snapshot by something else than a name. None of them walks the cluster.

use super::Snapshot;
use super::index::{Content, Endpoint, Index, PolicyList};
use super::table::Stored;
use crate::access::ClientGroup;
use crate::names;
use crate::object::{
    EndpointSlice, GlobalNetworkPolicy, GlobalNetworkSet, HostEndpoint, Kept, Kind, Labels, Node, ObjectKey, Pod, Service, ServiceRef,
};
use crate::reach::Hosts;
use crate::scope::{EdgeFacts, LooseSelector, OnHosts};
use crate::selector::{Anchor, EndpointLabels, Inherited};
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

impl Snapshot {
    /// The pods of `namespace` that carry all of `labels`, by name; none for no labels.
    pub fn pods_with<'a>(&'a self, namespace: &'a str, labels: &'a Labels) -> impl Iterator<Item = &'a Arc<Pod>> {
        let rarest = self.index.with_labels(Kind::Pod, namespace, labels).into_iter();
        let pods = rarest.filter_map(move |key| self.get::<Pod>(namespace, &key.name));
        pods.filter(move |pod| labels.iter().all(|(key, value)| pod.metadata.labels.get(key) == Some(value)))
    }

    /// The pods with this address.
    pub(crate) fn pods_at(&self, address: IpAddr) -> impl Iterator<Item = &Arc<Pod>> {
        let keys = self.index.endpoints_between(address, address).map(|(_, key)| key);
        keys.filter(|key| key.kind == Kind::Pod).filter_map(|key| self.get::<Pod>(&key.namespace, &key.name))
    }

    /// GlobalNetworkPolicies that are called like a forward policy.
    pub(crate) fn forward_policies(&self) -> impl Iterator<Item = &Arc<Kept<GlobalNetworkPolicy>>> {
        Kept::<GlobalNetworkPolicy>::table(&self.tables).named_from(names::FORWARD_POLICY)
    }

    /// The EndpointSlices of a Service, by name.
    pub fn endpoint_slices<'a>(&'a self, service: &'a ServiceRef) -> impl Iterator<Item = &'a Arc<EndpointSlice>> {
        let keys = self.index.slices(service.namespace(), service.name());
        keys.filter_map(|key| self.get::<EndpointSlice>(&key.namespace, &key.name))
    }

    /// The Services of `namespace` whose selector asks for this label, by name.
    pub fn services_asking_for<'a>(&'a self, namespace: &'a str, key: &'a str, value: &'a str) -> impl Iterator<Item = &'a Arc<Service>> {
        self.services(self.index.services_by_selector(namespace, key, value))
    }

    /// The Services that list this address as a cluster IP, an external IP, or one of their load balancer, by namespace and name.
    pub fn services_at(&self, address: IpAddr) -> impl Iterator<Item = &Arc<Service>> {
        self.services(self.index.services_at(address))
    }

    /// The Services that have an endpoint at this address, by namespace and name.
    pub fn services_to(&self, address: IpAddr) -> BTreeSet<ServiceRef> {
        let slices = self.index.slices_at(address).filter_map(|key| self.get::<EndpointSlice>(&key.namespace, &key.name));
        slices.filter_map(|slice| slice.service()).collect()
    }

    /// The labels that a pod inherits.
    #[must_use]
    pub fn inherited_by<'a>(&'a self, pod: &Pod) -> Inherited<'a> {
        super::index::inherited_by_pod(&self.tables, pod)
    }

    /// The labels of a HostEndpoint as selectors see them.
    #[must_use]
    pub fn host_labels<'a>(&'a self, endpoint: &'a HostEndpoint) -> EndpointLabels<'a> {
        EndpointLabels::of_host_endpoint(endpoint, super::index::inherited_by_host(&self.tables, endpoint))
    }

    /// The policies on an endpoint, in the order in which Calico evaluates them; on one that the cluster does not have, those that would
    /// be.
    #[must_use]
    pub fn policies_on(&self, endpoint: &Endpoint) -> PolicyList {
        self.index.policies_on(&self.tables, endpoint)
    }

    /// Those of these policies that apply to anything, in the order in which Calico evaluates them.
    #[must_use]
    pub(crate) fn in_order(&self, policies: &[ObjectKey]) -> Vec<ObjectKey> {
        self.index.in_order(policies)
    }

    /// Whether the policies of a tier are evaluated before those of another.
    #[must_use]
    pub fn tier_precedes(&self, tier: &str, other: &str) -> bool {
        Index::tier_precedes(&self.tables, tier, other)
    }

    /// The policies of others that select a HostEndpoint of the cluster, by kind and name.
    #[must_use]
    pub fn policies_on_hosts(&self) -> BTreeSet<&ObjectKey> {
        self.index.policies_on_hosts()
    }

    /// The pods, HostEndpoints and sets that carry the label `key`, whatever its value.
    pub fn carriers<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a ObjectKey> {
        self.index.with_label(key)
    }

    /// The pods, HostEndpoints and sets that carry the label `key` with just this value.
    pub fn carriers_of<'a>(&'a self, key: &'a str, value: &'a str) -> impl Iterator<Item = &'a ObjectKey> {
        self.index.with_label_value(key, value)
    }

    /// The pods, HostEndpoints and sets with the label that an anchor of a selector asks for.
    pub(crate) fn carriers_at<'a>(&'a self, anchor: &'a Anchor) -> Box<dyn Iterator<Item = &'a ObjectKey> + 'a> {
        self.index.with_label_at(anchor)
    }

    /// The pods and sets of others that carry the label `key`, one of those that are Portcullis' to give.
    pub fn strangers<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a ObjectKey> {
        self.index.strangers(key)
    }

    /// Those with a value that starts with `prefix`.
    pub fn strangers_starting<'a>(&'a self, key: &'a str, prefix: &'a str) -> impl Iterator<Item = &'a ObjectKey> {
        self.index.strangers_starting(key, prefix)
    }

    /// The sets that Portcullis wrote for a Service, by name: of its clients, and of its addresses.
    pub fn own_sets(&self, service: &ServiceRef) -> Vec<&Arc<Kept<GlobalNetworkSet>>> {
        let owner = service.to_string();
        self.index.sets_of(&owner).filter_map(|key| self.get("", &key.name)).collect()
    }

    /// The edge groups that have a policy, by id, each with what it lets in and where, but for the addresses.
    pub(crate) fn edge_groups(&self) -> impl Iterator<Item = (&str, &Content)> {
        self.index.edge_groups()
    }

    /// The pods and HostEndpoints to which Calico gives an address between these two, both included, by address: no pods on the host
    /// network, none that have ended; what a HostEndpoint expects.
    pub fn endpoints_between(&self, first: IpAddr, last: IpAddr) -> impl Iterator<Item = (IpAddr, &ObjectKey)> {
        self.index.endpoints_between(first, last)
    }

    /// Whether Felix treats the object as missing because it breaks a rule of validation: so for policies and HostEndpoints.
    #[must_use]
    pub fn is_refused(&self, key: &ObjectKey) -> bool {
        self.index.is_refused(key)
    }

    /// Selectors in rules of others that ask for no label, and so mean sets of Portcullis, by policy; those of policies that Felix does not
    /// have too.
    pub(crate) fn loose_selectors(&self) -> impl Iterator<Item = &LooseSelector> {
        self.index.loose_selectors()
    }

    /// What follows from Nodes and HostEndpoints: kept until they change.
    pub(crate) fn hosts(&self, read: impl FnOnce() -> Hosts) -> Arc<Hosts> {
        self.index.hosts(read)
    }

    /// What plans for Services of these families read of nodes and HostEndpoints: kept until it changes.
    pub(crate) fn edge_facts(&self, v4: bool, v6: bool, read: impl FnOnce() -> EdgeFacts) -> Arc<EdgeFacts> {
        self.index.edge().facts(v4, v6, read)
    }

    /// The policies of others that select every HostEndpoint of the cluster; none where it has none.
    pub(crate) fn policies_on_every_host(&self) -> BTreeSet<&ObjectKey> {
        self.index.policies_on_every_host()
    }

    /// What plans read of the policies of others on HostEndpoints, whatever the Service: kept until it changes.
    pub(crate) fn policies_of_others_on_hosts(&self, read: impl FnOnce() -> Vec<OnHosts>) -> Arc<Vec<OnHosts>> {
        self.index.edge().policies(read)
    }

    /// The addresses of the nodes, as they are written: kept until one of them changes.
    pub(crate) fn addresses_of_nodes(&self) -> Arc<BTreeSet<String>> {
        let read = || self.iter::<Node>().flat_map(|node| &node.status.addresses).map(|address| address.address.clone()).collect();
        self.index.edge().nodes(read)
    }

    /// The client groups: kept until a set of one changes.
    pub(crate) fn client_groups(&self, read: impl FnOnce() -> Vec<ClientGroup>) -> Arc<Vec<ClientGroup>> {
        self.index.edge().groups(read)
    }

    fn services<'a>(&'a self, keys: impl Iterator<Item = &'a ObjectKey>) -> impl Iterator<Item = &'a Arc<Service>> {
        keys.filter_map(|key| self.get::<Service>(&key.namespace, &key.name))
    }
}
