//! What a plan looks up by something else than a name, kept up by each event.
//!
//! An event costs what it touches: a pod's finds or makes the class of endpoints that it belongs to, a policy's tries that one policy on
//! the endpoints with a label that its selector asks for, a Namespace's puts the policies on the classes of that namespace anew. Law: the
//! index kept up equals the index made of the tables.

mod carriers;
mod classes;
mod endpoint;
mod policies;

use super::table::{Stored, Tables};
use crate::object::{AnyObject, HostEndpoint, Kept, Kind, Labels, Namespace, ObjectKey, Pod, Service};
use carriers::Carriers;
pub use classes::PolicyList;
use classes::{Classes, PolicyChange};
pub use endpoint::Endpoint;
use imbl::OrdSet;

pub(crate) use policies::KUBERNETES_ORDER;
use policies::Policies;
pub use policies::RankedPolicy;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

/// The label of an EndpointSlice with the name of its Service.
const SERVICE_NAME: &str = "kubernetes.io/service-name";

/// What a plan looks up by something else than a name.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Index {
    /// Pods, HostEndpoints and sets by their labels; EndpointSlices by [`SERVICE_NAME`].
    labels: Carriers,
    /// Services by the labels of their selectors.
    selectors: Carriers,
    /// Services by their addresses.
    addresses: OrdSet<(IpAddr, ObjectKey)>,
    policies: Policies,
    pods: Classes,
    hosts: Classes,
}

impl Index {
    /// Carries in what became of one object. `tables` hold what is there now.
    pub(super) fn change(&mut self, tables: &Tables, key: &ObjectKey, old: Option<&AnyObject>, new: Option<&AnyObject>) {
        match key.kind {
            Kind::Namespace => self.change_namespace(tables, &key.name, old, new),
            Kind::Pod | Kind::HostEndpoint => {
                self.labels.change(key, old.map(labels), new.map(labels));
                self.change_endpoint(tables, old.and_then(endpoint), new.and_then(endpoint));
            }
            Kind::NetworkSet | Kind::GlobalNetworkSet => self.labels.change(key, old.map(labels), new.map(labels)),
            Kind::EndpointSlice => self.labels.change(key, old.map(service_name).as_ref(), new.map(service_name).as_ref()),
            Kind::Service => self.change_service(key, old, new),
            Kind::KubernetesNetworkPolicy | Kind::NetworkPolicy | Kind::GlobalNetworkPolicy => {
                self.change_policy(tables, key, new.and_then(RankedPolicy::of));
            }
            _ => {}
        }
    }

    fn change_endpoint(&mut self, tables: &Tables, old: Option<Endpoint>, new: Option<Endpoint>) {
        if old == new {
            return;
        }
        if let Some(old) = old {
            let classes = if matches!(old, Endpoint::Pod(_)) { &mut self.pods } else { &mut self.hosts };
            classes.leave(&old);
        }
        let Some(new) = new else { return };
        let classes = if matches!(new, Endpoint::Pod(_)) { &mut self.pods } else { &mut self.hosts };
        classes.join(new, |endpoint| self.policies.selecting(endpoint, namespace_of(tables, endpoint)));
    }

    fn change_namespace(&mut self, tables: &Tables, name: &str, old: Option<&AnyObject>, new: Option<&AnyObject>) {
        if old.map(labels) == new.map(labels) {
            return;
        }
        let pods: Vec<Endpoint> = self.pods.in_namespace(name).cloned().collect();
        for pod in pods {
            self.pods.assign(&pod, self.policies.selecting(&pod, namespace_of(tables, &pod)));
        }
    }

    fn change_service(&mut self, key: &ObjectKey, old: Option<&AnyObject>, new: Option<&AnyObject>) {
        let (old, new) = (old.and_then(service), new.and_then(service));
        self.selectors.change(key, old.map(|service| &service.spec.selector), new.map(|service| &service.spec.selector));
        for address in old.into_iter().flat_map(addresses) {
            self.addresses.remove(&(address, key.clone()));
        }
        for address in new.into_iter().flat_map(addresses) {
            self.addresses.insert((address, key.clone()));
        }
    }

    fn change_policy(&mut self, tables: &Tables, key: &ObjectKey, new: Option<RankedPolicy>) {
        let change = PolicyChange { old: self.policies.get(key).cloned(), new: new.map(Arc::new) };
        if change.old == change.new {
            return;
        }
        let mut endpoints = BTreeSet::new();
        for policy in [&change.old, &change.new].into_iter().flatten() {
            self.add_reach(tables, policy, &mut endpoints);
        }
        if let Some(old) = &change.old {
            self.policies.remove(old);
        }
        if let Some(new) = &change.new {
            self.policies.insert(new.clone());
        }
        let selected =
            |endpoint: &Endpoint, policy: &RankedPolicy| policy.selector.matches(&endpoint.labels(namespace_of(tables, endpoint)));
        self.pods.change(&endpoints, &change, selected);
        self.hosts.change(&endpoints, &change, selected);
    }

