//! The cluster at one moment.
//!
//! Immutable in use: a clone is cheap, and what one holder inserts another does not see. What plans look up by something else than a name
//! is indexed, and the index is kept up by each event. Each kind is either known, with its objects, or
//! unknown, with the reason: a kind that was not read is never taken for one that has no objects.

mod index;
mod lookup;
mod table;

#[cfg(test)]
mod laws;

use crate::object::{AnyObject, GlobalNetworkPolicy, Kept, Kind, NetworkPolicy, ObjectKey, PolicySpec, Unreadable};
use index::Index;
pub(crate) use index::{ClientNets, Content, KUBERNETES_ORDER, addresses_of_pod, content};
pub use index::{Endpoint, PolicyList, RankedPolicy};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
pub use table::Stored;
use table::Tables;

/// The cluster at one moment. Two are equal if their objects are.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    tables: Tables,
    index: Index,
    unreadable: Arc<BTreeMap<ObjectKey, String>>,
}

impl PartialEq for Snapshot {
    fn eq(&self, other: &Self) -> bool {
        // The index follows from the tables.
        self.tables == other.tables && self.unreadable == other.unreadable
    }
}

impl Snapshot {
    /// The object `namespace/name` of kind `T`; `namespace` is empty for cluster-wide kinds.
    #[must_use]
    pub fn get<T: Stored>(&self, namespace: &str, name: &str) -> Option<&Arc<T>> {
        T::table(&self.tables).get(namespace, name)
    }

    /// The objects of kind `T` by namespace and name; none while the kind is unknown.
    pub fn iter<T: Stored>(&self) -> impl Iterator<Item = &Arc<T>> {
        T::table(&self.tables).iter()
    }

    /// The objects of kind `T` in one namespace.
    pub fn in_namespace<'a, T: Stored>(&'a self, namespace: &str) -> impl Iterator<Item = &'a Arc<T>> + use<'a, T> {
        T::table(&self.tables).in_namespace(namespace)
    }

    /// The object with this identity.
    #[must_use]
    pub fn find(&self, key: &ObjectKey) -> Option<AnyObject> {
        self.tables.get_any(key)
    }

    /// All objects of `kind`, by namespace and name.
    #[must_use]
    pub fn all(&self, kind: Kind) -> Vec<AnyObject> {
        self.tables.all(kind)
    }

    /// How many objects of `kind` there are; none while it is unknown.
    #[must_use]
    pub fn count(&self, kind: Kind) -> Option<u32> {
        self.unknown(kind).is_none().then(|| self.tables.count(kind))
    }

    /// Why `kind` is unknown; none where it is known.
    #[must_use]
    pub fn unknown(&self, kind: Kind) -> Option<&str> {
        self.tables.unknown(kind)
    }

    /// Why objects of `kind` that may decide were not read: as [`Snapshot::unknown`], but for ServiceAccounts as long as no policy goes by
    /// their labels, and for Tiers as long as no policy names one.
    #[must_use]
    pub fn missed(&self, kind: Kind) -> Option<&str> {
        let decides = |spec: &PolicySpec| match kind {
            Kind::ServiceAccount => spec.goes_by_service_accounts(),
            Kind::Tier => spec.named_tier().is_some(),
            _ => true,
        };
        let always = !matches!(kind, Kind::ServiceAccount | Kind::Tier);
        self.unknown(kind).filter(|_| always || self.specs().any(decides))
    }

    /// What the policies of Calico's kinds say.
    fn specs(&self) -> impl Iterator<Item = &PolicySpec> {
        let global = self.iter::<Kept<GlobalNetworkPolicy>>().map(|policy| &policy.spec);
        global.chain(self.iter::<Kept<NetworkPolicy>>().map(|policy| &policy.spec))
    }

    /// Objects that could not be read, with what does not fit.
    pub fn unreadable(&self) -> impl Iterator<Item = (&ObjectKey, &str)> {
        self.unreadable.iter().map(|(key, error)| (key, error.as_str()))
    }

    /// Why this object could not be read; none where it could, and where there is none.
    #[must_use]
    pub fn why_unreadable(&self, key: &ObjectKey) -> Option<&str> {
        self.unreadable.get(key).map(String::as_str)
    }

    /// The objects that are not the same in both, by kind, namespace and name; those that only one has are among them.
    #[must_use]
    pub fn differing(&self, other: &Self) -> Vec<ObjectKey> {
        self.tables.differing(&other.tables)
    }

    /// Makes `kind` known, with these objects and no others. Objects of other kinds are left out.
    pub fn set_all(&mut self, kind: Kind, objects: Vec<AnyObject>) {
        self.replace(kind, None, objects);
    }

    /// Makes `kind` unknown, for the reason `why`.
    pub fn set_unknown(&mut self, kind: Kind, why: &str) {
        self.replace(kind, Some(why.to_owned()), Vec::new());
    }

    /// Puts an object in the place of the one of its name. An unknown kind stays unknown.
    pub fn insert(&mut self, object: AnyObject) {
        let key = object.key();
        if self.unreadable.contains_key(&key) {
            Arc::make_mut(&mut self.unreadable).remove(&key);
        }
        let old = self.tables.get_any(&key);
        self.tables.insert(object.clone());
        self.index.change(&self.tables, &key, old.as_ref(), Some(&object));
    }

    /// Takes an object out.
    pub fn remove(&mut self, key: &ObjectKey) {
        if self.unreadable.contains_key(key) {
            Arc::make_mut(&mut self.unreadable).remove(key);
        }
        self.take(key);
    }

    /// Notes an object that could not be read, in the place of the one of its name.
    pub fn insert_unreadable(&mut self, unreadable: Unreadable) {
        self.take(&unreadable.key);
        Arc::make_mut(&mut self.unreadable).insert(unreadable.key, unreadable.error);
    }

    fn take(&mut self, key: &ObjectKey) {
        let Some(old) = self.tables.get_any(key) else { return };
        self.tables.remove(key);
        self.index.change(&self.tables, key, Some(&old), None);
    }

    /// What is as it was stays what it is, so that a list of the same objects costs little, and snapshots share what they have in common.
    fn replace(&mut self, kind: Kind, unknown: Option<String>, objects: Vec<AnyObject>) {
        self.forget_unreadable(kind);
        let before = self.tables.clone();
        let of_kind = objects.into_iter().filter(|object| object.kind() == kind);
        let mut objects: BTreeMap<ObjectKey, AnyObject> = of_kind.map(|object| (object.key(), object)).collect();
        let mut changed = BTreeSet::new();
        for old in before.all(kind) {
            let key = old.key();
            match objects.get(&key) {
                Some(new) if old.is_same(new) => {
                    objects.remove(&key);
                }
                Some(_) => {}
                None => {
                    self.tables.remove(&key);
                    changed.insert(key);
                }
            }
        }
        for (key, object) in objects {
            self.tables.insert(object);
            changed.insert(key);
        }
        self.tables.set_unknown(kind, unknown);
        self.index.change_all(&before, &self.tables, kind, &changed);
    }

    fn forget_unreadable(&mut self, kind: Kind) {
        if self.unreadable.keys().any(|key| key.kind == kind) {
            Arc::make_mut(&mut self.unreadable).retain(|key, _| key.kind != kind);
        }
    }
}
