//! The pods of a Service, and the Services that share them.

use super::foreign::{self, ForeignPolicy};
use super::service::ServiceFacts;
use crate::access::{Access, in_force};
use crate::object::{Kind, Labels, Meta, ObjectKey, Pod, PodSpec, Service};
use crate::snapshot::{Endpoint, PolicyList, Snapshot};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

/// Pods of a Service that behave alike.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BackendGroup {
    /// Whether they use their node's network: then no pod policy holds for them.
    pub host_network: bool,
    /// The ingress policies of others that select them, as indexes into [`super::Scope::pod_policies`].
    pub governed_by: Vec<u32>,
    /// Named target ports of the Service that these pods do not have.
    pub without_ports: Vec<String>,
}

/// Another Service with pods of this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sharing {
    /// The other Service.
    pub facts: ServiceFacts,
    /// Its access in force; none where Portcullis does not guard it.
    pub access: Option<Access>,
    /// Whether a client outside can be offered it.
    pub exposed: bool,
}

/// What is read of a Service's pods.
pub(super) struct Backends {
    pub(super) groups: Vec<BackendGroup>,
    pub(super) has_pods: bool,
    pub(super) named_ports: Vec<(String, Vec<u16>)>,
    pub(super) policies: Vec<ForeignPolicy>,
}

pub(super) fn read(snapshot: &Snapshot, facts: &ServiceFacts, sharing: &[Sharing]) -> Backends {
    let mut pods: Vec<Arc<Pod>> = if facts.selector.is_empty() {
        behind(snapshot, facts)
    } else {
        pods_of(snapshot, facts.service.namespace(), &facts.selector).cloned().collect()
    };
    let has_pods = !pods.is_empty();
    if !has_pods && !facts.selector.is_empty() {
        pods.push(Arc::new(stand_in(facts)));
    }
    // Pods of one class have one list of policies: what is the same for all of them is done once.
    let mut kinds: BTreeSet<(bool, PolicyList, Vec<String>)> = BTreeSet::new();
    for pod in &pods {
        let without_ports = if has_pods { without_ports(pod, facts) } else { Vec::new() };
        kinds.insert((pod.spec.host_network, snapshot.policies_on(&Endpoint::Pod(pod.clone())), without_ports));
    }
    let keys: BTreeSet<&ObjectKey> = kinds.iter().flat_map(|(_, policies, _)| policies.iter()).map(|policy| &policy.key).collect();
    let policies: Vec<ForeignPolicy> = keys.into_iter().filter_map(|key| foreign::on_pods(snapshot, key)).collect();
    let place: BTreeMap<&ObjectKey, u32> = policies.iter().map(|policy| &policy.key).zip(0..).collect();
    let groups: BTreeSet<BackendGroup> = kinds
        .iter()
        .map(|(host_network, policies, without_ports)| {
            let governed_by: BTreeSet<u32> = policies.iter().filter_map(|policy| place.get(&policy.key).copied()).collect();
            let governed_by = governed_by.into_iter().collect();
            BackendGroup { host_network: *host_network, governed_by, without_ports: without_ports.clone() }
        })
        .collect();
    let named_ports = if has_pods { named_ports(&pods, facts, sharing) } else { Vec::new() };
    Backends { groups: groups.into_iter().collect(), has_pods, named_ports, policies }
}

/// The addresses of its endpoints.
fn addresses<'a>(snapshot: &'a Snapshot, facts: &'a ServiceFacts) -> BTreeSet<&'a str> {
    let endpoints = snapshot.endpoint_slices(&facts.service).flat_map(|slice| &slice.endpoints);
    endpoints.flat_map(|endpoint| &endpoint.addresses).map(String::as_str).collect()
}

/// The pods behind endpoints that were written by hand.
fn behind(snapshot: &Snapshot, facts: &ServiceFacts) -> Vec<Arc<Pod>> {
    let at = addresses(snapshot, facts).into_iter().filter_map(|text| text.parse().ok());
    at.flat_map(|address: IpAddr| snapshot.pods_at(address)).filter(|pod| !pod.spec.host_network).cloned().collect()
}

/// Whether an endpoint of the Service is neither a pod nor a node.
pub(super) fn endpoints_elsewhere(snapshot: &Snapshot, facts: &ServiceFacts) -> bool {
    // Where there is a selector, Kubernetes writes the endpoints.
    if !facts.selector.is_empty() || snapshot.unknown(Kind::Pod).is_some() || snapshot.unknown(Kind::Node).is_some() {
        return false;
    }
    let nodes = snapshot.addresses_of_nodes();
    let is_pod = |text: &str| text.parse().is_ok_and(|address: IpAddr| snapshot.pods_at(address).next().is_some());
    addresses(snapshot, facts).into_iter().any(|text| !nodes.contains(text) && !is_pod(text))
}

