//! Encryption between nodes, as Felix is set to it.

use super::Setting;
use crate::cidr::Family;
use serde::{Deserialize, Serialize};

/// Encryption between nodes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WireGuard {
    /// Of packets of IPv4.
    pub v4: WireGuardOf,
    /// Of packets of IPv6.
    pub v6: WireGuardOf,
    /// Whether what nodes themselves send to each other is encrypted too. Then what comes in from outside is not: Felix marks it, and marked
    /// packets go by the main routes (`WireguardIncomingMarkChain` in `felix/rules/static.go:1365`, `addRouteRule` in
    /// `felix/wireguard/wireguard.go:1608` at v3.28.5, the same at v3.30.1).
    pub hosts: Setting<bool>,
}

/// Encryption of packets of one family.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WireGuardOf {
    /// Whether packets to pods of other nodes are encrypted.
    pub enabled: Setting<bool>,
    /// The port of UDP at which nodes take what is encrypted; they send to the same port of others.
    pub port: Setting<u16>,
    /// The name of its interface.
    pub interface: Setting<String>,
}

impl WireGuard {
    /// The names of its interfaces by default (`felix/config/config_params.go:170` at v3.28.5): those that are told from interfaces to the outside.
    pub const INTERFACES: [&str; 2] = ["wireguard.cali", "wg-v6.cali"];

    /// Of packets of this family.
    #[must_use]
    pub const fn of(&self, family: Family) -> &WireGuardOf {
        match family {
            Family::V4 => &self.v4,
            Family::V6 => &self.v6,
        }
    }

    /// Whether its interface for this family has the name that it has by default.
    #[must_use]
    pub fn has_usual_interface(&self, family: Family) -> bool {
        let [v4, v6] = Self::INTERFACES;
        self.of(family).interface.value == if family == Family::V4 { v4 } else { v6 }
    }
}
