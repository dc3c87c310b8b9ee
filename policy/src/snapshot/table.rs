//! One table a kind.

use crate::object::{
    AdminNetworkPolicy, AnyObject, BaselineAdminNetworkPolicy, BgpConfiguration, BgpPeer, ClusterInformation, EndpointSlice,
    FelixConfiguration, GlobalNetworkPolicy, GlobalNetworkSet, HostEndpoint, IpPool, Kept, Kind, KubeControllersConfiguration,
    KubernetesNetworkPolicy, Namespace, NetworkPolicy, NetworkSet, Node, Object, ObjectKey, Pod, Service, ServiceAccount,
    StagedGlobalNetworkPolicy, Tier,
};
use imbl::OrdMap;
use std::cmp::Ordering;
use std::sync::Arc;

/// By namespace, then name; no namespace without objects.
type Rows<T> = OrdMap<String, OrdMap<String, Arc<T>>>;

/// The objects of one kind, by namespace and name.
#[derive(Debug, Clone, PartialEq)]
pub struct Table<T> {
    rows: Rows<T>,
    unknown: Option<Arc<str>>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { rows: Rows::default(), unknown: Some("not read yet".into()) }
    }
}

impl<T: Object> Table<T> {
    pub(super) fn get(&self, namespace: &str, name: &str) -> Option<&Arc<T>> {
        self.rows.get(namespace)?.get(name)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<T>> {
        self.rows.values().flat_map(|named| named.values())
    }

    pub(super) fn in_namespace<'a>(&'a self, namespace: &str) -> impl Iterator<Item = &'a Arc<T>> + use<'a, T> {
        self.rows.get(namespace).into_iter().flat_map(|named| named.values())
    }

    /// The objects outside namespaces whose names begin so.
    pub(super) fn named_from<'a>(&'a self, beginning: &'a str) -> impl Iterator<Item = &'a Arc<T>> {
        let named = self.rows.get("").into_iter().flat_map(move |named| named.range(beginning.to_owned()..));
        named.take_while(move |(name, _)| name.starts_with(beginning)).map(|(_, object)| object)
    }

    fn set_unknown(&mut self, unknown: Option<String>) {
        self.unknown = unknown.map(Into::into);
    }

    fn insert(&mut self, object: Arc<T>) {
        let ObjectKey { namespace, name, .. } = object.key();
        self.rows.entry(namespace).or_default().insert(name, object);
    }

    fn remove(&mut self, key: &ObjectKey) {
        let Some(named) = self.rows.get_mut(&key.namespace) else { return };
        named.remove(&key.name);
        if named.is_empty() {
            self.rows.remove(&key.namespace);
        }
    }

    fn count(&self) -> u32 {
        u32::try_from(self.rows.values().map(OrdMap::len).sum::<usize>()).unwrap_or(u32::MAX)
    }
}

impl<T: Object + PartialEq> Table<T> {
    /// The objects that are not the same in both: what both share in memory is passed over.
    fn differing(&self, other: &Self, kind: Kind, found: &mut Vec<ObjectKey>) {
        for (namespace, before, after) in differing(&self.rows, &other.rows, OrdMap::ptr_eq) {
            let none = OrdMap::new();
            let (before, after) = (before.unwrap_or(&none), after.unwrap_or(&none));
            for (name, _, _) in differing(before, after, |one, two| Arc::ptr_eq(one, two) || one == two) {
                found.push(ObjectKey::new(kind, namespace, name));
            }
        }
    }
}

/// The entries of two maps that are not the same, by key.
fn differing<'a, V: Clone>(
    one: &'a OrdMap<String, V>,
    two: &'a OrdMap<String, V>,
    same: impl Fn(&V, &V) -> bool,
) -> Vec<(&'a String, Option<&'a V>, Option<&'a V>)> {
    let mut found = Vec::new();
    if one.ptr_eq(two) {
        return found;
    }
    let (mut ours, mut theirs) = (one.iter().peekable(), two.iter().peekable());
    loop {
        let order = match (ours.peek(), theirs.peek()) {
            (None, None) => return found,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((our, _)), Some((their, _))) => our.cmp(their),
        };
        let our = if order.is_le() { ours.next() } else { None };
        let their = if order.is_ge() { theirs.next() } else { None };
        match (our, their) {
            (Some((_, before)), Some((_, after))) if same(before, after) => {}
            (Some((key, before)), after) => found.push((key, Some(before), after.map(|(_, after)| after))),
            (None, Some((key, after))) => found.push((key, None, Some(after))),
            (None, None) => return found,
        }
    }
}

