//! An object of any kind, and one that could not be read.

use super::{
    AdminNetworkPolicy, BaselineAdminNetworkPolicy, BgpConfiguration, BgpPeer, ClusterInformation, EndpointSlice, FelixConfiguration,
    GlobalNetworkPolicy, GlobalNetworkSet, HostEndpoint, IpPool, Kept, Kind, KubeControllersConfiguration, KubernetesNetworkPolicy, Meta,
    Namespace, NetworkPolicy, NetworkSet, Node, Object, ObjectKey, Pod, Service, ServiceAccount, StagedGlobalNetworkPolicy, Tier, decode,
};
use serde_json::Value;
use std::sync::Arc;

/// An object that does not have the shape of its kind: it is kept by name, so that a check can say so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("{key} cannot be read: {error}")]
pub struct Unreadable {
    /// Its identity, as far as it could be read.
    pub key: ObjectKey,
    /// What does not fit.
    pub error: String,
}

macro_rules! any {
    ($($kind:ident: $type:ty),* $(,)?) => {
        /// An object of any kind.
        #[derive(Debug, Clone, PartialEq)]
        #[expect(missing_docs, reason = "the kinds are named as in their APIs")]
        pub enum AnyObject {
            $($kind(Arc<$type>)),*
        }

        impl AnyObject {
            /// Reads an object of `kind` from its JSON.
            ///
            /// # Errors
            /// The JSON does not have the shape of the kind.
            pub fn decode(kind: Kind, value: &Value) -> Result<Self, Unreadable> {
                let read = match kind {
                    $(Kind::$kind => decode::<$type>(value).map(|object| Self::$kind(Arc::new(object)))),*
                };
                read.map_err(|error| Unreadable { key: key_of(kind, value), error: error.to_string() })
            }

            /// Its metadata.
            #[must_use]
            pub fn meta(&self) -> &Meta {
                match self {
                    $(Self::$kind(object) => object.meta()),*
                }
            }

            /// Whether both say the same; what both share in memory is not looked at.
            pub(crate) fn is_same(&self, other: &Self) -> bool {
                match (self, other) {
                    $((Self::$kind(one), Self::$kind(two)) => Arc::ptr_eq(one, two) || one == two,)*
                    _ => false,
                }
            }

            /// Its kind.
            #[must_use]
            pub const fn kind(&self) -> Kind {
                match self {
                    $(Self::$kind(_) => Kind::$kind),*
                }
            }
        }

        $(
            impl From<$type> for AnyObject {
                fn from(object: $type) -> Self {
                    Self::$kind(Arc::new(object))
                }
            }
        )*
    };
}

any! {
    Namespace: Namespace,
    ServiceAccount: ServiceAccount,
    Node: Node,
    Pod: Pod,
    Service: Service,
    EndpointSlice: EndpointSlice,
    KubernetesNetworkPolicy: KubernetesNetworkPolicy,
    AdminNetworkPolicy: AdminNetworkPolicy,
    BaselineAdminNetworkPolicy: BaselineAdminNetworkPolicy,
    ClusterInformation: ClusterInformation,
    KubeControllersConfiguration: Kept<KubeControllersConfiguration>,
    FelixConfiguration: FelixConfiguration,
    BgpConfiguration: BgpConfiguration,
    BgpPeer: BgpPeer,
    IpPool: IpPool,
    GlobalNetworkSet: Kept<GlobalNetworkSet>,
    NetworkSet: NetworkSet,
    HostEndpoint: Kept<HostEndpoint>,
    NetworkPolicy: Kept<NetworkPolicy>,
    GlobalNetworkPolicy: Kept<GlobalNetworkPolicy>,
    Tier: Tier,
    StagedGlobalNetworkPolicy: StagedGlobalNetworkPolicy,
}

impl AnyObject {
    /// Its identity.
    #[must_use]
    pub fn key(&self) -> ObjectKey {
        let meta = self.meta();
        ObjectKey::new(self.kind(), if self.kind().namespaced() { &meta.namespace } else { "" }, &meta.name)
    }
}

/// The identity in the JSON of an object of `kind`; parts that are no strings are empty.
#[must_use]
pub fn key_of(kind: Kind, value: &Value) -> ObjectKey {
    let part = |name: &str| value.pointer(name).and_then(Value::as_str).unwrap_or_default();
    ObjectKey::new(kind, if kind.namespaced() { part("/metadata/namespace") } else { "" }, part("/metadata/name"))
}
