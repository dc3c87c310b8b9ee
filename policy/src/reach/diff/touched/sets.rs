//! Sets, and whatever else the sides of rules mean.

use super::{Touched, addresses, addresses_of, cidrs, selected_pods};
use crate::cidr::{Cidr, CidrSet};
use crate::object::{
    AnyObject, EndpointSlice, EntityRule, GlobalNetworkPolicy, GlobalNetworkSet, HostEndpoint, Kept, Kind, Namespace, NetworkPolicy,
    NetworkSet, ObjectKey, Rule, Service, ServiceRef,
};
use crate::reach::may_be_about;
use crate::selector::{EndpointLabels, Selector};
use crate::snapshot::Snapshot;
use std::net::IpAddr;

impl Touched<'_> {
    pub(super) fn set(&mut self, key: &ObjectKey) {
        for side in self.sides() {
            match side.find(key) {
                Some(AnyObject::GlobalNetworkSet(set)) => self.global_set(&set),
                Some(AnyObject::NetworkSet(set)) => self.namespaced_set(side, &set),
                _ => {}
            }
        }
    }

    fn global_set(&mut self, set: &GlobalNetworkSet) {
        self.rules_that_select(&EndpointLabels::of_global_network_set(set), &cidrs(&set.spec.nets));
    }

    fn namespaced_set(&mut self, side: &Snapshot, set: &NetworkSet) {
        let namespace = side.get::<Namespace>("", &set.metadata.namespace).map(|namespace| &namespace.metadata.labels);
        self.rules_that_select(&EndpointLabels::of_network_set(set, namespace), &cidrs(&set.spec.nets));
    }

    /// Every Service that a rule is about a side of which selects these labels; `addresses` are what carries them.
    pub(super) fn rules_that_select(&mut self, labels: &EndpointLabels, addresses: &[Cidr]) {
        self.rules_that_mean(&|side, namespace| selects(side, namespace, labels), addresses);
    }

    /// Every Service that a rule is about a side of which names this one: what it means are the endpoints of that.
    pub(super) fn rules_that_name(&mut self, named: &ServiceRef, addresses: &[Cidr]) {
        let means = |side: &EntityRule, _: &str| {
            let service = side.services.as_ref();
            service.is_some_and(|service| service.name == named.name() && service.namespace == named.namespace())
        };
        self.rules_that_mean(&means, addresses);
    }

    fn rules_that_mean(&mut self, means: &dyn Fn(&EntityRule, &str) -> bool, addresses: &[Cidr]) {
        for side in self.sides() {
            let global = side.iter::<Kept<GlobalNetworkPolicy>>().map(|policy| (&policy.spec, "", &policy.metadata.name));
            let namespaced = side.iter::<Kept<NetworkPolicy>>();
            let namespaced = namespaced.map(|policy| (&policy.spec, policy.metadata.namespace.as_str(), &policy.metadata.name));
            for (spec, namespace, name) in global.chain(namespaced) {
                if self.all {
                    return;
                }
                let [mut as_sender, mut as_receiver] = [Vec::new(), Vec::new()];
                for rule in spec.ingress.iter().chain(&spec.egress) {
                    if means(&rule.destination, namespace) {
                        as_receiver.push(rule);
                    }
                    if means(&rule.source, namespace) {
                        as_sender.push(rule);
                    }
                }
                let kind = if namespace.is_empty() { Kind::GlobalNetworkPolicy } else { Kind::NetworkPolicy };
                let key = ObjectKey::new(kind, namespace, name);
                if !as_sender.is_empty() {
                    self.rules(side, &key, spec, &as_sender, None);
                }
                if !as_receiver.is_empty() {
                    self.rules(side, &key, spec, &as_receiver, Some(addresses));
                }
            }
        }
    }

    /// The Services that packets to these nets may be for where policies before translation meet them: at an address of theirs, and on the node
    /// of an endpoint at its own, when another node has translated them. Inside a tunnel they come to the node's.
    pub(super) fn at_nets(&mut self, nets: &[Cidr], rule: &Rule) {
        let (one, wide): (Vec<Cidr>, Vec<Cidr>) = nets.iter().partition(|net| net.is_address());
        for side in self.sides() {
            for address in one.iter().map(|net| net.first()) {
                self.found.extend(side.services_at(address).filter_map(|service| service.reference()));
                self.found.extend(side.services_to(address));
            }
        }
        let at_nodes = nets.iter().any(|net| self.nodes.meets(*net));
        if at_nodes && self.outer_packets.iter().any(|(protocol, port)| may_be_about(rule, *protocol, *port)) {
            self.all = true;
            return;
        }
        if !at_nodes && wide.is_empty() {
            return;
        }
        let wide: CidrSet = wide.into_iter().collect();
        let met = |address: IpAddr| wide.contains(address);
        for side in self.sides() {
            for service in side.iter::<Service>() {
                let node_port = || service.spec.ports.iter().any(|port| port.node_port != 0);
                if at_nodes && node_port() || addresses(service).into_iter().any(met) {
                    self.found.extend(service.reference());
                }
            }
            if wide.is_empty() {
                continue;
            }
            for slice in side.iter::<EndpointSlice>() {
                let mut all = slice.endpoints.iter().flat_map(|endpoint| &endpoint.addresses);
                if all.any(|text| text.parse().is_ok_and(met)) {
                    self.found.extend(slice.service());
                }
            }
        }
    }
}

/// The nets of a rule's destination, those that its selector means where it has none; none where it may be anywhere.
pub(super) fn destinations(side: &Snapshot, rule: &Rule) -> Option<Vec<Cidr>> {
    let to = &rule.destination;
    let mut nets = cidrs(&to.nets);
    if !nets.is_empty() {
        return Some(nets);
    }
    if to.selector.is_empty() && to.namespace_selector.is_empty() {
        return None;
    }
    let selector = Selector::of_side(to, "").ok().flatten()?;
    let global = side.iter::<Kept<GlobalNetworkSet>>();
    let global = global.filter(|set| selector.matches(&EndpointLabels::of_global_network_set(set)));
    selected_pods(side, &selector, "", &mut |pod| nets.extend(addresses_of(pod).filter_map(|address| Cidr::try_from(address).ok())));
    nets.extend(global.flat_map(|set| cidrs(&set.spec.nets)));
    nets.extend(side.iter::<NetworkSet>().flat_map(|set| cidrs(&set.spec.nets)));
    let hosts = side.iter::<Kept<HostEndpoint>>();
    let hosts = hosts.filter(|endpoint| selector.matches(&side.host_labels(endpoint)));
    nets.extend(hosts.flat_map(|endpoint| cidrs(&endpoint.spec.expected_ips)));
    Some(nets)
}

fn selects(side: &EntityRule, namespace: &str, labels: &EndpointLabels) -> bool {
    if side.selector.is_empty() && side.not_selector.is_empty() && side.namespace_selector.is_empty() && side.service_accounts.is_none() {
        return false;
    }
    let negative = || if side.not_selector.is_empty() { None } else { Selector::parse(&side.not_selector).ok() };
    Selector::of_side(side, namespace).ok().flatten().is_some_and(|selector| selector.matches(labels))
        || negative().is_some_and(|selector| selector.matches(labels))
}