/// Whether an endpoint of the Service has a node's address: a pod on the host network, also where the pods themselves were not read.
pub(super) fn endpoints_on_nodes(snapshot: &Snapshot, facts: &ServiceFacts) -> bool {
    let (addresses, nodes) = (addresses(snapshot, facts), snapshot.addresses_of_nodes());
    addresses.iter().any(|address| nodes.contains(*address))
}

pub(super) fn sharing(snapshot: &Snapshot, facts: &ServiceFacts) -> Vec<Sharing> {
    let namespace = facts.service.namespace();
    if facts.selector.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for service in candidates(snapshot, facts) {
        let Some(other) = ServiceFacts::of(service) else { continue };
        if other.service == facts.service || other.selector.is_empty() || !may_share(&facts.selector, &other.selector) {
            continue;
        }
        let both: Labels = facts.selector.iter().chain(&other.selector).map(|(k, v)| (k.clone(), v.clone())).collect();
        let nested = both.len() == facts.selector.len().max(other.selector.len());
        if nested || pods_of(snapshot, namespace, &both).next().is_some() {
            let exposed = other.has_other_addresses()
                || other.cluster_ips.iter().any(|address| super::advertised_by(snapshot, *address, other.external_local).is_some());
            found.push(Sharing { access: in_force(snapshot, &other.service), exposed, facts: other });
        }
    }
    found
}

/// The Services that may share pods with this one, by name: those that ask for a label of its selector or of one of its pods.
fn candidates<'a>(snapshot: &'a Snapshot, facts: &'a ServiceFacts) -> Vec<&'a Arc<Service>> {
    let namespace = facts.service.namespace();
    let pods = pods_of(snapshot, namespace, &facts.selector);
    let labels: BTreeSet<(&String, &String)> = facts.selector.iter().chain(pods.flat_map(|pod| &pod.metadata.labels)).collect();
    let services = labels.into_iter().flat_map(|(key, value)| snapshot.services_asking_for(namespace, key, value));
    services.map(|service| (&service.metadata.name, service)).collect::<BTreeMap<_, _>>().into_values().collect()
}

/// The pods of `namespace` with these labels that have not ended.
fn pods_of<'a>(snapshot: &'a Snapshot, namespace: &'a str, selector: &'a Labels) -> impl Iterator<Item = &'a Arc<Pod>> {
    let ended = |pod: &Pod| matches!(pod.status.phase.as_str(), "Succeeded" | "Failed");
    snapshot.pods_with(namespace, selector).filter(move |pod| !ended(pod))
}

/// No label is asked to have two values.
fn may_share(one: &Labels, other: &Labels) -> bool {
    one.iter().all(|(key, value)| other.get(key).is_none_or(|theirs| theirs == value))
}

fn stand_in(facts: &ServiceFacts) -> Pod {
    Pod {
        metadata: Meta { namespace: facts.service.namespace().to_owned(), labels: facts.selector.clone(), ..Meta::default() },
        spec: PodSpec { service_account_name: "default".to_owned(), ..PodSpec::default() },
        ..Pod::default()
    }
}

fn without_ports(pod: &Pod, facts: &ServiceFacts) -> Vec<String> {
    let has = |name: &str, protocol: &str| {
        let ports = pod.spec.containers.iter().flat_map(|container| &container.ports);
        ports.into_iter().any(|port| port.name == name && (port.protocol == protocol || (port.protocol.is_empty() && protocol == "TCP")))
    };
    let mut names: Vec<String> = facts
        .ports
        .iter()
        .filter_map(|port| match &port.target {
            super::Target::Name(name) if !has(name, port.port.protocol.name()) => Some(name.clone()),
            _ => None,
        })
        .collect();
    names.sort();
    names.dedup();
    names
}

/// The names of target ports, of the Service and of others on its pods, and the numbers that these pods give them.
fn named_ports(pods: &[Arc<Pod>], facts: &ServiceFacts, sharing: &[Sharing]) -> Vec<(String, Vec<u16>)> {
    let mut numbers: BTreeMap<&str, BTreeSet<u16>> = BTreeMap::new();
    for port in facts.ports.iter().chain(sharing.iter().flat_map(|sharing| &sharing.facts.ports)) {
        let super::Target::Name(name) = &port.target else { continue };
        let protocol = port.port.protocol.name();
        let declared = pods.iter().flat_map(|pod| &pod.spec.containers).flat_map(|container| &container.ports);
        let meant = declared.filter(|one| one.name == *name && (one.protocol == protocol || one.protocol.is_empty() && protocol == "TCP"));
        numbers.entry(name).or_default().extend(meant.map(|one| one.container_port));
    }
    numbers.into_iter().map(|(name, numbers)| (name.to_owned(), numbers.into_iter().collect())).collect()
}
