//! HostEndpoints and sets of nets.

use crate::object::kubernetes::object;
use crate::object::{IntOrString, Kind, Meta, Object, null_as_default};
use serde::{Deserialize, Serialize};

/// A HostEndpoint.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct HostEndpoint {
    /// Metadata.
    pub metadata: Meta,
    /// Spec.
    pub spec: HostEndpointSpec,
}
object!(HostEndpoint);

impl HostEndpoint {
    /// The Namespace whose labels it inherits, by the profile of that; of several the first.
    #[must_use]
    pub fn profile_namespace(&self) -> Option<&str> {
        self.spec.profiles.iter().find_map(|profile| profile.strip_prefix("kns."))
    }

    /// The ServiceAccount whose labels it inherits: its namespace and name.
    #[must_use]
    pub fn profile_account(&self) -> Option<(&str, &str)> {
        self.spec.profiles.iter().find_map(|profile| profile.strip_prefix("ksa.")).and_then(|profile| profile.split_once('.'))
    }
}

/// The spec of a HostEndpoint.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HostEndpointSpec {
    /// Its node.
    pub node: String,
    /// An interface's name, `*` for all, empty to match by [`HostEndpointSpec::expected_ips`].
    #[serde(skip_serializing_if = "String::is_empty")]
    pub interface_name: String,
    /// Its addresses: the only ones that selectors resolve to.
    #[serde(rename = "expectedIPs", deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub expected_ips: Vec<String>,
    /// Profiles, for traffic that no policy speaks about.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub profiles: Vec<String>,
    /// Named ports.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<EndpointNamedPort>,
}

/// A named port of a HostEndpoint.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct EndpointNamedPort {
    /// Its name.
    pub name: String,
    /// Its protocol.
    pub protocol: Option<IntOrString>,
    /// Its number.
    pub port: i64,
}

/// A GlobalNetworkSet.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct GlobalNetworkSet {
    /// Metadata.
    pub metadata: Meta,
    /// Spec.
    pub spec: NetworkSetSpec,
}
object!(GlobalNetworkSet);

/// A NetworkSet.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct NetworkSet {
    /// Metadata.
    pub metadata: Meta,
    /// Spec.
    pub spec: NetworkSetSpec,
}
object!(NetworkSet);

/// The spec of both kinds of set.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct NetworkSetSpec {
    /// Its nets.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub nets: Vec<String>,
}
