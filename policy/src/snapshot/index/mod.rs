//! What a plan looks up by something else than a name, kept up by each event.
//!
//! An event costs what it touches: a pod's finds or makes the class of endpoints that it belongs to, a policy's tries that one policy on
//! the endpoints with a label that its selector asks for, a Namespace's or ServiceAccount's puts the policies on the classes that inherit its labels anew. Law: the
//! index kept up equals the index made of the tables.

mod addresses;
pub(crate) use addresses::of_pod as addresses_of_pod;
mod cached;
mod carriers;
mod classes;
mod endpoint;
mod groups;
mod lookup;
mod loose;
mod ours;
mod policies;

use super::table::{Stored, Tables};
use crate::object::{AnyObject, HostEndpoint, Kept, Kind, Labels, Namespace, ObjectKey, Pod, Service, ServiceAccount, Tier};
use crate::selector::{Anchor, Inherited};
use cached::{Cached, Edge};
use carriers::Carriers;
pub use classes::PolicyList;
use classes::{Classes, PolicyChange};
pub use endpoint::Endpoint;
use groups::Groups;
pub(crate) use groups::{ClientNets, Content, content};
use imbl::OrdSet;

use crate::reach::Hosts;
use addresses::ByAddress;
use loose::Loose;
pub(crate) use policies::KUBERNETES_ORDER;
pub use policies::RankedPolicy;
use policies::{Policies, TierRank};
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

/// The label of an EndpointSlice with the name of its Service.
const SERVICE_NAME: &str = "kubernetes.io/service-name";

/// Up to so many policies that change at once are tried one by one; of more, the endpoints that they may select are tried with all of
/// theirs: else a list of a thousand policies on every HostEndpoint would put together a thousand lists for each.
const FEW: usize = 4;

/// What a plan looks up by something else than a name.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Index {
    /// Pods, HostEndpoints and sets by their labels; EndpointSlices by [`SERVICE_NAME`].
    labels: Carriers,
    /// Sets of ours by the Service that they belong to.
    owners: Carriers,
    /// Pods and sets of others by those of their labels that are Portcullis' to give.
    strangers: Carriers,
    groups: Groups,
    /// Services by the labels of their selectors.
    selectors: Carriers,
    /// Services by their addresses.
    addresses: ByAddress,
    /// Pods and HostEndpoints by the addresses that Calico has for them.
    endpoints: ByAddress,
    /// EndpointSlices by the addresses of their endpoints.
    backends: ByAddress,
    /// Policies and HostEndpoints that break a rule of validation: Felix treats them as missing (validation_filter.go:72 at v3.28.5).
    refused: OrdSet<ObjectKey>,
    /// Policies of others with selectors that ask for no label and mean sets of Portcullis.
    loose: Loose,
    /// What is worked out from Nodes and HostEndpoints when it is asked for.
    hosts_cache: Cached<Hosts>,
    edge: Edge,
    policies: Policies,
    pods: Classes,
    hosts: Classes,
}

impl Index {
    /// Carries in what became of one object. `tables` hold what is there now.
    pub(super) fn change(&mut self, tables: &Tables, key: &ObjectKey, old: Option<&AnyObject>, new: Option<&AnyObject>) {
        self.change_refused(key, new);
        self.loose.change(key, new);
        self.edge.forget(key.kind, old, new);
        // One for all that name the object.
        let by = &Arc::new(key.clone());
        if matches!(key.kind, Kind::Pod | Kind::HostEndpoint | Kind::EndpointSlice) && addresses::differ(old, new) {
            self.change_addresses(by, old, new);
        }
        match key.kind {
            Kind::Node if addresses::node_differs(old, new) => self.hosts_cache = Cached::default(),
            Kind::Namespace => self.change_namespace(tables, &key.name, old, new),
            Kind::ServiceAccount => self.change_service_account(tables, key, old, new),
            Kind::Pod | Kind::HostEndpoint => {
                if key.kind == Kind::HostEndpoint {
                    self.hosts_cache = Cached::default();
                }
                self.labels.change(by, old.map(labels), new.map(labels));
                if key.kind == Kind::Pod {
                    self.strangers.change(by, old.map(ours::strange).as_ref(), new.map(ours::strange).as_ref());
                }
                self.change_endpoint(tables, old.and_then(endpoint), new.and_then(endpoint));
            }
            Kind::NetworkSet | Kind::GlobalNetworkSet => {
                self.labels.change(by, old.map(labels), new.map(labels));
                self.strangers.change(by, old.map(ours::strange).as_ref(), new.map(ours::strange).as_ref());
                self.owners.change(by, old.map(ours::owner).as_ref(), new.map(ours::owner).as_ref());
                self.groups.change_set(tables, old, new);
            }
            Kind::EndpointSlice => self.labels.change(by, old.map(service_name).as_ref(), new.map(service_name).as_ref()),
            Kind::Service => self.change_service(by, old, new),
            Kind::StagedGlobalNetworkPolicy => self.hosts_cache = Cached::default(),
            Kind::Tier => {
                let policies: Vec<ObjectKey> = self.policies.in_tier(&key.name).cloned().collect();
                let changes = policies.iter().filter_map(|key| self.policy_change(tables, key, tables.get_any(key).as_ref()));
                self.change_policies(tables, changes.collect());
            }
            Kind::KubernetesNetworkPolicy | Kind::NetworkPolicy | Kind::GlobalNetworkPolicy => {
                self.change_policies(tables, self.policy_change(tables, key, new).into_iter().collect());
                self.change_group(tables, key);
            }
            _ => {}
        }
    }