    /// Adds the endpoints that a policy may select.
    fn add_reach(&self, tables: &Tables, policy: &RankedPolicy, endpoints: &mut BTreeSet<Endpoint>) {
        let namespace = &policy.key.namespace;
        match policy.selector.anchors() {
            Some(anchors) => {
                let carriers = anchors.iter().flat_map(|anchor| self.labels.with_anchor(anchor));
                let in_scope = carriers.filter(|key| namespace.is_empty() || key.namespace == *namespace);
                endpoints.extend(in_scope.filter_map(|key| endpoint_at(tables, key)));
            }
            None if namespace.is_empty() => endpoints.extend(self.pods.iter().chain(self.hosts.iter()).cloned()),
            None => endpoints.extend(self.pods.in_namespace(namespace).cloned()),
        }
    }
}

/// What is asked of the index; [`super::Snapshot`] has the words for it.
impl Index {
    pub(super) fn policies_on(&self, tables: &Tables, endpoint: &Endpoint) -> PolicyList {
        let classes = if matches!(endpoint, Endpoint::Pod(_)) { &self.pods } else { &self.hosts };
        let known = classes.policies(endpoint).cloned();
        known.unwrap_or_else(|| self.policies.selecting(endpoint, namespace_of(tables, endpoint)))
    }

    pub(super) fn policies_on_hosts(&self) -> BTreeSet<&ObjectKey> {
        self.hosts.lists().flat_map(|list| list.iter()).map(|policy| &policy.key).collect()
    }

    pub(super) fn with_labels<'a>(&'a self, kind: Kind, namespace: &'a str, labels: &'a Labels) -> Vec<&'a ObjectKey> {
        self.labels.with_rarest(labels, kind, namespace)
    }

    pub(super) fn with_label<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a ObjectKey> {
        self.labels.with_key(key)
    }

    pub(super) fn with_label_value<'a>(&'a self, key: &'a str, value: &'a str) -> impl Iterator<Item = &'a ObjectKey> {
        self.labels.with_value(key, value)
    }

    pub(super) fn with_label_prefix<'a>(&'a self, key: &'a str, prefix: &'a str) -> impl Iterator<Item = &'a ObjectKey> {
        self.labels.with_prefix(key, prefix)
    }

    pub(super) fn slices<'a>(&'a self, namespace: &'a str, service: &'a str) -> impl Iterator<Item = &'a ObjectKey> {
        self.labels.with_pair(SERVICE_NAME, service, Kind::EndpointSlice, namespace)
    }

    pub(super) fn services_by_selector<'a>(
        &'a self,
        namespace: &'a str,
        key: &'a str,
        value: &'a str,
    ) -> impl Iterator<Item = &'a ObjectKey> {
        self.selectors.with_pair(key, value, Kind::Service, namespace)
    }

    pub(super) fn services_at(&self, address: IpAddr) -> impl Iterator<Item = &ObjectKey> {
        let first = (address, ObjectKey::new(Kind::Namespace, "", ""));
        self.addresses.range(first..).take_while(move |(found, _)| *found == address).map(|(_, key)| key)
    }
}

fn labels(object: &AnyObject) -> &Labels {
    &object.meta().labels
}

fn service_name(object: &AnyObject) -> Labels {
    labels(object).get_key_value(SERVICE_NAME).map(|(key, value)| (key.clone(), value.clone())).into_iter().collect()
}

fn endpoint(object: &AnyObject) -> Option<Endpoint> {
    match object {
        AnyObject::Pod(pod) => Some(Endpoint::Pod(pod.clone())),
        AnyObject::HostEndpoint(host) => Some(Endpoint::Host(host.clone())),
        _ => None,
    }
}

fn endpoint_at(tables: &Tables, key: &ObjectKey) -> Option<Endpoint> {
    match key.kind {
        Kind::Pod => Pod::table(tables).get(&key.namespace, &key.name).cloned().map(Endpoint::Pod),
        Kind::HostEndpoint => Kept::<HostEndpoint>::table(tables).get("", &key.name).cloned().map(Endpoint::Host),
        _ => None,
    }
}

fn namespace_of<'a>(tables: &'a Tables, endpoint: &Endpoint) -> Option<&'a Arc<Namespace>> {
    Namespace::table(tables).get("", endpoint.namespace())
}

fn service(object: &AnyObject) -> Option<&Service> {
    if let AnyObject::Service(service) = object { Some(service) } else { None }
}

/// Every address that a Service lists: cluster IPs, external IPs, and those of its load balancer.
fn addresses(service: &Service) -> BTreeSet<IpAddr> {
    let spec = &service.spec;
    let balancer = service.status.load_balancer.ingress.iter().flat_map(|entry| [&entry.ip, &entry.hostname]);
    let texts = spec.cluster_ips.iter().chain([&spec.cluster_ip]).chain(&spec.external_ips).chain(balancer);
    texts.filter_map(|text| text.parse().ok()).collect()
}
