//! Where an access is enforced.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Where an access is enforced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Enforced {
    /// At the nodes, before translation, and at the pods: holds on every path.
    #[default]
    NodesAndPods,
    /// At the pods alone: holds where every packet comes to them with the client's own address (`docs/decisions/local-mode.md`).
    PodsAlone,
}

/// Why a text is not an [`Enforced`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither `nodes-and-pods` nor `pods-alone`")]
pub struct NotAPlace(pub String);

impl Enforced {
    /// Whether it is what an access says that says nothing about it.
    #[must_use]
    pub const fn is_default(&self) -> bool {
        matches!(self, Self::NodesAndPods)
    }

    /// Whether nothing stands before the pods.
    #[must_use]
    pub const fn at_pods_alone(self) -> bool {
        matches!(self, Self::PodsAlone)
    }

    /// As files and flags write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NodesAndPods => "nodes-and-pods",
            Self::PodsAlone => "pods-alone",
        }
    }
}

impl fmt::Display for Enforced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Enforced {
    type Err = NotAPlace;
    fn from_str(text: &str) -> Result<Self, NotAPlace> {
        [Self::NodesAndPods, Self::PodsAlone].into_iter().find(|one| one.name() == text).ok_or_else(|| NotAPlace(text.to_owned()))
    }
}
