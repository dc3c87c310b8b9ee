//! Objects as a watch brings them: decoded straight into what the domain reads of them.

use k8s_openapi::ClusterResourceScope;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Resource;
use policy::object::{AnyObject, Kind, Object, ObjectKey, Unreadable, key_of};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::borrow::Cow;
use std::marker::PhantomData;

/// An object of the kind of `T`, or the reason why it is none. Decoding it never fails: one object that cannot be read must not hide the
/// others of its list.
#[derive(Debug, Clone)]
pub(super) struct Watched<T> {
    /// Only what the watcher itself looks at: the resourceVersion.
    meta: ObjectMeta,
    pub(super) key: ObjectKey,
    pub(super) object: Result<AnyObject, Unreadable>,
    kind: PhantomData<T>,
}

impl<'de, T: Object> Deserialize<'de> for Watched<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut value = Value::deserialize(deserializer)?;
        let version = value.pointer("/metadata/resourceVersion").and_then(Value::as_str).map(str::to_owned);
        if !writable(T::KIND) {
            // Of use only to whoever writes the object. Without it an object whose status alone changed equals the one before, and
            // the heartbeats of nodes and pods wake nobody.
            if let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut) {
                metadata.remove("resourceVersion");
                if matches!(T::KIND, Kind::Pod | Kind::EndpointSlice) {
                    // Nothing is read of them by it, and there are most of these.
                    metadata.remove("uid");
                }
            }
        }
        Ok(Self {
            meta: ObjectMeta { resource_version: version, ..ObjectMeta::default() },
            key: key_of(T::KIND, &value),
            object: AnyObject::decode(T::KIND, &value),
            kind: PhantomData,
        })
    }
}

/// Whether Portcullis may write objects of the kind: those of Calico.
const fn writable(kind: Kind) -> bool {
    !matches!(
        kind,
        Kind::Namespace
            | Kind::ServiceAccount
            | Kind::Node
            | Kind::Pod
            | Kind::Service
            | Kind::EndpointSlice
            | Kind::KubernetesNetworkPolicy
            | Kind::AdminNetworkPolicy
            | Kind::BaselineAdminNetworkPolicy
    )
}

impl<T: Object> Resource for Watched<T> {
    type DynamicType = ();
    // Every watch spans all namespaces, so that no URL ever names one.
    type Scope = ClusterResourceScope;

    fn kind((): &()) -> Cow<'_, str> {
        T::KIND.name().into()
    }

    fn group((): &()) -> Cow<'_, str> {
        T::KIND.group().into()
    }

    fn version((): &()) -> Cow<'_, str> {
        let version = T::KIND.api_version();
        version.rsplit_once('/').map_or(version, |(_group, version)| version).into()
    }

    fn plural((): &()) -> Cow<'_, str> {
        T::KIND.plural().into()
    }

    fn meta(&self) -> &ObjectMeta {
        &self.meta
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.meta
    }
}
