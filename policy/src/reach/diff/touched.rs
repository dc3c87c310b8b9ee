//! Which Services a change can touch: all others are the same on both sides, and are not compared.
//!
//! Clients here are those outside: what a pod's own address means as a sender changes with every rollout, and is not followed.

use super::Side;
use crate::cidr::Cidr;
use crate::object::{
    AnyObject, EntityRule, GlobalNetworkPolicy, GlobalNetworkSet, HostEndpoint, Kept, Kind, KubernetesNetworkPolicy, Labels, Namespace,
    NetworkPolicy, NetworkSet, Node, ObjectKey, Pod, PolicySpec, Rule, Service, ServiceRef,
};
use crate::selector::{EndpointLabels, Selector};
use crate::snapshot::{Endpoint, Snapshot};
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

/// The Services that objects which are not the same on both sides can touch.
pub(super) fn services(before: Side, after: Side, changed: &[ObjectKey]) -> BTreeSet<ServiceRef> {
    let mut touched =
        Touched { before: before.snapshot, after: after.snapshot, all: before.settings != after.settings, found: BTreeSet::new() };
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
    touched.found
}

struct Touched<'a> {
    before: &'a Snapshot,
    after: &'a Snapshot,
    all: bool,
    found: BTreeSet<ServiceRef>,
}

impl<'a> Touched<'a> {
    fn sides(&self) -> [&'a Snapshot; 2] {
        [self.before, self.after]
    }

    fn object(&mut self, key: &ObjectKey) {
        match key.kind {
            Kind::Service => self.service(key),
            Kind::EndpointSlice => {
                for object in self.sides().into_iter().filter_map(|side| side.find(key)) {
                    let name = object.meta().labels.get("kubernetes.io/service-name").cloned().unwrap_or_default();
                    self.found.extend(ServiceRef::new(&key.namespace, &name).ok());
                }
            }
            Kind::Pod => self.pod(key),
            Kind::Node => self.all |= self.node_differs(&key.name),
            Kind::HostEndpoint => self.host_endpoint(key),
            Kind::GlobalNetworkSet | Kind::NetworkSet => self.set(key),
            Kind::NetworkPolicy | Kind::GlobalNetworkPolicy | Kind::KubernetesNetworkPolicy => self.policy(key),
            Kind::Namespace => self.namespace(&key.name),
            Kind::Tier | Kind::IpPool => self.all = true,
            // Their settings are compared as such.
            Kind::FelixConfiguration | Kind::ClusterInformation => {}
            Kind::KubeControllersConfiguration | Kind::BgpConfiguration => {}
        }
    }

    /// A Service, and those that share an address with it.
    fn service(&mut self, key: &ObjectKey) {
        self.found.extend(ServiceRef::new(&key.namespace, &key.name).ok());
        for service in self.sides().into_iter().filter_map(|side| side.get::<Service>(&key.namespace, &key.name)) {
            for address in addresses(service) {
                self.at(address);
            }
        }
    }

    fn at(&mut self, address: IpAddr) {
        for side in self.sides() {
            self.found.extend(side.services_at(address).filter_map(|service| service.reference()));
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
            self.behind(&key.namespace, &pod.metadata.labels);
        }
    }

    /// The Services that pods with these labels may stand behind.
    fn behind(&mut self, namespace: &str, labels: &Labels) {
        for side in self.sides() {
            for (key, value) in labels {
                let services = side.services_asking_for(namespace, key, value);
                let all = |service: &&Arc<Service>| service.spec.selector.iter().all(|(key, value)| labels.get(key) == Some(value));
                self.found.extend(services.filter(all).filter_map(|service| service.reference()));
            }
        }
    }