    /// Carries in what became of all objects of `kind` among `keys`.
    pub(super) fn change_all(&mut self, before: &Tables, tables: &Tables, kind: Kind, keys: &BTreeSet<ObjectKey>) {
        if matches!(kind, Kind::KubernetesNetworkPolicy | Kind::NetworkPolicy | Kind::GlobalNetworkPolicy) {
            for key in keys {
                let (old, new) = (before.get_any(key), tables.get_any(key));
                self.change_refused(key, new.as_ref());
                self.loose.change(key, new.as_ref());
                self.edge.forget(kind, old.as_ref(), new.as_ref());
            }
            let changes = keys.iter().filter_map(|key| self.policy_change(tables, key, tables.get_any(key).as_ref())).collect();
            self.change_policies(tables, changes);
            keys.iter().for_each(|key| self.change_group(tables, key));
            return;
        }
        for key in keys {
            self.change(tables, key, before.get_any(key).as_ref(), tables.get_any(key).as_ref());
        }
    }

    fn change_group(&mut self, tables: &Tables, key: &ObjectKey) {
        if key.kind == Kind::GlobalNetworkPolicy {
            self.groups.change_policy(tables, &key.name);
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
        classes.join(new, |endpoint| self.policies.selecting(endpoint, inherited(tables, endpoint)));
    }

    fn change_namespace(&mut self, tables: &Tables, name: &str, old: Option<&AnyObject>, new: Option<&AnyObject>) {
        if old.is_some() != new.is_some() {
            // Profiles of HostEndpoints may name a Namespace.
            self.hosts_cache = Cached::default();
        }
        if old.map(labels) == new.map(labels) {
            return;
        }
        self.assign_pods(tables, name, |_| true);
        self.assign_hosts(tables, name, None);
    }

    fn change_service_account(&mut self, tables: &Tables, key: &ObjectKey, old: Option<&AnyObject>, new: Option<&AnyObject>) {
        if old.map(labels) != new.map(labels) {
            self.assign_pods(tables, &key.namespace, |pod| pod.spec.service_account_name == key.name);
            self.assign_hosts(tables, &key.namespace, Some(&key.name));
        }
    }

    /// The same for HostEndpoints with the profile of a Namespace or ServiceAccount.
    fn assign_hosts(&mut self, tables: &Tables, namespace: &str, account: Option<&str>) {
        let hosts: Vec<Endpoint> = self.hosts.iter().filter(|host| host.has_profile_of(namespace, account)).cloned().collect();
        for host in hosts {
            self.hosts_cache = Cached::default();
            self.hosts.assign(&host, self.policies.selecting(&host, inherited(tables, &host)));
        }
    }

    /// Puts the policies on pods of a namespace anew, once what they inherit has changed.
    fn assign_pods(&mut self, tables: &Tables, namespace: &str, concerned: impl Fn(&Pod) -> bool) {
        let is = |endpoint: &&Endpoint| matches!(endpoint, Endpoint::Pod(pod) if concerned(pod));
        let pods: Vec<Endpoint> = self.pods.in_namespace(namespace).filter(is).cloned().collect();
        for pod in pods {
            self.pods.assign(&pod, self.policies.selecting(&pod, inherited(tables, &pod)));
        }
    }

    fn change_service(&mut self, key: &Arc<ObjectKey>, old: Option<&AnyObject>, new: Option<&AnyObject>) {
        let (old, new) = (old.and_then(service), new.and_then(service));
        self.selectors.change(key, old.map(|service| &service.spec.selector), new.map(|service| &service.spec.selector));
        for address in old.into_iter().flat_map(addresses) {
            self.addresses.remove(&(address, key.clone()));
        }
        for address in new.into_iter().flat_map(addresses) {
            self.addresses.insert((address, key.clone()));
        }
    }

    /// Carries in what became of all policies of one kind, as [`Index::change`] does of one.
    fn change_policies(&mut self, tables: &Tables, changes: Vec<PolicyChange>) {
        if !changes.is_empty() {
            self.hosts_cache = Cached::default();
        }
        let many = changes.len() > FEW;
        let mut reach = BTreeSet::new();
        for change in changes {
            let both = [&change.old, &change.new].into_iter().flatten();
            let anchors: BTreeSet<Reach> = both.flat_map(|policy| reach_of(policy)).collect();
            if let Some(old) = &change.old {
                self.policies.remove(old);
            }
            if let Some(new) = &change.new {
                self.policies.insert(new.clone());
            }
            if many {
                reach.extend(anchors);
                continue;
            }
            let endpoints = self.endpoints(tables, &anchors);
            let selected =
                |endpoint: &Endpoint, policy: &RankedPolicy| policy.selector.matches(&endpoint.labels(inherited(tables, endpoint)));
            self.pods.change(&endpoints, &change, selected);
            self.hosts.change(&endpoints, &change, selected);
        }
        for endpoint in self.endpoints(tables, &reach) {
            let policies = self.policies.selecting(&endpoint, inherited(tables, &endpoint));
            let classes = if matches!(endpoint, Endpoint::Pod(_)) { &mut self.pods } else { &mut self.hosts };
            classes.assign(&endpoint, policies);
        }
    }

    fn policy_change(&self, tables: &Tables, key: &ObjectKey, new: Option<&AnyObject>) -> Option<PolicyChange> {
        let rank = |name: &str| TierRank::of(name, Tier::table(tables).get("", name).map(Arc::as_ref));
        let change =
            PolicyChange { old: self.policies.get(key).cloned(), new: new.and_then(|new| RankedPolicy::of(new, rank)).map(Arc::new) };
        (change.old != change.new).then_some(change)
    }

    /// The endpoints that policies of this reach may select.
    fn endpoints(&self, tables: &Tables, reach: &BTreeSet<Reach>) -> BTreeSet<Endpoint> {
        let mut endpoints = BTreeSet::new();
        for (namespace, anchor) in reach {
            match anchor {
                Some(anchor) => {
                    let carriers = self.labels.with_anchor(anchor).filter(|key| namespace.is_empty() || key.namespace == *namespace);
                    endpoints.extend(carriers.filter_map(|key| endpoint_at(tables, key)));
                }
                None if namespace.is_empty() => endpoints.extend(self.pods.iter().chain(self.hosts.iter()).cloned()),
                None => endpoints.extend(self.pods.in_namespace(namespace).cloned()),
            }
        }
        endpoints
    }
}

/// A namespace (empty for all of the cluster), and a label that is asked for in it; none where none is.
type Reach = (String, Option<Anchor>);

fn reach_of(policy: &RankedPolicy) -> Vec<Reach> {
    let namespace = &policy.key.namespace;
    match policy.selector.anchors() {
        Some(anchors) => anchors.into_iter().map(|anchor| (namespace.clone(), Some(anchor))).collect(),
        None => vec![(namespace.clone(), None)],
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

/// What an endpoint inherits.
fn inherited<'a>(tables: &'a Tables, endpoint: &Endpoint) -> Inherited<'a> {
    match endpoint {
        Endpoint::Pod(pod) => inherited_by_pod(tables, pod),
        Endpoint::Host(host) => inherited_by_host(tables, host),
    }
}

pub(super) fn inherited_by_host<'a>(tables: &'a Tables, host: &HostEndpoint) -> Inherited<'a> {
    let namespace = host.profile_namespace().and_then(|name| Namespace::table(tables).get("", name));
    let account = host.profile_account().and_then(|(namespace, name)| ServiceAccount::table(tables).get(namespace, name));
    Inherited {
        namespace: namespace.map(|namespace| &namespace.metadata.labels),
        service_account: account.map(|account| &account.metadata.labels),
    }
}

pub(super) fn inherited_by_pod<'a>(tables: &'a Tables, pod: &Pod) -> Inherited<'a> {
    let (namespace, account) = (&pod.metadata.namespace, &pod.spec.service_account_name);
    Inherited {
        namespace: Namespace::table(tables).get("", namespace).map(|namespace| &namespace.metadata.labels),
        service_account: ServiceAccount::table(tables).get(namespace, account).map(|account| &account.metadata.labels),
    }
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
