//! The pods of a Service, and the Services that share them.

use super::foreign::{self, ForeignPolicy};
use super::service::ServiceFacts;
use crate::access::{Access, in_force};
use crate::object::{Labels, Meta, Namespace, Pod, PodSpec, Service};
use crate::selector::EndpointLabels;
use crate::snapshot::Snapshot;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
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
    pub(super) policies: Vec<ForeignPolicy>,
}

pub(super) fn read(snapshot: &Snapshot, facts: &ServiceFacts) -> Backends {
    let mut pods: Vec<Arc<Pod>> = pods_of(snapshot, facts.service.namespace(), &facts.selector).cloned().collect();
    let has_pods = !pods.is_empty();
    if !has_pods && !facts.selector.is_empty() {
        pods.push(Arc::new(stand_in(facts)));
    }
    let namespace = snapshot.get::<Namespace>("", facts.service.namespace()).map(|namespace| &namespace.metadata.labels);
    let policies = foreign::on_pods(snapshot, facts.service.namespace());
    let mut used = BTreeSet::new();
    let mut groups = BTreeSet::new();
    for pod in &pods {
        let labels = EndpointLabels::of_pod(pod, namespace);
        let governed_by: Vec<u32> =
            (0_u32..).zip(&policies).filter(|(_, policy)| policy.selector.matches(&labels)).map(|(i, _)| i).collect();
        used.extend(&governed_by);
        groups.insert(BackendGroup {
            host_network: pod.spec.host_network,
            governed_by,
            without_ports: if has_pods { without_ports(pod, facts) } else { Vec::new() },
        });
    }
    // Only policies that select a pod are kept, so the indexes move.
    let place: BTreeMap<u32, u32> = used.iter().copied().zip(0..).collect();
    let policies = (0_u32..).zip(policies).filter(|(i, _)| used.contains(i)).map(|(_, policy)| policy.facts).collect();
    let groups = groups
        .into_iter()
        .map(|group| BackendGroup { governed_by: group.governed_by.iter().filter_map(|i| place.get(i).copied()).collect(), ..group })
        .collect();
    Backends { groups, has_pods, policies }
}

pub(super) fn sharing(snapshot: &Snapshot, facts: &ServiceFacts) -> Vec<Sharing> {
    let namespace = facts.service.namespace();
    if facts.selector.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for service in snapshot.in_namespace::<Service>(namespace) {
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

/// The pods of `namespace` with these labels that have not ended.
pub(crate) fn pods_of<'a>(snapshot: &'a Snapshot, namespace: &'a str, selector: &'a Labels) -> impl Iterator<Item = &'a Arc<Pod>> {
    let has = move |pod: &Pod| selector.iter().all(|(key, value)| pod.metadata.labels.get(key) == Some(value));
    let ended = |pod: &Pod| matches!(pod.status.phase.as_str(), "Succeeded" | "Failed");
    snapshot.in_namespace::<Pod>(namespace).filter(move |pod| !selector.is_empty() && has(pod) && !ended(pod))
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
