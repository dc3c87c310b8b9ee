//! The address set: the addresses of the Service, as what the edge policy of its group means by them.
//!
//! It is what puts the Service into the group. The policy's allow and its deny mean the same label, so an address comes under both in one
//! write.

use super::{Generated, Recipe, address_net};
use crate::names;
use crate::object::{Kind, ObjectKey};
use crate::plan::Role;
use serde_json::{Map, Value, json};

impl Recipe<'_> {
    /// The address set of the Service in the group `id`.
    pub(super) fn address_set(&self, id: &str) -> Generated {
        let name = names::address_set(self.service(), id);
        let labels = Map::from_iter([(names::ADDRESSES_LABEL.to_owned(), Value::from(id))]);
        let nets: Vec<String> = self.scope.service.cluster_ips.iter().copied().map(address_net).collect();
        let object = json!({
            "apiVersion": Kind::GlobalNetworkSet.api_version(),
            "kind": Kind::GlobalNetworkSet.name(),
            "metadata": self.metadata(&name, "", labels, vec![(names::ACCESS_ANNOTATION, json!(self.kept()).to_string())]),
            "spec": { "nets": nets },
        });
        Generated {
            role: Role::AddressSet,
            key: ObjectKey::new(Kind::GlobalNetworkSet, "", &name),
            object,
            sentence: "The addresses of the Service. The edge policy means them by their label.".to_owned(),
            rules: Vec::new(),
            rows: Vec::new(),
        }
    }
}
