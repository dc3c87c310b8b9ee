//! What pods send out, as Felix is set to treat it.

use super::Setting;
use serde::{Deserialize, Serialize};

/// What pods send out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Outgoing {
    /// The source that packets get which leave the pools (`natOutgoingAddress`); empty: that of the interface.
    pub address: Setting<String>,
    /// The interfaces at which they get it (`iptablesNATOutgoingInterfaceFilter`); empty: at every one.
    pub interface: Setting<String>,
    /// Whether packets to nodes keep theirs (`natOutgoingExclusions: IPPoolsAndHostIPs`, from 3.31).
    pub spares_nodes: Setting<bool>,
    /// Whether pods may send packets of VXLAN.
    pub vxlan: Setting<bool>,
    /// Whether they may send packets of IPIP.
    pub ipip: Setting<bool>,
}

impl Outgoing {
    /// Whether sources are translated to those of the interfaces, at every one: all else is not modelled.
    #[must_use]
    pub const fn is_usual(&self) -> bool {
        self.address.value.is_empty() && self.interface.value.is_empty()
    }
}
