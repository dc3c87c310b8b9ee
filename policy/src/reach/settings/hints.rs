//! By which hints of endpoints kube-proxy goes: a matter of its version and its feature gates.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// By which hints kube-proxy goes when it chooses among the endpoints of a Service that are ready (`CategorizeEndpoints` in
/// `pkg/proxy/topology.go`). `trafficDistribution` of a Service is none of its business: by that the hints are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Hints {
    /// By none: they are switched off.
    None,
    /// By those for zones, where the Service asks for that by an annotation: before 1.31 (`canUseTopology` at v1.29.15 and v1.30.14).
    ZonesWhereAsked,
    /// By those for zones, whoever has written them: from 1.31 on (`canUseTopology` at v1.31.14 and v1.32.5).
    Zones,
    /// By those for nodes, else by those for zones: from 1.34 on (`topologyModeFromHints` at v1.34.4, behind a gate at v1.33.13).
    NodesAndZones,
}

/// The feature gates that decide, as `pkg/features/kube_features.go` has them at v1.29.15 to v1.34.4.
const TOPOLOGY_AWARE_HINTS: &str = "TopologyAwareHints";
const SERVICE_TRAFFIC_DISTRIBUTION: &str = "ServiceTrafficDistribution";
const PREFER_SAME_TRAFFIC_DISTRIBUTION: &str = "PreferSameTrafficDistribution";

impl Hints {
    /// What versions do by themselves, each way once.
    pub const OF_VERSIONS: [Self; 3] = [Self::ZonesWhereAsked, Self::Zones, Self::NodesAndZones];

    /// What a version as `v1.31.2` does, with these feature gates set; none for what is no version, or where gates are set in bulk.
    #[must_use]
    pub fn of_version(version: &str, gates: &BTreeMap<String, bool>) -> Option<Self> {
        let mut parts = version.strip_prefix('v').unwrap_or(version).split('.');
        let (major, minor): (u32, u32) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        if major != 1 || ["AllAlpha", "AllBeta"].iter().any(|bulk| gates.contains_key(*bulk)) {
            return None;
        }
        let gate = |name: &str, default: bool| gates.get(name).copied().unwrap_or(default);
        // Those of zones are locked to on from 1.33.
        let zones = minor >= 33 || gate(TOPOLOGY_AWARE_HINTS, true);
        let unasked = minor >= 33 || (minor >= 30 && gate(SERVICE_TRAFFIC_DISTRIBUTION, minor >= 31));
        let nodes = minor >= 33 && gate(PREFER_SAME_TRAFFIC_DISTRIBUTION, minor >= 34);
        Some(match (nodes, zones, unasked) {
            (true, ..) => Self::NodesAndZones,
            (_, false, _) => Self::None,
            (_, true, true) => Self::Zones,
            (_, true, false) => Self::ZonesWhereAsked,
        })
    }

    /// In words, as the versions that do it.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::None => "switched off",
            Self::ZonesWhereAsked => "of zones, where a Service asks for it (before 1.31)",
            Self::Zones => "of zones (1.31 and later)",
            Self::NodesAndZones => "of nodes, then of zones (1.34 and later)",
        }
    }
}
