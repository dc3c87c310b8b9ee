//! What decides besides policies: the line of Calico, the data plane, failsafe ports, kube-proxy. Each with where it was read.

mod hints;
mod outgoing;
mod read;
#[cfg(test)]
mod tests;
mod wireguard;

pub use hints::Hints;
pub use outgoing::Outgoing;
pub use wireguard::{WireGuard, WireGuardOf};

use super::verdict::Unknown;
use crate::cidr::{Cidr, Family};
use crate::object::ObjectKey;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

/// The lines of Calico that are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "named as Calico's releases")]
pub enum Line {
    #[serde(rename = "3.27")]
    V3_27,
    #[serde(rename = "3.28")]
    V3_28,
    #[serde(rename = "3.29")]
    V3_29,
    #[serde(rename = "3.30")]
    V3_30,
    #[serde(rename = "3.31")]
    V3_31,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V3_27 => "3.27",
            Self::V3_28 => "3.28",
            Self::V3_29 => "3.29",
            Self::V3_30 => "3.30",
            Self::V3_31 => "3.31",
        })
    }
}

/// How Felix and kube-proxy program a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DataPlane {
    /// By iptables, of either flavour.
    Iptables,
    /// By native nftables (3.29 and later).
    Nftables,
    /// By eBPF: not modelled.
    Ebpf,
}

/// Where a setting was read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "source")]
pub enum Source {
    /// In this object.
    Object {
        /// The object.
        key: ObjectKey,
        /// Its field.
        field: String,
    },
    /// In the environment of the container of this program.
    Environment {
        /// `DaemonSet calico-node`, for people.
        of: String,
        /// The variable.
        variable: String,
    },
    /// In the configuration of a program that is no object of [`crate::object::Kind`].
    Configuration {
        /// `ConfigMap kube-system/kube-proxy`, for people.
        of: String,
        /// The field.
        field: String,
    },
    /// It was asked for: a flag, or the operator's answer.
    Told,
    /// Nothing says otherwise: the program's default.
    Default,
    /// It is not known, and this is what most clusters have.
    Assumed,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object { key, field } => write!(f, "{field} of {key}"),
            Self::Environment { of, variable } => write!(f, "{variable} in the environment of {of}"),
            Self::Configuration { of, field } => write!(f, "{field} of {of}"),
            Self::Told => f.write_str("as told"),
            Self::Default => f.write_str("the default"),
            Self::Assumed => f.write_str("assumed: it could not be read"),
        }
    }
}

/// A setting, and where it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting<T> {
    /// What it is.
    pub value: T,
    /// Who says so.
    pub source: Source,
}

/// A failsafe port.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FailsafePort {
    /// The number of the protocol: 6 for TCP, 17 for UDP, 132 for SCTP.
    pub protocol: u8,
    /// The port.
    pub port: u16,
    /// Only for this net: of the sender (inbound), of the receiver (outbound); for every address where none.
    pub net: Option<Cidr>,
}

/// What Felix does with packets of pods to their own node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ToHost {
    /// They are dropped.
    Drop,
    /// They are accepted.
    Accept,
    /// They are left to rules of the node that are not Calico's: host policy has no say about them
    /// (`felix/rules/static.go:311` at v3.28.5, a `goto`).
    Return,
}

/// The settings of Felix on one node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FelixSettings {
    /// How it programs the node.
    pub data_plane: Setting<DataPlane>,
    /// Ports of the host that are open before any policy.
    pub failsafe_inbound: Setting<Vec<FailsafePort>>,
    /// Ports that the host may always send to.
    pub failsafe_outbound: Setting<Vec<FailsafePort>>,
    /// Packets of pods to their own node.
    pub endpoint_to_host: Setting<ToHost>,
    /// The prefixes of the interfaces of pods.
    pub interface_prefixes: Setting<Vec<String>>,
    /// How packets to other nodes are encrypted.
    pub wireguard: WireGuard,
    /// What pods send out.
    pub outgoing: Outgoing,
    /// Whether its rules of iptables come behind those of others.
    pub appended: Setting<bool>,
    /// The port of VXLAN.
    pub vxlan_port: Setting<u16>,
    /// The interfaces that it does not look at: by name or, between slashes, by a regular expression.
    pub interface_exclude: Setting<Vec<String>>,
}

impl FelixSettings {
    /// Why nothing can be told of a node with these settings.
    #[must_use]
    pub fn not_modelled(&self) -> Option<Unknown> {
        match self.data_plane.value {
            DataPlane::Ebpf => Some(Unknown::Ebpf),
            DataPlane::Iptables if self.appended.value => Some(Unknown::ChainInsertMode),
            DataPlane::Iptables | DataPlane::Nftables => None,
        }
    }
}

/// Whether one of the entries of `interfaceExclude` means the interface (`felix/config/param_types.go`, `RegexpPatternListParam`, at v3.28.5).
#[must_use]
pub fn excludes(entries: &[String], interface: &str) -> bool {
    let means = |entry: &String| match entry.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')) {
        Some(pattern) => regex_lite::Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(interface)),
        None => entry == interface,
    };
    entries.iter().any(means)
}