    fn node_differs(&self, name: &str) -> bool {
        match self.sides().map(|side| side.get::<Node>("", name)) {
            [Some(was), Some(is)] => was.status != is.status || was.metadata.annotations != is.metadata.annotations,
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
        for endpoint in endpoints.into_iter().flatten() {
            let labels = EndpointLabels::of_host_endpoint(endpoint);
            let addresses: Vec<Cidr> = endpoint.spec.expected_ips.iter().filter_map(|text| text.parse().ok()).collect();
            self.rules_that_mean(&|selector| selector.matches(&labels), &addresses);
        }
    }

    fn set(&mut self, key: &ObjectKey) {
        for side in self.sides() {
            match side.find(key) {
                Some(AnyObject::GlobalNetworkSet(set)) => self.global_set(&set),
                Some(AnyObject::NetworkSet(set)) => self.namespaced_set(side, &set),
                _ => {}
            }
        }
    }

    fn global_set(&mut self, set: &GlobalNetworkSet) {
        let labels = EndpointLabels::of_global_network_set(set);
        self.rules_that_mean(&|selector| selector.matches(&labels), &cidrs(&set.spec.nets));
    }

    fn namespaced_set(&mut self, side: &Snapshot, set: &NetworkSet) {
        let namespace = side.get::<Namespace>("", &set.metadata.namespace).map(|namespace| &namespace.metadata.labels);
        let labels = EndpointLabels::of_network_set(set, namespace);
        self.rules_that_mean(&|selector| selector.matches(&labels), &cidrs(&set.spec.nets));
    }

    /// Every Service that a rule whose sides mean something is about; `addresses` are what it stands for.
    fn rules_that_mean(&mut self, means: &dyn Fn(&Selector) -> bool, addresses: &[Cidr]) {
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
                    if side_means(&rule.destination, namespace, means) {
                        as_receiver.push(rule);
                    }
                    if side_means(&rule.source, namespace, means) {
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

    fn policy(&mut self, key: &ObjectKey) {
        match key.kind {
            Kind::GlobalNetworkPolicy => {
                let policies = self.sides().map(|side| side.get::<Kept<GlobalNetworkPolicy>>("", &key.name));
                let specs = policies.map(|policy| policy.map(|policy| &policy.spec));
                self.specs(key, specs);
            }
            Kind::NetworkPolicy => {
                let policies = self.sides().map(|side| side.get::<Kept<NetworkPolicy>>(&key.namespace, &key.name));
                let specs = policies.map(|policy| policy.map(|policy| &policy.spec));
                self.specs(key, specs);
            }
            _ => {
                let policies = self.sides().map(|side| side.get::<KubernetesNetworkPolicy>(&key.namespace, &key.name));
                if policies[0].map(|policy| &policy.spec) != policies[1].map(|policy| &policy.spec) {
                    self.pods_under(key);
                }
            }
        }
    }

    fn specs(&mut self, key: &ObjectKey, specs: [Option<&PolicySpec>; 2]) {
        if specs[0] == specs[1] {
            return;
        }
        let frame = |spec: &PolicySpec| PolicySpec { ingress: Vec::new(), egress: Vec::new(), ..spec.clone() };
        let same_frame = matches!(specs, [Some(was), Some(is)] if frame(was) == frame(is));
        for (at, side) in self.sides().into_iter().enumerate() {
            let Some(spec) = specs[at] else { continue };
            let other = specs[1 - at];
            let own: Vec<&Rule> = spec.ingress.iter().chain(&spec.egress).collect();
            let theirs: Vec<&Rule> = other.into_iter().flat_map(|spec| spec.ingress.iter().chain(&spec.egress)).collect();
            // Rules that both have, in the order of both, change nothing: only what stands between them does.
            let head = own.iter().zip(&theirs).take_while(|(own, theirs)| own == theirs).count();
            let tail = own[head..].iter().rev().zip(theirs[head..].iter().rev()).take_while(|(own, theirs)| own == theirs).count();
            let differing = if same_frame { &own[head..own.len() - tail] } else { &own[..] };
            if !same_frame && self.opens_or_shuts(spec, other) {
                self.all = true;
                return;
            }
            self.rules(side, key, spec, differing, None);
        }
    }

    /// Whether there being a policy at hosts, whatever its rules, changes what becomes of packets that none of them is about: so where
    /// it is the first or last of its kind there.
    fn opens_or_shuts(&self, spec: &PolicySpec, other: Option<&PolicySpec>) -> bool {
        if !self.selects_hosts(spec) && !other.is_some_and(|spec| self.selects_hosts(spec)) {
            return false;
        }
        // Untracked, and what ends with a deny by itself.
        if spec.do_not_track || !spec.pre_dnat {
            return true;
        }
        let gated = |side: &Snapshot| -> BTreeSet<String> {
            let gates =
                |policy: &&ObjectKey| side.get::<Kept<GlobalNetworkPolicy>>("", &policy.name).is_some_and(|policy| policy.spec.pre_dnat);
            let has = |endpoint: &&Arc<Kept<HostEndpoint>>| {
                side.policies_on(&Endpoint::Host((*endpoint).clone())).iter().any(|policy| gates(&&policy.key))
            };
            side.iter::<Kept<HostEndpoint>>().filter(has).map(|endpoint| endpoint.metadata.name.clone()).collect()
        };
        // Where the gate is the only one nothing but failsafe ports and `*` tell; both are asked of every Service only then.
        let (was, is) = (gated(self.before), gated(self.after));
        let mixed = |side: &Snapshot| {
            let wildcard = |endpoint: &Arc<Kept<HostEndpoint>>| endpoint.spec.interface_name == "*";
            side.iter::<Kept<HostEndpoint>>().any(wildcard) && side.iter::<Kept<HostEndpoint>>().any(|endpoint| !wildcard(endpoint))
        };
        was != is && (mixed(self.before) || mixed(self.after))
    }

    fn selects_hosts(&self, spec: &PolicySpec) -> bool {
        let Ok(selector) = Selector::of_policy(spec, "") else { return false };
        let hosts = || self.sides().into_iter().flat_map(Snapshot::iter::<Kept<HostEndpoint>>);
        hosts().any(|endpoint| selector.matches(&EndpointLabels::of_host_endpoint(endpoint)))
    }

    /// The Services that these rules of a policy are about; where only these addresses come to be, or cease to be, their destinations:
    /// those at them.
    fn rules(&mut self, side: &Snapshot, key: &ObjectKey, spec: &PolicySpec, rules: &[&Rule], moved: Option<&[Cidr]>) {
        if !spec.pre_dnat && !spec.do_not_track {
            self.pods_under(key);
        }
        if key.kind != Kind::GlobalNetworkPolicy || !self.selects_hosts(spec) {
            return;
        }
        if !spec.pre_dnat {
            // Forward policy sees the pods behind, the host's own policy what runs on it.
            self.all = true;
            return;
        }
        for rule in rules {
            let nets = moved.map_or_else(|| cidrs(&rule.destination.nets), <[Cidr]>::to_vec);
            let selects = moved.is_none() && (!rule.destination.selector.is_empty() || !rule.destination.namespace_selector.is_empty());
            if moved.is_none() && nets.is_empty() && !selects {
                self.all = true;
                return;
            }
            for service in side.iter::<Service>().chain(self.other(side).iter::<Service>()) {
                let met = |address: IpAddr| nets.iter().any(|net| net.contains(address));
                let node_port = service.spec.ports.iter().any(|port| port.node_port != 0);
                let by_selector = selects && nets.is_empty();
                if addresses(service).into_iter().any(met) || node_port || by_selector && self.means_any(side, rule, service) {
                    self.found.extend(service.reference());
                }
            }
        }
    }

    fn other(&self, side: &Snapshot) -> &'a Snapshot {
        if std::ptr::eq(side, self.before) { self.after } else { self.before }
    }

    /// Whether a rule's destination may be an address of the Service.
    fn means_any(&self, side: &Snapshot, rule: &Rule, service: &Service) -> bool {
        let Ok(Some(selector)) = Selector::of_side(&rule.destination, "") else { return true };
        let of_nets = |nets: &[String]| {
            let nets = cidrs(nets);
            addresses(service).into_iter().any(|address| nets.iter().any(|net| net.contains(address)))
        };
        let global = side.iter::<Kept<GlobalNetworkSet>>();
        let mut global = global.filter(|set| selector.matches(&EndpointLabels::of_global_network_set(set)));
        let mut own = side.iter::<NetworkSet>();
        global.any(|set| of_nets(&set.spec.nets)) || own.any(|set| of_nets(&set.spec.nets))
    }

    /// The Services whose pods a policy selects on either side.
    fn pods_under(&mut self, key: &ObjectKey) {
        for side in self.sides() {
            let Some(selector) = selector_of(side, key) else { continue };
            let mut classes: BTreeSet<(&str, &Labels)> = BTreeSet::new();
            let mut add = |pod: &'a Arc<Pod>| {
                let namespace = side.get::<Namespace>("", &pod.metadata.namespace).map(|namespace| &namespace.metadata.labels);
                if selector.matches(&EndpointLabels::of_pod(pod, namespace)) {
                    classes.insert((&pod.metadata.namespace, &pod.metadata.labels));
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
                None if key.namespace.is_empty() => side.iter::<Pod>().for_each(&mut add),
                None => side.in_namespace::<Pod>(&key.namespace).for_each(&mut add),
            }
            for (namespace, labels) in classes {
                self.behind(namespace, labels);
            }
        }
    }

    /// A Namespace whose labels change: policies by namespace come and go for its pods.
    fn namespace(&mut self, name: &str) {
        let labels = self.sides().map(|side| side.get::<Namespace>("", name).map(|namespace| &namespace.metadata.labels));
        if labels[0] != labels[1] {
            for side in self.sides() {
                self.found.extend(side.in_namespace::<Service>(name).filter_map(|service| service.reference()));
            }
        }
    }
}

fn selector_of(side: &Snapshot, key: &ObjectKey) -> Option<Selector> {
    match key.kind {
        Kind::GlobalNetworkPolicy => Selector::of_policy(&side.get::<Kept<GlobalNetworkPolicy>>("", &key.name)?.spec, "").ok(),
        Kind::NetworkPolicy => Selector::of_policy(&side.get::<Kept<NetworkPolicy>>(&key.namespace, &key.name)?.spec, &key.namespace).ok(),
        _ => {
            let policy = side.get::<KubernetesNetworkPolicy>(&key.namespace, &key.name)?;
            Selector::of_kubernetes_policy(&policy.spec.pod_selector, &key.namespace).ok()
        }
    }
}

fn side_means(side: &EntityRule, namespace: &str, means: &dyn Fn(&Selector) -> bool) -> bool {
    if side.selector.is_empty() && side.not_selector.is_empty() && side.namespace_selector.is_empty() && side.service_accounts.is_none() {
        return false;
    }
    let negative = || if side.not_selector.is_empty() { None } else { Selector::parse(&side.not_selector).ok() };
    Selector::of_side(side, namespace).ok().flatten().is_some_and(|selector| means(&selector))
        || negative().is_some_and(|selector| means(&selector))
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
