//! The node sets: the nodes' addresses, for a pod policy that guards alone.
//!
//! Where nothing but the pod policy stands, no HostEndpoint need be there by which it could mean the nodes. Their processes are clients inside the
//! cluster, and where these keep what they have the pod policy lets them through by these sets. That a node joins is said as what has moved.

use super::{Generated, Recipe, address_net};
use crate::access::{Access, HostEndpoints, InCluster};
use crate::names;
use crate::object::{DEFAULT_TIER, Kind, ObjectKey};
use crate::plan::Role;
use crate::scope::Scope;
use serde_json::{Map, Value, json};
use std::net::IpAddr;

/// The node sets of a Service; none where its pod policy does not go by them.
pub(crate) fn node_sets(scope: &Scope, access: &Access, host_endpoints: &HostEndpoints, addresses: &[IpAddr]) -> Vec<Generated> {
    let recipe = Recipe::new(scope, access, host_endpoints);
    let goes_by_them = access.enforced.at_pods_alone() && access.in_cluster == InCluster::Unchanged && !recipe.governed();
    if !goes_by_them || scope.service.selector.is_empty() {
        return Vec::new();
    }
    (0_u32..).zip(addresses.chunks(names::SET_NETS as usize)).map(|(part, addresses)| recipe.node_set(part, addresses)).collect()
}

impl Recipe<'_> {
    /// A selector for the node sets.
    pub(super) fn node_selector(&self) -> String {
        format!("{} == '{}'", names::NODES_LABEL, names::service_slug(self.service()))
    }

    /// Whether ingress policies of others in our tier select pods of the Service.
    pub(super) fn governed(&self) -> bool {
        self.scope.pod_groups().any(|group| self.scope.governs(group).next().is_some())
    }

    /// Whether such policies select every pod of it.
    pub(super) fn governed_throughout(&self) -> bool {
        self.governed() && self.scope.pod_groups().all(|group| self.scope.governs(group).next().is_some())
    }

    /// Whether ingress policies of others in other tiers select pods of the Service.
    pub(super) fn governed_in_other_tiers(&self) -> bool {
        self.scope.pod_policies.iter().any(|policy| policy.tier != DEFAULT_TIER)
    }

    fn node_set(&self, part: u32, addresses: &[IpAddr]) -> Generated {
        let name = names::node_set(self.service(), part);
        let labels = Map::from_iter([(names::NODES_LABEL.to_owned(), Value::from(names::service_slug(self.service())))]);
        let nets: Vec<String> = addresses.iter().copied().map(address_net).collect();
        let object = json!({
            "apiVersion": Kind::GlobalNetworkSet.api_version(),
            "kind": Kind::GlobalNetworkSet.name(),
            "metadata": self.metadata(&name, "", labels, Vec::new()),
            "spec": { "nets": nets },
        });
        Generated {
            role: Role::NodeSet,
            key: ObjectKey::new(Kind::GlobalNetworkSet, "", &name),
            object,
            sentence: "The nodes' addresses: the pod policy lets their own processes through by them.".to_owned(),
            rules: Vec::new(),
            rows: Vec::new(),
        }
    }
}
