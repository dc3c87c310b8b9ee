//! Sets, and whatever else the sides of rules mean.

use super::{Touched, addresses, cidrs};
use crate::cidr::Cidr;
use crate::object::{
    AnyObject, EntityRule, GlobalNetworkPolicy, GlobalNetworkSet, Kept, Kind, Namespace, NetworkPolicy, NetworkSet, ObjectKey, Rule,
    Service, ServiceRef,
};
use crate::selector::{EndpointLabels, Selector};
use crate::snapshot::Snapshot;

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
        let means = |side: &EntityRule, namespace: &str| {
            let service = side.services.as_ref();
            service.is_some_and(|service| {
                let of = if service.namespace.is_empty() { namespace } else { &service.namespace };
                service.name == named.name() && of == named.namespace()
            })
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

    /// Whether a rule's destination may be an address of the Service.
    pub(super) fn means_any(&self, side: &Snapshot, rule: &Rule, service: &Service) -> bool {
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
}

fn selects(side: &EntityRule, namespace: &str, labels: &EndpointLabels) -> bool {
    if side.selector.is_empty() && side.not_selector.is_empty() && side.namespace_selector.is_empty() && side.service_accounts.is_none() {
        return false;
    }
    let negative = || if side.not_selector.is_empty() { None } else { Selector::parse(&side.not_selector).ok() };
    Selector::of_side(side, namespace).ok().flatten().is_some_and(|selector| selector.matches(labels))
        || negative().is_some_and(|selector| selector.matches(labels))
}