/// How kube-proxy works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProxyMode {
    /// By iptables.
    Iptables,
    /// By nftables.
    Nftables,
    /// By IPVS: not modelled.
    Ipvs,
}

/// At which of a node's addresses kube-proxy takes NodePorts (`nodePortAddresses`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NodePorts {
    /// At the primary one of each family.
    Primary,
    /// At those in these ranges; in a family of which there is none at all of them (`NewNodePortAddresses` in
    /// `pkg/proxy/util/nodeport_addresses.go:42` at v1.29.15).
    In(Vec<Cidr>),
}

impl NodePorts {
    /// What is meant where nothing is set: with nftables the primary address, else all (`cmd/kube-proxy/app/server_linux.go:70` at v1.32.5;
    /// measured).
    #[must_use]
    pub const fn default_of(mode: ProxyMode) -> Self {
        match mode {
            ProxyMode::Nftables => Self::Primary,
            ProxyMode::Iptables | ProxyMode::Ipvs => Self::In(Vec::new()),
        }
    }

    /// Whether they are taken at this address of a node, whose primary one of that family is given.
    #[must_use]
    pub fn taken_at(&self, address: IpAddr, primary: Option<IpAddr>) -> bool {
        match self {
            Self::Primary => primary == Some(address),
            Self::In(ranges) => {
                let mut of_family = ranges.iter().filter(|range| range.family() == Family::of(address)).peekable();
                of_family.peek().is_none() || of_family.any(|range| range.contains(address))
            }
        }
    }
}

/// The settings of kube-proxy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProxySettings {
    /// Its mode.
    pub mode: Setting<ProxyMode>,
    /// The ranges of pods (`--cluster-cidr`): the source of packets to a cluster IP from elsewhere is translated. Empty: it tells no source
    /// apart, and translates none.
    pub cluster_cidrs: Setting<Vec<Cidr>>,
    /// By which hints it chooses endpoints; none where its version is not known.
    pub hints: Option<Setting<Hints>>,
    /// Where it takes NodePorts.
    pub node_ports: Setting<NodePorts>,
}

impl ProxySettings {
    /// By which hints it may choose endpoints: more than one where its version is not known.
    #[must_use]
    pub fn possible_hints(&self) -> &[Hints] {
        self.hints.as_ref().map_or(&Hints::OF_VERSIONS, |known| std::slice::from_ref(&known.value))
    }
}

/// What no object of the cluster says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Told {
    /// The line of Calico, by a flag or the operator: before what ClusterInformation says.
    pub line: Option<Line>,
    /// The data plane of every node, by a flag or the operator: before what Felix' configuration says.
    pub data_plane: Option<DataPlane>,
    /// The environment of calico-node, where it could be read.
    pub felix: Option<FelixEnvironment>,
    /// The mode of kube-proxy, where it is known.
    pub proxy_mode: Option<Setting<ProxyMode>>,
    /// kube-proxy's ranges of pods, where they are known.
    pub cluster_cidrs: Option<Setting<Vec<Cidr>>>,
    /// By which hints kube-proxy chooses endpoints, where its version is known.
    pub hints: Option<Setting<Hints>>,
    /// Where kube-proxy takes NodePorts, where something is set.
    pub node_ports: Option<Setting<NodePorts>>,
}

/// The environment of calico-node.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FelixEnvironment {
    /// Whose it is, for people: `DaemonSet kube-system/calico-node`.
    pub of: String,
    /// Its variables; those that do not begin with `FELIX_` are left out.
    pub variables: BTreeMap<String, String>,
}

/// Everything that decides besides objects of policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// The line of Calico.
    pub line: Setting<Line>,
    /// Felix, on nodes that have no settings of their own.
    pub felix: FelixSettings,
    /// Felix, on nodes that have.
    pub nodes: BTreeMap<String, FelixSettings>,
    /// kube-proxy.
    pub proxy: ProxySettings,
}

impl Settings {
    /// Felix on this node.
    #[must_use]
    pub fn felix(&self, node: &str) -> &FelixSettings {
        self.nodes.get(node).unwrap_or(&self.felix)
    }

    /// What was taken for granted because it could not be read, as sentences.
    #[must_use]
    pub fn assumptions(&self) -> Vec<String> {
        let mut said = Vec::new();
        if self.line.source == Source::Assumed {
            said.push(format!("The version of Calico is not known: {} is assumed.", self.line.value));
        }
        if self.proxy.mode.source == Source::Assumed {
            said.push("The mode of kube-proxy is not known: iptables is assumed.".to_owned());
        }
        if self.proxy.cluster_cidrs.source == Source::Assumed {
            let ranges: Vec<String> = self.proxy.cluster_cidrs.value.iter().map(ToString::to_string).collect();
            let ranges = if ranges.is_empty() { "none".to_owned() } else { ranges.join(", ") };
            said.push(format!("The range of pods that kube-proxy is set to is not known: that of the IPPools, or of the pods where there are none, is assumed ({ranges})."));
        }
        said
    }
}
