//! Kubernetes and Calico objects, reduced to the fields that Portcullis reasons about.
//!
//! Decoding is lenient where the API server is: nets, ports, protocols and actions stay as they were written and are judged by
//! [`crate::validate`], so that an object which the API would refuse, but a cluster holds, is still read and named.

mod any;
mod calico;
mod kubernetes;
mod labels;
mod name;
mod strict;

pub use any::*;
pub use calico::*;
pub use kubernetes::*;
pub use labels::Labels;
pub use name::*;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;

/// `metadata`, as far as it is read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Meta {
    /// Name, unique in its kind and namespace.
    pub name: String,
    /// Namespace; empty for cluster-wide kinds.
    pub namespace: String,
    /// Set by the API server; empty in files.
    pub uid: String,
    /// Set by the API server; empty in files.
    pub resource_version: String,
    /// Labels.
    #[serde(deserialize_with = "null_as_default")]
    pub labels: Labels,
    /// Only the annotations of [`ADDRESS_ANNOTATIONS`] and [`KEPT_ANNOTATIONS`] are kept, those of our own prefix, and those with a key that is not allowed. Of a
    /// manifest that `kubectl apply` left ([`LAST_APPLIED`]) only its `spec.clusterIP` is kept, under the same key; empty where it has none.
    #[serde(deserialize_with = "kept_annotations")]
    pub annotations: Labels,
}

impl Meta {
    /// Whether the manifest that `kubectl apply` left names a cluster IP; none where there is no such manifest.
    #[must_use]
    pub fn cluster_ip_declared(&self) -> Option<bool> {
        self.annotations.get(LAST_APPLIED).map(|address| !address.is_empty())
    }
}

/// The annotation in which `kubectl apply` keeps the manifest.
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Annotations in which Calico writes the addresses of a Node, in the order in which its controller reads them. The first two are CIDRs.
pub const ADDRESS_ANNOTATIONS: [&str; 7] = [
    "projectcalico.org/IPv4Address",
    "projectcalico.org/IPv6Address",
    "projectcalico.org/IPv4IPIPTunnelAddr",
    "projectcalico.org/IPv4VXLANTunnelAddr",
    "projectcalico.org/IPv6VXLANTunnelAddr",
    "projectcalico.org/IPv4WireguardInterfaceAddr",
    "projectcalico.org/IPv6WireguardInterfaceAddr",
];

/// The annotation that makes a node a route reflector: it has no part in the mesh of nodes.
pub const REFLECTOR_ANNOTATION: &str = "projectcalico.org/RouteReflectorClusterID";

/// Other annotations of others that Portcullis reads: a node's interfaces, whether it reflects routes, the keys by which nodes encrypt; whether a
/// Service asks for zones.
pub const KEPT_ANNOTATIONS: &[&str] = &[
    INTERFACES_ANNOTATION,
    REFLECTOR_ANNOTATION,
    "projectcalico.org/WireguardPublicKey",
    "projectcalico.org/WireguardPublicKeyV6",
    "service.kubernetes.io/topology-aware-hints",
    "service.kubernetes.io/topology-mode",
];

/// The prefix of every label and annotation that Portcullis writes.
pub const PREFIX: &str = "portcullis.dev/";

/// An object of one of the kinds in [`Kind`].
pub trait Object: DeserializeOwned + Clone + std::fmt::Debug + Send + Sync + 'static {
    /// Its kind.
    const KIND: Kind;
    /// Its metadata.
    fn meta(&self) -> &Meta;
    /// Its identity.
    fn key(&self) -> ObjectKey {
        ObjectKey::new(Self::KIND, if Self::KIND.namespaced() { &self.meta().namespace } else { "" }, &self.meta().name)
    }
}

/// Reads one object of kind `T` from its JSON, as strictly as the API server does; a field that is `null` counts as absent.
///
/// # Errors
/// The JSON does not have the shape of the kind: the message names the field as far as serde does.
pub fn decode<T: Object>(value: &Value) -> Result<T, serde_json::Error> {
    T::deserialize(strict::Strict(value))
}

/// An int or a string, as Calico's ports and protocols and Kubernetes' target ports are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, Deserialize)]
#[serde(untagged)]
pub enum IntOrString {
    /// A number.
    Int(i64),
    /// A name, a range, or a number in quotes.
    String(String),
}

impl std::fmt::Display for IntOrString {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Int(n) => n.fmt(f),
            Self::String(s) => s.fmt(f),
        }
    }
}

/// Kubernetes prints empty lists and maps as `null` here and there.
pub(crate) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// Most bytes of annotations that Kubernetes and Calico allow on one object, keys and values together.
const MAX_ANNOTATIONS: usize = 256 * 1024;

/// Keeps the annotations that are read, and those whose key breaks the rule, so that [`crate::validate`] can name them.
fn kept_annotations<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Labels, D::Error> {
    let mut all: BTreeMap<String, String> = null_as_default(deserializer)?;
    let size: usize = all.iter().map(|(key, value)| key.len() + value.len()).sum();
    if size > MAX_ANNOTATIONS {
        return Err(serde::de::Error::custom(format!(
            "the annotations are {size} bytes together, and at most {MAX_ANNOTATIONS} are allowed"
        )));
    }
    all.retain(|key, _| {
        key.starts_with(PREFIX)
            || key == LAST_APPLIED
            || ADDRESS_ANNOTATIONS.contains(&key.as_str())
            || KEPT_ANNOTATIONS.contains(&key.as_str())
            || !crate::validate::is_qualified_name(&key.to_ascii_lowercase())
    });
    if let Some(manifest) = all.get_mut(LAST_APPLIED) {
        let read: Value = serde_json::from_str(manifest).unwrap_or_default();
        *manifest = read.pointer("/spec/clusterIP").and_then(Value::as_str).unwrap_or_default().to_owned();
    }
    Ok(all.into())
}
