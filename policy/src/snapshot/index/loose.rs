//! Selectors of others that mean sets of Portcullis, read from a policy when it changes: a plan would else read the rules of all.

use crate::object::{AnyObject, Kind, ObjectKey};
use crate::scope::LooseSelector;
use imbl::OrdMap;
use std::sync::Arc;

/// Policies of others that have such selectors.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Loose(OrdMap<ObjectKey, Arc<[LooseSelector]>>);

impl Loose {
    /// Carries in what became of one object.
    pub(super) fn change(&mut self, key: &ObjectKey, new: Option<&AnyObject>) {
        if !matches!(key.kind, Kind::NetworkPolicy | Kind::GlobalNetworkPolicy) {
            return;
        }
        let found = new.map(LooseSelector::all_of).unwrap_or_default();
        if found.is_empty() {
            self.0.remove(key);
        } else {
            self.0.insert(key.clone(), found.into());
        }
    }

    /// The selectors, by policy.
    pub(super) fn iter(&self) -> impl Iterator<Item = &LooseSelector> {
        self.0.values().flat_map(|selectors| selectors.iter())
    }
}