/// An object that a [`super::Snapshot`] holds.
pub trait Stored: Object {
    #[doc(hidden)]
    fn table(tables: &Tables) -> &Table<Self>;
}

macro_rules! tables {
    ($($field:ident $kind:ident: $type:ty),* $(,)?) => {
        /// Every table.
        #[derive(Debug, Clone, Default, PartialEq)]
        pub struct Tables {
            $($field: Table<$type>),*
        }

        impl Tables {
            pub(super) fn insert(&mut self, object: AnyObject) {
                match object {
                    $(AnyObject::$kind(object) => self.$field.insert(object)),*
                }
            }

            pub(super) fn remove(&mut self, key: &ObjectKey) {
                match key.kind {
                    $(Kind::$kind => self.$field.remove(key)),*
                }
            }

            /// Why a kind is unknown from now on; none for one that is known.
            pub(super) fn set_unknown(&mut self, kind: Kind, unknown: Option<String>) {
                match kind {
                    $(Kind::$kind => self.$field.set_unknown(unknown)),*
                }
            }

            pub(super) fn unknown(&self, kind: Kind) -> Option<&str> {
                match kind {
                    $(Kind::$kind => self.$field.unknown.as_deref()),*
                }
            }

            /// The objects that are not the same in both.
            pub(super) fn differing(&self, other: &Self) -> Vec<ObjectKey> {
                let mut found = Vec::new();
                $(self.$field.differing(&other.$field, Kind::$kind, &mut found);)*
                found
            }

            pub(super) fn count(&self, kind: Kind) -> u32 {
                match kind {
                    $(Kind::$kind => self.$field.count()),*
                }
            }

            pub(super) fn get_any(&self, key: &ObjectKey) -> Option<AnyObject> {
                match key.kind {
                    $(Kind::$kind => self.$field.get(&key.namespace, &key.name).cloned().map(AnyObject::$kind)),*
                }
            }

            pub(super) fn all(&self, kind: Kind) -> Vec<AnyObject> {
                match kind {
                    $(Kind::$kind => self.$field.iter().cloned().map(AnyObject::$kind).collect()),*
                }
            }
        }

        $(
            impl Stored for $type {
                fn table(tables: &Tables) -> &Table<Self> {
                    &tables.$field
                }
            }
        )*
    };
}

tables! {
    namespaces Namespace: Namespace,
    service_accounts ServiceAccount: ServiceAccount,
    nodes Node: Node,
    pods Pod: Pod,
    services Service: Service,
    endpoint_slices EndpointSlice: EndpointSlice,
    kubernetes_network_policies KubernetesNetworkPolicy: KubernetesNetworkPolicy,
    admin_network_policies AdminNetworkPolicy: AdminNetworkPolicy,
    baseline_admin_network_policies BaselineAdminNetworkPolicy: BaselineAdminNetworkPolicy,
    cluster_informations ClusterInformation: ClusterInformation,
    kube_controllers_configurations KubeControllersConfiguration: Kept<KubeControllersConfiguration>,
    felix_configurations FelixConfiguration: FelixConfiguration,
    bgp_configurations BgpConfiguration: BgpConfiguration,
    bgp_peers BgpPeer: BgpPeer,
    ip_pools IpPool: IpPool,
    global_network_sets GlobalNetworkSet: Kept<GlobalNetworkSet>,
    network_sets NetworkSet: NetworkSet,
    host_endpoints HostEndpoint: Kept<HostEndpoint>,
    network_policies NetworkPolicy: Kept<NetworkPolicy>,
    global_network_policies GlobalNetworkPolicy: Kept<GlobalNetworkPolicy>,
    tiers Tier: Tier,
    staged_global_network_policies StagedGlobalNetworkPolicy: StagedGlobalNetworkPolicy,
}
