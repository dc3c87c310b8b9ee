//! What a world runs on: a line of Calico with the Kubernetes that it was released for, and how they program the kernel.

use std::fmt;
use std::str::FromStr;

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};

/// A line of Calico, by the release of it that the rig builds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Line {
    /// What every run of the tests asks (`end2end/rig/go.mod`).
    #[default]
    #[serde(rename = "3.28.5")]
    V3_28,
    /// With tiers and a data plane in nftables; what long runs ask too (`end2end/rig/3.30/go.mod`).
    #[serde(rename = "3.30.1")]
    V3_30,
}

impl Line {
    /// All of them, the oldest first.
    pub const ALL: [Self; 2] = [Self::V3_28, Self::V3_30];

    /// The release of Calico, as a world's file writes it.
    #[must_use]
    pub const fn release(self) -> &'static str {
        match self {
            Self::V3_28 => "3.28.5",
            Self::V3_30 => "3.30.1",
        }
    }

    /// The release of Kubernetes.
    #[must_use]
    pub const fn kubernetes(self) -> &'static str {
        match self {
            Self::V3_28 => "1.29.15",
            Self::V3_30 => "1.32.5",
        }
    }

    /// Holds that this line has the data plane.
    ///
    /// # Errors
    /// When it has not: Felix writes nftables from Calico 3.29 on (`NFTablesMode` in `felix/config/config_params.go` at v3.30.1).
    pub fn check(self, data_plane: DataPlane) -> Result<()> {
        if data_plane == DataPlane::Nftables && self == Self::V3_28 {
            bail!(
                "the data plane `nftables` needs Calico 3.29 or later, and this world runs {self}, which writes iptables alone: choose `calico: {}`",
                Self::V3_30
            );
        }
        Ok(())
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.release())
    }
}

impl FromStr for Line {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        match Self::ALL.into_iter().find(|line| line.release() == text) {
            Some(line) => Ok(line),
            None => bail!("the rig has no Calico `{text}`; it has {}", Self::ALL.map(Self::release).join(" and ")),
        }
    }
}

/// How the kernel is programmed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DataPlane {
    /// Felix and kube-proxy with `iptables-legacy`.
    #[default]
    IptablesLegacy,
    /// Both with `iptables-nft`.
    IptablesNft,
    /// Both with `nft`, each in tables of its own: Felix in its mode for nftables, and kube-proxy in its own.
    Nftables,
}

impl DataPlane {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::IptablesLegacy, Self::IptablesNft, Self::Nftables];

    /// Its name, as a world's file writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::IptablesLegacy => "iptables-legacy",
            Self::IptablesNft => "iptables-nft",
            Self::Nftables => "nftables",
        }
    }

    /// What Debian calls the flavour of `iptables`, and Felix the back end. With nftables it is what Felix looks for remains of iptables with.
    #[must_use]
    pub const fn flavour(self) -> &'static str {
        match self {
            Self::IptablesLegacy => "legacy",
            Self::IptablesNft | Self::Nftables => "nft",
        }
    }
}

impl FromStr for DataPlane {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        match Self::ALL.into_iter().find(|plane| plane.name() == text) {
            Some(plane) => Ok(plane),
            None => bail!("the rig has no data plane `{text}`; it has {}", Self::ALL.map(Self::name).join(", ")),
        }
    }
}
