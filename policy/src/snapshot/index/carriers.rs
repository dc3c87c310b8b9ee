//! Which objects carry a label.

use crate::object::{Kind, Labels, ObjectKey};
use crate::selector::Anchor;
use imbl::OrdSet;
use std::sync::Arc;

/// Which objects carry a label: one entry a label and object.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Carriers(OrdSet<Carried>);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Carried {
    key: Arc<str>,
    value: Arc<str>,
    by: Arc<ObjectKey>,
}

impl Carriers {
    /// Puts an object's new labels in the place of its old ones; none where there was no such object, or is none any more.
    pub(super) fn change(&mut self, object: &Arc<ObjectKey>, old: Option<&Labels>, new: Option<&Labels>) {
        if old == new {
            return;
        }
        let entry =
            |(key, value): (&String, &String)| Carried { key: key.as_str().into(), value: value.as_str().into(), by: object.clone() };
        for gone in old.into_iter().flatten().map(entry) {
            self.0.remove(&gone);
        }
        for mut come in new.into_iter().flatten().map(entry) {
            // The texts are those of the neighbours where they are equal: thousands of objects carry one label.
            for near in [self.0.get_prev(&come), self.0.get_next(&come)].into_iter().flatten() {
                if near.key == come.key {
                    come.key = near.key.clone();
                }
                if near.value == come.value {
                    come.value = near.value.clone();
                }
            }
            self.0.insert(come);
        }
    }

    /// The objects with the label `key`, by value, kind, namespace and name.
    pub(super) fn with_key<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a ObjectKey> {
        self.from(key, "", start()).map(|carried| &*carried.by)
    }

    /// The objects with a value of the label `key` that starts so.
    pub(super) fn with_prefix<'a>(&'a self, key: &'a str, prefix: &'a str) -> impl Iterator<Item = &'a ObjectKey> {
        self.from(key, prefix, start()).take_while(move |carried| carried.value.starts_with(prefix)).map(|carried| &*carried.by)
    }

    /// The objects of `kind` with this label in `namespace`, by name.
    pub(super) fn with_pair<'a>(
        &'a self,
        key: &'a str,
        value: &'a str,
        kind: Kind,
        namespace: &'a str,
    ) -> impl Iterator<Item = &'a ObjectKey> {
        self.from(key, value, ObjectKey::new(kind, namespace, ""))
            .take_while(move |carried| &*carried.value == value && carried.by.kind == kind && carried.by.namespace == namespace)
            .map(|carried| &*carried.by)
    }

    /// The objects with just this value of the label `key`.
    pub(super) fn with_value<'a>(&'a self, key: &'a str, value: &'a str) -> impl Iterator<Item = &'a ObjectKey> {
        self.from(key, value, start()).take_while(move |carried| &*carried.value == value).map(|carried| &*carried.by)
    }

    /// The objects with the label that an anchor asks for.
    pub(super) fn with_anchor<'a>(&'a self, anchor: &'a Anchor) -> Box<dyn Iterator<Item = &'a ObjectKey> + 'a> {
        match &anchor.value {
            Some(value) => Box::new(self.with_value(&anchor.key, value)),
            None => Box::new(self.with_key(&anchor.key)),
        }
    }

    /// The objects of `kind` in `namespace` that carry the rarest of `labels`; none for no labels.
    pub(super) fn with_rarest<'a>(&'a self, labels: &'a Labels, kind: Kind, namespace: &'a str) -> Vec<&'a ObjectKey> {
        let carriers = |(key, value): (&'a String, &'a String)| self.with_pair(key, value, kind, namespace);
        let mut walks: Vec<_> = labels.iter().map(|pair| (pair, carriers(pair))).collect();
        // Side by side, so that the shortest ends them all.
        while !walks.is_empty() {
            for (pair, walk) in &mut walks {
                if walk.next().is_none() {
                    return carriers(*pair).collect();
                }
            }
        }
        Vec::new()
    }

    fn from<'a>(&'a self, key: &'a str, value: &str, by: ObjectKey) -> impl Iterator<Item = &'a Carried> + use<'a> {
        let first = Carried { key: key.into(), value: value.into(), by: Arc::new(by) };
        self.0.range(first..).take_while(move |carried| &*carried.key == key)
    }
}

/// What sorts before every object.
fn start() -> ObjectKey {
    ObjectKey::new(Kind::Namespace, "", "")
}
