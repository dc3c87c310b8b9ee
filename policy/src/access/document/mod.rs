//! The access of Services, and client groups, as documents, for files and for Git: what is written can be read, and every fault of what is read is named.
//!
//! ```yaml
//! service: shop/svc-a
//! clients:
//! - cidr: 50.60.0.0/16
//!   note: the office
//!   ports:
//!   - TCP/443
//! groups:
//! - name: partner
//! hostEndpoints:
//!   interface: eth0
//! inCluster: unchanged
//! ```
//!
//! With `enforced: pods-alone` it names no HostEndpoints.

mod group;
mod read;
mod reader;
#[cfg(test)]
mod tests;

pub use group::{groups_to_file, read_groups};
pub use read::read;
pub use reader::Fault;

use super::{Access, Enforced, HostEndpoints, InCluster};
use crate::object::ServiceRef;
use crate::yaml::to_yaml;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The access of one Service, as a document says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Document {
    /// The Service.
    pub service: ServiceRef,
    /// Who may reach it. What its groups hold is the cluster's to say.
    pub access: Access,
    /// On which HostEndpoints; none where the document leaves that as it is.
    pub host_endpoints: Option<HostEndpoints>,
}

impl Document {
    /// The document as YAML, normalised.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        let Access { clients, in_cluster, load_balancers, groups, enforced } = self.access.normalised();
        let entry = |key: &str, value: String, ports: &[super::Port], note: &str| {
            let mut fields = Map::from_iter([(key.to_owned(), Value::from(value))]);
            if !ports.is_empty() {
                fields.insert("ports".to_owned(), json!(ports));
            }
            if !note.is_empty() {
                fields.insert("note".to_owned(), note.into());
            }
            Value::Object(fields)
        };
        let clients: Vec<Value> = clients.iter().map(|row| entry("cidr", row.cidr.to_string(), &row.ports, &row.note)).collect();
        let mut rest = json!({ "clients": clients, "inCluster": in_cluster_value(&in_cluster) });
        if !groups.is_empty() {
            rest["groups"] = groups.iter().map(|of| entry("name", of.name.to_string(), &of.ports, &of.note)).collect();
        }
        if !load_balancers.is_empty() {
            rest["loadBalancers"] = json!(load_balancers);
        }
        // On which HostEndpoints is said of an edge alone.
        match (enforced, &self.host_endpoints) {
            (Enforced::PodsAlone, _) => rest["enforced"] = enforced.name().into(),
            (Enforced::NodesAndPods, Some(host_endpoints)) => rest["hostEndpoints"] = host_endpoints_value(host_endpoints),
            (Enforced::NodesAndPods, None) => {}
        }
        // Of whom it is said comes first.
        to_yaml(&json!({ "service": self.service.to_string() })) + &to_yaml(&rest)
    }
}

fn in_cluster_value(in_cluster: &InCluster) -> Value {
    match in_cluster {
        InCluster::Unchanged => "unchanged".into(),
        InCluster::Nobody => "nobody".into(),
        InCluster::Namespaces(names) => names.clone().into(),
    }
}

fn host_endpoints_value(host_endpoints: &HostEndpoints) -> Value {
    match host_endpoints {
        HostEndpoints::Existing => "existing".into(),
        HostEndpoints::Automatic => "automatic".into(),
        HostEndpoints::Named { interface } => json!({ "interface": interface.name() }),
    }
}

/// Documents as one file.
#[must_use]
pub fn to_file(documents: &[Document]) -> String {
    documents.iter().map(Document::to_yaml).collect::<Vec<_>>().join("---\n")
}
