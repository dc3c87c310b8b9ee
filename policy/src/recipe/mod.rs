//! The `hardened` recipe: how the access of one Service becomes objects.
//!
//! What the documentation of Calico 3.27 prints does not hold on the data plane (pre-DNAT policy has no default deny; a pod on the entry
//! node sees the client's address, a pod elsewhere the entry node's). This recipe allows and denies in one edge policy, and lets both
//! addresses through at the pods. Objects, in the order in which they are written: client sets (GlobalNetworkSet), HostEndpoints where asked
//! for, the address set (GlobalNetworkSet), the edge policy, the forward policy where failsafe ports are to be closed, the pod policy.
//!
//! An access that is enforced at the pods alone becomes client sets and the pod policy, and nothing at the nodes: right where every packet comes
//! to the pods with the client's own address ([`crate::reach::pods_alone`]).

mod address_set;
mod client_group;
mod clients;
mod documented;
mod door;
mod edge_policy;
mod forward;
mod host_endpoint;
mod node_set;
mod pod_policy;

pub use client_group::client_group;
pub(crate) use clients::{Group, groups};
pub use documented::{PageHosts, documented, documented_host_endpoint};
pub(crate) use forward::{Closing, closing};
pub use host_endpoint::host_endpoint;
pub(crate) use node_set::node_sets;

use crate::access::{Access, HostEndpoints, InCluster, Kept, Port};
use crate::names;
use crate::object::{EntityRule, Kind, ObjectKey, PolicySpec, Rule, ServiceRef};
use crate::plan::Role;
use crate::scope::{EdgeFacts, Scope};
use serde_json::{Map, Value, json};
use std::net::IpAddr;

/// Version of the recipe; part of every plan's digest.
pub const VERSION: &str = "hardened/6";

/// One generated object, with a sentence for each of its rules.
#[derive(Debug, Clone, PartialEq)]
pub struct Generated {
    /// Its part.
    pub role: Role,
    /// Its identity.
    pub key: ObjectKey,
    /// The object.
    pub object: Value,
    /// What the object is for.
    pub sentence: String,
    /// A sentence for each ingress rule, and the rows of the access that made it.
    pub rules: Vec<Explained>,
    /// The rows of the access that made the object as a whole.
    pub rows: Vec<u32>,
}

/// What a rule does, and which rows of the access made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// One sentence.
    pub sentence: String,
    /// Indexes into the rows of an access: its clients, then its client groups.
    pub rows: Vec<u32>,
}

/// The objects of one Service: sets, pod policy, edge policy (which it may share). Those that cannot be made (no selector, no cluster IP, no HostEndpoint to
/// select) are left out; the checks say so.
#[must_use]
pub fn generate(scope: &Scope, access: &Access, host_endpoints: &HostEndpoints) -> Vec<Generated> {
    let recipe = Recipe::new(scope, access, host_endpoints);
    if access.enforced.at_pods_alone() {
        return recipe.at_pods_alone();
    }
    let place = recipe.edge_place();
    let mut objects = recipe.client_sets(place.as_ref().map(|place| place.id.as_str()));
    if let Some(place) = place {
        objects.push(recipe.address_set(&place.id));
        objects.extend(recipe.edge_policy(&place));
    }
    objects.extend(recipe.forward());
    objects.extend(recipe.pod_policy());
    objects
}

/// The edge policy of a Service on the HostEndpoints of `node` alone, which `selector` selects among all; none as for [`generate`].
#[must_use]
pub(crate) fn canary(scope: &Scope, access: &Access, host_endpoints: &HostEndpoints, node: &str, selector: &str) -> Option<Generated> {
    Recipe::new(scope, access, host_endpoints).canary(node, selector)
}

/// What the parts of the recipe share.
struct Recipe<'a> {
    scope: &'a Scope,
    access: &'a Access,
    groups: Vec<Group>,
    /// Selects the HostEndpoints of the edge; none where there are none to select.
    edge: Option<String>,
    /// Whether one of them stands for every interface, those of pods too.
    wildcard: bool,
    host_endpoints: &'a HostEndpoints,
    revision: String,
}

impl<'a> Recipe<'a> {
    fn new(scope: &'a Scope, access: &'a Access, host_endpoints: &'a HostEndpoints) -> Self {
        Self {
            scope,
            access,
            groups: groups(&scope.service.service, access),
            edge: edge_selector(&scope.edge, host_endpoints).filter(|_| !access.enforced.at_pods_alone()),
            wildcard: scope.edge.wildcard || *host_endpoints == HostEndpoints::Automatic,
            host_endpoints,
            revision: crate::plan::digest::of_access(access),
        }
    }

    /// Nothing without a pod policy: sets alone would shut nobody out.
    fn at_pods_alone(&self) -> Vec<Generated> {
        let Some(pod_policy) = self.pod_policy() else { return Vec::new() };
        self.client_sets(Some(names::PODS_ALONE)).into_iter().chain([pod_policy]).collect()
    }

