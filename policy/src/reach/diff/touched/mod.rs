//! Which Services a change can touch: all others are the same on both sides, and are not compared.
//!
//! Clients here are those outside: what a pod's own address means as a sender changes with every rollout, and is not followed.

mod policies;
mod sets;

use super::Side;
use crate::cidr::{Cidr, CidrSet};
use crate::object::{
    EndpointSlice, HostEndpoint, Kept, Kind, Namespace, NetworkSet, Node, Object, ObjectKey, Pod, Service, ServiceAccount, ServiceRef,
};
use crate::reach::{Hosts, outer_packets};
use crate::selector::{EndpointLabels, Selector};
use crate::snapshot::{Endpoint, Snapshot};
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

/// The Services that objects which are not the same on both sides can touch.
pub(super) fn services(before: Side, after: Side, changed: &[ObjectKey]) -> BTreeSet<ServiceRef> {
    let nodes = [before, after].map(|side| Hosts::of(side.snapshot, side.settings).all_sources());
    let mut touched = Touched {
        before: before.snapshot,
        after: after.snapshot,
        outer_packets: [before, after].into_iter().flat_map(|side| outer_packets(side.settings)).collect(),
        nodes: nodes[0].union(&nodes[1]),
        all: before.settings != after.settings || blind(before.snapshot) != blind(after.snapshot),
        found: BTreeSet::new(),
    };
    for key in changed {
        if touched.all {
            break;
        }
        touched.object(key);
    }
    if touched.all {
        let both = [before.snapshot, after.snapshot].into_iter();
        return both.flat_map(Snapshot::iter::<Service>).filter_map(|service| service.reference()).collect();
    }
    touched.beside();
    touched.found
}

/// What could not be read: any verdict may hang on it.
fn blind(side: &Snapshot) -> (Vec<Kind>, BTreeSet<&ObjectKey>) {
    let unread = Kind::ALL.into_iter().filter(|kind| side.unknown(*kind).is_some()).collect();
    (unread, side.unreadable().map(|(key, _)| key).collect())
}

struct Touched<'a> {
    before: &'a Snapshot,
    after: &'a Snapshot,
    /// Addresses of nodes: packets to a NodePort go to one.
    nodes: CidrSet,
    /// Protocol and port of what tunnels between nodes carry packets in.
    outer_packets: BTreeSet<(u8, u16)>,
    /// Whether it may be any Service.
    all: bool,
    found: BTreeSet<ServiceRef>,
}

impl<'a> Touched<'a> {
    fn sides(&self) -> [&'a Snapshot; 2] {
        [self.before, self.after]
    }

    fn object(&mut self, key: &ObjectKey) {
        match key.kind {
            Kind::Service => self.found.extend(ServiceRef::new(&key.namespace, &key.name).ok()),
            Kind::EndpointSlice => self.slice(key),
            Kind::Pod => self.pod(key),
            Kind::Node => self.all |= self.node_differs(&key.name),
            Kind::HostEndpoint => self.host_endpoint(key),
            Kind::GlobalNetworkSet | Kind::NetworkSet => self.set(key),
            Kind::NetworkPolicy | Kind::GlobalNetworkPolicy | Kind::KubernetesNetworkPolicy => self.policy(key),
            Kind::Namespace => self.namespace(&key.name),
            Kind::ServiceAccount => self.service_account(key),
            Kind::Tier | Kind::IpPool | Kind::AdminNetworkPolicy | Kind::BaselineAdminNetworkPolicy | Kind::StagedGlobalNetworkPolicy => {
                self.all = true;
            }
            // Their settings are compared as such.
            Kind::FelixConfiguration | Kind::ClusterInformation => {}
            Kind::KubeControllersConfiguration | Kind::BgpConfiguration | Kind::BgpPeer => {}
        }
    }

    /// What stands beside those that were found: a packet to an address that several Services have may go to the pods of each.
    fn beside(&mut self) {
        let [before, after] = self.sides();
        let found =
            self.found.iter().flat_map(|service| [before, after].map(|side| side.get::<Service>(service.namespace(), service.name())));
        let at: BTreeSet<IpAddr> = found.flatten().flat_map(|service| addresses(service)).collect();
        let beside = |side: &'a Snapshot| at.iter().flat_map(move |address| side.services_at(*address));
        let more: Vec<ServiceRef> = beside(before).chain(beside(after)).filter_map(|service| service.reference()).collect();
        self.found.extend(more);
    }

    /// Its Service, and whatever a rule decides by the endpoints of that.
    fn slice(&mut self, key: &ObjectKey) {
        for slice in self.sides().into_iter().filter_map(|side| side.get::<EndpointSlice>(&key.namespace, &key.name)) {
            let Some(service) = slice.service() else { continue };
            let addresses: Vec<Cidr> = slice.endpoints.iter().flat_map(|endpoint| cidrs(&endpoint.addresses)).collect();
            self.rules_that_name(&service, &addresses);
            self.found.insert(service);
        }
    }

    fn pod(&mut self, key: &ObjectKey) {
        let pods = self.sides().map(|side| side.get::<Pod>(&key.namespace, &key.name));
        if let [Some(was), Some(is)] = pods
            && was.metadata.labels == is.metadata.labels
            && was.spec == is.spec
            && (&was.status.phase, &was.status.pod_ips, &was.status.pod_ip) == (&is.status.phase, &is.status.pod_ips, &is.status.pod_ip)
        {
            return;
        }
        for pod in pods.into_iter().flatten() {
            self.behind(pod);
        }
    }

    /// The Services that a pod stands behind, as their EndpointSlices say: not every Service has a selector, and not all go by it.
    fn behind(&mut self, pod: &Pod) {
        for address in addresses_of(pod) {
            for side in self.sides() {
                self.found.extend(side.services_to(address));
            }
        }
    }

    fn node_differs(&self, name: &str) -> bool {
        match self.sides().map(|side| side.get::<Node>("", name)) {
            [Some(was), Some(is)] => {
                let (was, is) = (was.as_ref(), is.as_ref());
                was.status != is.status || was.metadata.annotations != is.metadata.annotations || was.metadata.labels != is.metadata.labels
            }
            _ => true,
        }
    }

    /// A HostEndpoint that no policy is about is neutral; its addresses may be what a rule means.
    fn host_endpoint(&mut self, key: &ObjectKey) {
        let endpoints = self.sides().map(|side| side.get::<Kept<HostEndpoint>>("", &key.name));
        let mut governed = false;
        for (side, endpoint) in self.sides().into_iter().zip(endpoints) {
            let Some(endpoint) = endpoint else { continue };
            governed |= !side.policies_on(&Endpoint::Host(endpoint.clone())).is_empty();
            // A HostEndpoint of its own takes the interface from `*`, and without a profile shuts what runs on the host.
            let beside =
                side.iter::<Kept<HostEndpoint>>().any(|other| other.spec.node == endpoint.spec.node && other.metadata.name != key.name);
            governed |= beside || endpoint.spec.profiles.is_empty();
        }
        // Another interface is another way in.
        self.all |= governed || self.before.iter::<Kept<HostEndpoint>>().next().is_some() && endpoints.iter().any(Option::is_none);
        for (side, endpoint) in self.sides().into_iter().zip(endpoints) {
            let Some(endpoint) = endpoint else { continue };
            let labels = side.host_labels(endpoint);
            let addresses: Vec<Cidr> = endpoint.spec.expected_ips.iter().filter_map(|text| text.parse().ok()).collect();
            self.rules_that_select(&labels, &addresses);
        }
    }

    /// A Namespace whose labels change: policies by namespace come and go for its pods and for
    /// HostEndpoints with its profile, and rules by namespace mean its sets or do not.
    fn namespace(&mut self, name: &str) {
        let labels = self.sides().map(|side| side.get::<Namespace>("", name).map(|namespace| &namespace.metadata.labels));
        if labels[0] == labels[1] {
            return;
        }
        for side in self.sides() {
            side.in_namespace::<Pod>(name).for_each(|pod| self.behind(pod));
            for set in side.in_namespace::<NetworkSet>(name) {
                self.set(&set.key());
            }
            self.with_profile(side, |endpoint| endpoint.profile_namespace() == Some(name));
        }
    }

    /// A ServiceAccount whose labels change: policies by them come and go for its pods, and rules by them mean those or do not.
    fn service_account(&mut self, key: &ObjectKey) {
        let labels = self.sides().map(|side| side.get::<ServiceAccount>(&key.namespace, &key.name).map(|account| &account.metadata.labels));
        if labels[0] == labels[1] {
            return;
        }
        for side in self.sides() {
            for pod in side.in_namespace::<Pod>(&key.namespace).filter(|pod| pod.spec.service_account_name == key.name) {
                self.behind(pod);
            }
            let account = Some((key.namespace.as_str(), key.name.as_str()));
            self.with_profile(side, |endpoint| endpoint.profile_account() == account);
        }
    }

    /// HostEndpoints that inherit labels which change.
    fn with_profile(&mut self, side: &Snapshot, inherits: impl Fn(&HostEndpoint) -> bool) {
        for endpoint in side.iter::<Kept<HostEndpoint>>().filter(|endpoint| inherits(endpoint)) {
            self.all = true;
            self.host_endpoint(&endpoint.key());
        }
    }
}

fn addresses_of(pod: &Pod) -> impl Iterator<Item = IpAddr> {
    let texts = pod.status.pod_ips.iter().map(|entry| &entry.ip).chain([&pod.status.pod_ip]);
    texts.filter_map(|text| text.parse().ok())
}

/// The pods that a selector means, of one namespace or of all.
fn selected_pods(side: &Snapshot, selector: &Selector, namespace: &str, found: &mut dyn FnMut(&Pod)) {
    let mut add = |pod: &Arc<Pod>| {
        if selector.matches(&EndpointLabels::of_pod(pod, side.inherited_by(pod))) {
            found(pod);
        }
    };
    match selector.anchors() {
        Some(anchors) => {
            for anchor in &anchors {
                let keys: Vec<&ObjectKey> = match &anchor.value {
                    Some(value) => side.carriers_of(&anchor.key, value).collect(),
                    None => side.carriers(&anchor.key).collect(),
                };
                keys.into_iter().filter_map(|key| side.get::<Pod>(&key.namespace, &key.name)).for_each(&mut add);
            }
        }
        None if namespace.is_empty() => side.iter::<Pod>().for_each(&mut add),
        None => side.in_namespace::<Pod>(namespace).for_each(&mut add),
    }
}

fn cidrs(texts: &[String]) -> Vec<Cidr> {
    texts.iter().filter_map(|text| text.parse().ok()).collect()
}

fn addresses(service: &Service) -> BTreeSet<IpAddr> {
    let spec = &service.spec;
    let balancer = service.status.load_balancer.ingress.iter().map(|entry| &entry.ip);
    let texts = spec.cluster_ips.iter().chain([&spec.cluster_ip]).chain(&spec.external_ips).chain(balancer);
    texts.filter_map(|text| text.parse().ok()).collect()
}