    /// What of the access the objects do not say.
    fn kept(&self) -> Kept {
        Kept {
            in_cluster: self.access.in_cluster.normalised(),
            host_endpoints: self.host_endpoints.clone(),
            uid: self.scope.service.uid.clone(),
            enforced: self.access.enforced,
        }
    }

    fn service(&self) -> &ServiceRef {
        &self.scope.service.service
    }

    /// `metadata` of an object of this Service.
    fn metadata(&self, name: &str, namespace: &str, labels: Map<String, Value>, annotations: Vec<(&str, String)>) -> Value {
        let mut all = json!({
            names::SERVICE_ANNOTATION: self.service().to_string(),
            names::REVISION_ANNOTATION: self.revision,
            names::SHAPE_ANNOTATION: names::SHAPE,
        });
        for (key, value) in annotations {
            all[key] = value.into();
        }
        let mut metadata = json!({ "name": name, "annotations": all });
        if !namespace.is_empty() {
            metadata["namespace"] = namespace.into();
        }
        if !labels.is_empty() {
            metadata["labels"] = labels.into();
        }
        metadata
    }
}

/// The selector of the edge's HostEndpoints.
pub(crate) fn edge_selector(edge: &EdgeFacts, host_endpoints: &HostEndpoints) -> Option<String> {
    let named = || format!("{} == 'true'", names::EDGE_LABEL);
    let automatic = || format!("{} == '{}'", names::AUTO_LABEL.0, names::AUTO_LABEL.1);
    match (host_endpoints, &edge.existing) {
        (_, Some(existing)) => match host_endpoints {
            HostEndpoints::Named { .. } if !existing.contains(names::EDGE_LABEL) => Some(format!("{} || {existing}", named())),
            HostEndpoints::Automatic if !existing.contains(names::AUTO_LABEL.0) => Some(format!("{existing} || {}", automatic())),
            _ => Some(existing.clone()),
        },
        (HostEndpoints::Named { .. }, None) => Some(named()),
        (HostEndpoints::Automatic, None) => Some(automatic()),
        (HostEndpoints::Existing, None) => None,
    }
}

/// The pods of the cluster, as the source of a rule: all of them, or those of some namespaces.
fn pods_of(in_cluster: &InCluster) -> Option<EntityRule> {
    let namespaces = match in_cluster {
        InCluster::Unchanged => "all()".to_owned(),
        InCluster::Namespaces(names) if !names.is_empty() => {
            let quoted: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
            format!("projectcalico.org/name in {{{}}}", quoted.join(", "))
        }
        InCluster::Namespaces(_) | InCluster::Nobody => return None,
    };
    // Namespaces are no label that a NetworkSet cannot have: the orchestrator label keeps the rule to pods.
    Some(EntityRule {
        selector: "projectcalico.org/orchestrator == 'k8s'".to_owned(),
        namespace_selector: namespaces,
        ..EntityRule::default()
    })
}

/// In words, whom [`pods_of`] means.
fn pods_in_words(in_cluster: &InCluster) -> String {
    match in_cluster {
        InCluster::Unchanged => "every pod of the cluster".to_owned(),
        InCluster::Namespaces(names) if names.len() == 1 => format!("the pods of the namespace {}", names.join("")),
        InCluster::Namespaces(names) => format!("the pods of the namespaces {}", names.join(", ")),
        InCluster::Nobody => "no pod".to_owned(),
    }
}

/// Endpoints and sets in no namespace that this selector matches. Without `global()` a NetworkSet in any tenant's namespace with the same
/// label would be meant too, and a rule of a NetworkPolicy would see nothing outside its namespace.
fn global(selector: &str) -> EntityRule {
    EntityRule { selector: selector.to_owned(), namespace_selector: "global()".to_owned(), ..EntityRule::default() }
}

/// One address as a net.
pub(crate) fn address_net(address: IpAddr) -> String {
    let bits = if address.is_ipv4() { 32 } else { 128 };
    format!("{address}/{bits}")
}

fn allow() -> Rule {
    Rule { action: "Allow".to_owned(), ..Rule::default() }
}

pub(crate) fn deny() -> Rule {
    Rule { action: "Deny".to_owned(), ..Rule::default() }
}

pub(crate) fn policy(kind: Kind, metadata: Value, spec: &PolicySpec) -> Value {
    // A spec of ours has no number that JSON cannot hold, and no map: turning it into a value does not fail.
    let spec = serde_json::to_value(spec).unwrap_or_default();
    json!({ "apiVersion": kind.api_version(), "kind": kind.name(), "metadata": metadata, "spec": spec })
}

/// `TCP 80, 443 and UDP 53`; `every port` where there is none.
pub(crate) fn ports_in_words(ports: &[Port]) -> String {
    let mut by_protocol: std::collections::BTreeMap<_, Vec<String>> = std::collections::BTreeMap::new();
    for port in ports {
        by_protocol.entry(port.protocol).or_default().push(port.port.to_string());
    }
    let parts: Vec<String> = by_protocol.into_iter().map(|(protocol, ports)| format!("{protocol} {}", ports.join(", "))).collect();
    if parts.is_empty() { "every port".to_owned() } else { parts.join(" and ") }
}
